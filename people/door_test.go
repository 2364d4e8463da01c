package people_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"rowan/people"
)

// porch is a house with a door behind a server.
type porch struct {
	*house
	door   *people.Door
	server *httptest.Server
}

const sentence = "a long enough sentence"

var table = people.Table{people.Moderator: {"decide"}, people.Auditor: {"count"}, people.Administrator: {"people"}}

func newPorch(t *testing.T, edit func(*people.DoorOptions)) *porch {
	t.Helper()
	h := newHouse(t, table)
	o := people.DoorOptions{Gate: h.gate, Frame: people.Plain{}, Title: "Rowan casework"}
	if edit != nil {
		edit(&o)
	}
	door, err := people.NewDoor(o)
	if err != nil {
		t.Fatal(err)
	}
	h.gate.Func("GET /work", "decide", func(w http.ResponseWriter, r *http.Request) {
		p, _ := people.From(r.Context())
		io.WriteString(w, "at work: "+p.Login)
	})
	server := httptest.NewServer(h.gate)
	t.Cleanup(server.Close)
	return &porch{h, door, server}
}

// browser is one with cookies. It follows redirects.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (p *porch) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, p.server.URL, &http.Client{Jar: jar}}
}

type page struct {
	status int
	path   string // where the browser is
	body   string
	header http.Header
}

func (b *browser) answer(resp *http.Response, err error) page {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Request.URL.Path, string(body), resp.Header}
}

func (b *browser) get(path string) page {
	b.t.Helper()
	r, err := http.NewRequest("GET", b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	return b.answer(b.client.Do(r))
}

func (b *browser) post(path string, pairs ...string) page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.answer(b.client.PostForm(b.base+path, form))
}

func (b *browser) token() string {
	u, _ := url.Parse(b.base)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "rowan" {
			return c.Value
		}
	}
	return ""
}

var (
	secretOnPage = regexp.MustCompile(`Secret: <code class="mono">((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})</code>`)
	codeOnPage   = regexp.MustCompile(`<li><code class="mono">([a-z2-7-]{19})</code></li>`)
)

func (p *porch) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), p.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrolled takes somebody through their first log-in: the password, a new one,
// the authenticator.
func (p *porch) enrolled(t *testing.T, b *browser, login string) (secret string, recovery []string) {
	t.Helper()
	if got := b.post("/login", "login", login, "password", sentence); got.path != "/password" {
		t.Fatalf("after the first password: %d at %s", got.status, got.path)
	}
	got := b.post("/password", "old", sentence, "password", "another long sentence", "again", "another long sentence")
	m := secretOnPage.FindStringSubmatch(got.body)
	if got.path != "/totp" || m == nil || !strings.Contains(got.body, `src="data:image/png;base64,`) {
		t.Fatalf("after the new password: %d at %s\n%s", got.status, got.path, got.body)
	}
	if again := secretOnPage.FindStringSubmatch(b.get("/totp").body); again == nil || again[1] != m[1] {
		t.Fatal("the secret changes when the page is loaded again")
	}
	got = b.post("/totp", "code", p.code(t, m[1]))
	for _, code := range codeOnPage.FindAllStringSubmatch(got.body, -1) {
		recovery = append(recovery, code[1])
	}
	if got.status != http.StatusOK || len(recovery) != 10 {
		t.Fatalf("after the authenticator: %d with %d recovery codes\n%s", got.status, len(recovery), got.body)
	}
	p.now = p.now.Add(time.Minute)
	return m[1], recovery
}

func TestTheFirstLogInChangesThePasswordAndSetsUpAnAuthenticator(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	b := p.browser(t)
	if got := b.get("/work?q=1"); got.path != "/login" || !strings.Contains(got.body, `name="next" value="/work?q=1"`) {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
	secret, _ := p.enrolled(t, b, "mo")
	if got := b.get("/work"); got.body != "at work: mo" {
		t.Fatalf("%d at %s", got.status, got.path)
	}
	if got := b.post("/logout"); got.path != "/login" || !strings.Contains(got.body, "You are signed out") {
		t.Fatalf("%d at %s", got.status, got.path)
	}
	if got := b.get("/work"); got.path != "/login" {
		t.Fatalf("after signing out: %d at %s", got.status, got.path)
	}
	if got := b.post("/login", "login", " MO ", "password", "another long sentence", "next", "/work"); got.path != "/totp" {
		t.Fatalf("%d at %s", got.status, got.path)
	}
	if got := b.get("/work"); got.path != "/totp" {
		t.Fatalf("before the code: %d at %s", got.status, got.path)
	}
	if got := b.post("/totp", "code", p.code(t, secret), "next", "/work"); got.body != "at work: mo" {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
	entries, err := p.Audit(context.Background(), people.AuditFilter{})
	if err != nil || len(entries) < 8 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
}

var (
	nextOnPage = regexp.MustCompile(`name="next" value="([^"]*)"`)
	wayIn      = regexp.MustCompile(`<a class="button" href="([^"]*)"`)
)

// The page that somebody asked for, or the start where it lies elsewhere, opens
// after all the steps of a first log-in, whatever goes wrong on the way.
func TestTheFirstLogInEndsAtThePageThatWasAskedFor(t *testing.T) {
	for asked, want := range map[string]string{
		"/work?q=1&r=%2Fx": "/work?q=1&r=%2Fx", "": "/", "//elsewhere.example/work": "/", "https://elsewhere.example": "/", "/\\elsewhere.example": "/", "javascript:0": "/",
	} {
		t.Run(asked, func(t *testing.T) {
			p := newPorch(t, nil)
			p.add(t, "mo", people.Moderator)
			b := p.browser(t)
			got := b.get("/login?" + url.Values{"next": {asked}}.Encode())
			// fill answers the form of the page, as a browser does.
			fill := func(action string, pairs ...string) {
				t.Helper()
				m := nextOnPage.FindStringSubmatch(got.body)
				if m == nil || !strings.Contains(got.body, `action="`+action+`"`) {
					t.Fatalf("at %s there is no form for %s:\n%s", got.path, action, got.body)
				}
				got = b.post(action, append(pairs, "next", html.UnescapeString(m[1]))...)
			}
			fill("/login", "login", "mo", "password", "not the right sentence")
			fill("/login", "login", "mo", "password", sentence)
			fill("/password", "old", sentence, "password", "too short", "again", "too short")
			fill("/password", "old", sentence, "password", "another long sentence", "again", "another long sentence")
			fill("/totp", "code", "000000")
			secret := secretOnPage.FindStringSubmatch(got.body)
			if secret == nil {
				t.Fatalf("no secret after a wrong code:\n%s", got.body)
			}
			fill("/totp", "code", p.code(t, secret[1]))
			m := wayIn.FindStringSubmatch(got.body)
			if m == nil || html.UnescapeString(m[1]) != want {
				t.Fatalf("the recovery codes lead to %q, want %s", m, want)
			}
		})
	}
}

func TestEachStepOfALogInHasAnotherToken(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	b := p.browser(t)
	u, err := url.Parse(p.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "rowan", Value: "planted"}})
	b.post("/login", "login", "mo", "password", sentence)
	first := b.token()
	b.post("/password", "old", sentence, "password", "another long sentence", "again", "another long sentence")
	second := b.token()
	b.post("/totp", "code", p.code(t, secretOnPage.FindStringSubmatch(b.get("/totp").body)[1]))
	third := b.token()
	if first == "planted" || first == "" || second == first || third == second {
		t.Fatalf("tokens %q, %q, %q", first, second, third)
	}
	for _, old := range []string{"planted", first, second} {
		if got := p.ask("GET", "/work", old).Code; got != http.StatusUnauthorized {
			t.Errorf("an old token gives status %d", got)
		}
	}
	if got := p.ask("GET", "/work", third).Code; got != http.StatusOK {
		t.Errorf("the last token gives status %d", got)
	}
}

func TestAPasswordIsChangedOnlyWithThePresentOne(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	b, other := p.browser(t), p.browser(t)
	secret, _ := p.enrolled(t, b, "mo")
	other.post("/login", "login", "mo", "password", "another long sentence")
	other.post("/totp", "code", p.code(t, secret))
	if got := other.get("/work"); got.path != "/work" {
		t.Fatalf("%d at %s", got.status, got.path)
	}
	for _, c := range []struct{ old, password, again, says string }{
		{"another long sentence", "a third long sentence", "a third long sentense", "differ"},
		{"not the present one", "a third long sentence", "a third long sentence", "The present password is not right. Nothing was changed."},
		{"another long sentence", "too short", "too short", "at least 15 characters"},
		{"another long sentence", "another long sentence", "another long sentence", "is the present one"},
	} {
		got := b.post("/password", "old", c.old, "password", c.password, "again", c.again)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.says) || strings.Contains(got.body, c.password+`"`) {
			t.Errorf("%+v: %d\n%s", c, got.status, got.body)
		}
	}
	before := b.token()
	if got := b.post("/password", "old", "another long sentence", "password", "a third long sentence", "again", "a third long sentence", "next", "/work"); got.body != "at work: mo" {
		t.Errorf("%d at %s\n%s", got.status, got.path, got.body)
	}
	if got := p.ask("GET", "/work", before).Code; got != http.StatusUnauthorized {
		t.Errorf("the session from before: status %d", got)
	}
	if got := other.get("/work"); got.path != "/login" {
		t.Errorf("the session elsewhere: %d at %s", got.status, got.path)
	}
}

func TestSigningOutEverywhere(t *testing.T) {
	p := newPorch(t, nil)
	mo := p.add(t, "mo", people.Moderator)
	elsewhere := p.token(t, mo, people.Full)
	for _, everywhere := range []string{"", "1"} {
		b := p.browser(t)
		u, err := url.Parse(p.server.URL)
		if err != nil {
			t.Fatal(err)
		}
		b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "rowan", Value: p.token(t, mo, people.Full)}})
		if got := b.post("/logout", "everywhere", everywhere); got.path != "/login" || b.token() != "" {
			t.Errorf("%d at %s", got.status, got.path)
		}
		want := map[string]int{"": http.StatusOK, "1": http.StatusUnauthorized}[everywhere]
		if got := p.ask("GET", "/work", elsewhere).Code; got != want {
			t.Errorf("everywhere %q: the other session has status %d, want %d", everywhere, got, want)
		}
	}
}

func TestNoStepCanBeSkipped(t *testing.T) {
	p := newPorch(t, nil)
	mo := p.add(t, "mo", people.Moderator)
	for stage, at := range map[people.Stage]map[string]string{
		"":                 {"/totp": "/login", "/password": "/login", "/login": "/login"},
		people.NeedsTOTP:   {"/password": "/totp", "/login": "/totp"},
		people.NeedsChange: {"/totp": "/password", "/login": "/password"},
		people.NeedsEnrol:  {"/password": "/totp", "/login": "/totp"},
	} {
		for path, want := range at {
			for _, method := range []string{"GET", "POST"} {
				if method == "POST" && path == "/login" {
					continue
				}
				token := ""
				if stage != "" {
					token = p.token(t, mo, stage)
				}
				w := p.ask(method, path, token)
				to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
				if path == want && w.Code != http.StatusOK || path != want && (w.Code != http.StatusSeeOther || to != want) {
					t.Errorf("at %q, %s %s: %d to %q, want %s", stage, method, path, w.Code, to, want)
				}
			}
		}
	}
}

func TestALogInFromAnotherSiteIsRefused(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	r := httptest.NewRequest("POST", "http://127.0.0.1/login", strings.NewReader("login=mo&password=a+long+enough+sentence"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example")
	w := httptest.NewRecorder()
	p.gate.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
		t.Errorf("status %d", w.Code)
	}
	entries, err := p.Audit(t.Context(), people.AuditFilter{})
	if err != nil || len(entries) != 1 || entries[0].Route != "POST /login" || entries[0].Reason != "from another site" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestAFormThatIsTooLargeIsNoLogIn(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	if got := p.tryPassword("mo", "a+long+enough+sentence&x="+strings.Repeat("x", 1<<20), "192.0.2.1:80"); got.Code == http.StatusSeeOther {
		t.Errorf("status %d", got.Code)
	}
}

func FuzzNext(f *testing.F) {
	for _, seed := range []string{"/", "/work?q=1#x", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/%2f/elsewhere.example", "/\t/elsewhere.example", "javascript:0", ""} {
		f.Add(seed)
	}
	base, err := url.Parse("https://console.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := people.LocalPath(to)
		// Browsers drop tabs and line ends, and read a backslash as a slash.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(got)
		if u, err := base.Parse(seen); err == nil && (u.Host != "console.example" || u.Scheme != "https") {
			t.Errorf("%q leads to %s", to, u)
		}
	})
}
