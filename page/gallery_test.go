package page_test

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rowan/page"
	"rowan/page/pagetest"
	"rowan/people"
)

// story is a pair's week.
func story(start time.Time) ([]page.Point, []page.Threshold) {
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	return []page.Point{
		{At: at(0), Risk: -4.2}, {At: at(5), Risk: -3.6, Signals: []string{"Asks the age or school year"}, Stage: "access"},
		{At: at(26), Risk: -3.1}, {At: at(30), Risk: -1.9, Signals: []string{"Offers a gift"}, Stage: "trust"}, {At: at(31), Risk: -2.1},
		{At: at(52), Risk: -0.4, Signals: []string{"Asks to keep a secret", "Asks whether a parent is near"}, Stage: "isolation"},
		{At: at(53), Risk: 0.9, Signals: []string{"Proposes another platform"}, Stage: "isolation"}, {At: at(53.5), Risk: 1.6, Signals: []string{"Asks to keep a secret"}, Stage: "isolation"},
		{At: at(98), Risk: 1.4}, {At: at(99), Risk: 4.3, Signals: []string{"Proposes to meet"}, Stage: "approach"},
	}, []page.Threshold{{Label: "watch", Risk: -4}, {Label: "elevated", Risk: -1.5}, {Label: "high", Risk: 1}, {Label: "critical", Risk: 4}}
}

// burst is a quiet pair that has a busy hour, and another two weeks later.
func burst(start time.Time) []page.Point {
	signals := []string{"Asks the age or school year", "Offers a gift", "Asks to keep a secret", "Proposes another platform", "Asks whether a parent is near", "Proposes to meet"}
	stages := []string{"access", "trust", "isolation", "isolation", "risk_assessment", "approach"}
	points := []page.Point{{At: start, Risk: -4}, {At: start.Add(time.Minute), Risk: -3.9}}
	for i := range 12 {
		p := page.Point{At: start.Add(16*time.Hour + time.Duration(i)*7*time.Minute/2), Risk: -3.5 + 0.5*float64(i)}
		if i >= 6 {
			p.At = p.At.Add(14 * 24 * time.Hour)
		}
		if i%2 == 1 {
			p.Signals, p.Stage = []string{signals[i/2]}, stages[i/2]
		}
		points = append(points, p)
	}
	return points
}

type level struct{ Word, Mark string }

var levels = []level{{"critical", "●"}, {"high", "◕"}, {"elevated", "◑"}, {"watch", "◔"}, {"none", "○"}}

// gallery serves a page of every part, as strictly as the wings do.
func gallery(t *testing.T) *httptest.Server {
	t.Helper()
	shell, err := page.New("Gallery", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	body, err := template.New("gallery.html").Funcs(shell.Funcs()).ParseFiles("testdata/gallery.html")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{name}", shell.Static)
	show := func(w http.ResponseWriter, status int, shown bool, flash string) {
		now := time.Now()
		var nodes []page.Node
		for i := range 9 {
			nodes = append(nodes, page.Node{Label: fmt.Sprintf("u-%d", 17+i), Young: i%3 != 2, Mark: levels[min(i/2, 4)].Mark, Weight: 40 / (i + 1)})
		}
		points, thresholds := story(now.Add(-100 * time.Hour))
		var main bytes.Buffer
		var ages []time.Time
		for _, ago := range []time.Duration{0, 70 * time.Second, 5 * time.Minute, 100 * time.Minute, 30 * time.Hour, 47 * time.Hour, 70 * time.Hour, 100 * 24 * time.Hour, -3 * time.Hour, -10 * time.Minute} {
			ages = append(ages, now.Add(-ago-time.Second)) // not on the edge of a second
		}
		if err := body.Execute(&main, map[string]any{
			"Critical": levels[0], "Levels": levels, "Then": now.Add(-3 * time.Hour), "Shown": shown, "Ages": ages,
			"Plot": page.Plot("risk", points, thresholds), "Burst": page.Plot("burst", burst(now.Add(-15*24*time.Hour)), thresholds), "Contacts": page.Contacts("contacts", "u-22", nodes),
			"Interval": page.Interval(0.63, 0.53, 0.72), "Spark": page.Spark([]float64{3, 4, 4, 6, 2, 8, 7}),
			"Bars": page.Bars("outcomes", "Outcomes", []page.Bar{{Label: "Contact restricted", Count: 871}, {Label: "No action", Count: 302}, {Label: "Reported to an authority", Count: 69}}),
		}); err != nil {
			t.Error(err)
		}
		if err := shell.Render(w, status, page.Document{
			Title: "Every part", Path: "/queue", Person: "Ada", Roles: "senior", Note: "Everything here is simulated.", Flash: flash,
			Nav:   []page.Item{{Path: "/queue", Label: "Queue", Key: "q", Count: "4"}, {Path: "/decisions", Label: "Decisions", Key: "d"}, {Path: "/rules", Label: "Rules", Key: "r"}, {Path: "/quality", Label: "Quality", Key: "u"}},
			Trail: []page.Item{{Path: "/queue", Label: "Queue"}, {Path: "/queue?state=claimed", Label: "Claimed"}}, Main: template.HTML(main.String()),
		}); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { show(w, http.StatusOK, false, "") })
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) { show(w, http.StatusOK, false, "It is undone.") })
	mux.HandleFunc("POST /reveal", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("line") == "2" {
			show(w, http.StatusConflict, false, "Your budget for today is used.")
			return
		}
		show(w, http.StatusOK, r.FormValue("all") == "1" && r.FormValue("line") == "1", "")
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", people.Policy)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestEveryPartIsAccessibleInARealBrowser(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	for _, look := range []struct {
		scheme string
		width  int
	}{{"light", 1280}, {"dark", 1280}, {"light", 375}, {"dark", 375}} {
		b.Look(look.scheme, look.width)
		b.Visit(server.URL)
		b.Eval(`document.querySelectorAll("details").forEach(d => { d.open = !d.matches(".person") }), ""`)
		b.Check(fmt.Sprintf("gallery-%s-%d", look.scheme, look.width))
		b.Eval(`document.querySelectorAll("details").forEach(d => { d.open = d.matches(".person") }), ""`)
		b.Check(fmt.Sprintf("gallery-%s-%d-person", look.scheme, look.width))
		for _, button := range []string{"#show-keys", "#show-palette", "[data-confirm]"} {
			b.Eval(`document.querySelector("` + button + `").click(), ""`)
			b.Check(fmt.Sprintf("gallery-%s-%d-%s", look.scheme, look.width, strings.Trim(button, "#[]")))
			b.Press("\x1b")
		}
	}
	if n := b.Weight(); n > 60_000 {
		t.Errorf("the gallery weighs %d bytes", n)
	}
}

func TestPaperHasTheContentAndNoControls(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Print(680)
	b.Visit(server.URL)
	b.Check("gallery-print")
	for selector, want := range map[string]string{".top": "none", ".bar": "none", ".foot": "none", ".side form": "none", ".two": "block", ".plots .broad": "block"} {
		if got := b.Eval(`getComputedStyle(document.querySelector("` + selector + `")).display`); got != want {
			t.Errorf("%s has display %s on paper, want %s", selector, got, want)
		}
	}
	for _, selector := range []string{".plot .count", ".dense thead", ".timeline .mark"} {
		if b.Eval(`String(document.querySelector("`+selector+`").getClientRects().length)`) == "0" {
			t.Errorf("%s is not on paper", selector)
		}
	}
	if got := b.Eval(`getComputedStyle(document.documentElement).getPropertyValue("--ink")`); got != "#1b1f23" {
		t.Errorf("ink on paper is %s", got)
	}
}

func TestDrawingsFollowForcedColours(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Forced(1280)
	b.Visit(server.URL)
	b.Check("gallery-forced")
	// What a drawing's parts are against what an element of the page is forced to.
	if got := b.Eval(`(() => {
		const of = (selector, what) => getComputedStyle(document.querySelector(selector))[what], ink = of("h1", "color")
		return [of(".plot .sign", "stroke") === ink, of(".plot .tie", "stroke") === ink, of(".plot text", "fill") === ink, of(".plot .risk", "stroke") === of("main a", "color"),
			of("button.first", "color") !== of("button.first", "backgroundColor"), of(".top nav a:not([aria-current])", "borderBottomColor") === of("body", "backgroundColor")].join()
	})()`); got != "true,true,true,true,true,true" {
		t.Errorf("drawings follow the forced colours: %s", got)
	}
}

func TestTypeKeepsItsSizeOnAPhone(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	for _, width := range []int{375, 1280} {
		b.Look("light", width)
		b.Visit(server.URL)
		if got := b.Eval(`String([...document.querySelectorAll("svg.plot text")].filter(t => t.getClientRects().length && t.getBoundingClientRect().height < 12).length)`); got != "0" {
			t.Errorf("%s labels are smaller than 12 px at %d px", got, width)
		}
		if got := b.Eval(`[...document.querySelectorAll("svg.plot text")].filter(t => { const r = t.getBoundingClientRect(), s = t.ownerSVGElement.getBoundingClientRect(); return r.width && (r.left < s.left - 1 || r.right > s.right + 1 || r.top < s.top - 1 || r.bottom > s.bottom + 1) }).map(t => t.textContent).join("; ")`); got != "" {
			t.Errorf("labels stand out of their drawing at %d px: %s", width, got)
		}
	}
}

func TestTheScriptsWordsForTimesAreTheServers(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Visit(server.URL)
	const words = `[...%s.querySelectorAll("time")].map(t => t.textContent).join("; ")`
	// The page as it was sent, without what the script made of it.
	sent := b.Eval(`fetch("/").then(r => r.text()).then(t => new DOMParser().parseFromString(t, "text/html")).then(d => ` + fmt.Sprintf(words, "d") + `)`)
	if shown := b.Eval(fmt.Sprintf(words, "document")); shown != sent || !strings.Contains(sent, "in 3 hours; ") {
		t.Errorf("the script says\n%s\nand the server\n%s", shown, sent)
	}
}

func TestALineIsShownInPlaceAndARefusalIsToo(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Visit(server.URL)
	const said = "did you finish the homework?"
	if b.Says(said) {
		t.Fatal("a line is shown before it was asked for")
	}
	b.Press("s")
	b.Await(said)
	if at := b.Eval(`document.activeElement.className + " " + location.pathname`); at != "revealed /" {
		t.Errorf("the focus is at %s, want the line", at)
	}
	b.Visit(server.URL)
	b.Eval(`document.querySelector('[name=line][value="1"]').checked = false, document.querySelector('[name=line][value="2"]').checked = true, ""`)
	b.Press("s")
	b.Await("Your budget for today is used.")
}

func TestWhatCannotBeUndoneIsAskedOnceMore(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Visit(server.URL)
	b.Click("[data-confirm]")
	b.Await("The platform lifts its effects.")
	b.Click("#sure [value=no]")
	if b.Says("It is undone.") {
		t.Fatal("no is taken for yes")
	}
	b.Click("[data-confirm]")
	b.Click("#sure [value=yes]")
	b.Await("It is undone.")
	b.WithoutScript(true)
	b.Visit(server.URL)
	b.Click("[data-confirm]")
	b.Await("It is undone.")
}

func TestKeysOfOneLetterCanBeTurnedOff(t *testing.T) {
	server, b := gallery(t), pagetest.Open(t)
	b.Look("light", 1280)
	b.Visit(server.URL)
	b.Press("j")
	if at := b.Eval(`document.activeElement.id`); at != "row-0" {
		t.Errorf("j moves to %q, want the first row", at)
	}
	b.Press("?")
	b.Click("#single")
	b.Press("\x1b")
	b.Visit(server.URL)
	b.Press("j")
	if at := b.Eval(`document.activeElement.id`); at != "" {
		t.Errorf("j moves to %q although keys are off", at)
	}
}
