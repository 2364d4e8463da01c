package release

import (
	"cmp"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
)

// Source is everything that a release is written from.
type Source struct {
	Plan      *Plan
	Reference *reference.Reference
	Set       *figures.Set
	Files     []returns.File
	Questions []returns.Question
	Alarms    []returns.Alarm
}

// view finds figures by what they are of.
type view struct {
	*Source
	byOf    map[string][]*figures.Figure
	blocked map[string][]*figures.Blocked
	hidden  map[string][]figures.Hidden
	silent  map[string][]figures.Silent
	claims  map[string][]returns.Claim
	kinds   [][]period.Period // periods by kind, in the plan's order of kinds
}

func newView(s *Source) *view {
	v := &view{Source: s, byOf: map[string][]*figures.Figure{}, blocked: map[string][]*figures.Blocked{}, hidden: map[string][]figures.Hidden{}, silent: map[string][]figures.Silent{}, claims: map[string][]returns.Claim{}}
	for i := range s.Set.Figures {
		f := &s.Set.Figures[i]
		v.byOf[f.Of] = append(v.byOf[f.Of], f)
	}
	for i := range s.Set.Blocked {
		b := &s.Set.Blocked[i]
		v.blocked[b.Of] = append(v.blocked[b.Of], b)
	}
	for _, h := range s.Set.Hidden {
		v.hidden[h.Of] = append(v.hidden[h.Of], h)
	}
	for _, x := range s.Set.Silent {
		v.silent[x.Of] = append(v.silent[x.Of], x)
	}
	for _, c := range s.Set.Claims {
		v.claims[c.Of] = append(v.claims[c.Of], c)
	}
	at := map[period.Kind]int{}
	for _, p := range s.Plan.Periods {
		i, ok := at[p.Kind()]
		if !ok {
			i = len(v.kinds)
			at[p.Kind()] = i
			v.kinds = append(v.kinds, nil)
		}
		v.kinds[i] = append(v.kinds[i], p)
	}
	for _, k := range v.kinds {
		slices.SortFunc(k, func(a, b period.Period) int { return cmp.Compare(a.Start.String(), b.Start.String()) })
	}
	return v
}

// find is the first figure of a place that is asked for.
func (v *view) find(of string, is func(*figures.Figure) bool) *figures.Figure {
	i := slices.IndexFunc(v.byOf[of], is)
	if i < 0 {
		return nil
	}
	return v.byOf[of][i]
}

// count is the number of offences of a force or area in a period.
func (v *view) count(of string, p period.Period) *figures.Figure {
	return v.number(of, p, returns.Offences, returns.Dims{})
}

func (v *view) number(of string, p period.Period, m returns.Measure, d returns.Dims) *figures.Figure {
	return v.find(of, func(f *figures.Figure) bool {
		return (f.Kind == figures.Count || f.Kind == figures.Total) && f.Measure == m && f.Dims == d && f.Period == p
	})
}

// change is the change of a place between two periods.
func (v *view) change(of string, before, after period.Period, d returns.Dims, basis figures.Basis) *figures.Figure {
	return v.find(of, func(f *figures.Figure) bool {
		return f.Kind == figures.Change && f.Dims == d && f.Before != nil && *f.Before == before && f.Period == after && (f.Basis == basis || f.Basis == "" && basis == figures.Raw)
	})
}

// refused is the change of offences between two periods that was refused.
func (v *view) refused(of string, before, after period.Period) *figures.Blocked {
	for _, b := range v.blocked[of] {
		parts := strings.Split(b.ID, ".")
		if b.Kind == figures.Change && len(parts) == 4 && isLabel(parts[2], before) && isLabel(parts[3], after) {
			return b
		}
	}
	return nil
}

func isLabel(s string, p period.Period) bool {
	return s == p.Label() && p.Kind() != period.Financial || strings.TrimPrefix(s, "fy") == p.Label() && p.Kind() == period.Financial
}

// shares are those of a place and span that say something: of a share whose
// count is 0 because nobody listed the thing, nothing is said.
func (v *view) shares(of string, p period.Period, is func(*figures.Figure) bool) (out []*figures.Figure) {
	for _, f := range v.byOf[of] {
		if f.Kind == figures.Share && f.Period == p && is(f) && f.High != nil && f.Low.Cmp(f.High) == 0 && f.Low.Sign() > 0 {
			out = append(out, f)
		}
	}
	return out
}

func byService(f *figures.Figure) bool { return isPlatform(f) && f.Group == "" }
func byGroup(f *figures.Figure) bool   { return isPlatform(f) && f.Group != "" }
func byAge(f *figures.Figure) bool {
	return f.Kind == figures.Share && f.Measure == returns.Victims && f.Dims.Age != ""
}
func byGender(f *figures.Figure) bool {
	return f.Kind == figures.Share && f.Measure == returns.Victims && f.Dims.Gender != "" && f.Dims.Age == ""
}

// span is several periods of one kind together.
func span(periods []period.Period) period.Period {
	return period.Period{Start: periods[0].Start, End: periods[len(periods)-1].End}
}

// spans are the span of all periods and then each one, newest first: the order
// in which a share is looked for.
func spans(periods []period.Period) []period.Period {
	var out []period.Period
	if len(periods) > 1 {
		out = append(out, span(periods))
	}
	for _, p := range slices.Backward(periods) {
		out = append(out, p)
	}
	return out
}

// biggest sorts shares by size, the greatest first.
func biggest(all []*figures.Figure) []*figures.Figure {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *figures.Figure) int { return cmp.Or(b.Low.Cmp(a.Low), cmp.Compare(a.ID, b.ID)) })
	return all
}

// counts are the counts of offences of a place that are there, by time.
func (v *view) counts(of string, periods []period.Period) (out []*figures.Figure) {
	for _, p := range periods {
		if f := v.count(of, p); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// short is a force's or area's name in a list.
func (v *view) short(of string) string {
	if f, ok := v.Reference.Body(of); ok {
		if _, alone := v.Reference.Find(f.Short); !alone {
			return f.Names[len(f.Names)-1].Name // West Midlands is a region too
		}
		return f.Short
	}
	a, ok := v.Reference.Area(of)
	switch {
	case !ok:
		return of
	case a.Kind == "region":
		// West Midlands is a force too.
		return a.Name + " region (ONS)"
	case a.Kind == "press_region":
		return a.Name + ", a region of press releases"
	}
	return a.Name
}

// noAnswer is what is said of silence.
const noAnswer = "no answer in these returns"

// answer says why there is no number of a force for a period.
func (v *view) answer(of string, p period.Period) string {
	for _, s := range v.silent[of] {
		if s.Period == p {
			return s.Answer
		}
	}
	for _, b := range v.blocked[of] {
		parts := strings.Split(b.ID, ".")
		if (b.Kind == figures.Count || b.Kind == figures.Total) && len(parts) == 3 && isLabel(parts[2], p) {
			return "not given: contradicted"
		}
	}
	return noAnswer
}
