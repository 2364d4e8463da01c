package returns_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/sqlite"
	"rowan/oversight/returns"
)

// service is a platform with a ledger and the records of its decisions.
type service struct {
	t        testing.TB
	log      *ledger.Log
	key      *ledger.Key
	verifier note.Verifier
	records  map[uint64][][]byte // by the first of a commit
	next     uint64
	at       time.Time
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func newService(t testing.TB, dir, name string) *service {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, name+".db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &service{t: t, records: map[uint64][][]byte{}, next: 1, at: at("2026-06-20 12:00")}
	now := func() time.Time { return s.at }
	s.key, err = ledger.OpenKey(filepath.Join(dir, name+".key"), "chat.example/"+name, ledger.LogKey, now)
	if err != nil {
		t.Fatal(err)
	}
	if s.verifier, err = ledger.NewVerifier(s.key.Verifier()); err != nil {
		t.Fatal(err)
	}
	if s.log, err = ledger.Open(t.Context(), store, ledger.Options{Signer: s.key, Now: now}); err != nil {
		t.Fatal(err)
	}
	return s
}

// entry is a record at a moment.
type entry struct {
	at     time.Time
	record ledger.Record
}

func (s *service) append(entries ...entry) {
	s.t.Helper()
	for _, e := range entries {
		if _, err := s.log.Append(s.t.Context(), e.at, e.record); err != nil {
			s.t.Fatal(err)
		}
	}
}

func leaf(when string, kind ledger.Kind, of, what string, facts ...string) entry {
	r := ledger.Record{Kind: kind, Of: of, What: what}
	for i := 0; i < len(facts); i += 2 {
		if r.Facts == nil {
			r.Facts = map[string]string{}
		}
		r.Facts[facts[i]] = facts[i+1]
	}
	return entry{at(when), r}
}

func (s *service) commit(when string, decisions ...ledger.Decided) entry {
	hashes := []tlog.Hash{}
	first := s.next
	for _, d := range decisions {
		d.Kind, d.V, d.Sequence, d.At = ledger.Decision, 1, s.next, at(when).UnixMilli()
		if d.Level == "" {
			d.Level = "none"
		}
		record := d.Append(nil)
		s.records[first] = append(s.records[first], record)
		hashes = append(hashes, tlog.RecordHash(record))
		s.next++
	}
	return entry{at(when), ledger.Record{Kind: ledger.Commit, Commit: &ledger.Batch{
		Count: int64(len(decisions)), First: first, Last: s.next - 1, Root: ledger.BatchRoot(hashes),
	}}}
}

// Decisions makes a service's memory the source of its records.
func (s *service) Decisions(_ context.Context, b *ledger.Batch, each func([]byte) error) error {
	for _, record := range s.records[b.First] {
		if err := each(record); err != nil {
			return err
		}
	}
	return nil
}

func decided(typ, action string, more ...func(*ledger.Decided)) ledger.Decided {
	d := ledger.Decided{Type: typ, Action: action}
	for _, m := range more {
		m(&d)
	}
	return d
}

func alert(level string) func(*ledger.Decided) {
	return func(d *ledger.Decided) { d.Case, d.Level = true, level }
}

// quarter fills a log with a little of everything, before, in and after 2026-Q3.
func (s *service) quarter() *service {
	const message, proposed = "rowan.message.sent", "rowan.contact.proposed"
	s.append(
		leaf("2026-06-20 12:00", ledger.Start, "", "begun", "after", "0"),
		leaf("2026-06-29 12:00", ledger.Case, "case/1", "alerted"),
		s.commit("2026-06-30 12:00", decided(message, "allow"), decided(proposed, "block")),
		s.commit("2026-07-01 00:00", decided(message, "allow"), decided(proposed, "allow"), decided(proposed, "ask")),
		leaf("2026-07-02 12:00", ledger.Case, "case/1", "claimed", "level", "critical"),
		leaf("2026-07-02 13:00", ledger.Case, "case/1", "revealed", "count", "12", "number", "3"),
		leaf("2026-07-02 13:00", ledger.Case, "case/1", "revealed", "count", "12", "number", "3"), // once more, after a crash
		leaf("2026-07-02 13:00", ledger.Case, "case/1", "revealed", "count", "1", "number", "4"),
		leaf("2026-07-03 12:00", ledger.Case, "case/1", "decided", "waited", "345600000", "measures", "inform,monitor", "harmful", "yes", "rules", "first-contact,moves-on"),
		s.commit("2026-08-01 09:00", decided(message, "hold", alert("high")), decided(proposed, "hold"), decided(message, "inform", alert("critical"))),
		leaf("2026-08-01 09:01", ledger.Case, "case/2", "alerted"),
		leaf("2026-08-01 09:02", ledger.Case, "case/2", "alerted"),
		leaf("2026-08-01 11:01", ledger.Case, "case/2", "proposed"),
		leaf("2026-08-01 12:01", ledger.Case, "case/2", "confirmed", "waited", "10800000", "measures", "report,suspend", "harmful", "yes", "rules", "moves-on"),
		leaf("2026-08-02 10:00", ledger.Report, "case/2", "reported", "report", "nca"),
		leaf("2026-08-03 10:00", ledger.Case, "case/9", "decided", "purpose", "golden", "measures", "suspend", "harmful", "yes", "rules", "moves-on"),
		leaf("2026-08-20 10:00", ledger.Case, "case/3", "alerted"),
		leaf("2026-08-21 10:00", ledger.Case, "case/3", "decided", "waited", "86400000", "measures", "no_action", "harmful", "no", "rules", "first-contact"),
		leaf("2026-09-10 10:00", ledger.Case, "case/1", "appealed", "number", "7"),
		leaf("2026-09-12 10:00", ledger.Case, "case/1", "appeal_decided", "number", "8", "outcome", "reversed"),
		leaf("2026-09-12 10:01", ledger.Case, "case/1", "appealed", "number", "7"), // the same once more
		leaf("2026-09-12 10:01", ledger.Case, "case/1", "appeal_decided", "number", "8", "outcome", "reversed"),
		leaf("2026-09-20 10:00", ledger.Setting, "policy", "changed"),
		leaf("2026-10-01 00:00", ledger.Case, "case/4", "alerted"),
		leaf("2026-10-02 00:00", ledger.Case, "case/3", "appealed"),
		s.commit("2026-10-02 12:00", decided(message, "allow")),
	)
	s.at = at("2026-10-20 12:00")
	return s
}

// said is what a service says besides.
type said struct{}

func (said) Figures(_ context.Context, m *returns.Metric, _ returns.Period) ([]returns.Figure, error) {
	figure := func(c returns.Cohort, v *returns.Value) returns.Figure {
		return returns.Figure{Key: returns.Key{Cohort: c}, Value: v}
	}
	switch m.ID {
	case "accounts":
		return []returns.Figure{
			figure(returns.Cohort{}, returns.Whole(1200)),
			figure(returns.Cohort{Age: returns.Child, Band: "13-15"}, returns.Whole(300)),
			figure(returns.Cohort{Age: returns.UnknownAge}, returns.Whole(900)),
		}, nil
	case "measures.met":
		return []returns.Figure{figure(returns.Cohort{Item: "gb.f1-e"}, returns.Part(298, 300))}, nil
	}
	return nil, nil
}

func period(t testing.TB, name string) returns.Period {
	t.Helper()
	p, err := returns.ParsePeriod(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func catalogue(t testing.TB) *returns.Catalogue {
	t.Helper()
	c, err := returns.DefaultCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *service) draft(change ...func(*returns.Draft)) *returns.Draft {
	s.t.Helper()
	c := catalogue(s.t)
	template, err := returns.DefaultTemplate("ofcom", c)
	if err != nil {
		s.t.Fatal(err)
	}
	d := &returns.Draft{
		Service: "chat", Template: template, Catalogue: c, Period: period(s.t, "2026-Q3"), Rulebook: "gb 1", Now: s.at,
		Log: s.log, Records: s, Word: said{}, Answers: map[string]string{"unmet": "One measure was not met for two accounts until 3 July."},
	}
	for _, f := range change {
		f(d)
	}
	return d
}

func (s *service) compile(change ...func(*returns.Draft)) *returns.Return {
	s.t.Helper()
	r, err := s.draft(change...).Compile(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *service) sign(r *returns.Return, enter ledger.Appender) *returns.Signed {
	s.t.Helper()
	signed, err := returns.Sign(s.t.Context(), r, s.log, s.key, enter)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

func (s *service) verify(signed *returns.Signed, change ...func(*returns.Keys, *returns.Evidence)) *returns.Verdict {
	s.t.Helper()
	k, e := returns.Keys{Log: s.verifier}, returns.Evidence{Log: s.log, Records: s, Catalogue: catalogue(s.t)}
	for _, f := range change {
		f(&k, &e)
	}
	v, err := returns.Verify(s.t.Context(), signed, k, e)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func wantOK(t testing.TB, v *returns.Verdict) {
	t.Helper()
	for _, f := range v.Findings {
		t.Errorf("%s: %s", f.Code, f)
	}
}

// wantFinding wants a finding of a code whose text holds some words.
func wantFinding(t testing.TB, v *returns.Verdict, code returns.Code, words string) {
	t.Helper()
	for _, f := range v.Findings {
		if f.Code == code && strings.Contains(f.Text, words) {
			return
		}
	}
	t.Errorf("nothing of the kind %s says %q; found is %v", code, words, v.Findings)
}

func value(t testing.TB, r *returns.Return, metric, item string) *returns.Value {
	t.Helper()
	for i := range r.Figures {
		if f := &r.Figures[i]; f.Metric == metric && f.Cohort.Item == item {
			return f.Value
		}
	}
	t.Errorf("there is no figure %s of %q", metric, item)
	return nil
}
