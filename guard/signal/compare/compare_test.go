// Package compare measures Rowan's phrase automaton beside two public
// Aho-Corasick libraries, on the same 2,000 phrases and the same text. It is a
// module of its own so that Rowan does not depend on them.
package compare

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cloudflare/ahocorasick"
	ac "github.com/petar-dambovaliev/aho-corasick"

	"rowan/guard/signal"
)

const vocabulary = `the a my your our match project film level homework bus lunch song was is looks sounds turned out really good quite long bit strange better last time fine think see what you do there wait thanks finished game team school friend later again maybe never`

// material is n phrases of two to four words and texts of about 56 bytes, of
// the same words.
func material(n int) (phrases, texts []string) {
	words := strings.Fields(vocabulary)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = words[rng.IntN(len(words))]
		}
		return strings.Join(out, " ")
	}
	seen := map[string]bool{}
	for len(phrases) < n {
		if p := pick(2 + rng.IntN(3)); !seen[p] {
			seen[p] = true
			phrases = append(phrases, p)
		}
	}
	for range 1000 {
		texts = append(texts, pick(11))
	}
	return phrases, texts
}

func BenchmarkMatch(b *testing.B) {
	phrases, texts := material(2000)
	b.Run("rowan, with normalisation", func(b *testing.B) {
		var src strings.Builder
		src.WriteString("version: '1'\ndate: 2026-11-23\nsource: made for a benchmark\nlanguage: en\nsignals:\n  - signal: B03\n    phrases:\n")
		for _, p := range phrases {
			fmt.Fprintf(&src, "      - %s\n", p)
		}
		taxonomy, err := signal.DefaultTaxonomy()
		if err != nil {
			b.Fatal(err)
		}
		lexicon, err := signal.Compile(taxonomy, []signal.File{{Name: "bench.yaml", Source: []byte(src.String())}})
		if err != nil {
			b.Fatal(err)
		}
		r := lexicon.NewReader()
		b.ResetTimer()
		for i := range b.N {
			r.Read(texts[i%len(texts)], "", nil, 1)
		}
	})
	b.Run("petar-dambovaliev, matching only", func(b *testing.B) {
		builder := ac.NewAhoCorasickBuilder(ac.Opts{MatchKind: ac.StandardMatch, DFA: true})
		m := builder.Build(phrases)
		b.ResetTimer()
		for i := range b.N {
			for it := m.IterOverlapping(texts[i%len(texts)]); it.Next() != nil; {
			}
		}
	})
	b.Run("cloudflare, matching only", func(b *testing.B) {
		m := ahocorasick.NewStringMatcher(phrases)
		b.ResetTimer()
		for i := range b.N {
			m.MatchThreadSafe([]byte(texts[i%len(texts)]))
		}
	})
}
