package bureau

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/casework/report/custody"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/keeping"
)

// Store keeps what people say and sign on the way to a report. An implementation
// must pass storetest.Run, and those of its parts.
type Store interface {
	dispatch.Store
	custody.Store
	// Sign keeps a person's word on a document for an authority; a newer one of
	// theirs takes the place of an older one.
	Sign(ctx context.Context, id int64, to string, s report.SignOff) error
	Signs(ctx context.Context, id int64, to string) ([]report.SignOff, error)
	// Tell keeps what a person says of a case's incident, sealed; Told is it,
	// and false if nobody said anything.
	Tell(ctx context.Context, id int64, s dispatch.Sealed) error
	Told(ctx context.Context, id int64) (dispatch.Sealed, bool, error)
}

// Options of a bureau. Now is time.Now by default; the rest is required.
type Options struct {
	Cases    casework.Store
	Vault    dispatch.Vault
	Standing *dossier.Standing
	Store    Store
	Outbox   *dispatch.Outbox
	Keeper   *keeping.Keeper
	// Folder has the platform's own records, as case-N.yaml.
	Folder string
	// Sends says that an address of NCMEC is set.
	Sends bool
	Now   func() time.Time
}

// Bureau makes reports.
type Bureau struct {
	o        Options
	gatherer *dossier.Gatherer
}

// New makes a bureau.
func New(o Options) *Bureau {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Bureau{o, &dossier.Gatherer{Store: o.Cases, Vault: o.Vault, Standing: o.Standing, Now: o.Now}}
}

// Outbox is where reports go.
func (b *Bureau) Outbox() *dispatch.Outbox { return b.o.Outbox }

// Keeper keeps what the law and people want kept.
func (b *Bureau) Keeper() *keeping.Keeper { return b.o.Keeper }

// ErrNoAddress is returned where a report for NCMEC could not be sent.
var ErrNoAddress = fmt.Errorf("no address of NCMEC is set; see ncmec in %s", dossier.StandingFile)

// Draft drafts the document of a case for an authority. facts names a file of
// the platform's own records; "" is the one in the folder, if there is one.
func (b *Bureau) Draft(ctx context.Context, id int64, to, facts string) (*Draft, error) {
	more, err := b.more(id, facts)
	if err != nil {
		return nil, err
	}
	told, err := b.Told(ctx, id)
	if err != nil {
		return nil, err
	}
	if told != nil {
		if more == nil {
			more = &dossier.More{}
		}
		told.over(&more.Incident)
	}
	f, err := b.gatherer.Facts(ctx, casework.ID(id), more, true)
	if err != nil {
		return nil, err
	}
	return Make(f, to, b.o.Standing)
}

// more reads what the platform adds for a case, nil if it adds nothing.
func (b *Bureau) more(id int64, path string) (*dossier.More, error) {
	named := path != ""
	if !named {
		path = filepath.Join(b.o.Folder, fmt.Sprintf("case-%d.yaml", id))
	}
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return dossier.ParseMore(path, src)
}

// Told is what a person says of an incident in the console. It goes before what
// a file says.
type Told struct {
	By            string    `json:"by"`
	At            time.Time `json:"at"`
	Summary       string    `json:"summary"`
	Danger        string    `json:"danger"`
	Priority      int       `json:"priority"`
	Sextortion    bool      `json:"sextortion"`
	Solicitation  bool      `json:"solicitation"`
	BetweenMinors bool      `json:"between_minors"`
	Sadistic      bool      `json:"sadistic"`
}

func (t *Told) over(i *dossier.Told) {
	if t.Summary != "" {
		i.Summary = t.Summary
	}
	if t.Priority != 0 {
		i.Priority = t.Priority
	}
	i.Danger, i.Sextortion, i.Solicitation, i.BetweenMinors, i.Sadistic = t.Danger, t.Sextortion, t.Solicitation, t.BetweenMinors, t.Sadistic
}

// sealing is the number under which what is said of a case is sealed: neither a
// message's nor a report's.
func sealing(id int64) uint64 { return 3<<61 | uint64(id) }

// Tell keeps what a person says of a case's incident.
func (b *Bureau) Tell(ctx context.Context, id int64, t Told) error {
	if t.By == "" {
		return errors.New("a person must do this")
	}
	t.At = b.o.Now().UTC().Truncate(time.Second)
	plain, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	s := dispatch.Sealed{Number: sealing(id)}
	if s.Body, s.Key, err = b.o.Vault.Seal(s.Number, plain); err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	return b.o.Store.Tell(ctx, id, s)
}

// Told is what was said last, nil if nothing was.
func (b *Bureau) Told(ctx context.Context, id int64) (*Told, error) {
	s, is, err := b.o.Store.Told(ctx, id)
	if err != nil || !is {
		return nil, err
	}
	plain, err := b.o.Vault.Open(sealing(id), s.Key, s.Body)
	if err != nil {
		return nil, fmt.Errorf("what was said of case %d: %w", id, err)
	}
	t := &Told{}
	if err := json.Unmarshal(plain, t); err != nil {
		return nil, fmt.Errorf("what was said of case %d is damaged", id)
	}
	return t, nil
}

// Signs are the words of people on the document as it is.
func (b *Bureau) Signs(ctx context.Context, d *Draft) (out []report.SignOff, err error) {
	all, err := b.o.Store.Signs(ctx, d.Case, d.To)
	for _, s := range all {
		if s.Digest == d.Digest {
			out = append(out, s)
		}
	}
	return out, err
}

// ErrSigned is returned to somebody who has signed already.
var ErrSigned = errors.New("you have signed this document; somebody else must, too")

// Sign is a person's word that the document with a digest should go. After the
// second person's, it is on its way: the delivery is returned.
func (b *Bureau) Sign(ctx context.Context, id int64, to, by, digest string) (*dispatch.Delivery, error) {
	if by == "" {
		return nil, errors.New("a person must do this")
	}
	d, err := b.Draft(ctx, id, to, "")
	if err != nil {
		return nil, err
	}
	switch {
	case d.Blocked():
		return nil, &report.IncompleteError{Missing: d.Missing}
	case d.Digest != digest:
		return nil, report.ErrChanged
	case to == dispatch.NCMEC && !b.o.Sends:
		return nil, ErrNoAddress
	}
	signs, err := b.Signs(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, s := range signs {
		if s.By == by {
			return nil, ErrSigned
		}
	}
	mine := report.SignOff{By: by, At: b.o.Now().UTC().Truncate(time.Millisecond), Digest: digest}
	if err := b.o.Store.Sign(ctx, id, to, mine); err != nil {
		return nil, err
	}
	if len(signs) == 0 {
		return nil, nil
	}
	sent, err := b.Send(ctx, d, by, append(signs, mine))
	return &sent, err
}

// Send gives a document to the outbox, with the words of two people.
func (b *Bureau) Send(ctx context.Context, d *Draft, by string, signs []report.SignOff) (dispatch.Delivery, error) {
	a, err := report.Authorise(d.Digest, d.Missing, signs, b.o.Now())
	if err != nil {
		return dispatch.Delivery{}, err
	}
	if d.To != dispatch.NCMEC {
		return b.o.Outbox.HandOver(ctx, d.Case, by, d.To, d.Files[0].Body, d.Digest, d.Due, a)
	}
	if !b.o.Sends {
		return dispatch.Delivery{}, ErrNoAddress
	}
	return b.o.Outbox.Send(ctx, d.Case, by, d.tip, a)
}

// Exported notes that a document leaves Rowan's files.
func (b *Bureau) Exported(ctx context.Context, id int64, document, digest, by, to string) error {
	_, err := b.o.Store.Note(ctx, custody.Event{
		Case: id, At: b.o.Now(), By: by, Kind: custody.Exported, What: document, SHA256: strings.TrimPrefix(digest, "sha256:"),
		Why: "to be looked at, or handed over", To: to,
	})
	return err
}

// Custody is a case's chain, and what keeps its evidence.
func (b *Bureau) Custody(ctx context.Context, id int64) ([]custody.Event, []custody.Hold, error) {
	chain, e1 := b.o.Store.Chain(ctx, id)
	holds, e2 := b.o.Store.Holds(ctx, id)
	return chain, holds, errors.Join(e1, e2)
}
