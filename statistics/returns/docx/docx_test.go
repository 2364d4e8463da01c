package docx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// document zips a body as Word does.
func document(t testing.TB, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body+`</w:body></w:document>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func p(text string) string { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>" }
func tc(text, properties string) string {
	return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + p(text) + "</w:tc>"
}

func read(t *testing.T, src []byte) *Document {
	t.Helper()
	d, err := Read(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTextAndTablesAreRead(t *testing.T) {
	d := read(t, document(t, p("Dear requester,")+p("")+`<w:p><w:r><w:t>There were </w:t></w:r><w:r><w:t>39 offences.</w:t></w:r><w:del><w:r><w:delText>40</w:delText></w:r></w:del></w:p>`+
		"<w:tbl><w:tr>"+tc("", "")+tc("2017/18", `<w:gridSpan w:val="2"/>`)+"</w:tr><w:tr>"+tc("Offences", `<w:vMerge w:val="restart"/>`)+tc("1", "")+tc("2", "")+"</w:tr><w:tr>"+tc("x", `<w:vMerge/>`)+tc("3", "")+tc("4", "")+"</w:tr></w:tbl>"+p("Yours")))
	if got := strings.Join(d.Lines, "|"); got != "Dear requester,|There were 39 offences.|Yours" {
		t.Errorf("lines: %s", got)
	}
	if got := fmt.Sprintf("%q", d.Tables); got != `[[["" "2017/18" ""] ["Offences" "1" "2"] ["" "3" "4"]]]` {
		t.Errorf("tables: %s", got)
	}
}

func TestATableInACellIsItsText(t *testing.T) {
	d := read(t, document(t, "<w:tbl><w:tr><w:tc><w:tbl><w:tr>"+tc("in", "")+"</w:tr></w:tbl>"+p("out")+"</w:tc></w:tr></w:tbl>"))
	if got := fmt.Sprintf("%q", d.Tables); got != `[[["in\nout"]]]` {
		t.Errorf("tables: %s", got)
	}
}

func TestWhatIsNoLetterIsRefused(t *testing.T) {
	for name, src := range map[string][]byte{
		"no zip":     []byte("hello"),
		"cut off":    document(t, p("x"))[:60],
		"wide":       document(t, "<w:tbl><w:tr>"+tc("x", `<w:gridSpan w:val="9999"/>`)+"</w:tr></w:tbl>"),
		"deep":       document(t, strings.Repeat("<w:x>", 100)+strings.Repeat("</w:x>", 100)),
		"a bomb":     document(t, p(strings.Repeat("0", 8<<20))),
		"unbalanced": document(t, "<w:p>"),
	} {
		if _, err := Read(bytes.NewReader(src), int64(len(src))); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<w:p><w:r><w:t>There were 39 offences.</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parse(bytes.NewReader(body))
		if err == nil && d == nil {
			t.Error("no document and no error")
		}
	})
}
