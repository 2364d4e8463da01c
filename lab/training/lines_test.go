package training

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rowan/guard/signal"
)

// quota is what a signal's file must hold.
type quota struct {
	positive, lookAlike int
	indirect            float64 // share of the positive lines, at least
	families            int
}

var (
	trainingQuota = quota{positive: 160, lookAlike: 60, indirect: 0.4, families: 8}
	heldQuota     = quota{positive: 40, lookAlike: 20, indirect: 0.5, families: 4}
)

func readSets(t *testing.T) (training, held *Set) {
	t.Helper()
	training, err := Read(".")
	if err != nil {
		t.Fatal(err)
	}
	held, err = Read("held")
	if err != nil {
		t.Fatal(err)
	}
	return training, held
}

func taxonomy(t *testing.T) *signal.Taxonomy {
	t.Helper()
	tax, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

func TestEverySignalHasItsLines(t *testing.T) {
	training, held := readSets(t)
	for _, code := range training.Signals() {
		checkQuota(t, "training", code, training.Of(code), trainingQuota)
	}
	for _, code := range held.Signals() {
		checkQuota(t, "held", code, held.Of(code), heldQuota)
	}
}

func TestTheLookAlikesOfNoSignalAreManyAndVaried(t *testing.T) {
	training, held := readSets(t)
	for _, c := range []struct {
		set             string
		lines           []Line
		least, families int
	}{
		{"training", training.Of(""), 500, 12},
		{"held", held.Of(""), 150, 8},
	} {
		families := map[string]bool{}
		for _, l := range c.lines {
			families[l.Family] = true
		}
		if len(c.lines) < c.least || len(families) < c.families {
			t.Errorf("%s: %d look-alikes of %d, in %d families of %d", c.set, len(c.lines), c.least, len(families), c.families)
		}
	}
}

func checkQuota(t *testing.T, set, code string, lines []Line, want quota) {
	t.Helper()
	var positive, indirect, lookAlike int
	families := map[string]bool{}
	for _, l := range lines {
		switch {
		case !l.Positive():
			lookAlike++
			continue
		case l.Form == Indirect:
			indirect++
		}
		positive++
		families[l.Family] = true
	}
	if positive < want.positive || lookAlike < want.lookAlike {
		t.Errorf("%s %s: %d positive lines of %d, %d look-alikes of %d", set, code, positive, want.positive, lookAlike, want.lookAlike)
	}
	if float64(indirect) < want.indirect*float64(positive) {
		t.Errorf("%s %s: %d of %d positive lines are indirect, under %.0f%%", set, code, indirect, positive, 100*want.indirect)
	}
	if len(families) < want.families {
		t.Errorf("%s %s: positive lines in %d families of %d", set, code, len(families), want.families)
	}
}

func TestEveryCodeIsASignalOfTheTaxonomy(t *testing.T) {
	tax := taxonomy(t)
	training, held := readSets(t)
	for _, l := range append(training.Lines, held.Lines...) {
		codes := l.Also
		if l.Signal != "" {
			codes = append([]string{l.Signal}, l.Also...)
		}
		for _, code := range codes {
			if _, ok := tax.Lookup(code); !ok {
				t.Errorf("%s:%d: %s is not in the taxonomy", l.File, l.Row, code)
			}
		}
	}
}

func TestNoLineStandsTwice(t *testing.T) {
	training, held := readSets(t)
	first := map[string]string{}
	see := func(set string, lines []Line) {
		for _, l := range lines {
			if at, ok := first[l.Key()]; ok {
				t.Errorf("%s/%s:%d stands at %s", set, l.File, l.Row, at)
				continue
			}
			first[l.Key()] = fmt.Sprintf("%s/%s:%d", set, l.File, l.Row)
		}
	}
	see("training", training.Lines)
	see("held", held.Lines)
}

// TestNoHeldLineIsNearlyATrainingLine: of lines of one signal, the words of a
// held line and a training line overlap by less than four fifths.
func TestNoHeldLineIsNearlyATrainingLine(t *testing.T) {
	training, held := readSets(t)
	words := func(l Line) map[string]bool {
		set := map[string]bool{}
		for _, w := range strings.Fields(l.Key()) {
			set[w] = true
		}
		return set
	}
	for _, code := range append(held.Signals(), "") { // and the look-alikes of no signal
		known := training.Of(code)
		sets := make([]map[string]bool, len(known))
		for i, l := range known {
			sets[i] = words(l)
		}
		for _, h := range held.Of(code) {
			own := words(h)
			for i, set := range sets {
				shared := 0
				for w := range own {
					if set[w] {
						shared++
					}
				}
				if 5*shared >= 4*(len(own)+len(set)-shared) {
					t.Errorf("held/%s:%d is nearly training/%s:%d", h.File, h.Row, known[i].File, known[i].Row)
				}
			}
		}
	}
}

func TestHeldFamiliesAreNotTrainingFamilies(t *testing.T) {
	training, held := readSets(t)
	for _, l := range training.Lines {
		if strings.HasPrefix(l.Family, "h_") {
			t.Errorf("%s:%d: family %s is a held one", l.File, l.Row, l.Family)
		}
	}
	for _, l := range held.Lines {
		if !strings.HasPrefix(l.Family, "h_") {
			t.Errorf("held/%s:%d: family %s does not begin with h_", l.File, l.Row, l.Family)
		}
	}
}

// TestNoHeldLineIsKnownToTheLexicon: neither a phrase of the lexicon in any of
// its spellings, nor a line that the lexicon was written with.
func TestNoHeldLineIsKnownToTheLexicon(t *testing.T) {
	known := map[string]string{}
	for _, pattern := range []string{"../../guard/signal/lexicon/*.yaml", "../../guard/signal/testdata/lines.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var root yaml.Node
			if err := yaml.Unmarshal(src, &root); err != nil {
				t.Fatal(err)
			}
			eachScalar(&root, func(text string) {
				for _, spelling := range spellings(text) {
					known[Key(spelling)] = filepath.Base(file)
				}
			})
		}
	}
	if known["how old are you"] == "" || known["your real age"] == "" || known["when was your birthday"] == "" {
		t.Fatal("the phrases of the lexicon are not read")
	}
	_, held := readSets(t)
	for _, l := range held.Lines {
		if file, ok := known[l.Key()]; ok {
			t.Errorf("held/%s:%d stands in %s", l.File, l.Row, file)
		}
	}
}

func eachScalar(n *yaml.Node, visit func(string)) {
	if n.Kind == yaml.ScalarNode {
		visit(n.Value)
	}
	for _, child := range n.Content {
		eachScalar(child, visit)
	}
}

// spellings writes a phrase out: one of "(a|b)", with and without "[a]". A
// phrase with a gap, a list or a number stands for more lines than can be
// written out and is left as it is; so is one of over a thousand spellings.
func spellings(phrase string) []string {
	if strings.Contains(phrase, "..") || strings.ContainsAny(phrase, "$<") {
		return []string{phrase}
	}
	written := []string{""}
	for rest := phrase; rest != ""; {
		open := strings.IndexAny(rest, "([")
		if open < 0 {
			return times(written, []string{rest})
		}
		length := strings.IndexAny(rest[open:], ")]")
		if length < 0 {
			return []string{phrase}
		}
		choices := strings.Split(rest[open+1:open+length], "|")
		if rest[open] == '[' {
			choices = append(choices, "")
		}
		written = times(times(written, []string{rest[:open]}), choices)
		if len(written) > 1000 {
			return []string{phrase}
		}
		rest = rest[open+length+1:]
	}
	return written
}

func times(heads, tails []string) []string {
	all := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, head+tail)
		}
	}
	return all
}
