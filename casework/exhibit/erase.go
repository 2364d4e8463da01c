package exhibit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rowan/casework"
	"rowan/guard/journal"
	"rowan/ledger"
)

// Eraser breaks the link between the ledger and people for ever, by erasing
// salts. The log stays as it is, and verifies as before.
type Eraser struct {
	Archive *journal.Archive
	Salts   ledger.Salts
	Ledger  ledger.Appender
	Cases   Files  // nil: there are no cases; then the rest may be nil, too
	Clerk   *Clerk // who keeps salts of cases' text
	// Keeps reports whether the law or a person wants a case's evidence kept.
	Keeps func(ctx context.Context, id casework.ID) (bool, error)
}

// Erasure is whose links are to be broken.
type Erasure struct {
	Accounts []string
	Cases    []casework.ID // in which the accounts stand
	Reports  []string      // references of reports in those cases
}

// KeptError is returned for accounts whose evidence must stay.
type KeptError struct {
	Open []casework.ID // cases that are not closed
	Held []casework.ID // cases whose evidence the law or a person wants kept
}

func (e *KeptError) Error() string {
	var parts []string
	if len(e.Open) > 0 {
		parts = append(parts, "not closed yet: "+numbers(e.Open))
	}
	if len(e.Held) > 0 {
		parts = append(parts, "on hold: "+numbers(e.Held))
	}
	return "nothing was erased, because cases of these accounts need their evidence (" + strings.Join(parts, "; ") + ")"
}

func numbers(ids []casework.ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = fmt.Sprint(id)
	}
	return strings.Join(words, ", ")
}

// Plan says what erasing accounts, and everybody in the cases given, comes to.
// It returns a *KeptError if the evidence of one of them must stay.
func (x *Eraser) Plan(ctx context.Context, accounts []string, cases []casework.ID) (*Erasure, error) {
	wanted := map[string]bool{}
	for _, id := range accounts {
		wanted[id] = true
	}
	if x.Cases == nil {
		if len(cases) > 0 {
			return nil, fmt.Errorf("case %d: %w", cases[0], casework.ErrNotFound)
		}
		return &Erasure{Accounts: slices.Sorted(maps.Keys(wanted))}, nil
	}
	for _, id := range cases {
		c, err := x.Cases.Case(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		for _, account := range accountsOf(&c) {
			wanted[account] = true
		}
	}
	plan := &Erasure{Accounts: slices.Sorted(maps.Keys(wanted))}
	kept := &KeptError{}
	for id := casework.ID(1); ; id++ {
		c, err := x.Cases.Case(ctx, id)
		if errors.Is(err, casework.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		if !slices.ContainsFunc(accountsOf(&c), func(account string) bool { return wanted[account] }) {
			continue
		}
		plan.Cases = append(plan.Cases, id)
		keeps, err := x.Keeps(ctx, id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("case %d: is it kept? %w", id, err)
		case c.Held || keeps:
			kept.Held = append(kept.Held, id)
		case c.State != casework.Closed:
			kept.Open = append(kept.Open, id)
		}
		events, err := x.Cases.Events(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		for i := range events {
			if r := events[i].Reference; r != "" && !slices.Contains(plan.Reports, r) {
				plan.Reports = append(plan.Reports, r)
			}
		}
	}
	if len(kept.Open)+len(kept.Held) > 0 {
		return nil, kept
	}
	return plan, nil
}

func accountsOf(c *casework.Case) []string {
	out := []string{c.Actor}
	for i := range c.Children {
		out = append(out, c.Children[i].Account)
	}
	return out
}

// Erased is what was erased.
type Erased struct {
	Accounts  int   `json:"accounts"`
	Decisions int64 `json:"decisions"` // whose records can no longer be tied to the accounts
	Texts     int64 `json:"texts"`     // messages of theirs that a record can no longer be shown to speak of
	Cases     int   `json:"cases"`     // whose records can no longer be tied to them
	CaseTexts int64 `json:"case_texts"`
	Reports   int   `json:"reports"` // references that stood in those records
}

// Erase erases what a plan says. It may be called again after an error; what was
// erased before is then not counted again.
func (x *Eraser) Erase(ctx context.Context, plan *Erasure) (*Erased, error) {
	out := &Erased{Accounts: len(plan.Accounts), Cases: len(plan.Cases), Reports: len(plan.Reports)}
	if len(plan.Cases) > 0 {
		// What is recorded of them later would have new salts.
		if err := x.Clerk.Sweep(ctx); err != nil {
			return nil, err
		}
		n, err := x.Clerk.dropSalts(ctx, plan.Cases)
		if err != nil {
			return nil, err
		}
		out.CaseTexts = n
	}
	for _, r := range plan.Reports {
		if err := x.Salts.Erase(ctx, "report/"+r); err != nil {
			return nil, err
		}
	}
	f, err := x.Archive.Forget(ctx, x.Salts, x.Ledger, plan.Accounts...)
	if err != nil {
		return nil, err
	}
	out.Decisions, out.Texts = f.Decisions, f.Texts
	return out, nil
}
