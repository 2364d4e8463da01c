package stylesheet_test

import (
	"regexp"
	"strings"
	"testing"

	"rowan/stylesheet"
	"rowan/stylesheet/contrast"
)

var colour = regexp.MustCompile(`--(\w+):#([0-9a-f]{6})`)

func TestEveryTextColourHasContrastAA(t *testing.T) {
	schemes := strings.Split(string(stylesheet.House()), "@media (prefers-color-scheme: dark)")
	if len(schemes) != 2 {
		t.Fatal("there is no dark scheme")
	}
	schemes = append(schemes[:1], strings.SplitN(schemes[1], "@media print", 2)...)
	for i, name := range []string{"light", "dark", "print"} {
		colours := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(schemes[i], -1) {
			colours[m[1]] = m[2]
		}
		for _, ink := range []string{"ink", "leaf", "berry", "amber", "slate"} {
			for _, ground := range []string{"paper", "panel", "mark"} {
				if ratio, err := contrast.Ratio(colours[ink], colours[ground]); err != nil || len(colours) != 9 || ratio < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, %v; want 4.5 or more", name, ink, ground, ratio, err)
				}
			}
		}
	}
}
