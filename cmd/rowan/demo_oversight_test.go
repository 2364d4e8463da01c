package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// The regulator's side of the demo has a return that verifies, and tells of one
// that did not.
func TestTheDemosRegulatorShowsAReturnThatHoldsAndOneThatDoesNot(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d, err := openDemoRegulator(ctx, t.TempDir(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar}
	get := func(path string) string {
		t.Helper()
		answer, err := visitor.Get(d.address() + path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	list := get("/returns")
	for _, want := range []string{"Rivergram", "missing", "simulated", "Not taken in", "the log gives", "Take a return in"} {
		if !strings.Contains(list, want) {
			t.Errorf("/returns lacks %q", want)
		}
	}
	service := get("/services/rivergram")
	for _, want := range []string{"contradicted", "16,500 of 16,500", "1 of 3 probes", "constructed", "/returns/"} {
		if !strings.Contains(service, want) {
			t.Errorf("the service's page lacks %q", want)
		}
	}
	_, rest, _ := strings.Cut(service, `href="/returns/`)
	id, _, _ := strings.Cut(rest, `"`)
	if page := get("/returns/" + id); !strings.Contains(page, "counted again from the ledger") || strings.Contains(page, "not checked</td>") {
		t.Error("the return was not checked against its ledger")
	}
	if page := get("/penalties"); !strings.Contains(page, "4chan") {
		t.Error("there are no published penalties")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}
