// Package storetest is the contract of a journal.Store and of a
// journal.Checkpoints: whatever implements one must pass it.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"rowan/guard/journal"
	"rowan/ledger"
)

// Run runs the contract of a Store. open is called once for each case and
// returns an empty store, which the case closes.
func Run(t *testing.T, open func(t *testing.T) journal.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s journal.Store)
	}{
		{"an empty store has nothing", empty},
		{"entries come back in order", entries},
		{"an entry that is there already changes nothing", twice},
		{"an entry out of order is refused and leaves nothing", outOfOrder},
		{"text is kept beside its entry and can be rewritten", texts},
		{"a place in the ledger comes with its entry", logged},
		{"runs and their buckets come with their entry and can be dropped", runs},
		{"data files are stored once", configs},
		{"a secret is made once", secrets},
		{"reading goes on beside appending", concurrent},
		{"a cancelled context is an error", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			defer func() {
				if err := s.Close(); err != nil {
					t.Error("close:", err)
				}
			}()
			c.test(t, s)
		})
	}
}

func entry(first, last uint64) *journal.Entry {
	return &journal.Entry{First: first, Last: last, At: int64(last) * 1000, Config: uint32(first%3 + 1), Records: fmt.Appendf(nil, "records %d to %d", first, last)}
}

func mustAppend(t *testing.T, s journal.Store, entries ...*journal.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := s.Append(context.Background(), e); err != nil {
			t.Fatalf("append %d to %d: %v", e.First, e.Last, err)
		}
	}
}

func wantLast(t *testing.T, s journal.Store, want uint64) {
	t.Helper()
	if got, err := s.Last(context.Background()); err != nil || got != want {
		t.Fatalf("last is %d, %v; want %d", got, err, want)
	}
}

func empty(t *testing.T, s journal.Store) {
	ctx := context.Background()
	wantLast(t, s, 0)
	never := func() error { t.Error("something is there"); return nil }
	if err := s.Entries(ctx, 0, func(*journal.Entry) error { return never() }); err != nil {
		t.Error(err)
	}
	if err := s.Texts(ctx, 0, 0, func(*journal.Text) error { return never() }); err != nil {
		t.Error(err)
	}
	if r, err := s.Runs(ctx); err != nil || len(r) != 0 {
		t.Errorf("runs %v, %v", r, err)
	}
	_, err := s.Entry(ctx, 1)
	wantNotFound(t, "entry", err)
	_, err = s.Text(ctx, 1)
	wantNotFound(t, "text", err)
	_, err = s.Config(ctx, 1)
	wantNotFound(t, "config", err)
	if b, err := s.Bucket(ctx, 1, 1); err != nil || len(b) != 0 {
		t.Errorf("bucket %v, %v", b, err)
	}
}

func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func entries(t *testing.T, s journal.Store) {
	ctx := context.Background()
	var all []*journal.Entry
	first := uint64(1)
	for i := range uint64(200) {
		e := entry(first, first+i%4)
		first = e.Last + 1
		all = append(all, e)
	}
	mustAppend(t, s, all...)
	last := all[len(all)-1].Last
	wantLast(t, s, last)
	for _, after := range []uint64{0, 1, 2, 3, 17, 100, last - 1, last, last + 5} {
		var want, got []*journal.Entry
		for _, e := range all {
			if e.Last > after {
				want = append(want, e)
			}
		}
		if err := s.Entries(ctx, after, func(e *journal.Entry) error { got = append(got, e); return nil }); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, func(a, b *journal.Entry) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("after %d: %d entries, want %d", after, len(got), len(want))
		}
	}
	for _, e := range all {
		for sequence := e.First; sequence <= e.Last; sequence++ {
			if got, err := s.Entry(ctx, sequence); err != nil || !reflect.DeepEqual(got, e) {
				t.Fatalf("entry of %d: %+v, %v; want %+v", sequence, got, err, e)
			}
		}
	}
	_, err := s.Entry(ctx, last+1)
	wantNotFound(t, "entry after the last", err)
	_, err = s.Entry(ctx, 0)
	wantNotFound(t, "entry 0", err)
	stop := errors.New("stop")
	if err := s.Entries(ctx, 0, func(*journal.Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
}

func twice(t *testing.T, s journal.Store) {
	full := entry(3, 5)
	full.Text = &journal.Text{First: 3, At: 9, Key: 1, Sealed: []byte("sealed")}
	full.Run = run(1, 5)
	mustAppend(t, s, entry(1, 2), full, full, full)
	wantLast(t, s, 5)
	n := 0
	if err := s.Entries(context.Background(), 0, func(*journal.Entry) error { n++; return nil }); err != nil || n != 2 {
		t.Errorf("%d entries, %v; want 2", n, err)
	}
	mustAppend(t, s, entry(6, 6))
}

func outOfOrder(t *testing.T, s journal.Store) {
	mustAppend(t, s, entry(1, 4))
	for _, e := range []*journal.Entry{entry(6, 7), entry(4, 5), entry(1, 5), entry(2, 4), entry(1, 3)} {
		e.Text = &journal.Text{First: e.First, At: 1, Key: 1, Sealed: []byte("sealed")}
		e.Run = run(9, e.Last)
		if err := s.Append(context.Background(), e); err == nil {
			t.Errorf("%d to %d was appended after 4", e.First, e.Last)
		}
	}
	wantLast(t, s, 4)
	if r, err := s.Runs(context.Background()); err != nil || len(r) != 0 {
		t.Errorf("a refused entry left a run: %v, %v", r, err)
	}
	if err := s.Texts(context.Background(), 0, 0, func(x *journal.Text) error { return fmt.Errorf("text of %d", x.First) }); err != nil {
		t.Error("a refused entry left", err)
	}
	mustAppend(t, s, entry(5, 5))
}

func texts(t *testing.T, s journal.Store) {
	ctx := context.Background()
	for i := range uint64(150) {
		e := entry(i+1, i+1)
		if i%2 == 0 {
			e.Text = &journal.Text{First: i + 1, At: int64(i), Key: 1, Sealed: fmt.Appendf(nil, "sealed %d", i)}
		}
		mustAppend(t, s, e)
	}
	list := func(after uint64, limit int) (got []uint64) {
		t.Helper()
		if err := s.Texts(ctx, after, limit, func(x *journal.Text) error { got = append(got, x.First); return nil }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := list(0, 0); len(got) != 75 || got[0] != 1 || got[74] != 149 || !slices.IsSorted(got) {
		t.Errorf("all texts: %v", got)
	}
	if got := list(3, 4); !slices.Equal(got, []uint64{5, 7, 9, 11}) {
		t.Errorf("four texts after 3: %v", got)
	}
	if got := list(0, 70); len(got) != 70 {
		t.Errorf("%d texts, want 70", len(got))
	}
	if got := list(0, 75); len(got) != 75 {
		t.Errorf("%d texts, want 75", len(got))
	}
	again := &journal.Text{First: 5, At: 7, Key: 2, Sealed: []byte("sealed anew")}
	if err := s.Rewrite(ctx, []*journal.Text{again, {First: 7}, {First: 8}}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Text(ctx, 5); err != nil || !reflect.DeepEqual(got, again) {
		t.Errorf("rewritten: %+v, %v", got, err)
	}
	for _, first := range []uint64{2, 7, 8} {
		_, err := s.Text(ctx, first)
		wantNotFound(t, fmt.Sprint("text of ", first), err)
	}
	if got, err := s.Text(ctx, 9); err != nil || string(got.Sealed) != "sealed 8" {
		t.Errorf("another row changed: %+v, %v", got, err)
	}
	stop := errors.New("stop")
	if err := s.Texts(ctx, 0, 0, func(*journal.Text) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
}

// run is a closed run with keys in its buckets 0 and 4,095 only.
func run(id, last uint64) *journal.Run {
	r := &journal.Run{ID: id, Last: last, Count: 2, Filter: fmt.Appendf(nil, "filter %d", id), Buckets: make([][]byte, 4096)}
	r.Buckets[0], r.Buckets[4095] = fmt.Appendf(nil, "low %d", id), fmt.Appendf(nil, "high %d", id)
	return r
}

func runs(t *testing.T, s journal.Store) {
	ctx := context.Background()
	for id := uint64(1); id <= 4; id++ {
		e := entry(id, id)
		e.Run = run(id, id)
		mustAppend(t, s, e)
	}
	list := func() (ids []uint64) {
		t.Helper()
		found, err := s.Runs(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			want := run(r.ID, r.ID)
			want.Buckets = nil
			if !reflect.DeepEqual(r, want) {
				t.Errorf("run %+v, want %+v", r, want)
			}
			ids = append(ids, r.ID)
		}
		return ids
	}
	if got := list(); !slices.Equal(got, []uint64{1, 2, 3, 4}) {
		t.Errorf("runs %v", got)
	}
	bucket := func(id uint64, number int, want string) {
		t.Helper()
		if got, err := s.Bucket(ctx, id, number); err != nil || string(got) != want {
			t.Errorf("bucket %d of run %d: %q, %v; want %q", number, id, got, err, want)
		}
	}
	bucket(2, 0, "low 2")
	bucket(2, 4095, "high 2")
	bucket(2, 17, "")
	if err := s.DropRuns(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if got := list(); !slices.Equal(got, []uint64{3, 4}) {
		t.Errorf("after dropping up to 2: runs %v", got)
	}
	bucket(2, 0, "")
	bucket(3, 4095, "high 3")
}

func configs(t *testing.T, s journal.Store) {
	ctx := context.Background()
	one := []journal.Source{{Kind: "policy", Name: "p.yaml", Text: []byte("a: 1\n")}, {Kind: "lexicon", Name: "en.yaml", Text: []byte{0, 255}}}
	two := []journal.Source{{Kind: "policy", Name: "p.yaml", Text: []byte("a: 2\n")}}
	put := func(digest string, sources []journal.Source) uint32 {
		t.Helper()
		n, err := s.PutConfig(ctx, digest, sources)
		if err != nil || n == 0 {
			t.Fatalf("number %d, %v", n, err)
		}
		return n
	}
	first, second := put("x", one), put("y", two)
	if first == second || put("x", one) != first || put("y", two) != second {
		t.Error("the same data files have another number, or others the same")
	}
	for number, want := range map[uint32][]journal.Source{first: one, second: two} {
		if got, err := s.Config(ctx, number); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("data files %d: %v, %v; want %v", number, got, err, want)
		}
	}
	_, err := s.Config(ctx, 99)
	wantNotFound(t, "config 99", err)
}

func secrets(t *testing.T, s journal.Store) {
	ctx := context.Background()
	failed := errors.New("no randomness")
	if _, err := s.Secret(ctx, "seed", func() ([]byte, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("a secret that cannot be made: %v", err)
	}
	made := 0
	for range 3 {
		got, err := s.Secret(ctx, "seed", func() ([]byte, error) { made++; return []byte("first"), nil })
		if err != nil || string(got) != "first" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	if got, err := s.Secret(ctx, "other", func() ([]byte, error) { return []byte("second"), nil }); err != nil || string(got) != "second" {
		t.Errorf("another secret: %q, %v", got, err)
	}
}

func concurrent(t *testing.T, s journal.Store) {
	ctx := context.Background()
	const n = 60
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			for {
				last, err := s.Last(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if last > 0 {
					if e, err := s.Entry(ctx, last); err != nil || e.Last < last {
						t.Errorf("entry of %d: %v", last, err)
						return
					}
				}
				if last == n {
					return
				}
			}
		})
	}
	for i := range uint64(n) {
		e := entry(i+1, i+1)
		e.Text = &journal.Text{First: i + 1, At: 1, Key: 1, Sealed: []byte("sealed")}
		mustAppend(t, s, e)
		if i%5 == 4 { // as housekeeping does beside the commits
			if err := s.Rewrite(ctx, []*journal.Text{{First: i}}); err != nil {
				t.Error(err)
			}
		}
	}
	work.Wait()
}

func cancelled(t *testing.T, s journal.Store) {
	mustAppend(t, s, entry(1, 1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, call := range map[string]func() error{
		"append":   func() error { return s.Append(ctx, entry(2, 2)) },
		"last":     func() error { _, err := s.Last(ctx); return err },
		"entries":  func() error { return s.Entries(ctx, 0, func(*journal.Entry) error { return nil }) },
		"entry":    func() error { _, err := s.Entry(ctx, 1); return err },
		"texts":    func() error { return s.Texts(ctx, 0, 0, func(*journal.Text) error { return nil }) },
		"text":     func() error { _, err := s.Text(ctx, 1); return err },
		"rewrite":  func() error { return s.Rewrite(ctx, []*journal.Text{{First: 1}}) },
		"runs":     func() error { _, err := s.Runs(ctx); return err },
		"bucket":   func() error { _, err := s.Bucket(ctx, 1, 1); return err },
		"dropruns": func() error { return s.DropRuns(ctx, 1) },
		"put":      func() error { _, err := s.PutConfig(ctx, "z", nil); return err },
		"config":   func() error { _, err := s.Config(ctx, 1); return err },
		"secret": func() error {
			_, err := s.Secret(ctx, "z", func() ([]byte, error) { return []byte("z"), nil })
			return err
		},
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want the context's error", name, err)
		}
	}
	wantLast(t, s, 1)
}

// RunCheckpoints runs the contract of Checkpoints. open is called once for each
// case and returns an empty one, which the case closes.
func RunCheckpoints(t *testing.T, open func(t *testing.T) journal.Checkpoints) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s journal.Checkpoints)
	}{
		{"there is none at first", noCheckpoint},
		{"the newest finished one is read", newest},
		{"one that was not finished is as if it had not been begun", unfinished},
		{"one of another layout is not read", otherLayout},
		{"the reader's error is returned", readerFails},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			defer func() {
				if err := s.Close(); err != nil {
					t.Error("close:", err)
				}
			}()
			c.test(t, s)
		})
	}
}

const layout = "test-1"

// save writes a checkpoint of n pages, each of which holds the sequence.
func save(t *testing.T, s journal.Checkpoints, sequence uint64, n int) journal.Checkpoint {
	t.Helper()
	c, err := s.Begin(context.Background(), sequence, layout)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := c.Write(fmt.Sprint("kind", i%3), fmt.Appendf(nil, "%d %d", sequence, i)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func finish(t *testing.T, c journal.Checkpoint) {
	t.Helper()
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
}

func wantCheckpoint(t *testing.T, s journal.Checkpoints, sequence uint64, n int) {
	t.Helper()
	pages := 0
	got, err := s.Latest(context.Background(), layout, func(kind string, page []byte) error {
		if kind != fmt.Sprint("kind", pages%3) || !bytes.Equal(page, fmt.Appendf(nil, "%d %d", sequence, pages)) {
			t.Errorf("page %d: %s %q", pages, kind, page)
		}
		pages++
		return nil
	})
	if err != nil || got != sequence || pages != n {
		t.Errorf("checkpoint of %d with %d pages, %v; want %d with %d", got, pages, err, sequence, n)
	}
}

func noCheckpoint(t *testing.T, s journal.Checkpoints) {
	_, err := s.Latest(context.Background(), layout, func(string, []byte) error { return errors.New("a page") })
	wantNotFound(t, "checkpoint", err)
}

func newest(t *testing.T, s journal.Checkpoints) {
	for i, n := range []int{3, 200, 0, 64} {
		sequence := uint64(10 * (i + 1))
		finish(t, save(t, s, sequence, n))
		wantCheckpoint(t, s, sequence, n)
	}
}

func unfinished(t *testing.T, s journal.Checkpoints) {
	finish(t, save(t, s, 10, 5))
	for _, n := range []int{0, 7, 130} {
		if err := save(t, s, 20, n).Abandon(); err != nil {
			t.Fatal(err)
		}
		wantCheckpoint(t, s, 10, 5)
	}
	finish(t, save(t, s, 30, 2))
	wantCheckpoint(t, s, 30, 2)
}

func otherLayout(t *testing.T, s journal.Checkpoints) {
	finish(t, save(t, s, 10, 5))
	_, err := s.Latest(context.Background(), "test-2", func(string, []byte) error { return errors.New("a page") })
	wantNotFound(t, "checkpoint of another layout", err)
}

func readerFails(t *testing.T, s journal.Checkpoints) {
	finish(t, save(t, s, 10, 5))
	stop := errors.New("stop")
	if _, err := s.Latest(context.Background(), layout, func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
	wantCheckpoint(t, s, 10, 5)
}

func logged(t *testing.T, s journal.Store) {
	ctx := t.Context()
	if _, err := s.Logged(ctx, 1); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("an entry that there is not is in the ledger: %v", err)
	}
	put := func(first, last uint64, leaf int64) error {
		e := entry(first, last)
		e.Text = &journal.Text{First: first, At: 1, Key: 1, Sealed: []byte("text")}
		e.Logged = &journal.Logged{
			First: first, Leaf: leaf, Veil: []byte("veil"), Text: []byte("seed"), Kept: []byte("kept"),
			Extension: &ledger.Extension{First: leaf, Leaves: []ledger.Leaf{[]byte("leaf")}},
		}
		return s.Append(ctx, e)
	}
	if err := put(1, 2, 0); err != nil {
		t.Fatal(err)
	}
	if err := put(3, 3, 5); err == nil {
		t.Error("a leaf was taken that does not follow")
	}
	wantLast(t, s, 2) // the entry was not taken either
	if n, err := s.Ledger().Size(ctx); n != 1 || err != nil {
		t.Errorf("the ledger has %d leaves, %v", n, err)
	}
	if err := put(3, 3, 1); err != nil {
		t.Fatal(err)
	}
	if err := put(3, 3, 1); err != nil { // delivered twice
		t.Errorf("delivered twice: %v", err)
	}
	if n, err := s.Ledger().Size(ctx); n != 2 || err != nil {
		t.Errorf("the ledger has %d leaves, %v", n, err)
	}
	want := func(first uint64, veil, text, kept string) {
		t.Helper()
		l, err := s.Logged(ctx, first)
		if err != nil || string(l.Veil) != veil || string(l.Text) != text || string(l.Kept) != kept || l.First != first || l.Extension != nil {
			t.Errorf("entry %d in the ledger: %+v, %v", first, l, err)
		}
	}
	want(3, "veil", "seed", "kept")
	if err := s.Relog(ctx, []*journal.Logged{{First: 3, Veil: []byte("less"), Text: []byte("scrap"), Kept: []byte("more")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrite(ctx, []*journal.Text{{First: 1}, {First: 3, At: 1, Key: 2, Sealed: []byte("text again")}}); err != nil {
		t.Fatal(err)
	}
	want(1, "veil", "", "kept")
	want(3, "less", "scrap", "more")
	// A seed that went with its text does not come back.
	if err := s.Relog(ctx, []*journal.Logged{{First: 1, Veil: []byte("less"), Text: []byte("seed"), Kept: []byte("more")}}); err != nil {
		t.Fatal(err)
	}
	want(1, "less", "", "more")
}
