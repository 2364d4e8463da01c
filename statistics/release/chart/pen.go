// Package chart draws the charts of a release, each as SVG and as PNG from one
// drawing. They read in print and in greyscale: thin axes, few lines, labels at
// the data instead of a legend, intervals drawn, the denominator beneath.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Frame is what every chart has around its data.
type Frame struct {
	ID       string // unique on a page
	Title    string // the finding
	Subtitle string // the measure and period
	Note     string // the denominator, and what must be known
	Says     string // the chart in words, for those who do not see it
}

// Image is a drawn chart.
type Image struct {
	SVG, PNG []byte
	Width    int // CSS pixels
	Height   int
}

// Drawing is a chart that can be drawn.
type Drawing interface {
	frame() Frame
	height() float64
	draw(p *pen, top, bottom float64)
}

// The house's colours, on white.
var (
	ink   = color.RGBA{0x1b, 0x1f, 0x23, 0xff}
	slate = color.RGBA{0x57, 0x60, 0x6a, 0xff}
	hair  = color.RGBA{0xe3, 0xe0, 0xd8, 0xff}
	leaf  = color.RGBA{0x2f, 0x5d, 0x50, 0xff}
	amber = color.RGBA{0x9a, 0x67, 0x00, 0xff}
	panel = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

// house are the colours that a PNG keeps exactly.
var house = []color.RGBA{ink, slate, hair, leaf, amber, panel, tileInk}

// Width of every chart in CSS pixels, and how many dots of a PNG one of them has.
const (
	width  = 720.0
	dots   = 2
	margin = 16.0
)

// Artist draws; it holds the fonts. It may be used by several goroutines.
type Artist struct{ fonts *font.Cache }

// NewArtist loads the fonts.
func NewArtist() *Artist { return &Artist{fonts: font.NewCache(liberation.Collection())} }

// Draw draws a chart twice. wider is so many dots of margin that the PNG has at
// its right: a PDF's writer sorts pictures by their width, and those of one
// document need different ones to come in the same order each time.
func (a *Artist) Draw(d Drawing, wider int) (Image, error) {
	h := d.height()
	head, foot := a.words(d.frame())
	all := head + h + foot
	paint := func(c vg.Canvas) {
		p := &pen{canvas: c, high: all, fonts: a.fonts}
		a.frame(p, d.frame(), all)
		d.draw(p, head, head+h)
	}
	svg := vgsvg.New(vg.Length(width), vg.Length(all))
	paint(svg)
	var out bytes.Buffer
	if _, err := svg.WriteTo(&out); err != nil {
		return Image{}, fmt.Errorf("chart %s: %w", d.frame().ID, err)
	}
	img := vgimg.NewWith(vgimg.UseWH(vg.Length(width+float64(wider)/dots), vg.Length(all)), vgimg.UseDPI(72*dots), vgimg.UseBackgroundColor(panel))
	paint(img)
	var raster bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&raster, indexed(img.Image())); err != nil {
		return Image{}, fmt.Errorf("chart %s: %w", d.frame().ID, err)
	}
	return Image{SVG: readable(out.String(), d.frame(), all), PNG: raster.Bytes(), Width: int(width), Height: int(math.Round(all))}, nil
}

// indexed is a picture by a table of its colours, if they are at most 256: it is
// written several times as fast then, and is a third as large. The house's
// colours stay as they are; the shades at their edges have 32 steps.
func indexed(img image.Image) image.Image {
	from, ok := img.(*image.RGBA)
	if !ok {
		return img
	}
	to := image.NewPaletted(from.Rect, nil)
	at := map[[4]byte]byte{}
	var last [4]byte
	var index byte
	for i := 0; i < len(from.Pix); i += 4 {
		c := [4]byte(from.Pix[i : i+4])
		if c != last || i == 0 {
			n, known := at[c]
			if !known {
				near := color.RGBA{c[0] &^ 7, c[1] &^ 7, c[2] &^ 7, 0xff}
				if exact := (color.RGBA{c[0], c[1], c[2], 0xff}); slices.Contains(house, exact) {
					near = exact
				}
				place := slices.Index(to.Palette, color.Color(near))
				if place < 0 {
					place = len(to.Palette)
					to.Palette = append(to.Palette, near)
				}
				if place == 256 {
					return img
				}
				n = byte(place)
				at[c] = n
			}
			last, index = c, n
		}
		to.Pix[i/4] = index
	}
	return to
}

var (
	prelude = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	family  = regexp.MustCompile(`font-family:[^;]*;font-variant:[^;]*;`)
	plain   = regexp.MustCompile(`font-weight:normal;|font-style:normal;?`)
)

// readable gives an SVG a name and a description, and fonts that a browser has:
// the three have the widths of Liberation Sans.
func readable(svg string, f Frame, all float64) []byte {
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="%[1]s-t %[1]s-d" width="%[2]g" height="%[3]g" viewBox="0 0 %[2]g %[3]g" font-family="Liberation Sans, Arial, Helvetica, sans-serif"><title id="%[1]s-t">%[4]s</title><desc id="%[1]s-d">%[5]s</desc>`,
		html.EscapeString(f.ID), width, math.Round(all), html.EscapeString(f.Title), html.EscapeString(f.Says))
	svg = prelude.ReplaceAllLiteralString(svg, head)
	svg = plain.ReplaceAllString(family.ReplaceAllString(svg, ""), "")
	return []byte(svg)
}

// Inline is an SVG for a page of the house: its colours follow the page's.
func (i Image) Inline() string {
	return strings.NewReplacer("#1B1F23", "var(--ink)", "#57606A", "var(--slate)", "#E3E0D8", "var(--line)", "#2F5D50", "var(--leaf)", "#9A6700", "var(--amber)", "#FFFFFF", "var(--panel)").Replace(string(i.SVG))
}

// words is the height of the title and of the note.
func (a *Artist) words(f Frame) (head, foot float64) {
	p := &pen{fonts: a.fonts}
	lines := func(s string, size float64, bold bool) float64 {
		return float64(len(p.wrap(s, size, bold, width-2*margin)))
	}
	head = margin + lines(f.Title, 16, true)*21 + lines(f.Subtitle, 13, false)*18 + 12
	foot = margin
	if f.Note != "" {
		foot += lines(f.Note, 12, false)*16 + 8
	}
	return head, foot
}

func (a *Artist) frame(p *pen, f Frame, all float64) {
	y := margin
	for _, line := range p.wrap(f.Title, 16, true, width-2*margin) {
		p.text(margin, y+16, 16, true, ink, left, line)
		y += 21
	}
	for _, line := range p.wrap(f.Subtitle, 13, false, width-2*margin) {
		p.text(margin, y+13, 13, false, slate, left, line)
		y += 18
	}
	note := p.wrap(f.Note, 12, false, width-2*margin)
	y = all - margin - float64(len(note))*16
	for _, line := range note {
		p.text(margin, y+12, 12, false, slate, left, line)
		y += 16
	}
}

// pen draws with the origin at the top left, in CSS pixels.
type pen struct {
	canvas vg.Canvas
	high   float64
	fonts  *font.Cache
}

type align float64

const (
	left   align = 0
	centre align = -0.5
	right  align = -1
)

func (p *pen) at(x, y float64) vg.Point { return vg.Point{X: vg.Length(x), Y: vg.Length(p.high - y)} }

func face(size float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)}
	if bold {
		f.Weight = 3 // bold of golang.org/x/image/font
	}
	return f
}

func (p *pen) wide(s string, size float64, bold bool) float64 {
	f := p.fonts.Lookup(face(size, bold), vg.Length(size))
	return float64(f.Width(s))
}

// text writes with its baseline at y.
func (p *pen) text(x, y, size float64, bold bool, c color.Color, a align, s string) {
	if s == "" {
		return
	}
	f := p.fonts.Lookup(face(size, bold), vg.Length(size))
	p.canvas.SetColor(c)
	p.canvas.FillString(f, p.at(x+float64(a)*float64(f.Width(s)), y), s)
}

// over writes a label in the middle of x on a ground of its own, so that a line
// across does not strike it out.
func (p *pen) over(x, y, size float64, s string) {
	w := p.wide(s, size, true) + 6
	p.rect(panel, x-w/2, y-size+1, w, size+1)
	p.text(x, y, size, true, ink, centre, s)
}

// wrap breaks a text into lines of at most so many pixels.
func (p *pen) wrap(s string, size float64, bold bool, limit float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		next := strings.TrimSpace(line + " " + word)
		if line != "" && p.wide(next, size, bold) > limit {
			lines = append(lines, line)
			next = word
		}
		line = next
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func (p *pen) line(c color.Color, thick float64, dash []float64, points ...[2]float64) {
	if len(points) < 2 {
		return
	}
	p.canvas.SetColor(c)
	p.canvas.SetLineWidth(vg.Length(thick))
	var dashes []vg.Length
	for _, d := range dash {
		dashes = append(dashes, vg.Length(d))
	}
	p.canvas.SetLineDash(dashes, 0)
	var path vg.Path
	path.Move(p.at(points[0][0], points[0][1]))
	for _, q := range points[1:] {
		path.Line(p.at(q[0], q[1]))
	}
	p.canvas.Stroke(path)
}

func (p *pen) rect(c color.Color, x, y, w, h float64) {
	var path vg.Path
	path.Move(p.at(x, y))
	path.Line(p.at(x+w, y))
	path.Line(p.at(x+w, y+h))
	path.Line(p.at(x, y+h))
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// box is a rectangle's outline.
func (p *pen) box(c color.Color, x, y, w, h float64) {
	p.line(c, 1, nil, [2]float64{x, y}, [2]float64{x + w, y}, [2]float64{x + w, y + h}, [2]float64{x, y + h}, [2]float64{x, y})
}

func (p *pen) dot(c color.Color, x, y, r float64) {
	var path vg.Path
	path.Move(p.at(x+r, y))
	path.Arc(p.at(x, y), vg.Length(r), 0, 2*math.Pi)
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// ring is a dot without a filling: a value that is not exact.
func (p *pen) ring(c color.Color, x, y, r float64) {
	p.dot(c, x, y, r)
	p.dot(panel, x, y, r-1.5)
}

// ticks are at most five round numbers from 0 that reach top.
func ticks(top float64) []float64 {
	if top <= 0 {
		top = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(top/4)))
	for _, k := range []float64{1, 2, 5, 10} {
		if top/(step*k) <= 4 {
			step *= k
			break
		}
	}
	var out []float64
	for i := 0; ; i++ {
		out = append(out, step*float64(i))
		if step*float64(i) >= top {
			return out
		}
	}
}
