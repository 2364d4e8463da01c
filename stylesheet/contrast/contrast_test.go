package contrast_test

import (
	"math"
	"testing"

	"rowan/stylesheet/contrast"
)

func TestKnownRatios(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"000000", "ffffff", 21}, {"ffffff", "ffffff", 1}, {"777777", "ffffff", 4.48}, {"ffffff", "767676", 4.54}} {
		got, err := contrast.Ratio(c.a, c.b)
		if err != nil || math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s has %.3f, %v; want %.2f", c.a, c.b, got, err, c.want)
		}
	}
	for _, no := range []string{"", "fff", "#ffffff", "gggggg"} {
		if _, err := contrast.Ratio("000000", no); err == nil {
			t.Errorf("%q is a colour", no)
		}
	}
}
