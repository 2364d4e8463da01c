package figures

// Natural is the interval within which natural variation alone puts a count
// (exact Poisson, 95 per cent).
func Natural(n int64) (low, high float64) { return poisson(n, level) }
