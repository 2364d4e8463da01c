package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rowan/webhook"
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
	Endpoint *webhook.Endpoint
	Now      func() time.Time
	// Wait waits before another try. It returns early with the context's error.
	Wait func(context.Context, time.Duration) error
}

// Of sending.
const (
	tries     = 5
	firstWait = time.Second // doubled after each try
)

// NewWebhook returns a webhook that sends to an address with a secret. Alerts
// hold counts only, so the address may be in the operator's own network.
func NewWebhook(address, secret string) (*Webhook, error) {
	endpoint, err := webhook.New(address, secret, webhook.Options{Private: true})
	if err != nil {
		return nil, err
	}
	return &Webhook{Endpoint: endpoint, Now: time.Now, Wait: wait}, nil
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

// Send delivers an alert. It tries again after what may pass; every try has the
// same id.
func (w *Webhook) Send(ctx context.Context, a Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	message, pause := webhook.Message{ID: a.ID(), Body: body}, firstWait
	var last error
	for try := range tries {
		if try > 0 {
			if err := w.Wait(ctx, pause); err != nil {
				return fmt.Errorf("webhook: %w, after %w", err, last)
			}
			pause *= 2
		}
		last = w.Endpoint.Send(ctx, message, w.Now())
		if last == nil {
			return nil
		}
		if failure, ok := errors.AsType[*webhook.Failure](last); !ok || !failure.Passing() {
			return fmt.Errorf("webhook: %w", last)
		}
	}
	return fmt.Errorf("webhook: given up after %d tries: %w", tries, last)
}
