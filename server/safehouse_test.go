package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// december is a day on which every shipped pack speaks.
var december = time.Date(2026, 12, 1, 16, 0, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(december.UnixMilli())
	return c
}

func (c *clock) now() time.Time       { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) pass(d time.Duration) { c.ms.Add(d.Milliseconds()) }
func (c *clock) stamp(to *Config)     { to.Now = c.now }
func (c *clock) text() string         { return c.now().Format(time.RFC3339) }

// memory is a guard that decides and forgets: an engine without a journal.
type memory struct {
	*recordingGuard
	config *engine.Config

	mu     sync.Mutex
	engine *engine.Engine
	n      uint64
	lost   error // of every question about an account
}

func newMemory(t testing.TB, accounts string) *memory {
	config := enginetest.SafeConfig(t, accounts)
	return &memory{recordingGuard: newGuard(), config: config, engine: engine.New(config, engine.Seed{}, 1)}
}

func (m *memory) Decide(_ context.Context, events []*event.Event) ([]engine.Decision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	var decisions []engine.Decision
	for _, ev := range events {
		m.n++
		b := engine.Batch{Inputs: []engine.Input{{Event: ev, Sequence: m.n}}}
		m.engine.Apply(&b)
		decisions = append(decisions, m.config.Render(&b.Outcomes[0], ev))
	}
	return decisions, nil
}

func (m *memory) Account(_ context.Context, id string, at int64) (engine.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost != nil {
		return engine.Account{}, m.lost
	}
	return m.engine.Account(id, account.Seconds(at)), nil
}

func (m *memory) Config() *engine.Config { return m.config }

// attestor knows tokens by heart.
type attestor map[string]event.Age

var errToken = errors.New("the signature does not hold")

func (a attestor) Attest(_ context.Context, _, token string) (event.Age, error) {
	found, ok := a[token]
	if !ok {
		return event.Age{}, errToken
	}
	return found, nil
}

// house is a server that has rules for accounts.
type house struct {
	*harness
	*clock
	memory *memory // nil: on a journal
	n      int
}

const ours = "jurisdictions: [rowan]\n"

// inMemory starts a server whose guard forgets.
func inMemory(t *testing.T, accounts string, change func(*Config)) *house {
	t.Helper()
	h := &house{clock: newClock(), memory: newMemory(t, accounts)}
	h.harness = start(t, func(c *Config) {
		c.Guard, c.Accounts = h.memory, h.memory
		h.stamp(c)
		if change != nil {
			change(c)
		}
	})
	return h
}

// onJournal starts a server on a journal.
func onJournal(t *testing.T, accounts string, change func(*Config)) *house {
	t.Helper()
	h := &house{clock: newClock()}
	sources := enginetest.Sources()
	sources.Accounts = signal.File{Name: "accounts", Source: []byte(accounts)}
	kept, err := openJournal(t, sources, h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.harness = start(t, func(c *Config) {
		c.Guard, c.Accounts = kept, kept
		h.stamp(c)
		if change != nil {
			change(c)
		}
	})
	return h
}

func openJournal(t *testing.T, sources engine.Sources, now func() time.Time) (*journal.Journal, error) {
	t.Helper()
	dir, ctx := t.TempDir(), context.WithoutCancel(t.Context())
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	checkpoints, err := sqlite.OpenCheckpoints(ctx, dir)
	if err != nil {
		return nil, err
	}
	vault, err := journal.OpenVault(dir, now())
	if err != nil {
		return nil, err
	}
	kept, err := journal.Open(ctx, store, checkpoints, vault, sources, journal.Options{Now: now})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := errors.Join(kept.Close(), checkpoints.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return kept, nil
}

// answered is the part of a decision that these tests look at.
type answered struct {
	ID, Action string
	Notices    []response.Notice
	Gate       *engine.Gate
	Setting    *engine.SettingChange
	Age        *engine.BandChange
}

// tell sends an event of now.
func (h *house) tell(kind, data string) answered {
	h.Helper()
	h.n++
	got := h.do("POST", "/v1/events", typeSingle, fmt.Sprintf(
		`{"specversion":"1.0","id":"t-%d","source":"/t","type":"rowan.%s","time":%q,"data":%s}`, h.n, kind, h.text(), data))
	if got.status != 200 {
		h.Fatalf("%s: %d %s", kind, got.status, got.body)
	}
	return parse[answered](h.harness, got.body)
}

// of tells the age of an account.
func (h *house) of(who string, years int) {
	h.Helper()
	h.tell("account.registered", fmt.Sprintf(`{"account":%q,"age":{"method":"verification","lower":%d,"upper":%d}}`, who, years, years))
}

// shown tells that information about a setting was shown.
func (h *house) shown(who, setting, outcome string) {
	h.Helper()
	h.tell("support.shown", fmt.Sprintf(`{"account":%q,"moment":"default_changed","setting":%q,"outcome":%q}`, who, setting, outcome))
}

// put asks for a setting.
func (h *house) put(who, setting, body string, header ...string) reply {
	h.Helper()
	return h.do("PUT", "/v1/accounts/"+who+"/settings/"+setting, typeJSON, body, header...)
}

func parse[T any](h *harness, body string) T {
	h.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		h.Fatalf("%v in %.300q", err, body)
	}
	return v
}

// sheet is the settings of an account.
func (h *house) sheet(who string) accountSheet {
	h.Helper()
	got := h.do("GET", "/v1/accounts/"+who+"/settings", "", "")
	if got.status != 200 {
		h.Fatalf("the settings of %s: %d %s", who, got.status, got.body)
	}
	return parse[accountSheet](h.harness, got.body)
}

func (h *house) setting(who, id string) account.SettingView {
	h.Helper()
	for _, v := range h.sheet(who).Settings {
		if v.Setting == id {
			return v
		}
	}
	h.Fatalf("there is no setting %s", id)
	return account.SettingView{}
}

// refused fails the test unless an answer is a problem with a slug.
func (h *harness) refused(got reply, status int, slug, field, words string) {
	h.Helper()
	p := parse[event.Problem](h, got.body)
	if got.status != status || p.Status != status || p.Slug() != slug || p.Field != field || p.Title == "" || !strings.Contains(p.Detail, words) ||
		got.header.Get("Content-Type") != typeProblem {
		h.Errorf("got %d %s\nwant %d %s at %q with %q", got.status, got.body, status, slug, field, words)
	}
}

// metric is the value of a metric, with its labels as they are written.
func (h *harness) metric(name string) string {
	h.Helper()
	for line := range strings.Lines(h.do("GET", "/metrics", "", "").body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
