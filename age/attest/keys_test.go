package attest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"rowan/age/attest"
	"rowan/event"
)

// clock is a verifier's time, which a test moves.
func clock(t testing.TB, p attest.Provider, log *bytes.Buffer) (*attest.Verifier, *time.Time) {
	t.Helper()
	at := now
	o := attest.Options{Now: func() time.Time { return at }}
	if log != nil {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}
	v, err := attest.New([]attest.Provider{p}, o)
	if err != nil {
		t.Fatal(err)
	}
	return v, &at
}

// at is a good token of a moment.
func (i *issuer) at(t testing.TB, id string, moment time.Time) string {
	return i.token(t, id, jose.EdDSA, good(claims{"iat": moment.Unix(), "exp": moment.Add(time.Hour).Unix()}))
}

// reason is why a token was refused, "" if it was not.
func reason(t testing.TB, err error) attest.Reason {
	t.Helper()
	refused := (*attest.Error)(nil)
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("%v is no refusal", err)
	}
	if refused == nil {
		return ""
	}
	return refused.Reason
}

func TestAKeyThatWasWithdrawnIsNotTrustedForEver(t *testing.T) {
	i := newIssuer(t)
	v, at := clock(t, i.provider(), nil)
	if _, err := v.Attest(t.Context(), "u-1", i.at(t, "ed", *at)); err != nil {
		t.Fatal(err)
	}
	stolen := i.keys["ed"]
	i.mu.Lock()
	delete(i.keys, "ed")
	i.order = []string{"ec", "rsa"}
	i.mu.Unlock()
	*at = at.Add(time.Hour)
	i.keys["ed"] = stolen
	token := i.at(t, "ed", *at)
	delete(i.keys, "ed")
	_, err := v.Attest(t.Context(), "u-1", token)
	if got := reason(t, err); got != attest.BadSignature {
		t.Errorf("after an hour: %q", got)
	}
}

func TestKeysServeForADayWhileTheProviderIsDown(t *testing.T) {
	i := newIssuer(t)
	var log bytes.Buffer
	v, at := clock(t, i.provider(), &log)
	if _, err := v.Attest(t.Context(), "u-1", i.at(t, "ed", *at)); err != nil {
		t.Fatal(err)
	}
	i.status = http.StatusInternalServerError
	for _, step := range []struct {
		after time.Duration
		want  attest.Reason
	}{{2 * time.Hour, ""}, {21 * time.Hour, ""}, {2 * time.Hour, attest.KeysUnavailable}} {
		*at = at.Add(step.after)
		_, err := v.Attest(t.Context(), "u-1", i.at(t, "ed", *at))
		if got := reason(t, err); got != step.want {
			t.Errorf("%s after the start: %q, want %q", at.Sub(now), got, step.want)
		}
	}
	if n := strings.Count(log.String(), "cannot be read"); n != 3 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	i.status = http.StatusOK
	*at = at.Add(time.Minute)
	if _, err := v.Attest(t.Context(), "u-1", i.at(t, "ed", *at)); err != nil {
		t.Errorf("when it is there again: %v", err)
	}
}

func TestNobodyWaitsForAKeyThatIsNotTheirs(t *testing.T) {
	i := newIssuer(t)
	set := i.set()
	arrived, answer := make(chan struct{}, 8), make(chan struct{})
	first := true
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !first {
			arrived <- struct{}{}
			<-answer
		}
		first = false
		_, _ = w.Write(set)
	}))
	t.Cleanup(slow.Close)
	p := i.provider()
	p.Keys = slow.URL
	v, at := clock(t, p, nil)
	known := i.at(t, "ed", now)
	if _, err := v.Attest(t.Context(), "u-1", known); err != nil {
		t.Fatal(err)
	}
	*at = at.Add(2 * time.Minute)
	stranger := newIssuer(t)
	stranger.add("strange", stranger.keys["ed"])
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := v.Attest(ctx, "u-1", stranger.at(t, "strange", now))
		gone <- err
	}()
	<-arrived
	if _, err := v.Attest(t.Context(), "u-1", known); err != nil {
		t.Errorf("while keys are read: %v", err)
	}
	leave()
	if got := reason(t, <-gone); got != attest.KeysUnavailable {
		t.Errorf("who went away was told %q", got)
	}
	close(answer)
	// The reading that was begun is not lost with the one who began it.
	_, err := v.Attest(t.Context(), "u-1", stranger.at(t, "strange", now))
	if got := reason(t, err); got != attest.BadSignature {
		t.Errorf("the next one was told %q", got)
	}
	if len(arrived) != 0 {
		t.Error("the keys were asked for once more")
	}
}

func TestNoRedirectToAnOpenAddress(t *testing.T) {
	i := newIssuer(t)
	elsewhere := httptest.NewServer(http.RedirectHandler("http://keys.invalid/jwks", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	here := httptest.NewServer(http.RedirectHandler(i.server.URL, http.StatusFound))
	t.Cleanup(here.Close)
	circle := httptest.NewServer(http.RedirectHandler("/", http.StatusFound))
	t.Cleanup(circle.Close)
	for address, want := range map[string]string{elsewhere.URL: "without https", here.URL: "", circle.URL: "too often"} {
		p := i.provider()
		p.Keys = address
		var log bytes.Buffer
		v, _ := clock(t, p, &log)
		_, err := v.Attest(t.Context(), "u-1", i.at(t, "ed", now))
		if (err == nil) != (want == "") || !strings.Contains(log.String(), want) {
			t.Errorf("%v, want %q in %s", err, want, log.String())
		}
	}
}

func TestAWeakKeyIsNoKey(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	i := newIssuer(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	i.add("weak", weak)
	_, err = verifier(t, i.provider(), nil).Attest(t.Context(), "u-1", i.token(t, "weak", jose.RS256, good(nil)))
	if got := reason(t, err); got != attest.BadSignature {
		t.Errorf("%q", got)
	}
}

func TestANullClaimIsNone(t *testing.T) {
	i := newIssuer(t)
	v := verifier(t, i.provider(), nil)
	null := (*int)(nil)
	got, err := v.Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(claims{"age_lower": 18, "age_upper": null, "age_over": null, "confidence": null})))
	if err != nil || got.Lower != 18 || got.Upper != 150 || got.Confidence != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = v.Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(claims{"age_lower": null, "age_upper": null})))
	if got := reason(t, err); got != attest.NoAge {
		t.Errorf("nothing but null: %q", got)
	}
}

func TestAProviderSaysHowItsTokensRead(t *testing.T) {
	i := newIssuer(t)
	p := i.provider()
	p.Subject, p.LeewaySeconds, p.MaxMinutes, p.ValidDays = "account", 5, 10, 0
	p.Claims = attest.Claims{Method: "how", Lower: "from", Upper: "to", Over: "least", Confidence: "sure"}
	v := verifier(t, p, nil)
	other := claims{
		"sub": nil, "account": "u-1", "age_method": nil, "age_lower": nil, "age_upper": nil, "confidence": nil,
		"how": "verification", "from": 16, "to": 17, "sure": 1, "iat": now.Add(-10 * time.Minute).Unix(),
	}
	with := func(name string, v any) claims {
		c := claims{}
		for n, v := range other {
			c[n] = v
		}
		c[name] = v
		return good(c)
	}
	got, err := v.Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, good(other)))
	want := event.Age{
		Known: true, Method: event.Verification, Lower: 16, Upper: 17, Confidence: 1, Provider: "example", Attested: true,
		AssertedAt: now.Add(-10 * time.Minute).UnixMilli(),
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for name, tc := range map[string]struct {
		claims claims
		want   attest.Reason
	}{
		"another account":           {with("account", "u-2"), attest.WrongSubject},
		"the usual names":           {good(claims{"account": "u-1"}), attest.NoAge},
		"within the leeway":         {with("exp", now.Add(-5*time.Second).Unix()), ""},
		"beyond it":                 {with("exp", now.Add(-6*time.Second).Unix()), attest.Expired},
		"as old as tokens may be":   {with("iat", now.Add(-10*time.Minute-5*time.Second).Unix()), ""},
		"a second older than that":  {with("iat", now.Add(-10*time.Minute-6*time.Second).Unix()), attest.Expired},
		"a moment before it begins": {with("nbf", now.Add(6*time.Second).Unix()), attest.NotYetValid},
	} {
		_, err := v.Attest(t.Context(), "u-1", i.token(t, "ec", jose.ES256, tc.claims))
		if got := reason(t, err); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestMoreSettingsOfProviders(t *testing.T) {
	good := attest.Provider{Name: "n", Issuer: "i", Audience: "a", Keys: "keys.json"}
	for want, change := range map[string]func(*attest.Provider){
		"max_minutes":                func(p *attest.Provider) { p.MaxMinutes = -1 },
		"nor more than 44640":        func(p *attest.Provider) { p.MaxMinutes = 1 << 40 },
		"leeway_seconds":             func(p *attest.Provider) { p.LeewaySeconds = 301 },
		"valid_days":                 func(p *attest.Provider) { p.ValidDays = 36501 },
		"a file or an https address": func(p *attest.Provider) { p.Keys = "file:///keys.json" },
		"must be a file or":          func(p *attest.Provider) { p.Keys = "https://" },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, keys := range []string{"https://age.example/jwks", "http://localhost:1/jwks", "http://[::1]:1/jwks", "/etc/keys.json"} {
		p := good
		p.Keys = keys
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
}
