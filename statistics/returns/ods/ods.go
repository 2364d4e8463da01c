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

	"rowan/statistics/returns"
)

// Row is one row that holds something. It is valid until the next one.
type Row struct {
	Sheet       string
	SheetHidden bool
	Hidden      bool // the sheet or the row is
	// External: the sheet is what another file held when this one was saved.
	External  bool
	Number    int // from 1
	Cells     []string
	Commented []int // columns, from 0, of cells with a comment
	// Hiding are columns of cells that hold a number and show something in its
	// place, which is what Cells has.
	Hiding []int
	// HiddenColumns are those that hold something in this row.
	HiddenColumns []int
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
	p := parser{decoder: d, limits: l, each: each, hidden: map[string]bool{}, raised: map[string]bool{}}
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
	column      int
	columns     [][2]int // hidden, from 0, of the sheet
	inCell      bool
	covered     bool
	commented   bool
	cellRepeat  int
	value       string          // a number
	stated      string          // what a cell without text says in an attribute
	style       string          // whose definition is read
	hidden      map[string]bool // styles of hidden sheets
	raised      map[string]bool // styles of raised or lowered text
	bracket     int             // depth of such text, 0: none
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
	case "style:style":
		p.style = attribute(t, "name")
	case "style:table-properties":
		if attribute(t, "display") == "false" {
			p.hidden[p.style] = true
		}
	case "style:text-properties":
		if position := strings.Fields(attribute(t, "text-position")); len(position) > 0 && !strings.HasPrefix(position[0], "0") {
			p.raised[p.style] = true
		}
	case "table:table":
		if p.inCell || p.tables > 0 {
			p.skip = p.depth
			return nil
		}
		p.tables++
		p.row = Row{Sheet: attribute(t, "name"), Cells: p.row.Cells[:0], SheetHidden: attribute(t, "display") == "false" || p.hidden[attribute(t, "style-name")]}
		p.column, p.columns = 0, p.columns[:0]
	case "table:table-source":
		p.row.External = p.row.External || p.tables == 1
	case "table:table-column":
		n, err := repeat(t, "number-columns-repeated")
		if err != nil {
			return err
		}
		if v := attribute(t, "visibility"); p.tables == 1 && (v == "collapse" || v == "filter") && len(p.columns) < p.limits.Columns {
			p.columns = append(p.columns, [2]int{p.column, p.column + n - 1})
		}
		p.column += n
	case "office:annotation":
		p.commented, p.skip = p.inCell, p.depth
	case "text:span":
		if p.para > 0 && p.bracket == 0 && p.raised[attribute(t, "style-name")] {
			// The number of a footnote would be taken for a digit of the count.
			p.bracket = p.depth
			p.text.WriteString(" [")
		}
	case "draw:frame", "draw:custom-shape":
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
		p.row.Commented, p.row.Hiding, p.row.HiddenColumns = p.row.Commented[:0], p.row.Hiding[:0], p.row.HiddenColumns[:0]
		p.row.Hidden = p.row.SheetHidden || attribute(t, "visibility") == "collapse" || attribute(t, "visibility") == "filter"
	case "table:table-cell", "table:covered-table-cell":
		if p.tables != 1 {
			break
		}
		n, err := repeat(t, "number-columns-repeated")
		if err != nil {
			return err
		}
		p.inCell, p.covered, p.commented, p.cellRepeat, p.value, p.stated, p.paras = true, t.Name.Local[0] == 'c', false, n, "", "", 0
		p.text.Reset()
		switch attribute(t, "value-type") {
		case "float":
			p.value = attribute(t, "value")
		case "string":
			p.stated = attribute(t, "string-value")
		case "date":
			p.stated = attribute(t, "date-value")
		case "boolean":
			p.stated = strings.ToUpper(attribute(t, "boolean-value"))
		case "percentage":
			p.stated = attribute(t, "value") + " as a percentage"
		case "currency":
			p.stated = attribute(t, "value") + " " + attribute(t, "currency")
		case "time":
			p.stated = attribute(t, "time-value")
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
	if p.bracket > p.depth {
		p.bracket = 0
		p.text.WriteByte(']')
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
	if p.paras == 0 {
		s = p.stated
	}
	hides := false
	if n, err := strconv.ParseFloat(p.value, 64); err == nil && !p.covered {
		if p.paras == 0 {
			s = p.value
		}
		s, hides = returns.Shown(s, n)
	}
	at := len(p.row.Cells)
	if p.commented {
		p.row.Commented = append(p.row.Commented, at)
	}
	if hides {
		p.row.Hiding = append(p.row.Hiding, at)
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
	if s != "" {
		for _, c := range p.columns {
			if c[0] < at+p.cellRepeat && c[1] >= at {
				p.row.HiddenColumns = append(p.row.HiddenColumns, max(c[0], at))
			}
		}
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
