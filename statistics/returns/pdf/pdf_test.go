package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"pgregory.net/rapid"
)

// letter makes a PDF of a line of text and a table.
func letter(t testing.TB, text string, table [][]string) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.AddPage()
	p.SetFont("Helvetica", "", 11)
	p.Cell(0, 8, text)
	p.Ln(16)
	for _, row := range table {
		for _, c := range row {
			p.CellFormat(40, 8, c, "1", 0, "L", false, 0, "")
		}
		p.Ln(8)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextAndTablesAreProposed(t *testing.T) {
	src := letter(t, "There have been 39 offences.", [][]string{{"Method", "2017/18", "2018/19"}, {"Instagram", "5", "9"}, {"Snapchat", "", "2"}})
	pages, err := Read(t.Context(), bytes.NewReader(src), int64(len(src)))
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 || !slices.Contains(pages[0].Lines, "There have been 39 offences.") {
		t.Fatalf("%+v", pages)
	}
	if len(pages[0].Tables) != 1 {
		t.Fatalf("%d tables, want 1", len(pages[0].Tables))
	}
	if got := fmt.Sprintf("%q", pages[0].Tables[0].Rows); pages[0].Tables[0].First != 2 || got != `[["Method" "2017/18" "2018/19"] ["Instagram" "5" "9"] ["Snapchat" "" "2"]]` {
		t.Errorf("from line %d: %s", pages[0].Tables[0].First, got)
	}
}

func TestAScanSaysSo(t *testing.T) {
	src := letter(t, "", nil)
	if _, err := Read(t.Context(), bytes.NewReader(src), int64(len(src))); !errors.Is(err, ErrNoText) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoPDFIsRefused(t *testing.T) {
	src := letter(t, "There have been 39 offences.", nil)
	for name, bad := range map[string][]byte{"text": []byte("hello"), "nothing": nil, "cut off": src[:len(src)/2]} {
		if _, err := Read(t.Context(), bytes.NewReader(bad), int64(len(bad))); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, bytes.NewReader(src), int64(len(src))); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading: %v", err)
	}
}

// No glyph is lost, and the order in which they come does not matter.
func TestArrangingKeepsEveryGlyph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var glyphs []glyph
		used := map[[2]int]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			x, y := rapid.IntRange(0, 40).Draw(t, "x"), rapid.IntRange(0, 10).Draw(t, "y")
			if used[[2]int{x, y}] {
				continue
			}
			used[[2]int{x, y}] = true
			glyphs = append(glyphs, glyph{float64(x * 6), float64(y * 14), 5, 10, string(rune('a' + x%26))})
		}
		a := arrange(slices.Clone(glyphs))
		b := arrange(rapid.Permutation(glyphs).Draw(t, "order"))
		if n := len(strings.ReplaceAll(strings.Join(a.Lines, ""), " ", "")); n != len(glyphs) {
			t.Errorf("%d of %d glyphs", n, len(glyphs))
		}
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("the order of glyphs matters:\n%v\n%v", a, b)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("BT /F1 11 Tf 31 799 Td (There have been 39 offences.) Tj 100 0 Td [(a) -500 (b)] TJ ET"))
	f.Fuzz(func(t *testing.T, content []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		src := page(content)
		pages, err := Read(ctx, bytes.NewReader(src), int64(len(src)))
		if err == nil && len(pages) == 0 {
			t.Error("no pages and no error")
		}
	})
}

// page is a PDF of one page with the content given.
func page(content []byte) []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}
