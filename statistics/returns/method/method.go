// Package method reads how forces name means of communication. A name is known
// by an exact alias or by a mapping that a person made; everything else waits in
// a queue with suggestions. Nothing is dropped and nothing is merged by likeness
// alone.
package method

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rowan/statistics/period"
)

// Name is a spelling of a service or other means. From and To bound the days on
// which it stands for that; nil is no bound. "X" is Twitter from July 2023 only.
type Name struct {
	ID       string // reference id
	Text     string
	From, To *period.Date
}

// Mapping is a person's decision on one spelling.
type Mapping struct {
	Raw  string   `yaml:"raw" json:"raw"`
	To   []string `yaml:"to" json:"to"` // reference ids; several: so many instances
	By   string   `yaml:"by" json:"by"` // a role, no name
	Date string   `yaml:"date" json:"date"`
	Why  string   `yaml:"why,omitempty" json:"why,omitempty"`
}

// Part is one means named in a cell.
type Part struct {
	Raw         string       `json:"raw"`
	ID          string       `json:"id,omitempty"`   // "" while it waits for a person
	Rule        string       `json:"rule,omitempty"` // alias, mapping
	Why         string       `json:"why,omitempty"`  // it waits
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Suggestion is what a part may stand for. A person decides.
type Suggestion struct {
	ID   string `json:"id"`
	Like string `json:"like"` // the known spelling
	Rule string `json:"rule"` // fingerprint, n-gram, one letter
}

// Table knows spellings.
type Table struct {
	names    map[string][]Name // by key
	mappings map[string]Mapping
	keys     []string // of names, sorted
}

// New makes a table. It fails if one spelling stands for two means on one day,
// or if a mapping names a means that no name has.
func New(names []Name, mappings []Mapping) (*Table, error) {
	t := &Table{names: map[string][]Name{}, mappings: map[string]Mapping{}}
	ids := map[string]bool{"unknown": true}
	for _, n := range names {
		key := Key(n.Text)
		if key == "" {
			return nil, fmt.Errorf("the name %q of %s has no letter or digit", n.Text, n.ID)
		}
		ids[n.ID] = true
		same := false
		for _, other := range t.names[key] {
			if other.ID != n.ID && overlap(other, n) {
				return nil, fmt.Errorf("%q stands for both %s and %s", n.Text, other.ID, n.ID)
			}
			same = same || other.ID == n.ID && other.From == nil && other.To == nil
		}
		if !same {
			t.names[key] = append(t.names[key], n)
		}
	}
	for _, m := range mappings {
		key := Key(m.Raw)
		switch {
		case key == "" || len(m.To) == 0:
			return nil, fmt.Errorf("the mapping of %q needs raw and to", m.Raw)
		case m.By == "" || m.Date == "":
			return nil, fmt.Errorf("the mapping of %q does not say by whom and when; fill in by and date", m.Raw)
		}
		if _, err := period.ParseDate(m.Date); err != nil {
			return nil, fmt.Errorf("the mapping of %q: %w", m.Raw, err)
		}
		for _, id := range m.To {
			if !ids[id] {
				return nil, fmt.Errorf("the mapping of %q: no service or other means has the id %q", m.Raw, id)
			}
		}
		if _, twice := t.mappings[key]; twice {
			return nil, fmt.Errorf("%q is mapped twice", m.Raw)
		}
		t.mappings[key] = m
	}
	for key := range t.names {
		t.keys = append(t.keys, key)
	}
	slices.Sort(t.keys)
	return t, nil
}

func overlap(a, b Name) bool {
	return (a.To == nil || b.From == nil || !a.To.Before(*b.From)) && (b.To == nil || a.From == nil || !b.To.Before(*a.From))
}

// known is the id that a spelling has on a day.
func (t *Table) known(key string, on period.Date) (id string, otherDay bool) {
	for _, n := range t.names[key] {
		if (n.From == nil || !on.Before(*n.From)) && (n.To == nil || !n.To.Before(on)) {
			return n.ID, false
		}
		otherDay = true
	}
	return "", otherDay
}

// Read reads a cell on the last day of its period. A cell that is no known
// spelling as a whole is split, and each part is read by itself; an empty cell
// has no parts.
func (t *Table) Read(cell string, on period.Date) []Part {
	raw := strings.TrimSpace(cell)
	key := Key(raw)
	if key == "" {
		return nil
	}
	if m, ok := t.mappings[key]; ok {
		parts := make([]Part, len(m.To))
		for i, id := range m.To {
			parts[i] = Part{Raw: raw, ID: id, Rule: "mapping"}
		}
		return parts
	}
	whole, _ := t.known(key, on)
	pieces := split(raw)
	if len(pieces) > 1 {
		parts := t.pieces(pieces, on)
		// "Facebook/Messenger" is a name of one service and a list of two: only a
		// person can tell which was meant.
		if whole != "" && strings.ContainsAny(raw, "/&,;+") && all(parts) && differ(parts) {
			return []Part{{Raw: raw, Why: "it may be one means or several", Suggestions: append(suggested(whole, raw, "as a whole"), each(parts)...)}}
		}
		if whole == "" {
			return parts
		}
	}
	if whole != "" {
		return []Part{{Raw: raw, ID: whole, Rule: "alias"}}
	}
	return []Part{t.waits(raw, key, on)}
}

func (t *Table) pieces(pieces []string, on period.Date) []Part {
	var parts []Part
	seen := map[string]bool{}
	for _, p := range pieces {
		key := Key(p)
		if m, ok := t.mappings[key]; ok {
			for _, id := range m.To {
				if !seen[id] {
					seen[id] = true
					parts = append(parts, Part{Raw: p, ID: id, Rule: "mapping"})
				}
			}
			continue
		}
		id, _ := t.known(key, on)
		switch {
		case id == "":
			parts = append(parts, t.waits(p, key, on))
		case !seen[id]:
			seen[id] = true
			parts = append(parts, Part{Raw: p, ID: id, Rule: "alias"})
		}
	}
	return parts
}

// split cuts a list of means into its members.
func split(s string) []string {
	s = strings.NewReplacer(" and ", "\n", " And ", "\n", " AND ", "\n", "/", "\n", ",", "\n", ";", "\n", "&", "\n", "+", "\n", "|", "\n", "(", "\n", ")", "\n").Replace(s)
	var out []string
	for _, p := range strings.Split(s, "\n") {
		if p = strings.TrimSpace(p); Key(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

func all(parts []Part) bool {
	return !slices.ContainsFunc(parts, func(p Part) bool { return p.ID == "" })
}

func differ(parts []Part) bool { return len(parts) > 1 }

func suggested(id, like, rule string) []Suggestion {
	return []Suggestion{{ID: id, Like: like, Rule: rule}}
}

func each(parts []Part) (out []Suggestion) {
	for _, p := range parts {
		out = append(out, Suggestion{ID: p.ID, Like: p.Raw, Rule: "as a list"})
	}
	return out
}

// least is the length from which one different letter is a likeness at all.
const least = 6

// waits makes the part that a person must decide, with what it resembles.
func (t *Table) waits(raw, key string, on period.Date) Part {
	p := Part{Raw: raw, Why: "no alias and no mapping has this spelling"}
	if _, otherDay := t.known(key, on); otherDay {
		p.Why = "this name was not in use for one means on the period's last day"
		for _, n := range t.names[key] {
			p.Suggestions = append(p.Suggestions, Suggestion{ID: n.ID, Like: n.Text, Rule: "other dates"})
		}
		return p
	}
	print, gram := fingerprint(raw), grams(raw)
	for _, known := range t.keys {
		rule := ""
		switch {
		case fingerprint(known) == print:
			rule = "fingerprint"
		case grams(known) == gram:
			rule = "n-gram"
		case utf8.RuneCountInString(key) >= least && utf8.RuneCountInString(known) >= least && near(key, known):
			rule = "one letter"
		}
		if rule == "" {
			continue
		}
		for _, n := range t.names[known] {
			if !slices.ContainsFunc(p.Suggestions, func(s Suggestion) bool { return s.ID == n.ID }) {
				p.Suggestions = append(p.Suggestions, Suggestion{ID: n.ID, Like: n.Text, Rule: rule})
			}
		}
	}
	return p
}

// Clusters groups spellings that wait by likeness, so that a person decides
// once for many. Groups of one are among them; all are sorted.
func Clusters(raws []string) [][]string {
	by := map[string][]string{}
	for _, raw := range raws {
		by[grams(raw)] = append(by[grams(raw)], raw)
	}
	out := make([][]string, 0, len(by))
	for _, c := range by {
		slices.Sort(c)
		out = append(out, slices.Compact(c))
	}
	slices.SortFunc(out, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return out
}
