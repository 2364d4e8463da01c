package dispatch

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/cybertip"
)

// API is NCMEC's.
type API interface {
	Submit(ctx context.Context, report []byte) (cybertip.Reply, error)
	Upload(ctx context.Context, report int64, name string, body []byte) (cybertip.Reply, error)
	Describe(ctx context.Context, details []byte) (cybertip.Reply, error)
	Finish(ctx context.Context, report int64) (cybertip.Reply, error)
	Retract(ctx context.Context, report int64) (cybertip.Reply, error)
}

// Vault seals documents under a number.
type Vault interface {
	Seal(number uint64, plain []byte) (sealed []byte, key uint32, err error)
	Open(number uint64, key uint32, sealed []byte) ([]byte, error)
}

// Options of an outbox. Store and Vault are required.
type Options struct {
	Store Store
	Vault Vault
	API   API // nil: nothing is sent, and what is to be sent waits
	Now   func() time.Time
	Log   *slog.Logger
	// Noted is told of each delivery that has come to an end, until it returns no
	// error: it may be told of one twice.
	Noted func(ctx context.Context, d Delivery) error
}

// Outbox takes reports and brings them to authorities.
type Outbox struct {
	store Store
	vault Vault
	api   API
	now   func() time.Time
	log   *slog.Logger
	noted func(ctx context.Context, d Delivery) error
}

// New makes an outbox. One process may run it for a store at a time.
func New(o Options) *Outbox {
	b := &Outbox{store: o.Store, vault: o.Vault, api: o.API, now: o.Now, log: o.Log, noted: o.Noted}
	if b.now == nil {
		b.now = time.Now
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.noted == nil {
		b.noted = func(context.Context, Delivery) error { return nil }
	}
	return b
}

// Store is where deliveries are kept.
func (b *Outbox) Store() Store { return b.store }

func (b *Outbox) clock() time.Time { return b.now().UTC().Truncate(time.Millisecond) }

var errNobody = errors.New("a person must do this")

// parcel is a document as it is sealed.
type parcel struct {
	Body  []byte       `json:"body"`
	Files []parcelFile `json:"files,omitempty"`
}

type parcelFile struct {
	Body    []byte               `json:"body"`
	Details cybertip.FileDetails `json:"details"`
}

// Send takes a report for NCMEC from a person. a must be for this very document.
func (b *Outbox) Send(ctx context.Context, id int64, by string, doc *cybertip.Document, a report.Authority) (Delivery, error) {
	digest, err := doc.Digest()
	if err != nil {
		return Delivery{}, err
	}
	body, err := doc.XML()
	if err != nil {
		return Delivery{}, err
	}
	p := parcel{Body: body}
	d := Delivery{Case: id, By: by, To: NCMEC, Digest: digest}
	for i := range doc.Files {
		f := &doc.Files[i]
		p.Files = append(p.Files, parcelFile{f.Body, f.Details})
		filed := Filed{Name: f.Details.Name}
		for _, h := range f.Details.Hashes {
			if h.Kind == "MD5" {
				filed.MD5 = h.Value
			}
		}
		d.Files = append(d.Files, filed)
	}
	return b.take(ctx, d, p, a)
}

// HandOver takes a document that a person will hand over to an authority by
// due; zero is as soon as can be.
func (b *Outbox) HandOver(ctx context.Context, id int64, by, to string, body []byte, digest string, due time.Time, a report.Authority) (Delivery, error) {
	return b.take(ctx, Delivery{Case: id, By: by, To: to, ByHand: true, Digest: digest, Due: due}, parcel{Body: body}, a)
}

func (b *Outbox) take(ctx context.Context, d Delivery, p parcel, a report.Authority) (Delivery, error) {
	if d.By == "" {
		return Delivery{}, errNobody
	}
	if !a.Valid() {
		return Delivery{}, report.ErrUnsigned
	}
	if a.Digest() != d.Digest {
		return Delivery{}, report.ErrChanged
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return Delivery{}, fmt.Errorf("document of case %d: %w", d.Case, err)
	}
	// Numbers of messages, under which the same vault seals, are far below.
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	s := Sealed{Number: 1<<62 | binary.BigEndian.Uint64(random[:])>>2}
	if s.Body, s.Key, err = b.vault.Seal(s.Number, plain); err != nil {
		return Delivery{}, fmt.Errorf("document of case %d: %w", d.Case, err)
	}
	now := b.clock()
	d.State, d.Created, d.Updated, d.Signed = Waiting, now, now, a.By()
	return b.store.Add(ctx, d, s, Entry{At: now, By: d.By, What: "created", Phase: "after", State: Waiting})
}

func (b *Outbox) open(ctx context.Context, id int64) (p parcel, err error) {
	s, err := b.store.Document(ctx, id)
	if err != nil {
		return p, err
	}
	plain, err := b.vault.Open(s.Number, s.Key, s.Body)
	if err != nil {
		return p, fmt.Errorf("document of delivery %d: %w", id, err)
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, fmt.Errorf("document of delivery %d is damaged", id)
	}
	return p, nil
}

// Document is the body of a delivery's document: the report's XML, or the file
// to hand over. Whoever looks at it must be noted in the case's custody.
func (b *Outbox) Document(ctx context.Context, id int64) ([]byte, error) {
	p, err := b.open(ctx, id)
	return p.Body, err
}

// Run delivers until ctx ends.
func (b *Outbox) Run(ctx context.Context, beat time.Duration) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		worked, err := b.Step(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Error("a report is not on its way; it will be tried again", "error", err)
		}
		if worked && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Step takes one step of each delivery that has one. worked says that there
// was something to do.
func (b *Outbox) Step(ctx context.Context) (worked bool, err error) {
	list, err := b.store.Work(ctx, b.clock(), 50)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, d := range list {
		did, err := b.step(ctx, d)
		worked = worked || did
		if err != nil {
			errs = append(errs, fmt.Errorf("delivery %d: %w", d.ID, err))
		}
	}
	return worked, errors.Join(errs...)
}

func (b *Outbox) step(ctx context.Context, d Delivery) (bool, error) {
	if d.State == Delivered && !d.Noted {
		return true, b.note(ctx, d)
	}
	if b.api == nil {
		return false, nil
	}
	next, ok := Begin(d, b.clock())
	if !ok {
		if next.State == d.State {
			return false, nil
		}
		_, err := b.store.Save(ctx, next, Entry{At: next.Updated, What: "withdrawn", Phase: "after", State: next.State})
		return true, err
	}
	p := *next.Pending
	next, err := b.store.Save(ctx, next, Entry{At: p.At, What: string(p.Step), Phase: "before", File: p.File, State: next.State})
	if err != nil {
		return false, err
	}
	reply, err := b.call(ctx, &next, p)
	var failure *cybertip.CallError
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err() // the step is pending: what became of it is not known
	case err != nil && !errors.As(err, &failure):
		return true, err
	}
	after := Ended(next, reply, failure, b.clock())
	e := Entry{At: after.Updated, What: string(p.Step), Phase: "after", File: p.File, Code: int(reply.Code), RequestID: reply.RequestID, State: after.State}
	if failure != nil {
		e.Code, e.Status, e.RequestID = int(failure.Code), failure.Status, failure.RequestID
	}
	after, err = b.store.Save(ctx, after, e)
	if err != nil {
		return true, err
	}
	if after.State == Failed {
		b.log.Warn("a report needs a person", "delivery", after.ID, "to", after.To, "step", p.Step, "code", int(after.Problem.Code))
	}
	if after.State == Delivered {
		return true, b.note(ctx, after)
	}
	return true, nil
}

func (b *Outbox) note(ctx context.Context, d Delivery) error {
	if err := b.noted(ctx, d); err != nil {
		return fmt.Errorf("it is delivered, but its case does not know yet: %w", err)
	}
	d.Noted = true
	_, err := b.store.Save(ctx, d, Entry{At: b.clock(), What: "noted", Phase: "after", State: d.State})
	return err
}

func (b *Outbox) call(ctx context.Context, d *Delivery, p Intent) (cybertip.Reply, error) {
	switch p.Step {
	case Finish:
		return b.api.Finish(ctx, d.Report)
	case Retract:
		return b.api.Retract(ctx, d.Report)
	}
	doc, err := b.open(ctx, d.ID)
	if err != nil {
		return cybertip.Reply{}, err
	}
	switch p.Step {
	case Submit:
		return b.api.Submit(ctx, doc.Body)
	case Upload:
		return b.api.Upload(ctx, d.Report, d.Files[p.File].Name, doc.Files[p.File].Body)
	case Describe:
		details := doc.Files[p.File].Details
		details.ReportID, details.FileID = d.Report, d.Files[p.File].ID
		body, err := details.XML()
		if err != nil {
			return cybertip.Reply{}, err
		}
		return b.api.Describe(ctx, body)
	}
	return cybertip.Reply{}, fmt.Errorf("there is no step %q", p.Step)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// change changes a delivery as a person asks.
func (b *Outbox) change(ctx context.Context, id int64, by, what string, how func(Delivery, time.Time) (Delivery, error)) (Delivery, error) {
	if by == "" {
		return Delivery{}, errNobody
	}
	d, err := b.store.Delivery(ctx, id)
	if err != nil {
		return d, err
	}
	now := b.clock()
	if d, err = how(d, now); err != nil {
		return d, err
	}
	d.Updated = now
	return b.store.Save(ctx, d, Entry{At: now, By: by, What: what, Phase: "after", State: d.State})
}

// Retry sends a delivery that failed on its way again.
func (b *Outbox) Retry(ctx context.Context, id int64, by string) (Delivery, error) {
	return b.change(ctx, id, by, "retried", Retried)
}

// Withdraw takes a delivery back, if it is not finished yet.
func (b *Outbox) Withdraw(ctx context.Context, id int64, by string) (Delivery, error) {
	return b.change(ctx, id, by, "withdrawal asked", func(d Delivery, now time.Time) (Delivery, error) {
		if d.State.Over() || !d.At.IsZero() || d.Pending != nil && d.Pending.Step == Finish {
			return d, ErrOver
		}
		if d.ByHand {
			return d.withdrawn(now), nil
		}
		d.State, d.Withdraw, d.Next = Waiting, true, time.Time{}
		return d, nil
	})
}

// Resolve ends a delivery that waits or failed, with what a person did instead.
func (b *Outbox) Resolve(ctx context.Context, id int64, by, reason string) (Delivery, error) {
	return b.change(ctx, id, by, "resolved", func(d Delivery, now time.Time) (Delivery, error) {
		if d.State.Over() {
			return d, ErrOver
		}
		if reason == "" {
			return d, ErrWord
		}
		d.State, d.Resolution, d.Pending = Resolved, &Resolution{by, now, reason}, nil
		return d, nil
	})
}

// Refer notes the reference that an authority gave for what a person handed
// over, or for a report that NCMEC is known to have.
func (b *Outbox) Refer(ctx context.Context, id int64, by, reference string) (Delivery, error) {
	d, err := b.change(ctx, id, by, "referenced", func(d Delivery, now time.Time) (Delivery, error) {
		if d.State.Over() {
			return d, ErrOver
		}
		if !d.ByHand && d.State != Failed {
			return d, ErrOurs
		}
		if reference == "" {
			return d, ErrWord
		}
		if d.At.IsZero() {
			d.At = now
		}
		d.State, d.Reference, d.Pending, d.Problem = Delivered, reference, nil, nil
		return d, nil
	})
	if err != nil {
		return d, err
	}
	return d, b.note(ctx, d)
}
