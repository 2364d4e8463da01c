package verify

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	switch {
	case r.OK:
		fmt.Fprintln(&b, "Holds: every record is in the signed log, unchanged.")
	default:
		fmt.Fprintf(&b, "DOES NOT HOLD: %d problems.\n", int64(len(r.Problems))+r.More)
	}
	if r.Of != "" {
		line("About", "%s", r.Of)
	}
	if r.Root != "" {
		line("Log", "%s, %d leaves, root %s", r.Origin, r.Size, r.Root)
	}
	for _, c := range r.Cosigned {
		line("Cosigned", "%s at %s", c.By, c.At.Format(time.RFC3339))
	}
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(r.Leaves)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", r.Leaves[k], k))
	}
	if len(kinds) > 0 {
		line("Leaves", "%s", strings.Join(kinds, ", "))
		line("Decisions", "%d", r.Decisions)
	}
	if !r.First.IsZero() {
		line("Between", "%s and %s", r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	}
	for _, o := range r.Opened {
		line("Disclosed", "%s, %s: %q", o.Of, o.Part, o.Value)
	}
	for _, p := range r.Problems {
		line("Problem", "%s: %s", p.Where, p.What)
	}
	if r.More > 0 {
		line("Problem", "and %d more", r.More)
	}
	for _, remark := range r.Remarks {
		line("Note", "%s", remark)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
