package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

func parse(t testing.TB, name string, src []byte) *Document {
	t.Helper()
	d, err := Parse(context.Background(), name, src, Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

func show(d *Document) string {
	var out []string
	for _, s := range d.Sheets {
		rows := s.Cells
		for n := len(rows); n > 0 && strings.Join(rows[n-1], "") == ""; n-- {
			rows = rows[:n-1]
		}
		for i, r := range rows {
			for n := len(r); n > 0 && r[n-1] == ""; n-- {
				r = r[:n-1]
			}
			out = append(out, fmt.Sprintf("%d %q", i+1, r))
		}
	}
	return strings.Join(out, "\n")
}

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// forms writes one table in every form.
func forms(t testing.TB, table [][]string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range table {
		// A row of one empty field is an empty line, which has no row.
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	out["t.csv"] = bytes.Clone(b.Bytes())
	x := excelize.NewFile()
	var page, plain, word strings.Builder
	for i, r := range table {
		page.WriteString("<tr>")
		plain.WriteString("<table:table-row>")
		word.WriteString("<w:tr>")
		for j, c := range r {
			name, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.SetCellStr("Sheet1", name, c); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&page, "<td>%s</td>", html.EscapeString(c))
			fmt.Fprintf(&plain, "<table:table-cell><text:p>%s</text:p></table:table-cell>", html.EscapeString(c))
			fmt.Fprintf(&word, "<w:tc><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:tc>", html.EscapeString(c))
		}
		page.WriteString("</tr>")
		plain.WriteString("</table:table-row>")
		word.WriteString("</w:tr>")
	}
	b.Reset()
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	out["t.xlsx"] = bytes.Clone(b.Bytes())
	out["t.html"] = []byte("<html><body><table>" + page.String() + "</table></body></html>")
	content := `<office:document-content><office:body><office:spreadsheet><table:table table:name="Sheet1">` + plain.String() + `</table:table></office:spreadsheet></office:body></office:document-content>`
	out["t.fods"] = []byte(content)
	out["t.ods"] = zipped(t, map[string]string{"content.xml": content})
	out["t.docx"] = zipped(t, map[string]string{"word/document.xml": `<w:document xmlns:w="w"><w:body><w:tbl>` + word.String() + `</w:tbl></w:body></w:document>`})
	return out
}

func TestATableIsTheSameInEveryForm(t *testing.T) {
	cell := rapid.StringMatching(`[a-zA-Z0-9<>&*"/-]{1,6}`)
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 2, 4).Draw(rt, "table")
		want := ""
		for _, name := range []string{"t.csv", "t.xlsx", "t.html", "t.fods", "t.ods", "t.docx"} {
			src := forms(t, table)[name]
			d, err := Parse(context.Background(), name, src, Limits{})
			if err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
			got := show(d)
			if want == "" {
				want = got
			}
			if got != want {
				rt.Errorf("%s:\n%s\nwant\n%s", name, got, want)
			}
			if "t."+d.Format != name || len(d.SHA256) != 64 {
				rt.Errorf("%s is read as %s, %s", name, d.Format, d.SHA256)
			}
		}
	})
}

func TestTextIsDecoded(t *testing.T) {
	want := "1 [\"Ä–ö\" \"1\"]\n2 [\"x\" \"2\"]"
	old, err := charmap.Windows1252.NewEncoder().String("Ä–ö;1\nx;2\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]string{"UTF-8 with its mark": "\ufeffÄ–ö,1\r\nx,2\r\n", "Windows-1252": old, "tabs": "Ä–ö\t1\nx\t2\n"} {
		if got := show(parse(t, "a.csv", []byte(src))); got != want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestRowsKeepTheirNumber(t *testing.T) {
	if got := show(parse(t, "a.csv", []byte("a,b\n\n\nc,d\n"))); got != "1 [\"a\" \"b\"]\n2 []\n3 []\n4 [\"c\" \"d\"]" {
		t.Error(got)
	}
}

func TestCellsThatSpanKeepTheOthersInPlace(t *testing.T) {
	d := parse(t, "a.html", []byte(`<p>Answer: 39 offences.</p><table><caption>Victims</caption><tr><th rowspan=2>Gender</th><th colspan=2>Age</th></tr><tr><th>0-11</th><th>12-15</th></tr><tr><td>Male</td><td>*</td><td></td></tr></table><script>1</script>`))
	if got := show(d); got != "1 [\"Gender\" \"Age\"]\n2 [\"\" \"0-11\" \"12-15\"]\n3 [\"Male\" \"*\"]" {
		t.Error(got)
	}
	if len(d.Lines) != 1 || d.Lines[0] != "Answer: 39 offences." {
		t.Errorf("%q", d.Lines)
	}
}

func TestHiddenAndMergedCellsAreTold(t *testing.T) {
	f := excelize.NewFile()
	for _, err := range []error{
		f.SetCellStr("Sheet1", "A1", "2017/18"), f.SetCellInt("Sheet1", "A2", 73), f.MergeCell("Sheet1", "A1", "B1"), f.SetRowVisible("Sheet1", 2, false),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.NewSheet("Notes"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSheetVisible("Notes", false); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := parse(t, "a.xlsx", b.Bytes())
	if len(d.Sheets) != 2 || !d.Sheets[1].Hidden || fmt.Sprint(d.Sheets[0].Notes, d.Sheets[0].Doubts) != "[A1:B1 is one merged cell] [row 2 is hidden]" {
		t.Errorf("%+v", d.Sheets)
	}
}

func TestWhatAWorkbookCarriesRaisesAlarms(t *testing.T) {
	var b bytes.Buffer
	if err := excelize.NewFile().Write(&b); err != nil {
		t.Fatal(err)
	}
	in, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"xl/pivotCache/pivotCacheRecords1.xml": `<pivotCacheRecords><r><x v="0"/></r></pivotCacheRecords>`, "xl/pivotCache/pivotCacheDefinition1.xml": `<pivotCacheDefinition recordCount="44"/>`,
		"xl/vbaProject.bin": "x", "xl/externalLinks/externalLink1.xml": "<externalLink/>",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	d := parse(t, "a.xlsx", out.Bytes())
	kinds := ""
	for _, a := range d.Alarms {
		kinds += a.Kind + " "
	}
	if kinds != "external_link pivot_cache macros " || !strings.Contains(d.Alarms[1].Text, "44 rows") {
		t.Errorf("%s %+v", kinds, d.Alarms)
	}
}

func TestBadFilesSayWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		file, want string
		src        []byte
	}{
		"old form":    {"a.xls", "save it as .xlsx", append([]byte{0xd0, 0xcf, 0x11, 0xe0}, make([]byte, 600)...)},
		"empty":       {"a.csv", "is empty", nil},
		"unknown":     {"a.pages", "rowan reads", []byte("hello")},
		"damaged zip": {"a.xlsx", "damaged", []byte("PK\x03\x04 nothing")},
		"other zip":   {"a.zip", "unpack it", zipped(t, map[string]string{"a.txt": "x"})},
		"a bomb":      {"a.xlsx", "not opened", zipped(t, map[string]string{"xl/workbook.xml": strings.Repeat(" ", 64<<20)})},
		"no workbook": {"a.xlsx", "save it again", zipped(t, map[string]string{"xl/workbook.xml": "<x"})},
		"zero bytes":  {"a.csv", "zero bytes", []byte("a\x00b")},
		"wide":        {"a.html", "spans", []byte("<table><tr><td colspan=100000>x</td></tr></table>")},
		"cells":       {"a.csv", "more than", []byte(strings.Repeat("1,2,3,4,5,6,7,8,9,10\n", 60_000))},
	} {
		_, err := Parse(t.Context(), test.file, test.src, Limits{})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), test.file+": ") {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	path := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(path, make([]byte, 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Limits{Bytes: 1000}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a big file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for name, src := range forms(f, [][]string{{"a", "2017/18"}, {"Offences", "73"}}) {
		f.Add(name, src)
	}
	f.Add("a.txt", []byte("There were 39 offences."))
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		if len(src) > 1<<16 || bytes.HasPrefix(src, []byte("%PDF-")) {
			return // the reader of PDF has a target of its own
		}
		d, err := Parse(t.Context(), name, src, Limits{Cells: 10_000})
		if err == nil && d.Format == "" {
			t.Error("no form and no error")
		}
	})
}
