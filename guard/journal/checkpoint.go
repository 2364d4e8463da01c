package journal

import (
	"context"
	"errors"

	"rowan/guard/engine"
)

type capturedPage struct {
	kind string
	page []byte
}

// checkpoint is called by the fold between two batches. It starts a capture
// when enough has happened since the last, and carries one on.
func (j *Journal) checkpoint(events int) {
	j.since += events
	if j.capturing {
		j.captureSome()
		return
	}
	if j.since < j.options.CheckpointEvery || j.saving() || j.Ready() != nil {
		return
	}
	j.beginCapture()
}

// beginCapture starts a capture of the state right after the events so far,
// and a goroutine that writes it. It becomes the newest checkpoint only when
// those events are durable.
func (j *Journal) beginCapture() {
	j.since = 0
	pages := make(chan capturedPage, 32) // Capture itself gives one page
	if err := j.engine.Capture(func(kind string, page []byte) { pages <- capturedPage{kind: kind, page: page} }); err != nil {
		j.log.Error("the checkpoint cannot be made", "error", err)
		return
	}
	j.capturing, j.captured, j.saved = true, pages, make(chan struct{})
	j.done.Add(1)
	go j.save(j.sequence, pages, j.saved)
}

// saving reports whether the last checkpoint that was begun is still being
// written.
func (j *Journal) saving() bool {
	select {
	case <-j.saved:
		return false
	default:
		return true
	}
}

// captureSome copies as many pages as the writer has room for.
func (j *Journal) captureSome() {
	for range 16 {
		if !j.capturing || len(j.captured) > cap(j.captured)/2 {
			return
		}
		j.captureOne()
	}
}

// captureOne copies one page.
func (j *Journal) captureOne() {
	if j.engine.CaptureStep(1) {
		j.endCapture()
	}
}

func (j *Journal) endCapture() {
	j.capturing = false
	close(j.captured)
}

// save writes a capture's pages and closes saved when it has.
func (j *Journal) save(sequence uint64, pages <-chan capturedPage, saved chan<- struct{}) {
	defer j.done.Done()
	defer close(saved)
	began := j.options.Now()
	c, err := j.checkpoints.Begin(context.Background(), sequence, engine.Layout())
	for p := range pages {
		if err == nil {
			err = c.Write(p.kind, p.page)
		}
	}
	if err == nil {
		err = j.waitDurable(sequence)
	}
	switch {
	case err == nil:
		err = c.Finish()
	case c != nil:
		err = errors.Join(err, c.Abandon())
	}
	if err != nil {
		// Costs the next start time, and nothing else.
		j.log.Warn("the checkpoint was not saved", "error", err)
		return
	}
	j.metrics.checkpoint(j.options.Now().Sub(began))
}

// waitDurable waits until the entry that holds a sequence is committed.
func (j *Journal) waitDurable(sequence uint64) error {
	j.durableMu.Lock()
	defer j.durableMu.Unlock()
	for j.durable < sequence {
		if err := j.failure.Load(); err != nil {
			return *err
		}
		j.durableMore.Wait()
	}
	return nil
}

// durableTo is the highest sequence that is committed.
func (j *Journal) durableTo() uint64 {
	j.durableMu.Lock()
	defer j.durableMu.Unlock()
	return j.durable
}

// setDurable notes how far the store is, and wakes who waits for it or for a
// failure.
func (j *Journal) setDurable(sequence uint64) {
	j.durableMu.Lock()
	j.durable = max(j.durable, sequence)
	j.durableMu.Unlock()
	j.durableMore.Broadcast()
}

// lastCheckpoint lets the next start begin where this process ends. The writer
// still commits meanwhile.
func (j *Journal) lastCheckpoint() {
	j.endCheckpoint()
	if j.since > 0 && !j.options.NoLastCheckpoint && j.failure.Load() == nil {
		j.beginCapture()
	}
	j.endCheckpoint()
}

// endCheckpoint waits for the checkpoint under way, if there is one.
func (j *Journal) endCheckpoint() {
	for j.capturing {
		j.captureOne()
	}
	<-j.saved
}
