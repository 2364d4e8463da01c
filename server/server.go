// Package server answers platforms over HTTP. It authenticates, reads events,
// asks the guard for decisions and writes them in the form of the request.
//
// Nothing that identifies a person is logged or counted: a request leaves its
// route, status, duration and number of events.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"rowan/event"
	"rowan/guard/engine"
)

// Guard decides. Its errors mean that a decision could not be made durable;
// the server then answers with the declared fail mode.
type Guard interface {
	prometheus.Collector

	// Decide returns one decision for each event, in order. The events are not
	// changed until it returns, and not kept by it afterwards.
	Decide(ctx context.Context, events []*event.Event) ([]engine.Decision, error)
	// Contact says whether two accounts may be in contact at a time, in Unix
	// milliseconds.
	Contact(ctx context.Context, from, to string, channel event.Channel, at int64) (engine.Decision, error)
	// Explain takes a decision apart; engine.ErrUnknownDecision if there is none.
	Explain(ctx context.Context, id string) (engine.Explanation, error)
	// Ready is nil while decisions can be made.
	Ready() error
	// FailMode is "open" or "closed".
	FailMode() string
}

// Keys knows who may ask.
type Keys interface {
	// Check returns the id of the key that a secret belongs to.
	Check(secret string, now time.Time) (id string, ok bool)
}

// DefaultRate is a generous number of events per second and key.
const DefaultRate = 200_000

// Config is what a server needs. Guard, Keys and Log are required; the rest
// has defaults.
type Config struct {
	Guard Guard
	Keys  Keys
	// Accounts answers what accounts may do, and Attestor checks signed results
	// of age assurance; without them the server refuses such requests.
	Accounts Accounts
	Attestor Attestor
	// Effects and Appeals are of casework; without them the server refuses such
	// requests.
	Effects Effects
	Appeals Appeals
	// Metrics are shown at /metrics besides the guard's and the server's.
	Metrics []prometheus.Collector
	Log     *slog.Logger
	Limits  event.Limits
	// Rate is how many events a second a key may send; 0 is no limit. A single
	// request above it is refused with 429; a stream or a batch is slowed down.
	Rate int
	// Group is how many events of a stream are decided together. Default 512.
	Group int
	// DecideTimeout is when the fail mode answers for the guard. Default 5 s.
	DecideTimeout time.Duration
	// IdleTimeout ends a stream whose sender neither sends nor reads, and a
	// single request whose body does not come. Default 1 min.
	IdleTimeout time.Duration
	// Now is the clock for events and limits; the system's by default.
	Now func() time.Time
	// Sleep waits for a stream that is over its rate; a timer by default.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Server is the HTTP handler.
type Server struct {
	config   Config
	mux      *http.ServeMux
	metrics  *metrics
	limiters sync.Map // key id to *rate.Limiter
	sessions sync.Pool
	singles  sync.Pool
}

// New makes the handler and registers the guard's metrics in a registry of its
// own.
func New(c Config) (*Server, error) {
	if c.Guard == nil || c.Keys == nil || c.Log == nil {
		return nil, errors.New("a server needs a guard, keys and a log")
	}
	if mode := c.Guard.FailMode(); mode != failOpen && mode != failClosed {
		return nil, fmt.Errorf("the fail mode is %q; it must be open or closed", mode)
	}
	c.Limits = c.Limits.WithDefaults()
	if c.Group <= 0 {
		c.Group = 512
	}
	if c.DecideTimeout <= 0 {
		c.DecideTimeout = 5 * time.Second
	}
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	m, err := newMetrics(c.Guard, c.Metrics)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, mux: http.NewServeMux(), metrics: m}
	s.sessions.New = func() any { return newSession(s) }
	s.singles.New = func() any { return newSingle(s) }
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	s.route("POST", "/v1/events", s.keyed(s.events))
	s.route("GET", "/v1/contact", s.keyed(s.contact))
	s.route("GET", "/v1/decisions/{id}", s.keyed(s.explain))
	s.route("GET", "/v1/accounts/{id}/settings", s.keyed(s.settings))
	s.route("PUT", "/v1/accounts/{id}/settings/{setting}", s.keyed(s.change))
	s.route("POST", "/v1/accounts/{id}/age", s.keyed(s.age))
	s.route("GET", "/v1/support", s.keyed(s.support))
	s.route("GET", "/v1/effects", s.keyed(s.effects))
	s.route("POST", "/v1/appeals", s.keyed(s.appeal))
	s.route("GET", "/v1/appeals/{id}", s.keyed(s.appealed))
	s.route("GET", "/openapi.yaml", s.openapi)
	s.route("GET", "/healthz", s.healthz)
	s.route("GET", "/readyz", s.readyz)
	s.route("GET", "/metrics", s.metrics.handler.ServeHTTP)
	s.mux.HandleFunc("/", s.watch("other", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, problem(http.StatusNotFound, "not-found", "There is nothing at this address", "GET /openapi.yaml lists what there is"))
	}))
}

// route serves one method of a path and refuses the others.
func (s *Server) route(method, path string, h http.HandlerFunc) {
	s.mux.HandleFunc(method+" "+path, s.watch(path, h))
	allowed := method
	if method == "GET" {
		allowed = "GET, HEAD"
	}
	s.mux.HandleFunc(path, s.watch(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		refuse(w, problem(http.StatusMethodNotAllowed, "method-not-allowed", "The method is not allowed here", "allowed: "+allowed))
	}))
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// recorder remembers what became of a request.
type recorder struct {
	http.ResponseWriter
	status int
	events int // that the request held
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// watch counts and logs requests, and answers for a handler that panics.
func (s *Server) watch(route string, h http.HandlerFunc) http.HandlerFunc {
	counts := s.metrics.route(route)
	return func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		begun := time.Now()
		note := func() {
			taken := time.Since(begun)
			counts.observe(rec.status, taken)
			if s.config.Log.Enabled(r.Context(), slog.LevelDebug) {
				s.config.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("route", route),
					slog.Int("status", rec.status), slog.Duration("took", taken), slog.Int("events", rec.events))
			}
		}
		defer func() {
			cause := recover()
			if cause == any(http.ErrAbortHandler) {
				note()
				panic(cause)
			}
			if cause != nil {
				s.metrics.panics.Inc()
				s.config.Log.Error("a handler panicked", "route", route, "cause", describe(cause), "stack", string(debug.Stack()))
				if rec.status != 0 {
					// The answer has begun: only a broken connection says that it is not whole.
					panic(http.ErrAbortHandler)
				}
				refuse(rec, problem(http.StatusInternalServerError, "internal", "Something failed inside Rowan", "the failure was logged; try again"))
			}
			note()
		}()
		h(rec, r)
		if rec.status == 0 {
			rec.status = http.StatusOK
		}
	}
}

// describe names the cause of a panic. Only the run-time system's own errors
// are quoted: another value might hold what a person wrote.
func describe(cause any) string {
	if err, ok := cause.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", cause)
}

// keyed lets only holders of a key through.
func (s *Server) keyed(h func(w http.ResponseWriter, r *http.Request, key string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="rowan"`)
			refuse(w, problem(http.StatusUnauthorized, "no-key", "A key is needed", "send Authorization: Bearer KEY; rowan keys create makes one"))
			return
		}
		key, ok := s.config.Keys.Check(strings.TrimSpace(secret), s.config.Now())
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="rowan", error="invalid_token"`)
			refuse(w, problem(http.StatusUnauthorized, "bad-key", "The key is not valid", "it is unknown or was revoked; rowan keys list shows the keys there are"))
			return
		}
		h(w, r, key)
	}
}

// limiter is the rate limiter of a key, nil if there is no limit.
func (s *Server) limiter(key string) *rate.Limiter {
	if s.config.Rate <= 0 {
		return nil
	}
	if l, ok := s.limiters.Load(key); ok {
		return l.(*rate.Limiter)
	}
	l, _ := s.limiters.LoadOrStore(key, rate.NewLimiter(rate.Limit(s.config.Rate), s.config.Rate))
	return l.(*rate.Limiter)
}

// admit takes one event from the key's rate, or refuses the request.
func (s *Server) admit(w http.ResponseWriter, key string) bool {
	l := s.limiter(key)
	if l == nil {
		return true
	}
	now := s.config.Now()
	reserved := l.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait == 0 {
		return true
	}
	reserved.CancelAt(now)
	w.Header().Set("Retry-After", fmt.Sprint(int((wait+time.Second-1)/time.Second)))
	refuse(w, problem(http.StatusTooManyRequests, "rate", "Too many events in a second",
		fmt.Sprintf("this key may send %d events a second; try again later, or send a stream, which is slowed down instead", s.config.Rate)))
	return false
}

// pace waits until n events are within the key's rate.
func (s *Server) pace(ctx context.Context, key string, n int) error {
	l := s.limiter(key)
	for l != nil && n > 0 {
		now, part := s.config.Now(), min(n, l.Burst())
		if wait := l.ReserveN(now, part).DelayFrom(now); wait > 0 {
			if err := s.config.Sleep(ctx, wait); err != nil {
				return fmt.Errorf("wait for the rate limit: %w", err)
			}
		}
		n -= part
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
