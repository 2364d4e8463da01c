package returns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// cosignedAt is the moment in a cosignature (C2SP tlog-cosignature, version 1).
func cosignedAt(s note.Signature) time.Time {
	at, err := ledger.CosignedAt(s)
	if err != nil {
		return time.Time{} // a signature without a time
	}
	return at
}

// definitions holds each figure against the definition that it names.
func (v *verification) definitions() {
	c := v.evidence.Catalogue
	if c == nil {
		return
	}
	unknown := map[string]bool{}
	for i := range v.r.Figures {
		f := &v.r.Figures[i]
		m, err := c.Metric(f.Metric, f.Definition)
		name := fmt.Sprintf("definition %d of %s", f.Definition, f.Metric)
		switch {
		case err != nil:
			if !unknown[name] {
				v.word("The %s is not known here; that of the return was taken.", name)
			}
			unknown[name] = true
		case f.Unit != m.Unit || !sameQuery(f.Query, m.Query):
			v.out.Findings = append(v.out.Findings, Finding{Code: Differs, Figure: f.String(), Text: fmt.Sprintf("%s is not counted as the %s says", f.Key, name)})
		}
	}
}

func sameQuery(a, b *Query) bool {
	x, errA := canonical(a)
	y, errB := canonical(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// verdictOf is what the log says of a figure.
type verdictOf struct {
	value *Value
	why   string
	note  string // it could not be recomputed
}

// group is the figures of one query over one span.
type group struct {
	span    *Span
	tally   *tally
	figures []*Figure
}

// groups puts figures together that are recomputed together.
func (v *verification) groups() (out []*group) {
	byKey := map[string]*group{}
	for i := range v.r.Figures {
		f := &v.r.Figures[i]
		if f.Query == nil {
			continue
		}
		query, err := canonical(f.Query)
		if err != nil {
			continue // it was read from JSON
		}
		key := fmt.Sprintf("%s/%d %s %s", f.Metric, f.Definition, f.Period, query)
		g := byKey[key]
		if g == nil {
			at := slices.IndexFunc(v.r.Spans, func(s Span) bool { return s.Period.name == f.Period.name })
			g = &group{span: &v.r.Spans[at], tally: newTally(f.Query)}
			byKey[key] = g
			out = append(out, g)
		}
		g.figures = append(g.figures, f)
	}
	return out
}

// recompute reads the log given and says what it gives for each figure; nothing
// where it is not the log that the return rests on.
func (v *verification) recompute(ctx context.Context) (map[*Figure]verdictOf, error) {
	groups := v.groups()
	var t tree
	roots := map[int64]tlog.Hash{0: emptyRoot}
	want := map[int64]bool{v.r.Size: true}
	for _, s := range v.r.Spans {
		want[s.First], want[s.End] = true, true
	}
	records := v.evidence.Records
	returns := []*ledger.Record{}
	last := int64(0)
	err := v.evidence.Log.Read(ctx, 0, endOfLog, func(at int64, leaf ledger.Leaf) error {
		if at != t.n {
			return fmt.Errorf("leaf %d comes after leaf %d", at, t.n-1)
		}
		rec, err := parseLeaf(at, leaf)
		if err != nil {
			return err
		}
		if rec.At < last {
			return fmt.Errorf("leaf %d, of %s, is older than the one before it", at, moment(rec.At))
		}
		last = rec.At
		t.add(tlog.RecordHash(leaf))
		if want[t.n] {
			roots[t.n] = t.root()
		}
		if v.r.entry(rec) {
			returns = append(returns, rec)
		}
		if at >= v.r.Size {
			return ctx.Err()
		}
		if v.evidence.Progress != nil && at%1024 == 0 {
			v.evidence.Progress(at, v.r.Size)
		}
		records = v.leaf(ctx, groups, at, rec, records)
		return ctx.Err()
	})
	if errors.Is(err, errLeaf) {
		v.finds(OtherLog, "the log given cannot be read: %v", err)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	if t.n < v.r.Size {
		if _, told := v.evidence.Log.(*Directory); told {
			return nil, nil
		}
		v.finds(Truncated, "the log given has %d leaves; the return rests on %d: it was cut off, or is older than the return", t.n, v.r.Size)
		return nil, nil
	}
	if roots[v.r.Size] != v.r.Root {
		v.finds(OtherLog, "the first %d leaves of the log given are not those that the return rests on: their root is %s, not %s", v.r.Size, roots[v.r.Size], v.r.Root)
		return nil, nil
	}
	for _, s := range v.r.Spans {
		if roots[s.First] != s.Start || roots[s.End] != s.Stop {
			v.finds(Misplaced, "the leaves of %s: the log given has other roots at its borders", s.Period)
			return nil, nil
		}
	}
	v.once(returns)
	v.end(records)
	return v.compare(groups, records != nil), nil
}

const endOfLog = 1<<62 - 1

// leaf gives a leaf, and the decisions under it, to the tallies. It returns the
// records, nil once they were found not to be those under the log's roots.
func (v *verification) leaf(ctx context.Context, groups []*group, at int64, rec *ledger.Record, records Records) Records {
	decisions := false
	for _, g := range groups {
		in := at >= g.span.First && at < g.span.End
		g.tally.leaf(rec, in)
		decisions = decisions || in
	}
	if !decisions || rec.Commit == nil || records == nil {
		return records
	}
	err := decisionsOf(ctx, records, rec.Commit, func(d *ledger.Decided, _ []byte) error {
		for _, g := range groups {
			if at >= g.span.First && at < g.span.End {
				g.tally.decision(d)
			}
		}
		return nil
	})
	if err != nil {
		v.finds(BadRecords, "leaf %d: %v", at, err)
		return nil
	}
	return records
}

// end sees that the records given are of the period only.
func (v *verification) end(records Records) {
	if f, ok := records.(*File); ok {
		if err := f.End(); err != nil {
			v.finds(BadRecords, "%v", err)
		}
	}
}

// once sees that the log holds one return for the period, or a chain of
// corrections.
func (v *verification) once(returns []*ledger.Record) {
	digest, newest := v.out.Digest.String(), ""
	mine := false
	for _, r := range returns {
		if newest != "" && r.Facts["replaces"] != newest {
			v.finds(Twice, "the log holds two returns for %s of %s, and the one of %s does not say that it replaces the other", v.r.Template, v.r.Period, moment(r.At))
		}
		newest = r.Facts["digest"]
		mine = mine || newest == digest
	}
	switch {
	case newest == "" && v.s.Entry == nil:
	case !mine && newest != "" && v.s.Entry == nil:
		v.finds(Twice, "the log holds another return for %s of %s, and not this one", v.r.Template, v.r.Period)
	case mine && newest != digest:
		v.word("The service has corrected this return since: the newest is %s.", newest)
	}
}

// compare puts what the log gives beside what the return says.
func (v *verification) compare(groups []*group, records bool) map[*Figure]verdictOf {
	found := map[*Figure]verdictOf{}
	for _, g := range groups {
		if g.tally.q.Over == Decisions && !records {
			for _, f := range g.figures {
				found[f] = verdictOf{note: "the records of decisions were not given"}
			}
			continue
		}
		answers := map[string]answer{}
		for _, a := range g.tally.answers() {
			answers[a.item] = a
		}
		for _, f := range g.figures {
			a, ok := answers[f.Cohort.Item]
			if !ok || f.Cohort != (Cohort{Item: f.Cohort.Item}) {
				found[f] = verdictOf{why: "the log holds nothing of it"}
				continue
			}
			found[f] = verdictOf{value: a.value, why: a.why}
			delete(answers, f.Cohort.Item)
		}
		// A metric that is not held at all leaves nothing out.
		if len(g.figures) == 1 && g.figures[0].Value == nil {
			continue
		}
		for _, item := range slices.Sorted(maps.Keys(answers)) {
			key := g.figures[0].Key
			key.Cohort = Cohort{Item: item}
			v.out.Findings = append(v.out.Findings, Finding{
				Code: Differs, Figure: key.String(), Found: answers[item].value.String(),
				Text: fmt.Sprintf("%s is left out; the log gives %s", key, answers[item].value),
			})
		}
	}
	return found
}

// figures says of each how it stands.
func (v *verification) figures(found map[*Figure]verdictOf) {
	for i := range v.r.Figures {
		f := &v.r.Figures[i]
		c := Checked{Figure: *f}
		is, ok := found[f]
		switch {
		case f.Query == nil && f.Value == nil:
			c.State = Absent
		case f.Query == nil:
			c.State = Claimed
		case !ok || is.note != "":
			c.State, c.Note = Unchecked, is.note
			if !ok {
				c.Note = "the log was not given"
				if v.evidence.Log != nil {
					c.Note = "the log given is not the one that the return rests on"
				}
			}
		case f.Value.Equal(is.value):
			c.State = Recomputed
		default:
			c.State, c.Found = Broken, is.value
			said, has := f.Value.String(), is.value.String()
			if is.value == nil {
				has += ": " + is.why
			}
			v.out.Findings = append(v.out.Findings, Finding{
				Code: Differs, Figure: f.String(), Said: said, Found: has, Text: fmt.Sprintf("%s: the return says %s, the log gives %s", f.Key, said, has),
			})
		}
		v.out.Figures = append(v.out.Figures, c)
	}
}

// rest names what is nobody's to check.
func (v *verification) rest() {
	for _, a := range v.r.Answers {
		if a.Text == "" {
			v.word("The question %q is not answered.", a.Question)
		} else {
			v.word("The answer to the question %q.", a.Question)
		}
	}
	v.word("That every event reached the log: it proves what was decided and noted, not what was never sent to it.")
}
