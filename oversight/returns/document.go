package returns

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Format is that of the documents that this package writes.
const Format = 1

// Return is what a service says about a period. It holds no personal data.
type Return struct {
	Format   int    `json:"format"`
	Service  string `json:"service"` // its id in the regulator's register
	Template string `json:"template"`
	Version  string `json:"version"` // of the template
	Period   Period `json:"period"`
	// Partial says that the period was not over when it was made.
	Partial  bool      `json:"partial,omitempty"`
	Made     time.Time `json:"made"`
	Rulebook string    `json:"rulebook,omitempty"` // versions of its packs
	// Replaces is the digest of the return for the same period that this one
	// corrects.
	Replaces string    `json:"replaces,omitempty"`
	Log      string    `json:"log"`  // its origin
	Size     int64     `json:"size"` // of the tree that the spans are of
	Root     tlog.Hash `json:"root"`
	Spans    []Span    `json:"spans"`
	Figures  []Figure  `json:"figures"` // in the template's order
	Answers  []Answer  `json:"answers"`

	entered string // digest of the newest return for the period that the log held
}

// Answer is what a service says to a question.
type Answer struct {
	Question string `json:"question"`
	Text     string `json:"text"`
}

// Span is the leaves of a period: those from First on, before End. Roots and
// proofs show, without the log, that these are all of them.
type Span struct {
	Period Period         `json:"period"`
	First  int64          `json:"first"`
	End    int64          `json:"end"`
	Start  tlog.Hash      `json:"start"` // root of the tree before First
	Stop   tlog.Hash      `json:"stop"`  // root of the tree before End
	Began  tlog.TreeProof `json:"began"` // from First to the return's tree
	Ended  tlog.TreeProof `json:"ended"` // from End to it
	// Edges are the leaves on both sides of First and of End, as far as there
	// are such, each in the return's tree.
	Edges []Edge `json:"edges"`
}

// Edge is a leaf that stands next to a border.
type Edge struct {
	Leaf string `json:"leaf"`
	ledger.Inclusion
}

// Signed is a return as it is handed in.
type Signed struct {
	Return Return `json:"return"`
	// Signature is a signed note (C2SP) of the ledger's key over the digest.
	Signature string `json:"signature"`
	// Checkpoint is of a tree that holds the return's tree, as Growth shows, and
	// the return's own leaf, if it has been entered.
	Checkpoint string         `json:"checkpoint"`
	Growth     tlog.TreeProof `json:"growth"`
	Entry      *Edge          `json:"entry,omitempty"`
	// Witnessed is the newest checkpoint that others have cosigned, where that
	// is not Checkpoint itself.
	Witnessed *Witnessed `json:"witnessed,omitempty"`
}

// Witnessed is a cosigned checkpoint of a smaller tree, which that of the
// document's checkpoint has grown from.
type Witnessed struct {
	Checkpoint string         `json:"checkpoint"`
	Growth     tlog.TreeProof `json:"growth"`
}

// Digest identifies a return: SHA-256 over its canonical JSON.
type Digest [sha256.Size]byte

func (d Digest) String() string { return fmt.Sprintf("sha256:%x", d[:]) }

// Digest is the return's.
func (r *Return) Digest() (Digest, error) {
	src, err := canonical(r)
	if err != nil {
		return Digest{}, fmt.Errorf("return: %w", err)
	}
	return sha256.Sum256(src), nil
}

// canonical is the one JSON of a value without lists that are null.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Encode is the document's file: indented JSON, in one form.
func (s *Signed) Encode() ([]byte, error) {
	src, err := canonical(s)
	if err != nil {
		return nil, fmt.Errorf("return: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, src, "", " "); err != nil {
		return nil, fmt.Errorf("return: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// MostBytes is the length above which a return is refused.
const MostBytes = 16 << 20

// ErrForm is returned for bytes that are not a return in its one form.
var ErrForm = errors.New("not a return in the form that Rowan writes")

// Parse reads what Encode wrote. Any other spelling is refused, so that nobody
// can read two things in one document.
func Parse(src []byte) (*Signed, error) {
	if len(src) > MostBytes {
		return nil, fmt.Errorf("%w: %d bytes; at most %d", ErrForm, len(src), MostBytes)
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	var s Signed
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if err := s.Return.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	again, err := s.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if !bytes.Equal(again, src) {
		return nil, fmt.Errorf("%w: it is spelt in another way than it would be written", ErrForm)
	}
	return &s, nil
}

// Check reports what can be seen to be wrong in a return by itself.
func (r *Return) Check() error {
	switch {
	case r.Format != Format:
		return fmt.Errorf("format %d; this Rowan reads %d", r.Format, Format)
	case r.Service == "" || r.Template == "" || r.Version == "" || r.Log == "":
		return errors.New("service, template, version and log are needed")
	case r.Period.name == "":
		return errors.New("the period is missing")
	case r.Partial != r.Made.Before(r.Period.to):
		return errors.New("a return is partial if it was made before its period was over, and only then")
	case r.Size < 0:
		return errors.New("a tree has no less than no leaves")
	}
	spans := map[string]bool{}
	for _, s := range r.Spans {
		if s.First < 0 || s.End < s.First || s.End > r.Size {
			return fmt.Errorf("span of %s: leaves %d to %d are not in a tree of %d", s.Period, s.First, s.End, r.Size)
		}
		if spans[s.Period.name] {
			return fmt.Errorf("span of %s stands twice", s.Period)
		}
		spans[s.Period.name] = true
	}
	keys := map[Key]bool{}
	for i := range r.Figures {
		f := &r.Figures[i]
		if keys[f.Key] {
			return fmt.Errorf("figure %s stands twice", f.Key)
		}
		keys[f.Key] = true
		if err := f.check(spans); err != nil {
			return fmt.Errorf("figure %s: %w", f.Key, err)
		}
	}
	for i, a := range r.Answers {
		if a.Question == "" || slices.ContainsFunc(r.Answers[:i], func(b Answer) bool { return b.Question == a.Question }) {
			return fmt.Errorf("answer %d is to no question, or to one that is answered", i+1)
		}
	}
	return nil
}

func (f *Figure) check(spans map[string]bool) error {
	switch {
	case f.Metric == "" || f.Definition < 1 || f.Unit == "":
		return errors.New("metric, definition and unit are needed")
	case f.Value == nil && f.Why == "":
		return errors.New("there is no value, and no word why")
	case f.Value != nil && (f.Value.N < 0 || f.Value.Of != nil && (*f.Value.Of < 0 || f.Value.N > *f.Value.Of)):
		return fmt.Errorf("%s cannot be", f.Value)
	case f.Query != nil && !spans[f.Period.name]:
		return fmt.Errorf("there is no span of %s", f.Period)
	case f.Query != nil:
		return f.Query.Check()
	}
	return nil
}
