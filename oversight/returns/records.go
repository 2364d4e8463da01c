package returns

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Reader reads a ledger's leaves.
type Reader interface {
	// Read calls each for the leaves from one place up to, not including,
	// another, in order; fewer if there are no more.
	Read(ctx context.Context, from, to int64, each func(at int64, leaf ledger.Leaf) error) error
}

// Records are those of decisions, which the leaves of their commits hold the
// roots of.
type Records interface {
	// Decisions calls each for the records of a commit in order. Commits are
	// asked for in their order.
	Decisions(ctx context.Context, b *ledger.Batch, each func(record []byte) error) error
}

// decisionsOf reads the records of a commit and holds them against its root.
func decisionsOf(ctx context.Context, from Records, b *ledger.Batch, each func(*ledger.Decided, []byte) error) error {
	hashes := make([]tlog.Hash, 0, min(b.Count, ledger.MaxDecisions))
	err := from.Decisions(ctx, b, func(record []byte) error {
		d, err := ledger.ParseDecided(record)
		if err != nil {
			return fmt.Errorf("decision %d: %w", b.First+uint64(len(hashes)), err)
		}
		if want := b.First + uint64(len(hashes)); d.Sequence != want || want > b.Last {
			return fmt.Errorf("decision %d stands where %d must", d.Sequence, want)
		}
		hashes = append(hashes, tlog.RecordHash(record))
		return each(d, record)
	})
	if err != nil {
		return err
	}
	if int64(len(hashes)) != b.Count {
		return fmt.Errorf("%d records of decisions %d to %d, of %d", len(hashes), b.First, b.Last, b.Count)
	}
	if ledger.BatchRoot(hashes) != b.Root {
		return fmt.Errorf("the records of decisions %d to %d are not those in the ledger", b.First, b.Last)
	}
	return nil
}

// File is records in a file, one a line in the order of the decisions, plain or
// gzip-compressed.
type File struct {
	lines *bufio.Scanner
	line  int64
}

// OpenRecords reads records.
func OpenRecords(from io.Reader) (*File, error) {
	b := bufio.NewReader(from)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("records of decisions: %w", err)
		}
		b = bufio.NewReader(z)
	}
	f := &File{lines: bufio.NewScanner(b)}
	f.lines.Buffer(nil, ledger.MaxLeaf+1)
	return f, nil
}

// Decisions calls each for the next lines.
func (f *File) Decisions(ctx context.Context, b *ledger.Batch, each func(record []byte) error) error {
	for range b.Count {
		if !f.lines.Scan() {
			if err := f.lines.Err(); err != nil {
				return fmt.Errorf("records of decisions, after line %d: %w", f.line, err)
			}
			return fmt.Errorf("the records of decisions end after line %d, before decision %d", f.line, b.Last)
		}
		f.line++
		if err := each(f.lines.Bytes()); err != nil {
			return fmt.Errorf("records of decisions, line %d: %w", f.line, err)
		}
	}
	return ctx.Err()
}

// End reports an error if there are lines left.
func (f *File) End() error {
	if f.lines.Scan() {
		return fmt.Errorf("records of decisions: line %d belongs to no commit of the period", f.line+1)
	}
	if err := f.lines.Err(); err != nil {
		return fmt.Errorf("records of decisions: %w", err)
	}
	return nil
}

var errLeaf = errors.New("the leaf is not one that Rowan writes")

// parseLeaf reads a leaf of a log.
func parseLeaf(at int64, leaf []byte) (*ledger.Record, error) {
	r, err := ledger.ParseRecord(leaf)
	if err != nil {
		return nil, fmt.Errorf("leaf %d: %w: %w", at, errLeaf, err)
	}
	return r, nil
}
