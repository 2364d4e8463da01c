package sheet

import (
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

// csv reads comma, semicolon or tab separated text: what the first rows have
// most of decides, and rows keep their number even where empty.
func (d *Document) csv(text string) error {
	d.Format = "csv"
	comma, most := ',', 0
	head := text[:min(len(text), 4096)]
	for _, c := range ",;\t" {
		if n := strings.Count(head, string(c)); n > most {
			comma, most = c, n
		}
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = comma, -1, true
	s := Sheet{}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			d.Sheets = []Sheet{s}
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		for len(s.Cells) < line-1 {
			s.Cells = append(s.Cells, nil)
		}
		s.Cells = append(s.Cells, fields)
	}
}

// maxSpan is how many rows or columns one cell of a page may span.
const maxSpan = 200

// html reads the tables of a page, and its text outside them as lines. A cell
// that spans others stands in the first of them.
func (d *Document) html(text string) error {
	d.Format = "html"
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("the page cannot be read: %w", err)
	}
	var walk func(*html.Node, int) error
	walk = func(n *html.Node, depth int) error {
		if depth > 400 {
			return errors.New("elements lie more than 400 deep")
		}
		if n.Type == html.ElementNode {
			switch n.DataAtom {
			case atom.Script, atom.Style, atom.Template:
				return nil
			case atom.Table:
				s, err := table(n)
				if err != nil {
					return err
				}
				s.Name = fmt.Sprintf("table %d", len(d.Sheets)+1)
				d.Sheets = append(d.Sheets, s)
				return nil
			case atom.P, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.Dd, atom.Dt:
				if s := content(n); s != "" {
					d.Lines = append(d.Lines, s)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if err := walk(c, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root, 0)
}

func table(n *html.Node) (s Sheet, err error) {
	covered := map[[2]int]bool{}
	row := -1
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil && err == nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			switch c.DataAtom {
			case atom.Caption:
				s.Notes = append(s.Notes, content(c))
			case atom.Thead, atom.Tbody, atom.Tfoot:
				walk(c)
			case atom.Tr:
				row++
				s.Cells = append(s.Cells, nil)
				walk(c)
			case atom.Td, atom.Th:
				if row < 0 {
					continue
				}
				col := len(s.Cells[row])
				for covered[[2]int{row, col}] {
					s.Cells[row] = append(s.Cells[row], "")
					col++
				}
				wide, tall := span(c, "colspan"), span(c, "rowspan")
				if wide > maxSpan || tall > maxSpan {
					err = fmt.Errorf("a cell spans %d columns and %d rows; at most %d are read", wide, tall, maxSpan)
					return
				}
				for y := range tall {
					for x := range wide {
						if y > 0 {
							covered[[2]int{row + y, col + x}] = true
						}
					}
				}
				s.Cells[row] = append(s.Cells[row], content(c))
				for range wide - 1 {
					s.Cells[row] = append(s.Cells[row], "")
				}
			}
		}
	}
	walk(n)
	return s, err
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

// content is the text in a node, with single spaces.
func content(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		} else if c.DataAtom == atom.Br {
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
