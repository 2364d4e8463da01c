package people_test

import (
	"context"
	"testing"

	"rowan/people"
	"rowan/people/peopletest"
)

// Every request behind a gate waits for its line in the audit log.
func BenchmarkNote(b *testing.B) {
	d := peopletest.Open(b, people.Table{}, nil)
	e := people.Entry{Person: "p-aaaaaaaaaaaaaaaa", Permission: "case.read", Route: "GET /cases/{id}", Object: "1234", Status: 200}
	b.SetParallelism(25)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := d.Note(context.Background(), e); err != nil {
				b.Error(err)
			}
		}
	})
}
