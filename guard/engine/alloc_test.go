package engine_test

import (
	"fmt"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
)

// messages are n messages with text between eligible pairs, all of whose
// accounts are known to the engine.
func messages(e *engine.Engine, n int) []*event.Event {
	lines := []string{enginetest.Plain, enginetest.HowOld, enginetest.BetweenUs, enginetest.PickUp, "wh1ch app d0 you use instead", enginetest.NoThanks}
	var out, ages []*event.Event
	for i := range n {
		adult, child := fmt.Sprint("adult", i%37), fmt.Sprint("child", i%53)
		ages = append(ages, enginetest.Age(enginetest.Start, adult, 30, 40), enginetest.Age(enginetest.Start, child, 11, 12))
		ev := enginetest.Message(enginetest.Start+int64(i)*1000, adult, lines[i%len(lines)], child)
		switch {
		case i%5 == 0:
			ev.From, ev.To[0] = child, adult
		case i%7 == 0:
			ev.Channel, ev.Conversation, ev.Mentions = event.Group, "hall", []string{child}
		}
		out = append(out, ev)
	}
	apply(e, ages, 1, whole)
	return out
}

// On the hot path a message costs no allocation, once the tables and the batch
// have grown.
func TestApplyDoesNotAllocate(t *testing.T) {
	for name, config := range map[string]*engine.Config{"plain": enginetest.Config(t), "guarded": enginetest.SafeConfig(t, "mode: enforce\n")} {
		t.Run(name, func(t *testing.T) { doesNotAllocate(t, config) })
	}
}

func doesNotAllocate(t *testing.T, config *engine.Config) {
	e := engine.New(config, seed, 1)
	events := messages(e, 500)
	var b engine.Batch
	run := func() {
		b.Reset()
		for i, ev := range events {
			b.Inputs = append(b.Inputs, engine.Input{Event: ev, Sequence: uint64(i)})
		}
		e.Apply(&b)
	}
	for range 20 {
		run()
	}
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations for %d messages, want none", n, len(events))
	}
}

func BenchmarkApply(b *testing.B) {
	config, err := engine.DefaultConfig()
	if err != nil {
		b.Fatal(err)
	}
	e := engine.New(config, seed, 1)
	events := messages(e, 2000)
	var batch engine.Batch
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(events) {
		batch.Reset()
		for i, ev := range events {
			batch.Inputs = append(batch.Inputs, engine.Input{Event: ev, Sequence: uint64(i)})
		}
		e.Apply(&batch)
	}
}
