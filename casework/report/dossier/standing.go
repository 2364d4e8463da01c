package dossier

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"rowan/casework/report"
	"rowan/casework/report/custody"
	"rowan/casework/report/dsa"
	"rowan/casework/report/nca"
	"rowan/datafile"
)

// StandingFile is the name of the file in the data directory.
const StandingFile = "report.yaml"

// Standing is what a platform says in every report, and where it sends them.
type Standing struct {
	Version  string          `yaml:"version"`
	Date     string          `yaml:"date"`
	Platform report.Platform `yaml:"platform"`
	// NotHeld says why a field is never held.
	NotHeld map[report.Field]string `yaml:"not_held"`
	NCMEC   NCMEC                   `yaml:"ncmec"`
	NCA     NCA                     `yaml:"nca"`
	DSA     DSA                     `yaml:"dsa"`
	// Keep are further rules on how long reports are kept, by authority.
	Keep map[string][]Rule `yaml:"keep"`
}

// NCMEC is where reports go. Without an address nothing is sent.
type NCMEC struct {
	Address     string `yaml:"address"`
	Credentials string `yaml:"credentials_file"` // relative to the file
}

// NCA is how soon reports should be handed over.
type NCA struct {
	Targets map[int]Duration `yaml:"targets"` // by priority
}

// DSA is what is in every statement of reasons.
type DSA struct {
	Illegal     bool     `yaml:"illegal"`
	Ground      string   `yaml:"ground"`
	Explanation string   `yaml:"explanation"`
	Reference   string   `yaml:"reference_url"`
	Facts       string   `yaml:"facts"`
	Territory   []string `yaml:"territory"`
	Language    string   `yaml:"language"`
	AccountType string   `yaml:"account_type"`
}

// Rule is a further rule.
type Rule struct {
	ID        string `yaml:"id"`
	Title     string `yaml:"title"`
	Days      int    `yaml:"days"`
	Reference bool   `yaml:"reference"` // only the reference is kept
	Source    string `yaml:"source"`
}

// Duration is a time span such as 4h.
type Duration time.Duration

// UnmarshalYAML reads a span. The error has the parser's own form, so that
// datafile finds the line in it.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a duration such as 15m or 4h", n.Line)}}
	}
	*d = Duration(v)
	return nil
}

// ParseStanding reads report.yaml.
func ParseStanding(file string, src []byte) (*Standing, error) {
	s := &Standing{}
	doc, err := datafile.Parse(file, src, s)
	if err != nil {
		return nil, err
	}
	var wrong []error
	if s.Version == "" {
		wrong = append(wrong, doc.Errorf([]any{"version"}, "version is missing"))
	}
	if _, err := time.Parse(time.DateOnly, s.Date); err != nil {
		wrong = append(wrong, doc.Errorf([]any{"date"}, "date is %q; it is a day such as 2026-09-14", s.Date))
	}
	wrong = append(wrong, notHeld(doc, s.NotHeld)...)
	for p := range s.NCA.Targets {
		if !nca.Priority(p).Valid() {
			wrong = append(wrong, doc.Errorf([]any{"nca", "targets"}, "%d is no priority; they are 1, 2 and 3", p))
		}
	}
	for to, rules := range s.Keep {
		for i, r := range rules {
			if r.ID == "" || r.Title == "" || r.Source == "" || r.Days < 1 || r.Days > 36500 {
				wrong = append(wrong, doc.Errorf([]any{"keep", to, i}, "a rule needs id, title, source and 1 to 36500 days"))
			}
		}
	}
	if (s.NCMEC.Address == "") != (s.NCMEC.Credentials == "") {
		wrong = append(wrong, doc.Errorf([]any{"ncmec"}, "ncmec needs address and credentials_file, or neither"))
	}
	return s, errors.Join(wrong...)
}

func notHeld(doc *datafile.Document, list map[report.Field]string) (wrong []error) {
	for field, why := range list {
		if !slices.Contains(report.Fields(), field) {
			wrong = append(wrong, doc.Errorf([]any{"not_held", string(field)}, "%q is no field; they are %v", field, report.Fields()))
		} else if why == "" {
			wrong = append(wrong, doc.Errorf([]any{"not_held", string(field)}, "say why %s is not held", field))
		}
	}
	return wrong
}

// Terms are the standing parts of a statement of reasons.
func (s *Standing) Terms() dsa.Terms {
	d := &s.DSA
	return dsa.Terms{
		Illegal: d.Illegal, Ground: d.Ground, Explanation: d.Explanation, Reference: d.Reference, Facts: d.Facts,
		Territory: d.Territory, Language: d.Language, AccountType: d.AccountType,
	}
}

// Targets are how soon the NCA should have a report.
func (s *Standing) Targets() nca.Targets {
	t := nca.DefaultTargets()
	for p, d := range s.NCA.Targets {
		t[p-1] = time.Duration(d)
	}
	return t
}

// Regimes are the further rules on how long reports are kept.
func (s *Standing) Regimes() map[string][]custody.Regime {
	out := map[string][]custody.Regime{}
	for to, rules := range s.Keep {
		for _, r := range rules {
			scope := custody.Contents
			if r.Reference {
				scope = custody.Reference
			}
			out[to] = append(out[to], custody.Regime{ID: r.ID, Title: r.Title, Days: r.Days, Keeps: scope, Source: r.Source})
		}
	}
	return out
}

// More is what a platform adds for one case from its own records.
type More struct {
	Incident Told                    `yaml:"incident"`
	Actor    report.Account          `yaml:"actor"`
	Children []report.Account        `yaml:"children"`
	Media    []report.Media          `yaml:"media"`
	Messages []Message               `yaml:"messages"`
	Earlier  []report.Earlier        `yaml:"earlier"`
	Police   *report.Police          `yaml:"police"`
	NotHeld  map[report.Field]string `yaml:"not_held"`
}

// Told is what a person says of the incident.
type Told struct {
	Summary       string        `yaml:"summary"`
	Danger        string        `yaml:"danger"`
	Priority      int           `yaml:"priority"`
	Source        report.Source `yaml:"source"`
	Room          string        `yaml:"room"`
	Game          string        `yaml:"game"`
	URLs          []string      `yaml:"urls"`
	Sextortion    bool          `yaml:"sextortion"`
	Solicitation  bool          `yaml:"solicitation"`
	BetweenMinors bool          `yaml:"between_minors"`
	Sadistic      bool          `yaml:"sadistic"`
	Spam          bool          `yaml:"spam"`
}

// Message is from where a message came.
type Message struct {
	ID string `yaml:"id"` // of the decision about it
	IP string `yaml:"ip"`
}

// ParseMore reads a file of further facts.
func ParseMore(file string, src []byte) (*More, error) {
	m := &More{}
	doc, err := datafile.Parse(file, src, m)
	if err != nil {
		return nil, err
	}
	wrong := notHeld(doc, m.NotHeld)
	if s := m.Incident.Source; s != "" && !slices.Contains([]report.Source{report.ByMachine, report.ByNotice, report.ByFlagger, report.ByPerson}, s) {
		wrong = append(wrong, doc.Errorf([]any{"incident", "source"}, "%q is no source; they are automated, user_report, trusted_flag and person", s))
	}
	for i, e := range m.Earlier {
		if e.To == "" || e.Reference == "" {
			wrong = append(wrong, doc.Errorf([]any{"earlier", i}, "an earlier report needs to and reference"))
		}
	}
	return m, errors.Join(wrong...)
}

// into adds to the facts. It refuses what belongs to other accounts.
func (m *More) into(f *report.Facts) error {
	i, t := &f.Incident, &m.Incident
	i.Summary, i.Danger, i.Priority, i.Room, i.Game, i.URLs = t.Summary, t.Danger, t.Priority, t.Room, t.Game, t.URLs
	i.Sextortion, i.Solicitation, i.BetweenMinors, i.Sadistic, i.Spam = t.Sextortion, t.Solicitation, t.BetweenMinors, t.Sadistic, t.Spam
	if t.Source != "" {
		i.Detected.Source = t.Source
	}
	if err := join(&f.Actor, &m.Actor); err != nil {
		return err
	}
	for k := range m.Children {
		child := &m.Children[k]
		at := slices.IndexFunc(f.Children, func(a report.Account) bool { return a.ID == child.ID })
		if at < 0 {
			return fmt.Errorf("further facts: child %d is not concerned in this case", k+1)
		}
		if err := join(&f.Children[at], child); err != nil {
			return err
		}
	}
	for _, x := range m.Media {
		at := slices.IndexFunc(f.Media, func(have report.Media) bool { return have.ID == x.ID })
		if at < 0 {
			f.Media = append(f.Media, x)
			continue
		}
		x.Line, x.Kind = f.Media[at].Line, f.Media[at].Kind
		if x.Uploaded.IsZero() {
			x.Uploaded = f.Media[at].Uploaded
		}
		f.Media[at] = x
	}
	for k, x := range m.Messages {
		at := slices.IndexFunc(f.Lines, func(l report.Line) bool { return l.ID == x.ID })
		if at < 0 {
			return fmt.Errorf("further facts: message %d is not of this case", k+1)
		}
		f.Lines[at].IP = x.IP
	}
	f.Earlier = append(f.Earlier, m.Earlier...)
	f.Police = m.Police
	for field, why := range m.NotHeld {
		f.NotHeld[field] = why
	}
	return nil
}

// join adds what the platform holds of an account to what Rowan knows.
func join(a, more *report.Account) error {
	if more.ID != "" && more.ID != a.ID {
		return errors.New("further facts: they are about another account")
	}
	id, band, disabled := a.ID, a.Band, a.Disabled
	*a = *more
	a.ID = id
	if a.Band == "" {
		a.Band = band
	}
	if a.Disabled == nil {
		a.Disabled = disabled
	}
	return nil
}
