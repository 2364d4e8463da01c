package scan

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"slices"

	"rowan/guard/engine"
	"rowan/guard/response"
)

// Report gathers the findings of a scan: counts of all, and every one from
// watch on.
type Report struct {
	File          string
	Assumed       Assume
	Policy        string
	Lexicon       string
	Conversations int
	Messages      int
	Levels        [response.Critical + 1]int
	Worst         []*Finding // highest level first, then in the order of the file
}

// NewReport returns an empty report.
func NewReport(file string, assumed Assume, config *engine.Config) *Report {
	return &Report{File: file, Assumed: assumed, Policy: config.Policy.Version(), Lexicon: config.Lexicon.Version()}
}

// Add takes a finding in.
func (r *Report) Add(f *Finding) {
	r.Conversations++
	r.Messages += f.messages
	r.Levels[f.Level]++
	if f.Level == response.None {
		return
	}
	at, _ := slices.BinarySearchFunc(r.Worst, f, func(a, b *Finding) int {
		if a.Level >= b.Level {
			return -1
		}
		return 1
	})
	r.Worst = slices.Insert(r.Worst, at, f)
}

// Alerts is how many conversations a person should look at.
func (r *Report) Alerts() int {
	return r.Levels[response.Elevated] + r.Levels[response.High] + r.Levels[response.Critical]
}

// ByLevel lists the levels with their counts, the highest first.
func (r *Report) ByLevel() []LevelCount {
	var out []LevelCount
	for l := response.Critical; ; l-- {
		out = append(out, LevelCount{Level: l, Count: r.Levels[l]})
		if l == response.None {
			return out
		}
	}
}

// LevelCount is how many conversations reached a level and no more.
type LevelCount struct {
	Level response.Level
	Count int
}

// Mark is the shape that goes with the level's word, so that colour is not
// all that tells levels apart.
func (c LevelCount) Mark() string { return mark(c.Level) }

func mark(l response.Level) string {
	return [...]string{"○", "◔", "◑", "◕", "●"}[l]
}

// Line is one turn of a conversation as the page shows it.
type Line struct {
	Number  int
	At      string
	From    string
	Text    string
	Signals []string
	Alert   bool // the first alert
}

// Lines are the turns of a finding, nil for events.
func (f *Finding) Lines() []Line {
	if f.transcript == nil {
		return nil
	}
	lines := make([]Line, len(f.transcript.Turns))
	for i, t := range f.transcript.Turns {
		lines[i] = Line{
			Number: i, At: t.At.UTC().Format("2006-01-02 15:04:05"), From: t.From, Text: t.Text, Signals: f.turns[i],
			Alert: f.FirstAlert != nil && *f.FirstAlert == i,
		}
	}
	return lines
}

//go:embed page.html
var page string

// WriteHTML writes a page that a person can read to a file. It loads nothing
// from anywhere.
func (r *Report) WriteHTML(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	return r.write(f)
}

func (r *Report) write(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"mark": mark}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
