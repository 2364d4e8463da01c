// Package cases learns from what a platform's own reviewers decided: it makes a
// model of evidence from labelled pairs, and says whether that model may take
// the place of the one in force.
package cases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"rowan/guard/engine"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/lab/scan"
)

// Options of a training.
type Options struct {
	// File holds the pairs, one JSON object a line, plain or gzip-compressed:
	// labelled transcripts.
	File string
	// Sources are the data in force.
	Sources engine.Sources
	// Capacity is how many of the judged pairs reviewers would look at.
	Capacity int
	Now      func() time.Time
	// Progress, if set, is told how many readings of pairs are done, of how many.
	Progress func(done, all int)
}

// Result is what was learned and how it was judged.
type Result struct {
	Input   string   `json:"input"` // SHA-256 of the file
	Pairs   int      `json:"pairs"`
	Harm    int      `json:"harm"`
	Folds   []Count  `json:"folds"`
	Version string   `json:"version"`
	InForce string   `json:"version_in_force"`
	Changes []Change `json:"changes"`
	Slope   float64  `json:"slope"`
	Before  Standing `json:"before"`
	After   Standing `json:"after"`
	// Refused says why the new model may not take the place of the one in
	// force; empty: it may.
	Refused []string `json:"refused"`
	// Model is the text of the new model file.
	Model []byte `json:"-"`
}

// reading is what a model made of a pair.
type reading struct {
	risk  float64 // highest log-odds
	alert bool    // it reached elevated
	parts []engine.Contribution
}

// Train learns a model from the pairs of a file and judges it against the one in
// force. It writes nothing.
func Train(ctx context.Context, o Options) (*Result, error) {
	if o.Capacity < 1 {
		return nil, errors.New("the capacity of reviewers is at least one pair")
	}
	sources := o.Sources
	if err := sources.Complete(); err != nil {
		return nil, err
	}
	inForce, err := engine.LoadConfig(sources)
	if err != nil {
		return nil, err
	}
	pairs, sum, err := read(o.File, inForce.Taxonomy)
	if err != nil {
		return nil, err
	}
	r := &Result{Input: sum, Pairs: len(pairs), InForce: inForce.Model.Version, Refused: []string{}}
	if r.Folds, err = count(pairs); err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}
	for _, c := range r.Folds {
		r.Harm += c.Harm
	}
	done := 0
	weigh := func(c *engine.Config) ([]reading, error) {
		return readings(ctx, c, pairs, func() {
			if done++; o.Progress != nil {
				o.Progress(done, passes*len(pairs))
			}
		})
	}
	before, err := weigh(inForce)
	if err != nil {
		return nil, err
	}
	if r.Changes, err = factors(inForce, pairs, before); err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}

	// The new weights, and how they are to be scaled.
	r.Slope = 1
	config, err := r.model(sources, inForce.Model, o.Now())
	if err != nil {
		return nil, err
	}
	unscaled, err := weigh(config)
	if err != nil {
		return nil, err
	}
	r.Slope = slope(inForce.Model, risks(pairs, before, calibrating), risks(pairs, unscaled, calibrating), labels(pairs, calibrating))
	if config, err = r.model(sources, inForce.Model, o.Now()); err != nil {
		return nil, err
	}
	after, err := weigh(config)
	if err != nil {
		return nil, err
	}
	r.Before, r.After = stand(pairs, before, o.Capacity), stand(pairs, after, o.Capacity)
	r.Refused = append(r.Refused, refusals(&r.Before, &r.After)...)
	return r, nil
}

// passes is how often each pair is read: by the model in force, by the new
// weights, and by the new model.
const passes = 3

// readings weighs all pairs in order, because what one account did may count for
// its next pair.
func readings(ctx context.Context, c *engine.Config, pairs []*decided, each func()) ([]reading, error) {
	reader := scan.NewReader(c)
	reader.Trace = true
	out := make([]reading, len(pairs))
	for i, p := range pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := reader.Read(&p.Transcript, scan.AsStated)
		out[i] = reading{risk: math.Inf(-1), alert: f.Level >= response.Elevated, parts: f.Peak()}
		for _, point := range f.Points() {
			out[i].risk = max(out[i].risk, point.Risk.Float())
		}
		each()
	}
	return out, nil
}

func risks(pairs []*decided, seen []reading, of fold) (out []float64) {
	for i, p := range pairs {
		if p.fold == of {
			out = append(out, seen[i].risk)
		}
	}
	return out
}

func labels(pairs []*decided, of fold) (out []bool) {
	for _, p := range pairs {
		if p.fold == of {
			out = append(out, p.Positive)
		}
	}
	return out
}

// model writes the model with what was learned, and loads what was written.
func (r *Result) model(sources engine.Sources, base *evidence.Model, now time.Time) (*engine.Config, error) {
	m := *base
	root, _, _ := strings.Cut(base.Version, marker)
	m.Version = root + marker + r.Input[:8]
	m.Date = now.UTC().Format(time.DateOnly)
	m.Source = fmt.Sprintf("rowan train --cases, from %d pairs that people decided about, on the model %s", r.Pairs, base.Version)
	m.Cases = &evidence.Cases{Input: r.Input, Pairs: r.Pairs, Harm: r.Harm, Factors: map[string]float64{}, Slope: r.Slope}
	if base.Cases != nil {
		for code, f := range base.Cases.Factors {
			m.Cases.Factors[code] = f
		}
	}
	for _, c := range r.Changes {
		m.Cases.Factors[c.Code] = c.After
	}
	var b bytes.Buffer
	b.WriteString("# Made by rowan train --cases; docs/train.md says how it is judged.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&m); err != nil {
		return nil, fmt.Errorf("write the model: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write the model: %w", err)
	}
	r.Model, r.Version = b.Bytes(), m.Version
	sources.Model.Name, sources.Model.Source = "the new model", r.Model
	return engine.LoadConfig(sources)
}

// marker begins the part of a version that names the cases.
const marker = "+cases."
