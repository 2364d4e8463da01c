package signal

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAutomatonFindsWhatIsThere compares the automaton with looking for each
// sequence at each place.
func TestAutomatonFindsWhatIsThere(t *testing.T) {
	const symbols = 6 // symbol 0 is in no sequence
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.Uint16Range(1, symbols-1)
		anySet := rapid.Custom(func(t *rapid.T) set {
			out := set(rapid.SliceOfNDistinct(word, 1, 3, rapid.ID).Draw(t, "set"))
			slices.Sort(out)
			return out
		})
		sequences := rapid.SliceOfN(rapid.SliceOfN(anySet, 1, 4), 1, 12).Draw(t, "sequences")
		text := rapid.SliceOfN(rapid.Uint16Range(0, symbols-1), 0, 30).Draw(t, "text")

		lexicon := newTrie()
		for i, s := range sequences {
			// each reports something else, so that none stands for another
			if err := lexicon.add(s, output{kind: kindHit, signal: ID(i + 1)}); err != nil {
				t.Fatal(err)
			}
		}
		a, class, err := lexicon.compile(symbols)
		if err != nil {
			t.Fatal(err)
		}
		state := uint32(0)
		for at, symbol := range text {
			step := a.next(state, class[symbol])
			state = step & stateOfStep
			var got, want []ID
			if step&reporting != 0 {
				from := a.report[state]
				for _, id := range a.reports[from+1 : from+1+uint32(a.reports[from])] {
					got = append(got, a.outputs[id].signal)
				}
			}
			for i, s := range sequences {
				if endsHere(s, text[:at+1]) {
					want = append(want, ID(i+1))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("at word %d: found %v, want %v", at, got, want)
			}
		}
	})
}

func endsHere(s sequence, text []uint16) bool {
	if len(s) > len(text) {
		return false
	}
	for i, words := range s {
		if !slices.Contains(words, text[len(text)-len(s)+i]) {
			return false
		}
	}
	return true
}

// TestMergeKeepsTheLanguage: joining sequences neither adds nor loses a run of
// words.
func TestMergeKeepsTheLanguage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) sequence {
			var out sequence
			for _, w := range rapid.SliceOfN(rapid.Uint16Range(1, 4), 1, 3).Draw(t, "words") {
				out = append(out, set{w})
			}
			return out
		})
		all := rapid.SliceOfN(one, 1, 20).Draw(t, "sequences")
		merged, err := merge(slices.Clone(all))
		if err != nil {
			t.Fatal(err)
		}
		if len(merged) > len(all) {
			t.Fatalf("%d sequences became %d", len(all), len(merged))
		}
		var text func(length int, so []uint16)
		text = func(length int, so []uint16) {
			if len(so) == length {
				in := func(all []sequence) bool {
					return slices.ContainsFunc(all, func(s sequence) bool { return len(s) == length && endsHere(s, so) })
				}
				if in(all) != in(merged) {
					t.Fatalf("%v: %v before, %v after", so, in(all), in(merged))
				}
				return
			}
			for w := uint16(1); w <= 4; w++ {
				text(length, append(slices.Clone(so), w))
			}
		}
		for length := 1; length <= 3; length++ {
			text(length, nil)
		}
	})
}

// TestLookAlikes: no letter is read as two, and all stand for small ones.
func TestLookAlikes(t *testing.T) {
	for r, letter := range lookAlikes() {
		if r < 0x80 || letter < 'a' || letter > 'z' {
			t.Errorf("%q is read as %q", r, letter)
		}
		if got := lookAlike(r); got != letter {
			t.Errorf("%q is read as %q, in the table as %q", r, got, letter)
		}
	}
	for _, r := range "a9 日\U0001F600\U000E0041" {
		if got := lookAlike(r); got != 0 {
			t.Errorf("%q is read as %q", r, got)
		}
	}
}

// TestFoldIsStable: what a character folds to is folded already.
func TestFoldIsStable(t *testing.T) {
	table := folds()
	for r := rune(0x80); r < foldLimit+100; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		once, marks := table.fold(nil, nil, string(r))
		if len(once) != len(marks) {
			t.Fatalf("U+%04X: %d bytes, %d marks", r, len(once), len(marks))
		}
		if twice, _ := table.fold(nil, nil, string(once)); string(slices.Compact(twice)) != string(slices.Compact(once)) && string(twice) != string(once) {
			t.Errorf("U+%04X folds to %q, and that to %q", r, once, twice)
		}
	}
}
