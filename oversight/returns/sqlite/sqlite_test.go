package sqlite_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/oversight/returns/sqlite"
	"rowan/oversight/returns/storetest"
)

func inbox(t *testing.T) *sqlite.Inbox {
	t.Helper()
	s, err := sqlite.OpenInbox(t.Context(), t.TempDir())
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

func TestInbox(t *testing.T) {
	storetest.Inbox(t, func(t *testing.T) returns.InboxStore { return inbox(t) })
}

func TestObservations(t *testing.T) {
	storetest.Observations(t, func(t *testing.T) conformance.Observations { return inbox(t) })
}

func TestFigures(t *testing.T) {
	storetest.Figures(t, func(t *testing.T) returns.FigureStore {
		s, err := sqlite.OpenFigures(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

// A file of before shares were kept gets them from the verdicts in it.
func TestAnOlderFileGetsItsShares(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := sqlite.OpenInbox(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := returns.ParsePeriod("2026-Q3")
	if err != nil {
		t.Fatal(err)
	}
	figure := returns.Figure{Key: returns.Key{Metric: "met", Definition: 1, Period: p, Cohort: returns.Cohort{Item: "j1"}}, Value: returns.Part(3, 4)}
	r := returns.Received{Service: "chat", Template: "ofcom", Period: p, Version: 1, Document: []byte("{}"), Verdict: &returns.Verdict{Figures: []returns.Checked{{Figure: figure, State: returns.Claimed}}}}
	if err := errors.Join(s.Put(ctx, r), s.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.InboxFile))
	if err == nil {
		_, err = db.ExecContext(ctx, `DROP TABLE share; DROP TABLE stated; PRAGMA user_version = 1`)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err = sqlite.OpenInbox(ctx, dir); err != nil {
		t.Fatal(err)
	}
	got, err := s.Shares(ctx, "met", "j1", p)
	stated, failed := s.Stated(ctx, "met")
	if err := errors.Join(err, failed, s.Close()); err != nil || len(got) != 1 || !got[0].Value.Equal(figure.Value) || len(stated) != 1 {
		t.Errorf("%+v, %+v, %v", got, stated, err)
	}
}
