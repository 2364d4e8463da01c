package returns

import (
	"regexp"
	"strconv"
	"strings"
)

// figure is how a format shows nothing but a number.
var figure = regexp.MustCompile(`^-?[0-9][0-9,\s\x{a0}\x{202f}]*(\.[0-9]+)?$`)

// Shown is what a cell says that holds a number and shows a text, the number as its
// format has it. A number counts as it is held, not as it is rounded; what a format
// shows in place of a number (<5, *, nothing) counts as it is shown, and hides is
// true: whoever has the file can see what was meant to be hidden. A dash or nothing
// that stands for 0 is 0.
func Shown(text string, n float64) (cell string, hides bool) {
	text = strings.TrimSpace(text)
	held := strconv.FormatFloat(n, 'f', -1, 64)
	switch {
	case text == held || figure.MatchString(text):
		return held, false
	case n == 0 && (text == "" || text == "-" || text == "–"):
		return held, false
	}
	v, err := ParseValue(text)
	switch {
	case err != nil || v.Kind == Nil:
		return text, false // 67%, 73 offences, a date
	case v.Kind == Exact || v.Kind == Estimated:
		// 12*: the note is the format's.
		if m := strings.TrimPrefix(text, held); m != text {
			return text, false
		}
		return held, false
	case v.Given() && v.Kind != Suppressed && !v.Contains(int64(n)):
		return held, false
	}
	return text, true
}
