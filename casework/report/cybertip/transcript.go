package cybertip

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rowan/casework/report"
)

// Transcript is the chat as CSV, a message a row, in order of time. Words are
// given as they were written; where none are held, text_held says no.
func Transcript(f *report.Facts) ([]byte, error) {
	rows := [][]string{{"time", "content_id", "thread", "chat_type", "source", "target", "type", "content", "text_held", "ip", "media"}}
	for i := range f.Lines {
		l := &f.Lines[i]
		kind := "text"
		if len(l.Media) > 0 {
			kind = "media"
		}
		rows = append(rows, []string{
			stamp(l.At), line(l.ID), line(l.Conversation), line(l.Kind), line(l.From), line(l.To), kind, text(l.Text), yesNo(l.Held), line(l.IP),
			strings.Join(lines(l.Media), " "),
		})
	}
	return sheet(rows)
}

// mediaSheet lists the files that were sent, by hash and kind.
func mediaSheet(f *report.Facts) ([]byte, error) {
	rows := [][]string{{"media_id", "kind", "name", "content_id", "uploaded", "ip", "url", "publicly_available", "viewed_by_a_person", "hash_type", "hash"}}
	for i := range f.Media {
		m := &f.Media[i]
		public, ip := "not known", ""
		if m.Public != nil {
			public = yesNo(*m.Public)
		}
		if m.Capture != nil {
			ip = m.Capture.IP
		}
		kinds := slices.Sorted(maps.Keys(m.Hashes))
		if len(kinds) == 0 {
			kinds = []string{""}
		}
		for _, kind := range kinds {
			rows = append(rows, []string{
				line(m.ID), line(m.Kind), line(m.Name), line(m.Line), stamp(m.Uploaded), line(ip), link(m.URL), public, yesNo(f.Viewed(m.ID)),
				line(kind), line(m.Hashes[kind]),
			})
		}
	}
	return sheet(rows)
}

func sheet(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write csv: %w", err)
	}
	return b.Bytes(), nil
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

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
		words := text(l.Text)
		if !l.Held {
			words = "[text not held]"
		}
		if len(l.Media) > 0 {
			words += " [media: " + strings.Join(lines(l.Media), ", ") + "]"
		}
		fmt.Fprintf(&b, "%s %s to %s: %s\n", stamp(l.At), line(l.From), line(l.To), words)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
