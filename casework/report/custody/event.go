// Package custody keeps account of evidence: who acquired, viewed, exported,
// transferred, sealed or destroyed it and why, in a chain that shows when
// something was changed or left out; and how long the law wants it kept.
package custody

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Kind is what happened to evidence.
type Kind string

// The kinds.
const (
	Acquired    Kind = "acquired"
	Viewed      Kind = "viewed"
	Exported    Kind = "exported"    // a copy left Rowan's files
	Transferred Kind = "transferred" // to an authority, or to somebody else's keeping
	Sealed      Kind = "sealed"      // nothing is added any more
	Destroyed   Kind = "destroyed"
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Acquired, Viewed, Exported, Transferred, Sealed, Destroyed} }

// Event is one thing that happened to a piece of evidence of a case. It holds
// no content: What is an id, SHA256 the digest of the bytes.
type Event struct {
	Case   int64     `json:"case"`
	Number int       `json:"number"` // from 1, within the case
	At     time.Time `json:"at"`
	By     string    `json:"by"` // person id; "" is Rowan itself
	Kind   Kind      `json:"kind"`
	What   string    `json:"what"`
	SHA256 string    `json:"sha256"`
	Why    string    `json:"why"`
	To     string    `json:"to,omitempty"` // of a transfer or an export
	// Before is the Hash of the event before it, "" for the first; Hash is the
	// SHA-256 of this one with Before.
	Before string `json:"before"`
	Hash   string `json:"hash"`
}

// Refusal is why an event cannot be noted.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// Errors of Next.
const (
	ErrUnknown   = Refusal("there is no such kind of custody event")
	ErrNobody    = Refusal("who did it must be said: only acquiring, sealing and deleting at the end of its time is Rowan's own")
	ErrNoReason  = Refusal("why it was done must be said")
	ErrNoDigest  = Refusal("the SHA-256 of the evidence is needed, in 64 hexadecimal digits")
	ErrNoItem    = Refusal("what it was done to must be said")
	ErrNobodyTo  = Refusal("to whom it went must be said")
	ErrDestroyed = Refusal("the evidence was destroyed before")
	ErrSealed    = Refusal("the evidence was sealed before, and nothing can be added to it")
)

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Next is an event as the next one of a case's chain, with number, Before and
// Hash. It refuses what must not follow.
func Next(chain []Event, e Event) (Event, error) {
	switch e.Kind {
	case Acquired, Sealed, Destroyed:
	case Viewed, Exported, Transferred:
		if e.By == "" {
			return Event{}, ErrNobody
		}
	default:
		return Event{}, ErrUnknown
	}
	switch {
	case e.What == "":
		return Event{}, ErrNoItem
	case e.Why == "":
		return Event{}, ErrNoReason
	case !digest.MatchString(e.SHA256):
		return Event{}, ErrNoDigest
	case e.To == "" && (e.Kind == Exported || e.Kind == Transferred):
		return Event{}, ErrNobodyTo
	}
	for i := range chain {
		if chain[i].What != e.What {
			continue
		}
		switch {
		case chain[i].Kind == Destroyed:
			return Event{}, ErrDestroyed
		case chain[i].Kind == Sealed && (e.Kind == Acquired || e.Kind == Sealed):
			return Event{}, ErrSealed
		}
	}
	for _, s := range []*string{&e.By, &e.What, &e.Why, &e.To} { // as JSON gives them back
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Number, e.Before = len(chain)+1, ""
	if len(chain) > 0 {
		last := &chain[len(chain)-1]
		e.Before = last.Hash
		if e.At.Before(last.At) { // a clock that was set back must not break the order
			e.At = last.At
		}
	}
	e.Hash = e.digest()
	return e, nil
}

// digest is the hash of an event, that of its JSON without Hash.
func (e Event) digest() string {
	e.Hash = ""
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // of texts, numbers and a time within a year of four digits
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// BrokenError is returned for a chain that is not as it was written.
type BrokenError struct {
	Number int // of the event at which it breaks
	Why    string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("the chain of custody breaks at event %d: %s", e.Number, e.Why)
}

// Verify checks the chain of one case. head, if it is not "", is the hash that
// the last event is known to have, from elsewhere: without it, events that
// were cut off at the end are not missed.
func Verify(chain []Event, head string) error {
	before := ""
	for i := range chain {
		e := &chain[i]
		switch {
		case e.Number != i+1:
			return &BrokenError{i + 1, "an event is missing or out of order"}
		case i > 0 && e.Case != chain[0].Case:
			return &BrokenError{i + 1, "an event of another case"}
		case e.Before != before:
			return &BrokenError{i + 1, "it does not follow the event before it"}
		case e.At.Year() < 1 || e.At.Year() > 9999 || e.Hash != e.digest():
			return &BrokenError{i + 1, "it was changed"}
		}
		before = e.Hash
	}
	if head != "" && head != before {
		return &BrokenError{len(chain) + 1, "events are missing at the end, or the chain was written anew"}
	}
	return nil
}

// Parse reads a chain as JSON lines, one event a line.
func Parse(b []byte) ([]Event, error) {
	var chain []Event
	for n := 1; len(b) > 0; n++ {
		row := b
		if i := indexNewline(b); i >= 0 {
			row, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if len(row) == 0 {
			continue
		}
		var e Event
		if err := json.Unmarshal(row, &e); err != nil {
			return nil, fmt.Errorf("line %d is no custody event", n)
		}
		chain = append(chain, e)
	}
	if len(chain) == 0 {
		return nil, errors.New("there is no custody event")
	}
	return chain, nil
}

func indexNewline(b []byte) int {
	for i, c := range b {
		if c == '\n' {
			return i
		}
	}
	return -1
}
