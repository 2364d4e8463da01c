package ledger

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Decided is the record of one decision. It stands under the root of its
// commit, not in the log itself.
type Decided struct {
	Account string `json:"account,omitempty"` // what to do about the actor's account: words, with commas
	Action  string `json:"action"`
	Actor   string `json:"actor,omitempty"` // which of the two is the older or unknown one: from, to
	At      int64  `json:"at"`              // of the event, Unix milliseconds
	Case    bool   `json:"case,omitempty"`  // a person should look
	// Event is the platform's own event: "event/" source, space, id. It and the
	// other commitments are there only where a young person may have taken part.
	Event *Commitment `json:"event,omitempty"`
	From  *Commitment `json:"from,omitempty"` // "account/" id
	Kind  Kind        `json:"kind"`
	Level string      `json:"level"`
	Risk  int64       `json:"risk"` // of the pair, log-odds in thousandths
	// Rules that fired, as bits by their place in the policy, in hexadecimal.
	Rules    Bits        `json:"rules,omitzero"`
	Sequence uint64      `json:"sequence"`
	Text     *Commitment `json:"text,omitempty"` // of a message that was read
	To       *Commitment `json:"to,omitempty"`   // the other of the pair that decided
	Type     string      `json:"type"`
	V        int         `json:"v"`
}

// Bits are written in hexadecimal: JSON's numbers do not hold 64 of them.
type Bits uint64

// MarshalText writes them.
func (b Bits) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(b), 16), nil }

// UnmarshalText reads them.
func (b *Bits) UnmarshalText(src []byte) error {
	v, err := strconv.ParseUint(string(src), 16, 64)
	*b = Bits(v)
	return err
}

// The parts of a decision that are commitments, and their slots in a Veil.
const (
	FromSlot = iota
	ToSlot
	EventSlot
	TextSlot
	slots // of a decision
)

// The same, by name.
var slotNames = [slots]string{"from", "to", "event", "text"}

// SlotName is the part of a decision that a slot is for.
func SlotName(slot int) string { return slotNames[slot] }

// Part is where a decision's commitment of a slot stands, nil if it has none.
func (d *Decided) Part(slot int) **Commitment {
	return [...]**Commitment{&d.From, &d.To, &d.Event, &d.Text}[slot]
}

// Append writes the record in its one form. Its strings are words of lower-case
// letters.
func (d *Decided) Append(b []byte) []byte {
	b = append(b, '{')
	if d.Account != "" {
		b = append(append(append(b, `"account":"`...), d.Account...), `",`...)
	}
	b = append(append(append(b, `"action":"`...), d.Action...), '"')
	if d.Actor != "" {
		b = append(append(append(b, `,"actor":"`...), d.Actor...), '"')
	}
	b = strconv.AppendInt(append(b, `,"at":`...), d.At, 10)
	if d.Case {
		b = append(b, `,"case":true`...)
	}
	b = appendCommitment(b, `,"event":"`, d.Event)
	b = appendCommitment(b, `,"from":"`, d.From)
	b = append(append(b, `,"kind":"decision","level":"`...), d.Level...)
	b = strconv.AppendInt(append(b, `","risk":`...), d.Risk, 10)
	if d.Rules != 0 {
		b = append(strconv.AppendUint(append(b, `,"rules":"`...), uint64(d.Rules), 16), '"')
	}
	b = strconv.AppendUint(append(b, `,"sequence":`...), d.Sequence, 10)
	b = appendCommitment(b, `,"text":"`, d.Text)
	b = appendCommitment(b, `,"to":"`, d.To)
	b = append(append(b, `,"type":"`...), d.Type...)
	return append(b, `","v":1}`...)
}

func appendCommitment(b []byte, before string, c *Commitment) []byte {
	if c == nil {
		return b
	}
	b = base64.StdEncoding.AppendEncode(append(b, before...), c[:])
	return append(b, '"')
}

// ParseDecided reads a decision's record, which must be in its one form.
func ParseDecided(src []byte) (*Decided, error) {
	var d Decided
	if err := parse(src, &d); err != nil {
		return nil, err
	}
	if d.Kind != Decision || d.V != Version || d.Sequence == 0 {
		return nil, ErrForm
	}
	for _, word := range []string{d.Account, d.Action, d.Actor, d.Level, d.Type} {
		for i := range len(word) {
			if c := word[i]; (c < 'a' || c > 'z') && c != '_' && c != ',' && c != '.' {
				return nil, fmt.Errorf("%w: %q", ErrForm, word)
			}
		}
	}
	return &d, nil
}

// BatchRoot is Hasher.BatchRoot.
func BatchRoot(hashes []tlog.Hash) tlog.Hash {
	var h Hasher
	return h.BatchRoot(hashes)
}

// BatchProof is the way from the record at a place to that root. It uses up the
// hashes.
func BatchProof(hashes []tlog.Hash, at int) tlog.RecordProof {
	var h Hasher
	path := tlog.RecordProof{}
	for ; len(hashes) > 1; at /= 2 {
		if sibling := at ^ 1; sibling < len(hashes) {
			path = append(path, hashes[sibling])
		}
		hashes = h.halve(hashes)
	}
	return path
}
