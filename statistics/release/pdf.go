package release

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"rowan/statistics/release/workbook"
)

// Sizes of a page in millimetres and of type in points.
const (
	pageMargin = 20.0
	pageRoom   = 210 - 2*pageMargin
	bodySize   = 10.5
	smallSize  = 8.5
)

// pdf is a page as an A4 document with its fonts in it.
func pdf(p Page, plan *Plan) ([]byte, error) {
	f := fpdf.New("P", "mm", "A4", "")
	on := time.Date(plan.Published.Year, plan.Published.Month, plan.Published.Day, 0, 0, 0, 0, time.UTC)
	f.SetCreationDate(on)
	f.SetModificationDate(on)
	f.SetCatalogSort(true)
	f.SetTitle(p.Title, true)
	f.SetSubject(plan.Title, true)
	f.SetAuthor(plan.Publisher.Name, true)
	f.SetLang("en-GB")
	f.SetMargins(pageMargin, pageMargin, pageMargin)
	f.SetAutoPageBreak(true, pageMargin)
	f.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	f.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	f.SetFooterFunc(func() {
		f.SetY(-14)
		f.SetFont("sans", "", smallSize)
		f.SetTextColor(0x57, 0x60, 0x6a)
		f.CellFormat(pageRoom, 5, fmt.Sprintf("%s. Published %s. Page %d", plan.Publisher.Name, day(plan.Published), f.PageNo()), "", 0, "L", false, 0, "")
	})
	f.AddPage()
	w := &sheet{f: f}
	w.text(smallSize, "", plan.Title, 2)
	w.text(18, "B", p.Title, 4)
	for _, s := range p.Sections {
		w.section(s)
	}
	w.f.Ln(3)
	explained := "Marks:"
	for _, n := range marks() {
		explained += " " + n.Mark + " " + n.Text
	}
	w.text(smallSize, "", explained, 1)
	w.text(smallSize, "", fmt.Sprintf("Owner: %s. Questions and corrections: %s.", plan.Publisher.Owner, plan.Publisher.Contact), 0)
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		return nil, fmt.Errorf("the PDF of %s: %w", p.ID, err)
	}
	return b.Bytes(), nil
}

// sheet writes down the pages of one document.
type sheet struct{ f *fpdf.Fpdf }

func (w *sheet) ink(size float64) {
	if size <= smallSize {
		w.f.SetTextColor(0x57, 0x60, 0x6a)
	} else {
		w.f.SetTextColor(0x1b, 0x1f, 0x23)
	}
}

func (w *sheet) text(size float64, style, s string, after float64) {
	w.f.SetFont("sans", style, size)
	w.ink(size)
	w.f.MultiCell(pageRoom, size*0.48, s, "", "L", false)
	w.f.Ln(after)
}

// room starts a new page where less than so many millimetres are left.
func (w *sheet) room(mm float64) {
	if _, high := w.f.GetPageSize(); w.f.GetY()+mm > high-pageMargin {
		w.f.AddPage()
	}
}

func (w *sheet) section(s Section) {
	w.room(30)
	w.f.Ln(3)
	w.text(13, "B", s.Heading, 1.5)
	for _, x := range s.Sentences {
		w.text(bodySize, "", x.Text, 2)
	}
	for _, c := range s.Charts {
		w.chart(c)
	}
	if s.Table != nil {
		w.table(s.Table)
	}
	for _, line := range s.List {
		w.f.SetFont("sans", "", 9)
		w.ink(9)
		x := w.f.GetX()
		w.f.CellFormat(5, 4.4, "•", "", 0, "L", false, 0, "")
		w.f.SetLeftMargin(x + 5)
		w.f.MultiCell(pageRoom-5, 4.4, line, "", "L", false)
		w.f.SetLeftMargin(x)
		w.f.SetX(x)
		w.f.Ln(1)
	}
}

func (w *sheet) chart(c Chart) {
	high := pageRoom * float64(c.Image.Height) / float64(c.Image.Width)
	wide := pageRoom
	if most := 297 - 2*pageMargin - 10; high > most {
		wide, high = wide*most/high, most
	}
	w.room(high + 4)
	o := fpdf.ImageOptions{ImageType: "PNG"}
	w.f.RegisterImageOptionsReader(c.Name, o, bytes.NewReader(c.Image.PNG))
	w.f.ImageOptions(c.Name, pageMargin, w.f.GetY(), wide, high, true, o, 0, "")
	w.f.Ln(3)
}

// table draws lines under rows; columns share the room by what stands in them.
func (w *sheet) table(t *workbook.Table) {
	w.room(30)
	w.text(smallSize, "", t.Title, 1)
	w.f.SetFont("sans", "", smallSize)
	widths := make([]float64, len(t.Columns))
	sum := 0.0
	for i, c := range t.Columns {
		w.f.SetFont("sans", "B", smallSize)
		for word := range strings.FieldsSeq(c) {
			widths[i] = max(widths[i], w.f.GetStringWidth(word))
		}
		widths[i] = max(widths[i], min(w.f.GetStringWidth(c), 38))
		w.f.SetFont("sans", "", smallSize)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], min(w.f.GetStringWidth(row[i].Shown()), 48))
		}
		widths[i] += 4
		sum += widths[i]
	}
	for i := range widths {
		widths[i] *= min(pageRoom/sum, 1.6)
	}
	w.f.SetDrawColor(0xc9, 0xc5, 0xbb)
	row := func(style string, texts []string) {
		w.f.SetFont("sans", style, smallSize)
		lines := 1
		split := make([][]string, len(texts))
		for i, s := range texts {
			split[i] = w.f.SplitText(s, widths[i]-2)
			lines = max(lines, len(split[i]))
		}
		high := float64(lines)*4 + 2
		w.room(high)
		y := w.f.GetY()
		x := pageMargin
		for i := range texts {
			for j, line := range split[i] {
				w.f.SetXY(x, y+1+float64(j)*4)
				w.f.CellFormat(widths[i], 4, line, "", 0, "L", false, 0, "")
			}
			x += widths[i]
		}
		w.f.Line(pageMargin, y+high, x, y+high)
		w.f.SetXY(pageMargin, y+high)
	}
	w.ink(bodySize)
	row("B", t.Columns)
	for _, r := range t.Rows {
		texts := make([]string, len(r))
		for i, c := range r {
			texts[i] = strings.TrimSpace(c.Shown())
		}
		row("", texts)
	}
	w.f.Ln(4)
}
