package simulate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"rowan/event"
)

// run simulates to the end.
func run(t testing.TB, o Options, each func(*Batch)) *Platform {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, more, err := p.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return p
		}
		each(b)
	}
}

func small() Options {
	return Options{Accounts: 1000, Days: 8, Seed: 7, Prevalence: 0.025}
}

func TestSameOptionsGiveSameBytesOnAnyNumberOfCores(t *testing.T) {
	sum := func(cores int) ([32]byte, []Truth) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		h := sha256.New()
		p := run(t, small(), func(b *Batch) { h.Write(b.Bytes()) })
		return [32]byte(h.Sum(nil)), p.Truth()
	}
	one, truth := sum(1)
	four, again := sum(4)
	if one != four {
		t.Error("one core and four give other events")
	}
	if !reflect.DeepEqual(truth, again) {
		t.Error("one core and four give another truth")
	}
	other := small()
	other.Seed++
	h := sha256.New()
	run(t, other, func(b *Batch) { h.Write(b.Bytes()) })
	if [32]byte(h.Sum(nil)) == one {
		t.Error("another seed gives the same events")
	}
}

func TestEveryEventDecodesInTheOrderOfTimeAndIsKnownToTheTruth(t *testing.T) {
	t.Parallel()
	o := small()
	d := event.NewDecoder(event.DefaultLimits())
	var e event.Event
	type seen struct {
		at   int64
		what event.Type
		from string
		to   []string
	}
	events := map[string]seen{}
	registered := map[string]bool{}
	previous := int64(0)
	end := DefaultStart().AddDate(0, 0, o.Days)
	p := run(t, o, func(b *Batch) {
		for i := range b.Len() {
			line := b.Line(i)
			if problem := d.Decode(line, end, &e); problem != nil {
				t.Fatalf("%v: %s", problem, line)
			}
			if e.Time < previous {
				t.Fatalf("%s is before the event before it", line)
			}
			if e.Time != b.At(i).UnixMilli() || b.At(i).Before(b.Start()) || !b.At(i).Before(b.End()) {
				t.Fatalf("%s does not belong to its batch, or its time is not At", line)
			}
			previous = e.Time
			if _, twice := events[e.ID]; twice {
				t.Fatalf("%s: the id was given before", line)
			}
			events[e.ID] = seen{e.Time, e.Type, e.From, append([]string(nil), e.To...)}
			switch {
			case e.Type == event.AccountRegistered || e.Type == event.AccountUpdated:
				registered[e.From] = true
			case e.Time >= DefaultStart().Add(time.Hour).UnixMilli() && !registered[e.From]:
				t.Fatalf("%s: nobody told of the account", line)
			}
		}
	})
	pairs := 0
	for _, truth := range p.Truth() {
		pair := truth.Pair
		if pair == nil {
			continue
		}
		pairs++
		first, ok := events[pair.FirstEvent]
		if !ok || first.at != pair.FirstAt.UnixMilli() {
			t.Fatalf("first event of %+v is missing or at another time", pair)
		}
		if pair.HarmEvent != "" {
			harm, ok := events[pair.HarmEvent]
			if !ok || harm.at != pair.HarmAt.UnixMilli() || harm.from != pair.Actor || harm.what != event.MessageSent {
				t.Fatalf("harm of %+v is not a message of the actor at that time", pair)
			}
		}
		for _, s := range pair.Signals {
			if e, ok := events[s.Event]; !ok || e.from != pair.Actor && e.from != pair.Other {
				t.Fatalf("signal %+v of %+v is not an event of the two", s, pair)
			}
		}
	}
	if pairs < 100 {
		t.Fatalf("%d pairs; there should be more", pairs)
	}
}

func TestTruthCanBeWrittenAndHasWhatItPromises(t *testing.T) {
	t.Parallel()
	o := small()
	p := run(t, o, func(*Batch) {})
	policies := map[string]Policy{}
	for _, one := range Policies() {
		policies[one.Name()] = one
	}
	var b bytes.Buffer
	for _, truth := range p.Truth() {
		if err := WriteTruth(&b, truth); err != nil {
			t.Fatal(err)
		}
	}
	accounts := map[string]*Account{}
	counts := map[Label]int64{}
	harmed, splits := 0, map[Split]int{}
	var totals *Totals
	for truth, err := range ReadTruth("truth", &b) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case truth.Account != nil:
			accounts[truth.Account.ID] = truth.Account
		case truth.Totals != nil:
			totals = truth.Totals
		case truth.Pair != nil:
			pair := truth.Pair
			counts[pair.Label]++
			splits[pair.Split]++
			actor, other := accounts[pair.Actor], accounts[pair.Other]
			if actor == nil || other == nil {
				t.Fatalf("%+v: an account of the pair is not listed before it", pair)
			}
			if pair.Label == Ordinary {
				continue
			}
			policy := policies[pair.Policy]
			c := policy.Conduct()
			if !c.Actor.has(uint8(actor.TrueAge)) || !c.Target.has(uint8(other.TrueAge)) {
				t.Errorf("%+v: ages %d and %d do not fit the policy", pair, actor.TrueAge, other.TrueAge)
			}
			if gap := actor.TrueAge - other.TrueAge; c.MaxGap > 0 && max(gap, -gap) > int(c.MaxGap) {
				t.Errorf("%+v: %d years between them", pair, gap)
			}
			if policy.Held() && pair.Split != Held {
				t.Errorf("%+v: a held policy in the split that may be tuned on", pair)
			}
			if pair.HarmEvent != "" {
				harmed++
			}
		}
	}
	if totals.Pairs[Harmful] != counts[Harmful] || totals.Pairs[LookAlike] != counts[LookAlike] {
		t.Errorf("totals %v, listed %v", totals.Pairs, counts)
	}
	all := totals.Pairs[Harmful] + totals.Pairs[LookAlike] + totals.Pairs[Ordinary]
	if got := float64(counts[Harmful]) / float64(all); math.Abs(got-o.Prevalence) > 0.1*o.Prevalence {
		t.Errorf("prevalence %.5f, asked for %.5f", got, o.Prevalence)
	}
	t.Logf("%+v", *totals)
	t.Logf("splits %v; %d of %d harmful pairs came to harm", splits, harmed, counts[Harmful])
	if 2*harmed < int(counts[Harmful]) {
		t.Errorf("only %d of %d harmful pairs came to harm", harmed, counts[Harmful])
	}
}
