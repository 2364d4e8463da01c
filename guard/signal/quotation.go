package signal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// inMarks reports whether two words or more of a text stand in quotation marks.
// An apostrophe is no mark: a single one opens before a word that no letter
// precedes, and closes where no letter follows.
func inMarks(text string) bool {
	if !strings.ContainsAny(text, "\"'“„‘«") {
		return false
	}
	closing := "" // the signs that end the open quotation, if there is one
	words, before := 0, ' '
	for c, size := utf8.DecodeRuneInString(text); size > 0; c, size = utf8.DecodeRuneInString(text) {
		text = text[size:]
		after, _ := utf8.DecodeRuneInString(text)
		switch {
		case closing == "" && !inWord(before) && inWord(after):
			closing, words = closedBy(c), 0
		case closing == "":
		case strings.ContainsRune(closing, c) && !inWord(after):
			if words >= 2 {
				return true
			}
			closing = ""
		case inWord(c) && !inWord(before) && before != '\'' && before != '’':
			words++
		}
		before = c
	}
	return false
}

// closedBy are the signs that may end a quotation which a sign begins.
func closedBy(c rune) string {
	switch c {
	case '"', '“', '„':
		return "\"”“"
	case '\'', '‘':
		return "'’"
	case '«':
		return "»"
	}
	return ""
}

func inWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
