// The command asks Rowan about one message and does what it answers.
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

// Event is a CloudEvent. Source and ID are the idempotency key: send the same
// ones again after a timeout, and the answer is the same decision.
type Event struct {
	SpecVersion string  `json:"specversion"`
	ID          string  `json:"id"`
	Source      string  `json:"source"`
	Type        string  `json:"type"`
	Time        string  `json:"time"`
	Data        Message `json:"data"`
}

// Decision is the part of the answer that a sender of messages needs.
type Decision struct {
	ID      string `json:"id"`
	Action  string `json:"action"`
	Level   string `json:"level"`
	Notices []struct {
		To   string `json:"to"`
		Text string `json:"text"`
	} `json:"notices"`
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	decision, err := ask(ctx, os.Getenv("ROWAN_URL"), os.Getenv("ROWAN_KEY"), Event{
		SpecVersion: "1.0", ID: "m-1002", Source: "/chat/eu-1", Type: "rowan.message.sent",
		Time: time.Now().UTC().Format(time.RFC3339Nano),
		Data: Message{Conversation: "c-9", From: "u-22", To: []string{"u-17"}, Channel: "direct", Text: "see you at chess club"},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	switch decision.Action {
	case "allow", "inform":
		fmt.Println("deliver;", decision.Action)
	case "ask":
		fmt.Println("ask the young person first")
	case "slow":
		fmt.Println("deliver later")
	default: // hold, block, and any action that is added after this was written
		fmt.Println("do not deliver;", decision.Action)
	}
	for _, notice := range decision.Notices {
		fmt.Println("show to", notice.To+":", notice.Text)
	}
}
