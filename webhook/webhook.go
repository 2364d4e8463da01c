// Package webhook sends signed messages as Standard Webhooks says
// (standardwebhooks.com, version 1.0.0).
//
// An address may hold a key in its path or query, so no error holds any of it:
// whoever logs one adds the host.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Options of an endpoint. The zero value is the strict one.
type Options struct {
	// Private allows addresses of this machine and of private networks, plain
	// http, and a proxy that the environment names. Without it a connection is
	// made to public addresses only, whatever the name resolves to at that
	// moment, and over TLS.
	Private bool
	Timeout time.Duration // for one try; 10 s by default
}

// Endpoint is where messages are sent. It is safe for concurrent use.
type Endpoint struct {
	address string
	host    string
	signer  *standardwebhooks.Webhook
	client  *http.Client
}

// Message is what is sent. The ID is the same however often it is tried, so
// that a receiver that has seen it can tell.
type Message struct {
	ID   string
	Body []byte // JSON
}

var errNoAddress = errors.New("the webhook is no address such as https://example.org/alerts")

// CheckAddress says what is wrong with an address, without showing it.
func CheckAddress(address string, private bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errNoAddress
	case u.User != nil:
		return errors.New("the address of the webhook holds a name or password: messages are signed, so it needs none")
	case u.Scheme == "http" && !private:
		return errors.New("the webhook is not https: plain http is for private networks only")
	}
	return nil
}

// connections is how many may wait to be used again.
const connections = 32

// New returns an endpoint at an address, which signs with a secret: "whsec_"
// and base64. Space around the secret is ignored. Errors do not show it.
func New(address, secret string, o Options) (*Endpoint, error) {
	if err := CheckAddress(address, o.Private); err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errNoAddress
	}
	secret = strings.TrimSpace(secret)
	if !strings.HasPrefix(secret, "whsec_") {
		return nil, errors.New("the secret of the webhook must be whsec_ and base64, as Standard Webhooks has it")
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, errors.New("the secret of the webhook is not base64 after whsec_")
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	return &Endpoint{address: u.String(), host: u.Host, signer: signer, client: &http.Client{
		Timeout:       o.Timeout,
		Transport:     transport(o.Private),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func transport(private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableCompression: true,
		MaxIdleConnsPerHost: connections, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
	if private {
		t.Proxy = http.ProxyFromEnvironment
	} else {
		// The address that is dialled is looked at, not the name: a name may
		// resolve to something else each time.
		dialer.Control = publicOnly
	}
	return t
}

// Host is the host of the endpoint, with its port if the address names one:
// what logs may hold.
func (e *Endpoint) Host() string { return e.host }

// Close closes connections that wait to be used again.
func (e *Endpoint) Close() { e.client.CloseIdleConnections() }

// Failure is why a message was not taken.
type Failure struct {
	Status int    // of the answer; 0 if there was none
	Cause  string // a few words if there was no answer; no address in them
	// After is how long the receiver asks to be left alone, 0 if it does not.
	After time.Duration
}

func (f *Failure) Error() string {
	if f.Status != 0 {
		return "the receiver answered " + strconv.Itoa(f.Status)
	}
	return f.Cause
}

// Passing reports whether another try is likely to help: no answer, 408, 425,
// 429 and 5xx.
func (f *Failure) Passing() bool {
	switch f.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return f.Status/100 == 5
}

// Send tries once to deliver a message, signed for a moment. The error is a
// *Failure, or that of the context if it ended. What the receiver answers is
// not kept, and a redirection is not followed.
func (e *Endpoint) Send(ctx context.Context, m Message, at time.Time) error {
	signature, err := e.signer.Sign(m.ID, at, m.Body)
	if err != nil {
		return &Failure{Cause: "the message could not be signed"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, bytes.NewReader(m.Body))
	if err != nil {
		return &Failure{Cause: "the address is not well formed"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "rowan")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := e.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Failure{Cause: cause(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return &Failure{Status: answer.StatusCode, After: after(answer.Header, at)}
}

// cause names an error of the client without the address in it.
func cause(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, errNotPublic):
		return errNotPublic.Error()
	case isA[*net.DNSError](err):
		return "the name of the host is not known"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case isA[*tls.CertificateVerificationError](err):
		return "the certificate is not valid"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the receiver does not speak TLS"
	case isA[*net.OpError](err):
		return "no connection"
	}
	return "no whole answer"
}

func isA[T error](err error) bool { _, ok := errors.AsType[T](err); return ok }

// longest is the longest pause that a receiver may ask for.
const longest = time.Hour

// after reads Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
func after(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	d := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), longest)
}
