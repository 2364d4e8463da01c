package cybertip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client speaks with the Reporting API. It follows no redirection, and keeps
// no text of an answer.
type Client struct {
	base        *url.URL
	credentials Credentials
	http        *http.Client
}

// NewClient makes a client. There is no address by default: NCMEC has one for
// tests and one for reports, with credentials of their own.
func NewClient(address string, c Credentials, transport http.RoundTripper) (*Client, error) {
	if address == "" {
		return nil, errors.New("the address of the Reporting API is not set; NCMEC gives it together with the credentials")
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of the Reporting API is none such as https://host/path")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, errors.New("the address of the Reporting API must begin with https")
	}
	if c == (Credentials{}) {
		return nil, errors.New("there are no credentials for the Reporting API")
	}
	return &Client{base: u, credentials: c, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Host is where the client sends.
func (c *Client) Host() string { return c.base.Host }

// Status checks address and credentials.
func (c *Client) Status(ctx context.Context) (Reply, error) {
	return c.call(ctx, "status", http.MethodGet, "", nil)
}

// Submit opens a report. The reply has its number.
func (c *Client) Submit(ctx context.Context, report []byte) (Reply, error) {
	return c.call(ctx, "submit", http.MethodPost, "text/xml; charset=utf-8", report)
}

// Upload adds a file to a report. The reply has its id and its MD5.
func (c *Client) Upload(ctx context.Context, report int64, name string, body []byte) (Reply, error) {
	form, kind, err := multi(report, name, body)
	if err != nil {
		return Reply{}, &CallError{Call: "upload", Err: err}
	}
	return c.call(ctx, "upload", http.MethodPost, kind, form)
}

// Describe says what a file is.
func (c *Client) Describe(ctx context.Context, details []byte) (Reply, error) {
	return c.call(ctx, "fileinfo", http.MethodPost, "text/xml; charset=utf-8", details)
}

// Finish hands a report in. It cannot be taken back.
func (c *Client) Finish(ctx context.Context, report int64) (Reply, error) {
	form, kind, err := multi(report, "", nil)
	if err != nil {
		return Reply{}, &CallError{Call: "finish", Err: err}
	}
	return c.call(ctx, "finish", http.MethodPost, kind, form)
}

// Retract withdraws a report that is not finished.
func (c *Client) Retract(ctx context.Context, report int64) (Reply, error) {
	form := url.Values{"id": {strconv.FormatInt(report, 10)}}.Encode()
	return c.call(ctx, "retract", http.MethodPost, "application/x-www-form-urlencoded", []byte(form))
}

func multi(report int64, name string, body []byte) (form []byte, kind string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("id", strconv.FormatInt(report, 10)); err != nil {
		return nil, "", err
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(body); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// call makes one call. Its error is a *CallError.
func (c *Client) call(ctx context.Context, call, method, kind string, body []byte) (Reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+"/"+call, bytes.NewReader(body))
	if err != nil {
		return Reply{}, &CallError{Call: call, Err: errors.New("the address is not well formed")}
	}
	req.SetBasicAuth(c.credentials.user, c.credentials.password)
	req.Header.Set("User-Agent", "rowan")
	req.Header.Set("Accept", "text/xml")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err // without the address
		}
		var op *net.OpError
		refused := errors.As(err, &op) && op.Op == "dial"
		return Reply{}, &CallError{Call: call, Unsure: !refused, Err: err}
	}
	defer answer.Body.Close()
	id := answer.Header.Get("Request-ID")
	reply, err := ParseReply(answer.Body)
	reply.RequestID = id
	switch {
	case err != nil:
		_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
		s := answer.StatusCode
		refused := s >= 300 && s < 500 && s != http.StatusRequestTimeout
		return reply, &CallError{Call: call, Status: s, Unsure: !refused, RequestID: id, Err: fmt.Errorf("HTTP status %d: %w", s, err)}
	case reply.Code != OK:
		return reply, &CallError{Call: call, Code: reply.Code, Status: answer.StatusCode, Fields: reply.Fields, RequestID: id}
	}
	return reply, nil
}
