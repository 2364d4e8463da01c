package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"rowan/ledger"
)

func commitments(t *rapid.T, name string) *ledger.Commitment {
	if rapid.Bool().Draw(t, name) {
		return nil
	}
	return &ledger.Commitment{rapid.Byte().Draw(t, "byte")}
}

func TestADecisionHasOneForm(t *testing.T) {
	word := rapid.StringMatching("[a-z_]{1,12}")
	rapid.Check(t, func(t *rapid.T) {
		d := ledger.Decided{
			Account: rapid.SampledFrom([]string{"", "support", "support,review"}).Draw(t, "account"),
			Action:  word.Draw(t, "action"), Actor: rapid.SampledFrom([]string{"", "from", "to"}).Draw(t, "actor"),
			At: rapid.Int64().Draw(t, "at"), Case: rapid.Bool().Draw(t, "case"),
			Event: commitments(t, "event"), From: commitments(t, "from"), Text: commitments(t, "text"), To: commitments(t, "to"),
			Kind: ledger.Decision, Level: word.Draw(t, "level"), Risk: rapid.Int64().Draw(t, "risk"),
			Rules:    ledger.Bits(rapid.Uint64().Draw(t, "rules")),
			Sequence: rapid.Uint64Range(1, 1<<53).Draw(t, "sequence"), Type: word.Draw(t, "type"), V: 1,
		}
		src := d.Append(nil)
		back, err := ledger.ParseDecided(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if again := back.Append(nil); string(again) != string(src) {
			t.Fatalf("%s came back as %s", src, again)
		}
	})
}

func TestEveryDecisionOfACommitHasItsProof(t *testing.T) {
	for n := 1; n <= 70; n++ {
		fresh := func() (h []tlog.Hash) {
			for i := range n {
				h = append(h, tlog.RecordHash(fmt.Append(nil, i)))
			}
			return h
		}
		root := ledger.BatchRoot(fresh())
		for i := range n {
			proof := ledger.BatchProof(fresh(), i)
			if err := tlog.CheckRecord(proof, int64(n), root, int64(i), fresh()[i]); err != nil {
				t.Errorf("decision %d of %d: %v", i, n, err)
			}
		}
	}
}

func TestErasingASaltLeavesEveryOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := ledger.Salt{rapid.Byte().Draw(t, "seed")}
		full := ledger.NewVeil(seed)
		v := full
		erased := map[[2]int]bool{}
		at := rapid.Custom(func(t *rapid.T) [2]int {
			return [2]int{rapid.IntRange(0, 300).Draw(t, "place"), rapid.IntRange(0, 3).Draw(t, "slot")}
		})
		for _, e := range rapid.SliceOfN(at, 1, 8).Draw(t, "erased") {
			v = v.Erase(e[0], e[1])
			erased[e] = true
		}
		v, err := ledger.ParseVeil(v.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		var walk ledger.Walk
		walk.Reset(seed)
		for place := range 302 {
			for slot := range 4 {
				was, err := full.Salt(place, slot)
				if err != nil || *walk.Salt(place, slot) != was {
					t.Fatalf("slot %d of %d: the walk gives another salt, %v", slot, place, err)
				}
				now, err := v.Salt(place, slot)
				if gone := erased[[2]int{place, slot}]; gone != errors.Is(err, ledger.ErrErased) || !gone && now != was {
					t.Fatalf("slot %d of %d: erased %t, yet %v", slot, place, gone, err)
				}
			}
		}
	})
}
