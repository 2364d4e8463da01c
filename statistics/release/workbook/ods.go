package workbook

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

const odsMime = "application/vnd.oasis.opendocument.spreadsheet"

// ODS is the book as an OpenDocument spreadsheet (ISO/IEC 26300).
func (b *Book) ODS() ([]byte, error) {
	sheets, err := b.sheets()
	if err != nil {
		return nil, err
	}
	manifest := `<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="` + odsMime + `"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>
`
	return zipped([]part{
		{name: "mimetype", body: []byte(odsMime), stored: true}, // must come first, and not compressed
		{name: "content.xml", body: content(sheets)},
		{name: "meta.xml", body: b.meta()},
		{name: "META-INF/manifest.xml", body: []byte(manifest)},
	})
}

func (b *Book) meta() []byte {
	var w bytes.Buffer
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" office:version="1.2"><office:meta>`)
	for _, e := range [][2]string{{"dc:title", b.Title}, {"dc:subject", b.Subject}, {"dc:creator", b.Publisher}, {"dc:date", b.Day + "T00:00:00"}, {"dc:language", "en-GB"}} {
		w.WriteString("<" + e[0] + ">" + escaped(e[1]) + "</" + e[0] + ">")
	}
	w.WriteString("</office:meta></office:document-meta>\n")
	return w.Bytes()
}

func content(sheets []sheet) []byte {
	var w bytes.Buffer
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.2"><office:automatic-styles><style:style style:name="title" style:family="table-cell"><style:text-properties fo:font-weight="bold" fo:font-size="14pt"/></style:style><style:style style:name="head" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>`)
	for i, s := range sheets {
		for j, width := range s.widths() {
			fmt.Fprintf(&w, `<style:style style:name="c%d-%d" style:family="table-column"><style:table-column-properties style:column-width="%.1fcm"/></style:style>`, i, j, float64(width)*0.2)
		}
	}
	w.WriteString(`</office:automatic-styles><office:body><office:spreadsheet>`)
	for i, s := range sheets {
		fmt.Fprintf(&w, "\n"+`<table:table table:name="%s">`, escaped(s.name))
		for j := range s.widths() {
			fmt.Fprintf(&w, `<table:table-column table:style-name="c%d-%d"/>`, i, j)
		}
		for r, row := range s.rows {
			heading := r == s.head-1
			if heading {
				w.WriteString("<table:table-header-rows>")
			}
			w.WriteString("<table:table-row>")
			for _, c := range row {
				style := ""
				switch {
				case r == 0:
					style = ` table:style-name="title"`
				case heading:
					style = ` table:style-name="head"`
				}
				if c.Number {
					fmt.Fprintf(&w, `<table:table-cell%s office:value-type="float" office:value="%s">`, style, c.Text)
				} else {
					fmt.Fprintf(&w, `<table:table-cell%s office:value-type="string">`, style)
				}
				w.WriteString("<text:p>" + escaped(c.Text) + "</text:p></table:table-cell>")
			}
			w.WriteString("</table:table-row>")
			if heading {
				w.WriteString("</table:table-header-rows>")
			}
		}
		w.WriteString("</table:table>")
	}
	w.WriteString("\n</office:spreadsheet></office:body></office:document-content>\n")
	return w.Bytes()
}

func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}
