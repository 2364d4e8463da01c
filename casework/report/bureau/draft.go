// Package bureau is where people make reports of cases: it drafts documents,
// says what they lack, takes the words of two people, and gives them to the
// outbox. The console and the command line work on it.
package bureau

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/casework/report/nca"
)

// Draft is a document of a case, with what is missing in it.
type Draft struct {
	To      string           `json:"to"`
	Case    int64            `json:"case"`
	Digest  string           `json:"digest"`
	Missing []report.Missing `json:"missing"`
	// Messages and Media are the ids by which the platform adds to them.
	Messages []string `json:"messages"`
	Media    []string `json:"media"`

	Facts *report.Facts `json:"-"`
	Files []File        `json:"-"`
	Due   time.Time     `json:"-"` // of the NCA

	tip *cybertip.Document
}

// File is a file of a document.
type File struct {
	Name string
	Body []byte
}

// Row is a field of a document and its value, as a page shows it.
type Row struct{ Field, Value string }

// ErrUndecided is returned where there is no decision to give reasons for.
var ErrUndecided = errors.New("the case is not decided, so there is nothing to give reasons for")

// Authorities are those for which there are documents.
func Authorities() []string { return []string{dispatch.NCMEC, dispatch.NCA, dispatch.DSA} }

// Make drafts the document for an authority. It is a pure function.
func Make(f *report.Facts, to string, standing *dossier.Standing) (*Draft, error) {
	d := &Draft{To: to, Case: f.Case, Missing: []report.Missing{}, Messages: []string{}, Media: []string{}, Facts: f}
	for i := range f.Lines {
		d.Messages = append(d.Messages, f.Lines[i].ID)
	}
	for i := range f.Media {
		d.Media = append(d.Media, f.Media[i].ID)
	}
	switch to {
	case dispatch.NCMEC:
		return d, d.cyberTip()
	case dispatch.NCA:
		return d, d.bundle(standing.Targets())
	case dispatch.DSA:
		return d, d.statement(standing.Terms())
	}
	return nil, fmt.Errorf("there is no document for %q", to)
}

func (d *Draft) cyberTip() error {
	doc, missing, err := cybertip.Build(d.Facts)
	if err != nil {
		return err
	}
	body, err := doc.XML()
	if err != nil {
		return err
	}
	d.tip, d.Missing = doc, append(d.Missing, missing...)
	d.Files = append(d.Files, File{"report.xml", body})
	for i := range doc.Files {
		d.Files = append(d.Files, File{doc.Files[i].Details.Name, doc.Files[i].Body})
	}
	d.Digest, err = doc.Digest()
	return err
}

func (d *Draft) bundle(targets nca.Targets) error {
	b, missing, err := nca.Build(d.Facts)
	if err != nil {
		return err
	}
	d.Missing, d.Digest = append(d.Missing, missing...), b.Digest
	d.Files = append(d.Files, File{fmt.Sprintf("nca-case-%d.zip", d.Case), b.Zip})
	d.Due = targets.Due(b.Document.Priority, b.Document.Decided)
	return nil
}

func (d *Draft) statement(terms dsa.Terms) error {
	if len(d.Facts.Decisions) == 0 {
		return ErrUndecided
	}
	s, missing, err := dsa.Build(d.Facts, len(d.Facts.Decisions)-1, terms)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write statement: %w", err)
	}
	body = append(body, '\n')
	d.Missing, d.Digest = append(d.Missing, missing...), report.Digest(body)
	d.Files = append(d.Files, File{"statement.json", body})
	return nil
}

// Blocked reports whether the document cannot be sent as it is.
func (d *Draft) Blocked() bool { return report.Blocked(d.Missing) }

// Outline is what the document holds, field by field. What people wrote to each
// other is not in it: it is read in the case, and counted there.
func (d *Draft) Outline() ([]Row, error) {
	switch d.To {
	case dispatch.NCMEC:
		return d.elements()
	case dispatch.NCA:
		b, err := nca.Check(d.Files[0].Body)
		if err != nil {
			return nil, err
		}
		rows := []Row{{"Priority", b.Words}}
		for _, f := range b.Fields {
			value := "not held: " + f.NotHeld
			if f.NotHeld == "" {
				text, err := json.Marshal(f.Value)
				if err != nil {
					return nil, err
				}
				value = strings.Trim(string(text), `"`)
			}
			if f.Value == nil && f.NotHeld == "" {
				value = "missing"
			}
			rows = append(rows, Row{f.Title, value})
		}
		return rows, nil
	}
	return keys(d.Files[0].Body)
}

// elements are the elements of the report with text in them.
func (d *Draft) elements() (rows []Row, err error) {
	dec := xml.NewDecoder(bytes.NewReader(d.Files[0].Body))
	var path []string
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			path = append(path, x.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			text := strings.TrimSpace(string(x))
			if text == "" || len(path) < 2 {
				continue
			}
			if path[len(path)-1] == "content" {
				text = fmt.Sprintf("the chat, %d messages", len(d.Facts.Lines))
			}
			rows = append(rows, Row{strings.Join(path[1:], " / "), text})
		}
	}
	for _, f := range d.tip.Files {
		rows = append(rows, Row{"file " + f.Details.Name, strings.Join(f.Details.AdditionalInfo, " ")})
	}
	return rows, nil
}

// keys are those of a JSON object, in order.
func keys(body []byte) (rows []Row, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		text := fmt.Sprint(value)
		if list, ok := value.([]any); ok {
			parts := make([]string, len(list))
			for i, v := range list {
				parts[i] = fmt.Sprint(v)
			}
			text = strings.Join(parts, ", ")
		}
		rows = append(rows, Row{fmt.Sprint(key), text})
	}
	return rows, nil
}
