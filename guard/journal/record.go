package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Record is one event as the journal keeps it: without its text and without the
// reason that somebody gave for a report, which may be text too; with what was
// extracted from it and what was decided.
type Record struct {
	Key      Key
	Kept     bool // false: no minor took part, and only Others is known of it
	Event    event.Event
	Readings []engine.Reading
	Others   []engine.Other
	Outcome  engine.Outcome

	afresh bool // Event.Text is to be read, in place of Readings
}

// Key is the 128-bit keyed hash of an event's source and id.
type Key struct{ Hi, Lo uint64 }

var errTorn = errors.New("the record ends before it is complete")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// format is the first byte of an entry's records.
const format = 1

// seal ends an entry's records with their checksum.
func seal(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// unseal checks and removes what seal added.
func unseal(b []byte) ([]byte, error) {
	if len(b) < 5 {
		return nil, errTorn
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, errors.New("checksum differs: the journal was damaged or changed")
	}
	if body[0] != format {
		return nil, fmt.Errorf("records of format %d; this version reads %d", body[0], format)
	}
	return body[1:], nil
}

// The presence bits of an event's optional fields.
const (
	hasText uint32 = 1 << iota
	stamped
	ephemeral
	video
	hasAge
	hasRegistered
	hasMedia
	hasMentions
	hasReply
	hasLocale
	hasScores
	hasPlace // time zone or region
	hasDevice
	hasTie // relation, origin or its reference
	hasMutual
	hasGift
	hasSetting
	hasAgeOrigin // provider, moments or attestation of an age
	hasSupport   // moment, answer, withdrawn method or version
	existing
)

type writer struct{ b []byte }

func (w *writer) uint(v uint64)   { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) int(v int64)     { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) byte(v byte)     { w.b = append(w.b, v) }
func (w *writer) fixed(v uint64)  { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *writer) string(s string) { w.uint(uint64(len(s))); w.b = append(w.b, s...) }
func (w *writer) strings(list []string) {
	w.uint(uint64(len(list)))
	for _, s := range list {
		w.string(s)
	}
}

// appendRecord writes an event of a batch with its outcome.
func appendRecord(b []byte, key Key, in *engine.Input, o *engine.Outcome, batch *engine.Batch, place int) []byte {
	w := writer{b}
	w.fixed(key.Hi)
	w.fixed(key.Lo)
	ev := in.Event
	w.byte(byte(ev.Type))
	w.int(ev.Time)
	if !batch.Kept(place) {
		w.byte(0)
		n := 0
		batch.Others(place, func(engine.Other) { n++ })
		w.uint(uint64(n))
		batch.Others(place, func(other engine.Other) {
			w.fixed(other.Actor)
			w.byte(other.Bit)
		})
		w.outcome(o)
		return w.b
	}
	w.byte(1)
	w.event(ev)
	n := 0
	batch.Readings(place, func(engine.Reading) { n++ })
	w.uint(uint64(n))
	batch.Readings(place, w.reading)
	w.outcome(o)
	return w.b
}

func (w *writer) event(ev *event.Event) {
	var has uint32
	for _, f := range [...]struct {
		holds bool
		bit   uint32
	}{
		{ev.HasText, hasText}, {ev.Stamped, stamped}, {ev.Ephemeral, ephemeral}, {ev.Video, video},
		{ev.Age.Known, hasAge}, {ev.RegisteredAt != 0, hasRegistered}, {len(ev.Media) > 0, hasMedia},
		{len(ev.Mentions) > 0, hasMentions}, {ev.ReplyTo != "", hasReply}, {ev.Locale != "", hasLocale},
		{len(ev.Classifiers) > 0, hasScores}, {ev.TimeZone != "" || ev.Region != "", hasPlace}, {ev.Device != "", hasDevice},
		{ev.Relation != 0 || ev.Origin != 0 || ev.OriginRef != "", hasTie}, {ev.MutualFriends >= 0, hasMutual},
		{ev.GiftValue != 0, hasGift}, {ev.Setting != "" || ev.Value != "", hasSetting},
		{ev.Age.Provider != "" || ev.Age.AssertedAt != 0 || ev.Age.ExpiresAt != 0 || ev.Age.Attested, hasAgeOrigin},
		{ev.Moment != 0 || ev.Answer != 0 || ev.Method != 0 || ev.Version != "", hasSupport}, {ev.Existing, existing},
	} {
		if f.holds {
			has |= f.bit
		}
	}
	w.uint(uint64(has))
	w.byte(byte(ev.Channel))
	w.string(ev.Source)
	w.string(ev.ID)
	w.string(ev.From)
	w.strings(ev.To)
	w.string(ev.Conversation)
	if has&hasAge != 0 {
		w.byte(byte(ev.Age.Method))
		w.byte(ev.Age.Lower)
		w.byte(ev.Age.Upper)
		w.uint(uint64(math.Float32bits(ev.Age.Confidence)))
	}
	if has&hasRegistered != 0 {
		w.int(ev.RegisteredAt)
	}
	if has&hasMedia != 0 {
		w.strings(ev.Media)
	}
	if has&hasMentions != 0 {
		w.strings(ev.Mentions)
	}
	if has&hasReply != 0 {
		w.string(ev.ReplyTo)
	}
	if has&hasLocale != 0 {
		w.string(ev.Locale)
	}
	if has&hasScores != 0 {
		w.uint(uint64(len(ev.Classifiers)))
		for _, s := range ev.Classifiers {
			w.string(s.Name)
			w.uint(uint64(math.Float32bits(s.Value)))
		}
	}
	if has&hasPlace != 0 {
		w.string(ev.TimeZone)
		w.string(ev.Region)
	}
	if has&hasDevice != 0 {
		w.string(ev.Device)
	}
	if has&hasTie != 0 {
		w.byte(byte(ev.Relation))
		w.byte(byte(ev.Origin))
		w.string(ev.OriginRef)
	}
	if has&hasMutual != 0 {
		w.uint(uint64(ev.MutualFriends))
	}
	if has&hasGift != 0 {
		w.fixed(math.Float64bits(ev.GiftValue))
	}
	if has&hasSetting != 0 {
		w.string(ev.Setting)
		w.string(ev.Value)
	}
	if has&hasAgeOrigin != 0 {
		w.string(ev.Age.Provider)
		w.int(ev.Age.AssertedAt)
		w.int(ev.Age.ExpiresAt)
		w.uint(bit(ev.Age.Attested))
	}
	if has&hasSupport != 0 {
		w.b = append(w.b, byte(ev.Moment), byte(ev.Answer), byte(ev.Method))
		w.string(ev.Version)
	}
}

func (w *writer) reading(r engine.Reading) {
	w.uint(uint64(r.Place))
	w.uint(uint64(r.Words)<<1 | bit(r.Asks))
	w.fixed(r.Opening)
	w.byte(byte(len(r.Hits)))
	for _, h := range r.Hits {
		w.b = append(w.b, byte(h.Signal), h.Strength, byte(h.Flags))
	}
	w.carry(&r.Carry)
}

// carry takes one byte where nothing is carried, which is nearly always.
func (w *writer) carry(c *signal.Carry) {
	if *c == (signal.Carry{}) {
		w.byte(0)
		return
	}
	w.b = append(w.b, 1, c.Gap, c.Digits)
	w.uint(uint64(c.State))
	w.uint(uint64(c.Letters))
	w.uint(uint64(c.Part))
	w.uint(uint64(c.At))
}

func bit(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

func (w *writer) outcome(o *engine.Outcome) {
	w.uint(o.Sequence)
	w.b = append(w.b, byte(o.Action), byte(o.Level), byte(o.Before), byte(o.Would), o.Signals, o.Pairs)
	w.uint(uint64(o.Account)<<1 | bit(o.OpenCase))
	w.uint(uint64(o.Basis))
	w.int(int64(o.Pair))
	w.int(int64(o.Actor))
	w.uint(uint64(o.Stages))
	w.int(int64(o.Who))
	w.int(int64(o.Minor))
	w.string(o.Speaker)
	w.uint(o.Rules)
	w.uint(o.Shadow)
	w.uint(uint64(len(o.Notices)))
	for _, n := range o.Notices {
		w.byte(n.Index | byte(n.Band)<<6) // a policy has at most 64 notices
		w.int(int64(n.To))
	}
	w.uint(uint64(len(o.Parts)))
	for _, p := range o.Parts {
		w.b = append(w.b, byte(p.Code), min(p.Count, 127)|byte(bit(p.Learned))<<7)
		w.int(int64(p.Weight))
		w.uint(uint64(p.At))
	}
	if o.Basis&engine.Safeguarded != 0 {
		w.safe(&o.Safe)
	}
}

// safe writes what the rules for young people's accounts had to say.
func (w *writer) safe(s *engine.Safe) {
	w.byte(byte(s.Has))
	if s.Has&engine.HasGate != 0 {
		a := &s.Gate
		w.b = append(w.b, byte(a.Way), byte(a.Verdict), byte(a.Reason), a.Setting, byte(bit(a.FromOwn)),
			byte(a.From), byte(a.To), a.Region[0], a.Region[1], byte(a.Ways))
	}
	if s.Has&engine.HasChange != 0 {
		c := &s.Change
		w.b = append(w.b, byte(c.Reason), byte(c.Place+1), byte(c.Band), c.Before, c.Asked, c.After)
	}
	if s.Has&engine.HasAge != 0 {
		a := &s.Age
		w.b = append(w.b, byte(a.Before), byte(a.After), byte(a.Reason), byte(a.Method), a.Confidence)
	}
}

// reader takes records apart. After an error everything it returns is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = errTorn
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.b) < 1 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) string() string {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// length reads the length of a list whose elements take at least one byte.
func (r *reader) length() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) strings(to []string) []string {
	for range r.length() {
		to = append(to, r.string())
	}
	return to
}

// record reads the next one into rec, reusing its memory.
func (r *reader) record(rec *Record) error {
	rec.Key = Key{r.fixed(), r.fixed()}
	rec.Readings, rec.Others = rec.Readings[:0], rec.Others[:0]
	rec.Event.Reset()
	rec.Event.Type = event.Type(r.byte())
	rec.Event.Time = r.int()
	rec.Kept = r.byte() == 1
	if rec.Kept {
		r.event(&rec.Event)
		for range r.length() {
			rec.Readings = append(rec.Readings, r.reading())
		}
	} else {
		for range r.length() {
			rec.Others = append(rec.Others, engine.Other{Actor: r.fixed(), Bit: r.byte()})
		}
	}
	r.outcome(&rec.Outcome)
	return r.err
}

func (r *reader) event(ev *event.Event) {
	has := uint32(r.uint())
	ev.HasText, ev.Stamped = has&hasText != 0, has&stamped != 0
	ev.Ephemeral, ev.Video, ev.Existing = has&ephemeral != 0, has&video != 0, has&existing != 0
	ev.Channel = event.Channel(r.byte())
	ev.Source, ev.ID, ev.From = r.string(), r.string(), r.string()
	ev.To = r.strings(ev.To)
	ev.Conversation = r.string()
	if has&hasAge != 0 {
		ev.Age = event.Age{Known: true, Method: event.Method(r.byte()), Lower: r.byte(), Upper: r.byte(), Confidence: math.Float32frombits(uint32(r.uint()))}
	}
	if has&hasRegistered != 0 {
		ev.RegisteredAt = r.int()
	}
	if has&hasMedia != 0 {
		ev.Media = r.strings(ev.Media)
	}
	if has&hasMentions != 0 {
		ev.Mentions = r.strings(ev.Mentions)
	}
	if has&hasReply != 0 {
		ev.ReplyTo = r.string()
	}
	if has&hasLocale != 0 {
		ev.Locale = r.string()
	}
	if has&hasScores != 0 {
		for range r.length() {
			ev.Classifiers = append(ev.Classifiers, event.Score{Name: r.string(), Value: math.Float32frombits(uint32(r.uint()))})
		}
	}
	if has&hasPlace != 0 {
		ev.TimeZone, ev.Region = r.string(), r.string()
	}
	if has&hasDevice != 0 {
		ev.Device = r.string()
	}
	if has&hasTie != 0 {
		ev.Relation, ev.Origin, ev.OriginRef = event.Relation(r.byte()), event.Origin(r.byte()), r.string()
	}
	if has&hasMutual != 0 {
		ev.MutualFriends = int(r.uint())
	}
	if has&hasGift != 0 {
		ev.GiftValue = math.Float64frombits(r.fixed())
	}
	if has&hasSetting != 0 {
		ev.Setting, ev.Value = r.string(), r.string()
	}
	if has&hasAgeOrigin != 0 {
		ev.Age.Provider, ev.Age.AssertedAt, ev.Age.ExpiresAt = r.string(), r.int(), r.int()
		ev.Age.Attested = r.uint() == 1
	}
	if has&hasSupport != 0 {
		ev.Moment, ev.Answer, ev.Method = event.Moment(r.byte()), event.Answer(r.byte()), event.Method(r.byte())
		ev.Version = r.string()
	}
}

func (r *reader) reading() engine.Reading {
	var out engine.Reading
	out.Place = uint16(r.uint())
	words := r.uint()
	out.Words, out.Asks = uint16(words>>1), words&1 != 0
	out.Opening = r.fixed()
	n := int(r.byte())
	if n > signal.MaxHits {
		r.fail()
		return out
	}
	for range n {
		out.Hits = append(out.Hits, signal.Hit{Signal: signal.ID(r.byte()), Strength: r.byte(), Flags: signal.Flag(r.byte())})
	}
	if r.byte() != 0 {
		out.Carry = signal.Carry{
			Gap: r.byte(), Digits: r.byte(), State: uint32(r.uint()), Letters: uint32(r.uint()),
			Part: uint16(r.uint()), At: uint32(r.uint()),
		}
	}
	return out
}

func (r *reader) outcome(o *engine.Outcome) {
	o.Reset()
	o.Sequence = r.uint()
	o.Action, o.Level, o.Before = response.Action(r.byte()), response.Level(r.byte()), response.Level(r.byte())
	o.Would, o.Signals, o.Pairs = response.Action(r.byte()), r.byte(), r.byte()
	account := r.uint()
	o.Account, o.OpenCase = response.AccountActions(account>>1), account&1 != 0
	o.Basis = engine.Basis(r.uint())
	o.Pair, o.Actor = engine.Milli(r.int()), engine.Milli(r.int())
	o.Stages = uint16(r.uint())
	o.Who, o.Minor = engine.Party(r.int()), engine.Party(r.int())
	o.Speaker = r.string()
	o.Rules, o.Shadow = r.uint(), r.uint()
	for range r.length() {
		b := r.byte()
		o.Notices = append(o.Notices, engine.Notice{Index: b & 63, Band: age.Band(b >> 6), To: engine.Party(r.int())})
	}
	for range r.length() {
		p := engine.Contribution{Code: engine.Code(r.byte()), Count: r.byte(), Weight: engine.Milli(r.int()), At: uint32(r.uint())}
		p.Count, p.Learned = p.Count&127, p.Count > 127
		o.Parts = append(o.Parts, p)
	}
	if o.Basis&engine.Safeguarded != 0 {
		r.safe(&o.Safe)
	}
}

func (r *reader) safe(s *engine.Safe) {
	s.Has = engine.SafePart(r.byte())
	if s.Has&engine.HasGate != 0 {
		s.Gate = account.Answer{
			Way: account.Way(r.byte()), Verdict: account.Verdict(r.byte()), Reason: account.Reason(r.byte()), Setting: r.byte(),
			FromOwn: r.byte() == 1, From: age.Band(r.byte()), To: age.Band(r.byte()), Region: [2]byte{r.byte(), r.byte()},
			Ways: account.Possible(r.byte()),
		}
	}
	if s.Has&engine.HasChange != 0 {
		s.Change = account.Ruling{Reason: account.ChangeReason(r.byte()), Place: int(r.byte()) - 1, Band: age.Band(r.byte()), Before: r.byte(), Asked: r.byte(), After: r.byte()}
	}
	if s.Has&engine.HasAge != 0 {
		s.Age = engine.AgeChange{
			Before: age.Band(r.byte()), After: age.Band(r.byte()), Reason: age.Reason(r.byte()), Method: event.Method(r.byte()), Confidence: r.byte(),
		}
	}
}

// records calls each for every record of an entry. The record is valid until
// each returns.
func records(e *Entry, each func(*Record) error) error {
	body, err := unseal(e.Records)
	if err != nil {
		return fmt.Errorf("entry %d to %d: %w", e.First, e.Last, err)
	}
	r := reader{b: body}
	var rec Record
	for sequence := e.First; sequence <= e.Last; sequence++ {
		if err := r.record(&rec); err != nil {
			return fmt.Errorf("entry %d to %d, record %d: %w", e.First, e.Last, sequence, err)
		}
		if rec.Outcome.Sequence != sequence {
			return fmt.Errorf("entry %d to %d holds record %d where %d must stand", e.First, e.Last, rec.Outcome.Sequence, sequence)
		}
		if err := each(&rec); err != nil {
			return err
		}
	}
	return nil
}
