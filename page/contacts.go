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
	Young  bool // drawn as a square, at the right
	Mark   string
	Weight int // of what passed between them
}

// mostNodes keeps the picture legible; the table beside it lists all.
const mostNodes = 40

// rowHigh is the height of a node's line, in CSS pixels.
const rowHigh = 26.0

// Contacts draws an account and those it has dealt with, in the order given:
// young people at the right, everybody else at the left. The wider the line, the
// more passed between them.
func Contacts(id, self string, nodes []Node) template.HTML {
	if len(nodes) == 0 {
		return ""
	}
	drawn := nodes[:min(len(nodes), mostNodes)]
	most := 1
	var young, others []Node
	for _, n := range drawn {
		most = max(most, n.Weight)
		if n.Young {
			young = append(young, n)
		} else {
			others = append(others, n)
		}
	}
	title := fmt.Sprintf("%s and %s it has dealt with", self, plural(len(nodes), "account", "accounts"))
	says := fmt.Sprintf("%s and %s. The table lists them.", plural(len(young), "young person", "young people"), plural(len(others), "other account", "other accounts"))
	if len(drawn) < len(nodes) {
		says = fmt.Sprintf("The first %d of %d are drawn: %s", len(drawn), len(nodes), says)
	}
	broad := graph{self: self, most: most, width: 720, columns: [2][]Node{others, young}, room: 24}
	slim := graph{self: self, most: most, width: 340, columns: [2][]Node{nil, append(young, others...)}, room: 22}
	return twice(id, title, says, broad.draw(), slim.draw())
}

// graph is an account between two columns of others.
type graph struct {
	self    string
	most    int
	width   float64
	columns [2][]Node // left and right
	room    int       // letters of a label
}

func (g graph) draw() drawing {
	rows := max(len(g.columns[0]), len(g.columns[1]), 2)
	height := float64(rows)*rowHigh + 2*textHigh
	middle := textHigh + float64(rows)*rowHigh/2
	reach := min(200, g.width*0.4) // from the account to a column
	x := g.width / 2
	switch {
	case len(g.columns[0]) == 0:
		x = min(x, 24)
	case len(g.columns[1]) == 0:
		x = g.width - 24
	}
	var ties, marks strings.Builder
	for side, column := range g.columns {
		sign, anchor := -1.0, "end"
		if side == 1 {
			sign, anchor = 1, "start"
		}
		top := middle - float64(len(column))*rowHigh/2 + rowHigh/2
		for i, n := range column {
			nx, ny := x+sign*reach, top+float64(i)*rowHigh
			fmt.Fprintf(&ties, `<path class="tie" d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f" stroke-width="%.1f"/>`,
				x, middle, x+sign*reach/2, middle, x+sign*reach/2, ny, nx, ny, 1+5*math.Sqrt(float64(n.Weight)/float64(g.most)))
			shape := fmt.Sprintf(`<circle class="node" cx="%.1f" cy="%.1f" r="6"/>`, nx, ny)
			if n.Young {
				shape = fmt.Sprintf(`<rect class="node" x="%.1f" y="%.1f" width="11" height="11"/>`, nx-5.5, ny-5.5)
			}
			words := n.Mark + " " + clip(n.Label, g.room)
			if sign < 0 {
				words = clip(n.Label, g.room) + " " + n.Mark
			}
			fmt.Fprintf(&marks, `<g><title>%s</title>%s<text text-anchor="%s" x="%.1f" y="%.1f">%s</text></g>`,
				template.HTMLEscapeString(n.Label), shape, anchor, nx+sign*12, ny+4.5, template.HTMLEscapeString(strings.TrimSpace(words)))
		}
	}
	anchor, at := "middle", x
	switch {
	case x < g.width/2:
		anchor, at = "start", x-10
	case x > g.width/2:
		anchor, at = "end", x+10
	}
	fmt.Fprintf(&marks, `<circle class="self" cx="%.1f" cy="%.1f" r="8"/><text class="centre" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`,
		x, middle, anchor, at, middle-16, template.HTMLEscapeString(clip(g.self, g.room)))
	return drawing{g.width, height, ties.String() + marks.String()}
}
