package attest_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"rowan/age/attest"
	"rowan/event"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// issuer is a provider of age assurance on this machine.
type issuer struct {
	mu     sync.Mutex
	keys   map[string]crypto.Signer
	order  []string
	body   []byte // in the place of the keys
	status int
	asked  int
	server *httptest.Server
}

func newIssuer(t testing.TB) *issuer {
	i := &issuer{keys: map[string]crypto.Signer{}, status: http.StatusOK}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked++
		w.WriteHeader(i.status)
		body := i.body
		if body == nil {
			body = i.set()
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(i.server.Close)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.add("ed", edwards)
	i.add("ec", curve)
	i.add("rsa", modulus)
	return i
}

func (i *issuer) add(id string, key crypto.Signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = key
	i.order = append(i.order, id)
}

func (i *issuer) set() []byte {
	var set jose.JSONWebKeySet
	for _, id := range i.order {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: i.keys[id].Public(), KeyID: id, Use: "sig"})
	}
	b, _ := json.Marshal(set)
	return b
}

type claims map[string]any

func good(change claims) claims {
	c := claims{
		"iss": "https://age.example", "aud": "chat.example", "sub": "u-1", "jti": "t1",
		"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
		"age_method": "estimation", "age_lower": 14, "age_upper": 16, "confidence": 0.9,
	}
	for name, v := range change {
		if v == nil {
			delete(c, name)
		} else {
			c[name] = v
		}
	}
	return c
}

func (i *issuer) token(t testing.TB, id string, algorithm jose.SignatureAlgorithm, c claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: i.keys[id], KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any(c)).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i *issuer) provider() attest.Provider {
	return attest.Provider{Name: "example", Issuer: "https://age.example", Audience: "chat.example", Keys: i.server.URL, ValidDays: 30}
}

func verifier(t testing.TB, p attest.Provider, log *bytes.Buffer) *attest.Verifier {
	t.Helper()
	o := attest.Options{Now: func() time.Time { return now }}
	if log != nil {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}
	v, err := attest.New([]attest.Provider{p}, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAGoodTokenTellsAnAge(t *testing.T) {
	i := newIssuer(t)
	v := verifier(t, i.provider(), nil)
	for _, sign := range []struct {
		id        string
		algorithm jose.SignatureAlgorithm
	}{{"ed", jose.EdDSA}, {"ec", jose.ES256}, {"rsa", jose.RS256}, {"rsa", jose.PS256}} {
		got, err := v.Attest(t.Context(), "u-1", i.token(t, sign.id, sign.algorithm, good(nil)))
		issued := now.Add(-time.Minute)
		want := event.Age{
			Known: true, Method: event.Estimation, Lower: 14, Upper: 16, Confidence: 0.9, Provider: "example", Attested: true,
			AssertedAt: issued.UnixMilli(), ExpiresAt: issued.AddDate(0, 0, 30).UnixMilli(),
		}
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", sign.algorithm, got, err, want)
		}
	}
	got, err := v.Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(claims{"age_method": "verification", "age_lower": nil, "age_upper": nil, "age_over": 18})))
	if err != nil || got.Lower != 18 || got.Upper != 150 || got.Method != event.Verification {
		t.Errorf("over 18: %+v, %v", got, err)
	}
	if i.asked != 1 {
		t.Errorf("the keys were asked for %d times, want once", i.asked)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	i := newIssuer(t)
	stranger := newIssuer(t)
	public, err := x509.MarshalPKIXPublicKey(i.keys["rsa"].Public())
	if err != nil {
		t.Fatal(err)
	}
	shared, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, nil)
	if err != nil {
		t.Fatal(err)
	}
	confused, err := jwt.Signed(shared).Claims(map[string]any(good(nil))).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	whole := i.token(t, "ec", jose.ES256, good(nil))
	parts := strings.Split(whole, ".")
	sign := func(change claims) string { return i.token(t, "ec", jose.ES256, good(change)) }
	for name, tc := range map[string]struct {
		token  string
		reason attest.Reason
	}{
		"nothing":                         {"", attest.Malformed},
		"no token":                        {"hello", attest.Malformed},
		"too long":                        {strings.Repeat("a", 20<<10), attest.Malformed},
		"no signature":                    {part(claims{"alg": "none"}) + "." + part(good(nil)) + ".", attest.Malformed},
		"a shared secret":                 {confused, attest.Malformed},
		"an algorithm that is not agreed": {i.token(t, "rsa", jose.RS512, good(nil)), attest.Malformed},
		"another's signature":             {stranger.token(t, "ec", jose.ES256, good(nil)), attest.BadSignature},
		"other claims under it":           {parts[0] + "." + part(good(claims{"age_lower": 30, "age_upper": 40})) + "." + parts[2], attest.BadSignature},
		"another issuer":                  {sign(claims{"iss": "https://other.example"}), attest.UnknownIssuer},
		"no issuer":                       {sign(claims{"iss": nil}), attest.UnknownIssuer},
		"another audience":                {sign(claims{"aud": "other.example"}), attest.WrongAudience},
		"no audience":                     {sign(claims{"aud": nil}), attest.WrongAudience},
		"another account":                 {sign(claims{"sub": "u-2"}), attest.WrongSubject},
		"no account":                      {sign(claims{"sub": nil}), attest.WrongSubject},
		"expired":                         {sign(claims{"exp": now.Add(-2 * time.Minute).Unix()}), attest.Expired},
		"issued long ago":                 {sign(claims{"iat": now.Add(-2 * time.Hour).Unix()}), attest.Expired},
		"without an end":                  {sign(claims{"exp": nil}), attest.Malformed},
		"without a beginning":             {sign(claims{"iat": nil}), attest.Malformed},
		"not valid yet":                   {sign(claims{"nbf": now.Add(time.Hour).Unix()}), attest.NotYetValid},
		"issued in the future":            {sign(claims{"iat": now.Add(time.Hour).Unix()}), attest.NotYetValid},
		"no method":                       {sign(claims{"age_method": nil}), attest.NoAge},
		"a declaration":                   {sign(claims{"age_method": "self_declared"}), attest.NoAge},
		"no bounds":                       {sign(claims{"age_lower": nil, "age_upper": nil}), attest.NoAge},
		"bounds that cross":               {sign(claims{"age_lower": 16, "age_upper": 14}), attest.NoAge},
		"half years":                      {sign(claims{"age_lower": 13.5}), attest.NoAge},
		"an age in words":                 {sign(claims{"age_lower": "14"}), attest.NoAge},
		"a confidence over 1":             {sign(claims{"confidence": 90}), attest.NoAge},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			got, err := verifier(t, i.provider(), &log).Attest(t.Context(), "u-1", tc.token)
			refused := (*attest.Error)(nil)
			if !errors.As(err, &refused) || refused.Reason != tc.reason || got != (event.Age{}) {
				t.Fatalf("%+v, %v; want %s", got, err, tc.reason)
			}
			if !strings.Contains(log.String(), "reason="+string(tc.reason)) {
				t.Errorf("the log says %q", log.String())
			}
			for _, secret := range []string{"u-1", "u-2", parts[2], "other.example"} {
				if strings.Contains(log.String()+err.Error(), secret) {
					t.Errorf("%q is named in %q or %q", secret, err, log.String())
				}
			}
		})
	}
}

func TestANewKeyIsFetchedOnceInAWhile(t *testing.T) {
	i := newIssuer(t)
	at := now
	v, err := attest.New([]attest.Provider{i.provider()}, attest.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(id string) error {
		_, err := v.Attest(t.Context(), "u-1", i.token(t, id, jose.EdDSA, good(nil)))
		return err
	}
	if err := ask("ed"); err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.add("new", key)
	if err := ask("new"); err == nil {
		t.Error("a key that nobody fetched is known")
	}
	at = at.Add(2 * time.Minute)
	if err := ask("new"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	for range 5 {
		_, _ = v.Attest(t.Context(), "u-1", newIssuer(t).token(t, "ed", jose.EdDSA, good(claims{"iss": "https://age.example"})))
	}
	if i.asked != 2 {
		t.Errorf("the keys were asked for %d times, want 2", i.asked)
	}
}

func TestKeysThatCannotBeRead(t *testing.T) {
	for name, change := range map[string]func(*issuer){
		"an error of the server":   func(i *issuer) { i.status = http.StatusInternalServerError },
		"no key set":               func(i *issuer) { i.body = []byte("hello") },
		"no keys":                  func(i *issuer) { i.body = []byte(`{"keys":[]}`) },
		"a shared secret as a key": func(i *issuer) { i.body = []byte(`{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"ec"}]}`) },
		"too many bytes":           func(i *issuer) { i.body = bytes.Repeat([]byte(" "), 300<<10) },
		"nobody answers":           func(i *issuer) { i.server.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			change(i)
			_, err := verifier(t, i.provider(), nil).Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(nil)))
			refused := (*attest.Error)(nil)
			if !errors.As(err, &refused) || refused.Reason != attest.KeysUnavailable {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestKeysFromAFile(t *testing.T) {
	i := newIssuer(t)
	p := i.provider()
	p.Keys = filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(p.Keys, i.set(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t, p, nil).Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(nil))); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	i := newIssuer(t)
	v := verifier(t, i.provider(), nil)
	token := i.token(t, "ec", jose.ES256, good(nil))
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := v.Attest(context.Background(), "u-1", token); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestSettingsOfProviders(t *testing.T) {
	good := attest.Provider{Name: "n", Issuer: "i", Audience: "a", Keys: "keys.json"}
	for want, change := range map[string]func(*attest.Provider){
		"needs name":               func(p *attest.Provider) { p.Name = "" },
		"needs issuer":             func(p *attest.Provider) { p.Issuer = "" },
		"needs audience":           func(p *attest.Provider) { p.Audience = "" },
		"needs keys":               func(p *attest.Provider) { p.Keys = "" },
		`"HS256"`:                  func(p *attest.Provider) { p.Algorithms = []string{"HS256"} },
		`"none"`:                   func(p *attest.Provider) { p.Algorithms = []string{"none"} },
		"must be a file or an htt": func(p *attest.Provider) { p.Keys = "http://keys.example/jwks" },
		"must not be negative":     func(p *attest.Provider) { p.ValidDays = -1 },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := attest.New([]attest.Provider{good, good}, attest.Options{}); err == nil {
		t.Error("two providers share an issuer")
	}
	local := good
	local.Keys = "http://127.0.0.1:9/jwks"
	if err := local.Check(); err != nil {
		t.Error(err)
	}
}

func FuzzToken(f *testing.F) {
	i := newIssuer(f)
	v := verifier(f, i.provider(), nil)
	f.Add(i.token(f, "ec", jose.ES256, good(nil)))
	f.Add(i.token(f, "ed", jose.EdDSA, good(claims{"age_lower": -1})))
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Attest(t.Context(), "u-1", token)
		refused := (*attest.Error)(nil)
		if err != nil {
			if !errors.As(err, &refused) || details(refused) || got != (event.Age{}) {
				t.Fatalf("%+v, %v", got, err)
			}
			return
		}
		if !got.Attested || got.Lower > got.Upper || got.Method == event.MethodUnknown {
			t.Fatalf("%+v", got)
		}
	})
}

// details reports whether a refusal says too little.
func details(e *attest.Error) bool { return e.Reason == "" || !strings.Contains(e.Error(), ": ") }
