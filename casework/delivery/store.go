package delivery

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound is returned for a parcel or an endpoint that there is not.
var ErrNotFound = errors.New("there is no such delivery")

// State is how far an effect has come on its way to an endpoint.
type State string

// The states.
const (
	Waiting   State = "waiting"   // to be sent, or sent again
	Dead      State = "dead"      // given up: somebody has to see to it
	Delivered State = "delivered" // the receiver took it
	ByHand    State = "by_hand"   // a person saw to it in another way
)

// States are all of them.
func States() []State { return []State{Waiting, Dead, Delivered, ByHand} }

// Open reports whether the effect has not yet reached the platform. Nothing
// later about the same account goes out before it.
func (s State) Open() bool { return s == Waiting || s == Dead }

// Parcel is an effect on its way to one endpoint.
type Parcel struct {
	Endpoint string    `json:"endpoint"`
	Effect   Effect    `json:"effect"`
	State    State     `json:"state"`
	Tries    int       `json:"tries"`
	Next     time.Time `json:"next,omitzero"`     // when it may be tried, in milliseconds
	Failure  string    `json:"failure,omitempty"` // of the last try: a status or a few words
	Tried    time.Time `json:"tried,omitzero"`    // last
	Settled  time.Time `json:"settled,omitzero"`  // delivered or seen to by hand
	// By is who saw to it last, and Reason what that person said.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Progress is how far an endpoint has come.
type Progress struct {
	Endpoint string
	// Mark tells one address from another without showing it: the endpoint is
	// open again when it changes.
	Mark string
	// Cursor is the sequence number up to which effects were taken in, and Last
	// the id of the effect there.
	Cursor   int64
	Last     string
	Closed   time.Time // when the receiver answered that it is gone; zero: open
	Total    int64     // delivered, ever
	Failures int       // in a row
	Paused   time.Time // nothing is sent before
}

// Result is what became of one try.
type Result struct {
	ID      string // of the effect
	State   State  // Delivered, Waiting or Dead
	Tries   int
	Next    time.Time
	Failure string
}

// Round is what became of several tries, and how the endpoint stands after.
type Round struct {
	At       time.Time
	Results  []Result
	Failures int
	Paused   time.Time
	Closed   time.Time // zero leaves it as it is
}

// Filter selects parcels. The zero value selects all, the newest first.
type Filter struct {
	Endpoint string
	State    State
	Before   int64 // sequence number; 0: from the newest
	Limit    int   // 0: 50
}

// Count is how many parcels an endpoint has in a state.
type Count struct {
	Endpoint string
	State    State
	Parcels  int
	Oldest   time.Time // effect among them
}

// Store keeps what is on its way. An implementation must pass storetest.Run.
type Store interface {
	// Endpoint is how far an endpoint has come. One that is new begins after a
	// sequence number; one whose mark has changed is opened.
	Endpoint(ctx context.Context, name, mark string, after int64) (Progress, error)
	Endpoints(ctx context.Context) ([]Progress, error)
	// Take takes effects in for an endpoint, all or none, and moves its cursor.
	// One that it has already, by its id, is passed over.
	Take(ctx context.Context, endpoint string, effects []Effect) error
	// Rewind moves the cursor back, after the source was restored from a copy.
	Rewind(ctx context.Context, endpoint string, to int64) error

	// Due are parcels that may be tried at a moment, those that wait longest first:
	// of each account only the one in front, which is the first taken in that is
	// open.
	Due(ctx context.Context, endpoint string, now time.Time, limit int) ([]Parcel, error)
	// Next is when the next parcel may be tried; false if none waits.
	Next(ctx context.Context, endpoint string) (time.Time, bool, error)
	// Record notes tries, all or none.
	Record(ctx context.Context, endpoint string, r Round) error

	Parcel(ctx context.Context, endpoint, id string) (Parcel, error)
	List(ctx context.Context, f Filter) ([]Parcel, error)
	// Counts are of all states but Delivered, which Progress counts.
	Counts(ctx context.Context) ([]Count, error)
	// Retry makes dead parcels wait again from now: one, or with no id all of an
	// endpoint. It returns how many.
	Retry(ctx context.Context, endpoint, id, by string, now time.Time) (int, error)
	// Settle notes that a person saw to an open parcel in another way.
	Settle(ctx context.Context, endpoint, id, by, reason string, now time.Time) error
	// Reopen opens an endpoint that was closed or paused.
	Reopen(ctx context.Context, endpoint string, now time.Time) error
	// Forget removes parcels that were settled before a moment.
	Forget(ctx context.Context, before time.Time) error

	Close() error
}
