package figures

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// children is the population of forces at the middle of a period's first year.
func (c *compiler) children(forces []string, p period.Period) (n int64, cells []returns.Cell, ok bool) {
	for _, f := range forces {
		i := slices.IndexFunc(c.o.Population, func(q Population) bool { return q.Of == f && q.Year == p.Start.Year })
		if i < 0 {
			return 0, nil, false
		}
		n += c.o.Population[i].Children
		cells = append(cells, c.o.Population[i].Cell)
	}
	return n, cells, n > 0
}

func (c *compiler) rate(of string, p period.Period) { c.rateOf(of, []string{of}, p) }

// rateOf is the offences of a year per 100,000 children under 16. Without a
// population file there are no rates.
func (c *compiler) rateOf(of string, forces []string, p period.Period) {
	if len(c.o.Population) == 0 || p.Days() < 365 || p.Days() > 366 {
		return
	}
	x := c.value(of, p, returns.Offences, returns.Dims{})
	n, cells, ok := c.children(forces, p)
	if x == nil || x.conflict != "" || !isExact(x.value) || !ok {
		return
	}
	f := c.figure(of+".rate."+c.label(p), Rate, of, p, returns.Offences, returns.Dims{}, x)
	f.Unit = "per_100000"
	if !slices.Equal(forces, []string{of}) {
		f.Inputs = slices.Sorted(slices.Values(forces))
	}
	f.Low = ratio(x.value.Low, n, 100_000)
	f.High = new(big.Rat).Set(f.Low)
	f.Text = Rounded(f.Low, 1) + " per 100,000 children under 16"
	f.Formula = fmt.Sprintf("%d / %d x 100,000", x.value.Low, n)
	f.Denominator = &Term{Low: n, High: n, Words: fmt.Sprintf("children under 16, mid-%d", p.Start.Year), Cells: cells}
	f.Cells = cellsOf(x.cells, cells)
	low, high := poisson(x.value.Low, level)
	f.Spread = &Spread{low / float64(n) * 100_000, high / float64(n) * 100_000, level, "exact Poisson"}
	f.Caveats = append(f.Caveats, Caveat{"no_league_table", "Rates differ with how forces record; they are no ranking of forces."})
	c.add(f)
}

// FunnelPoint is one force in a funnel plot.
type FunnelPoint struct {
	Of       string
	Offences int64
	Children int64
	Rate     float64 // per 100,000
	Outside  int     // 0 within 95 per cent limits, 1 outside them, 2 outside 99.8
}

// Funnel is how forces' rates lie about the rate of all, with limits for a
// population (Spiegelhalter 2005; additive overdispersion after winsorising).
type Funnel struct {
	Period period.Period
	Rate   float64 // of all, per 100,000
	Tau2   float64 // additive variance between forces, on the scale of rates
	Points []FunnelPoint
}

// Limits are those within which natural variation and the variance between
// forces put a rate for a population: level is 0.95 or 0.998.
func (f *Funnel) Limits(children int64, level float64) (low, high float64) {
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	se := math.Sqrt(f.Rate/float64(children)*100_000 + f.Tau2)
	return max(0, f.Rate-z*se), f.Rate + z*se
}

// FunnelOf is the funnel of the rates of a period in a set, false if fewer than
// five forces have one.
func FunnelOf(s *Set, p period.Period) (*Funnel, bool) {
	f := Funnel{Period: p}
	var offences, children int64
	for _, x := range s.Figures {
		if x.Kind == Rate && x.Period == p && x.Denominator != nil && len(x.Of) > 0 && x.Numerator != nil && isForceRate(&x) {
			f.Points = append(f.Points, FunnelPoint{Of: x.Of, Offences: x.Numerator.Low, Children: x.Denominator.Low})
			offences, children = offences+x.Numerator.Low, children+x.Denominator.Low
		}
	}
	if len(f.Points) < 5 {
		return nil, false
	}
	f.Rate = float64(offences) / float64(children) * 100_000
	z := make([]float64, len(f.Points))
	for i := range f.Points {
		x := &f.Points[i]
		x.Rate = float64(x.Offences) / float64(x.Children) * 100_000
		z[i] = (x.Rate - f.Rate) / math.Sqrt(f.Rate/float64(x.Children)*100_000)
	}
	f.Tau2 = additive(f.Points, z, f.Rate)
	for i := range f.Points {
		x := &f.Points[i]
		for _, l := range []float64{0.95, 0.998} {
			if low, high := f.Limits(x.Children, l); x.Rate < low || x.Rate > high {
				x.Outside++
			}
		}
	}
	return &f, true
}

// isForceRate tells a force's rate from an area's, which names its forces.
func isForceRate(f *Figure) bool { return len(f.Inputs) == 0 }

// additive is the variance between forces by the method of moments, from z scores
// winsorised at a tenth on each side (Spiegelhalter 2005, section 4).
func additive(points []FunnelPoint, z []float64, rate float64) float64 {
	sorted := slices.Clone(z)
	slices.Sort(sorted)
	n := len(sorted)
	cut := n / 10
	low, high := sorted[cut], sorted[n-1-cut]
	phi := 0.0
	for _, v := range z {
		v = min(max(v, low), high)
		phi += v * v
	}
	phi /= float64(n)
	if phi <= float64(n-1)/float64(n) {
		return 0
	}
	var w, w2 float64
	for _, p := range points {
		weight := float64(p.Children) / (rate * 100_000)
		w, w2 = w+weight, w2+weight*weight
	}
	return max(0, (float64(n)*phi-float64(n-1))/(w-w2/w))
}
