package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xuri/excelize/v2"
)

// made is a workbook that a function fills.
func made(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	var b bytes.Buffer
	if err := errors.Join(fill(f), f.Write(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rezipped is a packed file of which some parts are others.
func rezipped(t testing.TB, src []byte, change func(name, text string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, change(f.Name, string(text)))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func alarms(d *Document) string {
	var out []string
	for _, a := range d.Alarms {
		out = append(out, strings.TrimSuffix(a.Kind+" "+a.Cell.Sheet+"!"+a.Cell.Ref, " !"))
	}
	return strings.Join(out, ", ")
}

func TestANumberThatAFormatHidesStaysHiddenAndRaisesAnAlarm(t *testing.T) {
	for code, want := range map[string]string{
		`[<5]"<5";General`: `1 ["<5" "12" "0"] hidden_value Sheet1!A1`,
		`[<5]"*";0`:        `1 ["*" "12" "*"] hidden_value Sheet1!A1, hidden_value Sheet1!C1`,
		`[=0]0;[<5]"*";0`:  `1 ["*" "12" "0"] hidden_value Sheet1!A1`,
		`;;;`:              `1 ["" "" "0"] hidden_value Sheet1!A1, hidden_value Sheet1!B1`,
		`"*"`:              `1 ["*" "*" "*"] hidden_value Sheet1!A1, hidden_value Sheet1!B1, hidden_value Sheet1!C1`,
		`#,##0`:            `1 ["3" "12" "0"] `,
		`_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-`: `1 ["3" "12" "0"] `,
		`0%`:         `1 ["300%" "1200%" "0%"] `,
		`dd/mm/yyyy`: `1 ["03/01/1900" "12/01/1900" "00/01/1900"] `,
	} {
		d := parse(t, "a.xlsx", made(t, func(f *excelize.File) error {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
			return errors.Join(err, f.SetSheetRow("Sheet1", "A1", &[]int{3, 12, 0}), f.SetCellStyle("Sheet1", "A1", "C1", style))
		}))
		if got := show(d) + " " + alarms(d); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	cell := func(value, text string) string {
		return `<table:table-cell office:value-type="float" office:value="` + value + `"><text:p>` + text + `</text:p></table:table-cell>`
	}
	d := parse(t, "a.fods", fods("", `<table:table table:name="S"><table:table-row>`+cell("3", "&lt;5")+cell("12", "12")+cell("4", "")+cell("0", "-")+cell("12.6", "13")+cell("3", "*")+`</table:table-row></table:table>`))
	if got := show(d) + " " + alarms(d); got != `1 ["<5" "12" "" "0" "12.6" "*"] hidden_value S!A1, hidden_value S!C1, hidden_value S!F1` {
		t.Error(got)
	}
}

func fods(styles, body string) []byte {
	return []byte(`<office:document xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s"><office:automatic-styles>` + styles + `</office:automatic-styles><office:body><office:spreadsheet>` + body + `</office:spreadsheet></office:body></office:document>`)
}

func TestAFractionIsNotRoundedToACount(t *testing.T) {
	d := parse(t, "a.xlsx", made(t, func(f *excelize.File) error {
		format := "0"
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		return errors.Join(err, f.SetCellFloat("Sheet1", "A1", 12.6, -1, 64), f.SetCellStyle("Sheet1", "A1", "A1", style))
	}))
	if got := show(d); got != `1 ["12.6"]` {
		t.Error(got)
	}
}

func TestTheNumberOfAFootnoteIsNoDigit(t *testing.T) {
	rich := []excelize.RichTextRun{{Text: "12"}, {Text: "1", Font: &excelize.Font{VertAlign: "superscript"}}}
	for name, src := range map[string][]byte{
		"a.xlsx": made(t, func(f *excelize.File) error { return f.SetCellRichText("Sheet1", "A1", rich) }),
		"a.html": []byte(`<table><tr><td>12<sup>1</sup></td></tr></table>`),
		"b.html": []byte(`<table><tr><td>12<sup><a href="#f1">[1]</a></sup></td></tr></table>`),
		"a.fods": fods(`<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>`, `<table:table table:name="S"><table:table-row><table:table-cell><text:p>12<text:span text:style-name="T1">1</text:span></text:p></table:table-cell></table:table-row></table:table>`),
		"a.docx": zipped(t, map[string]string{"word/document.xml": `<w:document xmlns:w="w"><w:body><w:tbl><w:tr><w:tc><w:p><w:r><w:t>12</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>`}),
	} {
		if got := show(parse(t, name, src)); got != `1 ["12 [1]"]` {
			t.Errorf("%s: %s", name, got)
		}
	}
	inline := rezipped(t, made(t, func(f *excelize.File) error { return f.SetCellInt("Sheet1", "A1", 7) }), func(name, text string) string {
		return strings.ReplaceAll(text, `<c r="A1"><v>7</v></c>`, `<c r="A1" t="inlineStr"><is><r><t>12</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r></is></c>`)
	})
	if got := show(parse(t, "a.xlsx", inline)); got != `1 ["12 [1]"]` {
		t.Errorf("inline: %s", got)
	}
}

func TestWhatAPersonMustLookAtIsTold(t *testing.T) {
	d := parse(t, "a.xlsx", made(t, func(f *excelize.File) error {
		return errors.Join(f.SetSheetRow("Sheet1", "A1", &[]int{1, 2, 3}), f.SetColVisible("Sheet1", "B", false), f.SetColVisible("Sheet1", "H:Z", false), f.SetCellFormula("Sheet1", "D1", "SUM(A1:C1)"),
			f.AddComment("Sheet1", excelize.Comment{Cell: "C1", Author: "x", Text: "half a year"}))
	}))
	if got := fmt.Sprint(d.Sheets[0].Doubts); got != "[D1 holds a formula without its result: open the file in a spreadsheet program and save it column B is hidden C1 has a comment]" {
		t.Error(got)
	}
	cell := `<table:table-cell><text:p>1</text:p></table:table-cell>`
	d = parse(t, "a.fods", fods(`<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>`,
		`<table:table table:name="A"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column table:number-columns-repeated="1022" table:visibility="collapse"/><table:table-row>`+cell+cell+`</table:table-row><table:table-row><table:table-cell><office:annotation><text:p>x</text:p></office:annotation><text:p>2</text:p></table:table-cell>`+cell+`</table:table-row></table:table>
		<table:table table:name="B" table:style-name="ta1"><table:table-row>`+cell+`</table:table-row></table:table>
		<table:table table:name="'file:///x.ods'#$C"><table:table-source/><table:table-row>`+cell+`</table:table-row></table:table>`))
	if got := fmt.Sprint(d.Sheets[0].Doubts, d.Sheets[1].Hidden, len(d.Sheets)) + alarms(d); got != "[column B is hidden A2 has a comment] true 2external_link" {
		t.Error(got)
	}
}

func TestWhatLiesUnderAMergedCellDoesNotCount(t *testing.T) {
	src := rezipped(t, made(t, func(f *excelize.File) error { return f.SetSheetRow("Sheet1", "A1", &[]int{1, 2, 3}) }), func(name, text string) string {
		return strings.Replace(text, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>`, 1)
	})
	if got := show(parse(t, "a.xlsx", src)); got != `1 ["1" "" "3"]` {
		t.Error(got)
	}
}

func TestFormatsFarBelowAndBesideTheTableAreNoCells(t *testing.T) {
	src := made(t, func(f *excelize.File) error {
		style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
		return errors.Join(err, f.SetCellInt("Sheet1", "A1", 1), f.SetCellStyle("Sheet1", "A900", "B900", style), f.SetCellStyle("Sheet1", "A2", "ZZ2", style))
	})
	d, err := Parse(t.Context(), "a.xlsx", src, Limits{Cells: 100})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(d); got != `1 ["1"]` {
		t.Error(got)
	}
}

func TestADamagedWorkbookIsNotReadInPart(t *testing.T) {
	whole := made(t, func(f *excelize.File) error {
		return errors.Join(f.SetSheetRow("Sheet1", "A1", &[]int{1, 2}), f.SetSheetRow("Sheet1", "A2", &[]int{3, 4}))
	})
	for name, change := range map[string]func(string) string{
		"cut off":             func(s string) string { return s[:strings.Index(s, `<row r="2"`)+10] },
		"rows out of order":   func(s string) string { return strings.Replace(s, `<row r="2"`, `<row r="1"`, 1) },
		"cells out of order":  func(s string) string { return strings.Replace(s, `r="B2"`, `r="A2"`, 1) },
		"a cell of no row":    func(s string) string { return strings.Replace(s, `r="B2"`, `r="B7"`, 1) },
		"a cell of no column": func(s string) string { return strings.Replace(s, `r="B2"`, `r="22"`, 1) },
	} {
		src := rezipped(t, whole, func(part, text string) string {
			if part == "xl/worksheets/sheet1.xml" {
				return change(text)
			}
			return text
		})
		if _, err := Parse(t.Context(), "a.xlsx", src, Limits{}); err == nil || !strings.Contains(err.Error(), `sheet "Sheet1", row`) && !strings.Contains(err.Error(), `sheet "Sheet1": row`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizesThatAFileStatesAreNotBelieved(t *testing.T) {
	src := zipped(t, map[string]string{"xl/workbook.xml": strings.Repeat("<a/>", 1000)})
	// The sizes stand in the directory at the end: 4000 becomes 40.
	at := bytes.LastIndex(src, []byte{0xa0, 0x0f, 0, 0})
	src[at], src[at+1] = 40, 0
	if _, err := Parse(t.Context(), "a.xlsx", src, Limits{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		if _, err := z.Create("content.xml"); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(t.Context(), "a.ods", b.Bytes(), Limits{}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

func TestSeparatedTextIsReadAsASpreadsheetProgramDoes(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"thousands with commas":     {"Gender;Count\nMale;1,234\nFemale;2,345\n", "1 [\"Gender\" \"Count\"]\n2 [\"Male\" \"1,234\"]\n3 [\"Female\" \"2,345\"]"},
		"notes with commas":         {"Figures, where known, are of the force, not of others, and so on\n\na;1\nb;2\n", "1 [\"Figures, where known, are of the force, not of others, and so on\"]\n2 []\n3 [\"a\" \"1\"]\n4 [\"b\" \"2\"]"},
		"the separator is said":     {"sep=;\r\na;1,0\r\n", "1 []\n2 [\"a\" \"1,0\"]"},
		"bars":                      {"a|1\nb|2\n", "1 [\"a\" \"1\"]\n2 [\"b\" \"2\"]"},
		"lines within a cell":       {"\"a\n(all)\",1\nb,2\n\n\"c\nd\",\"e\nf\ng\"\nh,3\n", "1 [\"a\\n(all)\" \"1\"]\n2 [\"b\" \"2\"]\n3 []\n4 [\"c\\nd\" \"e\\nf\\ng\"]\n5 [\"h\" \"3\"]"},
		"lines that end as of old":  {"a,1\rb,2\r", "1 [\"a\" \"1\"]\n2 [\"b\" \"2\"]"},
		"one column":                {"39\n", "1 [\"39\"]"},
		"lines end with a return":   {"a,1\r\n\r\nb,2\r\n", "1 [\"a\" \"1\"]\n2 []\n3 [\"b\" \"2\"]"},
		"an empty first line":       {"\na,1\n", "1 []\n2 [\"a\" \"1\"]"},
		"a quote that does not end": {"a,\"1\nb,2\n", "1 [\"a\" \"1\\nb,2\\n\"]"},
	} {
		if got := show(parse(t, "a.csv", []byte(test.text))); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

func TestTheInnermostTableOfAPageIsRead(t *testing.T) {
	d := parse(t, "a.html", []byte(`<html><head><title>x</title></head><body><div>The force holds <b>39</b> offences.<br>It says so.</div><table><tr><td>Menu</td><td><table><tr><th>2017/18</th></tr><tr><td>73</td></tr></table></td></tr></table><ul><li>One</li><li>Two</li></ul></body></html>`))
	if got := show(d); got != "1 [\"2017/18\"]\n2 [\"73\"]" {
		t.Error(got)
	}
	if got := strings.Join(d.Lines, "|"); got != "The force holds 39 offences.|It says so.|Menu|One|Two" {
		t.Error(got)
	}
}

func TestManySpansAreRefused(t *testing.T) {
	_, err := Parse(t.Context(), "a.html", []byte("<table><tr>"+strings.Repeat("<td colspan=200 rowspan=200>x</td>", 100)), Limits{})
	if err == nil || !strings.Contains(err.Error(), "table 1, row 1: more than 500000 cells") {
		t.Error(err)
	}
}

func TestOtherFormsSayWhatToDo(t *testing.T) {
	ole := append([]byte{0xd0, 0xcf, 0x11, 0xe0}, make([]byte, 600)...)
	for name, test := range map[string]struct {
		file, want string
		src        []byte
	}{
		"locked":  {"a.xlsx", "locked with a password", append(bytes.Clone(ole), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"...)},
		"binary":  {"a.xlsb", "save it as .xlsx", zipped(t, map[string]string{"xl/workbook.bin": "x"})},
		"numbers": {"a.numbers", "export it", zipped(t, map[string]string{"Index/Document.iwa": "x"})},
	} {
		if _, err := Parse(t.Context(), test.file, test.src, Limits{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := parse(t, "a.xls", []byte("<table><tr><td>1</td></tr></table>")); d.Format != "html" {
		t.Errorf("a page that is called .xls is read as %s", d.Format)
	}
	pipe := filepath.Join(t.TempDir(), "a.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	if _, err := Open(t.Context(), pipe, Limits{}); err == nil || !strings.Contains(err.Error(), "no file") {
		t.Error(err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none.csv"), Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, src := range forms(t, [][]string{{"a", "b"}, {"c", "d"}}) {
		if strings.HasSuffix(name, ".docx") {
			continue // a table of a letter is small
		}
		if _, err := Parse(ctx, name, src, Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormatsShowWhatTheirSectionSays(t *testing.T) {
	for code, want := range map[string]string{
		`0;-0;"none"`:            "7 7 none",
		`"a;b"`:                  "a;b a;b a;b",
		`[Red][<5]\*;[>=5]0`:     "7 * *",
		`[<=4]"1 to 4";0`:        "7 1 to 4 1 to 4",
		`[>4]0;[<>0]"[c]";"nil"`: "7 [c] nil",
		`_("*"_);0`:              "* * *",
	} {
		f := formatOf(code)
		got := fmt.Sprintf("%s %s %s", f.show(7, "7"), f.show(3, "7"), f.show(0, "7"))
		if got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	for code, want := range map[string]bool{"yyyy": true, `0"d"`: false, "[h]:mm": true, `[Red]0`: false, "General": false, `\d0`: false} {
		if formatOf(code).date != want {
			t.Errorf("%s: a date is %v", code, !want)
		}
	}
}
