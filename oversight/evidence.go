package oversight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/oversight/register"
	"rowan/refusal"
	"rowan/rulebook"
)

// Evidence is something that was put to a case: what a person of the provider
// knew, or what is on record of harm to children. It is never changed; one that
// was wrong is voided by another.
type Evidence struct {
	Number int64     `json:"number"` // from 1, over all cases
	Case   docket.ID `json:"case"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	// One of these three.
	Knowledge *liability.Evidence `json:"knowledge,omitempty"`
	Harm      *liability.Harm     `json:"harm,omitempty"`
	Voids     int64               `json:"voids,omitempty"` // number of another

	Person string `json:"person,omitempty"` // register id, of knowledge
	Why    string `json:"why,omitempty"`    // of a voiding
}

func refused(code, format string, args ...any) error { return refusal.New(code, format, args...) }

// check says what evidence lacks, beside what was put to the case before.
func (e *Evidence) check(before []Evidence, people []register.Person) error {
	dated := func(on rulebook.Date, what, document string) error {
		if on <= 0 || strings.TrimSpace(what) == "" || strings.TrimSpace(document) == "" {
			return refused("evidence", "evidence has a day, says what it shows, and where it lies")
		}
		return nil
	}
	switch {
	case e.By == "":
		return refused("no-person", "only a person can do that")
	case e.Voids != 0:
		if strings.TrimSpace(e.Why) == "" {
			return refused("evidence", "say why the evidence was wrong")
		}
		if !slices.ContainsFunc(standing(before), func(b Evidence) bool { return b.Number == e.Voids }) {
			return refused("evidence", "there is no evidence %d in this case, or it is void already", e.Voids)
		}
		return nil
	case e.Knowledge != nil:
		if !slices.ContainsFunc(people, func(p register.Person) bool { return p.ID == e.Person }) {
			return refused("evidence", "choose a person of the provider: the register has nobody called %q", e.Person)
		}
		if !slices.Contains(liability.Strengths(), e.Knowledge.Strength) {
			return refused("evidence", "say how strong the evidence is")
		}
		return dated(e.Knowledge.On, e.Knowledge.What, e.Knowledge.Document)
	case e.Harm != nil:
		return dated(e.Harm.On, e.Harm.What, e.Harm.Document)
	}
	return refused("evidence", "evidence is of what somebody knew, or of harm")
}

// standing is the evidence that is not void, nor voids other.
func standing(all []Evidence) []Evidence {
	void := map[int64]bool{}
	for _, e := range all {
		void[e.Voids] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Evidence) bool { return e.Voids != 0 || void[e.Number] })
}

// PutEvidence puts evidence to a case. Number and At are given here.
func (o *Office) PutEvidence(ctx context.Context, e Evidence) (Evidence, error) {
	l, err := o.known(ctx, e.Case)
	if err != nil {
		return e, err
	}
	e.Number, e.At = 0, o.now().UTC()
	if err := e.check(l.Evidence, l.roles); err != nil {
		return e, err
	}
	r := Record{Of: fmt.Sprintf("docket/%d", e.Case), Subjects: map[string]string{"by": "person/" + e.By}}
	switch {
	case e.Voids != 0:
		r.What, r.Facts = "evidence_voided", map[string]string{"voids": fmt.Sprint(e.Voids)}
	case e.Knowledge != nil:
		r.What, r.Facts = "knowledge_noted", map[string]string{"on": e.Knowledge.On.String(), "strength": string(e.Knowledge.Strength)}
		r.Subjects["about"] = "person/" + e.Person
	default:
		r.What, r.Facts = "harm_noted", map[string]string{"on": e.Harm.On.String(), "happened": fmt.Sprint(e.Harm.Happened)}
	}
	out, err := o.store.PutEvidence(ctx, e, []Record{r})
	if err != nil {
		return e, fmt.Errorf("write evidence to case %d: %w", e.Case, err)
	}
	return out, o.Settle(ctx)
}

// Liability is what the law and the proposed test say of a case. They find nobody
// guilty.
type Liability struct {
	Case     docket.Case            `json:"-"`
	Facts    liability.Facts        `json:"facts"`
	Gross    liability.Outcome      `json:"gross_breach"`
	Offences []liability.Assessment `json:"offences"`
	Evidence []Evidence             `json:"-"` // that stands

	roles []register.Person
}

// known is a case with the evidence that stands in it and the people of its
// provider.
func (o *Office) known(ctx context.Context, id docket.ID) (Liability, error) {
	c, err := o.Case(ctx, id)
	if err != nil {
		return Liability{}, err
	}
	all, err := o.store.Evidence(ctx, id)
	if err != nil {
		return Liability{}, fmt.Errorf("read the evidence of case %d: %w", id, err)
	}
	entries, err := o.store.Entries(ctx, register.AboutProvider(c.Provider))
	if err != nil {
		return Liability{}, fmt.Errorf("read the provider %s: %w", c.Provider, err)
	}
	return Liability{Case: c, Evidence: standing(all), roles: register.NewProfile(entries, o.Today(), o.now()).People}, nil
}

// Liability puts the test of a gross breach and the offences to a case, with the
// people whom the register has for its provider and the evidence put to it.
func (o *Office) Liability(ctx context.Context, id docket.ID) (Liability, error) {
	out, err := o.known(ctx, id)
	if err != nil {
		return Liability{}, err
	}
	briefs, err := o.store.Cases(ctx, Filter{Provider: out.Case.Provider})
	if err != nil {
		return Liability{}, fmt.Errorf("read the cases of %s: %w", out.Case.Provider, err)
	}
	var others []docket.Case
	for _, b := range briefs {
		if b.ID == id {
			continue
		}
		other, err := o.Case(ctx, b.ID)
		if err != nil {
			return Liability{}, err
		}
		others = append(others, other)
	}
	people, harm := out.people()
	out.Facts = liability.FactsOf(&out.Case, others, people, harm, o.Today())
	out.Gross, out.Offences = o.law.GrossBreach(&out.Facts), o.law.Assess(&out.Facts)
	return out, nil
}

// people are those with a role, each with what is known of what they knew, and the
// harm on record.
func (l *Liability) people() (people []liability.Person, harm []liability.Harm) {
	known := map[string][]liability.Evidence{}
	for _, e := range l.Evidence {
		if e.Knowledge != nil {
			known[e.Person] = append(known[e.Person], *e.Knowledge)
		}
		if e.Harm != nil {
			harm = append(harm, *e.Harm)
		}
	}
	for _, p := range l.roles {
		people = append(people, liability.Person{ID: p.ID, Name: p.Name, Role: string(p.Role), From: p.From, Until: p.Until, Knowledge: known[p.ID]})
	}
	return people, harm
}

// Referral is a person's part of the facts as a referral by a route that by
// proposes. It lacks the second signature.
func (o *Office) Referral(l *Liability, person, role, route, by string) (liability.DirectorReferral, error) {
	way, err := o.law.Route(route)
	if err != nil {
		return liability.DirectorReferral{}, refused("referral", "%v", err)
	}
	i := slices.IndexFunc(l.Facts.People, func(p liability.Person) bool { return p.ID == person && p.Role == role })
	if i < 0 {
		return liability.DirectorReferral{}, refused("referral", "choose a person of the provider with a role")
	}
	p := &l.Facts.People[i]
	r := liability.DirectorReferral{
		Person: p.ID, Name: p.Name, Role: p.Role, From: p.From, Until: p.Until, Knowledge: p.Knowledge, Route: way.ID, Authority: way.Authority, Status: way.Status, By: by, On: o.Today(),
	}
	for _, c := range l.Facts.Contraventions {
		if c.Decided && (p.Until == 0 || c.From <= p.Until) && (c.Until == 0 || c.Until >= p.From) {
			r.Contraventions = append(r.Contraventions, c)
		}
	}
	return r, nil
}

// ProposeReferral keeps a referral until a second person signs it. What could not
// be signed by anybody is refused at once.
func (o *Office) ProposeReferral(ctx context.Context, of docket.ID, r liability.DirectorReferral) (Proposal, error) {
	trial := r
	trial.Second = somebodyElse
	if err := o.law.Check(&trial); err != nil {
		return Proposal{}, refused("referral", "%v", err)
	}
	return o.propose(ctx, Proposal{By: r.By, Title: "Refer a person to " + r.Authority, Event: docket.Event{Case: of}, Referral: &r})
}
