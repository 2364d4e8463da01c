package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/ledger"
)

// Options are the journal's settings. The zero value of each field means its
// default.
type Options struct {
	Shards int // default: 2
	// Batch is the greatest number of events in one commit. Default 2,048.
	Batch int
	// TextMessages and TextDays bound the text that is kept for a pair.
	// Defaults: 50 and 30. A negative TextMessages keeps no text at all.
	TextMessages int
	TextDays     int
	// RunSize keys make a run of the idempotency index, Runs of which are
	// kept. Defaults: 524,288 and 32.
	RunSize, Runs int
	// CheckpointEvery events the engine's state is saved. Default 1,500,000.
	CheckpointEvery int
	// NoLastCheckpoint makes Close leave no checkpoint, as a crash would.
	NoLastCheckpoint bool
	Retain           engine.Retention
	// Signer signs the ledger's checkpoints, every second while it grows; nil:
	// nobody does. Salts are those of people in statements of other parts.
	Signer note.Signer
	Salts  ledger.Salts
	// NoLedger keeps decisions without a place in the ledger, to measure what that
	// costs. A journal that has a ledger is refused, and nothing can be proved of
	// one that has none.
	NoLedger bool
	Now      func() time.Time
	Log      *slog.Logger
}

func (o *Options) defaults() {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	set(&o.Shards, 2)
	set(&o.Batch, 2048)
	set(&o.TextMessages, 50)
	set(&o.TextDays, 30)
	set(&o.RunSize, 1<<19)
	set(&o.Runs, 32)
	set(&o.CheckpointEvery, 1_500_000)
	if o.Retain == (engine.Retention{}) {
		o.Retain = engine.DefaultRetention()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the journal is closed")

// Journal decides events and keeps them.
type Journal struct {
	options     Options
	store       Store
	checkpoints Checkpoints
	vault       *Vault
	log         *slog.Logger
	ledger      *ledger.Log
	engine      *engine.Engine // belongs to the fold goroutine
	config      *engine.Config
	archive     *Archive
	number      uint32 // of config in the store
	seed        engine.Seed
	seen        *seen

	requests chan *request
	asks     chan func(*engine.Engine)
	commits  chan *commit
	free     chan *commit
	stop     chan struct{}
	answered chan struct{} // closed after the last answer
	done     sync.WaitGroup
	closing  sync.Once
	sequence uint64 // last given out; fold goroutine

	failure atomic.Pointer[error] // why nothing can be committed any more

	// The fold goroutine's view of the checkpoint.
	since     int // events since the last one began
	capturing bool
	captured  chan capturedPage
	saved     chan struct{} // closed when the last one begun is written

	durableMu   sync.Mutex
	durableMore *sync.Cond
	durable     uint64

	metrics  *metrics
	recovery Recovery
}

// request is the events of one caller.
type request struct {
	events []*event.Event
	places []place
	commit *commit // where the outcomes lie
	err    error
	state  atomic.Int32
	folded chan struct{} // closed when nobody looks at events any more
	done   chan struct{} // answered once
}

// The states of a request.
const (
	waiting   int32 = iota
	taken           // the fold has it
	withdrawn       // its caller has given up
)

// place is where the answer to an event lies: in the batch or, for an event
// decided before, under its sequence number.
type place struct {
	index    int
	sequence uint64 // not 0: a duplicate
}

// commit is a batch on its way to the store.
type commit struct {
	batch    engine.Batch
	requests []*request
	keys     []Key
	entry    Entry
	text     Text
	plain    []byte
	conceal  conceal
	settings []ledger.Record // what became of settings
	surplus  uint64
	err      error
	readers  atomic.Int32 // the writer, and callers that have not rendered their answers yet
}

// Open recovers the state from the newest checkpoint and the entries after it,
// and starts deciding with the sources given. The caller closes store and
// checkpoints after Close.
func Open(ctx context.Context, store Store, checkpoints Checkpoints, vault *Vault, sources engine.Sources, options Options) (*Journal, error) {
	options.defaults()
	seedBytes, err := store.Secret(ctx, "seed", func() ([]byte, error) {
		b := make([]byte, 16)
		_, err := rand.Read(b)
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if options.Batch > ledger.MaxDecisions {
		return nil, fmt.Errorf("a commit of %d events; at most %d", options.Batch, ledger.MaxDecisions)
	}
	if err := sources.Complete(); err != nil {
		return nil, err
	}
	config, err := engine.LoadConfig(sources)
	if err != nil {
		return nil, err
	}
	j := &Journal{
		options: options, store: store, checkpoints: checkpoints, vault: vault, log: options.Log,
		config: config, archive: NewArchive(store), seed: engine.Seed(seedBytes),
		requests: make(chan *request, 1024), asks: make(chan func(*engine.Engine)),
		commits: make(chan *commit), free: make(chan *commit, inFlight), stop: make(chan struct{}), answered: make(chan struct{}),
		metrics: newMetrics(),
	}
	j.durableMore = sync.NewCond(&j.durableMu)
	j.saved = make(chan struct{})
	close(j.saved) // none has begun
	for range inFlight {
		j.free <- &commit{}
	}
	j.seen = newSeen(store, j.seed, options.RunSize, options.Runs)
	if j.number, err = putConfig(ctx, store, sources); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.archive.configs[j.number] = config
	if err := j.recover(ctx); err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	if options.NoLedger {
		err = j.withoutLedger(ctx)
	} else {
		err = j.openLedger(ctx, sourceList(sources))
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.durable = j.sequence
	j.done.Add(3)
	if options.Signer != nil && !options.NoLedger {
		j.done.Add(1)
		go j.keepCheckpoints()
	}
	go j.fold()
	go j.write()
	go j.keepHouse()
	return j, nil
}

// inFlight is how many batches may be under way: one being folded, one being
// committed, and those whose callers are still rendering.
const inFlight = 4

// Decide gives each event a decision, in order, once that is durable. The
// events must not be changed until it returns.
func (j *Journal) Decide(ctx context.Context, events []*event.Event) ([]engine.Decision, error) {
	out := make([]engine.Decision, 0, len(events))
	err := j.decide(ctx, events, func(config *engine.Config, o *engine.Outcome, ev *event.Event) {
		out = append(out, config.Render(o, ev))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// decide calls each for every outcome, once it is durable. The outcome is
// valid until each returns.
func (j *Journal) decide(ctx context.Context, events []*event.Event, each func(*engine.Config, *engine.Outcome, *event.Event)) error {
	for ; len(events) > j.options.Batch; events = events[j.options.Batch:] {
		if err := j.decideSome(ctx, events[:j.options.Batch], each); err != nil {
			return err
		}
	}
	return j.decideSome(ctx, events, each)
}

// decideSome decides what fits in one batch.
func (j *Journal) decideSome(ctx context.Context, events []*event.Event, each func(*engine.Config, *engine.Outcome, *event.Event)) error {
	if len(events) == 0 {
		return nil
	}
	if err := j.Ready(); err != nil {
		return err
	}
	r := &request{events: events, folded: make(chan struct{}), done: make(chan struct{}, 1)}
	select {
	case j.requests <- r:
	case <-j.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-j.answered:
		select {
		case <-r.done:
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return j.giveUp(ctx, r)
	}
	defer j.release(r.commit)
	if r.err != nil {
		return r.err
	}
	for i, p := range r.places {
		if p.sequence == 0 {
			each(j.config, &r.commit.batch.Outcomes[p.index], events[i])
			continue
		}
		config, rec, err := j.archive.lookup(ctx, p.sequence)
		if err != nil {
			return err
		}
		j.metrics.duplicates.Inc()
		each(config, &rec.Outcome, events[i])
	}
	return nil
}

// giveUp ends a caller's wait. Events that were not looked at yet never will
// be. Those that were are decided all the same and become durable when the
// store does; the caller may use their memory again as soon as they are
// folded, for nobody looks at them after that.
func (j *Journal) giveUp(ctx context.Context, r *request) error {
	if r.state.CompareAndSwap(waiting, withdrawn) {
		return fmt.Errorf("not decided: %w", ctx.Err())
	}
	select {
	case <-r.folded:
		j.release(r.commit)
		return fmt.Errorf("decided, but not durable yet: %w", ctx.Err())
	case <-j.answered:
		return ErrClosed
	}
}

// release gives a commit's memory back for the next once the writer and every
// caller are done with it.
func (j *Journal) release(c *commit) {
	if c.readers.Add(-1) == 0 {
		j.free <- c
	}
}

// Ready reports why nothing can be decided, nil if all is well.
func (j *Journal) Ready() error {
	select {
	case <-j.stop:
		return ErrClosed
	default:
	}
	if err := j.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// FailMode is what the policy answers while nothing can be decided.
func (j *Journal) FailMode() string { return j.config.Policy.FailMode().String() }

// Config is the data in force.
func (j *Journal) Config() *engine.Config { return j.config }

// Contact answers whether one account may contact another over a channel at a
// moment (Unix milliseconds), without an event.
func (j *Journal) Contact(ctx context.Context, from, to string, channel event.Channel, at int64) (engine.Decision, error) {
	ev := &event.Event{}
	ev.Reset()
	ev.Type, ev.Time, ev.From, ev.To, ev.Channel = event.ContactProposed, at, from, []string{to}, channel
	var d engine.Decision
	err := j.inspect(ctx, func(e *engine.Engine) {
		o := e.Contact(ev)
		d = j.config.Render(&o, ev)
		d.ID = ""
	})
	return d, err
}

// Account is what is known of an account at a moment (Unix milliseconds).
func (j *Journal) Account(ctx context.Context, id string, at int64) (a engine.Account, err error) {
	err = j.inspect(ctx, func(e *engine.Engine) { a = e.Account(id, account.Seconds(at)) })
	return a, err
}

// inspect runs a question between two batches.
func (j *Journal) inspect(ctx context.Context, question func(*engine.Engine)) error {
	if err := j.Ready(); err != nil {
		return err
	}
	answered := make(chan struct{})
	select {
	case j.asks <- func(e *engine.Engine) { question(e); close(answered) }:
		<-answered
		return nil
	case <-j.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Size is how much state there is.
func (j *Journal) Size(ctx context.Context) (size engine.Size, err error) {
	err = j.inspect(ctx, func(e *engine.Engine) { size = e.Size() })
	return size, err
}

// Explain takes a decision apart.
func (j *Journal) Explain(ctx context.Context, id string) (engine.Explanation, error) {
	return j.archive.Explain(ctx, id)
}

// Close commits what was accepted, signs the ledger and stops.
func (j *Journal) Close() (err error) {
	j.closing.Do(func() { close(j.stop) })
	j.done.Wait()
	if err := j.failure.Load(); err != nil {
		return *err
	}
	if j.options.Signer != nil && !j.options.NoLedger {
		_, err = j.ledger.Sign(context.Background())
	}
	return err
}
