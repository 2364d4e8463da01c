package figures

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// level is that of every interval unless said otherwise.
const level = 0.95

// changeSpread is the interval, in per cent, within which natural variation alone
// would put a change from a to b: exact and conditional on a+b (Clopper-Pearson
// on b of a+b). Forces count all they recorded; the counts vary as Poisson ones
// would, and offences that come in series make the true spread wider. ok is false
// where a is 0.
func changeSpread(a, b int64) (s Spread, ok bool) {
	if a <= 0 || b < 0 {
		return Spread{}, false
	}
	low, high := clopperPearson(b, a+b)
	odds := func(p float64) float64 {
		if p >= 1 {
			return math.Inf(1)
		}
		return (p/(1-p) - 1) * 100
	}
	return Spread{Low: odds(low), High: odds(high), Level: level, Method: "exact conditional binomial"}, true
}

// clopperPearson is the exact interval of k of n.
func clopperPearson(k, n int64) (low, high float64) {
	alpha := 1 - level
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n-k) + 1}.Quantile(alpha / 2)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(1 - alpha/2)
	}
	return low, high
}

// logNormalChange is the approximation of changeSpread by the standard error of
// the logarithm of the ratio. It is there to be compared with.
func logNormalChange(a, b int64) (low, high float64) {
	ratio := float64(b) / float64(a)
	se := math.Sqrt(1/float64(a) + 1/float64(b))
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	return (ratio*math.Exp(-z*se) - 1) * 100, (ratio*math.Exp(z*se) - 1) * 100
}

// wilson is the interval of k of n, in per cent (Wilson 1927).
func wilson(k, n int64) Spread {
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Spread{Low: 100 * max(0, centre-half), High: 100 * min(1, centre+half), Level: level, Method: "Wilson"}
}

// poisson is the exact interval of a count (Garwood 1936).
func poisson(n int64, level float64) (low, high float64) {
	alpha := 1 - level
	if n > 0 {
		low = distuv.ChiSquared{K: 2 * float64(n)}.Quantile(alpha/2) / 2
	}
	high = distuv.ChiSquared{K: 2 * float64(n+1)}.Quantile(1-alpha/2) / 2
	return low, high
}
