package chart

import (
	"image/color"
	"math"
	"slices"
	"strconv"
)

// Point is a value at a place along the axis.
type Point struct {
	Label     string // of the axis: 2018/19
	Value     float64
	Low, High float64 // the interval, if Spread
	Spread    bool
	Text      string // as printed
	Missing   bool   // no value; Text says why
	Open      bool   // not exact, such as at least 40
	Joined    bool   // comparable with the point before
}

// Trend is one measure over time.
type Trend struct {
	Frame
	Points []Point
}

func (t Trend) frame() Frame    { return t.Frame }
func (t Trend) height() float64 { return 260 }

func (t Trend) draw(p *pen, top, bottom float64) {
	var high float64
	for _, q := range t.Points {
		if !q.Missing {
			high = max(high, q.Value, q.High)
		}
	}
	a := axes{p: p, left: margin + 40, right: width - margin, top: top + 20, bottom: bottom - 24, ticks: ticks(high)}
	a.draw("")
	var last [2]float64
	for i, q := range t.Points {
		x := a.place(i, len(t.Points))
		p.text(x, a.bottom+17, 12, false, slate, centre, q.Label)
		if q.Missing {
			for j, line := range p.wrap(q.Text, 11, false, a.room(len(t.Points))-8) {
				p.text(x, a.bottom-28+float64(j)*13, 11, false, slate, centre, line)
			}
			last = [2]float64{}
			continue
		}
		y := a.y(q.Value)
		if q.Joined && last != [2]float64{} {
			p.line(leaf, 1.5, nil, last, [2]float64{x, y})
		}
		last = [2]float64{x, y}
	}
	for i, q := range t.Points {
		if q.Missing {
			continue
		}
		x, y := a.place(i, len(t.Points)), a.y(q.Value)
		if q.Spread {
			a.whisker(x, q.Low, q.High)
		}
		if q.Open {
			p.ring(leaf, x, y, 4)
		} else {
			p.dot(leaf, x, y, 4)
		}
		p.over(x, a.y(max(q.Value, q.High))-6, 13, q.Text)
	}
}

// axes are a scale from 0 upwards with a few lines across.
type axes struct {
	p                        *pen
	left, right, top, bottom float64
	ticks                    []float64
}

func (a axes) draw(unit string) {
	for _, t := range a.ticks {
		c := hair
		if t == 0 {
			c = slate
		}
		a.p.line(c, 1, nil, [2]float64{a.left, a.y(t)}, [2]float64{a.right, a.y(t)})
		a.p.text(a.left-6, a.y(t)+4, 12, false, slate, right, number(t)+unit)
	}
}

func (a axes) y(v float64) float64 {
	return a.bottom - (a.bottom-a.top)*v/a.ticks[len(a.ticks)-1]
}

func (a axes) room(n int) float64     { return (a.right - a.left) / float64(max(n, 1)) }
func (a axes) place(i, n int) float64 { return a.left + a.room(n)*(float64(i)+0.5) }
func (a axes) whisker(x, low, high float64) {
	top, bottom := a.y(min(high, a.ticks[len(a.ticks)-1])), a.y(low)
	a.p.line(slate, 1, nil, [2]float64{x, top}, [2]float64{x, bottom})
	for _, y := range []float64{top, bottom} {
		a.p.line(slate, 1, nil, [2]float64{x - 4, y}, [2]float64{x + 4, y})
	}
}

// number prints an axis's label with thousands.
func number(v float64) string {
	if v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Bar is one share or count.
type Bar struct {
	Label     string
	Value     float64
	Low, High float64
	Spread    bool
	Text      string
}

// Bars compares parts of one whole in one period.
type Bars struct {
	Frame
	Bars []Bar
}

func (b Bars) frame() Frame    { return b.Frame }
func (b Bars) height() float64 { return float64(len(b.Bars))*32 + 8 }

func (b Bars) draw(p *pen, top, _ float64) {
	var labels, texts, high float64
	for _, x := range b.Bars {
		labels = max(labels, p.wide(x.Label, 13, false))
		texts = max(texts, p.wide(x.Text, 13, true))
		high = max(high, x.Value, x.High)
	}
	from := margin + labels + 12
	room := width - margin - texts - 16 - from
	to := func(v float64) float64 { return from + room*v/max(high, 1) }
	for i, x := range b.Bars {
		y := top + float64(i)*32
		p.text(from-8, y+18, 13, false, ink, right, x.Label)
		p.rect(leaf, from, y+6, max(to(x.Value)-from, 1), 16)
		end := to(x.Value)
		if x.Spread {
			mid := y + 14
			p.line(amber, 1.5, nil, [2]float64{to(x.Low), mid}, [2]float64{to(x.High), mid})
			for _, e := range []float64{to(x.Low), to(x.High)} {
				p.line(amber, 1.5, nil, [2]float64{e, mid - 5}, [2]float64{e, mid + 5})
			}
			end = max(end, to(x.High))
		}
		p.text(end+8, y+18, 13, true, ink, left, x.Text)
	}
	p.line(slate, 1, nil, [2]float64{from, top}, [2]float64{from, top + float64(len(b.Bars))*32})
}

// Series is one line of several.
type Series struct {
	Label  string
	Points []Point
}

// Lines compares several measures over time; each is labelled where it ends.
type Lines struct {
	Frame
	Unit   string // behind an axis's number
	Series []Series
}

func (l Lines) frame() Frame    { return l.Frame }
func (l Lines) height() float64 { return 280 }

// styles tell lines apart in greyscale too.
var styles = []struct {
	colour color.Color
	dash   []float64
}{{leaf, nil}, {amber, nil}, {slate, nil}, {leaf, []float64{6, 4}}, {amber, []float64{6, 4}}, {slate, []float64{6, 4}}, {leaf, []float64{2, 3}}, {ink, []float64{2, 3}}}

func (l Lines) draw(p *pen, top, bottom float64) {
	var high, labels float64
	n := 0
	for _, s := range l.Series {
		n = max(n, len(s.Points))
		for _, q := range s.Points {
			high = max(high, q.Value, q.High)
		}
		labels = max(labels, p.wide(s.Label+" 100%", 13, true))
	}
	a := axes{p: p, left: margin + 40, right: width - margin - labels - 8, top: top + 8, bottom: bottom - 24, ticks: ticks(high)}
	a.draw(l.Unit)
	type end struct {
		y, at float64
		from  float64
		text  string
		style int
	}
	var ends []end
	for i, s := range l.Series {
		style := styles[i%len(styles)]
		// Side by side, so that intervals do not hide each other.
		shift := (float64(i) - float64(len(l.Series)-1)/2) * 7
		var last [2]float64
		for j, q := range s.Points {
			x := a.place(j, n) + shift
			if i == 0 {
				p.text(a.place(j, n), a.bottom+17, 12, false, slate, centre, q.Label)
			}
			if q.Missing {
				last = [2]float64{}
				continue
			}
			y := a.y(q.Value)
			if last != [2]float64{} && q.Joined {
				p.line(style.colour, 1.5, style.dash, last, [2]float64{x, y})
			}
			if q.Spread {
				a.whisker(x, q.Low, q.High)
			}
			p.dot(style.colour, x, y, 3.5)
			last = [2]float64{x, y}
			if j == len(s.Points)-1 {
				ends = append(ends, end{y: y, at: y, from: x + 8, text: s.Label + " " + q.Text, style: i})
			}
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int { return int(math.Copysign(1, a.y-b.y)) })
	for i := 1; i < len(ends); i++ {
		ends[i].y = max(ends[i].y, ends[i-1].y+16)
	}
	if k := len(ends) - 1; k >= 0 && ends[k].y > a.bottom {
		ends[k].y = a.bottom
		for i := k - 1; i >= 0; i-- {
			ends[i].y = min(ends[i].y, ends[i+1].y-16)
		}
	}
	for _, e := range ends {
		c := styles[e.style%len(styles)].colour
		p.line(hair, 1, nil, [2]float64{e.from, e.at}, [2]float64{a.right + 4, e.y})
		p.text(a.right+8, e.y+4, 13, true, c, left, e.text)
	}
}
