// Package league puts services in order by a share that their returns state, where
// those shares can be compared at all: of the same metric, definition, period and
// form, and of enough cases. It is pure.
//
// A place is as uncertain as the shares: beside the order stands which places a
// service may have, given everybody's interval.
package league

import (
	"cmp"
	"fmt"
	"slices"

	"rowan/metric"
	"rowan/oversight/returns"
)

// Least is how many cases a share must be of. With so many its interval of 95 per
// cent is never wider than 20 percentage points.
const Least = 100

// Definition is what must be the same for shares to be compared.
type Definition struct {
	Metric     string         `json:"metric"`
	Item       string         `json:"item,omitempty"` // of the metric: a measure
	Definition int            `json:"definition"`     // version of the metric's
	Template   string         `json:"template"`
	Version    string         `json:"template_version"`
	Period     returns.Period `json:"period"`
}

// Entry is what a service's newest return states.
type Entry struct {
	Service   string
	Name      string
	Simulated bool
	Definition
	Value *returns.Value // nil: it says that it holds none
	State returns.State  // of the figure's check
	// Missing is that there is no return; then nothing above but the service counts.
	Missing bool
	// Contradicted is that something else was seen than the return says.
	Contradicted bool
}

// Row is a service with its place.
type Row struct {
	Service      string          `json:"service"`
	Name         string          `json:"name"`
	N            int64           `json:"n"`
	Of           int64           `json:"of"`
	Share        float64         `json:"share"`
	Interval     metric.Interval `json:"interval"` // 95 per cent, Wilson
	Place        int             `json:"place"`    // by the share; equal shares, equal places
	Best         int             `json:"best"`     // place, given the intervals
	Worst        int             `json:"worst"`
	State        returns.State   `json:"state"`
	Contradicted bool            `json:"contradicted"`
}

// Left is a service that is left out.
type Left struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Why     string `json:"why"`
}

// Table is a league.
type Table struct {
	Definition
	Simulated bool   `json:"simulated"` // all services in it are made up
	Rows      []Row  `json:"rows"`      // the greatest share first; none, if fewer than two can be compared
	Left      []Left `json:"left_out"`  // by name
	// Apart is whether any two services can be told from each other.
	Apart bool `json:"apart"`
}

// Of makes the league of a definition. Of entries that are of a real service and
// such that are made up, only the real ones count.
func Of(d Definition, entries []Entry) Table {
	t := Table{Definition: d, Rows: []Row{}, Left: []Left{}}
	t.Simulated = len(entries) > 0 && !slices.ContainsFunc(entries, func(e Entry) bool { return !e.Simulated })
	for i := range entries {
		e := &entries[i]
		if why := t.unlike(e); why != "" {
			t.Left = append(t.Left, Left{e.Service, e.Name, why})
			continue
		}
		r := Row{Service: e.Service, Name: e.Name, N: e.Value.N, Of: *e.Value.Of, State: e.State, Contradicted: e.Contradicted}
		r.Share, r.Interval = float64(r.N)/float64(r.Of), metric.Wilson(int(r.N), int(r.Of))
		// Rounding may put the end of an interval a hair beside a share of all or none.
		r.Interval.Low, r.Interval.High = min(r.Interval.Low, r.Share), max(r.Interval.High, r.Share)
		t.Rows = append(t.Rows, r)
	}
	if len(t.Rows) == 1 {
		r := t.Rows[0]
		t.Rows, t.Left = []Row{}, append(t.Left, Left{r.Service, r.Name, "no other service can be compared with it"})
	}
	slices.SortFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Service, b.Service))
	})
	slices.SortFunc(t.Left, func(a, b Left) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Service, b.Service)) })
	t.place()
	return t
}

// unlike says why an entry cannot be compared, "" if it can.
func (t *Table) unlike(e *Entry) string {
	switch {
	case e.Simulated && !t.Simulated:
		return "it is made up, and others are not"
	case e.Missing:
		return "it owes a return for the period, and none that states this is here"
	case e.Metric != t.Metric || e.Item != t.Item:
		return "its return says nothing of this"
	case e.Template != t.Template || e.Version != t.Version:
		return fmt.Sprintf("its return answers another form: %s version %s", e.Template, e.Version)
	case e.Period != t.Period:
		return fmt.Sprintf("its return is for another period: %s", e.Period)
	case e.Definition.Definition != t.Definition.Definition:
		return fmt.Sprintf("its figure follows definition %d, not %d", e.Definition.Definition, t.Definition.Definition)
	case e.State == returns.Broken:
		return "its ledger gives something else"
	case e.Value == nil:
		return "it says that it holds no value"
	case e.Value.Of == nil || e.Value.N < 0 || e.Value.N > *e.Value.Of:
		return "its figure is no share"
	case *e.Value.Of < Least:
		return fmt.Sprintf("its share is of %d cases; fewer than %d say too little", *e.Value.Of, Least)
	}
	return ""
}

// place gives places to rows that are in order. A service is surely behind those
// whose interval begins above the end of its own, and surely before those whose
// interval ends below its beginning.
func (t *Table) place() {
	lows, highs := make([]float64, len(t.Rows)), make([]float64, len(t.Rows))
	for i := range t.Rows {
		lows[i], highs[i] = t.Rows[i].Interval.Low, t.Rows[i].Interval.High
	}
	slices.Sort(lows)
	slices.Sort(highs)
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Place = i + 1; i > 0 && t.Rows[i-1].Share == r.Share {
			r.Place = t.Rows[i-1].Place
		}
		above, _ := slices.BinarySearchFunc(lows, r.Interval.High, func(low, high float64) int {
			if low > high {
				return 1
			}
			return -1
		})
		below, _ := slices.BinarySearch(highs, r.Interval.Low)
		r.Best, r.Worst = 1+len(lows)-above, len(t.Rows)-below
		t.Apart = t.Apart || r.Best > 1 || r.Worst < len(t.Rows)
	}
}
