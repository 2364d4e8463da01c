package people_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"rowan/people"
)

// provider is an OpenID Connect provider that signs in anybody at once, and
// whose answers a test may spoil. The one that is certified is in
// oidc_provider_test.go.
type provider struct {
	*httptest.Server
	now    func() time.Time
	claims map[string]any
	info   map[string]any // at the user-info endpoint
	spoil  func(claims map[string]any)
	key    *ecdsa.PrivateKey // signs; the published one by default

	published *ecdsa.PrivateKey
	asked     url.Values // the last request for authorisation
	exchanges int
}

func newProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{now: now, key: key, published: key, claims: map[string]any{"sub": "s-1", "preferred_username": "mo@example.org", "name": "Mo", "groups": []string{"safety"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
			"userinfo_endpoint": p.URL + "/me", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.published.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, _ *http.Request) { p.json(w, p.info) })
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		p.asked = r.URL.Query()
		http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+url.Values{"code": {"c"}, "state": {p.asked.Get("state")}, "iss": {p.URL}}.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.exchanges++
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		if r.PostFormValue("code") != "c" || base64.RawURLEncoding.EncodeToString(sum[:]) != p.asked.Get("code_challenge") || id != "rowan" || secret != "s3cret" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims := map[string]any{"iss": p.URL, "aud": "rowan", "iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(), "nonce": p.asked.Get("nonce")}
		maps.Copy(claims, p.claims)
		if p.spoil != nil {
			p.spoil(claims)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Error(err)
			return
		}
		p.json(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token, "expires_in": 60})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// withProvider is a porch that one comes to through the provider. Its server is
// there before its address is known, as the address is in the configuration.
func withProvider(t *testing.T) (*porch, *provider) {
	t.Helper()
	h := newHouse(t, table)
	server := httptest.NewServer(h.gate)
	t.Cleanup(server.Close)
	idp := newProvider(t, func() time.Time { return h.now })
	known, err := people.NewProvider(people.OIDC{Name: "Example", Issuer: idp.URL, ClientID: "rowan", Secret: "s3cret", URL: server.URL + "/", Now: func() time.Time { return h.now },
		Roles: map[people.Role][]string{people.Moderator: {"safety", "safety-nights"}, people.Administrator: {"admins"}}}, table)
	if err != nil {
		t.Fatal(err)
	}
	door, err := people.NewDoor(people.DoorOptions{Gate: h.gate, Frame: people.Plain{}, Title: "Rowan casework", Provider: known})
	if err != nil {
		t.Fatal(err)
	}
	h.gate.Func("GET /work", "decide", func(w http.ResponseWriter, r *http.Request) {
		p, _ := people.From(r.Context())
		json.NewEncoder(w).Encode(p)
	})
	return &porch{h, door, server}, idp
}

func TestThroughTheProvider(t *testing.T) {
	p, idp := withProvider(t)
	b := p.browser(t)
	if got := b.get("/work"); !strings.Contains(got.body, `href="/oidc/start?next=%2fwork">Sign in with Example`) {
		t.Fatalf("%s", got.body)
	}
	got := b.get("/oidc/start?next=/work")
	var mo people.Person
	if err := json.Unmarshal([]byte(got.body), &mo); err != nil || got.path != "/work" {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
	if mo.Login != "mo@example.org" || mo.Name != "Mo" || mo.Issuer != idp.URL || !slices.Equal(mo.Roles, []people.Role{people.Moderator}) {
		t.Errorf("%+v", mo)
	}
	for name, want := range map[string]string{"response_type": "code", "scope": "openid profile email", "code_challenge_method": "S256", "client_id": "rowan", "redirect_uri": p.server.URL + "/oidc/callback"} {
		if idp.asked.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, idp.asked.Get(name), want)
		}
	}
	if len(idp.asked.Get("state")) < 22 || len(idp.asked.Get("nonce")) < 22 {
		t.Errorf("%v", idp.asked)
	}
	// The second log-in finds the same person, though the name changed, with what
	// the provider gives now. The session from before ends.
	idp.claims["preferred_username"], idp.claims["groups"] = "moira@example.org", []string{"admins", "safety-nights", "other"}
	again := p.browser(t)
	got = again.get("/oidc/start?next=/work")
	var moira people.Person
	if err := json.Unmarshal([]byte(got.body), &moira); err != nil || moira.ID != mo.ID || !slices.Equal(moira.Roles, []people.Role{people.Administrator, people.Moderator}) {
		t.Errorf("%+v, %v", moira, err)
	}
	if got := b.get("/work"); got.path != "/login" {
		t.Errorf("the session with the old roles: %d at %s", got.status, got.path)
	}
	for _, path := range []string{"/password", "/totp"} {
		if got := again.get(path); got.path != "/" {
			t.Errorf("%s for somebody without a password: %d at %s", path, got.status, got.path)
		}
	}
	if got := p.tryPassword("mo@example.org", "", "192.0.2.1:80"); got.Code != http.StatusUnauthorized {
		t.Errorf("by password: status %d", got.Code)
	}
	if _, err := p.Disable(t.Context(), mo.ID, true); err == nil {
		t.Fatal("the only administrator was disabled")
	}
	p.add(t, "admin", people.Administrator)
	if _, err := p.Disable(t.Context(), mo.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := p.browser(t).get("/oidc/start"); got.status != http.StatusForbidden || !strings.Contains(got.body, "disabled") {
		t.Errorf("a disabled person: %d at %s", got.status, got.path)
	}
}

func TestRolesComeFromTheUserInfoEndpointIfTheTokenHasNone(t *testing.T) {
	p, idp := withProvider(t)
	delete(idp.claims, "groups")
	idp.info = map[string]any{"sub": "s-1", "groups": "safety", "name": "Not this one"}
	if got := p.browser(t).get("/oidc/start?next=/work"); !strings.Contains(got.body, `"name":"Mo"`) {
		t.Errorf("%d at %s\n%s", got.status, got.path, got.body)
	}
	idp.info["sub"] = "s-2"
	if got := p.browser(t).get("/oidc/start"); got.status != http.StatusUnauthorized {
		t.Errorf("somebody else's groups: %d at %s", got.status, got.path)
	}
}

func TestSomebodyElsesLogInIsNotTakenOver(t *testing.T) {
	p, idp := withProvider(t)
	p.add(t, "mo@example.org", people.Administrator)
	first := p.browser(t).get("/oidc/start?next=/work")
	idp.claims["sub"] = "s-2"
	second := p.browser(t).get("/oidc/start?next=/work")
	var a, b people.Person
	if err := errors.Join(json.Unmarshal([]byte(first.body), &a), json.Unmarshal([]byte(second.body), &b)); err != nil {
		t.Fatal(err)
	}
	if a.ID == b.ID || a.Login == b.Login || !strings.HasPrefix(a.Login, "mo@example.org-") || !strings.HasPrefix(b.Login, "mo@example.org-") || a.Has(people.Administrator) {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestWhoHasNoRoleIsTold(t *testing.T) {
	p, idp := withProvider(t)
	idp.claims["groups"] = []string{"canteen"}
	got := p.browser(t).get("/oidc/start?next=/work")
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "have no role here") {
		t.Errorf("%d at %s", got.status, got.path)
	}
	if all, err := p.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%d people were made, %v", len(all), err)
	}
}

func TestWhatDoesNotHoldIsRefused(t *testing.T) {
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*provider, *porch){
		"another nonce":    func(i *provider, _ *porch) { i.spoil = func(c map[string]any) { c["nonce"] = "another" } },
		"no nonce":         func(i *provider, _ *porch) { i.spoil = func(c map[string]any) { delete(c, "nonce") } },
		"another issuer":   func(i *provider, _ *porch) { i.spoil = func(c map[string]any) { c["iss"] = "https://id.example" } },
		"another audience": func(i *provider, _ *porch) { i.spoil = func(c map[string]any) { c["aud"] = "canteen" } },
		"expired": func(i *provider, p *porch) {
			i.spoil = func(c map[string]any) { c["exp"] = p.now.Add(-time.Second).Unix() }
		},
		"another key":               func(i *provider, _ *porch) { i.key = stranger },
		"nobody":                    func(i *provider, _ *porch) { i.spoil = func(c map[string]any) { delete(c, "sub") } },
		"a provider that went away": func(i *provider, _ *porch) { i.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p, idp := withProvider(t)
			change(idp, p)
			b := p.browser(t)
			got := b.get("/oidc/start?next=/work")
			if got.status != http.StatusUnauthorized || !strings.Contains(got.body, "Begin again") || b.token() != "" {
				t.Errorf("%d at %s\n%s", got.status, got.path, got.body)
			}
			entries, err := p.Audit(t.Context(), people.AuditFilter{Failures: true})
			if err != nil || len(entries) != 1 {
				t.Errorf("%d refusals in the audit log, %v", len(entries), err)
			}
			if strings.Contains(p.log.String(), "mo@example.org") {
				t.Errorf("log: %s", p.log)
			}
		})
	}
}

// The way back works only in the browser that began, once, with its own state.
func TestTheWayBackIsBoundToTheBrowser(t *testing.T) {
	p, idp := withProvider(t)
	begin := func() (*browser, string) {
		b := p.browser(t)
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := b.get("/oidc/start?next=//elsewhere.example/")
		u, err := url.Parse(got.header.Get("Location"))
		if err != nil || got.status != http.StatusSeeOther {
			t.Fatalf("%d, %v", got.status, err)
		}
		idp.asked = u.Query()
		return b, u.Query().Get("state")
	}
	_, state := begin()
	other, _ := begin()
	for name, try := range map[string]struct {
		b     *browser
		query url.Values
	}{
		"another browser's state":   {other, url.Values{"code": {"c"}, "state": {state}}},
		"a browser that began none": {p.browser(t), url.Values{"code": {"c"}, "state": {state}}},
	} {
		if got := try.b.get("/oidc/callback?" + try.query.Encode()); got.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
	if idp.exchanges != 0 {
		t.Errorf("%d codes were exchanged", idp.exchanges)
	}
	for name, query := range map[string]url.Values{
		"no state":           {"code": {"c"}},
		"a refusal":          {"error": {"access_denied"}, "state": {state}},
		"another issuer":     {"code": {"c"}, "state": {state}, "iss": {"https://id.example"}},
		"a code of no use":   {"code": {"d"}, "state": {state}},
		"somebody's own try": {"state": {state}},
	} {
		b, own := begin()
		if query.Has("state") {
			query.Set("state", own)
		}
		if got := b.get("/oidc/callback?" + query.Encode()); got.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
	mine, state := begin()
	good := "/oidc/callback?" + url.Values{"code": {"c"}, "state": {state}}.Encode()
	if got := mine.get(good); got.status != http.StatusSeeOther || got.header.Get("Location") != "/" || mine.token() == "" {
		t.Errorf("the way back: %d to %q", got.status, got.header.Get("Location"))
	}
	if got := mine.get(good); got.status != http.StatusUnauthorized {
		t.Errorf("the way back again: status %d", got.status)
	}
}

func TestAConfigurationThatCannotHoldIsRefused(t *testing.T) {
	good := people.OIDC{Issuer: "https://id.example", ClientID: "rowan", URL: "https://console.example", Roles: map[people.Role][]string{people.Moderator: {"safety"}}}
	if _, err := people.NewProvider(good, table); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*people.OIDC){
		"no client":        func(o *people.OIDC) { o.ClientID = "" },
		"plain http":       func(o *people.OIDC) { o.Issuer = "http://id.example" },
		"no address":       func(o *people.OIDC) { o.URL = "" },
		"a query":          func(o *people.OIDC) { o.URL = "https://console.example/?x=1" },
		"no roles":         func(o *people.OIDC) { o.Roles = nil },
		"an unknown role":  func(o *people.OIDC) { o.Roles = map[people.Role][]string{"no_such_role": {"x"}} },
		"no group":         func(o *people.OIDC) { o.Roles = map[people.Role][]string{people.Moderator: {}} },
		"an empty group":   func(o *people.OIDC) { o.Roles = map[people.Role][]string{people.Moderator: {""}} },
		"a password in it": func(o *people.OIDC) { o.Issuer = "https://me:pw@id.example" },
	} {
		bad := good
		change(&bad)
		if _, err := people.NewProvider(bad, table); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzFlow(f *testing.F) {
	f.Add(people.NewFlow().String())
	f.Add("a.b.c.d")
	f.Fuzz(func(t *testing.T, cookie string) {
		flow, err := people.ParseFlow(cookie)
		if err != nil {
			return
		}
		if again, err := people.ParseFlow(flow.String()); err != nil || again != flow {
			t.Errorf("%q: %+v and %+v, %v", cookie, flow, again, err)
		}
		if people.LocalPath(flow.Next) != flow.Next {
			t.Errorf("%q leads to %q", cookie, flow.Next)
		}
	})
}
