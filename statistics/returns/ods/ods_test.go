package ods

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func plain(body string) string {
	return `<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>` + body + `</office:spreadsheet></office:body></office:document-content>`
}

func rows(t testing.TB, body string) (string, error) {
	t.Helper()
	var out []string
	err := ReadPlain(strings.NewReader(plain(body)), Limits{}, func(r *Row) error {
		hidden := ""
		if r.Hidden {
			hidden = " hidden"
		}
		out = append(out, fmt.Sprintf("%s %d%s %q", r.Sheet, r.Number, hidden, r.Cells))
		return nil
	})
	return strings.Join(out, "\n"), err
}

func TestRowsHaveTheirAddress(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"values": {`<table:table table:name="A"><table:table-row><table:table-cell><text:p>x &amp; y</text:p><text:p>z</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1234"><text:p>1,234</text:p></table:table-cell></table:table-row></table:table>`,
			`A 1 ["x & y\nz" "1234"]`},
		"a percentage stays one": {`<table:table table:name="A"><table:table-row><table:table-cell office:value-type="float" office:value="1"><text:p>100%</text:p></table:table-cell></table:table-row></table:table>`,
			`A 1 ["100%"]`},
		"repeats": {`<table:table table:name="A"><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="2"/></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell/><table:table-cell table:number-columns-repeated="2"><text:p>1</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row><table:table-row table:number-rows-repeated="1048559"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`,
			"A 4 [\"\" \"1\" \"1\"]\nA 5 [\"\" \"1\" \"1\"]"},
		"covered and annotated": {`<table:table table:name="A"><table:table-row><table:table-cell><office:annotation><text:p>note</text:p></office:annotation><text:p>a</text:p></table:table-cell><table:covered-table-cell><text:p>under</text:p></table:covered-table-cell><table:table-cell><text:p>b<text:s text:c="2"/>c</text:p></table:table-cell></table:table-row></table:table>`,
			`A 1 ["a" "" "b  c"]`},
		"hidden": {`<table:table table:name="A"><table:table-row table:visibility="collapse"><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row></table:table>`,
			`A 1 hidden ["a"]`},
		"two sheets": {`<table:table table:name="A"><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row></table:table><table:table table:name="B"><table:table-row><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>`,
			"A 1 [\"a\"]\nB 1 [\"b\"]"},
	} {
		if got, err := rows(t, test.body); err != nil || got != test.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, test.want)
		}
	}
}

func TestWhatCannotBeAReturnIsRefused(t *testing.T) {
	cell := `<table:table-cell><text:p>1</text:p></table:table-cell>`
	for name, body := range map[string]string{
		"too many rows":       `<table:table table:name="A"><table:table-row table:number-rows-repeated="1000000">` + cell + `</table:table-row></table:table>`,
		"too many columns":    `<table:table table:name="A"><table:table-row><table:table-cell table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell></table:table-row></table:table>`,
		"nested repeats":      `<table:table table:name="A"><table:table-row table:number-rows-repeated="60000"><table:table-cell table:number-columns-repeated="2000"><text:p>1</text:p></table:table-cell></table:table-row></table:table>`,
		"a repeat of nothing": `<table:table table:name="A"><table:table-row table:number-rows-repeated="0">` + cell + `</table:table-row></table:table>`,
		"deep":                strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"cut off":             `<table:table table:name="A"><table:table-row>`,
	} {
		_, err := rows(t, body)
		if err == nil {
			t.Errorf("%s was read", name)
		} else if strings.Contains(body, "table:name") && !strings.Contains(err.Error(), `sheet "A", row 1`) && name != "too many rows" {
			t.Errorf("%s: no address: %v", name, err)
		}
	}
	if err := ReadPlain(strings.NewReader("<!DOCTYPE x><x/>"), Limits{}, func(*Row) error { return nil }); err == nil {
		t.Error("a document type declaration was read")
	}
}

func packed(t testing.TB, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, content)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBombsAndLockedFilesAreRefused(t *testing.T) {
	for name, src := range map[string][]byte{
		"a bomb":     packed(t, "content.xml", plain(strings.Repeat(" ", 64<<20))),
		"no content": packed(t, "other.xml", ""),
		"locked":     packed(t, "META-INF/manifest.xml", "<manifest:encryption-data/>"),
		"no zip":     []byte("hello"),
	} {
		if err := Read(bytes.NewReader(src), int64(len(src)), Limits{}, func(*Row) error { return nil }); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzReadPlain(f *testing.F) {
	f.Add(plain(`<table:table table:name="A"><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"><text:p>1</text:p></table:table-cell></table:table-row></table:table>`))
	f.Fuzz(func(t *testing.T, text string) {
		last := map[string]int{}
		_ = ReadPlain(strings.NewReader(text), Limits{Rows: 100, Columns: 20}, func(r *Row) error {
			if len(r.Cells) == 0 || len(r.Cells) > 20 || r.Number > 100 {
				t.Errorf("row %d has %d cells", r.Number, len(r.Cells))
			}
			last[r.Sheet] = r.Number
			return nil
		})
	})
}
