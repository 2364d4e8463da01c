package bench

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// A run of a moment finds every message again and fills every figure.
func TestRunMeasures(t *testing.T) {
	r, err := Run(context.Background(), Options{
		Dir: t.TempDir(), Pairs: 200, Duration: 50 * time.Millisecond, HTTP: 50 * time.Millisecond, Rate: 200, Writers: 2, Restart: true,
		Say: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Durable || r.LivePairs != 200 || r.Messages < group || r.HTTPRequests != 10 || r.P99 <= 0 || r.BytesPerPair <= 0 {
		t.Errorf("measured %+v", r)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"messages_per_second", "p50_ms", "p99_ms", "durable", "live_pairs", "bytes_per_pair"} {
		if _, ok := keys[key]; !ok {
			t.Errorf("the result has no %s", key)
		}
	}
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	took := []time.Duration{4 * time.Millisecond, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond}
	for q, want := range map[float64]float64{0.5: 2, 0.75: 3, 0.99: 4, 0: 1} {
		if got := quantile(took, q); got != want {
			t.Errorf("quantile %v is %v ms, want %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("the quantile of nothing is not 0")
	}
}

func TestDisguisedTextsAreJSON(t *testing.T) {
	for _, text := range texts(200, true) {
		if !json.Valid([]byte(`"` + text + `"`)) {
			t.Fatalf("%q would break the line", text)
		}
	}
}

// Both guards decide everything, one with its ledger and one without.
func TestCompareTakesTurns(t *testing.T) {
	c, err := Compare(context.Background(), Options{Dir: t.TempDir(), Pairs: 200, Duration: 400 * time.Millisecond, Writers: 2, Say: t.Logf}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if c.Rounds != 2 || c.With.Messages < 4*group || c.Without.Messages < 4*group || c.With.CPU <= 0 || c.Without.CPU <= 0 || c.CPU.Low > c.CPU.Median || c.CPU.Median > c.CPU.High {
		t.Errorf("%+v", c)
	}
}
