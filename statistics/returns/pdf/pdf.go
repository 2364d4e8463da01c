// Package pdf reads the text of a PDF file with its place on the page, and
// proposes lines and tables by how it lies. A PDF holds no tables, so what is
// found is a proposal that a person confirms. A scanned page has no text.
package pdf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"
)

// Page is one page. Lines run from top to bottom.
type Page struct {
	Lines  []string
	Tables []Table
}

// Table is lines whose text stands in columns.
type Table struct {
	First int // its first line, from 1
	Rows  [][]string
}

// Bounds of what is read.
const (
	maxPages  = 200
	maxGlyphs = 500_000 // of a page
)

// ErrNoText is returned for a file without any text: a scan.
var ErrNoText = errors.New("the PDF has no text, it may be a scan; type the figures into a spreadsheet and name the PDF as its source, or ask the force for one")

// Read reads a file. What the library cannot bear is an error, never a panic. A
// damaged file can keep it busy for ever: then Read returns ctx's error and
// leaves it behind, so give ctx an end, and the process too.
func Read(ctx context.Context, r io.ReaderAt, size int64) ([]Page, error) {
	type answer struct {
		pages []Page
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		pages, err := read(ctx, r, size)
		done <- answer{pages, err}
	}()
	select {
	case a := <-done:
		return a.pages, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("the PDF was not read in time; it may be damaged: %w", ctx.Err())
	}
}

func read(ctx context.Context, r io.ReaderAt, size int64) (pages []Page, err error) {
	defer func() {
		if p := recover(); p != nil {
			pages, err = nil, fmt.Errorf("the PDF is damaged or of a kind that is not understood: %v", p)
		}
	}()
	in, err := pdf.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("no PDF that can be read: %w", err)
	}
	n := in.NumPage()
	if n > maxPages {
		return nil, fmt.Errorf("the PDF has %d pages; at most %d are read", n, maxPages)
	}
	some := false
	for i := 1; i <= n; i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := in.Page(i)
		if p.V.IsNull() {
			continue
		}
		text := p.Content().Text
		if len(text) > maxGlyphs {
			return nil, fmt.Errorf("page %d has more than %d letters", i, maxGlyphs)
		}
		page := arrange(glyphs(text))
		some = some || len(page.Lines) > 0
		pages = append(pages, page)
	}
	if !some {
		return nil, ErrNoText
	}
	return pages, nil
}

// glyphs takes the library's letters over. Of the fonts that every reader has
// built in it knows no widths and leaves the letters of a string at one place:
// they are one glyph of about half their height each.
func glyphs(text []pdf.Text) (out []glyph) {
	for _, t := range text {
		g := glyph{t.X, t.Y, t.W, t.FontSize, t.S}
		if t.W == 0 {
			g.w = t.FontSize / 2
			if last := len(out) - 1; last >= 0 && out[last].x == g.x && out[last].y == g.y {
				out[last].s += g.s
				out[last].w += g.w
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

// glyph is a piece of text, its lower left corner and its width, in points.
type glyph struct {
	x, y, w, size float64
	s             string
}

// piece is text without a wide gap in it, from left to right edge.
type piece struct {
	left, right float64
	text        string
}

// arrange puts glyphs into lines and lines into tables.
func arrange(glyphs []glyph) (p Page) {
	glyphs = slices.DeleteFunc(glyphs, func(g glyph) bool { return !finite(g.x) || !finite(g.y) || !finite(g.w) || !finite(g.size) })
	slices.SortStableFunc(glyphs, func(a, b glyph) int { return cmp.Or(cmp.Compare(b.y, a.y), cmp.Compare(a.x, b.x)) })
	var lines [][]piece
	for len(glyphs) > 0 {
		n := 1
		for n < len(glyphs) && glyphs[0].y-glyphs[n].y <= max(1, glyphs[0].size/3) {
			n++
		}
		if l := pieces(glyphs[:n]); len(l) > 0 {
			lines = append(lines, l)
		}
		glyphs = glyphs[n:]
	}
	for _, l := range lines {
		words := make([]string, len(l))
		for i, c := range l {
			words[i] = c.text
		}
		p.Lines = append(p.Lines, strings.Join(words, " "))
	}
	for i := 0; i < len(lines); {
		n := 0
		for i+n < len(lines) && len(lines[i+n]) > 1 {
			n++
		}
		if n > 1 {
			p.Tables = append(p.Tables, Table{First: i + 1, Rows: columns(lines[i : i+n])})
		}
		i += max(1, n)
	}
	return p
}

func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) < 1e6 }

// pieces joins the glyphs of one line: a gap of a fifth of the letters' height
// is a space, a gap wider than their height ends a piece.
func pieces(line []glyph) (out []piece) {
	line = slices.Clone(line)
	slices.SortStableFunc(line, func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
	for _, g := range line {
		height := max(1, g.size)
		last := len(out) - 1
		if last >= 0 && g.x-out[last].right <= height {
			if g.x-out[last].right > height/5 {
				out[last].text += " "
			}
			out[last].text += g.s
			out[last].right = max(out[last].right, g.x+g.w)
			continue
		}
		if strings.TrimSpace(g.s) != "" {
			out = append(out, piece{g.x, g.x + g.w, g.s})
		}
	}
	for i := range out {
		out[i].text = strings.Join(strings.Fields(out[i].text), " ")
	}
	return slices.DeleteFunc(out, func(c piece) bool { return c.text == "" })
}

// columns puts pieces that lie above each other into one column.
func columns(lines [][]piece) [][]string {
	var all []piece
	for _, l := range lines {
		all = append(all, l...)
	}
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.left, b.left) })
	var spans []piece
	for _, c := range all {
		if last := len(spans) - 1; last >= 0 && c.left < spans[last].right {
			spans[last].right = max(spans[last].right, c.right)
			continue
		}
		spans = append(spans, piece{left: c.left, right: c.right})
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = make([]string, len(spans))
		for _, c := range l {
			at := slices.IndexFunc(spans, func(s piece) bool { return c.left >= s.left && c.left <= s.right })
			rows[i][at] = strings.TrimSpace(rows[i][at] + " " + c.text)
		}
	}
	return rows
}
