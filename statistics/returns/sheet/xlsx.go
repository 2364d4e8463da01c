package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Bounds of packed files.
const (
	maxEntries = 4096
	maxUnpack  = 512 << 20
	maxRatio   = 500
)

// entries lists what is packed, and refuses what unpacks to too much.
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
		names[f.Name] = true
		total += f.UncompressedSize64
		if total > maxUnpack || f.UncompressedSize64 > 1<<20 && f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > maxRatio {
			return nil, fmt.Errorf("%s unpacks %d bytes to %d; such a file is not opened", f.Name, f.CompressedSize64, f.UncompressedSize64)
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
	f, err := excelize.OpenReader(bytes.NewReader(d.Source), excelize.Options{UnzipSizeLimit: maxUnpack, UnzipXMLSizeLimit: maxUnpack})
	if err != nil {
		return fmt.Errorf("the workbook cannot be read; save it again from a spreadsheet program: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	cells := 0
	for _, name := range f.GetSheetList() {
		s := Sheet{Name: name}
		visible, err := f.GetSheetVisible(name)
		if err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
		s.Hidden = !visible
		rows, err := f.Rows(name)
		if err != nil {
			// A chart has no rows.
			continue
		}
		for rows.Next() {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("sheet %q: %w", name, err)
			}
			row, err := rows.Columns()
			if err != nil {
				return fmt.Errorf("sheet %q, row %d: %w", name, len(s.Cells)+1, err)
			}
			if rows.GetRowOpts().Hidden && len(row) > 0 {
				s.Notes = append(s.Notes, fmt.Sprintf("row %d is hidden", len(s.Cells)+1))
			}
			if cells += len(row); cells > l.Cells || len(s.Cells) > l.Cells {
				return fmt.Errorf("sheet %q: more than %d cells; a return is smaller", name, l.Cells)
			}
			s.Cells = append(s.Cells, row)
		}
		if err := errors.Join(rows.Error(), rows.Close()); err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
		merged, err := f.GetMergeCells(name)
		if err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
		for _, m := range merged {
			s.Notes = append(s.Notes, fmt.Sprintf("%s:%s is one merged cell", m.GetStartAxis(), m.GetEndAxis()))
		}
		d.Sheets = append(d.Sheets, s)
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
			d.alarm("macros", "the workbook holds macros; they were not run. Do not open it where they might be")
		case strings.HasPrefix(name, "xl/externalLinks/") && !strings.Contains(name, "_rels"):
			d.alarm("external_link", "the workbook refers to another one; that was not opened, and values taken from it may be out of date")
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
