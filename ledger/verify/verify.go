// Package verify checks evidence offline: a bundle, or a whole log as files. It
// says which record broke, and how. It needs the standard library and
// golang.org/x/mod only, and trusts nothing but the keys it is given.
package verify

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Keys are what is trusted. Each witness that is given must have cosigned.
type Keys struct {
	Log       note.Verifier
	Witnesses []note.Verifier
}

// ParseKeys reads keys as text. At least the log's is needed.
func ParseKeys(log string, witnesses ...string) (k Keys, err error) {
	if log == "" {
		return k, errors.New("the log's key is needed: without it nobody knows whose log it is")
	}
	if k.Log, err = ledger.NewVerifier(log); err != nil {
		return k, err
	}
	if _, ok := k.Log.(*ledger.Witness); ok {
		return k, fmt.Errorf("%q is a witness's key, not a log's", log)
	}
	for _, s := range witnesses {
		v, err := ledger.NewVerifier(s)
		if err != nil {
			return k, err
		}
		if _, ok := v.(*ledger.Witness); !ok {
			return k, fmt.Errorf("%q is not a witness's key", s)
		}
		k.Witnesses = append(k.Witnesses, v)
	}
	return k, nil
}

// Problem is something that does not hold.
type Problem struct {
	Where string `json:"where"` // "leaf 12", "decision 345", "checkpoint"
	What  string `json:"what"`
}

// Cosigned is a witness's word.
type Cosigned struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Report is what was found.
type Report struct {
	OK        bool             `json:"ok"`
	Origin    string           `json:"origin"`
	Size      int64            `json:"size"` // of the log
	Root      string           `json:"root"`
	Cosigned  []Cosigned       `json:"cosigned"`
	Leaves    map[string]int64 `json:"leaves"`    // that were checked, by kind
	Decisions int64            `json:"decisions"` // a log: under its commits; a bundle: in it
	First     time.Time        `json:"first,omitzero"`
	Last      time.Time        `json:"last,omitzero"`
	Problems  []Problem        `json:"problems"`
	More      int64            `json:"more_problems,omitempty"` // beyond those listed
	Remarks   []string         `json:"remarks"`
	Of        string           `json:"of,omitempty"` // what a bundle is about
	// Opened are the values that a bundle discloses, each tied to its record.
	Opened []Opened `json:"opened,omitempty"`
}

// Opened is a disclosed value.
type Opened struct {
	Of    string `json:"of"`
	Part  string `json:"part"`
	Value string `json:"value"`
}

// mostProblems is how many are listed.
const mostProblems = 100

func newReport() *Report {
	return &Report{OK: true, Leaves: map[string]int64{}, Problems: []Problem{}, Remarks: []string{}, Cosigned: []Cosigned{}}
}

func (r *Report) fail(where, format string, args ...any) {
	r.OK = false
	if len(r.Problems) >= mostProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{where, fmt.Sprintf(format, args...)})
}

func (r *Report) remark(format string, args ...any) {
	r.Remarks = append(r.Remarks, fmt.Sprintf(format, args...))
}

// checkpoint checks a signed checkpoint; the tree is zero if it cannot be read.
func (r *Report) checkpoint(signed []byte, keys Keys) (tree tlog.Tree) {
	c, n, err := ledger.OpenCheckpoint(signed, keys.Log, keys.Witnesses...)
	if err != nil {
		r.fail("checkpoint", "%v", strings.TrimPrefix(err.Error(), "checkpoint: "))
		// What it says is still held against the records: more may be found.
		text, _, _ := strings.Cut(string(signed), "\n\n")
		if c, err = ledger.ParseCheckpoint(text + "\n"); err != nil {
			return tree
		}
		r.Origin, r.Size, r.Root = c.Origin, c.N, c.Hash.String()
		return c.Tree
	}
	r.Origin, r.Size, r.Root = c.Origin, c.N, c.Hash.String()
	for _, w := range keys.Witnesses {
		found := false
		for _, s := range n.Sigs {
			if s.Name != w.Name() || s.Hash != w.KeyHash() {
				continue
			}
			at, err := ledger.CosignedAt(s)
			if err != nil {
				r.fail("checkpoint", "%v", err)
				continue
			}
			found = true
			r.Cosigned = append(r.Cosigned, Cosigned{w.Name(), at})
		}
		if !found {
			r.fail("checkpoint", "the witness %q has not cosigned it", w.Name())
		}
	}
	for _, s := range n.UnverifiedSigs {
		r.remark("%q has signed the checkpoint too, with a key that was not given", s.Name)
	}
	if len(keys.Witnesses) == 0 {
		r.remark("no witness's key was given: that others were shown the same log is its holder's word")
	}
	return c.Tree
}

// skew is how far the clocks of a log and a witness may differ.
const skew = 5 * time.Minute

// times holds the moments of records against the witnesses' clocks: what was
// cosigned was there.
func (r *Report) times(where string, at int64) {
	for _, c := range r.Cosigned {
		if moment := time.UnixMilli(at); moment.After(c.At.Add(skew)) {
			r.fail(where, "it is dated %s, after the witness %q had seen it at %s: a clock was changed", moment.UTC().Format(time.RFC3339), c.By, c.At.Format(time.RFC3339))
		}
	}
}
