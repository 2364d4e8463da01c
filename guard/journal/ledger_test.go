package journal_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
)

// proven checks the proofs of decisions as somebody would who has only the log.
func (s *site) proven(sequences ...uint64) []journal.Proven {
	s.t.Helper()
	ctx := s.t.Context()
	all, err := journal.NewArchive(s.store).Prove(ctx, sequences...)
	if err != nil {
		s.t.Fatal(err)
	}
	log, err := ledger.Open(ctx, s.store.Ledger(), ledger.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range all {
		leaf, err := log.Leaf(ctx, p.Leaf)
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := ledger.ParseRecord(leaf)
		if err != nil {
			s.t.Fatal(err)
		}
		step := ledger.Inclusion{Index: int64(p.Place), Size: r.Commit.Count, Path: p.Path}
		if err := step.Check(p.Record, r.Commit.Root); err != nil {
			s.t.Errorf("decision %d: %v", p.Sequence, err)
		}
		if d, err := ledger.ParseDecided(p.Record); err != nil || d.Sequence != p.Sequence || r.Commit.First+uint64(p.Place) != p.Sequence {
			s.t.Errorf("decision %d: %s, %v", p.Sequence, p.Record, err)
		}
	}
	return all
}

func TestEveryDecisionIsInTheLedger(t *testing.T) {
	s := newSite(t).tight().open()
	s.decide(traffic(3, "a", 300)...)
	s.reopen()
	s.decide(traffic(4, "b", 300)...)
	last := s.last()
	var all []uint64
	for n := range last {
		all = append(all, n+1)
	}
	if got := s.proven(all...); len(got) != int(last) {
		t.Errorf("%d of %d decisions have a proof", len(got), last)
	}
	if n, err := journal.NewArchive(s.store).Audit(t.Context(), 0); n != int64(last) || err != nil {
		t.Errorf("Audit: %d, %v", n, err)
	}
	// Nobody is named in it.
	err := s.Ledger().Read(t.Context(), 0, s.Ledger().Size(), func(_ int64, leaf ledger.Leaf) error {
		if strings.Contains(string(leaf), "child") || strings.Contains(string(leaf), "adult") {
			t.Errorf("%s", leaf)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheHolderOpensADecision(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", "did you finish the homework?"))
	p := s.proven(3)[0]
	if strings.Contains(string(p.Record), "adult") || strings.Contains(string(p.Record), "homework") {
		t.Errorf("the record is in the clear: %s", p.Record)
	}
	for slot, want := range []string{"account/adult", "account/child", "event/test m1", "did you finish the homework?"} {
		o, err := p.Open(slot, "did you finish the homework?")
		if err != nil || o.Value != want {
			t.Errorf("the %s is %q, %v; want %q", ledger.SlotName(slot), o.Value, err, want)
		}
	}
	if _, err := p.Open(ledger.TextSlot, "did you finish the painting?"); err == nil {
		t.Error("another text was opened")
	}
	d, err := ledger.ParseDecided(p.Record)
	if err != nil || d.Actor != "from" || d.Type != "rowan.message.sent" {
		t.Errorf("%s, %v", p.Record, err)
	}
}

func TestRemovedTextLeavesTheProofAndTakesTheSalt(t *testing.T) {
	s := newSite(t)
	s.options.TextDays = 1
	s.open()
	introduce(s)
	s.decide(message("m1", "see you at training"), message("m2", "bring the ball"))
	s.now = s.now.AddDate(0, 0, 3)
	s.sweep()
	leaf, err := s.Ledger().Leaf(t.Context(), s.Ledger().Size()-1)
	if err != nil || !strings.Contains(string(leaf), `"commits_emptied":"1","commits_thinned":"0"`) {
		t.Errorf("the ledger says of the removal: %s, %v", leaf, err)
	}
	p := s.proven(3, 4)
	if _, err := p[0].Open(ledger.TextSlot, "see you at training"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("the text's commitment opens after the text is gone: %v", err)
	}
	if _, err := p[0].Open(ledger.FromSlot, ""); err != nil {
		t.Errorf("the account's does not open: %v", err)
	}
}

func TestForgettingAnAccountBreaksTheLinkAndNoProof(t *testing.T) {
	ctx := t.Context()
	s := newSite(t)
	salts, err := logs.OpenSalts(ctx, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { salts.Close() })
	s.options.Salts = salts
	s.open()
	introduce(s)
	other := message("m2", "the match is on sunday")
	other.From = "coach"
	s.decide(message("m1", "hello"), other)
	at, err := s.Record(ctx, ledger.Statement{Kind: ledger.Case, Of: "case/1", What: "opened", Subjects: map[string]string{"actor": "account/adult"}})
	if err != nil {
		t.Fatal(err)
	}
	before := s.proven(1, 2, 3, 4)
	for i, text := range []string{"hello", "the match is on sunday"} {
		if _, err := before[2+i].Open(ledger.TextSlot, text); err != nil {
			t.Errorf("the text of decision %d does not open: %v", 3+i, err)
		}
	}
	f, err := s.Forget(ctx, "adult")
	if err != nil || f.Decisions != 2 || f.Commits != 2 || f.Texts != 1 {
		t.Errorf("forgot %+v, %v", f, err)
	}
	after := s.proven(1, 2, 3, 4)
	for i := range after {
		if string(after[i].Record) != string(before[i].Record) {
			t.Errorf("the record changed from\n%s to\n%s", before[i].Record, after[i].Record)
		}
	}
	for _, slot := range []int{ledger.FromSlot, ledger.EventSlot, ledger.TextSlot} {
		if _, err := after[2].Open(slot, "hello"); !errors.Is(err, ledger.ErrErased) {
			t.Errorf("the %s still opens: %v", ledger.SlotName(slot), err)
		}
	}
	for _, open := range []struct{ decision, slot int }{{2, ledger.ToSlot}, {3, ledger.FromSlot}, {3, ledger.ToSlot}, {1, ledger.FromSlot}} {
		if _, err := after[open.decision].Open(open.slot, ""); err != nil {
			t.Errorf("decision %d does not open any more: %v", open.decision+1, err)
		}
	}
	if _, err := after[3].Open(ledger.TextSlot, "the match is on sunday"); err != nil {
		t.Errorf("what somebody else wrote does not open any more: %v", err)
	}
	leaf, err := s.Ledger().Leaf(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ledger.ParseRecord(leaf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Disclose(ctx, salts, r, "actor", "account/adult"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("the statement still opens: %v", err)
	}
	if again, err := s.Forget(ctx, "adult"); err != nil || again.Decisions != 0 {
		t.Errorf("forgot again: %+v, %v", again, err)
	}
	if _, err := journal.NewArchive(s.store).Audit(ctx, 0); err != nil {
		t.Error(err)
	}
}

// exec changes the journal's file behind its back.
func (s *site) exec(statements ...string) {
	s.t.Helper()
	s.close()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, sqlite.JournalFile))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestAnOlderJournalGetsALedger(t *testing.T) {
	s := newSite(t).open()
	s.decide(traffic(5, "a", 50)...)
	was := s.fingerprint()
	s.exec(`DROP TABLE logged`, `DROP TABLE leaf`, `DROP TABLE tile`, `DROP TABLE checkpoint`, `PRAGMA user_version = 1`)
	s.open()
	if s.fingerprint() != was {
		t.Error("the state changed")
	}
	leaf, err := s.Ledger().Leaf(t.Context(), 0)
	if err != nil || !strings.Contains(string(leaf), `"facts":{"after":"50"},"kind":"start"`) {
		t.Errorf("the first leaf is %s, %v", leaf, err)
	}
	s.reopen() // with nothing decided since
	s.decide(traffic(6, "b", 50)...)
	s.proven(51, 100)
	archive := journal.NewArchive(s.store)
	if _, err := archive.Prove(t.Context(), 50); !errors.Is(err, journal.ErrBeforeLedger) {
		t.Errorf("a decision from before the ledger: %v", err)
	}
	if n, err := archive.Audit(t.Context(), 0); n != 50 || err != nil {
		t.Errorf("Audit: %d, %v", n, err)
	}
}

func TestAJournalThatDisagreesWithItsLedgerIsRefused(t *testing.T) {
	for name, statement := range map[string]string{
		"the last entry is gone":       `DELETE FROM entry WHERE first = (SELECT max(first) FROM entry)`,
		"the last place is gone":       `DELETE FROM logged WHERE first = (SELECT max(first) FROM logged)`,
		"the last leaves are gone":     `DELETE FROM leaf WHERE place >= (SELECT max(leaf) FROM logged)`,
		"the last commit is another's": `UPDATE logged SET leaf = leaf - 1 WHERE first = (SELECT max(first) FROM logged)`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t).tight().open()
			s.decide(traffic(5, "a", 20)...)
			s.decide(traffic(6, "b", 20)...)
			s.exec(statement)
			s.withoutCheckpoints()
			if err := s.tryOpen(); err == nil {
				t.Error("opened")
			} else if !strings.Contains(err.Error(), "ledger") {
				t.Error(err)
			}
		})
	}
}

func TestAuditFindsAChangedEntry(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", "hello"))
	s.exec(`UPDATE logged SET veil = zeroblob(37) WHERE first = 1`)
	s.open()
	if _, err := journal.NewArchive(s.store).Audit(t.Context(), 0); err == nil {
		t.Error("another seed was not noticed")
	}
}

func TestTheDataInForceAreInTheLedger(t *testing.T) {
	s := newSite(t).open()
	leaf, err := s.Ledger().Leaf(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ledger.ParseRecord(leaf)
	if err != nil || r.Kind != ledger.Versions {
		t.Fatalf("%s, %v", leaf, err)
	}
	for _, kind := range []string{"policy", "model", "taxonomy", "lexicon"} {
		if !strings.Contains(r.Facts[kind], " sha256:") {
			t.Errorf("%s is %q", kind, r.Facts[kind])
		}
	}
}

func TestStatementsComeBetweenCommits(t *testing.T) {
	s := newSite(t).tight().open()
	done := make(chan error)
	go func() {
		var err error
		for i := range 50 {
			_, more := s.Record(t.Context(), ledger.Statement{Kind: ledger.Setting, Of: fmt.Sprint("setting/", i)})
			err = errors.Join(err, more)
		}
		done <- err
	}()
	for _, part := range slices.Collect(slices.Chunk(traffic(7, "a", 300), 10)) {
		s.decide(part...)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n, err := journal.NewArchive(s.store).Audit(t.Context(), 0); n != 300 || err != nil {
		t.Errorf("Audit: %d, %v", n, err)
	}
	wantLeaves(t, s.store, 300)
}

func TestAJournalThatIsClosedHasSignedAllOfItsLedger(t *testing.T) {
	ctx := t.Context()
	s := newSite(t)
	key, err := ledger.OpenKey(filepath.Join(s.dir, ledger.KeyFile), "log", ledger.LogKey, s.options.Now)
	if err != nil {
		t.Fatal(err)
	}
	s.options.Signer = key
	s.open()
	introduce(s)
	if err := s.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	signed, err := s.Ledger().Checkpoint(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := ledger.SizeOf(signed); err != nil || size != s.Ledger().Size() {
		t.Errorf("%d of %d leaves are signed, %v", size, s.Ledger().Size(), err)
	}
}

// Without its ledger a journal can be measured and no more: it is refused where
// there is one.
func TestAJournalWithoutItsLedger(t *testing.T) {
	s := newSite(t)
	s.options.NoLedger = true
	s.open()
	introduce(s)
	s.decide(message("m1", "hello"))
	if n := s.Ledger().Size(); n != 0 {
		t.Errorf("%d leaves", n)
	}
	if _, err := s.Record(t.Context(), ledger.Statement{Kind: ledger.Case}); err == nil {
		t.Error("a statement was taken")
	}
	if _, err := journal.NewArchive(s.store).Prove(t.Context(), 3); !errors.Is(err, journal.ErrBeforeLedger) {
		t.Errorf("a proof: %v", err)
	}
	s.close()
	s.options.NoLedger = false
	s.open() // the ledger begins here, and says after how many decisions
	leaf, err := s.Ledger().Leaf(t.Context(), 0)
	if err != nil || !strings.Contains(string(leaf), `"after":"3"`) {
		t.Errorf("%s, %v", leaf, err)
	}
	s.close()
	s.options.NoLedger = true
	if err := s.tryOpen(); err == nil || !strings.Contains(err.Error(), "cannot go on without it") {
		t.Errorf("opened: %v", err)
	}
}
