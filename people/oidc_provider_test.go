package people_test

import (
	"bufio"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rowan/people"
)

// certified starts oidc-provider, which the OpenID Foundation has certified, and
// returns its address. The test is skipped where Node.js or the module is not
// installed, but not in CI.
func certified(t *testing.T, back string) string {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("CI") != "" {
		absent = t.Fatalf
	}
	if _, err := exec.LookPath("node"); err != nil {
		absent("Node.js is not installed")
	}
	module, err := filepath.Abs(filepath.Join("..", ".ci", "node_modules", "oidc-provider", "lib", "index.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(module); err != nil {
		absent("oidc-provider is not installed; npm ci --prefix .ci installs it")
	}
	command := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "provider.mjs"), module, back)
	command.WaitDelay = 10 * time.Second
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		command.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return strings.TrimSpace(address)
}

var (
	formAction  = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// fill sends the form of a page of the provider, as a browser would.
func (b *browser) fill(got page, pairs ...string) page {
	b.t.Helper()
	m := formAction.FindStringSubmatch(got.body)
	if m == nil {
		b.t.Fatalf("there is no form: %d at %s\n%s", got.status, got.path, got.body)
	}
	for _, hidden := range hiddenInput.FindAllStringSubmatch(got.body, -1) {
		pairs = append(pairs, hidden[1], html.UnescapeString(hidden[2]))
	}
	there := *b
	there.base = ""
	return there.post(html.UnescapeString(m[1]), pairs...)
}

func TestThroughACertifiedProvider(t *testing.T) {
	h := newHouse(t, table)
	h.now = time.Now() // the provider has no other clock
	server := httptest.NewServer(h.gate)
	t.Cleanup(server.Close)
	known, err := people.NewProvider(people.OIDC{Name: "Example", Issuer: certified(t, server.URL+"/oidc/callback"), ClientID: "rowan", Secret: "s3cret", URL: server.URL,
		Roles: map[people.Role][]string{people.Moderator: {"safety"}}}, table)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.NewDoor(people.DoorOptions{Gate: h.gate, Frame: people.Plain{}, Provider: known}); err != nil {
		t.Fatal(err)
	}
	h.gate.Func("GET /work", "decide", func(w http.ResponseWriter, r *http.Request) {
		p, _ := people.From(r.Context())
		if err := json.NewEncoder(w).Encode(p); err != nil {
			slog.Error("write", "error", err)
		}
	})
	p := &porch{house: h, server: server}
	b := p.browser(t)
	got := b.fill(b.get("/oidc/start?next=/work"), "login", "mo", "password", "any")
	got = b.fill(got) // consent
	var mo people.Person
	if err := json.Unmarshal([]byte(got.body), &mo); err != nil || got.path != "/work" {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
	if mo.Login != "mo" || mo.Name != "Mo Example" || !mo.Has(people.Moderator) || len(mo.Roles) != 1 {
		t.Errorf("%+v", mo)
	}
	other := p.browser(t)
	got = other.fill(other.fill(other.get("/oidc/start"), "login", "someone", "password", "any"))
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "no role here") {
		t.Errorf("without a group: %d at %s\n%s", got.status, got.path, got.body)
	}
}
