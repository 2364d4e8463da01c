package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"rowan/event"
	"rowan/server"
)

// anyKey lets the bench's own client in. It listens on loopback for seconds.
type anyKey struct{ secret string }

func (k anyKey) Check(secret string, _ time.Time) (string, bool) { return "bench", secret == k.secret }

// single offers one event a request over HTTP on loopback at a steady rate. A
// request's time counts from when it was due, not from when a busy client got
// round to it.
func (r *Result) single(ctx context.Context, g *guard, o Options, start time.Time) error {
	handler, err := server.New(server.Config{Guard: g.journal, Keys: anyKey{"bench"}, Log: slog.New(slog.DiscardHandler), Limits: event.DefaultLimits()})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving, listener, handler, time.Second, slog.New(slog.DiscardHandler)) }()
	url := "http://" + listener.Addr().String() + "/v1/events"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxIdleConns: 256}}

	n := int(o.HTTP.Seconds() * float64(o.Rate))
	took := make([]time.Duration, n)
	failures := make([]error, n)
	due := make(chan int, n)
	began := time.Now().Add(10 * time.Millisecond)
	at := func(i int) time.Time { return began.Add(time.Duration(i) * time.Second / time.Duration(o.Rate)) }
	bodies := make([][]byte, n)
	t := newTraffic(13, 99, o.Pairs, texts(1024, o.Hidden), start)
	for i := range bodies {
		bodies[i] = bytes.TrimSpace(t.message(nil))
	}
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			for i := range due {
				failures[i] = post(client, url, bodies[i])
				took[i] = time.Since(at(i))
			}
		})
	}
	for i := range n {
		if wait := time.Until(at(i)); wait > 0 {
			<-time.After(wait)
		}
		due <- i
		if o.Step != nil && i%500 == 0 {
			o.Step("http", i, n)
		}
	}
	close(due)
	workers.Wait()
	client.CloseIdleConnections()
	stop()
	<-served
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	r.HTTPRequests = n
	r.P50, r.P99 = quantile(took, 0.5), quantile(took, 0.99)
	o.Say("single requests at %d/s: p50 %.2f ms, p99 %.2f ms", o.Rate, r.P50, r.P99)
	return nil
}

func post(client *http.Client, url string, body []byte) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/cloudevents+json")
	req.Header.Set("Authorization", "Bearer bench")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("bench: status %d: %s", res.StatusCode, answer)
	}
	return err
}

// quantile is the nearest-rank quantile, in milliseconds.
func quantile(took []time.Duration, q float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	i := int(math.Ceil(q*float64(len(took)))) - 1
	return float64(took[max(0, i)].Microseconds()) / 1000
}
