package people_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rowan/people"
)

// The vectors of RFC 6238, appendix B, for SHA-1, without their first two
// digits: six are what apps show.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		for skew, want := range map[time.Duration]bool{0: true, 30 * time.Second: true, -30 * time.Second: true, 90 * time.Second: false, -90 * time.Second: false} {
			step, ok, err := people.CodeStep(secret, code, time.Unix(at, 0).Add(skew), 0)
			if err != nil || ok != want || ok && step != at/30 {
				t.Errorf("%s at %d%+v: %d %v %v", code, at, skew, step, ok, err)
			}
		}
		if _, ok, _ := people.CodeStep(secret, code, time.Unix(at, 0), at/30); ok {
			t.Errorf("%s was taken again", code)
		}
	}
	for _, code := range []string{"", "1", "12345", "1234567", "abcdef", "２８７０８２"} {
		if _, ok, err := people.CodeStep(secret, code, time.Unix(59, 0), 0); ok || err != nil {
			t.Errorf("%q: %v, %v", code, ok, err)
		}
	}
}

func TestThePictureIsOfTheAddress(t *testing.T) {
	e := people.NewEnrolment("Rowan casework", "mo@example.org", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Rowan casework:mo@example.org" {
		t.Fatalf("%s, %v", e.URL, err)
	}
	if q := u.Query(); q.Get("secret") != e.Secret || q.Get("issuer") != "Rowan casework" || q.Get("digits") != "6" || q.Get("period") != "30" || q.Get("algorithm") != "SHA1" {
		t.Errorf("%s", e.URL)
	}
	picture, err := e.QR()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(picture, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	if image, err := png.Decode(bytes.NewReader(raw)); err != nil || image.Bounds().Dx() != 240 {
		t.Errorf("%v", err)
	}
}

func TestACodeOpensOnce(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	secret, _ := p.enrolled(t, p.browser(t), "mo")
	code := p.code(t, secret)
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		b := p.browser(t)
		b.post("/login", "login", "mo", "password", "another long sentence")
		if got := b.post("/totp", "code", code[:3]+" "+code[3:], "next", "/work"); got.status != want {
			t.Errorf("use %d: status %d at %s", i+1, got.status, got.path)
		}
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	secret, _ := p.enrolled(t, p.browser(t), "mo")
	for i := range 6 {
		b := p.browser(t) // a new log-in does not begin the count again
		b.post("/login", "login", "mo", "password", "another long sentence")
		want := http.StatusUnauthorized
		if i == 5 {
			want = http.StatusTooManyRequests
		}
		if got := b.post("/totp", "code", "000000"); got.status != want {
			t.Errorf("guess %d: status %d", i+1, got.status)
		}
		if i == 5 {
			if got := b.post("/totp", "code", p.code(t, secret)); got.status != http.StatusTooManyRequests {
				t.Errorf("the right code: status %d", got.status)
			}
		}
	}
}

func TestARecoveryCodeOpensOnceAndANewAuthenticatorIsSetUp(t *testing.T) {
	p := newPorch(t, nil)
	mo := p.add(t, "mo", people.Moderator)
	_, recovery := p.enrolled(t, p.browser(t), "mo")
	for _, table := range []string{"recovery", "person"} {
		kept, err := p.Kept(t.Context(), table)
		if err != nil || len(kept) == 0 || strings.Contains(strings.Join(kept, " "), recovery[0]) || strings.Contains(strings.Join(kept, " "), strings.ReplaceAll(recovery[0], "-", "")) {
			t.Errorf("%s: %q, %v", table, kept, err)
		}
	}
	b := p.browser(t)
	b.post("/login", "login", "mo", "password", "another long sentence")
	got := b.post("/totp", "code", strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " ")))
	m := secretOnPage.FindStringSubmatch(got.body)
	if m == nil {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
	if at := b.get("/work"); at.path != "/totp" {
		t.Errorf("in without an authenticator: %d at %s", at.status, at.path)
	}
	p.now = p.now.Add(time.Minute)
	if got := b.post("/totp", "code", p.code(t, m[1])); got.status != http.StatusOK || len(codeOnPage.FindAllString(got.body, -1)) != 10 {
		t.Errorf("%d at %s", got.status, got.path)
	}
	p.now = p.now.Add(time.Minute)
	for _, old := range []string{recovery[3], recovery[4]} {
		b := p.browser(t)
		b.post("/login", "login", "mo", "password", "another long sentence")
		if got := b.post("/totp", "code", old); got.status != http.StatusUnauthorized {
			t.Errorf("an old recovery code: %d at %s", got.status, got.path)
		}
	}
	entries, err := p.Audit(t.Context(), people.AuditFilter{Person: mo.ID})
	if err != nil {
		t.Fatal(err)
	}
	recovered := 0
	for _, e := range entries {
		if e.Reason == "recovery code" {
			recovered++
		}
	}
	if recovered != 1 {
		t.Errorf("the audit log has %d log-ins by recovery code", recovered)
	}
}

func TestAnAuthenticatorIsReplacedWithTheOldOne(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	b := p.browser(t)
	secret, _ := p.enrolled(t, b, "mo")
	if got := b.get("/totp"); !strings.Contains(got.body, "Set up another") {
		t.Fatalf("%d at %s", got.status, got.path)
	}
	if got := b.post("/totp", "code", "000000"); got.status != http.StatusUnauthorized {
		t.Errorf("a wrong code: status %d", got.status)
	}
	got := b.post("/totp", "code", p.code(t, secret))
	if m := secretOnPage.FindStringSubmatch(got.body); m == nil || m[1] == secret {
		t.Fatalf("%d at %s\n%s", got.status, got.path, got.body)
	}
}

func TestARoleMayDoWithoutAnAuthenticator(t *testing.T) {
	p := newPorch(t, func(o *people.DoorOptions) { o.WithoutCode = []people.Role{people.Moderator} })
	p.add(t, "mo", people.Moderator)
	p.add(t, "both", people.Moderator, people.Administrator)
	for login, want := range map[string]string{"mo": "/work", "both": "/totp"} {
		b := p.browser(t)
		b.post("/login", "login", login, "password", sentence)
		if got := b.post("/password", "old", sentence, "password", "another long sentence", "again", "another long sentence", "next", "/work"); got.path != want {
			t.Errorf("%s: %d at %s", login, got.status, got.path)
		}
	}
}

func TestAResetTakesTheAuthenticatorAndEverySession(t *testing.T) {
	p := newPorch(t, nil)
	mo := p.add(t, "mo", people.Moderator)
	b := p.browser(t)
	_, recovery := p.enrolled(t, b, "mo")
	password, err := p.Reset(t.Context(), mo.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.get("/work"); got.path != "/login" {
		t.Errorf("%d at %s", got.status, got.path)
	}
	if got := b.post("/login", "login", "mo", "password", password); got.path != "/password" {
		t.Errorf("%d at %s", got.status, got.path)
	}
	if kept, err := p.Kept(t.Context(), "recovery"); err != nil || len(kept) > 0 {
		t.Errorf("%d values of %d recovery codes stay, %v", len(kept), len(recovery), err)
	}
}
