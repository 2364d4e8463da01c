// Package workbook writes tables that a screen reader and a program can both
// read: a cover, a sheet of notes, and one table a sheet, without merged cells,
// empty rows or empty columns. The same book gives the same bytes.
package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Book is a cover, notes and tables.
type Book struct {
	Title     string
	Subject   string
	Publisher string
	Day       string // of publication, 2019-09-11
	Cover     []string
	Notes     []Note
	Tables    []Table
}

// Note explains a mark or a rule.
type Note struct{ Mark, Text string }

// Table is one table on a sheet of its own.
type Table struct {
	Name    string // of the sheet and the csv file; at most 31 characters
	Title   string
	Says    string // one line under the title: what, of whom, when
	Columns []string
	Rows    [][]Cell
}

// Cell is a number or a text. A cell that is empty is shown as not available.
type Cell struct {
	Text   string
	Number bool // Text is a plain number
}

// Text and Number make cells.
func Text(s string) Cell { return Cell{Text: s} }

// Number is a cell that spreadsheets can compute with.
func Number(n int64) Cell { return Cell{Text: strconv.FormatInt(n, 10), Number: true} }

// Decimal is a number with the given places.
func Decimal(f float64, places int) Cell {
	return Cell{Text: strconv.FormatFloat(f, 'f', places, 64), Number: true}
}

// Shown is the cell for people: numbers with commas.
func (c Cell) Shown() string {
	digits := len(c.Text)
	if i := strings.IndexByte(c.Text, '.'); i >= 0 {
		digits = i
	}
	if !c.Number {
		return c.Text
	}
	s := c.Text
	for i := digits - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// NotAvailable is the government's shorthand for a value that is not there.
const NotAvailable = "[x]"

// Tidy fills empty cells, and leaves out columns that hold nothing at all.
func (t Table) Tidy() Table {
	keep := make([]bool, len(t.Columns))
	for _, row := range t.Rows {
		for i := range row {
			keep[i] = keep[i] || row[i].Text != ""
		}
	}
	out := t
	out.Columns, out.Rows = nil, nil
	for i, c := range t.Columns {
		if keep[i] || len(t.Rows) == 0 {
			out.Columns = append(out.Columns, c)
		}
	}
	for _, row := range t.Rows {
		var cells []Cell
		for i := range t.Columns {
			if !keep[i] {
				continue
			}
			c := Text(NotAvailable)
			if i < len(row) && row[i].Text != "" {
				c = row[i]
			}
			cells = append(cells, c)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// sheet is a page of rows; the head is the number of rows above the first row of
// data, the last of which are the column headings (0: there are none).
type sheet struct {
	name string
	rows [][]Cell
	head int
}

func (b *Book) sheets() ([]sheet, error) {
	cover := sheet{name: "Cover", rows: [][]Cell{{Text(b.Title)}, {Text(b.Subject)}}}
	for _, line := range b.Cover {
		cover.rows = append(cover.rows, []Cell{Text(line)})
	}
	cover.rows = append(cover.rows, []Cell{Text("Tables in this file")})
	for _, t := range b.Tables {
		cover.rows = append(cover.rows, []Cell{Text(t.Name + ": " + t.Title)})
	}
	notes := sheet{name: "Notes", rows: [][]Cell{{Text("Notes")}, {Text("Marks and rules used in the tables")}, {Text("Mark"), Text("Meaning")}}, head: 3}
	for _, n := range b.Notes {
		notes.rows = append(notes.rows, []Cell{Text(n.Mark), Text(n.Text)})
	}
	all := []sheet{cover, notes}
	for _, t := range b.Tables {
		if len(t.Name) > 31 || slices.ContainsFunc(all, func(s sheet) bool { return s.name == t.Name }) {
			return nil, fmt.Errorf("the sheet %q: a name has at most 31 characters and stands once", t.Name)
		}
		t = t.Tidy()
		s := sheet{name: t.Name, rows: [][]Cell{{Text(t.Title)}, {Text(t.Says)}}, head: 3}
		head := make([]Cell, len(t.Columns))
		for i, c := range t.Columns {
			head[i] = Text(c)
		}
		s.rows = append(append(s.rows, head), t.Rows...)
		all = append(all, s)
	}
	return all, nil
}

// CSV is a table as text with a header, and nothing above it.
func (t Table) CSV() ([]byte, error) {
	t = t.Tidy()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(t.Columns); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		line := make([]string, len(row))
		for i, c := range row {
			line[i] = c.Text
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// Part is one file within a zip file.
type part struct {
	name   string
	body   []byte
	stored bool // not compressed
}

// zipped packs parts in the order given, with one fixed time.
func zipped(parts []part) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)}
		if p.stored {
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write(p.body)
		}
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", p.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unzipped are the parts of a zip file by name.
func unzipped(src []byte) ([]part, error) {
	r, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		if err := in.Close(); err != nil {
			return nil, err
		}
		parts = append(parts, part{name: f.Name, body: body})
	}
	slices.SortFunc(parts, func(a, b part) int {
		if a.name == b.name {
			return 0
		}
		// The content types come first: readers look there.
		if a.name == "[Content_Types].xml" || b.name != "[Content_Types].xml" && a.name < b.name {
			return -1
		}
		return 1
	})
	return parts, nil
}
