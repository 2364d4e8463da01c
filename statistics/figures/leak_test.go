package figures

import (
	"strings"
	"testing"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

func methods(of string, p period.Period, counts map[string]int64) (out []returns.Observation) {
	for m, n := range counts {
		out = append(out, one(of, p, returns.Instances, returns.Dims{Method: m}, returns.Of(n)))
	}
	return out
}

// has reports whether a force or area has a figure whose id has a part.
func has(s *Set, of, what string) bool {
	for _, f := range s.Figures {
		if f.Of == of && strings.Contains(f.ID, what) {
			return true
		}
	}
	return false
}

func TestALoneHiddenMethodIsNotTheRestOfADenominator(t *testing.T) {
	p := period.FinancialYear(2018)
	s := compile(t, methods("kent", p, map[string]int64{"instagram": 40, "snapchat": 30, "kik": 3}), Options{Periods: []period.Period{p}})
	f, ok := s.Get("kent.share.instagram.2018-19")
	if ok && has(s, "kent", "count.instances.snapchat") {
		t.Errorf("kik is %d - 40 - 30", f.Denominator.Low)
	}
}

func TestTheShareOfARegionDoesNotGiveAForceAway(t *testing.T) {
	p := period.FinancialYear(2018)
	var made []returns.Observation
	for i, f := range []string{"cleveland", "durham", "northumbria"} {
		made = append(made, methods(f, p, map[string]int64{"instagram": 40, "snapchat": 30, "kik": int64(3 + 10*i), "sms": 20})...)
	}
	s := compile(t, made, Options{Periods: []period.Period{p}, Areas: []string{"ons-north-east"}})
	if has(s, "ons-north-east", "share.kik") && has(s, "durham", "count.instances.kik") && has(s, "northumbria", "count.instances.kik") {
		t.Error("the region's kik less two forces' is the third's")
	}
}

func TestPooledYearsDoNotGiveAYearAway(t *testing.T) {
	var made []returns.Observation
	for i, p := range years(2018, 2019) {
		made = append(made, methods("kent", p, map[string]int64{"instagram": 40, "snapchat": 30, "kik": int64(3 + 10*i), "sms": 20, "email": 2})...)
	}
	s := compile(t, made, Options{Periods: years(2018, 2019)})
	if has(s, "kent", "share.kik.2018-19_") && has(s, "kent", "count.instances.kik.2019-20") {
		t.Error("two years less one is the other")
	}
}

func TestARefusalDoesNotStateWhatIsHidden(t *testing.T) {
	var made []returns.Observation
	for i, p := range years(2018, 2019) {
		made = append(made, methods("kent", p, map[string]int64{"instagram": 40, "snapchat": 30, "kik": int64(3 + 10*i), "sms": 20, "email": 2})...)
	}
	for _, b := range compile(t, made, Options{Periods: years(2018, 2019)}).Blocked {
		if strings.Contains(b.Why, "is 3") || strings.Contains(b.Why, "is 2") {
			t.Errorf("%s: %s", b.ID, b.Why)
		}
	}
}
