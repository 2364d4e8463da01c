package webhook_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rowan/webhook"
)

// secret is a made-up key for the tests.
const secret = "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk="

var private = webhook.Options{Private: true, Timeout: 5 * time.Second}

func endpoint(t *testing.T, address string, o webhook.Options) *webhook.Endpoint {
	t.Helper()
	e, err := webhook.New(address, secret, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func send(t *testing.T, e *webhook.Endpoint) error {
	t.Helper()
	return e.Send(t.Context(), webhook.Message{ID: "e-1", Body: []byte(`{"a":1}`)}, time.Now())
}

func TestAMessageIsSigned(t *testing.T) {
	judge, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen++
		body, err := io.ReadAll(r.Body)
		if err != nil || judge.Verify(body, r.Header) != nil || r.Header.Get("webhook-id") != "e-1" || r.Method != "POST" {
			t.Errorf("%s %v: %s", r.Method, r.Header, body)
		}
		if judge.Verify(append(body, ' '), r.Header) == nil {
			t.Error("a changed body passes")
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	if err := send(t, endpoint(t, server.URL, private)); err != nil || seen != 1 {
		t.Fatalf("%v after %d requests", err, seen)
	}
}

func TestAnAnswerSaysWhetherToTryAgain(t *testing.T) {
	for _, test := range []struct {
		status  int
		retry   string
		after   time.Duration
		passing bool
	}{
		{400, "", 0, false}, {401, "", 0, false}, {410, "", 0, false}, {301, "", 0, false}, {307, "", 0, false},
		{408, "", 0, true}, {425, "", 0, true}, {500, "", 0, true},
		{429, "30", 30 * time.Second, true}, {503, "864000", time.Hour, true}, {503, "-5", 0, true}, {503, "soon", 0, true},
	} {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", other.URL)
			if test.retry != "" {
				w.Header().Set("Retry-After", test.retry)
			}
			w.WriteHeader(test.status)
		}))
		err := send(t, endpoint(t, server.URL+"/path", private))
		f, ok := errors.AsType[*webhook.Failure](err)
		if !ok || f.Status != test.status || f.Passing() != test.passing || f.After != test.after {
			t.Errorf("%d %q: %#v", test.status, test.retry, err)
		}
		if elsewhere.Load() > 0 {
			t.Errorf("%d was followed", test.status)
		}
		server.Close()
		other.Close()
	}
}

// Nothing of an address but what is in Host leaves the package.
func TestErrorsHoldNoAddress(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tested := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-tested }))
	defer slow.Close()
	defer close(tested)
	untrusted := httptest.NewTLSServer(nil)
	defer untrusted.Close()
	plain := httptest.NewServer(nil)
	defer plain.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	for address, want := range map[string]string{
		closed.URL: "no connection", slow.URL: "no answer in time", untrusted.URL: "the certificate is not valid",
		strings.Replace(plain.URL, "http:", "https:", 1): "the receiver does not speak TLS", broken.URL: "no whole answer",
	} {
		e := endpoint(t, address+"/a-key?token=a-key", webhook.Options{Private: true, Timeout: 300 * time.Millisecond})
		err := send(t, e)
		f, ok := errors.AsType[*webhook.Failure](err)
		if !ok || err.Error() != want || !f.Passing() {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
		if strings.Contains(e.Host(), "a-key") {
			t.Errorf("the host is %s", e.Host())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := endpoint(t, slow.URL, private).Send(ctx, webhook.Message{ID: "e"}, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The strict endpoint refuses at the moment of the connection, whatever the
// name was: nothing reaches the receiver.
func TestAStrictEndpointReachesNoPrivateNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	reached := make(chan struct{})
	go func() {
		if c, err := listener.Accept(); err == nil {
			c.Close()
			close(reached)
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	t.Setenv("HTTPS_PROXY", "http://"+listener.Addr().String()) // a proxy must not be a way around it
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		err := send(t, endpoint(t, "https://"+host+":"+port+"/", webhook.Options{Timeout: 5 * time.Second}))
		if err == nil || !strings.Contains(err.Error(), "private network") {
			t.Errorf("%s: %v", host, err)
		}
	}
	select {
	case <-reached:
		t.Error("a connection was made")
	default:
	}
}

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "127.9.9.9": false, "0.0.0.0": false,
		"100.64.0.1": false, "198.18.0.1": false, "192.0.2.7": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "ff02::1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::a00:1": false, "2002:a00:1::1": false, "::127.0.0.1": false, "2001:db8::1": false, "fec0::1": false,
	} {
		if got := webhook.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		url, secret, want string
		private           bool
	}{
		{"example.org", secret, "no address", true}, {"ftp://example.org", secret, "no address", true}, {"https://:443/x", secret, "no address", true},
		{"http://example.org", secret, "private networks only", false}, {"https://me:word@example.org", secret, "needs none", false},
		{"https://example.org", "c2VjcmV0", "whsec_", false}, {"https://example.org", "whsec_?", "base64", false},
	} {
		_, err := webhook.New(test.url, test.secret, webhook.Options{Private: test.private})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), test.secret) || strings.Contains(err.Error(), "word@") {
			t.Errorf("%v: %v", test, err)
		}
	}
}
