// Package ledger is an append-only log by which an operator proves what it did,
// without handing over anybody's data.
//
// Its leaves are Records in canonical JSON, hashed as RFC 6962 says and signed
// as C2SP checkpoints (tlog-checkpoint, signed-note). People and content stand
// in it only as salted commitments; the salts lie elsewhere, so that erasing
// somebody is deleting a salt, and the log still verifies.
//
// It imports nothing of Rowan, and besides the standard library only
// golang.org/x/mod, so that the verifier can be small.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// Kind is what a record is about.
type Kind string

// The kinds.
const (
	Start     Kind = "start"     // the first leaf: what lies before the log
	Commit    Kind = "commit"    // the root over the decisions of one commit
	Decision  Kind = "decision"  // under a commit's root, never a leaf
	Versions  Kind = "versions"  // the data files that decisions rest on
	Setting   Kind = "setting"   // a change of settings
	Case      Kind = "case"      // a step in a case
	Report    Kind = "report"    // a report to an authority
	Retention Kind = "retention" // what was deleted, and under which rule
	Custody   Kind = "custody"   // who was given evidence
	Docket    Kind = "docket"    // a regulator's step
	Return    Kind = "return"    // a return to a regulator
)

// Kinds are those that leaves may have.
func Kinds() []Kind {
	return []Kind{Start, Commit, Versions, Setting, Case, Report, Retention, Custody, Docket, Return}
}

// Version is the form of the records that this package writes.
const Version = 1

// Record is what a leaf says. Its JSON has the keys in alphabetical order and no
// white space; there is one form for each record (RFC 8785).
type Record struct {
	At int64 `json:"at"` // Unix milliseconds, never before the leaf before it
	// Behind is how many milliseconds the clock stood before At, after it was
	// turned back.
	Behind int64             `json:"behind,omitempty"`
	By     string            `json:"by,omitempty"`     // a role, never a person
	Commit *Batch            `json:"commit,omitempty"` // of the kind commit only
	Facts  map[string]string `json:"facts,omitempty"`  // nothing about a person
	Kind   Kind              `json:"kind"`
	Nonce  *Nonce            `json:"nonce,omitempty"` // where there are subjects
	Of     string            `json:"of,omitempty"`    // "case/12", "notice/3": what it is about
	// Subjects are the people and the content that it concerns, by their part.
	Subjects map[string]Commitment `json:"subjects,omitempty"`
	V        int                   `json:"v"`
	What     string                `json:"what,omitempty"` // what happened: "decided"
}

// Batch is the decisions of one commit.
type Batch struct {
	Count int64     `json:"count"`
	First uint64    `json:"first"` // sequence numbers
	Last  uint64    `json:"last"`
	Root  tlog.Hash `json:"root"` // RFC 6962, over the decisions' records in order
}

// MaxLeaf is the greatest length of a leaf in bytes, which entry bundles have
// two bytes for.
const MaxLeaf = 1<<16 - 1

// Leaf is a record in its one form.
type Leaf []byte

// Encode returns the leaf of a record. It refuses what has no canonical form or
// would not be read back.
func (r *Record) Encode() (Leaf, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("ledger record %q: %w", r.Kind, err)
	}
	b, err := canonical(r)
	if err != nil {
		return nil, fmt.Errorf("ledger record %q: %w", r.Kind, err)
	}
	if len(b) > MaxLeaf {
		return nil, fmt.Errorf("ledger record %q: %d bytes; at most %d", r.Kind, len(b), MaxLeaf)
	}
	return b, nil
}

// canonical is the JSON of a value whose fields are in order.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ErrForm is returned for bytes that are not a record in its one form.
var ErrForm = errors.New("not a record in its one form")

// ParseRecord is the reverse of Encode.
func ParseRecord(leaf []byte) (*Record, error) {
	if r := parseCommit(leaf); r != nil {
		return r, nil
	}
	var r Record
	if err := parse(leaf, &r); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return &r, nil
}

// parse reads JSON into a value and refuses any other spelling of it.
func parse(src []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	again, err := canonical(to)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	if !bytes.Equal(again, src) {
		return ErrForm
	}
	return nil
}

func (r *Record) check() error {
	known := false
	for _, k := range Kinds() {
		known = known || k == r.Kind
	}
	switch {
	case !known:
		return errors.New("there is no such kind of leaf")
	case r.V != Version:
		return fmt.Errorf("version %d; this Rowan reads %d", r.V, Version)
	case r.At < 0 || r.Behind < 0:
		return errors.New("a time before 1970, or a clock behind by less than nothing")
	case (r.Commit != nil) != (r.Kind == Commit):
		return errors.New("a commit's leaf holds its decisions, and no other does")
	case (r.Nonce != nil) != (len(r.Subjects) > 0):
		return errors.New("subjects need a nonce, and nothing else does")
	}
	if c := r.Commit; c != nil && (c.Count < 1 || c.First < 1 || c.Last < c.First || uint64(c.Count) != c.Last-c.First+1) {
		return fmt.Errorf("decisions %d to %d are not %d", c.First, c.Last, c.Count)
	}
	for _, s := range []string{r.By, r.Of, r.What} {
		if err := checkString(s); err != nil {
			return err
		}
	}
	for k, v := range r.Facts {
		if err := errors.Join(checkName(k), checkString(v)); err != nil {
			return err
		}
	}
	for k := range r.Subjects {
		if err := checkName(k); err != nil {
			return err
		}
	}
	return nil
}

// checkName holds keys to ASCII, where all orders of keys are the same.
func checkName(s string) error {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' && c != '/' {
			return fmt.Errorf("the name %q: it has lower-case letters, digits and _ . - /", s)
		}
	}
	if s == "" {
		return errors.New("a name is empty")
	}
	return nil
}

// checkString refuses what JSON libraries escape differently.
func checkString(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("a text is not UTF-8")
	}
	for _, c := range s {
		if c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029' {
			return fmt.Errorf("the text %q holds a control character", s)
		}
	}
	return nil
}
