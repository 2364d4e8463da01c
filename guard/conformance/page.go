package conformance

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"rowan/stylesheet"
	"rowan/terminal"
)

//go:embed page.html
var page string

// WriteHTML writes one self-contained page that a person can read and print. It
// names accounts.
func (r *Report) WriteHTML(out io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"house": stylesheet.House, "n": terminal.Grouped, "share": share, "dash": terminal.Dash}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(out, r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// share is a part in words: "12 of 400".
func share(part, of int64) string { return terminal.Grouped(part) + " of " + terminal.Grouped(of) }
