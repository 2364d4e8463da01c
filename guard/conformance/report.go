package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rowan/age"
	"rowan/rulebook"
	"rowan/terminal"
)

// Report is what was found. Its JSON is an interface: docs/conformance.md.
type Report struct {
	Format        int             `json:"format"` // 1
	Date          string          `json:"date"`
	Jurisdictions []string        `json:"jurisdictions"`
	Rulebook      string          `json:"rulebook"` // versions of the packs
	Service       Service         `json:"service"`
	Version       string          `json:"app_version,omitempty"` // of the app, as the operator calls it
	Accounts      int64           `json:"accounts"`
	Young         int64           `json:"young"` // of them, under 18 or of unknown age
	Bands         []BandCount     `json:"bands"`
	Contacts      int64           `json:"contacts"`  // of young people's accounts
	BadLines      int64           `json:"bad_lines"` // that could not be read
	Notes         []string        `json:"notes"`
	Measures      []MeasureReport `json:"measures"` // in force on the date
	Other         []MeasureReport `json:"not_in_force"`
	Settings      []SettingReport `json:"settings"`
	Previous      *Previous       `json:"previous,omitempty"`
	Drift         []Drift         `json:"drift"`
}

// Service is what was said of the service.
type Service struct {
	Users     int64             `json:"users"`    // monthly; 0: not given
	Risk      map[string]string `json:"risk"`     // levels by kind
	Small     bool              `json:"small"`    // a micro or small enterprise
	Features  []string          `json:"features"` // null: all
	AgeSignal bool              `json:"age_signal"`
}

func serviceOf(s *rulebook.Service) Service {
	out := Service{Users: s.Users, Risk: map[string]string{}, Small: s.Small, Features: s.Features, AgeSignal: s.AgeSignal}
	for kind, level := range s.Risk {
		out.Risk[kind] = level.String()
	}
	return out
}

// BandCount is how many accounts are of a band.
type BandCount struct {
	Band     string `json:"band"`
	Accounts int64  `json:"accounts"`
}

// MeasureReport is what was found about one measure.
type MeasureReport struct {
	ID           string           `json:"id"`
	Jurisdiction string           `json:"jurisdiction"`
	Title        string           `json:"title"`
	Source       string           `json:"source"`
	Kind         string           `json:"kind"`
	Ref          string           `json:"ref,omitempty"`
	Evidence     string           `json:"evidence"`
	State        State            `json:"state"`
	From         rulebook.Date    `json:"from"`
	Until        rulebook.Date    `json:"until"`
	Flag         string           `json:"flag,omitempty"`
	Expected     string           `json:"expected,omitempty"`
	Applies      bool             `json:"applies"`   // the service is held to it
	Duty         string           `json:"duty"`      // required, recommended or absent
	Why          string           `json:"why"`       // it is or is not for this service
	Checkable    bool             `json:"checkable"` // the input can show whether it is met
	Accounts     int64            `json:"accounts_checked"`
	Unstated     int64            `json:"accounts_incomplete"` // that leave out a setting it speaks of
	Deviating    int64            `json:"accounts_deviating"`
	Kinds        map[string]int64 `json:"deviations"` // by kind
	IDs          []string         `json:"account_ids"`
	FirstSeen    string           `json:"first_seen,omitempty"` // a moment of RFC 3339, or a day
	Trend        string           `json:"trend,omitempty"`      // new, gone, up, down, same
	Before       *int64           `json:"accounts_deviating_before,omitempty"`
}

// Failing reports whether the service is held to the measure and does not meet
// it.
func (m *MeasureReport) Failing() bool { return m.State == InForce && m.Applies && m.Deviating > 0 }

// SettingReport is how a setting stands in one band.
type SettingReport struct {
	Setting string `json:"setting"`
	Band    string `json:"band"` // whose rules hold
	Default string `json:"default"`
	Stated  int64  `json:"accounts_checked"`
	Weaker  int64  `json:"accounts_weaker"` // than the default, and not validly relaxed
}

// Previous is the report that this one is held against.
type Previous struct {
	Date    string `json:"date"`
	Version string `json:"app_version,omitempty"`
}

// Drift is a setting that is weaker than its default for accounts for which it
// was not in the report before.
type Drift struct {
	Setting string `json:"setting"`
	Band    string `json:"band"`
	Default string `json:"default"`
	Before  int64  `json:"accounts_weaker_before"`
	Now     int64  `json:"accounts_weaker"`
	Of      int64  `json:"accounts_checked"`
}

// Report puts a tally into words. previous may be nil.
func (t *Tally) Report(previous *Report) *Report {
	c := t.checker
	scope := c.rules.Scope()
	r := &Report{
		Format: 1, Date: c.day.String(), Jurisdictions: scope.Jurisdictions, Rulebook: c.rules.Version(), Service: serviceOf(&scope.Service),
		Accounts: t.accounts, Young: t.young, Contacts: t.contacts, Notes: []string{}, Measures: []MeasureReport{}, Other: []MeasureReport{},
		Settings: []SettingReport{}, Drift: []Drift{},
	}
	if len(r.Jurisdictions) == 0 {
		r.Jurisdictions = []string{rulebook.Strictest}
	}
	for band := age.Unknown; band <= age.Adult; band++ {
		r.Bands = append(r.Bands, BandCount{band.String(), t.bands[band]})
	}
	for i := range c.measures {
		m := t.measure(i)
		if m.State == InForce {
			r.Measures = append(r.Measures, m)
		} else {
			r.Other = append(r.Other, m)
		}
	}
	e := c.rules.Edition([2]byte{}, c.at)
	for place := range e.Catalogue().Len() {
		s := e.Catalogue().Setting(place)
		for band := range rulebook.Bands - 1 {
			if n := t.settings[place][band]; n.stated > 0 {
				r.Settings = append(r.Settings, SettingReport{
					s.ID, bandAt(band).String(), s.Value(e.Cell(bandAt(band), place).Value), n.stated, n.weaker,
				})
			}
		}
	}
	r.Notes = t.notes()
	if previous != nil {
		r.hold(previous)
	}
	return r
}

func (t *Tally) measure(i int) MeasureReport {
	l, n := &t.checker.measures[i], &t.measures[i]
	m := MeasureReport{
		ID: l.ID, Jurisdiction: l.Pack.Jurisdiction, Title: l.Title, Source: l.Source.Title, Kind: string(l.Source.Kind), Ref: l.Ref,
		Evidence: string(l.Evidence), State: l.state, From: l.From, Until: l.Until, Flag: l.Flag, Expected: l.Expected,
		Applies: l.state == InForce && l.duty == rulebook.Required, Duty: l.duty.String(), Why: l.why, Checkable: l.checkable(),
		Accounts: n.checked, Unstated: n.unstated, Deviating: n.deviating, Kinds: map[string]int64{},
		IDs: append([]string{}, n.ids...), FirstSeen: stamp(n.first),
	}
	for k, count := range n.kinds {
		m.Kinds[Kind(k).String()] = count
	}
	if n.deviating > 0 && n.first == 0 {
		m.FirstSeen = t.checker.day.String()
	}
	return m
}

// notes are what somebody who reads the figures must know.
func (t *Tally) notes() []string {
	c := t.checker
	service := c.rules.Scope().Service
	notes := []string{}
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if !service.AgeSignal {
		add("No means of knowing age: measures that are only for services with one do not reach this service. That is no safety: every account without an age is treated as 13 to 15, and finding out who is a child is recommended.")
		if t.aged > 0 {
			add("%s of the accounts come with an age all the same. If the service can know ages, say so with --age-signal.", terminal.Grouped(t.aged))
		}
	} else if t.accounts > 0 && t.aged == 0 {
		add("No account comes with an age; each was treated as 13 to 15.")
	}
	if service.Users == 0 {
		add("The number of users was not given; measures for large services were taken not to reach this one.")
	}
	if len(service.Risk) == 0 {
		add("No risk was given; measures that rest on the risk assessment were taken not to reach this service.")
	}
	var absent []string
	for place, n := range t.absent {
		if n > 0 {
			absent = append(absent, c.rules.Catalogue().Setting(place).ID)
		}
	}
	if len(absent) > 0 {
		add("Accounts have settings of features that the service is not said to have, and these were not checked: %s.", strings.Join(absent, ", "))
	}
	return notes
}

// hold compares a report with the one before.
func (r *Report) hold(before *Report) {
	r.Previous = &Previous{Date: before.Date, Version: before.Version}
	was := map[string]*MeasureReport{}
	for _, list := range [][]MeasureReport{before.Other, before.Measures} {
		for i := range list {
			was[list[i].ID] = &list[i]
		}
	}
	for _, list := range [][]MeasureReport{r.Measures, r.Other} {
		for i := range list {
			if list[i].Checkable {
				list[i].trend(was[list[i].ID])
			}
		}
	}
	type key struct{ setting, band string }
	stood := map[key]SettingReport{}
	for _, s := range before.Settings {
		stood[key{s.Setting, s.Band}] = s
	}
	for _, s := range r.Settings {
		old, known := stood[key{s.Setting, s.Band}]
		if known && s.drifted(&old) {
			r.Drift = append(r.Drift, Drift{s.Setting, s.Band, s.Default, old.Weaker, s.Weaker, s.Stated})
		}
	}
}

func (m *MeasureReport) trend(was *MeasureReport) {
	var before int64
	if was != nil {
		before = was.Deviating
		if before > 0 && m.Deviating > 0 && was.FirstSeen != "" && (m.FirstSeen == "" || was.FirstSeen < m.FirstSeen) {
			m.FirstSeen = was.FirstSeen
		}
	}
	m.Before = &before
	switch {
	case before == 0 && m.Deviating == 0, before == m.Deviating:
		m.Trend = "same"
	case before == 0:
		m.Trend = "new"
	case m.Deviating == 0:
		m.Trend = "gone"
	case m.Deviating > before:
		m.Trend = "up"
	default:
		m.Trend = "down"
	}
}

// driftShare is how much more of the accounts must have a setting weaker than
// its default for that to be drift where some had it weaker before, in
// hundredths. The figure is Rowan's own.
const driftShare = 1

// drifted reports whether a setting is weaker than it was: nobody had it weaker
// before and somebody has now, or a larger share by more than driftShare.
func (s *SettingReport) drifted(old *SettingReport) bool {
	if s.Weaker == 0 || old.Stated == 0 {
		return false
	}
	if old.Weaker == 0 {
		return true
	}
	return float64(s.Weaker)/float64(s.Stated) > float64(old.Weaker)/float64(old.Stated)+driftShare/100.0
}

// Failing are the measures that the service is held to and does not meet.
func (r *Report) Failing() []MeasureReport {
	return slices.DeleteFunc(slices.Clone(r.Measures), func(m MeasureReport) bool { return !m.Failing() })
}

// ReadReport reads what WriteJSON wrote.
func ReadReport(in io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return nil, fmt.Errorf("this is no report of 'rowan conformance --json': %w", err)
	}
	if r.Format != 1 {
		return nil, fmt.Errorf("this is a report of format %d; this version reads 1", r.Format)
	}
	return &r, nil
}

// WriteJSON writes the report for a script, and for --previous.
func (r *Report) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// stamp writes Unix milliseconds; "" for 0.
func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}
