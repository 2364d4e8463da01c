package exhibit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rowan/casework"
	"rowan/guard/journal"
	"rowan/ledger"
	"rowan/ledger/bundle"
)

// Part is what a holder may disclose of a case.
type Part string

// The parts.
const (
	Actor    Part = "actor"    // the account that the case is about
	Children Part = "children" // the young people's accounts
	Messages Part = "messages" // the ids of the platform's events, and the text that is held
)

// Parts are all of them.
func Parts() []Part { return []Part{Actor, Children, Messages} }

// Cases are where cases are kept.
type Cases interface {
	Case(ctx context.Context, id casework.ID) (casework.Case, error)
	Events(ctx context.Context, id casework.ID) ([]casework.Event, error)
	Moments(ctx context.Context, actor, child string, limit int) ([]casework.Moment, error)
}

// Decisions proves the guard's decisions. *journal.Archive is one.
type Decisions interface {
	Prove(ctx context.Context, sequences ...uint64) ([]journal.Proven, error)
}

// Maker makes evidence of cases.
type Maker struct {
	Cases     Cases
	Decisions Decisions
	Log       *ledger.Log
	Salts     ledger.Salts
	Key       note.Signer // the log's
	Now       func() time.Time
	// Texts returns what is held of messages' text, by their decisions.
	Texts func(ctx context.Context, id casework.ID, sequences []uint64) (map[uint64]string, error)
	// TextSalts returns the salts that are kept for text of a case (see Clerk);
	// nil: there are none.
	TextSalts func(ctx context.Context, id casework.ID) (map[uint64]ledger.Salt, error)
	// Progress, if not nil, is told how far the log was read.
	Progress func(done, all int64)
}

// Made is evidence of a case.
type Made struct {
	Bundle    []byte
	Leaves    int
	Decisions int
	Opened    int
	Erased    int  // commitments that nobody can open any more
	Before    int  // decisions from before the ledger, which are left out
	Cosigned  bool // the checkpoint has a witness's signature
}

// most is how many moments of a pair are looked at.
const most = 100_000

// Case makes evidence of a case, with the parts that are disclosed.
func (m *Maker) Case(ctx context.Context, id casework.ID, disclose ...Part) (*Made, error) {
	c, err := m.Cases.Case(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("case %d: %w", id, err)
	}
	events, err := m.Cases.Events(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("case %d: %w", id, err)
	}
	out := &Made{}
	proven, err := m.prove(ctx, &c, events, out)
	if err != nil {
		return nil, err
	}
	about, others, err := m.scan(ctx, Of(id))
	if err != nil {
		return nil, err
	}
	indexes := slices.Clone(about)
	for i := range proven {
		indexes = append(indexes, proven[i].Leaf)
		// The data that the decision rests on are those named last before it.
		if at, _ := slices.BinarySearch(others, proven[i].Leaf); at > 0 {
			indexes = append(indexes, others[at-1])
		}
	}
	if len(indexes) == 0 {
		return nil, fmt.Errorf("case %d: the ledger says nothing about it: it is older than the ledger", id)
	}
	signed, size, cosigned, err := Checkpoint(ctx, m.Log, slices.Max(indexes)+1)
	if err != nil {
		return nil, err
	}
	out.Cosigned = cosigned
	b := &bundle.Bundle{Checkpoint: signed, Manifest: bundle.Manifest{Made: m.Now(), Of: Of(id), Disclosed: []string{}}}
	for _, p := range disclose {
		b.Manifest.Disclosed = append(b.Manifest.Disclosed, string(p))
	}
	slices.Sort(b.Manifest.Disclosed)
	if b.Leaves, err = bundle.Gather(ctx, m.Log, size, indexes...); err != nil {
		return nil, err
	}
	for i := range proven {
		p := &proven[i]
		b.Decisions = append(b.Decisions, bundle.Decision{Leaf: p.Leaf, Place: int64(p.Place), Path: p.Path, Record: p.Record})
	}
	o := opener{Maker: m, c: &c, disclose: disclose, made: out}
	if b.Openings, err = o.open(ctx, b.Leaves, proven); err != nil {
		return nil, err
	}
	if b.Account, err = account(&c, events); err != nil {
		return nil, err
	}
	out.Leaves, out.Decisions, out.Opened = len(b.Leaves), len(b.Decisions), len(b.Openings)
	out.Bundle, err = bundle.Write(b, m.Key)
	return out, err
}

// prove proves the decisions of the case's pairs and its alerts.
func (m *Maker) prove(ctx context.Context, c *casework.Case, events []casework.Event, out *Made) ([]journal.Proven, error) {
	var sequences []uint64
	for i := range events {
		if a := events[i].Alert; a != nil {
			sequences = append(sequences, a.Sequence)
		}
	}
	for _, child := range c.Children {
		moments, err := m.Cases.Moments(ctx, c.Actor, child.Account, most)
		if err != nil {
			return nil, err
		}
		for i := range moments {
			sequences = append(sequences, moments[i].Sequence)
		}
	}
	proven, before, err := proofs(ctx, m.Decisions, sequences)
	out.Before = before
	return proven, err
}

// proofs proves decisions, without those that are older than the ledger.
func proofs(ctx context.Context, d Decisions, sequences []uint64) (proven []journal.Proven, before int, err error) {
	slices.Sort(sequences)
	sequences = slices.Compact(sequences)
	for len(sequences) > 0 {
		proven, err := d.Prove(ctx, sequences...)
		if !errors.Is(err, journal.ErrBeforeLedger) {
			return proven, before, err
		}
		sequences = sequences[1:] // the oldest
		before++
	}
	return nil, before, nil
}

// scan finds the leaves about a case, and those that name the data in force.
func (m *Maker) scan(ctx context.Context, of string) (about, versions []int64, err error) {
	size := m.Log.Size()
	commit := []byte(`"kind":"commit"`)
	err = m.Log.Read(ctx, 0, size, func(at int64, leaf ledger.Leaf) error {
		if m.Progress != nil && at%4096 == 0 {
			m.Progress(at, size)
		}
		if bytes.Contains(leaf, commit) {
			return nil
		}
		r, err := ledger.ParseRecord(leaf)
		switch {
		case err != nil:
			return fmt.Errorf("leaf %d: %w", at, err)
		case r.Of == of:
			about = append(about, at)
		case r.Kind == ledger.Versions:
			versions = append(versions, at)
		}
		return nil
	})
	return about, versions, err
}

// Checkpoint is a signed checkpoint of a tree of at least a size: the newest
// that is cosigned, or else the newest there is, or else a new one.
func Checkpoint(ctx context.Context, log *ledger.Log, least int64) (signed []byte, size int64, cosigned bool, err error) {
	for _, cosigned := range []bool{true, false} {
		signed, err := log.Checkpoint(ctx, cosigned)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, false, err
		}
		if size, err := ledger.SizeOf(signed); err != nil || size >= least {
			return signed, size, cosigned, err
		}
	}
	if signed, err = log.Sign(ctx); err == nil {
		size, err = ledger.SizeOf(signed)
	}
	return signed, size, false, err
}

// opener opens what is disclosed.
type opener struct {
	*Maker
	c        *casework.Case
	disclose []Part
	made     *Made
	out      []bundle.Opening
}

func (o *opener) open(ctx context.Context, leaves []bundle.Leaf, proven []journal.Proven) ([]bundle.Opening, error) {
	if len(o.disclose) == 0 {
		return nil, nil
	}
	for _, l := range leaves {
		r, err := ledger.ParseRecord(l.Record)
		if err != nil {
			return nil, err
		}
		of := fmt.Sprintf("leaf/%d", l.Index)
		if r.Of != Of(o.c.ID) {
			continue
		}
		if o.has(Actor) && r.Subjects["actor"] != (ledger.Commitment{}) {
			if err := o.add(of)(ledger.Disclose(ctx, o.Salts, r, "actor", "account/"+o.c.Actor)); err != nil {
				return nil, err
			}
		}
		if o.has(Children) && r.Subjects["child"] != (ledger.Commitment{}) {
			if err := o.child(ctx, of, r); err != nil {
				return nil, err
			}
		}
	}
	texts, err := o.texts(ctx, proven)
	if err != nil {
		return nil, err
	}
	var salts map[uint64]ledger.Salt
	if len(texts) > 0 && o.TextSalts != nil {
		if salts, err = o.TextSalts(ctx, o.c.ID); err != nil {
			return nil, err
		}
	}
	for i := range proven {
		if err := o.decision(&proven[i], texts, salts); err != nil {
			return nil, err
		}
	}
	return o.out, nil
}

func (o *opener) has(p Part) bool { return slices.Contains(o.disclose, p) }

// add takes an opening, and counts one that is not possible any more.
func (o *opener) add(of string) func(ledger.Opening, error) error {
	return func(found ledger.Opening, err error) error {
		if errors.Is(err, ledger.ErrErased) {
			o.made.Erased++
			return nil
		}
		if err == nil {
			o.out = append(o.out, bundle.Opening{Of: of, Opening: found})
		}
		return err
	}
}

// child opens the child of a leaf: it is one of the case's.
func (o *opener) child(ctx context.Context, of string, r *ledger.Record) error {
	for _, child := range o.c.Children {
		found, err := ledger.Disclose(ctx, o.Salts, r, "child", "account/"+child.Account)
		if err == nil {
			return o.add(of)(found, nil)
		}
	}
	o.made.Erased++
	return nil
}

func (o *opener) texts(ctx context.Context, proven []journal.Proven) (map[uint64]string, error) {
	if !o.has(Messages) || o.Texts == nil {
		return nil, nil
	}
	var sequences []uint64
	for i := range proven {
		sequences = append(sequences, proven[i].Sequence)
	}
	return o.Texts(ctx, o.c.ID, sequences)
}

func (o *opener) decision(p *journal.Proven, texts map[uint64]string, salts map[uint64]ledger.Salt) error {
	d, err := ledger.ParseDecided(p.Record)
	if err != nil {
		return err
	}
	actor, child := ledger.FromSlot, ledger.ToSlot
	if d.Actor == "to" {
		actor, child = child, actor
	}
	var wanted []int
	if d.Actor != "" && o.has(Actor) {
		wanted = append(wanted, actor)
	}
	if d.Actor != "" && o.has(Children) {
		wanted = append(wanted, child)
	}
	if o.has(Messages) {
		wanted = append(wanted, ledger.EventSlot)
		if _, held := texts[p.Sequence]; held {
			wanted = append(wanted, ledger.TextSlot)
		} else if d.Text != nil {
			o.made.Erased++
		}
	}
	for _, slot := range wanted {
		if *d.Part(slot) == nil {
			continue
		}
		found, err := p.Open(slot, texts[p.Sequence])
		if salt, ok := salts[p.Sequence]; slot == ledger.TextSlot && ok && errors.Is(err, ledger.ErrErased) {
			found = ledger.Opening{Part: ledger.SlotName(slot), Salt: salt, Value: texts[p.Sequence]}
			if err = nil; !found.Opens(**d.Part(slot)) {
				err = fmt.Errorf("decision %d: the text that is kept with the case is not the one that was read", p.Sequence)
			}
		}
		if err := o.add(fmt.Sprintf("decision/%d", p.Sequence))(found, err); err != nil {
			return err
		}
	}
	return nil
}

// step is an event of a case as the holder tells it: without people and without
// anybody's own words.
type step struct {
	Number   int                `json:"number"`
	At       time.Time          `json:"at"`
	What     casework.Kind      `json:"what"`
	By       string             `json:"by"`
	Decision string             `json:"decision,omitempty"` // an alert's
	Measures []casework.Measure `json:"measures,omitempty"`
	Reason   casework.Reason    `json:"reason,omitempty"`
	Outcome  string             `json:"outcome,omitempty"`
	Report   string             `json:"report,omitempty"`
	Lines    int                `json:"lines,omitempty"`
}

func account(c *casework.Case, events []casework.Event) ([]byte, error) {
	told := struct {
		Case     casework.ID    `json:"case"`
		State    casework.State `json:"state"`
		Level    string         `json:"level"`
		Stages   []string       `json:"stages"`
		Children int            `json:"children"`
		Alerts   int            `json:"alerts"`
		Opened   time.Time      `json:"opened"`
		Steps    []step         `json:"steps"`
	}{c.ID, c.State, c.Level.String(), c.Stages, len(c.Children), c.Alerts, c.Opened, []step{}}
	for i := range events {
		e := &events[i]
		s := step{Number: e.Number, At: e.At, What: e.Kind, By: "rowan", Outcome: e.Outcome, Report: e.Report, Lines: e.Count}
		if e.By != "" {
			s.By = "reviewer"
		}
		if e.Alert != nil {
			s.Decision = e.Alert.Decision
		}
		if e.Judgement != nil {
			s.Measures, s.Reason = e.Judgement.Measures, e.Judgement.Reason
		}
		told.Steps = append(told.Steps, s)
	}
	src, err := json.MarshalIndent(told, "", "  ")
	return append(src, '\n'), err
}
