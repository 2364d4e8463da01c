package signal_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"rowan/datafile"
	"rowan/guard/signal"
)

func seedTexts(f *testing.F) []string {
	f.Helper()
	return append(append(benignLines(), disguisedLines()...),
		"", " ", "\xff", "a\u0301\u0301\u0301b", "s e c r e t", "07700 900 123", "sam_99 @sam t.me/x a.b@c.de https://example.com",
		"don't", "''", "12:30 5pm $5 £5 5", "🤫🏽👨‍👩‍👧", "ﷺﷺ", "ｓｅｃｒｅｔ", strings.Repeat("ab", 50), "x.y.z", "a|b|c", "s*cret", "k", "2")
}

// FuzzNormalise: the normalised text is valid UTF-8 and stays as it is when
// normalised again.
func FuzzNormalise(f *testing.F) {
	for _, text := range seedTexts(f) {
		f.Add(text)
	}
	reader := testLexicon(f, "en.yaml").NewReader()
	f.Fuzz(func(t *testing.T, text string) {
		once := string(reader.Normalise(nil, text, "en"))
		if !utf8.ValidString(once) {
			t.Fatalf("%q normalises to %q, which is not UTF-8", text, once)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Fatalf("%q normalises to %q: words are not divided by one space", text, once)
		}
		if len(once) > 4<<10 {
			return // of a long text the middle is sampled
		}
		if twice := string(reader.Normalise(nil, once, "en")); twice != once {
			t.Fatalf("%q normalises to %q, and that to %q", text, once, twice)
		}
	})
}

// FuzzRead: whatever is read with whatever carry, the observation is well
// formed, and reading is a function of its arguments.
func FuzzRead(f *testing.F) {
	for i, text := range seedTexts(f) {
		f.Add(text, "en", uint32(i*1000), uint32(i*100), uint16(i), uint8(i), uint8(i))
	}
	lexicon := testLexicon(f, "en.yaml", "de.yaml")
	one, two := lexicon.NewReader(), lexicon.NewReader()
	f.Fuzz(func(t *testing.T, text, locale string, state, letters uint32, part uint16, gap, digits uint8) {
		first := signal.Carry{State: state, Letters: letters, Part: part, Gap: gap, Digits: digits, At: uint32(noon / 1000)}
		second := first
		a := one.Read(text, locale, &first, noon)
		if err := wellFormed(a); err != nil {
			t.Fatal(err)
		}
		two.Read("keep it secret, delete all", "", nil, noon) // what was read before does not count
		b := two.Read(text, locale, &second, noon)
		if len(a.Hits) != len(b.Hits) || a.Opening != b.Opening || a.Words != b.Words || a.Asks != b.Asks || first != second {
			t.Fatalf("read twice: %+v %+v, then %+v %+v", a, first, b, second)
		}
		for i := range a.Hits {
			if a.Hits[i] != b.Hits[i] {
				t.Fatalf("read twice: %+v, then %+v", a.Hits[i], b.Hits[i])
			}
		}
		if err := wellFormed(one.Read(text, locale, &first, noon+1000)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzLexicon: a lexicon compiles or is refused with errors that name the
// file; what compiles can be read with.
func FuzzLexicon(f *testing.F) {
	for _, source := range []string{
		header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: \"tell [no] (one|soul) ..2 ^\", strength: 0.5}\n",
		header + "equivalents:\n  u: you\n  ur: [your, you are]\nlists:\n  a: [x, $b]\n  b: [z]\nsignals:\n  - signal: C04\n    phrases: [$a your <minor> $]\n",
		header + "digits: [[a, b], c, d, e, f, g, h, i, j, k]\nrepeats: [double]\ndomains: [com]\ninvites: [t.me]\nnegation: {cues: [never], except: [x never]}\n",
		header + "quotation: [he said]\nsafety: [leaflet]\nquestions: [^ who]\nsignals:\n  - signal: A04\n    patterns:\n      - {first: [who], second: [home], within: 3, strength: 0.2}\n",
		"language: en\nx: &a [*a]\n", "version: [\n", "\xff", "a: b: c",
	} {
		f.Add(source)
	}
	taxonomy := defaultTaxonomy(f)
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 2<<10 {
			return
		}
		lexicon, err := signal.Compile(taxonomy, []signal.File{{Name: "f.yaml", Source: []byte(source)}})
		if err != nil {
			var where *datafile.Error
			if !errors.As(err, &where) {
				t.Fatalf("an error that names no file: %v", err)
			}
			return
		}
		reader := lexicon.NewReader()
		var carry signal.Carry
		for _, text := range []string{source, "tell no one your 12", "x", "he said who is home"} {
			if err := wellFormed(reader.Read(text, "", &carry, noon)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
