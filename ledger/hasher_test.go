package ledger

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The short way is taken, and gives what the standard library gives, at every
// length around the ends of blocks.
func TestAHasherIsSHA256(t *testing.T) {
	var h, usual Hasher
	usual.begin()
	usual.export = nil
	long := bytes.Repeat([]byte("0123456789abcdef"), 40)
	for n := range len(long) {
		for _, h := range []*Hasher{&h, &usual} {
			h.empty()
			h.buf = append(h.buf, long[:n]...)
			if got, want := h.sum(), sha256.Sum256(long[:n]); got != want {
				t.Fatalf("of %d bytes: %x, want %x", n, got, want)
			}
			if !bytes.Equal(h.buf, long[:n]) {
				t.Fatalf("of %d bytes: they were changed", n)
			}
		}
	}
	if h.export == nil {
		t.Error("it calls Sum256: the standard library exports another form of state")
	}
}

func TestAHasherMakesWhatOthersCheck(t *testing.T) {
	var h Hasher
	salt := Salt{7}
	for _, value := range []string{"", "account/a", strings.Repeat("did you finish the homework? ", 40)} {
		if got := h.Commit(&salt, value[:len(value)/2], value[len(value)/2:]); got != salt.Commit(value) {
			t.Errorf("the commitment to %q differs", value)
		}
		d := Decided{Action: "allow", At: 5, Kind: Decision, Level: "none", Sequence: 9, Type: "rowan.message.sent", V: 1}
		record, sum := h.Decided(&d)
		if string(record) != string(d.Append(nil)) || sum != tlog.RecordHash(record) {
			t.Errorf("the record is %s", record)
		}
	}
	for n := 1; n < 70; n++ {
		hashes := make([]tlog.Hash, n)
		stored := []tlog.Hash{}
		for i := range hashes {
			leaf := []byte{byte(i)}
			hashes[i] = tlog.RecordHash(leaf)
			more, err := tlog.StoredHashes(int64(i), leaf, tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
				out := make([]tlog.Hash, len(at))
				for i := range at {
					out[i] = stored[at[i]]
				}
				return out, nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, more...)
		}
		want, err := tlog.TreeHash(int64(n), tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(at))
			for i := range at {
				out[i] = stored[at[i]]
			}
			return out, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := h.BatchRoot(hashes); got != want {
			t.Errorf("the root of %d differs", n)
		}
	}
}
