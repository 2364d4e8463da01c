// Package keeping sees to it that what was reported is kept as long as the law
// wants, and that a case knows of its reports.
package keeping

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/report/custody"
	"rowan/casework/report/dispatch"
	"rowan/refusal"
)

// Keeper is a casework.Keeper that goes by the holds in a custody store.
type Keeper struct {
	store custody.Store
	// others are regimes beside those of NCMEC and the NCA, by authority.
	others map[string][]custody.Regime
}

var _ casework.Keeper = (*Keeper)(nil)

// New makes a keeper. others may be nil.
func New(store custody.Store, others map[string][]custody.Regime) *Keeper {
	return &Keeper{store: store, others: others}
}

// Keeps reports whether a hold is in force on a case's evidence.
func (k *Keeper) Keeps(ctx context.Context, id casework.ID, now time.Time) (bool, error) {
	holds, err := k.store.Holds(ctx, int64(id))
	if err != nil {
		return true, err
	}
	may, _ := custody.MayDelete(custody.Contents, holds, now)
	return !may, nil
}

// Destroying notes that a case's text is removed at the end of its time.
func (k *Keeper) Destroying(ctx context.Context, id casework.ID, lines []casework.Line, now time.Time) error {
	h := sha256.New()
	var last uint64
	for _, l := range lines {
		h.Write(l.Sealed)
		last = max(last, l.Sequence)
	}
	what := fmt.Sprintf("text of %d messages up to %d", len(lines), last)
	_, err := k.store.Note(ctx, custody.Event{
		Case: int64(id), At: now, Kind: custody.Destroyed, What: what, SHA256: hex.EncodeToString(h.Sum(nil)), Why: "the time for which it is kept is over",
	})
	if errors.Is(err, custody.ErrDestroyed) { // it was noted before the process ended
		return nil
	}
	return err
}

// regimes are the rules that a report to an authority starts.
func (k *Keeper) regimes(to string) []custody.Regime {
	var list []custody.Regime
	switch to {
	case dispatch.NCMEC:
		list = []custody.Regime{custody.NCMEC()}
	case dispatch.NCA:
		list = custody.NCA()
	}
	return append(list, k.others[to]...)
}

// Delivered notes in the case that an authority has a report: in its events,
// its custody and its holds. It may be called again for the same delivery.
func (k *Keeper) Delivered(ctx context.Context, desk *casework.Desk, d dispatch.Delivery) error {
	if err := k.hold(ctx, d); err != nil {
		return err
	}
	what := fmt.Sprintf("report %d to %s", d.ID, d.To)
	chain, err := k.store.Chain(ctx, d.Case)
	if err != nil {
		return err
	}
	noted := false
	for i := range chain {
		noted = noted || chain[i].What == what && chain[i].Kind == custody.Transferred
	}
	if !noted {
		if _, err := k.store.Note(ctx, custody.Event{
			Case: d.Case, At: d.At, By: d.By, Kind: custody.Transferred, What: what, SHA256: strings.TrimPrefix(d.Digest, "sha256:"),
			Why: "two people signed it", To: d.To + ", reference " + d.Reference,
		}); err != nil {
			return err
		}
	}
	id := casework.ID(d.Case)
	events, err := desk.Store().Events(ctx, id)
	if err != nil {
		return err
	}
	for i := range events {
		if events[i].Kind == casework.ReportSent && events[i].Report == d.To && events[i].Reference == d.Reference {
			return nil
		}
	}
	_, err = desk.Reported(ctx, id, "", d.To, d.Reference)
	if r, ok := refusal.In(err); ok && r.Code == "not-decided" {
		// The decision was taken back while the report was on its way. The report,
		// its custody and its holds stand; they are on the page of reports.
		return nil
	}
	return err
}

func (k *Keeper) hold(ctx context.Context, d dispatch.Delivery) error {
	holds, err := k.store.Holds(ctx, d.Case)
	if err != nil {
		return err
	}
	why := fmt.Sprintf("report %d", d.ID)
next:
	for _, r := range k.regimes(d.To) {
		for i := range holds {
			if holds[i].Regime.ID == r.ID && holds[i].Why == why {
				continue next
			}
		}
		h, err := custody.Place(d.Case, r, d.At, d.By, why)
		if err != nil {
			return err
		}
		if _, err := k.store.PutHold(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes documents of reports whose time is over: that have been over
// for keep, in cases that no hold keeps.
func (k *Keeper) Sweep(ctx context.Context, store dispatch.Store, keep time.Duration, now time.Time) error {
	list, err := store.List(ctx, dispatch.Filter{States: []dispatch.State{dispatch.Delivered, dispatch.Withdrawn, dispatch.Resolved}, Kept: true, Limit: 1000})
	if err != nil {
		return err
	}
	for i := range list {
		d := &list[i]
		if now.Sub(d.Updated) < keep || d.State == dispatch.Delivered && !d.Noted {
			continue
		}
		switch keeps, err := k.Keeps(ctx, casework.ID(d.Case), now); {
		case err != nil:
			return fmt.Errorf("report %d: is it kept? %w", d.ID, err)
		case keeps:
			continue
		}
		_, err := k.store.Note(ctx, custody.Event{
			Case: d.Case, At: now, Kind: custody.Destroyed, What: fmt.Sprintf("copy of report %d to %s", d.ID, d.To),
			SHA256: strings.TrimPrefix(d.Digest, "sha256:"), Why: "the time for which it is kept is over",
		})
		if err != nil && !errors.Is(err, custody.ErrDestroyed) {
			return fmt.Errorf("report %d stays, because its removal cannot be noted: %w", d.ID, err)
		}
		if err := store.Drop(ctx, d.ID, dispatch.Entry{At: now.UTC(), What: "dropped", Phase: "after", State: d.State}); err != nil {
			return fmt.Errorf("report %d: %w", d.ID, err)
		}
	}
	return nil
}

// Place places a legal hold on a case. The case shows it.
func (k *Keeper) Place(ctx context.Context, desk *casework.Desk, id casework.ID, by, why string) error {
	h, err := custody.Place(int64(id), custody.Legal(), desk.Now(), by, why)
	if err != nil {
		return err
	}
	if _, err := desk.Hold(ctx, id, by, why); err != nil {
		return err
	}
	_, err = k.store.PutHold(ctx, h)
	return err
}

// Release is one person's word to release a case's legal hold. It is released,
// and the case shows it no longer, after the word of a second.
func (k *Keeper) Release(ctx context.Context, desk *casework.Desk, id casework.ID, by, why string) (released bool, err error) {
	c, err := desk.LiftHold(ctx, id, by, why)
	if err == nil {
		_, err = k.follow(ctx, desk, &c)
		return err == nil && !c.Held, err
	}
	if r, ok := refusal.In(err); !ok || r.Code != "not-held" {
		return false, err
	}
	// The process may have ended between the case's record and that of custody.
	switch late, e := k.follow(ctx, desk, &c); {
	case e != nil:
		return false, e
	case late:
		return true, nil
	}
	return false, err
}

// follow brings the record of custody in line with what people said in a case
// of its legal hold. It reports whether anything was missing there.
func (k *Keeper) follow(ctx context.Context, desk *casework.Desk, c *casework.Case) (missing bool, err error) {
	events, err := desk.Store().Events(ctx, c.ID)
	if err != nil {
		return false, err
	}
	var asked, lifted *casework.Event
	for i := range events {
		switch e := &events[i]; e.Kind {
		case casework.HoldPlaced:
			asked, lifted = nil, nil
		case casework.HoldAsked:
			asked = e
		case casework.HoldLifted:
			lifted = e
		}
	}
	if asked == nil {
		return false, nil
	}
	holds, err := k.legal(ctx, c, desk.Now(), asked.By)
	if err != nil {
		return false, err
	}
	for _, h := range holds {
		if h.Asked.At.IsZero() {
			h, err = h.AskRelease(asked.By, asked.Reason, asked.At)
		}
		if err == nil && lifted != nil {
			h, err = h.AgreeRelease(lifted.By, lifted.At)
		}
		if err == nil {
			_, err = k.store.PutHold(ctx, h)
		}
		if err != nil {
			return true, err
		}
	}
	return len(holds) > 0, nil
}

// legal are the legal holds in force on a case. A case that is on hold, and was
// put so without a record of custody, gets one.
func (k *Keeper) legal(ctx context.Context, c *casework.Case, now time.Time, by string) (out []custody.Hold, err error) {
	holds, err := k.store.Holds(ctx, int64(c.ID))
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		if h.Regime.Days == 0 && h.InForce(now) {
			out = append(out, h)
		}
	}
	if len(out) > 0 || !c.Held {
		return out, nil
	}
	h, err := custody.Place(int64(c.ID), custody.Legal(), now, by, "placed before")
	return []custody.Hold{h}, err
}
