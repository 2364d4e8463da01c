package casework

import (
	"context"
	"time"
)

// Budget is how much a person should look at in a day before pausing. It never
// locks anybody out: it prompts.
type Budget struct {
	Revealed int // lines of text
	Cases    int
	Severe   int // grave cases
}

// DefaultBudget is our own proposal, to be set by whoever is responsible for
// the reviewers' wellbeing; it is not a figure from research.
func DefaultBudget() Budget { return Budget{Revealed: 200, Cases: 40, Severe: 8} }

// Care is how a person's day stands against the budget.
type Care struct {
	Exposure
	Budget Budget
	Used   int  // per cent of the budget, of the part used most
	Pause  bool // it is time to
}

// Day is the day to which a moment counts.
func Day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// ExposureOf is what an event shows to the person who brings it.
func ExposureOf(after *Case, e *Event) Exposure {
	switch e.Kind {
	case ClaimTaken:
		if after.Grave() {
			return Exposure{Cases: 1, Severe: 1}
		}
		return Exposure{Cases: 1}
	case TextRevealed:
		return Exposure{Revealed: e.Count}
	}
	return Exposure{}
}

// Care is how a person's day stands.
func (d *Desk) Care(ctx context.Context, person string) (Care, error) {
	x, err := d.store.Exposure(ctx, person, Day(d.now()))
	if err != nil {
		return Care{}, err
	}
	c := Care{Exposure: x, Budget: d.budget}
	for _, part := range [][2]int{{x.Revealed, d.budget.Revealed}, {x.Cases, d.budget.Cases}, {x.Severe, d.budget.Severe}} {
		if part[1] > 0 {
			c.Used = max(c.Used, 100*part[0]/part[1])
		}
	}
	c.Pause = c.Used >= 100
	return c, nil
}

// rotates reports whether a person's last case was a grave one, so that the
// next should be lighter: after every second grave case of a day.
func (d *Desk) rotates(ctx context.Context, person string) (bool, error) {
	x, err := d.store.Exposure(ctx, person, Day(d.now()))
	return x.Severe > 0 && x.Severe >= x.Cases-x.Severe, err
}
