// Package scan reads recorded conversations and says what the guard would have
// made of them, turn by turn.
package scan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rowan/guard/conduct"
	"rowan/guard/signal"
)

// Transcript is one recorded conversation. Unknown members are ignored.
type Transcript struct {
	Conversation string        `json:"conversation"`
	IDs          string        `json:"ids"` // "local" (the default) or "global"
	Participants []Participant `json:"participants"`
	Connected    bool          `json:"connected"`
	Label        string        `json:"label"`
	Family       string        `json:"family"`
	HarmTurn     *int          `json:"harm_turn"`
	Turns        []Turn        `json:"turns"`
	// Signals, if there are any, are what was found in the turns, in the place
	// of reading their text: for pairs whose text is no longer kept.
	Signals []Found `json:"signals"`
	// Group and Register are what false alarms are counted by besides ages.
	Group    string `json:"group"`
	Register string `json:"register"`
}

// Found are the signals of the taxonomy that a turn had.
type Found struct {
	Turn int      `json:"turn"` // from 0
	IDs  []string `json:"ids"`
}

// Check fails if the transcript has a signal that the taxonomy does not. Features
// of conduct may stand there, as cases note them; they are not read from turns.
func (t *Transcript) Check(x *signal.Taxonomy) error {
	for i, f := range t.Signals {
		for j, code := range f.IDs {
			if _, ok := x.Lookup(code); !ok && !isFeature(code) {
				return fmt.Errorf("signals[%d].ids[%d] is no signal of the taxonomy", i, j)
			}
		}
	}
	return nil
}

// Participant is somebody who takes part. A missing or null age is unknown.
type Participant struct {
	ID  string `json:"id"`
	Age *int   `json:"age"`
}

// Turn is one message.
type Turn struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	Text string    `json:"text"`
}

func isFeature(code string) bool {
	for n := 1; n <= conduct.Count; n++ {
		if conduct.Code(n) == code {
			return true
		}
	}
	return false
}

// maxLine is the length in bytes above which a line is refused.
const maxLine = 64 << 20

// LineError is what is wrong with one line. The others are read all the same.
type LineError struct {
	File string
	Line int
	Text string
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// lines reads a file line by line, gzip-compressed or plain.
type lines struct {
	name string
	in   *bufio.Reader
	n    int
	bad  int // lines that first passed over
}

func newLines(name string, r io.Reader) (*lines, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		in = bufio.NewReaderSize(z, 1<<16)
	}
	return &lines{name: name, in: in}, nil
}

// Transcripts reads transcripts one by one and stops at the first line that
// cannot be read, with a *LineError.
func Transcripts(name string, r io.Reader) iter.Seq2[*Transcript, error] {
	return func(yield func(*Transcript, error) bool) {
		l, err := newLines(name, r)
		for err == nil {
			var line []byte
			if line, err = l.next(); err != nil {
				break
			}
			t, wrong := parse(line)
			if wrong != nil {
				err = l.errorf("%v", wrong)
				break
			}
			if !yield(t, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// first returns the first line that is JSON, by which the kind of file is
// told, and says what is wrong with those before it.
func (l *lines) first(bad func(error)) ([]byte, error) {
	for {
		line, err := l.next()
		if err == nil && !jsontext.Value(line).IsValid() {
			if _, e := parse(line); e != nil {
				err = l.errorf("%v", e)
			}
		}
		var wrong *LineError
		if !errors.As(err, &wrong) {
			return line, err
		}
		l.bad++
		bad(wrong)
	}
}

// next returns a line in memory of its own, io.EOF at the end.
func (l *lines) next() ([]byte, error) {
	for {
		l.n++
		line, err := l.read()
		var bad *LineError
		if err != nil && !errors.As(err, &bad) {
			if len(line) == 0 || !errors.Is(err, io.EOF) {
				return nil, err
			}
		}
		if bad != nil {
			return nil, err
		}
		if l.n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // a byte order mark
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *lines) read() ([]byte, error) {
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = l.in.ReadSlice('\n')
			}
			return nil, l.errorf("longer than %d bytes", maxLine)
		}
		line = append(line, part...)
		switch {
		case err == nil || errors.Is(err, io.EOF):
			return line, err
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return nil, fmt.Errorf("%s:%d: %w", l.name, l.n, err)
		}
	}
}

func (l *lines) errorf(format string, args ...any) *LineError {
	return &LineError{File: l.name, Line: l.n, Text: fmt.Sprintf(format, args...)}
}

// parse reads a transcript and checks it.
func parse(line []byte) (*Transcript, error) {
	var t Transcript
	if err := json.Unmarshal(line, &t); err != nil {
		return nil, plain(err)
	}
	known := map[string]bool{}
	for i, p := range t.Participants {
		switch {
		case p.ID == "":
			return nil, fmt.Errorf("participants[%d].id is missing", i)
		case known[p.ID]:
			return nil, fmt.Errorf("participants[%d].id stands there twice", i)
		case p.Age != nil && (*p.Age < 0 || *p.Age > 150):
			return nil, fmt.Errorf("participants[%d].age is %d; an age lies between 0 and 150, null if unknown", i, *p.Age)
		}
		known[p.ID] = true
	}
	switch {
	case t.Conversation == "":
		return nil, errors.New("conversation is missing")
	case t.IDs != "" && t.IDs != "local" && t.IDs != "global":
		return nil, errors.New("ids is neither local nor global")
	case len(t.Turns) == 0:
		return nil, errors.New("turns is missing or empty")
	}
	for i, turn := range t.Turns {
		switch {
		case turn.From == "":
			return nil, fmt.Errorf("turns[%d].from is missing", i)
		case turn.At.IsZero():
			return nil, fmt.Errorf("turns[%d].at is missing", i)
		case !known[turn.From]:
			// Somebody of whom nothing is known.
			known[turn.From] = true
			t.Participants = append(t.Participants, Participant{ID: turn.From})
		}
	}
	for i, f := range t.Signals {
		if f.Turn < 0 || f.Turn >= len(t.Turns) || len(f.IDs) == 0 || len(f.IDs) > signal.MaxHits {
			return nil, fmt.Errorf("signals[%d] names none of the %d turns, or no signal, or more than %d", i, len(t.Turns), signal.MaxHits)
		}
	}
	return &t, nil
}

// plain says what is wrong with a line without its contents.
func plain(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not valid JSON at byte %d, %s: %w", syntax.ByteOffset, where(syntax.JSONPointer), syntax.Err)
	}
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		return fmt.Errorf("wrong type or value at %s: a %s does not fit", where(wrong.JSONPointer), wrong.JSONKind)
	}
	return errors.New("not a transcript")
}

func where(p jsontext.Pointer) string {
	if p == "" {
		return "the top level"
	}
	return string(p)
}
