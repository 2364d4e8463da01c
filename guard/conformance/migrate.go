package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// Planner says what would bring accounts under the defaults of a day.
type Planner struct {
	rules *account.Rules
	day   rulebook.Date
	at    uint32
}

// NewPlanner returns a planner of a scope's rules on a day.
func NewPlanner(book *rulebook.Book, scope account.Scope, day rulebook.Date) (*Planner, error) {
	rules, err := account.NewRules(book, scope)
	if err != nil {
		return nil, err
	}
	return &Planner{rules: rules, day: day, at: day.Noon()}, nil
}

// Move is one account's part of a plan.
type Move struct {
	Account string   `json:"account"`
	Band    string   `json:"band"`
	Changes []Setter `json:"changes"`
	Kept    []Keeper `json:"kept,omitempty"` // weaker than the default, and validly so
}

// Setter is one setting that changes.
type Setter struct {
	Setting string   `json:"setting"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Why     string   `json:"why"` // see docs/conformance.md
	Rules   []string `json:"rules"`
	place   int
}

// Keeper is one setting that stays as it is.
type Keeper struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	By      string `json:"by"` // child or guardian
	unnamed bool   // the guardian's account is not given
}

// Plan says what changes for an account. What is stricter than the default
// stays, and so does what the right person relaxed, as far as that person may,
// with the supportive information shown first; everything else that is weaker
// becomes the default. A setting that the account does not state is left alone.
func (p *Planner) Plan(a *Account) Move {
	band := resolve(a.Ages, a.At, p.at)
	m := Move{Account: a.ID, Band: band.String(), Changes: []Setter{}}
	if band == age.Adult {
		return m
	}
	e := p.rules.Edition(a.Region, p.at)
	var chosen *account.Choices
	for place := range e.Catalogue().Len() {
		v := a.Settings[place]
		if v == 0 || !e.Has(place) {
			continue
		}
		rank, cell := v-1, e.Cell(band, place)
		if rank <= cell.Value {
			continue
		}
		if chosen == nil {
			chosen = new(account.Choices)
			a.choices(chosen, e, band, true, p.at)
		}
		s := e.Catalogue().Setting(place)
		r := a.relaxation(place)
		if r != nil && rank <= chosen.Under(cell, place, p.at) {
			keep := Keeper{Setting: s.ID, Value: s.Value(rank), By: "child"}
			if r.Guardian {
				keep.By, keep.unnamed = "guardian", r.By == ""
			}
			m.Kept = append(m.Kept, keep)
			continue
		}
		why := reasonOf(r, cell, rank)
		if r != nil && r.entitled() && !r.informed() {
			why = "not_shown"
		}
		change := Setter{Setting: s.ID, From: s.Value(rank), To: s.Value(cell.Value), Why: why, place: place, Rules: []string{}}
		for _, c := range e.Citations(band, place) {
			if rank > c.Cell.Value {
				change.Rules = append(change.Rules, c.Measure.ID)
			}
		}
		m.Changes = append(m.Changes, change)
	}
	return m
}

// Events are what tells the journal of an account and of its part of the plan:
// its ages, the settings that are no weaker than their defaults by the account's
// own choice, the relaxations that stay, with the information that was shown,
// and the settings that change. Ids and content are the same whenever they are
// made for the same day, so that applying a plan twice changes nothing. now, in
// Unix milliseconds, is when it is applied.
func (p *Planner) Events(a *Account, m *Move, now int64) []*event.Event {
	var out []*event.Event
	add := func(kind event.Type, at int64, fill func(*event.Event)) {
		e := &event.Event{}
		e.Reset()
		e.Type, e.Source, e.From, e.Time = kind, MigrateSource, a.ID, at
		fill(e)
		e.ID = p.eventID(e)
		out = append(out, e)
	}
	asserted := a.At // not now: a later word of the platform must hold against it
	if asserted == 0 {
		asserted = int64(p.day) * 86_400_000
	}
	for _, told := range a.Ages {
		if told.AssertedAt == 0 {
			told.AssertedAt = asserted
		}
		add(event.AccountAgeSignal, now, func(e *event.Event) {
			e.Age = told
			if a.Region != [2]byte{} {
				e.Region = string(a.Region[:])
			}
		})
	}
	if resolve(a.Ages, a.At, p.at) == age.Adult {
		return out
	}
	if len(a.Ages) == 0 && a.Region != [2]byte{} {
		add(event.AccountUpdated, now, func(e *event.Event) { e.Region = string(a.Region[:]) })
	}
	set := func(at int64, setting, value string) {
		add(event.SettingChanged, at, func(e *event.Event) { e.Setting, e.Value = setting, value })
	}
	e := p.rules.Edition(a.Region, p.at)
	band := resolve(a.Ages, a.At, p.at)
	for place := range e.Catalogue().Len() {
		v := a.Settings[place]
		s := e.Catalogue().Setting(place)
		if v == 0 || !e.Has(place) {
			continue
		}
		if i := slices.IndexFunc(m.Changes, func(c Setter) bool { return c.place == place }); i >= 0 {
			set(now, s.ID, m.Changes[i].To)
			continue
		}
		if v-1 < e.Cell(band, place).Value {
			set(now, s.ID, s.Value(v-1))
			continue
		}
		if !slices.ContainsFunc(m.Kept, func(k Keeper) bool { return k.Setting == s.ID }) {
			continue
		}
		r := a.relaxation(place)
		at := r.when(a)
		if at == 0 || at > now {
			at = now
		}
		switch {
		case !r.Guardian:
			add(event.SupportShown, at, func(e *event.Event) {
				e.Moment, e.Answer, e.Setting = event.DefaultChanged, event.Continued, s.ID
			})
			set(at, s.ID, s.Value(v-1))
		case r.By != "" && r.By != a.ID:
			add(event.RelationshipVerified, at, func(e *event.Event) {
				e.From, e.To, e.Relation = r.By, append(e.To, a.ID), event.GuardianOf
			})
			add(event.SettingRequested, at, func(e *event.Event) {
				e.Setting, e.Value, e.To = s.ID, s.Value(v-1), append(e.To, r.By)
			})
		}
	}
	return out
}

// MigrateSource is the source of the events of a migration.
const MigrateSource = "rowan:migrate"

// eventID names an event by the day of the plan and by what it says, not by when
// the plan is applied.
func (p *Planner) eventID(e *event.Event) string {
	h := sha256.New()
	to := ""
	if len(e.To) > 0 {
		to = e.To[0]
	}
	fmt.Fprintf(h, "%s %q %q %q %q %q %q %q %v", p.day, e.Type.String(), e.From, to, e.Setting, e.Value, e.Region, e.Moment.String(), e.Age)
	return "m-" + p.day.String() + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Migration is the counts of a plan. Two of them can be added in any order.
type Migration struct {
	Date     string                      `json:"date"`
	Accounts int64                       `json:"accounts"`
	Changing int64                       `json:"accounts_changing"`
	Keeping  int64                       `json:"relaxations_kept"`
	Unnamed  int64                       `json:"relaxations_of_unnamed_guardians"` // kept, but the journal cannot be told by whom
	BadLines int64                       `json:"bad_lines"`
	Bands    map[string]*MigrationBand   `json:"bands"`
	Settings map[string]map[string]int64 `json:"settings"` // changes by setting and band
	Reasons  map[string]int64            `json:"reasons"`  // changes by why
	Applied  *Applied                    `json:"applied,omitempty"`
}

// MigrationBand is how many accounts of a band there are and change.
type MigrationBand struct {
	Accounts int64 `json:"accounts"`
	Changing int64 `json:"changing"`
}

// Applied is what was written into the journal.
type Applied struct {
	Events  int64 `json:"events"`
	Refused int64 `json:"refused"` // settings that the rules in force there did not accept
}

func (p *Planner) migration() *Migration {
	m := &Migration{Date: p.day.String(), Bands: map[string]*MigrationBand{}, Settings: map[string]map[string]int64{}, Reasons: map[string]int64{}}
	for b := age.Unknown; b <= age.Adult; b++ {
		m.Bands[b.String()] = &MigrationBand{}
	}
	return m
}

func (m *Migration) count(move *Move) {
	m.Accounts++
	m.Keeping += int64(len(move.Kept))
	band := m.Bands[move.Band]
	band.Accounts++
	for _, k := range move.Kept {
		if k.unnamed {
			m.Unnamed++
		}
	}
	if len(move.Changes) == 0 {
		return
	}
	m.Changing++
	band.Changing++
	for _, c := range move.Changes {
		m.change(c.Setting, move.Band, 1)
		m.Reasons[c.Why]++
	}
}

func (m *Migration) change(setting, band string, n int64) {
	if m.Settings[setting] == nil {
		m.Settings[setting] = map[string]int64{}
	}
	m.Settings[setting][band] += n
}

func (m *Migration) merge(o *Migration) {
	m.Accounts += o.Accounts
	m.Changing += o.Changing
	m.Keeping += o.Keeping
	m.Unnamed += o.Unnamed
	for band, n := range o.Bands {
		m.Bands[band].Accounts += n.Accounts
		m.Bands[band].Changing += n.Changing
	}
	for setting, bands := range o.Settings {
		for band, n := range bands {
			m.change(setting, band, n)
		}
	}
	for why, n := range o.Reasons {
		m.Reasons[why] += n
	}
}

// Run plans for all accounts of the input. It writes a line for each account
// that changes to plan, if that is set, in the order of the input. What was
// counted is returned with an error, too.
func (p *Planner) Run(ctx context.Context, in *Input, plan io.Writer) (*Migration, error) {
	var parts []*Migration
	start := func() worker {
		part := p.migration()
		parts = append(parts, part)
		return func(a *Account, out []byte) []byte {
			move := p.Plan(a)
			part.count(&move)
			if plan == nil || len(move.Changes) == 0 {
				return out
			}
			return appendLine(out, &move)
		}
	}
	bad, err := in.scan(ctx, func() *Decoder { return NewDecoder(p.rules.Catalogue()) }, start, func(out []byte) error {
		_, err := plan.Write(out)
		return err
	})
	m := p.migration()
	for _, part := range parts {
		m.merge(part)
	}
	m.BadLines = bad
	return m, err
}

// applyBatch is how many events are decided at a time.
const applyBatch = 2000

// Apply plans for all accounts of the input and hands the events of the plan to
// decide in batches, account after account. now, in Unix milliseconds, is the
// time that they get.
func (p *Planner) Apply(ctx context.Context, in *Input, now int64, plan io.Writer, decide func(context.Context, []*event.Event) error) (*Migration, error) {
	m := p.migration()
	one := *in
	one.Workers = 1 // the events of one account after another, in the order of the file
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var batch []*event.Event
	var failed error // belongs to the worker until scan returns
	flush := func() {
		if failed == nil && len(batch) > 0 {
			failed = decide(ctx, batch)
		}
		batch = batch[:0]
	}
	start := func() worker {
		return func(a *Account, out []byte) []byte {
			if failed != nil {
				stop()
				return out
			}
			move := p.Plan(a)
			m.count(&move)
			batch = append(batch, p.Events(a, &move, now)...)
			if len(batch) >= applyBatch {
				flush()
			}
			if plan != nil && len(move.Changes) > 0 {
				out = appendLine(out, &move)
			}
			return out
		}
	}
	bad, err := one.scan(ctx, func() *Decoder { return NewDecoder(p.rules.Catalogue()) }, start, func(out []byte) error {
		_, err := plan.Write(out)
		return err
	})
	flush() // what was counted is applied, however the input ended
	m.BadLines = bad
	if failed != nil {
		return m, fmt.Errorf("apply: %w; what came before was applied, and applying again changes nothing of it", failed)
	}
	return m, err
}
