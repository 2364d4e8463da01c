package metric

import "math"

// SpeedP is the constant of the latency penalty that gives one half at the
// median length of 90 messages: ln 3 / 89 (eSPD; Sadeque, Xu and Bethard 2018).
// eRisk uses 0.0078, SCoRL the median of its own test chats: scores with another p
// are not comparable, so p is always printed.
var SpeedP = math.Log(3) / 89

// SpeedPFor is p for another median length.
func SpeedPFor(median int) float64 { return math.Log(3) / float64(median-1) }

// Penalty of a warning after k messages, k from 1: -1 + 2/(1+exp(-p(k-1))).
func Penalty(k int, p float64) float64 { return -1 + 2/(1+math.Exp(-p*float64(k-1))) }

// Speed is 1 less the median penalty over the positive chats that were warned
// of; those that were missed do not enter. NaN if there is none.
func Speed(latencies []int, p float64) float64 {
	penalties := make([]float64, len(latencies))
	for i, k := range latencies {
		penalties[i] = Penalty(k, p)
	}
	return 1 - Quantile(penalties, 0.5)
}

// FLatency is F1 times speed. In eSPD F1 is over segments and speed over
// complete positive chats.
func FLatency(f1, speed float64) float64 { return f1 * speed }

// Skepticism is eSPD's rule for a run of window decisions: a warning when s of
// the last ten are positive. It returns the 1-based index of the decision at
// which it warns, 0 for never. A warning stays.
func Skepticism(windows []bool, s int) int {
	count := 0
	for i, w := range windows {
		if w {
			count++
		}
		if i >= 10 && windows[i-10] {
			count--
		}
		if count >= s {
			return i + 1
		}
	}
	return 0
}

// TurnTruth is SCoRL's truth of a run: the label of the turn at which it
// stopped, 1-based; of a run that was never stopped the label of the last turn.
// risk is the first turn of risk, 0 for none. A stop before it is a false
// positive: guessing early earns nothing.
func TurnTruth(stop, turns, risk int) (positive, flagged bool) {
	flagged = stop > 0
	at := stop
	if !flagged {
		at = turns
	}
	return risk > 0 && at >= risk, flagged
}

// Run is one subject of ERDE.
type Run struct {
	Positive bool
	Delay    int // messages read when it was flagged, 0 for never
}

// ERDE is the early risk detection error at o (eRisk): a false positive costs
// fp (usually the share of positives), a miss 1, a hit after k messages
// 1 - 1/(1+exp(k-o)); the mean over runs.
func ERDE(runs []Run, o int, fp float64) float64 {
	sum := 0.0
	for _, r := range runs {
		switch {
		case r.Positive && r.Delay > 0:
			sum += 1 - 1/(1+math.Exp(float64(r.Delay-o)))
		case r.Positive:
			sum++
		case r.Delay > 0:
			sum += fp
		}
	}
	return sum / float64(len(runs))
}

// Alert is a positive item with where it was alerted and where harm began, both
// as counts from 1; 0 for never.
type Alert struct {
	At, Harm int
}

// BeforeHarm is the share of items that were alerted strictly before harm. An
// item without harm counts if it was alerted at all.
func BeforeHarm(items []Alert) float64 {
	n := 0
	for _, a := range items {
		if a.At > 0 && (a.Harm == 0 || a.At < a.Harm) {
			n++
		}
	}
	return ratio(float64(n), float64(len(items)))
}

// Delay is how long alerts took: the median and the ninetieth percentile, with
// never alerted as +Inf.
func Delay(values []float64) (median, p90 float64) {
	return Quantile(values, 0.5), Quantile(values, 0.9)
}

// PerActiveAccounts is alerts per 10,000 active accounts a day.
func PerActiveAccounts(alerts int, accountDays float64) float64 {
	return ratio(float64(alerts)*10_000, accountDays)
}

// Sets compares what was found with what is true, as sets: precision, recall and
// F with b are of the table. Problem 1 is over authors, problem 2 over lines.
func Sets[K comparable](found, right []K) Table {
	known := map[K]bool{}
	for _, k := range right {
		known[k] = true
	}
	var t Table
	seen := map[K]bool{}
	for _, k := range found {
		if seen[k] {
			continue
		}
		seen[k] = true
		t.Add(known[k], true)
	}
	t.FN = len(known) - t.TP
	return t
}
