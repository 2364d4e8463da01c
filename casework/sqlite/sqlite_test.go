package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rowan/casework"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/response"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) casework.Store {
		s, err := sqlite.Open(context.Background(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// What was decided after a copy was made is lost when the copy is restored; what
// is decided then is not taken for it, for a platform passes over an id it knows.
func TestNoEffectAfterARestoreHasTheIDOfOneBefore(t *testing.T) {
	ctx, first, copied := context.Background(), t.TempDir(), t.TempDir()
	decide := func(dir string) string {
		t.Helper()
		s, err := sqlite.Open(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c, err := s.Case(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []casework.Event{
			{Kind: casework.ClaimTaken, By: "ada", At: storetest.Now, Until: storetest.Now.Add(casework.ClaimFor)},
			{Kind: casework.DecisionMade, By: "ada", At: storetest.Now, Judgement: &casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming, By: "ada", At: storetest.Now}},
		} {
			if c, err = s.Append(ctx, c, e); err != nil {
				t.Fatal(err)
			}
		}
		effects, err := s.CaseEffects(ctx, 1)
		if err != nil || len(effects) != 1 {
			t.Fatalf("%d effects, %v", len(effects), err)
		}
		return effects[0].ID
	}
	s, err := sqlite.Open(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Take(ctx, casework.Taken{UpTo: 1, At: storetest.Now, Alerts: []casework.Alert{storetest.Alert("u-1", "u-17", response.High)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(first, sqlite.CasesFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, sqlite.CasesFile), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, b := decide(first), decide(copied); a == b {
		t.Fatalf("two decisions have the effect %s", a)
	}
}
