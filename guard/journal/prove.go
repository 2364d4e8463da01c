package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Proven is a decision's record with the way to its commit's root, which is in
// the ledger's leaf.
type Proven struct {
	Sequence uint64
	Record   []byte // of ledger.Decided
	Leaf     int64
	Place    int // in the commit
	Path     tlog.RecordProof

	rec  Record
	veil ledger.Veil
	text []byte
}

// ErrBeforeLedger is returned for decisions that are older than the ledger.
var ErrBeforeLedger = errors.New("decided before the ledger began")

// Prove returns the proofs of decisions, in the order of their sequence numbers.
func (a *Archive) Prove(ctx context.Context, sequences ...uint64) ([]Proven, error) {
	sequences = slices.Compact(slices.Sorted(slices.Values(sequences)))
	var out []Proven
	for len(sequences) > 0 {
		e, err := a.store.Entry(ctx, sequences[0])
		if err != nil {
			return nil, fmt.Errorf("decision %d: %w", sequences[0], err)
		}
		n, _ := slices.BinarySearch(sequences, e.Last+1)
		wanted := sequences[:n]
		sequences = sequences[n:]
		l, err := a.store.Logged(ctx, e.First)
		if errors.Is(err, ErrNotFound) {
			err = ErrBeforeLedger
		}
		if err != nil {
			return nil, fmt.Errorf("decision %d: %w", wanted[0], err)
		}
		found := len(out)
		hashes, err := unfold(e, l, func(place int, rec *Record, veil ledger.Veil, d *ledger.Decided, src []byte) {
			if _, ok := slices.BinarySearch(wanted, d.Sequence); ok {
				out = append(out, Proven{
					Sequence: d.Sequence, Record: slices.Clone(src), Leaf: l.Leaf, Place: place, veil: veil, text: l.Text,
				})
				out[len(out)-1].rec, *rec = *rec, Record{}
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range out[found:] {
			p := &out[found+i]
			p.Path = ledger.BatchProof(slices.Clone(hashes), p.Place)
		}
	}
	return out, nil
}

// Open opens a commitment of a decision, by its slot; text is that of the
// message, for ledger.TextSlot. It returns ledger.ErrErased once the salt is
// gone.
func (p *Proven) Open(slot int, text string) (ledger.Opening, error) {
	d, err := ledger.ParseDecided(p.Record)
	if err != nil {
		return ledger.Opening{}, err
	}
	c := *d.Part(slot)
	if c == nil {
		return ledger.Opening{}, fmt.Errorf("decision %d says nothing about a %s", p.Sequence, ledger.SlotName(slot))
	}
	o := ledger.Opening{Part: ledger.SlotName(slot), Value: text}
	if slot == ledger.TextSlot {
		o.Salt, err = p.TextSalt()
	} else {
		value, _ := subject(&p.rec.Event, &p.rec.Outcome, slot)
		o.Value = value[0] + value[1] + value[2] + value[3]
		o.Salt, err = p.veil.Salt(p.Place, slot)
	}
	if err != nil {
		return ledger.Opening{}, fmt.Errorf("decision %d: %w", p.Sequence, err)
	}
	if !o.Opens(*c) {
		return ledger.Opening{}, fmt.Errorf("decision %d: this is not its %s", p.Sequence, o.Part)
	}
	return o, nil
}

// TextSalt is the salt of the text's commitment, ledger.ErrErased once the text
// was removed. Whoever keeps the text longer needs it to show that it is the one.
func (p *Proven) TextSalt() (ledger.Salt, error) {
	salts, err := readTextSalts(p.text)
	if err != nil {
		return ledger.Salt{}, fmt.Errorf("decision %d: %w", p.Sequence, err)
	}
	return salts.of(p.Place)
}

// unfold makes the records of an entry's decisions again, calls each for them
// and returns their hashes.
func unfold(e *Entry, l *Logged, each func(place int, rec *Record, veil ledger.Veil, d *ledger.Decided, src []byte)) ([]tlog.Hash, error) {
	kept, err := readKept(l.Kept)
	if err != nil {
		return nil, fmt.Errorf("entry %d to %d: %w", e.First, e.Last, err)
	}
	veil, err := ledger.ParseVeil(l.Veil)
	if err != nil {
		return nil, fmt.Errorf("entry %d to %d: %w", e.First, e.Last, err)
	}
	var c conceal
	place := 0
	err = records(e, func(rec *Record) error {
		d := c.decided(&rec.Event, &rec.Outcome, rec.Kept)
		for slot := range ledger.TextSlot + 1 {
			commitment, ok := kept[keptAt{place, slot}]
			if !ok && rec.Kept {
				var value [4]string
				if value, ok = subject(&rec.Event, &rec.Outcome, slot); ok {
					salt, err := veil.Salt(place, slot)
					if err != nil {
						return fmt.Errorf("decision %d: %s: %w, and its commitment was not kept", d.Sequence, ledger.SlotName(slot), err)
					}
					commitment = salt.Commit(value[:]...)
				}
			}
			if ok {
				*d.Part(slot) = &commitment
			}
		}
		src, h := c.hasher.Decided(&d)
		c.hashes = append(c.hashes, h)
		if each != nil {
			each(place, rec, veil, &d, src)
		}
		place++
		return nil
	})
	return c.hashes, err
}

// Audit holds every entry after a sequence number against its leaf in the
// ledger. It returns how many decisions it found there.
func (a *Archive) Audit(ctx context.Context, after uint64) (proven int64, err error) {
	log, err := ledger.Open(ctx, a.store.Ledger(), ledger.Options{})
	if err != nil {
		return 0, err
	}
	began := false
	err = a.store.Entries(ctx, after, func(e *Entry) error {
		l, err := a.store.Logged(ctx, e.First)
		if errors.Is(err, ErrNotFound) && !began {
			return nil // from before the log
		}
		if err != nil {
			return fmt.Errorf("entry %d to %d in the ledger: %w", e.First, e.Last, err)
		}
		began = true
		leaf, err := log.Leaf(ctx, l.Leaf)
		if err != nil {
			return err
		}
		r, err := ledger.ParseRecord(leaf)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", l.Leaf, err)
		}
		hashes, err := unfold(e, l, nil)
		if err != nil {
			return err
		}
		if r.Commit == nil || r.Commit.First != e.First || r.Commit.Last != e.Last || ledger.BatchRoot(hashes) != r.Commit.Root {
			return fmt.Errorf("entry %d to %d is not what leaf %d says", e.First, e.Last, l.Leaf)
		}
		proven += r.Commit.Count
		return ctx.Err()
	})
	return proven, err
}
