// Package sheet opens what forces sent, whatever its form, as sheets of cells
// with addresses and lines of text. It follows no link, runs no macro, computes
// no formula and opens no pivot cache; it says so where they are.
package sheet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rowan/statistics/returns"
	"rowan/statistics/returns/docx"
	"rowan/statistics/returns/ods"
	"rowan/statistics/returns/pdf"
)

// Document is a file as it was read.
type Document struct {
	Name   string
	SHA256 string
	Bytes  int64
	Format string // xlsx, ods, fods, csv, html, docx, pdf, text
	Sheets []Sheet
	Lines  []string // of a letter
	// Proposed says that sheets were found by how text lies on a page: a person
	// confirms them.
	Proposed bool
	Alarms   []returns.Alarm
	Source   []byte // its bytes
}

// Sheet is a table with its cells by row and column. Cells is as long as the
// last row that holds something.
type Sheet struct {
	Name   string
	Hidden bool
	Notes  []string // captions, merged cells
	// Doubts are what a person must look at before the sheet counts: hidden rows
	// and columns, comments, formulas without a result.
	Doubts []string
	Cells  [][]string
}

// Limits bound what is read; the zero value means the defaults.
type Limits struct {
	Bytes int64         // of a file, default 32 MiB
	Cells int           // of a file, default 500,000
	Time  time.Duration // for a file, default 30 s
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Cells == 0 {
		l.Cells = 500_000
	}
	if l.Time == 0 {
		l.Time = 30 * time.Second
	}
	return l
}

// Open reads a file. Its errors name the file and say what to do.
func Open(ctx context.Context, path string, l Limits) (*Document, error) {
	l = l.withDefaults()
	d := &Document{Name: filepath.Base(path)}
	// What is no file, such as a pipe, might never end.
	if info, err := os.Stat(path); err != nil {
		return d, err
	} else if !info.Mode().IsRegular() {
		return d, fmt.Errorf("%s: no file; name the files that are to be read", d.Name)
	}
	f, err := os.Open(path)
	if err != nil {
		return d, err
	}
	d.Source, err = io.ReadAll(io.LimitReader(f, l.Bytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return d, fmt.Errorf("%s: %w", d.Name, err)
	}
	if int64(len(d.Source)) > l.Bytes {
		return d, fmt.Errorf("%s: more than %d MB; a return is smaller. Take out what is not asked for, or split it", d.Name, l.Bytes>>20)
	}
	return d, d.read(ctx, l)
}

// Parse reads bytes as if they were a file of the name given.
func Parse(ctx context.Context, name string, src []byte, l Limits) (*Document, error) {
	d := &Document{Name: filepath.Base(name), Source: src}
	return d, d.read(ctx, l.withDefaults())
}

func (d *Document) read(ctx context.Context, l Limits) error {
	sum := sha256.Sum256(d.Source)
	d.SHA256, d.Bytes = hex.EncodeToString(sum[:]), int64(len(d.Source))
	ctx, cancel := context.WithTimeout(ctx, l.Time)
	defer cancel()
	err := d.open(ctx, l)
	if err == nil {
		err = d.count(l)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	return nil
}

func (d *Document) count(l Limits) error {
	n := 0
	for _, s := range d.Sheets {
		for _, row := range s.Cells {
			n += len(row)
		}
		if n > l.Cells {
			return fmt.Errorf("sheet %q: more than %d cells; a return is smaller", s.Name, l.Cells)
		}
	}
	return nil
}

// ole begins files of older office programs, and locked ones of newer; locked is
// the name of the part that the latter have.
var (
	ole    = []byte{0xd0, 0xcf, 0x11, 0xe0}
	locked = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
)

// open goes by what the bytes are; the name only tells apart what is text.
func (d *Document) open(ctx context.Context, l Limits) error {
	src := d.Source
	ext := strings.ToLower(filepath.Ext(d.Name))
	switch {
	case len(src) == 0:
		return errors.New("the file is empty; ask the force for it again")
	case bytes.HasPrefix(src, ole):
		if bytes.Contains(src, locked) {
			return errors.New("the file is locked with a password; open it with the password, save a copy without one, and read that")
		}
		return errors.New("the file is of an older form (.xls, .doc); open it in a spreadsheet or word program and save it as .xlsx, .ods or .docx")
	case bytes.HasPrefix(src, []byte("%PDF-")):
		return d.pdf(ctx)
	case bytes.HasPrefix(src, []byte("PK")):
		return d.packed(ctx, l)
	case bytes.Contains(src[:min(len(src), 4096)], []byte("office:spreadsheet")) || ext == ".fods":
		d.Format = "fods"
		return d.ods(ctx, func(each func(*ods.Row) error) error {
			return ods.ReadPlain(bytes.NewReader(src), ods.Limits{Bytes: l.Bytes}, each)
		}, l)
	}
	text, err := decode(src)
	if err != nil {
		return err
	}
	switch start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 1024)])); {
	case ext == ".html" || ext == ".htm" || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") || strings.HasPrefix(start, "<table"):
		return d.html(ctx, text, l)
	case ext == ".csv" || ext == ".tsv":
		return d.csv(ctx, text, l)
	case ext == ".txt" || ext == ".eml" || ext == ".md":
		d.Format = "text"
		d.Lines = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		return nil
	}
	return fmt.Errorf("the form %q is not known; rowan reads .xlsx, .ods, .fods, .csv, .html, .docx, .pdf and .txt", ext)
}

// packed tells the zipped forms apart by what is in them.
func (d *Document) packed(ctx context.Context, l Limits) error {
	r, size := bytes.NewReader(d.Source), d.Bytes
	names, err := entries(r, size)
	if err != nil {
		return err
	}
	switch {
	case names["word/document.xml"]:
		d.Format = "docx"
		doc, err := docx.Read(r, size)
		if err != nil {
			return err
		}
		d.Lines = doc.Lines
		for i, t := range doc.Tables {
			d.Sheets = append(d.Sheets, Sheet{Name: fmt.Sprintf("table %d", i+1), Cells: t})
		}
		if names["word/vbaProject.bin"] {
			d.alarm("macros", "the document holds macros; they were not run. Do not open it where they might be")
		}
		return nil
	case names["xl/workbook.xml"]:
		return d.xlsx(ctx, names, l)
	case names["content.xml"]:
		d.Format = "ods"
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if strings.HasPrefix(name, "Basic/") || strings.HasPrefix(name, "Scripts/") {
				d.macros()
				break
			}
		}
		return d.ods(ctx, func(each func(*ods.Row) error) error {
			return ods.Read(r, size, ods.Limits{Bytes: 8 * l.Bytes}, each)
		}, l)
	}
	if names["xl/workbook.bin"] {
		return errors.New("the workbook is of the binary form (.xlsb); open it in a spreadsheet program and save it as .xlsx")
	}
	if names["Index/Document.iwa"] {
		return errors.New("the file is of Numbers or Pages; export it as .xlsx or .docx")
	}
	return errors.New("the packed file is no .xlsx, .ods or .docx; unpack it and read what is in it")
}

func (d *Document) alarm(kind, text string) {
	d.Alarms = append(d.Alarms, returns.Alarm{Kind: kind, Text: text, Cell: returns.Cell{File: d.Name, SHA256: d.SHA256}})
}

// hides raises the alarm about a cell whose format hides the number that it holds.
func (d *Document) hides(sheet, ref string) {
	d.alarm("hidden_value", "the cell shows no number but holds one, which anybody who has the file can see. What it shows was read. Delete the file, tell the force, and ask for one without it")
	a := &d.Alarms[len(d.Alarms)-1]
	a.Cell.Sheet, a.Cell.Ref = sheet, ref
}

// trimmed is a row without the empty cells at its end.
func trimmed(row []string) []string {
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	return row
}

// reference is the A1 form of a cell, row and column from 1.
func reference(row, column int) string { return returns.Ref(row-1, column-1) }

func (d *Document) ods(ctx context.Context, read func(func(*ods.Row) error) error, l Limits) error {
	cells, external, columns := 0, "", map[int]bool{}
	return read(func(r *ods.Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.External {
			if external != r.Sheet {
				external = r.Sheet
				d.external()
			}
			return nil
		}
		if n := len(d.Sheets); n == 0 || d.Sheets[n-1].Name != r.Sheet {
			d.Sheets = append(d.Sheets, Sheet{Name: r.Sheet, Hidden: r.SheetHidden})
			clear(columns)
		}
		s := &d.Sheets[len(d.Sheets)-1]
		if r.Hidden && !r.SheetHidden {
			s.Doubts = append(s.Doubts, fmt.Sprintf("row %d is hidden", r.Number))
		}
		for _, c := range r.Commented {
			s.Doubts = append(s.Doubts, reference(r.Number, c+1)+" has a comment")
		}
		for _, c := range r.HiddenColumns {
			if !columns[c] {
				columns[c] = true
				s.Doubts = append(s.Doubts, "column "+returns.Column(c)+" is hidden")
			}
		}
		for _, c := range r.Hiding {
			d.hides(r.Sheet, reference(r.Number, c+1))
		}
		if cells += len(r.Cells); cells > l.Cells || r.Number > l.Cells {
			return fmt.Errorf("more than %d cells; a return is smaller", l.Cells)
		}
		for len(s.Cells) < r.Number-1 {
			s.Cells = append(s.Cells, nil)
		}
		s.Cells = append(s.Cells, slices.Clone(r.Cells))
		return nil
	})
}

func (d *Document) macros() {
	d.alarm("macros", "the workbook holds macros; they were not run. Do not open it where they might be")
}

func (d *Document) external() {
	d.alarm("external_link", "the workbook refers to another one; that was not opened, and values taken from it may be out of date")
}

func (d *Document) pdf(ctx context.Context) error {
	d.Format, d.Proposed = "pdf", true
	pages, err := pdf.Read(ctx, bytes.NewReader(d.Source), d.Bytes)
	if err != nil {
		return err
	}
	for i, p := range pages {
		d.Lines = append(d.Lines, p.Lines...)
		for j, t := range p.Tables {
			d.Sheets = append(d.Sheets, Sheet{Name: fmt.Sprintf("page %d table %d", i+1, j+1), Cells: t.Rows})
		}
	}
	return nil
}
