// Package nca makes the bundle with which a platform reports to the National
// Crime Agency under SI 2026/268: the fields of Schedule 1, each with its value
// or why it is not held, the chat, and a manifest with hashes. There is no
// interface to send it by that we know of: a person uploads it in the Agency's
// portal and notes the reference that it returns.
package nca

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/sheet"
)

// Priority is how soon a report must be made, 1 to 3.
type Priority int

// The priorities.
const (
	Immediate Priority = 1 // an immediate threat to life or of serious harm
	Soon      Priority = 2 // a risk of serious harm in the near future
	Undelayed Priority = 3 // all others
)

// Valid reports whether it is one.
func (p Priority) Valid() bool { return p >= Immediate && p <= Undelayed }

// Words are those of the rule.
func (p Priority) Words() string {
	switch p {
	case Immediate:
		return "immediately"
	case Soon:
		return "as soon as reasonably practicable"
	case Undelayed:
		return "without undue delay"
	}
	return "no priority is set"
}

// Targets are how long after it was decided a report of each priority should
// be with the Agency. The rule has words only: the times are a platform's own.
type Targets [3]time.Duration

// DefaultTargets is our proposal; it is not the law's.
func DefaultTargets() Targets { return Targets{15 * time.Minute, 4 * time.Hour, 24 * time.Hour} }

// Due is when a report that was decided at a time should be with the Agency.
func (t Targets) Due(p Priority, decided time.Time) time.Time {
	if !p.Valid() {
		p = Immediate // what nobody has weighed does not wait
	}
	return decided.Add(t[p-1])
}

// Document is report.json in the bundle.
type Document struct {
	Form     string    `json:"form"`             // of Form
	Service  string    `json:"service"`          // that reports
	Case     int64     `json:"case"`             // of the platform
	Decided  time.Time `json:"decided,omitzero"` // to report it
	Priority Priority  `json:"priority"`
	Words    string    `json:"priority_in_words"`
	Fields   []Field   `json:"fields"`
	Files    []string  `json:"files"`
}

// Form names the form of the document.
const Form = "rowan.nca-report.v1 (SI 2026/268, Schedule 1)"

// Field is a field of Schedule 1. It has a value, or a reason why none is held.
type Field struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Value   any    `json:"value,omitempty"`
	NotHeld string `json:"not_held,omitempty"`
}

// Bundle is a document and the file that a person hands over.
type Bundle struct {
	Document Document
	Zip      []byte
	Digest   string
}

// Relief is the reference under which the same content was reported to NCMEC,
// a body with corresponding functions: it need not be reported again. "" if it
// was not.
func Relief(f *report.Facts) string {
	for _, e := range f.Earlier {
		if e.To == "ncmec" && e.Same && e.Reference != "" {
			return e.Reference
		}
	}
	return ""
}

// Build makes the bundle of a case, and says what is missing in it.
func Build(f *report.Facts) (*Bundle, []report.Missing, error) {
	b := &builder{f: f}
	d := Document{
		Form: Form, Service: sheet.Line(f.Platform.Service), Case: f.Case, Decided: decided(f),
		Priority: Priority(f.Incident.Priority), Words: Priority(f.Incident.Priority).Words(), Fields: b.fields(), Files: []string{},
	}
	b.Must(d.Priority.Valid(), "priority", "nobody has set the priority", "set 1 for an immediate threat, 2 for a risk in the near future, or 3")
	b.Want(Relief(f) == "", "previous_report", "the same was reported to NCMEC with a reference; it need not be reported again", "report it only if more is known now")
	files := []named{}
	if len(f.Lines) > 0 {
		body, err := sheet.Transcript(f)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, named{"transcript.csv", body})
	}
	if len(f.Media) > 0 {
		body, err := sheet.Media(f)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, named{"media.csv", body})
	}
	for _, x := range files {
		d.Files = append(d.Files, x.name)
	}
	body, err := pack(&d, files)
	if err != nil {
		return nil, nil, err
	}
	return &Bundle{Document: d, Zip: body, Digest: report.Digest(body)}, b.All, nil
}

type named struct {
	name string
	body []byte
}

// manifest lists what is in a bundle.
type manifest struct {
	Form  string  `json:"form"`
	Files []entry `json:"files"`
}

type entry struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Names in the bundle.
const (
	documentName = "report.json"
	manifestName = "manifest.json"
)

func pack(d *Document, files []named) ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", documentName, err)
	}
	files = append([]named{{documentName, append(text, '\n')}}, files...)
	m := manifest{Form: Form}
	for _, x := range files {
		sum := sha256.Sum256(x.body)
		m.Files = append(m.Files, entry{x.name, len(x.body), hex.EncodeToString(sum[:])})
	}
	if text, err = json.MarshalIndent(m, "", "  "); err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestName, err)
	}
	files = append(files, named{manifestName, append(text, '\n')})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, x := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: x.name, Method: zip.Deflate, Modified: d.Decided.Truncate(2 * time.Second)})
		if err != nil {
			return nil, fmt.Errorf("write bundle: %w", err)
		}
		if _, err := w.Write(x.body); err != nil {
			return nil, fmt.Errorf("write bundle: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	return b.Bytes(), nil
}

const mostBundle = 64 << 20 // bytes, unpacked

// Check reads a bundle and checks each file against the manifest.
func Check(bundle []byte) (*Document, error) {
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return nil, errors.New("the bundle is no zip file")
	}
	bodies := map[string][]byte{}
	left := int64(mostBundle)
	for _, x := range z.File {
		if _, twice := bodies[x.Name]; twice {
			return nil, errors.New("the bundle has two files of one name")
		}
		r, err := x.Open()
		if err != nil {
			return nil, errors.New("a file of the bundle cannot be unpacked")
		}
		body, err := io.ReadAll(io.LimitReader(r, left+1))
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, errors.New("a file of the bundle cannot be unpacked")
		}
		if left -= int64(len(body)); left < 0 {
			return nil, errors.New("the bundle is too large")
		}
		bodies[x.Name] = body
	}
	var m manifest
	if err := json.Unmarshal(bodies[manifestName], &m); err != nil {
		return nil, fmt.Errorf("%s is missing or damaged", manifestName)
	}
	for _, x := range m.Files {
		body, ok := bodies[x.Name]
		if !ok {
			return nil, errors.New("a file that the manifest lists is missing")
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != x.SHA256 || len(body) != x.Bytes {
			return nil, errors.New("a file is not as the manifest has it")
		}
	}
	if len(m.Files) != len(bodies)-1 || !slices.ContainsFunc(m.Files, func(x entry) bool { return x.Name == documentName }) {
		return nil, errors.New("the bundle holds files that the manifest does not list, or no report")
	}
	var d Document
	if err := json.Unmarshal(bodies[documentName], &d); err != nil || !strings.HasPrefix(d.Form, "rowan.nca-report.") {
		return nil, fmt.Errorf("%s is damaged", documentName)
	}
	return &d, nil
}
