// Package conformance holds what services say in their returns against what they
// owe and against what is known otherwise: which returns are missing or late,
// how far each measure is met over time, and where recorded crime, users' reports
// or a test account contradict what was said. It is pure.
//
// A contradiction is a question to the service, and proves nothing by itself.
package conformance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rowan/oversight/returns"
	"rowan/terminal"
)

// Evidence is what is known of one service.
type Evidence struct {
	Service  string
	Expected []returns.Expected
	// Received are all versions; Returns the documents of the newest, by digest.
	Received     []returns.Received
	Returns      map[returns.Digest]*returns.Return
	Observations []Observation
	Crimes       []Crime
}

// Kind is how something was seen.
type Kind string

// The kinds of what contradicts a return.
const (
	UserReports   Kind = "user_reports"
	TestAccount   Kind = "test_account"
	RecordedCrime Kind = "recorded_crime"
)

// Observation is something that the regulator learnt about a measure otherwise
// than by a return.
type Observation struct {
	ID      int64     `json:"id"` // given by the store
	Service string    `json:"service"`
	Kind    Kind      `json:"kind"`    // UserReports or TestAccount
	Measure string    `json:"measure"` // as returns name it: "gb.icu-f1-e"
	At      time.Time `json:"at"`
	// Count is how many users reported, or how many probes were made; Failed how
	// many of the probes found the measure not met.
	Count  int64  `json:"count"`
	Failed int64  `json:"failed,omitempty"`
	Source string `json:"source"`
	Note   string `json:"note,omitempty"`
}

// Observations keep what was seen. An implementation must pass
// storetest.Observations.
type Observations interface {
	// Observe keeps an observation and gives it an id.
	Observe(ctx context.Context, o Observation) (Observation, error)
	// Observed are those of a service, in order; of all with "".
	Observed(ctx context.Context, service string) ([]Observation, error)
}

// State is how an owed return stands.
type State string

// The states.
const (
	NotDue  State = "not_due" // the period is over, the return not due yet
	Missing State = "missing" // it is due and did not come
	Late    State = "late"    // it came after it was due
	OnTime  State = "on_time"
)

// Row is what was owed for a period.
type Row struct {
	Template string                 `json:"template"`
	Period   returns.Period         `json:"period"`
	Due      time.Time              `json:"due"`
	State    State                  `json:"state"`
	Days     int                    `json:"days,omitempty"` // late by, so far or in the end
	Received *returns.Received      `json:"-"`              // the newest version
	First    time.Time              `json:"received,omitzero"`
	Versions int                    `json:"versions"`
	Against  []Contradiction        `json:"contradictions"`
	Crimes   []Crime                `json:"recorded_crime"` // of spans that the period lies in or overlaps
	Measures map[string]MeasureCell `json:"measures"`

	totals map[string]int64 // of the metrics that recorded crime is held against
}

// MeasureCell is what a return says of a measure.
type MeasureCell struct {
	Value  *returns.Value `json:"value"` // null: not held
	Why    string         `json:"why,omitempty"`
	Change string         `json:"change,omitempty"` // since the return before: better, worse, same
}

// Full reports whether the measure is said to be met for every account.
func (c *MeasureCell) Full() bool {
	return c.Value != nil && c.Value.Of != nil && *c.Value.Of > 0 && c.Value.N == *c.Value.Of
}

// Contradiction is what a return says and something else does not bear out.
type Contradiction struct {
	Kind    Kind   `json:"kind"`
	Measure string `json:"measure,omitempty"`
	Metric  string `json:"metric,omitempty"`
	Said    string `json:"said"`
	Seen    string `json:"seen"`
	Source  string `json:"source"`
	// Caveats must stand with it wherever it is shown.
	Caveats []string `json:"caveats"`
}

// View is one service's conformance over time, the newest period first.
type View struct {
	Service  string   `json:"service"`
	Rows     []Row    `json:"rows"`
	Measures []string `json:"measures"` // that any return names
	Missing  int      `json:"missing"`
	Late     int      `json:"late"`
	Against  int      `json:"contradicted"` // rows
	// Aside are observations and recorded crime of times for which there is no
	// return.
	Aside  []Observation `json:"observations_without_return"`
	Crimes []Crime       `json:"recorded_crime"`
}

// The metrics that the view reads.
const (
	measuresMet = "measures.met"
	reports     = "reports"
)

// Of is how a service stands at a moment.
func Of(e *Evidence, now time.Time) *View {
	v := &View{Service: e.Service, Rows: []Row{}, Measures: []string{}, Aside: []Observation{}, Crimes: []Crime{}}
	named := map[string]bool{}
	for i := range e.Expected {
		x := &e.Expected[i]
		if x.Service != e.Service {
			continue
		}
		var before *Row
		for _, p := range x.Periods(now) {
			row := e.row(x, p, now)
			row.changes(before)
			if row.Received != nil {
				before = &row
			}
			for m := range row.Measures {
				named[m] = true
			}
			v.Rows = append(v.Rows, row)
		}
	}
	for _, c := range e.Crimes {
		if c.Service == e.Service {
			v.Crimes = append(v.Crimes, c)
		}
	}
	v.crime()
	v.observed(e)
	v.Measures = slices.Sorted(maps.Keys(named))
	slices.SortStableFunc(v.Rows, func(a, b Row) int {
		return cmp.Or(b.Period.From().Compare(a.Period.From()), cmp.Compare(a.Template, b.Template))
	})
	for i := range v.Rows {
		r := &v.Rows[i]
		switch r.State {
		case Missing:
			v.Missing++
		case Late:
			v.Late++
		}
		if len(r.Against) > 0 {
			v.Against++
		}
	}
	return v
}

// row is what was owed for a period and what came.
func (e *Evidence) row(x *returns.Expected, p returns.Period, now time.Time) Row {
	r := Row{
		Template: x.Template.ID, Period: p, Due: x.Due(p), State: NotDue,
		Against: []Contradiction{}, Crimes: []Crime{}, Measures: map[string]MeasureCell{},
	}
	for i := range e.Received {
		got := &e.Received[i]
		if got.Service != e.Service || got.Template != r.Template || got.Period != p {
			continue
		}
		r.Versions++
		if got.Version == 1 {
			r.First = got.At
		}
		if r.Received == nil || got.Version > r.Received.Version {
			r.Received = got
		}
	}
	switch {
	case r.Received == nil && !now.Before(r.Due):
		r.State, r.Days = Missing, days(now.Sub(r.Due))
	case r.Received == nil:
	case !r.First.Before(r.Due):
		r.State, r.Days = Late, days(r.First.Sub(r.Due))
	default:
		r.State = OnTime
	}
	if r.Received == nil {
		return r
	}
	if doc := e.Returns[r.Received.Digest]; doc != nil {
		for i := range doc.Figures {
			if f := &doc.Figures[i]; f.Metric == measuresMet && f.Period == p && f.Cohort.Item != "" {
				r.Measures[f.Cohort.Item] = MeasureCell{Value: f.Value, Why: f.Why}
			}
		}
		r.said(doc)
	}
	return r
}

// days are begun days.
func days(d time.Duration) int { return int(d/(24*time.Hour)) + 1 }

// said keeps what recorded crime is held against.
func (r *Row) said(doc *returns.Return) {
	for i := range doc.Figures {
		f := &doc.Figures[i]
		if f.Metric == reports && f.Period == r.Period && f.Cohort == (returns.Cohort{}) && f.Value != nil {
			if r.totals == nil {
				r.totals = map[string]int64{}
			}
			r.totals[f.Metric] = f.Value.N
		}
	}
}

// changes says of each measure whether it is met for a greater share than in the
// return before.
func (r *Row) changes(before *Row) {
	if before == nil {
		return
	}
	for id, now := range r.Measures {
		was, ok := before.Measures[id]
		if !ok || now.Value == nil || was.Value == nil || now.Value.Of == nil || was.Value.Of == nil || *now.Value.Of == 0 || *was.Value.Of == 0 {
			continue
		}
		// As fractions, so that no rounding makes a change.
		switch a, b := float64(now.Value.N)/float64(*now.Value.Of), float64(was.Value.N)/float64(*was.Value.Of); {
		case a > b:
			now.Change = "better"
		case a < b:
			now.Change = "worse"
		default:
			now.Change = "same"
		}
		r.Measures[id] = now
	}
}

// observed holds users' reports and test accounts against the returns of their
// time.
func (v *View) observed(e *Evidence) {
	for _, o := range e.Observations {
		if o.Service != e.Service {
			continue
		}
		found := false
		for i := range v.Rows {
			r := &v.Rows[i]
			if r.Received == nil || !r.Period.Holds(o.At) {
				continue
			}
			cell, ok := r.Measures[o.Measure]
			if !ok {
				continue
			}
			found = true
			if c, ok := o.against(&cell); ok {
				r.Against = append(r.Against, c)
			}
		}
		if !found {
			v.Aside = append(v.Aside, o)
		}
	}
}

// Contradicts reports whether an observation of a return's time contradicts what it
// says of the measure.
func (o *Observation) Contradicts(said *returns.Value) bool {
	_, ok := o.against(&MeasureCell{Value: said})
	return ok
}

// against is what an observation contradicts: a measure that is said to be met
// for every account.
func (o *Observation) against(cell *MeasureCell) (Contradiction, bool) {
	if !cell.Full() {
		return Contradiction{}, false
	}
	c := Contradiction{Kind: o.Kind, Measure: o.Measure, Said: "met for all of " + terminal.Grouped(*cell.Value.Of) + " accounts checked", Source: o.Source}
	switch {
	case o.Kind == TestAccount && o.Failed > 0:
		c.Seen = fmt.Sprintf("%d of %d probes with a test account found it not met", o.Failed, o.Count)
		c.Caveats = []string{"A test account is one account on one day; the service may have been mended since, or the probe mistaken."}
	case o.Kind == UserReports && o.Count > 0:
		c.Seen = fmt.Sprintf("%d users reported that it is not met", o.Count)
		c.Caveats = []string{"Users' reports are not checked, and who reports is no fair sample of users."}
	default:
		return c, false
	}
	return c, true
}
