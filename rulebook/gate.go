package rulebook

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rowan/terminal"
)

// Risk is the level of a risk assessment: likelihood times impact.
type Risk uint8

// The levels. RiskUnknown is what nobody has assessed.
const (
	RiskUnknown Risk = iota
	Negligible
	Low
	Medium
	High
)

var risks = []string{"unknown", "negligible", "low", "medium", "high"}

func (r Risk) String() string { return risks[min(int(r), len(risks)-1)] }

// ParseRisk reads a level.
func ParseRisk(text string) (Risk, error) {
	i := slices.Index(risks, text)
	if i < 1 {
		return RiskUnknown, fmt.Errorf("%q is no level of risk; want %s", text, strings.Join(risks[1:], ", "))
	}
	return Risk(i), nil
}

// UnmarshalYAML reads a level. The error has the parser's own form, so that
// datafile finds the line in it.
func (r *Risk) UnmarshalYAML(n *yaml.Node) (err error) {
	if *r, err = ParseRisk(n.Value); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a level of risk: %s", n.Line, strings.Join(risks[1:], ", "))}}
	}
	return nil
}

// MarshalText writes the level's word.
func (r Risk) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (r *Risk) UnmarshalText(b []byte) (err error) {
	if string(b) == risks[RiskUnknown] {
		*r = RiskUnknown
		return nil
	}
	*r, err = ParseRisk(string(b))
	return err
}

// Features is what a service offers. A nil one is all features that the
// catalogue knows, except those that a setting or measure must be without.
type Features []string

func (f Features) allow(needs, without []string) bool {
	if f == nil {
		return len(without) == 0
	}
	for _, n := range needs {
		if !slices.Contains(f, n) {
			return false
		}
	}
	for _, n := range without {
		if slices.Contains(f, n) {
			return false
		}
	}
	return true
}

// Service is what measures ask about a service.
type Service struct {
	Users     int64           `yaml:"users" json:"users"` // monthly, in the jurisdiction; 0: not declared
	Risk      map[string]Risk `yaml:"risk" json:"risk"`   // by kind, such as grooming
	Small     bool            `yaml:"small" json:"small"` // a micro or small enterprise
	Features  Features        `yaml:"features" json:"features"`
	AgeSignal bool            `yaml:"age_signal" json:"age_signal"` // it has some means of knowing age
	// NoChildren is that children are not likely to access it, as its children's
	// access assessment says.
	NoChildren bool `yaml:"no_children" json:"no_children,omitempty"`
}

// Gate says which services a measure is for.
type Gate struct {
	Any       []Test   `yaml:"any"`        // one must hold; none: every service
	Except    []Test   `yaml:"except"`     // none may hold: another measure is for those
	Children  bool     `yaml:"children"`   // only if children are likely to access it
	AgeSignal bool     `yaml:"age_signal"` // only where the service has some means of knowing age
	NotSmall  bool     `yaml:"not_small"`  // not for micro and small enterprises
	Needs     []string `yaml:"needs"`
	Without   []string `yaml:"without"`
}

// Test is a size, risks and features, all of which must be reached.
type Test struct {
	UsersOver int64           `yaml:"users_over"` // monthly users in the jurisdiction, more than
	Risk      map[string]Risk `yaml:"risk"`       // at least, by kind
	Risks     *Risks          `yaml:"risks"`
	Needs     []string        `yaml:"needs"`
}

// Risks asks for a level of risk of some kinds, whichever they are.
type Risks struct {
	Count int      `yaml:"count"` // of kinds, at least
	Least Risk     `yaml:"least"`
	Of    []string `yaml:"of"` // the kinds that count
}

// reached is how many of the kinds have the level.
func (r *Risks) reached(s *Service) int {
	n := 0
	for _, kind := range r.Of {
		if s.Risk[kind] >= r.Least {
			n++
		}
	}
	return n
}

// Duty is whether a measure is for a service.
type Duty uint8

// The duties.
const (
	Absent      Duty = iota // the service has no such feature
	Recommended             // not required of it; recommended all the same
	Required
)

func (d Duty) String() string { return [...]string{"absent", "recommended", "required"}[d] }

// MarshalText writes the duty's word.
func (d Duty) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ground is why a gate is or is not for a service.
type ground uint8

const (
	lacking   ground = iota // a feature that the measure is about
	having                  // a feature that it must be without
	blind                   // no means of knowing age
	small                   // an enterprise that is exempt
	grown                   // children are not likely to access it
	excepted                // another measure is for it, by a test
	everybody               // no test
	reached                 // a test holds
	missed                  // none does
)

// judge says whether the gate is for a service, on which ground, and by which test
// if it is one.
func (g *Gate) judge(s *Service) (Duty, ground, *Test) {
	switch {
	case !s.Features.allow(g.Needs, nil):
		return Absent, lacking, nil
	case !s.Features.allow(nil, g.Without):
		return Absent, having, nil
	case g.AgeSignal && !s.AgeSignal:
		return Recommended, blind, nil
	case g.NotSmall && s.Small:
		return Recommended, small, nil
	case g.Children && s.NoChildren:
		return Recommended, grown, nil
	}
	for i := range g.Except {
		if t := &g.Except[i]; t.holds(s) {
			return Absent, excepted, t
		}
	}
	if len(g.Any) == 0 {
		return Required, everybody, nil
	}
	for i := range g.Any {
		if t := &g.Any[i]; t.holds(s) {
			return Required, reached, t
		}
	}
	return Recommended, missed, nil
}

// Duty says whether the gate is for a service. It is quick: for thousands of them.
func (g *Gate) Duty(s *Service) Duty {
	d, _, _ := g.judge(s)
	return d
}

// Ask says whether the gate is for a service, and why.
func (g *Gate) Ask(s *Service) (Duty, string) {
	duty, on, test := g.judge(s)
	switch on {
	case lacking:
		var lacks []string
		for _, n := range g.Needs {
			if !slices.Contains(s.Features, n) {
				lacks = append(lacks, n)
			}
		}
		return duty, "the service does not have " + strings.Join(lacks, ", ")
	case having:
		return duty, "only for services without " + strings.Join(g.Without, ", ")
	case blind:
		return duty, "the service has no means of knowing age, so the measure does not reach it"
	case small:
		return duty, "micro and small enterprises are exempt"
	case grown:
		return duty, "only for services that children are likely to access; this one says that they are not"
	case excepted:
		return duty, "another measure is for services with " + test.String()
	case everybody:
		return duty, "for every service"
	case reached:
		return duty, test.String()
	}
	return duty, "only for services with " + g.tests() + "; this one has " + s.describe(g)
}

// tests are those of which one must hold.
func (g *Gate) tests() string {
	var tests []string
	for i := range g.Any {
		tests = append(tests, g.Any[i].String())
	}
	return strings.Join(tests, ", or with ")
}

// Words say which services a gate is for.
func (g *Gate) Words() string {
	words := "every service"
	if len(g.Any) > 0 {
		words = "services with " + g.tests()
	}
	list := func(features []string, last string) string {
		return strings.ReplaceAll(strings.Join(features, last), "_", " ")
	}
	if len(g.Needs) > 0 {
		words += ", if it has " + list(g.Needs, " and ")
	}
	if len(g.Without) > 0 {
		words += ", if it is without " + list(g.Without, " and ")
	}
	if g.Children {
		words += ", if children are likely to access it"
	}
	if g.AgeSignal {
		words += ", if it has some means of knowing age"
	}
	if g.NotSmall {
		words += ", micro and small enterprises apart"
	}
	for i := range g.Except {
		words += ", not those with " + g.Except[i].String()
	}
	return words
}

func (t *Test) holds(s *Service) bool {
	if t.UsersOver > 0 && s.Users <= t.UsersOver {
		return false
	}
	for kind, least := range t.Risk {
		if s.Risk[kind] < least {
			return false
		}
	}
	if t.Risks != nil && t.Risks.reached(s) < t.Risks.Count {
		return false
	}
	return s.Features.allow(t.Needs, nil)
}

func (t Test) String() string {
	var parts []string
	if t.UsersOver > 0 {
		parts = append(parts, "more than "+terminal.Grouped(t.UsersOver)+" monthly users")
	}
	level := func(r Risk) string {
		if r < High {
			return r.String() + " or higher"
		}
		return r.String()
	}
	for _, kind := range slices.Sorted(maps.Keys(t.Risk)) {
		parts = append(parts, level(t.Risk[kind])+" risk of "+strings.ReplaceAll(kind, "_", " "))
	}
	if r := t.Risks; r != nil {
		kinds := "kinds"
		if r.Count == 1 {
			kinds = "kind"
		}
		parts = append(parts, fmt.Sprintf("%s risk of %d %s of illegal content", level(r.Least), r.Count, kinds))
	}
	for _, n := range t.Needs {
		parts = append(parts, strings.ReplaceAll(n, "_", " "))
	}
	return strings.Join(parts, " and ")
}

// describe tells what the service has of that which the gate asks for.
func (s *Service) describe(g *Gate) string {
	users := "no declared number of users"
	if s.Users > 0 {
		users = terminal.Grouped(s.Users) + " monthly users"
	}
	asked := map[string]Risk{}
	sizes := false
	var counts, lacks []string
	for _, t := range g.Any {
		if r := t.Risks; r != nil {
			text := fmt.Sprintf("%s or higher risk of %d", r.Least, r.reached(s))
			if !slices.Contains(counts, text) {
				counts = append(counts, text)
			}
		}
		for _, n := range t.Needs {
			if !s.Features.allow([]string{n}, nil) {
				lacks = append(lacks, "no "+strings.ReplaceAll(n, "_", " "))
			}
		}
		sizes = sizes || t.UsersOver > 0
		for kind := range t.Risk {
			asked[kind] = s.Risk[kind]
		}
	}
	var parts []string
	if sizes {
		parts = append(parts, users)
	}
	for _, kind := range slices.Sorted(maps.Keys(asked)) {
		parts = append(parts, asked[kind].String()+" risk of "+strings.ReplaceAll(kind, "_", " "))
	}
	return strings.Join(append(append(parts, counts...), lacks...), " and ")
}
