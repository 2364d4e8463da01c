package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Options are a log's settings.
type Options struct {
	// Signer signs checkpoints; its name is the log's origin. Nil: there are none.
	Signer note.Signer
	Salts  Salts // nil: no statement can be about somebody
	Now    func() time.Time
}

// Log is an append-only log in a store. Only one Log may write to a store.
type Log struct {
	store   Store
	options Options

	mu    sync.Mutex
	edge  *edge
	at    int64 // of the last leaf
	stale bool  // the store may be ahead of edge: a write failed

	signMu sync.Mutex
	signed int64 // size of the newest checkpoint
}

var _ Appender = (*Log)(nil)

// Open opens the log that is in a store. A log without leaves is a log.
func Open(ctx context.Context, store Store, o Options) (*Log, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Log{store: store, options: o, signed: -1}
	if err := l.load(ctx); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, nil
}

// load makes the edge of what is stored.
func (l *Log) load(ctx context.Context) error {
	size, err := l.store.Size(ctx)
	if err != nil {
		return err
	}
	e := &edge{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		row := make([]tlog.Hash, 0, tileWidth)
		to := size >> (TileHeight * level)
		for n := to &^ (tileWidth - 1); n < to; n++ {
			if level == 0 {
				break
			}
			data, err := l.store.Tile(ctx, level-1, n)
			if err != nil {
				return fmt.Errorf("tile %d/%d: %w", level-1, n, err)
			}
			row = append(row, tileRoot(hashesOf(data)))
		}
		e.levels = append(e.levels, row)
	}
	var last Leaf
	err = l.store.Leaves(ctx, min(size&^(tileWidth-1), max(size-1, 0)), size, func(at int64, leaf Leaf) error {
		if at >= size&^(tileWidth-1) {
			e.levels[0] = append(e.levels[0], tlog.RecordHash(leaf))
		}
		last = append(last[:0], leaf...)
		return nil
	})
	if err != nil {
		return err
	}
	l.at = 0
	if size > 0 {
		r, err := ParseRecord(last)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", size-1, err)
		}
		l.at = r.At
		if got := len(e.levels[0]); got != int(size&(tileWidth-1)) {
			return fmt.Errorf("%d leaves where %d must be", got, size&(tileWidth-1))
		}
	}
	l.edge, l.stale = e, false
	return nil
}

func hashesOf(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}

// Refresh reads what another process has added to the store.
func (l *Log) Refresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.load(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// Size is how many leaves there are.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.edge.size
}

// Append adds records and makes them durable; at is the moment of all of them.
func (l *Log) Append(ctx context.Context, at time.Time, records ...Record) (first int64, err error) {
	return l.Extend(ctx, at, records, func(x *Extension) error { return l.store.Extend(ctx, x) })
}

// Record adds statements and makes them durable.
func (l *Log) Record(ctx context.Context, statements ...Statement) (first int64, err error) {
	records := make([]Record, len(statements))
	for i, s := range statements {
		if records[i], err = Conceal(ctx, l.options.Salts, s); err != nil {
			return 0, err
		}
	}
	return l.Append(ctx, l.options.Now(), records...)
}

// Extend adds records in a transaction of the caller's: durable must write the
// extension or fail. Nobody else can add meanwhile. The moment of a record is
// at, or that of the leaf before it if the clock was turned back.
func (l *Log) Extend(ctx context.Context, at time.Time, records []Record, durable func(*Extension) error) (first int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stale {
		if err := l.load(ctx); err != nil {
			return 0, fmt.Errorf("ledger: %w", err)
		}
	}
	next := l.edge.clone()
	x := &Extension{First: next.size, Leaves: make([]Leaf, 0, len(records))}
	now := max(l.at, at.UnixMilli())
	for i := range records {
		r := &records[i]
		r.V, r.At, r.Behind = Version, now, now-at.UnixMilli()
		var leaf Leaf
		if r.Kind == Commit && r.check() == nil {
			leaf = appendCommit(make(Leaf, 0, 192), r)
		} else if leaf, err = r.Encode(); err != nil {
			return 0, err
		}
		x.Leaves = append(x.Leaves, leaf)
		next.add(tlog.RecordHash(leaf), func(t Tile) { x.Tiles = append(x.Tiles, t) })
	}
	if err := durable(x); err != nil {
		l.stale = true
		return 0, err
	}
	l.edge, l.at = next, now
	return x.First, nil
}

// snapshot is the tree as it is now.
func (l *Log) snapshot() *edge {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.edge // add works on a copy
}

// Tree is the size and the root now.
func (l *Log) Tree() (tlog.Tree, error) {
	e := l.snapshot()
	root, err := e.root()
	return tlog.Tree{N: e.size, Hash: root}, err
}

// hashes reads the tree's hashes.
func (l *Log) hashes(ctx context.Context, e *edge) tlog.HashReader {
	return e.reader(func(level int, number int64) ([]byte, error) { return l.store.Tile(ctx, level, number) })
}

// Inclusion proves that the leaf at a place is in the tree of a size.
func (l *Log) Inclusion(ctx context.Context, index, size int64) (Inclusion, error) {
	e := l.snapshot()
	if index < 0 || index >= size || size > e.size {
		return Inclusion{}, fmt.Errorf("leaf %d in a tree of %d: %w", index, size, ErrNotFound)
	}
	path, err := tlog.ProveRecord(size, index, l.hashes(ctx, e))
	return Inclusion{Index: index, Size: size, Path: path}, err
}

// Consistency proves that the tree of one size is the beginning of that of
// another.
func (l *Log) Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error) {
	e := l.snapshot()
	switch {
	case from < 0 || from > to || to > e.size:
		return nil, fmt.Errorf("from a tree of %d to one of %d: %w", from, to, ErrNotFound)
	case from == 0 || from == to:
		return tlog.TreeProof{}, nil
	}
	return tlog.ProveTree(to, from, l.hashes(ctx, e))
}

// Root is the root of the tree of a size.
func (l *Log) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	e := l.snapshot()
	if size < 0 || size > e.size {
		return tlog.Hash{}, fmt.Errorf("a tree of %d: %w", size, ErrNotFound)
	}
	return tlog.TreeHash(size, l.hashes(ctx, e))
}

// Read calls each for the leaves from one place up to, not including, another.
func (l *Log) Read(ctx context.Context, from, to int64, each func(at int64, leaf Leaf) error) error {
	return l.store.Leaves(ctx, from, to, each)
}

// Leaf returns the one at a place.
func (l *Log) Leaf(ctx context.Context, at int64) (leaf Leaf, err error) {
	err = l.store.Leaves(ctx, at, at+1, func(_ int64, found Leaf) error {
		leaf = append(leaf, found...)
		return nil
	})
	if err == nil && leaf == nil {
		err = fmt.Errorf("leaf %d: %w", at, ErrNotFound)
	}
	return leaf, err
}

// ErrUnsigned is returned where a log without a key is asked for a checkpoint.
var ErrUnsigned = errors.New("the ledger has no signing key")

// Origin is the log's name, "" without a key.
func (l *Log) Origin() string {
	if l.options.Signer == nil {
		return ""
	}
	return l.options.Signer.Name()
}

// Sign makes and keeps a checkpoint of the tree as it is now, if it has grown
// since the last.
func (l *Log) Sign(ctx context.Context) (signed []byte, err error) {
	if l.options.Signer == nil {
		return nil, ErrUnsigned
	}
	l.signMu.Lock()
	defer l.signMu.Unlock()
	tree, err := l.Tree()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if tree.N == l.signed {
		return l.store.Checkpoint(ctx, false)
	}
	c := Checkpoint{Origin: l.options.Signer.Name(), Tree: tree}
	signed, err = note.Sign(&note.Note{Text: c.Text()}, l.options.Signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	if err := l.store.PutCheckpoint(ctx, tree.N, signed, false); err != nil {
		return nil, err
	}
	l.signed = tree.N
	return signed, nil
}

// Checkpoint returns the newest signed one, or the newest that witnesses have
// cosigned.
func (l *Log) Checkpoint(ctx context.Context, cosigned bool) ([]byte, error) {
	return l.store.Checkpoint(ctx, cosigned)
}

// Cosigned keeps a checkpoint of the log's with the cosignatures of witnesses.
func (l *Log) Cosigned(ctx context.Context, size int64, signed []byte) error {
	return l.store.PutCheckpoint(ctx, size, signed, true)
}

// Tile returns the hashes of a tile of height TileHeight, full or not.
func (l *Log) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	e := l.snapshot()
	if t.W == tileWidth && t.N < e.size>>(TileHeight*(t.L+1)) {
		return l.store.Tile(ctx, t.L, t.N)
	}
	return tlog.ReadTileData(t, l.hashes(ctx, e))
}
