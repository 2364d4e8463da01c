// Package corpus reads conversations with a known truth: labelled transcripts,
// and the files that authorised researchers hold (PAN-2012, eSPD). None of the
// restricted corpora is part of Rowan. Every reader streams, refuses what is
// too large, and says what is wrong by file and line without quoting the file.
package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rowan/lab/scan"
)

// Conversation is one with what is known of it. Turns count from 1; 0 is none.
type Conversation struct {
	scan.Transcript
	Positive bool
	// Offenders are the participants who do harm, where the corpus says who.
	Offenders []string
	// Risk is the first turn that is a risk by the truth; 0 in a negative, and
	// where the corpus labels no turns.
	Risk int
	// Harm is the first turn that does harm; 0 if none does.
	Harm int
	// Lines are the line numbers of the turns in the source, by turn, nil where
	// it has none.
	Lines []int
}

// Error is what is wrong with a file, and where. It never quotes the file.
type Error struct {
	File string
	Line int // from 1; 0 for the file as a whole
	Err  error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap is the reason.
func (e *Error) Unwrap() error { return e.Err }

// Bounds of what is read.
const (
	maxText   = 1 << 20   // bytes of one message
	maxTurns  = 1_000_000 // of one conversation
	maxRecord = 16 << 20  // bytes of one conversation in the file
)

var errTooLarge = errors.New("larger than is read")

// source is a file that is read record by record, gzip-compressed or plain. It
// gives no more bytes than one record may have, and knows their lines.
type source struct {
	in     io.Reader
	left   int
	read   int64
	breaks []int64 // offsets of the line breaks not yet counted
	lines  int     // line breaks that were counted
}

func open(r io.Reader) (*source, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	s := &source{in: in, left: maxRecord}
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		s.in = z
	}
	return s, nil
}

// record begins another record at an offset.
func (s *source) record(offset int64) {
	s.left = maxRecord
	s.line(offset)
}

// line is that of an offset, from 1. Offsets must not go back.
func (s *source) line(offset int64) int {
	n := 0
	for n < len(s.breaks) && s.breaks[n] < offset {
		n++
	}
	s.lines, s.breaks = s.lines+n, s.breaks[n:]
	return s.lines + 1
}

func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, errTooLarge
	}
	n, err := s.in.Read(p[:min(len(p), s.left)])
	for i, b := range p[:n] {
		if b == '\n' {
			s.breaks = append(s.breaks, s.read+int64(i))
		}
	}
	s.left, s.read = s.left-n, s.read+int64(n)
	return n, err
}

// tidy takes carriage returns out and makes one space of each run of white
// space.
func tidy(text string) string { return strings.Join(strings.Fields(text), " ") }

// undated is the day on which conversations without a date are taken to begin.
func undated() time.Time { return time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC) }

// Transcripts reads labelled transcripts, one JSON object a line: label is
// "harm" or "benign", harm_turn the turn from 0 at which harm is done.
func Transcripts(name string, r io.Reader) iter.Seq2[*Conversation, error] {
	return func(yield func(*Conversation, error) bool) {
		n := 0
		for t, err := range scan.Transcripts(name, r) {
			if err != nil {
				yield(nil, err)
				return
			}
			n++
			c, err := labelled(t)
			if err != nil {
				yield(nil, &Error{File: name, Err: fmt.Errorf("conversation %d: %w", n, err)})
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func labelled(t *scan.Transcript) (*Conversation, error) {
	c := &Conversation{Transcript: *t}
	switch t.Label {
	case "harm":
		c.Positive = true
		c.Offenders = []string{t.Participants[0].ID}
	case "benign":
	default:
		return nil, errors.New("label is neither harm nor benign")
	}
	switch {
	case t.HarmTurn == nil:
	case !c.Positive:
		return nil, errors.New("harm_turn stands in a benign conversation")
	case *t.HarmTurn < 0 || *t.HarmTurn >= len(t.Turns):
		return nil, fmt.Errorf("harm_turn is not one of the %d turns", len(t.Turns))
	default:
		c.Harm = *t.HarmTurn + 1
	}
	return c, nil
}

// intended is a line of a file that says which signals each turn expresses.
type intended struct {
	Conversation string `json:"conversation"`
	Signals      []struct {
		Turn int      `json:"turn"` // from 0
		IDs  []string `json:"ids"`
	} `json:"signals"`
}

// Risks reads which signals each turn was written to express, one JSON object a
// line, and returns the first turn that has one, from 1, by conversation.
func Risks(name string, r io.Reader) (map[string]int, error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxText)
	out := map[string]int{}
	n := 0
	for s.Scan() {
		n++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var line intended
		if err := json.Unmarshal(s.Bytes(), &line, json.RejectUnknownMembers(true)); err != nil {
			return nil, &Error{name, n, plain(err)}
		}
		if line.Conversation == "" {
			return nil, &Error{name, n, errors.New("conversation is missing")}
		}
		first := 0
		for _, signal := range line.Signals {
			switch {
			case signal.Turn < 0 || len(signal.IDs) == 0:
				return nil, &Error{name, n, errors.New("a turn is less than 0 or has no ids")}
			case first == 0 || signal.Turn+1 < first:
				first = signal.Turn + 1
			}
		}
		out[line.Conversation] = first
	}
	if err := s.Err(); err != nil {
		return nil, &Error{name, n + 1, err}
	}
	return out, nil
}

// plain says what is wrong with JSON without its contents.
func plain(err error) error {
	if errors.Is(err, errTooLarge) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not valid JSON at byte %d", syntax.ByteOffset)
	}
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		if errors.Is(err, json.ErrUnknownName) {
			return errors.New("a member that does not belong there")
		}
		return errors.New("a member of the wrong type")
	}
	return errors.New("cannot be read")
}
