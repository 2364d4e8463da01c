package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"

	"rowan/guard/signal"
	"rowan/guard/signal/learned"
	"rowan/metric"
)

// Options of a training.
type Options struct {
	Lines  string   // directory of training lines
	Benign []string // files of benign chat, as transcripts
	// BenignShare is the share of the chat's messages that is taken, 0 to 1.
	BenignShare float64
	Seed        uint64
	Epochs      int
	// Likely and Sure are the false alarms at which the thresholds of a hit, and of
	// one that counts as said, are set.
	Likely, Sure Alarms
	Lowering     Alarms // of what lowers a risk
	// Missed is the share of the lines with a signal, 0 to 1, that lie below the
	// threshold of doubt.
	Missed      float64
	Least, Most uint8 // strength of a hit at its threshold, and at certainty
	Command     string
	Version     string
	Progress    func(done, all int)
}

// Alarms are shares of what does not carry a signal: of benign messages, of
// innocent lines, and of lines that were written for another signal.
type Alarms struct{ Chat, Innocent, Other float64 }

// Defaults are the options of the committed model, but for its lines.
func Defaults() Options {
	return Options{
		BenignShare: 0.15, Seed: 20261126, Epochs: 12, Likely: Alarms{1.0 / 2000, 0.004, 0.03}, Sure: Alarms{1.0 / 15000, 0.001, 0.01}, Lowering: Alarms{1.0 / 500, 0.03, 0.0012}, Missed: 0.10,
		Least: 10, Most: 255, Version: "2026.11.4",
	}
}

// Result is a trained model and how it did.
type Result struct {
	Model  []byte         `json:"-"`
	Header learned.Header `json:"header"`
	Heads  []Head         `json:"heads"`
}

// Head is how one signal did on families of lines that it was not trained on,
// each in its turn.
type Head struct {
	Signal    string  `json:"signal"`
	Families  int     `json:"families"`
	Lines     int     `json:"lines"` // that carry the signal
	Threshold float64 `json:"threshold"`
	Recall    float64 `json:"recall"`
	Sure      float64 `json:"recall_sure"` // of what counts as said
	Doubted   float64 `json:"doubted"`     // share of these lines below the threshold of doubt
	Cleared   float64 `json:"cleared"`     // share of innocent lines below it
	Chat      Count   `json:"benign_messages_hit"`
	Innocent  Count   `json:"innocent_lines_hit"`
	Other     Count   `json:"other_lines_hit"` // of other signals
}

// Count is how many of how many.
type Count struct {
	K int `json:"k"`
	N int `json:"n"`
}

// Train trains a model.
func Train(ctx context.Context, o Options) (*Result, error) {
	taxonomy, lexicon, err := builtIn()
	if err != nil {
		return nil, err
	}
	if o.Epochs < 1 || o.Likely.Chat <= 0 || o.Likely.Innocent <= 0 || o.Least == 0 || o.Most < o.Least {
		return nil, errors.New("a training needs epochs, a false alarm rate and strengths")
	}
	d, err := load(ctx, o, taxonomy, lexicon.NewReader())
	if err != nil {
		return nil, err
	}
	if len(d.codes) > 64 {
		return nil, fmt.Errorf("%d signals; a model has at most 64 heads", len(d.codes))
	}
	features := d.vocabulary()
	weights := make([][]float64, len(d.codes))
	biases := make([]float64, len(d.codes))
	heads := make([]Head, len(d.codes))
	outs := make([]learned.Head, len(d.codes))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, parallel()))
	done := make(chan int, len(d.codes))
	for i := range d.codes {
		g.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			weights[i], biases[i] = d.fit(i, len(features), everything, o)
			id, _ := taxonomy.Lookup(d.codes[i]) // only known signals have a head
			s := taxonomy.Signal(id)
			outs[i], heads[i] = d.calibrate(i, lowers(s), d.crossed(i, len(features), o), o)
			outs[i].Bias = biases[i]
			if s.Severity >= 5 {
				outs[i].Most = min(outs[i].Most, neverAlone)
			}
			done <- i
			return nil
		})
	}
	go func() {
		for n := range d.codes {
			select {
			case <-done:
				if o.Progress != nil {
					o.Progress(n+1, len(d.codes))
				}
			case <-gctx.Done():
				return
			}
		}
	}()
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return d.encode(features, weights, outs, heads, taxonomy, o)
}

// builtIn is the taxonomy and the lexicon by which texts are read.
func builtIn() (*signal.Taxonomy, *signal.Lexicon, error) {
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		return nil, nil, err
	}
	files, err := signal.DefaultLexicons()
	if err != nil {
		return nil, nil, err
	}
	lexicon, err := signal.Compile(taxonomy, files)
	return taxonomy, lexicon, err
}

func (d *data) encode(features []uint32, weights [][]float64, outs []learned.Head, heads []Head, taxonomy *signal.Taxonomy, o Options) (*Result, error) {
	_, identity, err := learned.Identity()
	if err != nil {
		return nil, err
	}
	h := learned.Header{Version: o.Version, Taxonomy: taxonomy.Version, Command: o.Command, Seed: o.Seed, Data: d.sums, Lines: d.lines, Benign: d.benign, Identity: identity, Heads: outs}
	var rows []learned.Row
	for f, feature := range features {
		var row learned.Row
		for i := range weights {
			if v := quantise(weights[i][f]); v != 0 {
				row.Weights = append(row.Weights, learned.Weight{Head: uint8(i), Value: v})
			}
		}
		if len(row.Weights) > 0 {
			row.Feature = feature
			rows = append(rows, row)
		}
	}
	r := &Result{Heads: heads}
	if r.Model, err = learned.Encode(h, rows); err != nil {
		return nil, err
	}
	h.Features = len(rows)
	r.Header = h
	return r, nil
}

// quantise stores a weight in 1/256; what is smaller than a twelfth is left out.
func quantise(w float64) int16 {
	v := math.Round(w * 256)
	if math.Abs(v) < 21 {
		return 0
	}
	return int16(min(max(v, math.MinInt16), math.MaxInt16))
}

// neverAlone is the strength below which a signal of severity 5 stays under the
// weight from which it counts as one (guard/evidence/model.yaml, severe: 1.9 of at
// most 4.5), however often it is found: likeness alone raises no alert.
const neverAlone = 104

// positives says how much more an example that carries the signal counts: there
// are many more that do not.
const positives = 2

// everything is no fold: nothing is held out.
const everything = folds

// crossed scores every example by a model that was not trained on its fold.
func (d *data) crossed(head, features int, o Options) []float64 {
	scores := make([]float64, len(d.examples))
	for fold := range uint8(folds) {
		w, bias := d.fit(head, features, fold, o)
		for i := range d.examples {
			e := &d.examples[i]
			if e.fold != fold {
				continue
			}
			scores[i] = bias
			for _, f := range e.features {
				scores[i] += float64(quantise(w[f])) / 256
			}
		}
	}
	return scores
}

// fit trains one head by FTRL-proximal (McMahan et al. 2013) on everything
// outside a fold. Products are rounded before they are added, so
// that every machine gives the same weights.
func (d *data) fit(head, features int, without uint8, o Options) ([]float64, float64) {
	const alpha, beta, l1, l2 = 0.3, 1.0, 0.05, 5.0
	z, n, w := make([]float64, features+1), make([]float64, features+1), make([]float64, features+1)
	var order []int
	for i := range d.examples {
		if d.examples[i].fold != without {
			order = append(order, i)
		}
	}
	r := rand.New(rand.NewPCG(o.Seed, uint64(head)+10))
	weight := func(f uint32) float64 {
		if math.Abs(z[f]) <= l1 {
			return 0
		}
		return -(z[f] - math.Copysign(l1, z[f])) / ((beta+math.Sqrt(n[f]))/alpha + l2)
	}
	bias := uint32(features)
	for range o.Epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			e := &d.examples[i]
			y, count := 0.0, 1.0
			if e.carries&(1<<head) != 0 {
				y, count = 1, positives
			} else if e.not&(1<<head) != 0 {
				count = 2
			}
			score := 0.0
			w[bias] = weight(bias)
			score += w[bias]
			for _, f := range e.features {
				w[f] = weight(f)
				score += w[f]
			}
			p := 1 / (1 + math.Exp(-score))
			gradient := float64((p - y) * count)
			if math.Abs(gradient) < 1e-4 {
				continue
			}
			square := float64(gradient * gradient)
			update := func(f uint32) {
				sigma := (math.Sqrt(n[f]+square) - math.Sqrt(n[f])) / alpha
				z[f] += gradient - float64(sigma*w[f])
				n[f] += square
			}
			update(bias)
			for _, f := range e.features {
				update(f)
			}
		}
	}
	for f := range w {
		w[f] = weight(uint32(f))
	}
	return w[:features], w[bias]
}

// calibrate fits the probability of a head on what its examples scored when they
// were held out (Platt 1999, with his targets), and sets its thresholds by the
// false alarms allowed there. lowers says that the signal lowers a risk.
func (d *data) calibrate(head int, lowers bool, scores []float64, o Options) (learned.Head, Head) {
	var positive []float64
	var negative [chat + 1][]float64
	targets := make([]bool, len(scores))
	families := map[string]bool{}
	for i, score := range scores {
		e := &d.examples[i]
		if e.carries&(1<<head) != 0 {
			families[e.family] = true
			targets[i] = true
			positive = append(positive, score)
		} else {
			negative[e.kind] = append(negative[e.kind], score)
		}
	}
	out := learned.Head{Signal: d.codes[head], Least: o.Least, Most: o.Most}
	out.A, out.B = metric.Platt(scores, targets)
	slices.Sort(positive)
	for _, scores := range negative {
		slices.Sort(scores)
	}
	over := func(a Alarms) float64 {
		p := out.Probability(max(quantile(negative[chat], 1-a.Chat), quantile(negative[innocent], 1-a.Innocent), quantile(negative[other], 1-a.Other)))
		return min(math.Nextafter(p, 1)+1e-6, 0.999)
	}
	if lowers {
		// Whoever is wrongly taken to quote, or to be open, is not seen.
		out.Threshold = over(o.Lowering)
		out.Sure = out.Threshold
	} else {
		out.Threshold = over(o.Likely)
		out.Sure = max(out.Threshold, over(o.Sure))
		out.Doubt = min(out.Probability(quantile(positive, o.Missed)), out.Threshold/2)
	}
	return out, report(&out, len(families), positive, negative)
}

// quantile is the value below which a share of sorted values lies.
func quantile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// report counts what a head finds among examples that were held out.
func report(h *learned.Head, families int, positive []float64, negative [chat + 1][]float64) Head {
	over := func(scores []float64, threshold float64) int {
		return len(scores) - sort.Search(len(scores), func(i int) bool { return h.Probability(scores[i]) >= threshold })
	}
	r := Head{Signal: h.Signal, Families: families, Lines: len(positive), Threshold: h.Threshold}
	if r.Lines > 0 {
		r.Recall = float64(over(positive, h.Threshold)) / float64(r.Lines)
		r.Sure = float64(over(positive, h.Sure)) / float64(r.Lines)
		r.Doubted = float64(r.Lines-over(positive, h.Doubt)) / float64(r.Lines)
	}
	for k, to := range map[kind]*Count{chat: &r.Chat, innocent: &r.Innocent, other: &r.Other} {
		*to = Count{over(negative[k], h.Threshold), len(negative[k])}
	}
	r.Cleared = float64(len(negative[innocent])-over(negative[innocent], h.Doubt)) / float64(max(1, len(negative[innocent])))
	return r
}
