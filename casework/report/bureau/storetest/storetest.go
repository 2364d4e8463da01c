// Package storetest is what every bureau.Store must do beside what its parts
// must.
package storetest

import (
	"testing"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/bureau"
	"rowan/casework/report/dispatch"
)

// Run checks a store; open makes an empty one.
func Run(t *testing.T, open func(t *testing.T) bureau.Store) {
	at := time.Date(2026, 9, 14, 16, 0, 0, 0, time.UTC)
	t.Run("a person's newer word takes the place of the older one", func(t *testing.T) {
		s := open(t)
		for _, sign := range []report.SignOff{{By: "p-1", At: at, Digest: "a"}, {By: "p-2", At: at, Digest: "a"}, {By: "p-1", At: at.Add(time.Hour), Digest: "b"}} {
			if err := s.Sign(t.Context(), 7, "ncmec", sign); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Signs(t.Context(), 7, "ncmec")
		if err != nil || len(got) != 2 || got[0].Digest != "b" || !got[0].At.Equal(at.Add(time.Hour)) || got[1].By != "p-2" {
			t.Errorf("%+v, %v", got, err)
		}
		for _, of := range []struct {
			id int64
			to string
		}{{7, "nca"}, {8, "ncmec"}} {
			if got, err := s.Signs(t.Context(), of.id, of.to); err != nil || len(got) != 0 {
				t.Errorf("%+v: %+v, %v", of, got, err)
			}
		}
	})
	t.Run("what was said last is kept", func(t *testing.T) {
		s := open(t)
		if _, is, err := s.Told(t.Context(), 7); is || err != nil {
			t.Errorf("%v, %v", is, err)
		}
		for _, body := range []string{"one", "two"} {
			if err := s.Tell(t.Context(), 7, dispatch.Sealed{Number: 3<<61 | 7, Key: 2, Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
		x, is, err := s.Told(t.Context(), 7)
		if err != nil || !is || string(x.Body) != "two" || x.Key != 2 || x.Number != 3<<61|7 {
			t.Errorf("%+v, %v, %v", x, is, err)
		}
	})
}
