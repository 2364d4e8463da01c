package ledger_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"rowan/ledger"
)

func batch(first, last uint64) *ledger.Batch {
	return &ledger.Batch{Count: int64(last - first + 1), First: first, Last: last, Root: tlog.RecordHash([]byte("x"))}
}

func TestARecordHasOneForm(t *testing.T) {
	for _, r := range []ledger.Record{
		{Kind: ledger.Commit, V: 1, At: 1_700_000_000_000, Commit: batch(1, 1)},
		{Kind: ledger.Commit, V: 1, At: 0, Behind: 12, Commit: batch(900, 1<<40)},
		{Kind: ledger.Setting, V: 1, By: "operator", Of: "setting/contact", What: "changed", Facts: map[string]string{"b": "<&>", "a": "£ \"quoted\""}},
		{Kind: ledger.Case, V: 1, Nonce: &ledger.Nonce{1}, Subjects: map[string]ledger.Commitment{"actor": {2}, "child": {3}}},
	} {
		leaf, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ledger.ParseRecord(leaf)
		if err != nil {
			t.Fatalf("%s: %v", leaf, err)
		}
		if again, err := back.Encode(); err != nil || string(again) != string(leaf) {
			t.Errorf("%s came back as %s, %v", leaf, again, err)
		}
		for i := range leaf {
			for _, flip := range []byte{1, 0x20, 0x80} {
				other := append(ledger.Leaf(nil), leaf...)
				other[i] ^= flip
				r, err := ledger.ParseRecord(other)
				if err != nil {
					continue
				}
				if again, err := r.Encode(); err != nil || string(again) != string(other) {
					t.Errorf("%q was read, but is written as %q, %v", other, again, err)
				}
			}
		}
		for _, other := range []string{" " + string(leaf), string(leaf) + "\n", strings.Replace(string(leaf), ":", ": ", 1), string(leaf[:len(leaf)-1]), string(leaf) + string(leaf)} {
			if _, err := ledger.ParseRecord([]byte(other)); err == nil {
				t.Errorf("%q was read", other)
			}
		}
	}
}

func TestBadRecordsAreRefused(t *testing.T) {
	for name, r := range map[string]ledger.Record{
		"no kind":             {V: 1},
		"a decision":          {V: 1, Kind: ledger.Decision},
		"another version":     {V: 2, Kind: ledger.Setting},
		"no batch":            {V: 1, Kind: ledger.Commit},
		"a batch elsewhere":   {V: 1, Kind: ledger.Setting, Commit: batch(1, 2)},
		"a wrong count":       {V: 1, Kind: ledger.Commit, Commit: &ledger.Batch{Count: 3, First: 1, Last: 2}},
		"an empty batch":      {V: 1, Kind: ledger.Commit, Commit: &ledger.Batch{Count: 0, First: 1, Last: 0}},
		"subjects, no nonce":  {V: 1, Kind: ledger.Case, Subjects: map[string]ledger.Commitment{"actor": {}}},
		"a nonce, no subject": {V: 1, Kind: ledger.Case, Nonce: &ledger.Nonce{}},
		"a control character": {V: 1, Kind: ledger.Case, What: "a\nb"},
		"not UTF-8":           {V: 1, Kind: ledger.Case, What: "a\xff"},
		"a strange name":      {V: 1, Kind: ledger.Case, Facts: map[string]string{"É": "1"}},
		"too long":            {V: 1, Kind: ledger.Case, What: strings.Repeat("a", ledger.MaxLeaf)},
	} {
		if leaf, err := r.Encode(); err == nil {
			t.Errorf("%s: encoded as %s", name, leaf)
		}
	}
}

func TestCommitsReadTheSameEitherWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(1, 1<<62).Draw(t, "first")
		last := first + rapid.Uint64Range(0, 1<<20).Draw(t, "more")
		r := ledger.Record{
			Kind: ledger.Commit, V: 1, At: rapid.Int64Range(0, 1<<62).Draw(t, "at"), Behind: rapid.Int64Range(0, 3).Draw(t, "behind"),
			Commit: batch(first, last),
		}
		slow, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if fast := ledger.AppendCommit(nil, &r); string(fast) != string(slow) {
			t.Fatalf("written as %s and %s", fast, slow)
		}
		back := ledger.ParseCommit(slow)
		if back == nil || back.At != r.At || back.Behind != r.Behind || *back.Commit != *r.Commit {
			t.Fatalf("%s was read as %+v", slow, back)
		}
	})
}

func TestAClockThatIsTurnedBackShows(t *testing.T) {
	l, _ := newLog(t)
	noon := time.UnixMilli(1_700_000_000_000)
	for _, at := range []time.Time{noon, noon.Add(-time.Second), noon.Add(time.Second)} {
		if _, err := l.Append(t.Context(), at, ledger.Record{Kind: ledger.Setting}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct{ at, behind int64 }{{0, 0}, {0, 1000}, {1000, 0}} {
		leaf, err := l.Leaf(t.Context(), int64(i))
		if err != nil {
			t.Fatal(err)
		}
		r, err := ledger.ParseRecord(leaf)
		if err != nil || r.At-noon.UnixMilli() != want.at || r.Behind != want.behind {
			t.Errorf("leaf %d is %s", i, leaf)
		}
	}
}
