package ledger_test

import (
	"bytes"
	"testing"

	"rowan/ledger"
)

// What is read is written the same.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"at":1,"commit":{"count":1,"first":1,"last":1,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"kind":"commit","v":1}`))
	f.Add([]byte(`{"at":1,"facts":{"a":"b"},"kind":"setting","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","subjects":{"by":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"v":1,"what":"x"}`))
	f.Add([]byte(`{"action":"allow","at":1,"kind":"decision","level":"none","risk":0,"sequence":1,"type":"x","v":1}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		if r, err := ledger.ParseRecord(src); err == nil {
			if again, err := r.Encode(); err != nil || !bytes.Equal(again, src) {
				t.Errorf("%q is written as %q, %v", src, again, err)
			}
		}
		if d, err := ledger.ParseDecided(src); err == nil {
			if again := d.Append(nil); !bytes.Equal(again, src) {
				t.Errorf("%q is written as %q", src, again)
			}
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add("a/log\n12\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ledger.ParseCheckpoint(text); err == nil && c.Text() != text {
			t.Errorf("%q is written as %q", text, c.Text())
		}
	})
}

func FuzzVeil(f *testing.F) {
	f.Add(ledger.NewVeil(ledger.Salt{1}).Erase(3, 1).Append(nil), 3)
	f.Fuzz(func(t *testing.T, src []byte, place int) {
		v, err := ledger.ParseVeil(src)
		if err != nil {
			return
		}
		place = max(0, min(place, ledger.MaxDecisions-1))
		v.Salt(place, 1)
		if _, err := v.Erase(place, 1).Salt(place, 1); err == nil && bytes.Count(src, nil) < 40 {
			t.Error("an erased salt is still there")
		}
	})
}
