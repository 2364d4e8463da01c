package journal_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
)

// site is a data directory and the journal that runs on it.
type site struct {
	t       *testing.T
	dir     string
	options journal.Options
	sources engine.Sources
	wrap    func(journal.Store) journal.Store // may stand between journal and store
	now     time.Time

	*journal.Journal
	store       journal.Store
	checkpoints journal.Checkpoints
	vault       *journal.Vault
	running     bool
}

func newSite(t *testing.T) *site {
	s := &site{t: t, dir: t.TempDir(), sources: enginetest.Sources(), now: time.UnixMilli(enginetest.Start)}
	s.options = journal.Options{Batch: 64, Now: func() time.Time { return s.now }}
	t.Cleanup(s.close)
	return s
}

// tight makes runs and checkpoints come often.
func (s *site) tight() *site {
	s.options.Batch, s.options.RunSize, s.options.Runs, s.options.CheckpointEvery = 16, 23, 1000, 60
	return s
}

func (s *site) open() *site {
	s.t.Helper()
	if err := s.tryOpen(); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *site) tryOpen() (err error) {
	s.t.Helper()
	ctx := context.Background()
	if s.store, err = sqlite.Open(ctx, s.dir); err != nil {
		s.t.Fatal(err)
	}
	if s.wrap != nil {
		s.store = s.wrap(s.store)
	}
	if s.checkpoints, err = sqlite.OpenCheckpoints(ctx, s.dir); err != nil {
		s.t.Fatal(err)
	}
	if s.vault, err = journal.OpenVault(s.dir, s.now); err != nil {
		s.t.Fatal(err)
	}
	s.running = true
	s.Journal, err = journal.Open(ctx, s.store, s.checkpoints, s.vault, s.sources, s.options)
	return err
}

func (s *site) close() {
	if !s.running {
		return
	}
	s.running = false
	if s.Journal != nil {
		if err := s.Close(); err != nil && s.wrap == nil {
			s.t.Error("close journal:", err)
		}
	}
	if err := errors.Join(s.checkpoints.Close(), s.store.Close()); err != nil {
		s.t.Error(err)
	}
}

func (s *site) reopen() *site {
	s.t.Helper()
	s.close()
	return s.open()
}

// decide returns the JSON of the decisions.
func (s *site) decide(events ...*event.Event) []string {
	s.t.Helper()
	all, err := s.Decide(context.Background(), events)
	if err != nil {
		s.t.Fatal(err)
	}
	return lines(all)
}

func lines(all []engine.Decision) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = string(all[i].AppendJSON(nil))
	}
	return out
}

func (s *site) fingerprint() uint64 {
	s.t.Helper()
	sum, err := s.Fingerprint(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return sum
}

func (s *site) last() uint64 {
	s.t.Helper()
	n, err := s.store.Last(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func traffic(seed uint64, name string, n int) []*event.Event {
	return enginetest.Traffic(rand.New(rand.NewPCG(seed, 1)).IntN, name, n)
}

// chunks cuts events into requests of random sizes.
func chunks(r *rand.Rand, events []*event.Event) (out [][]*event.Event) {
	for len(events) > 0 {
		n := min(len(events), 1+r.IntN(40))
		out = append(out, events[:n])
		events = events[n:]
	}
	return out
}

// message is one from an adult to a child, both of whom introduce makes known.
func message(id, text string) *event.Event {
	ev := enginetest.Message(enginetest.Start, "adult", text, "child")
	ev.Source, ev.ID = "test", id
	return ev
}

func introduce(s *site) {
	s.t.Helper()
	adult, child := enginetest.Age(enginetest.Start, "adult", 30, 40), enginetest.Age(enginetest.Start, "child", 12, 13)
	adult.Source, adult.ID, child.Source, child.ID = "test", "who-adult", "test", "who-child"
	s.decide(adult, child)
}

// without removes the checkpoints of a closed site.
func (s *site) withoutCheckpoints() *site {
	s.t.Helper()
	s.close()
	found, err := filepath.Glob(filepath.Join(s.dir, sqlite.CheckpointFile+"*"))
	if err != nil || len(found) == 0 {
		s.t.Fatalf("no checkpoint file: %v, %v", found, err)
	}
	for _, f := range found {
		if err := os.Remove(f); err != nil {
			s.t.Fatal(err)
		}
	}
	return s
}

// gate is a Store whose Append can be held back or made to fail.
type gate struct {
	journal.Store
	mu     sync.Mutex
	err    error
	held   chan struct{} // not nil: Append waits until it is closed
	waits  chan struct{} // gets a value when Append begins to wait
	failed map[string]error
}

func (g *gate) Append(ctx context.Context, e *journal.Entry) error {
	g.mu.Lock()
	err, held := g.err, g.held
	g.mu.Unlock()
	if held != nil {
		g.waits <- struct{}{}
		<-held
	}
	if err != nil {
		return err
	}
	return g.Store.Append(ctx, e)
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held, g.waits = make(chan struct{}), make(chan struct{}, 100)
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.held)
	g.held = nil
}

func (g *gate) call(name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed[name]
}

func (g *gate) Rewrite(ctx context.Context, rows []*journal.Text) error {
	if err := g.call("rewrite"); err != nil {
		return err
	}
	return g.Store.Rewrite(ctx, rows)
}

func (g *gate) Texts(ctx context.Context, after uint64, limit int, each func(*journal.Text) error) error {
	if err := g.call("texts"); err != nil {
		return err
	}
	return g.Store.Texts(ctx, after, limit, each)
}

func (g *gate) DropRuns(ctx context.Context, upTo uint64) error {
	if err := g.call("drop"); err != nil {
		return err
	}
	return g.Store.DropRuns(ctx, upTo)
}
