package page_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"rowan/page"
	"rowan/stylesheet/contrast"
)

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	rule    = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	named   = regexp.MustCompile(`--(\w+):\s*#([0-9a-f]{6})`)
	value   = regexp.MustCompile(`(?:^|[;\s])(color|background|border|border-color|fill|stroke):[^;]*?var\(--(\w+)\)`)
)

// sheet is the stylesheet that a wing's pages load.
func sheet(t *testing.T) string {
	t.Helper()
	s, err := page.New("Casework", func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := s.Render(w, 200, page.Document{Title: "x"}); err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/static/page-\w+\.css`).FindString(w.Body.String())
	w = httptest.NewRecorder()
	s.Static(w, httptest.NewRequest("GET", link, nil))
	if w.Code != 200 || w.Body.Len() < 1000 {
		t.Fatalf("%s: %d, %d bytes", link, w.Code, w.Body.Len())
	}
	return comment.ReplaceAllString(w.Body.String(), "")
}

// Text that a rule puts on a ground of its own has 4.5 to 1; an edge by which a
// field is found, and what a plot draws, 3 to 1. Text on the page's own grounds
// is the house's business.
func TestEveryPairOfTheStylesheetHasContrast(t *testing.T) {
	css := sheet(t)
	schemes := map[string]map[string]string{}
	for name, at := range map[string]string{"light": ":root { color-scheme: light dark", "dark": "prefers-color-scheme: dark", "print": "@media print { :root"} {
		start := strings.Index(css, at)
		if start < 0 {
			t.Fatalf("there is no %s scheme", name)
		}
		colours := map[string]string{}
		for _, m := range named.FindAllStringSubmatch(css[start:start+strings.IndexByte(css[start:], '}')], -1) {
			colours[m[1]] = m[2]
		}
		if len(colours) != 9 {
			t.Fatalf("the %s scheme has %d colours, want 9", name, len(colours))
		}
		schemes[name] = colours
	}
	onGround, edges, drawn := 0, 0, 0
	for _, m := range rule.FindAllStringSubmatch(css, -1) {
		selector := strings.TrimSpace(m[1])
		has := map[string]string{}
		for _, v := range value.FindAllStringSubmatch(m[2], -1) {
			has[v[1]] = v[2]
		}
		atLeast := func(a, b string, least float64) {
			for name, colours := range schemes {
				if got, err := contrast.Ratio(colours[a], colours[b]); err != nil || got < least {
					t.Errorf("%s in %s: %s on %s has %.2f, %v; want %.1f", selector, name, a, b, got, err, least)
				}
			}
		}
		if has["color"] != "" && has["background"] != "" {
			onGround++
			atLeast(has["color"], has["background"], 4.5)
		}
		if strings.HasPrefix(selector, "input, select") || strings.HasPrefix(selector, "[aria-invalid") {
			edges++
			edge := has["border"] + has["border-color"]
			for _, ground := range []string{"panel", "paper"} {
				atLeast(edge, ground, 3)
			}
		}
		if strings.HasPrefix(selector, ".plot .") || strings.HasPrefix(selector, ".strip .") {
			for _, kind := range []string{"fill", "stroke"} {
				// An axis is no more than a hint, and what has the ground's colour is a gap.
				if c := has[kind]; c != "" && c != "panel" && c != "line" {
					drawn++
					atLeast(c, "panel", 3)
				}
			}
		}
	}
	if onGround < 5 || edges != 2 || drawn < 8 {
		t.Errorf("only %d pairs, %d edges and %d drawn colours were found: the test no longer reads the sheet", onGround, edges, drawn)
	}
}
