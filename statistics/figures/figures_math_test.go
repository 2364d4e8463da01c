package figures

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"rowan/terminal"
)

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	for _, test := range []struct {
		a, b   int64
		places int
		want   string
	}{
		{1, 2, 0, "1"}, {-1, 2, 0, "-1"}, {3, 2, 0, "2"}, {5, 2, 0, "3"}, {-5, 2, 0, "-3"}, {49, 100, 0, "0"}, {25, 1000, 2, "0.03"}, {14146, 100, 0, "141"}, {6757, 100, 1, "67.6"}, {0, 1, 0, "0"},
	} {
		if got := Rounded(big.NewRat(test.a, test.b), test.places); got != test.want {
			t.Errorf("%d/%d to %d places: %s, want %s", test.a, test.b, test.places, got, test.want)
		}
	}
}

// The changes that were printed are reproduced from their counts.
func TestPrintedChangesAreReproduced(t *testing.T) {
	for _, test := range []struct {
		a, b int64
		want string
	}{{73, 122, "+67%"}, {60, 166, "+177%"}, {59, 89, "+51%"}, {3217, 4373, "+36%"}, {14, 22, "+57%"}, {77, 80, "+4%"}, {101, 97, "−4%"}, {97, 97, "0%"}} {
		if got := signed(ratio(test.b-test.a, test.a, 100)); got != test.want {
			t.Errorf("%d to %d: %s, want %s", test.a, test.b, got, test.want)
		}
	}
}

// The worked log-normal values of the statistics note, 3.8 and 0.7.
func TestSpreadOfChanges(t *testing.T) {
	for _, test := range []struct{ a, b, low, high int64 }{
		{73, 122, 25, 123}, {114, 274, 93, 199}, {28, 54, 22, 204}, {26, 52, 25, 220}, {59, 89, 9, 110}, {3217, 4373, 30, 42}, {74, 98, -2, 79}, {101, 97, -27, 27}, {14, 22, -20, 207}, {77, 80, -24, 42},
	} {
		low, high := logNormalChange(test.a, test.b)
		if math.Abs(low-float64(test.low)) > 0.6 || math.Abs(high-float64(test.high)) > 0.6 {
			t.Errorf("%d to %d: log-normal %.1f to %.1f, want %d to %d", test.a, test.b, low, high, test.low, test.high)
		}
		// The exact interval contains the approximate one nearly, and is wider.
		s, ok := changeSpread(test.a, test.b)
		if !ok || s.Low > low+1 || s.High < high-1 || s.High > high*1.15+3 {
			t.Errorf("%d to %d: exact %.1f to %.1f, log-normal %.1f to %.1f", test.a, test.b, s.Low, s.High, low, high)
		}
	}
	if _, ok := changeSpread(0, 5); ok {
		t.Error("a change from none has a spread")
	}
}

func TestWilsonAndPoisson(t *testing.T) {
	// 10 of 100: 5.52 to 17.44 (Newcombe 1998, method 3). 10 events: 4.795 to 18.390 (Garwood).
	if s := wilson(10, 100); math.Abs(s.Low-5.52) > 0.01 || math.Abs(s.High-17.44) > 0.01 {
		t.Errorf("Wilson 10 of 100: %.3f to %.3f", s.Low, s.High)
	}
	if low, high := poisson(10, 0.95); math.Abs(low-4.795) > 0.001 || math.Abs(high-18.390) > 0.001 {
		t.Errorf("10 events: %.4f to %.4f", low, high)
	}
	if low, high := poisson(0, 0.95); low != 0 || math.Abs(high-3.689) > 0.001 {
		t.Errorf("no event: %.4f to %.4f", low, high)
	}
}

func TestIntervalsContainTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(1, 5000).Draw(t, "a"), rapid.Int64Range(0, 5000).Draw(t, "b")
		change := (float64(b)/float64(a) - 1) * 100
		if s, _ := changeSpread(a, b); s.Low > change+1e-6 || s.High < change-1e-6 {
			t.Errorf("%d to %d is %f, outside %f to %f", a, b, change, s.Low, s.High)
		}
		k := rapid.Int64Range(0, a).Draw(t, "k")
		if s, share := wilson(k, a), 100*float64(k)/float64(a); s.Low > share+1e-9 || s.High < share-1e-9 {
			t.Errorf("%d of %d is %f, outside %f to %f", k, a, share, s.Low, s.High)
		}
		if low, high := poisson(b, level); low > float64(b) || high < float64(b) {
			t.Errorf("%d is outside %f to %f", b, low, high)
		}
	})
}

func TestGrouping(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 4373: "4,373", 1234567: "1,234,567", -4373: "-4,373", -999: "-999"} {
		if got := terminal.Grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
