package disguise_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rowan/lab/evaluate/disguise"
)

const line = "please keep this between the two of us because your friends would not understand"

func TestEachClassChangesATextAndRepeats(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range disguise.Classes() {
		got := c.Apply(1, line)
		if text := strings.Join(got, "|"); text == line || seen[text] {
			t.Errorf("%s gives %q", c.Name, text)
		} else {
			seen[text] = true
		}
		if !slices.Equal(got, c.Apply(1, line)) {
			t.Errorf("%s gives something else the second time", c.Name)
		}
		if c.Title == "" || strings.ContainsAny(c.Name, " -") {
			t.Errorf("%+v", c)
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d classes", len(seen))
	}
}

func TestClassesDoWhatTheySay(t *testing.T) {
	for name, want := range map[string]string{
		"full_width":      "ｂｅｔｗｅｅｎ",
		"mathematical":    "𝐛𝐞𝐭𝐰𝐞𝐞𝐧",
		"transliteration": "бетвеен",
		"vowel_drop":      "btwn",
		"phonetic":        "plz",
		"code_switch":     "porque",
	} {
		for _, c := range disguise.Classes() {
			if c.Name == name && !strings.Contains(strings.Join(c.Apply(3, line), " "), want) {
				t.Errorf("%s gives %q, without %q", name, c.Apply(3, line), want)
			}
		}
	}
}

func TestSplittingLosesNoWord(t *testing.T) {
	for _, c := range disguise.Classes() {
		if c.Name == "split" {
			got := c.Apply(7, line)
			if len(got) < 4 || strings.Join(got, " ") != line {
				t.Errorf("%q", got)
			}
		}
	}
}

func TestWhateverIsDisguisedStaysText(t *testing.T) {
	classes := disguise.Classes()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		c := rapid.SampledFrom(classes).Draw(t, "class")
		for _, got := range c.Apply(rapid.Uint64().Draw(t, "seed"), text) {
			if !utf8.ValidString(got) {
				t.Fatalf("%s makes %q of %q", c.Name, got, text)
			}
		}
	})
}
