package page_test

import (
	"flag"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/page"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a drawing with the one that somebody looked at.
func golden(t *testing.T, name string, svg template.HTML) {
	t.Helper()
	wellFormed(t, svg)
	got := strings.ReplaceAll(string(svg), "><", ">\n<") + "\n"
	path := filepath.Join("testdata", name+".svg.html")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is drawn in another way; look at it, then run with -update:\n%s", name, got)
	}
}

func TestDrawingsStayAsTheyWere(t *testing.T) {
	points, levels := story(noon.Add(-100 * time.Hour))
	golden(t, "plot", page.Plot("risk", points, levels))
	golden(t, "plot-with-silences", page.Plot("risk", burst(noon.Add(-20*time.Hour)), levels))
	golden(t, "plot-of-one", page.Plot("risk", points[1:2], levels))
	golden(t, "contacts", page.Contacts("c", "u-22", []page.Node{{Label: "u-17", Young: true, Mark: "●", Weight: 40}, {Label: "u-18", Young: true, Mark: "◑", Weight: 4}, {Label: "u-40", Mark: "○", Weight: 1}}))
	golden(t, "interval", page.Interval(0.63, 0.53, 0.72))
	golden(t, "spark", page.Spark([]float64{3, 4, 0, 6}))
	golden(t, "bars", page.Bars("b", "Outcomes", []page.Bar{{Label: "No action", Count: 1302}, {Label: "Contact <restricted>", Count: 0}}))
}

func TestEmptyDrawingsAreNothing(t *testing.T) {
	for name, svg := range map[string]template.HTML{"plot": page.Plot("p", nil, nil), "contacts": page.Contacts("c", "u", nil), "spark": page.Spark(nil), "bars": page.Bars("b", "t", nil)} {
		if svg != "" {
			t.Errorf("%s of nothing is %s", name, svg)
		}
	}
}

func TestPlotsOfAnythingAreWholeAndEveryThresholdIsInside(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var points []page.Point
		at := noon
		marked := 0
		for range rapid.IntRange(1, 60).Draw(r, "points") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(200*24*time.Hour)).Draw(r, "later")))
			p := page.Point{At: at, Risk: rapid.Float64Range(-12, 12).Draw(r, "risk"), Stage: rapid.SampledFrom([]string{"access", "isolation", "coercion"}).Draw(r, "stage")}
			if rapid.Bool().Draw(r, "signal") {
				p.Signals = []string{rapid.SampledFrom([]string{"Asks to keep a secret", "Offers a gift", `"<&>`}).Draw(r, "title")}
				marked++
			}
			points = append(points, p)
		}
		level := rapid.Float64Range(-15, 15).Draw(r, "level")
		svg := string(page.Plot("p", points, []page.Threshold{{Label: "high", Risk: level}, {Label: "near", Risk: level + 0.01}}))
		wellFormed(t, template.HTML(svg))
		if n := strings.Count(svg, `class="sign"`); n != 2*marked {
			r.Errorf("%d marks, want %d in each of two drawings", n, marked)
		}
		for _, line := range strings.Split(svg, `<line class="threshold"`)[1:] {
			var x1, x2, y1, y2 float64
			if _, err := fmt.Sscanf(line, ` x1="%g" x2="%g" y1="%g" y2="%g"`, &x1, &x2, &y1, &y2); err != nil {
				r.Fatal(err)
			}
			if y1 != y2 || x1 >= x2 || y1 < 0 || y1 > 260 {
				r.Errorf("a threshold from %g, %g to %g, %g", x1, y1, x2, y2)
			}
		}
	})
}
