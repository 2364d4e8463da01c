package penalty

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// Choice is a factor with its grades, the lightest first: what a form asks.
type Choice struct {
	ID     string
	Title  string
	Grades []Grade
}

// Grade is one answer, and what it does to a range.
type Grade struct {
	Word   string
	Effect string // "x 1.5", "1% to 5% of the cap"
	Why    string
}

// Choices are the factors in their order, seriousness first.
func (f *Factors) Choices() []Choice {
	first := Choice{ID: Seriousness, Title: f.Seriousness.Title}
	for _, word := range ordered(f.Seriousness.Grades, func(s Start) int64 { return s.From }) {
		s := f.Seriousness.Grades[word]
		first.Grades = append(first.Grades, Grade{word, s.effect(), s.Why})
	}
	out := []Choice{first}
	for _, factor := range f.Factors {
		c := Choice{ID: factor.ID, Title: factor.Title}
		for _, word := range ordered(factor.Grades, func(w Weight) int64 { return w.By }) {
			w := factor.Grades[word]
			c.Grades = append(c.Grades, Grade{word, w.effect(), w.Why})
		}
		out = append(out, c)
	}
	return out
}

func (s Start) effect() string {
	return fmt.Sprintf("%s to %s of the cap", hundredths(s.From), hundredths(s.To))
}

func (w Weight) effect() string { return "x " + decimal(big.NewRat(w.By, 100)) }

// ordered are the words of grades by their weight.
func ordered[G any](grades map[string]G, weight func(G) int64) []string {
	words := make([]string, 0, len(grades))
	for word := range grades {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(grades[a]), weight(grades[b])), cmp.Compare(a, b))
	})
	return words
}
