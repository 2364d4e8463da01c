package response

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const day = int64(24 * time.Hour / time.Millisecond)

// quotaPolicy has the quotas of text in place of those of head.
func quotaPolicy(t testing.TB, quotas string) *Policy {
	t.Helper()
	return load(t, `
version: "1"
date: 2026-11-23
source: a test
fail_mode: open
quotas:`+quotas+`
rules:
  - {id: none, title: t, mode: live, when: "false", then: {action: allow}}
`)
}

func TestTwiceTheDailyQuota(t *testing.T) {
	p := quotaPolicy(t, `
  window: 1
  min_count: 1
  cool_down: 1m
  actions:
    hold: {per_day: 50, max_share: 1, falls_back_to: slow}
    slow: {per_day: 30, max_share: 1, falls_back_to: inform}
  account_actions:
    restrict_contact: {per_day: 70, max_share: 1}
`)
	s := new(QuotaState)
	got := map[Action]int{}
	restricted, reviewed, limited := 0, 0, 0
	drive := func(at int64) {
		for range 100 {
			o, lim := p.Admit(s, at, Outcome{Action: Hold, Account: SetOf(RestrictContact), OpenCase: true})
			got[o.Action]++
			if o.Account.Has(RestrictContact) {
				restricted++
			}
			if o.Account.Has(Review) {
				reviewed++
			}
			if lim {
				limited++
			}
			if !o.OpenCase {
				t.Fatal("a limited outcome lost its case")
			}
		}
	}
	drive(20*day + 5)
	if got[Hold] != 50 || got[Slow] != 30 || got[Inform] != 20 || restricted != 70 || reviewed != 30 || limited != 50 {
		t.Errorf("held %d, slowed %d, informed %d, restricted %d, reviewed %d, limited %d", got[Hold], got[Slow], got[Inform], restricted, reviewed, limited)
	}
	drive(19 * day) // late: counts on the day that has come
	if got[Hold] != 50 {
		t.Errorf("late events brought the holds to %d", got[Hold])
	}
	drive(21 * day)
	if got[Hold] != 100 || restricted != 140 {
		t.Errorf("the next day brought the holds to %d and the restrictions to %d", got[Hold], restricted)
	}
}

func TestTheBreakerOpensFallsBackAndCloses(t *testing.T) {
	p := quotaPolicy(t, `
  window: 100
  min_count: 20
  cool_down: 10m
  actions:
    hold: {per_day: 100000, max_share: 0.1, falls_back_to: ask}
`)
	s := new(QuotaState)
	minute := int64(time.Minute / time.Millisecond)
	at := 1000 * day
	hold := func() Action {
		o, _ := p.Admit(s, at, Outcome{Action: Hold})
		return o.Action
	}
	allow := func(n int) {
		for range n {
			if o, limited := p.Admit(s, at, Outcome{}); o != (Outcome{}) || limited {
				t.Fatal("an allowed decision was changed")
			}
		}
	}
	// Below min_count a share says nothing: the first 19 may all be holds.
	for n := range 19 {
		if a := hold(); a != Hold {
			t.Fatalf("decision %d: %s before min_count", n, a)
		}
	}
	if a := hold(); a != Ask {
		t.Fatalf("20 holds of 20: %s, want the fallback", a)
	}
	allow(500) // the window holds no hold any more, yet the breaker stays open
	at += 10*minute - 1
	if a := hold(); a != Ask {
		t.Fatalf("%s before the cool-down was over", a)
	}
	at++
	held := 0
	for n := range 200 { // every twentieth decision is a hold: half the share allowed
		if n%20 == 19 {
			if hold() == Hold {
				held++
			}
		} else {
			allow(1)
		}
	}
	if held != 10 {
		t.Errorf("%d of 10 holds below the allowed share", held)
	}
	held = 0
	for hold() == Hold {
		held++
	}
	if held != 5 { // 5 of the last 99 were holds, and 10 of 100 may be
		t.Errorf("%d more holds until the breaker opened again", held)
	}
}

func TestABlockOfTheirOwnHasNoQuota(t *testing.T) {
	p := quotaPolicy(t, `
  window: 10
  min_count: 1
  cool_down: 1h
  actions:
    block: {per_day: 1, max_share: 0.01, falls_back_to: inform}
`)
	s := new(QuotaState)
	for range 50 {
		if o, limited := p.Admit(s, 5, Outcome{Action: Block, Gate: true}); o.Action != Block || limited {
			t.Fatal("somebody who was blocked got through")
		}
	}
	if o, _ := p.Admit(s, 5, Outcome{Action: Block}); o.Action != Inform {
		t.Errorf("%s: gates must not count, nor may a judgement pass as one", o.Action)
	}
}

func TestALimitedHoldDoesNotTellTheSenderOfAPause(t *testing.T) {
	p := load(t, strings.NewReplacer("MODE", "live", "max_share: 1, falls_back_to: hold", "max_share: 0.01, falls_back_to: inform").Replace(everything))
	c := message(nil)
	var v Verdict
	p.Evaluate(&c, &v)
	if v.Live.Notices != 3 {
		t.Fatalf("notices %b", v.Live.Notices)
	}
	s := new(QuotaState)
	for range 9 {
		if o, limited := p.Admit(s, 1, v.Live); limited || o.Notices != 3 {
			t.Fatalf("limited early: %+v", o)
		}
	}
	if o, limited := p.Admit(s, 1, v.Live); !limited || o.Action != Inform || o.Notices != 2 {
		t.Errorf("got %+v", o)
	}
}

// TestAdmitCountsWhatItSays compares Admit with a plain reading of its
// description that keeps every decision.
func TestAdmitCountsWhatItSays(t *testing.T) {
	p := quotaPolicy(t, `
  window: 12
  min_count: 5
  cool_down: 30s
  actions:
    ask: {per_day: 60, max_share: 0.7, falls_back_to: allow}
    hold: {per_day: 40, max_share: 0.4, falls_back_to: ask}
  account_actions:
    slow_down: {per_day: 30, max_share: 0.5}
`)
	rapid.Check(t, func(t *rapid.T) {
		s := new(QuotaState)
		type decision struct {
			day  int64
			took map[slot]bool
		}
		var past []decision
		opened, since := map[slot]int64{}, map[slot]int{}
		now := int64(0)
		for range rapid.IntRange(1, 120).Draw(t, "decisions") {
			at := now + rapid.Int64Range(-20_000, 20_000).Draw(t, "step")
			if rapid.IntRange(0, 60).Draw(t, "night") == 0 {
				at += day
			}
			in := Outcome{Action: rapid.SampledFrom([]Action{Allow, Ask, Hold, Hold, Block}).Draw(t, "action")}
			if rapid.Bool().Draw(t, "slow") {
				in.Account = SetOf(SlowDown)
			}
			in.Gate = in.Action >= Hold && rapid.IntRange(0, 4).Draw(t, "gate") == 0
			now = max(now, at)
			allowed := func(n slot) bool {
				q := p.quotas.of[n]
				if !q.limited {
					return true
				}
				if until, open := opened[n]; open {
					if now < until {
						return false
					}
					delete(opened, n)
					since[n] = len(past)
				}
				today, count := 0, 0
				for _, d := range past {
					if d.day == now/day && d.took[n] {
						today++
					}
				}
				if today >= int(q.perDay) {
					return false
				}
				window := past[max(since[n], len(past)-11, 0):]
				for _, d := range window {
					if d.took[n] {
						count++
					}
				}
				if len(window)+1 >= 5 && float64(count+1) > q.maxShare*float64(len(window)+1) {
					opened[n] = now + 30_000
					return false
				}
				return true
			}
			want, took := in, map[slot]bool{}
			for !want.Gate && want.Action != Allow && !allowed(slot(want.Action)) {
				want.Action = p.quotas.of[want.Action].fallsBack
			}
			took[slot(want.Action)] = want.Action != Allow && !want.Gate
			if want.Account != 0 {
				if took[accountSlot(SlowDown)] = allowed(accountSlot(SlowDown)); !took[accountSlot(SlowDown)] {
					want.Account = SetOf(Review)
				}
			}
			past = append(past, decision{now / day, took})

			got, limited := p.Admit(s, at, in)
			if got != want || limited != (want != in) {
				t.Fatalf("decision %d: got %+v (limited %v), want %+v", len(past), got, limited, want)
			}
			// Being written down and read back between two decisions changes nothing.
			src, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			back := new(QuotaState)
			if err := back.UnmarshalBinary(src); err != nil {
				t.Fatal(err)
			}
			if *back != *s {
				t.Fatal("the state read back is another")
			}
			s = back
		}
	})
}

func TestAnotherWindowCountsTheSamePast(t *testing.T) {
	wide, narrow := quotaPolicy(t, `
  window: 100
  min_count: 10
  cool_down: 1m
  actions:
    hold: {per_day: 1000, max_share: 0.5, falls_back_to: ask}
`), quotaPolicy(t, `
  window: 10
  min_count: 10
  cool_down: 1m
  actions:
    hold: {per_day: 1000, max_share: 0.5, falls_back_to: ask}
`)
	s := new(QuotaState)
	for n := range 60 {
		o := Outcome{}
		if n >= 54 {
			o.Action = Hold
		}
		wide.Admit(s, 1, o)
	}
	other := *s
	if o, _ := wide.Admit(&other, 1, Outcome{Action: Hold}); o.Action != Hold {
		t.Errorf("7 holds of 61: %s", o.Action)
	}
	if o, _ := narrow.Admit(s, 1, Outcome{Action: Hold}); o.Action != Ask {
		t.Errorf("7 holds of 10: %s", o.Action)
	}
}

func TestDamagedQuotaStatesAreRefused(t *testing.T) {
	good, err := new(QuotaState).MarshalBinary()
	if err != nil || len(good) != QuotaStateSize {
		t.Fatalf("%d bytes, %v; want %d", len(good), err, QuotaStateSize)
	}
	damage := func(at int, to byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = to
		return b
	}
	for name, src := range map[string][]byte{
		"empty": nil, "short": good[:len(good)-1], "long": append(good[:len(good):len(good)], 0),
		"version": damage(0, 9), "window": damage(1+8+8+8+3, 1), "start": damage(1+8+8+8+4+4, 7),
	} {
		s := QuotaState{now: 7}
		if err := s.UnmarshalBinary(src); err == nil {
			t.Errorf("%s: read", name)
		}
		if (s != QuotaState{now: 7}) {
			t.Errorf("%s: the state was changed", name)
		}
	}
}
