package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"rowan/casework/delivery"
	"rowan/casework/delivery/sqlite"
	"rowan/casework/delivery/storetest"
	"rowan/webhook"
)

// secret is a made-up key for the tests.
const secret = "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk="

const place = "platform.example"

// cases are the effects that there are.
type cases struct {
	mu  sync.Mutex
	all []delivery.Effect
}

func (c *cases) decide(accounts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, account := range accounts {
		c.all = append(c.all, storetest.Effect(int64(len(c.all)+1), account))
	}
}

func (c *cases) Effects(_ context.Context, after int64, limit int) ([]delivery.Effect, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.all[min(max(after, 0), int64(len(c.all))):]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

// arrived is a message as the platform gets it.
type arrived struct {
	id      string
	account string
	number  int64
	status  int
}

// platform answers with what answer says and keeps what came.
type platform struct {
	t      testing.TB
	judge  *standardwebhooks.Webhook
	answer func(tries int, a arrived, h http.Header) int

	mu    sync.Mutex
	tries map[string]int
	all   []arrived
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	if err := p.judge.VerifyIgnoringTimestamp(body, r.Header); err != nil {
		p.t.Error(err)
	}
	var m delivery.Message
	if err := json.Unmarshal(body, &m); err != nil || m.Type != delivery.MessageType || m.Data.ID != r.Header.Get("webhook-id") || !m.Timestamp.Equal(m.Data.At) {
		p.t.Errorf("%v in %s", err, body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a := arrived{id: m.Data.ID, account: m.Data.Account, number: m.Data.Sequence, status: 204}
	p.tries[a.id]++
	if p.answer != nil {
		a.status = p.answer(p.tries[a.id], a, w.Header())
	}
	p.all = append(p.all, a)
	w.WriteHeader(a.status)
}

// taken are the sequence numbers that were answered with 2xx, each once.
func (p *platform) taken() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, seen := []int64{}, map[string]bool{}
	for _, a := range p.all {
		if a.status/100 == 2 && !seen[a.id] {
			seen[a.id] = true
			out = append(out, a.number)
		}
	}
	return out
}

// post is an outbox with one endpoint and a clock that tests move.
type post struct {
	*delivery.Outbox
	t        testing.TB
	cases    *cases
	feed     *delivery.Feed
	store    delivery.Store
	platform *platform
	log      *bytes.Buffer
	address  string

	mu  sync.Mutex
	now time.Time
}

func (p *post) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *post) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func newPost(t testing.TB, answer func(tries int, a arrived, h http.Header) int) *post {
	t.Helper()
	judge, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &post{
		t: t, cases: &cases{}, store: store, now: storetest.Now.Add(time.Hour), log: &bytes.Buffer{},
		platform: &platform{t: t, judge: judge, answer: answer, tries: map[string]int{}},
	}
	server := httptest.NewServer(p.platform)
	t.Cleanup(server.Close)
	p.address = server.URL + "/a-key-in-the-path"
	p.open()
	return p
}

// open opens the outbox as a start of Rowan does.
func (p *post) open() {
	p.t.Helper()
	to, err := webhook.New(p.address, secret, webhook.Options{Private: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(to.Close)
	p.feed = delivery.NewFeed(p.cases)
	random := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	p.Outbox, err = delivery.New(p.t.Context(), delivery.Options{
		Feed: p.feed, Store: p.store, Log: slog.New(slog.NewTextHandler(p.log, nil)), Now: p.clock,
		Endpoints: []delivery.Endpoint{{Name: place, Address: p.address, Sender: to}},
		Random:    func() float64 { mu.Lock(); defer mu.Unlock(); return random.Float64() },
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// round does what there is to do now and returns until when there is nothing.
func (p *post) round() time.Duration {
	p.t.Helper()
	for {
		pause, err := p.Round(p.t.Context(), place)
		if err != nil {
			p.t.Fatal(err)
		}
		if pause > 0 {
			return pause
		}
	}
}

// until goes on, letting time pass, until as many effects were taken.
func (p *post) until(n int) {
	p.t.Helper()
	end := p.clock().Add(10 * 24 * time.Hour)
	for pause := p.round(); len(p.platform.taken()) < n; pause = p.round() {
		if p.pass(pause); p.clock().After(end) {
			p.t.Fatalf("%d of %d were taken in ten days", len(p.platform.taken()), n)
		}
	}
}

func (p *post) parcel(number int64) delivery.Parcel {
	p.t.Helper()
	x, err := p.store.Parcel(p.t.Context(), place, storetest.Effect(number, "").ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return x
}

// quiet is what must hold of a log: no account, effect or address in it.
func (p *post) quiet() {
	p.t.Helper()
	for _, word := range []string{"u-", "e-1-", "a-key", "127.0.0.1"} {
		if strings.Contains(p.log.String(), word) {
			p.t.Errorf("the log holds %q:\n%s", word, p.log)
		}
	}
}

func TestEffectsArriveInTheOrderOfTheirAccount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		accounts := rapid.SliceOfN(rapid.SampledFrom([]string{"u-1", "u-2", "u-3", "u-4"}), 1, 25).Draw(rt, "accounts")
		fails := rapid.SliceOfN(rapid.SampledFrom([]int{500, 302, 404, 429, 503, 0}), 0, 20).Draw(rt, "failures")
		p := newPost(t, nil)
		i := 0
		p.platform.answer = func(int, arrived, http.Header) int {
			if i++; i <= len(fails) && fails[i-1] > 0 {
				return fails[i-1]
			}
			return 200
		}
		p.cases.decide(accounts...)
		p.until(len(accounts))
		last := map[string]int64{}
		for _, a := range p.platform.all {
			if a.number < last[a.account] {
				rt.Fatalf("%s got %d after %d", a.account, a.number, last[a.account])
			}
			last[a.account] = a.number
		}
		if len(p.platform.all) > len(accounts)+len(fails) {
			rt.Fatalf("%d messages for %d effects and %d failures", len(p.platform.all), len(accounts), len(fails))
		}
		p.quiet()
	})
}

func TestBackoffDoublesUpToABoundWithJitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, r := rapid.IntRange(1, 1000).Draw(rt, "n"), rapid.Float64Range(0, 1).Draw(rt, "random")
		d, whole := delivery.Backoff(n, r), delivery.Backoff(n, 0)*2
		if d < whole/2 || d > whole || whole > 2*time.Hour || delivery.Backoff(n+1, r) < d {
			rt.Fatalf("after try %d with %f: %v", n, r, d)
		}
		if n < 12 && whole != 2*time.Second<<(n-1) {
			rt.Fatalf("after try %d: up to %v", n, whole)
		}
	})
}

func TestADeliveryThatIsGivenUpStaysInSightUntilSomebodySeesToIt(t *testing.T) {
	broken := true
	p := newPost(t, func(_ int, a arrived, _ http.Header) int {
		if broken && a.account == "u-1" {
			return 422
		}
		return 200
	})
	p.cases.decide("u-1", "u-1", "u-2")
	start := p.clock()
	for p.parcelState(1) != delivery.Dead {
		p.pass(p.round())
	}
	if took := p.clock().Sub(start); took < 12*time.Hour || took > 30*time.Hour {
		t.Errorf("it was given up after %v", took)
	}
	if x := p.parcel(1); x.Tries != delivery.Tries || x.Failure != "the receiver answered 422" {
		t.Errorf("got %+v", x)
	}
	if got := p.metrics(); !strings.Contains(got, `result="4xx"} 24`) {
		t.Errorf("the tries are not counted:\n%s", got)
	}
	p.pass(1000 * time.Hour)
	if err := p.store.Forget(t.Context(), p.clock()); err != nil {
		t.Fatal(err)
	}
	p.open()
	p.round()
	if got := p.platform.taken(); !slices.Equal(got, []int64{3}) {
		t.Fatalf("taken: %v; the second effect must wait for the first", got)
	}
	page, err := p.Page(t.Context(), delivery.Filter{State: delivery.Dead})
	if err != nil || len(page.Parcels) != 1 || len(page.Endpoints) != 1 || !page.Endpoints[0].Configured {
		t.Fatalf("%+v, %v", page, err)
	}
	if s := page.Endpoints[0]; s.Counts[delivery.Dead] != 1 || s.Counts[delivery.Waiting] != 1 || s.Counts[delivery.Delivered] != 1 || !s.Oldest.Equal(storetest.Effect(1, "").At) {
		t.Errorf("it stands so: %+v", s)
	}
	if n, err := p.Stuck(t.Context()); n != 1 || err != nil {
		t.Errorf("%d wait for somebody: %v", n, err)
	}
	metrics := p.metrics()
	for _, want := range []string{
		`rowan_deliveries{endpoint="platform.example",state="by_hand"} 0`, `rowan_deliveries{endpoint="platform.example",state="dead"} 1`,
		`rowan_deliveries{endpoint="platform.example",state="waiting"} 1`, `rowan_delivered_total{endpoint="platform.example"} 1`,
		`rowan_delivery_oldest_seconds{endpoint="platform.example"} ` + strconv.FormatFloat(p.clock().Sub(storetest.Effect(1, "").At).Seconds(), 'g', -1, 64),
		`rowan_delivery_closed{endpoint="platform.example"} 0`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	id := storetest.Effect(1, "").ID
	if _, err := p.Retry(t.Context(), place, id, ""); !errors.Is(err, delivery.ErrNobody) {
		t.Errorf("nobody tries again: %v", err)
	}
	if n, err := p.Retry(t.Context(), place, id, "p-1"); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	p.round()
	if x := p.parcel(1); x.State != delivery.Waiting || x.Tries != 1 {
		t.Errorf("tried again: %+v", x)
	}
	if err := p.Resolve(t.Context(), place, id, "p-1", "  "); !errors.Is(err, delivery.ErrNoReason) {
		t.Errorf("without a reason: %v", err)
	}
	if err := p.Resolve(t.Context(), place, id, "p-1", "suspended in the admin tool"); err != nil {
		t.Fatal(err)
	}
	broken = false
	p.until(2)
	if got := p.platform.taken(); !slices.Equal(got, []int64{3, 2}) {
		t.Errorf("taken: %v", got)
	}
	p.quiet()
}

func (p *post) metrics() string {
	p.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(p.Outbox); err != nil {
		p.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func (p *post) parcelState(number int64) delivery.State {
	p.t.Helper()
	p.round()
	return p.parcel(number).State
}

func TestAReceiverThatIsGoneIsLeftAlone(t *testing.T) {
	gone := true
	p := newPost(t, func(int, arrived, http.Header) int {
		if gone {
			return http.StatusGone
		}
		return 200
	})
	p.cases.decide("u-1")
	p.round()
	p.cases.decide("u-2")
	for range 20 {
		p.pass(time.Hour)
		p.round()
	}
	p.open() // a new start changes nothing
	p.round()
	if n := len(p.platform.all); n != 1 {
		t.Fatalf("%d messages to a receiver that is gone", n)
	}
	if x := p.parcel(2); x.State != delivery.Waiting || x.Tries != 0 {
		t.Errorf("got %+v", x)
	}
	page, err := p.Page(t.Context(), delivery.Filter{})
	if err != nil || page.Endpoints[0].Closed.IsZero() || page.Endpoints[0].Counts[delivery.Waiting] != 2 {
		t.Errorf("%+v, %v", page, err)
	}
	gone = false
	if err := p.Reopen(t.Context(), place, "p-1"); err != nil {
		t.Fatal(err)
	}
	p.until(2)
	p.quiet()
}

func TestAReceiverThatStrugglesIsProbedOneByOne(t *testing.T) {
	up := false
	p := newPost(t, func(int, arrived, http.Header) int {
		if up {
			return 200
		}
		return 502
	})
	accounts := make([]string, 500)
	for i := range accounts {
		accounts[i] = "u-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	p.cases.decide(accounts...)
	p.round()
	first := len(p.platform.all)
	if first < 16 || first > 40 {
		t.Errorf("%d messages before it is let be", first)
	}
	end := p.clock().Add(6 * time.Hour)
	for p.clock().Before(end) {
		p.pass(p.round())
	}
	if n := len(p.platform.all) - first; n < 6*60/2 || n > 6*60*3 {
		t.Errorf("%d probes in six hours", n)
	}
	counts, err := p.store.Counts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].State != delivery.Waiting {
		t.Errorf("after an outage of six hours: %+v, %v", counts, err)
	}
	up = true
	begun := p.clock()
	p.until(500)
	if took := p.clock().Sub(begun); took > 3*time.Hour {
		t.Errorf("all arrived %v after it was up", took)
	}
}

func TestAReceiverMaySayWhenToComeBack(t *testing.T) {
	p := newPost(t, func(tries int, a arrived, h http.Header) int {
		if a.account == "u-1" && tries == 1 {
			h.Set("Retry-After", "600")
			return 429
		}
		return 200
	})
	p.cases.decide("u-1")
	p.round()
	p.cases.decide("u-2")
	p.pass(599 * time.Second)
	p.round()
	if got := p.platform.taken(); len(got) != 0 {
		t.Errorf("taken within the pause: %v", got)
	}
	p.pass(time.Second)
	p.until(2)
}

func TestEffectsRestoredFromACopyAreGoneThroughAgain(t *testing.T) {
	p := newPost(t, nil)
	p.cases.decide("u-1", "u-2", "u-3")
	p.until(3)
	// The copy is from before the last two; then other things were decided.
	p.cases.all = p.cases.all[:1]
	p.cases.decide("u-4", "u-5", "u-6")
	for i := range p.cases.all[1:] {
		p.cases.all[i+1].ID += "-other"
	}
	p.open()
	p.until(6)
	if got := len(p.platform.all); got != 6 {
		t.Errorf("%d messages, want one for each effect", got)
	}
}

func TestRunDeliversAtTheRingAndStops(t *testing.T) {
	came := make(chan struct{}, 10)
	p := newPost(t, func(int, arrived, http.Header) int { came <- struct{}{}; return 200 })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	for range 3 {
		p.cases.decide("u-1")
		p.feed.Ring()
		<-came
	}
	stop()
	<-done
}

func TestTwoEndpointsOfOneNameAreRefused(t *testing.T) {
	p := newPost(t, nil)
	e := delivery.Endpoint{Name: place, Address: "https://platform.example", Sender: nothing{}}
	o := delivery.Options{Feed: p.feed, Store: p.store, Log: slog.New(slog.DiscardHandler), Endpoints: []delivery.Endpoint{e, e}}
	if _, err := delivery.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), place) {
		t.Error(err)
	}
	o.Endpoints = nil
	b, err := delivery.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// The endpoint of before is no longer in the settings, and stays in sight.
	all, err := b.Endpoints(t.Context())
	if err != nil || len(all) != 1 || all[0].Configured {
		t.Errorf("%+v, %v", all, err)
	}
}

type nothing struct{}

func (nothing) Send(context.Context, webhook.Message, time.Time) error { return nil }

func TestAFeedIsWaitedFor(t *testing.T) {
	c := &cases{}
	f := delivery.NewFeed(c)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := f.Wait(ended, 0, 10); err != nil || len(got) != 0 {
		t.Errorf("when the wait has ended: %v, %v", got, err)
	}
	c.decide("u-1")
	if got, err := f.Wait(ended, 0, 10); err != nil || len(got) != 1 {
		t.Errorf("what is there is returned at once: %v, %v", got, err)
	}
	found := make(chan []delivery.Effect)
	go func() {
		got, err := f.Wait(t.Context(), 1, 10)
		if err != nil {
			t.Error(err)
		}
		found <- got
	}()
	f.Ring() // for nothing
	c.decide("u-2")
	f.Ring()
	if got := <-found; len(got) != 1 || got[0].Sequence != 2 {
		t.Errorf("got %v", got)
	}
}
