package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// Point is a pair's risk after an event.
type Point struct {
	At   time.Time
	Risk float64 // log-odds
	// Signals are what the event added, by title, and Stage the first one's.
	Signals []string
	Stage   string
}

// Threshold is where a level begins.
type Threshold struct {
	Label string
	Risk  float64 // log-odds
}

// The size of a plot in its own units; it scales with the page.
const (
	plotWidth, plotHeight         = 720.0, 260.0
	plotLeft, plotRight           = 44.0, 84.0
	plotTop, plotBottom           = 16.0, 32.0
	plotSigns             float64 = 5
)

// Plot draws risk over time as a step line with each signal marked by a number,
// which the table behind it explains. It reads in greyscale and in print.
func Plot(id string, points []Point, levels []Threshold) template.HTML {
	if len(points) == 0 {
		return ""
	}
	low, high := 0.0, 0.0
	for _, p := range points {
		low, high = min(low, p.Risk), max(high, p.Risk)
	}
	for _, l := range levels {
		high = max(high, l.Risk)
	}
	low, high = math.Floor(low), math.Ceil(high+0.5)
	first, last := points[0].At, points[len(points)-1].At
	span := last.Sub(first)
	if span <= 0 {
		span = time.Hour
	}
	x := func(t time.Time) float64 {
		return plotLeft + float64(t.Sub(first))/float64(span)*(plotWidth-plotLeft-plotRight)
	}
	y := func(risk float64) float64 {
		return plotTop + (high-risk)/(high-low)*(plotHeight-plotTop-plotBottom)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">Risk over time</title><desc id="%s-d">%s</desc>`,
		plotWidth, plotHeight, id, id, id, id, template.HTMLEscapeString(describe(points)))
	for _, l := range levels {
		fmt.Fprintf(&b, `<line class="threshold" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="soft" x="%g" y="%.1f">%s</text>`,
			plotLeft, plotWidth-plotRight, y(l.Risk), y(l.Risk), plotWidth-plotRight+8, y(l.Risk)+4, template.HTMLEscapeString(l.Label))
	}
	fmt.Fprintf(&b, `<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/>`, plotLeft, plotWidth-plotRight, plotHeight-plotBottom, plotHeight-plotBottom)
	for _, v := range ticks(low, high) {
		fmt.Fprintf(&b, `<text class="soft" text-anchor="end" x="%g" y="%.1f">%s</text>`, plotLeft-8, y(v)+4, strings.Replace(fmt.Sprintf("%g", v), "-", "−", 1))
	}
	for i, t := range []time.Time{first, last} {
		anchor := "start"
		if i == 1 {
			anchor = "end"
			if last.Equal(first) {
				break
			}
		}
		fmt.Fprintf(&b, `<text class="soft" text-anchor="%s" x="%.1f" y="%g">%s</text>`, anchor, x(t), plotHeight-8, t.UTC().Format("2 Jan, 15:04"))
	}
	fmt.Fprintf(&b, `<path class="risk" d="M%.1f %.1f`, x(first), y(points[0].Risk))
	for _, p := range points[1:] {
		fmt.Fprintf(&b, "H%.1fV%.1f", x(p.At), y(p.Risk))
	}
	fmt.Fprintf(&b, `H%.1f"/>`, plotWidth-plotRight)
	number, taken := 0, -100.0
	for _, p := range points {
		if len(p.Signals) == 0 {
			continue
		}
		number++
		at := x(p.At)
		fmt.Fprintf(&b, `<g><title>%d. %s</title>%s`, number, template.HTMLEscapeString(strings.Join(p.Signals, "; ")), sign(p.Stage, at, y(p.Risk)))
		if at-taken >= 14 {
			fmt.Fprintf(&b, `<text text-anchor="middle" x="%.1f" y="%.1f">%d</text>`, at, y(p.Risk)-10, number)
			taken = at
		}
		b.WriteString(`</g>`)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// describe is the plot in one sentence.
func describe(points []Point) string {
	top := points[0]
	signals := 0
	for _, p := range points {
		if p.Risk > top.Risk {
			top = p
		}
		if len(p.Signals) > 0 {
			signals++
		}
	}
	return fmt.Sprintf("From %.1f to %.1f in log-odds over %s; highest %.1f; %d events with signals. The table holds the numbers.",
		points[0].Risk, points[len(points)-1].Risk, Duration(points[len(points)-1].At.Sub(points[0].At)), top.Risk, signals)
}

// ticks are whole numbers, at most six.
func ticks(low, high float64) (out []float64) {
	step := max(1, math.Ceil((high-low)/5))
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		out = append(out, v)
	}
	return out
}

// sign is the shape of a stage: first contact and trust are round, finding out
// and keeping apart are square, pressure and approach are pointed.
func sign(stage string, x, y float64) string {
	const r = plotSigns
	switch stage {
	case "coercion", "approach", "desensitise", "reframing", "compliance":
		return fmt.Sprintf(`<path class="sign" d="M%.1f %.1fl%g %gh%gz"/>`, x, y-r-1, r+1, 2*r, -2*(r+1))
	case "isolation", "exclusivity", "risk_assessment", "maintenance":
		return fmt.Sprintf(`<rect class="sign" x="%.1f" y="%.1f" width="%g" height="%g"/>`, x-r+0.5, y-r+0.5, 2*r-1, 2*r-1)
	}
	return fmt.Sprintf(`<circle class="sign" cx="%.1f" cy="%.1f" r="%g"/>`, x, y, r)
}
