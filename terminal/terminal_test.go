package terminal_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rowan/terminal"
)

// Every word is kept, in its order; no line is too wide unless one word is.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé–]{1,90}`)).Draw(t, "words")
		indent := rapid.IntRange(0, 40).Draw(t, "indent")
		got := terminal.Wrap(strings.Join(words, " "), indent)
		if strings.Join(strings.Fields(got), " ") != strings.Join(words, " ") {
			t.Fatalf("words were lost in %q", got)
		}
		for line := range strings.Lines(got) {
			text, ended := strings.CutSuffix(line, "\n")
			if !ended || !strings.HasPrefix(text, strings.Repeat(" ", indent)) {
				t.Fatalf("the line %q", line)
			}
			if utf8.RuneCountInString(text) > terminal.Width && strings.Contains(text[indent:], " ") {
				t.Fatalf("%d columns in %q", utf8.RuneCountInString(text), text)
			}
		}
	})
}

func TestDash(t *testing.T) {
	if terminal.Dash("") != "-" || terminal.Dash("a") != "a" {
		t.Error("a dash stands for nothing, and only for that")
	}
}
