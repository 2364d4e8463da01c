// Package docx reads the text and the tables of a Word document. Nothing else
// of the file is opened: no macros, links, embedded objects or pictures.
package docx

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Document is the text of a document in its order. Lines are the paragraphs
// outside tables. A cell that spans columns stands in the first of them; one
// that goes on from the row above is empty.
type Document struct {
	Lines  []string
	Tables [][][]string // by table, row and column
}

// Bounds of what is read.
const (
	maxXML   = 64 << 20 // of word/document.xml, in bytes
	maxRatio = 200      // uncompressed over compressed
	maxCells = 200_000
	maxDepth = 64
	maxSpan  = 256
)

// Read reads a document.
func Read(r io.ReaderAt, size int64) (*Document, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("no Word document (.docx): %w", err)
	}
	for _, f := range z.File {
		if f.Name != "word/document.xml" {
			continue
		}
		if f.UncompressedSize64 > maxXML || f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > maxRatio {
			return nil, fmt.Errorf("%s has %d bytes uncompressed; that is too much for a letter", f.Name, f.UncompressedSize64)
		}
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		d, err := parse(io.LimitReader(in, maxXML))
		if err := errors.Join(err, in.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		return d, nil
	}
	return nil, errors.New("no Word document (.docx): it has no word/document.xml")
}

// parser is where in the document the reading is.
type parser struct {
	doc    Document
	depth  int
	tables int // how deep in tables; a table in a table is text of its cell
	text   strings.Builder
	cell   []string // paragraphs of the cell
	row    []string
	rows   [][]string
	span   int
	merged bool
	raised bool // the run is, or lowered
	cells  int
}

func parse(in io.Reader) (*Document, error) {
	d := xml.NewDecoder(in)
	var p parser
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if p.depth != 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return &p.doc, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if p.depth++; p.depth > maxDepth {
				return nil, fmt.Errorf("elements lie more than %d deep", maxDepth)
			}
			if err := p.start(d, t); err != nil {
				return nil, err
			}
		case xml.EndElement:
			p.depth--
			if err := p.end(t.Name.Local); err != nil {
				return nil, err
			}
		case xml.Directive:
			return nil, errors.New("a document type declaration stands in it; that is not read")
		}
	}
}

func (p *parser) start(d *xml.Decoder, t xml.StartElement) error {
	switch t.Name.Local {
	case "tbl":
		p.tables++
	case "tc":
		if p.tables == 1 {
			p.cell, p.span, p.merged = nil, 1, false
		}
	case "gridSpan":
		if n, err := strconv.Atoi(attribute(t, "val")); err == nil && p.tables == 1 {
			if n < 1 || n > maxSpan {
				return fmt.Errorf("a cell spans %d columns; at most %d are read", n, maxSpan)
			}
			p.span = n
		}
	case "vMerge":
		p.merged = p.merged || p.tables == 1 && attribute(t, "val") != "restart"
	case "r":
		p.raised = false
	case "vertAlign":
		p.raised = attribute(t, "val") != "baseline"
	case "tab":
		p.text.WriteByte('\t')
	case "br", "cr":
		p.text.WriteByte('\n')
	case "t":
		var s string
		if err := d.DecodeElement(&s, &t); err != nil {
			return err
		}
		p.depth--
		if p.raised {
			// The number of a footnote would be taken for a digit of the count.
			s = " [" + strings.TrimSpace(s) + "]"
		}
		p.text.WriteString(s)
	case "delText", "instrText":
		if err := d.Skip(); err != nil {
			return err
		}
		p.depth--
	}
	return nil
}

func (p *parser) end(name string) error {
	switch name {
	case "p":
		s := strings.TrimSpace(p.text.String())
		p.text.Reset()
		switch {
		case p.tables > 0:
			p.cell = append(p.cell, s)
		case s != "":
			p.doc.Lines = append(p.doc.Lines, strings.Split(s, "\n")...)
		}
	case "tc":
		if p.tables != 1 {
			break
		}
		s := strings.TrimSpace(strings.Join(p.cell, "\n"))
		if p.merged {
			s = ""
		}
		p.row = append(p.row, s)
		for range p.span - 1 {
			p.row = append(p.row, "")
		}
		if p.cells += p.span; p.cells > maxCells {
			return fmt.Errorf("more than %d cells", maxCells)
		}
	case "tr":
		if p.tables == 1 {
			p.rows = append(p.rows, p.row)
			p.row = nil
		}
	case "tbl":
		if p.tables--; p.tables == 0 {
			p.doc.Tables = append(p.doc.Tables, p.rows)
			p.rows = nil
		}
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
