// Package train makes the learned model of guard/signal/learned from lines that
// were written for it: the same lines, seed and benign chat make the same bytes.
package train

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"rowan/guard/signal"
	"rowan/guard/signal/learned"
	"rowan/lab/evaluate/disguise"
	"rowan/lab/training"
)

// example is a text as features, with the heads that it carries.
type example struct {
	features []uint32 // indexes into the vocabulary
	raw      []uint32 // hashes
	carries  uint64   // by head
	not      uint64   // heads of which it is a look-alike, by head
	kind     kind
	family   string
	group    string // what is held out together: signal and family
	fold     uint8  // in which it is held out
}

// kind is what an example that does not carry a signal is to it.
type kind uint8

const (
	other    kind = iota // a line of another signal
	innocent             // a line that resembles a signal, or everyday talk
	chat                 // a message of benign chat
)

// data is everything that a model is trained on.
type data struct {
	codes    []string // of the heads, in order
	examples []example
	sums     map[string]string // SHA-256 by name
	lines    int
	benign   int
}

// head is the place of a code, -1 if it has none.
func (d *data) head(code string) int {
	i, ok := slices.BinarySearch(d.codes, code)
	if !ok {
		return -1
	}
	return i
}

// load reads the training lines of a directory and a sample of benign chat.
func load(ctx context.Context, o Options, t *signal.Taxonomy, reader *signal.Reader) (*data, error) {
	set, err := training.Read(o.Lines)
	if err != nil {
		return nil, err
	}
	d := &data{sums: map[string]string{}}
	for _, l := range set.Lines {
		id, ok := t.Lookup(l.Signal)
		if ok && l.Positive() && learnable(t.Signal(id)) && !slices.Contains(d.codes, l.Signal) {
			d.codes = append(d.codes, l.Signal)
		}
	}
	slices.Sort(d.codes)
	if len(d.codes) == 0 {
		return nil, fmt.Errorf("%s holds no lines to train on", o.Lines)
	}
	identity, _, err := learned.Identity()
	if err != nil {
		return nil, err
	}
	var norm []byte
	extract := func(text string) []uint32 {
		norm = reader.Normalise(norm[:0], text, "en")
		return learned.Extract(nil, norm, identity)
	}
	for _, l := range set.Lines {
		e := example{raw: extract(l.Text), family: l.Family, group: l.Signal + "/" + l.Family}
		for i, code := range d.codes {
			if l.Carries(code) {
				e.carries |= 1 << i
			}
		}
		if !l.Positive() {
			e.kind = innocent
			if i := d.head(l.Signal); i >= 0 {
				e.not |= 1 << i
			}
		}
		d.examples = append(d.examples, e)
		if hashed(l.Text)%clipped == 0 {
			e.raw = extract(inHaste(l.Text))
			d.examples = append(d.examples, e)
		}
	}
	d.lines = len(set.Lines)
	d.split()
	if err := d.hash(o.Lines); err != nil {
		return nil, err
	}
	for _, path := range o.Benign {
		if err := d.chat(ctx, path, o, extract); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// learnable tells which signals get a head. What everybody says every day
// (severity 0 and 1) is left to the lexicon: likeness to it says nothing. So is
// what comes from the young person: a guess there invents distress. Of what lowers
// a risk, what is told in words is learned, and held to stricter bounds.
func learnable(s *signal.Signal) bool {
	return s.Severity >= 2 && s.Polarity > 0 && s.Direction != signal.FromMinor || lowers(s)
}

// lowers says that words of this kind lower a risk by themselves: quotation and
// warning (P06), openness (P08).
func lowers(s *signal.Signal) bool { return s.Polarity < 0 && s.Observed == "text" && s.Weight <= -1 }

// hash notes the SHA-256 of all training files together, by name and content.
func (d *data) hash(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	sum := sha256.New()
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", filepath.Base(path), len(src))
		sum.Write(src)
	}
	d.sums["lab/training/*.tsv"] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// chat takes a sample of the messages of benign conversations as negatives of
// every head. Conversations are kept whole in one fold.
func (d *data) chat(ctx context.Context, path string, o Options, extract func(string) []uint32) (err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(src)
	d.sums[filepath.Base(path)] = hex.EncodeToString(sum[:])
	var in io.Reader = bytes.NewReader(src)
	if bytes.HasPrefix(src, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		defer func() { err = errors.Join(err, z.Close()) }()
		in = z
	}
	r := rand.New(rand.NewPCG(o.Seed, 2))
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for n := 0; lines.Scan(); n++ {
		if n%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		var t struct {
			Turns []struct {
				Text string `json:"text"`
			} `json:"turns"`
		}
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n+1, err)
		}
		conversation := fmt.Sprintf("%s/%d", filepath.Base(path), n)
		for _, turn := range t.Turns {
			if r.Float64() < o.BenignShare {
				d.examples = append(d.examples, example{raw: extract(turn.Text), kind: chat, group: conversation, fold: uint8(hashed(conversation) % folds)})
				d.benign++
			}
		}
	}
	return lines.Err()
}

// clipped is of how many lines one is learned a second time as it is typed in haste.
const clipped = 4

// inHaste leaves the vowels out inside two in three of the words of four letters and
// more.
func inHaste(text string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		if len(w) >= 4 && hashed(w)%3 > 0 {
			words[i] = disguise.WithoutVowels(w)
		}
	}
	return strings.Join(words, " ")
}

func hashed(group string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(group))
	return h.Sum32()
}

// folds is into how many parts the examples fall, each of which is scored by a
// model that was trained on the others.
const folds = 4

// split puts the families of each signal into folds, in the order of their
// hashes.
func (d *data) split() {
	families := map[string][]string{}
	for _, e := range d.examples {
		code, _, _ := strings.Cut(e.group, "/")
		if !slices.Contains(families[code], e.group) {
			families[code] = append(families[code], e.group)
		}
	}
	in := map[string]uint8{}
	for _, groups := range families {
		slices.SortFunc(groups, func(a, b string) int { return cmp.Or(cmp.Compare(hashed(a), hashed(b)), cmp.Compare(a, b)) })
		for i, g := range groups {
			in[g] = uint8(i % folds)
		}
	}
	for i := range d.examples {
		d.examples[i].fold = in[d.examples[i].group]
	}
}

// vocabulary numbers the features that occur in two examples at least, in order
// of their hash.
func (d *data) vocabulary() []uint32 {
	seen := map[uint32]int{}
	for i := range d.examples {
		e := &d.examples[i]
		slices.Sort(e.raw)
		e.raw = slices.Compact(e.raw)
		for _, f := range e.raw {
			seen[f]++
		}
	}
	var all []uint32
	for f, n := range seen {
		if n > 1 {
			all = append(all, f)
		}
	}
	slices.Sort(all)
	for i := range d.examples {
		e := &d.examples[i]
		for _, f := range e.raw {
			if at, ok := slices.BinarySearchFunc(all, f, cmp.Compare[uint32]); ok {
				e.features = append(e.features, uint32(at))
			}
		}
	}
	return all
}
