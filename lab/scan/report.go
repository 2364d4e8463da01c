package scan

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/guard/signal"
	"rowan/stylesheet"
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

	taxonomy *signal.Taxonomy
}

// NewReport returns an empty report.
func NewReport(file string, assumed Assume, config *engine.Config) *Report {
	return &Report{File: filepath.Base(file), Assumed: assumed, Policy: config.Policy.Version(), Lexicon: config.Lexicon.Version(), taxonomy: config.Taxonomy}
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

// Headline is the finding in one sentence.
func (r *Report) Headline() string {
	conversations, need := "conversations", "need"
	if r.Conversations == 1 {
		conversations = "conversation"
	}
	if r.Alerts() == 1 {
		need = "needs"
	}
	return fmt.Sprintf("%d of %d %s %s a person’s look", r.Alerts(), r.Conversations, conversations, need)
}

// Ages says how participants were taken.
func (r *Report) Ages() string {
	if r.Assumed == OlderStranger {
		return "each speaker in turn taken for an unknown adult who writes to a child"
	}
	return "as stated in the file; missing ones are unknown"
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
			Number: i, At: t.At.UTC().Format("2006-01-02 15:04"), From: t.From, Text: t.Text, Signals: f.turns[i],
			Alert: f.FirstAlert != nil && *f.FirstAlert == i,
		}
	}
	return lines
}

// title is what a signal's id stands for.
func (r *Report) title(code string) string {
	id, ok := r.taxonomy.Lookup(code)
	if !ok {
		return ""
	}
	return r.taxonomy.Signal(id).Title
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

//go:embed page.html
var page string

// WriteHTML writes a page that a person can read to a file. It loads nothing
// from anywhere. The page shows what was written, so a new file is readable by
// its owner only.
func (r *Report) WriteHTML(path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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
	t, err := template.New("page").Funcs(template.FuncMap{"house": stylesheet.House, "title": r.title, "words": words}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
