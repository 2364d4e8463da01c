package report

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"time"
)

// SignOff is a person's word that a report should go.
type SignOff struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
	// Digest is of the document that was signed. "" signs the decision to report
	// the case, whatever the document holds.
	Digest string `json:"digest,omitempty"`
}

// Errors of Authorise.
var (
	ErrUnsigned = errors.New("a report needs the word of two different people")
	ErrChanged  = errors.New("the document has changed since it was signed; it must be read and signed again")
)

// Authority is what a report needs before it may be sent. Only Authorise makes
// one, so that nothing else can be sent.
type Authority struct {
	digest string
	by     [2]SignOff
}

// Digest is of the document that may be sent.
func (a Authority) Digest() string { return a.digest }

// By are the two who signed, in time.
func (a Authority) By() [2]SignOff { return a.by }

// Valid reports whether Authorise made it.
func (a Authority) Valid() bool { return a.digest != "" }

// Authorise lets a document with a digest be sent, if nothing that blocks is
// missing and two different people have signed by now.
func Authorise(digest string, missing []Missing, signs []SignOff, now time.Time) (Authority, error) {
	if Blocked(missing) {
		return Authority{}, &IncompleteError{missing}
	}
	if digest == "" {
		return Authority{}, errors.New("there is no document to authorise")
	}
	var good []SignOff
	changed := false
	for _, s := range signs {
		switch {
		case s.By == "" || s.At.IsZero() || s.At.After(now):
		case s.Digest != "" && s.Digest != digest:
			changed = true
		case len(good) == 1 && good[0].By == s.By:
		case len(good) < 2:
			good = append(good, s)
		}
	}
	if len(good) < 2 {
		if changed {
			return Authority{}, ErrChanged
		}
		return Authority{}, ErrUnsigned
	}
	if good[1].At.Before(good[0].At) {
		good[0], good[1] = good[1], good[0]
	}
	return Authority{digest, [2]SignOff(good)}, nil
}

// Digest is the SHA-256 over parts, each with its length before it, as
// "sha256:" and hexadecimal.
func Digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sized(h, p)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func sized(h hash.Hash, p []byte) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
	h.Write(p)
}
