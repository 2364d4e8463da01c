package cases

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"rowan/lab/evaluate"
	"rowan/metric"
)

// Standing is how a model does on the judged pairs, at the level elevated.
type Standing struct {
	// Precision is the share of harmful pairs that stand at elevated among the
	// Capacity highest: what reviewers find who look at that many. Places that no
	// alert fills find nothing.
	Precision float64        `json:"precision_at_capacity"`
	Capacity  int            `json:"capacity"` // no more than there are judged pairs
	Found     evaluate.Share `json:"found"`    // the same as a count, rounded where a tie crosses the line
	Recall    evaluate.Share `json:"recall"`
	Alarms    evaluate.Share `json:"false_alarms"`
	Subgroups []Subgroup     `json:"subgroups"`
	// Brier, LogLoss and ECE are those of the probability that Platt's method
	// gives on the calibration fold.
	Brier   float64 `json:"brier"`
	LogLoss float64 `json:"log_loss"`
	ECE     float64 `json:"ece"`
}

// Subgroup is how often pairs of a group that people found harmless alert.
type Subgroup struct {
	By     string         `json:"by"` // age, group or register
	Group  string         `json:"group"`
	Alarms evaluate.Share `json:"false_alarms"`
}

func stand(pairs []*decided, seen []reading, capacity int) Standing {
	var s Standing
	var ranked, calibrated []metric.Scored
	var table metric.Table
	var groups [len(kinds)]map[string]*metric.Table
	for k := range groups {
		groups[k] = map[string]*metric.Table{}
	}
	a, b := metric.Platt(risks(pairs, seen, calibrating), labels(pairs, calibrating))
	for i, p := range pairs {
		if p.fold != judging {
			continue
		}
		r := &seen[i]
		ranked = append(ranked, metric.Scored{P: r.risk, Positive: p.Positive && r.alert})
		calibrated = append(calibrated, metric.Scored{P: 1 / (1 + math.Exp(-(a*r.risk + b))), Positive: p.Positive})
		table.Add(p.Positive, r.alert)
		for k, group := range p.groups {
			if group == "" || p.Positive {
				continue
			}
			if groups[k][group] == nil {
				groups[k][group] = &metric.Table{}
			}
			groups[k][group].Add(false, r.alert)
		}
	}
	s.Capacity = min(capacity, len(ranked))
	s.Precision = metric.PrecisionAt(ranked, s.Capacity)
	s.Found = evaluate.NewShare(int(math.Round(s.Precision*float64(s.Capacity))), s.Capacity)
	s.Recall, s.Alarms = evaluate.NewShare(table.TP, table.TP+table.FN), evaluate.NewShare(table.FP, table.FP+table.TN)
	s.Brier, s.LogLoss, s.ECE = metric.Brier(calibrated), metric.LogLoss(calibrated), metric.ECE(calibrated)
	for k, by := range groups {
		for name, t := range by {
			s.Subgroups = append(s.Subgroups, Subgroup{By: kinds[k], Group: name, Alarms: evaluate.NewShare(t.FP, t.FP+t.TN)})
		}
	}
	slices.SortFunc(s.Subgroups, func(a, b Subgroup) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds[:], a.By), slices.Index(kinds[:], b.By)), cmp.Compare(a.Group, b.Group))
	})
	return s
}

// refusals are why a model may not take the place of another: reviewers would
// find less, or some group would see more false alarms. Both sides have the same
// pairs, so any difference is one.
func refusals(before, after *Standing) (out []string) {
	if after.Precision < before.Precision-1e-9 {
		out = append(out, fmt.Sprintf("precision among the %d highest falls from %.1f %% to %.1f %%", after.Capacity, 100*before.Precision, 100*after.Precision))
	}
	for i, a := range after.Subgroups {
		if b := before.Subgroups[i]; a.Alarms.K > b.Alarms.K {
			out = append(out, fmt.Sprintf("false alarms widen for %s %s: from %d to %d of %d", a.By, a.Group, b.Alarms.K, a.Alarms.K, a.Alarms.N))
		}
	}
	return out
}
