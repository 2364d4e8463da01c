package release

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/returns"
	"rowan/terminal"
)

// Explanation is everything behind one figure, or behind its refusal.
type Explanation struct {
	Figure    *figures.Figure  `json:"figure,omitempty"`
	Blocked   *figures.Blocked `json:"blocked,omitempty"`
	Hidden    *figures.Hidden  `json:"hidden,omitempty"`
	Sentences []string         `json:"sentences"`
}

// UnknownError is a figure that a release does not have, with ids that are near.
type UnknownError struct {
	ID   string
	Near []string
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("the release has no figure %q", e.ID)
	if len(e.Near) > 0 {
		s += "; it has " + strings.Join(e.Near, ", ")
	}
	return s
}

// Opened is a release that was written before.
type Opened struct {
	Set  *figures.Set
	Told []Told
}

// Open reads the figures and sentences of a release's folder.
func Open(dir string) (*Opened, error) {
	set, err := loadSet(filepath.Join(dir, "figures.json"))
	if err != nil {
		return nil, fmt.Errorf("%s is no folder of a release: %w", dir, err)
	}
	src, err := os.ReadFile(filepath.Join(dir, "sentences.json"))
	if err != nil {
		return nil, fmt.Errorf("%s is no folder of a release: %w", dir, err)
	}
	var told []Told
	if err := json.Unmarshal(src, &told); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "sentences.json"), err)
	}
	return &Opened{Set: set, Told: told}, nil
}

// Explain takes a figure apart. Its error is an *UnknownError where the release
// has no such figure.
func (o *Opened) Explain(id string) (*Explanation, error) {
	x := &Explanation{Sentences: []string{}}
	if f, ok := o.Set.Get(id); ok {
		x.Figure = f
		for _, t := range o.Told {
			if slices.Contains(t.Figures, f.ID) && !slices.Contains(x.Sentences, t.Text) {
				x.Sentences = append(x.Sentences, t.Text)
			}
		}
		return x, nil
	}
	if b, ok := o.Set.GetBlocked(id); ok {
		x.Blocked = b
		return x, nil
	}
	for i := range o.Set.Hidden {
		if o.Set.Hidden[i].ID == id {
			x.Hidden = &o.Set.Hidden[i]
			return x, nil
		}
	}
	return nil, &UnknownError{ID: id, Near: o.near(id)}
}

// near are the ids that an unknown one is most like.
func (o *Opened) near(id string) []string {
	type candidate struct {
		id    string
		steps int
	}
	var all []candidate
	add := func(names ...string) {
		for _, n := range names {
			all = append(all, candidate{n, distance(id, n)})
		}
	}
	for _, f := range o.Set.Figures {
		add(append([]string{f.ID}, f.Aliases...)...)
	}
	for _, b := range o.Set.Blocked {
		add(append([]string{b.ID}, b.Aliases...)...)
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.steps, b.steps), cmp.Compare(a.id, b.id)) })
	all = slices.CompactFunc(all, func(a, b candidate) bool { return a.id == b.id })
	var out []string
	for _, c := range all[:min(len(all), 3)] {
		out = append(out, c.id)
	}
	return out
}

// distance is how many letters must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := last
			if a[i] != b[j] {
				next++
			}
			last = row[j+1]
			row[j+1] = min(next, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Text is the explanation for a terminal.
func (x *Explanation) Text() string {
	var b strings.Builder
	head := func(s string) { b.WriteString("\n" + s + "\n") }
	list := func(s string) { b.WriteString(hanging(s)) }
	switch {
	case x.Figure != nil:
		f := x.Figure
		fmt.Fprintf(&b, "%s: %s\n", f.ID, f.Text)
		if f.Constructed {
			b.WriteString(terminal.Wrap("CONSTRUCTED: made up for a test or an example. It is no figure of any force.", 2))
		}
		for _, s := range x.Sentences {
			b.WriteString("\n" + terminal.Wrap(s, 2))
		}
		head("Formula")
		b.WriteString(terminal.Wrap(f.Formula, 2))
		if f.Spread != nil {
			b.WriteString(terminal.Wrap(fmt.Sprintf("%.0f%% interval %.1f to %.1f (%s)", f.Spread.Level*100, f.Spread.Low, f.Spread.High, f.Spread.Method), 2))
		}
		if f.Coverage != nil {
			head("Coverage")
			b.WriteString(terminal.Wrap(f.Coverage.Text, 2))
		}
		cells(&b, f.Cells)
		if len(f.Gates) > 0 {
			head("Gates")
			gates(&b, f.Gates)
		}
		if len(f.Caveats) > 0 {
			head("Caveats")
			for _, c := range f.Caveats {
				list(c.Text)
			}
		}
	case x.Blocked != nil:
		fmt.Fprintf(&b, "%s: not given\n", x.Blocked.ID)
		head("Why")
		b.WriteString(terminal.Wrap(x.Blocked.Why, 2))
		if x.Blocked.Do != "" {
			head("What would make it possible")
			b.WriteString(terminal.Wrap(x.Blocked.Do, 2))
		}
		if len(x.Blocked.Gates) > 0 {
			head("Gates")
			gates(&b, x.Blocked.Gates)
		}
		cells(&b, x.Blocked.Cells)
	case x.Hidden != nil:
		fmt.Fprintf(&b, "%s: not shown [c]\n", x.Hidden.ID)
		head("Why")
		b.WriteString(terminal.Wrap(x.Hidden.Why, 2))
		head("What would make it possible")
		b.WriteString(terminal.Wrap("wider bands, or several years together", 2))
	}
	return b.String()
}

// hanging is a list's line whose further lines stand under the first.
func hanging(s string) string {
	text := terminal.Wrap(s, 4)
	return "  - " + strings.TrimPrefix(text, "    ")
}

func gates(b *strings.Builder, all []figures.Gate) {
	for _, g := range all {
		b.WriteString(hanging(map[bool]string{true: "passed ", false: "REFUSED "}[g.Passed] + strings.ReplaceAll(g.Name, "_", " ") + ": " + g.Why))
	}
}

func cells(b *strings.Builder, all []returns.Cell) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\nCells\n")
	for _, c := range all {
		b.WriteString(hanging(c.String() + " SHA-256 " + c.SHA256))
		if c.Source != "" {
			b.WriteString("    " + c.Source + "\n")
		}
	}
}

// IsUnknown tells whether an error is of a figure that is not there.
func IsUnknown(err error) bool {
	var u *UnknownError
	return errors.As(err, &u)
}
