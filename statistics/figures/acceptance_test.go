package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/statistics/returns/published"
)

// reads reads the built-in reference once: nothing changes it, and a property
// compiles with it a hundred times.
var reads = sync.OnceValues(reference.Default)

func refs(t testing.TB) *reference.Reference {
	t.Helper()
	r, err := reads()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all are the published figures that the demo ships.
func all(t testing.TB) []returns.Observation {
	t.Helper()
	f, err := os.Open("../release/demo/published.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ref := refs(t)
	p, err := published.Read("published.csv", "00", f, func(area, force string) (string, bool) {
		if force != "" {
			return ref.Find(force)
		}
		return ref.Find(area)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.Observations
}

func only(observations []returns.Observation, keep func(returns.Observation) bool) []returns.Observation {
	return slices.DeleteFunc(slices.Clone(observations), func(o returns.Observation) bool { return !keep(o) })
}

func series(name string) func(returns.Observation) bool {
	return func(o returns.Observation) bool { return o.Series == name }
}

func compile(t testing.TB, observations []returns.Observation, o Options) *Set {
	t.Helper()
	if o.Offence == "" {
		o.Offence = "scc-15a"
	}
	if o.Periods == nil {
		o.Periods = []period.Period{period.OffenceYear(2017), period.OffenceYear(2018)}
	}
	s, err := Compile(observations, refs(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t testing.TB, s *Set, id string) *Figure {
	t.Helper()
	f, ok := s.Get(id)
	if !ok {
		b, _ := s.GetBlocked(id)
		var ids []string
		for _, f := range s.Figures {
			if strings.HasPrefix(f.ID, strings.SplitN(id, ".", 2)[0]+".") {
				ids = append(ids, f.ID)
			}
		}
		t.Fatalf("%s is no figure; blocked: %+v; there are %v", id, b, ids)
	}
	return f
}

func caveat(f *Figure, id string) bool {
	return slices.ContainsFunc(f.Caveats, func(c Caveat) bool { return c.ID == id })
}

// one is a constructed observation.
func one(of string, p period.Period, m returns.Measure, d returns.Dims, v returns.Value) returns.Observation {
	return returns.Observation{Series: "constructed", Of: of, Offence: "scc-15a", Period: p, Measure: m, Dims: d, Value: v, Constructed: true,
		Cells: []returns.Cell{{File: "constructed.csv", SHA256: "00", Ref: fmt.Sprintf("%s-%s-%s-%v", of, p.Label(), m, d)}}}
}

func TestT1WestMercia(t *testing.T) {
	s := compile(t, only(all(t), series("nspcc-scc-2019-09")), Options{Series: "nspcc-scc-2019-09"})
	f := get(t, s, "west-mercia.change")
	if f.ID != "west-mercia.change.2017-18.2018-19" || f.Text != "+67%" || f.Numerator.Low != 122 || f.Denominator.Low != 73 {
		t.Errorf("%+v", f)
	}
	if f.Spread.Low < 23 || f.Spread.Low > 26 || f.Spread.High < 122 || f.Spread.High > 127 {
		t.Errorf("the interval is %.1f to %.1f, want about 25 to 123", f.Spread.Low, f.Spread.High)
	}
	if caveat(f, "small_base") {
		t.Error("a base of 73 is called small")
	}
	if len(f.Cells) != 2 || f.Cells[0].Source == "" {
		t.Errorf("cells: %+v", f.Cells)
	}
}

func TestT2NationalPlatforms(t *testing.T) {
	s := compile(t, only(all(t), series("nspcc-scc-2019-09")), Options{Series: "nspcc-scc-2019-09", Areas: []string{"england-and-wales"}, Groups: []string{"facebook_owned_plus_snap"}})
	group := get(t, s, "england-and-wales.share.facebook_owned_plus_snap")
	if Rounded(group.Low, 1) != "74.2" || group.Numerator.Low != 3576 || group.Denominator.Low != 4817 {
		t.Errorf("%s: %d of %d", Rounded(group.Low, 1), group.Numerator.Low, group.Denominator.Low)
	}
	if !slices.ContainsFunc(Phrases(group), func(p Phrase) bool { return p.Text == "more than seven in ten" }) {
		t.Errorf("phrases: %v", Phrases(group))
	}
	instagram := get(t, s, "england-and-wales.share.instagram")
	if Rounded(instagram.Low, 1) != "28.0" || !slices.ContainsFunc(Phrases(instagram), func(p Phrase) bool { return p.Text == "more than a quarter" }) {
		t.Errorf("%s %v", Rounded(instagram.Low, 1), Phrases(instagram))
	}
	rise := get(t, s, "england-and-wales.change.instagram")
	if rise.Numerator.Low != 929 || rise.Denominator.Low != 418 || !slices.ContainsFunc(Phrases(rise), func(p Phrase) bool { return p.Text == "more than doubled" }) {
		t.Errorf("%+v %v", rise, Phrases(rise))
	}
}

func TestT3NationalChange(t *testing.T) {
	s := compile(t, only(all(t), series("nspcc-scc-2019-09")), Options{Series: "nspcc-scc-2019-09", Areas: []string{"england-and-wales"}})
	if f := get(t, s, "england-and-wales.change"); f.Text != "+36%" || f.Basis != Raw {
		t.Errorf("%s %s", f.Text, f.Basis)
	}
	// With all 43 forces in pairs, raw and like for like are one number.
	var made []returns.Observation
	for i, f := range refs(t).Forces() {
		if len(refs(t).Breaks(f.ID, period.OffenceYear(2017)))+len(refs(t).Breaks(f.ID, period.OffenceYear(2018))) == 0 {
			made = append(made, one(f.ID, period.OffenceYear(2017), returns.Offences, returns.Dims{}, returns.Of(int64(20+i))), one(f.ID, period.OffenceYear(2018), returns.Offences, returns.Dims{}, returns.Of(int64(30+2*i))))
		}
	}
	s = compile(t, made, Options{Areas: []string{"ons-east"}})
	raw, like := get(t, s, "ons-east.change"), get(t, s, "ons-east.change.like-for-like")
	if raw.Low.Cmp(like.Low) != 0 || raw.Basis == like.Basis {
		t.Errorf("%s %s, %s %s", raw.Text, raw.Basis, like.Text, like.Basis)
	}
}

func years(from, to int) (out []period.Period) {
	for y := from; y <= to; y++ {
		out = append(out, period.FinancialYear(y))
	}
	return out
}

func TestT4Wales(t *testing.T) {
	table := only(all(t), series("nspcc-scc-2024-11"))
	var periods []period.Period
	for _, o := range table {
		if o.Of == "dyfed-powys" && o.Measure == returns.Offences && !slices.Contains(periods, o.Period) && o.Period.Kind() != period.Years {
			periods = append(periods, o.Period)
		}
	}
	o := Options{Series: "nspcc-scc-2024-11", Areas: []string{"wales"}, Periods: periods}
	s := compile(t, table, o)
	var found *Conflict
	for i, c := range s.Conflicts {
		if strings.HasPrefix(c.ID, "wales.offences.") && strings.Contains(c.Text, "564") && strings.Contains(c.Text, "554") {
			found = &s.Conflicts[i]
		}
	}
	if found == nil {
		t.Fatalf("564 against 554 is not found: %+v", s.Conflicts)
	}
	if _, ok := s.Get("wales.total.2023-24"); ok {
		t.Error("the contradicted total is given")
	}
	o.Accepted = []string{found.ID}
	if f := get(t, compile(t, table, o), "wales.total.2023-24"); f.Text != "554" {
		t.Errorf("accepted: %s", f.Text)
	}
	for id, want := range map[string]string{"wales.offences.2021-22": "326", "wales.offences.2017-18": "274"} {
		if slices.ContainsFunc(s.Conflicts, func(c Conflict) bool { return c.ID == id }) {
			t.Errorf("%s (%s) fits its forces and is called a conflict", id, want)
		}
	}
	if b, ok := s.GetBlocked("dyfed-powys.change.2017-18.2018-19"); !ok || !strings.Contains(b.Why, "October 2017") {
		t.Errorf("Dyfed-Powys 2017-18 is compared: %+v", b)
	}
	if _, ok := s.Get("south-wales.change.2021-22.2022-23"); ok {
		t.Error("a year without an answer is compared")
	}
}

func TestT6Lancashire(t *testing.T) {
	both := only(all(t), func(o returns.Observation) bool {
		return o.Of == "lancashire" && (o.Series == "nspcc-scc-2019-03" || o.Series == "nspcc-scc-2019-09")
	})
	o := Options{Series: "nspcc-scc-2019-09"}
	s := compile(t, both, o)
	i := slices.IndexFunc(s.Conflicts, func(c Conflict) bool { return c.ID == "lancashire.offences.2017-18" })
	if i < 0 {
		t.Fatalf("no conflict: %+v", s.Conflicts)
	}
	c := s.Conflicts[i]
	if !strings.Contains(c.Text, "175") || !strings.Contains(c.Text, "64") || len(c.Sides) < 2 || len(c.Sides[0].Cells) == 0 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(c.Evidence, "345") || !strings.Contains(c.Evidence, "170") || !strings.Contains(c.Evidence, "175") {
		t.Errorf("evidence: %q", c.Evidence)
	}
	if b, ok := s.GetBlocked("lancashire.change"); !ok || b.Do == "" {
		t.Errorf("the change is not blocked: %+v", b)
	}
	o.Resolutions = []Resolution{{Conflict: c.ID, Take: "nspcc-scc-2019-03", Why: "fits 345 less 170", By: "statistics lead", Date: "2019-09-10"}}
	if f := get(t, compile(t, both, o), "lancashire.change"); f.Text != "+44%" {
		t.Errorf("resolved: %s", f.Text)
	}
}

func TestT7TheUnitedKingdomAddsThreeLaws(t *testing.T) {
	p := period.FinancialYear(2017)
	made := []returns.Observation{one("uk", p, returns.Offences, returns.Dims{}, returns.Of(3728))}
	made[0].Offence = "mixed"
	s := compile(t, made, Options{Areas: []string{"uk"}, Periods: []period.Period{p}})
	f := get(t, s, "uk.total")
	if f.Text != "3,728" || !caveat(f, "mixed_offences") {
		t.Errorf("%s %+v", f.Text, f.Caveats)
	}
	if f.Numerator.Low != 3217+429+82 {
		t.Errorf("the parts do not add up to %d", f.Numerator.Low)
	}
}

func TestT8Northamptonshire(t *testing.T) {
	p := period.FinancialYear(2024)
	table := only(all(t), func(o returns.Observation) bool { return o.Of == "northamptonshire" && o.Period == p })
	table = append(table, one("northamptonshire", p, returns.Victims, returns.Dims{}, returns.Of(52)))
	s := compile(t, table, Options{Periods: []period.Period{p}})
	if !slices.ContainsFunc(s.Leaks, func(l Leak) bool {
		return l.Kind == "recoverable_total" && strings.Contains(l.Text, "in the return as it came") && strings.Count(l.ID, " + ") == 2
	}) {
		t.Errorf("no alarm: %+v; hidden %+v", s.Leaks, s.Hidden)
	}
	for _, f := range s.Figures {
		if f.Dims.Gender == "male" || f.Text == "6" || f.Measure == returns.Victims && f.Text == "52" {
			t.Errorf("%s: %s is given", f.ID, f.Text)
		}
	}
	for _, l := range s.Leaks {
		// figures.json is published: the alarm must not say what it warns of.
		if strings.ContainsAny(strings.ReplaceAll(l.Text, "2024-25", ""), "0123456789") {
			t.Errorf("the alarm states a number: %s", l.Text)
		}
	}
}

func TestT10KindsOfYearsAreNotPaired(t *testing.T) {
	made := []returns.Observation{one("south-wales", period.CalendarYear(2018), returns.Offences, returns.Dims{}, returns.Of(157)), one("south-wales", period.FinancialYear(2018), returns.Offences, returns.Dims{}, returns.Of(140))}
	s := compile(t, made, Options{Periods: []period.Period{period.CalendarYear(2018), period.FinancialYear(2018)}})
	for _, f := range s.Figures {
		if f.Kind == Change {
			t.Errorf("%s is made", f.ID)
		}
	}
}

func TestT11RegionsAreNamedByTheirSet(t *testing.T) {
	p := period.OffenceYear(2018)
	var made []returns.Observation
	for _, f := range []string{"bedfordshire", "cambridgeshire", "essex", "hertfordshire", "norfolk", "suffolk", "northamptonshire"} {
		made = append(made, one(f, p, returns.Offences, returns.Dims{}, returns.Of(10)))
	}
	s := compile(t, made, Options{Periods: []period.Period{p}, Areas: []string{"ons-east", "press-east-of-england"}})
	ons, press := get(t, s, "ons-east.total"), get(t, s, "press-east-of-england.total")
	if ons.Text != "60" || press.Text != "70" || ons.Name == press.Name {
		t.Errorf("%s %s, %s %s", ons.Name, ons.Text, press.Name, press.Text)
	}
}

func TestT12TheOwnerIsOfTheLastDay(t *testing.T) {
	for end, want := range map[string]string{"2021-09-30": "Facebook-owned apps", "2021-11-30": "Meta-owned apps"} {
		last, err := period.ParseDate(end)
		if err != nil {
			t.Fatal(err)
		}
		p := period.Period{Start: period.NewDate(last.Year-1, last.Month, last.Day).Add(1), End: last}
		made := []returns.Observation{one("kent", p, returns.Instances, returns.Dims{Method: "instagram"}, returns.Of(40)), one("kent", p, returns.Instances, returns.Dims{Method: "kik"}, returns.Of(20)), one("kent", p, returns.Instances, returns.Dims{Method: "sms"}, returns.Of(20))}
		f := get(t, compile(t, made, Options{Periods: []period.Period{p}, Groups: []string{"facebook_owned"}}), "kent.share.facebook_owned")
		if f.Label != want || f.Text != "50%" || !caveat(f, "owner") {
			t.Errorf("to %s: %s %s", end, f.Label, f.Text)
		}
	}
}

func TestT13CoverageStandsWithTheShare(t *testing.T) {
	p := period.FinancialYear(2023)
	made := []returns.Observation{one("england-and-wales", p, returns.Offences, returns.Dims{}, returns.Of(7062)), one("england-and-wales", p, returns.Instances, returns.Dims{Method: "known"}, returns.Of(1824)), one("england-and-wales", p, returns.Instances, returns.Dims{Method: "snapchat"}, returns.Of(876))}
	f := get(t, compile(t, made, Options{Periods: []period.Period{p}, Areas: []string{"england-and-wales"}}), "england-and-wales.share.snapchat")
	if f.Text != "48%" || f.Coverage == nil || !strings.Contains(f.Coverage.Text, "(26%)") || !caveat(f, "low_coverage") {
		t.Errorf("%s %+v", f.Text, f.Coverage)
	}
}

func TestGatesRefuse(t *testing.T) {
	a, b := period.FinancialYear(2018), period.FinancialYear(2019)
	for name, test := range map[string]struct {
		of       string
		was, now returns.Value
		want     string
	}{
		"from none":      {"kent", returns.Of(0), returns.Of(9), "from none"},
		"a small base":   {"durham", returns.Of(9), returns.Of(20), "below 10"},
		"no exact value": {"durham", returns.Value{Kind: returns.Fewer, Low: 1, High: 4}, returns.Of(20), "not exact"},
		"a break":        {"greater-manchester", returns.Of(100), returns.Of(200), "iOPS"},
	} {
		s := compile(t, []returns.Observation{one(test.of, a, returns.Offences, returns.Dims{}, test.was), one(test.of, b, returns.Offences, returns.Dims{}, test.now)}, Options{Periods: []period.Period{a, b}})
		found, ok := s.GetBlocked(test.of + ".change")
		if !ok || !strings.Contains(found.Why, test.want) || found.Do == "" {
			t.Errorf("%s: %+v", name, found)
		}
	}
	s := compile(t, []returns.Observation{one("durham", a, returns.Offences, returns.Dims{}, returns.Of(14)), one("durham", b, returns.Offences, returns.Dims{}, returns.Of(22))}, Options{Periods: []period.Period{a, b}})
	if f := get(t, s, "durham.change"); !caveat(f, "small_base") || f.Text != "+57%" {
		t.Errorf("%s %+v", f.Text, f.Caveats)
	}
}

func TestTotalsAreIntervals(t *testing.T) {
	p := period.FinancialYear(2018)
	made := []returns.Observation{
		one("cleveland", p, returns.Offences, returns.Dims{}, returns.Of(95)), one("durham", p, returns.Offences, returns.Dims{}, returns.Value{Kind: returns.Fewer, Low: 1, High: 4}),
		one("northumbria", p, returns.Offences, returns.Dims{}, returns.Value{Kind: returns.Refused, High: returns.Open, Section: "s12(1)"}),
	}
	s := compile(t, made, Options{Periods: []period.Period{p}, Areas: []string{"ons-north-east"}})
	if f := get(t, s, "ons-north-east.total"); f.Text != "at least 96" || f.Coverage.Text != "from 2 of 3 forces" {
		t.Errorf("%s, %+v", f.Text, f.Coverage)
	}
	if !slices.ContainsFunc(s.Silent, func(x Silent) bool { return x.Of == "northumbria" && x.Answer == "refused s12(1)" }) {
		t.Errorf("silent: %+v", s.Silent)
	}
	s = compile(t, made[:2], Options{Periods: []period.Period{p}, Areas: []string{"ons-north-east"}})
	if f := get(t, s, "durham.count"); f.Text != "between 1 and 4" {
		t.Errorf("%s", f.Text)
	}
}

// many are constructed returns of n forces over some years, with victims and methods.
func many(t testing.TB, n, from, to int) []returns.Observation {
	t.Helper()
	var out []returns.Observation
	for i, f := range refs(t).Forces()[:n] {
		for y := from; y <= to; y++ {
			p := period.FinancialYear(y)
			v := int64(40 + 7*i%90 + 5*(y-from))
			out = append(out, one(f.ID, p, returns.Offences, returns.Dims{}, returns.Of(v)))
			for j, d := range []returns.Dims{{Age: "0-11"}, {Age: "12-15"}, {Age: "unknown"}} {
				for g, gender := range []string{"female", "male", "unknown"} {
					d.Gender = gender
					out = append(out, one(f.ID, p, returns.Victims, d, returns.Of((v*int64(j+1)/int64(3+4*g)+int64(i%3))%50)))
				}
			}
			for j, m := range []string{"instagram", "snapchat", "facebook", "whatsapp", "kik", "sms", "unknown"} {
				out = append(out, one(f.ID, p, returns.Instances, returns.Dims{Method: m}, returns.Of((v/int64(j+2)+int64(i*j%5))%40)))
			}
		}
	}
	return out
}

func bytesOf(t testing.TB, s *Set) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheOrderOfObservationsChangesNothing(t *testing.T) {
	made := append(many(t, 3, 2018, 2019), only(all(t), func(o returns.Observation) bool { return o.Of == "lancashire" || o.Of == "kent" })...)
	o := Options{Periods: years(2018, 2019), Areas: []string{"ons-north-west", "england-and-wales"}, Groups: []string{"facebook_owned"}}
	want := bytesOf(t, compile(t, made, o))
	rapid.Check(t, func(rt *rapid.T) {
		mixed := slices.Clone(made)
		seed := rapid.Uint64().Draw(rt, "seed")
		for i := range mixed {
			seed = seed*6364136223846793005 + 1442695040888963407
			j := int(seed>>33) % (i + 1)
			mixed[i], mixed[j] = mixed[j], mixed[i]
		}
		if got := bytesOf(t, compile(t, mixed, o)); !bytes.Equal(got, want) {
			rt.Error("the set differs")
		}
	})
}

func TestNothingSmallIsShownAndNothingLeaks(t *testing.T) {
	s := compile(t, many(t, 43, 2018, 2019), Options{Periods: years(2018, 2019), Areas: []string{"ons-north-west", "england-and-wales"}, Groups: []string{"facebook_owned", "facebook_owned_plus_snap"}})
	if len(s.Hidden) == 0 {
		t.Fatal("nothing is hidden; the test shows nothing")
	}
	for _, f := range s.Figures {
		if n, ok := exactly(&f); ok && f.Kind == Count && f.Dims != (returns.Dims{}) && n > 0 && n < 5 && f.Of != "england-and-wales" {
			t.Errorf("%s: %d is shown", f.ID, n)
		}
	}
	for _, l := range s.Leaks {
		if l.Kind == "determined" {
			t.Errorf("%+v", l)
		}
	}
}

func TestWhatAnEarlierReleaseShowsIsReported(t *testing.T) {
	p := period.FinancialYear(2018)
	table := []returns.Observation{one("kent", p, returns.Victims, returns.Dims{Age: "0-11"}, returns.Of(3)), one("kent", p, returns.Victims, returns.Dims{Age: "12-15"}, returns.Of(30)), one("kent", p, returns.Victims, returns.Dims{}, returns.Of(33))}
	careless := compile(t, table, Options{Periods: []period.Period{p}, Threshold: 1})
	s := compile(t, table, Options{Periods: []period.Period{p}, Earlier: []*Set{careless}})
	if _, ok := s.Get("kent.count.victims.0-11.2018-19"); !ok {
		t.Error("a count that an earlier release shows cannot be hidden any more")
	}
	// A total that an earlier release shows would give the small count away.
	total := compile(t, table[2:], Options{Periods: []period.Period{p}})
	s = compile(t, table[:2], Options{Periods: []period.Period{p}, Earlier: []*Set{total}})
	leaks := CheckDisclosure(refs(t), s, total)
	if _, ok := s.Get("kent.count.victims.0-11.2018-19"); ok || len(leaks) > 0 && leaks[0].Kind == "determined" {
		t.Errorf("%+v %+v", s.Hidden, leaks)
	}
}

func TestASetIsReadBack(t *testing.T) {
	s := compile(t, many(t, 4, 2018, 2019), Options{Periods: years(2018, 2019)})
	src := bytesOf(t, s)
	back, err := Load(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytesOf(t, back), src) {
		t.Error("what is read back is not what was written")
	}
	if _, err := Load(strings.NewReader(`{"version":2}`)); err == nil {
		t.Error("another version is read")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(bytesOf(f, compile(f, many(f, 1, 2018, 2019), Options{Periods: years(2018, 2019)})))
	f.Fuzz(func(t *testing.T, src []byte) {
		if s, err := Load(bytes.NewReader(src)); err == nil {
			if _, err := json.Marshal(s); err != nil {
				t.Error(err)
			}
		}
	})
}

// BenchmarkForces compiles 43 constructed returns of eight years with victims and
// methods. Bound of the issue: 1 s.
func BenchmarkForces(b *testing.B) {
	made := many(b, 43, 2017, 2024)
	o := Options{Periods: years(2017, 2024), Areas: []string{"england-and-wales", "england", "wales", "ons-north-west", "ons-west-midlands"}, Groups: []string{"facebook_owned", "facebook_owned_plus_snap"}}
	for b.Loop() {
		s := compile(b, made, o)
		b.ReportMetric(float64(len(s.Figures)), "figures")
	}
}

// A refused change must not say in its reason what is not shown.
func TestTheReasonOfARefusalSaysNoHiddenCount(t *testing.T) {
	var in []returns.Observation
	for i, p := range []period.Period{period.OffenceYear(2017), period.OffenceYear(2018)} {
		for method, n := range map[string]int64{"whatsapp": 3 - int64(i), "instagram": 31, "snapchat": 42, "kik": 2} {
			in = append(in, one("kent", p, returns.Instances, returns.Dims{Method: method}, returns.Of(n)))
		}
		in = append(in, one("kent", p, returns.Offences, returns.Dims{}, returns.Of(90)))
	}
	s := compile(t, in, Options{})
	b, ok := s.GetBlocked("kent.change.whatsapp")
	if !ok {
		t.Fatal("the change from 3 is not refused")
	}
	if text := fmt.Sprint(b.Why, b.Do, b.Gates); strings.ContainsAny(text, "0123456789") {
		t.Errorf("the reason has a number: %s", text)
	}
}
