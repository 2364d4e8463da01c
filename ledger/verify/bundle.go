package verify

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/bundle"
)

// Bundle checks a bundle.
func Bundle(src []byte, keys Keys) *Report {
	r := newReport()
	b, err := bundle.Read(src)
	if err != nil {
		r.fail("bundle", "%v", err)
		return r
	}
	r.Of = b.Manifest.Of
	if err := checkSeal(b, keys.Log); err != nil {
		r.fail("seal", "%v", err)
	}
	tree := r.checkpoint(b.Checkpoint, keys)
	if tree.N == 0 {
		r.fail("checkpoint", "it is of an empty log")
		return r
	}
	if b.Manifest.Origin != r.Origin {
		r.fail("manifest", "it is of the log %q, the checkpoint of %q", b.Manifest.Origin, r.Origin)
	}
	leaves := r.leaves(b, tree)
	decisions := r.decisions(b, leaves)
	r.openings(b, leaves, decisions)
	if b.Account != nil {
		r.remark("account.json is what the holder says in its own words: it was not changed since the bundle was made, and nothing proves it")
	}
	return r
}

// checkSeal checks that the log's holder made the bundle as it is.
func checkSeal(b *bundle.Bundle, key note.Verifier) error {
	manifest, err := b.ManifestBytes()
	if err != nil {
		return err
	}
	n, err := note.Open(b.Seal, note.VerifierList(key))
	if err != nil {
		return fmt.Errorf("not by the log's key: %w", err)
	}
	// A signature has one spelling, and there is one.
	want := n.Text + "\n" + "— " + n.Sigs[0].Name + " " + n.Sigs[0].Base64 + "\n"
	if n.Text != bundle.SealText(manifest) || string(b.Seal) != want || !strictBase64(n.Sigs[0].Base64) {
		return fmt.Errorf("it is of another manifest, or was changed")
	}
	return nil
}

func (r *Report) leaves(b *bundle.Bundle, tree tlog.Tree) map[int64]*ledger.Record {
	out := map[int64]*ledger.Record{}
	before := int64(-1)
	var at int64
	for _, l := range b.Leaves {
		where := fmt.Sprintf("leaf %d", l.Index)
		if l.Index <= before {
			r.fail(where, "the leaves are not in order")
		}
		before = l.Index
		p := ledger.Inclusion{Index: l.Index, Size: tree.N, Path: l.Path}
		if err := p.Check(l.Record, tree.Hash); err != nil {
			r.fail(where, "it is not in the log of the checkpoint")
			continue
		}
		rec, err := ledger.ParseRecord(l.Record)
		if err != nil {
			r.fail(where, "%v", err)
			continue
		}
		if rec.At < at {
			r.fail(where, "its moment lies before that of a leaf before it: a clock was turned back")
		}
		at = max(at, rec.At)
		r.times(where, rec.At)
		r.span(rec.At)
		r.Leaves[string(rec.Kind)]++
		out[l.Index] = rec
	}
	return out
}

func (r *Report) span(at int64) {
	moment := time.UnixMilli(at).UTC()
	if r.First.IsZero() || moment.Before(r.First) {
		r.First = moment
	}
	if moment.After(r.Last) {
		r.Last = moment
	}
}

func (r *Report) decisions(b *bundle.Bundle, leaves map[int64]*ledger.Record) map[uint64]*ledger.Decided {
	out := map[uint64]*ledger.Decided{}
	before := uint64(0)
	for _, d := range b.Decisions {
		rec, err := ledger.ParseDecided(d.Record)
		if err != nil {
			r.fail(fmt.Sprintf("decision in leaf %d", d.Leaf), "%v", err)
			continue
		}
		where := fmt.Sprintf("decision %d", rec.Sequence)
		if rec.Sequence <= before {
			r.fail(where, "the decisions are not in order")
		}
		before = rec.Sequence
		leaf := leaves[d.Leaf]
		if leaf == nil || leaf.Commit == nil {
			r.fail(where, "leaf %d, which should hold it, is no proven commit", d.Leaf)
			continue
		}
		p := ledger.Inclusion{Index: d.Place, Size: leaf.Commit.Count, Path: d.Path}
		if err := p.Check(d.Record, leaf.Commit.Root); err != nil {
			r.fail(where, "it is not among the decisions of leaf %d", d.Leaf)
			continue
		}
		if leaf.Commit.First+uint64(d.Place) != rec.Sequence {
			r.fail(where, "its place in leaf %d is that of another", d.Leaf)
			continue
		}
		r.Decisions++
		out[rec.Sequence] = rec
	}
	return out
}

func (r *Report) openings(b *bundle.Bundle, leaves map[int64]*ledger.Record, decisions map[uint64]*ledger.Decided) {
	for _, o := range b.Openings {
		where := fmt.Sprintf("%s, %s", o.Of, o.Part)
		c := find(o, leaves, decisions)
		switch {
		case c == nil:
			r.fail(where, "it opens nothing that was proven")
		case !o.Opens(*c):
			r.fail(where, "what was disclosed is not what was committed to")
		default:
			r.Opened = append(r.Opened, Opened{o.Of, o.Part, o.Value})
		}
	}
}

// find is the commitment that an opening is of, nil if there is none.
func find(o bundle.Opening, leaves map[int64]*ledger.Record, decisions map[uint64]*ledger.Decided) *ledger.Commitment {
	kind, number, _ := strings.Cut(o.Of, "/")
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return nil
	}
	switch kind {
	case "leaf":
		if rec := leaves[int64(n)]; rec != nil {
			if c, ok := rec.Subjects[o.Part]; ok {
				return &c
			}
		}
	case "decision":
		if d := decisions[n]; d != nil {
			for slot := range ledger.TextSlot + 1 {
				if ledger.SlotName(slot) == o.Part {
					return *d.Part(slot)
				}
			}
		}
	}
	return nil
}
