package support

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func shippedCatalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a reader of a band may see is easy enough for that band, with either
// helpline.
func TestEveryTextIsForItsReaders(t *testing.T) {
	c := shippedCatalogue(t)
	for band, most := range map[string]float64{"under_13": 5, "13-15": 7, "16-17": 8, "": 7} {
		worst, name, n := -10.0, "", 0
		for _, kind := range kinds() {
			for _, key := range c.Keys(kind) {
				for _, locale := range []string{"en-GB", "en-US"} {
					text, _ := c.Find(kind, key, band, locale)
					g := Grade(text)
					if n++; g > worst {
						worst, name = g, kind+" "+key
					}
					if g > most {
						t.Errorf("%s %s for %q: grade %.1f, want at most %g: %s", kind, key, band, g, most, text)
					}
					for _, sentence := range sentences(text) {
						if words := len(strings.Fields(sentence)); words > 20 {
							t.Errorf("%s %s for %q: a sentence of %d words: %s", kind, key, band, words, sentence)
						}
					}
				}
			}
		}
		t.Logf("band %q: hardest of %d texts is %s, grade %.1f of at most %g", band, n, name, worst, most)
	}
}

// The grades were computed by hand from the formula: 0.39 words/sentences +
// 11.8 syllables/words - 15.59.
func TestGradeIsThatOfTheFormula(t *testing.T) {
	for text, want := range map[string]float64{
		"The cat sat on the mat.":                                   0.39*6 + 11.8*6/6 - 15.59,    // -1.45
		"You can say no. You can block them.":                       0.39*4 + 11.8*8/8 - 15.59,    // -2.23
		"Nobody is in trouble, and nobody is to blame.":             0.39*9 + 11.8*14/9 - 15.59,   // no-bo-dy, trou-ble, no-bo-dy: 6.28
		"Talk to an adult. Call 999!":                               0.39*3 + 11.8*7/6 - 15.59,    // a-dult: -0.65
		"Safely made videos are being blocked; that is a good idea": 0.39*11 + 11.8*17/11 - 15.59, // safe-ly, vi-de-os, be-ing, i-de-a: 6.94
		"":    0,
		"...": 0,
	} {
		if got := Grade(text); math.Abs(got-want) > 1e-9 {
			t.Errorf("%q has grade %.4f, want %.4f", text, got, want)
		}
	}
	if g := Grade("Inappropriate communication may necessitate immediate intervention by responsible authorities."); g < 15 {
		t.Errorf("hard words have grade %.1f", g)
	}
}

func TestSyllables(t *testing.T) {
	for n, words := range map[int]string{
		1: "a you block blocked checked likes moves while whole phone since choose friends owe else day's 0800 through",
		2: "message people profile someone sometimes something wanted vanish trouble being saying playing going seeing quiet safely e-mail grown-up able picture themselves client Setting,",
		3: "together video videos idea area anyone delivered microphone reported actual period media",
		4: "information impossible",
	} {
		for word := range strings.FieldsSeq(words) {
			if got := syllables(word); got != n {
				t.Errorf("%s has %d syllables, counted %d", word, n, got)
			}
		}
	}
}

// No text names a body or anything sexual, frightens, or puts it on the reader
// or on the other.
func TestTextsBlameNobody(t *testing.T) {
	bad := regexp.MustCompile(`(?i)\b(you should have|should not have|shouldn't|your own fault|why did you|careless|silly|stupid|victims?|predators?|groom\w*|p(a)?edo\w*|abus\w*|offend\w*|criminals?|suspects?|you must|you have to|body|bodies|face|skin|chest|legs?|nud\w*|naked|undress\w*|clothes|kiss\w*|touch(es|ed|ing)|sex\w*|intimate|romantic|flirt\w*|porn\w*)\b`)
	c := shippedCatalogue(t)
	for p, text := range c.fallback.home {
		if word := bad.FindString(text); word != "" {
			t.Errorf("%v says %q: %s", p, word, text)
		}
		if fault := strings.Count(text, "fault"); fault != strings.Count(text, "not your fault") {
			t.Errorf("%v speaks of fault: %s", p, text)
		}
	}
	if bad.FindString("You should have told us.") == "" || bad.FindString("It is your own fault.") == "" {
		t.Error("the test finds no blame")
	}
}

// What the texts of ICU F2's moments must say, each by words that stand for it.
func TestMomentsSayWhatTheCodeAsks(t *testing.T) {
	must := map[string][]string{
		"default_changed":    {"people you do not know", "If you turn it off, more people", "who they say they are|say they are someone else|about who they are", "turn it back on at any time in your settings"},
		"connection_request": {"connect with you", "message you|write to you", "call you", "say no", "mute", "block", "report", "not be told"},
		"first_contact":      {"the first time you two", "ignore", "mute", "block", "report", "not be told"},
		"acted_against":      {"Done", "not told", "They can no longer|they can no longer", "They may still see you", "report", "leave the group", "0800 1111"},
	}
	c := shippedCatalogue(t)
	if got := c.Keys(Moment); !slices.Equal(got, slices.Sorted(slices.Values(Moments()))) {
		t.Errorf("moments %v", got)
	}
	for key, parts := range must {
		texts := map[string]bool{}
		for _, band := range []string{"", "under_13", "13-15", "16-17"} {
			text, _ := c.Find(Moment, key, band, "")
			texts[text] = true
			for _, part := range parts {
				if part == "mute" && key == "connection_request" && band == "" {
					continue // the words of before bands
				}
				if !regexp.MustCompile(part).MatchString(text) {
					t.Errorf("%s for %q does not say %q: %s", key, band, part, text)
				}
			}
		}
		if len(texts) != 4 {
			t.Errorf("%s has %d texts for 3 bands and none", key, len(texts))
		}
	}
}

func TestTheGateAnswersBoth(t *testing.T) {
	c := shippedCatalogue(t)
	reasons := strings.Fields("blocked_by_account confirm_first gifts_off group_needs_yes group_strangers info_first lists_hidden live_off location_hidden needs_guardian not_connected not_shown_in_search not_suggested setting_off")
	for _, kind := range []string{GateTo, GateFrom} {
		if got := c.Keys(kind); !slices.Equal(got, reasons) {
			t.Errorf("%s has %v", kind, got)
		}
	}
	ways := strings.Fields("age_assurance confirm connection guardian_approval in_person_link info_shown setting_change")
	if got := c.Keys(Possible); !slices.Equal(got, ways) {
		t.Errorf("possible has %v", got)
	}
	// A stranger does not learn from the answer that the other is young, or that
	// they were blocked.
	tells := regexp.MustCompile(`(?i)\b(child\w*|young\w*|kids?|teen\w*|minors?|ages?|years?|under|parents?|guardian|carer|adult|grown-up|school|looks after|safe\w*|protect\w*|block\w*)\b`)
	for _, key := range reasons {
		text, _ := c.Find(GateFrom, key, "", "")
		if word := tells.FindString(text); word != "" {
			t.Errorf("gate/from %s says %q: %s", key, word, text)
		}
	}
}

func TestEverySettingOfTheRulebookHasAText(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "rulebook", "settings.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Settings []struct {
			ID string `yaml:"id"`
		} `yaml:"settings"`
	}
	if err := yaml.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range file.Settings {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	c := shippedCatalogue(t)
	if got := c.Keys(Setting); !slices.Equal(got, ids) || len(ids) < 30 {
		t.Errorf("the catalogue has settings\n%v, the rulebook\n%v", got, ids)
	}
	for _, id := range ids {
		text, _ := c.Find(Setting, id, "", "")
		if n := len(sentences(text)); n < 1 || n > 2 {
			t.Errorf("%s has %d sentences, want one or two: %s", id, n, text)
		}
	}
}
