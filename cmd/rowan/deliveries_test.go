package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rowan/casework"
	cases "rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/response"
)

// webhookSecret is made up for the tests.
const webhookSecret = "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk="

// restricted puts a case into a data directory that a person has decided.
func restricted(t *testing.T, data, account string) {
	t.Helper()
	store, err := cases.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Now().UTC().Add(-time.Hour).Truncate(time.Millisecond)
	opened, err := store.Take(t.Context(), casework.Taken{UpTo: 1, At: now, Alerts: []casework.Alert{storetest.Alert(account, "u-17", response.High)}})
	if err != nil {
		t.Fatal(err)
	}
	c := opened[0]
	j := &casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming, By: "p-ada", At: now}
	for _, e := range []casework.Event{
		{Kind: casework.ClaimTaken, By: "p-ada", At: now, Until: now.Add(casework.ClaimFor)}, {Kind: casework.DecisionMade, By: "p-ada", At: now, Judgement: j},
	} {
		if c, err = store.Append(t.Context(), c, e); err != nil {
			t.Fatal(err)
		}
	}
}

// hook sets a webhook for a data directory.
func hook(t *testing.T, data, address string) {
	t.Helper()
	secret := write(t, filepath.Join(data, "hook.secret"), webhookSecret+"\n")
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(data, "rowan.yaml"), fmt.Sprintf("webhooks:\n  - {name: chat, url: %q, secret_file: hook.secret, private: true}\n", address))
}

func TestServeDeliversWhatPeopleDecide(t *testing.T) {
	judge, err := standardwebhooks.NewWebhook(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan string, 10)
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || judge.Verify(body, r.Header) != nil {
			t.Errorf("%v, %v", err, r.Header)
		}
		came <- string(body)
	}))
	defer platform.Close()
	data := filepath.Join(t.TempDir(), "data")
	key := newKey(t, data)
	restricted(t, data, "u-40")
	hook(t, data, platform.URL+"/a-key")
	s := serveDir(t, data)
	body := <-came
	var message struct {
		Type string
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil || message.Type != "rowan.effect" || !strings.Contains(body, `"account":"u-40"`) {
		t.Errorf("%v in %s", err, body)
	}
	status, list := s.ask(t, "GET", "/v1/effects", key, "", "")
	if status != http.StatusOK || !strings.Contains(list, `"kind":"restrict_contact"`) || !strings.Contains(list, `"next":1`) {
		t.Errorf("%d %s", status, list)
	}
	status, appeal := s.ask(t, "POST", "/v1/appeals", key, "application/json", `{"account":"u-40","statement":"I coach the chess club."}`)
	if status != http.StatusOK || !strings.Contains(appeal, `"state":"pending"`) {
		t.Errorf("%d %s", status, appeal)
	}
	counted := func() bool { // once the answer was noted
		_, metrics := s.ask(t, "GET", "/metrics", "", "", "")
		return strings.Contains(metrics, `rowan_delivered_total{endpoint="chat"} 1`)
	}
	for end := time.Now().Add(10 * time.Second); !counted(); {
		if time.Now().After(end) {
			t.Fatal("the delivery is not counted")
		}
	}
	s.stop(t)
	again := serveDir(t, data)
	again.stop(t)
	if len(came) > 0 {
		t.Errorf("after another start it came again: %s", <-came)
	}
	if log := s.log.String() + again.log.String(); strings.Contains(log, "a-key") || strings.Contains(log, "u-40") || strings.Contains(log, "chess") {
		t.Errorf("the log says\n%s", log)
	}
}

func TestWebhookSettingsAreChecked(t *testing.T) {
	for _, test := range []struct{ settings, want string }{
		{`webhooks: [{url: "http://platform.example/a-key", secret_file: s}]`, "private networks only"},
		{`webhooks: [{url: "platform.example/a-key", secret_file: s}]`, "no address"},
		{`webhooks: [{url: "https://platform.example"}]`, "secret_file is missing"},
		{`webhooks: [{url: "https://platform.example/1", secret_file: s}, {url: "https://platform.example/2", secret_file: s}]`, "give one another name"},
		{`webhooks: [{url: "https://platform.example", secret_file: s, after: -1}]`, "from 0"},
		{"casework: {off: true}\nwebhooks: [{url: \"https://platform.example\", secret_file: s}]", "casework is off"},
	} {
		path := write(t, filepath.Join(t.TempDir(), "rowan.yaml"), test.settings+"\n")
		got := rowan(t, "", "check", path)
		if got.code != 1 || !strings.Contains(got.out+got.err, test.want) || !strings.Contains(got.out+got.err, "rowan.yaml:") || strings.Contains(got.out+got.err, "a-key") {
			t.Errorf("%s\n%+v", test.settings, got)
		}
	}
	data := filepath.Join(t.TempDir(), "data")
	newKey(t, data)
	write(t, filepath.Join(data, "rowan.yaml"), `webhooks: [{url: "https://platform.example", secret_file: open}]`)
	secret := write(t, filepath.Join(data, "open"), webhookSecret)
	for mode, want := range map[os.FileMode]string{0o644: "chmod 600", 0o600: ""} {
		if err := os.Chmod(secret, mode); err != nil {
			t.Fatal(err)
		}
		if want == "" {
			serveDir(t, data).stop(t)
		} else if got := rowan(t, "", "serve", "--data", data, "--addr", "127.0.0.1:0"); got.code != 1 || !strings.Contains(got.err, want) {
			t.Errorf("mode %o: %+v", mode, got)
		}
	}
}
