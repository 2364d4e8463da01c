package keys

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s *Store, name string) (string, Key) {
	t.Helper()
	secret, key, err := s.Create(name, now)
	if err != nil {
		t.Fatal(err)
	}
	return secret, key
}

func TestCreateCheckRevoke(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	secret, key := create(t, s, "chat")
	if !strings.HasPrefix(secret, "rowan_"+key.ID+"_") || len(secret) != len("rowan_")+12+1+43 || strings.ContainsAny(secret, " \n") {
		t.Errorf("secret has the form of %d characters", len(secret))
	}
	if id, ok := s.Check(secret, now); !ok || id != key.ID {
		t.Errorf("the new key: %q, %v", id, ok)
	}
	if err := s.Revoke(key.ID, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Check(secret, now); ok {
		t.Error("a revoked key is valid")
	}
	if err := s.Revoke(key.ID, now); !errors.Is(err, ErrRevoked) {
		t.Errorf("revoked again: %v", err)
	}
	if err := s.Revoke("none", now); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	keys, err := s.List()
	if err != nil || len(keys) != 1 || keys[0].Name != "chat" || keys[0].Revoked == nil || !keys[0].Revoked.Equal(now.Add(time.Hour)) {
		t.Errorf("%v, %+v", err, keys)
	}
}

func TestFileHoldsNoSecretAndIsPrivate(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	secret, _ := create(t, s, "chat")
	src, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if random := secret[strings.LastIndex(secret[:20], "_")+1:]; strings.Contains(string(src), random) {
		t.Error("the secret is in the file")
	}
	info, err := os.Stat(filepath.Join(dir, File))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v, %d files in the directory, want 1", err, len(left))
	}
}

func TestWrongSecrets(t *testing.T) {
	s := open(t, t.TempDir())
	secret, key := create(t, s, "chat")
	other, _ := create(t, s, "game")
	for name, wrong := range map[string]string{
		"empty": "", "prefix only": "rowan_", "no secret": "rowan_" + key.ID, "cut": secret[:len(secret)-1], "longer": secret + "A",
		"other id":      strings.Replace(other, strings.Split(other, "_")[1], key.ID, 1),
		"unknown id":    strings.Replace(secret, key.ID, "000000000000", 1),
		"other prefix":  "robin" + secret[5:],
		"not base64":    secret[:len(secret)-1] + "*",
		"unused bits":   secret[:len(secret)-1] + string(rune(secret[len(secret)-1]+1)), // decodes to the same bytes unless strict
		"all the same":  "rowan_" + key.ID + "_" + strings.Repeat("A", 43),
		"hash as a key": "rowan_" + key.ID + "_" + key.SHA256[:43],
	} {
		if _, ok := s.Check(wrong, now); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRunningServerNoticesOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	server, tool := open(t, dir), open(t, dir)
	secret, key := create(t, tool, "chat")
	if _, ok := server.Check(secret, now); !ok {
		t.Error("a new key is not known at once")
	}
	if err := tool.Revoke(key.ID, now); err != nil {
		t.Fatal(err)
	}
	if _, ok := server.Check(secret, now.Add(500*time.Millisecond)); !ok {
		t.Error("the file was looked at again within a second")
	}
	if _, ok := server.Check(secret, now.Add(time.Second)); ok {
		t.Error("a revoked key is valid after a second")
	}
	again, _ := create(t, tool, "chat")
	if _, ok := server.Check(again, now.Add(time.Second)); !ok {
		t.Error("the next key is not known")
	}
	if err := os.Remove(filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	if _, ok := server.Check(again, now.Add(3*time.Second)); ok {
		t.Error("a key is valid without a file")
	}
}

func TestDamagedFileKeepsTheKeysThatWereRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	secret, _ := create(t, s, "chat")
	if err := os.WriteFile(filepath.Join(dir, File), []byte("version: 1\nkeys: [{id: x, name: y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Check(secret, now.Add(2*time.Second)); !ok {
		t.Error("the key is no longer valid")
	}
	if s.Problem() == nil {
		t.Error("nothing says that the file is damaged")
	}
	if _, _, err := s.Create("more", now); err == nil {
		t.Error("a damaged file was written over")
	}
}

func TestOpenRefusesAndNamesTheLine(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for _, test := range []struct{ name, src, where string }{
		{"unknown key", "version: 1\nkeys:\n- id: a\n  secret: x\n", ":4: "},
		{"another version", "version: 7\nkeys: []\n", ":1: "},
		{"short hash", "version: 1\nkeys:\n- id: a\n  name: n\n  created: 2026-03-01T12:00:00Z\n  sha256: abcd\n", ":6: "},
		{"the same id twice", "version: 1\nkeys:\n- {id: a, name: n, created: 2026-03-01T12:00:00Z, sha256: " + hash + "}\n- {id: a, name: n, created: 2026-03-01T12:00:00Z, sha256: " + hash + "}\n", ":4: "},
		{"underscore in an id", "version: 1\nkeys:\n- {id: a_b, name: n, created: 2026-03-01T12:00:00Z, sha256: " + hash + "}\n", ":3: "},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, File), []byte(test.src), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), File+test.where) || strings.Contains(err.Error(), hash) {
			t.Errorf("%s: %v, want %s%s", test.name, err, File, test.where)
		}
	}
}

func TestNames(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{"", "a\nb", "\x1b[31m", strings.Repeat("x", 65)} {
		if _, _, err := s.Create(name, now); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	create(t, s, "Chat: Zürich #1 \"a\"")
	if keys, err := open(t, filepath.Dir(s.path)).List(); err != nil || keys[0].Name != "Chat: Zürich #1 \"a\"" {
		t.Errorf("%v, %+v", err, keys)
	}
}

func BenchmarkCheck(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	secret, _, err := s.Create("chat", now)
	if err != nil {
		b.Fatal(err)
	}
	s.Check(secret, now)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Check(secret, now); !ok {
			b.Fatal("not valid")
		}
	}
}
