package figures

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// statement is what a published number says of the counts behind it, told by
// somebody who reads the release and knows none of this package's tables.
type statement struct {
	of   []string // force|method
	says int64
}

func statements(s *Set, forces, methods []string) (out []statement) {
	over := func(of string, in []string) (names []string) {
		places := []string{of}
		if of == "ons-north-east" {
			places = forces
		}
		for _, f := range places {
			for _, m := range in {
				names = append(names, f+"|"+m)
			}
		}
		return names
	}
	for _, f := range s.Figures {
		if f.Measure != returns.Instances {
			continue
		}
		in := []string{f.Dims.Method}
		if f.Group == "facebook_owned" {
			in = []string{"facebook", "instagram"}
		}
		out = append(out, statement{over(f.Of, in), f.Numerator.Low})
		if f.Kind == Share {
			out = append(out, statement{over(f.Of, methods), f.Denominator.Low})
		}
	}
	return out
}

// A reader who tries every table that fits the release finds at least two for each
// small count.
func TestNoSmallCountFollowsFromARelease(t *testing.T) {
	forces := []string{"cleveland", "durham", "northumbria"}
	methods := []string{"facebook", "instagram", "kik", "sms"}
	p := period.FinancialYear(2018)
	tried := 0
	ref := refs(t)
	rapid.Check(t, func(t *rapid.T) {
		var made []returns.Observation
		value := map[string]int64{}
		for _, f := range forces {
			for i, m := range methods {
				most := []int64{12, 30, 8, 9}[i]
				n := rapid.Int64Range(0, most).Draw(t, f+m)
				value[f+"|"+m] = n
				made = append(made, one(f, p, returns.Instances, returns.Dims{Method: m}, returns.Of(n)))
			}
		}
		s, err := Compile(made, ref, Options{Offence: "scc-15a", Periods: []period.Period{p}, Areas: []string{"ons-north-east"}, Groups: []string{"facebook_owned"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Leaks) > 0 {
			t.Errorf("%+v", s.Leaks)
		}
		domain := map[string][2]int64{}
		var unknown []string
		for _, h := range s.Hidden {
			if h.Kind != Count {
				continue
			}
			name := h.Of + "|" + h.Dims.Method
			unknown = append(unknown, name)
			domain[name] = [2]int64{1, 4}
			if h.Rule == "secondary" {
				domain[name] = [2]int64{5, 45}
			}
		}
		if len(unknown) > 7 {
			return // too many for trying everything
		}
		tried++
		found := everything(unknown, domain, value, statements(s, forces, methods))
		for _, name := range unknown {
			if n := value[name]; n > 0 && n < 5 && len(found[name]) < 2 {
				t.Errorf("%s can only be %v; %v", name, found[name], value)
			}
		}
	})
	if tried < 10 {
		t.Errorf("only %d tables were tried", tried)
	}
}

// everything are the values that each unknown has in some table that fits.
func everything(unknown []string, domain map[string][2]int64, value map[string]int64, says []statement) map[string]map[int64]bool {
	found := map[string]map[int64]bool{}
	at := map[string]int{}
	for i, name := range unknown {
		at[name], found[name] = i, map[int64]bool{}
	}
	type row struct {
		in   []int
		left int64
	}
	var rows []row
	for _, s := range says {
		r := row{left: s.says}
		for _, name := range s.of {
			if i, ok := at[name]; ok {
				r.in = append(r.in, i)
			} else {
				r.left -= value[name]
			}
		}
		if len(r.in) > 0 {
			rows = append(rows, r)
		}
	}
	now := make([]int64, len(unknown))
	var try func(int)
	try = func(n int) {
		for _, r := range rows {
			left, open := r.left, false
			for _, i := range r.in {
				if i < n {
					left -= now[i]
				} else {
					open = true
				}
			}
			if left < 0 || left != 0 && !open {
				return
			}
		}
		if n == len(unknown) {
			for i, name := range unknown {
				found[name][now[i]] = true
			}
			return
		}
		for v := domain[unknown[n]][0]; v <= domain[unknown[n]][1]; v++ {
			now[n] = v
			try(n + 1)
		}
	}
	try(0)
	return found
}
