package casework

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"rowan/refusal"
)

// Recorder puts what people did into the ledger.
type Recorder interface {
	Recorded(ctx context.Context, c Case, e Event) error
}

// Keeper knows what the law, or somebody's order, wants kept.
type Keeper interface {
	// Keeps reports whether the evidence of a case must stay at a moment.
	Keeps(ctx context.Context, id ID, now time.Time) (bool, error)
	// Destroying is told of text that is about to be removed because its time is
	// over. An error keeps it.
	Destroying(ctx context.Context, id ID, lines []Line, now time.Time) error
}

// Desk is where people work on cases. Its methods return a refusal.Refusal where the
// case does not allow what they ask.
type Desk struct {
	store    Store
	vault    Vault
	now      func() time.Time
	recorder Recorder
	changed  func([]Case)
	budget   Budget
	sample   Sample
	keeper   Keeper
	usher    *usher
}

// Options of a desk. Store and Vault are required.
type Options struct {
	Store    Store
	Vault    Vault
	Now      func() time.Time // time.Now by default
	Recorder Recorder         // nil: nothing is recorded elsewhere
	Changed  func([]Case)     // is told of every change
	Budget   Budget           // DefaultBudget by default
	Sample   Sample
	Keeper   Keeper // nil: only a case's own hold keeps its evidence
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk {
	d := &Desk{store: o.Store, vault: o.Vault, now: o.Now, recorder: o.Recorder, changed: o.Changed, budget: o.Budget, sample: o.Sample, keeper: o.Keeper}
	d.usher = newUsher(d.store)
	if d.now == nil {
		d.now = time.Now
	}
	if d.changed == nil {
		d.changed = func([]Case) {}
	}
	if d.budget == (Budget{}) {
		d.budget = DefaultBudget()
	}
	return d
}

// Store is what the desk works on.
func (d *Desk) Store() Store { return d.store }

// Now is the desk's clock.
func (d *Desk) Now() time.Time { return d.now().UTC().Truncate(time.Millisecond) }

// do adds an event to a case as it is now.
func (d *Desk) do(ctx context.Context, id ID, e func(c *Case, now time.Time) Event) (Case, error) {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return c, err
	}
	return d.add(ctx, c, e)
}

func (d *Desk) add(ctx context.Context, c Case, make func(c *Case, now time.Time) Event) (Case, error) {
	now := d.Now()
	e := make(&c, now)
	e.At = now
	after, err := d.store.Append(ctx, c, e)
	if err != nil {
		return c, err
	}
	e.Case, e.Number = after.ID, after.Number
	if d.recorder != nil {
		if err := d.recorder.Recorded(ctx, after, e); err != nil {
			return after, fmt.Errorf("case %d: the event is kept, but not in the ledger yet: %w", after.ID, err)
		}
	}
	d.changed([]Case{after})
	return after, nil
}

// Claim takes a case for a person.
func (d *Desk) Claim(ctx context.Context, id ID, by string) (Case, error) {
	return d.do(ctx, id, func(_ *Case, now time.Time) Event {
		return Event{Kind: ClaimTaken, By: by, Until: now.Add(ClaimFor)}
	})
}

// Grave reports whether a case is of the kind after which a reviewer should
// get another one.
func (c *Case) Grave() bool { return c.Harm >= 3 }

// Grave is that of the case.
func (b *Brief) Grave() bool { return b.Harm >= 3 }

func isRefusal(err error) bool { _, ok := refusal.In(err); return ok }

// Extend makes a claim last for ClaimFor from now.
func (d *Desk) Extend(ctx context.Context, id ID, by string) (Case, error) {
	return d.do(ctx, id, func(_ *Case, now time.Time) Event {
		return Event{Kind: ClaimExtended, By: by, Until: now.Add(ClaimFor)}
	})
}

// Release gives a case back to the queue.
func (d *Desk) Release(ctx context.Context, id ID, by string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: ClaimReleased, By: by} })
}

// Skip gives a case back and keeps it away from the person.
func (d *Desk) Skip(ctx context.Context, id ID, by, reason string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: SkippedOver, By: by, Reason: reason} })
}

// HandOver gives a claimed case to a colleague.
func (d *Desk) HandOver(ctx context.Context, id ID, by, to string) (Case, error) {
	return d.do(ctx, id, func(_ *Case, now time.Time) Event {
		return Event{Kind: HandedOver, By: by, To: to, Until: now.Add(ClaimFor)}
	})
}

// Decide makes a decision, or proposes it if a second person must agree.
func (d *Desk) Decide(ctx context.Context, id ID, by string, j Judgement) (Case, error) {
	c, err := d.do(ctx, id, func(c *Case, now time.Time) Event {
		j.By, j.At = by, now
		e := Event{Kind: DecisionMade, By: by, Judgement: &j}
		if j.Severe() && c.Purpose == "" {
			e.Kind = DecisionAsked
		}
		return e
	})
	if err != nil {
		return c, err
	}
	return d.reviewed(ctx, c)
}

// Second agrees to a severe decision, or declines it with a reason.
func (d *Desk) Second(ctx context.Context, id ID, by string, agrees bool, reason string) (Case, error) {
	c, err := d.do(ctx, id, func(*Case, time.Time) Event {
		if agrees {
			return Event{Kind: DecisionAgreed, By: by, Reason: reason}
		}
		return Event{Kind: DecisionDenied, By: by, Reason: reason}
	})
	if err != nil || !agrees {
		return c, err
	}
	return d.reviewed(ctx, c)
}

// Undo takes the decision in force back.
func (d *Desk) Undo(ctx context.Context, id ID, by, reason string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: Undone, By: by, Reason: reason} })
}

// Meet sees to what a child needs.
func (d *Desk) Meet(ctx context.Context, id ID, by, child string, need Need) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: NeedMet, By: by, Child: child, Need: need} })
}

// Note adds a note for colleagues.
func (d *Desk) Note(ctx context.Context, id ID, by, text string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: NoteAdded, By: by, Reason: text} })
}

// Hold places a legal hold.
func (d *Desk) Hold(ctx context.Context, id ID, by, reason string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: HoldPlaced, By: by, Reason: reason} })
}

// LiftHold is one person's word to lift a legal hold. The first asks, and gives
// the reason; with the word of a second it is lifted.
func (d *Desk) LiftHold(ctx context.Context, id ID, by, reason string) (Case, error) {
	return d.do(ctx, id, func(c *Case, _ time.Time) Event {
		if c.Held && c.Lifting == nil {
			return Event{Kind: HoldAsked, By: by, Reason: reason}
		}
		return Event{Kind: HoldLifted, By: by, Reason: reason}
	})
}

// Reported notes that a report was received by an authority.
func (d *Desk) Reported(ctx context.Context, id ID, by, to, reference string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: ReportSent, By: by, Report: to, Reference: reference} })
}

// Close closes a decided case.
func (d *Desk) Close(ctx context.Context, id ID, by string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event { return Event{Kind: CaseClosed, By: by} })
}

// Reveal returns the text kept with a case, for these messages, and notes who
// read it and why. The reason is asked once a case: "" is refused if the person
// gave none before.
func (d *Desk) Reveal(ctx context.Context, id ID, by, reason string, sequences []uint64) (map[uint64]string, error) {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.ClaimedBy(by, d.Now()) && c.State != Proposed && c.State != Appealed {
		return nil, refuse("not-claimed", "claim the case first: text is shown to whoever works on it")
	}
	if reason == "" {
		if reason, err = d.reasonGiven(ctx, id, by); err != nil {
			return nil, err
		}
	}
	if reason == "" {
		return nil, refuse("no-reason", "say why you need to read the text; you are asked once in each case")
	}
	lines, err := d.store.Lines(ctx, c.Evidence())
	if err != nil {
		return nil, err
	}
	wanted := map[uint64]bool{}
	for _, s := range sequences {
		wanted[s] = true
	}
	out := map[uint64]string{}
	for _, l := range lines {
		if !wanted[l.Sequence] {
			continue
		}
		plain, err := d.vault.Open(l.Sequence, l.Key, l.Sealed)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		out[l.Sequence] = string(plain)
	}
	if len(out) == 0 {
		return out, nil
	}
	if _, err := d.add(ctx, c, func(*Case, time.Time) Event {
		return Event{Kind: TextRevealed, By: by, Reason: reason, Count: len(out), Lines: slices.Sorted(maps.Keys(out))}
	}); err != nil {
		return nil, err
	}
	return out, nil
}

// reasonGiven is the reason that a person gave for reading a case's text.
func (d *Desk) reasonGiven(ctx context.Context, id ID, by string) (string, error) {
	events, err := d.store.Events(ctx, id)
	if err != nil {
		return "", err
	}
	for i := range events {
		if events[i].Kind == TextRevealed && events[i].By == by {
			return events[i].Reason, nil
		}
	}
	return "", nil
}

// Held are the sequence numbers of the messages whose text a case holds.
func (d *Desk) Held(ctx context.Context, c *Case) (map[uint64]bool, error) {
	lines, err := d.store.Lines(ctx, c.Evidence())
	if err != nil {
		return nil, err
	}
	held := map[uint64]bool{}
	for _, l := range lines {
		held[l.Sequence] = true
	}
	return held, nil
}

// NewAppealID makes the id of an appeal.
func NewAppealID() string { return "a-" + rand.Text() }
