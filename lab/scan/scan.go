package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"rowan/event"
	"rowan/guard/engine"
)

// Options of a scan.
type Options struct {
	Config *engine.Config
	Assume Assume
	// Progress, if set, is told how many bytes of the file were read.
	Progress func(bytes int64)
	// Bad is told of every line that cannot be read.
	Bad func(error)
	// Limits are those of events; transcripts have only maxLine.
	Limits event.Limits
	Now    time.Time
}

// File scans a file: transcripts, one JSON object a line, or CloudEvents as
// NDJSON, gzip-compressed or plain. each gets the findings in the order of the
// file. "-" is the standard input.
func File(ctx context.Context, path string, o Options, each func(*Finding) error) error {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return Read(ctx, path, &counted{in: in, progress: o.Progress}, o, each)
}

type counted struct {
	in       io.Reader
	n        int64
	progress func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	if c.progress != nil {
		c.progress(c.n)
	}
	return n, err
}

type job struct {
	line  []byte
	n     int
	found chan result
}

type result struct {
	finding *Finding
	err     error
}

// Read scans what a reader gives. See File.
func Read(ctx context.Context, name string, in io.Reader, o Options, each func(*Finding) error) error {
	l, err := newLines(name, in)
	if err != nil {
		return err
	}
	if o.Bad == nil {
		o.Bad = func(error) {}
	}
	first, err := l.first(o.Bad)
	switch {
	case errors.Is(err, io.EOF) && l.bad == 0:
		return fmt.Errorf("%s: there is nothing in it", name)
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	case isEvent(first):
		return events(ctx, l, first, o, each)
	}
	return transcripts(ctx, l, first, o, each)
}

// isEvent tells an event from a transcript.
func isEvent(line []byte) bool {
	return bytes.Contains(line, []byte(`"specversion"`))
}

// transcripts reads conversations side by side and hands the findings on in
// order. Those whose ids are global are read by one reader, in order.
func transcripts(ctx context.Context, l *lines, line []byte, o Options, each func(*Finding) error) error {
	workers := max(1, runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	var broken error // where the file cannot be read on; what came before counts
	work := make(chan job, 4*workers)
	order := make(chan job, 16*workers)
	global := NewReader(o.Config)
	group.Go(func() error {
		defer close(work)
		defer close(order)
		for err := error(nil); !errors.Is(err, io.EOF); line, err = l.next() {
			j := job{line: line, n: l.n, found: make(chan result, 1)}
			var bad *LineError
			switch {
			case errors.As(err, &bad):
				j.found <- result{err: err}
			case err != nil:
				broken = err
				return nil
			default:
				select {
				case work <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			select {
			case order <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			r := NewReader(o.Config)
			for j := range work {
				t, err := parse(j.line)
				if err == nil {
					err = t.Check(o.Config.Taxonomy)
				}
				switch {
				case err != nil:
					j.found <- result{err: &LineError{File: l.name, Line: j.n, Text: err.Error()}}
				case t.IDs == "global":
					// Read where the findings are put in order.
					j.found <- result{finding: &Finding{transcript: t}}
				default:
					j.found <- result{finding: r.Read(t, o.Assume)}
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		for j := range order {
			var got result
			select {
			case got = <-j.found:
			case <-ctx.Done():
				return ctx.Err()
			}
			if got.err != nil {
				o.Bad(got.err)
				continue
			}
			if t := got.finding.transcript; t.IDs == "global" {
				got.finding = global.Read(t, o.Assume)
			}
			if err := each(got.finding); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return broken
}

// events folds a stream of CloudEvents and reports by conversation.
func events(ctx context.Context, l *lines, line []byte, o Options, each func(*Finding) error) error {
	decoder := event.NewDecoder(o.Limits)
	eng := engine.New(o.Config, engine.Seed{}, 1)
	found := map[string]*Finding{}
	turns := map[string]int{}
	var order []*Finding
	var batch engine.Batch
	var ev event.Event
	var broken error // as in transcripts
	for err := error(nil); !errors.Is(err, io.EOF); line, err = l.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err == nil {
			if p := decoder.Decode(line, o.Now, &ev); p != nil {
				err = &LineError{File: l.name, Line: l.n, Text: strings.TrimSpace(p.Error())}
			}
		}
		var bad *LineError
		if errors.As(err, &bad) {
			o.Bad(bad)
			continue
		}
		if err != nil {
			broken = err
			break
		}
		batch.Reset()
		batch.Inputs = append(batch.Inputs, engine.Input{Event: &ev, Sequence: uint64(l.n)})
		eng.Apply(&batch)
		name := strings.Clone(ev.Conversation) // not the whole line
		if ev.Type != event.MessageSent || name == "" {
			continue
		}
		f := found[name]
		if f == nil {
			f = &Finding{Conversation: name, Signals: []string{}, Reasons: []engine.Reason{}, turns: map[int][]string{}}
			found[name] = f
			order = append(order, f)
		}
		note(o.Config, f, &batch.Outcomes[0], &ev, turns[name], func(id string) string { return strings.Clone(id) })
		turns[name]++
	}
	for _, f := range order {
		slices.Sort(f.Signals)
		if err := each(f); err != nil {
			return err
		}
	}
	return broken
}
