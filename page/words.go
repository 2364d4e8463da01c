package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"rowan/terminal"
)

// Funcs are the words that templates of every wing use.
func (s *Shell) Funcs() template.FuncMap {
	return template.FuncMap{
		"when":     func(t time.Time) template.HTML { return When(t, s.now()) },
		"exact":    Exact,
		"inc":      func(n int) int { return n + 1 },
		"n":        grouped,
		"words":    func(v any) string { return strings.ReplaceAll(fmt.Sprint(v), "_", " ") },
		"duration": Duration,
		"percent":  func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) },
		"lower":    strings.ToLower,
		"join":     strings.Join,
		"plural":   plural,
	}
}

// plural is a count with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return terminal.Grouped(int64(n)) + " " + many
}

func grouped(v any) string {
	switch v := v.(type) {
	case int:
		return terminal.Grouped(int64(v))
	case int64:
		return terminal.Grouped(v)
	case uint64:
		return terminal.Grouped(int64(v))
	}
	return fmt.Sprint(v)
}

// Exact is a time to the second, in UTC.
func Exact(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// When is a time in relation to now, with the exact one on hover; the script
// puts that into the reader's zone.
func When(t, now time.Time) template.HTML {
	if t.IsZero() {
		return "not known"
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-ago>%s</time>`, t.UTC().Format(time.RFC3339), Exact(t), Relative(t, now)))
}

// Relative is a time in relation to now, in words.
func Relative(t, now time.Time) string {
	d := now.Sub(t)
	ago, in := " ago", ""
	if d < 0 {
		d, ago, in = -d, "", "in "
	}
	if d < 45*time.Second {
		return "just now"
	}
	return in + Duration(d) + ago
}

// Duration is a length of time in words, in its greatest unit, two for days.
func Duration(d time.Duration) string {
	unit := func(n int64, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %ss", n, one)
	}
	switch {
	case d.Round(time.Second) < time.Minute:
		return unit(int64(d.Round(time.Second)/time.Second), "second")
	case d.Round(time.Minute) < time.Hour:
		return unit(int64(d.Round(time.Minute)/time.Minute), "minute")
	case d.Round(time.Hour) < 48*time.Hour:
		return unit(int64(d.Round(time.Hour)/time.Hour), "hour")
	case d < 60*24*time.Hour:
		return unit(max(2, int64(d/(24*time.Hour))), "day")
	}
	return unit(int64(d/(30*24*time.Hour)), "month")
}
