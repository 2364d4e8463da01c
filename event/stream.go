package event

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// Item is one element of a stream: the bytes of an event, or why there are
// none. Raw is valid until the next call of Next.
type Item struct {
	Raw     []byte
	Line    int // from 1, the line on which the event begins
	Number  int // from 1, its place in a batch; 0 in a stream of lines
	Problem *Problem
}

// Stream hands out the events of a body in order. Next returns false at the
// end. A bad element is an Item with a Problem, and the stream goes on behind
// it where that is possible. Ready reports whether Next will probably answer
// without waiting for the sender.
type Stream interface {
	Next() (Item, bool)
	Ready() bool
}

// DecodeItem is Decode for an element of a stream: its problems carry the line
// and the place in the stream.
func (d *Decoder) DecodeItem(item Item, now time.Time, e *Event) *Problem {
	p := item.Problem
	if p != nil {
		e.Reset()
		return p
	}
	if p = d.Decode(item.Raw, now, e); p != nil {
		p.Line = item.Line + max(p.Line, 1) - 1
		p.Item = item.Number
	}
	return p
}

// errTooMuch is the end of what Limits.Body allows.
var errTooMuch = errors.New("the body is larger than the limit")

// bounded reads at most left bytes and then fails with errTooMuch.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		for {
			n, err := b.from.Read(one[:])
			if n > 0 {
				return 0, errTooMuch
			}
			if err != nil {
				return 0, err
			}
		}
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// broken explains why reading stopped before the end.
func broken(err error, limits Limits) *Problem {
	if errors.Is(err, errTooMuch) {
		return problemf(TooLarge, "", "the body is larger than the limit of %d bytes; what came before this was processed; send the rest in another request", limits.Body)
	}
	return newProblem(Truncated, "", "the input broke off here; what came before this was processed; send the rest again")
}

// bufferSize decides how many events can be ready at once.
const bufferSize = 256 << 10

// Lines reads NDJSON: one event a line. Blank lines are skipped, CRLF is
// accepted, and the last line needs no line break.
type Lines struct {
	limits Limits
	body   bounded
	in     *bufio.Reader
	long   []byte // a line that the buffer does not hold
	line   int
	done   bool
}

// NewLines reads lines from r, at most limits.Body bytes in all and
// limits.Line in each. Zero limits get the default.
func NewLines(r io.Reader, limits Limits) *Lines {
	l := &Lines{in: bufio.NewReaderSize(nil, bufferSize)}
	l.Reset(r, limits)
	return l
}

// Reset starts over with another input and keeps the buffer. A nil reader
// lets go of the last input.
func (l *Lines) Reset(r io.Reader, limits Limits) {
	l.limits = limits.WithDefaults()
	l.body = bounded{from: r, left: l.limits.Body}
	l.in.Reset(&l.body)
	l.line, l.done = 0, r == nil
	if cap(l.long) > bufferSize {
		l.long = nil
	}
}

// Ready reports whether another whole line lies in the buffer.
func (l *Lines) Ready() bool {
	waiting, _ := l.in.Peek(l.in.Buffered()) // cannot fail: it asks for what there is
	return bytes.IndexByte(waiting, '\n') >= 0
}

// Next returns the next line that is not blank.
func (l *Lines) Next() (Item, bool) {
	for !l.done {
		l.line++
		raw, size, err := l.read()
		raw = bytes.Trim(raw, " \t\r\n")
		if err != nil {
			l.done = true
		}
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			p := broken(err, l.limits)
			p.Line = l.line
			return Item{Line: l.line, Problem: p}, true
		case size > l.limits.Line:
			p := problemf(TooLarge, "", "the line has more than the limit of %d bytes", l.limits.Line)
			p.Line = l.line
			return Item{Line: l.line, Problem: p}, true
		case len(raw) > 0:
			return Item{Raw: raw, Line: l.line}, true
		}
	}
	return Item{}, false
}

// read returns a line with its break, and its size, which is more than
// len(line) if the line is longer than the limit.
func (l *Lines) read() (line []byte, size int, err error) {
	part, err := l.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return part, len(bytes.TrimRight(part, "\r\n")), err
	}
	l.long = l.long[:0]
	for {
		size += len(part)
		if size <= l.limits.Line+2 {
			l.long = append(l.long, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
		part, err = l.in.ReadSlice('\n')
	}
	if size == len(l.long) {
		size = len(bytes.TrimRight(l.long, "\r\n"))
	}
	return l.long, size, err
}

// Batch reads a JSON array of events one element at a time. It looks for the
// commas and brackets only, so an element that is not well formed spoils as
// few others as possible; what an element says is Decode's matter.
type Batch struct {
	limits Limits
	body   bounded
	in     *bufio.Reader
	item   []byte
	line   int
	number int
	state  batchState
}

type batchState uint8

const (
	batchBegin batchState = iota
	batchOther            // the input is no array
	batchItems
	batchTail   // behind the closing bracket
	batchBroken // the last element was handed out, but the array has no end
	batchDone
)

// NewBatch reads a batch from r, at most limits.Body bytes in all and
// limits.Line in each element. Zero limits get the default.
func NewBatch(r io.Reader, limits Limits) *Batch {
	b := &Batch{in: bufio.NewReaderSize(nil, bufferSize)}
	b.Reset(r, limits)
	return b
}

// Reset starts over with another input and keeps the buffer. A nil reader
// lets go of the last input.
func (b *Batch) Reset(r io.Reader, limits Limits) {
	b.limits = limits.WithDefaults()
	b.body = bounded{from: r, left: b.limits.Body}
	b.in.Reset(&b.body)
	b.line, b.number, b.state = 1, 0, batchBegin
	if r == nil {
		b.state = batchDone
	}
	if cap(b.item) > bufferSize {
		b.item = nil
	}
}

// Ready is true: a batch is answered as a whole.
func (b *Batch) Ready() bool { return true }

// IsArray reports whether the input begins as an array. It may be asked before
// the first Next only.
func (b *Batch) IsArray() bool {
	if b.state != batchBegin {
		return b.state == batchItems
	}
	c, err := b.afterSpace()
	if err == nil && c == '[' {
		b.state = batchItems
		return true
	}
	b.state = batchOther
	return false
}

// Next returns the next element.
func (b *Batch) Next() (Item, bool) {
	if b.state == batchBegin {
		b.IsArray()
	}
	switch b.state {
	case batchOther:
		return b.stop(newProblem(WrongType, "", "want a JSON array of CloudEvents"))
	case batchTail:
		if _, err := b.afterSpace(); err == nil {
			return b.stop(newProblem(Malformed, "", "there is more input after the end of the array"))
		}
		b.state = batchDone
		return Item{}, false
	case batchBroken:
		return b.stop(newProblem(Truncated, "", "the array ends without its closing bracket; what came before this was processed"))
	case batchDone:
		return Item{}, false
	}
	return b.element()
}

func (b *Batch) stop(p *Problem) (Item, bool) {
	b.state = batchDone
	p.Line = b.line
	return Item{Line: b.line, Problem: p}, true
}

// afterSpace reads on to the first byte that is not white space.
func (b *Batch) afterSpace() (byte, error) {
	for {
		c, err := b.in.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case c == '\n':
			b.line++
		case c != ' ' && c != '\t' && c != '\r':
			return c, nil
		}
	}
}

// element reads up to the comma or bracket that ends an element.
func (b *Batch) element() (Item, bool) {
	b.number++
	b.item = b.item[:0]
	if c, err := b.afterSpace(); err != nil {
		b.state = batchBroken
		if !errors.Is(err, io.EOF) {
			return b.stop(broken(err, b.limits))
		}
		return b.Next()
	} else if c == ',' || c == ']' {
		return b.finish(c == ']', b.line, 0)
	}
	_ = b.in.UnreadByte() // cannot fail: the last operation read this byte
	var s splitter
	first, size := b.line, 0
	for {
		if _, err := b.in.Peek(1); err != nil {
			b.state = batchBroken
			switch {
			case !errors.Is(err, io.EOF):
				return b.stop(broken(err, b.limits))
			case s.depth > 0 || s.quoted || size > b.limits.Line:
				return b.Next()
			}
			return Item{Raw: b.item, Line: first, Number: b.number}, true
		}
		window, _ := b.in.Peek(b.in.Buffered()) // cannot fail: it asks for what there is
		n, ended := s.scan(window)
		b.line += bytes.Count(window[:n], []byte{'\n'})
		if size += n; size <= b.limits.Line {
			b.item = append(b.item, window[:n]...)
		}
		if !ended {
			_, _ = b.in.Discard(n) // cannot fail: it is in the buffer
			continue
		}
		last := window[n] == ']'
		_, _ = b.in.Discard(n + 1)
		return b.finish(last, first, size)
	}
}

// splitter finds where an element of an array ends.
type splitter struct {
	depth           int
	quoted, escaped bool
}

// scan reads part of an element. It returns how many bytes of it belong to the
// element, and whether the comma or bracket behind it has been reached.
func (s *splitter) scan(part []byte) (n int, ended bool) {
	for n < len(part) {
		c := part[n]
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			// A line break cannot stand in a string: the closing quote is missing.
			s.quoted, s.escaped = c != '"' && c != '\n', c == '\\'
		case c == '"':
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case s.depth == 0 && (c == ',' || c == ']'):
			return n, true
		case c == '}' || c == ']':
			s.depth = max(s.depth-1, 0)
		}
		n++
	}
	return n, false
}

// finish hands out an element that has ended, with the array if last.
func (b *Batch) finish(last bool, line, size int) (Item, bool) {
	if last {
		b.state = batchTail
	}
	item := Item{Raw: b.item, Line: line, Number: b.number}
	switch {
	case size == 0 && last && b.number == 1:
		return b.Next()
	case size == 0:
		item.Problem = newProblem(Malformed, "", "an element is missing between two commas or before the closing bracket")
	case size > b.limits.Line:
		item.Problem = problemf(TooLarge, "", "the event has more than the limit of %d bytes", b.limits.Line)
	}
	if item.Problem != nil {
		item.Problem.Line, item.Problem.Item = line, b.number
	}
	return item, true
}
