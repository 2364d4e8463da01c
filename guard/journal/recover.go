package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rowan/guard/engine"
)

// Recovery is what a start had to do.
type Recovery struct {
	Checkpoint uint64 // sequence of the checkpoint that was read, 0: none
	Replayed   int    // events folded again
	Took       time.Duration
}

// Recovery says what the start had to do.
func (j *Journal) Recovery() Recovery { return j.recovery }

// recover brings the engine and the idempotency index to where the store is.
func (j *Journal) recover(ctx context.Context) error {
	began := j.options.Now()
	if err := j.restore(ctx); err != nil {
		return err
	}
	runs, err := j.store.Runs(ctx)
	if err != nil {
		return err
	}
	indexed := uint64(0)
	for _, run := range runs {
		j.seen.runs = append(j.seen.runs, run)
		j.seen.next = run.ID + 1
		indexed = run.Last
	}
	last, err := j.store.Last(ctx)
	if err != nil {
		return err
	}
	if j.recovery.Checkpoint > last {
		// The checkpoint is ahead of the journal: the journal was replaced.
		return fmt.Errorf("the checkpoint is of event %d, the journal ends at %d: they do not belong together; move checkpoint.db away", j.recovery.Checkpoint, last)
	}
	f := newRefold(j.engine, j.options.Batch)
	err = j.store.Entries(ctx, min(indexed, j.recovery.Checkpoint), func(e *Entry) error {
		fold := e.First > j.recovery.Checkpoint
		if fold && e.Config != f.config {
			config, err := j.archive.config(ctx, e.Config)
			if err != nil {
				return err
			}
			f.use(e.Config, config)
		}
		return records(e, func(rec *Record) error {
			if rec.Outcome.Sequence > indexed {
				j.seen.add(rec.Key, rec.Outcome.Sequence)
			}
			if fold {
				f.add(rec)
				j.recovery.Replayed++
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	f.flush()
	j.engine.Use(j.config)
	j.sequence = last
	j.recovery.Took = j.options.Now().Sub(began)
	return nil
}

// restore reads the newest checkpoint.
func (j *Journal) restore(ctx context.Context) error {
	j.engine = j.newEngine()
	sequence, err := j.checkpoints.Latest(ctx, engine.Layout(), j.engine.Restore)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		j.log.Warn("the checkpoint cannot be read; the journal is folded from its beginning", "error", err)
		j.engine = j.newEngine()
		return nil
	}
	j.recovery.Checkpoint = sequence
	return nil
}

func (j *Journal) newEngine() *engine.Engine {
	e := engine.New(j.config, j.seed, j.options.Shards)
	e.Retain(j.options.Retain)
	return e
}

// refold applies recorded events to an engine, a batch at a time.
type refold struct {
	engine *engine.Engine
	config uint32
	size   int
	batch  engine.Batch
	recs   []Record
	n      int
	// each, if set, is given every batch that was applied.
	each func(recs []Record, b *engine.Batch)
}

func newRefold(e *engine.Engine, size int) *refold {
	return &refold{engine: e, size: size, recs: make([]Record, size)}
}

// use puts other data in force for the events that follow.
func (f *refold) use(number uint32, config *engine.Config) {
	f.flush()
	f.config = number
	f.engine.Use(config)
}

// add takes a record in, by exchange of its memory with that of an older one.
func (f *refold) add(rec *Record) {
	f.recs[f.n], *rec = *rec, f.recs[f.n]
	f.n++
	if f.n == f.size {
		f.flush()
	}
}

func (f *refold) flush() {
	if f.n == 0 {
		return
	}
	f.batch.Reset()
	for i := range f.recs[:f.n] {
		rec := &f.recs[i]
		f.batch.Inputs = append(f.batch.Inputs, rec.input(&rec.Event))
	}
	f.engine.Apply(&f.batch)
	if f.each != nil {
		f.each(f.recs[:f.n], &f.batch)
	}
	f.n = 0
}
