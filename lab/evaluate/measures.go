package evaluate

import (
	"math"
	"slices"

	"rowan/metric"
)

// Share is a number of a whole with its 95 % interval.
type Share struct {
	K        int             `json:"k"`
	N        int             `json:"n"`
	Value    float64         `json:"value"`
	Interval metric.Interval `json:"interval"`
}

// NewShare has the interval of Wilson, or the rule of three above where
// nothing was found.
func NewShare(k, n int) Share {
	s := Share{K: k, N: n, Interval: metric.Wilson(k, n)}
	if n > 0 {
		s.Value = float64(k) / float64(n)
		if k == 0 {
			s.Interval.High = metric.RuleOfThree(n)
		}
	}
	return s
}

// Row is what one group of items came to.
type Row struct {
	Group string `json:"group"`
	// Early are the positives that were alerted before harm, Found those that
	// were at all.
	Early  Share `json:"early"`
	Found  Share `json:"found"`
	Alarms Share `json:"alarms"` // negatives that alerted
}

// Capacity is what k reviews a day find.
type Capacity struct {
	K         int     `json:"k"`
	Precision float64 `json:"precision"`
	Reviewed  int     `json:"reviewed"`
}

// AtPrevalence is what the rates come to where positives are rare.
type AtPrevalence struct {
	Prevalence float64 `json:"prevalence"`
	Precision  float64 `json:"precision"`
	// AtUpper is the precision if the share of false alarms were at the upper
	// end of its interval.
	AtUpper    float64 `json:"precision_at_upper_alarm_rate"`
	PerMillion float64 `json:"alerts_per_million"`
}

// Early is how early alerts come, by the definitions of others.
type Early struct {
	P            float64      `json:"p"` // of the latency penalty
	Speed        *float64     `json:"speed"`
	FLatency     *float64     `json:"f_latency"`
	ERDE5        float64      `json:"erde_5"`
	ERDE50       float64      `json:"erde_50"`
	TurnLevel    metric.Table `json:"turn_level"`
	TurnF1       float64      `json:"turn_level_f1"`
	HasTurnLevel bool         `json:"has_turn_level"`
	// Messages and minutes to the alert; nil is never.
	Messages    [2]*float64 `json:"messages_median_p90"`
	Minutes     [2]*float64 `json:"minutes_median_p90"`
	MessageList []float64   `json:"-"`
}

// Measures of one set at the level elevated.
type Measures struct {
	Source     Source       `json:"source"`
	Part       Part         `json:"part"`
	Name       string       `json:"name"`
	Units      string       `json:"units"`
	Items      int          `json:"items"`
	Positives  int          `json:"positives"`
	Table      metric.Table `json:"table"`
	Precision  float64      `json:"precision"`
	Recall     Share        `json:"recall"`
	BeforeHarm Share        `json:"recall_before_harm"`
	// ByActor is the interval of recall before harm when whole actors are drawn.
	ByActor  metric.Interval `json:"recall_before_harm_by_actor"`
	Alarms   Share           `json:"false_alarms"`
	F1       float64         `json:"f1"`
	FHalf    float64         `json:"f_0_5"`
	F3       float64         `json:"f_3"`
	PRAUC    float64         `json:"pr_auc"`
	Brier    float64         `json:"brier"`
	LogLoss  float64         `json:"log_loss"`
	ECE      float64         `json:"ece"`
	Early    Early           `json:"early"`
	PerDay   *float64        `json:"alerts_per_10000_active_a_day"`
	Curve    []metric.Point  `json:"curve"`
	Bins     []metric.Bin    `json:"reliability"`
	Capacity []Capacity      `json:"capacity"`
	Shifted  []AtPrevalence  `json:"at_prevalence"`
	Families []Row           `json:"families"`
	Policies []Row           `json:"policies"`
	Bands    []Row           `json:"age_bands"`
	Register []Row           `json:"registers"`
	Levels   [5]int          `json:"levels"`
}

const (
	rounds = 1000
	seed   = 20261126
)

// measure computes everything for a set. prior is the log-odds that the model
// begins with.
func measure(s *Set, prior float64) *Measures {
	m := &Measures{Source: s.Source, Part: s.Part, Name: s.Name, Units: s.Units, Items: len(s.Items)}
	early, harmed := 0, 0
	for _, i := range s.Items {
		m.Table.Add(i.Positive, i.Alert > 0)
		m.Levels[i.Highest]++
		if i.Positive && !i.Spared {
			harmed++
			if i.BeforeHarm() {
				early++
			}
		}
	}
	t := m.Table
	m.Positives = t.TP + t.FN
	m.Precision, m.F1, m.FHalf, m.F3 = t.Precision(), t.F(1), t.F(0.5), t.F(3)
	m.Recall, m.BeforeHarm, m.Alarms = NewShare(t.TP, m.Positives), NewShare(early, harmed), NewShare(t.FP, t.FP+t.TN)
	m.ByActor = nan(metric.Bootstrap(clusters(s.Items), rounds, seed, earlyShare))
	share := 0.5
	if m.Positives > 0 && m.Positives < len(s.Items) {
		share = float64(m.Positives) / float64(len(s.Items))
		list := scored(s.Items, prior, share)
		m.PRAUC, m.Brier, m.LogLoss, m.ECE = metric.AveragePrecision(list), metric.Brier(list), metric.LogLoss(list), metric.ECE(list)
		m.Curve, m.Bins = metric.Curve(list), metric.Reliability(list, 10)
	}
	m.early(s, share)
	if n := sum(s.Active); n > 0 {
		v := metric.PerActiveAccounts(t.TP+t.FP, float64(n))
		m.PerDay = &v
		m.Capacity = capacities(s.Items, prior, share)
	}
	for _, prevalence := range []float64{1e-2, 1e-3, 1e-4} {
		m.Shifted = append(m.Shifted, AtPrevalence{
			Prevalence: prevalence,
			Precision:  metric.PrecisionAtPrevalence(m.Recall.Value, m.Alarms.Value, prevalence),
			AtUpper:    metric.PrecisionAtPrevalence(m.Recall.Value, m.Alarms.Interval.High, prevalence),
			PerMillion: 1e6 * (prevalence*m.Recall.Value + (1-prevalence)*m.Alarms.Value),
		})
	}
	m.Families = rows(s.Items, func(i *Item) string { return i.Family })
	m.Policies = rows(s.Items, func(i *Item) string { return i.Policy })
	m.Bands = rows(s.Items, func(i *Item) string { return i.Band })
	m.Register = rows(s.Items, func(i *Item) string { return i.Register })
	return m
}

func earlyShare(items []*Item) float64 {
	k, n := 0, 0
	for _, i := range items {
		if i.Positive && !i.Spared {
			n++
			if i.BeforeHarm() {
				k++
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return float64(k) / float64(n)
}

// nan makes an interval that could not be computed one that says nothing.
func nan(i metric.Interval) metric.Interval {
	if math.IsNaN(i.Low) || math.IsNaN(i.High) {
		return metric.Interval{Low: 0, High: 1}
	}
	return i
}

func (m *Measures) early(s *Set, share float64) {
	var latencies []int
	var messages, minutes []float64
	runs := make([]metric.Run, len(s.Items))
	for n, i := range s.Items {
		runs[n] = metric.Run{Positive: i.Positive, Delay: i.Alert}
		if s.RiskLabelled {
			m.Early.TurnLevel.Add(metric.TurnTruth(i.Alert, i.Turns, i.Risk))
		}
		if !i.Positive {
			continue
		}
		at := math.Inf(1)
		if i.Alert > 0 {
			latencies, at = append(latencies, i.Alert), float64(i.Alert)
		}
		messages, minutes = append(messages, at), append(minutes, i.Minutes)
	}
	e := &m.Early
	e.P = metric.SpeedP
	if len(latencies) > 0 {
		speed := metric.Speed(latencies, e.P)
		f := metric.FLatency(m.F1, speed)
		e.Speed, e.FLatency = &speed, &f
	}
	if len(runs) > 0 {
		e.ERDE5, e.ERDE50 = metric.ERDE(runs, 5, share), metric.ERDE(runs, 50, share)
	}
	e.HasTurnLevel, e.TurnF1 = s.RiskLabelled, e.TurnLevel.F(1)
	e.Messages, e.Minutes = delays(messages), delays(minutes)
	e.MessageList = messages
}

// delays are the median and the ninetieth percentile, nil for never.
func delays(values []float64) (out [2]*float64) {
	if len(values) == 0 {
		return out
	}
	median, p90 := metric.Delay(values)
	for i, v := range [2]float64{median, p90} {
		if !math.IsInf(v, 0) {
			out[i] = &v
		}
	}
	return out
}

// capacities says what reviewers find who look at the k most pressing alerts a
// day: an item is looked at on the day of its first alert, by its score.
func capacities(items []*Item, prior, share float64) (out []Capacity) {
	byDay := map[int][]metric.Scored{}
	for _, i := range items {
		if i.Alert > 0 {
			byDay[i.Day] = append(byDay[i.Day], metric.Scored{P: shifted(i.Score, prior, share), Positive: i.Positive})
		}
	}
	for _, k := range []int{1, 2, 5, 10, 50, 200} {
		c := Capacity{K: k}
		hits := 0.0
		for _, list := range byDay {
			n := min(k, len(list))
			hits += metric.PrecisionAt(list, n) * float64(n)
			c.Reviewed += n
		}
		if c.Reviewed > 0 {
			c.Precision = math.Round(hits/float64(c.Reviewed)*1e9) / 1e9 // days are added up in no particular order
		}
		out = append(out, c)
	}
	return out
}

// rows groups items, and leaves out those without a group.
func rows(items []*Item, group func(*Item) string) (out []Row) {
	type count struct{ positives, found, harmed, early, negatives, alarms int }
	by := map[string]*count{}
	for _, i := range items {
		name := group(i)
		if name == "" {
			continue
		}
		c := by[name]
		if c == nil {
			c = &count{}
			by[name] = c
		}
		switch {
		case i.Positive:
			c.positives++
			if i.Alert > 0 {
				c.found++
			}
			if !i.Spared {
				c.harmed++
				if i.BeforeHarm() {
					c.early++
				}
			}
		default:
			c.negatives++
			if i.Alert > 0 {
				c.alarms++
			}
		}
	}
	for name, c := range by {
		out = append(out, Row{name, NewShare(c.early, c.harmed), NewShare(c.found, c.positives), NewShare(c.alarms, c.negatives)})
	}
	slices.SortFunc(out, func(a, b Row) int {
		if (a.Early.N > 0) != (b.Early.N > 0) {
			if a.Early.N > 0 {
				return -1
			}
			return 1
		}
		if a.Group < b.Group {
			return -1
		}
		return 1
	})
	return out
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}
