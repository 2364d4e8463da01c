package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSingleEvent(t *testing.T) {
	h := start(t, nil)
	got := h.do("POST", "/v1/events", typeSingle, message("e1", "hello"))
	var decision map[string]any
	if err := json.Unmarshal([]byte(got.body), &decision); err != nil {
		t.Fatal(err)
	}
	if got.status != 200 || got.header.Get("Content-Type") != typeJSON || decision["event"] != "e1" || decision["action"] != "allow" || decision["id"] != "d-1" {
		t.Errorf("%d %s: %s", got.status, got.header.Get("Content-Type"), got.body)
	}
	if got := h.do("POST", "/v1/events", "Application/CloudEvents+JSON; charset=UTF-8", message("e2", "hello")); got.status != 200 {
		t.Errorf("with a charset: %d %s", got.status, got.body)
	}
}

func TestRefusedRequests(t *testing.T) {
	h := start(t, nil)
	good := message("e1", "hello")
	for _, test := range []struct {
		name, method, path, mediaType, body string
		header                              []string
		status                              int
		slug, field, words                  string
	}{
		{"not JSON", "POST", "/v1/events", typeSingle, "hello", nil, 400, "malformed", "", ""},
		{"empty", "POST", "/v1/events", typeSingle, "", nil, 400, "malformed", "", ""},
		{"nested bomb", "POST", "/v1/events", typeSingle, `{"data":` + strings.Repeat("[", 1<<20), nil, 400, "too-deep", "data", ""},
		{"missing field", "POST", "/v1/events", typeSingle, strings.Replace(good, `"from"`, `"x"`, 1), nil, 422, "missing-field", "data.from", ""},
		{"10 MB text", "POST", "/v1/events", typeSingle, message("e1", strings.Repeat("x", 10<<20)), nil, 413, "too-large", "data.text", ""},
		{"20 MB event", "POST", "/v1/events", typeSingle, message("e1", strings.Repeat("x", 20<<20)), nil, 413, "too-large", "", "limit of 16777216"},
		{"no content type", "POST", "/v1/events", "", good, nil, 415, "media-type", "", typeLines},
		{"plain JSON", "POST", "/v1/events", "application/json", good, nil, 415, "media-type", "", typeSingle},
		{"binary mode", "POST", "/v1/events", "application/json", "{}", []string{"ce-specversion", "1.0"}, 415, "media-type", "", "binary mode"},
		{"another charset", "POST", "/v1/events", typeSingle + "; charset=latin1", good, nil, 415, "media-type", "", "UTF-8"},
		{"compressed", "POST", "/v1/events", typeSingle, good, []string{"Content-Encoding", "gzip"}, 415, "media-type", "", "Content-Encoding"},
		{"batch that is no array", "POST", "/v1/events", typeBatch, good, nil, 400, "wrong-type", "", "array"},
		{"no key", "POST", "/v1/events", typeSingle, good, []string{"Authorization", ""}, 401, "no-key", "", "keys create"},
		{"another scheme", "POST", "/v1/events", typeSingle, good, []string{"Authorization", "Basic good"}, 401, "no-key", "", ""},
		{"unknown key", "POST", "/v1/events", typeSingle, good, []string{"Authorization", "Bearer bad"}, 401, "bad-key", "", ""},
		{"contact without a key", "GET", "/v1/contact", "", "", []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"explain without a key", "GET", "/v1/decisions/d-1", "", "", []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"another method", "GET", "/v1/events", "", "", nil, 405, "method-not-allowed", "", "POST"},
		{"another path", "GET", "/v1/else", "", "", nil, 404, "not-found", "", "openapi"},
		{"unknown decision", "GET", "/v1/decisions/d-2", "", "", nil, 404, "unknown-decision", "", ""},
		{"contact of nobody", "GET", "/v1/contact?to=b&channel=direct", "", "", nil, 400, "query", "from", "empty"},
		{"contact with oneself", "GET", "/v1/contact?from=b&to=b&channel=direct", "", "", nil, 400, "query", "to", "same"},
		{"contact nowhere", "GET", "/v1/contact?from=a&to=b", "", "", nil, 400, "query", "channel", "voice"},
		{"contact of a broken id", "GET", "/v1/contact?from=%ff&to=b&channel=direct", "", "", nil, 400, "query", "from", "UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := *h
			h.T = t
			got := h.do(test.method, test.path, test.mediaType, test.body, test.header...)
			var p struct {
				Type, Title, Detail, Field string
				Status                     int
			}
			if err := json.Unmarshal([]byte(got.body), &p); err != nil {
				t.Fatalf("%v in %q", err, got.body)
			}
			if got.status != test.status || p.Status != test.status || got.header.Get("Content-Type") != typeProblem {
				t.Errorf("status %d, in the problem %d, type %s; want %d", got.status, p.Status, got.header.Get("Content-Type"), test.status)
			}
			if p.Type != "urn:rowan:problem:"+test.slug || p.Field != test.field || p.Title == "" || !strings.Contains(p.Detail, test.words) {
				t.Errorf("got %s\nwant %s at %q with %q", got.body, test.slug, test.field, test.words)
			}
			if test.status == 401 && !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("a 401 without WWW-Authenticate")
			}
			if test.status == 415 && !strings.Contains(got.header.Get("Accept-Post"), typeBatch) {
				t.Error("a 415 that does not say what is accepted")
			}
		})
	}
	if len(h.guard.asked) > 0 {
		t.Errorf("the guard was asked about %q", h.guard.asked)
	}
}

// answers turns a body into "event:action" or "line/item:slug:field" each.
func answers(t *testing.T, body string, array bool) []string {
	t.Helper()
	var all []json.RawMessage
	if array {
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			t.Fatalf("%v in %.200q", err, body)
		}
	} else {
		for line := range strings.Lines(body) {
			all = append(all, json.RawMessage(line))
		}
	}
	found := []string{}
	for _, one := range all {
		var a struct {
			Event, Action, Type, Field string
			Line, Item, Status         int
		}
		if err := json.Unmarshal(one, &a); err != nil {
			t.Fatalf("%v in %.200q", err, one)
		}
		if a.Type == "" {
			found = append(found, a.Event+":"+a.Action)
			continue
		}
		if a.Status < 400 {
			t.Errorf("a problem with status %d", a.Status)
		}
		found = append(found, fmt.Sprintf("%d/%d:%s:%s", a.Line, a.Item, strings.TrimPrefix(a.Type, "urn:rowan:problem:"), a.Field))
	}
	return found
}

func TestBatchAndLinesAnswerInOrder(t *testing.T) {
	bad := strings.Replace(message("e3", "x"), `"direct"`, `"dm"`, 1)
	for _, test := range []struct {
		name, mediaType, body string
		want                  string
	}{
		{"lines", typeLines, message("e1", "x") + "\n" + message("e2", "x") + "\r\n\n" + bad + "\nnonsense\n" + message("e5", "x"),
			"[e1:allow e2:allow 4/0:invalid-value:data.channel 5/0:malformed: e5:allow]"},
		{"no lines", typeLines, "", "[]"},
		{"only bad lines", typeLines, "{}\n[]", "[1/0:missing-field:specversion 2/0:wrong-type:]"},
		{"lines cut short", typeLines, message("e1", "x") + "\n" + message("e2", "hello")[:180], "[e1:allow 2/0:malformed:data]"},
		{"batch", typeBatch, "[" + message("e1", "x") + ",\n" + bad + `,{"a":},` + message("e2", "x") + "]",
			"[e1:allow 2/2:invalid-value:data.channel 2/3:malformed:a e2:allow]"},
		{"empty batch", typeBatch, " [ ] ", "[]"},
		{"batch cut short", typeBatch, "[" + message("e1", "x") + "," + message("e2", "x")[:80], "[e1:allow 1/0:truncated:]"},
		{"batch with more behind", typeBatch, "[" + message("e1", "x") + "]]", "[e1:allow 1/0:malformed:]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, func(c *Config) { c.Group = 2 })
			got := h.do("POST", "/v1/events", test.mediaType, test.body)
			if found := fmt.Sprint(answers(t, got.body, test.mediaType == typeBatch)); got.status != 200 || found != test.want {
				t.Errorf("%d %s\nwant %s", got.status, found, test.want)
			}
		})
	}
}

func TestRefusedEventIsNamedInTheAnswer(t *testing.T) {
	h := start(t, nil)
	got := h.do("POST", "/v1/events", typeLines, strings.Replace(message("e-7", "x"), `"direct"`, `"dm"`, 1))
	if !strings.Contains(got.body, `"event":"e-7"`) {
		t.Errorf("the answer does not name the event: %s", got.body)
	}
}

func TestManyLinesKeepTheirOrder(t *testing.T) {
	h := start(t, nil)
	const n = 5000
	var body strings.Builder
	for i := range n {
		body.WriteString(message(fmt.Sprint("e", i), "hello there") + "\n")
	}
	for form, text := range map[string]string{
		typeLines: body.String(),
		typeBatch: "[" + strings.ReplaceAll(strings.TrimSpace(body.String()), "\n", ",") + "]",
	} {
		h.guard.asked, h.guard.groups = nil, nil
		found := answers(t, h.do("POST", "/v1/events", form, text).body, form == typeBatch)
		if len(found) != n || len(h.guard.asked) != n {
			t.Fatalf("%s: %d answers, %d asked, want %d", form, len(found), len(h.guard.asked), n)
		}
		for i := range n {
			if want := fmt.Sprint("e", i); found[i] != want+":allow" || h.guard.asked[i] != want {
				t.Fatalf("%s: place %d has %s, asked %s", form, i, found[i], h.guard.asked[i])
			}
		}
		for _, size := range h.guard.groups {
			if size > 512 {
				t.Fatalf("%s: a group of %d", form, size)
			}
		}
		if form == typeBatch && len(h.guard.groups) != 10 {
			t.Errorf("a batch of %d was decided in %d groups, want 10", n, len(h.guard.groups))
		}
	}
}

func TestStreamIsAnsweredWhileItIsSent(t *testing.T) {
	h := start(t, nil)
	body, in := io.Pipe()
	r, err := http.NewRequest("POST", h.url+"/v1/events", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", typeLines)
	r.Header.Set("Authorization", "Bearer good")
	answered := make(chan *http.Response)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
		}
		answered <- answer
	}()
	var lines *bufio.Reader
	for i := range 3 {
		if _, err := io.WriteString(in, message(fmt.Sprint("e", i), "x")+"\n"); err != nil {
			t.Fatal(err)
		}
		if lines == nil {
			answer := <-answered
			defer answer.Body.Close()
			lines = bufio.NewReader(answer.Body)
		}
		line, err := lines.ReadString('\n')
		if err != nil || !strings.Contains(line, fmt.Sprintf(`"event":"e%d"`, i)) {
			t.Fatalf("%v: %q", err, line)
		}
	}
	in.Close()
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("after the end: %v, %q", err, rest)
	}
}

// dial sends the head of a stream of n bytes over a plain connection.
func (h *harness) dial(n int) *net.TCPConn {
	h.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "POST /v1/events HTTP/1.1\r\nHost: rowan\r\nAuthorization: Bearer good\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", typeLines, n)
	return c.(*net.TCPConn)
}

func readAnswer(t *testing.T, c net.Conn) string {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSenderThatReadsOnlyAtTheEndIsServed(t *testing.T) {
	h := start(t, nil)
	body := strings.Repeat(message("e", "x")+"\n", 30_000) // more than the buffers of both sides hold
	c := h.dial(len(body))
	if _, err := io.WriteString(c, body); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(readAnswer(t, c), "\n"); n != 30_000 {
		t.Errorf("%d answers, want 30000", n)
	}
}

func TestStreamThatBreaksOffHasAnswersForWhatCameBefore(t *testing.T) {
	h := start(t, nil)
	c := h.dial(1 << 20)
	if _, err := io.WriteString(c, message("e1", "x")+"\n"+message("e2", "x")+"\n"+message("e3", "x")[:60]); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if found := fmt.Sprint(answers(t, readAnswer(t, c), false)); found != "[e1:allow e2:allow 3/0:truncated:]" {
		t.Errorf("answers %s", found)
	}
}

func TestStreamWhoseSenderStopsIsClosed(t *testing.T) {
	h := start(t, func(c *Config) { c.IdleTimeout = 50 * time.Millisecond })
	c := h.dial(1 << 20)
	if _, err := io.WriteString(c, message("e1", "x")+"\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c) // ends when the server closes the connection
	if err != nil || !strings.Contains(string(all), `"event":"e1"`) || !strings.Contains(string(all), "urn:rowan:problem:truncated") {
		t.Errorf("%v: %s", err, all)
	}
}

// The connection is used again after a body that was not read to its end.
func TestConnectionSurvivesABrokenBatch(t *testing.T) {
	h := start(t, nil)
	for range 20 {
		h.do("POST", "/v1/events", typeBatch, "["+message("e1", "x")+"]]"+strings.Repeat(" ", 100_000))
		if got := h.do("POST", "/v1/events", typeBatch, "x"+strings.Repeat(" ", 100_000)); got.status != 400 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if log := h.log.String(); strings.Contains(log, "net/http") || strings.Contains(log, "panic") {
		t.Error(log)
	}
}

func TestBodyLimitOfAStream(t *testing.T) {
	one := message("e1", "x") + "\n"
	h := start(t, func(c *Config) { c.Limits.Body = 2*len(one) + 5 })
	got := h.do("POST", "/v1/events", typeLines, strings.Repeat(one, 4))
	if found := fmt.Sprint(answers(t, got.body, false)); found != "[e1:allow e1:allow 3/0:too-large:]" {
		t.Errorf("answers %s", found)
	}
	if got := h.do("POST", "/v1/events", typeSingle, message("e1", strings.Repeat("x", 1000))); got.status != 413 {
		t.Errorf("single: %d", got.status)
	}
}

func TestFailModeAnswersForTheGuard(t *testing.T) {
	for mode, action := range map[string]string{"open": "allow", "closed": "hold"} {
		t.Run(mode, func(t *testing.T) {
			h := start(t, func(c *Config) { c.Guard.(*recordingGuard).mode = mode })
			h.guard.err = errBroken
			check := func(what, body string, n int) {
				t.Helper()
				if strings.Count(body, `"fail_mode":"`+mode+`"`) != n || strings.Count(body, `"action":"`+action+`"`) != n {
					t.Errorf("%s: %s", what, body)
				}
			}
			got := h.do("POST", "/v1/events", typeSingle, message("e1", "x"))
			check("single", got.body, 1)
			if got.status != 200 || !strings.Contains(got.body, `"event":"e1"`) {
				t.Errorf("%d %s", got.status, got.body)
			}
			check("lines", h.do("POST", "/v1/events", typeLines, message("e1", "x")+"\n{}\n"+message("e2", "x")).body, 2)
			check("batch", h.do("POST", "/v1/events", typeBatch, "["+message("e1", "x")+","+message("e2", "x")+"]").body, 2)
			check("contact", h.do("GET", "/v1/contact?from=a&to=b&channel=direct", "", "").body, 1)
			if got := h.do("GET", "/v1/decisions/d-1", "", ""); got.status != 503 {
				t.Errorf("explain: %d", got.status)
			}
			if got := h.do("GET", "/readyz", "", ""); got.status != 503 || !strings.Contains(got.body, mode) {
				t.Errorf("readyz: %d %s", got.status, got.body)
			}
			metrics := h.do("GET", "/metrics", "", "").body
			for _, want := range []string{"rowan_http_events_failed_total 6\n", `rowan_fail_mode{mode="` + mode + `"} 1`, "rowan_ready 0\n",
				`rowan_http_events_refused_total{problem="missing-field"} 1`, "guard_test 0\n"} {
				if !strings.Contains(metrics, want) {
					t.Errorf("metrics lack %q", want)
				}
			}
		})
	}
}

func TestFailModeAnswersAfterTheTimeout(t *testing.T) {
	h := start(t, func(c *Config) { c.DecideTimeout = time.Millisecond })
	h.guard.block = func(ctx context.Context) { <-ctx.Done() }
	h.guard.err = context.DeadlineExceeded
	if got := h.do("POST", "/v1/events", typeSingle, message("e1", "x")); got.status != 200 || !strings.Contains(got.body, `"fail_mode":"open"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestGuardThatAnswersTooLittleHasFailed(t *testing.T) {
	h := start(t, nil)
	h.guard.short = true
	if got := h.do("POST", "/v1/events", typeBatch, "["+message("e1", "x")+","+message("e2", "x")+"]"); strings.Count(got.body, "fail_mode") != 2 {
		t.Errorf("%s", got.body)
	}
}

func TestPanicIsAProblem(t *testing.T) {
	h := start(t, nil)
	h.guard.block = func(context.Context) { panic("u-secret said something") }
	got := h.do("POST", "/v1/events", typeSingle, message("e1", "x"))
	if got.status != 500 || !strings.Contains(got.body, "urn:rowan:problem:internal") {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.guard.block = nil
	if got := h.do("POST", "/v1/events", typeSingle, message("e1", "x")); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
	if log := h.log.String(); !strings.Contains(log, "panicked") || strings.Contains(log, "secret") {
		t.Errorf("log: %s", log)
	}
}

func TestPanicInAStreamBreaksTheConnection(t *testing.T) {
	h := start(t, nil)
	h.guard.block = func(context.Context) { panic("u-secret said something") }
	c := h.dial(len(message("e1", "x")))
	if _, err := io.WriteString(c, message("e1", "x")); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(c); err != nil || strings.HasSuffix(string(all), "0\r\n\r\n") {
		t.Errorf("%v: an answer that looks whole: %q", err, all)
	}
	if log := h.log.String(); !strings.Contains(log, "panicked") || strings.Contains(log, "secret") {
		t.Errorf("log: %s", log)
	}
}

func TestNothingOfAPersonIsLoggedOrCounted(t *testing.T) {
	h := start(t, func(c *Config) { c.Rate = 1000 })
	h.do("POST", "/v1/events", typeSingle, message("e-secret", "text-secret"))
	h.do("POST", "/v1/events", typeSingle, strings.Replace(message("e-secret", "text-secret"), "direct", "secret", 1))
	h.do("POST", "/v1/events", typeLines, message("e-secret", "text-secret")+"\n{\"secret\":1,\"secret\":2}")
	h.do("GET", "/v1/contact?from=u-secret&to=v-secret&channel=direct", "", "")
	h.do("GET", "/v1/decisions/d-secret", "", "")
	h.do("GET", "/u-secret", "", "")
	h.guard.err = errBroken
	h.do("POST", "/v1/events", typeSingle, message("e-secret", "text-secret"))
	metrics := h.do("GET", "/metrics", "", "").body
	if strings.Contains(h.log.String(), "secret") || strings.Contains(metrics, "secret") || strings.Contains(h.log.String(), "good") {
		t.Errorf("log:\n%s\nmetrics:\n%s", h.log, metrics)
	}
	for _, want := range []string{"route=/v1/events status=200", "route=/v1/decisions/{id} status=404", "events=2"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, h.log)
		}
	}
	if !strings.Contains(metrics, `rowan_http_requests_total{route="/v1/events",status="422"} 1`) {
		t.Error("the refused request is not counted")
	}
}

func TestRateOfSingleEvents(t *testing.T) {
	clock := testNow
	h := start(t, func(c *Config) { c.Rate, c.Now = 2, func() time.Time { return clock } })
	status := func() reply { return h.do("POST", "/v1/events", typeSingle, message("e1", "x")) }
	for i, want := range []int{200, 200, 429} {
		if got := status(); got.status != want {
			t.Fatalf("request %d: %d, want %d", i+1, got.status, want)
		}
	}
	if got := status(); got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q, want 1", got.header.Get("Retry-After"))
	}
	clock = clock.Add(time.Second)
	if got := status(); got.status != 200 {
		t.Errorf("a second later: %d", got.status)
	}
}

func TestRateSlowsAStreamDown(t *testing.T) {
	clock := testNow
	h := start(t, func(c *Config) {
		c.Rate, c.Group = 10, 64
		c.Now = func() time.Time { return clock }
		c.Sleep = func(_ context.Context, d time.Duration) error { clock = clock.Add(d); return nil }
	})
	got := h.do("POST", "/v1/events", typeBatch, "["+strings.Repeat(message("e1", "x")+",", 99)+message("e1", "x")+"]")
	if n := len(answers(t, got.body, true)); n != 100 {
		t.Errorf("%d answers", n)
	}
	if waited := clock.Sub(testNow); waited < 8900*time.Millisecond || waited > 9100*time.Millisecond {
		t.Errorf("100 events at 10 a second, 10 of them at once, waited %v, want 9 s", waited)
	}
}

func TestContactAndExplain(t *testing.T) {
	h := start(t, nil)
	got := h.do("GET", "/v1/contact?from=a&to=b&channel=game", "", "")
	if want := fmt.Sprintf("a\\u003eb@game:%d", testNow.UnixMilli()); got.status != 200 || !strings.Contains(got.body, `"action":"ask"`) ||
		!strings.Contains(strings.ReplaceAll(got.body, ">", "\\u003e"), want) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := h.do("GET", "/v1/decisions/d-1", "", ""); got.status != 200 || !strings.Contains(got.body, `"why_not":["age gap unknown"]`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestOperationRoutesNeedNoKey(t *testing.T) {
	h := start(t, nil)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.yaml"} {
		if got := h.do("GET", path, "", "", "Authorization", ""); got.status != 200 || got.body == "" {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	h := start(t, nil)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 20 {
				id := fmt.Sprintf("e%d-%d", i, j)
				r, err := http.NewRequest("POST", h.url+"/v1/events", strings.NewReader(message(id, "x")))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer good")
				r.Header.Set("Content-Type", typeSingle)
				if j%5 == 4 {
					r.Header.Set("Content-Type", typeLines)
				}
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || !strings.Contains(string(body), `"event":"`+id+`"`) {
					t.Errorf("%v: %s", err, body)
				}
			}
		})
	}
	wait.Wait()
	if len(h.guard.asked) != 160 {
		t.Errorf("asked %d times, want 160", len(h.guard.asked))
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	other := newGuard()
	other.mode = "ajar"
	for name, c := range map[string]Config{
		"no guard": {Keys: oneKey{}, Log: log}, "no keys": {Guard: newGuard(), Log: log}, "no log": {Guard: newGuard(), Keys: oneKey{}},
		"another fail mode": {Guard: other, Keys: oneKey{}, Log: log},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestServeFinishesWhatIsUnderWay(t *testing.T) {
	guard := newGuard()
	entered, release := make(chan struct{}), make(chan struct{})
	guard.block = func(context.Context) {
		entered <- struct{}{}
		<-release
	}
	s, err := New(Config{Guard: guard, Keys: oneKey{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, s, time.Minute, slog.New(slog.DiscardHandler)) }()

	h := &harness{T: t, url: "http://" + listener.Addr().String()}
	idle := h.dial(1 << 20) // a stream that sends one line and then nothing
	if _, err := io.WriteString(idle, message("e1", "x")+"\n"); err != nil {
		t.Fatal(err)
	}
	<-entered
	single := make(chan reply, 1)
	go func() { single <- h.do("POST", "/v1/events", typeSingle, message("e2", "x")) }()
	<-entered
	cancel()
	close(release)
	if got := <-single; got.status != 200 || !strings.Contains(got.body, `"event":"e2"`) {
		t.Errorf("the request under way got %d %s", got.status, got.body)
	}
	if found := fmt.Sprint(answers(t, readAnswer(t, idle), false)); found != "[e1:allow 2/0:truncated:]" {
		t.Errorf("the idle stream got %s", found)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
