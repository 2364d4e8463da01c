package response

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rowan/guard/account/support"
)

// blaming are words that put it on the young person, or frighten.
var blaming = []string{"you should have", "you shouldn't", "your own fault", "why did you", "careless", "silly", "victim", "predator", "paedophile", "you must"}

func TestTextsBlameNobodyAndSayWhatToDo(t *testing.T) {
	p := defaultPolicy(t)
	for i := range p.notices {
		n := p.Notice(i, "en-GB", "")
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
	// The first moment is no policy's: the engine shows it when a setting is
	// about to be relaxed.
	used := map[string]bool{DefaultChanged.String(): true}
	for _, n := range p.notices {
		used[n.key] = true
	}
	for _, kind := range []string{support.Moment, support.Notice} {
		for _, key := range p.texts.Keys(kind) {
			if !used[key] {
				t.Errorf("the text %s is not used by the default policy", key)
			}
		}
	}
}

func TestAllMomentsOfTheCodeHaveANotice(t *testing.T) {
	p := defaultPolicy(t)
	found := map[string]bool{DefaultChanged.String(): true} // see guard/engine, aboutToChange
	for i := range p.notices {
		found[p.Notice(i, "", "").Moment] = true
	}
	if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(slices.Values(momentWords.list)); !slices.Equal(got, want) {
		t.Errorf("the default policy has notices for %v, want %v", got, want)
	}
}

func TestANoticeIsReadyToShow(t *testing.T) {
	p := defaultPolicy(t)
	i := slices.IndexFunc(p.notices, func(n notice) bool { return n.key == "first_contact" })
	if p.NoticeFor(i) != ToMinor {
		t.Errorf("first_contact is for %s", p.NoticeFor(i))
	}
	got, err := json.Marshal(p.Notice(i, "en-GB", ""))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal("This is the first time you two are in touch here. People are not always who they say they are. You can ignore, mute, block or report them at any time. They will not be told that you did. If something feels off, talk to someone you trust.")
	want := fmt.Sprintf(`{"to":"minor","moment":"first_contact","text_key":"first_contact","text":%s,"locale":"en-GB"}`, text)
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A moment of ICU F2 is told in words for the reader's age; a notice of a
// policy's own has words for all.
func TestANoticeIsInWordsForTheBand(t *testing.T) {
	p := defaultPolicy(t)
	for i, n := range p.notices {
		plain, young := p.Notice(i, "en-GB", ""), p.Notice(i, "en-GB", "under_13")
		if moment := slices.Contains(support.Moments(), n.key); (plain.Text != young.Text) != moment {
			t.Errorf("%s is told to somebody under 13 as: %s", n.key, young.Text)
		}
		young.Text = plain.Text
		if young != plain {
			t.Errorf("the band changes more than the text: %+v, %+v", young, plain)
		}
	}
}

func TestVersionFollowsTheTexts(t *testing.T) {
	files, err := support.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	files[0].Source = []byte(strings.Replace(string(files[0].Source), "Someone", "Somebody", 1))
	texts, err := support.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	name, src := Defaults()
	other, err := LoadWith(name, src, taxonomy(t), texts)
	if err != nil {
		t.Fatal(err)
	}
	if p := defaultPolicy(t); other.Version() == p.Version() {
		t.Errorf("other texts, and the same version %s", p.Version())
	}
}
