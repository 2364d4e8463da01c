// Package engine is the fold: (state, event) -> (state, effects). It has no
// clock, does no input or output and starts nothing by itself; time comes with
// the events, so a replay gives the same decisions to the byte.
//
// State lies in tables by account, by room, by device, by pair and by actor,
// each split into shards by key. A batch of events goes through them in
// passes; a pass touches one kind of table only and hands its results on in
// the batch. So each event sees exactly what the events before it left, in
// whatever batches and however many shards they come.
package engine

import (
	"runtime"
	"sync"

	"rowan/age"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/engine/table"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// pairRecord is the state of one direction of a pair. It holds no pointers.
// The pair pass owns the first four fields, the standing pass the last.
type pairRecord struct {
	Conduct  conduct.Pair
	Evidence evidence.Pair
	Carry    [2]signal.Carry // of the actor's text, of the minor's
	Standing standing
}

// standing is where a pair stands: level, and which notices it was given when.
type standing struct {
	At    uint32 // Unix seconds of the last rise or confirmation of the level
	Level response.Level
	told  [3]uint8 // notice + 1
	at    [3]uint32
}

type actorRecord struct {
	Conduct conduct.Actor
	Pool    evidence.Pool
	Seen    uint32
	_       uint32
}

// device is what is known of a device, or of a device and a minor.
type device struct {
	Account uint64 // the last one that was blocked
}

type shard struct {
	accounts *table.Table[account.Facts]
	ages     *table.Table[age.Record] // of accounts of which Facts does not say all
	choices  *table.Table[account.Choices]
	copies   []account.Choices // of one batch
	devices  *table.Table[device]
	circles  *table.Table[circle]
	pairs    *table.Table[pairRecord]
	actors   *table.Table[actorRecord]
	reader   *signal.Reader
	context  response.Context // scratch of the standing pass
	keys     []uint64         // scratch of warm
	sink     byte             // what Warm returned
}

// Engine holds the state. Its methods must not be called at the same time.
type Engine struct {
	config  *Config
	keys    keyer
	zones   *account.Zones
	rooms   *table.Table[room]
	shards  []shard
	quotas  response.QuotaState
	lexicon string // version of the one that left what the pairs carry
	latest  uint32 // highest event time seen, Unix seconds
	retain  Retention
	waiting sync.WaitGroup
}

// Retention says how long state is kept after its last event, in seconds.
type Retention struct {
	Pair, Actor, Room uint32
}

// DefaultRetention keeps pairs and actors for 180 days and rooms for one.
func DefaultRetention() Retention {
	const day = 86400
	return Retention{Pair: 180 * day, Actor: 180 * day, Room: day}
}

// New returns an engine without any state. shards must be at least 1; more of
// them use more cores and change no decision.
func New(config *Config, seed Seed, shards int) *Engine {
	e := &Engine{config: config, keys: newKeyer(seed), shards: make([]shard, max(1, shards)), retain: DefaultRetention()}
	for i := range e.shards {
		e.shards[i].reader = config.newReader()
	}
	e.Reset()
	return e
}

// Reset forgets all state.
func (e *Engine) Reset() {
	e.zones, e.rooms = account.NewZones(nil), table.New[room]()
	e.quotas, e.latest, e.lexicon = response.QuotaState{}, 0, e.config.Lexicon.Version()
	for i := range e.shards {
		e.shards[i] = shard{
			accounts: table.New[account.Facts](), devices: table.New[device](), circles: table.New[circle](),
			ages: table.New[age.Record](), choices: table.New[account.Choices](),
			pairs: table.New[pairRecord](), actors: table.New[actorRecord](),
			reader: e.shards[i].reader, keys: e.shards[i].keys,
		}
	}
}

// Retain sets how long state is kept.
func (e *Engine) Retain(r Retention) { e.retain = r }

// Config is the data in force.
func (e *Engine) Config() *Config { return e.config }

// Use puts other data in force from the next batch on. What the automaton of
// another lexicon left in a pair is dropped by its reader's version.
func (e *Engine) Use(config *Config) {
	same := e.lexicon == config.Lexicon.Version()
	e.config, e.lexicon = config, config.Lexicon.Version()
	for i := range e.shards {
		s := &e.shards[i]
		s.reader = config.newReader()
		if same {
			continue
		}
		var keys []uint64
		for key, r := range s.pairs.All {
			if r.Carry != [2]signal.Carry{} {
				keys = append(keys, key)
			}
		}
		for _, key := range keys {
			s.pairs.Edit(key).Carry = [2]signal.Carry{}
		}
	}
}

// inline is the number of candidates up to which one goroutine is faster than
// several that must wait for each other.
const inline = 96

// Apply decides a batch, in order: b.Outcomes[i] is the answer to b.Inputs[i].
func (e *Engine) Apply(b *Batch) {
	e.prepare(b)
	e.pass(b, (*Engine).accountPass)
	e.devicePass(b)
	e.circlePass(b)
	e.roles(b)
	e.pass(b, (*Engine).pairPass)
	e.pass(b, (*Engine).actorPass)
	e.pass(b, (*Engine).standingPass)
	e.settle(b)
	e.sweep(len(b.Inputs))
}

// pass runs a step for every shard, side by side where that pays.
func (e *Engine) pass(b *Batch, step func(*Engine, *Batch, int)) {
	if len(e.shards) == 1 || len(b.candidates) <= inline || runtime.GOMAXPROCS(0) == 1 {
		for i := range e.shards {
			step(e, b, i)
		}
		return
	}
	e.waiting.Add(len(e.shards) - 1)
	for i := 1; i < len(e.shards); i++ {
		go func() {
			defer e.waiting.Done()
			step(e, b, i)
		}()
	}
	step(e, b, 0)
	e.waiting.Wait()
}

// warm gathers the keys of shard i that each names, and fetches their records.
func warm[R any](e *Engine, i int, t *table.Table[R], n int, key func(int) uint64) {
	s := &e.shards[i]
	s.keys = s.keys[:0]
	for j := range n {
		if k := key(j); e.mine(k, i) {
			s.keys = append(s.keys, k)
		}
	}
	s.sink ^= t.Warm(s.keys)
}

// mine reports whether a key belongs to shard i. The tables use a key's mixed
// bits, so its low ones are free for this.
func (e *Engine) mine(key uint64, i int) bool {
	return len(e.shards) == 1 || e.owner(key) == i
}

func (e *Engine) owner(key uint64) int {
	return int((key >> 1) % uint64(len(e.shards)))
}

// past reports whether what was last touched at some moment is to be kept no
// longer, all in seconds.
func past(last, keep, now uint32) bool { return now > last && now-last > keep }

// sweep goes on removing state whose retention has passed, a little for each
// event, so that it never stops the engine.
func (e *Engine) sweep(events int) {
	n := 2*events + 1
	for i := range e.shards {
		s := &e.shards[i]
		s.pairs.Sweep(n, func(r *pairRecord) bool { return past(r.Conduct.Last, e.retain.Pair, e.latest) })
		s.circles.Sweep(n, func(r *circle) bool { return past(r.Seen, e.retain.Actor, e.latest) })
		s.actors.Sweep(n, func(r *actorRecord) bool { return past(r.Seen, e.retain.Actor, e.latest) })
	}
	e.rooms.Sweep(n, func(r *room) bool { return past(r.seen, e.retain.Room, e.latest) })
}

// Size is how much state the engine holds.
type Size struct {
	Accounts, Pairs, Actors, Rooms, Devices int
	Bytes                                   int
}

// Size counts the engine's state.
func (e *Engine) Size() Size {
	size := Size{Rooms: e.rooms.Len(), Bytes: e.rooms.Bytes()}
	for i := range e.shards {
		s := &e.shards[i]
		size.Accounts += s.accounts.Len()
		size.Pairs += s.pairs.Len()
		size.Actors += s.actors.Len()
		size.Devices += s.devices.Len()
		size.Bytes += s.ages.Bytes() + s.choices.Bytes() + s.accounts.Bytes() + s.pairs.Bytes() + s.actors.Bytes() + s.devices.Bytes() + s.circles.Bytes()
	}
	return size
}
