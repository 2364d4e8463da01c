// Package peopletest gives tests of a wing people to be: a directory with a
// cheap cost of passwords, and clients that are signed in with a role.
package peopletest

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rowan/people"
)

// Password is that of everybody whom Add adds.
const Password = "a sentence for tests only"

// Cost is far below what protects a password, and fast.
func Cost() people.Cost { return people.Cost{Memory: 8, Time: 1, Threads: 1} }

// Open opens a directory in a folder of the test, with a clock, or the system's
// for nil.
func Open(t testing.TB, table people.Table, now func() time.Time) *people.Directory {
	t.Helper()
	d, err := people.Open(context.Background(), t.TempDir(), people.Options{Table: table, Cost: Cost(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Add adds somebody with roles, whose log-in is the first role's name and a
// number if there is such a person already.
func Add(t testing.TB, d *people.Directory, roles ...people.Role) people.Person {
	t.Helper()
	login := "nobody"
	if len(roles) > 0 {
		login = string(roles[0])
	}
	name := strings.ReplaceAll(login, "_", " ")
	for {
		p, err := d.Add(context.Background(), login, name, Password, roles...)
		if errors.Is(err, people.ErrTaken) {
			login += "-2"
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// Token begins a session of a person, as if they had come through every step of
// the log-in.
func Token(t testing.TB, d *people.Directory, p people.Person) string {
	t.Helper()
	token, err := d.Sessions(0, 0).Start(context.Background(), p.ID, people.Full)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// SignIn puts a session of a person into a request, for handlers that are
// called without a server.
func SignIn(t testing.TB, r *http.Request, d *people.Directory, p people.Person) {
	t.Helper()
	r.AddCookie(people.Cookie(r, Token(t, d, p)))
}

// Client is a browser at a server's address in which somebody new with roles is
// signed in. It follows no redirects.
func Client(t testing.TB, address string, d *people.Directory, roles ...people.Role) (*http.Client, people.Person) {
	t.Helper()
	p := Add(t, d, roles...)
	return ClientOf(t, address, d, p), p
}

// ClientOf is Client for somebody whom the directory knows.
func ClientOf(t testing.TB, address string, d *people.Directory, p people.Person) *http.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{people.Cookie(r, Token(t, d, p))})
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Matrix asks for every route of a gate as every role of a table, and as
// nobody, and reports where the answer is not the table's: 403 for a role
// without the permission, 401 for nobody, neither for the others. at gives the
// path of a route, "" to leave it out.
func Matrix(t *testing.T, g *people.Gate, d *people.Directory, table people.Table, at func(people.Route) string) {
	t.Helper()
	ask := func(route people.Route, path string, p *people.Person) int {
		r := httptest.NewRequestWithContext(t.Context(), route.Method, "http://127.0.0.1"+path, nil)
		if p != nil {
			SignIn(t, r, d, *p)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Code
	}
	for role := range table {
		p := Add(t, d, role)
		for _, route := range g.Routes() {
			path := at(route)
			if path == "" {
				continue
			}
			got, allowed := ask(route, path, &p), table.Allows([]people.Role{role}, route.Permission)
			if refused := got == http.StatusForbidden || got == http.StatusUnauthorized; refused == allowed {
				t.Errorf("%s asks %s %s, which needs %q: status %d", role, route.Method, path, route.Permission, got)
			}
		}
	}
	for _, route := range g.Routes() {
		path := at(route)
		if path == "" || route.Permission == people.Public {
			continue
		}
		if got := ask(route, path, nil); got != http.StatusUnauthorized {
			t.Errorf("nobody asks %s %s: status %d", route.Method, path, got)
		}
	}
}
