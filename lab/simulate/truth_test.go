package simulate

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func exampleTruth() []Truth {
	at := time.Date(2026, 10, 6, 17, 30, 0, 0, time.UTC)
	harm := at.Add(26 * time.Hour)
	stated := 16
	return []Truth{
		{Simulation: &Simulation{Version: "1", Seed: 7, Accounts: 1000, Days: 2, Start: at, Prevalence: 1e-4, OrdinarySample: 0.01, Simulated: true}},
		{Account: &Account{ID: "u1", TrueAge: 34, StatedAge: &stated, Register: "plain", Policy: "slow_trust"}},
		{Account: &Account{ID: "u2", TrueAge: 13, Register: "teen"}},
		{Pair: &Pair{Actor: "u1", Other: "u2", Label: Harmful, Policy: "slow_trust", Family: "plain", Split: Tuned,
			FirstEvent: "e1", FirstAt: at, HarmEvent: "e9", HarmAt: &harm, Signals: []Signal{{"e4", "A04"}, {"e9", "E02"}}}},
		{Pair: &Pair{Actor: "u3", Other: "u4", Label: Ordinary, Split: Tuned, FirstEvent: "e2", FirstAt: at}},
		{Totals: &Totals{Events: 20, Messages: 10, Accounts: 1000, Adults: 500, Pairs: map[Label]int64{Harmful: 1, Ordinary: 99},
			Active: []int{300, 310}, ActiveAdults: []int{150, 160}}},
	}
}

func written(t *testing.T, truths []Truth) string {
	t.Helper()
	var b bytes.Buffer
	for _, one := range truths {
		if err := WriteTruth(&b, one); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestTruthReadsBackAsItWasWritten(t *testing.T) {
	want := exampleTruth()
	text := written(t, want)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{text, packed.String()} {
		var got []Truth
		for one, err := range ReadTruth("t", strings.NewReader(input)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, one)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
}

func TestTruthThatIsNotSoundIsRefusedWithItsLine(t *testing.T) {
	lines := strings.SplitAfter(written(t, exampleTruth()), "\n")
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "t:1: the file has no totals"},
		{"cut short", strings.Join(lines[:3], ""), "t:3: the file has no totals"},
		{"no simulation", lines[1], "t:1: the first line is not"},
		{"two simulations", lines[0] + lines[0], "t:2: a second"},
		{"behind the end", strings.Join(lines, "") + lines[1], "t:7: there is more"},
		{"unknown kind", lines[0] + `{"kind":"person"}`, "t:2: kind is not"},
		{"unknown member", lines[0] + strings.Replace(lines[1], `"id"`, `"name":"x","id"`, 1), "t:2: a member"},
		{"missing member", lines[0] + strings.Replace(lines[2], `"stated_age":null,`, "", 1), "t:2: stated_age is missing"},
		{"age", lines[0] + strings.Replace(lines[1], "34", "340", 1), "t:2: an age"},
		{"wrong type", lines[0] + strings.Replace(lines[1], "34", `"x"`, 1), "t:2: wrong type or value at true_age"},
		{"label", lines[0] + strings.Replace(lines[3], `"harmful"`, `"bad"`, 1), "t:2: label is not"},
		{"harm of an ordinary pair", lines[0] + strings.Replace(lines[4], `"first_event"`, `"harm_event":"x","harm_at":"2026-10-07T00:00:00Z","first_event"`, 1), "t:2: only a harmful"},
		{"half a harm", lines[0] + strings.Replace(lines[3], `"harm_event":"e9",`, "", 1), "t:2: harm_event and"},
		{"not JSON", lines[0] + "{", "t:2: not valid JSON"},
		{"real data", strings.Replace(lines[0], `"simulated":true`, `"simulated":false`, 1), "t:1: simulated is not true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var last error
			for _, err := range ReadTruth("t", strings.NewReader(c.in)) {
				last = err
			}
			if last == nil || !strings.HasPrefix(last.Error(), c.want) {
				t.Errorf("got %v, want %s...", last, c.want)
			}
		})
	}
}

func FuzzReadTruth(f *testing.F) {
	for _, one := range exampleTruth() {
		var b bytes.Buffer
		if err := WriteTruth(&b, one); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		one, err := parseTruth(in)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteTruth(&b, one); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := parseTruth(bytes.TrimSpace(b.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		var second bytes.Buffer
		if err := WriteTruth(&second, again); err != nil || !bytes.Equal(b.Bytes(), second.Bytes()) {
			t.Fatalf("a second turn gives %s, the first gave %s (%v)", second.Bytes(), b.Bytes(), err)
		}
	})
}
