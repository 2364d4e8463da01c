package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pages are what a gate shows when it lets nobody through; a wing renders them
// in its own frame.
type Pages interface {
	// Refused tells somebody who is signed in that they may not.
	Refused(w http.ResponseWriter, r *http.Request, p Permission)
	// Broken tells that the other end of the gate failed.
	Broken(w http.ResponseWriter, r *http.Request)
}

// Route is one that a gate guards.
type Route struct {
	Method     string
	Pattern    string // without the method
	Permission Permission
}

// Gate lets people through to the routes that their roles allow.
type Gate struct {
	directory *Directory
	sessions  *Sessions
	pages     Pages
	log       *slog.Logger
	mux       *http.ServeMux
	routes    []Route
	handler   http.Handler
	// door is where somebody who is not signed in, or not wholly, is sent.
	door      string
	strangers strangers
}

// GateOptions are what a gate needs. All are required but Door, "/login".
type GateOptions struct {
	Directory *Directory
	Sessions  *Sessions
	Pages     Pages
	Log       *slog.Logger
	Door      string
}

// NewGate makes a gate.
func NewGate(o GateOptions) *Gate {
	if o.Door == "" {
		o.Door = "/login"
	}
	g := &Gate{directory: o.Directory, sessions: o.Sessions, pages: o.Pages, log: o.Log, mux: http.NewServeMux(), door: o.Door}
	g.strangers.limiter = rate.NewLimiter(strangersPerSecond, strangersAtOnce)
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := g.mux.Handler(r)
		g.note(r.Context(), Entry{Person: g.who(r), Permission: Public, Route: pattern, Status: http.StatusForbidden, Reason: "from another site"})
		http.Error(w, "This was sent from a page of another site and was refused. Nothing was changed. Open Rowan's own page and try again there.", http.StatusForbidden)
	}))
	g.handler = headers(cross.Handler(g.mux))
	return g
}

// Handle serves a pattern such as "POST /cases/{id}/claim" to those who have a
// permission. The pattern names a method.
func (g *Gate) Handle(pattern string, p Permission, h http.Handler) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic(fmt.Sprintf("route %q names no method", pattern))
	}
	g.routes = append(g.routes, Route{method, path, p})
	g.mux.Handle(pattern, g.guard(path, p, h))
}

// Func is Handle for a function.
func (g *Gate) Func(pattern string, p Permission, h http.HandlerFunc) { g.Handle(pattern, p, h) }

// Routes are all that the gate guards, in the order in which they were added.
func (g *Gate) Routes() []Route { return append([]Route(nil), g.routes...) }

// ServeHTTP answers a request.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.handler.ServeHTTP(w, r) }

func (g *Gate) who(r *http.Request) string {
	p, _, err := g.sessions.Person(r.Context(), Token(r))
	if err != nil {
		return ""
	}
	return p.ID
}

// guard checks a request and notes what came of it.
func (g *Gate) guard(path string, p Permission, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, stage, err := g.sessions.Person(r.Context(), Token(r))
		if errors.Is(err, context.Canceled) {
			return // nobody waits for the answer
		}
		if err != nil && !errors.Is(err, ErrNoSession) {
			g.log.Error("a session could not be read", "error", err)
			g.pages.Broken(w, r)
			return
		}
		in := err == nil && stage == Full
		if p == Public {
			ctx := r.Context()
			if in {
				ctx = With(ctx, person)
			}
			h.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		e := Entry{Person: person.ID, Permission: p, Route: r.Method + " " + path, Object: object(r)}
		switch {
		case !in:
			e.Status = http.StatusUnauthorized
			if !g.note(r.Context(), e) {
				g.pages.Broken(w, r)
				return
			}
			g.send(w, r, stage)
			return
		case !g.directory.table.Allows(person.Roles, p):
			e.Status = http.StatusForbidden
			if !g.note(r.Context(), e) {
				g.pages.Broken(w, r)
				return
			}
			g.pages.Refused(w, r.WithContext(With(r.Context(), person)), p)
			return
		}
		g.pass(w, r.WithContext(With(r.Context(), person)), e, h)
	})
}

// pass lets a request through. Its line is in the audit log before the answer
// begins: what cannot be recorded is not shown.
func (g *Gate) pass(w http.ResponseWriter, r *http.Request, e Entry, h http.Handler) {
	token := Token(r)
	said := &words{still: func() bool {
		p, stage, _, err := g.sessions.look(r.Context(), token)
		return err == nil && stage == Full && g.directory.table.Allows(p.Roles, e.Permission)
	}}
	r = r.WithContext(context.WithValue(r.Context(), wordsKey{}, said))
	rec := &recorder{ResponseWriter: w}
	rec.begin = func(status int) bool {
		e.Status, e.Reason = status, said.reason
		if said.object != "" {
			e.Object = said.object
		}
		return g.note(r.Context(), e)
	}
	rec.broken = func() {
		for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "ETag"} {
			w.Header().Del(name)
		}
		g.pages.Broken(w, r)
	}
	defer func() {
		cause := recover()
		if cause == nil || cause == any(http.ErrAbortHandler) {
			rec.start(http.StatusOK)
			if cause != nil {
				panic(cause)
			}
			return
		}
		// A value of a panic might hold what a person wrote.
		g.log.Error("a page failed", "route", e.Route, "cause", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
		if rec.started {
			// The answer has begun: only a broken connection says that it is not whole.
			panic(http.ErrAbortHandler)
		}
		if rec.start(http.StatusInternalServerError) {
			rec.broken()
		}
	}()
	h.ServeHTTP(rec, r)
}

// note writes to the audit log; false if that failed, which is logged.
func (g *Gate) note(ctx context.Context, e Entry) bool {
	if err := g.record(ctx, e); err != nil {
		g.log.Error("the audit log could not be written", "error", err)
		return false
	}
	return true
}

// record writes to the audit log. Who hangs up early is recorded all the same.
// Of those who have no session only so many lines are written: they must not
// fill the disk. The next line says how many were left out.
func (g *Gate) record(ctx context.Context, e Entry) error {
	if e.Person == "" {
		missed, ok := g.strangers.admit(g.directory.now())
		if !ok {
			return nil
		}
		if missed > 0 {
			e.Reason = strings.TrimPrefix(fmt.Sprintf("%s; %d before it were too many to write", e.Reason, missed), "; ")
		}
	}
	return g.directory.Note(context.WithoutCancel(ctx), e)
}

// strangers counts the lines of those who have no session.
type strangers struct {
	mu      sync.Mutex
	limiter *rate.Limiter
	missed  int
}

const (
	strangersPerSecond = 5
	strangersAtOnce    = 500
)

// admit reports whether a line may be written, and how many were not before it.
func (s *strangers) admit(now time.Time) (missed int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.limiter.AllowN(now, 1) {
		s.missed++
		return 0, false
	}
	missed, s.missed = s.missed, 0
	return missed, true
}

// send sends somebody to where their log-in goes on. What is no page is
// answered with the status alone.
func (g *Gate) send(w http.ResponseWriter, r *http.Request, stage Stage) {
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, "You are not signed in, or not any more. Nothing was changed. Sign in and try again.", http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, cmp.Or(stepOf(stage), g.door)+"?"+nextQuery(r.URL.RequestURI()), http.StatusSeeOther)
}

// object is the id that a path names.
func object(r *http.Request) string {
	for _, name := range []string{"id", "login", "account"} {
		if v := r.PathValue(name); v != "" {
			return v
		}
	}
	return ""
}

type wordsKey struct{}

// words are what a handler adds to its line in the audit log.
type words struct {
	object, reason string
	still          func() bool
}

// Still reports whether the session of a request behind a gate goes on, and
// still has the permission. An answer that never ends asks now and then; that
// does not keep the session alive.
func Still(ctx context.Context) bool {
	s, ok := ctx.Value(wordsKey{}).(*words)
	return ok && s.still()
}

// Because puts a reason that the person gave into the audit log, with the entry
// of the request. It has to come before the answer begins.
func Because(ctx context.Context, reason string) {
	if s, ok := ctx.Value(wordsKey{}).(*words); ok {
		s.reason = reason
	}
}

// About puts an id into the audit log where the path does not name it: that of
// what was made, say. It has to come before the answer begins.
func About(ctx context.Context, id string) {
	if s, ok := ctx.Value(wordsKey{}).(*words); ok {
		s.object = id
	}
}

// recorder has the request noted before the first byte of its answer.
type recorder struct {
	http.ResponseWriter
	begin   func(status int) bool // notes; false if that failed
	broken  func()                // answers in the place of what could not be noted
	started bool
	silent  bool // the answer was replaced: the rest of it is dropped
}

// start notes the request once. It reports whether the answer may go out.
func (r *recorder) start(status int) bool {
	if !r.started {
		r.started = true
		if r.silent = !r.begin(status); r.silent {
			r.broken()
		}
	}
	return !r.silent
}

func (r *recorder) WriteHeader(status int) {
	if status < 200 { // not the answer yet
		r.ResponseWriter.WriteHeader(status)
		return
	}
	if !r.started && r.start(status) {
		r.ResponseWriter.WriteHeader(status)
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	if !r.start(http.StatusOK) {
		return len(p), nil
	}
	return r.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController calls.
func (r *recorder) FlushError() error {
	if !r.start(http.StatusOK) {
		return nil
	}
	return http.NewResponseController(r.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Policy is the content security policy of every page: nothing from another
// host, nothing inline.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets what every answer carries.
func headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", Policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		header.Set("Cache-Control", "no-store")
		if secure(r) {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.ServeHTTP(w, r)
	})
}
