package evaluate

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// plot draws one small chart as SVG: two axes, a few named lines. It takes its
// colours from the page.
type plot struct {
	title, x string
	xTicks   []tick
	yTicks   []tick
	lines    []series
	diagonal bool
}

type tick struct {
	at   float64 // 0 to 1
	text string
}

type series struct {
	points [][2]float64 // 0 to 1
	steps  bool
	dots   bool
}

const (
	plotWidth, plotHeight = 440, 260
	left, right           = 52, 24
	top, bottom           = 12, 44
)

func percents() []tick {
	return []tick{{0, "0 %"}, {0.25, "25 %"}, {0.5, "50 %"}, {0.75, "75 %"}, {1, "100 %"}}
}

func (p *plot) svg() template.HTML {
	px := func(x float64) float64 { return left + x*(plotWidth-left-right) }
	py := func(y float64) float64 { return plotHeight - bottom - y*(plotHeight-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight, html.EscapeString(p.title))
	for _, t := range p.yTicks {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, px(0), py(t.at), px(1), py(t.at), left-8, py(t.at)+4, html.EscapeString(t.text))
	}
	for _, t := range p.xTicks {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`, px(t.at), py(0), px(t.at), py(1), px(t.at), plotHeight-bottom+16, html.EscapeString(t.text))
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, px(0.5), plotHeight-8, html.EscapeString(p.x))
	if p.diagonal {
		fmt.Fprintf(&b, `<line class="even" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, px(0), py(0), px(1), py(1))
	}
	for _, s := range p.lines {
		var path strings.Builder
		for i, at := range s.points {
			if i == 0 {
				fmt.Fprintf(&path, "M%.1f %.1f", px(at[0]), py(at[1]))
				continue
			}
			if s.steps {
				fmt.Fprintf(&path, "H%.1fV%.1f", px(at[0]), py(at[1]))
			} else {
				fmt.Fprintf(&path, "L%.1f %.1f", px(at[0]), py(at[1]))
			}
		}
		fmt.Fprintf(&b, `<path class="line" d="%s"/>`, path.String())
		if s.dots {
			for _, at := range s.points {
				fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4"/>`, px(at[0]), py(at[1]))
			}
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// precisionRecall is the curve of a set.
func precisionRecall(m *Measures) template.HTML {
	if len(m.Curve) == 0 {
		return ""
	}
	points := [][2]float64{{0, m.Curve[0].Precision}}
	for _, p := range m.Curve {
		points = append(points, [2]float64{p.Recall, p.Precision})
	}
	p := plot{title: "Precision by recall, " + m.title(), x: "recall (up: precision)", xTicks: percents(), yTicks: percents(), lines: []series{{points: points}}}
	return p.svg()
}

// reliability compares probabilities with what was so.
func reliability(m *Measures) template.HTML {
	if len(m.Bins) == 0 {
		return ""
	}
	var points [][2]float64
	for _, b := range m.Bins {
		points = append(points, [2]float64{b.Mean, b.Observed})
	}
	p := plot{title: "Reliability, " + m.title(), x: "probability given (up: share that was harmful)", xTicks: percents(), yTicks: percents(), lines: []series{{points: points, dots: true}}, diagonal: true}
	return p.svg()
}

// timeToAlert is the share of harmful items alerted by the number of messages.
func timeToAlert(m *Measures) template.HTML {
	list := slices.Clone(m.Early.MessageList)
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	const most = 100
	points := [][2]float64{{0, 0}}
	for i, v := range list {
		if math.IsInf(v, 0) || v > most {
			break
		}
		points = append(points, [2]float64{v / most, float64(i+1) / float64(len(list))})
	}
	points = append(points, [2]float64{1, points[len(points)-1][1]})
	p := plot{title: "Time to alert, " + m.title(), x: "turns read (up: share of harmful items alerted)", yTicks: percents(), lines: []series{{points: points, steps: true}}}
	for _, n := range []int{0, 20, 40, 60, 80, 100} {
		p.xTicks = append(p.xTicks, tick{float64(n) / most, fmt.Sprint(n)})
	}
	return p.svg()
}

// capacity is the precision by how many alerts are looked at a day.
func capacity(m *Measures) template.HTML {
	if len(m.Capacity) == 0 {
		return ""
	}
	var points [][2]float64
	p := plot{title: "Precision at capacity, " + m.title(), x: "reviews a day (up: share that was harmful)", yTicks: percents()}
	for i, c := range m.Capacity {
		at := float64(i) / float64(len(m.Capacity)-1)
		points = append(points, [2]float64{at, c.Precision})
		p.xTicks = append(p.xTicks, tick{at, fmt.Sprint(c.K)})
	}
	p.lines = []series{{points: points, dots: true}}
	return p.svg()
}

func (m *Measures) title() string { return fmt.Sprintf("%s, %s, %s", m.Source, m.Part, m.Name) }
