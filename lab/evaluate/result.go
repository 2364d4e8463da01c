package evaluate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"rowan/guard/engine"
	"rowan/guard/signal"
	"rowan/lab/evaluate/corpus"
	"rowan/lab/evaluate/disguise"
	"rowan/lab/scan"
	"rowan/lab/simulate"
	"rowan/metric"
)

// Transcripts is a set of labelled transcripts.
type Transcripts struct {
	Name          string
	Part          Part
	Conversations []*corpus.Conversation
}

// Stream is a corpus that is too large to keep: it is read once.
type Stream struct {
	Name   string
	Source Source
	Assume scan.Assume
	Read   iter.Seq2[*corpus.Conversation, error]
	// Authors says that those who do harm are known by their ids, and that
	// finding them is measured (PAN-2012, problems 1 and 2).
	Authors bool
}

// Input is what is evaluated.
type Input struct {
	Sources     engine.Sources
	Transcripts []*Transcripts
	Platforms   []*Platform
	Streams     []*Stream
	// Progress, if set, is told what is being done.
	Progress func(what string, done, all int)
}

// Bound is one of the bounds that were set beforehand, and what was reached.
type Bound struct {
	Name     string          `json:"name"`
	Short    string          `json:"-"` // for a line of a terminal
	Source   Source          `json:"source"`
	Part     Part            `json:"part"`
	On       string          `json:"on"`
	Want     string          `json:"want"`
	Reached  float64         `json:"reached"`
	Share    bool            `json:"share"` // Reached is a share
	N        int             `json:"n"`
	Interval metric.Interval `json:"interval"`
	Met      bool            `json:"met"`
	// Fails names the groups that miss the bound, with their figures.
	Fails []Failure `json:"fails"`
}

// Failure is a group that misses a bound.
type Failure struct {
	Group string `json:"group"`
	Share Share  `json:"share"`
}

// Ablation is what is left of the guard when something is withheld.
type Ablation struct {
	Condition string `json:"condition"`
	Source    Source `json:"source"`
	Part      Part   `json:"part"`
	Name      string `json:"name"`
	Early     Share  `json:"recall_before_harm"`
	Alarms    Share  `json:"false_alarms"`
}

// Disguised is what is left when messages are disguised.
type Disguised struct {
	Class  string  `json:"class"`
	Title  string  `json:"title"`
	Name   string  `json:"name"`
	Part   Part    `json:"part"`
	Early  Share   `json:"recall_before_harm"`
	Kept   Share   `json:"kept"` // of those that were alerted before harm without the disguise
	Drop   float64 `json:"recall_drop"`
	Alarms Share   `json:"false_alarms"`
}

// Found is how those who do harm were found in a research corpus: by author,
// and by line.
type Found struct {
	Name    string       `json:"name"`
	Authors metric.Table `json:"authors"`
	Lines   metric.Table `json:"lines"` // no truth of lines is known: precision is against all lines of those who do harm
}

// File is a data file of the guard with its hash.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Result is everything that was measured.
type Result struct {
	Policy      string                 `json:"policy"`
	Lexicon     string                 `json:"lexicon"`
	Taxonomy    string                 `json:"taxonomy"`
	Features    string                 `json:"features"`
	Model       string                 `json:"model"`
	Files       []File                 `json:"files"`
	Prior       float64                `json:"prior"`     // log-odds
	Threshold   float64                `json:"threshold"` // of elevated, log-odds
	Bounds      []Bound                `json:"bounds"`
	Sets        []*Measures            `json:"sets"`
	Ablations   []Ablation             `json:"ablations"`
	Disguises   []Disguised            `json:"disguises"`
	Identity    *Identity              `json:"identity"`
	Operating   []*Operating           `json:"operating"`
	Ordinary    []Ordinary             `json:"ordinary"`
	Simulations []*simulate.Simulation `json:"simulations"`
	Found       []Found                `json:"found"`
	Rounds      int                    `json:"bootstrap_rounds"`
	Seed        int                    `json:"bootstrap_seed"`
}

// Ordinary is the alerts among pairs that have no policy at all.
type Ordinary struct {
	Name   string `json:"name"`
	Alarms Share  `json:"false_alarms"`
	// Sample is the share of the ordinary pairs that are listed.
	Sample float64 `json:"sample"`
}

// Run measures everything. The same input gives the same result.
func Run(ctx context.Context, in Input) (*Result, error) {
	if in.Progress == nil {
		in.Progress = func(string, int, int) {}
	}
	if err := in.Sources.Complete(); err != nil {
		return nil, err
	}
	config, err := engine.LoadConfig(in.Sources)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Policy: config.Policy.Version(), Lexicon: config.Lexicon.Version(), Taxonomy: config.Taxonomy.Version, Features: config.Features.Version, Model: config.Model.Version,
		Prior: config.Model.Prior.AdultMinor, Threshold: config.Model.Threshold(elevated), Rounds: rounds, Seed: seed,
		Files: files(in.Sources),
	}
	steps := []func() error{}
	for _, t := range in.Transcripts {
		steps = append(steps, func() error { return r.transcripts(config, t) })
	}
	for _, p := range in.Platforms {
		steps = append(steps, func() error { return r.platform(config, p) })
	}
	for _, s := range in.Streams {
		steps = append(steps, func() error { return r.stream(config, s) })
	}
	for i, step := range steps {
		in.Progress("evaluate", i, len(steps))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	in.Progress("evaluate", len(steps), len(steps))
	if r.Identity, err = swap(config, r.Prior); err != nil {
		return nil, err
	}
	r.bounds()
	return r, nil
}

func files(s engine.Sources) (out []File) {
	for _, f := range append([]signal.File{s.Taxonomy, s.Features, s.Model, s.Policy, s.Learned}, s.Lexicons...) {
		sum := sha256.Sum256(f.Source)
		out = append(out, File{f.Name, hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(out, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// transcripts measures a set of conversations, its ablations and disguises.
func (r *Result) transcripts(config *engine.Config, t *Transcripts) error {
	items := conversations(config, t.Conversations, Whole, scan.AsStated)
	labelled := true
	for _, i := range items {
		labelled = labelled && (!i.Positive || i.Risk > 0)
	}
	set := &Set{Source: Written, Part: t.Part, Name: t.Name, Items: items, RiskLabelled: labelled, Units: "conversations"}
	r.Sets = append(r.Sets, measure(set, r.Prior))
	r.ablate(Whole, set, items)
	for _, c := range Conditions()[1:] {
		r.ablate(c, set, conversations(c.under(config), t.Conversations, c, scan.AsStated))
	}
	for _, class := range disguise.Classes() {
		changed := make([]*corpus.Conversation, len(t.Conversations))
		for i, c := range t.Conversations {
			changed[i] = disguised(c, class, uint64(i)*1000+seed)
		}
		r.Disguises = append(r.Disguises, compare(class, set, items, conversations(config, changed, Whole, scan.AsStated)))
	}
	return nil
}

func (r *Result) ablate(c Condition, set *Set, items []*Item) {
	early, alarms := shares(items)
	r.Ablations = append(r.Ablations, Ablation{c.String(), set.Source, set.Part, set.Name, early, alarms})
}

// shares are recall before harm and false alarms.
func shares(items []*Item) (early, alarms Share) {
	var e, a metric.Table
	for _, i := range items {
		switch {
		case !i.Positive:
			a.Add(false, i.Alert > 0)
		case !i.Spared:
			e.Add(true, i.BeforeHarm())
		}
	}
	return NewShare(e.TP, e.TP+e.FN), NewShare(a.FP, a.FP+a.TN)
}

func compare(class disguise.Class, set *Set, plain, changed []*Item) Disguised {
	d := Disguised{Class: class.Name, Title: class.Title, Name: set.Name, Part: set.Part}
	kept, of := 0, 0
	for i := range plain {
		if plain[i].Positive && plain[i].BeforeHarm() {
			of++
			if changed[i].BeforeHarm() {
				kept++
			}
		}
	}
	before, _ := shares(plain)
	d.Early, d.Alarms = shares(changed)
	d.Kept, d.Drop = NewShare(kept, of), before.Value-d.Early.Value
	return d
}

// platform measures a simulation, under each condition.
func (r *Result) platform(whole *engine.Config, p *Platform) error {
	for _, c := range Conditions() {
		config := c.under(whole)
		l, err := live(config, p, c)
		if err != nil {
			return err
		}
		for _, set := range l.sets(p) {
			if len(set.Items) == 0 {
				continue
			}
			if c == Whole {
				r.Sets = append(r.Sets, measure(set, r.Prior))
			}
			r.ablate(c, set, set.Items)
		}
		if c == Whole {
			r.Simulations = append(r.Simulations, l.simulation)
			r.Ordinary = append(r.Ordinary, Ordinary{p.Name, l.ordinary(), l.simulation.OrdinarySample})
		}
		if c == Whole || c == ConductOnly {
			r.Operating = append(r.Operating, l.operating(p, c, falseAlarms))
		}
	}
	return nil
}

// stream measures a corpus that is read once.
func (r *Result) stream(config *engine.Config, s *Stream) error {
	set := &Set{Source: s.Source, Part: Measure, Name: s.Name, Units: "conversations", RiskLabelled: true}
	var found, right []string
	var foundLines, rightLines []line
	err := stream(config, s.Read, s.Assume, func(c *corpus.Conversation, f *scan.Finding, i *Item) {
		i.Scores = nil
		set.Items = append(set.Items, i)
		set.RiskLabelled = set.RiskLabelled && (!i.Positive || i.Risk > 0)
		if !s.Authors {
			return
		}
		right = append(right, c.Offenders...)
		if i.Alert > 0 {
			found = append(found, f.Actor)
		}
		for n, t := range c.Turns {
			at := line{c.Conversation, c.Lines[n]}
			if slices.Contains(c.Offenders, t.From) {
				rightLines = append(rightLines, at)
			}
			if i.Alert > 0 && t.From == f.Actor && len(f.TurnSignals(n)) > 0 {
				foundLines = append(foundLines, at)
			}
		}
	})
	if err != nil {
		return err
	}
	if len(set.Items) == 0 {
		return fmt.Errorf("%s: there is no conversation in it", s.Name)
	}
	positives := 0
	for _, i := range set.Items {
		if i.Positive {
			positives++
		}
	}
	set.RiskLabelled = set.RiskLabelled && positives > 0
	r.Sets = append(r.Sets, measure(set, r.Prior))
	if s.Authors {
		r.Found = append(r.Found, Found{s.Name, metric.Sets(found, right), metric.Sets(foundLines, rightLines)})
	}
	return nil
}

// line is one of a conversation, by its number in the source.
type line struct {
	conversation string
	number       int
}

// falseAlarms is how many are allowed per 1,000 adult accounts a week.
const falseAlarms = 1

// The bounds that were set before anything was measured.
const (
	wantEarly    = 0.90
	wantAlarms   = 0.01
	wantReal     = 1.0 / 5000
	wantKept     = 0.85
	wantConduct  = 0.60
	wantIdentity = 0.01
)

// bounds compares what was reached with what was set.
func (r *Result) bounds() {
	for _, m := range r.Sets {
		switch {
		case m.Source == Real:
			r.Bounds = append(r.Bounds, Bound{
				Short: "false alarms, real chat", Name: "Conversations of real benign chat that alert, each speaker in turn taken for an unknown adult who writes to a child", Source: m.Source, Part: m.Part, On: m.Name,
				Want: "at most 1 in 5,000", Reached: m.Alarms.Value, Share: true, N: m.Alarms.N, Interval: m.Alarms.Interval, Met: m.Alarms.K*5000 <= m.Alarms.N,
			})
		case m.Source == Corpus:
		default:
			if m.BeforeHarm.N > 0 {
				b := Bound{
					Short: "recall before harm", Name: "Recall before harm, level elevated", Source: m.Source, Part: m.Part, On: m.Name, Want: "at least 90\u00a0%",
					Reached: m.BeforeHarm.Value, Share: true, N: m.BeforeHarm.N, Interval: m.BeforeHarm.Interval, Met: m.BeforeHarm.Value >= wantEarly,
				}
				for _, row := range groups(m) {
					if row.Early.N > 0 && row.Early.Value < wantEarly {
						b.Fails = append(b.Fails, Failure{row.Group, row.Early})
					}
				}
				r.Bounds = append(r.Bounds, b)
			}
			if m.Alarms.N > 0 {
				b := Bound{
					Short: "hard negatives", Name: "Hard negatives that alert", Source: m.Source, Part: m.Part, On: m.Name, Want: "at most 1 in 100",
					Reached: m.Alarms.Value, Share: true, N: m.Alarms.N, Interval: m.Alarms.Interval, Met: m.Alarms.Value <= wantAlarms,
				}
				for _, row := range groups(m) {
					if row.Alarms.N > 0 && row.Alarms.Value > wantAlarms {
						b.Fails = append(b.Fails, Failure{row.Group, row.Alarms})
					}
				}
				r.Bounds = append(r.Bounds, b)
			}
		}
	}
	r.keptBounds()
	for _, o := range r.Operating {
		if o.Condition != ConductOnly.String() {
			continue
		}
		b := Bound{
			Short: "conduct only", Name: "Harmful accounts found without reading text, at 1 false alarm per 1,000 adult accounts a week", Source: Simulated, Part: Measure, On: fmt.Sprintf("%d adults, %.1f weeks", o.Adults, o.Weeks),
			Want: "at least 60\u00a0%", Reached: o.Accounts.Value, Share: true, N: o.Accounts.N, Interval: o.Accounts.Interval, Met: o.Accounts.Value >= wantConduct,
		}
		for _, g := range o.Policies {
			if g.Share.Value < wantConduct {
				b.Fails = append(b.Fails, Failure{g.Name + " (" + string(g.Part) + ")", g.Share})
			}
		}
		r.Bounds = append(r.Bounds, b)
	}
	r.Bounds = append(r.Bounds, Bound{
		Short: "identity swaps", Name: "Largest difference of probability, at even odds, between lines that differ in who somebody is", Source: Written, Part: Measure, On: "identity.yaml", Want: "under 0.01",
		Reached: r.Identity.Worst, N: r.Identity.Pairs, Met: r.Identity.Worst < wantIdentity,
	})
}

// groups are the rows by which a set is told apart: policies where it has
// them, families otherwise.
func groups(m *Measures) []Row {
	if len(m.Policies) > 0 {
		return m.Policies
	}
	return m.Families
}

// keptBounds is the worst class of disguise for each set that was held out.
func (r *Result) keptBounds() {
	by := map[string]*Bound{}
	var names []string
	for _, d := range r.Disguises {
		if d.Kept.N == 0 {
			continue
		}
		b := by[d.Name]
		if b == nil {
			b = &Bound{Short: "disguises, worst class", Name: "Detections before harm that are kept under the worst class of disguise", Source: Written, Part: d.Part, On: d.Name, Want: "at least 85\u00a0% in each class", Share: true, Reached: 2}
			by[d.Name] = b
			names = append(names, d.Name)
		}
		if d.Kept.Value < b.Reached {
			b.Reached, b.N, b.Interval = d.Kept.Value, d.Kept.N, d.Kept.Interval
		}
		if d.Kept.Value < wantKept {
			b.Fails = append(b.Fails, Failure{d.Class, d.Kept})
		}
	}
	for _, name := range names {
		by[name].Met = len(by[name].Fails) == 0
		r.Bounds = append(r.Bounds, *by[name])
	}
}
