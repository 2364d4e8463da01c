package quality_test

import (
	"math"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/quality"
	"rowan/guard/response"
)

func ratings(both, first, second, neither int) (out []quality.Rating) {
	for n, r := range map[quality.Rating]int{{First: true, Second: true}: both, {First: true}: first, {Second: true}: second, {}: neither} {
		for range r {
			out = append(out, n)
		}
	}
	return out
}

func TestKappaOfAKnownTable(t *testing.T) {
	// 20 both yes, 5 and 10 apart, 15 both no: observed 0.7, chance 0.5, kappa 0.4.
	a := quality.Kappa(ratings(20, 5, 10, 15))
	if a.N != 50 || a.Agreed != 35 || math.Abs(a.Kappa-0.4) > 1e-12 {
		t.Fatalf("got %+v, want kappa 0.4", a)
	}
	// Its standard error is sqrt(0.7*0.3/50)/0.5 = 0.12961.
	if math.Abs(a.Between.Low-(0.4-1.959964*0.129615)) > 1e-4 || math.Abs(a.Between.High-(0.4+1.959964*0.129615)) > 1e-4 {
		t.Errorf("the interval is %+v", a.Between)
	}
}

func TestKappaWhereChanceExplainsAll(t *testing.T) {
	for name, r := range map[string][]quality.Rating{"nothing": nil, "all alike": ratings(10, 0, 0, 0)} {
		if a := quality.Kappa(r); !math.IsNaN(a.Kappa) {
			t.Errorf("%s: kappa %v", name, a.Kappa)
		}
	}
	if a := quality.Kappa(ratings(5, 0, 0, 5)); a.Kappa != 1 {
		t.Errorf("full agreement has kappa %v", a.Kappa)
	}
}

func TestReviewsSetGoldenCasesApart(t *testing.T) {
	harmful, harmless := &casework.Judgement{Reason: casework.Grooming}, &casework.Judgement{Reason: casework.Family}
	second, golden := quality.Reviews([]casework.Case{
		{Purpose: casework.SecondReview, Prior: harmful, Judgement: harmless},
		{Purpose: casework.Golden, Prior: harmful, Judgement: harmful},
		{Purpose: casework.SecondReview, Prior: nil, Judgement: harmless},
	})
	if len(second) != 1 || second[0] != (quality.Rating{First: true}) || len(golden) != 1 || golden[0] != (quality.Rating{First: true, Second: true}) {
		t.Fatalf("second %v, golden %v", second, golden)
	}
}

func TestTimesAreByLevelTheGravestFirst(t *testing.T) {
	var all []casework.Handling
	for i := range 10 {
		all = append(all, casework.Handling{Level: response.High, Waited: time.Duration(i+1) * time.Hour, Worked: time.Minute, Late: i == 9})
	}
	all = append(all, casework.Handling{Level: response.Critical, Waited: time.Minute})
	got := quality.TimesByLevel(all)
	if len(got) != 2 || got[0].Level != response.Critical || got[1].Median != 5*time.Hour || got[1].Ninety != 9*time.Hour || got[1].InTime.K != 9 {
		t.Fatalf("got %+v", got)
	}
}
