// Package oversight is the regulator's office: a register of services, the
// docket of cases, and the papers that come of them.
//
// Office is what pages and commands call. What is decided is in the rooms below
// (register, applicability, docket, penalty, notice, liability), which are pure
// functions of data.
package oversight

import (
	"context"
	"errors"
	"time"

	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// Errors of a store.
var (
	ErrNotFound = errors.New("no such record")
	// ErrConflict is returned when somebody else has changed a case meanwhile.
	ErrConflict = errors.New("somebody else has changed the case meanwhile; look at it again")
	// ErrLedger is returned with the result of a step that was kept while the ledger
	// could not be told of it. Settle tells it later.
	ErrLedger = errors.New("the step is kept, and the ledger will be told later")
)

// Brief is a case in a list.
type Brief struct {
	ID        docket.ID     `json:"id"`
	Service   string        `json:"service"`
	Provider  string        `json:"provider"`
	Title     string        `json:"title"`
	Stage     docket.Stage  `json:"stage"`
	Opened    rulebook.Date `json:"opened"`
	On        rulebook.Date `json:"on"`
	Simulated bool          `json:"simulated,omitempty"`
}

// Filter selects cases. The zero value selects all.
type Filter struct {
	Service  string
	Provider string
	Stages   []docket.Stage
	// Published is that a paper of the case was published.
	Published bool
	After     docket.ID
	Limit     int // 0: all
}

// Unsent is a record that the ledger has not taken yet.
type Unsent struct {
	Number int64
	Record Record
}

// Record is what the ledger is told of a step: nothing about a person but who is
// in Subjects, which the ledger keeps as a commitment.
type Record struct {
	Of       string            `json:"of"`   // "docket/12" or "service/rivergram"
	What     string            `json:"what"` // the event's kind
	Facts    map[string]string `json:"facts,omitempty"`
	Subjects map[string]string `json:"subjects,omitempty"` // by part: {"by": "person/3"}
}

// Proposal is a severe step of a case that waits for a second person.
type Proposal struct {
	ID    int64        `json:"id"`
	At    time.Time    `json:"at"`
	By    string       `json:"by"`
	Title string       `json:"title"`
	Event docket.Event `json:"event"` // its Case is the case
	// Digest is the SHA-256 of the words of a paper that would be issued: who agrees
	// agrees to these.
	Digest string `json:"digest,omitempty"`
	// Referral is what is proposed in place of a step, nil otherwise.
	Referral *liability.DirectorReferral `json:"referral,omitempty"`
	// Answer is how it was answered, by whom and why; "" while it waits.
	Answer Answer `json:"answer,omitempty"`
	Second string `json:"second,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Answer is what became of a proposal.
type Answer string

// The answers.
const (
	Agreed   Answer = "agreed"
	Declined Answer = "declined"
)

// Referral is one that was made.
type Referral struct {
	ID       int64                      `json:"id"`
	At       time.Time                  `json:"at"`
	Case     docket.ID                  `json:"case,omitempty"` // 0: of none
	Referral liability.DirectorReferral `json:"referral"`
}

// Store keeps the register and the docket. An implementation must pass
// storetest.Run.
type Store interface {
	// Enter adds entries to the register, all or none, with what the ledger is to
	// be told, and returns them numbered.
	Enter(ctx context.Context, entries []register.Entry, records []Record) ([]register.Entry, error)
	// Entries are those of a subject, in order.
	Entries(ctx context.Context, subject string) ([]register.Entry, error)
	// Newest is the newest entry of a kind for each subject and key that is not
	// void, by subject and key.
	Newest(ctx context.Context, kind register.Kind) ([]register.Entry, error)

	// Latest are, for each subject, the newest entries of a kind that are not void
	// with the greatest keys, so many at most: the sizes of the last months. They are
	// by subject and key.
	Latest(ctx context.Context, kind register.Kind, most int) ([]register.Entry, error)

	// Append adds an event to a case: with after.Number 1 it makes the case and
	// gives it its ID. A record that is of nothing ("") is of the case. It returns
	// ErrConflict if the case has another number.
	Append(ctx context.Context, after docket.Case, e docket.Event, records []Record) (docket.Case, error)
	// Events are those of a case, in order; ErrNotFound if there is no such case.
	Events(ctx context.Context, id docket.ID) ([]docket.Event, error)
	Cases(ctx context.Context, f Filter) ([]Brief, error)

	// Propose keeps a severe step until it is answered, Proposals are those of a
	// case that wait (0: of all), and Settle answers one that does; ErrNotFound if
	// none waits under the number.
	Propose(ctx context.Context, p Proposal) (Proposal, error)
	Proposals(ctx context.Context, of docket.ID) ([]Proposal, error)
	Settle(ctx context.Context, id int64, answer Answer, second, why string) (Proposal, error)

	// Refer keeps a referral and gives it its ID; Referrals are those of a case, in
	// order, of all with 0.
	Refer(ctx context.Context, r Referral, records []Record) (Referral, error)
	Referrals(ctx context.Context, of docket.ID) ([]Referral, error)

	// PutEvidence keeps evidence and gives it its number; Evidence is that of a
	// case, in order.
	PutEvidence(ctx context.Context, e Evidence, records []Record) (Evidence, error)
	Evidence(ctx context.Context, of docket.ID) ([]Evidence, error)

	// Unsent are records that the ledger has not taken, in order; Sent removes
	// those up to a number.
	Unsent(ctx context.Context, limit int) ([]Unsent, error)
	Sent(ctx context.Context, upTo int64) error

	Close() error
}
