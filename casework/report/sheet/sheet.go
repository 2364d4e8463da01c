// Package sheet writes what people said and sent as CSV, and puts text into a
// form that documents can hold.
package sheet

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
			Stamp(l.At), Line(l.ID), Line(l.Conversation), Line(l.Kind), Line(l.From), Line(l.To), kind, Text(l.Text), yesNo(l.Held), Line(l.IP),
			strings.Join(Lines(l.Media), " "),
		})
	}
	return write(rows)
}

// Media lists the files that were sent, by hash and kind.
func Media(f *report.Facts) ([]byte, error) {
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
				Line(m.ID), Line(m.Kind), Line(m.Name), Line(m.Line), Stamp(m.Uploaded), Line(ip), Link(m.URL), public, yesNo(f.Viewed(m.ID)),
				Line(kind), Line(m.Hashes[kind]),
			})
		}
	}
	return write(rows)
}

func write(rows [][]string) ([]byte, error) {
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
