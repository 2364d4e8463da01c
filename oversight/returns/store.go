package returns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rowan/refusal"
)

// ErrNotFound is returned for a return that there is not.
var ErrNotFound = errors.New("no such return")

// Filter selects returns. An empty field means all.
type Filter struct{ Service, Template, Period string }

// Attempt is a return that was refused.
type Attempt struct {
	Service string
	At      time.Time
	Digest  string // "" where the document could not be read
	refusal.Refusal
}

// InboxStore keeps what the regulator was given. An implementation must pass
// storetest.Inbox.
type InboxStore interface {
	// Put keeps a return. It fails with a refusal.Refusal of the code "twice" if there
	// is one with the same service, template, period and version.
	Put(ctx context.Context, r Received) error
	// List are returns by service, template, period and version, without their
	// documents and verdicts.
	List(ctx context.Context, f Filter) ([]Received, error)
	// Get is a return with both, ErrNotFound if there is none.
	Get(ctx context.Context, digest Digest) (Received, error)
	// Refused keeps an attempt, and Attempts lists those of a service ("": of all),
	// newest first.
	Refused(ctx context.Context, a Attempt) error
	Attempts(ctx context.Context, service string, limit int) ([]Attempt, error)

	// PutDuty keeps what a service owes from now on for a template, and Duties are
	// the newest of each service and template, by both.
	PutDuty(ctx context.Context, d Duty) error
	Duties(ctx context.Context, service string) ([]Duty, error)

	// PutForm keeps a form; ErrFormTaken if there is another of its id. Forms are all,
	// by id.
	PutForm(ctx context.Context, f Form) error
	Forms(ctx context.Context) ([]Form, error)

	// Shares are what the newest return of each service and template states for an
	// item of a metric and a period, as so many of so many or as not held, by both.
	Shares(ctx context.Context, metric, item string, p Period) ([]Stated, error)
	// Stated are the items, periods and templates of a metric for which there are
	// Shares, by item, period and template.
	Stated(ctx context.Context, metric string) ([]Stated, error)
}

// Stated is what a service's newest return states of an item of a metric.
type Stated struct {
	Service    string
	Template   string
	Form       string // version of the template that was answered, "" if not known
	Period     Period
	Metric     string
	Item       string
	Definition int
	Value      *Value // nil: not held
	State      State
}

// Duty is what a regulator has on file for a service's returns.
type Duty struct {
	Service  string `json:"service"`
	Template string `json:"template"` // its id
	Key      string `json:"key"`      // of the service's ledger
	// Witnesses are the keys of those that must have cosigned the ledger, and
	// Quorum how many of them; 0: all.
	Witnesses []string  `json:"witnesses,omitempty"`
	Quorum    int       `json:"quorum,omitempty"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until,omitzero"`
	By        string    `json:"by"` // person id
	At        time.Time `json:"at"`
}

// Form is a template that a notice set itself. It never changes: another version is
// another form.
type Form struct {
	ID     string    `json:"id"`
	Source string    `json:"source"` // YAML, as LoadTemplate reads it
	By     string    `json:"by"`     // person id
	At     time.Time `json:"at"`
}

// ErrFormTaken is returned for a form whose id another one has.
var ErrFormTaken = errors.New("there is a form of this id already, and services answer it: give this one another")

// Inbox is where the regulator takes returns in. What it refuses it notes, so
// that nothing that was handed in is lost without a word.
type Inbox struct {
	store InboxStore
	now   func() time.Time
}

// NewInbox makes an inbox; a nil clock is time.Now.
func NewInbox(store InboxStore, now func() time.Time) *Inbox {
	if now == nil {
		now = time.Now
	}
	return &Inbox{store, now}
}

// Take takes a document in for what is owed: it is read, verified and kept, or
// refused with a refusal.Refusal. again says that the same document is there already.
func (b *Inbox) Take(ctx context.Context, owed *Expected, document []byte, k Keys, e Evidence) (r Received, again bool, err error) {
	at, digest := b.now().UTC().Truncate(time.Second), ""
	defer func() {
		if no, ok := refusal.In(err); ok {
			if failed := b.store.Refused(ctx, Attempt{owed.Service, at, digest, *no}); failed != nil {
				err = fmt.Errorf("note what was refused: %w", failed)
			}
		}
	}()
	signed, err := Parse(document)
	if err != nil {
		return r, false, refuse("form", "%v", err)
	}
	d, err := signed.Return.Digest()
	if err != nil {
		return r, false, err
	}
	digest = d.String()
	verdict, err := Verify(ctx, signed, k, e)
	if err != nil {
		return r, false, err
	}
	before, err := b.store.List(ctx, Filter{owed.Service, owed.Template.ID, signed.Return.Period.String()})
	if err != nil {
		return r, false, err
	}
	r, again, err = Accept(owed, before, document, signed, verdict, at)
	if err != nil || again {
		return r, again, err
	}
	return r, false, b.store.Put(ctx, r)
}

// Kept is a figure as it stood when it was made.
type Kept struct {
	Figure
	Made time.Time
}

// FigureStore is the metric store: one value for each metric, definition,
// period and cohort, so that a notice that sets its own form can be answered
// about times that the journal no longer reaches. An implementation must pass
// storetest.Figures.
type FigureStore interface {
	// Put keeps figures, in the place of those with the same keys.
	Put(ctx context.Context, made time.Time, figures []Figure) error
	// Figures are those of a metric by definition, period and cohort; 0 and the
	// zero Period mean all.
	Figures(ctx context.Context, metric string, definition int, p Period) ([]Kept, error)
}

// Remembered is a service's word with what it said before: what it cannot say of
// a period any more is taken from the store.
type Remembered struct {
	Word  Word // nil: only the store speaks
	Store FigureStore
}

var _ Word = Remembered{}

// Figures are those of a metric for a period.
func (r Remembered) Figures(ctx context.Context, m *Metric, p Period) (out []Figure, err error) {
	if r.Word != nil {
		if out, err = r.Word.Figures(ctx, m, p); err != nil || len(out) > 0 {
			return out, err
		}
	}
	kept, err := r.Store.Figures(ctx, m.ID, m.Version, p)
	for i := range kept {
		out = append(out, kept[i].Figure)
	}
	return out, err
}
