package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/tiles"
)

func strictBase64(s string) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil
}

// LogOptions say more of what a log is held against.
type LogOptions struct {
	// Earlier are checkpoints that were seen before, which the log must begin
	// with.
	Earlier [][]byte
	// Progress, if not nil, is told how many leaves of how many are done.
	Progress func(done, all int64)
	// Each, if not nil, is given every leaf that is what the tree says, in order.
	Each func(at int64, r *ledger.Record)
}

// Log checks a whole log that lies in files, as tiles.Write makes them.
func Log(ctx context.Context, dir fs.FS, keys Keys, o LogOptions) *Report {
	r := newReport()
	signed, err := fs.ReadFile(dir, tiles.CheckpointFile)
	if err != nil {
		r.fail("checkpoint", "%v", err)
		return r
	}
	tree := r.checkpoint(signed, keys)
	if r.Root == "" {
		return r
	}
	if tree.N > maxLeaves {
		r.fail("checkpoint", "%d leaves are more than any log has", tree.N)
		return r
	}
	l := &logCheck{Report: r, dir: dir, size: tree.N, options: o, tops: make([]tlog.Hash, tree.N/tiles.Width)}
	l.run(ctx)
	l.root(tree)
	for _, earlier := range o.Earlier {
		l.earlier(earlier, keys)
	}
	l.strangers()
	return r
}

// maxLeaves bounds what is believed of a checkpoint before its log was seen.
const maxLeaves = 1 << 40

type logCheck struct {
	*Report
	dir     fs.FS
	size    int64
	options LogOptions
	tops    []tlog.Hash // above each full tile of leaves
	rest    []tlog.Hash // of the leaves that fill no tile

	at      int64 // of the leaf before
	next    uint64
	started bool
	behind  int64
}

// part is what one goroutine found in up to 256 leaves.
type part struct {
	number   int64
	hashes   []tlog.Hash
	records  []*ledger.Record // nil: it broke
	problems []Problem
	done     chan struct{}
}

// run reads the leaves, several files at a time, and looks at them in order.
func (l *logCheck) run(ctx context.Context) {
	all := (l.size + tiles.Width - 1) / tiles.Width
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *part, workers), make(chan *part, 4*workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for p := range work {
				l.read(p)
				close(p.done)
			}
		})
	}
	go func() {
		defer close(work)
		defer close(order)
		for n := range all {
			p := &part{number: n, done: make(chan struct{})}
			select {
			case order <- p:
				work <- p
			case <-ctx.Done():
				return
			}
		}
	}()
	done := int64(0)
	for p := range order {
		<-p.done
		l.take(p)
		done = min(l.size, (p.number+1)*tiles.Width)
		if l.options.Progress != nil {
			l.options.Progress(done, l.size)
		}
	}
	group.Wait()
	if done != l.size {
		l.fail("log", "it was not read to its end: %v", ctx.Err())
	}
	if l.behind > 0 {
		l.remark("the clock was turned back: %d leaves say how far", l.behind)
	}
	if l.at > 0 {
		l.Last = time.UnixMilli(l.at).UTC()
		l.times("the last leaf", l.at)
	}
}

// read takes a file of leaves apart and holds it against its tile of hashes.
func (l *logCheck) read(p *part) {
	first := p.number * tiles.Width
	width := int(min(tiles.Width, l.size-first))
	fail := func(at int, format string, args ...any) {
		p.problems = append(p.problems, Problem{fmt.Sprintf("leaf %d", first+int64(at)), fmt.Sprintf(format, args...)})
	}
	want, err := l.tile(0, p.number, width)
	if err != nil {
		fail(0, "its tile of hashes is missing or damaged: %v", err)
	}
	src, err := fs.ReadFile(l.dir, tiles.Path(-1, p.number, width))
	if err != nil {
		fail(0, "its file is missing: %v", err)
	}
	p.hashes, p.records = make([]tlog.Hash, width), make([]*ledger.Record, width)
	for i := range width {
		if len(src) < 2 || len(src) < 2+int(binary.BigEndian.Uint16(src)) {
			fail(i, "it is missing: the file ends before it")
			break
		}
		leaf := src[2 : 2+binary.BigEndian.Uint16(src)]
		src = src[2+len(leaf):]
		p.hashes[i] = tlog.RecordHash(leaf)
		if want != nil && !bytes.Equal(want[i*tlog.HashSize:(i+1)*tlog.HashSize], p.hashes[i][:]) {
			fail(i, "it was changed, or stands in another's place: its hash is not the tree's")
			continue
		}
		if p.records[i], err = ledger.ParseRecord(leaf); err != nil {
			fail(i, "%v", err)
		}
	}
	if len(src) > 0 && len(p.problems) == 0 {
		fail(width, "there is more in the file than the log has")
	}
}

// tile reads a tile of hashes.
func (l *logCheck) tile(level int, number int64, width int) ([]byte, error) {
	data, err := fs.ReadFile(l.dir, tiles.Path(level, number, width))
	if err != nil {
		return nil, err
	}
	if len(data) != width*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes", len(data))
	}
	return data, nil
}

// take looks at the leaves of a part after those before it.
func (l *logCheck) take(p *part) {
	for _, problem := range p.problems {
		l.fail(problem.Where, "%s", problem.What)
	}
	for i, rec := range p.records {
		if rec != nil {
			l.follow(p.number*tiles.Width+int64(i), rec)
		}
	}
	if len(p.hashes) == tiles.Width {
		l.tops[p.number] = ledger.BatchRoot(p.hashes) // a full tree is the same either way
	} else {
		l.rest = p.hashes
	}
}

// follow checks that a record may come after the one before.
func (l *logCheck) follow(at int64, rec *ledger.Record) {
	where := fmt.Sprintf("leaf %d", at)
	if rec.At < l.at {
		l.fail(where, "its moment lies before that of the leaf before it: a clock was turned back")
	}
	if rec.Behind > 0 {
		l.behind++
	}
	l.at = max(l.at, rec.At)
	if at == 0 {
		l.First = time.UnixMilli(rec.At).UTC()
	}
	l.Leaves[string(rec.Kind)]++
	switch {
	case rec.Kind == ledger.Start:
		after, err := strconv.ParseUint(rec.Facts["after"], 10, 63)
		if at != 0 || err != nil {
			l.fail(where, "a log has one beginning, its first leaf, which says what came before")
		}
		l.started, l.next = true, after+1
	case rec.Commit != nil:
		c := rec.Commit
		if !l.started {
			l.fail(where, "decisions %d to %d come before the log's beginning", c.First, c.Last)
			l.started = true
		} else if c.First != l.next {
			l.fail(where, "it begins with decision %d where %d must follow", c.First, l.next)
		}
		l.next = c.Last + 1
		l.Decisions += c.Count
	}
	if l.options.Each != nil {
		l.options.Each(at, rec)
	}
}

// root holds the tree above the leaves against the checkpoint and the tiles.
func (l *logCheck) root(tree tlog.Tree) {
	if len(l.Problems) > 0 && slices.ContainsFunc(l.Problems, func(p Problem) bool { return strings.HasPrefix(p.Where, "leaf ") }) {
		// The tree is built of the leaves as they are: the rest follows.
		if root, err := l.hash(tree.N); err == nil && root != tree.Hash {
			l.fail("checkpoint", "its root is not that of the leaves")
		}
		return
	}
	hashes := l.tops
	for level := 1; len(hashes) > 0; level++ {
		var above []tlog.Hash
		for number := int64(0); number*tiles.Width < int64(len(hashes)); number++ {
			row := hashes[number*tiles.Width : min((number+1)*tiles.Width, int64(len(hashes)))]
			want, err := l.tile(level, number, len(row))
			where := fmt.Sprintf("tile %d/%d", level, number)
			if err != nil {
				l.fail(where, "missing or damaged: %v", err)
			} else {
				for i, h := range row {
					if !bytes.Equal(want[i*tlog.HashSize:(i+1)*tlog.HashSize], h[:]) {
						l.fail(where, "hash %d is not that of the leaves below it", i)
						break
					}
				}
			}
			if len(row) == tiles.Width {
				above = append(above, ledger.BatchRoot(slices.Clone(row)))
			}
		}
		hashes = above
	}
	root, err := l.hash(tree.N)
	if err != nil {
		l.fail("log", "%v", err)
	} else if root != tree.Hash {
		l.fail("checkpoint", "its root is not that of the leaves: they are of another log, or were changed and the tree with them")
	}
}

// hash is the root over the first n leaves as they are in the files.
func (l *logCheck) hash(n int64) (tlog.Hash, error) {
	// RFC 6962: what is left of a tile at the right goes up like a full one.
	rest := l.rest
	if part := n % tiles.Width; n/tiles.Width < int64(len(l.tops)) && part > 0 {
		hashes, err := l.leavesOf(n / tiles.Width)
		if err != nil {
			return tlog.Hash{}, err
		}
		rest = hashes[:part]
	} else {
		rest = rest[:min(int64(len(rest)), part)]
	}
	if n == 0 {
		return tlog.TreeHash(0, nil)
	}
	row := slices.Clone(l.tops[:n/tiles.Width])
	if len(rest) > 0 {
		row = append(row, ledger.BatchRoot(slices.Clone(rest)))
	}
	return ledger.BatchRoot(row), nil
}

// leavesOf are the hashes of one file of leaves.
func (l *logCheck) leavesOf(number int64) (hashes []tlog.Hash, err error) {
	width := int(min(tiles.Width, l.size-number*tiles.Width))
	src, err := fs.ReadFile(l.dir, tiles.Path(-1, number, width))
	for err == nil && len(src) > 0 {
		if len(src) < 2 || len(src) < 2+int(binary.BigEndian.Uint16(src)) {
			break
		}
		n := 2 + int(binary.BigEndian.Uint16(src))
		hashes = append(hashes, tlog.RecordHash(src[2:n]))
		src = src[n:]
	}
	if err == nil && (len(src) > 0 || len(hashes) != width) {
		err = errors.New("a file of leaves is torn")
	}
	return hashes, err
}

// earlier checks that the log begins with what was seen before.
func (l *logCheck) earlier(signed []byte, keys Keys) {
	c, _, err := ledger.OpenCheckpoint(signed, keys.Log)
	if err != nil {
		l.fail("earlier checkpoint", "%v", err)
		return
	}
	where := fmt.Sprintf("earlier checkpoint of %d leaves", c.N)
	if c.N > l.size {
		l.fail(where, "the log has %d now: it was taken back", l.size)
		return
	}
	if root, err := l.hash(c.N); err != nil || root != c.Hash {
		l.fail(where, "the log does not begin with it: two different logs were shown")
	}
}

// strangers are files that no log of this size has.
func (l *logCheck) strangers() {
	known := func(name string) bool {
		rest, ok := strings.CutPrefix(name, "tile/")
		if !ok {
			return name == tiles.CheckpointFile
		}
		kind, path, _ := strings.Cut(rest, "/")
		level, n := -1, l.size
		if kind != "entries" {
			v, err := strconv.Atoi(kind)
			if err != nil || v < 0 || v > 7 {
				return false
			}
			level = v
			for range v {
				n /= tiles.Width
			}
		}
		number, width := int64(0), tiles.Width
		path, partial, ok := strings.Cut(path, ".p/")
		if ok {
			v, err := strconv.Atoi(partial)
			if err != nil {
				return false
			}
			width = v
		}
		for _, digits := range strings.Split(path, "/") {
			v, err := strconv.ParseInt(strings.TrimPrefix(digits, "x"), 10, 32)
			if err != nil {
				return false
			}
			number = number*1000 + v
		}
		want := min(tiles.Width, n-number*tiles.Width)
		return want > 0 && int64(width) == want && name == tiles.Path(level, number, width)
	}
	err := fs.WalkDir(l.dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known(path) {
			l.fail("file "+path, "the log has no such file")
		}
		return err
	})
	if err != nil {
		l.fail("log", "%v", err)
	}
}
