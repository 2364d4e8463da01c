package response

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func shippedTexts(t testing.TB) *Texts {
	t.Helper()
	texts, err := ShippedTexts()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// Readers are 13 to 15. The grade is Flesch and Kincaid's (1975): 0.39 words a
// sentence + 11.8 syllables a word - 15.59.
func TestTextsAreForReadersOfThirteen(t *testing.T) {
	for name, w := range shippedTexts(t).locales {
		for key, text := range w.home {
			for _, shown := range []string{text, w.foreign[key]} {
				if g := grade(shown); g > 7 {
					t.Errorf("%s %s: grade %.1f, want at most 7: %s", name, key, g, shown)
				}
				for _, sentence := range sentences(shown) {
					if n := len(strings.Fields(sentence)); n > 20 {
						t.Errorf("%s %s: a sentence of %d words: %s", name, key, n, sentence)
					}
				}
			}
		}
	}
}

func TestTheGradeTellsPlainFromHard(t *testing.T) {
	if g := grade("You can say no. You can block them. It is not your fault."); g > 2 {
		t.Errorf("plain words have grade %.1f", g)
	}
	if g := grade("Inappropriate communication may necessitate immediate intervention by responsible authorities."); g < 15 {
		t.Errorf("hard words have grade %.1f", g)
	}
	for text, want := range map[string]int{"message": 2, "people": 2, "block": 1, "together": 3, "blocked": 1, "wanted": 2, "vanish": 2, "trouble": 2, "0800": 1} {
		if got := syllables(text); got != want {
			t.Errorf("%s has %d syllables, counted %d", text, want, got)
		}
	}
}

func sentences(text string) []string {
	return slices.DeleteFunc(regexp.MustCompile(`[.!?]+(\s|$)`).Split(text, -1), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func grade(text string) float64 {
	words, count := strings.Fields(text), 0
	for _, w := range words {
		count += syllables(w)
	}
	return 0.39*float64(len(words))/float64(len(sentences(text))) + 11.8*float64(count)/float64(len(words)) - 15.59
}

var vowels = regexp.MustCompile(`[aeiouy]+`)

// syllables counts groups of vowels, less a silent e.
func syllables(word string) int {
	word = strings.ToLower(strings.Trim(word, ".,!?'\""))
	n := len(vowels.FindAllString(word, -1))
	silent := strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") ||
		strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "ted") && !strings.HasSuffix(word, "ded")
	if silent && n > 1 {
		n--
	}
	return max(n, 1)
}

// blaming are words that put it on the young person, or frighten.
var blaming = []string{"you should have", "you shouldn't", "your own fault", "why did you", "careless", "silly", "victim", "predator", "paedophile", "you must"}

func TestTextsBlameNobodyAndSayWhatToDo(t *testing.T) {
	texts := shippedTexts(t)
	p := defaultPolicy(t)
	for i := range p.notices {
		n := p.Notice(i, "en-GB")
		for _, bad := range blaming {
			if strings.Contains(strings.ToLower(n.Text), bad) {
				t.Errorf("%s says %q", n.TextKey, bad)
			}
		}
		if !strings.Contains(n.Text, "can") && !strings.Contains(n.Text, "fine to say no") {
			t.Errorf("%s does not say what the reader can do", n.TextKey)
		}
		helpline := n.Moment == "support" || n.Moment == "acted_against" || n.TextKey == "risk_warning"
		if got := strings.Contains(n.Text, "0800 1111"); got != helpline {
			t.Errorf("%s: helpline given is %v", n.TextKey, got)
		}
	}
	used := map[string]bool{}
	for _, n := range p.notices {
		used[n.key] = true
	}
	for key := range texts.fallback.home {
		if !used[key] {
			t.Errorf("the text %s is not used by the default policy", key)
		}
	}
}

func TestAllMomentsOfTheCodeHaveANotice(t *testing.T) {
	p := defaultPolicy(t)
	found := map[string]bool{}
	for i := range p.notices {
		found[p.Notice(i, "").Moment] = true
	}
	if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(slices.Values(momentWords.list)); !slices.Equal(got, want) {
		t.Errorf("the default policy has notices for %v, want %v", got, want)
	}
}

const german = `
version: "1"
date: 2026-11-23
source: a test
locale: de-DE
helpline: {here: Nummer gegen Kummer., elsewhere: Eine Nummer in deinem Land.}
texts: {support: "Du bist nicht schuld. {helpline}"}
`

func TestTextsAreFoundByLocaleThenLanguageThenFallback(t *testing.T) {
	english, err := shipped.ReadFile("texts/en-GB.yaml")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := LoadTexts(File{"de-DE.yaml", []byte(german)}, File{"en-GB.yaml", english})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ key, locale, in, has, hasNot string }{
		{"support", "en-GB", "en-GB", "0800 1111", "in your country"},
		{"support", "EN-gb", "en-GB", "0800 1111", "in your country"},
		{"support", "", "en-GB", "0800 1111", "in your country"},
		{"support", "en-US", "en-GB", "in your country", "0800 1111"},
		{"support", "fr-FR", "en-GB", "in your country", "0800 1111"},
		{"support", "de-DE", "de-DE", "gegen Kummer", "{"},
		{"support", "de-AT", "de-DE", "in deinem Land", "gegen Kummer"},
		{"support", "de", "de-DE", "in deinem Land", "gegen Kummer"},
		{"gift", "de-DE", "en-GB", "say no", "{"},
	} {
		text, in := texts.Find(test.key, test.locale)
		if in != test.in || !strings.Contains(text, test.has) || strings.Contains(text, test.hasNot) {
			t.Errorf("%s for %q is in %s: %s", test.key, test.locale, in, text)
		}
	}
}

func TestANoticeIsReadyToShow(t *testing.T) {
	p := defaultPolicy(t)
	i := slices.IndexFunc(p.notices, func(n notice) bool { return n.key == "first_contact" })
	if p.NoticeFor(i) != ToMinor {
		t.Errorf("first_contact is for %s", p.NoticeFor(i))
	}
	got, err := json.Marshal(p.Notice(i, "en-GB"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(p.texts.fallback.home["first_contact"])
	want := fmt.Sprintf(`{"to":"minor","moment":"first_contact","text_key":"first_contact","text":%s,"locale":"en-GB"}`, text)
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBadTextsAreRefused(t *testing.T) {
	english := strings.NewReplacer("de-DE", "en-GB").Replace(german)
	for _, test := range []struct{ name, src, want string }{
		{"unknown key", english + "extra: 1\n", "texts.yaml:8: unknown key extra"},
		{"no helpline", strings.Replace(english, "here: Nummer gegen Kummer.,", "", 1), "texts.yaml:6: helpline needs here"},
		{"no version", strings.Replace(english, `version: "1"`, "", 1), "version is missing"},
		{"no date", strings.Replace(english, "2026-11-23", "soon", 1), "texts.yaml:3: date must be a day"},
		{"no source", strings.Replace(english, "source: a test", "", 1), "source is missing"},
		{"bad locale", strings.Replace(english, "en-GB", "English!", 1), `texts.yaml:5: locale "English!"`},
		{"other mark", strings.Replace(english, "{helpline}", "{name}", 1), `texts.yaml:7: the text "support" has a brace`},
		{"empty text", strings.Replace(english, "Du bist nicht schuld. {helpline}", " ", 1), `the text "support" is empty`},
		{"no texts", english[:strings.Index(english, "texts:")], "texts is empty"},
		{"no fallback", german, "no file for the fallback locale en-GB"},
		{"duplicate key", english + "locale: fr\n", "already defined"},
	} {
		_, err := LoadTexts(File{"texts.yaml", []byte(test.src)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s:\n got  %v\n want %s", test.name, err, test.want)
		}
	}
	if _, err := LoadTexts(File{"a", []byte(english)}, File{"b", []byte(english)}); err == nil || !strings.Contains(err.Error(), "b:5: locale en-GB has another file already") {
		t.Errorf("twice the same locale: %v", err)
	}
	more := strings.Replace(german, "texts: {", "texts: {other: x, ", 1)
	if _, err := LoadTexts(File{"a", []byte(english)}, File{"b", []byte(more)}); err == nil || !strings.Contains(err.Error(), `de-DE has the key "other", which en-GB lacks`) {
		t.Errorf("a key without fallback: %v", err)
	}
}
