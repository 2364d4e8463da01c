package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Node is somebody whom an account has dealt with.
type Node struct {
	Label  string
	Young  bool // drawn as a square
	Mark   string
	Weight int // of what passed between them
}

// mostNodes keeps the picture legible; the table behind it lists all.
const mostNodes = 40

// Contacts draws an account in the middle of those it has dealt with. The wider
// the line, the more passed between them.
func Contacts(id, self string, nodes []Node) template.HTML {
	if len(nodes) == 0 {
		return ""
	}
	drawn := nodes[:min(len(nodes), mostNodes)]
	most := 1
	for _, n := range drawn {
		most = max(most, n.Weight)
	}
	const width, height = 720.0, 360.0
	cx, cy := width/2, height/2
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-t"><title id="%s-t">%s and %d accounts it has dealt with</title>`,
		width, height, id, id, template.HTMLEscapeString(self), len(nodes))
	type place struct{ x, y float64 }
	places := make([]place, len(drawn))
	for i := range drawn {
		angle := 2*math.Pi*float64(i)/float64(len(drawn)) - math.Pi/2
		places[i] = place{cx + 240*math.Cos(angle), cy + 140*math.Sin(angle)}
		w := 1 + 5*math.Sqrt(float64(drawn[i].Weight)/float64(most))
		fmt.Fprintf(&b, `<line class="tie" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke-width="%.1f"/>`, cx, cy, places[i].x, places[i].y, w)
	}
	fmt.Fprintf(&b, `<circle class="self" cx="%g" cy="%g" r="9"/>`, cx, cy)
	for i, n := range drawn {
		p := places[i]
		if n.Young {
			fmt.Fprintf(&b, `<rect class="node" x="%.1f" y="%.1f" width="14" height="14"/>`, p.x-7, p.y-7)
		} else {
			fmt.Fprintf(&b, `<circle class="node" cx="%.1f" cy="%.1f" r="7"/>`, p.x, p.y)
		}
		if len(drawn) <= 24 {
			anchor, dx := "start", 12.0
			if p.x < cx-1 {
				anchor, dx = "end", -12
			}
			dy := 4.0
			if math.Abs(p.x-cx) < 1 {
				anchor, dx, dy = "middle", 0, -12
				if p.y > cy {
					dy = 24
				}
			}
			fmt.Fprintf(&b, `<text text-anchor="%s" x="%.1f" y="%.1f">%s %s</text>`, anchor, p.x+dx, p.y+dy, n.Mark, template.HTMLEscapeString(shorten(n.Label)))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// shorten keeps a label within the picture.
func shorten(label string) string {
	if r := []rune(label); len(r) > 16 {
		return string(r[:15]) + "…"
	}
	return label
}
