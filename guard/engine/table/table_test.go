package table

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

type record struct {
	N uint64
	B [3]byte
}

// A table must behave as a map does, whatever is put and removed.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, model := New[record](), map[uint64]record{}
		for range rapid.IntRange(0, 3000).Draw(t, "steps") {
			key := rapid.Uint64Range(1, 700).Draw(t, "key")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				r, fresh := table.Put(key)
				if _, known := model[key]; known == fresh {
					t.Fatalf("Put says new=%v for key %d", fresh, key)
				}
				r.N++
				model[key] = record{N: model[key].N + 1}
			case 2:
				table.Remove(key)
				delete(model, key)
			case 3:
				got, want := table.Get(key), model[key]
				if (got == nil) != (want == record{}) || got != nil && *got != want {
					t.Fatalf("Get(%d) = %v, want %v", key, got, want)
				}
			}
		}
		same(t, table, model)
	})
}

func same(t *rapid.T, table *Table[record], model map[uint64]record) {
	t.Helper()
	got := map[uint64]record{}
	for key, r := range table.All {
		got[key] = *r
	}
	if !maps.Equal(got, model) || table.Len() != len(model) {
		t.Fatalf("table holds %d records, model %d", table.Len(), len(model))
	}
}

// A capture is the table at one moment, however much it changes meanwhile.
func TestCaptureIsOneMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := New[record]()
		for key := range rapid.Uint64Range(1, 3000).Draw(t, "size") {
			r, _ := table.Put(key + 1)
			r.N = key
		}
		want := map[uint64]record{}
		for key, r := range table.All {
			want[key] = *r
		}
		restored := New[record]()
		table.Begin(func(p Page[record]) {
			err := ReadPage(AppendPage(nil, p), func(key uint64, r *record) {
				to, fresh := restored.Put(key)
				if !fresh {
					t.Fatalf("key %d captured twice", key)
				}
				*to = *r
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		for !table.Step(rapid.IntRange(0, 2).Draw(t, "pages")) {
			key := rapid.Uint64Range(1, 4000).Draw(t, "key")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				r, _ := table.Put(key)
				r.N += 1000
			case 1:
				table.Remove(key)
			case 2:
				if r := table.Edit(key); r != nil {
					r.B[0] = 1
				}
			}
		}
		same(t, restored, want)
	})
}

func TestSweepRemovesWhatIsGone(t *testing.T) {
	table := New[record]()
	for key := uint64(1); key <= 2000; key++ {
		r, _ := table.Put(key)
		r.N = key
	}
	for range 100 {
		table.Sweep(20, func(r *record) bool { return r.N%2 == 0 })
	}
	if table.Len() != 1000 || table.Get(2) != nil || table.Get(3) == nil {
		t.Fatalf("%d records left, want the 1000 odd ones", table.Len())
	}
}

func TestReadPageRefusesAnotherLayout(t *testing.T) {
	if err := ReadPage(make([]byte, 25), func(uint64, *record) {}); err == nil {
		t.Fatal("a page of the wrong size was read")
	}
}

func BenchmarkPutMillion(b *testing.B) {
	table := New[[256]byte]()
	for i := range b.N {
		table.Put(uint64(i%1_000_000) * 0x9e3779b97f4a7c15)
	}
}

// The alternatives that were weighed: Go's map of records, and of pointers to
// them.
func BenchmarkLookup(b *testing.B) {
	const n = 1_000_000
	type record [256]byte
	key := func(i int) uint64 { return uint64(i%n) * 0x9e3779b97f4a7c15 }
	b.Run("table", func(b *testing.B) {
		t := New[record]()
		for i := range n {
			t.Put(key(i))
		}
		b.ReportMetric(float64(t.Bytes())/n, "bytes/record")
		b.ResetTimer()
		for i := range b.N {
			t.Edit(key(i * 7919))[0]++
		}
	})
	b.Run("map of records", func(b *testing.B) {
		m := map[uint64]record{}
		for i := range n {
			m[key(i)] = record{}
		}
		b.ResetTimer()
		for i := range b.N {
			r := m[key(i*7919)]
			r[0]++
			m[key(i*7919)] = r
		}
	})
	b.Run("map of pointers", func(b *testing.B) {
		m := map[uint64]*record{}
		for i := range n {
			m[key(i)] = new(record)
		}
		b.ResetTimer()
		for i := range b.N {
			m[key(i*7919)][0]++
		}
	})
}
