package oversight

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rowan/ledger"
	"rowan/oversight/applicability"
	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/oversight/notice"
	"rowan/oversight/penalty"
	"rowan/oversight/register"
	"rowan/oversight/workday"
	"rowan/rulebook"
)

// Options are what an Office is made of.
type Options struct {
	Store Store // required
	// Ledger is told of every step. Nil: the records wait in the store.
	Ledger   ledger.Appender
	Book     *rulebook.Book     // nil: the shipped one
	Contents *register.Contents // nil: the shipped ones
	Days     *workday.Calendar  // nil: the shipped bank holidays
	Factors  *penalty.Factors   // nil: the shipped ones
	Law      *liability.Book    // nil: the shipped one
	Texts    *notice.Texts      // of papers; nil: the shipped ones
	// Least is the shortest period for representations in working days; 0:
	// docket.LeastWorkingDays.
	Least int
	Now   func() time.Time // nil: time.Now
}

// Office is the regulator's: the register, the docket and what follows from them.
type Office struct {
	store     Store
	ledger    ledger.Appender
	book      *rulebook.Book
	contents  *register.Contents
	days      *workday.Calendar
	factors   *penalty.Factors
	law       *liability.Book
	texts     *notice.Texts
	procedure *docket.Procedure
	now       func() time.Time
	index     index
	stepping  sync.Mutex // one step of a case at a time
	settling  sync.Mutex
}

// NewOffice makes an office. It reads the register.
func NewOffice(ctx context.Context, o Options) (*Office, error) {
	if o.Store == nil {
		return nil, errors.New("an office needs a store")
	}
	f := &Office{store: o.Store, ledger: o.Ledger, book: o.Book, contents: o.Contents, days: o.Days, factors: o.Factors, law: o.Law, texts: o.Texts, now: o.Now}
	var err error
	if f.book == nil {
		if f.book, err = rulebook.Default(); err != nil {
			return nil, err
		}
	}
	if f.contents == nil {
		if f.contents, err = register.DefaultContents(); err != nil {
			return nil, err
		}
	}
	if f.days == nil {
		if f.days, err = workday.England(); err != nil {
			return nil, err
		}
	}
	if f.factors == nil {
		if f.factors, err = penalty.DefaultFactors(); err != nil {
			return nil, err
		}
	}
	if f.law == nil {
		if f.law, err = liability.Default(); err != nil {
			return nil, err
		}
	}
	if f.texts == nil {
		if f.texts, err = notice.Default(); err != nil {
			return nil, err
		}
	}
	if f.now == nil {
		f.now = time.Now
	}
	f.procedure = docket.NewProcedure(f.days, o.Least)
	if err := f.index.open(ctx, f.store, f.procedure); err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	return f, nil
}

// Today is the day of the office's clock.
func (o *Office) Today() rulebook.Date { return rulebook.DateOf(o.now().UnixMilli()) }

// Contents are the kinds of illegal content that are assessed, Days the working
// days, Factors those of a penalty's range, Law the routes to those who prosecute
// or disqualify, and Book the rulebook.
func (o *Office) Contents() *register.Contents { return o.contents }
func (o *Office) Days() *workday.Calendar      { return o.days }
func (o *Office) Factors() *penalty.Factors    { return o.factors }
func (o *Office) Law() *liability.Book         { return o.law }
func (o *Office) Book() *rulebook.Book         { return o.book }

// AsOf is a day, and the moment at which one knew of it. The zero value is today,
// with all that is known.
type AsOf struct {
	Day   rulebook.Date
	Known time.Time
}

func (o *Office) asOf(a AsOf) AsOf {
	if a.Day == 0 {
		a.Day = o.Today()
	}
	if a.Known.IsZero() {
		a.Known = o.now()
	}
	return a
}

// Enter puts entries on the register, all or none. By and At are given here; the
// other fields come from register.Make.
func (o *Office) Enter(ctx context.Context, by string, entries ...register.Entry) ([]register.Entry, error) {
	if by == "" {
		return nil, refused("no-person", "only a person can do that")
	}
	at := o.now().UTC()
	in := append([]register.Entry(nil), entries...)
	records := make([]Record, len(in))
	for i := range in {
		e := &in[i]
		e.Number, e.At, e.By = 0, at, by
		err := e.Check()
		if err == nil && e.Service != nil {
			err = applicability.CheckFeatures(o.book, e.Service.Features)
		}
		if err != nil {
			return nil, refused("entry", "entry %d (%s): %v", i+1, e.Subject, err)
		}
		what := "entered"
		if e.Void {
			what = "voided"
		}
		facts := map[string]string{"kind": string(e.Kind), "from": e.From.String()}
		if e.Kind != register.OfPerson && e.Key != "" {
			facts["key"] = e.Key
		}
		records[i] = Record{Of: e.Subject, What: what, Facts: facts, Subjects: map[string]string{"by": "person/" + by}}
	}
	out, err := o.store.Enter(ctx, in, records)
	if err != nil {
		return nil, fmt.Errorf("enter on the register: %w", err)
	}
	if err := o.index.entered(ctx, o.store, o.procedure, out); err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	return out, o.Settle(ctx)
}

// Note has the ledger told of what is kept elsewhere: a return that came in.
func (o *Office) Note(ctx context.Context, records ...Record) error {
	if _, err := o.store.Enter(ctx, nil, records); err != nil {
		return fmt.Errorf("note for the ledger: %w", err)
	}
	return o.Settle(ctx)
}

// Entries are all that was ever entered about a service or provider.
func (o *Office) Entries(ctx context.Context, subject string) ([]register.Entry, error) {
	return o.store.Entries(ctx, subject)
}

// Profile is what the register says of a service. It returns ErrNotFound if there
// was no such service then.
func (o *Office) Profile(ctx context.Context, service string, as AsOf) (register.Profile, error) {
	as = o.asOf(as)
	entries, err := o.store.Entries(ctx, register.AboutService(service))
	if err != nil {
		return register.Profile{}, fmt.Errorf("read the service %s: %w", service, err)
	}
	p := register.NewProfile(entries, as.Day, as.Known)
	if p.Service == nil {
		return register.Profile{}, fmt.Errorf("the service %s: %w", service, ErrNotFound)
	}
	more, err := o.store.Entries(ctx, register.AboutProvider(p.Service.Provider))
	if err != nil {
		return register.Profile{}, fmt.Errorf("read the provider %s: %w", p.Service.Provider, err)
	}
	return register.NewProfile(append(entries, more...), as.Day, as.Known), nil
}

// Lacks says in what the service's latest risk assessment falls short.
func (o *Office) Lacks(p *register.Profile) []register.Lack {
	a := p.Assessment()
	if a == nil {
		return []register.Lack{{What: "there is no risk assessment", Law: "s.9"}}
	}
	return o.contents.Lacks(a, p.On)
}

// Applies says which measures are for a service, and why.
func (o *Office) Applies(ctx context.Context, service string, as AsOf) (applicability.Report, error) {
	p, err := o.Profile(ctx, service, as)
	if err != nil {
		return applicability.Report{}, err
	}
	return applicability.Ask(o.book, o.contents, &p)
}

// WhatIf says what would be different for a service.
func (o *Office) WhatIf(ctx context.Context, service string, as AsOf, c applicability.Change) (applicability.WhatIf, error) {
	p, err := o.Profile(ctx, service, as)
	if err != nil {
		return applicability.WhatIf{}, err
	}
	return applicability.If(o.book, o.contents, &p, c)
}

// Cap is the greatest penalty of a decision about a service on a day, with what it
// rests on.
func (o *Office) Cap(ctx context.Context, service string, on rulebook.Date) (penalty.Basis, penalty.Cap, error) {
	p, err := o.Profile(ctx, service, AsOf{Day: on})
	if err != nil {
		return penalty.Basis{}, penalty.Cap{}, err
	}
	basis := penalty.Basis{Unknown: true}
	if r := p.Period(on); r != nil {
		basis = penalty.Basis{Period: &penalty.Period{From: r.From, Until: r.Until, Revenue: r.Amount, Estimated: r.Estimated}}
	}
	most, err := basis.Of(on)
	return basis, most, err
}

// Open opens a case.
func (o *Office) Open(ctx context.Context, by, service, title string, on rulebook.Date) (docket.Case, error) {
	p, err := o.Profile(ctx, service, AsOf{Day: on})
	if err != nil {
		return docket.Case{}, err
	}
	provider, simulated := p.Service.Provider, p.Service.Simulated
	o.stepping.Lock()
	defer o.stepping.Unlock()
	return o.apply(ctx, docket.Case{}, docket.Event{
		Kind: docket.CaseOpened, By: by, On: on, Service: service, Provider: provider, Title: title, Simulated: simulated,
	})
}

// Do adds an event to a case. If somebody has looked at the case before, e.Number
// is one more than the case's then: it returns a *refusal.Refusal with the code
// "conflict" if the case has changed since. With e.Number 0 the event follows
// whatever there is. It returns a *refusal.Refusal if the event must not follow.
func (o *Office) Do(ctx context.Context, e docket.Event) (docket.Case, error) {
	o.stepping.Lock()
	defer o.stepping.Unlock()
	c, err := o.Case(ctx, e.Case)
	if err != nil {
		return c, err
	}
	return o.apply(ctx, c, e)
}

// dated fills in what the office knows of an event better than who enters it.
func (o *Office) dated(c *docket.Case, e docket.Event) docket.Event {
	e.At = o.now().UTC()
	if e.Number == 0 {
		e.Number = c.Number + 1
	}
	if e.On == 0 {
		e.On = o.Today()
	}
	return e
}

func (o *Office) apply(ctx context.Context, c docket.Case, e docket.Event) (docket.Case, error) {
	e = o.dated(&c, e)
	after, err := o.procedure.Apply(c, e)
	if err != nil {
		return c, err
	}
	if e.Kind == docket.PaperIssued {
		if e.Issue, err = o.fix(ctx, &after, &e); err != nil {
			return c, err
		}
		if after, err = o.procedure.Apply(c, e); err != nil {
			return c, err
		}
	}
	saved, err := o.store.Append(ctx, after, e, []Record{record(&after, &e)})
	if errors.Is(err, ErrConflict) {
		return c, refused("conflict", "%v", ErrConflict)
	}
	if err != nil {
		return c, fmt.Errorf("write case %d: %w", e.Case, err)
	}
	o.index.mu.Lock()
	o.index.moved(saved)
	o.index.mu.Unlock()
	return saved, o.Settle(ctx)
}

// record is what the ledger is told of an event: its kind, number and day, the
// stage, the digests of a paper that is issued, and who did it as a commitment. No
// text goes there.
func record(c *docket.Case, e *docket.Event) Record {
	facts := map[string]string{"event": fmt.Sprint(e.Number), "on": e.On.String(), "stage": string(c.Stage), "service": c.Service}
	if e.Of != "" {
		facts["of"] = e.Of
	}
	if e.Paper != nil {
		facts["paper"] = string(e.Paper.Kind)
	}
	if e.Target != 0 {
		facts["target"] = fmt.Sprint(e.Target)
	}
	if e.Issue != nil {
		facts["text"], facts["page"] = e.Issue.TextDigest, e.Issue.PageDigest
	}
	subjects := map[string]string{"by": "person/" + e.By}
	if e.Second != "" {
		subjects["second"] = "person/" + e.Second
	}
	of := ""
	if c.ID != 0 {
		of = fmt.Sprintf("docket/%d", c.ID)
	}
	return Record{Of: of, What: string(e.Kind), Facts: facts, Subjects: subjects}
}

// Case is a case with all its events.
func (o *Office) Case(ctx context.Context, id docket.ID) (docket.Case, error) {
	events, err := o.store.Events(ctx, id)
	if err != nil {
		return docket.Case{}, fmt.Errorf("read case %d: %w", id, err)
	}
	return o.procedure.Fold(events)
}

// Cases are those that a filter selects, by id.
func (o *Office) Cases(ctx context.Context, f Filter) ([]Brief, error) { return o.store.Cases(ctx, f) }

// Calendar is what is due in the cases that a filter selects, by day.
func (o *Office) Calendar(ctx context.Context, f Filter) ([]docket.Due, error) {
	list, err := o.store.Cases(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("read the docket: %w", err)
	}
	return o.Due(ctx, list)
}

// Due is what is due in the cases of a list, by day.
func (o *Office) Due(ctx context.Context, list []Brief) ([]docket.Due, error) {
	today := o.Today()
	var out []docket.Due
	for _, b := range list {
		if b.Stage == docket.Closed {
			continue
		}
		c, err := o.Case(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, c.Due(today)...)
	}
	docket.SortDue(out)
	return out, nil
}

// Refer keeps a referral that two people have signed, of a case (0: of none). The
// authority decides.
func (o *Office) Refer(ctx context.Context, of docket.ID, r liability.DirectorReferral) (Referral, error) {
	if err := o.law.Check(&r); err != nil {
		return Referral{}, refused("referral", "%v", err)
	}
	facts := map[string]string{"route": r.Route, "authority": r.Authority, "on": r.On.String()}
	if of != 0 {
		facts["case"] = fmt.Sprint(of)
	}
	subjects := map[string]string{"by": "person/" + r.By, "second": "person/" + r.Second, "about": "person/" + r.Person}
	out, err := o.store.Refer(ctx, Referral{At: o.now().UTC(), Case: of, Referral: r}, []Record{{Of: "referral", What: "referred", Facts: facts, Subjects: subjects}})
	if err != nil {
		return Referral{}, fmt.Errorf("write a referral: %w", err)
	}
	return out, o.Settle(ctx)
}

// Referrals are those of a case, in order; with 0 of all.
func (o *Office) Referrals(ctx context.Context, of docket.ID) ([]Referral, error) {
	return o.store.Referrals(ctx, of)
}

// settleBatch is how many records the ledger is told at once.
const settleBatch = 256

// Settle tells the ledger what it has not been told. A record is told again if the
// process ended between telling and noting it: its facts say which step it is, so
// that it is known for the same.
func (o *Office) Settle(ctx context.Context) error {
	if o.ledger == nil {
		return nil
	}
	o.settling.Lock()
	defer o.settling.Unlock()
	for {
		waiting, err := o.store.Unsent(ctx, settleBatch)
		if err != nil {
			return fmt.Errorf("read what the ledger is to be told: %w", err)
		}
		if len(waiting) == 0 {
			return nil
		}
		statements := make([]ledger.Statement, len(waiting))
		for i, u := range waiting {
			statements[i] = ledger.Statement{Kind: ledger.Docket, By: "regulator", Of: u.Record.Of, What: u.Record.What, Facts: u.Record.Facts, Subjects: u.Record.Subjects}
		}
		if _, err := o.ledger.Record(ctx, statements...); err != nil {
			return fmt.Errorf("%w: %w", ErrLedger, err)
		}
		if err := o.store.Sent(ctx, waiting[len(waiting)-1].Number); err != nil {
			return fmt.Errorf("note what the ledger was told: %w", err)
		}
	}
}

// Reached counts, for each measure, the services of the register that it is for
// today.
func (o *Office) Reached() ([]applicability.Reach, error) {
	standings, today := o.Standings(), o.Today()
	profiles := make([]register.Profile, len(standings))
	for i := range standings {
		profiles[i] = standings[i].Profile(today)
	}
	return applicability.Reached(o.book, o.contents, today, profiles)
}
