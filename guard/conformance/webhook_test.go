package conformance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rowan/guard/conformance"
)

// secret is a made-up key for the tests.
const secret = "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk="

func now() time.Time { return time.Now().Truncate(time.Second) }

// receiver answers with some statuses in turn and keeps what it got.
type receiver struct {
	statuses []int
	heads    []http.Header
	bodies   [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(500)
		return
	}
	r.heads, r.bodies = append(r.heads, req.Header), append(r.bodies, body)
	status := 204
	if n := len(r.heads); n <= len(r.statuses) {
		status = r.statuses[n-1]
	}
	w.WriteHeader(status)
}

func drifted(t *testing.T) *conformance.Report {
	t.Helper()
	c := checker(t, scope("gb"), "2026-11-25", 10)
	before := run(t, c, []byte(`{"account":"somebody",`+fourteen+`,"settings":{"location":"off"}}`), nil)
	return run(t, c, []byte(`{"account":"somebody",`+fourteen+`,"settings":{"location":"everyone"}}`), before)
}

// hook returns a webhook whose waiting is only noted.
func hook(t *testing.T, url string, waits *[]time.Duration) *conformance.Webhook {
	t.Helper()
	w, err := conformance.NewWebhook(url, secret+"\n")
	if err != nil {
		t.Fatal(err)
	}
	w.Wait = func(_ context.Context, d time.Duration) error { *waits = append(*waits, d); return nil }
	return w
}

func TestAnAlertIsSignedAndTriedAgain(t *testing.T) {
	r := &receiver{statuses: []int{503, 429}}
	server := httptest.NewServer(r)
	defer server.Close()
	a, ok := drifted(t).Alert(now())
	if !ok {
		t.Fatal("no drift")
	}
	var waits []time.Duration
	if err := hook(t, server.URL, &waits).Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if len(r.heads) != 3 || !slices.Equal(waits, []time.Duration{time.Second, 2 * time.Second}) {
		t.Fatalf("%d tries, waits %v", len(r.heads), waits)
	}
	judge, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, head := range r.heads {
		if err := judge.Verify(r.bodies[i], head); err != nil {
			t.Errorf("try %d: %v", i, err)
		}
		if id := head.Get("webhook-id"); id == "" || id != r.heads[0].Get("webhook-id") {
			t.Errorf("try %d has the id %q", i, id)
		}
		if err := judge.Verify(append(r.bodies[i], ' '), head); err == nil {
			t.Error("a changed body passes")
		}
	}
	body := string(r.bodies[0])
	if strings.Contains(body, "somebody") || !strings.Contains(body, `"setting":"location"`) || !strings.Contains(body, `"id":"gb.f1-g"`) {
		t.Errorf("the alert says %s", body)
	}
	again, _ := drifted(t).Alert(now().Add(time.Hour))
	if again.ID() != a.ID() {
		t.Error("the same finding has another id an hour later")
	}
}

func TestAnAlertThatIsNotTaken(t *testing.T) {
	a, _ := drifted(t).Alert(now())
	for name, tc := range map[string]struct {
		statuses []int
		tries    int
		want     string
	}{
		"refused for good":  {[]int{401}, 1, "the receiver answered 401"},
		"gone":              {[]int{410}, 1, "410"},
		"sent elsewhere":    {[]int{302}, 1, "302"},
		"failing for ever":  {[]int{500, 500, 500, 500, 500, 500, 500}, 5, "given up after 5 tries: the receiver answered 500"},
		"failing, then not": {[]int{500, 500, 500, 500}, 5, ""},
	} {
		r := &receiver{statuses: tc.statuses}
		server := httptest.NewServer(r)
		var waits []time.Duration
		err := hook(t, server.URL, &waits).Send(t.Context(), a)
		server.Close()
		if len(r.heads) != tc.tries || (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %d tries, %v", name, len(r.heads), err)
		}
	}
	closed := httptest.NewServer(nil)
	address := closed.URL + "/a-key-in-the-path"
	closed.Close()
	var waits []time.Duration
	if err := hook(t, address, &waits).Send(t.Context(), a); err == nil || len(waits) != 4 || strings.Contains(err.Error(), "a-key") {
		t.Errorf("nobody there: %v after %v", err, waits)
	}
	w := hook(t, address, &waits)
	w.Wait = func(context.Context, time.Duration) error { return context.Canceled }
	if err := w.Send(t.Context(), a); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestWebhookSettings(t *testing.T) {
	for _, tc := range []struct{ url, secret string }{
		{"example.org", secret}, {"ftp://example.org", secret}, {"https://example.org", "c2VjcmV0"}, {"https://example.org", "whsec_?"},
	} {
		if _, err := conformance.NewWebhook(tc.url, tc.secret); err == nil {
			t.Errorf("%v was taken", tc)
		} else if strings.Contains(err.Error(), tc.secret) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestNoDriftIsNoAlert(t *testing.T) {
	r := run(t, checker(t, scope("gb"), "2026-11-25", 10), []byte(`{"account":"a",`+fourteen+`,"settings":{"location":"everyone"}}`), nil)
	if _, ok := r.Alert(now()); ok {
		t.Error("an alert without a report to compare with")
	}
}
