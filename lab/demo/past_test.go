package demo

import (
	"testing"
	"time"

	"rowan/ledger"
	"rowan/oversight/returns"
)

func TestTheReturnOfAPastQuarterVerifiesAndAFalseOneDoesNot(t *testing.T) {
	p, err := returns.ParsePeriod("2026-Q3")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewPast(t.Context(), t.TempDir(), "rivergram", p, 7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := ledger.NewVerifier(s.Key())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		change func(*returns.Return)
		want   bool
	}{
		{nil, true},
		{Fewer("alerts"), false},
	} {
		document, err := s.Return(t.Context(), now, tc.change)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := returns.Parse(document)
		if err != nil {
			t.Fatal(err)
		}
		v, err := returns.Verify(t.Context(), signed, returns.Keys{Log: key}, returns.Evidence{Log: s, Records: s})
		if err != nil {
			t.Fatal(err)
		}
		if v.OK() != tc.want {
			t.Errorf("it holds: %v, want %v; %v", v.OK(), tc.want, v.Findings)
		}
	}
}
