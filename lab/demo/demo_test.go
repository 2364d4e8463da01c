package demo

import (
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/lab/simulate"
	"rowan/terminal"
)

func raised(actor, minor string, level response.Level, risk engine.Milli, titles ...string) *engine.Explanation {
	x := &engine.Explanation{Actor: actor, Minor: minor, At: "2026-05-01T10:00:00Z", Type: "rowan.message.proposed"}
	x.Decision.ID, x.Decision.Level, x.Decision.Risk.Pair = "d-1", level, risk
	for i, title := range titles {
		x.Contributions = append(x.Contributions, engine.Reason{Signal: "A01", Title: title, Weight: engine.Milli(100 * (i + 1)), Stage: "access"})
	}
	return x
}

func board() *Board {
	b := NewBoard()
	b.Decided(make([]engine.Decision, 1234), time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC))
	b.Raised(raised("s-7", "s-1", response.Watch, 500, "asks the age or school year"), "coach")
	b.Raised(raised("s-9", "s-2", response.High, 3000, "asks for secrecy", "proposes another platform", strings.Repeat("long ", 30)), "script farm")
	b.Raised(raised("s-9", "s-3", response.Elevated, 2000, "asks for secrecy"), "script farm")
	return b
}

func TestTheWorstIsFirst(t *testing.T) {
	v := board().View(10)
	if len(v.Watched) != 2 || v.Watched[0].Account != "s-9" || v.Watched[1].Account != "s-7" {
		t.Fatalf("watched: %+v", v.Watched)
	}
	if w := v.Watched[0]; w.Young != 2 || w.Level != response.High {
		t.Errorf("s-9: %d young people at %s, want 2 at high", w.Young, w.Level)
	}
	if v.Alerts != 2 || v.Decisions != 1234 {
		t.Errorf("%d alerts of %d decisions, want 2 of 1234", v.Alerts, v.Decisions)
	}
}

func TestAPairCountsOnceAndIsAnAlertOnce(t *testing.T) {
	b := board()
	b.Raised(raised("s-9", "s-2", response.High, 3500), "script farm")
	b.Raised(raised("s-9", "s-2", response.Critical, 4000), "script farm")
	v := b.View(0)
	if v.Alerts != 2 || v.Watched[0].Young != 2 || v.Watched[0].Level != response.Critical {
		t.Errorf("%d alerts, %d young people, %s", v.Alerts, v.Watched[0].Young, v.Watched[0].Level)
	}
}

func TestTheTextFitsATerminal(t *testing.T) {
	f := Frame{Address: "http://127.0.0.1:8420", Accounts: 3000, Seed: 7}
	for _, rows := range []int{0, 12, 24, 50} {
		f.Rows = rows
		text := f.Text(board().View(312.4))
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > terminal.Width {
				t.Errorf("%d columns: %s", n, l)
			}
		}
		if rows > 0 && len(lines) > rows {
			t.Errorf("%d lines in %d rows:\n%s", len(lines), rows, text)
		}
		if !strings.Contains(text, "SIMULATED") || !strings.Contains(text, "s-9") {
			t.Errorf("the label or the worst account is missing:\n%s", text)
		}
	}
}

func TestWithoutColourNoEscapeIsWritten(t *testing.T) {
	f := Frame{Address: "x", Rows: 24}
	if strings.Contains(f.Text(board().View(1)), "\x1b") {
		t.Error("an escape sequence without colour")
	}
	f.Colour = true
	if !strings.Contains(f.Text(board().View(1)), "\x1b[31m") {
		t.Error("high is not red with colour")
	}
}

// scripted is traffic and a guard that raises every event to watch.
type scripted struct {
	left      int
	next      int
	explained int
	fail      error
}

func (s *scripted) Next(_ context.Context, n int) ([]*event.Event, error) {
	n = min(n, s.left)
	s.left -= n
	out := make([]*event.Event, n)
	for i := range out {
		s.next++
		out[i] = &event.Event{From: "s-1", To: []string{"s-2"}, Time: int64(s.next) * 60_000}
	}
	return out, s.fail
}

func (s *scripted) Truth(string) string { return "coach" }

func (s *scripted) Decide(_ context.Context, events []*event.Event) ([]engine.Decision, error) {
	out := make([]engine.Decision, len(events))
	for i := range out {
		out[i].Level = response.Watch
	}
	return out, nil
}

func (s *scripted) Explain(context.Context, string) (engine.Explanation, error) {
	s.explained++
	return *raised("s-1", "s-2", response.Watch, 1, "asks the age or school year"), nil
}

func TestARunDecidesEverythingAndExplainsALevelOnce(t *testing.T) {
	s, b := &scripted{left: 1000}, NewBoard()
	if err := Run(t.Context(), s, s, b, Options{Pace: 1e6, Ahead: time.Hour, Hurry: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if v := b.View(0); v.Decisions != 1000 || s.explained != 1 {
		t.Errorf("%d decisions, %d explained; want 1000 and 1", v.Decisions, s.explained)
	}
}

func TestARunSaysWhyItEnds(t *testing.T) {
	s := &scripted{left: 10, fail: errors.New("no more room")}
	if err := Run(t.Context(), s, s, NewBoard(), Options{Pace: 1e6}); err == nil || !strings.Contains(err.Error(), "no more room") {
		t.Errorf("error: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ended, &scripted{left: 10}, s, NewBoard(), Options{Pace: 1}); err != nil {
		t.Errorf("the end of the context is an error: %v", err)
	}
}

func get(t *testing.T, site http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

func TestThePagesSayWhoAndWhy(t *testing.T) {
	s := &scripted{}
	rest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	site, err := NewSite(Frame{Accounts: 3000, Seed: 7}, board(), s, func() float64 { return 312 }, rest, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	list := get(t, site, "/board")
	for _, want := range []string{"Simulated.", "2 accounts are being watched", "3,000", `href="/board/s-9"`, "asks for secrecy", "script farm"} {
		if !strings.Contains(list.Body.String(), want) {
			t.Errorf("/ lacks %q", want)
		}
	}
	if p := list.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'") {
		t.Errorf("policy %q", p)
	}
	why := html.UnescapeString(get(t, site, "/board/s-9").Body.String())
	for _, want := range []string{"s-9: high", "asks the age or school year", "+0.10", "Simulated."} {
		if !strings.Contains(why, want) {
			t.Errorf("the account's page lacks %q", want)
		}
	}
	if w := get(t, site, "/board/nobody"); w.Code != http.StatusNotFound {
		t.Errorf("an account that is not watched: %d", w.Code)
	}
	if w := get(t, site, "/v1/events"); w.Code != http.StatusTeapot {
		t.Errorf("the guard's own address: %d", w.Code)
	}
}

// What is said of an account is what the truth file says of it.
func TestTheTruthOfAnAccountIsThatOfTheFile(t *testing.T) {
	s, err := NewSimulated(simulate.Options{Accounts: 600, Days: 4, Seed: 3, Balanced: true})
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		events, err := s.Next(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		more = len(events) > 0
	}
	seen := map[string]int{}
	for _, line := range s.platform.Truth() {
		switch p := line.Pair; {
		case p == nil || p.Policy == "":
		case p.Label == simulate.Harmful:
			seen["harmful"]++
			if got, want := s.Truth(p.Actor), strings.ReplaceAll(p.Policy, "_", " ")+", harmful"; got != want {
				t.Errorf("%s: %q, want %q", p.Actor, got, want)
			}
		default:
			seen["look-alike"]++
			if got, want := s.Truth(p.Actor), strings.ReplaceAll(p.Policy, "_", " "); got != want {
				t.Errorf("%s: %q, want %q", p.Actor, got, want)
			}
		}
	}
	if seen["harmful"] == 0 || seen["look-alike"] == 0 {
		t.Errorf("%v: nothing to compare", seen)
	}
	for _, nobody := range []string{"", "u", "u0", "u601", "u01", "U1", "x1"} {
		if got := s.Truth(nobody); got != "an ordinary account" {
			t.Errorf("%q: %s", nobody, got)
		}
	}
}
