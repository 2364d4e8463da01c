package page

import (
	"fmt"
	"html/template"
	"strings"
)

// The size of a small drawing in a table's cell, in CSS pixels.
const stripWidth, stripHeight = 120.0, 16.0

// Interval draws a share with its interval, all from 0 to 1, on a line of 0 to
// 100 %. The words beside it say the same: it is hidden from those who listen.
func Interval(share, low, high float64) template.HTML {
	x := func(v float64) float64 { return 4 + min(1, max(0, v))*(stripWidth-8) }
	return template.HTML(fmt.Sprintf(`<svg class="strip" viewBox="0 0 %g %g" width="%[1]g" height="%[2]g" aria-hidden="true"><line class="axis" x1="4" x2="%g" y1="8" y2="8"/><path class="axis" d="M4 4V12M%g 6V10M%g 4V12"/><line class="whisker" x1="%.1f" x2="%.1f" y1="8" y2="8"/><circle class="at" cx="%.1f" cy="8" r="3.5"/></svg>`,
		stripWidth, stripHeight, stripWidth-4, stripWidth/2, stripWidth-4, x(low), x(high), x(share)))
}

// Spark draws values in their order, from 0 to the greatest, the last marked. It
// is hidden from those who listen: a number or a table says the same.
func Spark(values []float64) template.HTML {
	if len(values) == 0 {
		return ""
	}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 {
		most = 1
	}
	at := func(i int) (x, y float64) {
		x = 4
		if len(values) > 1 {
			x += float64(i) / float64(len(values)-1) * (stripWidth - 8)
		}
		return x, 13 - max(0, values[i])/most*10
	}
	var path strings.Builder
	for i := range values {
		x, y := at(i)
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
	}
	x, y := at(len(values) - 1)
	return template.HTML(fmt.Sprintf(`<svg class="strip" viewBox="0 0 %g %g" width="%[1]g" height="%[2]g" aria-hidden="true"><line class="axis" x1="4" x2="%g" y1="13" y2="13"/><path class="risk" d="%s"/><circle class="at" cx="%.1f" cy="%.1f" r="2.5"/></svg>`,
		stripWidth, stripHeight, stripWidth-4, path.String(), x, y))
}

// Bar is one of a list of counts.
type Bar struct {
	Label string
	Count int
}

// Bars draws counts as bars with the number at the end of each.
func Bars(id, title string, bars []Bar) template.HTML {
	if len(bars) == 0 {
		return ""
	}
	most := 1
	says := make([]string, len(bars))
	for i, b := range bars {
		most = max(most, b.Count)
		says[i] = fmt.Sprintf("%s: %s", b.Label, grouped(b.Count))
	}
	draw := func(width, left float64, letters int) drawing {
		var out strings.Builder
		for i, b := range bars {
			y := float64(i) * rowHigh
			long := max(0, float64(b.Count)) / float64(most) * (width - left - 64)
			fmt.Fprintf(&out, `<text text-anchor="end" x="%g" y="%.1f">%s</text><rect class="count" x="%g" y="%.1f" width="%.1f" height="14"/><text class="soft" x="%.1f" y="%.1f">%s</text>`,
				left-8, y+17, template.HTMLEscapeString(clip(b.Label, letters)), left, y+5, long, left+long+8, y+17, grouped(b.Count))
		}
		fmt.Fprintf(&out, `<line class="axis" x1="%g" x2="%g" y1="0" y2="%g"/>`, left, left, float64(len(bars))*rowHigh)
		return drawing{width, float64(len(bars)) * rowHigh, out.String()}
	}
	return twice(id, title, strings.Join(says, "; ")+".", draw(720, 220, 30), draw(340, 120, 16))
}
