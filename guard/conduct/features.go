// Package conduct is what accounts do, told without reading text: who contacts
// whom, how often and in what pattern. Each update costs the same however
// long the history. Times are those of the events.
package conduct

import (
	_ "embed"
	"math"
	"slices"
	"strconv"

	"rowan/datafile"
	"rowan/guard/signal"
)

// Count is the number of features, M01 to M22.
const Count = 22

// Values holds the features of one pair at one moment; Values[1] is M01.
// NaN stands for "cannot be known", which adds nothing.
type Values [Count + 1]float32

// Feature is how one feature counts as evidence.
type Feature struct {
	ID     string  `yaml:"id"`
	Title  string  `yaml:"title"`
	Stage  string  `yaml:"stage"`
	Start  float64 `yaml:"start"`
	Full   float64 `yaml:"full"`
	Weight float64 `yaml:"weight"` // log-odds
	// Context says who the two are, not what is done.
	Context bool `yaml:"context"`

	stage signal.Stage
}

// InStage is the stage of the taxonomy that the feature belongs to.
func (f *Feature) InStage() signal.Stage { return f.stage }

// Score is the feature's contribution in log-odds.
func (f *Feature) Score(value float32) float64 {
	v := float64(value)
	if math.IsNaN(v) {
		return 0
	}
	return f.Weight * min(1, max(0, (v-f.Start)/(f.Full-f.Start)))
}

// Features is the whole set, by number.
type Features struct {
	Version string    `yaml:"version"`
	Date    string    `yaml:"date"`
	Source  string    `yaml:"source"`
	List    []Feature `yaml:"features"`
}

//go:embed features.yaml
var defaults []byte

// Defaults returns the text of the built-in feature file.
func Defaults() (name string, source []byte) { return "features.yaml", defaults }

// Load reads a feature file. Every feature must be there, in order.
func Load(file string, source []byte) (*Features, error) {
	var f Features
	doc, err := datafile.Parse(file, source, &f)
	if err != nil {
		return nil, err
	}
	if len(f.List) != Count {
		return nil, doc.Errorf([]any{"features"}, "%d features; there must be %d, M01 to M%d", len(f.List), Count, Count)
	}
	for i := range f.List {
		item := &f.List[i]
		if want := Code(i + 1); item.ID != want {
			return nil, doc.Errorf([]any{"features", i, "id"}, "%q stands where %s must stand", item.ID, want)
		}
		if item.Start == item.Full {
			return nil, doc.Errorf([]any{"features", i, "full"}, "full must differ from start")
		}
		if item.Weight < 0 || item.Weight > 5 {
			return nil, doc.Errorf([]any{"features", i, "weight"}, "weight %v; it must lie between 0 and 5", item.Weight)
		}
		for s := range signal.Stage(signal.NStages) {
			if s.String() == item.Stage {
				item.stage = s
			}
		}
		if item.stage == 0 {
			return nil, doc.Errorf([]any{"features", i, "stage"}, "no stage is called %q", item.Stage)
		}
	}
	return &f, nil
}

// Known reports whether a feature has this id.
func (f *Features) Known(code string) bool {
	return slices.ContainsFunc(f.List, func(item Feature) bool { return item.ID == code })
}

// Scaled is the same set with each weight multiplied by the factor of its id.
func (f *Features) Scaled(factor func(code string) float64) *Features {
	out := *f
	out.List = slices.Clone(f.List)
	for i := range out.List {
		out.List[i].Weight *= factor(out.List[i].ID)
	}
	return &out
}

// Feature returns feature n, 1 to Count.
func (f *Features) Feature(n int) *Feature { return &f.List[n-1] }

// Code is the id of feature n: "M07".
func Code(n int) string {
	if n < 10 {
		return "M0" + strconv.Itoa(n)
	}
	return "M" + strconv.Itoa(n)
}
