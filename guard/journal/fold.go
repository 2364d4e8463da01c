package journal

import (
	"context"
	"fmt"

	"rowan/event"
	"rowan/guard/engine"
)

// fold is the goroutine that owns the engine: it gathers what is waiting,
// sorts out duplicates, decides and hands batches to the writer in order.
func (j *Journal) fold() {
	defer j.done.Done()
	defer close(j.commits)
	defer j.lastCheckpoint()
	var next *request // what did not fit in the last batch
	for {
		// Questions are answered under full load too.
		select {
		case ask := <-j.asks:
			ask(j.engine)
		default:
		}
		r := next
		if r == nil && j.capturing {
			// Nobody waits: the checkpoint goes on.
			if r = j.pending(); r == nil {
				j.captureOne()
				continue
			}
		}
		if r == nil {
			select {
			case r = <-j.requests:
			case ask := <-j.asks:
				ask(j.engine)
				continue
			case <-j.stop:
				if r = j.pending(); r == nil {
					return
				}
			}
		}
		c := <-j.free
		c.reset(j.sequence + 1)
		j.seen.settled(j.durableTo())
		next = j.gather(c, r)
		j.engine.Apply(&c.batch)
		j.encode(c)
		for _, r := range c.requests {
			close(r.folded)
		}
		j.commits <- c
		j.checkpoint(len(c.batch.Inputs))
	}
}

// pending returns a request that came before the stop, nil if there is none.
func (j *Journal) pending() *request {
	select {
	case r := <-j.requests:
		return r
	default:
		return nil
	}
}

func (c *commit) reset(first uint64) {
	c.batch.Reset()
	c.requests, c.keys, c.plain = c.requests[:0], c.keys[:0], c.plain[:0]
	c.entry = Entry{First: first, Records: c.entry.Records[:0]}
	c.text = Text{Sealed: c.text.Sealed[:0]}
	c.settings = c.settings[:0]
	c.surplus, c.err = 0, nil
	c.readers.Store(1) // the writer's
}

// gather fills a batch with the events of r and of whoever else is waiting. It
// returns the request that did not fit, nil if there is none.
func (j *Journal) gather(c *commit, r *request) (rest *request) {
	for {
		j.take(c, r)
		if r = j.pending(); r == nil || len(c.batch.Inputs)+len(r.events) > j.options.Batch {
			return r
		}
	}
}

// take puts a request's events into the batch.
func (j *Journal) take(c *commit, r *request) {
	if !r.state.CompareAndSwap(waiting, taken) {
		return // its caller has given up
	}
	r.commit = c
	c.requests = append(c.requests, r)
	c.readers.Add(1)
	r.places = make([]place, len(r.events))
	for i, ev := range r.events {
		key := j.seen.key(ev.Source, ev.ID)
		before, decided, err := j.seen.find(context.Background(), key)
		switch {
		case err != nil:
			r.err = err
		case decided:
			r.places[i] = place{sequence: before}
		default:
			j.sequence++
			j.seen.add(key, j.sequence)
			r.places[i] = place{index: len(c.batch.Inputs)}
			c.batch.Inputs = append(c.batch.Inputs, engine.Input{Event: ev, Sequence: j.sequence})
			c.keys = append(c.keys, key)
		}
	}
}

// encode writes the batch's records and gathers the text that may be kept.
func (j *Journal) encode(c *commit) {
	e := &c.entry
	e.Last, e.At, e.Config = j.sequence, j.options.Now().UnixMilli(), j.number
	if len(c.batch.Inputs) == 0 {
		return
	}
	logged := !j.options.NoLedger
	if logged {
		if c.err = c.conceal.begin(); c.err != nil {
			return
		}
	}
	e.Records = append(e.Records, format)
	for i := range c.batch.Inputs {
		in := &c.batch.Inputs[i]
		e.Records = appendRecord(e.Records, c.keys[i], in, &c.batch.Outcomes[i], &c.batch, i)
		j.metrics.decided(&c.batch.Outcomes[i], in.Event)
		textual := false
		if j.options.TextMessages >= 0 && in.Event.Text != "" {
			var pair uint64
			var ordinal uint32
			if pair, ordinal, textual = c.batch.Textual(i); textual {
				c.plain = appendText(c.plain, uint64(i), pair, ordinal, in.Event.Text)
			}
		}
		if !logged {
			continue
		}
		c.conceal.add(i, in.Event, &c.batch.Outcomes[i], c.batch.Kept(i), textual)
		if r, ok := settingOf(j.config, in.Event, &c.batch.Outcomes[i]); ok {
			c.settings = append(c.settings, r)
		}
	}
	e.Records = seal(e.Records)
	if j.seen.full() {
		e.Run = j.seen.closeRun(j.sequence)
		c.surplus = j.seen.surplus()
	}
}

// write is the goroutine that commits batches, in order, and lets their
// callers go on.
func (j *Journal) write() {
	defer j.done.Done()
	defer close(j.answered)
	for c := range j.commits {
		if len(c.batch.Inputs) > 0 {
			c.err = j.commit(c)
		}
		if c.err == nil {
			if err := j.failure.Load(); err != nil {
				c.err = *err
			}
		}
		for _, r := range c.requests {
			if c.err != nil {
				r.err = c.err
			}
			r.done <- struct{}{}
		}
		j.release(c)
	}
}

// commit makes a batch durable. After a failure nothing is committed any more:
// the engine is ahead of the store, and only a new start, from the store, is
// safe.
func (j *Journal) commit(c *commit) error {
	if err := j.failure.Load(); err != nil {
		return *err
	}
	err := c.err
	if err == nil {
		err = j.sealText(c)
	}
	if err == nil {
		err = j.enter(context.Background(), c)
	}
	if err == nil && c.surplus > 0 {
		err = j.store.DropRuns(context.Background(), c.surplus)
	}
	if err != nil {
		err = fmt.Errorf("commit of events %d to %d: %w", c.entry.First, c.entry.Last, err)
		j.failure.Store(&err)
		j.setDurable(0)
		j.log.Error("nothing can be committed; restart when the cause is mended", "error", err)
		return err
	}
	j.setDurable(c.entry.Last)
	j.metrics.commit(len(c.batch.Inputs), len(c.entry.Records)+len(c.text.Sealed))
	return nil
}

func (j *Journal) sealText(c *commit) error {
	if len(c.plain) == 0 {
		return nil
	}
	sealed, key, err := j.vault.seal(c.text.Sealed[:0], c.entry.First, c.plain)
	if err != nil {
		return err
	}
	c.text = Text{First: c.entry.First, At: c.entry.At, Key: key, Sealed: sealed}
	c.entry.Text = &c.text
	return nil
}

// input makes the engine's input of a record.
func (rec *Record) input(ev *event.Event) engine.Input {
	return engine.Input{
		Event: ev, Sequence: rec.Outcome.Sequence, Replayed: !rec.afresh, Recorded: rec.Readings,
		Bare: !rec.Kept, Others: rec.Others,
	}
}
