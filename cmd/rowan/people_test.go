package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"rowan/people"
)

func TestPeople(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	on := func(args ...string) []string { return append([]string{"people", args[0], "--data", data}, args[1:]...) }
	if out := want(t, on("list")...); !strings.Contains(out, "nobody yet") {
		t.Errorf("an empty list says %q", out)
	}
	if out := want(t, on("list", "--json")...); out != "[]\n" {
		t.Errorf("an empty list is %q", out)
	}
	first := strings.Fields(want(t, on("add", "--role", "moderator", "--role", "auditor", "--name", "Sam Example", "Sam")...))
	var reset done
	if err := json.Unmarshal([]byte(want(t, on("reset", "--json", "sam")...)), &reset); err != nil {
		t.Fatal(err)
	}
	if password := first[len(first)-1]; len(password) < 26 || len(reset.Password) < 26 || password == reset.Password {
		t.Errorf("passwords of %d and %d characters", len(password), len(reset.Password))
	}
	want(t, on("roles", "--role", "senior", "sam")...)
	want(t, on("disable", "sam")...)
	out := want(t, on("list")...)
	for _, says := range []string{"sam", "Sam Example", "senior", "disabled"} {
		if !strings.Contains(out, says) {
			t.Errorf("%q is not in\n%s", says, out)
		}
	}
	if strings.Contains(out, reset.Password) {
		t.Error("the list shows a password")
	}
	var enabled done
	if err := json.Unmarshal([]byte(want(t, on("enable", "--json", "sam")...)), &enabled); err != nil || enabled.Person.Disabled || enabled.Password != "" {
		t.Errorf("%+v, %v", enabled, err)
	}
	want(t, on("add", "--role", "administrator", "boss")...)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{on("disable", "boss"), 1, "last administrator"},
		{on("roles", "--role", "senior", "boss"), 1, "last administrator"},
		{on("roles", "--role", "king", "sam"), 2, "the roles of the console are administrator, auditor, moderator"},
		{on("roles", "sam"), 2, "--role is needed"},
		{on("add", "--role", "investigator", "kim"), 2, `--role: there is no role "investigator"`},
		{on("add", "--role", "senior", "sam"), 1, "is taken"},
		{on("add", "--role", "senior", "two words"), 2, "one printable word"},
		{on("add", "kim"), 2, "--role is needed"},
		{on("reset", "nobody"), 1, "'rowan people list"},
		{on("list", "--wing", "west"), 2, "console, oversight"},
		{[]string{"people", "frobnicate"}, 2, "add, list, roles, reset, disable or enable"},
	} {
		if got := rowan(t, "", c.args...); got.code != c.code || !strings.Contains(got.err, c.says) || got.out != "" {
			t.Errorf("%v: exit code %d, want %d and %q in\n%s%s", c.args, got.code, c.code, c.says, got.out, got.err)
		}
	}
	d, err := people.Open(t.Context(), data, people.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	entries, err := d.Audit(t.Context(), people.AuditFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range entries {
		if e.Permission != people.OnTheMachine || e.Person != "" {
			t.Errorf("%+v", e)
		}
		seen[e.Route]++
		if e.Status >= 400 {
			seen["failed"]++
		}
	}
	for route, n := range map[string]int{"rowan people add": 3, "rowan people reset": 1, "rowan people roles": 2, "rowan people disable": 2, "rowan people enable": 1, "failed": 3} {
		if seen[route] != n {
			t.Errorf("%s is %d times in the audit log, want %d", route, seen[route], n)
		}
	}
}

func TestSettingsOpenTheDoor(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "s3cret\n")
	path := write(t, filepath.Join(dir, "rowan.yaml"), `people:
  proxies: [10.0.0.0/8, "::1"]
  without_code: [moderator]
  session: {idle: 10m}
  oidc: {issuer: "https://id.example", client_id: rowan, client_secret_file: secret, url: "https://console.example", roles: {moderator: [safety]}}
`)
	s, err := readSettings(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	door, err := s.door()
	if err != nil || door.Provider == nil || len(door.Proxies) != 2 || door.Proxies[1].Bits() != 128 || len(door.WithoutCode) != 1 {
		t.Errorf("%+v, %v", door, err)
	}
	s.People.OIDC.SecretFile = "missing"
	if _, err := s.door(); err == nil {
		t.Error("a secret that is not there was taken")
	}
	s.People.OIDC.SecretFile = filepath.Join(dir, "empty")
	write(t, s.People.OIDC.SecretFile, " \n")
	if _, err := s.door(); err == nil {
		t.Error("an empty secret was taken")
	}
}

func TestSettingsOfPeopleAreChecked(t *testing.T) {
	for text, says := range map[string]string{
		"people:\n  proxies: [somewhere]\n":                         `:2: "somewhere": want an address`,
		"people:\n  session:\n    idle: 5s\n":                       ":3: idle is 5s",
		"people:\n  oidc:\n    issuer: http://id.example\n":         "client_id is missing",
		"people:\n  oidc:\n    issuer: x\n    client_secret: abc\n": ":4: unknown key client_secret",
		"people:\n  oidc: {issuer: 'http://id.example', url: 'https://c.example', client_id: rowan, roles: {moderator: [x]}}\n": ":2: oidc: issuer: ",
		"people:\n  without_code: [king]\n": ":2: there is no role",
	} {
		_, err := readSettings(write(t, filepath.Join(t.TempDir(), "rowan.yaml"), text), "")
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func TestTheDocumentListsEveryRole(t *testing.T) {
	var have []string
	for _, table := range wings() {
		for role := range table {
			have = append(have, string(role))
		}
	}
	same(t, "role", have, rows(pages(t)["docs/people.md"], `[a-z_]+`))
}
