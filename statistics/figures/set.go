package figures

import (
	"encoding/json"
	"errors"
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("no figures of a release: something stands behind them")
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("figures of version %d; this program reads version 1", s.Version)
	}
	for i, f := range s.Figures {
		if i > 0 && s.Figures[i-1].ID >= f.ID {
			return nil, fmt.Errorf("the figure %q stands twice or out of order", f.ID)
		}
		if f.Kind == Share && (f.Coverage == nil || f.Coverage.Text == "") {
			return nil, fmt.Errorf("the share %q stands without its coverage", f.ID)
		}
		if f.ID == "" || f.Low == nil || strings.ContainsAny(f.ID, " \n") {
			return nil, fmt.Errorf("the figure %q has no id or no value", f.ID)
		}
	}
	return &s, nil
}
