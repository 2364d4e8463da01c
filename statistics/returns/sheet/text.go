package sheet

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode makes text of bytes: UTF-8, UTF-16 with its mark, else Windows-1252.
func decode(src []byte) (string, error) {
	switch {
	case strings.HasPrefix(string(src), "\ufeff"):
		src = src[3:]
	case len(src) >= 2 && (src[0] == 0xff && src[1] == 0xfe || src[0] == 0xfe && src[1] == 0xff):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(src)
		if err != nil {
			return "", fmt.Errorf("the text is no UTF-16: %w", err)
		}
		src = out
	}
	if utf8.Valid(src) {
		if strings.ContainsRune(string(src), 0) {
			return "", errors.New("the file holds zero bytes; it is no text")
		}
		return string(src), nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(src)
	if err != nil {
		return "", fmt.Errorf("the text is neither UTF-8 nor Windows-1252: %w", err)
	}
	return string(out), nil
}

// csv reads separated text. Rows have the number that a spreadsheet program gives
// them: empty lines count, and lines within a quoted cell do not.
func (d *Document) csv(ctx context.Context, text string, l Limits) error {
	d.Format = "csv"
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	comma, skip := rune(0), 0
	if first, rest, ok := strings.Cut(text, "\n"); ok && len(strings.TrimSpace(first)) == 5 && strings.HasPrefix(first, "sep=") {
		comma, skip, text = rune(first[4]), 1, rest // as a spreadsheet program says it
	}
	if !strings.ContainsRune(",;\t|", comma) {
		comma = separator(text)
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = comma, -1, true
	s := Sheet{Cells: make([][]string, skip)}
	cells, next := 0, 1 // the line after the last row
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			d.Sheets = []Sheet{s}
			return nil
		}
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		first, _ := in.FieldPos(0)
		last, _ := in.FieldPos(len(fields) - 1)
		if cells += len(fields) + first - next; cells > l.Cells {
			return fmt.Errorf("row %d: more than %d cells; a return is smaller", len(s.Cells)+1, l.Cells)
		}
		for range first - next {
			s.Cells = append(s.Cells, nil)
		}
		s.Cells = append(s.Cells, fields)
		next = last + strings.Count(fields[len(fields)-1], "\n") + 1
	}
}

// separator is what parts most rows of the text's beginning into one and the same
// number of cells. A comma may also part thousands.
func separator(text string) rune {
	if len(text) > 1<<16 {
		text = text[:1<<16]
	}
	best, most := ',', 0
	for _, c := range ",;\t|" {
		in := csv.NewReader(strings.NewReader(text))
		in.Comma, in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = c, -1, true, true
		widths, rows := map[int]int{}, 0
		for {
			fields, err := in.Read()
			if err != nil {
				break
			}
			if len(fields) > 1 {
				widths[len(fields)]++
				rows = max(rows, widths[len(fields)])
			}
		}
		if rows > most {
			best, most = c, rows
		}
	}
	return best
}

// maxSpan is how many rows or columns one cell of a page may span.
const maxSpan = 200

// page reads the tables of a page, and its text outside them as lines. Of tables in
// tables, the innermost are read: the others only lay out the page. A cell that
// spans others stands in the first of them.
type page struct {
	*Document
	ctx   context.Context
	cells int // that may still be read
	all   int
}

func (d *Document) html(ctx context.Context, text string, l Limits) error {
	d.Format = "html"
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("the page cannot be read: %w", err)
	}
	p := page{d, ctx, l.Cells, l.Cells}
	return p.walk(root, 0)
}

func (p *page) walk(n *html.Node, depth int) error {
	if depth > 400 {
		return errors.New("elements lie more than 400 deep")
	}
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Template:
		return nil
	case atom.Table:
		if nested(n) {
			break
		}
		s := Sheet{Name: fmt.Sprintf("table %d", len(p.Sheets)+1)}
		if err := p.table(&s, n); err != nil {
			return fmt.Errorf("%s, row %d: %w", s.Name, max(1, len(s.Cells)), err)
		}
		p.Sheets = append(p.Sheets, s)
		return nil
	}
	line := &html.Node{Type: html.DocumentNode}
	flush := func() {
		if s := content(line); s != "" {
			p.Lines = append(p.Lines, s)
		}
		line = &html.Node{Type: html.DocumentNode}
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type == html.TextNode || inline[c.DataAtom] && !nested(c):
			n.RemoveChild(c)
			line.AppendChild(c)
		case c.Type == html.ElementNode || c.Type == html.DocumentNode:
			flush()
			if err := p.walk(c, depth+1); err != nil {
				return err
			}
		}
		c = next
	}
	flush()
	return nil
}

// inline are the elements that do not part a line.
var inline = map[atom.Atom]bool{atom.A: true, atom.Abbr: true, atom.B: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Label: true, atom.Mark: true, atom.Small: true,
	atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.U: true}

// nested reports whether a table lies within a node.
func nested(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.DataAtom == atom.Table {
			return true
		}
	}
	return false
}

func (p *page) table(s *Sheet, n *html.Node) error {
	covered := map[[2]int]bool{}
	row := -1
	var walk func(*html.Node) error
	walk = func(n *html.Node) error {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			var err error
			switch c.DataAtom {
			case atom.Caption:
				s.Notes = append(s.Notes, content(c))
			case atom.Thead, atom.Tbody, atom.Tfoot:
				err = walk(c)
			case atom.Tr:
				if err = p.ctx.Err(); err != nil {
					return err
				}
				row++
				s.Cells = append(s.Cells, nil)
				err = walk(c)
				s.Cells[row] = trimmed(s.Cells[row])
			case atom.Td, atom.Th:
				if row >= 0 {
					err = p.cell(s, c, row, covered)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(n)
}

func (p *page) cell(s *Sheet, c *html.Node, row int, covered map[[2]int]bool) error {
	column := len(s.Cells[row])
	for covered[[2]int{row, column}] {
		s.Cells[row] = append(s.Cells[row], "")
		column++
	}
	wide, tall := span(c, "colspan"), span(c, "rowspan")
	if wide > maxSpan || tall > maxSpan {
		return fmt.Errorf("a cell spans %d columns and %d rows; at most %d are read", wide, tall, maxSpan)
	}
	if p.cells -= wide * tall; p.cells < 0 {
		return fmt.Errorf("more than %d cells; a return is smaller", p.all)
	}
	for y := 1; y < tall; y++ {
		for x := range wide {
			covered[[2]int{row + y, column + x}] = true
		}
	}
	s.Cells[row] = append(s.Cells[row], content(c))
	for range wide - 1 {
		s.Cells[row] = append(s.Cells[row], "")
	}
	return nil
}

func span(n *html.Node, name string) int {
	for _, a := range n.Attr {
		if a.Key == name {
			if v, err := strconv.Atoi(a.Val); err == nil && v > 0 {
				return v
			}
		}
	}
	return 1
}

// content is the text in a node, with single spaces. What is raised or lowered
// stands in brackets: the number of a footnote would be taken for a digit.
func content(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.DataAtom == atom.Script || c.DataAtom == atom.Style || c.DataAtom == atom.Template:
			case c.DataAtom == atom.Sup || c.DataAtom == atom.Sub:
				if s := content(c); s != "" {
					b.WriteString(" [" + strings.Trim(s, "[]()") + "] ")
				}
			case c.DataAtom == atom.Br || c.DataAtom == atom.P || c.DataAtom == atom.Div || c.DataAtom == atom.Li:
				b.WriteByte(' ')
				walk(c)
				b.WriteByte(' ')
			default:
				walk(c)
			}
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}
