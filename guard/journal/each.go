package journal

import "context"

// Records calls each for every record of a store, in order. The record is valid
// until each returns. It needs no running journal.
func Records(ctx context.Context, store Store, each func(*Record) error) error {
	return store.Entries(ctx, 0, func(e *Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return records(e, each)
	})
}
