package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/ledger"
)

// conceal makes the records by which a commit's decisions stand in the ledger.
// Its memory is reused.
type conceal struct {
	logged Logged
	seeds  [2]ledger.Salt // of people and events, and of texts
	names  ledger.Walk
	texts  ledger.Walk
	parts  [4]ledger.Commitment
	hashes []tlog.Hash
	hasher ledger.Hasher
	words  map[response.AccountActions]string
}

// begin draws the seeds of a commit's salts.
func (c *conceal) begin() (err error) {
	for i := range c.seeds {
		if c.seeds[i], err = ledger.NewSalt(); err != nil {
			return err
		}
	}
	c.names.Reset(c.seeds[0])
	c.texts.Reset(c.seeds[1])
	c.logged = Logged{Veil: ledger.NewVeil(c.seeds[0]).Append(c.logged.Veil[:0]), Text: c.logged.Text[:0], Kept: c.logged.Kept[:0]}
	c.hashes = c.hashes[:0]
	return nil
}

// add hashes the record of the decision at a place of the commit. A text's
// commitment is kept beside it: the text will be removed.
func (c *conceal) add(place int, ev *event.Event, o *engine.Outcome, kept, text bool) {
	d := c.decided(ev, o, kept)
	if kept {
		for slot := range ledger.TextSlot {
			if value, ok := subject(ev, o, slot); ok {
				c.parts[slot] = c.hasher.Commit(c.names.Salt(place, slot), value[:]...)
				*d.Part(slot) = &c.parts[slot]
			}
		}
	}
	if text {
		d.Text = &c.parts[ledger.TextSlot]
		*d.Text = c.hasher.Commit(c.texts.Salt(slotOfText(place)), ev.Text)
		if len(c.logged.Text) == 0 {
			c.logged.Text = appendTextSeed(c.logged.Text, c.seeds[1])
		}
		c.logged.Kept = appendKept(c.logged.Kept, place, ledger.TextSlot, *d.Text)
	}
	_, h := c.hasher.Decided(&d)
	c.hashes = append(c.hashes, h)
}

// decided is a decision's record without its commitments.
func (c *conceal) decided(ev *event.Event, o *engine.Outcome, kept bool) ledger.Decided {
	d := ledger.Decided{
		Action: o.Action.String(), At: ev.Time, Case: o.OpenCase, Kind: ledger.Decision, Level: o.Level.String(),
		Risk: int64(o.Pair), Rules: ledger.Bits(o.Rules), Sequence: o.Sequence, Type: ev.Type.String(), V: ledger.Version,
	}
	if o.Account != 0 {
		words, ok := c.words[o.Account]
		if !ok {
			list := []string{}
			for a := range o.Account.All() {
				list = append(list, a.String())
			}
			words = strings.Join(list, ",")
			if c.words == nil {
				c.words = map[response.AccountActions]string{}
			}
			c.words[o.Account] = words
		}
		d.Account = words
	}
	switch {
	case !kept || o.Who == engine.Nobody:
	case o.Who == engine.Sender:
		d.Actor = "from"
	default:
		d.Actor = "to"
	}
	return d
}

// subject is what a slot's commitment is to, false if there is no such thing.
func subject(ev *event.Event, o *engine.Outcome, slot int) (value [4]string, ok bool) {
	switch slot {
	case ledger.FromSlot:
		return [4]string{"account/", ev.From}, ev.From != ""
	case ledger.ToSlot:
		to := counterpart(ev, o)
		return [4]string{"account/", to}, to != ""
	case ledger.EventSlot:
		return [4]string{"event/", ev.Source, " ", ev.ID}, true
	}
	return value, false
}

// counterpart is the other account of the pair that decided, or else the first
// that the event goes to.
func counterpart(ev *event.Event, o *engine.Outcome) string {
	party := o.Minor
	if party == engine.Sender || party == engine.Nobody {
		party = o.Who
	}
	switch {
	case party == engine.Room:
		return o.Speaker
	case party >= 0 && int(party) < len(ev.To):
		return ev.To[party]
	case len(ev.To) > 0:
		return ev.To[0]
	}
	return ""
}

// Kept commitments: slot and place as one number, and 32 bytes, in any order.
func appendKept(b []byte, place, slot int, c ledger.Commitment) []byte {
	b = binary.AppendUvarint(b, uint64(place)<<2|uint64(slot))
	return append(b, c[:]...)
}

type keptAt struct{ place, slot int }

func readKept(b []byte) (map[keptAt]ledger.Commitment, error) {
	out := map[keptAt]ledger.Commitment{}
	for r := (reader{b: b}); len(r.b) > 0; {
		at := r.uint()
		if r.err != nil || len(r.b) < 32 {
			return nil, fmt.Errorf("kept commitments: %w", errTorn)
		}
		out[keptAt{int(at >> 2), int(at & 3)}] = ledger.Commitment(r.b[:32])
		r.b = r.b[32:]
	}
	return out, nil
}

// openLedger opens the log that lies with the journal, sees that the two agree,
// and says in it which data are in force.
func (j *Journal) openLedger(ctx context.Context, sources []Source) (err error) {
	o := ledger.Options{Signer: j.options.Signer, Salts: j.options.Salts, Now: j.options.Now}
	if j.ledger, err = ledger.Open(ctx, j.store.Ledger(), o); err != nil {
		return err
	}
	if err := j.agree(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	facts := map[string]string{}
	for _, s := range sources {
		name := s.Kind
		for n := 2; facts[name] != ""; n++ {
			name = fmt.Sprintf("%s/%d", s.Kind, n)
		}
		facts[name] = fmt.Sprintf("%s sha256:%x", s.Name, sha256.Sum256(s.Text))
	}
	_, err = j.ledger.Append(ctx, j.options.Now(), ledger.Record{Kind: ledger.Versions, By: "rowan", What: "in force", Facts: facts})
	return err
}

// errNoLedger is returned for what a journal without a ledger is asked to enter.
var errNoLedger = errors.New("the journal was opened without its ledger")

// withoutLedger sees that there is no ledger that would miss what comes.
func (j *Journal) withoutLedger(ctx context.Context) (err error) {
	if j.ledger, err = ledger.Open(ctx, j.store.Ledger(), ledger.Options{Now: j.options.Now}); err != nil {
		return err
	}
	if n := j.ledger.Size(); n > 0 {
		return fmt.Errorf("the journal has a ledger of %d leaves, and cannot go on without it", n)
	}
	return nil
}

// agree begins the log if there is none, and otherwise sees that its last commit
// is the journal's last entry.
func (j *Journal) agree(ctx context.Context) error {
	size := j.ledger.Size()
	if size == 0 {
		return j.beginLedger(ctx)
	}
	from, first := int64(0), uint64(0)
	if j.sequence > 0 {
		e, err := j.store.Entry(ctx, j.sequence)
		if err != nil {
			return err
		}
		l, err := j.store.Logged(ctx, e.First)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			from, first = l.Leaf, e.First
		}
	}
	began, last := false, uint64(0)
	err := j.ledger.Read(ctx, from, size, func(at int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		switch {
		case err != nil:
			return fmt.Errorf("leaf %d: %w", at, err)
		case r.Commit != nil && (at != from || r.Commit.First != first):
			return fmt.Errorf("leaf %d is of decisions %d to %d, the journal ends at %d: the file was changed by something else", at, r.Commit.First, r.Commit.Last, j.sequence)
		case r.Commit != nil:
			last = r.Commit.Last
		case at == 0 && r.Kind == ledger.Start:
			began = r.Facts[afterFact] == fmt.Sprint(j.sequence)
		}
		return nil
	})
	if err == nil && last != j.sequence && !(first == 0 && began) {
		err = fmt.Errorf("the journal's last entry, up to decision %d, is not in it: the file was changed by something else", j.sequence)
	}
	return err
}

// afterFact tells in the first leaf how many decisions came before the log.
const afterFact = "after"

func (j *Journal) beginLedger(ctx context.Context) error {
	_, err := j.ledger.Append(ctx, j.options.Now(), ledger.Record{
		Kind: ledger.Start, By: "rowan", What: "begun", Facts: map[string]string{afterFact: fmt.Sprint(j.sequence)},
	})
	return err
}

// enter writes a commit with its leaf and those of settings, all or nothing.
func (j *Journal) enter(ctx context.Context, c *commit) error {
	e := &c.entry
	if j.options.NoLedger {
		return j.store.Append(ctx, e)
	}
	root := c.conceal.hasher.BatchRoot(c.conceal.hashes)
	leaves := []ledger.Record{{Kind: ledger.Commit, Commit: &ledger.Batch{
		Count: int64(e.Last - e.First + 1), First: e.First, Last: e.Last, Root: root,
	}}}
	leaves = append(leaves, c.settings...)
	_, err := j.ledger.Extend(ctx, time.UnixMilli(e.At), leaves, func(x *ledger.Extension) error {
		e.Logged = &c.conceal.logged
		e.Logged.First, e.Logged.Leaf, e.Logged.Extension = e.First, x.First, x
		return j.store.Append(ctx, e)
	})
	return err
}

// Record takes statements of other parts of Rowan into the ledger. They are
// durable when it returns.
func (j *Journal) Record(ctx context.Context, statements ...ledger.Statement) (first int64, err error) {
	if err := j.Ready(); err != nil {
		return 0, err
	}
	if j.options.NoLedger {
		return 0, errNoLedger
	}
	return j.ledger.Record(ctx, statements...)
}

// Ledger is the log in which the decisions stand.
func (j *Journal) Ledger() *ledger.Log { return j.ledger }

// signing is how often a checkpoint is made of a log that grows.
const signing = time.Second

// keepCheckpoints signs the log while it grows.
func (j *Journal) keepCheckpoints() {
	defer j.done.Done()
	tick := time.NewTicker(signing)
	defer tick.Stop()
	for {
		_, err := j.ledger.Sign(context.Background())
		if err != nil {
			j.log.Warn("the ledger was not signed; it will be tried again", "error", err)
		}
		select {
		case <-j.stop:
			return
		case <-tick.C:
		}
	}
}
