package signal

import "testing"

func TestInMarks(t *testing.T) {
	for text, want := range map[string]bool{
		`he wrote "meet me there" yesterday`:                true,
		`“Let's move to another app” is a warning sign`:     true,
		`„Komm bitte mit“`:                                  true,
		`«viens avec moi»`:                                  true,
		`'I will post it' is a crime, tell us`:              true,
		`Next card: "you're so mature, you aren't like us"`: true,
		`"stop it now`:                                      false, // not closed
		`the "blue" app`:                                    false, // one word
		`don't tell the boys' team, it isn't ours`:          false,
		`'cause I said so, don't ask`:                       false,
		`rock 'n' roll`:                                     false,
		`5" by 7" and 3' long`:                              false,
		"\xff\"\xfe a b \"\xff":                             false,
		``:                                                  false,
	} {
		if got := inMarks(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
