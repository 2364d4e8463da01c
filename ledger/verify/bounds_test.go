package verify_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/sqlite"
	"rowan/ledger/tiles"
	"rowan/ledger/verify"
)

var leaves = flag.Int("leaves", 200_000, "how large the log of BenchmarkBounds is; the bounds are for ten million")

// The bounds of a log: leaves appended a second while it is signed every second,
// the time of a proof, and that of checking it all offline.
//
//	go test -run '^$' -bench Bounds -benchtime 1x ./ledger/verify -leaves 10000000
func BenchmarkBounds(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		dir := b.TempDir()
		store, err := sqlite.Open(ctx, filepath.Join(dir, "log.db"))
		if err != nil {
			b.Fatal(err)
		}
		key, err := ledger.OpenKey(filepath.Join(dir, "key"), "bounds.example/log", ledger.LogKey, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		l, err := ledger.Open(ctx, store, ledger.Options{Signer: key})
		if err != nil {
			b.Fatal(err)
		}
		took, longest := fill(b, l, *leaves)
		b.ReportMetric(float64(*leaves)/took.Seconds(), "leaves/s")
		b.ReportMetric(longest.Seconds(), "s-between-checkpoints")
		b.ReportMetric(float64(prove(b, l).Microseconds()), "us/proof")
		signed, err := l.Sign(ctx)
		if err != nil {
			b.Fatal(err)
		}
		files := filepath.Join(dir, "files")
		began := time.Now()
		if err := tiles.Write(ctx, files, l, l.Size(), signed, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/export")
		keys, err := verify.ParseKeys(key.Verifier())
		if err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		if r := verify.Log(ctx, os.DirFS(files), keys, verify.LogOptions{}); !r.OK || r.Size != int64(*leaves) {
			b.Fatalf("%+v", r.Problems)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/verify")
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fill appends leaves while another goroutine signs, and returns how long that
// took and the longest time between two checkpoints.
func fill(b *testing.B, l *ledger.Log, n int) (took, longest time.Duration) {
	ctx, stop := context.WithCancel(context.Background())
	var signing sync.WaitGroup
	signing.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		last := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if _, err := l.Sign(context.Background()); err != nil {
				b.Error(err)
			}
			longest = max(longest, time.Since(last))
			last = time.Now()
		}
	})
	began, next := time.Now(), uint64(1)
	if _, err := l.Append(ctx, began, ledger.Record{Kind: ledger.Start, Facts: map[string]string{"after": "0"}}); err != nil {
		b.Fatal(err)
	}
	records := make([]ledger.Record, 0, 2000)
	for done := 1; done < n; done += len(records) {
		records = records[:0]
		for range min(cap(records), n-done) {
			last := next + 499
			records = append(records, ledger.Record{Kind: ledger.Commit, Commit: &ledger.Batch{Count: 500, First: next, Last: last, Root: tlog.Hash{byte(next)}}})
			next = last + 1
		}
		if _, err := l.Append(ctx, time.Now(), records...); err != nil {
			b.Fatal(err)
		}
	}
	took = time.Since(began)
	stop()
	signing.Wait()
	return took, longest
}

// prove is the time of a proof, on average over many leaves.
func prove(b *testing.B, l *ledger.Log) time.Duration {
	const proofs = 2000
	tree, err := l.Tree()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	for range proofs {
		at := r.Int64N(tree.N)
		p, err := l.Inclusion(context.Background(), at, tree.N)
		if err != nil {
			b.Fatal(err)
		}
		if p.Index != at {
			b.Fatal(fmt.Errorf("a proof of leaf %d for leaf %d", p.Index, at))
		}
	}
	return time.Since(began) / proofs
}
