package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rowan/ledger"
)

// Forgotten is what Forget found.
type Forgotten struct {
	Decisions int64 // whose records can no longer be tied to the accounts
	Texts     int64 // of them, whose text can no longer be tied to them
	Commits   int64
}

// Forget erases the salts of all decisions that accounts took part in, those of
// what they wrote, and the accounts' salts in statements of other parts, so that
// the ledger cannot be tied to them any more, by anybody. That it was done is
// then in the ledger. It reads the whole journal, whose own records stay as they
// are. What was erased before an error stays erased, and is not counted again.
func (a *Archive) Forget(ctx context.Context, salts ledger.Salts, log ledger.Appender, accounts ...string) (f Forgotten, err error) {
	err = a.store.Entries(ctx, 0, func(e *Entry) error {
		l, err := a.store.Logged(ctx, e.First)
		if errors.Is(err, ErrNotFound) {
			return nil // from before the ledger
		}
		if err != nil {
			return err
		}
		decisions, texts, err := forget(e, l, accounts)
		if err != nil || decisions == 0 {
			return err
		}
		f.Decisions += decisions
		f.Texts += texts
		f.Commits++
		return a.store.Relog(ctx, []*Logged{l})
	})
	if err != nil {
		return f, err
	}
	if salts != nil {
		for _, id := range accounts {
			if err := salts.Erase(ctx, "account/"+id); err != nil {
				return f, err
			}
		}
	}
	_, err = log.Record(ctx, ledger.Statement{Kind: ledger.Retention, By: "rowan", What: "forgotten", Facts: map[string]string{
		"accounts": fmt.Sprint(len(accounts)), "decisions": fmt.Sprint(f.Decisions), "texts": fmt.Sprint(f.Texts),
	}})
	return f, err
}

// Forget is Archive.Forget, of a journal that goes on.
func (j *Journal) Forget(ctx context.Context, accounts ...string) (Forgotten, error) {
	return j.archive.Forget(ctx, j.options.Salts, j, accounts...)
}

// forget takes the accounts' salts out of an entry's veils and keeps the
// commitments instead.
func forget(e *Entry, l *Logged, accounts []string) (decisions, texts int64, err error) {
	names, err := ledger.ParseVeil(l.Veil)
	if err != nil {
		return 0, 0, err
	}
	written, err := readTextSalts(l.Text)
	if err != nil {
		return 0, 0, err
	}
	kept := l.Kept
	_, err = unfold(e, l, func(place int, rec *Record, _ ledger.Veil, d *ledger.Decided, _ []byte) {
		if !rec.Kept {
			return
		}
		erased := false
		for _, slot := range slotsOf(rec, accounts) {
			commitment := *d.Part(slot)
			if commitment == nil {
				continue
			}
			if slot == ledger.TextSlot { // its commitment is kept already: the text goes first
				if _, err := written.of(place); err == nil {
					written.erase(place)
					texts++
					erased = true
				}
				continue
			}
			if _, err := names.Salt(place, slot); err == nil { // or it was erased before
				names, erased = names.Erase(place, slot), true
				kept = appendKept(kept, place, slot, *commitment)
			}
		}
		if erased {
			decisions++
		}
	})
	if decisions > 0 {
		l.Veil, l.Kept = names.Append(nil), kept
		if texts > 0 {
			l.Text = written.append(nil)
		}
	}
	return decisions, texts, err
}

// slotsOf are the commitments of a decision that speak of accounts.
func slotsOf(rec *Record, accounts []string) (slots []int) {
	if slices.Contains(accounts, rec.Event.From) {
		slots = append(slots, ledger.FromSlot, ledger.TextSlot)
	}
	if to := counterpart(&rec.Event, &rec.Outcome); to != "" && slices.Contains(accounts, to) {
		slots = append(slots, ledger.ToSlot)
	}
	if len(slots) > 0 {
		slots = append(slots, ledger.EventSlot)
	}
	return slots
}
