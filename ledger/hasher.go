package ledger

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"

	"golang.org/x/mod/sumdb/tlog"
)

// Hasher makes the hashes of a commit's decisions: SHA-256, for about a fifth less
// than what sha256.Sum256 takes for so few bytes. It pads by itself, so that all
// is whole blocks, and reads the result out of the digest's state, whose form the
// standard library keeps. Where that form is another it calls Sum256. The zero
// value may be used, by one goroutine.
type Hasher struct {
	digest hash.Hash
	export encoding.BinaryAppender // of digest; nil: Sum256 is used
	buf    []byte
	state  []byte
}

// stateHead begins the exported state of a SHA-256 digest; the eight words of the
// state follow.
const stateHead = "sha\x03"

// padding is the longest there is, before the length.
const padding = "\x80" + zeros + zeros + zeros + zeros + zeros + zeros + zeros + zeros

const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"

func (h *Hasher) begin() {
	h.digest = sha256.New()
	h.export, _ = h.digest.(encoding.BinaryAppender)
	h.buf = append(h.buf[:0], "as the standard says"...)
	if h.sum() != sha256.Sum256(h.buf) {
		h.export = nil
	}
}

// sum is the hash of buf.
func (h *Hasher) sum() (out [sha256.Size]byte) {
	n := len(h.buf)
	if h.export == nil {
		return sha256.Sum256(h.buf)
	}
	// A bit, zeros, and the length in the last eight bytes of a block.
	b := append(h.buf, padding[:1+(119-n%sha256.BlockSize)%sha256.BlockSize]...)
	b = binary.BigEndian.AppendUint64(b, uint64(n)<<3)
	h.digest.Reset()
	h.digest.Write(b) // never fails
	var err error
	h.state, err = h.export.AppendBinary(h.state[:0])
	h.buf = b[:n]
	if err != nil || len(h.state) < len(stateHead)+len(out) || string(h.state[:len(stateHead)]) != stateHead {
		h.export = nil
		return sha256.Sum256(h.buf)
	}
	copy(out[:], h.state[len(stateHead):])
	return out
}

func (h *Hasher) empty() {
	if h.digest == nil {
		h.begin()
	}
	h.buf = h.buf[:0]
}

// Commit is Salt.Commit.
func (h *Hasher) Commit(s *Salt, value ...string) Commitment {
	h.empty()
	h.buf = append(h.buf, s[:]...)
	for _, part := range value {
		h.buf = append(h.buf, part...)
	}
	return h.sum()
}

// Decided is the hash of a decision's record, as tlog.RecordHash gives it. record
// is valid until the next call of a method.
func (h *Hasher) Decided(d *Decided) (record []byte, sum tlog.Hash) {
	h.empty()
	h.buf = d.Append(append(h.buf, 0))
	sum = h.sum()
	return h.buf[1:], sum
}

// BatchRoot is the root of the tree over the records of one commit. It uses up
// the hashes.
func (h *Hasher) BatchRoot(hashes []tlog.Hash) tlog.Hash {
	for len(hashes) > 1 {
		hashes = h.halve(hashes)
	}
	return hashes[0]
}

// halve is the level above another.
func (h *Hasher) halve(hashes []tlog.Hash) []tlog.Hash {
	half := len(hashes) / 2
	for i := range half {
		h.empty()
		h.buf = append(h.buf, 1)
		h.buf = append(append(h.buf, hashes[2*i][:]...), hashes[2*i+1][:]...)
		hashes[i] = h.sum()
	}
	if len(hashes)%2 == 1 { // goes up as it is
		hashes[half] = hashes[len(hashes)-1]
		half++
	}
	return hashes[:half]
}
