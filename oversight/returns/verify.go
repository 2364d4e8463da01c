package returns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Keys are those that a return is held against.
type Keys struct {
	Log       note.Verifier
	Witnesses []note.Verifier
	// Quorum is how many of the witnesses must have cosigned; 0: all of them.
	Quorum int
}

// Evidence is what a return is recomputed from. All of it may be missing.
type Evidence struct {
	Log       Reader     // the service's ledger
	Records   Records    // of the period's decisions
	Catalogue *Catalogue // the definitions; nil: those of the return are taken
	Progress  func(done, all int64)
}

// Verify checks a return. What does not hold is in the verdict; an error is what
// kept it from being checked.
func Verify(ctx context.Context, s *Signed, k Keys, e Evidence) (*Verdict, error) {
	digest, err := s.Return.Digest()
	if err != nil {
		return nil, err
	}
	v := &verification{s: s, r: &s.Return, keys: k, evidence: e, out: &Verdict{
		Digest: digest, Findings: []Finding{}, Figures: []Checked{}, Cosigned: []Cosigned{}, Words: []string{},
	}}
	v.signature(digest)
	checkpoint := v.checkpoint()
	if checkpoint != nil {
		v.witnesses(checkpoint)
		v.entry(checkpoint, digest)
	}
	for i := range v.r.Spans {
		v.span(&v.r.Spans[i])
	}
	v.definitions()
	var found map[*Figure]verdictOf
	if d, ok := e.Log.(*Directory); ok {
		v.directory(ctx, d)
	}
	if e.Log != nil {
		if found, err = v.recompute(ctx); err != nil {
			return nil, err
		}
	}
	v.figures(found)
	v.rest()
	return v.out, nil
}

type verification struct {
	s        *Signed
	r        *Return
	keys     Keys
	evidence Evidence
	out      *Verdict
}

func (v *verification) finds(code Code, format string, args ...any) {
	v.out.Findings = append(v.out.Findings, Finding{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (v *verification) word(format string, args ...any) {
	v.out.Words = append(v.out.Words, fmt.Sprintf(format, args...))
}

func (v *verification) signature(digest Digest) {
	key := v.keys.Log
	if v.r.Log != key.Name() {
		v.finds(Forged, "the return rests on the log %q; the key given is that of %q", v.r.Log, key.Name())
		return
	}
	n, err := note.Open([]byte(v.s.Signature), note.VerifierList(key))
	var unknown *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unknown):
		v.finds(Forged, "the key of %q that was given has not signed the return; another key of that name may have", key.Name())
	case err != nil:
		v.finds(Forged, "the signature does not hold: %v", err)
	case n.Text != v.r.text(digest):
		v.finds(Forged, "the return is not what was signed: it was changed afterwards")
	}
}

// unverified reads a checkpoint whose signatures somebody else checks.
func unverified(signed []byte) (ledger.Checkpoint, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return ledger.Checkpoint{}, errors.New("checkpoint: there is no signature")
	}
	return ledger.ParseCheckpoint(text + "\n")
}

// opened is a checkpoint whose signature holds.
type opened struct {
	ledger.Checkpoint
	sigs []note.Signature
}

func (v *verification) open(signed string) (*opened, error) {
	c, n, err := ledger.OpenCheckpoint([]byte(signed), v.keys.Log, v.keys.Witnesses...)
	if err != nil {
		return nil, err
	}
	return &opened{c, n.Sigs}, nil
}

// checkpoint checks the log's word on the tree that the return rests on.
func (v *verification) checkpoint() *opened {
	c, err := v.open(v.s.Checkpoint)
	if err != nil {
		v.finds(Unlogged, "%v", err)
		return nil
	}
	if err := grows(v.s.Growth, v.r.Size, v.r.Root, c.N, c.Hash); err != nil {
		v.finds(Unproven, "the return's tree of %d leaves is not the beginning of the checkpoint's of %d: %v", v.r.Size, c.N, err)
		return nil
	}
	return c
}

// grows checks that a tree is the beginning of another.
func grows(p tlog.TreeProof, from int64, begin tlog.Hash, to int64, end tlog.Hash) error {
	switch {
	case from > to:
		return fmt.Errorf("a tree of %d leaves is no beginning of one of %d", from, to)
	case from == 0 && begin != emptyRoot, from == to && begin != end:
		return errors.New("the roots differ")
	case from == 0 || from == to:
		if len(p) > 0 {
			return errors.New("the proof proves nothing")
		}
		return nil
	}
	return tlog.CheckTree(p, to, end, from, begin)
}

func (v *verification) witnesses(c *opened) {
	at := map[string]Cosigned{}
	v.cosigned(c, at)
	if w := v.s.Witnessed; w != nil {
		older, err := v.open(w.Checkpoint)
		if err != nil {
			v.finds(Unlogged, "the cosigned %v", err)
		} else if err := grows(w.Growth, older.N, older.Hash, c.N, c.Hash); err != nil {
			v.finds(Unproven, "the cosigned tree of %d leaves is not the beginning of the checkpoint's of %d: %v", older.N, c.N, err)
		} else {
			v.cosigned(older, at)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		v.out.Cosigned = append(v.out.Cosigned, at[name])
	}
	need := v.keys.Quorum
	if need == 0 {
		need = len(v.keys.Witnesses)
	}
	if need == 0 {
		v.word("No witness's key was given: that the log shows everybody the same is the service's word.")
		return
	}
	// The quorum's smallest tree is what enough witnesses vouch for.
	sizes := []int64{}
	for _, c := range at {
		sizes = append(sizes, c.Size)
	}
	slices.Sort(sizes)
	if len(sizes) < need {
		v.finds(Unwitness, "%d of %d witnesses have cosigned; %d must have", len(sizes), len(v.keys.Witnesses), need)
		return
	}
	covers := sizes[len(sizes)-need]
	for i := range v.r.Spans {
		if end := v.r.Spans[i].End; covers < end {
			v.finds(Unwitness, "witnesses have cosigned %d leaves; the leaves of %s end at %d", covers, v.r.Spans[i].Period, end)
		}
	}
	if covers < v.r.Size {
		v.word("Witnesses have cosigned %d of the %d leaves that the return was made from.", covers, v.r.Size)
	}
}

// cosigned notes the witnesses of a checkpoint, each with the larger tree.
func (v *verification) cosigned(c *opened, at map[string]Cosigned) {
	for _, sig := range c.sigs {
		for _, w := range v.keys.Witnesses {
			if w.Name() == sig.Name && w.KeyHash() == sig.Hash && c.N >= at[sig.Name].Size {
				at[sig.Name] = Cosigned{Witness: sig.Name, At: cosignedAt(sig), Size: c.N}
			}
		}
	}
}

// entry checks the return's own leaf.
func (v *verification) entry(c *opened, digest Digest) {
	e := v.s.Entry
	if e == nil {
		v.word("The return is not entered in the log, so nothing there binds the service to it.")
		return
	}
	if e.Size != c.N {
		v.finds(Unproven, "the entry's proof is for a tree of %d leaves, the checkpoint's has %d", e.Size, c.N)
		return
	}
	if err := e.Check([]byte(e.Leaf), c.Hash); err != nil {
		v.finds(Unproven, "the return's entry is not in the log: %v", err)
		return
	}
	rec, err := parseLeaf(e.Index, []byte(e.Leaf))
	switch {
	case err != nil:
		v.finds(Unproven, "the return's entry: %v", err)
	case rec.Kind != ledger.Return || rec.Of != v.r.about() || rec.Facts["digest"] != digest.String():
		v.finds(Unproven, "leaf %d is not the entry of this return", e.Index)
	}
}

// span checks that a span is all leaves of its period and no others.
func (v *verification) span(s *Span) {
	bad := func(format string, args ...any) {
		v.finds(Misplaced, "the leaves of %s: "+format, append([]any{s.Period}, args...)...)
	}
	if err := grows(s.Began, s.First, s.Start, v.r.Size, v.r.Root); err != nil {
		bad("the tree before leaf %d is not the beginning of the return's: %v", s.First, err)
		return
	}
	if err := grows(s.Ended, s.End, s.Stop, v.r.Size, v.r.Root); err != nil {
		bad("the tree before leaf %d is not the beginning of the return's: %v", s.End, err)
		return
	}
	places := s.edges(v.r.Size)
	if len(places) != len(s.Edges) {
		bad("%d leaves at its borders are shown, of %d", len(s.Edges), len(places))
		return
	}
	from, to := s.Period.from.UnixMilli(), s.Period.to.UnixMilli()
	for i, e := range s.Edges {
		if e.Index != places[i] || e.Size != v.r.Size {
			bad("leaf %d is shown where %d must be", e.Index, places[i])
			return
		}
		if err := e.Check([]byte(e.Leaf), v.r.Root); err != nil {
			bad("leaf %d is not in the log: %v", e.Index, err)
			return
		}
		rec, err := parseLeaf(e.Index, []byte(e.Leaf))
		if err != nil {
			bad("%v", err)
			return
		}
		if within, in := rec.At >= from && rec.At < to, e.Index >= s.First && e.Index < s.End; within != in {
			bad("leaf %d, of %s, must be in it: %v; it is: %v", e.Index, moment(rec.At), within, in)
		}
		if e.Index == s.First && e.Index == 0 && rec.At > from {
			v.word("The log begins on %s, after the beginning of %s: of what came before there is no proof.", moment(rec.At), s.Period)
		}
	}
}
