package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"time"

	"rowan/oversight/returns"
)

// Crime is recorded crime in which a service is named, from a statistics
// release. It always goes with its coverage and caveats.
type Crime struct {
	Service  string    `json:"service"`
	Figure   string    `json:"figure"` // its id in the release
	Release  string    `json:"release"`
	Of       string    `json:"of"`   // the force or area
	From     time.Time `json:"from"` // first day
	To       time.Time `json:"to"`   // last day
	Low      int64     `json:"low"`  // at least
	Text     string    `json:"text"` // as the release prints it
	Unit     string    `json:"unit"` // instances, offences
	Coverage string    `json:"coverage"`
	Caveats  []string  `json:"caveats"`
	Made     bool      `json:"constructed,omitempty"` // made up for an example
}

// release is what is read of a release's figures.json; the rest is passed over.
type release struct {
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Published string    `json:"published"`
	Threshold int64     `json:"threshold"`
	Figures   []figure  `json:"figures"`
	Silent    []silence `json:"silent"`
}

type silence struct {
	Of     string `json:"of"`
	Period span   `json:"period"`
}

type span struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type figure struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Period span     `json:"period"`
	Low    *big.Rat `json:"low"`
	Unit   string   `json:"unit"`
	Text   string   `json:"text"`
	Group  string   `json:"group"`
	Dims   struct {
		Age     string `json:"age"`
		Gender  string `json:"gender"`
		Method  string `json:"method"`
		Outcome string `json:"outcome"`
	} `json:"dims"`
	Coverage *struct {
		Text string `json:"text"`
	} `json:"coverage"`
	Caveats []struct {
		Text string `json:"text"`
	} `json:"caveats"`
	Constructed bool `json:"constructed"`
}

// MostBytes is the length above which a release is refused.
const MostBytes = 64 << 20

// ReadRelease reads the counts of recorded crime that name a service out of a
// release's figures.json. services gives a service's id in the register by what
// the release calls it: a means of communication or a group of services.
func ReadRelease(r io.Reader, services map[string]string) ([]Crime, error) {
	src, err := io.ReadAll(io.LimitReader(r, MostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if len(src) > MostBytes {
		return nil, fmt.Errorf("release: more than %d bytes", MostBytes)
	}
	var in release
	if err := json.Unmarshal(src, &in); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if in.Version != 1 || in.Title == "" {
		return nil, fmt.Errorf("release: these are no figures of a release, or of version %d; version 1 is read", in.Version)
	}
	out := []Crime{}
	for i := range in.Figures {
		f := &in.Figures[i]
		d := f.Dims
		name := d.Method
		if f.Group != "" {
			name = f.Group
		}
		service, ok := services[name]
		if !ok || f.Kind != "count" || d.Age+d.Gender+d.Outcome != "" || f.Low == nil {
			continue
		}
		c, err := f.crime(&in, service)
		if err != nil {
			return nil, fmt.Errorf("release: figure %q: %w", f.ID, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func (f *figure) crime(in *release, service string) (c Crime, err error) {
	c = Crime{
		Service: service, Figure: f.ID, Release: in.Title + ", " + in.Published, Of: f.Name, Text: f.Text, Unit: f.Unit, Made: f.Constructed,
	}
	if !f.Low.IsInt() || f.Low.Sign() < 0 || !f.Low.Num().IsInt64() {
		return c, fmt.Errorf("%s is no count", f.Low)
	}
	c.Low = f.Low.Num().Int64()
	if c.From, err = time.Parse(time.DateOnly, f.Period.Start); err != nil {
		return c, err
	}
	if c.To, err = time.Parse(time.DateOnly, f.Period.End); err != nil {
		return c, err
	}
	for _, caveat := range f.Caveats {
		c.Caveats = append(c.Caveats, caveat.Text)
	}
	silent := 0
	for _, s := range in.Silent {
		if s.Period == f.Period {
			silent++
		}
	}
	switch {
	case f.Coverage != nil && f.Coverage.Text != "":
		c.Coverage = f.Coverage.Text
	case silent > 0:
		c.Coverage = fmt.Sprintf("The means of communication is not always recorded; %d forces gave no figure for this period.", silent)
	default:
		c.Coverage = "The means of communication is not always recorded, so there may be more."
	}
	return c, nil
}

// overlaps reports whether crime was recorded over days of a period.
func (c *Crime) overlaps(p returns.Period) bool {
	return c.From.Before(p.To()) && !c.To.Before(p.From())
}

// within reports whether a period lies in the days over which it was recorded.
func (c *Crime) within(p returns.Period) bool {
	return !p.From().Before(c.From) && !p.Last().After(c.To)
}

// crime puts recorded crime beside the rows, and into those that it contradicts:
// offences were recorded in which the service is named, and returns for one
// template that cover all the same days say that nothing was reported to an
// authority.
func (v *View) crime() {
	for _, c := range v.Crimes {
		templates := map[string]*covered{}
		for i := range v.Rows {
			r := &v.Rows[i]
			if c.overlaps(r.Period) {
				r.Crimes = append(r.Crimes, c)
			}
			n, said := r.totals[reports]
			if !c.within(r.Period) || r.Received == nil || !said {
				continue
			}
			if templates[r.Template] == nil {
				templates[r.Template] = &covered{}
			}
			templates[r.Template].add(r, n)
		}
		for _, name := range slices.Sorted(maps.Keys(templates)) {
			if t := templates[name]; c.Low > 0 && t.reports == 0 && t.months >= c.months() {
				t.last.Against = append(t.last.Against, c.against())
			}
		}
	}
}

// covered is what returns say about the days of recorded crime.
type covered struct {
	months  int
	reports int64
	last    *Row
}

func (c *covered) add(r *Row, reports int64) {
	c.months += r.Period.Months()
	c.reports += reports
	if c.last == nil || r.Period.From().After(c.last.Period.From()) {
		c.last = r
	}
}

// months is how many whole months it was recorded over.
func (c *Crime) months() int {
	after := c.To.AddDate(0, 0, 1)
	return (after.Year()-c.From.Year())*12 + int(after.Month()) - int(c.From.Month())
}

func (c *Crime) against() Contradiction {
	caveats := append([]string{
		c.Coverage, "Recorded crime names what the police wrote down. It says when an offence was recorded, not when it happened, and not that the service knew of it.",
	}, c.Caveats...)
	return Contradiction{
		Kind: RecordedCrime, Metric: reports, Said: "no report to an authority",
		Seen:   fmt.Sprintf("%s %s recorded by %s from %s to %s in which the service is named", c.Text, c.Unit, c.Of, c.From.Format(time.DateOnly), c.To.Format(time.DateOnly)),
		Source: c.Release, Caveats: caveats,
	}
}
