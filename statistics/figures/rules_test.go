package figures

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

func TestARatioIsGivenBesideTheChange(t *testing.T) {
	s := compile(t, only(all(t), series("nspcc-scc-2019-09")), Options{Series: "nspcc-scc-2019-09", Areas: []string{"england-and-wales"}})
	f := get(t, s, "england-and-wales.ratio.instagram")
	if f.ID != "england-and-wales.ratio.instagram.2017-18.2018-19" || f.Text != "2.22 times" || f.Unit != "times" || f.Spread.Low < 1.9 || f.Spread.High > 2.6 {
		t.Errorf("%s %s %+v", f.ID, f.Text, f.Spread)
	}
	if !slices.ContainsFunc(Phrases(f), func(p Phrase) bool { return p.Text == "more than doubled" }) {
		t.Errorf("%v", Phrases(f))
	}
}

func TestASpellingThatWaitsStaysInTheDenominator(t *testing.T) {
	p := period.FinancialYear(2018)
	made := methods("kent", p, map[string]int64{"instagram": 40, "snapchat": 30, "?insta gram": 6, "?zz": 4})
	s := compile(t, made, Options{Periods: []period.Period{p}})
	f := get(t, s, "kent.share.instagram")
	if f.Denominator.Low != 80 || f.Text != "50%" || !caveat(f, "undecided") {
		t.Errorf("%d, %s, %+v", f.Denominator.Low, f.Text, f.Caveats)
	}
	if f := get(t, s, "kent.count.instances.undecided"); f.Text != "10" || len(f.Cells) != 2 {
		t.Errorf("%s %+v", f.Text, f.Cells)
	}
	if strings.Contains(string(bytesOf(t, s)), `"method": "?`) {
		t.Error("a raw spelling is in the set")
	}
}

// T7: the United Kingdom is the sum of three laws where nobody published it.
func TestT7TheUnitedKingdomIsSummedOverItsNations(t *testing.T) {
	p := period.FinancialYear(2017)
	made := []returns.Observation{
		one("england-and-wales", p, returns.Offences, returns.Dims{}, returns.Of(3217)), one("police-scotland", p, returns.Offences, returns.Dims{}, returns.Of(429)), one("psni", p, returns.Offences, returns.Dims{}, returns.Of(82)),
	}
	made[1].Offence, made[2].Offence = "scotland-indecent", "ni-22a"
	o := Options{Areas: []string{"uk"}, Periods: []period.Period{p}}
	if f := get(t, compile(t, made, o), "uk.total"); f.Text != "3,728" || !caveat(f, "mixed_offences") || len(f.Cells) != 3 {
		t.Errorf("%s %+v", f.Text, f.Caveats)
	}
	stated := one("uk", p, returns.Offences, returns.Dims{}, returns.Of(3700))
	stated.Offence = "mixed"
	s := compile(t, append(made, stated), o)
	if _, ok := s.GetBlocked("uk.total.2017-18"); !ok || len(s.Conflicts) != 1 || !strings.Contains(s.Conflicts[0].Text, "3,728") {
		t.Errorf("3,700 against 3,728 is not found: %+v", s.Conflicts)
	}
}

// Item 4 of the contradictions: England 2,908 and Wales 274 against 3,171.
func TestNationsThatDoNotAddUpAreFound(t *testing.T) {
	p := period.OffenceYear(2017)
	made := []returns.Observation{one("england", p, returns.Offences, returns.Dims{}, returns.Of(2908)), one("wales", p, returns.Offences, returns.Dims{}, returns.Of(274)), one("england-and-wales", p, returns.Offences, returns.Dims{}, returns.Of(3171))}
	o := Options{Areas: []string{"england-and-wales"}, Periods: []period.Period{p}}
	s := compile(t, made, o)
	if len(s.Conflicts) != 1 || !strings.Contains(s.Conflicts[0].Text, "3,182") {
		t.Fatalf("%+v", s.Conflicts)
	}
	o.Resolutions = []Resolution{{Conflict: s.Conflicts[0].ID, Take: "none", Why: "neither is trusted", By: "statistics lead", Date: "2019-09-10"}}
	if _, ok := compile(t, made, o).Get("england-and-wales.total"); ok {
		t.Error("the resolution takes none and the total is given")
	}
	o.Resolutions, o.Accepted = nil, []string{s.Conflicts[0].ID}
	if f := get(t, compile(t, made, o), "england-and-wales.total"); f.Text != "3,171" {
		t.Errorf("accepted: %s", f.Text)
	}
}

// Item 2: four forces of the North West have 566 and the published total is 565.
func TestFewerForcesThanAllMayNotExceedATotal(t *testing.T) {
	p := period.OffenceYear(2017)
	made := []returns.Observation{one("ons-north-west", p, returns.Offences, returns.Dims{}, returns.Of(565))}
	for f, n := range map[string]int64{"lancashire": 175, "greater-manchester": 296, "merseyside": 70, "cheshire": 25} {
		made = append(made, one(f, p, returns.Offences, returns.Dims{}, returns.Of(n)))
	}
	s := compile(t, made, Options{Areas: []string{"ons-north-west"}, Periods: []period.Period{p}})
	if len(s.Conflicts) != 1 || !strings.Contains(s.Conflicts[0].Text, "4 of 5 forces already add up to 566") {
		t.Errorf("%+v", s.Conflicts)
	}
	if b, ok := s.GetBlocked("ons-north-west.total.2017-18"); !ok || b.Do == "" {
		t.Error("the total is given")
	}
}

func TestTheYoungestVictimIsShownOfACountryOnly(t *testing.T) {
	p := period.FinancialYear(2018)
	made := []returns.Observation{one("kent", p, returns.Youngest, returns.Dims{}, returns.Of(7)), one("ons-south-east", p, returns.Youngest, returns.Dims{}, returns.Of(6)), one("england-and-wales", p, returns.Youngest, returns.Dims{}, returns.Of(5))}
	s := compile(t, made, Options{Periods: []period.Period{p}, Areas: []string{"ons-south-east", "england-and-wales"}})
	if f := get(t, s, "england-and-wales.youngest"); f.Text != "5" || f.Unit != "years" {
		t.Errorf("%s %s", f.Text, f.Unit)
	}
	if len(s.Figures) != 1 || len(s.Hidden) != 2 {
		t.Errorf("%+v", s.Hidden)
	}
}

func TestAContradictionStatesNoHiddenCount(t *testing.T) {
	p := period.FinancialYear(2018)
	made := []returns.Observation{one("kent", p, returns.Victims, returns.Dims{Age: "0-11"}, returns.Of(3)), one("kent", p, returns.Victims, returns.Dims{Age: "0-11"}, returns.Of(14)), one("kent", p, returns.Youngest, returns.Dims{}, returns.Of(7)), one("kent", p, returns.Youngest, returns.Dims{}, returns.Of(11))}
	s := compile(t, made, Options{Periods: []period.Period{p}})
	if len(s.Conflicts) != 2 {
		t.Fatalf("%+v", s.Conflicts)
	}
	for _, c := range s.Conflicts {
		if len(c.Sides[0].Cells) == 0 || strings.Contains(c.Text, "against") {
			t.Errorf("%+v", c)
		}
		for _, o := range c.Sides {
			if o.Value.Given() && o.Value.Kind != returns.Suppressed || o.Value.Low != 0 {
				t.Errorf("%s: %+v", c.ID, o.Value)
			}
		}
	}
}

func TestTwoSourcesAreNotCompared(t *testing.T) {
	a, b := one("sussex", period.FinancialYear(2018), returns.Offences, returns.Dims{}, returns.Of(76)), one("sussex", period.FinancialYear(2019), returns.Offences, returns.Dims{}, returns.Of(145))
	a.Series, b.Series = "nspcc-scc-2024-11", "force-foi-scc"
	o := Options{Periods: years(2018, 2019)}
	if f, ok := compile(t, []returns.Observation{a, b}, o).GetBlocked("sussex.change"); !ok || f.Gates[3].Name != "same_source" || f.Gates[3].Passed {
		t.Errorf("%+v", f)
	}
	b.Series = "nspcc-scc-2025-11"
	if f := get(t, compile(t, []returns.Observation{a, b}, o), "sussex.change"); !caveat(f, "two_releases") {
		t.Errorf("%+v", f.Caveats)
	}
}

// T10: a calendar year of class 88A is no partner of a financial year of s.15A.
func TestT10TwoOffencesAreNotPaired(t *testing.T) {
	grooming := one("south-wales", period.FinancialYear(2018), returns.Offences, returns.Dims{}, returns.Of(157))
	grooming.Offence = "ho-88a"
	s := compile(t, []returns.Observation{grooming, one("south-wales", period.FinancialYear(2019), returns.Offences, returns.Dims{}, returns.Of(140))}, Options{Periods: years(2018, 2019)})
	if _, ok := s.Get("south-wales.change"); ok || len(s.Conflicts) > 0 {
		t.Error("class 88A and s.15A are compared")
	}
}

func TestAreasNameTheirSetAndTheSilent(t *testing.T) {
	p := period.FinancialYear(2019)
	s := compile(t, []returns.Observation{one("kent", p, returns.Offences, returns.Dims{}, returns.Of(176)), one("surrey", p, returns.Offences, returns.Dims{}, returns.Of(67))}, Options{Periods: []period.Period{p}, Areas: []string{"press-south-east"}})
	f := get(t, s, "press-south-east.total")
	if !caveat(f, "area_set") || !caveat(f, "silent") || f.Text != "at least 243" {
		t.Errorf("%s %+v", f.Text, f.Caveats)
	}
	if i := slices.IndexFunc(f.Caveats, func(c Caveat) bool { return c.ID == "silent" }); !strings.Contains(f.Caveats[i].Text, "Sussex Police") {
		t.Errorf("%+v", f.Caveats[i])
	}
}

// rates are constructed counts with a population each.
func rates(t *testing.T, counts []int64) *Set {
	t.Helper()
	p := period.FinancialYear(2018)
	o := Options{Periods: []period.Period{p}, Areas: []string{"ons-north-east"}}
	var made []returns.Observation
	for i, f := range append([]string{"cleveland", "durham", "northumbria"}, "dorset", "essex", "surrey", "sussex", "suffolk")[:len(counts)] {
		made = append(made, one(f, p, returns.Offences, returns.Dims{}, returns.Of(counts[i])))
		o.Population = append(o.Population, Population{Of: f, Year: 2018, Children: 100_000, Source: "constructed"})
	}
	return compile(t, made, o)
}

func TestRatesHaveExactIntervals(t *testing.T) {
	s := rates(t, []int64{10, 40, 50})
	f := get(t, s, "cleveland.rate")
	if f.Text != "10.0 per 100,000 children under 16" || math.Abs(f.Spread.Low-4.795) > 0.001 || math.Abs(f.Spread.High-18.390) > 0.001 || !caveat(f, "no_league_table") {
		t.Errorf("%s %+v", f.Text, f.Spread)
	}
	if f := get(t, s, "ons-north-east.rate"); f.Text != "33.3 per 100,000 children under 16" {
		t.Errorf("%s", f.Text)
	}
}

func TestAFunnelHasForcesOnlyAndWidensWithTheirVariance(t *testing.T) {
	if _, ok := FunnelOf(rates(t, []int64{10, 40, 50, 30}), period.FinancialYear(2018)); ok {
		t.Error("four forces make a funnel: the region counts as one")
	}
	even, ok := FunnelOf(rates(t, []int64{50, 52, 48, 51, 49, 50, 53, 47}), period.FinancialYear(2018))
	if !ok || len(even.Points) != 8 || even.Tau2 != 0 {
		t.Fatalf("%+v", even)
	}
	// Poisson limits of 50 at 95 per cent: 50 -+ 1.96 root 50.
	if low, high := even.Limits(100_000, 0.95); math.Abs(low-36.14) > 0.01 || math.Abs(high-63.86) > 0.01 {
		t.Errorf("%.2f to %.2f", low, high)
	}
	uneven, _ := FunnelOf(rates(t, []int64{10, 90, 20, 80, 30, 70, 45, 55}), period.FinancialYear(2018))
	// By hand: z = (x - 50) / root 50; nothing is cut at a tenth of 8; the squares
	// add up to (2(1600+900+400+25)) / 50 = 117; tau2 = (117 - 7) / (8 - 1) x 50.
	if want := (117.0 - 7) / 7 * 50; math.Abs(uneven.Tau2-want) > 1e-6 {
		t.Errorf("%f, want %f", uneven.Tau2, want)
	}
	if slices.ContainsFunc(uneven.Points, func(p FunnelPoint) bool { return p.Outside > 0 }) {
		t.Errorf("a force lies outside limits that its variance made: %+v", uneven.Points)
	}
}

func TestSplittingAReturnChangesNoNumber(t *testing.T) {
	made := many(t, 4, 2018, 2019)
	split := slices.Clone(made)
	for i := range split {
		if i%2 == 1 {
			split[i].Cells = []returns.Cell{{File: "second.csv", SHA256: "01", Ref: split[i].Cells[0].Ref}}
		}
	}
	o := Options{Periods: years(2018, 2019), Areas: []string{"england-and-wales"}, Groups: []string{"facebook_owned"}}
	a, b := compile(t, made, o), compile(t, split, o)
	if len(a.Figures) != len(b.Figures) || len(a.Hidden) != len(b.Hidden) || len(a.Blocked) != len(b.Blocked) {
		t.Fatalf("%d and %d figures", len(a.Figures), len(b.Figures))
	}
	for i := range a.Figures {
		if x, y := a.Figures[i], b.Figures[i]; x.ID != y.ID || x.Text != y.Text || x.Formula != y.Formula {
			t.Errorf("%s %s, %s %s", x.ID, x.Text, y.ID, y.Text)
		}
	}
}

func TestALoadedSetHoldsTheRules(t *testing.T) {
	s := compile(t, many(t, 2, 2018, 2018), Options{Periods: years(2018, 2018)})
	good := string(bytesOf(t, s))
	i := slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Kind == Share })
	s.Figures[i].Coverage = nil
	for name, src := range map[string]string{
		"a share without its coverage": string(bytesOf(t, s)),
		"something behind":             good + "{}",
		"an unknown key":               strings.Replace(good, `"version"`, `"versions": 1, "version"`, 1),
	} {
		if _, err := Load(strings.NewReader(src)); err == nil {
			t.Errorf("%s: the set is read", name)
		}
	}
	if _, err := Load(bytes.NewReader([]byte(good))); err != nil {
		t.Error(err)
	}
}
