package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

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
	// FalseAlarms is the rate, per message without the signal, at which
	// thresholds are set on the calibration fold.
	FalseAlarms float64
	Least, Most uint8 // strength of a hit at its threshold, and at certainty
	Command     string
	Version     string
	Progress    func(done, all int)
}

// Defaults are the options of the committed model, but for its lines.
func Defaults() Options {
	return Options{BenignShare: 0.15, Seed: 20261126, Epochs: 12, FalseAlarms: 1.0 / 4000, Least: 40, Most: 128, Version: "2026.11.1"}
}

// Result is a trained model and how it did.
type Result struct {
	Model  []byte         `json:"-"`
	Header learned.Header `json:"header"`
	Heads  []Head         `json:"heads"`
}

// Head is how one signal did on the calibration fold: families of lines that it
// was not trained on.
type Head struct {
	Signal      string  `json:"signal"`
	Families    int     `json:"families"`
	Lines       int     `json:"lines"` // that carry the signal
	Threshold   float64 `json:"threshold"`
	Precision   float64 `json:"precision"`
	Recall      float64 `json:"recall"`
	FalseAlarms int     `json:"false_alarms"` // on the fold's lines without the signal
	Negatives   int     `json:"negatives"`
}

// Train trains a model.
func Train(ctx context.Context, o Options) (*Result, error) {
	taxonomy, lexicon, err := builtIn()
	if err != nil {
		return nil, err
	}
	if o.Epochs < 1 || o.FalseAlarms <= 0 || o.Least == 0 || o.Most < o.Least {
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
			weights[i], biases[i] = d.fit(i, len(features), o)
			outs[i], heads[i] = d.calibrate(i, weights[i], biases[i], o)
			if id, ok := taxonomy.Lookup(d.codes[i]); ok && taxonomy.Signal(id).Severity >= 5 {
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
// weight from which it acts alone (guard/evidence/model.yaml, severe: 1.9 of
// 4.5), however often it is found: likeness alone raises no alert.
const neverAlone = 104

// floor is the lowest threshold: where one in ten lines of the fold that score so
// carry the signal.
const floor = 0.1

// positives says how much more an example that carries the signal counts: there
// are many more that do not.
const positives = 20

// fit trains one head by FTRL-proximal (McMahan et al. 2013) on everything
// outside the calibration fold. Products are rounded before they are added, so
// that every machine gives the same weights.
func (d *data) fit(head, features int, o Options) ([]float64, float64) {
	const alpha, beta, l1, l2 = 0.3, 1.0, 0.05, 0.1
	z, n, w := make([]float64, features+1), make([]float64, features+1), make([]float64, features+1)
	var order []int
	for i := range d.examples {
		if !d.examples[i].held {
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

// calibrate fits the probability of a head on the calibration fold (Platt 1999,
// with his targets) and sets its threshold by the false alarms allowed there.
func (d *data) calibrate(head int, w []float64, bias float64, o Options) (learned.Head, Head) {
	type scored struct {
		score    float64
		positive bool
	}
	var all []scored
	var negatives []float64
	families := map[string]bool{}
	for i := range d.examples {
		e := &d.examples[i]
		positive := e.carries&(1<<head) != 0
		if positive {
			families[e.family] = true
		}
		if !e.held {
			continue
		}
		score := bias
		for _, f := range e.features {
			score += float64(quantise(w[f])) / 256
		}
		all = append(all, scored{score, positive})
		if !positive {
			negatives = append(negatives, score)
		}
	}
	out := learned.Head{Signal: d.codes[head], Bias: bias, A: 1, B: 0, Threshold: 0.9, Least: o.Least, Most: o.Most}
	report := Head{Signal: d.codes[head], Families: len(families), Negatives: len(negatives)}
	scores, targets := make([]float64, len(all)), make([]bool, len(all))
	for i, s := range all {
		scores[i], targets[i] = s.score, s.positive
	}
	out.A, out.B = metric.Platt(scores, targets)
	// The threshold lets through FalseAlarms of the negatives.
	slices.Sort(negatives)
	cut := 0.0
	if len(negatives) > 0 {
		at := len(negatives) - 1 - int(o.FalseAlarms*float64(len(negatives)))
		cut = negatives[max(0, at)]
	}
	p := 1 / (1 + math.Exp(-(float64(out.A*cut) + out.B)))
	out.Threshold = min(max(math.Nextafter(p, 1)+1e-6, floor), 0.999)
	tp, fp, fn := 0, 0, 0
	for _, s := range all {
		flagged := 1/(1+math.Exp(-(float64(out.A*s.score)+out.B))) >= out.Threshold
		switch {
		case flagged && s.positive:
			tp++
		case flagged:
			fp++
		case s.positive:
			fn++
		}
	}
	report.Lines, report.Threshold, report.FalseAlarms = tp+fn, out.Threshold, fp
	if tp+fp > 0 {
		report.Precision = float64(tp) / float64(tp+fp)
	}
	if tp+fn > 0 {
		report.Recall = float64(tp) / float64(tp+fn)
	}
	return out, report
}
