package liability

import (
	"fmt"
	"slices"
	"strings"

	"rowan/oversight/docket"
	"rowan/oversight/register"
)

// About is whom an offence is committed by.
type About string

// Whom.
const (
	Body    About = "body"
	Manager About = "manager" // a senior manager
	Officer About = "officer" // a director, manager or other officer of the body
)

// Element is a part of an offence.
type Element struct {
	ID   string `yaml:"id" json:"id"`
	Text string `yaml:"text" json:"text"`
}

// State is how an element stands by the facts of a docket.
type State string

// The states. An open element is for a person to judge.
const (
	Shown   State = "shown"
	Open    State = "open"
	Missing State = "missing"
)

// ElementFinding is an element with how it stands, and by what.
type ElementFinding struct {
	Element
	State State    `json:"state"`
	By    []string `json:"by,omitempty"`
}

// Assessment is how an offence stands by the facts of a docket. It is no finding
// of guilt, and no decision to prosecute.
type Assessment struct {
	Offence  Offence          `json:"offence"`
	Person   string           `json:"person,omitempty"` // id, of an offence of a person
	Name     string           `json:"name,omitempty"`
	Elements []ElementFinding `json:"elements"`
	// Consider is that no element is missing: a prosecutor can be asked to consider
	// it.
	Consider bool `json:"consider"`
}

// is reports whether every element has one of the states.
func (a *Assessment) is(states ...State) bool {
	return !slices.ContainsFunc(a.Elements, func(e ElementFinding) bool { return !slices.Contains(states, e.State) })
}

// Assess goes through the offences of a body and of each of its senior people. An
// offence of a person without people on record is assessed for nobody, once.
func (b *Book) Assess(f *Facts) []Assessment {
	var out []Assessment
	for _, o := range b.Offences {
		if o.About == Body {
			out = append(out, o.assess(f, nil, out))
			continue
		}
		none := true
		for i := range f.People {
			if p := &f.People[i]; o.concerns(p) {
				out, none = append(out, o.assess(f, p, out)), false
			}
		}
		if none {
			out = append(out, o.assess(f, nil, out))
		}
	}
	return out
}

// concerns reports whether an offence can be one of a person with a role.
func (o *Offence) concerns(p *Person) bool {
	if o.About == Manager {
		return p.Role == string(register.SeniorManager)
	}
	return slices.Contains([]string{string(register.Director), string(register.Officer), string(register.SeniorManager)}, p.Role)
}

func (o *Offence) assess(f *Facts, p *Person, before []Assessment) Assessment {
	a := Assessment{Offence: *o}
	if p != nil {
		a.Person, a.Name = p.ID, p.Name
	}
	for _, e := range o.Elements {
		state, by := looks(e.ID)(&question{f, p, before})
		a.Elements = append(a.Elements, ElementFinding{e, state, by})
	}
	a.Consider = a.is(Shown, Open)
	return a
}

// question is what an element is asked of: facts, a person (nil: none), and the
// offences that were assessed before.
type question struct {
	*Facts
	person *Person
	before []Assessment
}

// look is how an element stands with a question.
type look func(*question) (State, []string)

// looks is how each element of routes.yaml is looked at, by its id; nil for none.
func looks(id string) look {
	switch id {
	case "criminal_step":
		return func(q *question) (State, []string) { return found(q.steps(criminal)) }
	case "step_missed":
		return func(q *question) (State, []string) { return found(q.steps(missed)) }
	case "notice_served":
		return func(q *question) (State, []string) { return found(q.notices(func(*docket.Paper) bool { return true })) }
	case "notice_failed":
		return func(q *question) (State, []string) { return found(q.notices(failed)) }
	case "manager_asked":
		return func(q *question) (State, []string) { return found(q.notices(asked)) }
	case "in_role":
		return func(q *question) (State, []string) { return found(q.notices(q.inRole)) }
	case "steps_not_taken":
		return func(q *question) (State, []string) { return Open, q.evidence() }
	case "body_offence":
		return func(q *question) (State, []string) { return found(q.offences(Body, Shown)) }
	case "in_role_then":
		return func(q *question) (State, []string) { return found(q.roles()) }
	case "knew_or_neglected":
		return func(q *question) (State, []string) { return found(q.evidence()) }
	case "manager_offence":
		return func(q *question) (State, []string) { return found(q.offences(Manager, Shown, Open)) }
	case "within_authority":
		return func(*question) (State, []string) { return Open, nil }
	}
	return nil
}

func found(by []string) (State, []string) {
	if len(by) == 0 {
		return Missing, nil
	}
	return Shown, by
}

func criminal(s *docket.Step) bool { return s.Children || s.Designated }

func missed(s *docket.Step) bool { return criminal(s) && s.State == docket.StepMissed }

func failed(p *docket.Paper) bool { return p.Outcome == docket.OutcomeFailed }

func asked(p *docket.Paper) bool { return failed(p) && p.Information.Manager }

func (q *question) steps(is func(*docket.Step) bool) (by []string) {
	for i := range q.Steps {
		if s := &q.Steps[i]; is(s) {
			by = append(by, fmt.Sprintf("step %s, due %s", s.ID, s.Deadline))
		}
	}
	return by
}

func (q *question) notices(is func(*docket.Paper) bool) (by []string) {
	for i := range q.Notices {
		if p := &q.Notices[i]; p.Information != nil && is(p) {
			by = append(by, fmt.Sprintf("paper %s, due %s", p.ID, p.Information.Due))
		}
	}
	return by
}

// inRole reports whether the person had the role on the day by which a notice that
// failed was to be answered.
func (q *question) inRole(p *docket.Paper) bool {
	return failed(p) && q.person != nil && q.person.in(p.Information.Due)
}

// roles are the failures that were found and the steps that were missed while the
// person had the role.
func (q *question) roles() (by []string) {
	if q.person == nil {
		return nil
	}
	for i := range q.Steps {
		if s := &q.Steps[i]; missed(s) && q.person.in(s.Deadline) {
			by = append(by, "step "+s.ID)
		}
	}
	return append(by, q.notices(q.inRole)...)
}

func (q *question) evidence() (by []string) {
	if q.person == nil {
		return nil
	}
	for _, e := range q.person.Knowledge {
		if q.person.in(e.On) {
			by = append(by, fmt.Sprintf("%s, %s, %s", strings.ReplaceAll(string(e.Strength), "_", " "), e.On, e.Document))
		}
	}
	return by
}

// offences are those of a kind that were assessed before with every element in
// one of the states.
func (q *question) offences(about About, states ...State) (by []string) {
	for i := range q.before {
		if a := &q.before[i]; a.Offence.About == about && a.is(states...) {
			by = append(by, strings.TrimSpace(a.Offence.Law+" "+a.Name))
		}
	}
	return by
}
