package journal

import (
	"context"
	"fmt"
	"slices"

	"rowan/ledger"
)

// Decisions calls each for the records of a commit in order, as they stand under
// its root in the ledger: people and content are commitments in them.
func (a *Archive) Decisions(ctx context.Context, b *ledger.Batch, each func(record []byte) error) error {
	e, err := a.store.Entry(ctx, b.First)
	if err != nil {
		return fmt.Errorf("decisions %d to %d: %w", b.First, b.Last, err)
	}
	if e.First != b.First || e.Last != b.Last {
		return fmt.Errorf("decisions %d to %d: the journal holds %d to %d as one commit", b.First, b.Last, e.First, e.Last)
	}
	l, err := a.store.Logged(ctx, e.First)
	if err != nil {
		return fmt.Errorf("decisions %d to %d: %w", b.First, b.Last, err)
	}
	var records [][]byte
	hashes, err := unfold(e, l, func(_ int, _ *Record, _ ledger.Veil, _ *ledger.Decided, src []byte) {
		records = append(records, slices.Clone(src))
	})
	if err != nil {
		return err
	}
	if ledger.BatchRoot(hashes) != b.Root {
		return fmt.Errorf("decisions %d to %d are not those in the ledger", b.First, b.Last)
	}
	for _, r := range records {
		if err := each(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}
