package sheet

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"rowan/statistics/returns"
)

// Bounds of packed files.
const (
	maxEntries = 4096
	maxUnpack  = 256 << 20
	maxRatio   = 500
)

// entries lists what is packed. It refuses what unpacks to too much, whatever sizes
// the file states, and what is damaged.
func entries(r io.ReaderAt, size int64) (map[string]bool, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the packed file is damaged: %w", err)
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("the file packs %d others; at most %d are looked at", len(z.File), maxEntries)
	}
	names, total := map[string]bool{}, uint64(0)
	for _, f := range z.File {
		if names[f.Name] {
			return nil, fmt.Errorf("the file packs %s twice; such a file is not opened", f.Name)
		}
		names[f.Name] = true
		total += f.UncompressedSize64
		if total > maxUnpack || f.UncompressedSize64 > 1<<20 && f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > maxRatio {
			return nil, fmt.Errorf("%s unpacks %d bytes to %d; such a file is not opened", f.Name, f.CompressedSize64, f.UncompressedSize64)
		}
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s cannot be unpacked; if the file is locked with a password, save a copy without one: %w", f.Name, err)
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, int64(f.UncompressedSize64)+1))
		if err := errors.Join(err, in.Close()); err != nil || uint64(n) != f.UncompressedSize64 {
			return nil, fmt.Errorf("%s is damaged; ask for the file again: %w", f.Name, cmp.Or(err, errors.New("it is not as long as the file says")))
		}
	}
	return names, nil
}

func (d *Document) xlsx(ctx context.Context, names map[string]bool, l Limits) (err error) {
	d.Format = "xlsx"
	defer func() {
		// The library is lenient; what it cannot bear is an error of the file.
		if p := recover(); p != nil {
			err = fmt.Errorf("the workbook is damaged: %v", p)
		}
	}()
	d.risks(names)
	w, err := openWorkbook(d.Source)
	if err != nil {
		return fmt.Errorf("the workbook cannot be read; save it again from a spreadsheet program: %w", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(d.Source), excelize.Options{UnzipSizeLimit: maxUnpack, UnzipXMLSizeLimit: maxUnpack})
	if err != nil {
		return fmt.Errorf("the workbook cannot be read; save it again from a spreadsheet program: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	cells := 0
	for _, name := range f.GetSheetList() {
		s, err := d.xlsxSheet(ctx, f, w, name, l, &cells)
		if err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
		d.Sheets = append(d.Sheets, s)
	}
	return nil
}

func (d *Document) xlsxSheet(ctx context.Context, f *excelize.File, w *workbook, name string, l Limits, cells *int) (s Sheet, err error) {
	s.Name = name
	visible, err := f.GetSheetVisible(name)
	if err != nil {
		return s, err
	}
	s.Hidden = !visible
	p, err := w.read(name)
	if err != nil {
		return s, err
	}
	s.Doubts = p.doubts
	rows, err := f.Rows(name)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Error(), rows.Close()) }()
	columns := map[int]bool{}
	for number := 1; rows.Next(); number++ {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		row, err := rows.Columns()
		if err != nil {
			return s, fmt.Errorf("row %d: %w", number, err)
		}
		hides := []int(nil)
		for column, h := range p.held[number] {
			for len(row) < column {
				row = append(row, "")
			}
			var hidden bool
			if row[column-1], hidden = w.text(row[column-1], h); hidden {
				hides = append(hides, column)
			}
		}
		slices.Sort(hides)
		for _, column := range hides {
			d.hides(name, reference(number, column))
		}
		row = trimmed(row)
		if len(row) == 0 {
			continue
		}
		if rows.GetRowOpts().Hidden {
			s.Doubts = append(s.Doubts, fmt.Sprintf("row %d is hidden", number))
		}
		for i, c := range row {
			columns[i+1] = columns[i+1] || c != ""
		}
		if *cells += len(row); *cells > l.Cells || number > l.Cells {
			return s, fmt.Errorf("row %d: more than %d cells; a return is smaller", number, l.Cells)
		}
		for len(s.Cells) < number-1 {
			s.Cells = append(s.Cells, nil)
		}
		s.Cells = append(s.Cells, row)
	}
	if err := s.merge(p.merged, l.Cells); err != nil {
		return s, err
	}
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		if columns[column] && slices.ContainsFunc(p.columns, func(c [2]int) bool { return column >= c[0] && column <= c[1] }) {
			s.Doubts = append(s.Doubts, "column "+returns.Column(column-1)+" is hidden")
		}
	}
	comments, err := f.GetComments(name)
	if err != nil {
		return s, fmt.Errorf("its comments: %w", err)
	}
	for _, c := range comments {
		s.Doubts = append(s.Doubts, c.Cell+" has a comment")
	}
	return s, nil
}

// merge notes merged cells and empties those that lie under another one.
func (s *Sheet) merge(areas []string, limit int) error {
	for _, area := range areas {
		s.Notes = append(s.Notes, area+" is one merged cell")
		from, to, _ := strings.Cut(area, ":")
		left, top, err := excelize.CellNameToCoordinates(from)
		right, bottom, err2 := excelize.CellNameToCoordinates(cmp.Or(to, from))
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("the merged cell %.20q: %w", area, err)
		}
		for y := top; y <= min(bottom, len(s.Cells)); y++ {
			row := s.Cells[y-1]
			for x := left; x <= min(right, len(row)); x++ {
				if limit--; limit < 0 {
					return fmt.Errorf("the merged cell %s: merged cells overlap", area)
				}
				if x != left || y != top {
					row[x-1] = ""
				}
			}
		}
	}
	return nil
}

var cached = regexp.MustCompile(`recordCount="(\d+)"`)

// risks raises alarms about what a workbook carries besides its cells.
func (d *Document) risks(names map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch {
		case strings.HasPrefix(name, "xl/pivotCache/pivotCacheRecords"):
			text, rows := "", d.entry(name, 1<<20)
			if m := cached.FindSubmatch(d.entry(strings.Replace(name, "Records", "Definition", 1), 1<<20)); m != nil {
				text = string(m[1]) + " "
			}
			if len(rows) == 0 || bytes.Contains(rows, []byte("<r>")) {
				d.alarm("pivot_cache", "the workbook carries the "+text+"rows behind a pivot table, perhaps one for each person. They were not read. Delete the file, tell the force, and ask for one without them")
			}
		case name == "xl/vbaProject.bin":
			d.macros()
		case strings.HasPrefix(name, "xl/externalLinks/") && !strings.Contains(name, "_rels"):
			d.external()
		}
	}
}

// entry is the beginning of a packed file, nil if it cannot be read.
func (d *Document) entry(name string, limit int64) []byte {
	z, err := zip.NewReader(bytes.NewReader(d.Source), d.Bytes)
	if err != nil {
		return nil
	}
	f, err := z.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil
	}
	return text
}
