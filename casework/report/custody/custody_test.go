package custody_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework/report/custody"
)

func at(hours int) time.Time {
	return time.Date(2026, 9, 14, 16, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

var sum = strings.Repeat("0f", 32)

func event(kind custody.Kind, what string) custody.Event {
	return custody.Event{Case: 7, At: at(0), By: "p-1", Kind: kind, What: what, SHA256: sum, Why: "to decide the case", To: "somebody"}
}

func add(t interface{ Fatal(...any) }, chain []custody.Event, e custody.Event) []custody.Event {
	e, err := custody.Next(chain, e)
	if err != nil {
		t.Fatal(err)
	}
	return append(chain, e)
}

func TestWhatMayFollow(t *testing.T) {
	chain := add(t, nil, event(custody.Acquired, "line 1"))
	chain = add(t, chain, event(custody.Sealed, "line 1"))
	chain = add(t, chain, event(custody.Acquired, "line 2"))
	chain = add(t, chain, event(custody.Destroyed, "line 2"))
	for name, c := range map[string]struct {
		change func(*custody.Event)
		want   error
	}{
		"viewed":                {func(*custody.Event) {}, nil},
		"by nobody":             {func(e *custody.Event) { e.By = "" }, custody.ErrNobody},
		"acquired by Rowan":     {func(e *custody.Event) { e.By, e.Kind, e.What = "", custody.Acquired, "line 3" }, nil},
		"deleted by Rowan":      {func(e *custody.Event) { e.By, e.Kind = "", custody.Destroyed }, nil},
		"added to what is shut": {func(e *custody.Event) { e.Kind = custody.Acquired }, custody.ErrSealed},
		"sealed twice":          {func(e *custody.Event) { e.Kind = custody.Sealed }, custody.ErrSealed},
		"what is no more":       {func(e *custody.Event) { e.What = "line 2" }, custody.ErrDestroyed},
		"destroyed twice":       {func(e *custody.Event) { e.What, e.Kind = "line 2", custody.Destroyed }, custody.ErrDestroyed},
		"without a reason":      {func(e *custody.Event) { e.Why = "" }, custody.ErrNoReason},
		"without a digest":      {func(e *custody.Event) { e.SHA256 = "0f" }, custody.ErrNoDigest},
		"of nothing":            {func(e *custody.Event) { e.What = "" }, custody.ErrNoItem},
		"given to nobody":       {func(e *custody.Event) { e.Kind, e.To = custody.Transferred, "" }, custody.ErrNobodyTo},
		"a kind that is none":   {func(e *custody.Event) { e.Kind = "lent" }, custody.ErrUnknown},
	} {
		e := event(custody.Viewed, "line 1")
		c.change(&e)
		if _, err := custody.Next(chain, e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Any change, any event left out, put in or moved breaks the chain.
func TestAChainShowsWhatWasDoneToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var chain []custody.Event
		n := rapid.IntRange(2, 8).Draw(t, "n")
		for i := range n {
			e := event(rapid.SampledFrom([]custody.Kind{custody.Acquired, custody.Viewed, custody.Exported}).Draw(t, "kind"), "line 1")
			e.At = at(rapid.IntRange(-5, 5).Draw(t, "at") + i)
			e.Why = rapid.OneOf(rapid.StringN(1, 20, 40), rapid.Just("a\xffb")).Draw(t, "why")
			chain = add(t, chain, e)
		}
		head := chain[n-1].Hash
		var b bytes.Buffer
		for _, e := range chain {
			if err := json.NewEncoder(&b).Encode(e); err != nil {
				t.Fatal(err)
			}
		}
		read, err := custody.Parse(b.Bytes())
		if err != nil || custody.Verify(read, head) != nil {
			t.Fatalf("written and read: %v, %v", err, custody.Verify(read, head))
		}
		i := rapid.IntRange(0, n-1).Draw(t, "i")
		broken := slices.Clone(chain)
		switch rapid.SampledFrom([]string{"reason", "person", "time", "digest", "drop", "swap", "cut", "forge"}).Draw(t, "how") {
		case "reason":
			broken[i].Why += "."
		case "person":
			broken[i].By = "p-9"
		case "time":
			broken[i].At = broken[i].At.Add(time.Millisecond)
		case "digest":
			broken[i].SHA256 = strings.Repeat("1e", 32)
		case "drop":
			broken = slices.Delete(broken, i, i+1)
		case "swap":
			j := (i + 1) % n
			broken[i], broken[j] = broken[j], broken[i]
		case "cut":
			broken = broken[:n-1]
		case "forge": // changed, and its own hash made anew
			e := broken[i]
			e.Why += "!"
			e, err := custody.Next(broken[:i], e)
			if err != nil {
				t.Fatal(err)
			}
			broken[i] = e
		}
		of := (*custody.BrokenError)(nil)
		if err := custody.Verify(broken, head); !errors.As(err, &of) {
			t.Fatalf("%v", err)
		}
	})
}

func TestHoldsAndTheirClocks(t *testing.T) {
	reported := at(0)
	place := func(r custody.Regime) custody.Hold {
		h, err := custody.Place(7, r, reported, "p-1", "reported")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	holds := []custody.Hold{place(custody.NCMEC()), place(custody.NCA()[0]), place(custody.NCA()[1])}
	days := func(n int) time.Time { return reported.Add(time.Duration(n) * 24 * time.Hour) }
	for name, c := range map[string]struct {
		what custody.Scope
		now  time.Time
		want bool
	}{
		"contents at once":            {custody.Contents, reported, false},
		"contents within a year":      {custody.Contents, days(365).Add(-time.Millisecond), false},
		"contents after a year":       {custody.Contents, days(365), true},
		"reference after a year":      {custody.Reference, days(365), false},
		"reference within five years": {custody.Reference, days(1825).Add(-time.Millisecond), false},
		"reference after five years":  {custody.Reference, days(1825), true},
	} {
		if got, keeping := custody.MayDelete(c.what, holds, c.now); got != c.want || got == (len(keeping) > 0) {
			t.Errorf("%s: %v, %v", name, got, keeping)
		}
	}
	if ok, _ := custody.MayDelete(custody.Contents, nil, reported); !ok {
		t.Error("nothing holds it")
	}
	if _, err := holds[0].AskRelease("p-1", "no need", reported); !errors.Is(err, custody.ErrStatutory) {
		t.Error("what the law keeps is not released:", err)
	}
}

func TestTwoPeopleReleaseAHold(t *testing.T) {
	h, err := custody.Place(7, custody.Legal(), at(0), "p-1", "an investigation")
	if err != nil {
		t.Fatal(err)
	}
	keeps := func(h custody.Hold) bool {
		ok, _ := custody.MayDelete(custody.Contents, []custody.Hold{h}, at(100000))
		return !ok
	}
	if _, err := h.AgreeRelease("p-2", at(1)); !errors.Is(err, custody.ErrNotAsked) {
		t.Error(err)
	}
	asked, err := h.AskRelease("p-1", "it is over", at(1))
	if err != nil || !keeps(asked) {
		t.Errorf("one person's word releases nothing: %v", err)
	}
	if _, err := asked.AgreeRelease("p-1", at(2)); !errors.Is(err, custody.ErrSamePerson) {
		t.Error(err)
	}
	if _, err := asked.AgreeRelease("", at(2)); !errors.Is(err, custody.ErrNobody) {
		t.Error(err)
	}
	agreed, err := asked.AgreeRelease("p-2", at(2))
	if err != nil || keeps(agreed) {
		t.Errorf("two people's word releases it: %v", err)
	}
	if _, err := agreed.AgreeRelease("p-3", at(3)); !errors.Is(err, custody.ErrReleased) {
		t.Error(err)
	}
	if _, err := custody.Place(7, custody.Legal(), at(0), "", "x"); !errors.Is(err, custody.ErrNobody) {
		t.Error(err)
	}
}

func FuzzChain(f *testing.F) {
	one, err := custody.Next(nil, event(custody.Viewed, "line 1"))
	if err != nil {
		f.Fatal(err)
	}
	row, err := json.Marshal(one)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(row)
	f.Add(append(append(slices.Clone(row), '\n'), row...))
	f.Add([]byte("{}\n\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		chain, err := custody.Parse(b)
		if err != nil {
			return
		}
		if custody.Verify(chain, "") != nil {
			return
		}
		if _, err := custody.Next(chain, event(custody.Viewed, "another")); err != nil {
			t.Error(err)
		}
	})
}
