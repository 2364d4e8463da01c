package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// The bound is 10,000 effects a minute to a receiver that fails one time in
// five: none lost, none out of order for its account, and what comes twice has
// the same id. The pauses between tries pass by the test's clock.
func TestTenThousandEffectsAMinute(t *testing.T) {
	const effects, accounts = underLoad, 1500
	random := rand.New(rand.NewPCG(7, 7)) // the platform's lock guards it
	p := newPost(t, func(_ int, _ arrived, _ http.Header) int {
		if random.IntN(5) == 0 {
			return []int{500, 503, 429, 404}[random.IntN(4)]
		}
		return 204
	})
	whom := rand.New(rand.NewPCG(3, 3))
	all := make([]string, effects)
	for i := range all {
		all[i] = fmt.Sprint("u-", whom.IntN(accounts))
	}
	p.cases.decide(all...)
	begun := time.Now()
	for p.busy() {
		p.pass(max(p.round(), time.Second))
	}
	took := time.Since(begun)
	if taken := p.platform.taken(); len(taken) != effects {
		t.Fatalf("%d of %d effects were taken", len(taken), effects)
	}
	last, ids := map[string]int64{}, map[string]int64{}
	failed := 0
	for _, a := range p.platform.all {
		if a.number < last[a.account] {
			t.Fatalf("%s got %d after %d", a.account, a.number, last[a.account])
		}
		last[a.account] = a.number
		if n, ok := ids[a.id]; ok && n != a.number {
			t.Fatalf("%s is the id of %d and of %d", a.id, n, a.number)
		}
		ids[a.id] = a.number
		if a.status/100 != 2 {
			failed++
		}
	}
	if len(p.platform.all) != effects+failed {
		t.Errorf("%d messages, want one for each effect and one for each of %d failures", len(p.platform.all), failed)
	}
	if failed < effects/10 {
		t.Errorf("only %d tries failed", failed)
	}
	if took > time.Minute {
		t.Errorf("it took %v", took)
	}
	t.Logf("%d effects and %d failures in %v", effects, failed, took.Round(time.Millisecond))
}

// busy does what there is to do now, and reports whether something is still open.
func (p *post) busy() bool {
	p.t.Helper()
	p.round()
	counts, err := p.store.Counts(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return len(counts) > 0
}
