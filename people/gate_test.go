package people_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/people"
)

// cheap is a cost for tests.
var cheap = people.Cost{Memory: 8, Time: 1, Threads: 1}

type pages struct{}

func (pages) Refused(w http.ResponseWriter, _ *http.Request, _ people.Permission) {
	w.WriteHeader(http.StatusForbidden)
}
func (pages) Broken(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusInternalServerError)
}

// house is a directory with a gate and a clock.
type house struct {
	*people.Directory
	sessions *people.Sessions
	gate     *people.Gate
	now      time.Time
	log      *bytes.Buffer
}

func newHouse(t *testing.T, table people.Table) *house {
	t.Helper()
	h := &house{log: &bytes.Buffer{}, now: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}
	d, err := people.Open(context.Background(), t.TempDir(), people.Options{Table: table, Cost: cheap, Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	h.Directory, h.sessions = d, d.Sessions(0, 0)
	h.gate = people.NewGate(people.GateOptions{Directory: d, Sessions: h.sessions, Pages: pages{}, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	return h
}

func (h *house) add(t testing.TB, login string, roles ...people.Role) people.Person {
	t.Helper()
	p, err := h.Add(context.Background(), login, "", "a long enough sentence", roles...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (h *house) token(t testing.TB, p people.Person, stage people.Stage) string {
	t.Helper()
	token, err := h.sessions.Start(context.Background(), p.ID, stage)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (h *house) ask(method, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(""))
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "rowan", Value: token})
	}
	w := httptest.NewRecorder()
	h.gate.ServeHTTP(w, r)
	return w
}

var fine = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	people.Because(r.Context(), "to judge")
	w.WriteHeader(http.StatusNoContent)
})

func TestOnlyWholeSessionsOfPeopleWithThePermissionComeThrough(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"decide"}, people.Auditor: {"count"}})
	h.gate.Handle("POST /cases/{id}/decide", "decide", fine)
	mod, auditor := h.add(t, "mo", people.Moderator), h.add(t, "au", people.Auditor)
	whole := h.token(t, mod, people.Full)
	for _, c := range []struct {
		name, token string
		want        int
	}{
		{"nobody", "", http.StatusUnauthorized},
		{"an invented token", "invented", http.StatusUnauthorized},
		{"before the second factor", h.token(t, mod, people.NeedsTOTP), http.StatusUnauthorized},
		{"before the password is changed", h.token(t, mod, people.NeedsChange), http.StatusUnauthorized},
		{"without the permission", h.token(t, auditor, people.Full), http.StatusForbidden},
		{"with the permission", whole, http.StatusNoContent},
	} {
		if got := h.ask("POST", "/cases/7/decide", c.token).Code; got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
	entries, err := h.Audit(context.Background(), people.AuditFilter{})
	if err != nil || len(entries) != 6 {
		t.Fatalf("%d entries in the audit log, want 6 (%v)", len(entries), err)
	}
	if e := entries[0]; e.Person != mod.ID || e.Object != "7" || e.Reason != "to judge" || e.Route != "POST /cases/{id}/decide" || e.Status != http.StatusNoContent {
		t.Errorf("the last entry is %+v", e)
	}
	if failures, _ := h.Audit(context.Background(), people.AuditFilter{Failures: true}); len(failures) != 5 {
		t.Errorf("%d failures, want 5", len(failures))
	}
	h.now = h.now.Add(31 * time.Minute)
	if got := h.ask("POST", "/cases/7/decide", whole).Code; got != http.StatusUnauthorized {
		t.Errorf("after half an hour idle: status %d", got)
	}
}

func TestASessionEndsWhenRolesChangeOrThePersonIsDisabled(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"decide"}, people.Administrator: {}})
	h.gate.Handle("GET /x", "decide", fine)
	p := h.add(t, "mo", people.Moderator)
	token := h.token(t, p, people.Full)
	if _, err := h.SetRoles(context.Background(), p.ID, []people.Role{people.Moderator}); err != nil {
		t.Fatal(err)
	}
	if got := h.ask("GET", "/x", token).Code; got != http.StatusUnauthorized {
		t.Errorf("after a change of roles: status %d", got)
	}
	token = h.token(t, p, people.Full)
	if _, err := h.Disable(context.Background(), p.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := h.ask("GET", "/x", token).Code; got != http.StatusUnauthorized {
		t.Errorf("after disabling: status %d", got)
	}
}

func TestWritesFromAnotherSiteAreRefused(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"decide"}})
	h.gate.Handle("POST /x", "decide", fine)
	token := h.token(t, h.add(t, "mo", people.Moderator), people.Full)
	r := httptest.NewRequest("POST", "http://127.0.0.1/x", nil)
	r.AddCookie(&http.Cookie{Name: "rowan", Value: token})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.gate.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{"Content-Security-Policy": people.Policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// Whatever the table, a role opens just what stands in it.
func TestTheTableDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := []people.Role{people.Moderator, people.Senior, people.Auditor}
		permissions := []people.Permission{"a", "b", "c", "d"}
		table := people.Table{}
		for _, r := range roles {
			table[r] = rapid.SliceOf(rapid.SampledFrom(permissions)).Draw(t, string(r))
		}
		mine := rapid.SliceOf(rapid.SampledFrom(roles)).Draw(t, "mine")
		for _, p := range permissions {
			want := false
			for _, r := range mine {
				for _, q := range table[r] {
					want = want || p == q
				}
			}
			if table.Allows(mine, p) != want {
				t.Fatalf("roles %v, permission %s: %v", mine, p, !want)
			}
		}
	})
}

func TestTheFirstAdministratorHasARandomPasswordOnce(t *testing.T) {
	h, ctx := newHouse(t, people.Table{people.Administrator: {}}), context.Background()
	password, err := h.First(ctx, "admin", people.Administrator)
	if err != nil || len(password) < 26 {
		t.Fatalf("password of %d characters, %v", len(password), err)
	}
	if again, err := h.First(ctx, "admin", people.Administrator); err != nil || again != "" {
		t.Fatalf("the second start made another: %v", err)
	}
	p, err := h.ByLogin(ctx, "ADMIN")
	if err != nil || !p.Change {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := h.SetRoles(ctx, p.ID, nil); err == nil {
		t.Error("the last administrator lost the role")
	}
	if _, err := h.Disable(ctx, p.ID, true); err == nil {
		t.Error("the last administrator was disabled")
	}
	if err := h.SetPassword(ctx, p.ID, "wrong", "another long sentence"); err == nil {
		t.Error("a wrong present password was taken")
	}
	if err := h.SetPassword(ctx, p.ID, password, "short"); err == nil {
		t.Error("a short password was taken")
	}
	if err := h.SetPassword(ctx, p.ID, password, "another long sentence"); err != nil {
		t.Error(err)
	}
}

func TestABrokenAuditLogIsFound(t *testing.T) {
	h, ctx := newHouse(t, people.Table{}), context.Background()
	for range 5 {
		if err := h.Note(ctx, people.Entry{Person: "p-1", Route: "GET /x", Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	if broken, err := h.CheckAudit(ctx); err != nil || broken != 0 {
		t.Fatalf("entry %d of a sound log is said to be broken, %v", broken, err)
	}
	if err := h.Tamper(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if broken, err := h.CheckAudit(ctx); err != nil || broken != 3 {
		t.Fatalf("the broken entry is %d, want 3 (%v)", broken, err)
	}
}

func TestWhatCannotBeRecordedIsNotShown(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Func("GET /x", "read", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "6")
		io.WriteString(w, "secret")
	})
	token := h.token(t, h.add(t, "mo", people.Moderator), people.Full)
	if err := h.LoseAudit(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := h.ask("GET", "/x", token)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Length") != "" {
		t.Errorf("status %d, %q", w.Code, w.Body)
	}
	if w := h.ask("GET", "/x", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("a refusal that cannot be recorded: status %d", w.Code)
	}
}

func TestTheLineIsThereBeforeTheAnswer(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	ctx := context.Background()
	count := func() int {
		entries, err := h.Audit(ctx, people.AuditFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	h.gate.Func("GET /stream", "read", func(w http.ResponseWriter, r *http.Request) {
		people.About(r.Context(), "case-9")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		if count() != 1 {
			t.Error("the stream began before it was recorded")
		}
		io.WriteString(w, "line")
	})
	if w := h.ask("GET", "/stream", h.token(t, h.add(t, "mo", people.Moderator), people.Full)); w.Body.String() != "line" || !w.Flushed {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	entries, err := h.Audit(ctx, people.AuditFilter{Object: "case-9"})
	if err != nil || len(entries) != 1 || entries[0].Status != http.StatusOK {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestAPageThatFailsIsRecordedAndSaysSo(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Func("GET /x/{id}", "read", func(http.ResponseWriter, *http.Request) { panic("what somebody wrote") })
	token := h.token(t, h.add(t, "mo", people.Moderator), people.Full)
	if w := h.ask("GET", "/x/3", token); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
	if strings.Contains(h.log.String(), "what somebody wrote") || !strings.Contains(h.log.String(), "a page failed") {
		t.Errorf("log: %s", h.log)
	}
	entries, err := h.Audit(context.Background(), people.AuditFilter{Failures: true})
	if err != nil || len(entries) != 1 || entries[0].Status != http.StatusInternalServerError || entries[0].Object != "3" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestNoQueryIsRecorded(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Handle("GET /search/{id}", "read", fine)
	h.ask("GET", "/search/3?q=some+words", h.token(t, h.add(t, "mo", people.Moderator), people.Full))
	kept, err := h.Kept(context.Background(), "audit")
	if err != nil || len(kept) == 0 || strings.Contains(strings.Join(kept, " "), "words") {
		t.Errorf("%q, %v", kept, err)
	}
}

// Whatever the table, the roles and the routes, a request comes through just
// where the table says so, and each leaves one line.
func TestTheGateKeepsToAnyTable(t *testing.T) {
	roles := []people.Role{people.Moderator, people.Senior, people.Auditor, people.Administrator}
	permissions := []people.Permission{"a", "b", "c", people.SignedIn}
	rapid.Check(t, func(rt *rapid.T) {
		table := people.Table{}
		for _, r := range roles {
			table[r] = rapid.SliceOfNDistinct(rapid.SampledFrom(permissions[:3]), 0, 3, rapid.ID).Draw(rt, string(r))
		}
		h := newHouse(t, table)
		for i, p := range permissions {
			h.gate.Func(fmt.Sprintf("POST /r%d/{id}", i), p, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		}
		mine := rapid.SliceOfNDistinct(rapid.SampledFrom(roles), 0, 4, rapid.ID).Draw(rt, "mine")
		p := h.add(t, "mo", mine...)
		stage := rapid.SampledFrom([]people.Stage{people.Full, people.Full, people.NeedsTOTP, people.NeedsChange, people.NeedsEnrol}).Draw(rt, "stage")
		token := h.token(t, p, stage)
		for i, permission := range permissions {
			want := http.StatusForbidden
			if stage != people.Full {
				want = http.StatusUnauthorized
			} else if permission == people.SignedIn || slices.ContainsFunc(mine, func(r people.Role) bool { return slices.Contains(table[r], permission) }) {
				want = http.StatusNoContent
			}
			if got := h.ask("POST", fmt.Sprintf("/r%d/7", i), token).Code; got != want {
				rt.Fatalf("roles %v at %q, permission %s: status %d, want %d", mine, stage, permission, got, want)
			}
		}
		entries, err := h.Audit(context.Background(), people.AuditFilter{Person: p.ID, Object: "7"})
		if err != nil || len(entries) != len(permissions) {
			rt.Fatalf("%d lines of %d requests, %v", len(entries), len(permissions), err)
		}
		if broken, err := h.CheckAudit(context.Background()); err != nil || broken != 0 {
			rt.Fatalf("line %d does not follow, %v", broken, err)
		}
	})
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Handle("GET /x", "read", fine)
	h.gate.Handle("GET /open", people.Public, fine)
	want := map[string]string{
		"Content-Security-Policy":      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=()",
		"Cache-Control":                "no-store",
	}
	for _, host := range []string{"127.0.0.1:8420", "console.example"} {
		for _, path := range []string{"/x", "/open", "/nothing"} {
			r := httptest.NewRequest("GET", "http://"+host+path, nil)
			w := httptest.NewRecorder()
			h.gate.ServeHTTP(w, r)
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			if got := w.Header().Get("Strict-Transport-Security"); (got != "") != (host == "console.example") {
				t.Errorf("%s%s: Strict-Transport-Security is %q", host, path, got)
			}
		}
	}
}

func TestACookieIsAsClosedAsItCanBe(t *testing.T) {
	for _, c := range []struct {
		url, forwarded string
		name           string
		secure         bool
	}{
		{"http://127.0.0.1:8420/", "", "rowan", false},
		{"http://localhost:8420/", "", "rowan", false},
		{"http://[::1]:8420/", "", "rowan", false},
		{"http://127.1.2.3/", "", "rowan", false},
		{"http://console.localhost/", "", "rowan", false},
		{"http://localhost:8420/", "https", "__Host-rowan", true},
		{"http://console.example/", "", "__Host-rowan", true},
		{"https://console.example/", "", "__Host-rowan", true},
		{"http://localhost.example/", "", "__Host-rowan", true},
		{"http://127.0.0.1.example/", "", "__Host-rowan", true},
	} {
		r := httptest.NewRequest("GET", c.url, nil)
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Proto", c.forwarded)
		}
		w := httptest.NewRecorder()
		people.SetToken(w, r, "token")
		got := w.Result().Cookies()[0]
		if got.Name != c.name || got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.MaxAge != 0 {
			t.Errorf("%s: %s", c.url, got)
		}
		w = httptest.NewRecorder()
		people.SetToken(w, r, "")
		if got := w.Result().Cookies()[0]; got.MaxAge >= 0 {
			t.Errorf("%s: not removed by %s", c.url, got)
		}
	}
}

func TestASessionEndsAfterIdleTimeAndForGood(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Handle("GET /x", "read", fine)
	p := h.add(t, "mo", people.Moderator)
	token := h.token(t, p, people.Full)
	begun := h.now
	for h.now.Sub(begun) < 12*time.Hour {
		if got := h.ask("GET", "/x", token).Code; got != http.StatusNoContent {
			t.Fatalf("after %v: status %d", h.now.Sub(begun), got)
		}
		h.now = h.now.Add(29 * time.Minute)
	}
	if got := h.ask("GET", "/x", token).Code; got != http.StatusUnauthorized {
		t.Errorf("after %v: status %d", h.now.Sub(begun), got)
	}
	one, other := h.token(t, p, people.Full), h.token(t, p, people.Full)
	if err := h.sessions.End(context.Background(), one); err != nil {
		t.Fatal(err)
	}
	if a, b := h.ask("GET", "/x", one).Code, h.ask("GET", "/x", other).Code; a != http.StatusUnauthorized || b != http.StatusNoContent {
		t.Errorf("after one was ended: %d and %d", a, b)
	}
	kept, err := h.Kept(context.Background(), "session")
	if err != nil || len(kept) == 0 || slices.Contains(kept, other) {
		t.Errorf("tokens are kept as they are: %q, %v", kept, err)
	}
}

func TestAStreamHearsThatItsSessionEnded(t *testing.T) {
	for name, end := range map[string]func(h *house, p people.Person, token string) error{
		"signed out": func(h *house, _ people.Person, token string) error {
			return h.sessions.End(context.Background(), token)
		},
		"disabled": func(h *house, p people.Person, _ string) error {
			_, err := h.Disable(context.Background(), p.ID, true)
			return err
		},
		"idle": func(h *house, _ people.Person, _ string) error { h.now = h.now.Add(20 * time.Minute); return nil },
	} {
		h := newHouse(t, people.Table{people.Moderator: {"read"}})
		p := h.add(t, "mo", people.Moderator)
		token := h.token(t, p, people.Full)
		h.gate.Func("GET /stream", "read", func(_ http.ResponseWriter, r *http.Request) {
			h.now = h.now.Add(20 * time.Minute) // asking does not keep it alive
			if !people.Still(r.Context()) {
				t.Errorf("%s: ended before", name)
			}
			if err := end(h, p, token); err != nil {
				t.Error(err)
			}
			if people.Still(r.Context()) {
				t.Errorf("%s: goes on", name)
			}
		})
		h.ask("GET", "/stream", token)
	}
	if people.Still(context.Background()) {
		t.Error("a session without a gate goes on")
	}
}

func TestStrangersCannotFillTheDisk(t *testing.T) {
	h := newHouse(t, people.Table{people.Moderator: {"read"}})
	h.gate.Handle("GET /x", "read", fine)
	for range 700 {
		if got := h.ask("GET", "/x", "").Code; got != http.StatusUnauthorized {
			t.Fatalf("status %d", got)
		}
	}
	h.now = h.now.Add(time.Second)
	h.ask("GET", "/x", "")
	token := h.token(t, h.add(t, "mo", people.Moderator), people.Full)
	h.ask("GET", "/x", token)
	entries, err := h.Audit(context.Background(), people.AuditFilter{Limit: 1000})
	if err != nil || len(entries) != 502 {
		t.Fatalf("%d lines, want 500 and one for each after them (%v)", len(entries), err)
	}
	if got := entries[1].Reason; got != "200 before it were too many to write" {
		t.Errorf("the line after says %q", got)
	}
	if got := entries[0].Status; got != http.StatusNoContent {
		t.Errorf("the line of somebody who is signed in has status %d", got)
	}
}
