package metric

import "math"

// Platt fits the probability 1/(1+exp(-(a*score+b))) by Newton's method, with
// the targets of Platt 1999; a stays positive. It is 1 and 0 without both kinds.
// Products are rounded before they are added, so that every machine gives the
// same.
func Platt(scores []float64, positive []bool) (a, b float64) {
	pos, neg := 0.0, 0.0
	for _, p := range positive {
		if p {
			pos++
		} else {
			neg++
		}
	}
	if pos == 0 || neg == 0 {
		return 1, 0
	}
	high, low := (pos+1)/(pos+2), 1/(neg+2)
	a, b = 1, math.Log((pos+1)/(neg+1))
	loss := func(a, b float64) (sum float64) {
		for i, s := range scores {
			t, x := low, float64(a*s)+b
			if positive[i] {
				t = high
			}
			// log(1+exp(x)) - t*x, where neither overflows.
			sum += max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) - float64(t*x)
		}
		return sum
	}
	for range 60 {
		var ga, gb, haa, hab, hbb float64
		for i, s := range scores {
			t := low
			if positive[i] {
				t = high
			}
			p := 1 / (1 + math.Exp(-(float64(a*s) + b)))
			d, v := p-t, float64(p*(1-p))
			ga += float64(d * s)
			gb += d
			haa += float64(float64(v*s) * s)
			hab += float64(v * s)
			hbb += v
		}
		haa, hbb = haa+1e-6, hbb+1e-6
		det := float64(haa*hbb) - float64(hab*hab)
		if det <= 0 {
			break
		}
		da, db := (float64(hbb*ga)-float64(hab*gb))/det, (float64(haa*gb)-float64(hab*ga))/det
		step := 1.0
		for float64(step*da) >= a && step > 1e-4 {
			step /= 2
		}
		// A whole step of Newton's method may lead far away where most scores
		// are on their side of the curve already (Lin, Lin & Weng 2007).
		for bound := loss(a, b) + 1e-9*float64(len(scores)); step > 1e-6 && loss(a-float64(step*da), b-float64(step*db)) > bound; {
			step /= 2
		}
		a, b = a-float64(step*da), b-float64(step*db)
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return max(a, 1e-3), b
}
