package returns_test

import (
	"context"
	"testing"
	"time"

	"rowan/oversight/returns"
	"rowan/oversight/returns/sqlite"
	"rowan/refusal"
)

func TestWhatIsHandedInIsTakenOrNoted(t *testing.T) {
	ctx := t.Context()
	s := newService(t, t.TempDir(), "a").quarter()
	store, err := sqlite.OpenInbox(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	now := at("2026-10-21 09:00")
	inbox := returns.NewInbox(store, func() time.Time { return now })
	take := func(document []byte) (returns.Received, bool, error) {
		return inbox.Take(ctx, s.owed(), document, returns.Keys{Log: s.verifier}, returns.Evidence{Log: s.log, Records: s, Catalogue: catalogue(t)})
	}
	document := func(signed *returns.Signed) []byte {
		src, err := signed.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	r := s.compile()
	good := document(s.sign(r, s.log))
	forged := *r
	forged.Figures = append([]returns.Figure{}, r.Figures...)
	for i := range forged.Figures {
		if forged.Figures[i].Metric == "alerts" {
			forged.Figures[i].Value = returns.Whole(0)
		}
	}
	for _, tc := range []struct {
		document []byte
		code     string
	}{
		{[]byte("{}"), "form"},
		{document(s.sign(&forged, nil)), "broken"},
		{good, ""},
		{good, "again"},
		{document(s.sign(s.compile(func(d *returns.Draft) { d.Now = d.Now.Add(1e9) }), nil)), "twice"},
	} {
		got, again, err := take(tc.document)
		no, refused := refusal.In(err)
		switch {
		case tc.code == "" || tc.code == "again":
			if err != nil || again != (tc.code == "again") || got.Version != 1 || !got.At.Equal(now) {
				t.Errorf("%s: %+v, %v, %v", tc.code, got, again, err)
			}
		case !refused || no.Code != tc.code:
			t.Errorf("want %s, got %v", tc.code, err)
		}
	}
	list, err := store.List(ctx, returns.Filter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("held are %+v, %v", list, err)
	}
	if got, err := store.Get(ctx, list[0].Digest); err != nil || !got.Verdict.OK() || string(got.Document) != string(good) {
		t.Errorf("held is %+v, %v", got, err)
	}
	attempts, err := store.Attempts(ctx, "chat", 10)
	if err != nil || len(attempts) != 3 || attempts[0].Code != "twice" || attempts[2].Digest != "" || attempts[1].Digest == "" {
		t.Errorf("noted are %+v, %v", attempts, err)
	}
}

// silent says nothing any more.
type silent struct{}

func (silent) Figures(context.Context, *returns.Metric, returns.Period) ([]returns.Figure, error) {
	return nil, nil
}

func TestWhatWasSaidOnceIsRemembered(t *testing.T) {
	ctx := t.Context()
	s := newService(t, t.TempDir(), "a").quarter()
	store, err := sqlite.OpenFigures(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	first := s.compile()
	if err := store.Put(ctx, first.Made, first.Figures); err != nil {
		t.Fatal(err)
	}
	later := s.compile(func(d *returns.Draft) { d.Word = returns.Remembered{Word: silent{}, Store: store} })
	if got := value(t, later, "measures.met", "gb.f1-e"); !got.Equal(returns.Part(298, 300)) {
		t.Errorf("remembered is %s", got)
	}
	other := s.compile(func(d *returns.Draft) {
		d.Word, d.Period = returns.Remembered{Word: silent{}, Store: store}, period(t, "2026-Q2")
	})
	if got := value(t, other, "accounts", ""); got != nil {
		t.Errorf("of another period %s is remembered", got)
	}
}
