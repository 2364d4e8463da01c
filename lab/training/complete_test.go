package training

import (
	"slices"
	"testing"

	"rowan/guard/signal"
)

func TestEverySignalReadFromTextHasBothFiles(t *testing.T) {
	tax := taxonomy(t)
	training, held := readSets(t)
	for id := signal.ID(1); int(id) <= tax.Len(); id++ {
		s := tax.Signal(id)
		if s.Observed != "text" || s.Code == "D08" { // no line is written for D08
			continue
		}
		for part, set := range map[string]*Set{"": training, "held/": held} {
			if name := part + s.Code; !slices.Contains(set.Signals(), s.Code) {
				t.Errorf("%s.tsv is missing", name)
			}
		}
	}
}
