package exhibit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/casework/storetest"
	"rowan/guard/response"
	"rowan/ledger"
	"rowan/refusal"
)

// shelf has many cases with three events each; the second event of one does not
// follow from the first.
type shelf struct{ torn casework.ID }

func (s shelf) Case(context.Context, casework.ID) (casework.Case, error) {
	return casework.Case{}, casework.ErrNotFound
}

func (s shelf) Events(_ context.Context, id casework.ID) ([]casework.Event, error) {
	a := storetest.Alert(fmt.Sprint("u-", id), "u-17", response.High)
	events := []casework.Event{
		{Case: id, Number: 1, At: storetest.Now, Kind: casework.Alerted, Alert: &a},
		{Case: id, Number: 2, At: storetest.Now, Kind: casework.ClaimTaken, By: "ada", Until: storetest.Now.Add(time.Hour)},
		{Case: id, Number: 3, At: storetest.Now, Kind: casework.NoteAdded, By: "ada", Reason: "see above"},
	}
	if id == s.torn {
		events[1].Kind = casework.CaseClosed
	}
	return events, nil
}

func (shelf) Moments(context.Context, string, string, int) ([]casework.Moment, error) {
	return nil, nil
}

func (shelf) Lines(context.Context, casework.ID) ([]casework.Line, error) { return nil, nil }

// book is a ledger that takes all of what it is given, or nothing if one case is
// among it.
type book struct {
	mu      sync.Mutex
	refuses string
	written map[string][]string // numbers of events, by case
}

var errRefused = errors.New("the ledger does not take it")

func (b *book) Record(_ context.Context, statements ...ledger.Statement) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(statements, func(s ledger.Statement) bool { return s.Of == b.refuses }) {
		return 0, errRefused
	}
	for _, s := range statements {
		b.written[s.Of] = append(b.written[s.Of], s.Facts["number"])
	}
	return 0, nil
}

// What many people do at once is recorded together, each event once and in
// order, and a case that cannot be recorded holds up no other.
func TestWhatManyDoAtOnceIsRecordedOnceAndInOrder(t *testing.T) {
	const cases, torn, refused = 20, 5, 9
	b := &book{refuses: exhibit.Of(refused), written: map[string][]string{}}
	clerk, err := exhibit.OpenClerk(t.Context(), t.TempDir(), shelf{torn}, nil, nil, b, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer clerk.Close()
	var group sync.WaitGroup
	for i := range 3 * cases {
		id := casework.ID(1 + i%cases)
		group.Go(func() {
			err := clerk.Recorded(t.Context(), casework.Case{}, casework.Event{Case: id})
			_, refusal := refusal.In(err)
			switch {
			case id == torn && !refusal, id == refused && !errors.Is(err, errRefused), id != torn && id != refused && err != nil:
				t.Errorf("case %d: %v", id, err)
			}
		})
	}
	group.Wait()
	for id := range casework.ID(cases) {
		want := []string{"1", "2", "3"}
		if id+1 == torn || id+1 == refused {
			want = nil
		}
		if got := b.written[exhibit.Of(id+1)]; !slices.Equal(got, want) {
			t.Errorf("case %d: the ledger has %v, want %v", id+1, got, want)
		}
	}
}
