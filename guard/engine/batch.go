package engine

import (
	"sort"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Reading is what was extracted from one event's text for one pair. The
// journal keeps it, so that a replay needs no text.
type Reading struct {
	Place   uint16 // which of the pairs that the event touched
	Hits    []signal.Hit
	Opening uint64
	Words   uint16
	Asks    bool
	Carry   signal.Carry // as it was left
}

// Input is one event to apply.
type Input struct {
	Event    *event.Event
	Sequence uint64
	// Recorded, if Replayed, takes the place of reading the text.
	Recorded []Reading
	Replayed bool
	// Bare, if Replayed, is an event of which only Others was kept.
	Bare   bool
	Others []Other
}

// Other is all that is kept of a contact between two adults, and only where
// the one has met a minor before: that it had a contact, and a bit of a sketch
// by which it is not counted twice. It does not say with whom.
type Other struct {
	Actor uint64
	Bit   uint8
}

// Batch is a run of events and what became of them. Its memory is reused.
type Batch struct {
	Inputs     []Input
	Outcomes   []Outcome
	latest     []uint32 // highest event time up to each input, Unix seconds
	candidates []candidate
	works      []work
	spans      []span
	tellings   []telling
	names      []byte // ids of accounts that took part but are not in Event.To
	speakers   []int  // where each of them ends in names
}

// span is which works belong to an input.
type span struct{ from, to int32 }

// name keeps an id beside a batch and returns its number, for speaker.
func name[T string | []byte](b *Batch, id T) int32 {
	b.names = append(b.names, id...)
	b.speakers = append(b.speakers, len(b.names))
	return int32(len(b.speakers) - 1)
}

// speaker is the id of a number that name gave.
func (b *Batch) speaker(n int32) string {
	if n < 0 {
		return ""
	}
	from := 0
	if n > 0 {
		from = b.speakers[n-1]
	}
	return string(b.names[from:b.speakers[n]])
}

// Reset makes the batch ready for other events.
func (b *Batch) Reset() {
	b.Inputs = b.Inputs[:0]
}

// Readings calls each for what was read of input i's text. The reading is
// valid until the batch is used again.
func (b *Batch) Readings(i int, each func(r Reading)) {
	s := b.spans[i]
	for j := s.from; j < s.to; j++ {
		w := &b.works[j]
		if w.read {
			each(Reading{
				Place: uint16(j - s.from), Hits: w.hits[:w.textHits], Opening: w.opening,
				Words: w.words, Asks: w.asks, Carry: w.carry,
			})
		}
	}
}

// Kept reports whether the journal may keep input i: it is about one account
// alone, or in a room, or a minor may take part. Of anything else only what
// Others gives may be kept.
func (b *Batch) Kept(i int) bool {
	in := &b.Inputs[i]
	s := b.spans[i]
	return !in.Bare && (s.to > s.from || isAccount(in.Event.Type) || isRoom(in.Event))
}

// Others calls each for what may be kept of input i if it is not Kept.
func (b *Batch) Others(i int, each func(Other)) {
	from := sort.Search(len(b.candidates), func(j int) bool { return int(b.candidates[j].input) >= i })
	for j := from; j < len(b.candidates) && int(b.candidates[j].input) == i; j++ {
		if c := &b.candidates[j]; c.counted {
			each(Other{Actor: c.from, Bit: c.bit})
		}
	}
}

// Textual reports whether input i's text was read for some pair, and so may
// be kept; pair is the key of the first such pair and ordinal counts its
// messages.
func (b *Batch) Textual(i int) (pair uint64, ordinal uint32, ok bool) {
	s := b.spans[i]
	for j := s.from; j < s.to; j++ {
		if w := &b.works[j]; w.read {
			return w.pair, w.ordinal, true
		}
	}
	return 0, 0, false
}

// candidate is two accounts that an event brings together, before it is known
// whether either may be a minor.
type candidate struct {
	input     int32
	whom      Party
	speaker   int32 // place in the batch's speaker ids, -1: none
	from, to  uint64
	fromFacts account.Facts
	toFacts   account.Facts
	// Numbers of the copies of what the two have chosen, in the shards of their
	// accounts; -1: nothing.
	fromChoices int32
	toChoices   int32
	fromYoung   bool // says that it is an adult, and may be a child: see circle
	toYoung     bool
	other       bool   // replayed from an Other: nothing but from and bit is set
	counted     bool   // two adults, the first of whom has met a minor
	bit         uint8  // see Other
	via         uint64 // key of the room or friend they have in common, 0: none
	burnt       bool   // a minor blocked an account on the sender's device
	returns     bool   // and this recipient was the one
}

// telling is an event about one account alone.
type telling struct {
	input    int32
	account  uint64
	device   uint64
	guardian uint64 // who asks for the account, or becomes its guardian; 0: nobody
	zone     uint16
	safe     Safe // filled by the account pass
}

// shown is what a pair's evidence adds up to, and what it is made of.
type shown struct {
	tally evidence.Tally
	parts [evidence.Slots]Contribution
	slots uint8
}

// work is one direction of one pair in one event: who may be the actor and
// who the minor. Two accounts of unknown age have two. Each pass fills in its
// part for those that come after it; no pass reads what another one's tables
// hold, so it does not matter which events share a batch.
type work struct {
	input     int32
	speaker   int32
	candidate int32
	who, whom Party // actor and minor

	actor, minor uint64 // keys
	pair         uint64
	actorFacts   account.Facts
	minorFacts   account.Facts
	fromActor    bool
	peers        bool
	doubted      bool // the actor says that it is a child, and acts as none
	among        bool // the minor says that it is an adult, and may be a child: see circle
	burnt        bool // a minor blocked an account on the actor's device
	returns      bool // and it was this one

	// Filled by the pair pass.
	read     bool // text was read
	asks     bool
	scored   bool // a classifier score became a signal
	first    bool // the pair's first event
	contact  bool // the first message, call or gift of the pair
	met      bool // the actor seeks contact for the first time, and the minor did not before
	block    bool // the minor's first block or report of the actor
	active   bool // the pair's first message in an hour
	entered  bool // the pair came on watch for the first time
	severity uint8
	hitCount uint8
	textHits uint8 // the first of hits: those that were read in the text
	words    uint16
	hits     [signal.MaxHits]signal.Hit
	fresh    uint64 // signals of this event
	opening  uint64
	carry    signal.Carry
	ordinal  uint32
	shown                 // what the pair has shown
	apart    shown        // the same if the two are no peers, where the actor claims that they are
	conduct  conduct.Pair // as it was right after this event
	standing *standing
	prior    float64
	protect  float64
	barred   bool // the gate keeps a connection from being made

	// Filled by the actor pass.
	values    conduct.Values
	features  uint8  // features that count as signals
	stages    uint16 // theirs
	behaviour float64
	boost     float64
	actorRisk float64

	// Filled by the standing pass.
	sum     float64
	before  response.Level
	level   response.Level
	held    bool
	verdict response.Verdict
	gated   bool // the gate was asked
	answer  account.Answer
}
