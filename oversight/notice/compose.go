package notice

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"rowan/datafile"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/rulebook"
)

//go:embed texts.yaml
var shipped []byte

type textsFile struct {
	Version  string            `yaml:"version"`
	Date     rulebook.Date     `yaml:"date"`
	Source   string            `yaml:"source"`
	Evidence rulebook.Evidence `yaml:"evidence"`
	Notices  map[string]struct {
		Title      string `yaml:"title"`
		Paragraphs []struct {
			Head    string `yaml:"head"`
			Text    string `yaml:"text"`
			Section string `yaml:"section"`
			Each    string `yaml:"each"`
		} `yaml:"paragraphs"`
	} `yaml:"notices"`
}

// Texts are the words of the papers.
type Texts struct {
	version string
	notices map[string]texts
}

type texts struct {
	title      string
	paragraphs []paragraph
}

type paragraph struct {
	head, each    string
	text, section *template.Template
}

// penaltyDecision is the text of a decision on a further penalty (s.139), which is
// a paper of the same kind as a confirmation decision.
const penaltyDecision = "penalty_decision"

// The lists that a paragraph can be repeated for.
var lists = []string{"asks", "failures", "findings", "steps", "missed", "singles", "dailies", "considered", "targets"}

// Default are the shipped texts.
func Default() (*Texts, error) { return Load("texts.yaml", shipped) }

// Load reads texts. It returns every error that it finds, each a
// *datafile.Error.
func Load(name string, src []byte) (*Texts, error) {
	var raw textsFile
	doc, err := datafile.Parse(name, src, &raw)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if raw.Version == "" || raw.Date == 0 || raw.Source == "" || raw.Evidence == "" {
		fail(nil, "version, date, source and evidence are wanted")
	}
	out := &Texts{raw.Version, map[string]texts{}}
	known := []string{penaltyDecision}
	for _, k := range docket.PaperKinds() {
		known = append(known, string(k))
	}
	for _, k := range known {
		if _, has := raw.Notices[k]; !has {
			fail([]any{"notices"}, "there is no text for %s", k)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(raw.Notices)) {
		n := raw.Notices[kind]
		if !slices.Contains(known, kind) || n.Title == "" || len(n.Paragraphs) == 0 {
			fail([]any{"notices", kind}, "%s is no kind of paper, or has no title or no paragraphs", kind)
		}
		t := texts{title: n.Title}
		for i, p := range n.Paragraphs {
			at := []any{"notices", kind, "paragraphs", i}
			switch {
			case p.Head != "" && (p.Text != "" || p.Section != "" || p.Each != ""):
				fail(at, "a heading stands alone")
			case p.Head == "" && (p.Text == "" || p.Section == ""):
				fail(at, "a paragraph has a text and names its section")
			case p.Each != "" && !slices.Contains(lists, p.Each):
				fail(at, "%q is no list; want one of %s", p.Each, strings.Join(lists, ", "))
			}
			parsed := paragraph{head: p.Head, each: p.Each}
			for _, part := range []struct {
				to  **template.Template
				src string
			}{{&parsed.text, p.Text}, {&parsed.section, p.Section}} {
				var err error
				if *part.to, err = template.New(kind).Funcs(words).Option("missingkey=error").Parse(part.src); err != nil {
					fail(at, "%v", err)
				}
			}
			t.paragraphs = append(t.paragraphs, parsed)
		}
		out.notices[kind] = t
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return out, nil
}

var words = template.FuncMap{
	"day":      Day,
	"pounds":   func(p money.Pounds) string { return p.String() },
	"capital":  func(s string) string { return first(s, unicode.ToUpper) },
	"lower":    func(s string) string { return strings.TrimSuffix(first(s, unicode.ToLower), ".") },
	"sentence": sentence,
}

// Day is a day as papers write it: 13 October 2025.
func Day(d rulebook.Date) string { return time.Unix(int64(d)*86400, 0).UTC().Format("2 January 2006") }

// first changes the first letter, unless the word is in capitals.
func first(s string, change func(rune) rune) string {
	s = strings.TrimSpace(s)
	r, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); n == 0 || unicode.IsUpper(second) {
		return s
	}
	return string(change(r)) + s[n:]
}

func sentence(s string) string {
	if s = first(s, unicode.ToUpper); s != "" && !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// Facts are what a paper is made of.
type Facts struct {
	Provider register.Provider
	Service  register.Service
	Case     *docket.Case
	Paper    string // id
	Today    rulebook.Date
}

// data is what templates see.
type data struct {
	Provider, Service, Status, Order string
	Paper                            *docket.Paper
	Deadline                         rulebook.Date
	Owed                             money.Pounds
	Penalties                        bool
	Item                             any
}

// finding is one with the failure that it is about.
type finding struct {
	docket.Finding
	Requirement, Section string
}

// step is one with the section of its duty.
type step struct {
	docket.Step
	Section string
}

// considered is how a representation was taken into account.
type considered struct {
	On  rulebook.Date
	How string
}

// kindOf is the text that a paper has.
func kindOf(c *docket.Case, p *docket.Paper) string {
	if p.Decision != nil {
		if n := c.Paper(p.Decision.Notice); n != nil && n.Kind == docket.PenaltyNotice {
			return penaltyDecision
		}
	}
	return string(p.Kind)
}

// Title is what a paper of a case is called.
func (t *Texts) Title(c *docket.Case, p *docket.Paper) string { return t.notices[kindOf(c, p)].title }

// Compose writes a paper of a case.
func (t *Texts) Compose(f Facts) (Document, error) {
	p := f.Case.Paper(f.Paper)
	if p == nil {
		return Document{}, fmt.Errorf("there is no paper %q in case %d", f.Paper, f.Case.ID)
	}
	kind := kindOf(f.Case, p)
	words := t.notices[kind]
	d := data{Provider: f.Provider.Name, Service: f.Service.Name, Status: string(p.State), Paper: p, Owed: max(0, f.Case.Owed(f.Today))}
	if p.Served != 0 && f.Case.Stage == docket.Representing {
		d.Deadline = f.Case.Deadline
	}
	if p.Application != nil {
		d.Order = orders[p.Application.Order]
	}
	if p.Decision != nil {
		d.Penalties = len(p.Decision.Singles)+len(p.Decision.Dailies) > 0
	}
	out := Document{
		Kind: kind, Title: words.title, Reference: fmt.Sprintf("Case %d, paper %s", f.Case.ID, p.ID), Status: string(p.State), Version: t.version, Simulated: f.Case.Simulated,
		Addressee: addressee(&f.Provider), Dates: dates(p),
	}
	items := itemsOf(f.Case, p)
	heading, number := "", 0
	for _, x := range words.paragraphs {
		if x.head != "" {
			heading = x.head
			continue
		}
		all := []any{nil}
		if x.each != "" {
			all = items[x.each]
		}
		for _, item := range all {
			d.Item = item
			text, err := fill(x.text, &d)
			if err != nil {
				return Document{}, fmt.Errorf("%s: %w", kind, err)
			}
			if text == "" {
				continue
			}
			section, err := fill(x.section, &d)
			if err != nil {
				return Document{}, fmt.Errorf("%s: %w", kind, err)
			}
			if heading != "" {
				out.Paragraphs = append(out.Paragraphs, Paragraph{Text: heading})
				heading = ""
			}
			number++
			out.Paragraphs = append(out.Paragraphs, Paragraph{fmt.Sprint(number), text, section})
		}
	}
	return out, nil
}

var orders = map[docket.OrderKind]string{
	docket.ServiceRestriction:        "a service restriction order",
	docket.InterimServiceRestriction: "an interim service restriction order",
	docket.AccessRestriction:         "an access restriction order",
	docket.InterimAccessRestriction:  "an interim access restriction order",
}

func fill(t *template.Template, d *data) (string, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return "", err
	}
	return strings.TrimSpace(b.String()), nil
}

func addressee(p *register.Provider) []string {
	out := []string{p.Name}
	for _, line := range []string{p.Number, p.Address, p.Country} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

func dates(p *docket.Paper) (out []Dated) {
	for _, d := range []struct {
		label string
		day   rulebook.Date
	}{{"Drafted", p.Drafted}, {"Issued", p.Issued}, {"Served", p.Served}, {"Published", p.Published}, {"Withdrawn", p.Withdrawn}} {
		if d.day != 0 {
			out = append(out, Dated{d.label, Day(d.day)})
		}
	}
	return out
}

// itemsOf are the lists of a paper, with ids resolved.
func itemsOf(c *docket.Case, p *docket.Paper) map[string][]any {
	out := map[string][]any{}
	failure := func(id string) docket.Failure {
		i := slices.IndexFunc(c.Failures, func(f docket.Failure) bool { return f.ID == id })
		if i < 0 {
			return docket.Failure{ID: id}
		}
		return c.Failures[i]
	}
	steps := func(list []docket.Step) {
		for _, s := range list {
			out["steps"] = append(out["steps"], step{s, failure(s.Failure).Section})
		}
	}
	switch {
	case p.Information != nil:
		for _, a := range p.Information.Asks {
			out["asks"] = append(out["asks"], a)
		}
	case p.Provisional != nil:
		for _, id := range p.Provisional.Failures {
			out["failures"] = append(out["failures"], failure(id))
		}
		for _, id := range p.Provisional.Missed {
			if s := c.Step(id); s != nil {
				out["missed"] = append(out["missed"], *s)
			}
		}
		steps(p.Provisional.Steps)
	case p.Decision != nil:
		for _, x := range p.Decision.Findings {
			f := failure(x.Failure)
			out["findings"] = append(out["findings"], finding{x, f.Requirement, f.Section})
		}
		for _, r := range c.Representations {
			if how := p.Decision.Considered[r.ID]; how != "" && r.Paper == p.Decision.Notice {
				out["considered"] = append(out["considered"], considered{r.On, how})
			}
		}
		for _, s := range p.Decision.Singles {
			out["singles"] = append(out["singles"], s)
		}
		for _, s := range p.Decision.Dailies {
			out["dailies"] = append(out["dailies"], s)
		}
		steps(p.Decision.Steps)
	case p.Application != nil:
		for _, id := range p.Application.Failures {
			out["failures"] = append(out["failures"], failure(id))
		}
		for _, t := range p.Application.Targets {
			out["targets"] = append(out["targets"], t)
		}
	}
	return out
}
