package returns

import (
	"errors"
	"fmt"
	"slices"

	"rowan/ledger"
)

// Query is how a value is got from the records of a span of the ledger. Anybody
// who has them gets the same.
type Query struct {
	Over Over `json:"over" yaml:"over"`
	// Kind and What select leaves: the kind, and any of the words.
	Kind ledger.Kind `json:"kind,omitempty" yaml:"kind,omitempty"`
	What []string    `json:"what,omitempty" yaml:"what,omitempty"`
	// Facts must each be there, with any of the values; none: any at all.
	Facts map[string][]string `json:"facts,omitempty" yaml:"facts,omitempty"`
	// Without are facts that must not be there.
	Without []string `json:"without,omitempty" yaml:"without,omitempty"`
	// Once is a fact that numbers the leaves about a thing. Those of the same number
	// count once: after a crash something may be recorded twice.
	Once string `json:"once,omitempty" yaml:"once,omitempty"`
	// Of is what comes before the first slash of what a leaf is about: "case".
	Of string `json:"of,omitempty" yaml:"of,omitempty"`

	// Types, Actions, Levels, Accounts and Case select decisions, each any of
	// the words; Accounts are actions on the actor's account.
	Types    []string `json:"types,omitempty" yaml:"types,omitempty"`
	Actions  []string `json:"actions,omitempty" yaml:"actions,omitempty"`
	Levels   []string `json:"levels,omitempty" yaml:"levels,omitempty"`
	Accounts []string `json:"accounts,omitempty" yaml:"accounts,omitempty"`
	Case     bool     `json:"case,omitempty" yaml:"case,omitempty"`

	Take Take `json:"take" yaml:"take"`
	// Fact is the one that Sum adds up, or that Median is of.
	Fact string `json:"fact,omitempty" yaml:"fact,omitempty"`
	// Among are the facts of those that a Share is of, beside Kind and What.
	Among map[string][]string `json:"among,omitempty" yaml:"among,omitempty"`
	// Since selects the earlier leaf about the same thing from which a Median
	// counts: the first of these words after the one that was counted before.
	Since []string `json:"since,omitempty" yaml:"since,omitempty"`
	// By splits by a fact of leaves, which may name several with commas, or by a
	// word of decisions (type, action, level); the part is the cohort's item.
	By string `json:"by,omitempty" yaml:"by,omitempty"`
}

// Over is which records a query reads.
type Over string

// What a query reads.
const (
	Leaves    Over = "leaves"
	Commits   Over = "commits"   // how many decisions: each commit's leaf says so
	Decisions Over = "decisions" // their records, which lie under commits' roots
)

// Take is what a query makes of the records it selects.
type Take string

// What is made of records.
const (
	Count    Take = "count"
	Distinct Take = "distinct" // things that the leaves are about
	Sum      Take = "sum"      // of a fact that is a whole number
	Share    Take = "share"    // of those among which they are
	// Median is of a fact that is a whole number, or of the milliseconds since an
	// earlier leaf: the mean of the middle two, rounded down.
	Median Take = "median"
)

// Check reports what is wrong with a query.
func (q *Query) Check() error {
	leaves := q.Kind != "" || len(q.What) > 0 || len(q.Facts) > 0 || len(q.Without) > 0 || q.Once != "" || q.Of != "" || q.Fact != "" || len(q.Among) > 0 || len(q.Since) > 0
	decisions := len(q.Types)+len(q.Actions)+len(q.Levels)+len(q.Accounts) > 0 || q.Case
	switch {
	case !slices.Contains([]Over{Leaves, Commits, Decisions}, q.Over):
		return fmt.Errorf("a query is over leaves, commits or decisions, not %q", q.Over)
	case !slices.Contains([]Take{Count, Distinct, Sum, Share, Median}, q.Take):
		return fmt.Errorf("a query takes a count, distinct, sum, share or median, not %q", q.Take)
	case q.Over != Leaves && (leaves || q.Take != Count):
		return fmt.Errorf("a query over %s is a count, by their own words", q.Over)
	case q.Over != Decisions && decisions:
		return errors.New("types, actions, levels, accounts and case select decisions only")
	case q.Over == Leaves && !slices.Contains(ledger.Kinds(), q.Kind):
		return fmt.Errorf("there are no leaves of the kind %q", q.Kind)
	case q.Over == Commits && q.By != "":
		return errors.New("commits cannot be split")
	case q.Over == Decisions && q.By != "" && !slices.Contains([]string{"type", "action", "level"}, q.By):
		return fmt.Errorf("decisions are split by type, action or level, not by %q", q.By)
	case q.Take == Median && (q.Fact != "") == (len(q.Since) > 0):
		return errors.New("a median is of a fact, or since an earlier leaf")
	case q.Take != Median && len(q.Since) > 0:
		return errors.New("only a median is since an earlier leaf")
	case q.Take != Median && (q.Take == Sum) != (q.Fact != ""):
		return errors.New("a sum or a median, and nothing else, names a fact")
	case q.Take != Share && len(q.Among) > 0:
		return errors.New("only a share is among others")
	}
	return nil
}
