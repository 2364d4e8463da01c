// Package ods reads OpenDocument spreadsheets, packed (.ods) or plain (.fods),
// row by row: a file of many hundred thousand rows needs little memory. Only
// content.xml is opened; no formula is computed and no link followed.
package ods

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Row is one row that holds something. It is valid until the next one.
type Row struct {
	Sheet  string
	Hidden bool // the sheet or the row is
	Number int  // from 1
	Cells  []string
}

// Limits bound what is read. The zero value means the defaults.
type Limits struct {
	Bytes   int64 // of content.xml, default 1 GiB
	Ratio   uint64
	Columns int // default 1,024
	Rows    int // of a sheet, default 65,536
	Depth   int
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 1 << 30
	}
	if l.Ratio == 0 {
		l.Ratio = 500
	}
	if l.Columns == 0 {
		l.Columns = 1024
	}
	if l.Rows == 0 {
		l.Rows = 65_536
	}
	if l.Depth == 0 {
		l.Depth = 64
	}
	return l
}

// Read reads a packed spreadsheet and calls each for its rows.
func Read(r io.ReaderAt, size int64, l Limits, each func(*Row) error) error {
	l = l.withDefaults()
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("no OpenDocument spreadsheet (.ods): %w", err)
	}
	for _, f := range z.File {
		if f.Name == "META-INF/manifest.xml" {
			if err := encrypted(f); err != nil {
				return err
			}
		}
	}
	for _, f := range z.File {
		if f.Name != "content.xml" {
			continue
		}
		if f.UncompressedSize64 > uint64(l.Bytes) || f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > l.Ratio {
			return fmt.Errorf("content.xml unpacks %d bytes to %d; such a file is not opened", f.CompressedSize64, f.UncompressedSize64)
		}
		in, err := f.Open()
		if err != nil {
			return fmt.Errorf("content.xml: %w", err)
		}
		return errors.Join(ReadPlain(in, l, each), in.Close())
	}
	return errors.New("no OpenDocument spreadsheet (.ods): it has no content.xml")
}

// encrypted refuses a file that a password locks.
func encrypted(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err := errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if strings.Contains(string(text), "encryption-data") {
		return errors.New("the file is locked with a password; save a copy without one")
	}
	return nil
}

// ReadPlain reads content.xml or a plain spreadsheet (.fods).
func ReadPlain(r io.Reader, l Limits, each func(*Row) error) error {
	l = l.withDefaults()
	in := &io.LimitedReader{R: r, N: l.Bytes}
	d := xml.NewDecoder(in)
	p := parser{decoder: d, limits: l, each: each, row: Row{}}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			switch {
			case in.N == 0:
				return fmt.Errorf("more than %d bytes; such a file is not read", l.Bytes)
			case p.depth != 0:
				return p.at(io.ErrUnexpectedEOF)
			case !p.spreadsheet:
				return errors.New("no OpenDocument spreadsheet: it has no office:spreadsheet")
			}
			return nil
		}
		if err != nil {
			return p.at(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if p.depth++; p.depth > l.Depth {
				return p.at(fmt.Errorf("elements lie more than %d deep", l.Depth))
			}
			err = p.start(t)
		case xml.EndElement:
			if p.depth--; p.depth < 0 {
				return p.at(errors.New("an element ends that did not begin"))
			}
			err = p.end(t.Name)
		case xml.CharData:
			if p.skip == 0 && p.para > 0 {
				p.text.Write(t)
			}
		case xml.Directive:
			err = errors.New("a document type declaration stands in it; that is not read")
		}
		if err != nil {
			return p.at(err)
		}
	}
}

type parser struct {
	decoder     *xml.Decoder
	limits      Limits
	each        func(*Row) error
	depth       int
	spreadsheet bool
	tables      int // a table in a cell is not read
	row         Row
	rowRepeat   int
	sheetHidden bool
	inCell      bool
	covered     bool
	cellRepeat  int
	value       string // of a whole number
	text        strings.Builder
	para        int
	paras       int
	skip        int // depth of an annotation or a table in a cell, 0: none
}

// at adds the place to an error.
func (p *parser) at(err error) error {
	if p.row.Sheet == "" {
		return err
	}
	return fmt.Errorf("sheet %q, row %d: %w", p.row.Sheet, max(1, p.row.Number), err)
}

func (p *parser) start(t xml.StartElement) error {
	if p.skip > 0 {
		return nil
	}
	switch t.Name.Space + ":" + t.Name.Local {
	case "office:spreadsheet":
		p.spreadsheet = true
	case "table:table":
		if p.inCell || p.tables > 0 {
			p.skip = p.depth
			return nil
		}
		p.tables++
		p.row = Row{Sheet: attribute(t, "name"), Cells: p.row.Cells[:0]}
		p.sheetHidden = attribute(t, "display") == "false"
	case "office:annotation", "draw:frame", "draw:custom-shape":
		p.skip = p.depth
	case "table:table-row":
		if p.tables != 1 {
			break
		}
		n, err := repeat(t, "number-rows-repeated")
		if err != nil {
			return err
		}
		p.row.Number++
		p.rowRepeat, p.row.Cells = n, p.row.Cells[:0]
		p.row.Hidden = p.sheetHidden || attribute(t, "visibility") == "collapse" || attribute(t, "visibility") == "filter"
	case "table:table-cell", "table:covered-table-cell":
		if p.tables != 1 {
			break
		}
		n, err := repeat(t, "number-columns-repeated")
		if err != nil {
			return err
		}
		p.inCell, p.covered, p.cellRepeat, p.value, p.paras = true, t.Name.Local[0] == 'c', n, "", 0
		p.text.Reset()
		if attribute(t, "value-type") == "float" {
			p.value = attribute(t, "value")
		}
	case "text:p":
		if p.inCell {
			if p.para++; p.para == 1 {
				if p.paras++; p.paras > 1 {
					p.text.WriteByte('\n')
				}
			}
		}
	case "text:s":
		if p.para > 0 {
			n, err := repeat(t, "c")
			if err != nil {
				return err
			}
			p.text.WriteString(strings.Repeat(" ", min(n, 80)))
		}
	case "text:tab", "text:line-break":
		if p.para > 0 {
			p.text.WriteByte(' ')
		}
	}
	return nil
}

func (p *parser) end(name xml.Name) error {
	if p.skip > 0 {
		if p.depth < p.skip {
			p.skip = 0
		}
		return nil
	}
	switch name.Space + ":" + name.Local {
	case "table:table":
		p.tables--
	case "text:p":
		p.para = max(0, p.para-1)
	case "table:table-cell", "table:covered-table-cell":
		if p.inCell {
			p.inCell = false
			return p.cell()
		}
	case "table:table-row":
		if p.tables == 1 {
			return p.rows()
		}
	}
	return nil
}

// cell takes a cell in. Repeats of empty cells at the end of a row are not kept.
func (p *parser) cell() error {
	s := strings.TrimSpace(p.text.String())
	// A count is taken as it is, not as its format shows it.
	if n, err := strconv.ParseFloat(p.value, 64); err == nil && n == float64(int64(n)) && !strings.ContainsAny(s, "%/:") {
		s = strconv.FormatInt(int64(n), 10)
	}
	if p.covered {
		s = ""
	}
	if len(p.row.Cells)+p.cellRepeat > p.limits.Columns {
		if s != "" {
			return fmt.Errorf("more than %d columns", p.limits.Columns)
		}
		p.cellRepeat = max(0, p.limits.Columns-len(p.row.Cells))
	}
	for range p.cellRepeat {
		p.row.Cells = append(p.row.Cells, s)
	}
	return nil
}

// rows hands a row on as often as it is repeated; of empty ones only the number
// goes on.
func (p *parser) rows() error {
	for n := len(p.row.Cells); n > 0 && p.row.Cells[n-1] == ""; n-- {
		p.row.Cells = p.row.Cells[:n-1]
	}
	if len(p.row.Cells) == 0 {
		p.row.Number += p.rowRepeat - 1
		return nil
	}
	for i := range p.rowRepeat {
		if i > 0 {
			p.row.Number++
		}
		if p.row.Number > p.limits.Rows {
			return fmt.Errorf("more than %d rows", p.limits.Rows)
		}
		if err := p.each(&p.row); err != nil {
			return err
		}
	}
	return nil
}

// maxRepeat is what the largest sheets have rows; more is no spreadsheet.
const maxRepeat = 1 << 21

func repeat(t xml.StartElement, name string) (int, error) {
	s := attribute(t, name)
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxRepeat {
		return 0, fmt.Errorf("%s is %q", name, s)
	}
	return n, nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
