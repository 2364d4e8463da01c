package figures

import "math/big"

// Phrase is words for a number that its figure allows.
type Phrase struct {
	Text string `json:"text"`
	// Holds is for whom: of shares "of", of changes "by" or "times".
	Holds string `json:"holds"`
}

// shares in words, with the bounds in per cent within which they may be said
// (statistics note 3.8).
var shareWords = []struct {
	text      string
	low, high float64
}{
	{"one in ten", 9, 11}, {"one in five", 18, 22}, {"a quarter", 23, 27}, {"a third", 31, 35}, {"two in five", 38, 42}, {"half", 48, 52}, {"two thirds", 65, 68.5}, {"nearly three quarters", 70, 75}, {"three quarters", 73, 77}, {"four in five", 78, 82}, {"nine in ten", 88, 92},
}

// Phrases are the words that may stand for a figure: where the number as printed
// lies in the words' range, and its interval does not say otherwise.
func Phrases(f *Figure) (out []Phrase) {
	if f.Low == nil || f.High == nil || f.Low.Cmp(f.High) != 0 {
		return nil
	}
	v, _ := round(f.Low, 0).Float64()
	exact, _ := f.Low.Float64()
	switch f.Kind {
	case Share:
		for _, w := range shareWords {
			if v >= w.low && v <= w.high && (f.Spread == nil || f.Spread.Low <= w.high && f.Spread.High >= w.low) {
				out = append(out, Phrase{w.text, "of"})
			}
		}
		for _, w := range []struct {
			text string
			over float64
		}{{"more than a quarter", 25}, {"more than a third", 100.0 / 3}, {"more than half", 50}, {"more than two thirds", 200.0 / 3}, {"more than seven in ten", 70}} {
			if exact > w.over && exact <= w.over+8 && (f.Spread == nil || f.Spread.Low > w.over) {
				out = append(out, Phrase{w.text, "of"})
			}
		}
	case Change, Ratio:
		out = append(out, multiples(f)...)
	}
	return out
}

// multiples are words for a ratio: more than double only where the ratio is over
// two and the lower end of its interval over one and a half.
func multiples(f *Figure) (out []Phrase) {
	if f.Denominator == nil || f.Numerator == nil || f.Denominator.Low < leastBase || f.Spread == nil {
		return nil
	}
	times := big.NewRat(f.Numerator.Low, f.Denominator.Low)
	lower := f.Spread.Low/100 + 1
	if f.Kind == Ratio {
		lower = f.Spread.Low
	}
	for _, w := range []struct {
		text string
		n    int64
	}{{"more than doubled", 2}, {"more than tripled", 3}, {"more than quadrupled", 4}} {
		if times.Cmp(whole(w.n)) > 0 && times.Cmp(whole(w.n+1)) <= 0 && lower > 0.75*float64(w.n) {
			out = append(out, Phrase{w.text, "times"})
		}
	}
	if v, _ := times.Float64(); v >= 1.95 && v < 2.05 {
		out = append(out, Phrase{"doubled", "times"})
	}
	return out
}
