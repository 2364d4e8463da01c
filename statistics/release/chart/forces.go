package chart

import (
	_ "embed"
	"fmt"
	"image/color"
	"math"
	"slices"

	"rowan/datafile"
)

// Panel is one force in a set of small charts.
type Panel struct {
	Label  string
	Points []Point
}

// Multiples are many forces side by side, each on its own scale from 0.
type Multiples struct {
	Frame
	Panels []Panel
}

const (
	across = 5
	tall   = 92.0
)

func (m Multiples) frame() Frame { return m.Frame }
func (m Multiples) height() float64 {
	return math.Ceil(float64(len(m.Panels))/across) * tall
}

func (m Multiples) draw(p *pen, top, _ float64) {
	w := (width - 2*margin) / across
	for i, f := range m.Panels {
		x, y := margin+float64(i%across)*w, top+float64(i/across)*tall
		p.text(x, y+12, 11, true, ink, left, f.Label)
		var high float64
		given := 0
		for _, q := range f.Points {
			if !q.Missing {
				high = max(high, q.Value, q.High)
				given++
			}
		}
		a := axes{p: p, left: x, right: x + w - 16, top: y + 30, bottom: y + 66, ticks: []float64{0, max(high, 1)}}
		p.line(hair, 1, nil, [2]float64{a.left, a.bottom}, [2]float64{a.right, a.bottom})
		if given == 0 {
			p.text(x, y+52, 11, false, slate, left, "no number")
			continue
		}
		var last [2]float64
		for j, q := range f.Points {
			if q.Missing {
				last = [2]float64{}
				continue
			}
			at := [2]float64{a.place(j, len(f.Points)), a.y(q.Value)}
			if last != [2]float64{} && q.Joined {
				p.line(leaf, 1.5, nil, last, at)
			}
			p.dot(leaf, at[0], at[1], 2.5)
			if j == 0 || j == len(f.Points)-1 {
				p.text(at[0], at[1]-6, 11, false, ink, centre, q.Text)
			}
			last = at
		}
		p.text(a.place(0, len(f.Points)), a.bottom+13, 10, false, slate, centre, f.Points[0].Label)
		if len(f.Points) > 1 {
			p.text(a.place(len(f.Points)-1, len(f.Points)), a.bottom+13, 10, false, slate, centre, f.Points[len(f.Points)-1].Label)
		}
	}
}

// Tile is where a force stands on the tile map. Each force has one tile of the
// same size, about where its area lies.
type Tile struct {
	Force  string `yaml:"force"`
	Column int    `yaml:"column"`
	Row    int    `yaml:"row"`
}

//go:embed tiles.yaml
var tiles []byte

// Grid reads the built-in arrangement of tiles.
func Grid() ([]Tile, error) {
	var file struct {
		Version string `yaml:"version"`
		Date    string `yaml:"date"`
		Source  string `yaml:"source"`
		Tiles   []Tile `yaml:"tiles"`
	}
	d, err := datafile.Parse("tiles.yaml", tiles, &file)
	if err != nil {
		return nil, err
	}
	seen := map[[2]int]string{}
	for i, t := range file.Tiles {
		at := [2]int{t.Column, t.Row}
		if other, ok := seen[at]; ok {
			return nil, d.Errorf([]any{"tiles", i}, "%s and %s stand in one place", other, t.Force)
		}
		seen[at] = t.Force
	}
	return file.Tiles, nil
}

// Square is a tile with what it shows.
type Square struct {
	Tile
	Label string
	Text  string // the value as printed, or why there is none
	Class int    // 1 to 4 by size, 0 for no value
}

// Map shows a value of each force at about its place.
type Map struct {
	Frame
	Squares []Square
	Classes [4]string // what the classes hold, for the key
}

const (
	cell = 84.0
	flat = 54.0
)

func (m Map) frame() Frame { return m.Frame }
func (m Map) height() float64 {
	rows := 0
	for _, s := range m.Squares {
		rows = max(rows, s.Row+1)
	}
	return float64(rows)*flat + 36
}

// shades go from pale to full leaf green; the number stands on each.
var shades = [5]color.Color{panel, color.RGBA{0xe4, 0xee, 0xea, 0xff}, color.RGBA{0xb9, 0xd3, 0xca, 0xff}, color.RGBA{0x5d, 0x8f, 0x80, 0xff}, leaf}

// tileInk is ink that stays dark where a page turns the house ink light: shades
// stay pale.
var tileInk = color.RGBA{0x1b, 0x1f, 0x24, 0xff}

func inkOn(class int) color.Color {
	switch class {
	case 0:
		return ink
	case 4:
		return panel
	}
	return tileInk
}

func (m Map) draw(p *pen, top, bottom float64) {
	columns := 0
	for _, s := range m.Squares {
		columns = max(columns, s.Column+1)
	}
	x0 := (width - float64(columns)*cell) / 2
	for _, s := range m.Squares {
		x, y := x0+float64(s.Column)*cell, top+float64(s.Row)*flat
		p.rect(shades[s.Class], x+1, y+1, cell-2, flat-2)
		if s.Class == 0 {
			p.box(hair, x+1, y+1, cell-2, flat-2)
		}
		name := p.wrap(s.Label, 10, false, cell-6)
		for i, line := range name[:min(len(name), 2)] {
			p.text(x+cell/2, y+13+float64(i)*11, 10, false, inkOn(s.Class), centre, line)
		}
		p.text(x+cell/2, y+flat-8, 13, s.Class > 0, inkOn(s.Class), centre, s.Text)
	}
	x := margin
	for i, text := range m.Classes {
		if text == "" {
			continue
		}
		p.rect(shades[i+1], x, bottom-24, 14, 14)
		p.text(x+20, bottom-13, 12, false, ink, left, text)
		x += 44 + p.wide(text, 12, false)
	}
	p.box(slate, x, bottom-24, 14, 14)
	p.text(x+20, bottom-13, 12, false, ink, left, "no number")
}

// Dot is a force in a funnel.
type Dot struct {
	Label string
	X, Y  float64
	Out   bool // beyond the wider limits
}

// Limit is the limits of a funnel at one size of population.
type Limit struct{ X, Low95, High95, Low998, High998 float64 }

// Funnel shows rates by population with the limits within which natural
// variation keeps them. It is no ranking.
type Funnel struct {
	Frame
	Dots   []Dot
	Limits []Limit // by X
	Mean   float64
	XLabel string
}

func (f Funnel) frame() Frame    { return f.Frame }
func (f Funnel) height() float64 { return 360 }

func (f Funnel) draw(p *pen, top, bottom float64) {
	var high, far float64
	for _, d := range f.Dots {
		high, far = max(high, d.Y), max(far, d.X)
	}
	for _, l := range f.Limits {
		far = max(far, l.X)
		if len(f.Dots) > 0 && l.X >= slices.MinFunc(f.Dots, func(a, b Dot) int { return int(math.Copysign(1, a.X-b.X)) }).X {
			high = max(high, l.High998)
		}
	}
	a := axes{p: p, left: margin + 40, right: width - margin - 60, top: top + 8, bottom: bottom - 44, ticks: ticks(high)}
	a.draw("")
	xs := ticks(far)
	x := func(v float64) float64 { return a.left + (a.right-a.left)*v/xs[len(xs)-1] }
	for _, t := range xs {
		p.text(x(t), a.bottom+17, 12, false, slate, centre, number(t))
	}
	p.text((a.left+a.right)/2, a.bottom+35, 12, false, slate, centre, f.XLabel)
	roof := a.ticks[len(a.ticks)-1]
	for _, l := range []struct {
		name string
		dash []float64
		of   func(Limit) float64
	}{
		{"95%", []float64{6, 4}, func(l Limit) float64 { return l.High95 }},
		{"", []float64{6, 4}, func(l Limit) float64 { return l.Low95 }},
		{"99.8%", []float64{2, 3}, func(l Limit) float64 { return l.High998 }},
		{"", []float64{2, 3}, func(l Limit) float64 { return l.Low998 }},
	} {
		var points [][2]float64
		for _, q := range f.Limits {
			if v := l.of(q); v <= roof {
				points = append(points, [2]float64{x(q.X), a.y(max(v, 0))})
			}
		}
		p.line(slate, 1, l.dash, points...)
		if len(points) > 0 && l.name != "" {
			p.text(points[0][0]+6, points[0][1]+4, 11, false, slate, left, l.name)
		}
	}
	p.line(slate, 1, nil, [2]float64{a.left, a.y(f.Mean)}, [2]float64{a.right, a.y(f.Mean)})
	p.text(a.right+6, a.y(f.Mean)+4, 11, false, slate, left, fmt.Sprintf("mean %.0f", f.Mean))
	for _, d := range f.Dots {
		c := color.Color(leaf)
		if d.Out {
			c = amber
			p.text(x(d.X)+7, a.y(d.Y)+4, 11, false, ink, left, d.Label)
		}
		p.dot(c, x(d.X), a.y(d.Y), 3.5)
	}
}
