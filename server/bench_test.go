package server

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func benchServer(b *testing.B) *Server {
	s, err := New(Config{Guard: newGuard(), Keys: oneKey{}, Log: slog.New(slog.DiscardHandler), Rate: 1 << 30, Now: func() time.Time { return testNow }})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// nowhere is a writer that costs nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}

// What the handler costs for one event, without the network and the guard.
func BenchmarkSingleHandler(b *testing.B) {
	s := benchServer(b)
	body := []byte(message("e1", "did you finish the maths homework for tomorrow? i am stuck"))
	r := httptest.NewRequest("POST", "/v1/events", nil)
	r.Header.Set("Content-Type", typeSingle)
	r.Header.Set("Authorization", "Bearer good")
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.ServeHTTP(&nowhere{http.Header{}}, r)
	}
}

// One event a request over the loopback, with the client's cost.
func BenchmarkSingleLoopback(b *testing.B) {
	running := httptest.NewServer(benchServer(b))
	defer running.Close()
	body := message("e1", "did you finish the maths homework for tomorrow? i am stuck")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r, err := http.NewRequest("POST", running.URL+"/v1/events", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Content-Type", typeSingle)
			r.Header.Set("Authorization", "Bearer good")
			answer, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != 200 {
				b.Error(answer.Status, err)
			}
			answer.Body.Close()
		}
	})
}

// A stream of 10,000 lines a request over the loopback; time per event.
func BenchmarkLinesLoopback(b *testing.B) {
	running := httptest.NewServer(benchServer(b))
	defer running.Close()
	const n = 10_000
	body := strings.Repeat(message("e1", "did you finish the maths homework for tomorrow? i am stuck")+"\n", n)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r, err := http.NewRequest("POST", running.URL+"/v1/events", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", typeLines)
		r.Header.Set("Authorization", "Bearer good")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
}
