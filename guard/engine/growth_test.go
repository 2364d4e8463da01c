package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
)

// BenchmarkGrowth reads and decides messages of pairs chosen by chance among
// ever more live ones. ns/message must grow by less than twice from a thousand
// pairs to a million. Adults have five pairs each.
func BenchmarkGrowth(b *testing.B) {
	config, err := engine.DefaultConfig()
	if err != nil {
		b.Fatal(err)
	}
	const inBatch = 512
	for _, pairs := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("pairs=%d", pairs), func(b *testing.B) {
			e := engine.New(config, seed, 2)
			var batch engine.Batch
			at := int64(enginetest.Start)
			apply := func(events []*event.Event) {
				batch.Reset()
				for _, ev := range events {
					at += 5
					ev.Time = at
					batch.Inputs = append(batch.Inputs, engine.Input{Event: ev})
				}
				e.Apply(&batch)
			}
			adult := func(pair int) string { return fmt.Sprint("adult", pair/5) }
			child := func(pair int) string { return fmt.Sprint("child", pair*2654435761%(pairs/4)) }
			for pair := 0; pair < pairs; pair += 5 {
				events := []*event.Event{enginetest.Age(at, adult(pair), 30, 40)}
				for i := pair; i < pair+5; i++ {
					events = append(events, enginetest.Age(at, child(i), 11, 12), enginetest.Message(at, adult(i), "hello", child(i)))
				}
				apply(events)
			}
			rng := rand.New(rand.NewPCG(1, uint64(pairs)))
			pool := make([][]*event.Event, 64)
			for i := range pool {
				for range inBatch {
					pair := rng.IntN(pairs)
					pool[i] = append(pool[i], enginetest.Message(at, adult(pair), "the match was really good, did you see it? can't wait", child(pair)))
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				apply(pool[i%len(pool)])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*inBatch), "ns/message")
		})
	}
}
