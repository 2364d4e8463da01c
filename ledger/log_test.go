package ledger_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rowan/ledger"
	"rowan/ledger/sqlite"
)

var testTime = time.UnixMilli(1_700_000_000_000)

func newLog(t testing.TB) (*ledger.Log, note.Verifier) {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "log.db"))
	if err != nil {
		t.Fatal(err)
	}
	salts, err := sqlite.OpenSalts(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), salts.Close()); err != nil {
			t.Error(err)
		}
	})
	skey, vkey, err := note.GenerateKey(rand.Reader, "example.test/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ctx, store, ledger.Options{Signer: signer, Salts: salts})
	if err != nil {
		t.Fatal(err)
	}
	return l, verifier
}

func TestPeopleAreCommitmentsThatTheirSaltOpens(t *testing.T) {
	ctx := t.Context()
	salts, err := sqlite.OpenSalts(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := salts.Close(); err != nil {
			t.Error(err)
		}
	})
	s := ledger.Statement{Kind: ledger.Case, Of: "case/1", What: "opened", Subjects: map[string]string{"actor": "account/ada", "child": "account/ben"}}
	var records [2]ledger.Record
	for i := range records {
		if records[i], err = ledger.Conceal(ctx, salts, s); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := records[0].Encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(leaf), "ada") {
		t.Errorf("the leaf names somebody: %s", leaf)
	}
	if records[0].Subjects["actor"] == records[1].Subjects["actor"] {
		t.Error("two records about the same person can be told to be so")
	}
	o, err := ledger.Disclose(ctx, salts, &records[0], "actor", "account/ada")
	if err != nil || !o.Opens(records[0].Subjects["actor"]) {
		t.Errorf("the holder cannot open the commitment: %v", err)
	}
	if o.Opens(records[0].Subjects["child"]) || o.Opens(records[1].Subjects["actor"]) {
		t.Error("one opening opens another commitment")
	}
	if _, err := ledger.Disclose(ctx, salts, &records[0], "actor", "account/eve"); err == nil {
		t.Error("the commitment was opened to somebody else")
	}
	if err := salts.Erase(ctx, "account/ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Disclose(ctx, salts, &records[0], "actor", "account/ada"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("after erasure: %v", err)
	}
	if _, err := ledger.Disclose(ctx, salts, &records[0], "child", "account/ben"); err != nil {
		t.Errorf("the other person's part does not open any more: %v", err)
	}
}

func TestCheckpoints(t *testing.T) {
	ctx := t.Context()
	l, key := newLog(t)
	if _, err := l.Record(ctx, ledger.Statement{Kind: ledger.Setting, What: "changed"}); err != nil {
		t.Fatal(err)
	}
	signed, err := l.Sign(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := ledger.OpenCheckpoint(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := l.Tree()
	if err != nil || c.Tree != tree || c.N != 1 {
		t.Errorf("the checkpoint says %+v, the log %+v, %v", c, tree, err)
	}
	again, err := l.Sign(ctx)
	if err != nil || string(again) != string(signed) {
		t.Errorf("a log that has not grown was signed anew: %v", err)
	}
	for i := range signed {
		for _, flip := range []byte{1, 2, 4, 16, 0x80} {
			other := append([]byte(nil), signed...)
			other[i] ^= flip
			if _, _, err := ledger.OpenCheckpoint(other, key); err == nil {
				t.Errorf("byte %d changed by %d: %q was taken", i, flip, other)
			}
		}
	}
}

func TestAWriteThatFailedIsForgotten(t *testing.T) {
	ctx := t.Context()
	l, _ := newLog(t)
	record := []ledger.Record{{Kind: ledger.Setting}}
	lost := errors.New("the disk is full")
	if _, err := l.Extend(ctx, testTime, record, func(*ledger.Extension) error { return lost }); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if first, err := l.Append(ctx, testTime, record...); first != 0 || err != nil {
		t.Errorf("the next leaf got place %d, %v", first, err)
	}
}
