package page

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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

// Plot draws risk over time as a step line, with each event that has signals
// marked by a shape and a number, and by words where there is room. The numbers
// are those of the events with signals, from 1, which the table beside it lists
// in the same order. It reads in greyscale and in print.
//
// Type does not shrink with a page: the plot is drawn twice, and the stylesheet
// shows the drawing that fits.
func Plot(id string, points []Point, levels []Threshold) template.HTML {
	if len(points) == 0 {
		return ""
	}
	points, levels = slices.Clone(points), slices.Clone(levels)
	slices.SortStableFunc(points, func(a, b Point) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(levels, func(a, b Threshold) int { return cmp.Compare(b.Risk, a.Risk) })
	broad := &plot{points: points, levels: levels, width: 720, height: 280, every: 88, breaks: 3, breakWide: 72, length: Duration, words: 45}
	slim := &plot{points: points, levels: levels, width: 340, height: 260, every: 88, breaks: 2, breakWide: 44, length: brief}
	return twice(id, "Risk over time", describe(points), broad.draw(), slim.draw())
}

// drawing is a picture of a size in CSS pixels.
type drawing struct {
	width, height float64
	body          string
}

// twice puts a broad and a slim drawing of the same on a page.
func twice(id, title, says string, broad, slim drawing) template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="plots">`)
	for _, d := range []struct {
		class string
		drawing
	}{{"broad", broad}, {"slim", slim}} {
		name := template.HTMLEscapeString(id + "-" + d.class)
		fmt.Fprintf(&b, `<div class="%s"><svg class="plot" viewBox="0 0 %g %g" width="%[2]g" height="%[3]g" role="img" aria-labelledby="%[4]s-t %[4]s-d"><title id="%[4]s-t">%[5]s</title><desc id="%[4]s-d">%[6]s</desc>%[7]s</svg></div>`,
			d.class, d.width, d.height, name, template.HTMLEscapeString(title), template.HTMLEscapeString(says), d.body)
	}
	b.WriteString(`</div>`)
	return template.HTML(b.String())
}

// The margins of a plot, how high a line of text is, and half of a mark.
const (
	plotLeft, plotRight = 40.0, 72.0
	plotTop             = 28.0
	textHigh            = 15.0
	signs               = 5.0
)

// wide is about how wide a text of 13 px is.
func wide(s string) float64 { return 7 * float64(utf8.RuneCountInString(s)) }

type plot struct {
	points        []Point
	levels        []Threshold // the highest first
	width, height float64
	every         float64 // so many pixels there is a mark of time, at most
	breaks        int     // at most so many long silences are drawn short,
	breakWide     float64 // so wide,
	length        func(time.Duration) string
	words         int // letters of a label, 0 for none

	low, high float64
	scale     scale
	times     []moment
	bottom    float64 // beneath the axis
	taken     []box
	out       strings.Builder
}

// box is a place that something is drawn in.
type box struct{ left, top, right, bottom float64 }

func (b box) meets(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

func (p *plot) y(risk float64) float64 {
	return plotTop + (p.high-risk)/(p.high-p.low)*(p.height-plotTop-p.bottom)
}

func (p *plot) draw() drawing {
	p.low, p.high = p.points[0].Risk, p.points[0].Risk
	for _, at := range p.points {
		p.low, p.high = min(p.low, at.Risk), max(p.high, at.Risk)
	}
	for _, l := range p.levels {
		p.low, p.high = min(p.low, l.Risk), max(p.high, l.Risk)
	}
	p.low, p.high = math.Floor(p.low-0.25), math.Ceil(p.high+0.25)
	times := make([]time.Time, len(p.points))
	for i, at := range p.points {
		times[i] = at.At
	}
	p.scale = newScale(times, plotLeft+2*signs, p.width-plotRight-2*signs, p.breaks, p.breakWide)
	p.times, p.bottom = p.scale.moments(p.every), textHigh+8
	if slices.ContainsFunc(p.times, func(m moment) bool { return m.clock != "" }) {
		p.bottom += textHigh
	}
	p.axes()
	p.thresholds()
	p.line()
	p.silences()
	p.marks()
	return drawing{p.width, p.height, p.out.String()}
}

func (p *plot) put(format string, values ...any) { fmt.Fprintf(&p.out, format, values...) }

func (p *plot) text(class, anchor string, x, y float64, words string) {
	p.put(`<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, class, anchor, x, y, template.HTMLEscapeString(words))
}

// axes are the horizontal one with times in UTC, and log-odds at the left.
func (p *plot) axes() {
	bottom, right := p.height-p.bottom, p.width-plotRight
	p.put(`<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/>`, plotLeft, right, bottom, bottom)
	p.text("soft", "start", 0, 12, "log-odds")
	for _, v := range whole(p.low, p.high) {
		p.text("soft", "end", plotLeft-8, p.y(v)+4, strings.Replace(fmt.Sprintf("%g", v), "-", "−", 1))
	}
	lines := [2]float64{bottom + 17, bottom + 32}
	if p.bottom < 2*textHigh {
		lines[1] = lines[0]
	}
	day, free, freeDay := "", 0.0, 0.0
	for _, t := range p.times {
		x := p.scale.x(t.at)
		p.put(`<line class="axis" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/>`, x, x, bottom, bottom+4)
		if t.clock != "" && x-wide(t.clock)/2 >= free {
			p.text("soft", "middle", x, lines[0], t.clock)
			free = x + wide(t.clock)/2 + 6
		}
		if t.day != day && x-wide(t.day)/2 >= freeDay {
			day, freeDay = t.day, x+wide(t.day)/2+6
			p.text("soft", "middle", x, lines[1], day)
		}
	}
	p.text("soft", "end", p.width, bottom+17, "UTC")
}

// thresholds are thin dashed lines with the names of the levels.
func (p *plot) thresholds() {
	right := p.width - plotRight
	above := -textHigh
	for _, l := range p.levels {
		y := p.y(l.Risk)
		p.put(`<line class="threshold" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/>`, plotLeft, right, y, y)
		at := max(y+4, above+textHigh) // two levels that are near do not cover each other
		p.text("soft", "start", right+8, at, l.Label)
		above = at
	}
}

// silences are marked on the axis, with how long they were.
func (p *plot) silences() {
	bottom := p.height - p.bottom
	for _, b := range p.scale.breaks {
		x, words := (b.left+b.right)/2, p.length(b.long)
		p.put(`<path class="gap" d="M%.1f %gh7"/><path class="axis break" d="M%.1f %gl6 -10M%.1f %gl6 -10"/>`, x-3.5, bottom, x-6.5, bottom+5, x+0.5, bottom+5)
		p.text("soft", "middle", x, bottom-8, words)
		p.taken = append(p.taken, box{x - wide(words)/2, bottom - 20, x + wide(words)/2, bottom})
	}
}

func (p *plot) line() {
	p.put(`<path class="risk" d="M%.1f %.1f`, p.scale.x(p.points[0].At), p.y(p.points[0].Risk))
	for _, at := range p.points[1:] {
		p.put("H%.1fV%.1f", p.scale.x(at.At), p.y(at.Risk))
	}
	p.put(`H%.1f"/>`, p.width-plotRight)
}

// marks places a number at each event with signals, and words where they cover
// no other mark: the latest first, since it says what the case is about now.
func (p *plot) marks() {
	type mark struct {
		number int
		x, y   float64
		Point
	}
	var all []mark
	for _, at := range p.points {
		if len(at.Signals) > 0 {
			m := mark{len(all) + 1, p.scale.x(at.At), p.y(at.Risk), at}
			all = append(all, m)
			p.taken = append(p.taken, box{m.x - signs - 1, m.y - signs - 1, m.x + signs + 1, m.y + signs + 1})
		}
	}
	slices.Reverse(all)
	labels := make(map[int]string, len(all))
	for _, m := range all {
		labels[m.number] = p.label(m.x, m.y, fmt.Sprint(m.number))
	}
	if p.words > 0 {
		p.risers()
		for _, m := range all {
			for _, letters := range []int{p.words, p.words * 2 / 3, p.words / 2} {
				words := fmt.Sprintf("%d %s", m.number, clip(strings.Join(m.Signals, "; "), letters))
				if longer := p.beside(m.x, m.y, words); longer != "" {
					labels[m.number] = longer
					break
				}
			}
		}
	}
	slices.Reverse(all)
	for _, m := range all {
		p.put(`<g><title>%d. %s</title>%s%s</g>`, m.number, template.HTMLEscapeString(strings.Join(m.Signals, "; ")), sign(m.Stage, m.x, m.y), labels[m.number])
	}
}

// risers are where the line goes up or down: words keep away from it.
func (p *plot) risers() {
	for i, at := range p.points[1:] {
		x, from, to := p.scale.x(at.At), p.y(p.points[i].Risk), p.y(at.Risk)
		p.taken = append(p.taken, box{x - 1, min(from, to), x + 1, max(from, to)})
	}
}

// label is a number above its mark, "" where there is no room.
func (p *plot) label(x, y float64, words string) string {
	half := wide(words) / 2
	for _, line := range []float64{y - 10, y + 20} {
		at := box{x - half, line - textHigh + 4, x + half, line + 2}
		if p.free(at) {
			p.taken = append(p.taken, at)
			return fmt.Sprintf(`<text text-anchor="middle" x="%.1f" y="%.1f">%s</text>`, x, line, words)
		}
	}
	return ""
}

// beside is a label with words at a side of its mark instead of its number,
// whose place it leaves free; "" where there is no room.
func (p *plot) beside(x, y float64, words string) string {
	own := slices.IndexFunc(p.taken, func(b box) bool {
		return b.left < x && x < b.right && (b.bottom == y-8 || b.bottom == y+22)
	})
	if own < 0 {
		return ""
	}
	number := p.taken[own]
	p.taken = slices.Delete(p.taken, own, own+1)
	for _, side := range []struct {
		anchor string
		left   float64
	}{{"end", x + 3 - wide(words)}, {"start", x - 3}} {
		for _, line := range []float64{y - 10, y + 20} {
			at := box{side.left, line - textHigh + 4, side.left + wide(words), line + 2}
			if at.left >= plotLeft && at.right <= p.width-plotRight && p.free(at) {
				p.taken = append(p.taken, at)
				edge := at.left
				if side.anchor == "end" {
					edge = at.right
				}
				return fmt.Sprintf(`<text text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, side.anchor, edge, line, template.HTMLEscapeString(words))
			}
		}
	}
	p.taken = append(p.taken, number)
	return ""
}

func (p *plot) free(at box) bool {
	return at.top >= 16 && at.bottom <= p.height-p.bottom && !slices.ContainsFunc(p.taken, at.meets)
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

// sign is the shape of a stage: first contact and trust are round, finding out
// and keeping apart are square, pressure and approach are pointed.
func sign(stage string, x, y float64) string {
	const r = signs
	switch stage {
	case "coercion", "approach", "desensitise", "reframing", "compliance":
		return fmt.Sprintf(`<path class="sign" d="M%.1f %.1fl%g %gh%gz"/>`, x, y-r-1, r+1, 2*r, -2*(r+1))
	case "isolation", "exclusivity", "risk_assessment", "maintenance":
		return fmt.Sprintf(`<rect class="sign" x="%.1f" y="%.1f" width="%g" height="%g"/>`, x-r+0.5, y-r+0.5, 2*r-1, 2*r-1)
	}
	return fmt.Sprintf(`<circle class="sign" cx="%.1f" cy="%.1f" r="%g"/>`, x, y, r)
}

// clip keeps a label to so many letters.
func clip(label string, letters int) string {
	if r := []rune(label); len(r) > letters {
		return strings.TrimRight(string(r[:letters-1]), " ;,") + "…"
	}
	return label
}
