package peopletest_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rowan/people"
	"rowan/people/peopletest"
)

func TestAClientIsSignedInWithItsRole(t *testing.T) {
	table := people.Table{people.Moderator: {"decide"}, people.Auditor: {"count"}, people.Administrator: {"people", "count"}}
	d := peopletest.Open(t, table, nil)
	g := people.NewGate(people.GateOptions{Directory: d, Sessions: d.Sessions(0, 0), Pages: people.Plain{}, Log: slog.New(slog.DiscardHandler)})
	who := func(w http.ResponseWriter, r *http.Request) {
		p, _ := people.From(r.Context())
		io.WriteString(w, p.Login)
	}
	g.Func("GET /cases/{id}", "decide", who)
	g.Func("GET /figures", "count", who)
	g.Func("GET /me", people.SignedIn, who)
	server := httptest.NewServer(g)
	defer server.Close()
	client, p := peopletest.Client(t, server.URL, d, people.Moderator)
	for path, want := range map[string]int{"/cases/1": 200, "/figures": 403, "/me": 200} {
		resp, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || want == 200 && string(body) != p.Login {
			t.Errorf("%s: status %d, %q, %v", path, resp.StatusCode, body, err)
		}
	}
	peopletest.Matrix(t, g, d, table, func(r people.Route) string { return strings.ReplaceAll(r.Pattern, "{id}", "1") })
}
