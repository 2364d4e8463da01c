package cybertip

import (
	"fmt"
	"strings"

	"rowan/casework/report"
	"rowan/casework/report/sheet"
)

// chatLog is the chat for reading, the latest lines of it.
func chatLog(f *report.Facts) string {
	const most = 200
	list := f.Lines
	var b strings.Builder
	if len(list) > most {
		fmt.Fprintf(&b, "The latest %d of %d messages; all are in %s.\n", most, len(list), TranscriptName)
		list = list[len(list)-most:]
	}
	for i := range list {
		l := &list[i]
		words := sheet.Text(l.Text)
		if !l.Held {
			words = "[text not held]"
		}
		if len(l.Media) > 0 {
			words += " [media: " + strings.Join(sheet.Lines(l.Media), ", ") + "]"
		}
		fmt.Fprintf(&b, "%s %s to %s: %s\n", sheet.Stamp(l.At), sheet.Line(l.From), sheet.Line(l.To), words)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
