package conformance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Input is a file of accounts, one JSON object a line, plain or
// gzip-compressed, which its first bytes tell.
type Input struct {
	Name     string // for errors
	From     io.Reader
	Workers  int               // 0: one for each processor
	Bad      func(*LineError)  // told of lines that cannot be read, in their order
	Progress func(bytes int64) // told how much of From has been read
}

// chunkSize is how much of a file one worker takes at a time.
const chunkSize = 256 << 10

// chunk is some whole lines of a file.
type chunk struct {
	text []byte
	line int64 // number of the first
	long bool  // a line that is too long begins here and was skipped
}

// result is what a worker makes of a chunk.
type result struct {
	chunk *chunk
	bad   []*LineError
	out   []byte
}

// worker turns accounts into lines of output. It belongs to one goroutine.
type worker func(a *Account, out []byte) []byte

// scan gives every account of the input to one of the workers and hands on what
// they make of it, in the order of the file. It returns how many lines could not
// be read.
func (in *Input) scan(ctx context.Context, decoder func() *Decoder, start func() worker, each func(out []byte) error) (bad int64, err error) {
	workers := in.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	counted := &counter{from: in.From, told: in.Progress}
	source, err := plain(counted)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", in.Name, err)
	}
	type job struct {
		chunk *chunk
		done  chan result
	}
	jobs := make(chan job, workers)
	order := make(chan chan result, 2*workers)
	free := make(chan *chunk, 4*workers)
	group, ctx := errgroup.WithContext(ctx)
	var broken error
	group.Go(func() error {
		defer close(jobs)
		defer close(order)
		lines := chunker{from: source}
		for {
			c := &chunk{}
			select {
			case c = <-free:
			default:
			}
			more, err := lines.next(c)
			if err != nil && !errors.Is(err, io.EOF) {
				broken = err // what was read before is judged all the same
			}
			if len(c.text) > 0 || c.long {
				j := job{c, make(chan result, 1)}
				select {
				case order <- j.done:
				case <-ctx.Done():
					return ctx.Err()
				}
				select {
				case jobs <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if !more {
				return nil
			}
		}
	})
	for range workers {
		d, work := decoder(), start()
		group.Go(func() error {
			var a Account
			for j := range jobs {
				j.done <- in.read(j.chunk, d, work, &a)
			}
			return nil
		})
	}
	group.Go(func() error {
		for done := range order {
			var r result
			select {
			case r = <-done:
			case <-ctx.Done():
				return ctx.Err()
			}
			bad += int64(len(r.bad))
			for _, e := range r.bad {
				if in.Bad != nil {
					in.Bad(e)
				}
			}
			if len(r.out) > 0 {
				if err := each(r.out); err != nil {
					return err
				}
			}
			select {
			case free <- r.chunk:
			default:
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return bad, err
	}
	if broken != nil {
		return bad, fmt.Errorf("%s breaks off: %w; what came before was read", in.Name, broken)
	}
	return bad, nil
}

// read judges the lines of a chunk.
func (in *Input) read(c *chunk, d *Decoder, work worker, a *Account) result {
	r := result{chunk: c}
	number := c.line
	if c.long {
		r.bad = append(r.bad, tooLong(in.Name, c.line))
	}
	for rest := c.text; len(rest) > 0; number++ {
		line := rest
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			line, rest = rest[:end], rest[end+1:]
		} else {
			rest = nil
		}
		if line = bytes.TrimRight(line, " \t\r"); len(line) == 0 {
			continue
		}
		if len(line) > MaxLine {
			r.bad = append(r.bad, tooLong(in.Name, number))
			continue
		}
		if err := d.Decode(line, a); err != nil {
			var bad *LineError
			if !errors.As(err, &bad) {
				bad = &LineError{Text: err.Error()}
			}
			bad.File, bad.Line = in.Name, number
			r.bad = append(r.bad, bad)
			continue
		}
		r.out = work(a, r.out)
	}
	return r
}

func tooLong(file string, line int64) *LineError {
	return &LineError{File: file, Line: line, Text: fmt.Sprintf("the line has more than the limit of %d bytes", MaxLine)}
}

// chunker cuts a stream into chunks of whole lines.
type chunker struct {
	from io.Reader
	kept []byte // the beginning of a line
	line int64  // number of the next line
	skip bool   // within a line that is too long
}

// next reads the next chunk into c. It returns false at the end.
func (l *chunker) next(c *chunk) (more bool, err error) {
	if l.line == 0 {
		l.line = 1
	}
	c.long = false
	c.text = append(c.text[:0], l.kept...)
	l.kept = l.kept[:0]
	for {
		n := len(c.text)
		c.text = append(c.text, make([]byte, chunkSize)...)
		read, err := fill(l.from, c.text[n:])
		c.text = c.text[:n+read]
		last := err != nil
		if l.skip {
			end := bytes.IndexByte(c.text, '\n')
			if end < 0 {
				c.text = c.text[:0]
				if last {
					return false, err
				}
				continue
			}
			c.text, l.skip = c.text[end+1:], false
			l.line++
		}
		end := bytes.LastIndexByte(c.text, '\n')
		if end < 0 && !last {
			if len(c.text) > MaxLine {
				c.text, c.long, l.skip, c.line = c.text[:0], true, true, l.line
				return true, nil
			}
			continue
		}
		if !last {
			l.kept = append(l.kept, c.text[end+1:]...)
			c.text = c.text[:end+1]
		}
		c.line = l.line
		l.line += int64(bytes.Count(c.text, []byte{'\n'}))
		return !last, err
	}
}

// fill reads until b is full or the stream ends; err says how.
func fill(from io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var read int
		read, err = from.Read(b[n:])
		n += read
	}
	return n, err
}

// counter tells how much was read.
type counter struct {
	from io.Reader
	n    int64
	told func(int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	if c.told != nil {
		c.told(c.n)
	}
	return n, err
}

// plain unpacks what is compressed with gzip.
func plain(from io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(from, chunkSize)
	if head, _ := in.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		return gzip.NewReader(in)
	}
	return in, nil
}

// Run judges all accounts of the input. It writes every deviation to
// deviations, if that is set, one JSON object a line, in the order of the
// input. What was counted is returned with an error, too.
func (c *Checker) Run(ctx context.Context, in *Input, deviations io.Writer) (t *Tally, bad int64, err error) {
	var tallies []*Tally
	start := func() worker {
		t := c.Tally()
		tallies = append(tallies, t)
		var out []byte
		each := func(d *Deviation) { out = d.appendLine(out) }
		if deviations == nil {
			each = nil
		}
		return func(a *Account, to []byte) []byte {
			out = to
			t.Add(a, each)
			return out
		}
	}
	bad, err = in.scan(ctx, func() *Decoder { return NewDecoder(c.rules.Catalogue()) }, start, func(out []byte) error {
		_, err := deviations.Write(out)
		return err
	})
	t = c.Tally()
	for _, part := range tallies {
		t.Merge(part)
	}
	return t, bad, err
}

// appendLine writes a value of ours, which cannot fail, as a line of JSON.
func appendLine(out []byte, v any) []byte {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(append(out, line...), '\n')
}

// RunLive judges the accounts of a journal's fold.
func (c *Checker) RunLive(l *Live, deviations io.Writer) (*Tally, error) {
	t := c.Tally()
	var out []byte
	each := func(d *Deviation) { out = d.appendLine(out) }
	if deviations == nil {
		each = nil
	}
	err := l.Accounts(c.at, func(a *Account) error {
		out = out[:0]
		t.Add(a, each)
		if len(out) == 0 {
			return nil
		}
		_, err := deviations.Write(out)
		return err
	})
	return t, err
}
