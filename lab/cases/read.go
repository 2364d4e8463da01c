package cases

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"rowan/guard/signal"
	"rowan/lab/evaluate"
	"rowan/lab/evaluate/corpus"
)

// fold is what a pair is used for: nothing is used for two things.
type fold uint8

const (
	learning fold = iota
	calibrating
	judging
	folds
)

func (f fold) String() string { return [...]string{"learn", "calibrate", "judge"}[f] }

// foldOf sends half of the pairs to learning and a quarter each to calibration
// and to judging, by the hash of who began the contact: pairs of one actor stay
// together, and a pair is always in the same fold.
func foldOf(c *corpus.Conversation) fold {
	key := "local\x00" + c.Conversation
	if c.IDs == "global" {
		key = "global\x00" + c.Participants[0].ID
	}
	sum := sha256.Sum256([]byte(key))
	return [...]fold{learning, calibrating, learning, judging}[binary.BigEndian.Uint64(sum[:])%4]
}

// decided is a pair that people decided about.
type decided struct {
	*corpus.Conversation
	fold   fold
	groups [3]string // by age, group and register; "" is none
}

// kinds are what the groups of a pair are groups of.
var kinds = [...]string{"age", "group", "register"}

// read reads the pairs of a file, and its SHA-256.
func read(path string, x *signal.Taxonomy) (pairs []*decided, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	hash := sha256.New()
	in := io.TeeReader(f, hash)
	for c, err := range corpus.Transcripts(path, in) {
		if err != nil {
			return nil, "", err
		}
		if err := c.Check(x); err != nil {
			return nil, "", fmt.Errorf("%s: pair %d: %w", path, len(pairs)+1, err)
		}
		d := &decided{Conversation: c, fold: foldOf(c), groups: [3]string{"", c.Group, c.Register}}
		var youngest *int
		for _, p := range c.Participants {
			if p.Age != nil && (youngest == nil || *p.Age < *youngest) {
				youngest = p.Age
			}
		}
		d.groups[0] = evaluate.Band(youngest)
		pairs = append(pairs, d)
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // behind the end of a compressed part
		return nil, "", err
	}
	return pairs, hex.EncodeToString(hash.Sum(nil)), nil
}

// least is how many harmful and how many other pairs each fold needs at least.
const least = 10

// Count is how many pairs a fold has.
type Count struct {
	Fold  string `json:"fold"`
	Pairs int    `json:"pairs"`
	Harm  int    `json:"harm"`
}

// ErrTooFew says that a file has too few pairs to learn from.
var ErrTooFew = errors.New("too few pairs")

func count(pairs []*decided) ([]Count, error) {
	out := make([]Count, folds)
	for _, p := range pairs {
		c := &out[p.fold]
		c.Pairs++
		if p.Positive {
			c.Harm++
		}
	}
	for f := range out {
		c := &out[f]
		c.Fold = fold(f).String()
		if c.Harm < least || c.Pairs-c.Harm < least {
			return nil, fmt.Errorf("%w: to %s there are %d harmful and %d others of %d in all; at least %d of each are needed there, of some 80 of each in the file",
				ErrTooFew, c.Fold, c.Harm, c.Pairs-c.Harm, len(pairs), least)
		}
	}
	return out, nil
}
