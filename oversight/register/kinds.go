package register

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/rulebook"
)

//go:embed kinds.yaml
var shippedKinds []byte

// Content is one kind of illegal content that is assessed.
type Content struct {
	ID     string `yaml:"id" json:"id"`
	Row    string `yaml:"row" json:"row"` // in the guidance
	Title  string `yaml:"title" json:"title"`
	Within string `yaml:"within" json:"within,omitempty"` // the kind that it is a row of
	From   string `yaml:"from" json:"from,omitempty"`     // guidance since which it is assessed; "": all
}

// Guidance is an edition of the regulator's guidance on risk assessments.
type Guidance struct {
	ID       string            `yaml:"id" json:"id"`
	Title    string            `yaml:"title" json:"title"`
	From     rulebook.Date     `yaml:"from" json:"from"`
	Evidence rulebook.Evidence `yaml:"evidence" json:"evidence"`
}

// Contents are the kinds of illegal content, and how likelihood and impact make a
// level.
type Contents struct {
	Version  string            `yaml:"version" json:"version"`
	Date     rulebook.Date     `yaml:"date" json:"date"`
	Source   string            `yaml:"source" json:"source"`
	Evidence rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Note     string            `yaml:"note" json:"note"`
	Guidance []Guidance        `yaml:"guidance" json:"guidance"`
	Kinds    []Content         `yaml:"kinds" json:"kinds"`
	Levels   struct {
		Evidence   rulebook.Evidence `yaml:"evidence" json:"evidence"`
		Negligible row               `yaml:"negligible" json:"negligible"`
		Low        row               `yaml:"low" json:"low"`
		Medium     row               `yaml:"medium" json:"medium"`
		High       row               `yaml:"high" json:"high"`
	} `yaml:"levels" json:"levels"`
}

// row is the levels of a likelihood, by impact.
type row struct {
	Negligible rulebook.Risk `yaml:"negligible" json:"negligible"`
	Low        rulebook.Risk `yaml:"low" json:"low"`
	Medium     rulebook.Risk `yaml:"medium" json:"medium"`
	High       rulebook.Risk `yaml:"high" json:"high"`
}

func (r row) at(impact rulebook.Risk) rulebook.Risk {
	switch impact {
	case rulebook.Negligible:
		return r.Negligible
	case rulebook.Low:
		return r.Low
	case rulebook.Medium:
		return r.Medium
	case rulebook.High:
		return r.High
	}
	return rulebook.RiskUnknown
}

// Letters are those of s.9(5), each of which an assessment takes into account.
func Letters() []string { return []string{"a", "b", "c", "d", "e", "f", "g", "h"} }

// DefaultContents are those that come with Rowan.
func DefaultContents() (*Contents, error) { return LoadContents("kinds.yaml", shippedKinds) }

// LoadContents reads kinds. It returns every error that it finds, each a
// *datafile.Error.
func LoadContents(name string, src []byte) (*Contents, error) {
	var c Contents
	doc, err := datafile.Parse(name, src, &c)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if c.Version == "" || c.Date == 0 || c.Source == "" || c.Evidence == "" || len(c.Guidance) == 0 {
		fail(nil, "version, date, source, evidence and guidance are wanted")
	}
	for i := range c.Guidance {
		if g := &c.Guidance[i]; g.ID == "" || g.From <= 0 || i > 0 && g.From <= c.Guidance[i-1].From {
			fail([]any{"guidance", i}, "an edition of the guidance has an id and a day after the one before")
		}
	}
	for i := range c.Kinds {
		k := &c.Kinds[i]
		if !plain(k.ID) || k.Title == "" || k.Row == "" || c.find(k.ID) != k {
			fail([]any{"kinds", i}, "a kind has an id of its own, a row and a title; %q does not", k.ID)
		}
		if k.Within != "" && c.find(k.Within) == nil || k.From != "" && c.edition(k.From) < 0 {
			fail([]any{"kinds", i}, "%s is within a kind, or from an edition, that there is not", k.ID)
		}
	}
	for _, r := range []row{c.Levels.Negligible, c.Levels.Low, c.Levels.Medium, c.Levels.High} {
		if r.Negligible == 0 || r.Low < r.Negligible || r.Medium < r.Low || r.High < r.Medium {
			fail([]any{"levels"}, "a level is given for each likelihood and impact, and does not fall with the impact")
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *Contents) find(id string) *Content {
	i := slices.IndexFunc(c.Kinds, func(k Content) bool { return k.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Kinds[i]
}

// edition is the place of an edition of the guidance, -1 if there is none.
func (c *Contents) edition(id string) int {
	return slices.IndexFunc(c.Guidance, func(g Guidance) bool { return g.ID == id })
}

// Level is that of a likelihood and an impact.
func (c *Contents) Level(likelihood, impact rulebook.Risk) rulebook.Risk {
	switch likelihood {
	case rulebook.Negligible:
		return c.Levels.Negligible.at(impact)
	case rulebook.Low:
		return c.Levels.Low.at(impact)
	case rulebook.Medium:
		return c.Levels.Medium.at(impact)
	case rulebook.High:
		return c.Levels.High.at(impact)
	}
	return rulebook.RiskUnknown
}

// Of are the kinds that an edition of the guidance asks for. An unknown edition
// is the newest.
func (c *Contents) Of(guidance string) []Content {
	at := c.edition(guidance)
	if at < 0 {
		at = len(c.Guidance) - 1
	}
	var out []Content
	for _, k := range c.Kinds {
		if k.From == "" || c.edition(k.From) <= at {
			out = append(out, k)
		}
	}
	return out
}

// Risks are the levels that an assessment states, by kind.
func (a *Assessment) Risks() map[string]rulebook.Risk {
	out := map[string]rulebook.Risk{}
	for _, r := range a.Rows {
		out[r.Kind] = r.Level
	}
	return out
}

// MultiRisk reports whether at least two kinds have a medium or high risk, the
// rows within another kind apart (ICU Codes, paragraph 5.6).
func (c *Contents) MultiRisk(a *Assessment) bool {
	n := 0
	for _, r := range a.Rows {
		if k := c.find(r.Kind); k != nil && k.Within == "" && r.Level >= rulebook.Medium {
			n++
		}
	}
	return n >= 2
}

// Lack is something that an assessment does not have and should.
type Lack struct {
	Kind string `json:"kind,omitempty"`
	What string `json:"what"`
	Law  string `json:"law"`
}

// Lacks says in what an assessment is not suitable and sufficient as far as its
// form shows: a letter of s.9(5) that it is silent about, a kind that it leaves
// out, a level that is not that of its likelihood and impact, the whole of child
// sexual exploitation and abuse below one of its rows. today is for the yearly
// review.
func (c *Contents) Lacks(a *Assessment, today rulebook.Date) []Lack {
	var out []Lack
	for _, letter := range Letters() {
		if strings.TrimSpace(a.Covers[letter]) == "" {
			out = append(out, Lack{What: "says nothing about s.9(5)(" + letter + ")", Law: "s.9(5)(" + letter + ")"})
		}
	}
	stated := a.Risks()
	for _, k := range c.Of(a.Guidance) {
		if stated[k.ID] == rulebook.RiskUnknown {
			out = append(out, Lack{k.ID, k.Title + " is not assessed", "s.9(5)(b)"})
		}
	}
	for _, r := range a.Rows {
		k := c.find(r.Kind)
		if k == nil {
			out = append(out, Lack{r.Kind, fmt.Sprintf("%q is no kind of the guidance", r.Kind), "s.9(5)(b)"})
			continue
		}
		if want := c.Level(r.Likelihood, r.Impact); want > r.Level && r.Level != rulebook.RiskUnknown {
			out = append(out, Lack{r.Kind, fmt.Sprintf("%s: a %s likelihood and a %s impact make a %s level, not %s", k.Title, r.Likelihood, r.Impact, want, r.Level), "s.9(5)(d)"})
		}
		if k.Within != "" && stated[k.Within] < r.Level {
			out = append(out, Lack{k.Within, fmt.Sprintf("%s is %s, below %s within it, which is %s", c.find(k.Within).Title, stated[k.Within], strings.ToLower(k.Title), r.Level), "Ofcom's guidance"})
		}
	}
	if a.Reason == SignificantChange && strings.TrimSpace(a.Change) == "" {
		out = append(out, Lack{What: "does not say which change it is about", Law: "s.9(4)"})
	}
	if today > a.Date+366 {
		out = append(out, Lack{What: "is more than a year old", Law: "Ofcom's guidance"})
	}
	if newest := c.Guidance[len(c.Guidance)-1]; c.edition(a.Guidance) < len(c.Guidance)-1 && today >= newest.From {
		out = append(out, Lack{What: "does not follow the " + newest.Title, Law: "Ofcom's guidance"})
	}
	return out
}
