// Package storetest is the contract of every ledger.Store and ledger.Salts.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Run runs the contract; open returns an empty store, closed by the test.
func Run(t *testing.T, open func(t *testing.T) ledger.Store) {
	for name, test := range map[string]func(*testing.T, ledger.Store){
		"empty": empty, "leaves": leaves, "order": order, "checkpoints": checkpoints, "tree": tree, "concurrent": concurrent,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func empty(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	if n, err := s.Size(ctx); n != 0 || err != nil {
		t.Errorf("Size of an empty store: %d, %v", n, err)
	}
	must(t, s.Leaves(ctx, 0, 10, func(int64, ledger.Leaf) error { return errors.New("there is a leaf") }))
	if _, err := s.Tile(ctx, 0, 0); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Tile of an empty store: %v", err)
	}
	if _, err := s.Checkpoint(ctx, false); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Checkpoint of an empty store: %v", err)
	}
}

func extension(first int64, n int) *ledger.Extension {
	x := &ledger.Extension{First: first}
	for i := range n {
		x.Leaves = append(x.Leaves, fmt.Appendf(nil, "leaf %d", first+int64(i)))
	}
	return x
}

func leaves(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	must(t, s.Extend(ctx, extension(0, 3)))
	x := extension(3, 5000)
	x.Tiles = []ledger.Tile{{Level: 0, Number: 7, Hashes: bytes.Repeat([]byte{7}, 8192)}, {Level: 1, Number: 7, Hashes: bytes.Repeat([]byte{8}, 8192)}}
	must(t, s.Extend(ctx, x))
	if n, err := s.Size(ctx); n != 5003 || err != nil {
		t.Errorf("Size: %d, %v", n, err)
	}
	next := int64(2)
	must(t, s.Leaves(ctx, 2, 5001, func(at int64, leaf ledger.Leaf) error {
		if want := fmt.Sprintf("leaf %d", next); at != next || string(leaf) != want {
			t.Fatalf("leaf %d is %q, want %q", at, leaf, want)
		}
		next++
		return nil
	}))
	if next != 5001 {
		t.Errorf("Leaves ended before %d", next)
	}
	stop := errors.New("enough")
	if err := s.Leaves(ctx, 0, 10, func(int64, ledger.Leaf) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error came back as %v", err)
	}
	got, err := s.Tile(ctx, 1, 7)
	if err != nil || !bytes.Equal(got, x.Tiles[1].Hashes) {
		t.Errorf("Tile: %d bytes, %v", len(got), err)
	}
	if _, err := s.Tile(ctx, 1, 8); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a tile that there is not: %v", err)
	}
}

func order(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	must(t, s.Extend(ctx, extension(0, 2)))
	for _, first := range []int64{0, 1, 3} {
		if err := s.Extend(ctx, extension(first, 2)); err == nil {
			t.Errorf("leaf %d was taken after two leaves", first)
		}
	}
	if n, err := s.Size(ctx); n != 2 || err != nil {
		t.Errorf("Size after refusals: %d, %v", n, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Extend(cancelled, extension(2, 1)); err == nil {
		t.Error("extended although the caller had given up")
	}
	must(t, s.Extend(ctx, extension(2, 1)))
}

func checkpoints(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	want := func(cosigned bool, text string) {
		t.Helper()
		got, err := s.Checkpoint(ctx, cosigned)
		if text == "" && errors.Is(err, ledger.ErrNotFound) {
			return
		}
		if err != nil || string(got) != text {
			t.Errorf("Checkpoint(%t) is %q, %v; want %q", cosigned, got, err, text)
		}
	}
	must(t, s.PutCheckpoint(ctx, 5, []byte("five"), false))
	want(false, "five")
	want(true, "")
	must(t, s.PutCheckpoint(ctx, 5, []byte("five, cosigned"), true))
	must(t, s.PutCheckpoint(ctx, 9, []byte("nine"), false))
	want(false, "nine")
	want(true, "five, cosigned")
	must(t, s.PutCheckpoint(ctx, 5, []byte("five again"), false))
	want(true, "five, cosigned")
}

// tree checks that a log over the store has the tree that RFC 6962 says,
// however its leaves come, and after it was opened again.
func tree(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	clock := time.UnixMilli(1_700_000_000_000)
	open := func() *ledger.Log {
		l, err := ledger.Open(ctx, s, ledger.Options{})
		must(t, err)
		return l
	}
	l := open()
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
		for _, i := range at {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	size := int64(0)
	for _, n := range []int{1, 2, 252, 1, 1, 255, 256, 700, 65536} {
		records := make([]ledger.Record, n)
		for i := range records {
			records[i] = ledger.Record{Kind: ledger.Setting, Of: fmt.Sprintf("setting/%d", size+int64(i))}
		}
		first, err := l.Append(ctx, clock, records...)
		must(t, err)
		if first != size {
			t.Fatalf("the first leaf got place %d, want %d", first, size)
		}
		must(t, l.Read(ctx, first, first+int64(n), func(at int64, leaf ledger.Leaf) error {
			more, err := tlog.StoredHashes(at, leaf, reader)
			hashes = append(hashes, more...)
			return err
		}))
		size += int64(n)
		want, err := tlog.TreeHash(size, reader)
		must(t, err)
		for range 2 {
			if got, err := l.Tree(); err != nil || got.N != size || got.Hash != want {
				t.Fatalf("the tree of %d leaves is %v, %v; want %v", size, got, err, want)
			}
			l = open()
		}
		for _, at := range []int64{0, size / 2, size - 1} {
			p, err := l.Inclusion(ctx, at, size)
			must(t, err)
			leaf, err := l.Leaf(ctx, at)
			must(t, err)
			must(t, p.Check(leaf, want))
			if p.Check(append(leaf, ' '), want) == nil {
				t.Errorf("leaf %d of %d: another leaf has the proof", at, size)
			}
		}
	}
	for _, from := range []int64{1, 255, 256, 257, 1000, size} {
		proof, err := l.Consistency(ctx, from, size)
		must(t, err)
		old, err := l.Root(ctx, from)
		must(t, err)
		now, err := l.Root(ctx, size)
		must(t, err)
		must(t, tlog.CheckTree(proof, size, now, from, old))
	}
}

func concurrent(t *testing.T, s ledger.Store) {
	ctx := t.Context()
	l, err := ledger.Open(ctx, s, ledger.Options{})
	must(t, err)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if _, err := l.Record(ctx, ledger.Statement{Kind: ledger.Docket, What: "noted"}, ledger.Statement{Kind: ledger.Docket, What: "served"}); err != nil {
					t.Error(err)
				}
				if _, err := l.Inclusion(ctx, 0, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n, err := s.Size(ctx); n != 160 || err != nil {
		t.Errorf("Size: %d, %v; want 160", n, err)
	}
	must(t, s.Leaves(ctx, 0, 160, func(at int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err != nil {
			return err
		}
		if want := []string{"noted", "served"}[at%2]; r.What != want {
			t.Errorf("leaf %d is %q: statements made together were parted", at, r.What)
		}
		return nil
	}))
}

// RunSalts runs the contract of salts.
func RunSalts(t *testing.T, open func(t *testing.T) ledger.Salts) {
	s, ctx := open(t), t.Context()
	if _, err := s.Find(ctx, "account/a"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("a salt that was never made: %v", err)
	}
	a, err := s.Salt(ctx, "account/a")
	must(t, err)
	b, err := s.Salt(ctx, "account/b")
	must(t, err)
	if a == b || a == (ledger.Salt{}) {
		t.Error("two subjects share a salt, or it is nothing")
	}
	for range 2 {
		if again, err := s.Salt(ctx, "account/a"); err != nil || again != a {
			t.Errorf("the salt changed: %v", err)
		}
	}
	must(t, s.Erase(ctx, "account/a"))
	must(t, s.Erase(ctx, "account/never"))
	if _, err := s.Find(ctx, "account/a"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("after erasure: %v", err)
	}
	if again, err := s.Find(ctx, "account/b"); err != nil || again != b {
		t.Errorf("erasing one touched another: %v", err)
	}
	if again, err := s.Salt(ctx, "account/a"); err != nil || again == a {
		t.Errorf("an erased salt came back: %v", err)
	}
}
