package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// fill puts events with the decisions of an engine into an entry, as a commit
// does.
func fill(config *engine.Config, events []*event.Event, first uint64) (*Entry, *engine.Batch) {
	e := engine.New(config, engine.Seed{}, 1)
	b := &engine.Batch{}
	entry := &Entry{First: first, Last: first + uint64(len(events)) - 1, Records: []byte{format}}
	for i, ev := range events {
		b.Inputs = append(b.Inputs, engine.Input{Event: ev, Sequence: first + uint64(i)})
	}
	e.Apply(b)
	for i := range events {
		entry.Records = appendRecord(entry.Records, Key{uint64(i), ^uint64(i)}, &b.Inputs[i], &b.Outcomes[i], b, i)
	}
	entry.Records = seal(entry.Records)
	return entry, b
}

// What is written is read back, without the text; of what no minor took part
// in, nothing but time, type and numbers.
func TestRecordsAreReadBackAsWritten(t *testing.T) {
	config := enginetest.Config(t)
	rapid.Check(t, func(t *rapid.T) {
		choose := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		events := enginetest.Traffic(choose, "t", rapid.IntRange(1, 60).Draw(t, "events"))
		entry, b := fill(config, events, 7)
		i := 0
		err := records(entry, func(rec *Record) error {
			defer func() { i++ }()
			want := *events[i]
			if rec.Key != (Key{uint64(i), ^uint64(i)}) || rec.Kept != b.Kept(i) {
				t.Fatalf("record %d: key %v, kept %v", i, rec.Key, rec.Kept)
			}
			if !same(&rec.Outcome, &b.Outcomes[i]) {
				t.Fatalf("record %d: outcome\n%+v\nwant\n%+v", i, rec.Outcome, b.Outcomes[i])
			}
			if !rec.Kept {
				bare := *enginetest.Event(want.Type, want.Time, "")
				if !sameEvent(&rec.Event, &bare) {
					t.Fatalf("record %d keeps of two adults: %+v", i, rec.Event)
				}
				var others []engine.Other
				b.Others(i, func(o engine.Other) { others = append(others, o) })
				if !slices.Equal(rec.Others, others) {
					t.Fatalf("record %d: others %v, want %v", i, rec.Others, others)
				}
				return nil
			}
			want.Text, want.Reason = "", "" // what people wrote is not kept
			if !sameEvent(&rec.Event, &want) {
				t.Fatalf("record %d: event\n%+v\nwant\n%+v", i, rec.Event, want)
			}
			var readings []engine.Reading
			b.Readings(i, func(r engine.Reading) { r.Hits = slices.Clone(r.Hits); readings = append(readings, r) })
			if len(rec.Readings) != len(readings) {
				t.Fatalf("record %d: %d readings, want %d", i, len(rec.Readings), len(readings))
			}
			for j := range readings {
				if len(readings[j].Hits) == 0 {
					readings[j].Hits, rec.Readings[j].Hits = nil, nil
				}
				if !reflect.DeepEqual(rec.Readings[j], readings[j]) {
					t.Fatalf("record %d: reading %+v, want %+v", i, rec.Readings[j], readings[j])
				}
			}
			return nil
		})
		if err != nil || i != len(events) {
			t.Fatalf("%d of %d records: %v", i, len(events), err)
		}
	})
}

func same(a, b *engine.Outcome) bool {
	return bytes.Equal(appendOutcome(nil, a), appendOutcome(nil, b))
}

// sameEvent compares events; empty and absent lists are one.
func sameEvent(a, b *event.Event) bool {
	x, y := *a, *b
	for _, e := range []*event.Event{&x, &y} {
		e.To, e.Media, e.Mentions = append([]string{}, e.To...), append([]string{}, e.Media...), append([]string{}, e.Mentions...)
		e.Classifiers = append([]event.Score{}, e.Classifiers...)
	}
	return reflect.DeepEqual(x, y)
}

// Every field of an event and of an outcome survives, whatever it holds.
func TestEveryFieldIsKept(t *testing.T) {
	text, ids := rapid.String(), rapid.SliceOfN(rapid.String(), 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		ev := event.Event{
			Source: text.Draw(t, "source"), ID: text.Draw(t, "id"), Type: event.Type(rapid.Byte().Draw(t, "type")), Time: rapid.Int64().Draw(t, "time"),
			Stamped: rapid.Bool().Draw(t, "stamped"), From: text.Draw(t, "from"), To: ids.Draw(t, "to"), Conversation: text.Draw(t, "conversation"),
			Channel: event.Channel(rapid.Byte().Draw(t, "channel")), HasText: rapid.Bool().Draw(t, "has text"), Media: ids.Draw(t, "media"),
			Ephemeral: rapid.Bool().Draw(t, "ephemeral"), Mentions: ids.Draw(t, "mentions"), ReplyTo: text.Draw(t, "reply"), Locale: text.Draw(t, "locale"),
			RegisteredAt: rapid.Int64().Draw(t, "registered"), TimeZone: text.Draw(t, "zone"), Region: text.Draw(t, "region"), Device: text.Draw(t, "device"),
			Relation: event.Relation(rapid.Byte().Draw(t, "relation")), Origin: event.Origin(rapid.Byte().Draw(t, "origin")), OriginRef: text.Draw(t, "ref"),
			MutualFriends: rapid.IntRange(-1, 1<<20).Draw(t, "friends"), Video: rapid.Bool().Draw(t, "video"),
			GiftValue: rapid.Float64().Draw(t, "value"), Setting: text.Draw(t, "setting"), Value: text.Draw(t, "set to"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "scores") {
			ev.Classifiers = append(ev.Classifiers, event.Score{Name: text.Draw(t, "name"), Value: rapid.Float32().Draw(t, "score")})
		}
		if rapid.Bool().Draw(t, "age") {
			ev.Age = event.Age{Known: true, Method: event.Method(rapid.Byte().Draw(t, "method")), Lower: rapid.Byte().Draw(t, "lower"), Upper: rapid.Byte().Draw(t, "upper"), Confidence: rapid.Float32().Draw(t, "confidence")}
		}
		o := outcome(t)
		w := writer{}
		w.event(&ev)
		w.outcome(&o)
		w.carry(&signal.Carry{State: 1 << 31, Letters: 7, Part: 9, Gap: 3, Digits: 4, At: 1 << 31})
		r := reader{b: w.b}
		var back event.Event
		back.Reset()
		back.Type, back.Time = ev.Type, ev.Time
		r.event(&back)
		var answer engine.Outcome
		r.outcome(&answer)
		if r.err != nil || !sameEvent(&back, &ev) {
			t.Fatalf("%v: event\n%+v\nwant\n%+v", r.err, back, ev)
		}
		if !same(&answer, &o) || len(answer.Notices) != len(o.Notices) || len(answer.Parts) != len(o.Parts) {
			t.Fatalf("outcome\n%+v\nwant\n%+v", answer, o)
		}
	})
}

func outcome(t *rapid.T) engine.Outcome {
	u8 := func(name string) uint8 { return rapid.Byte().Draw(t, name) }
	o := engine.Outcome{
		Sequence: rapid.Uint64().Draw(t, "sequence"), Action: response.Action(u8("action")), Level: response.Level(u8("level")), Before: response.Level(u8("before")),
		Account: response.AccountActions(rapid.Uint16Range(0, 1<<15).Draw(t, "account")), OpenCase: rapid.Bool().Draw(t, "case"), Basis: engine.Basis(rapid.Uint32().Draw(t, "basis")),
		Pair: engine.Milli(rapid.Int32().Draw(t, "pair")), Actor: engine.Milli(rapid.Int32().Draw(t, "actor")), Signals: u8("signals"), Stages: rapid.Uint16().Draw(t, "stages"),
		Who: engine.Party(rapid.Int16().Draw(t, "who")), Minor: engine.Party(rapid.Int16().Draw(t, "minor")), Speaker: rapid.String().Draw(t, "speaker"),
		Rules: rapid.Uint64().Draw(t, "rules"), Shadow: rapid.Uint64().Draw(t, "shadow"), Would: response.Action(u8("would")), Pairs: u8("pairs"),
	}
	for range rapid.SampledFrom([]int{0, 1, 5, 255, 256, 700}).Draw(t, "notices") {
		o.Notices = append(o.Notices, engine.Notice{Index: 3, To: engine.Party(len(o.Notices))})
	}
	for range rapid.IntRange(0, 45).Draw(t, "parts") {
		o.Parts = append(o.Parts, engine.Contribution{Code: engine.Code(u8("code")), Count: u8("count") / 2, Learned: rapid.Bool().Draw(t, "learned"), Weight: engine.Milli(rapid.Int32().Draw(t, "weight")), At: rapid.Uint32().Draw(t, "at")})
	}
	return o
}

// A message to many children with several notices for each is still a record
// that can be read.
func TestAMessageToManyWithManyNotices(t *testing.T) {
	config := enginetest.Config(t)
	at := int64(enginetest.Start)
	events := []*event.Event{enginetest.Age(at, "adult", 30, 40)}
	many := enginetest.Message(at, "adult", enginetest.BetweenUs)
	many.Ephemeral, many.Media = true, []string{"image"}
	for i := range 64 {
		child := "child" + strings.Repeat("x", i)
		events = append(events, enginetest.Age(at, child, 12, 12))
		many.To = append(many.To, child)
	}
	entry, b := fill(config, append(events, many), 1)
	if n := len(b.Outcomes[len(events)].Notices); n < 128 {
		t.Fatalf("%d notices; the test needs many", n)
	}
	if err := records(entry, func(*Record) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestADamagedEntryIsAClearError(t *testing.T) {
	config := enginetest.Config(t)
	r := rand.New(rand.NewPCG(1, 2))
	events := enginetest.Traffic(r.IntN, "t", 40)
	good, _ := fill(config, events, 100)
	read := func(e *Entry) error { return records(e, func(*Record) error { return nil }) }
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	want := func(name string, e *Entry, text string) {
		t.Helper()
		err := read(e)
		if err == nil || !strings.Contains(err.Error(), "entry 100 to ") || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want an error with %q", name, err, text)
		}
	}
	for i := range 200 {
		e := *good
		e.Records = slices.Clone(good.Records)
		e.Records[r.IntN(len(e.Records))] ^= byte(1 << (i % 8))
		want("a flipped bit", &e, "checksum")
	}
	short := *good
	short.Records = good.Records[:3]
	want("a cut entry", &short, "ends before")
	body := good.Records[1 : len(good.Records)-4]
	other := *good
	other.Records = seal(append([]byte{9}, body...))
	want("another format", &other, "format 9")
	cut := *good
	cut.Records = seal(append([]byte{format}, body[:len(body)/2]...))
	want("half the records", &cut, "ends before")
	wrong := *good
	wrong.First, wrong.Last = 100, 139
	wrong.Records = seal(append([]byte{format}, func() []byte { e, _ := fill(config, events, 200); return e.Records[1 : len(e.Records)-4] }()...))
	want("records of another place", &wrong, "where 100 must stand")
}

// The reader of records takes whatever bytes come without a panic and without
// asking for more memory than the bytes bear out.
func FuzzRecords(f *testing.F) {
	// By hand, for a worker of the fuzzer would take long to load an engine.
	var w writer
	for i := range uint64(3) {
		w.fixed(i)
		w.fixed(i)
		w.byte(byte(event.MessageSent))
		w.int(enginetest.Start)
		if i == 1 {
			w.byte(0)
			w.uint(2)
			w.b = append(w.b, make([]byte, 18)...)
		} else {
			w.byte(1)
			ev := enginetest.Message(enginetest.Start, "a", "hello", "b")
			ev.Media, ev.Classifiers, ev.Age.Known = []string{"image"}, []event.Score{{Name: "n", Value: 1}}, true
			w.event(ev)
			w.uint(1)
			w.reading(engine.Reading{Hits: []signal.Hit{{Signal: 1, Strength: 2}}, Carry: signal.Carry{State: 5}})
		}
		w.outcome(&engine.Outcome{Sequence: i + 1, Notices: []engine.Notice{{Index: 1}}, Parts: []engine.Contribution{{Code: 1}}})
		f.Add(slices.Clone(w.b))
	}
	f.Add([]byte{})
	f.Add(binary.AppendUvarint(make([]byte, 16), 1<<62))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := append([]byte{format}, body...)
		b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
		n := uint64(0)
		var again writer
		err := records(&Entry{First: 1, Last: 50, Records: b}, func(rec *Record) error {
			n++
			if rec.Outcome.Sequence != n {
				t.Errorf("record %d has number %d", n, rec.Outcome.Sequence)
			}
			again.outcome(&rec.Outcome)
			return nil
		})
		if err == nil && n != 50 {
			t.Errorf("%d records and no error", n)
		}
	})
}

// FuzzText is the same for the rows of text.
func FuzzText(f *testing.F) {
	f.Add(appendText(appendText(nil, 1, 2, 3, "hello"), 4, 5, 6, ""))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, plain []byte) {
		n := 0
		err := eachText(plain, func(k kept) { n += len(k.text) })
		if n > len(plain) {
			t.Errorf("%d bytes of text out of %d, %v", n, len(plain), err)
		}
	})
}
