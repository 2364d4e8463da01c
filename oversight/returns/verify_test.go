package returns_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"rowan/ledger"
	"rowan/ledger/tiles"
	"rowan/oversight/returns"
)

func TestFiguresAreThoseOfThePeriodsLeaves(t *testing.T) {
	r := newService(t, t.TempDir(), "a").quarter().compile()
	hour := time.Hour.Milliseconds()
	for _, tc := range []struct {
		metric, item string
		want         *returns.Value
	}{
		{"decisions", "", returns.Whole(6)},
		{"contacts.proposed", "", returns.Whole(3)},
		{"contacts.asked", "", returns.Whole(1)},
		{"contacts.refused", "", returns.Whole(1)},
		{"alerts", "", returns.Whole(2)},
		{"alerts.by-level", "critical", returns.Whole(1)},
		{"cases.alerted", "", returns.Whole(2)},
		{"cases.taken", "", returns.Whole(1)},
		{"cases.decided", "", returns.Whole(3)},
		// Of four days, three hours and a day.
		{"cases.decision-time", "", returns.Whole(24 * hour)},
		{"measures.taken", "", returns.Whole(3)},
		{"measures.taken", "suspend", returns.Whole(1)},
		{"measures.taken", "monitor", returns.Whole(1)},
		{"appeals", "", returns.Whole(1)},
		{"appeals.outcome", "reversed", returns.Whole(1)},
		{"appeals.decision-time", "", returns.Whole(48 * hour)},
		{"rules.precision", "", returns.Part(2, 3)},
		{"rules.precision", "first-contact", returns.Part(1, 2)},
		{"rules.precision", "moves-on", returns.Part(2, 2)},
		{"reports", "nca", returns.Whole(1)},
		{"reviewers.cases", "", returns.Whole(1)},
		{"reviewers.grave", "", returns.Whole(1)},
		{"reviewers.lines", "", returns.Whole(13)},
		{"settings.changed", "", returns.Whole(1)},
		{"deletions", "", returns.Whole(0)},
		{"measures.met", "gb.f1-e", returns.Part(298, 300)},
		{"reviewers.days-over", "", nil},
	} {
		if got := value(t, r, tc.metric, tc.item); !got.Equal(tc.want) {
			t.Errorf("%s of %q is %s, want %s", tc.metric, tc.item, got, tc.want)
		}
	}
	if s := r.Spans[0]; s.First != 3 || s.End != 23 || r.Partial {
		t.Errorf("the span is %d to %d, partial %v", s.First, s.End, r.Partial)
	}
}

func TestAReturnVerifies(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	signed := s.sign(s.compile(), s.log)
	src, err := signed.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if signed, err = returns.Parse(src); err != nil {
		t.Fatal(err)
	}
	v := s.verify(signed)
	wantOK(t, v)
	states := map[returns.State]int{}
	for _, f := range v.Figures {
		states[f.State]++
	}
	if states[returns.Recomputed] < 25 || states[returns.Claimed] != 4 || states[returns.Absent] != 1 || states[returns.Unchecked] != 0 {
		t.Errorf("figures stand as %v", states)
	}
	// Without records of decisions, figures that rest on them stay open.
	v = s.verify(signed, func(_ *returns.Keys, e *returns.Evidence) { e.Records = nil })
	wantOK(t, v)
	for _, f := range v.Figures {
		if f.Query == nil {
			continue
		}
		if open := f.Query.Over == returns.Decisions; open != (f.State == returns.Unchecked) {
			t.Errorf("%s is %s", f.Key, f.State)
		}
	}
	// Without the log only signature and proofs are checked.
	v = s.verify(signed, func(_ *returns.Keys, e *returns.Evidence) { e.Log = nil })
	wantOK(t, v)
	for _, f := range v.Figures {
		if f.State == returns.Recomputed || f.State == returns.Broken {
			t.Errorf("%s is %s without a log", f.Key, f.State)
		}
	}
}

func TestAReturnVerifiesAgainstALogInFiles(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	signed := s.sign(s.compile(), s.log)
	dir := t.TempDir()
	export := func(checkpoint []byte, size int64) {
		if err := tiles.Write(t.Context(), dir, s.log, size, checkpoint, nil); err != nil {
			t.Fatal(err)
		}
	}
	export([]byte(signed.Checkpoint), s.log.Size())
	files := func(_ *returns.Keys, e *returns.Evidence) {
		d, err := returns.OpenDirectory(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		e.Log = d
	}
	wantOK(t, s.verify(signed, files))

	path := filepath.Join(dir, filepath.FromSlash(tiles.Path(-1, 0, int(s.log.Size()))))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(whole, []byte(`"count":"12"`), []byte(`"count":"11"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	v := s.verify(signed, files)
	wantFinding(t, v, returns.OtherLog, "leaf 5: it was changed")
	if err := os.WriteFile(path, whole[:len(whole)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	wantFinding(t, s.verify(signed, files), returns.OtherLog, "is missing")

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	export(ledgerPrefix(t, s, 10), 10)
	wantFinding(t, s.verify(signed, files), returns.Truncated, "the log given has 10 leaves")
}

// ledgerPrefix is a checkpoint of the first leaves of a service's log.
func ledgerPrefix(t *testing.T, s *service, size int64) []byte {
	t.Helper()
	root, err := s.log.Root(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	c := ledger.Checkpoint{Origin: s.key.Name(), Tree: tlog.Tree{N: size, Hash: root}}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, s.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// cut is the beginning of a log.
type cut struct {
	returns.Reader
	n int64
}

func (c cut) Read(ctx context.Context, from, to int64, each func(int64, ledger.Leaf) error) error {
	return c.Reader.Read(ctx, from, min(to, c.n), each)
}

func TestWhatWasDoneToAReturnIsFound(t *testing.T) {
	dir := t.TempDir()
	s := newService(t, dir, "a").quarter()
	good := s.sign(s.compile(), s.log)
	src, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	other := newService(t, dir, "b")
	other.append(leaf("2026-06-01 12:00", ledger.Setting, "policy", "changed"))
	other.quarter()
	again := func() *returns.Signed {
		signed, err := returns.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	t.Run("a figure was changed afterwards", func(t *testing.T) {
		signed := again()
		signed.Return.Figures[4].Value = returns.Whole(1)
		v := s.verify(signed)
		wantFinding(t, v, returns.Forged, "changed afterwards")
		wantFinding(t, v, returns.Differs, "the return says 1, the log gives 6")
	})
	t.Run("a figure is false and signed", func(t *testing.T) {
		r := s.compile()
		for i := range r.Figures {
			if r.Figures[i].Metric == "alerts" {
				r.Figures[i].Value = returns.Whole(1)
			}
		}
		v := s.verify(s.sign(r, nil))
		wantFinding(t, v, returns.Differs, "alerts (definition 1, 2026-Q3, all): the return says 1, the log gives 2")
		if len(v.Findings) != 2 { // and another return is entered in the log
			t.Errorf("found is %v", v.Findings)
		}
	})
	t.Run("a part of a figure is left out", func(t *testing.T) {
		r := s.compile()
		for i := range r.Figures {
			if r.Figures[i].Cohort.Item == "suspend" {
				r.Figures = append(r.Figures[:i], r.Figures[i+1:]...)
				break
			}
		}
		wantFinding(t, s.verify(s.sign(r, nil)), returns.Differs, "suspend) is left out; the log gives 1")
	})
	t.Run("a figure is counted in another way than its definition says", func(t *testing.T) {
		r := s.compile()
		for i := range r.Figures {
			if r.Figures[i].Metric == "alerts" {
				r.Figures[i].Query = &returns.Query{Over: returns.Decisions, Take: returns.Count, Case: true, Levels: []string{"critical"}}
				r.Figures[i].Value = returns.Whole(1)
			}
		}
		wantFinding(t, s.verify(s.sign(r, nil)), returns.Differs, "is not counted as the definition 1 of alerts says")
	})
	t.Run("the key is another's", func(t *testing.T) {
		wantFinding(t, s.verify(again(), func(k *returns.Keys, _ *returns.Evidence) { k.Log = other.verifier }), returns.Forged, `the key given is that of "chat.example/b"`)
	})
	t.Run("somebody else signed in the log's name", func(t *testing.T) {
		forged := newService(t, t.TempDir(), "a").quarter()
		signed := forged.sign(forged.compile(), forged.log)
		v := s.verify(signed)
		wantFinding(t, v, returns.Forged, "has not signed the return")
		wantFinding(t, v, returns.Unlogged, "no verifiable signatures")
	})
	t.Run("the log given is another one", func(t *testing.T) {
		wantFinding(t, s.verify(again(), func(_ *returns.Keys, e *returns.Evidence) { e.Log = other.log }), returns.OtherLog, "are not those that the return rests on")
	})
	t.Run("the log given was cut off", func(t *testing.T) {
		v := s.verify(again(), func(_ *returns.Keys, e *returns.Evidence) { e.Log = cut{s.log, 12} })
		wantFinding(t, v, returns.Truncated, "the log given has 12 leaves; the return rests on 26")
	})
	t.Run("the span leaves out the first leaf", func(t *testing.T) {
		r := s.compile()
		wrong := r.Spans[0]
		wrong.First++
		r.Spans[0] = reproved(t, s, wrong, r.Size)
		wantFinding(t, s.verify(s.sign(r, nil)), returns.Misplaced, "leaf 3, of 2026-07-01T00:00:00Z, must be in it: true; it is: false")
	})
	t.Run("the span takes a leaf of the next quarter", func(t *testing.T) {
		r := s.compile()
		wrong := r.Spans[0]
		wrong.End++
		r.Spans[0] = reproved(t, s, wrong, r.Size)
		wantFinding(t, s.verify(s.sign(r, nil)), returns.Misplaced, "leaf 23, of 2026-10-01T00:00:00Z, must be in it: false")
	})
	t.Run("the span's leaves are not shown", func(t *testing.T) {
		r := s.compile()
		r.Spans[0].Edges = r.Spans[0].Edges[1:]
		wantFinding(t, s.verify(s.sign(r, nil)), returns.Misplaced, "3 leaves at its borders are shown, of 4")
	})
	t.Run("the entry is another return's", func(t *testing.T) {
		signed, corrected := again(), s.compile(func(d *returns.Draft) { d.Service = "other" })
		signed.Entry = s.sign(corrected, s.log).Entry
		wantFinding(t, s.verify(signed), returns.Unproven, "the entry's proof is for a tree")
	})
	t.Run("records of decisions were changed", func(t *testing.T) {
		v := s.verify(again(), func(_ *returns.Keys, e *returns.Evidence) { e.Records = changed{s} })
		wantFinding(t, v, returns.BadRecords, "are not those in the ledger")
	})
	t.Run("records of decisions end early", func(t *testing.T) {
		v := s.verify(again(), func(_ *returns.Keys, e *returns.Evidence) {
			f, err := returns.OpenRecords(bytes.NewReader(bytes.Join(s.records[3][:2], []byte("\n"))))
			if err != nil {
				t.Fatal(err)
			}
			e.Records = f
		})
		wantFinding(t, v, returns.BadRecords, "end after line 2")
	})
}

// reproved is a span that was moved, with proofs that hold.
func reproved(t *testing.T, s *service, span returns.Span, size int64) returns.Span {
	t.Helper()
	ctx := t.Context()
	var errs [4]error
	span.Start, errs[0] = s.log.Root(ctx, span.First)
	span.Stop, errs[1] = s.log.Root(ctx, span.End)
	span.Began, errs[2] = s.log.Consistency(ctx, span.First, size)
	span.Ended, errs[3] = s.log.Consistency(ctx, span.End, size)
	span.Edges = nil
	for _, at := range []int64{span.First - 1, span.First, span.End - 1, span.End} {
		body, err := s.log.Leaf(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		in, err := s.log.Inclusion(ctx, at, size)
		if err != nil {
			t.Fatal(err)
		}
		span.Edges = append(span.Edges, returns.Edge{Leaf: string(body), Inclusion: in})
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return span
}

// changed are records in which one alert less was raised.
type changed struct{ *service }

func (c changed) Decisions(ctx context.Context, b *ledger.Batch, each func([]byte) error) error {
	return c.service.Decisions(ctx, b, func(r []byte) error {
		return each(bytes.Replace(r, []byte(`"case":true,`), nil, 1))
	})
}

func TestAReturnForAPeriodTwiceIsFound(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	first := s.sign(s.compile(), s.log)
	newest, err := first.Return.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s.at = s.at.Add(time.Hour)
	corrected := s.sign(s.compile(func(d *returns.Draft) { d.Replaces = newest.String() }), s.log)
	wantOK(t, s.verify(corrected))
	v := s.verify(first)
	wantOK(t, v)
	if got := strings.Join(v.Words, "\n"); !strings.Contains(got, "has corrected this return since") {
		t.Errorf("the words are %s", got)
	}
	s.at = s.at.Add(time.Hour)
	if newest, err = corrected.Return.Digest(); err != nil {
		t.Fatal(err)
	}
	if _, err := returns.Sign(t.Context(), s.compile(), s.log, s.key, s.log); !errors.Is(err, returns.ErrTwice) || !strings.Contains(err.Error(), newest.String()) {
		t.Errorf("a second return: %v", err)
	}
	// A platform that enters one all the same.
	second := s.sign(s.compile(), nil)
	other, err := second.Return.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s.append(leaf(s.at.Format("2006-01-02 15:04"), ledger.Return, "return/ofcom/2026-Q3", "made", "digest", other.String(), "service", "chat"))
	wantFinding(t, s.verify(second), returns.Twice, "the log holds two returns for ofcom of 2026-Q3")
	s.at = s.at.Add(time.Hour)
	wantFinding(t, s.verify(s.sign(s.compile(), nil)), returns.Twice, "and not this one")
}

func TestWitnessesMustHaveSeenThePeriod(t *testing.T) {
	dir := t.TempDir()
	s := newService(t, dir, "a").quarter()
	now := func() time.Time { return s.at }
	var keys []*ledger.Key
	var verifiers []note.Verifier
	for _, name := range []string{"w1", "w2"} {
		k, err := ledger.OpenKey(filepath.Join(dir, name), name, ledger.WitnessKey, now)
		if err != nil {
			t.Fatal(err)
		}
		v, err := ledger.NewVerifier(k.Verifier())
		if err != nil {
			t.Fatal(err)
		}
		keys, verifiers = append(keys, k), append(verifiers, v)
	}
	witnesses := func(k *returns.Keys, _ *returns.Evidence) { k.Witnesses = verifiers }
	cosign := func(signed []byte, size int64, by ...*ledger.Key) {
		n, err := note.Open(signed, note.VerifierList(s.verifier))
		if err != nil {
			t.Fatal(err)
		}
		var signers []note.Signer
		for _, k := range by {
			signers = append(signers, k)
		}
		if signed, err = note.Sign(n, signers...); err != nil {
			t.Fatal(err)
		}
		if err := s.log.Cosigned(t.Context(), size, signed); err != nil {
			t.Fatal(err)
		}
	}
	wantFinding(t, s.verify(s.sign(s.compile(), nil), witnesses), returns.Unwitness, "0 of 2 witnesses have cosigned")

	cosign(ledgerPrefix(t, s, 10), 10, keys...)
	wantFinding(t, s.verify(s.sign(s.compile(), nil), witnesses), returns.Unwitness, "witnesses have cosigned 10 leaves; the leaves of 2026-Q3 end at 23")

	cosign(ledgerPrefix(t, s, 24), 24, keys[0])
	one := s.sign(s.compile(), nil)
	wantFinding(t, s.verify(one, witnesses), returns.Unwitness, "1 of 2 witnesses")
	wantOK(t, s.verify(one, witnesses, func(k *returns.Keys, _ *returns.Evidence) { k.Quorum = 1 }))

	cosign(ledgerPrefix(t, s, 25), 25, keys...)
	both := s.sign(s.compile(), s.log)
	v := s.verify(both, witnesses)
	wantOK(t, v)
	if len(v.Cosigned) != 2 || v.Cosigned[0].Size != 25 || !v.Cosigned[0].At.Equal(s.at) {
		t.Errorf("cosigned is %+v", v.Cosigned)
	}
	both.Witnessed.Growth = both.Witnessed.Growth[1:]
	wantFinding(t, s.verify(both, witnesses), returns.Unproven, "the cosigned tree of 25 leaves")
}

func TestAnUnfinishedPeriodIsPartial(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	r := s.compile(func(d *returns.Draft) { d.Period = period(t, "2026-Q4") })
	if !r.Partial || r.Spans[0].First != 23 || r.Spans[0].End != 26 {
		t.Errorf("partial %v, %+v", r.Partial, r.Spans[0])
	}
	wantOK(t, s.verify(s.sign(r, s.log)))
	// A period of which the log holds nothing.
	r = s.compile(func(d *returns.Draft) { d.Period = period(t, "2026-Q1") })
	if s := r.Spans[0]; s.First != 0 || s.End != 0 {
		t.Errorf("%+v", s)
	}
	v := s.verify(s.sign(r, s.log))
	wantOK(t, v)
}

// Any log gives a return that verifies, and no figure of it can be changed.
func TestAnyReturnVerifiesAndNoFigureCanBeChanged(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := newService(t, dir, fmt.Sprint("s", n))
		s.append(leaf("2026-06-20 12:00", ledger.Start, "", "begun", "after", "0"))
		when := at("2026-06-25 00:00")
		words := rapid.SampledFrom([]string{"alerted", "claimed", "decided", "confirmed", "appealed", "appeal_decided", "reported"})
		for range rapid.IntRange(0, 12).Draw(rt, "leaves") {
			when = when.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "hours")) * time.Hour)
			text := when.Format("2006-01-02 15:04")
			if rapid.Bool().Draw(rt, "commit") {
				var list []ledger.Decided
				for range rapid.IntRange(1, 4).Draw(rt, "decisions") {
					d := decided(rapid.SampledFrom([]string{"rowan.message.sent", "rowan.contact.proposed"}).Draw(rt, "type"),
						rapid.SampledFrom([]string{"allow", "ask", "hold", "block"}).Draw(rt, "action"))
					d.Case = rapid.Bool().Draw(rt, "case")
					list = append(list, d)
				}
				s.append(s.commit(text, list...))
				continue
			}
			s.append(leaf(text, ledger.Case, fmt.Sprint("case/", rapid.IntRange(1, 3).Draw(rt, "case")), words.Draw(rt, "what"),
				"waited", fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "waited")), "measures", rapid.SampledFrom([]string{"inform", "suspend,report", ""}).Draw(rt, "measures"), "harmful", rapid.SampledFrom([]string{"yes", "no"}).Draw(rt, "harmful"), "rules", "a"))
		}
		s.at = at("2027-06-01 00:00")
		r := s.compile()
		v := s.verify(s.sign(r, nil))
		if !v.OK() {
			rt.Fatalf("%v", v.Findings)
		}
		i := rapid.IntRange(0, len(r.Figures)-1).Draw(rt, "figure")
		f := &r.Figures[i]
		switch {
		case f.Query == nil:
			return // the service's word
		case f.Value == nil:
			f.Value, f.Why = returns.Whole(rapid.Int64Range(0, 1<<40).Draw(rt, "value")), ""
		case f.Value.Of != nil:
			f.Value = returns.Part(f.Value.N, *f.Value.Of+1)
		default:
			f.Value = returns.Whole(f.Value.N + rapid.Int64Range(1, 1<<40).Draw(rt, "more"))
		}
		if v := s.verify(s.sign(r, nil)); v.OK() || v.Findings[0].Figure != f.String() {
			rt.Fatalf("%s was changed to %s and found is %v", f.Key, f.Value, v.Findings)
		}
	})
}
