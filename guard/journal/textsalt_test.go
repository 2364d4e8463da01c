package journal

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"rowan/ledger"
)

// What commits of an older Rowan keep of their texts' salts is still read, and
// both forms lose what is erased and nothing else, however often they are written.
func TestSaltsOfTextsInBothForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := ledger.Salt{byte(rapid.IntRange(0, 255).Draw(t, "seed"))}
		sparse := rapid.Bool().Draw(t, "sparse")
		var was func(place int) ledger.Salt
		var kept []byte
		if sparse {
			kept = seed[:]
			was = func(place int) ledger.Salt {
				s, err := ledger.NewVeil(seed).Salt(place, ledger.TextSlot)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		} else {
			kept = appendTextSeed(nil, seed)
			was = func(place int) ledger.Salt {
				var w ledger.Walk
				w.Reset(seed)
				return *w.Salt(slotOfText(place))
			}
		}
		erased := map[int]bool{}
		places := rapid.IntRange(0, 300)
		for range rapid.IntRange(0, 6).Draw(t, "erasures") {
			s, err := readTextSalts(kept)
			if err != nil {
				t.Fatal(err)
			}
			place := places.Draw(t, "erased")
			s.erase(place)
			erased[place] = true
			kept = s.append(nil)
		}
		s, err := readTextSalts(kept)
		if err != nil {
			t.Fatal(err)
		}
		for place := range 301 {
			got, err := s.of(place)
			if gone := erased[place]; gone != errors.Is(err, ledger.ErrErased) || !gone && got != was(place) {
				t.Fatalf("place %d, erased %t: %v", place, gone, err)
			}
		}
	})
	if s, err := readTextSalts(nil); err != nil {
		t.Error(err)
	} else if _, err := s.of(0); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("of no salts: %v", err)
	}
	if _, err := readTextSalts(make([]byte, 40)); err == nil {
		t.Error("40 bytes were read")
	}
}
