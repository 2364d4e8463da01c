package engine

import (
	"errors"
	"fmt"

	"rowan/guard/account"
	"rowan/guard/account/support"
	"rowan/guard/conduct"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
	"rowan/guard/signal/learned"
	"rowan/rulebook"
)

// Config is everything that a decision depends on besides the events: data
// with versions. It does not change once made.
type Config struct {
	Policy   *response.Policy
	Taxonomy *signal.Taxonomy
	Lexicon  *signal.Lexicon
	Features *conduct.Features
	Model    *evidence.Model
	Learned  *learned.Model // beside the lexicon; nil: it is off
	Rules    *account.Rules // of young people's accounts; nil: there is no gate

	weights  evidence.Weights
	slope    float64 // of all evidence, from the model
	known    known
	requests uint64 // signals that ask for something (D02 counts their repetition)
	secrecy  uint64 // signals that a surprise for somebody else explains (P09)
}

// known are the signals that the engine itself raises or looks for.
type known struct {
	A07, A09, B05, C03, D02, D09, G02, V01, V02, V03,
	P01, P02, P03, P04, P05, P06, P07, P09 signal.ID
}

// NewConfig ties the parts together. It fails if the taxonomy lacks a signal
// that the engine needs.
func NewConfig(p *response.Policy, t *signal.Taxonomy, l *signal.Lexicon, f *conduct.Features, m *evidence.Model) (*Config, error) {
	c := &Config{Policy: p, Taxonomy: t, Lexicon: l, Features: f.Scaled(m.Factor), Model: m, weights: evidence.NewWeights(m, t), slope: m.Slope()}
	if err := m.Known(func(code string) bool {
		_, ok := t.Lookup(code)
		return ok || f.Known(code)
	}); err != nil {
		return nil, err
	}
	k := &c.known
	for code, to := range map[string]*signal.ID{
		"A07": &k.A07, "A09": &k.A09, "B05": &k.B05, "C03": &k.C03, "D02": &k.D02, "D09": &k.D09, "G02": &k.G02,
		"V01": &k.V01, "V02": &k.V02, "V03": &k.V03, "P01": &k.P01, "P02": &k.P02, "P03": &k.P03, "P04": &k.P04,
		"P05": &k.P05, "P06": &k.P06, "P07": &k.P07, "P09": &k.P09,
	} {
		id, ok := t.Lookup(code)
		if !ok {
			return nil, fmt.Errorf("the taxonomy has no signal %s, which the engine needs", code)
		}
		*to = id
	}
	c.requests = set(t, "A02", "A03", "A04", "A05", "C01", "D01", "D07", "D09", "E01", "E02")
	c.secrecy = set(t, "A04", "A05", "C04", "C05")
	return c, nil
}

// set holds those of the signals that the taxonomy has, by number.
func set(t *signal.Taxonomy, codes ...string) (bits uint64) {
	for _, code := range codes {
		if id, ok := t.Lookup(code); ok {
			bits |= 1 << id
		}
	}
	return bits
}

// newReader makes a reader of the lexicon and, where it is on, the learned model.
func (c *Config) newReader() *signal.Reader {
	r := c.Lexicon.NewReader()
	if c.Learned != nil {
		r.SetScorer(c.Learned.NewScorer())
	}
	return r
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
	// Learned is the model of learned signals. An empty Source that is not nil
	// switches it off.
	Learned signal.File
	// Texts are an operator's own catalogues; empty: the shipped ones.
	Texts []signal.File
	// Accounts says which rules for young people's accounts hold; empty: none.
	Accounts signal.File
	Rulebook []signal.File
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
	if s.Learned.Source == nil {
		s.Learned.Name, s.Learned.Source = learned.Defaults()
	}
	if s.Policy.Source == nil {
		s.Policy.Name, s.Policy.Source = response.Defaults()
	}
	if s.Accounts.Source != nil && len(s.Rulebook) == 0 {
		files, err := rulebook.Shipped()
		if err != nil {
			return err
		}
		for _, f := range files {
			s.Rulebook = append(s.Rulebook, signal.File(f))
		}
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
	policy, errPolicy := s.policy(taxonomy)
	if err := errors.Join(errLexicon, errFeatures, errModel, errPolicy); err != nil {
		return nil, err
	}
	config, err := NewConfig(policy, taxonomy, lexicon, features, model)
	if err != nil {
		return nil, err
	}
	if len(s.Learned.Source) > 0 {
		if config.Learned, err = learned.Load(s.Learned.Name, s.Learned.Source, taxonomy); err != nil {
			return nil, err
		}
	}
	if s.Accounts.Source == nil {
		return config, nil
	}
	config.Rules, err = loadRules(s)
	return config, err
}

// policy loads the policy with the words that people are shown.
func (s *Sources) policy(taxonomy *signal.Taxonomy) (*response.Policy, error) {
	if len(s.Texts) == 0 {
		return response.Load(s.Policy.Name, s.Policy.Source, taxonomy)
	}
	files := make([]support.File, len(s.Texts))
	for i, f := range s.Texts {
		files[i] = support.File(f)
	}
	texts, err := support.Load(files...)
	if err != nil {
		return nil, err
	}
	return response.LoadWith(s.Policy.Name, s.Policy.Source, taxonomy, texts)
}

// loadRules compiles the rules for young people's accounts.
func loadRules(s Sources) (*account.Rules, error) {
	scope, err := account.LoadScope(s.Accounts.Name, s.Accounts.Source)
	if err != nil {
		return nil, err
	}
	files := make([]rulebook.File, len(s.Rulebook))
	for i, f := range s.Rulebook {
		files[i] = rulebook.File(f)
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		return nil, err
	}
	rules, err := account.NewRules(book, scope)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Accounts.Name, err)
	}
	return rules, nil
}
