package journal

import (
	"context"
	"errors"
	"slices"

	"rowan/event"
	"rowan/guard/engine"
)

// Told is an event in which a young person may have had a part, and what was
// decided, for those who act on it afterwards.
type Told struct {
	Event    *event.Event // without text
	Outcome  *engine.Outcome
	Readings []engine.Reading
	Config   *engine.Config // the data in force
}

// Follow calls each for every event after a sequence number that a young person
// may have had a part in, in order, until about limit events were read. It
// returns how far it came: after, if there is nothing new. What it passes is
// valid until each returns.
func (a *Archive) Follow(ctx context.Context, after uint64, limit int, each func(*Told) error) (upTo uint64, err error) {
	upTo = after
	err = a.store.Entries(ctx, after, func(e *Entry) error {
		if limit <= 0 {
			return errFound
		}
		config, err := a.config(ctx, e.Config)
		if err != nil {
			return err
		}
		err = records(e, func(rec *Record) error {
			if !rec.Kept || rec.Outcome.Sequence <= after {
				return nil
			}
			return each(&Told{&rec.Event, &rec.Outcome, rec.Readings, config})
		})
		if err != nil {
			return err
		}
		upTo = e.Last
		limit -= int(e.Last - e.First + 1)
		return ctx.Err()
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return upTo, err
}

// Texts are the texts that are still held of the events with these sequence
// numbers.
func (a *Archive) Texts(ctx context.Context, vault *Vault, sequences []uint64) (map[uint64]string, error) {
	sequences = slices.Sorted(slices.Values(sequences))
	out := map[uint64]string{}
	for len(sequences) > 0 {
		e, err := a.store.Entry(ctx, sequences[0])
		if err != nil {
			return nil, err
		}
		n, _ := slices.BinarySearch(sequences, e.Last+1)
		wanted := sequences[:n]
		sequences = sequences[n:]
		row, err := a.store.Text(ctx, e.First)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		plain, err := vault.open(row)
		if err != nil {
			return nil, err
		}
		err = eachText(plain, func(k kept) {
			if _, found := slices.BinarySearch(wanted, e.First+k.offset); found {
				out[e.First+k.offset] = k.text
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
