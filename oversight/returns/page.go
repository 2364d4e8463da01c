package returns

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"rowan/stylesheet"
	"rowan/terminal"
)

//go:embed page.html
var page string

// WriteHTML writes one self-contained page that a person can read and print.
func (s *Signed) WriteHTML(out io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"house": stylesheet.House, "words": Words, "day": day}).Parse(page)
	if err != nil {
		return fmt.Errorf("return: %w", err)
	}
	digest, err := s.Return.Digest()
	if err != nil {
		return err
	}
	data := struct {
		*Signed
		Digest Digest
	}{s, digest}
	if err := t.Execute(out, data); err != nil {
		return fmt.Errorf("return: %w", err)
	}
	return nil
}

func day(t time.Time) string { return t.Format("2 January 2006") }

// Words is a value as people read it, in the unit of its metric.
func Words(unit string, v *Value) string {
	switch {
	case v == nil:
		return "not held"
	case v.Of != nil:
		return terminal.Grouped(v.N) + " of " + terminal.Grouped(*v.Of)
	case unit == "milliseconds":
		return length(time.Duration(v.N) * time.Millisecond)
	}
	return terminal.Grouped(v.N)
}

// length is a time in its two greatest units.
func length(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.of; n > 0 || u.of == time.Second && len(parts) == 0 {
			parts = append(parts, fmt.Sprintf("%s %s", terminal.Grouped(int64(n)), u.name))
			d -= n * u.of
		}
	}
	return strings.Join(parts[:min(2, len(parts))], " ")
}

// Cosigned reports whether somebody besides the log has signed a checkpoint of
// the document's. Whether they are witnesses only their keys show.
func (s *Signed) Cosigned() bool {
	return s.Witnessed != nil || strings.Count(s.Checkpoint, "\n— ") > 1
}
