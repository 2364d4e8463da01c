package journal_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
)

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// texts are all the texts that are held.
func (s *site) texts() (held []string) {
	s.t.Helper()
	err := s.store.Texts(context.Background(), 0, 0, func(row *journal.Text) error {
		return s.vault.Plain(row, func(text string) { held = append(held, text) })
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return held
}

// sweep goes round all the text that is held, twice: a key is dropped after
// the second round.
func (s *site) sweep() {
	s.t.Helper()
	var sweep journal.Sweep
	for range 2 * (1 + int(s.last())/3) {
		if err := s.SweepText(context.Background(), &sweep, 3); err != nil {
			s.t.Fatal(err)
		}
	}
}

// found reports whether bytes stand in any file of the data directory.
func (s *site) found(what []byte) bool {
	s.t.Helper()
	files, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		src, err := os.ReadFile(filepath.Join(s.dir, f.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		if bytes.Contains(src, what) {
			return true
		}
	}
	return false
}

// Text is kept for pairs with a minor only, and never in the clear.
func TestTextIsKeptForEligiblePairsOnlyAndSealed(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	grown := enginetest.Age(enginetest.Start, "grown", 30, 40)
	grown.Source, grown.ID = "test", "who-grown"
	s.decide(grown)
	between := message("m1", "the quarry opens on thursday")
	between.To = []string{"grown"}
	s.decide(between, message("m2", "the harbour opens on friday"))
	if got := s.texts(); !slices.Equal(got, []string{"the harbour opens on friday"}) {
		t.Errorf("held: %q", got)
	}
	for _, word := range []string{"quarry", "harbour"} {
		if s.found([]byte(word)) {
			t.Errorf("%q can be read in a file", word)
		}
	}
	s.reopen()
	if s.found([]byte("harbour")) {
		t.Error("a text can be read in a file after a restart")
	}
}

func TestNoTextIsKeptIfNoneIsWanted(t *testing.T) {
	s := newSite(t)
	s.options.TextMessages = -1
	s.open()
	introduce(s)
	s.decide(message("m1", "hello"))
	if got := s.texts(); len(got) != 0 {
		t.Errorf("held: %q", got)
	}
}

// Of a pair the last messages are kept, and those not longer than some days;
// what is removed is overwritten in the file.
func TestTextIsRemovedInTime(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.options.TextMessages, s.options.Batch = 5, 4
	s.open()
	introduce(s)
	for i := range 23 {
		s.decide(message(fmt.Sprint("m", i), fmt.Sprint("line ", i)))
	}
	var sealed [][]byte
	if err := s.store.Texts(ctx, 0, 3, func(row *journal.Text) error { sealed = append(sealed, row.Sealed); return nil }); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	want := []string{"line 18", "line 19", "line 20", "line 21", "line 22"}
	if got := s.texts(); !slices.Equal(got, want) {
		t.Errorf("held %q, want %q", got, want)
	}
	s.reopen()
	for _, old := range sealed {
		if s.found(old[len(old)/2:]) {
			t.Error("a removed text is still in the file, if sealed")
		}
	}
	s.now = s.now.AddDate(0, 0, 29)
	s.decide(message("late", "a later line"))
	s.sweep()
	if got := s.texts(); len(got) != 5 || got[4] != "a later line" {
		t.Errorf("after 29 days: held %q", got)
	}
	s.now = s.now.AddDate(0, 0, 2)
	s.sweep()
	if got := s.texts(); !slices.Equal(got, []string{"a later line"}) {
		t.Errorf("after 31 days: held %q", got)
	}
	s.now = s.now.AddDate(0, 0, 30)
	s.sweep()
	if got := s.texts(); len(got) != 0 {
		t.Errorf("after all: held %q", got)
	}
	// The decisions are still there, and so is the replay.
	if found, err := journal.Replay(ctx, s.store, s.vault, journal.ReplayOptions{}, nil); err != nil || found.Same != 26 {
		t.Errorf("replay: %+v, %v", found, err)
	}
}

// In one commit, messages of a pair that are over are removed and those of
// others stay.
func TestOneCommitIsPrunedMessageByMessage(t *testing.T) {
	s := newSite(t)
	s.options.TextMessages = 2
	s.open()
	introduce(s)
	other := message("other", "for somebody else")
	other.To = []string{"somebody"}
	s.decide(message("m1", "line 1"), message("m2", "line 2"), other, message("m3", "line 3"))
	s.sweep()
	if got := s.texts(); !slices.Equal(got, []string{"line 2", "for somebody else", "line 3"}) {
		t.Errorf("held: %q", got)
	}
}

// After a rotation old text is sealed with the new key, and then the old key
// is forgotten.
func TestKeyRotation(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", "line 1"))
	old := s.vault.Current()
	if err := s.vault.Rotate(s.now); err != nil {
		t.Fatal(err)
	}
	s.decide(message("m2", "line 2"))
	s.sweep()
	if got := s.texts(); !slices.Equal(got, []string{"line 1", "line 2"}) {
		t.Errorf("held: %q", got)
	}
	if err := s.store.Texts(context.Background(), 0, 0, func(row *journal.Text) error {
		if row.Key == old {
			t.Errorf("entry %d is still sealed with the old key", row.First)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.vault.Plain(&journal.Text{First: 1, Key: old, Sealed: make([]byte, 40)}, nil); err == nil || !strings.Contains(err.Error(), "is not in") {
		t.Errorf("the old key is still there: %v", err)
	}
	s.reopen()
	if got := s.texts(); len(got) != 2 {
		t.Errorf("after a restart held: %q", got)
	}
}

// A row that cannot be opened is reported; the others are swept all the same,
// and no key is dropped while anything could not be sealed anew.
func TestARowThatCannotBeOpenedDoesNotKeepTheOthers(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.options.TextMessages = 1
	s.open()
	introduce(s)
	for i := range 4 {
		s.decide(message(fmt.Sprint("m", i), fmt.Sprint("line ", i)))
	}
	execute(t, filepath.Join(s.dir, sqlite.JournalFile), `UPDATE text SET sealed = zeroblob(40) WHERE first = (SELECT min(first) FROM text)`)
	if err := s.vault.Rotate(s.now); err != nil {
		t.Fatal(err)
	}
	var sweep journal.Sweep
	for range 3 {
		if err := s.SweepText(ctx, &sweep, 100); err == nil || !strings.Contains(err.Error(), "open text of entry") {
			t.Errorf("%v; want an error that names the entry", err)
		}
	}
	rows := 0
	if err := s.store.Texts(ctx, 0, 0, func(*journal.Text) error { rows++; return nil }); err != nil || rows != 2 {
		t.Errorf("%d rows are held, %v; want the newest and the damaged one", rows, err)
	}
	old := &journal.Text{First: 9, Key: 1, Sealed: make([]byte, 40)}
	if err := s.vault.Plain(old, nil); err == nil || strings.Contains(err.Error(), "is not in") {
		t.Errorf("the old key was dropped: %v", err)
	}
}

func TestASweepReportsAStoreThatFails(t *testing.T) {
	failed := errors.New("disk full")
	for _, call := range []string{"texts", "rewrite"} {
		s := newSite(t)
		s.options.TextMessages = 1
		s.wrap = func(store journal.Store) journal.Store {
			return &gate{Store: store, failed: map[string]error{call: failed}}
		}
		s.open()
		introduce(s)
		s.decide(message("m1", "line 1"), message("m2", "line 2"))
		if err := s.SweepText(context.Background(), &journal.Sweep{}, 100); !errors.Is(err, failed) {
			t.Errorf("%s: %v, want the store's error", call, err)
		}
		s.close()
	}
}

func TestDeletedTextIsOverwrittenBySQLite(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", "line 1"))
	var row *journal.Text
	if err := s.store.Texts(context.Background(), 0, 1, func(x *journal.Text) error { row = x; return nil }); err != nil || row == nil {
		t.Fatalf("no text is held: %v", err)
	}
	s.reopen() // moves the write-ahead log into the file
	if !s.found(row.Sealed) {
		t.Fatal("the sealed text is not in the file: the test shows nothing")
	}
	if err := s.store.Rewrite(context.Background(), []*journal.Text{{First: row.First}}); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	if s.found(row.Sealed) {
		t.Error("the removed text is still in the file")
	}
}
