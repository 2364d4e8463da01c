package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"rowan/statistics/returns"
)

// The library gives what cells show. What they hold besides, and whether a sheet
// is whole, it does not tell: that is read here, straight from the parts.

// workbook is what the parts of a file have in common.
type workbook struct {
	zip     *zip.Reader
	sheets  map[string]string // part by the sheet's name
	formats []format          // by style
	raised  map[int]string    // shared strings with raised characters, these in brackets
}

// part is what a sheet's part says beyond the texts of its cells.
type part struct {
	held    map[int]map[int]held // by row and column, from 1
	columns [][2]int             // hidden
	merged  []string
	doubts  []string
}

// held is what a cell holds: a number, or a text in which raised characters stand
// in brackets.
type held struct {
	number float64
	style  int
	text   string
}

func openWorkbook(src []byte) (*workbook, error) {
	z, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		return nil, err
	}
	w := &workbook{zip: z, sheets: map[string]string{}}
	var book struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		Rel []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(w.unmarshal("xl/workbook.xml", &book), w.unmarshal("xl/_rels/workbook.xml.rels", &rels)); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range rels.Rel {
		target := path.Join("xl", r.Target)
		if strings.HasPrefix(r.Target, "/") {
			target = r.Target[1:]
		}
		targets[r.ID] = target
	}
	for _, s := range book.Sheets {
		for _, a := range s.Attr {
			if a.Name.Local == "id" && a.Name.Space != "" {
				w.sheets[s.Name] = targets[a.Value]
			}
		}
	}
	return w, errors.Join(w.styles(), w.strings())
}

// open is a part of the file, nil if there is none.
func (w *workbook) open(name string) (io.ReadCloser, error) {
	for _, f := range w.zip.File {
		if strings.EqualFold(f.Name, name) {
			return f.Open()
		}
	}
	return nil, nil
}

func (w *workbook) unmarshal(name string, out any) error {
	in, err := w.open(name)
	if in == nil || err != nil {
		return err
	}
	err = xml.NewDecoder(in).Decode(out)
	if err := errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (w *workbook) styles() error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Styles []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.unmarshal("xl/styles.xml", &styles); err != nil {
		return err
	}
	known := map[int]format{}
	for id := range 60 {
		known[id] = format{date: id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50}
	}
	for _, f := range styles.Formats {
		known[f.ID] = formatOf(f.Code)
	}
	for _, s := range styles.Styles {
		w.formats = append(w.formats, known[s.Format])
	}
	return nil
}

// strings keeps the shared strings that have raised characters: the number of a
// footnote would be taken for a digit of the count.
func (w *workbook) strings() error {
	w.raised = map[int]string{}
	in, err := w.open("xl/sharedStrings.xml")
	if in == nil || err != nil {
		return err
	}
	d, n := xml.NewDecoder(in), 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return in.Close()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("xl/sharedStrings.xml: %w", err), in.Close())
		}
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "si" {
			var s richText
			if err := d.DecodeElement(&s, &start); err != nil {
				return errors.Join(fmt.Errorf("xl/sharedStrings.xml: %w", err), in.Close())
			}
			if text, ok := s.raised(); ok {
				w.raised[n] = text
			}
			n++
		}
	}
}

type richText struct {
	Runs []struct {
		Align struct {
			Val string `xml:"val,attr"`
		} `xml:"rPr>vertAlign"`
		Text string `xml:"t"`
	} `xml:"r"`
}

// raised is the text if some of it is raised or lowered.
func (s richText) raised() (text string, ok bool) {
	for _, r := range s.Runs {
		if r.Align.Val == "superscript" || r.Align.Val == "subscript" {
			text, ok = text+" ["+strings.TrimSpace(r.Text)+"]", true
			continue
		}
		text += r.Text
	}
	return text, ok
}

type xmlCell struct {
	Ref     string   `xml:"r,attr"`
	Style   int      `xml:"s,attr"`
	Type    string   `xml:"t,attr"`
	Value   *string  `xml:"v"`
	Formula *string  `xml:"f"`
	Inline  richText `xml:"is"`
}

// read goes through a sheet's part. It returns an error where the part is not
// whole or its cells are out of order, which the library passes over in silence.
func (w *workbook) read(sheet string) (*part, error) {
	p := &part{held: map[int]map[int]held{}}
	in, err := w.open(w.sheets[sheet])
	if in == nil || err != nil {
		return p, err
	}
	d := xml.NewDecoder(in)
	row, column := 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return p, in.Close()
		}
		if err == nil {
			if start, ok := t.(xml.StartElement); ok {
				err = w.element(d, start, p, &row, &column)
			}
		}
		if err != nil {
			return p, errors.Join(fmt.Errorf("row %d: the sheet is damaged; save it again from a spreadsheet program: %w", max(1, row), err), in.Close())
		}
	}
}

func (w *workbook) element(d *xml.Decoder, t xml.StartElement, p *part, row, column *int) error {
	number := func(name string) (int, error) {
		for _, a := range t.Attr {
			if a.Name.Local == name && a.Name.Space == "" {
				return strconv.Atoi(a.Value)
			}
		}
		return 0, nil
	}
	switch t.Name.Local {
	case "row":
		n, err := number("r")
		if n == 0 {
			n = *row + 1
		}
		if err != nil || n <= *row {
			return errors.New("its rows are out of order")
		}
		*row, *column = n, 0
	case "c":
		var c xmlCell
		if err := d.DecodeElement(&c, &t); err != nil {
			return err
		}
		n := *column + 1
		if c.Ref != "" {
			x, y, err := excelize.CellNameToCoordinates(c.Ref)
			if err != nil || y != *row || x < n {
				return fmt.Errorf("the cell %.10q is out of order", c.Ref)
			}
			n = x
		}
		*column = n
		p.cell(w, c, *row, n)
	case "col":
		from, err := number("min")
		to, err2 := number("max")
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		for _, a := range t.Attr {
			if a.Name.Local == "hidden" && (a.Value == "1" || a.Value == "true") {
				p.columns = append(p.columns, [2]int{from, to})
			}
		}
	case "mergeCell":
		for _, a := range t.Attr {
			if a.Name.Local == "ref" {
				p.merged = append(p.merged, a.Value)
			}
		}
	}
	return nil
}

func (p *part) cell(w *workbook, c xmlCell, row, column int) {
	keep := func(h held) {
		if p.held[row] == nil {
			p.held[row] = map[int]held{}
		}
		p.held[row][column] = h
	}
	switch {
	case c.Type == "inlineStr":
		if text, ok := c.Inline.raised(); ok {
			keep(held{text: text})
		}
	case c.Value == nil:
		if c.Formula != nil {
			p.doubts = append(p.doubts, fmt.Sprintf("%s holds a formula without its result: open the file in a spreadsheet program and save it", reference(row, column)))
		}
	case c.Type == "s":
		if i, err := strconv.Atoi(*c.Value); err == nil && w.raised[i] != "" {
			keep(held{text: w.raised[i]})
		}
	case c.Type == "" || c.Type == "n":
		n, err := strconv.ParseFloat(*c.Value, 64)
		if err == nil && (c.Style < 0 || c.Style >= len(w.formats) || !w.formats[c.Style].date) {
			keep(held{number: n, style: c.Style})
		}
	}
}

// text is what a cell says that shows a text, and whether its format hides a
// number.
func (w *workbook) text(shown string, h held) (string, bool) {
	if h.text != "" {
		return h.text, false
	}
	if h.style >= 0 && h.style < len(w.formats) && w.formats[h.style].sections != nil {
		shown = w.formats[h.style].show(h.number, shown)
	}
	return returns.Shown(shown, h.number)
}
