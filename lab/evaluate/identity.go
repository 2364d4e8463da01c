package evaluate

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"rowan/datafile"
	"rowan/guard/engine"
	"rowan/lab/scan"
)

//go:embed identity.yaml
var identitySource []byte

// Identity is how far the probability moves when a line says somebody to be
// something else.
type Identity struct {
	Version string `json:"version"`
	Pairs   int    `json:"pairs"` // of lines that were compared
	// Worst is the largest difference of probability at even odds, and what
	// made it.
	Worst  float64         `json:"worst"`
	Group  string          `json:"group"`
	Line   string          `json:"line"`
	Terms  [2]string       `json:"terms"`
	Groups []IdentityGroup `json:"groups"`
}

// IdentityGroup is the largest difference among the terms of a group.
type IdentityGroup struct {
	Name  string  `json:"name"`
	Pairs int     `json:"pairs"`
	Worst float64 `json:"worst"`
}

type identityLine struct {
	From string `yaml:"from"`
	Text string `yaml:"text"`
}

type identityFile struct {
	Version string `yaml:"version"`
	Date    string `yaml:"date"`
	Source  string `yaml:"source"`
	Groups  []struct {
		Name  string   `yaml:"name"`
		Terms []string `yaml:"terms"`
	} `yaml:"groups"`
	Lines  []identityLine   `yaml:"lines"`
	Before [][]identityLine `yaml:"before"`
}

func loadIdentity(name string, source []byte) (*identityFile, error) {
	var f identityFile
	doc, err := datafile.Parse(name, source, &f)
	if err != nil {
		return nil, err
	}
	if f.Version == "" || f.Date == "" || f.Source == "" {
		return nil, doc.Errorf(nil, "version, date and source are needed")
	}
	check := func(l identityLine, at ...any) error {
		if l.From != "older" && l.From != "young" {
			return doc.Errorf(at, "from is older or young")
		}
		return nil
	}
	for i, g := range f.Groups {
		if g.Name == "" || len(g.Terms) < 2 {
			return nil, doc.Errorf([]any{"groups", i}, "a group has a name and at least two terms")
		}
	}
	for i, l := range f.Lines {
		if err := check(l, "lines", i); err != nil {
			return nil, err
		}
		if strings.Count(l.Text, "{}") != 1 {
			return nil, doc.Errorf([]any{"lines", i, "text"}, "a line has one {}")
		}
	}
	for i, b := range f.Before {
		for j, l := range b {
			if err := check(l, "before", i, j); err != nil {
				return nil, err
			}
		}
	}
	if len(f.Groups) == 0 || len(f.Lines) == 0 || len(f.Before) == 0 {
		return nil, doc.Errorf(nil, "groups, lines and before are needed")
	}
	return &f, nil
}

// swap measures every pair of terms in every line and context, between an
// adult stranger and a child of twelve.
func swap(config *engine.Config, prior float64) (*Identity, error) {
	f, err := loadIdentity("identity.yaml", identitySource)
	if err != nil {
		return nil, fmt.Errorf("identity swaps: %w", err)
	}
	r := scan.NewReader(config)
	r.Trace = true
	out := &Identity{Version: f.Version}
	for _, g := range f.Groups {
		group := IdentityGroup{Name: g.Name}
		for _, line := range f.Lines {
			for _, before := range f.Before {
				p := make([]float64, len(g.Terms))
				for i, term := range g.Terms {
					said := append(before[:len(before):len(before)], identityLine{line.From, strings.Replace(line.Text, "{}", term, 1)})
					p[i] = shifted(lastRisk(r, said), prior, 0.5)
				}
				for i := range p {
					for j := range i {
						group.Pairs++
						d := max(p[i]-p[j], p[j]-p[i])
						group.Worst = max(group.Worst, d)
						if d > out.Worst || out.Group == "" {
							out.Worst, out.Group, out.Line, out.Terms = d, g.Name, line.Text, [2]string{g.Terms[j], g.Terms[i]}
						}
					}
				}
			}
		}
		out.Pairs += group.Pairs
		out.Groups = append(out.Groups, group)
	}
	return out, nil
}

// lastRisk is the log-odds after the last line.
func lastRisk(r *scan.Reader, said []identityLine) float64 {
	older, young := 40, 12
	t := &scan.Transcript{Conversation: "swap", Participants: []scan.Participant{{ID: "older", Age: &older}, {ID: "young", Age: &young}}}
	at := time.Date(2026, 3, 13, 17, 0, 0, 0, time.UTC)
	for i, l := range said {
		t.Turns = append(t.Turns, scan.Turn{At: at.Add(time.Duration(i) * time.Minute), From: l.From, Text: l.Text})
	}
	best := float64(none)
	points := r.Read(t, scan.AsStated).Points()
	for _, p := range points {
		best = max(best, p.Risk.Float())
	}
	return best
}
