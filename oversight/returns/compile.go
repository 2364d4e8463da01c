package returns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Log is a service's ledger. *ledger.Log is one.
type Log interface {
	Reader
	Tree() (tlog.Tree, error)
	Root(ctx context.Context, size int64) (tlog.Hash, error)
	Inclusion(ctx context.Context, index, size int64) (ledger.Inclusion, error)
	Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error)
	// Refresh reads what another process has added.
	Refresh(ctx context.Context) error
	Sign(ctx context.Context) ([]byte, error)
	Checkpoint(ctx context.Context, cosigned bool) ([]byte, error)
}

// Word gives what is not in the ledger.
type Word interface {
	// Figures are those of a metric for a period, with cohort and value or why
	// there is none; nothing if it is not known at all.
	Figures(ctx context.Context, m *Metric, p Period) ([]Figure, error)
}

// Draft is what a return is made of.
type Draft struct {
	Service   string
	Template  *Template
	Catalogue *Catalogue
	Period    Period
	Rulebook  string
	Replaces  string // the digest of the return that is corrected
	Answers   map[string]string
	Now       time.Time

	Log     Log
	Records Records // nil: figures over decisions are not held
	Word    Word    // nil: there is no word on anything
	// Keep, if not nil, is given the records of the period's decisions, which
	// whoever verifies the return needs.
	Keep     func(record []byte) error
	Progress func(done, all int64) // of leaves; may be nil
}

// Compile makes a return of what the ledger holds now.
func (d *Draft) Compile(ctx context.Context) (*Return, error) {
	at, err := d.Log.Tree()
	if err != nil {
		return nil, fmt.Errorf("return: %w", err)
	}
	r := &Return{
		Format: Format, Service: d.Service, Template: d.Template.ID, Version: d.Template.Version, Period: d.Period, Rulebook: d.Rulebook,
		Replaces: d.Replaces, Made: d.Now.UTC().Truncate(time.Second), Size: at.N, Root: at.Hash, Figures: []Figure{}, Answers: []Answer{},
	}
	r.Partial = r.Made.Before(d.Period.to)
	metrics, tallies := make([]*Metric, len(d.Template.Parts)), map[*Metric]*tally{}
	for i, asked := range d.Template.Parts {
		if asked.Metric == "" {
			continue
		}
		m, err := d.Catalogue.Metric(asked.Metric, asked.Definition)
		if err != nil {
			return nil, err
		}
		metrics[i] = m
		if m.Query != nil {
			tallies[m] = newTally(m.Query)
		}
	}
	span, err := d.read(ctx, r, at.N, tallies)
	if err != nil {
		return nil, fmt.Errorf("return: %w", err)
	}
	if err := prove(ctx, d.Log, span, at.N); err != nil {
		return nil, fmt.Errorf("return: %w", err)
	}
	r.Spans = []Span{*span}
	for i, asked := range d.Template.Parts {
		m := metrics[i]
		if m == nil {
			r.Answers = append(r.Answers, Answer{asked.Question, d.Answers[asked.Question]})
			continue
		}
		figures, err := d.figures(ctx, m, tallies[m])
		if err != nil {
			return nil, fmt.Errorf("return: %s: %w", m.ID, err)
		}
		r.Figures = append(r.Figures, figures...)
	}
	for question := range d.Answers {
		if !slices.ContainsFunc(d.Template.Parts, func(a Asked) bool { return a.Question == question }) {
			return nil, fmt.Errorf("return: %q is answered and was not asked", question)
		}
	}
	return r, nil
}

// read goes through the log once, finds the period's span and fills tallies.
func (d *Draft) read(ctx context.Context, r *Return, size int64, tallies map[*Metric]*tally) (*Span, error) {
	from, to := d.Period.from.UnixMilli(), d.Period.to.UnixMilli()
	span := &Span{Period: d.Period, First: size, End: size, Edges: []Edge{}}
	err := d.Log.Read(ctx, 0, size, func(at int64, leaf ledger.Leaf) error {
		rec, err := parseLeaf(at, leaf)
		if err != nil {
			return err
		}
		if rec.At >= from {
			span.First = min(span.First, at)
		}
		if rec.At >= to {
			span.End = min(span.End, at)
		}
		if r.entry(rec) {
			r.entered = rec.Facts["digest"]
		}
		in := at >= span.First && at < span.End
		for _, t := range tallies {
			t.leaf(rec, in)
		}
		if d.Progress != nil && at%1024 == 0 {
			d.Progress(at, size)
		}
		if !in || rec.Commit == nil || d.Records == nil {
			return nil
		}
		return decisionsOf(ctx, d.Records, rec.Commit, func(decided *ledger.Decided, record []byte) error {
			for _, t := range tallies {
				t.decision(decided)
			}
			if d.Keep != nil {
				return d.Keep(record)
			}
			return nil
		})
	})
	return span, err
}

// figures are those of a metric.
func (d *Draft) figures(ctx context.Context, m *Metric, t *tally) (out []Figure, err error) {
	key := Key{Metric: m.ID, Definition: m.Version, Period: d.Period}
	switch {
	case t == nil:
		if d.Word != nil {
			if out, err = d.Word.Figures(ctx, m, d.Period); err != nil {
				return nil, err
			}
		}
		if len(out) == 0 {
			out = []Figure{{Why: "the service does not keep it"}}
		}
		for i := range out {
			key.Cohort = out[i].Cohort
			out[i].Key, out[i].Unit, out[i].Query = key, m.Unit, nil
		}
		slices.SortStableFunc(out, func(a, b Figure) int { return a.Compare(b.Key) })
		return out, nil
	case m.Query.Over == Decisions && d.Records == nil:
		return []Figure{{Key: key, Unit: m.Unit, Query: m.Query, Why: "the records of decisions were not at hand"}}, nil
	}
	for _, a := range t.answers() {
		key.Cohort.Item = a.item
		out = append(out, Figure{Key: key, Unit: m.Unit, Value: a.value, Why: a.why, Query: m.Query})
	}
	return out, nil
}

// prove fills in what shows that a span is what it says.
func prove(ctx context.Context, log Log, s *Span, size int64) (err error) {
	if s.Start, err = log.Root(ctx, s.First); err != nil {
		return err
	}
	if s.Stop, err = log.Root(ctx, s.End); err != nil {
		return err
	}
	if s.Began, err = log.Consistency(ctx, s.First, size); err != nil {
		return err
	}
	if s.Ended, err = log.Consistency(ctx, s.End, size); err != nil {
		return err
	}
	for _, at := range s.edges(size) {
		e, err := edgeAt(ctx, log, at, size)
		if err != nil {
			return err
		}
		s.Edges = append(s.Edges, *e)
	}
	return nil
}

// edges are the places next to a span's borders.
func (s *Span) edges(size int64) []int64 {
	list := []int64{s.First - 1, s.First, s.End - 1, s.End}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(at int64) bool { return at < 0 || at >= size })
}

func edgeAt(ctx context.Context, log Log, at, size int64) (*Edge, error) {
	e := &Edge{}
	err := log.Read(ctx, at, at+1, func(_ int64, leaf ledger.Leaf) error {
		e.Leaf = string(leaf)
		return nil
	})
	if err == nil {
		e.Inclusion, err = log.Inclusion(ctx, at, size)
	}
	return e, err
}

// about is what the leaf of a return is about.
func (r *Return) about() string { return "return/" + r.Template + "/" + r.Period.name }

// entry reports whether a leaf is of a return for the same thing.
func (r *Return) entry(rec *ledger.Record) bool {
	return rec.Kind == ledger.Return && rec.Of == r.about() && rec.Facts["service"] == r.Service
}

// statement is what the ledger holds of a return.
func (r *Return) statement(digest Digest) ledger.Statement {
	facts := map[string]string{"digest": digest.String(), "service": r.Service}
	if r.Replaces != "" {
		facts["replaces"] = r.Replaces
	}
	return ledger.Statement{Kind: ledger.Return, By: "platform", Of: r.about(), What: "made", Facts: facts}
}

// text is what is signed. Its third line is no root, so that it can never be
// taken for a checkpoint.
func (r *Return) text(digest Digest) string {
	return "rowan return\n" + r.Log + "\n" + digest.String() + "\n"
}

// ErrTwice is returned for a return for a period that has one in the ledger
// which it does not say to replace.
var ErrTwice = errors.New("the ledger holds a return for the period already")

// Sign signs a return with its ledger's key and adds the proofs. With an
// appender the return is entered in the ledger first, unless it is partial.
func Sign(ctx context.Context, r *Return, log Log, signer note.Signer, enter ledger.Appender) (*Signed, error) {
	r.Log = signer.Name()
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("sign return: %w", err)
	}
	if r.Partial {
		enter = nil
	}
	if enter != nil && r.Replaces != r.entered {
		return nil, fmt.Errorf("%w: the newest is %q; a correction must replace it", ErrTwice, r.entered)
	}
	digest, err := r.Digest()
	if err != nil {
		return nil, err
	}
	signature, err := note.Sign(&note.Note{Text: r.text(digest)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign return: %w", err)
	}
	s := &Signed{Return: *r, Signature: string(signature)}
	entered := int64(-1)
	if enter != nil {
		if entered, err = enter.Record(ctx, r.statement(digest)); err != nil {
			return nil, fmt.Errorf("enter return: %w", err)
		}
		// It may be another process that writes the log.
		if err = log.Refresh(ctx); err != nil {
			return nil, fmt.Errorf("enter return: %w", err)
		}
	}
	if err := s.anchor(ctx, log, entered); err != nil {
		return nil, fmt.Errorf("sign return: %w", err)
	}
	return s, nil
}

// anchor ties the return to the newest checkpoint.
func (s *Signed) anchor(ctx context.Context, log Log, entered int64) error {
	signed, err := log.Sign(ctx)
	if err != nil {
		return err
	}
	c, err := unverified(signed)
	if err != nil {
		return err
	}
	s.Checkpoint = string(signed)
	if s.Growth, err = log.Consistency(ctx, s.Return.Size, c.N); err != nil {
		return err
	}
	if entered >= 0 {
		if s.Entry, err = edgeAt(ctx, log, entered, c.N); err != nil {
			return err
		}
	}
	cosigned, err := log.Checkpoint(ctx, true)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	w, err := unverified(cosigned)
	if err != nil {
		return err
	}
	switch {
	case w.N == c.N && w.Hash == c.Hash:
		s.Checkpoint = string(cosigned)
	case w.N < c.N:
		s.Witnessed = &Witnessed{Checkpoint: string(cosigned)}
		s.Witnessed.Growth, err = log.Consistency(ctx, w.N, c.N)
	}
	return err
}
