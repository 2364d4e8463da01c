package ledger

import (
	"encoding/base64"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// appendCommit writes the leaf of a commit, as Encode would; nearly all leaves
// are such.
func appendCommit(b []byte, r *Record) []byte {
	c := r.Commit
	b = strconv.AppendInt(append(b, `{"at":`...), r.At, 10)
	if r.Behind != 0 {
		b = strconv.AppendInt(append(b, `,"behind":`...), r.Behind, 10)
	}
	b = strconv.AppendInt(append(b, `,"commit":{"count":`...), c.Count, 10)
	b = strconv.AppendUint(append(b, `,"first":`...), c.First, 10)
	b = strconv.AppendUint(append(b, `,"last":`...), c.Last, 10)
	b = base64.StdEncoding.AppendEncode(append(b, `,"root":"`...), c.Root[:])
	return append(b, `"},"kind":"commit","v":1}`...)
}

// parseCommit reads such a leaf in one go, nil if it is none.
func parseCommit(leaf []byte) *Record {
	s := scan{b: leaf}
	r := Record{Kind: Commit, V: 1, Commit: &Batch{}}
	r.At = int64(s.number(`{"at":`))
	if s.starts(`,"behind":`) {
		if r.Behind = int64(s.number(`,"behind":`)); r.Behind == 0 {
			return nil
		}
	}
	c := r.Commit
	c.Count = int64(s.number(`,"commit":{"count":`))
	c.First = s.number(`,"first":`)
	c.Last = s.number(`,"last":`)
	c.Root = s.hash(`,"root":"`)
	s.word(`"},"kind":"commit","v":1}`)
	if s.failed || len(s.b) > 0 || r.check() != nil {
		return nil
	}
	return &r
}

// scan takes bytes apart that must be exactly as they would be written.
type scan struct {
	b      []byte
	failed bool
}

func (s *scan) starts(word string) bool {
	return len(s.b) >= len(word) && string(s.b[:len(word)]) == word
}

func (s *scan) word(word string) {
	if !s.starts(word) {
		s.failed, s.b = true, nil
		return
	}
	s.b = s.b[len(word):]
}

// number reads a number after a word: no sign, no leading zero, below 2^63.
func (s *scan) number(after string) uint64 {
	s.word(after)
	n, digits := uint64(0), 0
	for ; digits < len(s.b) && s.b[digits]-'0' <= 9; digits++ {
		if n > (1<<63-10)/10 {
			digits = 0
			break
		}
		n = 10*n + uint64(s.b[digits]-'0')
	}
	if digits == 0 || digits > 1 && s.b[0] == '0' {
		s.failed, s.b = true, nil
		return 0
	}
	s.b = s.b[digits:]
	return n
}

var strict = base64.StdEncoding.Strict()

func (s *scan) hash(after string) (h tlog.Hash) {
	s.word(after)
	const width = 44
	if len(s.b) < width {
		s.failed = true
		return h
	}
	var raw [33]byte
	if n, err := strict.Decode(raw[:], s.b[:width]); err != nil || n != len(h) {
		s.failed = true
		return h
	}
	s.b = s.b[width:]
	copy(h[:], raw[:])
	return h
}
