package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Alert is what a webhook tells of drift: counts, and no id of anybody.
type Alert struct {
	Type      string    `json:"type"` // rowan.conformance.drift
	Timestamp time.Time `json:"timestamp"`
	Data      AlertData `json:"data"`
}

// AlertData is the body of an alert.
type AlertData struct {
	Date          string         `json:"date"`
	Jurisdictions []string       `json:"jurisdictions"`
	Version       string         `json:"app_version,omitempty"`
	Previous      *Previous      `json:"previous"`
	Accounts      int64          `json:"accounts"`
	Drift         []Drift        `json:"drift"`
	Measures      []AlertMeasure `json:"measures"` // in force, with deviations
}

// AlertMeasure is a measure from which accounts deviate.
type AlertMeasure struct {
	ID         string           `json:"id"`
	Duty       string           `json:"duty"`
	Checked    int64            `json:"accounts_checked"`
	Deviating  int64            `json:"accounts_deviating"`
	Deviations map[string]int64 `json:"deviations"`
	Trend      string           `json:"trend,omitempty"`
}

// Alert is the alert about drift; false if there is none.
func (r *Report) Alert(now time.Time) (Alert, bool) {
	a := Alert{Type: "rowan.conformance.drift", Timestamp: now.UTC(), Data: AlertData{
		Date: r.Date, Jurisdictions: r.Jurisdictions, Version: r.Version, Previous: r.Previous, Accounts: r.Accounts, Drift: r.Drift,
		Measures: []AlertMeasure{},
	}}
	for _, m := range r.Measures {
		if m.Deviating > 0 {
			a.Data.Measures = append(a.Data.Measures, AlertMeasure{m.ID, m.Duty, m.Accounts, m.Deviating, m.Kinds, m.Trend})
		}
	}
	return a, len(r.Drift) > 0
}

// ID names the alert. It rests on what is told, not on when, so that a receiver
// that has seen it before can tell.
func (a *Alert) ID() string {
	body, err := json.Marshal(a.Data)
	if err != nil {
		panic(err) // of strings and numbers only
	}
	sum := sha256.Sum256(body)
	return "msg_" + hex.EncodeToString(sum[:16])
}

// Webhook sends alerts, signed as Standard Webhooks says.
type Webhook struct {
	URL    string
	Secret string // "whsec_" and base64
	Client *http.Client
	Now    func() time.Time
	// Wait waits before another try. It returns early with the context's error.
	Wait func(context.Context, time.Duration) error
}

// Of sending.
const (
	tries       = 5
	firstWait   = time.Second // doubled after each try
	sendTimeout = 10 * time.Second
)

// NewWebhook returns a webhook that sends to an address with a secret.
func NewWebhook(address, secret string) (*Webhook, error) {
	if err := checkURL(address); err != nil {
		return nil, err
	}
	secret = strings.TrimSpace(secret)
	if !strings.HasPrefix(secret, "whsec_") {
		return nil, errors.New("the secret of the webhook must be whsec_ and base64, as Standard Webhooks has it")
	}
	if _, err := standardwebhooks.NewWebhook(secret); err != nil {
		return nil, errors.New("the secret of the webhook is not base64 after whsec_")
	}
	return &Webhook{
		URL: address, Secret: secret, Now: time.Now, Wait: wait,
		Client: &http.Client{Timeout: sendTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the webhook is no address such as https://example.org/alerts")
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Send delivers an alert. It tries again after what may pass: no answer, 408,
// 425, 429 and 5xx; every try has the same id.
func (w *Webhook) Send(ctx context.Context, a Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	id, pause := a.ID(), firstWait
	var last error
	for try := range tries {
		if try > 0 {
			if err := w.Wait(ctx, pause); err != nil {
				return fmt.Errorf("webhook: %w, after %w", err, last)
			}
			pause *= 2
		}
		again, err := w.send(ctx, id, body)
		if err == nil {
			return nil
		}
		last = err
		if !again {
			return fmt.Errorf("webhook: %w", err)
		}
	}
	return fmt.Errorf("webhook: given up after %d tries: %w", tries, last)
}

func (w *Webhook) send(ctx context.Context, id string, body []byte) (again bool, err error) {
	now := w.Now()
	signer, err := standardwebhooks.NewWebhook(w.Secret)
	if err != nil {
		return false, errors.New("the secret is no base64")
	}
	signature, err := signer.Sign(id, now, body)
	if err != nil {
		return false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the address is not well formed")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "rowan")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := w.Client.Do(req)
	if err != nil {
		// The error of the client would name the address, which may hold a key.
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return ctx.Err() == nil, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	switch s := answer.StatusCode; {
	case s/100 == 2:
		return false, nil
	case s == 408, s == 425, s == 429, s/100 == 5:
		return true, fmt.Errorf("the receiver answered %d", s)
	default:
		return false, fmt.Errorf("the receiver answered %d", s)
	}
}
