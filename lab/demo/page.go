package demo

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/stylesheet"
	"rowan/terminal"
)

//go:embed page.html
var page string

// shown is how many watched accounts the page lists.
const shown = 100

// Site serves the board as pages under /board, and whatever else is asked for by
// rest.
type Site struct {
	frame Frame
	board *Board
	guard Guard
	rate  func() float64
	page  *template.Template
	rest  http.Handler
	log   *slog.Logger
}

// NewSite returns the pages of a board. rate tells how many decisions are made
// a second.
func NewSite(f Frame, b *Board, g Guard, rate func() float64, rest http.Handler, log *slog.Logger) (*Site, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"house": stylesheet.House, "words": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
		"n": func(v any) string { return grouped(v) },
	}).Parse(page)
	if err != nil {
		return nil, fmt.Errorf("demo page: %w", err)
	}
	return &Site{frame: f, board: b, guard: g, rate: rate, page: t, rest: rest, log: log}, nil
}

func grouped(v any) string {
	switch v := v.(type) {
	case uint64:
		return terminal.Grouped(int64(v))
	case int:
		return terminal.Grouped(int64(v))
	}
	return fmt.Sprint(v)
}

// sheet is what the page is filled with.
type sheet struct {
	View
	Nonce    string
	Accounts string
	Seed     uint64
	Rate     uint64
	Time     string
	ByLevel  []levelCount
	More     int
	Account  *Watched
	Why      *engine.Explanation
}

type levelCount struct {
	Level response.Level
	Count int
}

// ServeHTTP answers a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, account := strings.CutPrefix(r.URL.Path, "/board/")
	if r.URL.Path != "/board" && !account {
		s.rest.ServeHTTP(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This page is only to be read.", http.StatusMethodNotAllowed)
		return
	}
	out := sheet{Nonce: rand.Text(), Accounts: grouped(s.frame.Accounts), Seed: s.frame.Seed}
	if account {
		watched, ok := s.board.Account(id)
		if !ok {
			http.Error(w, "No such account is watched. See /board for those that are.", http.StatusNotFound)
			return
		}
		why, err := s.guard.Explain(r.Context(), watched.Decision)
		if err != nil {
			s.fail(w, err)
			return
		}
		out.Account, out.Why = &watched, &why
	} else {
		out.View = s.board.View(s.rate())
		out.Rate, out.Time = uint64(out.PerSecond), out.At.UTC().Format("2 January, 15:04")
		for l := response.Critical; l > response.None; l-- {
			out.ByLevel = append(out.ByLevel, levelCount{l, out.Levels[l]})
		}
		out.More = max(0, len(out.Watched)-shown)
		out.Watched = out.Watched[:len(out.Watched)-out.More]
	}
	var b bytes.Buffer
	if err := s.page.Execute(&b, &out); err != nil {
		s.fail(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; style-src 'nonce-"+out.Nonce+"'; script-src 'nonce-"+out.Nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = b.WriteTo(w)
}

func (s *Site) fail(w http.ResponseWriter, err error) {
	s.log.Error("a page of the demo could not be made", "error", err)
	http.Error(w, "The page could not be made; the log says why.", http.StatusInternalServerError)
}
