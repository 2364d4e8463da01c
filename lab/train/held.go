package train

import (
	"fmt"
	"runtime"

	"rowan/guard/signal"
	"rowan/guard/signal/learned"
	"rowan/lab/training"
)

func parallel() int { return runtime.GOMAXPROCS(0) }

// Held is how one signal does on lines that nothing was trained or tuned on.
type Held struct {
	Signal      string  `json:"signal"`
	Lines       int     `json:"lines"`
	Recall      float64 `json:"recall"`          // learned alone
	Indirect    float64 `json:"recall_indirect"` // of the lines without the usual keyword
	Lexicon     float64 `json:"recall_lexicon"`  // of the lexicon alone, for comparison
	Both        float64 `json:"recall_both"`
	Alike       int     `json:"look_alikes"`
	AlikeHit    int     `json:"look_alikes_hit"`         // by the learned signal
	AlikeByBoth int     `json:"look_alikes_hit_by_both"` // by either
}

// Measure reads held-out lines with a model and with the lexicon.
func Measure(dir string, model []byte) ([]Held, error) {
	set, err := training.Read(dir)
	if err != nil {
		return nil, err
	}
	taxonomy, lexicon, err := builtIn()
	if err != nil {
		return nil, err
	}
	m, err := learned.Load("model", model, taxonomy)
	if err != nil {
		return nil, err
	}
	words, both := lexicon.NewReader(), lexicon.NewReader()
	both.SetScorer(m.NewScorer())
	alone := m.NewScorer()
	by := map[string]*tally{}
	var order []string
	for _, l := range set.Lines {
		id, ok := taxonomy.Lookup(l.Signal)
		if !ok {
			continue // look-alikes of no one signal
		}
		t := by[l.Signal]
		if t == nil {
			t = &tally{}
			by[l.Signal] = t
			order = append(order, l.Signal)
		}
		norm := words.Normalise(nil, l.Text, "en")
		found, _ := alone.Score(norm, nil)
		t.add(l, carries(found, id), carries(words.Read(l.Text, "en", nil, 0).Hits, id), carries(both.Read(l.Text, "en", nil, 0).Hits, id))
	}
	out := make([]Held, 0, len(order))
	for _, code := range order {
		out = append(out, by[code].held(code))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no lines of a signal", dir)
	}
	return out, nil
}

func carries(hits []signal.Hit, id signal.ID) bool {
	for _, h := range hits {
		if h.Signal == id {
			return true
		}
	}
	return false
}

type tally struct {
	lines, indirect, alike                                int
	hit, hitIndirect, lexicon, both, fooled, eitherFooled int
}

func (t *tally) add(l training.Line, hit, lexicon, both bool) {
	one := func(b bool, n *int) {
		if b {
			*n++
		}
	}
	if !l.Positive() {
		t.alike++
		one(hit, &t.fooled)
		one(both, &t.eitherFooled)
		return
	}
	t.lines++
	one(hit, &t.hit)
	one(lexicon, &t.lexicon)
	one(both, &t.both)
	if l.Form == training.Indirect {
		t.indirect++
		one(hit, &t.hitIndirect)
	}
}

func (t *tally) held(code string) Held {
	share := func(k, n int) float64 {
		if n == 0 {
			return 0
		}
		return float64(k) / float64(n)
	}
	return Held{Signal: code, Lines: t.lines, Recall: share(t.hit, t.lines), Indirect: share(t.hitIndirect, t.indirect), Lexicon: share(t.lexicon, t.lines), Both: share(t.both, t.lines), Alike: t.alike, AlikeHit: t.fooled, AlikeByBoth: t.eitherFooled}
}
