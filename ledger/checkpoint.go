package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a log's word on what it holds, as C2SP tlog-checkpoint has it:
// origin, size and root, without extensions.
type Checkpoint struct {
	Origin string
	tlog.Tree
}

// Text is what is signed.
func (c *Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.N, c.Hash)
}

// ParseCheckpoint reads what Text wrote; extension lines are refused, for Rowan
// writes none.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errors.New("a checkpoint has three lines: origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("checkpoint: %q is no size", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("checkpoint: %q is no root", lines[2])
	}
	if lines[0] == "" {
		return Checkpoint{}, errors.New("checkpoint: the origin is empty")
	}
	return Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: root}}, nil
}

// SizeOf is the size that a signed checkpoint says, unchecked.
func SizeOf(signed []byte) (int64, error) {
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	c, err := ParseCheckpoint(string(text) + "\n")
	return c.N, err
}

// OpenCheckpoint checks a signed checkpoint against the log's key. Of the
// witnesses whose keys are given, Sigs of the note names those who cosigned.
func OpenCheckpoint(signed []byte, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, *note.Note, error) {
	if err := checkSpelling(signed); err != nil {
		return Checkpoint{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(append([]note.Verifier{log}, witnesses...)...))
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if c.Origin != log.Name() {
		return Checkpoint{}, nil, fmt.Errorf("checkpoint: it is of the log %q, the key of %q", c.Origin, log.Name())
	}
	for _, s := range n.Sigs {
		if s.Name == log.Name() && s.Hash == log.KeyHash() {
			return c, n, nil
		}
	}
	return Checkpoint{}, nil, fmt.Errorf("checkpoint: the log %q has not signed it", log.Name())
}

// checkSpelling refuses signatures that are spelt in another way than they are
// written: base64 has spare bits.
func checkSpelling(signed []byte) error {
	_, lines, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return errors.New("there is no signature")
	}
	for line := range bytes.Lines(lines) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		i := bytes.LastIndexByte(line, ' ')
		if _, err := base64.StdEncoding.Strict().DecodeString(string(line[i+1:])); err != nil {
			return errors.New("a signature is not in base64")
		}
	}
	return nil
}
