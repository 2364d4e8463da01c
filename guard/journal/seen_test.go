package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/guard/engine"
)

// buckets answers for the runs that it was given.
type bucketStore struct {
	Store
	runs map[uint64]*Run
	err  error
}

func (b *bucketStore) Bucket(_ context.Context, run uint64, bucket int) ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	r := b.runs[run]
	if r == nil {
		return nil, nil
	}
	return r.Buckets[bucket], nil
}

// However many runs were closed and whether or not they are in the store yet,
// each key is found under its number, for as long as its run is kept.
func TestSeenFindsWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		store := &bucketStore{runs: map[uint64]*Run{}}
		keep := rapid.IntRange(1, 4).Draw(t, "runs kept")
		s := newSeen(store, engine.Seed{}, rapid.IntRange(1, 40).Draw(t, "run size"), keep)
		var waiting []*Run // closed, not yet in the store
		var sequence uint64
		added := map[string]uint64{}
		ended := map[uint64]uint64{} // sequence -> run
		for i := range rapid.IntRange(0, 300).Draw(t, "events") {
			id := fmt.Sprint("event", i)
			sequence++
			s.add(s.key("source", id), sequence)
			added[id] = sequence
			if s.full() {
				run := s.closeRun(sequence)
				waiting = append(waiting, run)
				for n := sequence; n > 0 && ended[n] == 0; n-- {
					ended[n] = run.ID
				}
				s.surplus()
			}
			if len(waiting) > 0 && rapid.Bool().Draw(t, "commit") {
				store.runs[waiting[0].ID] = waiting[0]
				s.settled(waiting[0].Last)
				waiting = waiting[1:]
			}
		}
		newest := s.next - 1
		for id, want := range added {
			got, ok, err := s.find(ctx, s.key("source", id))
			if err != nil {
				t.Fatal(err)
			}
			kept := ended[want] == 0 || ended[want]+uint64(keep) > newest
			if kept && (!ok || got != want) {
				t.Fatalf("%s is found as %d, %v; want %d", id, got, ok, want)
			}
			if ok && got != want {
				t.Fatalf("%s is found as %d, want %d", id, got, want)
			}
		}
		for i := range 100 {
			if n, ok, _ := s.find(ctx, s.key("source", fmt.Sprint("never", i))); ok {
				t.Fatalf("an event that never was is found as %d", n)
			}
		}
	})
}

// The key of an event tells its source from its id.
func TestKeysTellSourceFromID(t *testing.T) {
	s := newSeen(nil, engine.Seed{1}, 1, 1)
	keys := map[Key]string{}
	for _, pair := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", ""}, {"a", "b"}, {"b", "a"}} {
		k := s.key(pair[0], pair[1])
		if was, ok := keys[k]; ok {
			t.Errorf("%q has the key of %q", pair, was)
		}
		if k != s.key(pair[0], pair[1]) {
			t.Errorf("%q has two keys", pair)
		}
		keys[k] = strings.Join(pair[:], "/")
	}
	if newSeen(nil, engine.Seed{2}, 1, 1).key("a", "b") == s.key("a", "b") {
		t.Error("another seed gives the same key")
	}
}

func TestSeenReportsAStoreThatFails(t *testing.T) {
	failed := errors.New("disk gone")
	s := newSeen(&bucketStore{err: failed}, engine.Seed{}, 1, 1)
	k := s.key("a", "b")
	s.add(k, 1)
	s.closeRun(1)
	if _, ok, err := s.find(context.Background(), k); err != nil || !ok {
		t.Errorf("before the commit: %v, %v", ok, err)
	}
	s.settled(1)
	if _, _, err := s.find(context.Background(), k); !errors.Is(err, failed) {
		t.Errorf("%v, want the store's error", err)
	}
}

// A filter has no false negatives and few false positives.
func TestFilter(t *testing.T) {
	const n = 50_000
	s := newSeen(nil, engine.Seed{}, 1, 1)
	f := newFilter(n)
	for i := range n {
		filterAdd(f, s.key("in", fmt.Sprint(i)))
	}
	wrong := 0
	for i := range n {
		if !filterHas(f, s.key("in", fmt.Sprint(i))) {
			t.Fatalf("key %d is missing", i)
		}
		if filterHas(f, s.key("out", fmt.Sprint(i))) {
			wrong++
		}
	}
	t.Logf("%d false positives among %d", wrong, n)
	if wrong > n/500 {
		t.Errorf("%d false positives among %d, want at most 1 in 500", wrong, n)
	}
	if filterHas(newFilter(0), Key{1, 1}) {
		t.Error("an empty filter has a key")
	}
}

func TestKeyFileIsForItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	v, err := OpenVault(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, VaultFile)
	mode := func() os.FileMode {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	if mode() != 0o600 {
		t.Errorf("mode %04o, want 0600", mode())
	}
	if err := v.Rotate(now); err != nil || mode() != 0o600 {
		t.Errorf("after a rotation: mode %04o, %v", mode(), err)
	}
	for _, open := range []os.FileMode{0o640, 0o604, 0o666, 0o601} {
		if err := os.Chmod(path, open); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenVault(dir, now); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %04o: %v; want an error that says what to do", open, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 || left[1].Name() != VaultFile+".lock" {
		t.Errorf("%v, %v: only the key file and its lock should be there", left, err)
	}
}

func TestVaultOpensWhatItSealed(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	v, err := OpenVault(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("see you at the pool")
	row := func() *Text {
		sealed, key, err := v.seal(nil, 7, plain)
		if err != nil {
			t.Fatal(err)
		}
		return &Text{First: 7, Key: key, Sealed: sealed}
	}
	old := row()
	if bytes.Contains(old.Sealed, []byte("pool")) {
		t.Error("the sealed text can be read")
	}
	if again := row(); bytes.Equal(again.Sealed, old.Sealed) {
		t.Error("the same text sealed twice is the same bytes")
	}
	if err := v.Rotate(now); err != nil {
		t.Fatal(err)
	}
	newer := row()
	if newer.Key == old.Key || v.Current() != newer.Key {
		t.Errorf("after a rotation: key %d, before %d", newer.Key, old.Key)
	}
	for _, r := range []*Text{old, newer} {
		if got, err := v.open(r); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("key %d: %q, %v", r.Key, got, err)
		}
	}
	for name, r := range map[string]*Text{
		"of another entry": {First: 8, Key: old.Key, Sealed: old.Sealed},
		"with another key": {First: 7, Key: newer.Key, Sealed: old.Sealed},
		"with an unknown":  {First: 7, Key: 99, Sealed: old.Sealed},
		"cut":              {First: 7, Key: old.Key, Sealed: old.Sealed[:5]},
		"tampered":         {First: 7, Key: old.Key, Sealed: append(bytes.Clone(old.Sealed[:20]), 1, 2, 3)},
	} {
		if got, err := v.open(r); err == nil {
			t.Errorf("a row %s was opened: %q", name, got)
		}
	}

	// Another process that has rotated is noticed; a dropped key is gone.
	other, err := OpenVault(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Rotate(now); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, VaultFile), now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := v.Refresh(); err != nil || v.Current() != other.Current() {
		t.Errorf("after a refresh the newest key is %d, want %d; %v", v.Current(), other.Current(), err)
	}
	if err := v.Drop(newer.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := v.open(old); err == nil {
		t.Error("a dropped key still opens")
	}
	if _, err := v.open(newer); err != nil {
		t.Errorf("a key that was to stay: %v", err)
	}
	if err := v.Drop(1 << 30); err != nil || v.Current() != other.Current() {
		t.Errorf("all keys were dropped: %v", err)
	}
}

func TestADamagedKeyFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	path := filepath.Join(dir, VaultFile)
	for _, src := range []string{"", "[]", "{", `[{"number":1,"secret":"abc"}]`, `[{"number":1,"secret":"zz"}]`} {
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenVault(dir, now); err == nil || !strings.Contains(err.Error(), "text keys") || strings.Contains(err.Error(), "abc") {
			t.Errorf("%q: %v", src, err)
		}
	}
	if _, err := OpenVault(filepath.Join(dir, "nowhere"), now); err == nil {
		t.Error("keys were made in a directory that is not there")
	}
	v := &Vault{path: filepath.Join(dir, "gone")}
	if err := v.Refresh(); err == nil {
		t.Error("a key file that is gone was refreshed")
	}
}

// A key that another process added meanwhile is not lost by a change.
func TestVaultsOfTwoProcessesLoseNoKey(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	server, err := OpenVault(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	command, err := OpenVault(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*Vault{command, server, command} {
		if err := v.Rotate(now); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Drop(3); err != nil {
		t.Fatal(err)
	}
	if server.Current() != 4 || server.oldest() != 3 {
		t.Errorf("keys %d to %d are left, want 3 to 4", server.oldest(), server.Current())
	}
}
