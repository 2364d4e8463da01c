package evaluate

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"rowan/metric"
	"rowan/stylesheet"
)

//go:embed page.html
var page string

// Missed is how many bounds are missed.
func (r *Result) Missed() (n int) {
	for _, b := range r.Bounds {
		if !b.Met {
			n++
		}
	}
	return n
}

// Headline is the result in one sentence.
func (r *Result) Headline() string {
	return fmt.Sprintf("%d of %d bounds are met", len(r.Bounds)-r.Missed(), len(r.Bounds))
}

// WriteHTML writes the result as a page that loads nothing from anywhere.
func (r *Result) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"house": stylesheet.House, "curve": precisionRecall, "reliability": reliability, "time": timeToAlert, "capacity": capacity,
		"groupings": groupings, "words": spoken, "share": shareWords, "interval": intervalWords, "percent": percentWords,
		"decimal": decimal, "maybe": maybe, "delays": delayWords, "onein": oneIn, "points": points,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// grouping is a table of a set's groups.
type grouping struct {
	Title, Column string
	Rows          []Row
	Open          bool
}

func groupings(m *Measures) (out []grouping) {
	for _, g := range []grouping{
		{"By policy", "Policy", m.Policies, true},
		{"By family", "Family", m.Families, len(m.Policies) == 0},
		{"By age of the young person", "Age", m.Bands, false},
		{"By register", "Register", m.Register, false},
	} {
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func spoken(name string) string { return strings.ReplaceAll(name, "_", " ") }

func percentWords(v float64) string {
	switch {
	case v == 0:
		return "0\u00a0%"
	case v < 0.001:
		return fmt.Sprintf("%.4f\u00a0%%", 100*v)
	case v < 0.1:
		return fmt.Sprintf("%.2f\u00a0%%", 100*v)
	}
	return fmt.Sprintf("%.1f\u00a0%%", 100*v)
}

func intervalWords(i metric.Interval) string {
	return percentWords(i.Low) + " to " + percentWords(i.High)
}

func shareWords(s Share) string {
	if s.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%d of %d; %s)", percentWords(s.Value), s.K, s.N, intervalWords(s.Interval))
}

// Figure is what was reached, in words.
func (b Bound) Figure() string {
	if b.Share {
		return percentWords(b.Reached)
	}
	return fmt.Sprintf("%.4f", b.Reached)
}

// decimal has three places and a proper minus.
func decimal(v any) string {
	f, ok := v.(float64)
	if p, isPointer := v.(*float64); isPointer {
		f, ok = *p, true
	}
	if !ok || math.IsNaN(f) {
		return "–"
	}
	return strings.Replace(fmt.Sprintf("%.3f", f), "-", "−", 1)
}

func maybe(v *float64) string {
	if v == nil {
		return "no alert"
	}
	return decimal(*v)
}

func delayWords(d [2]*float64) string {
	word := func(v *float64) string {
		if v == nil {
			return "never"
		}
		return fmt.Sprintf("%.0f", *v)
	}
	return word(d[0]) + " / " + word(d[1])
}

func oneIn(prevalence float64) string { return fmt.Sprintf("1 in %.0f", 1/prevalence) }

func points(v float64) string {
	return strings.Replace(fmt.Sprintf("%.1f points", 100*v), "-", "−", 1)
}
