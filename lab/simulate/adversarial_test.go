package simulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"rowan/event"
)

// realLines are lines of the benign chat of real people that lies beside the
// project; it is not part of it.
func realLines(t *testing.T, n int) []string {
	t.Helper()
	f, err := os.Open("../../../shared/data/chat/self_dialogue.jsonl.gz")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("../shared/data/chat is not here: simulated and real talk are not compared")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<20)
	for s.Scan() && len(lines) < n {
		var talk struct {
			Turns []struct {
				Text string `json:"text"`
			} `json:"turns"`
		}
		if err := json.Unmarshal(s.Bytes(), &talk); err != nil {
			t.Fatal(err)
		}
		for _, turn := range talk.Turns {
			lines = append(lines, turn.Text)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines[:min(n, len(lines))]
}

// simulatedLines are what ordinary accounts say in direct messages.
func simulatedLines(t *testing.T, n int) []string {
	t.Helper()
	var lines []string
	d := event.NewDecoder(event.DefaultLimits())
	var e event.Event
	run(t, Options{Accounts: 800, Days: 6, Seed: 5, Policies: []string{"coach"}}, func(b *Batch) {
		for i := range b.Len() {
			if d.Decode(b.Line(i), b.At(i).Add(time.Hour), &e) == nil && e.HasText && len(lines) < n {
				lines = append(lines, strings.Clone(e.Text))
			}
		}
	})
	return lines
}

const buckets = 1 << 16

// grams are hashed words and pairs of words, in small letters without marks.
func grams(text string) []uint32 {
	fields := strings.Fields(words(text))
	var all []uint32
	for i := range fields {
		for j := i + 1; j <= min(i+2, len(fields)); j++ {
			h := fnv.New32a()
			_, _ = h.Write([]byte(strings.Join(fields[i:j], " "))) // a hash cannot fail
			all = append(all, h.Sum32()%buckets)
		}
	}
	return all
}

// TestSimulatedTalkIsComparedWithRealTalk reports how well a classifier tells
// them apart. Templates are easy to tell, so this is a figure to know, not one
// to reach: whoever trains on simulated talk must not learn the templates.
func TestSimulatedTalkIsComparedWithRealTalk(t *testing.T) {
	t.Parallel()
	const each = 6000
	real, simulated := realLines(t, each), simulatedLines(t, each)
	type example struct {
		grams     []uint32
		simulated bool
	}
	var examples []example
	for _, line := range real {
		examples = append(examples, example{grams(line), false})
	}
	for _, line := range simulated {
		examples = append(examples, example{grams(line), true})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
	var weights [buckets]float64
	bias := 0.0
	score := func(e example) float64 {
		z := bias
		for _, g := range e.grams {
			z += weights[g]
		}
		return z
	}
	train, test := examples[:len(examples)*2/3], examples[len(examples)*2/3:]
	for range 3 {
		for _, e := range train {
			step := 1 / (1 + math.Exp(-score(e)))
			if e.simulated {
				step--
			}
			bias -= 0.05 * step
			for _, g := range e.grams {
				weights[g] -= 0.2 * step
			}
		}
	}
	scores, positive := make([]float64, len(test)), make([]bool, len(test))
	for i, e := range test {
		scores[i], positive[i] = score(e), e.simulated
	}
	got := area(scores, positive)
	t.Logf("adversarial validation: hashed words and pairs tell %d simulated lines from %d real ones with an area of %.4f (on the third not trained on)", len(simulated), len(real), got)
	if math.IsNaN(got) || got < 0.5 {
		t.Errorf("area %v: the classifier did not learn at all", got)
	}
}
