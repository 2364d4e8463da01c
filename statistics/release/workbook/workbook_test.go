package workbook_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rowan/statistics/release/workbook"
	"rowan/statistics/returns/sheet"
)

func book() *workbook.Book {
	return &workbook.Book{
		Title: "A book", Subject: "Of tables", Publisher: "Example", Day: "2019-09-11", Cover: []string{"Published 2019-09-11"},
		Notes: []workbook.Note{{"[x]", "not available"}, {"&<>", "what needs care in XML"}},
		Tables: []workbook.Table{{
			Name: "1", Title: "Counts", Says: "Constructed", Columns: []string{"Force", "Nothing", "Offences", "Change"},
			Rows: [][]workbook.Cell{
				{workbook.Text("West Mercia"), {}, workbook.Number(122), workbook.Decimal(67.1, 1)},
				{workbook.Text("Dyfed-Powys & others"), {}, {}, workbook.Text("[z]")},
			},
		}},
	}
}

func TestABookIsReadBackTheSameFromEveryFormat(t *testing.T) {
	b := book()
	xlsx, err := b.XLSX()
	if err != nil {
		t.Fatal(err)
	}
	ods, err := b.ODS()
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string][]byte{"b.xlsx": xlsx, "b.ods": ods} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := sheet.Open(context.Background(), path, sheet.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(d.Sheets) != 3 || d.Sheets[0].Name != "Cover" || d.Sheets[1].Name != "Notes" {
			t.Fatalf("%s: sheets %v", name, d.Sheets)
		}
		got := ""
		for _, row := range d.Sheets[2].Cells {
			got += strings.Join(row, "|") + "\n"
		}
		want := "Counts\nConstructed\nForce|Offences|Change\nWest Mercia|122|67.1\nDyfed-Powys & others|[x]|[z]\n"
		lines := strings.Split(got, "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], "|")
		}
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	csv, err := b.Tables[0].CSV()
	if err != nil || string(csv) != "Force,Offences,Change\nWest Mercia,122,67.1\nDyfed-Powys & others,[x],[z]\n" {
		t.Errorf("%v\n%s", err, csv)
	}
}

func TestTheSameBookGivesTheSameBytes(t *testing.T) {
	for range 3 {
		for name, write := range map[string]func(*workbook.Book) ([]byte, error){"xlsx": (*workbook.Book).XLSX, "ods": (*workbook.Book).ODS} {
			a, err := write(book())
			if err != nil {
				t.Fatal(err)
			}
			b, err := write(book())
			if err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s differs: %v", name, err)
			}
		}
	}
}

func TestAWorkbookHasNoMergedCells(t *testing.T) {
	src, err := book().XLSX()
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range f.GetSheetList() {
		if merged, err := f.GetMergeCells(name); err != nil || len(merged) > 0 {
			t.Errorf("%s: %v, %v", name, merged, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestASheetsNameStandsOnceAndIsShort(t *testing.T) {
	for _, name := range []string{"Notes", strings.Repeat("x", 32)} {
		b := book()
		b.Tables[0].Name = name
		if _, err := b.XLSX(); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}
