package delivery_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"rowan/casework"
	caseskept "rowan/casework/sqlite"
	casestest "rowan/casework/storetest"
	"rowan/guard/response"
	"rowan/webhook"

	"rowan/casework/delivery"
	"rowan/casework/delivery/sqlite"
)

// The variables that make the test's program a Rowan that decides and delivers.
const (
	crashDir  = "ROWAN_TEST_CRASH_DIR"
	crashTo   = "ROWAN_TEST_CRASH_TO" // "" decides and does not deliver
	crashCase = 12
)

// TestHelperThatIsKilled is no test: it is what TestKilledBetweenDecisionAndDelivery
// kills.
func TestHelperThatIsKilled(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs for another test only")
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { // its end is the end of standard input, if it is not killed
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	store, err := caseskept.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if os.Getenv(crashTo) == "" {
		decideCases(ctx, t, store)
		fmt.Println("decided")
		<-ctx.Done()
		return
	}
	kept, err := sqlite.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	to, err := webhook.New(os.Getenv(crashTo), secret, webhook.Options{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	b, err := delivery.New(ctx, delivery.Options{
		Feed: delivery.NewFeed(store), Store: kept, Log: slog.New(slog.DiscardHandler),
		Endpoints: []delivery.Endpoint{{Name: place, Address: os.Getenv(crashTo), Sender: to}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Run(ctx)
}

// decideCases restricts the accounts of some cases, and takes back every third
// decision.
func decideCases(ctx context.Context, t *testing.T, store casework.Store) {
	t.Helper()
	for i := range crashCase {
		alert := casestest.Alert(fmt.Sprint("u-", i), "u-17", response.High)
		opened, err := store.Take(ctx, casework.Taken{UpTo: uint64(i + 1), At: casestest.Now, Alerts: []casework.Alert{alert}})
		if err != nil {
			t.Fatal(err)
		}
		c := opened[0]
		events := []casework.Event{
			{Kind: casework.ClaimTaken, By: "p-1", Until: casestest.Now.Add(casework.ClaimFor)},
			{Kind: casework.DecisionMade, By: "p-1", Judgement: &casework.Judgement{
				Measures: []casework.Measure{casework.RestrictContact, casework.Monitor}, Reason: casework.Grooming, By: "p-1", At: casestest.Now}},
			{Kind: casework.Undone, By: "p-1", Reason: "it was another account"},
		}
		if i%3 > 0 {
			events = events[:2]
		}
		for _, e := range events {
			e.At = casestest.Now
			if c, err = store.Append(ctx, c, e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// helper starts the helper.
func helper(t *testing.T, dir, to string) (*exec.Cmd, io.ReadCloser) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperThatIsKilled$")
	c.Env = append(os.Environ(), crashDir+"="+dir, crashTo+"="+to)
	if _, err := c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out
}

func TestKilledBetweenDecisionAndDelivery(t *testing.T) {
	dir := t.TempDir()
	c, out := helper(t, dir, "")
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "decided"; {
	}
	kill(t, c)

	var mu sync.Mutex
	var came []delivery.Effect
	distinct, killAt, expected := map[string]bool{}, 0, 0
	var reached chan struct{} // closed when it is time to kill
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m delivery.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Data.ID != r.Header.Get("webhook-id") {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		came = append(came, m.Data)
		distinct[m.Data.ID] = true
		if reached != nil && (len(came) == killAt || len(distinct) == expected) {
			close(reached)
			reached = nil
		}
	}))
	defer server.Close()

	store, err := caseskept.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := store.Effects(t.Context(), 0, 1000)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil || len(want) != 2*crashCase+2*crashCase/3 {
		t.Fatalf("%d effects were kept, %v", len(want), err)
	}
	// Killed after some messages, over and over, until all have come.
	kills := 0
	for {
		mu.Lock()
		missing, now := len(want)-len(distinct), make(chan struct{})
		killAt, expected, reached = len(came)+1+5*(kills%4), len(want), now
		mu.Unlock()
		if missing == 0 {
			break
		}
		c, _ := helper(t, dir, server.URL)
		select {
		case <-now:
		case <-t.Context().Done():
		}
		kill(t, c)
		if kills++; kills > 100 {
			t.Fatalf("%d have not come after %d starts", missing, kills)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	last := map[string]int64{}
	for _, e := range came {
		if e.Sequence < last[e.Account] {
			t.Errorf("an account got effect %d after %d", e.Sequence, last[e.Account])
		}
		last[e.Account] = e.Sequence
		if w := want[e.Sequence-1]; e.ID != w.ID || e.Kind != w.Kind || e.Account != w.Account {
			t.Errorf("%s came as %+v", w.ID, e)
		}
	}
	if kills < 4 {
		t.Errorf("it was killed %d times only", kills)
	}
	t.Logf("%d effects, %d messages, %d kills", len(want), len(came), kills)
}

func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("it ended by itself: %v", err)
	}
}
