package casework

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Sample says which decided cases somebody else looks at again, blind.
type Sample struct {
	// Share of decided cases, 0 to 1.
	Share float64
	// Seed keeps the choice from being foreseen; it is the store's secret.
	Seed []byte
}

// Chosen reports whether a case is in the sample. It depends on the seed and
// the case's number alone, so nobody can steer it.
func (s Sample) Chosen(id ID) bool {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte(nil), s.Seed...), uint64(id)))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11)/(1<<53) < s.Share
}

// reviewed opens a blind second review of a case that was just decided, if it
// is in the sample.
func (d *Desk) reviewed(ctx context.Context, c Case) (Case, error) {
	if c.State != Decided || c.Purpose != "" || !d.sample.Chosen(c.ID) {
		return c, nil
	}
	if _, err := d.Review(ctx, c, SecondReview, ""); err != nil {
		return c, fmt.Errorf("case %d is decided, but its second review was not opened: %w", c.ID, err)
	}
	return c, nil
}

// Review opens a blind look at a decided case: a second review, or the case as
// a golden one, whose answer is agreed. by is "" for the sample.
func (d *Desk) Review(ctx context.Context, of Case, purpose Purpose, by string) (Case, error) {
	if of.Judgement == nil {
		return Case{}, refuse("not-decided", "only a decided case can be looked at again")
	}
	e := Event{Kind: ReviewAsked, By: by, At: d.Now(), Of: of.ID, Purpose: purpose, Source: &of}
	c, err := d.store.Open(ctx, e)
	if err != nil {
		return c, err
	}
	d.changed([]Case{c})
	return c, nil
}

// Sweep does what time asks for: it lets claims run out, closes what can no
// longer be appealed, and removes the text of closed cases after keep, unless
// they are on hold.
func (d *Desk) Sweep(ctx context.Context, keep time.Duration) error {
	now := d.Now()
	claimed, err := d.store.List(ctx, Filter{States: []State{Claimed}, Reviews: true, Limit: 500})
	if err != nil {
		return err
	}
	for _, b := range claimed {
		if b.Until.After(now) {
			continue
		}
		if _, err := d.do(ctx, b.ID, func(*Case, time.Time) Event { return Event{Kind: ClaimExpired} }); err != nil && !isRefusal(err) {
			return err
		}
	}
	f := Filter{States: []State{Decided, Closed}, Limit: 500}
	for {
		page, err := d.store.List(ctx, f)
		if err != nil {
			return err
		}
		for _, b := range page {
			if err := d.age(ctx, b.ID, now, keep); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
		f.After = page[len(page)-1].Cursor()
	}
}

// age closes one case, or removes its text, if it is time.
func (d *Desk) age(ctx context.Context, id ID, now time.Time, keep time.Duration) error {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case c.State == Decided && now.Sub(c.DecidedAt) > AppealWindow:
		if _, err := d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: CaseClosed} }); err != nil && !isRefusal(err) {
			return err
		}
	case c.State == Closed && !c.Held && now.Sub(c.ClosedAt) > keep:
		return d.drop(ctx, id, now)
	}
	return nil
}

// drop removes the text of a case, unless the keeper wants it kept.
func (d *Desk) drop(ctx context.Context, id ID, now time.Time) error {
	if d.keeper == nil {
		return d.store.DropLines(ctx, id)
	}
	switch keeps, err := d.keeper.Keeps(ctx, id, now); {
	case err != nil:
		return fmt.Errorf("case %d: is it kept? %w", id, err)
	case keeps:
		return nil
	}
	lines, err := d.store.Lines(ctx, id)
	if err != nil || len(lines) == 0 {
		return err
	}
	if err := d.keeper.Destroying(ctx, id, lines, now); err != nil {
		return fmt.Errorf("case %d: its text stays, because its removal cannot be noted: %w", id, err)
	}
	return d.store.DropLines(ctx, id)
}
