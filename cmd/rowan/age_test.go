package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// A provider of age assurance on this machine signs, and its key set lies beside
// the settings.
func TestServeTakesSignedAgesAndRefusesOthers(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	access := newKey(t, data)
	signer := func() (*ecdsa.PrivateKey, jose.Signer) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return key, s
	}
	key, good := signer()
	_, forged := signer()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(data, "keys.json"), string(set))
	write(t, filepath.Join(data, "rowan.yaml"), "age: {providers: [{name: example, issuer: https://age.example, audience: here, keys: keys.json}]}\n")
	s := serveDir(t, data)
	send := func(with jose.Signer, change map[string]any) (int, string) {
		t.Helper()
		claims := map[string]any{
			"iss": "https://age.example", "aud": "here", "sub": "kid", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
			"age_method": "verification", "age_over": 18,
		}
		for name, v := range change {
			claims[name] = v
		}
		token, err := jwt.Signed(with).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return s.ask(t, "POST", "/v1/accounts/kid/age", access, "application/json", fmt.Sprintf(`{"token":%q}`, token))
	}
	band := func() string {
		t.Helper()
		var sheet struct{ Band string }
		_, body := s.ask(t, "GET", "/v1/accounts/kid/settings", access, "", "")
		if err := json.Unmarshal([]byte(body), &sheet); err != nil {
			t.Fatal(err)
		}
		return sheet.Band
	}
	for reason, try := range map[string]struct {
		with   jose.Signer
		change map[string]any
	}{
		"bad_signature":  {forged, nil},
		"expired":        {good, map[string]any{"exp": time.Now().Add(-time.Hour).Unix(), "iat": time.Now().Add(-2 * time.Hour).Unix()}},
		"wrong_audience": {good, map[string]any{"aud": "elsewhere"}},
		"wrong_subject":  {good, map[string]any{"sub": "another"}},
	} {
		if status, body := send(try.with, try.change); status != http.StatusUnprocessableEntity || !strings.Contains(body, reason) {
			t.Errorf("%s: %d %s", reason, status, body)
		}
	}
	if b := band(); b != "unknown" {
		t.Errorf("after refused tokens the band is %s", b)
	}
	if status, body := send(good, nil); status != http.StatusOK || !strings.Contains(body, `"band":"18+"`) {
		t.Errorf("%d %s", status, body)
	}
	if b := band(); b != "18+" {
		t.Errorf("after a good token the band is %s", b)
	}
	s.stop(t)
	log := s.log.String()
	if !strings.Contains(log, "reason=bad_signature provider=example") || strings.Contains(log, "kid") || strings.Contains(log, "another") {
		t.Errorf("the log says\n%s", log)
	}
	write(t, filepath.Join(data, "rowan.yaml"), "age: {providers: [{name: example, issuer: https://age.example, audience: here, keys: keys.json, algorithms: [HS256]}]}\n")
	if got := rowan(t, "", "check", filepath.Join(data, "rowan.yaml")); got.code != failed || !strings.Contains(got.err, "rowan.yaml:1:") || !strings.Contains(got.err, "HS256") {
		t.Errorf("%+v", got)
	}
}
