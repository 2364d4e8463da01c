package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// ReplayOptions say what a replay does differently from what was done.
type ReplayOptions struct {
	// Config, if set, takes the place of the data that were in force.
	Config *engine.Config
	// Read applies Config's lexicon afresh to the text that is still held.
	Read bool
	// Since, in Unix milliseconds of event time, is where comparing begins.
	// The events before are folded all the same: later ones rest on them.
	Since  int64
	Shards int
	Retain engine.Retention
	// Progress, if set, is told how many events of how many are done.
	Progress func(done, all uint64)
}

// Change is a decision that a replay makes differently.
type Change struct {
	Sequence uint64           `json:"sequence"`
	Decision string           `json:"decision"`
	Type     string           `json:"type"`
	Was      engine.Explained `json:"was"`
	Now      engine.Explained `json:"now"`
}

// Replayed is what a replay found.
type Replayed struct {
	Events   uint64 `json:"events"`   // folded
	Compared uint64 `json:"compared"` // since Since
	Same     uint64 `json:"same"`     // decided the same to the byte
	Changed  uint64 `json:"changed"`  // in action, level or account actions
	Nuanced  uint64 `json:"nuanced"`  // only in numbers, reasons or rules
	Reread   uint64 `json:"reread"`   // texts that another lexicon was applied to
	// Actions and Levels count the changes: "allow to ask".
	Actions map[string]uint64 `json:"actions"`
	Levels  map[string]uint64 `json:"levels"`
}

// Replay folds the journal again and compares. With no Config it checks that
// the journal gives the decisions that it holds.
func Replay(ctx context.Context, store Store, vault *Vault, o ReplayOptions, each func(*Change) error) (*Replayed, error) {
	if o.Shards == 0 {
		o.Shards = 2
	}
	if o.Retain == (engine.Retention{}) {
		o.Retain = engine.DefaultRetention()
	}
	seed, err := store.Secret(ctx, "seed", func() ([]byte, error) {
		return nil, errors.New("the journal is empty")
	})
	if err != nil {
		return nil, err
	}
	all, err := store.Last(ctx)
	if err != nil {
		return nil, err
	}
	r := &replay{
		store: store, vault: vault, options: o, each: each, all: all, archive: NewArchive(store),
		found: &Replayed{Actions: map[string]uint64{}, Levels: map[string]uint64{}},
	}
	if err := r.run(ctx, engine.Seed(seed)); err != nil {
		return nil, err
	}
	return r.found, nil
}

type replay struct {
	store    Store
	vault    *Vault
	options  ReplayOptions
	archive  *Archive
	fold     *refold
	was      *engine.Config // in force when the entry was written
	now      *engine.Config
	found    *Replayed
	each     func(*Change) error
	all      uint64
	err      error
	old, new []byte
}

const replayBatch = 4096

func (r *replay) run(ctx context.Context, seed engine.Seed) error {
	err := r.store.Entries(ctx, 0, func(e *Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		was, err := r.archive.config(ctx, e.Config)
		if err != nil {
			return err
		}
		now := r.options.Config
		if now == nil {
			now = was
		}
		switch {
		case r.fold == nil:
			eng := engine.New(now, seed, r.options.Shards)
			eng.Retain(r.options.Retain)
			r.fold = newRefold(eng, replayBatch)
			r.fold.config, r.fold.each = e.Config, r.compare
		case r.fold.config != e.Config:
			r.fold.use(e.Config, now)
		}
		r.was, r.now = was, now
		texts, err := r.texts(ctx, e)
		if err != nil {
			return err
		}
		return records(e, func(rec *Record) error {
			text, held := texts[rec.Outcome.Sequence-e.First]
			r.prepare(rec, text, held)
			r.fold.add(rec)
			return r.err
		})
	})
	if err == nil && r.fold != nil {
		r.fold.flush()
		err = r.err
	}
	return err
}

// texts are the texts of an entry that are still held, by place.
func (r *replay) texts(ctx context.Context, e *Entry) (map[uint64]string, error) {
	if !r.options.Read {
		return nil, nil
	}
	row, err := r.store.Text(ctx, e.First)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	plain, err := r.vault.open(row)
	if err != nil {
		return nil, err
	}
	out := map[uint64]string{}
	err = eachText(plain, func(k kept) { out[k.offset] = k.text })
	return out, err
}

// prepare decides whether a record's text is read afresh. What another
// lexicon's automaton left must not be carried on.
func (r *replay) prepare(rec *Record, text string, held bool) {
	rec.afresh = false
	if !r.options.Read {
		return
	}
	if held {
		rec.Event.Text, rec.afresh = text, true
		r.found.Reread++
		return
	}
	for i := range rec.Readings {
		rec.Readings[i].Carry = signal.Carry{}
	}
}

func (r *replay) compare(recs []Record, b *engine.Batch) {
	for i := range recs {
		rec, now := &recs[i], &b.Outcomes[i]
		r.found.Events++
		if rec.Event.Time < r.options.Since {
			continue
		}
		r.found.Compared++
		r.old = appendOutcome(r.old[:0], &rec.Outcome)
		r.new = appendOutcome(r.new[:0], now)
		if bytes.Equal(r.old, r.new) {
			r.found.Same++
			continue
		}
		was := &rec.Outcome
		if was.Action == now.Action && was.Level == now.Level && was.Account == now.Account {
			r.found.Nuanced++
			if r.options.Config != nil {
				continue
			}
		} else {
			r.found.Changed++
			count(r.found.Actions, was.Action, now.Action)
			count(r.found.Levels, was.Level, now.Level)
		}
		if r.each != nil && r.err == nil {
			r.err = r.each(&Change{
				Sequence: was.Sequence, Decision: engine.DecisionID(was.Sequence), Type: rec.Event.Type.String(),
				Was: r.was.Summary(was), Now: r.now.Summary(now),
			})
		}
	}
	if r.options.Progress != nil {
		r.options.Progress(r.found.Events, r.all)
	}
}

func count[T response.Action | response.Level](counts map[string]uint64, was, now T) {
	if was != now {
		counts[fmt.Sprintf("%v to %v", was, now)]++
	}
}

func appendOutcome(b []byte, o *engine.Outcome) []byte {
	w := writer{b}
	w.outcome(o)
	return w.b
}
