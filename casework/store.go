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
	By  string
	Due time.Time // only those due before
	// Free selects cases that can be claimed at a moment.
	Free  time.Time
	Limit int // 0: 50
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
	Barred   []string // who may not get it, see Case.Barred
	Number   int      // of the last event
}

// Cursor is the place of a case in the queue.
func (b *Brief) Cursor() Cursor { return Cursor{b.Priority, b.Opened.UnixMilli(), b.ID} }

// Taken is what was read of the guard's decisions: the moments after Progress
// up to UpTo, and the alerts among them.
type Taken struct {
	UpTo    uint64
	Moments []Moment
	Alerts  []Alert
	At      time.Time // of the reading
}

// Capture is a pair of a case whose messages have text that is not yet kept
// with the case.
type Capture struct {
	Case  ID
	Actor string
	Child string
	After uint64 // what was kept so far
}

// Line is the sealed text of a message, kept with a case.
type Line struct {
	Sequence uint64
	Key      uint32
	Sealed   []byte
}

// Firing is how often a rule held.
type Firing struct {
	Rule   string
	Shadow bool
	Events int
	// Would counts, for a shadow rule, what it would have done, by action.
	Would map[string]int
}

// Outcome is how cases ended that a rule or a signal had a part in.
type Outcome struct {
	Kind    string // rule or signal
	Key     string
	Decided int
	Harmful int // of those
}

// Handling is how long a first decision took.
type Handling struct {
	Case   ID
	Level  response.Level
	Waited time.Duration // from the first alert
	Worked time.Duration // from the claim
	Late   bool          // decided after it was due
	At     time.Time
}

// Exposure is what a person looked at on a day.
type Exposure struct {
	Revealed int // lines of text
	Cases    int // claimed
	Severe   int // of those, the grave ones
}

// Store keeps cases. An implementation must pass storetest.Run.
type Store interface {
	// Open makes a case of its first event, whose Case is ignored, and returns
	// it. An alert about an actor who has a case is refused: Take joins them.
	Open(ctx context.Context, e Event) (Case, error)
	// Append adds an event to a case with the effects it has, whose ids no other
	// effect ever has. It returns a refusal.Refusal with the code "conflict" if the case
	// has changed since.
	Append(ctx context.Context, before Case, e Event) (Case, error)
	Case(ctx context.Context, id ID) (Case, error)
	Events(ctx context.Context, id ID) ([]Event, error)
	// List is a page of the queue: the highest priority first, then the oldest.
	List(ctx context.Context, f Filter) ([]Brief, error)
	Count(ctx context.Context, f Filter) (int, error)
	// Of is the ordinary case about an actor, ErrNotFound if there is none.
	Of(ctx context.Context, actor string) (Case, error)
	// Appeal is the case that an appeal was made in.
	Appeal(ctx context.Context, id string) (Case, error)

	// Effects are those after a sequence number, in order; CaseEffects those of
	// a case.
	Effects(ctx context.Context, after int64, limit int) ([]delivery.Effect, error)
	CaseEffects(ctx context.Context, id ID) ([]delivery.Effect, error)
	Effect(ctx context.Context, id string) (delivery.Effect, error)

	// Progress is how far the guard's decisions were taken in, and Take takes
	// in more, all or nothing. It returns the cases that were opened or changed.
	Progress(ctx context.Context) (uint64, error)
	Take(ctx context.Context, t Taken) ([]Case, error)
	// Moments are those of a pair, the newest limit of them, in order; with no
	// actor, those of a young person alone.
	Moments(ctx context.Context, actor, child string, limit int) ([]Moment, error)
	// Forget removes moments from before a time that belong to no case.
	Forget(ctx context.Context, before time.Time) error

	// Captures are pairs that have text to be kept, and Keep keeps it.
	Captures(ctx context.Context, limit int) ([]Capture, error)
	Keep(ctx context.Context, c Capture, upTo uint64, lines []Line) error
	Lines(ctx context.Context, id ID) ([]Line, error)
	// DropLines removes the text kept with a case.
	DropLines(ctx context.Context, id ID) error

	// Firings count how often rules held since a day ("2006-01-02").
	Firings(ctx context.Context, since string) ([]Firing, error)
	// Outcomes count what people decided on cases that a rule or a signal had a
	// part in, and Handlings say how long first decisions took.
	Outcomes(ctx context.Context) ([]Outcome, error)
	Handlings(ctx context.Context, since time.Time) ([]Handling, error)
	// Reviews are the blind reviews that have been decided.
	Reviews(ctx context.Context) ([]Case, error)

	// Exposure is what a person looked at on a day; Append adds the ExposureOf
	// each event.
	Exposure(ctx context.Context, person, day string) (Exposure, error)

	// Secret returns the value of a name, storing what makeNew gives if there
	// is none yet.
	Secret(ctx context.Context, name string, makeNew func() ([]byte, error)) ([]byte, error)

	Close() error
}
