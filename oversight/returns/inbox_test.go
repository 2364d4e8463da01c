package returns_test

import (
	"slices"
	"testing"
	"time"

	"rowan/oversight/returns"
	"rowan/refusal"
)

func (s *service) owed() *returns.Expected {
	return &returns.Expected{Service: "chat", Template: *s.draft().Template, Log: s.key.Name(), From: at("2026-04-01 00:00")}
}

func TestTheInboxTakesWhatIsOwedOnce(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	good := s.sign(s.compile(), s.log)
	digest, err := good.Return.Digest()
	if err != nil {
		t.Fatal(err)
	}
	received := at("2026-11-29 10:00") // late from 30 November on
	verdict := s.verify(good)
	take := func(before []returns.Received, signed *returns.Signed, v *returns.Verdict, when time.Time) (returns.Received, bool, error) {
		return returns.Accept(s.owed(), before, []byte("document"), signed, v, when)
	}
	first, again, err := take(nil, good, verdict, received)
	if err != nil || again || first.Late || first.Version != 1 || first.Digest != digest {
		t.Fatalf("%+v, %v, %v", first, again, err)
	}
	if late, _, err := take(nil, good, verdict, received.AddDate(0, 0, 1)); err != nil || !late.Late {
		t.Errorf("%+v, %v", late, err)
	}
	held := []returns.Received{first}
	if same, again, err := take(held, good, verdict, received.AddDate(0, 1, 0)); err != nil || !again || same.At != received {
		t.Errorf("the same once more: %+v, %v, %v", same, again, err)
	}
	s.at = s.at.Add(time.Hour)
	corrected := s.sign(s.compile(func(d *returns.Draft) { d.Replaces = digest.String() }), nil)
	second, again, err := take(held, corrected, nil, received.Add(time.Hour))
	if err != nil || again || second.Version != 2 {
		t.Fatalf("%+v, %v, %v", second, again, err)
	}

	changed := func(change func(*returns.Return)) *returns.Signed {
		r := *s.compile()
		change(&r)
		return &returns.Signed{Return: r}
	}
	broken := &returns.Verdict{Findings: []returns.Finding{{Code: returns.Differs, Text: "alerts differ"}}}
	for _, tc := range []struct {
		code   string
		before []returns.Received
		signed *returns.Signed
		v      *returns.Verdict
	}{
		{"service", nil, changed(func(r *returns.Return) { r.Service = "other" }), nil},
		{"template", nil, changed(func(r *returns.Return) { r.Version = "2" }), nil},
		{"period", nil, changed(func(r *returns.Return) { r.Period = period(t, "2026-07") }), nil},
		{"period", nil, changed(func(r *returns.Return) { r.Period = period(t, "2026-Q1") }), nil},
		{"partial", nil, changed(func(r *returns.Return) { r.Partial = true }), nil},
		{"future", nil, changed(func(r *returns.Return) { r.Made = received.Add(time.Hour) }), nil},
		{"log", nil, changed(func(r *returns.Return) { r.Log = "chat.example/b" }), nil},
		{"incomplete", nil, changed(func(r *returns.Return) { r.Log, r.Figures = s.key.Name(), r.Figures[7:] }), nil},
		{"incomplete", nil, changed(func(r *returns.Return) { r.Log, r.Answers = s.key.Name(), nil }), nil},
		{"twice", held, changed(func(r *returns.Return) { r.Log, r.Made = s.key.Name(), s.at.Add(time.Minute) }), nil},
		{"stale", nil, corrected, nil},
		{"stale", []returns.Received{second, first}, changed(func(r *returns.Return) {
			r.Log, r.Made, r.Replaces = s.key.Name(), s.at.Add(time.Minute), digest.String()
		}), nil},
		{"broken", nil, good, broken},
	} {
		_, _, err := take(tc.before, tc.signed, tc.v, received)
		if r, ok := refusal.In(err); !ok || r.Code != tc.code {
			t.Errorf("want %s, got %v", tc.code, err)
		}
	}
}

func TestWhatIsOwed(t *testing.T) {
	s := newService(t, t.TempDir(), "a")
	e := s.owed()
	names := func(now string) (out []string) {
		for _, p := range e.Periods(at(now)) {
			out = append(out, p.String())
		}
		return out
	}
	for now, want := range map[string][]string{
		"2026-03-01 00:00": nil,
		"2026-06-30 23:59": nil,
		"2026-07-01 00:00": {"2026-Q2"},
		"2027-01-15 00:00": {"2026-Q2", "2026-Q3", "2026-Q4"},
	} {
		if got := names(now); !slices.Equal(got, want) {
			t.Errorf("at %s: %v, want %v", now, got, want)
		}
	}
	// A duty that begins within a period is first owed for the next, and one that
	// ends leaves the last whole period.
	e.From, e.Until = at("2026-04-02 00:00"), at("2026-12-01 00:00")
	if got := names("2027-06-01 00:00"); !slices.Equal(got, []string{"2026-Q3"}) {
		t.Errorf("%v", got)
	}
}
