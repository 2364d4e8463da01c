package ledger

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotFound is returned for what a store does not hold.
var ErrNotFound = errors.New("not in the log")

// Extension is leaves that follow a log's last one, with the tiles that they
// complete. It is written all or nothing.
type Extension struct {
	First  int64 // place of the first leaf
	Leaves []Leaf
	Tiles  []Tile
}

// Store keeps a log. An implementation must pass storetest.Run.
type Store interface {
	// Extend makes an extension durable before it returns. It fails if First is
	// not the log's size.
	Extend(ctx context.Context, x *Extension) error
	// Size is how many leaves there are.
	Size(ctx context.Context) (int64, error)
	// Leaves calls each for the leaves from one place up to, not including,
	// another, in order. A leaf is valid until each returns.
	Leaves(ctx context.Context, from, to int64, each func(at int64, leaf Leaf) error) error
	// Tile returns the 256 hashes of a full tile.
	Tile(ctx context.Context, level int, number int64) ([]byte, error)

	// PutCheckpoint keeps a signed checkpoint. Those of smaller trees that no
	// witness has cosigned may be forgotten.
	PutCheckpoint(ctx context.Context, size int64, signed []byte, cosigned bool) error
	// Checkpoint returns the newest one, or the newest that is cosigned.
	Checkpoint(ctx context.Context, cosigned bool) (signed []byte, err error)
}

// Inclusion proves that a leaf is in the tree of a checkpoint.
type Inclusion struct {
	Index int64            `json:"index"`
	Size  int64            `json:"size"`
	Path  tlog.RecordProof `json:"path"`
}

// Check holds a leaf against the root of the tree.
func (p *Inclusion) Check(leaf []byte, root tlog.Hash) error {
	if p.Size < 1 || p.Index < 0 || p.Index >= p.Size {
		return errors.New("the proof is of no leaf of the tree")
	}
	return tlog.CheckRecord(p.Path, p.Size, root, p.Index, tlog.RecordHash(leaf))
}
