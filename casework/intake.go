package casework

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rowan/guard/journal"
)

// Decisions are the guard's, in order, with the text that is still held.
type Decisions interface {
	Follow(ctx context.Context, after uint64, limit int, each func(*journal.Told) error) (upTo uint64, err error)
	Texts(ctx context.Context, vault *journal.Vault, sequences []uint64) (map[uint64]string, error)
}

// Bands knows the age band of an account.
type Bands interface {
	Band(ctx context.Context, account string, at time.Time) (string, error)
}

// Vault seals text under a number.
type Vault interface {
	Seal(number uint64, plain []byte) (sealed []byte, key uint32, err error)
	Open(number uint64, key uint32, sealed []byte) ([]byte, error)
}

// Intake turns the guard's decisions into moments and cases. It reads what the
// guard has written and never calls back into it. What it has read is kept with
// the store's own progress, so that nothing is taken twice or left out.
type Intake struct {
	Decisions Decisions
	Texts     *journal.Vault // of the journal
	Sealed    Vault          // of the cases
	Bands     Bands
	Store     Store
	Now       func() time.Time
	Log       *slog.Logger
	// Changed, if set, is called after cases were opened or changed.
	Changed func([]Case)
}

const (
	intakeBatch = 4096
	intakeBeat  = 200 * time.Millisecond
	// keptMoments is how far back a pair's messages are looked for when its
	// case opens; the journal itself holds 50 texts of a pair by default.
	keptMoments = 500
)

// Run takes decisions in until ctx ends.
func (i *Intake) Run(ctx context.Context) {
	tick := time.NewTicker(intakeBeat)
	defer tick.Stop()
	for {
		more, err := i.Step(ctx)
		if err != nil && ctx.Err() == nil {
			i.Log.Error("decisions were not taken in; it will be tried again", "error", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Step takes in the next decisions, and keeps the text of cases' pairs. more
// says that there was something to do.
func (i *Intake) Step(ctx context.Context) (more bool, err error) {
	after, err := i.Store.Progress(ctx)
	if err != nil {
		return false, err
	}
	taken := Taken{At: i.Now()}
	upTo, err := i.Decisions.Follow(ctx, after, intakeBatch, func(told *journal.Told) error {
		m, ok := MomentOf(told)
		if !ok {
			return nil
		}
		if m.Alert {
			taken.Alerts = append(taken.Alerts, *AlertOf(told, &m))
		}
		taken.Moments = append(taken.Moments, m)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("follow decisions: %w", err)
	}
	if upTo > after {
		for k := range taken.Alerts {
			a := &taken.Alerts[k]
			if a.Band, err = i.Bands.Band(ctx, a.Child, a.At); err != nil {
				return false, fmt.Errorf("age band: %w", err)
			}
		}
		taken.UpTo = upTo
		changed, err := i.Store.Take(ctx, taken)
		if err != nil {
			return false, err
		}
		if len(changed) > 0 && i.Changed != nil {
			i.Changed(changed)
		}
	}
	kept, err := i.keep(ctx)
	return upTo > after || kept, err
}

// keep copies text of cases' pairs, sealed, so that it stays as long as the
// case does.
func (i *Intake) keep(ctx context.Context) (more bool, err error) {
	captures, err := i.Store.Captures(ctx, 64)
	if err != nil {
		return false, err
	}
	for _, c := range captures {
		moments, err := i.Store.Moments(ctx, c.Actor, c.Child, keptMoments)
		if err != nil {
			return false, err
		}
		upTo := c.After + 1
		var wanted []uint64
		for _, m := range moments {
			upTo = max(upTo, m.Sequence)
			if m.HasText && m.Sequence > c.After {
				wanted = append(wanted, m.Sequence)
			}
		}
		texts, err := i.Decisions.Texts(ctx, i.Texts, wanted)
		if err != nil {
			return false, fmt.Errorf("text of case %d: %w", c.Case, err)
		}
		var lines []Line
		for sequence, text := range texts {
			sealed, key, err := i.Sealed.Seal(sequence, []byte(text))
			if err != nil {
				return false, err
			}
			lines = append(lines, Line{sequence, key, sealed})
		}
		if err := i.Store.Keep(ctx, c, upTo, lines); err != nil {
			return false, err
		}
	}
	return len(captures) > 0, nil
}
