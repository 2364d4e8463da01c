package page_test

import (
	"encoding/xml"
	"html/template"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rowan/page"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func TestTimesAreRelativeWithTheExactOneBehind(t *testing.T) {
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{10 * time.Second, "just now"}, {time.Minute, "1 minute ago"}, {90 * time.Minute, "2 hours ago"}, {-3 * time.Hour, "in 3 hours"},
		{time.Hour - time.Second, "1 hour ago"}, {time.Minute - time.Millisecond, "1 minute ago"}, {48*time.Hour - time.Minute, "2 days ago"}, {50 * time.Hour, "2 days ago"}, {90 * 24 * time.Hour, "3 months ago"},
	} {
		if got := page.Relative(noon.Add(-c.ago), noon); got != c.want {
			t.Errorf("%s ago is %q, want %q", c.ago, got, c.want)
		}
	}
	if html := page.When(noon, noon); !strings.Contains(string(html), `datetime="2026-11-03T12:00:00Z"`) || !strings.Contains(string(html), "3 November 2026, 12:00:00 UTC") {
		t.Errorf("got %s", html)
	}
}

// wellFormed reads a drawing as XML.
func wellFormed(t *testing.T, svg template.HTML) {
	t.Helper()
	if at := strings.Index(string(svg), "%!"); at >= 0 || strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "Inf") {
		t.Fatalf("a number is missing in %s", svg)
	}
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}

func TestThePlotMarksEverySignalAndEscapesWords(t *testing.T) {
	points := []page.Point{{At: noon, Risk: -4}}
	for i := range 6 {
		points = append(points, page.Point{At: noon.Add(time.Duration(i+1) * time.Hour), Risk: float64(i), Signals: []string{`asks "where" <town>`}, Stage: []string{"trust", "isolation", "coercion"}[i%3]})
	}
	svg := page.Plot("p", points, []page.Threshold{{"high", 3}})
	wellFormed(t, svg)
	if n := strings.Count(string(svg), `class="sign"`); n != 12 {
		t.Errorf("%d signals are marked, want 6 in each of two drawings", n)
	}
	if strings.Contains(string(svg), "<town>") || strings.Contains(string(svg), "style=") {
		t.Error("words are not escaped, or a style is inline")
	}
	if page.Plot("p", nil, nil) != "" {
		t.Error("a plot of nothing is something")
	}
	wellFormed(t, page.Plot("p", points[:1], nil))
}

func TestContactsDrawWhomThereIsRoomFor(t *testing.T) {
	nodes := make([]page.Node, 60)
	for i := range nodes {
		nodes[i] = page.Node{Label: "u<&>", Young: i%2 == 0, Mark: "●", Weight: i}
	}
	svg := page.Contacts("c", "u-1", nodes)
	wellFormed(t, svg)
	if n := strings.Count(string(svg), `class="node"`); n != 80 {
		t.Errorf("%d nodes are drawn, want 40 in each of two drawings", n)
	}
	wellFormed(t, page.Contacts("c", "u-1", nodes[:3]))
}

func TestADocumentLoadsNothingFromElsewhereAndHasNothingInline(t *testing.T) {
	s, err := page.New("Casework", func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := s.Render(w, 200, page.Document{Title: "A & B", Path: "/queue", Nav: []page.Item{{Path: "/queue", Label: "Queue", Key: "q", Count: "3"}}, Person: "Ada", Main: "<h1>x</h1>"}); err != nil {
		t.Fatal(err)
	}
	html := w.Body.String()
	for _, no := range []string{"http://", "https://", " style=", "<style", "onclick", "<script>"} {
		if strings.Contains(strings.ReplaceAll(html, "http://www.w3.org/2000/svg", ""), no) {
			t.Errorf("the page holds %q", no)
		}
	}
	for _, want := range []string{"A &amp; B · Rowan Casework", `aria-current="page"`, `lang="en-GB"`, `data-go="q"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, name := range []string{"page.css", "page.js"} {
		at := strings.Index(html, "/static/"+strings.TrimSuffix(name, name[4:]))
		if at < 0 {
			t.Fatalf("the page does not link %s", name)
		}
	}
	link := html[strings.Index(html, "/static/page-"):]
	link = link[:strings.IndexByte(link, '"')]
	r := httptest.NewRequest("GET", link, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w = httptest.NewRecorder()
	s.Static(w, r)
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d, %v", link, w.Code, w.Header())
	}
}
