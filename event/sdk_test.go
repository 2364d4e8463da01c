package event

import (
	"encoding/json"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// What the official CloudEvents SDK writes is read here.
func TestEventsOfTheOfficialSDK(t *testing.T) {
	data := map[string]any{
		"conversation": "c1", "from": "a", "to": []string{"b"}, "channel": "direct", "text": "hello <there> & \u2028 you",
	}
	for _, form := range []struct {
		name string
		set  func(*cloudevents.Event) error
	}{
		{"JSON data", func(e *cloudevents.Event) error { return e.SetData(cloudevents.ApplicationJSON, data) }},
		{"base64 data", func(e *cloudevents.Event) error {
			raw, err := json.Marshal(data)
			if err != nil {
				return err
			}
			if err := e.SetData(cloudevents.ApplicationJSON, raw); err != nil {
				return err
			}
			e.DataBase64 = true
			return nil
		}},
	} {
		t.Run(form.name, func(t *testing.T) {
			sent := cloudevents.NewEvent()
			sent.SetID("e1")
			sent.SetSource("https://chat.example/eu-1")
			sent.SetType(MessageSent.String())
			sent.SetTime(testNow.Add(-90 * time.Millisecond))
			sent.SetSubject("c1")
			sent.SetExtension("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
			if err := form.set(&sent); err != nil {
				t.Fatal(err)
			}
			line, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			e := decode(t, string(line))
			if e.ID != "e1" || e.Source != "https://chat.example/eu-1" || e.Type != MessageSent || e.Time != testNow.UnixMilli()-90 ||
				e.From != "a" || e.Text != "hello <there> & \u2028 you" || len(e.To) != 1 || e.To[0] != "b" {
				t.Errorf("from %s\ngot %+v", line, e)
			}
		})
	}
}

// What AppendJSON writes is read by the official SDK.
func TestTheOfficialSDKReadsAppendJSON(t *testing.T) {
	e := decode(t, message)
	var got cloudevents.Event
	if err := json.Unmarshal(AppendJSON(nil, &e), &got); err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if got.ID() != e.ID || got.Source() != e.Source || got.Time().UnixMilli() != e.Time {
		t.Errorf("got %v", got)
	}
}
