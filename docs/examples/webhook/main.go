// The command receives what people decided in Rowan. WEBHOOK_ADDRESS is where it
// listens, WEBHOOK_SECRET the secret that Rowan signs with (whsec_...).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Message is the body of a webhook.
type Message struct {
	Type string `json:"type"` // rowan.effect
	Data Effect `json:"data"`
}

// Effect is the part of an effect that this receiver needs.
type Effect struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	Kind     string `json:"kind"`
	Reverses string `json:"reverses"`
}

// Receiver carries out each effect once.
type Receiver struct {
	signed *standardwebhooks.Webhook

	mu   sync.Mutex
	done map[string]bool // by id; keep it in your database
}

// ServeHTTP answers 2xx only after the effect was carried out: anything else,
// and Rowan sends it again. Of one account Rowan sends the next effect after
// that.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 64<<10))
	if err != nil {
		http.Error(w, "the body did not come whole", http.StatusBadRequest)
		return
	}
	// Verify also refuses what was signed more than five minutes ago.
	if err := r.signed.Verify(body, request.Header); err != nil {
		http.Error(w, "the signature is not right", http.StatusUnauthorized)
		return
	}
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		http.Error(w, "this is not a message of Rowan", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done[m.Data.ID] {
		fmt.Println(m.Data.Account, m.Data.Kind, m.Data.Reverses)
		r.done[m.Data.ID] = true
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	signed, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		return fmt.Errorf("WEBHOOK_SECRET: %w", err)
	}
	listener, err := net.Listen("tcp", os.Getenv("WEBHOOK_ADDRESS"))
	if err != nil {
		return fmt.Errorf("WEBHOOK_ADDRESS: %w", err)
	}
	fmt.Println("listening on", listener.Addr())
	return http.Serve(listener, &Receiver{signed: signed, done: map[string]bool{}})
}
