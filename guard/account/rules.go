package account

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rowan/age"
	"rowan/rulebook"
)

// Mode is what becomes of the gate's verdicts.
type Mode uint8

// The modes.
const (
	Enforce Mode = iota // they are carried out
	Shadow              // they are noted in the decision and change nothing
)

var modes = []string{"enforce", "shadow"}

func (m Mode) String() string { return modes[m] }

// ParseMode reads a mode's word.
func ParseMode(text string) (Mode, error) {
	i := slices.Index(modes, text)
	if i < 0 {
		return 0, fmt.Errorf("%q is no mode; want %s", text, strings.Join(modes, " or "))
	}
	return Mode(i), nil
}

// DefaultShownFor is for how long, in seconds, supportive information about a
// setting counts as shown before the setting is relaxed. Its length is Rowan's
// own: long enough to read, short enough to belong to the change.
const DefaultShownFor = 15 * 60

// Scope is which rules are for a deployment.
type Scope struct {
	// Jurisdictions are packs of the rulebook; none: the strictest of all.
	Jurisdictions []string
	// Regions gives accounts of some countries (ISO 3166-1) jurisdictions of
	// their own.
	Regions      map[string][]string
	Service      rulebook.Service
	Flags        []string
	RequiredOnly bool
	Mode         Mode
	ShownFor     uint32 // seconds; 0: DefaultShownFor
}

// Rules say what an account's settings are and who may be in contact. They do
// not change once made.
type Rules struct {
	catalogue *rulebook.Catalogue
	calendars []*rulebook.Calendar // 0: for every account without another
	regions   map[[2]byte]int
	own       *rulebook.Calendar // Rowan's own pack; nil if the book has none
	gate      gateSettings
	scope     Scope
	version   string
}

// NewRules compiles the rules of a book for a deployment.
func NewRules(book *rulebook.Book, scope Scope) (*Rules, error) {
	if scope.ShownFor == 0 {
		scope.ShownFor = DefaultShownFor
	}
	r := &Rules{catalogue: book.Catalogue(), regions: map[[2]byte]int{}, scope: scope, version: book.Version()}
	question := rulebook.Question{
		Jurisdictions: scope.Jurisdictions, Service: scope.Service, Flags: scope.Flags, RequiredOnly: scope.RequiredOnly,
	}
	for _, flag := range scope.Flags {
		if !slices.Contains(book.Flags(), flag) {
			return nil, fmt.Errorf("no measure waits for the flag %q; there are %s", flag, strings.Join(book.Flags(), ", "))
		}
	}
	// A typing error would look like a service without the feature.
	for _, feature := range scope.Service.Features {
		if known := book.Catalogue().Features(); !slices.Contains(known, feature) {
			return nil, fmt.Errorf("no setting speaks of the feature %q; there are %s", feature, strings.Join(known, ", "))
		}
	}
	add := func(jurisdictions []string) error {
		question.Jurisdictions = jurisdictions
		c, err := book.Calendar(question)
		r.calendars = append(r.calendars, c)
		return err
	}
	errs := []error{add(scope.Jurisdictions)}
	for _, region := range slices.Sorted(maps.Keys(scope.Regions)) {
		if len(region) != 2 {
			errs = append(errs, fmt.Errorf("the region %q is no country of ISO 3166-1 such as GB", region))
			continue
		}
		r.regions[[2]byte{region[0], region[1]}] = len(r.calendars)
		errs = append(errs, add(scope.Regions[region]))
	}
	if slices.Contains(book.Jurisdictions(), ownPack) {
		question.Jurisdictions = []string{ownPack}
		c, err := book.Calendar(question)
		r.own = c
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, r.gate.find(r.catalogue))...); err != nil {
		return nil, err
	}
	return r, nil
}

// ownPack is the jurisdiction of Rowan's own recommendations.
const ownPack = "rowan"

// Catalogue is the settings that there are.
func (r *Rules) Catalogue() *rulebook.Catalogue { return r.catalogue }

// Mode is what becomes of the gate's verdicts.
func (r *Rules) Mode() Mode { return r.scope.Mode }

// Scope is which rules these are.
func (r *Rules) Scope() Scope { return r.scope }

// Version names the packs.
func (r *Rules) Version() string { return r.version }

// Edition is what holds for accounts of a region (zero: none given) at a
// moment, in Unix seconds.
func (r *Rules) Edition(region [2]byte, at uint32) *rulebook.Edition {
	return r.calendars[r.regions[region]].On(rulebook.Date(at / 86400))
}

// Party is one account, as far as rules ask.
type Party struct {
	Band    age.Band
	Region  [2]byte
	Choices *Choices // nil: none
}

// Young reports whether rules for young people hold: for everybody who is not
// known to be an adult.
func (p *Party) Young() bool { return p.Band != age.Adult }

// value is the rank of a setting that holds for an account.
func value(e *rulebook.Edition, p *Party, place int, at uint32) uint8 {
	cell := e.Cell(p.Band, place)
	if p.Choices == nil {
		return cell.Value
	}
	return p.Choices.value(cell, place, at)
}

// Holding is one setting of an account as it holds.
type Holding struct {
	Place    int
	Cell     rulebook.Cell
	Value    uint8  // rank
	Chosen   bool   // the account has chosen it; else it is the default
	Guardian bool   // a guardian has chosen it
	Reverts  uint32 // Unix seconds at which it goes back by itself; 0: not by time
}

// Holdings are the settings of an account at a moment, those that the service
// has, in the order of the catalogue.
func (r *Rules) Holdings(p Party, at uint32) []Holding {
	e := r.Edition(p.Region, at)
	var out []Holding
	for place := range r.catalogue.Len() {
		if e.Has(place) {
			out = append(out, holding(e, &p, place, at))
		}
	}
	return out
}

func holding(e *rulebook.Edition, p *Party, place int, at uint32) Holding {
	h := Holding{Place: place, Cell: e.Cell(p.Band, place)}
	h.Value = h.Cell.Value
	if p.Choices != nil && p.Choices.Value[place] != 0 {
		h.Value = p.Choices.value(h.Cell, place, at)
		h.Chosen = h.Value != h.Cell.Value
		h.Guardian = h.Chosen && p.Choices.Guardian&(1<<place) != 0
		if h.Value > h.Cell.Value && h.Cell.Reset.Days != 0 {
			h.Reverts = p.Choices.At[place] + uint32(h.Cell.Reset.Days)*86400
		}
	}
	return h
}
