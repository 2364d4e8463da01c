package stylesheet_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rowan/stylesheet"
)

var colour = regexp.MustCompile(`--(\w+):#([0-9a-f]{6})`)

// luminance is that of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, share := range [3]float64{0.0722, 0.7152, 0.2126} {
		c := float64(v>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += share * c
	}
	return sum
}

func TestEveryTextColourHasContrastAA(t *testing.T) {
	schemes := strings.Split(string(stylesheet.House()), "@media (prefers-color-scheme: dark)")
	if len(schemes) != 2 {
		t.Fatal("there is no dark scheme")
	}
	schemes = append(schemes[:1], strings.SplitN(schemes[1], "@media print", 2)...)
	for i, name := range []string{"light", "dark", "print"} {
		colours := map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(schemes[i], -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		for _, ink := range []string{"ink", "leaf", "berry", "amber", "slate"} {
			for _, ground := range []string{"paper", "panel", "mark"} {
				light, dark := colours[ink], colours[ground]
				if light < dark {
					light, dark = dark, light
				}
				if ratio := (light + 0.05) / (dark + 0.05); len(colours) != 9 || ratio < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5 or more", name, ink, ground, ratio)
				}
			}
		}
	}
}
