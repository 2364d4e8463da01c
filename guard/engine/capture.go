package engine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"unsafe"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine/table"
)

// The kinds of page of a checkpoint.
const (
	headPage    = "head"
	accountPage = "accounts"
	devicePage  = "devices"
	circlePage  = "circles"
	pairPage    = "pairs"
	actorPage   = "actors"
	roomPage    = "rooms"
	agePage     = "ages"
	choicePage  = "choices"
)

// Layout names the form of the records in memory, which a checkpoint stores
// as they are. A checkpoint of another layout is not read: the journal is.
func Layout() string {
	order := "big"
	if one := uint16(1); *(*byte)(unsafe.Pointer(&one)) == 1 {
		order = "little"
	}
	return fmt.Sprintf("6-%s-%d-%d-%d-%d-%d-%d-%d-%d", order, table.RecordSize[age.Record](), table.RecordSize[account.Choices](), table.RecordSize[account.Facts](), table.RecordSize[device](), table.RecordSize[circle](),
		table.RecordSize[pairRecord](), table.RecordSize[actorRecord](), table.RecordSize[room]())
}

type head struct {
	Zones   []string `json:"zones"`
	Latest  uint32   `json:"latest"`
	Quotas  []byte   `json:"quotas"`
	Lexicon string   `json:"lexicon"` // version of the one that left the pairs' Carry
}

// Capture starts copying the state as it is between two batches. sink gets
// every page: some now, the others in CaptureStep or ahead of a change. It may
// be called from several goroutines at a time and must copy nothing.
func (e *Engine) Capture(sink func(kind string, page []byte)) error {
	quotas, err := e.quotas.AppendBinary(nil)
	if err != nil {
		return fmt.Errorf("capture quotas: %w", err)
	}
	first, err := json.Marshal(head{Zones: e.zones.Names(), Latest: e.latest, Quotas: quotas, Lexicon: e.lexicon})
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	sink(headPage, first)
	begin(e.rooms, roomPage, sink)
	for i := range e.shards {
		s := &e.shards[i]
		begin(s.accounts, accountPage, sink)
		begin(s.ages, agePage, sink)
		begin(s.choices, choicePage, sink)
		begin(s.devices, devicePage, sink)
		begin(s.circles, circlePage, sink)
		begin(s.pairs, pairPage, sink)
		begin(s.actors, actorPage, sink)
	}
	return nil
}

func begin[R any](t *table.Table[R], kind string, sink func(string, []byte)) {
	t.Begin(func(p table.Page[R]) {
		size := (8 + int(table.RecordSize[R]())) * len(p.Keys)
		sink(kind, table.AppendPage(make([]byte, 0, size), p))
	})
}

// CaptureStep copies up to n pages more and reports whether all are done.
func (e *Engine) CaptureStep(n int) (done bool) {
	if !e.rooms.Step(n) {
		return false
	}
	for i := range e.shards {
		s := &e.shards[i]
		if !s.accounts.Step(n) || !s.ages.Step(n) || !s.choices.Step(n) || !s.devices.Step(n) || !s.circles.Step(n) || !s.pairs.Step(n) || !s.actors.Step(n) {
			return false
		}
	}
	return true
}

// Restore takes in a page of a capture, in any order, whatever the number of
// shards was. Use must follow the last page.
func (e *Engine) Restore(kind string, page []byte) error {
	switch kind {
	case headPage:
		var h head
		if err := json.Unmarshal(page, &h); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if err := e.quotas.UnmarshalBinary(h.Quotas); err != nil {
			return fmt.Errorf("restore quotas: %w", err)
		}
		e.zones, e.latest, e.lexicon = account.NewZones(h.Zones), h.Latest, h.Lexicon
		return nil
	case accountPage:
		return restore(page, func(key uint64) *table.Table[account.Facts] { return e.shards[e.owner(key)].accounts })
	case agePage:
		return restore(page, func(key uint64) *table.Table[age.Record] { return e.shards[e.owner(key)].ages })
	case choicePage:
		return restore(page, func(key uint64) *table.Table[account.Choices] { return e.shards[e.owner(key)].choices })
	case devicePage:
		return restore(page, func(key uint64) *table.Table[device] { return e.shards[e.owner(key)].devices })
	case circlePage:
		return restore(page, func(key uint64) *table.Table[circle] { return e.circles(key) })
	case pairPage:
		return restore(page, func(key uint64) *table.Table[pairRecord] { return e.shards[e.owner(key)].pairs })
	case actorPage:
		return restore(page, func(key uint64) *table.Table[actorRecord] { return e.shards[e.owner(key)].actors })
	case roomPage:
		return restore(page, func(uint64) *table.Table[room] { return e.rooms })
	}
	return fmt.Errorf("restore: no page is called %q", kind)
}

func restore[R any](page []byte, to func(key uint64) *table.Table[R]) error {
	return table.ReadPage(page, func(key uint64, r *R) {
		record, _ := to(key).Put(key)
		*record = *r
	})
}

// Fingerprint is a hash of the whole state, the same however it is sharded and
// whether or not what its retention no longer covers was swept already.
// It is slow and meant for tests and checks.
func (e *Engine) Fingerprint() uint64 {
	var sum uint64
	add := func(kind string, key uint64, bytes []byte) {
		b := append([]byte(kind), 0)
		b = binary.LittleEndian.AppendUint64(b, key)
		sum += e.keys.key(0xff, string(append(b, bytes...)))
	}
	quotas, _ := e.quotas.MarshalBinary() // never fails
	add(headPage, uint64(e.latest), append(quotas, strings.Join(e.zones.Names(), ",")...))
	hash(e.rooms, roomPage, add, func(r *room) bool { return past(r.seen, e.retain.Room, e.latest) })
	for i := range e.shards {
		s := &e.shards[i]
		hash(s.accounts, accountPage, add, nil)
		hash(s.ages, agePage, add, nil)
		hash(s.choices, choicePage, add, nil)
		hash(s.devices, devicePage, add, nil)
		hash(s.circles, circlePage, add, func(r *circle) bool { return past(r.Seen, e.retain.Actor, e.latest) })
		hash(s.pairs, pairPage, add, func(r *pairRecord) bool { return past(r.Conduct.Last, e.retain.Pair, e.latest) })
		hash(s.actors, actorPage, add, func(r *actorRecord) bool { return past(r.Seen, e.retain.Actor, e.latest) })
	}
	return sum
}

func hash[R any](t *table.Table[R], kind string, add func(string, uint64, []byte), gone func(*R) bool) {
	for key, r := range t.All {
		if gone != nil && gone(r) {
			continue
		}
		add(kind, key, table.AppendPage(nil, table.Page[R]{Keys: []uint64{key}, Recs: unsafe.Slice(r, 1)}))
	}
}

// Ordinal is how many messages a pair has had, by the key that
// Batch.Textual gives; 0 if the pair is not known any more.
func (e *Engine) Ordinal(pair uint64) uint32 {
	r := e.shards[e.owner(pair)].pairs.Get(pair)
	if r == nil {
		return 0
	}
	return r.Conduct.FromActor + r.Conduct.FromMinor
}

// Contact answers whether two accounts may be in contact, and how, as if the
// one had proposed it; it changes nothing.
func (e *Engine) Contact(ev *event.Event) Outcome {
	probe := e.probe(ev)
	b := &Batch{Inputs: []Input{{Event: ev}}}
	probe.Apply(b)
	return b.Outcomes[0]
}

// probe is an engine with copies of what is known of the two accounts.
func (e *Engine) probe(ev *event.Event) *Engine {
	p := New(e.config, Seed{}, 1)
	p.keys, p.zones, p.quotas, p.latest, p.retain = e.keys, e.zones, e.quotas, e.latest, e.retain
	from, to := e.keys.key(accountKey, ev.From), e.keys.key(accountKey, ev.To[0])
	s := &p.shards[0]
	for _, key := range [...]uint64{from, to} {
		owner := &e.shards[e.owner(key)]
		copyRecord(s.accounts, owner.accounts, key)
		copyRecord(s.ages, owner.ages, key)
		copyRecord(s.choices, owner.choices, key)
		copyRecord(s.circles, owner.circles, key)
		copyRecord(s.actors, owner.actors, key)
	}
	for _, key := range [...]uint64{pairKey(from, to), pairKey(to, from)} {
		copyRecord(s.pairs, e.shards[e.owner(key)].pairs, key)
	}
	if f := s.accounts.Get(from); f != nil && f.Device != 0 {
		for _, key := range [...]uint64{f.Device, pairKey(f.Device, to)} {
			copyRecord(s.devices, e.devices(key), key)
		}
	}
	return p
}

func copyRecord[R any](to, from *table.Table[R], key uint64) {
	if r := from.Get(key); r != nil {
		record, _ := to.Put(key)
		*record = *r
	}
}
