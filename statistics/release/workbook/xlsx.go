package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// XLSX is the book as an Office Open XML workbook.
func (b *Book) XLSX() (_ []byte, err error) {
	sheets, err := b.sheets()
	if err != nil {
		return nil, err
	}
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	title, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}})
	if err != nil {
		return nil, err
	}
	for i, s := range sheets {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.name)
		} else {
			_, err = f.NewSheet(s.name)
		}
		if err == nil {
			err = writeSheet(f, s, title, bold)
		}
		if err != nil {
			return nil, fmt.Errorf("sheet %s: %w", s.name, err)
		}
	}
	if err := f.SetDocProps(&excelize.DocProperties{
		Title: b.Title, Subject: b.Subject, Creator: b.Publisher, LastModifiedBy: b.Publisher, Language: "en-GB",
		Created: b.Day + "T00:00:00Z", Modified: b.Day + "T00:00:00Z",
	}); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, err
	}
	parts, err := unzipped(out.Bytes())
	if err != nil {
		return nil, err
	}
	return zipped(parts)
}

func writeSheet(f *excelize.File, s sheet, title, bold int) error {
	w, err := f.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	for i, width := range s.widths() {
		if err := w.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return err
		}
	}
	if s.head > 0 {
		if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: s.head, TopLeftCell: "A" + strconv.Itoa(s.head+1), ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	for i, row := range s.rows {
		cells := make([]any, len(row))
		for j, c := range row {
			switch {
			case i == 0:
				cells[j] = excelize.Cell{StyleID: title, Value: c.Text}
			case i == s.head-1:
				cells[j] = excelize.Cell{StyleID: bold, Value: c.Text}
			case c.Number:
				n, err := strconv.ParseFloat(c.Text, 64)
				if err != nil {
					return fmt.Errorf("row %d: %q is no number: %w", i+1, c.Text, err)
				}
				cells[j] = n
			default:
				cells[j] = c.Text
			}
		}
		if err := w.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

// widths are of columns in characters, by what stands in them below the title.
func (s sheet) widths() []int {
	var out []int
	for i, row := range s.rows {
		for j, c := range row {
			for len(out) <= j {
				out = append(out, 10)
			}
			if i >= max(s.head-1, 0) && s.head > 0 {
				out[j] = min(max(out[j], len(c.Text)+2), 60)
			}
		}
	}
	if s.head == 0 && len(out) > 0 {
		out[0] = 90
	}
	return out
}
