// Package learned scores all text signals of a message in one pass: hashed word
// and letter n-grams, a linear model per signal, calibrated. What it may add to
// the lexicon is a hit where the usual words are missing.
//
// A model is data: the command, seed and hashes by which it was made are in its
// header, and the same command makes the same bytes.
package learned

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"rowan/datafile"
	"rowan/guard/signal"
)

// magic begins a model file.
const magic = "ROWAN-LEARNED-1\n"

// scale is what a weight of 1 is stored as.
const scale = 256

// maxSize bounds a model file, in bytes.
const maxSize = 8 << 20

// Header says how a model was made. It stands in the file as JSON.
type Header struct {
	Version  string            `json:"version"`
	Taxonomy string            `json:"taxonomy"` // version of the codes below
	Command  string            `json:"command"`  // that makes these bytes
	Seed     uint64            `json:"seed"`
	Data     map[string]string `json:"data"` // SHA-256 of what it was trained on, by name
	Lines    int               `json:"lines"`
	Benign   int               `json:"benign"` // messages of benign chat among the negatives; 0: none were used
	Identity string            `json:"identity"`
	Heads    []Head            `json:"heads"`
	Features int               `json:"features"`
}

// Head is one signal's line: score = Bias + the sum of its weights; the
// probability is 1/(1+exp(-(A*score+B))) (Platt 1999). A probability of at least
// Threshold is a hit, of a strength that grows from Least to Most, and from Sure
// on it counts as said. Below Doubt the signal is so unlikely that a phrase that
// says it is doubted. Without Sure nothing counts as said, without Doubt nothing
// is doubted.
type Head struct {
	Signal    string  `json:"signal"`
	Bias      float64 `json:"bias"`
	A         float64 `json:"a"`
	B         float64 `json:"b"`
	Doubt     float64 `json:"doubt,omitempty"`
	Threshold float64 `json:"threshold"`
	Sure      float64 `json:"sure,omitempty"`
	Least     uint8   `json:"least"`
	Most      uint8   `json:"most"`
}

// Probability is that of the signal in a line of this score.
func (h *Head) Probability(score float64) float64 { return probability(h.A, h.B, score) }

func probability(a, b, score float64) float64 { return 1 / (1 + math.Exp(-(float64(a*score) + b))) }

// Weight is one head's weight of a feature.
type Weight struct {
	Head  uint8
	Value int16 // in 1/256
}

// Row is the weights of one feature.
type Row struct {
	Feature uint32
	Weights []Weight
}

// Encode writes a model. Rows must be in order of their features.
func Encode(h Header, rows []Row) ([]byte, error) {
	h.Features = len(rows)
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(magic)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	b.Write(head)
	for _, r := range rows {
		if len(r.Weights) > math.MaxUint8 {
			return nil, errors.New("model: a feature has more than 255 weights")
		}
		out := binary.LittleEndian.AppendUint32(nil, r.Feature)
		out = append(out, uint8(len(r.Weights)))
		for _, w := range r.Weights {
			out = binary.LittleEndian.AppendUint16(append(out, w.Head), uint16(w.Value))
		}
		b.Write(out)
	}
	if b.Len() > maxSize {
		return nil, fmt.Errorf("model: %d bytes; at most %d", b.Len(), maxSize)
	}
	return b.Bytes(), nil
}

// Model is a model that is ready to score. It does not change; a Scorer is for
// one goroutine.
type Model struct {
	header   Header
	heads    []head
	slots    []slot // open addressing by feature
	mask     uint32
	weights  []Weight
	identity map[uint32]struct{}
}

type head struct {
	id          signal.ID
	bias, a, b  float64
	threshold   float64
	sure        float64
	cut         int32 // the least sum that can be a hit
	doubt       int32 // sums below it are doubted
	least, most float64
}

type slot struct {
	feature  uint32
	from, to uint32
}

//go:embed identity.yaml
var identityFile []byte

// Identity are the hashes of the words of identity, and the version of their
// list.
func Identity() (map[uint32]struct{}, string, error) {
	var v struct {
		Version string   `yaml:"version"`
		Date    string   `yaml:"date"`
		Source  string   `yaml:"source"`
		Words   []string `yaml:"words"`
	}
	if _, err := datafile.Parse("identity.yaml", identityFile, &v); err != nil {
		return nil, "", err
	}
	words := make(map[uint32]struct{}, len(v.Words))
	for _, w := range v.Words {
		words[hash(saltWord, []byte(w))] = struct{}{}
	}
	return words, v.Version, nil
}

//go:embed model.bin
var builtIn []byte

// Defaults is the built-in model.
func Defaults() (name string, source []byte) { return "learned", builtIn }

// Load reads a model for a taxonomy. It fails if the file is damaged, if the
// taxonomy lacks one of its signals, or if words of identity have changed since.
func Load(name string, src []byte, t *signal.Taxonomy) (*Model, error) {
	m, err := load(src, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func load(src []byte, t *signal.Taxonomy) (*Model, error) {
	if len(src) > maxSize || !bytes.HasPrefix(src, []byte(magic)) || len(src) < len(magic)+4 {
		return nil, errors.New("no learned model of version 1; make one with rowan train")
	}
	rest := src[len(magic):]
	n := binary.LittleEndian.Uint32(rest)
	rest = rest[4:]
	if uint64(n) > uint64(len(rest)) {
		return nil, errors.New("the model is cut off in its header")
	}
	m := &Model{}
	d := json.NewDecoder(bytes.NewReader(rest[:n]))
	d.DisallowUnknownFields()
	if err := d.Decode(&m.header); err != nil {
		return nil, fmt.Errorf("the model's header: %w", err)
	}
	identity, version, err := Identity()
	if err != nil {
		return nil, err
	}
	if m.header.Identity != version {
		return nil, fmt.Errorf("the model was trained with the words of identity of %s; they are of %s now, so train it again", m.header.Identity, version)
	}
	m.identity = identity
	if err := m.take(t); err != nil {
		return nil, err
	}
	return m, m.rows(rest[n:])
}

// take checks the heads.
func (m *Model) take(t *signal.Taxonomy) error {
	if len(m.header.Heads) == 0 || len(m.header.Heads) > maxHeads {
		return fmt.Errorf("the model has %d heads", len(m.header.Heads))
	}
	for _, h := range m.header.Heads {
		id, ok := t.Lookup(h.Signal)
		if !ok {
			return fmt.Errorf("the taxonomy has no signal %q", h.Signal)
		}
		finite := func(v float64) bool { return !math.IsNaN(v) && math.Abs(v) < 1e6 }
		if !finite(h.Bias) || !finite(h.A) || !finite(h.B) || h.A <= 0 || h.Threshold <= 0 || h.Threshold >= 1 || h.Least == 0 || h.Most < h.Least ||
			!(h.Doubt >= 0 && h.Doubt < h.Threshold) || h.Sure != 0 && !(h.Sure >= h.Threshold && h.Sure <= 1) {
			return fmt.Errorf("the head of %s is out of bounds", h.Signal)
		}
		// The thresholds on the sum, so that most heads need no exponential.
		sum := func(p float64) int32 {
			return int32(min(max(((math.Log(p/(1-p))-h.B)/h.A-h.Bias)*scale-1, math.MinInt32), math.MaxInt32))
		}
		own := head{
			id: id, bias: h.Bias, a: h.A, b: h.B, threshold: h.Threshold, sure: h.Sure, cut: sum(h.Threshold), doubt: math.MinInt32, least: float64(h.Least), most: float64(h.Most),
		}
		if h.Doubt > 0 {
			own.doubt = sum(h.Doubt)
		}
		if own.sure == 0 {
			own.sure = math.Inf(1)
		}
		m.heads = append(m.heads, own)
	}
	return nil
}

const maxHeads = 64

func (m *Model) rows(src []byte) error {
	n := m.header.Features
	if n < 0 || n > maxSize/5 {
		return fmt.Errorf("the model has %d features", n)
	}
	size := uint32(16)
	for size < uint32(n)*2 {
		size *= 2
	}
	m.slots, m.mask = make([]slot, size), size-1
	last := int64(-1)
	for range n {
		if len(src) < 5 {
			return errors.New("the model is cut off")
		}
		feature, count := binary.LittleEndian.Uint32(src), int(src[4])
		src = src[5:]
		if int64(feature) <= last || len(src) < 3*count || count == 0 {
			return errors.New("the model is damaged: its features are out of order or cut off")
		}
		last = int64(feature)
		from := uint32(len(m.weights))
		for range count {
			w := Weight{src[0], int16(binary.LittleEndian.Uint16(src[1:]))}
			if int(w.Head) >= len(m.heads) {
				return errors.New("the model is damaged: a weight is of no head")
			}
			m.weights = append(m.weights, w)
			src = src[3:]
		}
		i := feature & m.mask
		for m.slots[i].to != 0 {
			i = (i + 1) & m.mask
		}
		m.slots[i] = slot{feature, from, uint32(len(m.weights))}
	}
	if len(src) != 0 {
		return errors.New("the model has more bytes than it says")
	}
	return nil
}

// Signals are those that the model scores, by number.
func (m *Model) Signals() (set uint64) {
	for i := range m.heads {
		set |= 1 << m.heads[i].id
	}
	return set
}

// Header says how the model was made.
func (m *Model) Header() Header { return m.header }

// Scorer scores messages with scratch space of its own.
type Scorer struct {
	model    *Model
	features []uint32
	sums     [maxHeads]int32
}

// NewScorer returns a scorer for one goroutine.
func (m *Model) NewScorer() *Scorer {
	return &Scorer{model: m, features: make([]uint32, 0, maxFeatures)}
}

// Score implements signal.Scorer.
func (s *Scorer) Score(words []byte, hits []signal.Hit) (found []signal.Hit, doubted uint64) {
	m := s.model
	s.sum(words)
	for i := range m.heads {
		h := &m.heads[i]
		if s.sums[i] < h.cut {
			if s.sums[i] < h.doubt {
				doubted |= 1 << h.id
			}
			continue
		}
		p := h.probability(s.sums[i])
		if p < h.threshold {
			continue
		}
		flags := signal.Scored | signal.Learned
		if p >= h.sure {
			flags |= signal.Sure
		}
		hits = append(hits, signal.Hit{Signal: h.id, Strength: uint8(h.least + (h.most-h.least)*(p-h.threshold)/(1-h.threshold)), Flags: flags})
	}
	return hits, doubted
}

func (h *head) probability(sum int32) float64 {
	return probability(h.a, h.b, h.bias+float64(sum)/scale)
}

// sum adds up the weights of a message's features for all heads at once. A
// feature counts once.
func (s *Scorer) sum(words []byte) {
	m := s.model
	s.sums = [maxHeads]int32{}
	s.features = Extract(s.features[:0], words, m.identity)
	for n, f := range s.features {
		i := f & m.mask
		for m.slots[i].to != 0 && m.slots[i].feature != f {
			i = (i + 1) & m.mask
		}
		if m.slots[i].to == 0 || repeated(s.features[:n], f) {
			continue
		}
		for _, w := range m.weights[m.slots[i].from:m.slots[i].to] {
			s.sums[w.Head] += int32(w.Value)
		}
	}
}

// repeated looks for a feature among those before. Messages are short and few of
// their features are in the model, so this is seldom reached.
func repeated(before []uint32, f uint32) bool {
	for _, b := range before {
		if b == f {
			return true
		}
	}
	return false
}

// Probabilities appends the probability of every head, in the header's order.
func (s *Scorer) Probabilities(dst []float64, words []byte) []float64 {
	s.sum(words)
	for i := range s.model.heads {
		dst = append(dst, s.model.heads[i].probability(s.sums[i]))
	}
	return dst
}
