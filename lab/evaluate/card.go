package evaluate

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
)

//go:embed card.md.tmpl
var card string

// Benign are the names of the sets of real benign chat.
func (r *Result) Benign() (names []string) {
	for _, m := range r.Sets {
		if m.Source == Real {
			names = append(names, m.Name)
		}
	}
	return names
}

// WriteCard writes the model card of what was measured, as Markdown.
func (r *Result) WriteCard(w io.Writer) error {
	if len(r.Sets) == 0 {
		return fmt.Errorf("model card: nothing was measured")
	}
	t, err := template.New("card").Funcs(template.FuncMap{
		"groupings": groupings, "words": spoken, "share": shareWords, "interval": intervalWords, "percent": percentWords,
		"decimal": decimal, "maybe": maybe, "delays": delayWords, "points": points, "boundLine": boundLine,
	}).Parse(card)
	if err != nil {
		return fmt.Errorf("model card: %w", err)
	}
	if err := t.Execute(w, r); err != nil {
		return fmt.Errorf("model card: %w", err)
	}
	return nil
}

// boundLine is the row of a bound in the card.
func boundLine(b Bound) string {
	met, interval := "yes", ""
	if !b.Met {
		met = "**no**"
	}
	if b.Share {
		interval = intervalWords(b.Interval)
	}
	return "| " + strings.Join([]string{met, b.Name, fmt.Sprintf("%s, %s: %s", b.Source, b.Part, b.On), b.Want, b.Figure(), fmt.Sprint(b.N), interval}, " | ") + " |"
}
