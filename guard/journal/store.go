// Package journal is durable order: the one place that writes. It gives each
// event its sequence number, lets the engine decide, and answers only after
// the commit. What was acknowledged survives kill -9 and loss of power.
package journal

import (
	"context"
	"errors"

	"rowan/ledger"
)

// Entry is one group commit: the events First to Last, what was extracted from
// them and what was decided.
type Entry struct {
	First, Last uint64
	At          int64 // Unix milliseconds of the commit, by the receiver's clock
	Config      uint32
	Records     []byte // see record.go; ends in a checksum
	Text        *Text  // nil if the commit held no text that may be kept
	Run         *Run   // nil unless a run of the idempotency index was closed
	Logged      *Logged
}

// Logged is an entry's place in the ledger, and what its decisions' commitments
// are made of.
type Logged struct {
	First uint64 // sequence of the entry
	Leaf  int64
	Veil  []byte // of ledger.Veil; without the salts of those who were erased
	Text  []byte // of textSalts, without those that were erased; nil once the row of text is removed
	// Kept are commitments that the entry and the veil no longer give, or never
	// did: those of texts and of the erased.
	Kept []byte
	// Extension is written with the entry; nil when read.
	Extension *ledger.Extension
}

// Text is the text of one commit, encrypted.
type Text struct {
	First  uint64 // sequence of the entry it belongs to
	At     int64
	Key    uint32
	Sealed []byte
}

// Run is a closed part of the idempotency index: the keys of the events up to
// Last, sorted, split into buckets by their highest bits.
type Run struct {
	ID      uint64
	Last    uint64
	Count   int
	Filter  []byte
	Buckets [][]byte // only when written; nil when read
}

// Source is the text of a data file that decisions rest on.
type Source struct {
	Kind string // taxonomy, lexicon, features, model, policy, accounts, rulebook, texts, learned
	Name string
	Text []byte
}

// ErrNotFound is returned for what a store does not hold.
var ErrNotFound = errors.New("not in the journal")

// Store keeps the journal. An implementation must pass storetest.Run. Its
// methods may be called from several goroutines, Append from one only.
type Store interface {
	// Append makes an entry durable before it returns. First must follow the
	// last entry's Last; an entry that is there already (same First and Last)
	// changes nothing, so that a commit may be delivered twice.
	Append(ctx context.Context, e *Entry) error
	// Last is the highest sequence number, 0 if there is none.
	Last(ctx context.Context) (uint64, error)
	// Entries calls each for every entry whose Last is above after, in order,
	// without text.
	Entries(ctx context.Context, after uint64, each func(*Entry) error) error
	// Entry returns the entry that holds a sequence number.
	Entry(ctx context.Context, sequence uint64) (*Entry, error)

	// Texts calls each for every text row whose First is above after, in order,
	// up to limit rows (0: all).
	Texts(ctx context.Context, after uint64, limit int, each func(*Text) error) error
	// Text returns the row of an entry.
	Text(ctx context.Context, first uint64) (*Text, error)
	// Rewrite puts rows in the place of those with the same First; an empty
	// Sealed removes the row, and Logged.Text with it. What was there is
	// overwritten on disk.
	Rewrite(ctx context.Context, rows []*Text) error

	// Ledger is the log that Append extends.
	Ledger() ledger.Store
	// Logged returns an entry's place in it, ErrNotFound if it has none.
	Logged(ctx context.Context, first uint64) (*Logged, error)
	// Relog puts Veil, Kept and Text in the place of an entry's, but no Text
	// where there is none any more. What was there is overwritten on disk.
	Relog(ctx context.Context, l []*Logged) error

	// Runs lists the closed runs, oldest first, without buckets.
	Runs(ctx context.Context) ([]*Run, error)
	// Bucket returns one bucket of a run.
	Bucket(ctx context.Context, run uint64, bucket int) ([]byte, error)
	// DropRuns removes the runs up to an id.
	DropRuns(ctx context.Context, upTo uint64) error

	// PutConfig returns the number of a set of sources, storing it if new.
	PutConfig(ctx context.Context, digest string, sources []Source) (uint32, error)
	// Config returns a set of sources.
	Config(ctx context.Context, number uint32) ([]Source, error)

	// Secret returns the value of a name, storing what makeNew gives if there
	// is none yet.
	Secret(ctx context.Context, name string, makeNew func() ([]byte, error)) ([]byte, error)

	Close() error
}

// Checkpoints keeps the engine's state so that a start need not read the whole
// journal. Losing it costs time, not data.
type Checkpoints interface {
	// Begin starts a new checkpoint. It takes effect when it is finished.
	Begin(ctx context.Context, sequence uint64, layout string) (Checkpoint, error)
	// Latest calls each for the pages of the newest finished checkpoint and
	// returns its sequence; ErrNotFound if there is none of this layout.
	Latest(ctx context.Context, layout string, each func(kind string, page []byte) error) (uint64, error)
	Close() error
}

// Checkpoint is one that is being written.
type Checkpoint interface {
	Write(kind string, page []byte) error
	Finish() error
	Abandon() error
}
