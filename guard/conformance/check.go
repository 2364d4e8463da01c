package conformance

import (
	"slices"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// Checker judges accounts by the rules of a day. It does not change once made.
type Checker struct {
	rules    *account.Rules
	day      rulebook.Date
	at       uint32 // noon of it, Unix seconds
	measures []listed
	plans    map[*rulebook.Edition]*plan
	words    int // of a set of measures
	ids      int
}

// State says whether a measure is in force.
type State string

// The states.
const (
	InForce State = "in_force"
	Later   State = "later"   // it begins on a day that is known
	Waiting State = "waiting" // proposed or announced: it waits for its flag
	Ended   State = "ended"   // and has no later version
)

// listed is a measure and what can be looked at for it.
type listed struct {
	*rulebook.Measure
	state    State
	duty     rulebook.Duty
	why      string
	since    rulebook.Date // from which some version of it held; Never if none did
	settings bool          // it says what settings must be
	change   bool          // it asks for information before a default is relaxed
	request  bool          // and before a connection
}

// checkable reports whether the input can show anything about the measure.
func (m *listed) checkable() bool {
	return m.duty != rulebook.Absent && m.state != Ended && (m.settings || m.change || m.request)
}

// plan is what an edition asks for, laid out for checking.
type plan struct {
	edition *rulebook.Edition
	bands   [rulebook.Bands]bandPlan
	change  []int // measures that ask for information before a default is relaxed
	request []int
}

type bandPlan struct{ places []placePlan }

// placePlan is one setting in one band.
type placePlan struct {
	demands []demand
	mask    set   // of their measures
	least   uint8 // the strictest of their values, and of the edition's
	cell    rulebook.Cell
	has     bool
}

// demand is what one measure asks of a setting.
type demand struct {
	measure int
	cell    rulebook.Cell
}

// set is a set of measures, by number.
type set []uint64

func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s set) join(o set) {
	for i, w := range o {
		s[i] |= w
	}
}

// New returns a checker of a scope's rules on a day. ids is how many accounts
// are named for each measure.
func New(book *rulebook.Book, scope account.Scope, day rulebook.Date, ids int) (*Checker, error) {
	rules, err := account.NewRules(book, scope)
	if err != nil {
		return nil, err
	}
	c := &Checker{rules: rules, day: day, at: day.Noon(), plans: map[*rulebook.Edition]*plan{}, ids: ids}
	numbers := map[*rulebook.Measure]int{}
	editions := []*rulebook.Edition{rules.Edition([2]byte{}, c.at)}
	for region := range scope.Regions {
		editions = append(editions, rules.Edition([2]byte{region[0], region[1]}, c.at))
	}
	chosen := map[*rulebook.Pack]bool{}
	for _, e := range editions {
		packs, err := book.Select(e.Question().Jurisdictions...)
		if err != nil {
			return nil, err
		}
		for _, p := range packs {
			chosen[p] = true
		}
	}
	for _, p := range book.Packs() {
		if chosen[p] {
			if err := c.list(book, p, scope, numbers); err != nil {
				return nil, err
			}
		}
	}
	c.words = (len(c.measures) + 63) / 64
	for _, e := range editions {
		if c.plans[e] == nil {
			packs, _ := book.Select(e.Question().Jurisdictions...) // as above
			c.plans[e] = c.plan(e, packs, numbers)
		}
	}
	return c, nil
}

// list adds the measures of a pack: those in force, those that may come, and
// those that ended without a successor.
func (c *Checker) list(book *rulebook.Book, p *rulebook.Pack, scope account.Scope, numbers map[*rulebook.Measure]int) error {
	lives := func(id string) bool {
		return slices.ContainsFunc(p.Measures, func(m rulebook.Measure) bool { return m.ID == id && c.day < m.Until })
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		l := listed{Measure: m, settings: len(m.Rules) > 0, state: InForce, since: m.From}
		for _, other := range p.Measures {
			if other.ID == m.ID {
				l.since = min(l.since, other.From)
			}
		}
		switch {
		case m.InForce(c.day, scope.Flags):
		case c.day >= m.Until:
			if lives(m.ID) {
				continue
			}
			l.state = Ended
		case m.Flag != "":
			l.state = Waiting
		default:
			l.state = Later
		}
		var err error
		if l.duty, l.why, err = stand(book, m, scope, c.day); err != nil {
			return err
		}
		for _, moment := range m.Moments {
			l.change = l.change || moment == event.DefaultChanged.String()
			l.request = l.request || moment == event.ConnectionRequest.String()
		}
		numbers[m] = len(c.measures)
		c.measures = append(c.measures, l)
	}
	return nil
}

// stand is whether a measure is for the service, or would be if it were in
// force.
func stand(book *rulebook.Book, m *rulebook.Measure, scope account.Scope, day rulebook.Date) (rulebook.Duty, string, error) {
	q := rulebook.Question{Jurisdictions: []string{m.Pack.Jurisdiction}, On: day, Service: scope.Service}
	switch {
	case m.Flag != "":
		q.Flags = []string{m.Flag}
	case !m.InForce(day, nil):
		q.On = m.From
	}
	e, err := book.Edition(q)
	if err != nil {
		return 0, "", err
	}
	for _, s := range e.Standings() {
		if s.Measure == m {
			return s.Duty, s.Why, nil
		}
	}
	return rulebook.Absent, "it has ended", nil
}

func (c *Checker) plan(e *rulebook.Edition, packs []*rulebook.Pack, numbers map[*rulebook.Measure]int) *plan {
	n := e.Catalogue().Len()
	p := &plan{edition: e}
	for band := range p.bands {
		p.bands[band].places = make([]placePlan, n)
		for place := range n {
			pp := &p.bands[band].places[place]
			*pp = placePlan{mask: make(set, c.words), has: e.Has(place), cell: e.Cell(bandAt(band), place)}
			pp.least = pp.cell.Value
		}
	}
	for _, m := range rulebook.Measures(packs) {
		number, ok := numbers[m]
		if !ok || !c.measures[number].checkable() {
			continue
		}
		if c.measures[number].change {
			p.change = append(p.change, number)
		}
		if c.measures[number].request {
			p.request = append(p.request, number)
		}
		for i := range m.Rules {
			r := &m.Rules[i]
			if !e.Has(r.Setting) {
				continue
			}
			for band := range p.bands {
				if !r.Speaks[band] {
					continue
				}
				pp := &p.bands[band].places[r.Setting]
				pp.demands = append(pp.demands, demand{number, r.Bands[band]})
				pp.mask.add(number)
				pp.least = min(pp.least, r.Bands[band].Value)
			}
		}
	}
	return p
}

// bandAt is the band of a place, the youngest first.
func bandAt(place int) age.Band { return age.Under13 + age.Band(place) }

// counts are what was found about one measure.
type counts struct {
	checked   int64 // accounts
	unstated  int64 // accounts that leave out a setting that it speaks of
	deviating int64 // accounts
	kinds     [kinds]int64
	first     int64 // Unix milliseconds; 0: not known
	ids       []string
}

// stands are how a setting stands in one band.
type stands struct{ stated, weaker int64 }

// Tally counts what a checker finds. It belongs to one goroutine and its memory
// does not grow with the number of accounts.
type Tally struct {
	checker  *Checker
	accounts int64
	young    int64
	aged     int64
	contacts int64
	bands    [age.Adult + 1]int64
	measures []counts
	settings [rulebook.MaxSettings][rulebook.Bands]stands
	absent   [rulebook.MaxSettings]int64 // accounts with a setting that the service does not have

	// Of the account at hand.
	account  *Account
	band     age.Band
	each     func(*Deviation)
	seen     set
	unstated set
	hit      set
	entitled account.Choices
	informed account.Choices
}

// Tally returns an empty tally.
func (c *Checker) Tally() *Tally {
	return &Tally{
		checker: c, measures: make([]counts, len(c.measures)),
		seen: make(set, c.words), unstated: make(set, c.words), hit: make(set, c.words),
	}
}

// Rules are what the checker judges by.
func (c *Checker) Rules() *account.Rules { return c.rules }

// Add judges an account. each, if set, is told of every deviation; what it is
// given is valid until it returns.
func (t *Tally) Add(a *Account, each func(*Deviation)) {
	c := t.checker
	t.account, t.each = a, each
	t.band = resolve(a.Ages, a.At, c.at)
	t.accounts++
	t.bands[t.band]++
	if len(a.Ages) > 0 {
		t.aged++
	}
	if t.band == age.Adult {
		return // an adult's settings are the adult's own
	}
	t.young++
	clear(t.seen)
	clear(t.unstated)
	clear(t.hit)
	edition := c.rules.Edition(a.Region, c.at)
	p := c.plans[edition]
	weak := t.setting(p)
	if weak || len(a.Contacts) > 0 {
		a.choices(&t.entitled, edition, t.band, false, c.at)
		a.choices(&t.informed, edition, t.band, true, c.at)
	}
	if weak {
		t.weak(p)
	}
	t.supported(p)
	for i := range a.Contacts {
		t.contact(p, &a.Contacts[i])
	}
	for word := range t.seen {
		for i := range 64 {
			bit := uint64(1) << i
			if (t.seen[word]|t.hit[word])&bit != 0 {
				m := &t.measures[word*64+i]
				m.checked++
				if t.unstated[word]&bit != 0 {
					m.unstated++
				}
				if t.hit[word]&bit != 0 {
					m.deviating++
					m.name(a.ID, c.ids)
				}
			}
		}
	}
}

// name keeps the first ids in the order of the alphabet, so that the order of
// accounts does not matter.
func (m *counts) name(id string, most int) {
	i, found := slices.BinarySearch(m.ids, id)
	if found || i >= most {
		return
	}
	m.ids = slices.Insert(m.ids, i, string([]byte(id)))
	m.ids = m.ids[:min(len(m.ids), most)]
}

// setting goes over the settings and reports whether any is weaker than some
// rule.
func (t *Tally) setting(p *plan) (weak bool) {
	a := t.account
	band := rulebook.Place(t.band)
	places := p.bands[band].places
	for place := range places {
		pp := &places[place]
		v := a.Settings[place]
		switch {
		case v == 0:
			t.unstated.join(pp.mask)
		case !pp.has:
			t.absent[place]++
		default:
			t.seen.join(pp.mask)
			t.settings[place][band].stated++
			weak = weak || v-1 > pp.least
		}
	}
	return weak
}

// weak holds the settings that are weaker than some rule to each rule.
func (t *Tally) weak(p *plan) {
	a := t.account
	band := rulebook.Place(t.band)
	places := p.bands[band].places
	for place := range places {
		pp := &places[place]
		if !pp.has || a.Settings[place] == 0 || a.Settings[place]-1 <= pp.least {
			continue
		}
		rank := a.Settings[place] - 1
		if rank > t.allowed(&t.informed, pp.cell, place) {
			t.settings[place][band].weaker++
		}
		r := a.relaxation(place)
		at := a.At
		if r != nil {
			at = r.when(a)
		}
		for _, d := range pp.demands {
			if rank > t.allowed(&t.entitled, d.cell, place) {
				t.deviate(d.measure, WeakSetting, reasonOf(r, d.cell, rank), place, rank, d.cell.Value, nil, at)
			}
		}
	}
}

// allowed is the weakest rank that one rule lets the setting at a place have: its
// own value, one as far as a valid relaxation goes, or the account's own if that
// is stricter.
func (t *Tally) allowed(chosen *account.Choices, cell rulebook.Cell, place int) uint8 {
	a := t.account
	if v := a.Settings[place]; v != 0 && v-1 <= cell.Value {
		return v - 1
	}
	if a.relaxation(place) == nil {
		return cell.Value
	}
	return chosen.Under(cell, place, t.checker.at)
}

// reasonOf says why a setting that is weaker than a rule is not validly so.
func reasonOf(r *Relaxation, cell rulebook.Cell, rank uint8) string {
	switch {
	case r == nil:
		return "not_relaxed"
	case !r.entitled():
		return "not_a_guardian"
	case r.Guardian && rank > cell.Guardian, !r.Guardian && rank > cell.Child:
		return "beyond"
	}
	return "not_reverted"
}

// supported looks whether the supportive information was shown before settings
// were relaxed.
func (t *Tally) supported(p *plan) {
	a := t.account
	places := p.bands[rulebook.Place(t.band)].places
	for i := range a.Relaxed {
		r := &a.Relaxed[i]
		pp := &places[r.Place]
		rank := a.Settings[r.Place] - 1
		if !pp.has || r.Guardian || rank <= pp.cell.Value {
			continue
		}
		for _, number := range p.change {
			m := &t.checker.measures[number]
			if m.settings && !pp.mask.has(number) {
				continue
			}
			t.seen.add(number)
			if !r.Shown {
				t.deviate(number, NoSupport, "not_shown", r.Place, rank, pp.cell.Value, nil, r.when(a))
			}
		}
	}
}

// contact holds one contact to the account's own settings. Those of the other
// are the matter of the other's own entry.
func (t *Tally) contact(p *plan, c *Contact) {
	t.contacts++
	rules, a := t.checker.rules, t.account
	own := account.Party{Band: t.band, Region: a.Region, Choices: &t.informed}
	other := account.Party{Band: resolve(c.Ages, c.At, t.checker.at), Region: c.Region}
	q := account.Contact{
		Way: c.Way, From: other, To: own, Connected: c.Connected, Tied: c.Tie != event.RelationNone,
		Mutual: c.Mutual, Begun: c.Begun, Informed: c.Informed, At: t.checker.at,
	}
	if c.Out {
		q.From, q.To = own, other
	}
	at := c.At
	if at == 0 {
		at = a.At
	}
	if c.Way == account.Established && !c.Out {
		for _, number := range p.request {
			if !t.holds(number, at) {
				continue
			}
			t.seen.add(number)
			if !c.Informed {
				t.deviate(number, NoSupport, "not_shown", -1, 0, 0, c, at)
			}
		}
	}
	answer := rules.Side(&q, &own, &other, c.Out)
	if answer.Setting == 0 || answer.Verdict == account.Allow || answer.Verdict == account.Ask && c.Begun {
		return
	}
	place := int(answer.Setting) - 1
	pp := &p.bands[rulebook.Place(t.band)].places[place]
	for _, d := range pp.demands {
		rank := t.allowed(&t.informed, d.cell, place)
		v := rules.Would(&q, &own, &other, place, rank)
		if v == account.Allow || v == account.Ask && (c.Begun || c.Out) || !t.holds(d.measure, at) {
			continue
		}
		actual := rank
		if s := a.Settings[place]; s != 0 {
			actual = s - 1
		}
		t.deviate(d.measure, BadContact, answer.Reason.String(), place, actual, d.cell.Value, c, at)
	}
}

// holds reports whether a measure was in force when something happened, if that
// is known. Those that wait for their flags are taken to have been.
func (t *Tally) holds(number int, at int64) bool {
	m := &t.checker.measures[number]
	return at == 0 || m.since == rulebook.Never || m.state == Later || rulebook.DateOf(at) >= m.since
}

func (t *Tally) deviate(number int, kind Kind, reason string, place int, rank, least uint8, with *Contact, at int64) {
	m := &t.measures[number]
	t.hit.add(number)
	m.kinds[kind]++
	if at != 0 && (m.first == 0 || at < m.first) {
		m.first = at
	}
	if t.each == nil {
		return
	}
	l := &t.checker.measures[number]
	d := Deviation{
		Account: t.account.ID, Band: t.band.String(), Measure: l.ID, State: l.state, Duty: l.duty, Kind: kind, Reason: reason, At: stamp(at),
	}
	if place >= 0 {
		s := t.checker.rules.Catalogue().Setting(place)
		d.Setting, d.Value, d.Default = s.ID, s.Value(rank), s.Value(least)
	}
	if with != nil {
		d.With, d.Way = with.With, with.Way.String()
	}
	t.each(&d)
}

// Merge takes in what another tally of the same checker has counted.
func (t *Tally) Merge(o *Tally) {
	t.accounts += o.accounts
	t.young += o.young
	t.aged += o.aged
	t.contacts += o.contacts
	for i, n := range o.bands {
		t.bands[i] += n
	}
	for i := range o.measures {
		m, from := &t.measures[i], &o.measures[i]
		m.checked += from.checked
		m.unstated += from.unstated
		m.deviating += from.deviating
		for k, n := range from.kinds {
			m.kinds[k] += n
		}
		if from.first != 0 && (m.first == 0 || from.first < m.first) {
			m.first = from.first
		}
		for _, id := range from.ids {
			m.name(id, t.checker.ids)
		}
	}
	for place := range o.settings {
		for band, n := range o.settings[place] {
			t.settings[place][band].stated += n.stated
			t.settings[place][band].weaker += n.weaker
		}
		t.absent[place] += o.absent[place]
	}
}
