package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Get is a figure by its id or an alias.
func (s *Set) Get(id string) (*Figure, bool) {
	for i := range s.Figures {
		if s.Figures[i].ID == id || slices.Contains(s.Figures[i].Aliases, id) {
			return &s.Figures[i], true
		}
	}
	return nil, false
}

// GetBlocked is a figure that may not be given, by its id or an alias.
func (s *Set) GetBlocked(id string) (*Blocked, bool) {
	for i := range s.Blocked {
		if s.Blocked[i].ID == id || slices.Contains(s.Blocked[i].Aliases, id) {
			return &s.Blocked[i], true
		}
	}
	return nil, false
}

// Write writes the set as JSON, the same bytes for the same set.
func (s *Set) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

// Load reads a set that Write wrote.
func Load(r io.Reader) (*Set, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var s Set
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("no figures of a release: %w", err)
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("figures of version %d; this program reads version 1", s.Version)
	}
	for _, f := range s.Figures {
		if f.ID == "" || f.Low == nil || strings.ContainsAny(f.ID, " \n") {
			return nil, fmt.Errorf("the figure %q has no id or no value", f.ID)
		}
	}
	return &s, nil
}
