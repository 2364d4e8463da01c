package event

import (
	"encoding/json"
	"strings"
	"testing"

	jsoniter "github.com/json-iterator/go"
)

// message is a usual message event of 426 bytes.
const message = `{"specversion":"1.0","id":"01J9Z3N4W8Q6K5T2M7R0","source":"/chat/eu-1","type":"rowan.message.sent","time":"2026-03-01T12:30:45.123Z","datacontenttype":"application/json","data":{"conversation":"c-83a1f09b2d","from":"u-5f2d9a7710","to":["u-91bb02cc4e"],"channel":"direct","text":"did you finish the maths homework for tomorrow? i am stuck","media":[],"ephemeral":false,"locale":"en-GB","mentions":[],"reply_to":"u-91bb02cc4e"}}`

func BenchmarkDecodeMessage(b *testing.B) {
	d, now := NewDecoder(DefaultLimits()), testNow
	var e Event
	line := []byte(message)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if p := d.Decode(line, now, &e); p != nil {
			b.Fatal(p)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	var e Event
	if p := NewDecoder(DefaultLimits()).Decode([]byte(message), testNow, &e); p != nil {
		b.Fatal(p)
	}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = AppendJSON(buffer[:0], &e)
	}
}

// wire is what a general JSON library decodes into. It checks nothing of what
// Decode checks: no required fields, enumerations, bounds, duplicates or depth.
type wire struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"`
	Type            string `json:"type"`
	Time            string `json:"time"`
	DataContentType string `json:"datacontenttype"`
	Data            struct {
		Conversation string   `json:"conversation"`
		From         string   `json:"from"`
		To           []string `json:"to"`
		Channel      string   `json:"channel"`
		Text         *string  `json:"text"`
		Media        []string `json:"media"`
		Ephemeral    bool     `json:"ephemeral"`
		Locale       string   `json:"locale"`
		Mentions     []string `json:"mentions"`
		ReplyTo      string   `json:"reply_to"`
	} `json:"data"`
}

func BenchmarkOtherDecoders(b *testing.B) {
	for _, library := range []struct {
		name      string
		unmarshal func([]byte, any) error
	}{
		{"encoding-json", json.Unmarshal},
		{"json-iterator", jsoniter.ConfigCompatibleWithStandardLibrary.Unmarshal},
	} {
		b.Run(library.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var w wire
				if err := library.unmarshal([]byte(message), &w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Splitting without decoding; time per event.
func BenchmarkStreams(b *testing.B) {
	const n = 1000
	for name, s := range map[string]func() Stream{
		"lines": func() Stream { return NewLines(strings.NewReader(strings.Repeat(message+"\n", n)), Limits{}) },
		"batch": func() Stream {
			return NewBatch(strings.NewReader("["+strings.Repeat(message+",", n)+message+"]"), Limits{})
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				stream := s()
				for _, ok := stream.Next(); ok; _, ok = stream.Next() {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}
