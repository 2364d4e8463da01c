// Package lint finds the numerical claims in any text and checks them against
// the figures of a release, and against each other: each is right, wrong, with
// what is right, or not checkable, with the reason.
package lint

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/terminal"
)

// Verdict on a claim.
type Verdict string

// The verdicts.
const (
	Right     Verdict = "right"
	Wrong     Verdict = "wrong"
	Unchecked Verdict = "not checkable"
)

// Finding is one claim and what became of it.
type Finding struct {
	Line     int     `json:"line"`
	Sentence string  `json:"sentence"`
	Claim    string  `json:"claim"` // as it stands: 67 per cent
	Verdict  Verdict `json:"verdict"`
	Why      string  `json:"why"`
	Right    string  `json:"right,omitempty"`  // what it should say
	Figure   string  `json:"figure,omitempty"` // id of the figure it was held against

	at int
}

// Check reads a text. Claims are bound to the force or area that the sentence
// names, else to the one named last; a period, a platform, an age band or a
// gender that stands near narrows further. A percentage may be rounded or cut off:
// press texts do both (statistics note 3.8).
func Check(text string, set *figures.Set, ref *reference.Reference) []Finding {
	c := &checker{set: set, ref: ref, names: newNamer(ref)}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		for _, s := range sentences(line) {
			c.sentence(s, i+1)
		}
	}
	return c.out
}

// sentences splits a line where a full stop, question or exclamation mark is
// followed by a space and a capital letter or digit.
func sentences(line string) (out []string) {
	start := 0
	for i := 0; i+2 < len(line); i++ {
		if (line[i] == '.' || line[i] == '?' || line[i] == '!') && line[i+1] == ' ' && (line[i+2] >= 'A' && line[i+2] <= 'Z' || line[i+2] == '"') && !strings.HasSuffix(line[:i], " v") && !strings.HasSuffix(line[:i], " St") {
			out = append(out, strings.TrimSpace(line[start:i+1]))
			start = i + 2
		}
	}
	return append(out, strings.TrimSpace(line[start:]))
}

type checker struct {
	set   *figures.Set
	ref   *reference.Reference
	names *namer
	place string // the force or area named last
	out   []Finding
}

// context is what a sentence says around its numbers.
type context struct {
	text     string // what is no claim is blanked out
	original string
	line     int
	places   []mention
	services []mention
	bands    []mention
	periods  map[span]string
	numbers  []number
	done     map[int]bool
}

func (c *checker) sentence(text string, line int) {
	original := text
	text = blanked(text)
	x := context{text: text, original: original, line: line, places: find(text, c.names.places), services: join(text, find(text, c.names.services)), bands: bands(text), numbers: numbers(text), done: map[int]bool{}}
	first := len(c.out)
	var bad []span
	x.periods, bad = dated(text)
	if len(x.places) > 0 {
		c.place = x.places[0].id
	}
	for _, b := range bad {
		c.add(x, b, Finding{Verdict: Wrong, Why: "it is no year: the second is not the one after the first", Right: "two years that follow each other, such as " + text[b.from:b.from+4] + "/" + next(text[b.from:b.from+4])})
	}
	c.pairs(x)
	c.parts(x)
	for i, n := range x.numbers {
		if !x.done[i] {
			c.number(x, n)
		}
	}
	slices.SortStableFunc(c.out[first:], func(a, b Finding) int { return a.at - b.at })
}

func next(year string) string {
	n := 0
	for _, r := range year[2:] {
		n = n*10 + int(r-'0')
	}
	return fmt.Sprintf("%02d", (n+1)%100)
}

func (c *checker) add(x context, at span, f Finding) {
	f.Line, f.Sentence, f.at, f.Claim = x.line, x.original, at.from, strings.TrimSpace(x.original[at.from:at.to])
	c.out = append(c.out, f)
}

// join makes one mention of services that are named together: Facebook,
// Messenger and Instagram.
func join(text string, services []mention) (out []mention) {
	for _, m := range services {
		if n := len(out); n > 0 && !strings.Contains(m.id, "_") && !strings.Contains(out[n-1].id, "_") {
			switch strings.ToLower(strings.TrimSpace(text[out[n-1].to:m.from])) {
			case "and", ",", ", and", "/", "&", "+":
				ids := append(strings.Split(out[n-1].id, "+"), m.id)
				slices.Sort(ids)
				out[n-1] = mention{span{out[n-1].from, m.to}, strings.Join(ids, "+")}
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

// pairs checks the arithmetic of a sentence that gives two counts and their
// change: 119 to 226, a 14% rise. It needs no figure.
func (c *checker) pairs(x context) {
	var counts []int
	for i, n := range x.numbers {
		if n.kind == count {
			counts = append(counts, i)
		}
	}
	if len(counts) != 2 {
		return
	}
	a, okA := x.numbers[counts[0]].integer()
	b, okB := x.numbers[counts[1]].integer()
	between := strings.ToLower(x.text[x.numbers[counts[0]].to:x.numbers[counts[1]].from])
	// "122, compared with 73" gives the later count first.
	if strings.Contains(between, "compared with") || strings.Contains(between, "compared to") || strings.Contains(between, "up from") || strings.Contains(between, "down from") || strings.Contains(between, "against") {
		a, b = b, a
	}
	if !okA || !okB || a == 0 {
		return
	}
	for i, n := range x.numbers {
		real := new(big.Rat).Mul(big.NewRat(b-a, a), rat(100))
		switch n.kind {
		case change:
			if n.down {
				real.Neg(real)
			}
		case times:
			real = big.NewRat(b, a)
		default:
			continue
		}
		x.done[i] = true
		f := Finding{Verdict: Right, Why: fmt.Sprintf("%s to %s is %s", terminal.Grouped(a), terminal.Grouped(b), shown(n, real))}
		if !n.allows(real) {
			f.Verdict, f.Right = Wrong, shown(n, real)
		}
		c.add(x, n.span, f)
	}
}

func shown(n number, real *big.Rat) string {
	if n.kind == times {
		return figures.Rounded(real, 2) + " times"
	}
	return figures.Rounded(real, 0) + "%"
}

// allows reports whether a claim may be made of a number.
func (n number) allows(real *big.Rat) bool {
	switch {
	case !n.digits && n.kind == share && !n.over:
		// Words stand for a share as it is printed, in whole per cent.
		r, ok := new(big.Rat).SetString(figures.Rounded(real, 0))
		return ok && r.Cmp(n.low) >= 0 && r.Cmp(n.high) <= 0
	case !n.digits:
		return real.Cmp(n.low) >= 0 && real.Cmp(n.high) <= 0 && (!n.over || real.Cmp(n.low) > 0)
	case n.over:
		return real.Cmp(n.value) >= 0
	case n.kind == count:
		return real.Cmp(n.value) == 0
	}
	return n.value.Cmp(cut(real, n.places)) == 0 || figures.Rounded(real, n.places) == n.value.FloatString(n.places)
}

// cut is a number without the decimals after the first places.
func cut(r *big.Rat, places int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	scaled := new(big.Int).Mul(r.Num(), scale)
	return new(big.Rat).SetFrac(scaled.Quo(scaled, r.Denom()), scale)
}

// parts checks that what is said to be part of a whole does not exceed it: of
// 163 girls, 122 were 12 to 15 and 51 under 12.
func (c *checker) parts(x context) {
	lower := strings.ToLower(x.text)
	at := strings.Index(lower, "of the ")
	if i := strings.Index(lower, "of "); i >= 0 && (at < 0 || i < at) {
		at = i
	}
	var counts []int
	for i, n := range x.numbers {
		if n.kind == count && n.from > at && at >= 0 {
			counts = append(counts, i)
		}
	}
	if len(counts) < 3 || x.numbers[counts[0]].from > at+len("of the ")+8 {
		return
	}
	total, ok := x.numbers[counts[0]].integer()
	sum := int64(0)
	for _, i := range counts[1:] {
		n, fits := x.numbers[i].integer()
		ok = ok && fits
		sum += n
	}
	if ok && sum > total {
		for _, i := range counts {
			x.done[i] = true
		}
		c.add(x, x.numbers[counts[0]].span, Finding{Verdict: Wrong, Why: fmt.Sprintf("its parts add up to %s", terminal.Grouped(sum)), Right: "parts of at most " + terminal.Grouped(total)})
	}
}

// number holds one claim against the figures.
func (c *checker) number(x context, n number) {
	place := c.nearest(x.places, n.span, c.place)
	if place == "" {
		place = c.widest()
	}
	want := query{of: place, kind: n.kind, service: c.nearest(x.services, n.span, ""), band: c.nearest(x.bands, n.span, ""), periods: near(x.periods, n.span)}
	if n.kind == times {
		want.kind = change
	}
	found := c.figures(want, n)
	claims := c.claims(want, n)
	if len(found) == 0 && len(claims) == 0 {
		c.add(x, n.span, Finding{Verdict: Unchecked, Why: c.why(want)})
		return
	}
	for _, f := range found {
		if v, ok := n.integer(); ok && n.kind == count && f.High == nil && f.Low.Cmp(rat(v)) >= 0 && n.over {
			c.add(x, n.span, Finding{Verdict: Right, Why: f.Name + ", " + f.Period.String() + ": " + f.Text, Figure: f.ID})
			return
		}
		if real := realOf(f, n); real != nil && n.allows(real) {
			c.add(x, n.span, Finding{Verdict: Right, Why: f.Name + ", " + f.Period.String() + ": " + f.Text, Figure: f.ID})
			return
		}
	}
	if f, side := c.term(want, n); f != nil {
		c.add(x, n.span, Finding{Verdict: Right, Why: "the " + side + " of " + f.ID, Figure: f.ID})
		return
	}
	if n.kind == count && len(x.services)+len(x.bands) == 0 && !counted.MatchString(x.text) {
		c.add(x, n.span, Finding{Verdict: Unchecked, Why: "the sentence does not say what is counted"})
		return
	}
	if len(found) > 0 {
		f := best(found)
		c.add(x, n.span, Finding{Verdict: Wrong, Why: f.Name + ", " + f.Period.String() + ": " + f.Text, Right: f.Text, Figure: f.ID})
		return
	}
	c.add(x, n.span, against(claims, n))
}

// term is a share or change of a place that a count is a side of: 4,817 of 7,590.
func (c *checker) term(q query, n number) (_ *figures.Figure, side string) {
	v, ok := n.integer()
	if !ok || n.kind != count || n.over {
		return nil, ""
	}
	for i := range c.set.Figures {
		f := &c.set.Figures[i]
		if f.Of != q.of || f.Kind != figures.Share && f.Kind != figures.Change || f.Numerator == nil || f.Denominator == nil {
			continue
		}
		named := len(q.periods) == 0 || slices.Contains(q.periods, f.Period.Label())
		switch {
		case !named:
		case f.Numerator.Low == v && f.Numerator.High == v && (q.service == "" || f.Dims.Method == q.service || f.Group == q.service):
			return f, "numerator"
		case f.Denominator.Low == v && f.Denominator.High == v:
			return f, "denominator"
		case f.Coverage != nil && f.Coverage.Whole == v:
			return f, "whole"
		}
	}
	return nil, ""
}

// against holds a claim against what was published and cannot be computed. Where
// sources contradict each other, what most of them state is right.
func against(claims []returns.Claim, n number) Finding {
	times := map[string]int{}
	for _, q := range claims {
		times[q.Value]++
	}
	var values []string
	for v := range times {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(times[b]-times[a], strings.Compare(a, b)) })
	most := values[0]
	f := Finding{Why: fmt.Sprintf("%s states %s; nothing was published to compute it from", claims[0].Series, strings.Join(values, "% and ")+"%")}
	if v, ok := new(big.Rat).SetString(most); ok && n.allows(v) {
		f.Verdict = Right
		return f
	}
	if len(values) > 1 && times[values[0]] == times[values[1]] {
		f.Verdict, f.Why = Unchecked, f.Why+"; the sources contradict each other"
		return f
	}
	f.Verdict, f.Right = Wrong, most+"%"
	return f
}

// realOf is the number of a figure that a claim is of.
func realOf(f *figures.Figure, n number) *big.Rat {
	if f.High == nil || f.Low.Cmp(f.High) != 0 {
		return nil
	}
	switch n.kind {
	case count:
		if f.Kind == figures.Share {
			return rat(f.Numerator.Low)
		}
	case times:
		return big.NewRat(f.Numerator.Low, f.Denominator.Low)
	case change:
		if n.down {
			return new(big.Rat).Neg(f.Low)
		}
	}
	return f.Low
}

// nearest is the id of the mention closest to a place, or what stands otherwise.
func (c *checker) nearest(all []mention, at span, otherwise string) string {
	id, least := otherwise, 1<<30
	for _, m := range all {
		if d := m.distance(at); d < least {
			id, least = m.id, d
		}
	}
	return id
}

// near are the labels of the periods of a sentence, the nearest first.
func near(periods map[span]string, at span) (out []string) {
	var spans []span
	for s := range periods {
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int {
		if d := a.distance(at) - b.distance(at); d != 0 {
			return d
		}
		return a.from - b.from
	})
	for _, s := range spans {
		out = append(out, periods[s])
	}
	return out
}

// widest is the area that a text without a place speaks of.
func (c *checker) widest() string {
	for _, id := range []string{"uk", "england-and-wales", "england"} {
		for _, f := range c.set.Figures {
			if f.Of == id {
				return id
			}
		}
	}
	return ""
}

func (c *checker) why(q query) string {
	if b, ok := c.set.GetBlocked(q.of + ".change"); ok && q.kind == change && q.service == "" {
		return "the release gives no such figure: " + b.Why
	}
	if q.of == "" {
		return "the text does not say of whom it is"
	}
	return "the release has no figure of this for " + q.of
}

// query is what a claim is about.
type query struct {
	of, service, band string
	kind              kind
	periods           []string
}

// figures are those that a claim may be of, of the period named if any has it.
func (c *checker) figures(q query, n number) (out []*figures.Figure) {
	for i := range c.set.Figures {
		f := &c.set.Figures[i]
		if f.Of == q.of && q.fits(f) {
			out = append(out, f)
		}
	}
	for _, label := range q.periods {
		if named := slices.DeleteFunc(slices.Clone(out), func(f *figures.Figure) bool { return f.Period.Label() != label }); len(named) > 0 {
			return named
		}
	}
	return out
}

func (q query) fits(f *figures.Figure) bool {
	switch q.kind {
	case count:
		if f.Kind != figures.Count && f.Kind != figures.Total && !(f.Kind == figures.Share && q.service != "") {
			return false
		}
	case change:
		if f.Kind != figures.Change {
			return false
		}
	case share:
		if f.Kind != figures.Share {
			return false
		}
	}
	age, ok := strings.CutPrefix(q.band, "age.")
	gender := strings.TrimPrefix(q.band, "gender.")
	switch {
	case q.service != "":
		return f.Measure == returns.Instances && (f.Dims.Method == q.service || f.Group == q.service) && (q.kind != count || f.Kind == figures.Count || f.Group != "")
	case q.band != "" && ok:
		return f.Measure == returns.Victims && f.Dims.Age == age && f.Dims.Gender == ""
	case q.band != "":
		return f.Measure == returns.Victims && f.Dims.Gender == gender && f.Dims.Age == ""
	case q.kind == share:
		return false // a share of nothing that is named
	}
	return f.Measure == returns.Offences
}

// claims are published percentages that a claim may be of.
func (c *checker) claims(q query, n number) (out []returns.Claim) {
	for _, x := range c.set.Claims {
		if x.Of != q.of || x.Unit != "percent" || n.kind != share && n.kind != change {
			continue
		}
		name, what, _ := strings.Cut(x.Measure, ":")
		switch {
		case n.kind == share && strings.HasPrefix(name, "share_") && q.service != "" && sameServices(what, q.service):
		case n.kind == share && strings.HasPrefix(name, "share_") && q.service == "" && q.band != "" && strings.Contains(strings.ReplaceAll(strings.ReplaceAll("age."+what, "11_and_under", "0-11"), "age.female", "gender.female"), q.band):
		case n.kind == change && strings.HasPrefix(name, "pct_change") && what == "" && q.service == "":
		default:
			continue
		}
		if len(q.periods) == 0 || slices.Contains(q.periods, x.Period.Label()) {
			out = append(out, x)
		}
	}
	return out
}

// sameServices compares names as published with ids.
func sameServices(published, ids string) bool {
	switch published {
	case "FacebookOwned", "MetaOwned":
		return ids == "facebook_owned"
	case "FacebookOwned+Snapchat", "MetaOwned+Snapchat":
		return ids == "facebook_owned_plus_snap"
	}
	parts := strings.Split(strings.ToLower(published), "+")
	slices.Sort(parts)
	return strings.Join(parts, "+") == ids
}

// best is the figure to name where none fits: the newest, the shortest id first.
func best(all []*figures.Figure) *figures.Figure {
	out := all[0]
	for _, f := range all[1:] {
		if out.Period.End.Before(f.Period.End) {
			out = f
		}
	}
	return out
}
