// Package signal reads text: it finds the signals of the taxonomy in one
// message, and nothing else. It holds no state of its own; what must be
// carried from one message to the next of the same sender is a Carry.
package signal

// ID is the place of a signal in the taxonomy, from 1. 0 is no signal.
type ID uint8

// Flag tells how a hit was found.
type Flag uint8

const (
	// Hidden: found only after normalisation; the raw text does not show it.
	Hidden Flag = 1 << iota
	// Split: found only by joining this message to the ones before it.
	Split
	// Quoted: inside quotation or safety talk (signal P06 holds), or in a message
	// with words in quotation marks, which says something beside such talk only.
	Quoted
	// Negated: the phrase is denied or forbidden ("don't tell ...").
	Negated
	// Scored: from a classifier score or the learned scorer, not a phrase.
	Scored
	// Learned: the learned scorer alone found it.
	Learned
	// Doubted: a phrase says it, and the learned scorer, which knows what innocent
	// lines it occurs in, finds it unlikely.
	Doubted
	// Sure: the learned scorer is as sure of it as of what a phrase says.
	Sure
)

// Hit is one signal found in one message. A message has at most one hit a
// signal: the strongest.
type Hit struct {
	Signal   ID
	Strength uint8 // 1 to 255: 255 is the full weight of the taxonomy
	Flags    Flag
}

// MaxHits bounds the hits of one message.
const MaxHits = 24

// Carry is what must be remembered between two messages of one sender to one
// recipient so that a phrase split over several sends is still seen. It holds
// positions in the automaton, never text. The zero value is a fresh start.
type Carry struct {
	State   uint32 // automaton state at the end of the last message
	Letters uint32 // state of the spelled-out reading
	Part    uint16 // open first part of a two-part pattern, 0 for none
	Gap     uint8  // words since that part
	Digits  uint8  // digits seen at the end of the last message
	At      uint32 // Unix seconds of the last message
}

// Observation is what was read in one message. It is valid until the next
// Read of the same Reader.
type Observation struct {
	Hits    []Hit
	Opening uint64 // SimHash of the normalised words, 0 when too short to tell
	Words   int
	Asks    bool // has a question in it
}
