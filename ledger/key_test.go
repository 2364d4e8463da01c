package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/ledger"
)

func TestAKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "ledger.key")
	k, err := ledger.OpenKey(path, "", ledger.LogKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := ledger.OpenKey(path, k.Name(), ledger.LogKey, time.Now)
	if err != nil || again.Verifier() != k.Verifier() {
		t.Errorf("another key came back: %v", err)
	}
	other, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "", ledger.LogKey, time.Now)
	if err != nil || other.Verifier() == k.Verifier() || other.Name() == k.Name() {
		t.Errorf("two logs got the same key or name: %v", err)
	}
	for what, open := range map[string]func() error{
		"another name":    func() error { _, err := ledger.OpenKey(path, "another", ledger.LogKey, time.Now); return err },
		"another purpose": func() error { _, err := ledger.OpenKey(path, "", ledger.WitnessKey, time.Now); return err },
		"a damaged file": func() error {
			src, _ := os.ReadFile(path)
			damaged := filepath.Join(t.TempDir(), "key")
			os.WriteFile(damaged, []byte(strings.Replace(string(src), "+A", "+B", 1)), 0o600)
			_, err := ledger.OpenKey(damaged, "", ledger.LogKey, time.Now)
			return err
		},
		"open to others": func() error {
			os.Chmod(path, 0o644)
			_, err := ledger.OpenKey(path, "", ledger.LogKey, time.Now)
			return err
		},
		"a strange name": func() error {
			_, err := ledger.OpenKey(filepath.Join(t.TempDir(), "k"), "a b", ledger.LogKey, time.Now)
			return err
		},
	} {
		if open() == nil {
			t.Errorf("%s: taken", what)
		}
	}
}
