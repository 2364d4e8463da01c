package engine

import (
	"errors"
	"fmt"

	"rowan/guard/conduct"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Config is everything that a decision depends on besides the events: data
// with versions. It does not change once made.
type Config struct {
	Policy   *response.Policy
	Taxonomy *signal.Taxonomy
	Lexicon  *signal.Lexicon
	Features *conduct.Features
	Model    *evidence.Model

	weights  evidence.Weights
	known    known
	requests uint64 // signals that ask for something (D02 counts their repetition)
}

// known are the signals that the engine itself raises or looks for.
type known struct {
	A07, A09, B05, C03, D02, D09, G02, V01, V02, V03,
	P01, P02, P03, P04, P05, P06, P07 signal.ID
}

// NewConfig ties the parts together. It fails if the taxonomy lacks a signal
// that the engine needs.
func NewConfig(p *response.Policy, t *signal.Taxonomy, l *signal.Lexicon, f *conduct.Features, m *evidence.Model) (*Config, error) {
	c := &Config{Policy: p, Taxonomy: t, Lexicon: l, Features: f, Model: m, weights: evidence.NewWeights(t)}
	k := &c.known
	for code, to := range map[string]*signal.ID{
		"A07": &k.A07, "A09": &k.A09, "B05": &k.B05, "C03": &k.C03, "D02": &k.D02, "D09": &k.D09, "G02": &k.G02,
		"V01": &k.V01, "V02": &k.V02, "V03": &k.V03, "P01": &k.P01, "P02": &k.P02, "P03": &k.P03, "P04": &k.P04,
		"P05": &k.P05, "P06": &k.P06, "P07": &k.P07,
	} {
		id, ok := t.Lookup(code)
		if !ok {
			return nil, fmt.Errorf("the taxonomy has no signal %s, which the engine needs", code)
		}
		*to = id
	}
	for _, code := range [...]string{"A02", "A03", "A04", "A05", "C01", "D01", "D07", "D09", "E01", "E02"} {
		if id, ok := t.Lookup(code); ok {
			c.requests |= 1 << id
		}
	}
	return c, nil
}

// DefaultConfig is the built-in data.
func DefaultConfig() (*Config, error) {
	return LoadConfig(Sources{})
}

// Sources are the texts of the data files. What is empty is built in.
type Sources struct {
	Taxonomy signal.File
	Lexicons []signal.File
	Features signal.File
	Model    signal.File
	Policy   signal.File
}

// Complete puts the built-in data in the place of what is empty.
func (s *Sources) Complete() error {
	if s.Taxonomy.Source == nil {
		s.Taxonomy = signal.TaxonomyFile()
	}
	if len(s.Lexicons) == 0 {
		lexicons, err := signal.DefaultLexicons()
		if err != nil {
			return fmt.Errorf("built-in lexicons: %w", err)
		}
		s.Lexicons = lexicons
	}
	if s.Features.Source == nil {
		s.Features.Name, s.Features.Source = conduct.Defaults()
	}
	if s.Model.Source == nil {
		s.Model.Name, s.Model.Source = evidence.Defaults()
	}
	if s.Policy.Source == nil {
		s.Policy.Name, s.Policy.Source = response.Defaults()
	}
	return nil
}

// LoadConfig parses and compiles data files. It reports every error it finds.
func LoadConfig(s Sources) (*Config, error) {
	if err := s.Complete(); err != nil {
		return nil, err
	}
	taxonomy, err := signal.LoadTaxonomy(s.Taxonomy.Name, s.Taxonomy.Source)
	if err != nil {
		return nil, err
	}
	lexicon, errLexicon := signal.Compile(taxonomy, s.Lexicons)
	features, errFeatures := conduct.Load(s.Features.Name, s.Features.Source)
	model, errModel := evidence.Load(s.Model.Name, s.Model.Source)
	policy, errPolicy := response.Load(s.Policy.Name, s.Policy.Source, taxonomy)
	if err := errors.Join(errLexicon, errFeatures, errModel, errPolicy); err != nil {
		return nil, err
	}
	return NewConfig(policy, taxonomy, lexicon, features, model)
}
