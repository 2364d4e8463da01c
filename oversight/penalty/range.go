package penalty

import (
	_ "embed"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/oversight/money"
	"rowan/rulebook"
)

//go:embed factors.yaml
var shipped []byte

// Start is where a range begins, in hundredths of a per cent of the cap.
type Start struct {
	From int64  `yaml:"from" json:"from"`
	To   int64  `yaml:"to" json:"to"`
	Why  string `yaml:"why" json:"why"`
}

// Weight multiplies a range, in per cent.
type Weight struct {
	By  int64  `yaml:"by" json:"by"`
	Why string `yaml:"why" json:"why"`
}

// Factor is one that the regulator has declared, with a weight for each grade.
type Factor struct {
	ID     string            `yaml:"id" json:"id"`
	Title  string            `yaml:"title" json:"title"`
	Grades map[string]Weight `yaml:"grades" json:"grades"`
}

// Factors are all of them, as data.
type Factors struct {
	Version     string            `yaml:"version" json:"version"`
	Date        rulebook.Date     `yaml:"date" json:"date"`
	Source      string            `yaml:"source" json:"source"`
	Evidence    rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Seriousness struct {
		Title  string           `yaml:"title" json:"title"`
		Grades map[string]Start `yaml:"grades" json:"grades"`
	} `yaml:"seriousness" json:"seriousness"`
	Factors []Factor `yaml:"factors" json:"factors"`
}

// Seriousness is the id of the factor at which a range begins, and KnownGain that
// of what the provider is known to have gained, which is an amount and no grade.
const (
	Seriousness = "seriousness"
	KnownGain   = "known_gain"
)

// DefaultFactors are those that come with Rowan.
func DefaultFactors() (*Factors, error) { return LoadFactors("factors.yaml", shipped) }

// LoadFactors reads factors. It returns every error that it finds, each a
// *datafile.Error.
func LoadFactors(name string, src []byte) (*Factors, error) {
	var f Factors
	doc, err := datafile.Parse(name, src, &f)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if f.Version == "" || f.Date == 0 || f.Source == "" || f.Evidence == "" {
		fail(nil, "version, date, source and evidence are wanted")
	}
	if len(f.Seriousness.Grades) == 0 {
		fail([]any{Seriousness}, "there are no grades of seriousness")
	}
	for word, s := range f.Seriousness.Grades {
		if s.From < 1 || s.To < s.From || s.To > 10_000 || s.Why == "" {
			fail([]any{Seriousness, "grades", word}, "%s: from and to are 1 to 10000 hundredths of a per cent, in order, and why says why", word)
		}
	}
	seen := map[string]bool{Seriousness: true}
	for i, factor := range f.Factors {
		at := []any{"factors", i}
		if factor.ID == "" || factor.Title == "" || len(factor.Grades) == 0 || seen[factor.ID] {
			fail(at, "a factor has an id of its own, a title and grades; %q does not", factor.ID)
		}
		seen[factor.ID] = true
		for word, w := range factor.Grades {
			if w.By < 1 || w.By > 1000 || w.Why == "" {
				fail(append(at, "grades", word), "%s: by is 1 to 1000 per cent, and why says why", word)
			}
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &f, nil
}

// Range is what Rowan proposes. It is no decision.
type Range struct {
	Low     money.Pounds `json:"low"`
	High    money.Pounds `json:"high"`
	Cap     Cap          `json:"cap"`
	Reasons []Reason     `json:"reasons"`
	Label   string       `json:"label"`
	Version string       `json:"version"` // of the factors
}

// Reason is what one factor did to a range.
type Reason struct {
	Factor string `json:"factor"`
	Title  string `json:"title"`
	Grade  string `json:"grade"`
	Effect string `json:"effect"` // "x 1.5", "1% to 5% of the cap"
	Why    string `json:"why"`
}

// Label is what stands beside every range.
const Label = "Rowan's own proposal from declared factors. It binds nobody: a person decides the amount and gives the reasons."

// Recommend proposes a range under a cap. grades has a word for every factor;
// gain is what the provider is known to have gained, below which a penalty would
// not deter.
func (f *Factors) Recommend(c Cap, grades map[string]string, gain money.Pounds) (Range, error) {
	r := Range{Cap: c, Label: Label, Version: f.Version}
	start, err := grade(Seriousness, f.Seriousness.Grades, grades)
	if err != nil {
		return Range{}, err
	}
	r.Reasons = append(r.Reasons, Reason{
		Factor: Seriousness, Title: f.Seriousness.Title, Grade: grades[Seriousness], Why: start.Why,
		Effect: start.effect(),
	})
	product := big.NewRat(1, 1)
	known := map[string]bool{Seriousness: true}
	for i := range f.Factors {
		factor := &f.Factors[i]
		known[factor.ID] = true
		w, err := grade(factor.ID, factor.Grades, grades)
		if err != nil {
			return Range{}, err
		}
		product.Mul(product, big.NewRat(w.By, 100))
		r.Reasons = append(r.Reasons, Reason{factor.ID, factor.Title, grades[factor.ID], w.effect(), w.Why})
	}
	for id := range grades {
		if !known[id] {
			return Range{}, fmt.Errorf("there is no factor %q", id)
		}
	}
	for _, end := range []struct {
		to    *money.Pounds
		share int64
	}{{&r.Low, start.From}, {&r.High, start.To}} {
		amount := new(big.Rat).Mul(c.Amount.Rat(), big.NewRat(end.share, 10_000))
		if amount.Mul(amount, product).Cmp(c.Amount.Rat()) > 0 {
			amount = c.Amount.Rat()
		}
		if *end.to, err = money.Floor(amount); err != nil {
			return Range{}, err
		}
		*end.to -= *end.to % money.Pound
	}
	if gain > r.Low {
		r.Low = min(gain, c.Amount)
		r.High = max(r.High, r.Low)
		r.Reasons = append(r.Reasons, Reason{KnownGain, "Known gain", gain.String(), "not less than " + r.Low.String(), "less than what was gained would not deter"})
	}
	return r, nil
}

func grade[W any](id string, grades map[string]W, given map[string]string) (W, error) {
	w, ok := grades[given[id]]
	if !ok {
		return w, fmt.Errorf("%s: %q is no grade; want one of %s", id, given[id], strings.Join(slices.Sorted(maps.Keys(grades)), ", "))
	}
	return w, nil
}

func hundredths(n int64) string { return decimal(big.NewRat(n, 100)) + "%" }

func decimal(r *big.Rat) string {
	return strings.TrimSuffix(strings.TrimRight(r.FloatString(2), "0"), ".")
}
