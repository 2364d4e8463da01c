package journal_test

import (
	"testing"

	"rowan/guard/journal"
	"rowan/ledger"
)

func TestTheRecordsOfACommitAreThoseUnderItsRoot(t *testing.T) {
	s := newSite(t).tight().open()
	s.decide(traffic(3, "a", 300)...)
	archive := journal.NewArchive(s.store)
	next := uint64(1)
	err := s.Ledger().Read(t.Context(), 0, s.Ledger().Size(), func(_ int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err != nil || r.Commit == nil {
			return err
		}
		return archive.Decisions(t.Context(), r.Commit, func(record []byte) error {
			d, err := ledger.ParseDecided(record)
			if err != nil {
				return err
			}
			if d.Sequence != next {
				t.Errorf("decision %d stands where %d must", d.Sequence, next)
			}
			next++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if next-1 != s.last() {
		t.Errorf("%d of %d decisions were told", next-1, s.last())
	}
	if err := archive.Decisions(t.Context(), &ledger.Batch{First: 1, Last: 1, Count: 1}, func([]byte) error { return nil }); err == nil {
		t.Error("records were told of another root")
	}
}
