package bundle

import (
	"context"
	"slices"

	"rowan/ledger"
)

// Source is a log. *ledger.Log is one.
type Source interface {
	Leaf(ctx context.Context, at int64) (ledger.Leaf, error)
	Inclusion(ctx context.Context, index, size int64) (ledger.Inclusion, error)
}

// Gather reads leaves with their proofs for a tree of a size, in order, each
// once.
func Gather(ctx context.Context, log Source, size int64, indexes ...int64) ([]Leaf, error) {
	var out []Leaf
	for _, at := range slices.Compact(slices.Sorted(slices.Values(indexes))) {
		leaf, err := log.Leaf(ctx, at)
		if err != nil {
			return nil, err
		}
		p, err := log.Inclusion(ctx, at, size)
		if err != nil {
			return nil, err
		}
		out = append(out, Leaf{Index: at, Path: p.Path, Record: []byte(leaf)})
	}
	return out, nil
}
