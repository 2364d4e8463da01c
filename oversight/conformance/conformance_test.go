package conformance_test

import (
	"bytes"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/statistics/figures"
	spans "rowan/statistics/period"
	crimes "rowan/statistics/returns"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func period(t *testing.T, s string) returns.Period {
	t.Helper()
	p, err := returns.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// history is a service's returns for 2026: on time, late, missing, and corrected.
func history(t *testing.T) *conformance.Evidence {
	t.Helper()
	e := &conformance.Evidence{
		Service:  "chat",
		Expected: []returns.Expected{{Service: "chat", Template: returns.Template{ID: "ofcom", Months: 3, Days: 60}, From: at("2026-01-01")}},
		Returns:  map[returns.Digest]*returns.Return{},
	}
	add := func(name string, version int, when string, met, of, reports int64) {
		p := period(t, name)
		figure := func(metric, item string, v *returns.Value) returns.Figure {
			return returns.Figure{Key: returns.Key{Metric: metric, Definition: 1, Period: p, Cohort: returns.Cohort{Item: item}}, Value: v}
		}
		r := &returns.Return{Service: "chat", Template: "ofcom", Period: p, Figures: []returns.Figure{
			figure("measures.met", "gb.icu-f1-e", returns.Part(met, of)), figure("measures.met", "gb.icu-c1", nil), figure("reports", "", returns.Whole(reports)),
		}}
		got := returns.Received{Service: "chat", Template: "ofcom", Period: p, Version: version, At: at(when), Digest: returns.Digest{byte(len(e.Received) + 1)}}
		e.Received, e.Returns[got.Digest] = append(e.Received, got), r
	}
	add("2026-Q1", 1, "2026-05-29", 90, 100, 0) // late from 31 May on
	add("2026-Q3", 1, "2026-12-04", 80, 100, 0) // late from 30 November on
	add("2026-Q3", 2, "2026-12-10", 100, 100, 0)
	return e
}

func row(t *testing.T, v *conformance.View, name string) *conformance.Row {
	t.Helper()
	for i := range v.Rows {
		if v.Rows[i].Period.String() == name {
			return &v.Rows[i]
		}
	}
	t.Fatalf("there is no row for %s", name)
	return nil
}

func TestReturnsOverTime(t *testing.T) {
	v := conformance.Of(history(t), at("2027-01-15"))
	for name, want := range map[string]struct {
		state    conformance.State
		days     int
		versions int
	}{
		"2026-Q1": {conformance.OnTime, 0, 1},
		"2026-Q2": {conformance.Missing, 139, 0}, // since 30 August
		"2026-Q3": {conformance.Late, 5, 2},
		"2026-Q4": {conformance.NotDue, 0, 0},
	} {
		if r := row(t, v, name); r.State != want.state || r.Days != want.days || r.Versions != want.versions {
			t.Errorf("%s: %s by %d days, %d versions; want %+v", name, r.State, r.Days, r.Versions, want)
		}
	}
	if v.Missing != 1 || v.Late != 1 || v.Rows[0].Period.String() != "2026-Q4" {
		t.Errorf("%d missing, %d late, first %s", v.Missing, v.Late, v.Rows[0].Period)
	}
	r := row(t, v, "2026-Q3")
	if got := r.Measures["gb.icu-f1-e"]; !got.Full() || got.Change != "better" {
		t.Errorf("%+v", got)
	}
	if got := r.Measures["gb.icu-c1"]; got.Full() || got.Change != "" {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(v.Measures, []string{"gb.icu-c1", "gb.icu-f1-e"}) {
		t.Errorf("the measures are %v", v.Measures)
	}
}

func TestWhatContradictsAReturn(t *testing.T) {
	e := history(t)
	observe := func(kind conformance.Kind, measure, when string, count, failed int64) {
		e.Observations = append(e.Observations, conformance.Observation{Service: "chat", Kind: kind, Measure: measure, At: at(when), Count: count, Failed: failed, Source: "probe 7"})
	}
	observe(conformance.TestAccount, "gb.icu-f1-e", "2026-08-01", 3, 1)
	observe(conformance.TestAccount, "gb.icu-f1-e", "2026-08-02", 3, 0) // finds it met
	observe(conformance.UserReports, "gb.icu-f1-e", "2026-09-30", 12, 0)
	observe(conformance.UserReports, "gb.icu-f1-e", "2026-03-31", 12, 0) // the return says itself that it is not met in full
	observe(conformance.TestAccount, "gb.icu-c1", "2026-08-01", 3, 3)    // the return does not say how far it is met
	observe(conformance.TestAccount, "gb.icu-f1-e", "2026-05-01", 3, 3)  // there is no return
	observe(conformance.TestAccount, "gb.other", "2026-08-01", 3, 3)     // nor word on the measure
	e.Observations = append(e.Observations, conformance.Observation{Service: "other", Kind: conformance.TestAccount, Measure: "gb.icu-f1-e", At: at("2026-08-01"), Count: 1, Failed: 1})
	v := conformance.Of(e, at("2027-01-15"))
	var kinds []conformance.Kind
	for _, c := range row(t, v, "2026-Q3").Against {
		kinds = append(kinds, c.Kind)
		if c.Said != "met for all of 100 accounts checked" || len(c.Caveats) == 0 || c.Seen == "" {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(kinds, []conformance.Kind{conformance.TestAccount, conformance.UserReports}) || v.Against != 1 {
		t.Errorf("contradicted by %v, %d rows", kinds, v.Against)
	}
	if len(row(t, v, "2026-Q1").Against) != 0 {
		t.Errorf("%+v", row(t, v, "2026-Q1").Against)
	}
	if len(v.Aside) != 2 {
		t.Errorf("aside are %+v", v.Aside)
	}
}

// published is a release with a count for a service, as package figures writes it.
func published(t *testing.T, low int64, from, to string) []byte {
	t.Helper()
	p := spans.Period{}
	var errs [2]error
	p.Start, errs[0] = spans.ParseDate(from)
	p.End, errs[1] = spans.ParseDate(to)
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	count := figures.Figure{
		ID: "england-and-wales.count.chat." + from, Kind: figures.Count, Of: "england-and-wales", Name: "England and Wales", Measure: crimes.Instances,
		Dims: crimes.Dims{Method: "chat-app"}, Period: p, Low: big.NewRat(low, 1), Unit: "instances", Text: big.NewRat(low, 1).RatString(),
		Coverage: &figures.Coverage{Text: "from 31 of 43 forces"}, Caveats: []figures.Caveat{{ID: "instances", Text: "Instances are not offences."}}, Constructed: true,
	}
	narrow, share, other := count, count, count
	narrow.ID, narrow.Dims.Gender = count.ID+".female", "female"
	share.ID, share.Kind = count.ID+".share", figures.Share
	other.ID, other.Dims.Method = count.ID+".other", "another-app"
	set := figures.Set{Version: 1, Title: "Grooming offences", Figures: []figures.Figure{count, narrow, share, other}}
	var b bytes.Buffer
	if err := set.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRecordedCrimeStandsBesideTheReturns(t *testing.T) {
	services := map[string]string{"chat-app": "chat"}
	read := func(src []byte) []conformance.Crime {
		t.Helper()
		list, err := conformance.ReadRelease(bytes.NewReader(src), services)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	list := read(published(t, 40, "2026-07-01", "2026-09-30"))
	if len(list) != 1 || list[0].Service != "chat" || list[0].Low != 40 || list[0].Coverage != "from 31 of 43 forces" || !list[0].Made {
		t.Fatalf("%+v", list)
	}
	for _, tc := range []struct {
		name, from, to string
		low            int64
		reports        int64
		want           int
	}{
		{"a quarter without any report", "2026-07-01", "2026-09-30", 40, 0, 1},
		{"there were reports", "2026-07-01", "2026-09-30", 40, 3, 0},
		{"none were recorded", "2026-07-01", "2026-09-30", 0, 0, 0},
		{"returns cover a part of it", "2026-01-01", "2026-12-31", 40, 0, 0},
		{"it covers a part of the return's period", "2026-08-01", "2026-08-31", 40, 0, 0},
	} {
		e := history(t)
		for _, r := range e.Returns {
			for i := range r.Figures {
				if r.Figures[i].Metric == "reports" {
					r.Figures[i].Value = returns.Whole(tc.reports)
				}
			}
		}
		e.Crimes = read(published(t, tc.low, tc.from, tc.to))
		r := row(t, conformance.Of(e, at("2027-01-15")), "2026-Q3")
		if len(r.Against) != tc.want || len(r.Crimes) != 1 {
			t.Errorf("%s: %d contradictions, want %d; %d figures", tc.name, len(r.Against), tc.want, len(r.Crimes))
		}
		if tc.want == 0 || len(r.Against) == 0 {
			continue
		}
		c := r.Against[0]
		if all := strings.Join(c.Caveats, " "); !strings.Contains(all, "31 of 43 forces") || !strings.Contains(all, "Instances are not offences") || !strings.Contains(all, "not that the service knew") {
			t.Errorf("the caveats are %s", all)
		}
		if !strings.Contains(c.Seen, "40 instances recorded by England and Wales from 2026-07-01 to 2026-09-30") {
			t.Errorf("seen is %s", c.Seen)
		}
	}
}

func TestWhatIsNoReleaseIsRefused(t *testing.T) {
	for _, src := range []string{"", "{}", `{"version":2,"title":"x"}`, `[1]`, `{"version":1,"title":"x","figures":[{"id":"a","kind":"count","dims":{"method":"chat-app"},"low":"1/3","period":{"start":"2026-01-01","end":"2026-12-31"}}]}`,
		`{"version":1,"title":"x","figures":[{"id":"a","kind":"count","dims":{"method":"chat-app"},"low":"3","period":{"start":"2026","end":"2026-12-31"}}]}`} {
		if _, err := conformance.ReadRelease(strings.NewReader(src), map[string]string{"chat-app": "chat"}); err == nil || !strings.HasPrefix(err.Error(), "release: ") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func FuzzReadRelease(f *testing.F) {
	f.Add([]byte(`{"version":1,"title":"x","figures":[{"id":"a","kind":"count","dims":{"method":"chat-app"},"low":"3","period":{"start":"2026-01-01","end":"2026-12-31"}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		list, err := conformance.ReadRelease(bytes.NewReader(src), map[string]string{"chat-app": "chat"})
		if err != nil {
			return
		}
		e := history(t)
		e.Crimes = list
		for _, r := range conformance.Of(e, at("2027-01-15")).Rows {
			for _, c := range r.Against {
				if len(c.Caveats) < 2 {
					t.Errorf("%+v stands without its caveats", c)
				}
			}
		}
	})
}
