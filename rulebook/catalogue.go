package rulebook

import (
	"errors"
	"slices"

	"rowan/datafile"
)

// MaxSettings is how many settings a catalogue may hold: accounts' choices are
// kept in records of that size.
const MaxSettings = 48

// Setting is one thing about an account that rules speak of. Its values stand
// from the strictest to the loosest; the place of a value is its rank.
type Setting struct {
	ID      string   `yaml:"id"`
	Title   string   `yaml:"title"`
	Values  []string `yaml:"values"`
	Needs   []string `yaml:"needs"`   // features without which there is no such setting
	Without []string `yaml:"without"` // features with which there is none
}

// Rank is the place of a value, from 0, the strictest.
func (s *Setting) Rank(value string) (rank uint8, ok bool) {
	i := slices.Index(s.Values, value)
	return uint8(max(i, 0)), i >= 0
}

// Loosest is the rank of the value that protects least.
func (s *Setting) Loosest() uint8 { return uint8(len(s.Values) - 1) }

// Value is the word of a rank; the loosest for a rank beyond it.
func (s *Setting) Value(rank uint8) string { return s.Values[min(rank, s.Loosest())] }

// On reports whether a service with some features has the setting.
func (s *Setting) On(features Features) bool { return features.allow(s.Needs, s.Without) }

// Catalogue is all settings, in their order.
type Catalogue struct {
	Version  string
	settings []Setting
	places   map[string]int
	features []string // that some setting or measure speaks of, sorted
}

type catalogueFile struct {
	Version  string    `yaml:"version"`
	Date     Date      `yaml:"date"`
	Source   string    `yaml:"source"`
	Features []string  `yaml:"features"` // of services that measures ask about and no setting does
	Settings []Setting `yaml:"settings"`
}

// loadCatalogue reads the catalogue. It returns every error that it finds, each
// a *datafile.Error.
func loadCatalogue(f File) (*Catalogue, error) {
	var raw catalogueFile
	doc, err := datafile.Parse(f.Name, f.Source, &raw)
	if err != nil {
		return nil, err
	}
	c := &Catalogue{Version: raw.Version, settings: raw.Settings, places: map[string]int{}}
	var wrong []error
	fail := func(format string, path []any, args ...any) { wrong = append(wrong, doc.Errorf(path, format, args...)) }
	head(raw.Version, raw.Date, fail)
	if raw.Source == "" {
		fail("source is missing; say where the settings come from", []any{"source"})
	}
	if n := len(raw.Settings); n == 0 || n > MaxSettings {
		fail("there are %d settings; there must be 1 to %d", []any{"settings"}, n, MaxSettings)
	}
	features := map[string]bool{}
	for _, f := range raw.Features {
		features[f] = true
	}
	for i := range raw.Settings {
		s := &raw.Settings[i]
		at := func(path ...any) []any { return append([]any{"settings", i}, path...) }
		if !name(s.ID) {
			fail("the id %q must be lower-case letters, digits and _", at("id"), s.ID)
		}
		if _, twice := c.places[s.ID]; twice {
			fail("the setting %s stands here twice", at("id"), s.ID)
		}
		c.places[s.ID] = i
		if s.Title == "" {
			fail("the setting %s has no title", at(), s.ID)
		}
		if len(s.Values) < 2 || len(s.Values) > 16 {
			fail("the setting %s has %d values; 2 to 16 are wanted, the strictest first", at("values"), s.ID, len(s.Values))
		}
		for j, v := range s.Values {
			if v == "" || slices.Index(s.Values, v) != j {
				fail("the value %q is empty or stands here twice", at("values", j), v)
			}
		}
		for _, list := range [][]string{s.Needs, s.Without} {
			for _, f := range list {
				features[f] = true
			}
		}
	}
	for f := range features {
		if !name(f) {
			fail("the feature %q must be lower-case letters, digits and _", []any{"settings"}, f)
		}
		c.features = append(c.features, f)
	}
	slices.Sort(c.features)
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return c, nil
}

// Len is the number of settings.
func (c *Catalogue) Len() int { return len(c.settings) }

// Setting is the one at a place, 0 to Len-1.
func (c *Catalogue) Setting(place int) *Setting { return &c.settings[place] }

// Place is where a setting stands.
func (c *Catalogue) Place(id string) (place int, ok bool) {
	place, ok = c.places[id]
	return place, ok
}

// Features are the features that settings and measures speak of, sorted.
func (c *Catalogue) Features() []string { return slices.Clone(c.features) }

// name reports whether s may be an id: lower-case letters, digits, _ - and .,
// beginning with a letter or digit.
func name(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case i > 0 && (r == '_' || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return s != ""
}
