package dispatch

import (
	"context"
	"errors"
	"time"
)

// Errors of stores and of what people do.
var (
	ErrNotFound  = errors.New("no such delivery")
	ErrConflict  = errors.New("the delivery has changed since")
	ErrAlready   = errors.New("a report of this case to this authority is on its way, or the same was delivered")
	ErrNotFailed = errors.New("only a delivery that failed can be tried again")
	ErrOver      = errors.New("the delivery is over")
	ErrDropped   = errors.New("the document is kept no longer")
	ErrWord      = errors.New("say what was done, or give the reference that the authority gave")
	ErrOurs      = errors.New("this report is sent by Rowan, which will note its number")
)

// Sealed is a document as it is kept: encrypted, bound to a number.
type Sealed struct {
	Number uint64
	Key    uint32
	Body   []byte
}

// Entry is a line of a delivery's journal.
type Entry struct {
	At        time.Time `json:"at"`
	By        string    `json:"by,omitempty"` // a person; "" is Rowan
	What      string    `json:"what"`         // a step, or created, retried, resolved, ...
	Phase     string    `json:"phase"`        // before, after
	File      int       `json:"file,omitempty"`
	Code      int       `json:"code,omitempty"`
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	State     State     `json:"state"`
}

// Filter selects deliveries; the zero value selects all.
type Filter struct {
	States []State
	Case   int64
	To     string
	Kept   bool // only those whose document is kept, the oldest first
	Limit  int  // 0: 200
}

// Store keeps deliveries. An implementation must pass storetest.Run.
type Store interface {
	// Add keeps a new delivery with its document, and gives it an id. It returns
	// ErrAlready if one to the same authority is not over for the case, or has
	// delivered the same document.
	Add(ctx context.Context, d Delivery, document Sealed, e Entry) (Delivery, error)
	// Save keeps a change with its entry, both or neither. It returns ErrConflict
	// if the delivery has another version by now.
	Save(ctx context.Context, d Delivery, e Entry) (Delivery, error)
	Delivery(ctx context.Context, id int64) (Delivery, error)
	// Work is what the outbox may have to do at a moment, the oldest first.
	Work(ctx context.Context, now time.Time, limit int) ([]Delivery, error)
	// List is the newest first, unless the filter says otherwise.
	List(ctx context.Context, f Filter) ([]Delivery, error)
	Entries(ctx context.Context, id int64) ([]Entry, error)
	// Document is the one of a delivery, ErrDropped after Drop.
	Document(ctx context.Context, id int64) (Sealed, error)
	// Drop removes the document of a delivery that is over.
	Drop(ctx context.Context, id int64, e Entry) error
}
