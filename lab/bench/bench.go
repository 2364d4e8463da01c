// Package bench measures the guard as a platform would use it: JSON lines in,
// decisions out, each one durable.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/signal"
)

// Options of a run.
type Options struct {
	Dir      string // where the data directory is made; "" for the system's place
	Pairs    int
	Duration time.Duration
	// HTTP is how long single requests are offered, at Rate a second. 0: not.
	HTTP    time.Duration
	Rate    int
	Hidden  bool // every text obfuscated
	NoGate  bool // without the rules for young people's accounts
	Writers int
	// Restart also measures a start as after a crash: from the last checkpoint
	// that was due, and the events since.
	Restart bool
	Journal journal.Options
	Say     func(format string, args ...any)
	Step    func(stage string, done, all int)
}

// Result is what was measured.
type Result struct {
	MessagesPerSecond float64 `json:"messages_per_second"`
	P50               float64 `json:"p50_ms"` // of single requests over HTTP
	P99               float64 `json:"p99_ms"`
	Durable           bool    `json:"durable"` // every message was found again in the journal
	LivePairs         int     `json:"live_pairs"`
	BytesPerPair      float64 `json:"bytes_per_pair"`

	Messages      int     `json:"messages"`
	Seconds       float64 `json:"seconds"`
	Obfuscated    bool    `json:"obfuscated"`
	NoLedger      bool    `json:"no_ledger"`
	BatchP50      float64 `json:"batch_p50_ms"` // of a group of 512 messages
	BatchP99      float64 `json:"batch_p99_ms"`
	OfferedHTTP   int     `json:"http_requests_per_second_offered"`
	HTTPRequests  int     `json:"http_requests"`
	StateBytes    int     `json:"state_bytes"`
	ResidentBytes int     `json:"resident_bytes"` // of the whole process, at the end
	PeakBytes     int     `json:"peak_resident_bytes"`
	JournalBytes  int64   `json:"journal_bytes"`
	StartSeconds  float64 `json:"start_seconds,omitempty"`
	StartReplayed int     `json:"start_replayed,omitempty"` // events since the checkpoint
	FillSeconds   float64 `json:"fill_seconds"`
	Cores         int     `json:"cores"`
	Go            string  `json:"go"`
}

// group is how many messages a writer hands over at a time, as the server does
// with a stream.
const group = 512

// Run measures.
func Run(ctx context.Context, o Options) (*Result, error) {
	dir, err := os.MkdirTemp(o.Dir, "rowan-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o.Journal.NoLastCheckpoint = o.Restart
	g, err := open(ctx, dir, o.Journal, !o.NoGate)
	if err != nil {
		return nil, err
	}
	r := &Result{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), LivePairs: o.Pairs, Obfuscated: o.Hidden, NoLedger: o.Journal.NoLedger, OfferedHTTP: o.Rate}
	err = r.measure(ctx, g, o, dir)
	if err == nil && o.Restart {
		first, last := g.first, g.last
		if err = g.close(); err == nil {
			g, err = open(ctx, dir, o.Journal, !o.NoGate)
			if err == nil {
				recovery := g.journal.Recovery()
				r.StartSeconds, r.StartReplayed = recovery.Took.Seconds(), recovery.Replayed
				g.first, g.last = first, last
			}
		}
	}
	if err == nil {
		r.Durable, err = g.durable(ctx, r.Messages)
	}
	if g != nil {
		err = errors.Join(err, g.close())
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// sources are the built-in data, with the strictest rules for young people's
// accounts if the gate is on: then every message of the bench is blocked, which
// is the longest answer.
func sources(gated bool) (s engine.Sources) {
	if gated {
		s.Accounts = signal.File{Name: "accounts", Source: []byte("mode: enforce\n")}
	}
	return s
}

type guard struct {
	journal     *journal.Journal
	store       *sqlite.Store
	checkpoints *sqlite.Checkpoints
	first       uint64 // sequence before the measured messages
	last        uint64
}

func open(ctx context.Context, dir string, o journal.Options, gated bool) (*guard, error) {
	g := &guard{}
	var err error
	if g.store, err = sqlite.Open(ctx, dir); err != nil {
		return nil, err
	}
	if g.checkpoints, err = sqlite.OpenCheckpoints(ctx, dir); err != nil {
		return nil, errors.Join(err, g.store.Close())
	}
	vault, err := journal.OpenVault(dir, time.Now())
	if err == nil {
		g.journal, err = journal.Open(ctx, g.store, g.checkpoints, vault, sources(gated), o)
	}
	if err != nil {
		return nil, errors.Join(err, g.checkpoints.Close(), g.store.Close())
	}
	return g, nil
}

func (g *guard) close() error {
	return errors.Join(g.journal.Close(), g.checkpoints.Close(), g.store.Close())
}

// durable counts the measured messages in what is on the disk.
func (g *guard) durable(ctx context.Context, messages int) (bool, error) {
	found := 0
	err := g.store.Entries(ctx, g.first, func(e *journal.Entry) error {
		if e.Last <= g.last {
			found += int(e.Last - e.First + 1)
		}
		return nil
	})
	return found == messages, err
}

func (r *Result) measure(ctx context.Context, g *guard, o Options, dir string) error {
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	began := time.Now()
	if err := fill(ctx, g, o, start); err != nil {
		return err
	}
	r.FillSeconds = time.Since(began).Seconds()
	size, err := g.journal.Size(ctx)
	if err != nil {
		return err
	}
	r.LivePairs, r.StateBytes = size.Pairs, size.Bytes
	r.BytesPerPair = float64(size.Bytes) / float64(max(1, size.Pairs))
	o.Say("%d live pairs, %.0f bytes each with all else, filled in %.1f s", r.LivePairs, r.BytesPerPair, r.FillSeconds)
	if o.HTTP > 0 {
		// What filling left to be done in the background is no part of it.
		if err := g.store.Settle(ctx); err != nil {
			return err
		}
		if err := r.single(ctx, g, o, start.Add(time.Hour)); err != nil {
			return err
		}
	}
	g.first, err = g.store.Last(ctx)
	if err != nil {
		return err
	}
	if err := r.sustain(ctx, g, o, start.Add(2*time.Hour), 0); err != nil {
		return err
	}
	if g.last, err = g.store.Last(ctx); err != nil {
		return err
	}
	r.ResidentBytes, r.PeakBytes = Memory()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			r.JournalBytes += info.Size()
		}
	}
	return nil
}

// fill tells every account's age, and then sends one message in each pair.
func fill(ctx context.Context, g *guard, o Options, start time.Time) error {
	accounts, children := adult(o.Pairs-1)+1, max(1, o.Pairs/4)
	all := accounts + children + o.Pairs
	var done atomic.Int64
	run := func(first, last int, line func(writer, i int) []byte) error {
		workers, ctx := errgroup.WithContext(ctx)
		next := atomic.Int64{}
		next.Store(int64(first))
		for w := range fillers {
			workers.Go(func() error {
				var lines [][]byte
				for {
					from := int(next.Add(4*group)) - 4*group
					if from >= last {
						return nil
					}
					lines = lines[:0]
					for i := from; i < min(last, from+4*group); i++ {
						lines = append(lines, line(w, i))
					}
					if err := decide(ctx, g, lines); err != nil {
						return err
					}
					if n := done.Add(int64(len(lines))); o.Step != nil {
						o.Step("fill", int(n), all)
					}
				}
			})
		}
		return workers.Wait()
	}
	err := run(0, accounts+children, func(_, i int) []byte {
		if i < accounts {
			return age(nil, adultID, i, 25, 60, start)
		}
		return age(nil, childID, i-accounts, 11, 15, start)
	})
	if err != nil {
		return err
	}
	writers := make([]*traffic, fillers)
	for w := range writers {
		writers[w] = newTraffic(7, -1-w, o.Pairs, []string{"hello"}, start)
	}
	return run(0, o.Pairs, func(w, i int) []byte { return writers[w].messageOf(nil, i) })
}

// fillers is how many groups are under way at a time while filling.
const fillers = 4

// decide decodes lines and waits for the decisions.
func decide(ctx context.Context, g *guard, lines [][]byte) error {
	decoder := event.NewDecoder(event.DefaultLimits())
	events := make([]event.Event, len(lines))
	list := make([]*event.Event, len(lines))
	now := time.Now()
	for i, line := range lines {
		if p := decoder.Decode(line, now, &events[i]); p != nil {
			return p
		}
		list[i] = &events[i]
	}
	_, err := g.journal.Decide(ctx, list)
	return err
}

// sustain sends groups of messages as fast as they are decided: JSON is
// written, decoded, decided and committed by the same two cores. The writers are
// numbered from first; each number's messages are its own.
func (r *Result) sustain(ctx context.Context, g *guard, o Options, start time.Time, first int) error {
	words := texts(4096, o.Hidden)
	ctx, cancel := context.WithTimeout(ctx, o.Duration)
	defer cancel()
	var sent atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	errs := make(chan error, o.Writers)
	began := time.Now()
	for w := range o.Writers {
		go func() {
			t := newTraffic(11, first+w, o.Pairs, words, start)
			decoder := event.NewDecoder(event.DefaultLimits())
			events := make([]event.Event, group)
			list := make([]*event.Event, group)
			for i := range events {
				list[i] = &events[i]
			}
			var mine []time.Duration
			var line []byte
			var err error
			for ctx.Err() == nil && err == nil {
				at := time.Now()
				for i := range events {
					line = t.message(line[:0])
					if p := decoder.Decode(line, at, &events[i]); p != nil {
						err = p
					}
				}
				if err == nil {
					_, err = g.journal.Decide(context.WithoutCancel(ctx), list)
				}
				mine = append(mine, time.Since(at))
				sent.Add(group)
				if w == 0 && o.Step != nil {
					o.Step("sustain", int(time.Since(began).Seconds()*1000), int(o.Duration.Milliseconds()))
				}
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
			errs <- err
		}()
	}
	var err error
	for range o.Writers {
		err = errors.Join(err, <-errs)
	}
	r.Seconds = time.Since(began).Seconds()
	r.Messages = int(sent.Load())
	r.MessagesPerSecond = float64(r.Messages) / r.Seconds
	r.BatchP50, r.BatchP99 = quantile(took, 0.5), quantile(took, 0.99)
	o.Say("%.0f messages/s for %.0f s", r.MessagesPerSecond, r.Seconds)
	return err
}

// Memory is the resident size of this process and the highest it had, in
// bytes; 0 where the system does not tell.
func Memory() (now, peak int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		var kb int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			now = kb << 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			peak = kb << 10
		}
	}
	return now, peak
}
