package casework

import (
	"context"
	"errors"
	"time"

	"rowan/casework/delivery"
	"rowan/guard/response"
)

// ErrNotFound is returned for a case that there is not.
var ErrNotFound = errors.New("no such case")

// Filter selects cases. The zero value selects what waits for somebody.
type Filter struct {
	States []State // none: those that wait
	Level  response.Level
	Actor  string
	// For leaves out what this person has skipped or proposed, or may not
	// decide because it was theirs.
	For string
	// By selects cases that this person holds.
	By    string
	Due   time.Time // only those due before
	Limit int       // 0: 50
	After Cursor
	// Reviews includes blind reviews, as the queue does and reports do not.
	Reviews bool
}

// Cursor is a place in the queue: the case after which a page begins.
type Cursor struct {
	Priority int
	Opened   int64 // Unix milliseconds
	ID       ID
}

// Brief is a case in a list.
type Brief struct {
	ID       ID
	Actor    string
	State    State
	Level    response.Level
	Risk     int64
	Harm     int
	Children int
	Alerts   int
	Opened   time.Time
	Latest   time.Time
	Due      time.Time
	Claimed  string
	Until    time.Time
	Priority int
}

// Cursor is the place of a case in the queue.
func (b *Brief) Cursor() Cursor { return Cursor{b.Priority, b.Opened.UnixMilli(), b.ID} }

// Store keeps cases. An implementation must pass storetest.Run.
type Store interface {
	// Open makes a case of its first event, whose Case is ignored, and returns
	// its number.
	Open(ctx context.Context, e Event) (Case, error)
	// Append adds events to a case, all or none, with the effects they have. It
	// returns a Refusal with the code "conflict" if the case has changed since.
	Append(ctx context.Context, before Case, events []Event, effects []delivery.Effect) (Case, error)
	Case(ctx context.Context, id ID) (Case, error)
	Events(ctx context.Context, id ID) ([]Event, error)
	// List is a page of the queue: the highest priority first, then the oldest.
	List(ctx context.Context, f Filter) ([]Brief, error)
	Count(ctx context.Context, f Filter) (int, error)
	// Effects are those after a sequence number, in order.
	Effects(ctx context.Context, after int64, limit int) ([]delivery.Effect, error)
	// CaseEffects are those of a case.
	CaseEffects(ctx context.Context, id ID) ([]delivery.Effect, error)
	// Of is the ordinary case about an actor, ErrNotFound if there is none.
	Of(ctx context.Context, actor string) (Case, error)

	Close() error
}
