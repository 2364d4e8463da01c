package custody

import "context"

// Store keeps chains of custody and holds. An implementation must pass
// storetest.Run.
type Store interface {
	// Note adds an event to its case's chain, as Next makes it.
	Note(ctx context.Context, e Event) (Event, error)
	Chain(ctx context.Context, id int64) ([]Event, error)
	// PutHold keeps a hold: a new one if its Number is 0, else a changed one.
	PutHold(ctx context.Context, h Hold) (Hold, error)
	Holds(ctx context.Context, id int64) ([]Hold, error)
	// Held are the cases that have a hold, in force or not.
	Held(ctx context.Context) ([]int64, error)
}
