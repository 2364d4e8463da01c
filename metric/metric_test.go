package metric

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > within {
		t.Errorf("%s is %.6f, want %.6f", what, got, want)
	}
}

// 8 found and right, 2 found and wrong, 4 missed, 86 left alone:
// P = 8/10, R = 8/12, F1 = 16/22, F0.5 = 1.25*0.5333/(0.25*0.8+0.6667), F3 = 10*0.5333/(9*0.8+0.6667).
func TestCountsOfDecisions(t *testing.T) {
	c := Table{TP: 8, FP: 2, FN: 4, TN: 86}
	near(t, "precision", c.Precision(), 0.8, 1e-12)
	near(t, "recall", c.Recall(), 2.0/3, 1e-12)
	near(t, "F1", c.F(1), 16.0/22, 1e-12)
	near(t, "F0.5", c.F(0.5), 0.769231, 1e-6)
	near(t, "F3", c.F(3), 0.677966, 1e-6)
	near(t, "FPR", c.FalsePositiveRate(), 2.0/88, 1e-12)
	near(t, "F1 of nothing", Table{}.F(1), 0, 0)
}

// The worked values of the detection note, 2.3.
func TestPenaltyOfLateWarnings(t *testing.T) {
	near(t, "p", SpeedP, 0.0123440, 1e-7)
	for k, want := range map[int]float64{5: .975, 10: .944, 26: .847, 50: .707, 90: .5, 150: .274} {
		near(t, "speed", 1-Penalty(k, SpeedP), want, 0.0006)
	}
	near(t, "penalty at once", Penalty(1, SpeedP), 0, 0)
	near(t, "p for 90", SpeedPFor(90), SpeedP, 0)
	near(t, "speed of three", Speed([]int{1, 90, 150}, SpeedP), 0.5, 1e-9)
	near(t, "F latency", FLatency(0.8, 0.5), 0.4, 1e-12)
	near(t, "speed of none", Speed(nil, SpeedP), math.NaN(), 0)
}

func TestSkepticismWantsSOfTheLastTen(t *testing.T) {
	yes := func(n int) []bool {
		out := make([]bool, n)
		for i := range out {
			out[i] = true
		}
		return out
	}
	if got := Skepticism(yes(20), 5); got != 5 {
		t.Errorf("the earliest warning is at %d, want 5", got)
	}
	// Four, then ten quiet ones, then four: never five in ten.
	if got := Skepticism(append(append(yes(4), make([]bool, 10)...), yes(4)...), 5); got != 0 {
		t.Errorf("it warns at %d", got)
	}
	if got := Skepticism(append(append(yes(4), make([]bool, 5)...), yes(4)...), 5); got != 10 {
		t.Errorf("it warns at %d, want 10", got)
	}
}

func TestTurnTruthGivesNothingForGuessingEarly(t *testing.T) {
	for _, test := range []struct {
		stop, turns, risk int
		positive, flagged bool
	}{{3, 20, 10, false, true}, {12, 20, 10, true, true}, {0, 20, 10, true, false}, {0, 20, 0, false, false}, {5, 20, 0, false, true}, {10, 20, 10, true, true}} {
		if p, f := TurnTruth(test.stop, test.turns, test.risk); p != test.positive || f != test.flagged {
			t.Errorf("stop %d, risk from %d: %t %t", test.stop, test.risk, p, f)
		}
	}
}

// A hit at the fifth message costs one half at o = 5; a miss 1; a false alarm fp.
func TestERDE(t *testing.T) {
	near(t, "ERDE", ERDE([]Run{{true, 5}, {true, 0}, {false, 3}, {false, 0}}, 5, 0.5), (0.5+1+0.5+0)/4, 1e-12)
	near(t, "early", ERDE([]Run{{true, 1}}, 50, 0.1), 1-1/(1+math.Exp(-49)), 1e-12)
}

func TestBeforeHarmAndDelays(t *testing.T) {
	near(t, "before harm", BeforeHarm([]Alert{{3, 10}, {10, 10}, {0, 5}, {7, 0}}), 0.5, 1e-12)
	median, p90 := Delay([]float64{1, 2, 3, math.Inf(1)})
	near(t, "median", median, 2.5, 1e-12)
	if !math.IsInf(p90, 1) {
		t.Errorf("p90 is %f; what is never alerted takes for ever", p90)
	}
	median, _ = Delay([]float64{1, 2, math.Inf(1)})
	near(t, "median beside what never happened", median, 2, 0)
	near(t, "alerts per 10,000 a day", PerActiveAccounts(6, 3*20_000), 1, 1e-12)
}

// Ranked + - + -: precision at the two hits 1 and 2/3, mean 5/6. Of four pairs
// of a positive and a negative three are in order.
func TestRankings(t *testing.T) {
	items := []Scored{{.9, true}, {.8, false}, {.7, true}, {.1, false}}
	near(t, "average precision", AveragePrecision(items), 5.0/6, 1e-12)
	near(t, "AUC", AUC(items), 0.75, 1e-12)
	near(t, "precision at 2", PrecisionAt(items, 2), 0.5, 1e-12)
	near(t, "precision at 3", PrecisionAt(items, 3), 2.0/3, 1e-12)
	near(t, "precision at 1 of a tie", PrecisionAt([]Scored{{.5, true}, {.5, false}}, 1), 0.5, 1e-12)
	near(t, "AUC of a tie", AUC([]Scored{{.5, true}, {.5, false}}), 0.5, 1e-12)
	near(t, "AUC of one kind", AUC([]Scored{{.5, true}}), math.NaN(), 0)
}

// (0.8-1)² and (0.3-0)²: 0.04 and 0.09. -ln 0.8 and -ln 0.7.
func TestCalibration(t *testing.T) {
	items := []Scored{{.8, true}, {.3, false}}
	near(t, "Brier", Brier(items), 0.065, 1e-12)
	near(t, "log loss", LogLoss(items), (-math.Log(.8)-math.Log(.7))/2, 1e-12)
	// Ten bins of one item would be exact; ten of two: each off by |0.25 - 0.5|.
	var twenty []Scored
	for i := range 20 {
		twenty = append(twenty, Scored{.25 + float64(i/2)*1e-9, i%2 == 0})
	}
	near(t, "ECE", ECE(twenty), 0.25, 1e-6)
	// Of equal scores nobody can say which belong in which bin.
	same := []Scored{{.5, true}, {.5, true}, {.5, false}, {.5, false}}
	if bins := Reliability(same, 2); len(bins) != 1 || bins[0] != (Bin{4, .5, .5}) {
		t.Errorf("%+v", bins)
	}
}

// Rows of PAN-2012, problem 1: retrieved and relevant authors of 254.
func TestPublishedRowsOfPAN12AreReproduced(t *testing.T) {
	for _, row := range []struct {
		retrieved, relevant int
		p, r, f1, fHalf     float64
	}{{204, 200, .9804, .7874, .8734, .9346}, {186, 183, .9839, .7205, .8318, .9168}, {265, 227, .8566, .8937, .8748, .8638}, {215, 163, .7581, .6417, .6951, .7316}} {
		c := Table{TP: row.relevant, FP: row.retrieved - row.relevant, FN: 254 - row.relevant}
		near(t, "precision", c.Precision(), row.p, 5e-5)
		near(t, "recall", c.Recall(), row.r, 5e-5)
		near(t, "F1", c.F(1), row.f1, 5e-5)
		near(t, "F0.5", c.F(0.5), row.fHalf, 5e-5)
	}
}

// The table of base rates in the detection note, 5.1.
func TestPrevalence(t *testing.T) {
	for _, test := range []struct{ pi, tpr, fpr, want float64 }{{1e-3, .9, 1e-2, .083}, {1e-4, .9, 1e-2, .009}, {1e-4, .9, 1e-3, .083}, {1e-4, .8, 1e-4, .44}, {1e-5, .8, 1e-4, .074}, {1e-5, .5, 1e-6, .83}} {
		near(t, "precision", PrecisionAtPrevalence(test.tpr, test.fpr, test.pi), test.want, 0.006)
	}
	near(t, "a prior moved and moved back", AtPrevalence(AtPrevalence(.3, .5, .001), .001, .5), .3, 1e-12)
	near(t, "at even odds the prior itself", AtPrevalence(.5, .5, .001), .001, 1e-12)
}

// 10 of 100: 5.52 to 17.44 per cent (Newcombe 1998).
func TestIntervals(t *testing.T) {
	w := Wilson(10, 100)
	near(t, "Wilson low", w.Low, .0552, 1e-4)
	near(t, "Wilson high", w.High, .1744, 1e-4)
	near(t, "rule of three", RuleOfThree(47_800), 6.276e-5, 1e-8)
	near(t, "of none", Wilson(0, 0).High, 1, 0)
}

func TestBootstrapKeepsClustersTogetherAndRepeats(t *testing.T) {
	clusters := [][]float64{{1, 1, 1, 1}, {0}, {0}, {0}}
	mean := func(v []float64) float64 {
		s := 0.0
		for _, x := range v {
			s += x
		}
		return s / float64(len(v))
	}
	a, b := Bootstrap(clusters, 500, 7, mean), Bootstrap(clusters, 500, 7, mean)
	if a != b || a.Low != 0 || a.High < 0.75 {
		t.Errorf("%v, again %v", a, b)
	}
}

func TestSetsOfAuthors(t *testing.T) {
	got := Sets([]string{"a", "b", "b", "x"}, []string{"a", "b", "c"})
	if got != (Table{TP: 2, FP: 1, FN: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestMeasuresStayInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Scored {
			return Scored{float64(rapid.IntRange(0, 20).Draw(t, "p")) / 20, rapid.Bool().Draw(t, "positive")}
		}), 1, 60).Draw(t, "items")
		for name, v := range map[string]float64{"average precision": AveragePrecision(items), "Brier": Brier(items), "ECE": ECE(items), "precision at 5": PrecisionAt(items, 5)} {
			if v < -1e-12 || v > 1+1e-12 {
				t.Errorf("%s is %f", name, v)
			}
		}
		if auc := AUC(items); !math.IsNaN(auc) {
			var turned []Scored
			for _, x := range items {
				turned = append(turned, Scored{1 - x.P, x.Positive})
			}
			if math.Abs(auc+AUC(turned)-1) > 1e-9 {
				t.Errorf("AUC %f and turned %f", auc, AUC(turned))
			}
		}
	})
}

// Platt's sigmoid of scores that are the log-odds already is the identity.
func TestPlattLeavesWhatIsCalibrated(t *testing.T) {
	var scores []float64
	var positive []bool
	for i := range 2000 {
		s := float64(i%9) - 4
		scores = append(scores, s)
		p := 1 / (1 + math.Exp(-s))
		positive = append(positive, float64(i/9%222)/222 < p)
	}
	if a, b := Platt(scores, positive); a < 0.9 || a > 1.1 || b < -0.15 || b > 0.15 {
		t.Errorf("a %.3f, b %.3f", a, b)
	}
}
