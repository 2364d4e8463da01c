package evidence

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"rowan/datafile"
)

// Cases is what a model took over from decisions of a platform's reviewers;
// rowan train --cases writes it. A model that was not trained so has none.
type Cases struct {
	Input string `yaml:"input"` // SHA-256 of the file that it was learned from
	Pairs int    `yaml:"pairs"` // in that file
	Harm  int    `yaml:"harm"`  // of them, those that people found harmful
	// Factors multiply the weight and the cap of a signal, or the weight of a
	// feature of conduct, by code. What is not named stays as it is.
	Factors map[string]float64 `yaml:"factors"`
	// Slope multiplies the evidence, which is all but the prior and what the
	// same account does elsewhere, so that elevated means as large a share of
	// harmful pairs as it did before.
	Slope float64 `yaml:"slope"`
}

// The bounds of a factor and of the slope: decisions of some people turn no
// signal off, and make none more than twice as heavy.
const (
	LeastFactor = 0.5
	MostFactor  = 2.0
)

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (c *Cases) check(doc *datafile.Document) error {
	if c == nil {
		return nil
	}
	switch {
	case !sha256Form.MatchString(c.Input):
		return doc.Errorf([]any{"cases", "input"}, "input is the SHA-256 of the cases, 64 hexadecimal digits")
	case c.Harm < 1 || c.Pairs <= c.Harm:
		return doc.Errorf([]any{"cases", "pairs"}, "pairs counts harmful pairs and others; there must be some of both")
	case !(c.Slope >= LeastFactor && c.Slope <= MostFactor):
		return doc.Errorf([]any{"cases", "slope"}, "slope lies between %v and %v", LeastFactor, MostFactor)
	}
	for _, code := range slices.Sorted(maps.Keys(c.Factors)) {
		if f := c.Factors[code]; !(f >= LeastFactor && f <= MostFactor) {
			return doc.Errorf([]any{"cases", "factors", code}, "the factor of %s lies between %v and %v", code, LeastFactor, MostFactor)
		}
	}
	return nil
}

// Factor is what the weight of a signal or feature is multiplied by.
func (m *Model) Factor(code string) float64 {
	if m.Cases != nil {
		if f, ok := m.Cases.Factors[code]; ok {
			return f
		}
	}
	return 1
}

// Slope is what evidence is multiplied by.
func (m *Model) Slope() float64 {
	if m.Cases != nil {
		return m.Cases.Slope
	}
	return 1
}

// Known fails if a factor is that of a code that is not known.
func (m *Model) Known(known func(code string) bool) error {
	if m.Cases == nil {
		return nil
	}
	for _, code := range slices.Sorted(maps.Keys(m.Cases.Factors)) {
		if !known(code) {
			return fmt.Errorf("the model has a factor for %s, which is neither a signal nor a feature of conduct", code)
		}
	}
	return nil
}
