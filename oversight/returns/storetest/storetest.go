// Package storetest is what every store of returns must do.
package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/refusal"
)

func period(t *testing.T, s string) returns.Period {
	t.Helper()
	p, err := returns.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var moment = time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)

// Inbox runs the contract of an inbox's store.
func Inbox(t *testing.T, open func(t *testing.T) returns.InboxStore) {
	received := func(t *testing.T, service, p string, version int) returns.Received {
		return returns.Received{
			Service: service, Template: "ofcom", Period: period(t, p), Version: version, Digest: returns.Digest{byte(version), service[0], p[6]},
			At: moment, Late: version == 2, Document: fmt.Appendf(nil, "%s %s %d", service, p, version),
			Verdict: &returns.Verdict{
				Digest:   returns.Digest{byte(version), service[0], p[6]},
				Findings: []returns.Finding{}, Cosigned: []returns.Cosigned{{Witness: "w", At: moment, Size: 3}}, Words: []string{"a word"},
				Figures: []returns.Checked{{Figure: returns.Figure{Key: returns.Key{Metric: "alerts", Definition: 1, Period: period(t, p)}, Unit: "decisions", Value: returns.Part(1, 2)}, State: returns.Recomputed}},
			},
		}
	}
	t.Run("what is put comes back in order", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		for _, r := range []returns.Received{received(t, "chat", "2026-Q3", 2), received(t, "other", "2026-Q3", 1), received(t, "chat", "2026-Q3", 1), received(t, "chat", "2026-Q2", 1)} {
			if err := s.Put(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		for f, want := range map[returns.Filter][]returns.Received{
			{}:                  {received(t, "chat", "2026-Q2", 1), received(t, "chat", "2026-Q3", 1), received(t, "chat", "2026-Q3", 2), received(t, "other", "2026-Q3", 1)},
			{Service: "other"}:  {received(t, "other", "2026-Q3", 1)},
			{Template: "dsa"}:   nil,
			{Period: "2026-Q2"}: {received(t, "chat", "2026-Q2", 1)},
			{Service: "chat", Template: "ofcom", Period: "2026-Q3"}: {received(t, "chat", "2026-Q3", 1), received(t, "chat", "2026-Q3", 2)},
		} {
			got, err := s.List(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				want[i].Document, want[i].Verdict = nil, nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %+v\nwant %+v", f, got, want)
			}
		}
		r := received(t, "chat", "2026-Q2", 1)
		if got, err := s.Get(ctx, r.Digest); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Get(ctx, returns.Digest{99}); !errors.Is(err, returns.ErrNotFound) {
			t.Errorf("a document that there is not: %v", err)
		}
	})
	t.Run("what the newest returns state can be compared", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		stating := func(service, p string, version int, form string, figures ...returns.Checked) returns.Received {
			r := received(t, service, p, version)
			r.Verdict.Figures, r.Document = figures, fmt.Appendf(nil, `{"return":{"version":%q}}`, form)
			return r
		}
		figure := func(metric, item, p string, v *returns.Value) returns.Checked {
			return returns.Checked{Figure: returns.Figure{Key: returns.Key{Metric: metric, Definition: 2, Period: period(t, p), Cohort: returns.Cohort{Item: item}}, Value: v}, State: returns.Claimed}
		}
		apart := figure("met", "j1", "2026-Q3", returns.Part(1, 2))
		apart.Cohort.Age = returns.Child
		for _, r := range []returns.Received{
			stating("chat", "2026-Q3", 2, "5", figure("met", "j1", "2026-Q3", returns.Part(7, 9)), figure("met", "j2", "2026-Q3", nil), apart),
			stating("chat", "2026-Q3", 1, "4", figure("met", "j1", "2026-Q3", returns.Part(0, 9)), figure("met", "j3", "2026-Q3", returns.Part(1, 2))), // older, though it is put later
			stating("chat", "2026-Q2", 1, "4", figure("met", "j1", "2026-Q2", returns.Part(3, 9)), figure("met", "j1", "2026-Q1", returns.Part(4, 9))),
			stating("other", "2026-Q3", 1, "5", figure("met", "j1", "2026-Q3", returns.Whole(4)), figure("met", "", "2026-Q3", returns.Part(1, 2))),
			received(t, "third", "2026-Q3", 1), // its document is no JSON
		} {
			if err := s.Put(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		want := returns.Stated{Service: "chat", Template: "ofcom", Form: "5", Period: period(t, "2026-Q3"), Metric: "met", Item: "j1", Definition: 2, Value: returns.Part(7, 9), State: returns.Claimed}
		if got, err := s.Shares(ctx, "met", "j1", want.Period); err != nil || !reflect.DeepEqual(got, []returns.Stated{want}) {
			t.Errorf("%+v, %v", got, err)
		}
		want.Item, want.Value = "j2", nil
		if got, err := s.Shares(ctx, "met", "j2", want.Period); err != nil || !reflect.DeepEqual(got, []returns.Stated{want}) {
			t.Errorf("what is not held: %+v, %v", got, err)
		}
		if got, err := s.Shares(ctx, "met", "j3", want.Period); err != nil || len(got) != 0 {
			t.Errorf("what the newest return leaves out: %+v, %v", got, err)
		}
		var names []string
		list, err := s.Stated(ctx, "met")
		for _, x := range list {
			names = append(names, x.Item+" "+x.Period.String()+" "+x.Template)
		}
		if err != nil || !reflect.DeepEqual(names, []string{"j1 2026-Q2 ofcom", "j1 2026-Q3 ofcom", "j2 2026-Q3 ofcom"}) {
			t.Errorf("%q, %v", names, err)
		}
	})
	t.Run("a form never changes", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		at := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
		second, first := returns.Form{ID: "b", Source: "id: b", By: "p-1", At: at}, returns.Form{ID: "a", Source: "id: a", By: "p-1", At: at}
		for _, f := range []returns.Form{second, first, first} {
			if err := s.PutForm(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		changed := first
		changed.Source = "id: a\nversion: 2"
		if err := s.PutForm(ctx, changed); !errors.Is(err, returns.ErrFormTaken) {
			t.Errorf("another of the same id: %v", err)
		}
		if got, err := s.Forms(ctx); err != nil || !reflect.DeepEqual(got, []returns.Form{first, second}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a version stands once", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		first, other := received(t, "chat", "2026-Q3", 1), received(t, "chat", "2026-Q3", 1)
		other.Digest = returns.Digest{77}
		if err := s.Put(ctx, first); err != nil {
			t.Fatal(err)
		}
		for _, r := range []returns.Received{first, other} {
			if no, ok := refusal.In(s.Put(ctx, r)); !ok || no.Code != "twice" {
				t.Errorf("put twice: %v", no)
			}
		}
		if list, err := s.List(ctx, returns.Filter{}); err != nil || len(list) != 1 {
			t.Errorf("%d returns, %v", len(list), err)
		}
	})
	t.Run("the newest duty stands", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		duty := func(service, template, key string) returns.Duty {
			return returns.Duty{Service: service, Template: template, Key: key, From: moment, By: "p1", At: moment}
		}
		for _, d := range []returns.Duty{duty("chat", "ofcom", "k1"), duty("chat", "dsa", "k1"), duty("chat", "ofcom", "k2"), duty("a", "ofcom", "k3")} {
			if err := s.PutDuty(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		for service, want := range map[string][]returns.Duty{
			"":      {duty("a", "ofcom", "k3"), duty("chat", "dsa", "k1"), duty("chat", "ofcom", "k2")},
			"chat":  {duty("chat", "dsa", "k1"), duty("chat", "ofcom", "k2")},
			"other": nil,
		} {
			if got, err := s.Duties(ctx, service); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, %v", service, got, err)
			}
		}
	})
	t.Run("what was refused is noted", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		for i := range 4 {
			a := returns.Attempt{Service: "chat", At: moment.Add(time.Duration(i) * time.Second), Digest: fmt.Sprint(i), Refusal: refusal.Refusal{Code: "form", Text: "not a return"}}
			if i == 3 {
				a.Service = "other"
			}
			if err := s.Refused(ctx, a); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Attempts(ctx, "chat", 2)
		if err != nil || len(got) != 2 || got[0].Digest != "2" || got[1].Digest != "1" || got[0].Text != "not a return" || !got[0].At.Equal(moment.Add(2*time.Second)) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// Figures runs the contract of a metric store.
func Figures(t *testing.T, open func(t *testing.T) returns.FigureStore) {
	figure := func(metric string, definition int, p string, c returns.Cohort, v *returns.Value) returns.Figure {
		f := returns.Figure{Key: returns.Key{Metric: metric, Definition: definition, Period: period(t, p), Cohort: c}, Unit: "accounts", Value: v}
		if v == nil {
			f.Why = "not kept"
		}
		return f
	}
	t.Run("there is one value for each key, the newest", func(t *testing.T) {
		ctx, s := t.Context(), open(t)
		child, adult := returns.Cohort{Region: "gb", Age: returns.Child, Band: "13-15"}, returns.Cohort{Region: "gb", Age: returns.Adult}
		first := []returns.Figure{
			figure("accounts", 1, "2026-Q3", returns.Cohort{}, returns.Whole(9)), figure("accounts", 1, "2026-Q3", child, returns.Whole(3)),
			figure("accounts", 1, "2026-Q3", adult, nil), figure("accounts", 1, "2026-Q2", child, returns.Whole(2)),
			figure("accounts", 2, "2026-Q3", child, returns.Part(1, 4)), figure("alerts", 1, "2026-Q3", returns.Cohort{Item: "high"}, returns.Whole(7)),
		}
		if err := s.Put(ctx, moment, first); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(ctx, moment.Add(time.Hour), []returns.Figure{figure("accounts", 1, "2026-Q3", child, returns.Whole(4))}); err != nil {
			t.Fatal(err)
		}
		keys := func(metric string, definition int, p returns.Period) (out []string) {
			list, err := s.Figures(ctx, metric, definition, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				out = append(out, fmt.Sprintf("%s = %s at %s", k.Key, k.Value, k.Made.Format("15:04")))
			}
			return out
		}
		for _, tc := range []struct {
			metric     string
			definition int
			p          returns.Period
			want       []string
		}{
			{"accounts", 1, period(t, "2026-Q3"), []string{
				"accounts (definition 1, 2026-Q3, all) = 9 at 12:00", "accounts (definition 1, 2026-Q3, gb, adult) = not held at 12:00",
				"accounts (definition 1, 2026-Q3, gb, child, 13-15) = 4 at 13:00",
			}},
			{"accounts", 2, returns.Period{}, []string{"accounts (definition 2, 2026-Q3, gb, child, 13-15) = 1 of 4 at 12:00"}},
			{"alerts", 0, returns.Period{}, []string{"alerts (definition 1, 2026-Q3, high) = 7 at 12:00"}},
			{"nothing", 0, returns.Period{}, nil},
		} {
			if got := keys(tc.metric, tc.definition, tc.p); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s: %q, want %q", tc.metric, got, tc.want)
			}
		}
		if all, err := s.Figures(ctx, "accounts", 0, returns.Period{}); err != nil || len(all) != 5 || all[0].Period.String() != "2026-Q2" {
			t.Errorf("%d figures, %v", len(all), err)
		}
	})
}

// Observations runs the contract of a store of observations.
func Observations(t *testing.T, open func(t *testing.T) conformance.Observations) {
	ctx, s := t.Context(), open(t)
	for i, service := range []string{"chat", "other", "chat"} {
		o := conformance.Observation{Service: service, Kind: conformance.TestAccount, Measure: "gb.icu-f1-e", At: moment, Count: 3, Failed: int64(i), Source: "probe"}
		got, err := s.Observe(ctx, o)
		if o.ID = int64(i + 1); err != nil || got != o {
			t.Errorf("%+v, %v", got, err)
		}
	}
	got, err := s.Observed(ctx, "chat")
	if err != nil || len(got) != 2 || got[0].ID != 1 || got[1].Failed != 2 || !got[1].At.Equal(moment) {
		t.Errorf("%+v, %v", got, err)
	}
	if all, err := s.Observed(ctx, ""); err != nil || len(all) != 3 || all[1].Service != "other" {
		t.Errorf("all: %+v, %v", all, err)
	}
}
