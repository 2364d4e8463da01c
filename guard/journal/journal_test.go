package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Whatever the batches, shards, runs, checkpoints and restarts: the journal
// folded again gives every decision that was given out, to the byte.
// A start reads the newest checkpoint and only the entries after it.
func TestRecoveryFromCheckpointAndTail(t *testing.T) {
	s := newSite(t).tight().open()
	events := traffic(9, "t", 200)
	s.decide(events...)
	s.reopen()
	if c := s.Recovery(); c.Checkpoint != 200 || c.Replayed != 0 {
		t.Errorf("after a clean stop the start did %+v", c)
	}
	was := s.fingerprint()
	// A journal that has no checkpoint of its end: copy the files while it runs.
	s.decide(traffic(10, "u", 30)...)
	tail := s.fingerprint()
	other := newSite(t).tight()
	for _, file := range []string{sqlite.JournalFile, sqlite.JournalFile + "-wal", sqlite.CheckpointFile, sqlite.CheckpointFile + "-wal", journal.VaultFile} {
		src, err := os.ReadFile(filepath.Join(s.dir, file))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other.dir, file), src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other.open()
	if c := other.Recovery(); c.Checkpoint != 200 || c.Replayed != 30 {
		t.Errorf("with a tail the start did %+v", c)
	}
	if other.fingerprint() != tail || tail == was {
		t.Error("checkpoint and tail give another state")
	}
}

func TestADamagedCheckpointCostsTimeOnly(t *testing.T) {
	for name, damage := range map[string]string{
		"a damaged page":   `UPDATE page SET records = x'010203' WHERE kind <> 'head'`,
		"a damaged head":   `UPDATE page SET records = x'7b' WHERE kind = 'head'`,
		"an unknown page":  `UPDATE page SET kind = 'attic'`,
		"another layout":   `UPDATE checkpoint SET layout = 'another'`,
		"never finished":   `UPDATE checkpoint SET finished = 0`,
		"nothing in it":    `DELETE FROM checkpoint`,
		"a sequence below": `UPDATE checkpoint SET layout = layout`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t).tight().open()
			s.decide(traffic(4, "t", 120)...)
			was := s.fingerprint()
			s.close()
			execute(t, filepath.Join(s.dir, sqlite.CheckpointFile), damage)
			s.open()
			if s.fingerprint() != was {
				t.Error("another state")
			}
			if whole := s.Recovery().Replayed == 120; whole == (name == "a sequence below") {
				t.Errorf("the start did %+v", s.Recovery())
			}
		})
	}
}

func TestACheckpointAheadOfTheJournalIsRefused(t *testing.T) {
	s := newSite(t).tight().open()
	s.decide(traffic(4, "t", 120)...)
	s.close()
	execute(t, filepath.Join(s.dir, sqlite.JournalFile), `DELETE FROM entry; DELETE FROM run`)
	if err := s.tryOpen(); err == nil || !strings.Contains(err.Error(), "do not belong together") {
		t.Errorf("%v", err)
	}
	s.Journal = nil
}

func TestADamagedJournalIsRefusedWithAClearError(t *testing.T) {
	s := newSite(t).open()
	s.decide(traffic(4, "t", 50)...)
	s.withoutCheckpoints()
	execute(t, filepath.Join(s.dir, sqlite.JournalFile), `UPDATE entry SET records = cast(substr(records, 1, length(records) - 9) || x'00' AS BLOB) WHERE first = 1`)
	if err := s.tryOpen(); err == nil || !strings.Contains(err.Error(), "entry 1 to ") || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("%v; want an error that names the entry", err)
	}
	s.Journal = nil
	if _, err := journal.Replay(context.Background(), s.store, s.vault, journal.ReplayOptions{}, nil); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("replay: %v", err)
	}
}

// The same event again: the same decision, and nothing changes.
func TestDuplicatesChangeNothing(t *testing.T) {
	s := newSite(t).tight().open()
	introduce(s)
	threat := message("m1", enginetest.TellSchool)
	// Twice in one request.
	both := s.decide(threat, threat)
	if both[0] != both[1] {
		t.Errorf("in one request: %s and %s", both[0], both[1])
	}
	was, last := s.fingerprint(), s.last()
	if last != 3 {
		t.Errorf("%d events were counted, want 3", last)
	}
	check := func(where string) {
		t.Helper()
		if got := s.decide(threat)[0]; got != both[0] {
			t.Errorf("%s: %s, was %s", where, got, both[0])
		}
		if s.last() != last || s.fingerprint() != was {
			t.Errorf("%s: something changed", where)
		}
	}
	check("in another request")
	check("only duplicates")
	s.reopen()
	check("after a restart")
	// Other events in between close runs; the key is then in the store.
	s.decide(traffic(1, "t", 150)...)
	was, last = s.fingerprint(), s.last()
	if n, err := s.Runs(context.Background()); err != nil || n < 3 {
		t.Fatalf("%d runs were closed, %v; the test needs some", n, err)
	}
	check("from a closed run")
	s.reopen()
	check("from a closed run after a restart")
	// The id alone is not the key, nor is the source.
	other := message("m1", enginetest.Plain)
	other.Source = "elsewhere"
	if s.decide(other); s.last() != last+1 {
		t.Error("the same id from another source is not a duplicate")
	}
}

// A run of the idempotency index that is on its way to the store still knows
// its events: those that come again meanwhile are not decided twice.
func TestADuplicateWhileItsRunIsBeingCommitted(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.options.Batch, s.options.RunSize = 8, 8
	g := &gate{}
	s.wrap = func(store journal.Store) journal.Store { g.Store = store; return g }
	s.open()
	events := traffic(1, "t", 8)
	g.hold()
	answers := make(chan []engine.Decision, 2)
	decide := func() {
		d, err := s.Decide(ctx, events)
		if err != nil {
			t.Error(err)
		}
		answers <- d
	}
	go decide()
	<-g.waits // the first eight, which close a run, wait to be committed
	go decide()
	for s.UnderWay() < 2 { // until the duplicates are taken in
		runtime.Gosched()
	}
	g.release()
	first, second := <-answers, <-answers
	if !slices.Equal(lines(first), lines(second)) {
		t.Error("the same events have two decisions")
	}
	if s.last() != 8 {
		t.Errorf("%d events were counted, want 8", s.last())
	}
}

// The oldest runs go; what was decided longer ago is decided anew.
func TestOldRunsAreDropped(t *testing.T) {
	s := newSite(t).tight()
	s.options.Runs = 2
	s.open()
	s.decide(traffic(1, "t", 400)...)
	runs, err := s.store.Runs(context.Background())
	if err != nil || len(runs) > 3 || len(runs) == 0 {
		t.Errorf("%d runs are in the store, %v; want 2 or 3", len(runs), err)
	}
}

func TestRequestsLargerThanABatchAreCut(t *testing.T) {
	s := newSite(t)
	s.options.Batch = 7
	s.open()
	events := traffic(3, "t", 100)
	if got := s.decide(events...); len(got) != 100 {
		t.Errorf("%d decisions, want 100", len(got))
	}
	if got := s.decide(); len(got) != 0 {
		t.Errorf("no events, %d decisions", len(got))
	}
	if err := s.store.Entries(context.Background(), 0, func(e *journal.Entry) error {
		if e.Last-e.First >= 7 {
			t.Errorf("a commit of %d events", e.Last-e.First+1)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	s := newSite(t).tight().open()
	const callers, each = 8, 60
	answers := make([][]string, callers)
	var work sync.WaitGroup
	for c := range callers {
		work.Go(func() {
			r := rand.New(rand.NewPCG(uint64(c), 7))
			for _, some := range chunks(r, traffic(uint64(c), fmt.Sprint("caller", c), each)) {
				d, err := s.Decide(context.Background(), some)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range d {
					if d[i].Event != some[i].ID {
						t.Errorf("the answer to %s stands at the place of %s", d[i].Event, some[i].ID)
					}
				}
				answers[c] = append(answers[c], lines(d)...)
			}
		})
	}
	work.Wait()
	if s.last() != callers*each {
		t.Errorf("%d events were counted, want %d", s.last(), callers*each)
	}
	for c := range callers {
		if again := s.decide(traffic(uint64(c), fmt.Sprint("caller", c), each)...); !slices.Equal(again, answers[c]) {
			t.Errorf("caller %d gets other decisions for the same events", c)
		}
	}
	found, err := journal.Replay(context.Background(), s.store, s.vault, journal.ReplayOptions{}, nil)
	if err != nil || found.Same != callers*each {
		t.Errorf("replay: %+v, %v", found, err)
	}
}

// Once a commit has failed nothing is answered any more, and what was
// acknowledged is there after a restart.
func TestAStoreThatFailsStopsTheJournal(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	g := &gate{}
	s.wrap = func(store journal.Store) journal.Store { g.Store = store; return g }
	s.open()
	events := traffic(2, "t", 40)
	kept := s.decide(events[:20]...)
	failed := errors.New("disk full")
	g.fail(failed)
	if _, err := s.Decide(ctx, events[20:30]); !errors.Is(err, failed) {
		t.Errorf("%v, want the store's error", err)
	}
	g.fail(nil)
	for name, err := range map[string]error{
		"ready":   s.Ready(),
		"decide":  func() error { _, err := s.Decide(ctx, events[30:]); return err }(),
		"contact": func() error { _, err := s.Contact(ctx, "a", "b", event.Direct, enginetest.Start); return err }(),
		"size":    func() error { _, err := s.Size(ctx); return err }(),
		"close":   s.Close(),
	} {
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v; want the error that stopped the journal", name, err)
		}
	}
	if mode := s.FailMode(); mode != "open" && mode != "closed" {
		t.Errorf("fail mode %q", mode)
	}
	s.close()
	s.wrap = nil
	s.open()
	if s.last() != 20 {
		t.Errorf("%d events are in the journal, want 20", s.last())
	}
	if again := s.decide(events[:20]...); !slices.Equal(again, kept) {
		t.Error("what was acknowledged is decided anew")
	}
	s.decide(events[20:]...)
	if s.last() != 40 {
		t.Errorf("%d events are in the journal, want 40", s.last())
	}
}

func TestEveryCallerHearsOfAFailure(t *testing.T) {
	s := newSite(t)
	g := &gate{}
	s.wrap = func(store journal.Store) journal.Store { g.Store = store; return g }
	s.open()
	g.hold()
	g.fail(errors.New("disk full"))
	var work sync.WaitGroup
	for c := range 20 {
		work.Go(func() {
			if _, err := s.Decide(context.Background(), traffic(1, fmt.Sprint(c), 5)); err == nil {
				t.Errorf("caller %d got an answer", c)
			}
		})
	}
	<-g.waits
	g.release()
	work.Wait()
	if s.last() != 0 {
		t.Errorf("%d events are in the journal", s.last())
	}
}

func TestIndexThatCannotBePrunedStopsTheJournal(t *testing.T) {
	s := newSite(t).tight()
	s.options.Runs = 1
	failed := errors.New("disk full")
	s.wrap = func(store journal.Store) journal.Store {
		return &gate{Store: store, failed: map[string]error{"drop": failed}}
	}
	s.open()
	if _, err := s.Decide(context.Background(), traffic(1, "t", 200)); !errors.Is(err, failed) {
		t.Errorf("%v, want the store's error", err)
	}
}

// Close commits and answers what was accepted, however many callers wait; then
// everything is refused.
func TestCloseDrains(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.options.Batch = 4
	g := &gate{}
	s.wrap = func(store journal.Store) journal.Store { g.Store = store; return g }
	s.open()
	g.hold()
	const callers = 40
	var work sync.WaitGroup
	var mu sync.Mutex
	answered := 0
	for c := range callers {
		work.Go(func() {
			d, err := s.Decide(ctx, traffic(1, fmt.Sprint(c), 4))
			if err != nil && !errors.Is(err, journal.ErrClosed) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			answered += len(d)
		})
	}
	<-g.waits
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for s.Ready() == nil { // until Close has begun
		runtime.Gosched()
	}
	g.release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	work.Wait()
	if n := int(s.last()); answered != n || n == 0 {
		t.Errorf("%d events are in the journal, %d were answered", n, answered)
	}
	if _, err := s.Decide(ctx, traffic(1, "late", 1)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	if _, err := s.Size(ctx); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestACancelledCallerIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := newSite(t).open()
	// Either it was refused before it was accepted, or it was decided.
	for i := range 20 {
		if _, err := s.Decide(ctx, []*event.Event{message(fmt.Sprint(i), "hello")}); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.Contact(ctx, "a", "b", event.Direct, 1); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A caller that gives up while its events wait to be committed is told so; they
// are decided all the same, once, and the journal goes on.
func TestACallerMayGiveUpBeforeTheCommit(t *testing.T) {
	s := newSite(t)
	g := &gate{}
	s.wrap = func(store journal.Store) journal.Store { g.Store = store; return g }
	s.open()
	events := traffic(1, "t", 10)
	g.hold()
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		told := make(chan error)
		go func() {
			_, err := s.Decide(ctx, events)
			told <- err
		}()
		for s.UnderWay() == 0 {
			runtime.Gosched()
		}
		cancel()
		if err := <-told; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the context's error", err)
		}
	}
	g.release()
	first, second := s.decide(events...), s.decide(events...)
	if !slices.Equal(first, second) || s.last() != 10 {
		t.Errorf("%d events are in the journal, want 10", s.last())
	}
}

func TestContactIsNoEvent(t *testing.T) {
	ctx := context.Background()
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", enginetest.TellSchool))
	was, last := s.fingerprint(), s.last()
	d, err := s.Contact(ctx, "adult", "child", event.Direct, enginetest.Start+1000)
	if err != nil || d.Action < response.Ask || d.ID != "" || d.Level < response.Elevated {
		t.Errorf("%+v, %v", d, err)
	}
	if s.fingerprint() != was || s.last() != last {
		t.Error("a question changed something")
	}
	if size, err := s.Size(ctx); err != nil || size.Pairs != 1 || size.Accounts != 2 {
		t.Errorf("size %+v, %v", size, err)
	}
}

func TestExplainFindsDecisionsOnly(t *testing.T) {
	ctx := context.Background()
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", enginetest.TellSchool))
	x, err := s.Explain(ctx, engine.DecisionID(3))
	if err != nil || x.Actor != "adult" || x.Minor != "child" || len(x.Contributions) == 0 || len(x.Rules) == 0 {
		t.Errorf("%+v, %v", x, err)
	}
	for _, id := range []string{"d-9", "nonsense", engine.DecisionID(0)} {
		if _, err := s.Explain(ctx, id); !errors.Is(err, engine.ErrUnknownDecision) {
			t.Errorf("%s: %v, want ErrUnknownDecision", id, err)
		}
	}
	latest, err := journal.NewArchive(s.store).Latest(ctx)
	if err != nil || latest == nil || !slices.EqualFunc(latest.Lexicons, s.sources.Lexicons, func(a, b signal.File) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("data files of the newest entry: %v", err)
	}
	if latest, err := journal.NewArchive(newSite(t).open().store).Latest(ctx); latest != nil || err != nil {
		t.Errorf("data files of an empty journal: %v, %v", latest, err)
	}
}

// Another lexicon at the next start: nothing that the old automaton left half
// read is taken up by the new one, and a replay does the same.
// Another lexicon is applied to the text that is still held, and to nothing
// else.
func TestMetricsCountWithoutIDs(t *testing.T) {
	s := newSite(t).tight().open()
	introduce(s)
	s.decide(message("m1", enginetest.TellSchool), message("m1", enginetest.TellSchool))
	s.decide(traffic(1, "t", 150)...)
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(s.Journal); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			got[f.GetName()] += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			if text := m.String(); strings.Contains(text, `"adult`) || strings.Contains(text, `"child`) {
				t.Errorf("an id is in %s", text)
			}
		}
	}
	if got["rowan_decisions_total"] != 153 || got["rowan_levels_total"] != 153 || got["rowan_duplicates_total"] != 1 || got["rowan_alerts_total"] < 1 || got["rowan_commit_events"] < 2 || got["rowan_journal_bytes_total"] < 1000 {
		t.Errorf("%v", got)
	}
}

func TestABadConfigurationIsRefused(t *testing.T) {
	s := newSite(t)
	s.sources.Policy = signal.File{Name: "p.yaml", Source: []byte("nonsense: 1\n")}
	if err := s.tryOpen(); err == nil || !strings.Contains(err.Error(), "p.yaml:1") {
		t.Errorf("%v; want an error that names file and line", err)
	}
	s.Journal = nil
}
