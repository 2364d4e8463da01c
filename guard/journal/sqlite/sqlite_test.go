package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/journal/storetest"
)

func TestStoreContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) journal.Store {
		s, err := sqlite.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestCheckpointsContract(t *testing.T) {
	storetest.RunCheckpoints(t, func(t *testing.T) journal.Checkpoints {
		s, err := sqlite.OpenCheckpoints(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func open(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// What was committed is there after the file is closed and opened again, in a
// directory whose name needs escaping.
func TestTheFileKeepsWhatWasAppended(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a dir?with#signs%20")
	s, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), &journal.Entry{First: 1, Last: 3, At: 5, Config: 2, Records: []byte("records")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	e, err := open(t, dir).Entry(t.Context(), 2)
	if err != nil || string(e.Records) != "records" {
		t.Errorf("%+v, %v", e, err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory has mode %v, %v; want 0700", info.Mode(), err)
	}
}

func TestAFileOfALaterVersionIsRefused(t *testing.T) {
	for file, reopen := range map[string]func(dir string) error{
		sqlite.JournalFile: func(dir string) error { _, err := sqlite.Open(t.Context(), dir); return err },
		sqlite.CheckpointFile: func(dir string) error {
			_, err := sqlite.OpenCheckpoints(t.Context(), dir)
			return err
		},
	} {
		dir := t.TempDir()
		exec(t, filepath.Join(dir, file), `PRAGMA user_version = 99`)
		if err := reopen(dir); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "99") {
			t.Errorf("%s of version 99: %v", file, err)
		}
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{sqlite.JournalFile, sqlite.CheckpointFile} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sqlite.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), sqlite.JournalFile) {
		t.Errorf("%v; want an error that names the file", err)
	}
	if _, err := sqlite.OpenCheckpoints(t.Context(), dir); err == nil || !strings.Contains(err.Error(), sqlite.CheckpointFile) {
		t.Errorf("%v; want an error that names the file", err)
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, sqlite.JournalFile, "below a file")); err == nil {
		t.Error("a directory below a file was made")
	}
}

func exec(t *testing.T, path, statement string) {
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

// A closed store and closed checkpoints answer with errors, not with nothing.
func TestAClosedStoreIsAnError(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenCheckpoints(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	began, err := c.Begin(t.Context(), 1, "x")
	if err != nil {
		t.Fatal(err)
	}
	if s.Close() != nil || c.Close() != nil {
		t.Fatal("close failed")
	}
	if err := began.Write("x", nil); err == nil {
		t.Error("a page was written into a closed file")
	}
	if err := began.Finish(); err == nil {
		t.Error("a checkpoint was finished in a closed file")
	}
	if err := began.Abandon(); err != nil {
		t.Errorf("abandon: %v", err)
	}
	if _, err := c.Begin(t.Context(), 1, "x"); err == nil {
		t.Error("a checkpoint was begun in a closed file")
	}
	if _, err := c.Latest(t.Context(), "x", nil); err == nil {
		t.Error("a closed file has a checkpoint")
	}
	if _, err := s.Last(t.Context()); err == nil {
		t.Error("a closed store has a last entry")
	}
}
