// The command asks Rowan about one message and does what it answers. With the
// argument "connected" it first tells Rowan that the two were friends before.
// ROWAN_URL is where Rowan listens, ROWAN_KEY the key that "rowan keys create"
// printed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Message is the data of a rowan.message.sent event.
type Message struct {
	Conversation string   `json:"conversation"`
	From         string   `json:"from"`
	To           []string `json:"to"`
	Channel      string   `json:"channel"`
	Text         string   `json:"text,omitempty"`
}

// Connection is the data of a rowan.connection.accepted event.
type Connection struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Existing bool   `json:"existing"` // they were connected before Rowan was told
}

// Event is a CloudEvent. Source and ID are the idempotency key: send the same
// ones again after a timeout, and the answer is the same decision.
type Event struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Time        string `json:"time"`
	Data        any    `json:"data"`
}

// Decision is the part of the answer that a sender of messages needs.
type Decision struct {
	ID      string   `json:"id"`
	Action  string   `json:"action"`
	Level   string   `json:"level"`
	Notices []Notice `json:"notices"`
	// Gate is there if the settings of the two accounts had something to say.
	Gate *struct {
		Reason  string   `json:"reason"`
		Notices []Notice `json:"notices"`
	} `json:"gate"`
}

// Notice is what to tell whom.
type Notice struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

func ask(ctx context.Context, url, key string, e Event) (Decision, error) {
	var d Decision
	body, err := json.Marshal(e)
	if err != nil {
		return d, fmt.Errorf("write the event: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return d, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/cloudevents+json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return d, fmt.Errorf("ask Rowan: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return d, fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		var problem struct{ Detail, Field string }
		if err := json.Unmarshal(text, &problem); err != nil {
			return d, fmt.Errorf("the answer was %s", answer.Status)
		}
		return d, fmt.Errorf("the event was refused: %s %s", problem.Field, problem.Detail)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("read the decision: %w", err)
	}
	return d, nil
}

func main() {
	if err := run(len(os.Args) > 1 && os.Args[1] == "connected"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(connected bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	url, key := os.Getenv("ROWAN_URL"), os.Getenv("ROWAN_KEY")
	event := Event{
		SpecVersion: "1.0", ID: "m-1002", Source: "/chat/eu-1", Type: "rowan.message.sent",
		Time: time.Now().UTC().Format(time.RFC3339Nano),
		Data: Message{Conversation: "c-9", From: "u-22", To: []string{"u-17"}, Channel: "direct", Text: "see you at chess club"},
	}
	if connected {
		tie := event
		tie.ID, tie.Type, tie.Data = "c-1001", "rowan.connection.accepted", Connection{From: "u-22", To: "u-17", Existing: true}
		if _, err := ask(ctx, url, key, tie); err != nil {
			return err
		}
		event.ID = "m-1003"
	}
	decision, err := ask(ctx, url, key, event)
	if err != nil {
		return err
	}
	notices := decision.Notices
	why := decision.Level
	if decision.Gate != nil {
		notices = append(notices, decision.Gate.Notices...)
		why = decision.Gate.Reason
	}
	switch decision.Action {
	case "allow", "inform":
		fmt.Println("deliver")
	case "ask":
		fmt.Println("ask the young person first:", why)
	case "slow":
		fmt.Println("deliver later:", why)
	default: // hold, block, and any action that is added after this was written
		fmt.Println("do not deliver:", why)
	}
	for _, notice := range notices {
		fmt.Println("show to", notice.To+":", notice.Text)
	}
	return nil
}
