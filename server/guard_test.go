package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
)

var testNow = time.Date(2026, 3, 1, 12, 31, 0, 0, time.UTC)

// recordingGuard answers allow to everything and remembers what it was asked.
type recordingGuard struct {
	prometheus.Gauge
	mode string

	mu     sync.Mutex
	asked  []string // ids of events, in order
	groups []int    // sizes of the groups
	err    error    // for all questions
	block  func(ctx context.Context)
	short  bool // one decision is missing
}

func newGuard() *recordingGuard {
	return &recordingGuard{mode: "open", Gauge: prometheus.NewGauge(prometheus.GaugeOpts{Name: "guard_test"})}
}

func (g *recordingGuard) Decide(ctx context.Context, events []*event.Event) ([]engine.Decision, error) {
	if g.block != nil {
		g.block(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return nil, g.err
	}
	g.groups = append(g.groups, len(events))
	decisions := make([]engine.Decision, 0, len(events))
	for _, e := range events {
		g.asked = append(g.asked, e.ID)
		decisions = append(decisions, engine.Decision{ID: fmt.Sprintf("d-%d", len(g.asked)), Event: e.ID, Policy: "test", Sequence: uint64(len(g.asked))})
	}
	if g.short {
		decisions = decisions[1:]
	}
	return decisions, nil
}

func (g *recordingGuard) Contact(_ context.Context, from, to string, channel event.Channel, at int64) (engine.Decision, error) {
	if g.err != nil {
		return engine.Decision{}, g.err
	}
	return engine.Decision{Action: response.Ask, Event: fmt.Sprintf("%s>%s@%v:%d", from, to, channel, at)}, nil
}

func (g *recordingGuard) Explain(_ context.Context, id string) (engine.Explanation, error) {
	if g.err != nil {
		return engine.Explanation{}, g.err
	}
	if id != "d-1" {
		return engine.Explanation{}, fmt.Errorf("look it up: %w", engine.ErrUnknownDecision)
	}
	return engine.Explanation{Decision: engine.Decision{ID: id}, WhyNot: []string{"age gap unknown"}}, nil
}

func (g *recordingGuard) Ready() error     { return g.err }
func (g *recordingGuard) FailMode() string { return g.mode }

// oneKey knows the key "good" only.
type oneKey struct{}

func (oneKey) Check(secret string, _ time.Time) (string, bool) { return "k1", secret == "good" }

// buffer collects a log; requests write to it at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// harness is a running server.
type harness struct {
	*testing.T
	guard  *recordingGuard
	log    *buffer
	server *Server
	url    string
}

func start(t *testing.T, change func(*Config)) *harness {
	t.Helper()
	h := &harness{T: t, guard: newGuard(), log: &buffer{}}
	c := Config{
		Guard: h.guard, Keys: oneKey{}, Now: func() time.Time { return testNow },
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	h.server = s
	running := httptest.NewUnstartedServer(s)
	running.Config.ErrorLog = log.New(h.log, "net/http: ", 0)
	running.Start()
	t.Cleanup(running.Close)
	h.url = running.URL
	return h
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (h *harness) do(method, path, mediaType, body string, header ...string) reply {
	h.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	r.Header.Set("Authorization", "Bearer good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h.send(r)
}

func (h *harness) send(r *http.Request) reply {
	h.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(text)}
}

// message is a message event.
func message(id, text string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/t","type":"rowan.message.sent","time":"2026-03-01T12:30:00Z","data":{"conversation":"c-secret","from":"u-secret","to":["v-secret"],"channel":"direct","text":%q}}`, id, text)
}

var errBroken = errors.New("the journal is broken")
