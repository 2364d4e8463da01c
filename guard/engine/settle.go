package engine

import (
	"cmp"
	"slices"

	"rowan/age"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// settle makes one answer of the pairs that each event touched: the strongest
// action, held to the quotas, and the reasons of the pair that stands worst.
func (e *Engine) settle(b *Batch) {
	b.Outcomes = slices.Grow(b.Outcomes[:0], len(b.Inputs))[:len(b.Inputs)]
	for i := range b.Inputs {
		o := &b.Outcomes[i]
		o.Reset()
		in := &b.Inputs[i]
		o.Sequence = in.Sequence
		o.Who, o.Minor = Nobody, Nobody
		o.Pair = milli(e.config.Model.Prior.UnknownUnknown)
		o.Actor = o.Pair
		s := b.spans[i]
		works := b.works[s.from:s.to]
		if len(works) == 0 {
			continue
		}
		worst := 0
		live := works[0].verdict.Live
		for j := range works {
			w := &works[j]
			if j > 0 {
				live = join(live, w.verdict.Live)
			}
			if worse(w, &works[worst]) {
				worst = j
			}
			o.Shadow |= uint64(w.verdict.Shadow.Rules())
			o.Would = max(o.Would, w.verdict.Shadow.Action())
		}
		admitted, limited := e.config.Policy.Admit(&e.quotas, in.Event.Time, live)
		e.report(b, o, &works[worst], admitted)
		if limited {
			o.Basis |= Limited
		}
		for j := range works {
			e.guard(o, &works[j])
		}
		o.Pairs = uint8(min(len(works), 255))
		e.notify(b, o, works, admitted)
	}
	e.told(b)
}

// join is both outcomes at once.
func join(a, b response.Outcome) response.Outcome {
	switch {
	case b.Action > a.Action:
		a.Gate = b.Gate
	case b.Action == a.Action:
		a.Gate = a.Gate || b.Gate // a block that somebody set is never lost
	}
	a.Action = max(a.Action, b.Action)
	a.Account |= b.Account
	a.Rules |= b.Rules
	a.Notices |= b.Notices
	a.OpenCase = a.OpenCase || b.OpenCase
	return a
}

// worse orders the pairs of one event. At the same standing the one that the
// sender acts in goes first.
func worse(a, b *work) bool {
	return cmp.Or(
		cmp.Compare(a.level, b.level),
		cmp.Compare(a.verdict.Live.Action, b.verdict.Live.Action),
		cmp.Compare(a.sum, b.sum),
	) > 0
}

func (e *Engine) report(b *Batch, o *Outcome, w *work, live response.Outcome) {
	o.Action, o.Account, o.OpenCase, o.Rules = live.Action, live.Account, live.OpenCase, uint64(live.Rules)
	o.Level, o.Before = w.level, w.before
	o.Pair, o.Actor = milli(w.sum), milli(w.actorRisk)
	o.Stages, o.Signals = w.tally.Bits, uint8(w.tally.Signals)
	o.Who, o.Minor = w.who, w.whom
	if w.who == Room || w.whom == Room {
		o.Speaker = b.speaker(w.speaker)
	}
	_, gap := account.Gap(&w.actorFacts, &w.minorFacts)
	for _, fact := range [...]struct {
		holds bool
		basis Basis
	}{
		{true, Eligible},
		{w.fromActor, FromActor},
		{gap, GapKnown},
		{w.actorFacts.Kind() == account.Minor, ActorMinor},
		{w.minorFacts.Kind() == account.Minor || w.conduct.Has(conduct.MinorStated), MinorSure},
		{w.conduct.Related(), Related},
		{w.peers, IsPeers},
		{w.among, AmongMinors},
		{w.conduct.Has(conduct.Connected), IsConnected},
		{w.tally.Severe, Severe},
		{!w.conduct.Has(conduct.TextSeen), TextFree},
		{w.contact, FirstTime},
		{w.held, HeldBack},
	} {
		if fact.holds {
			o.Basis |= fact.basis
		}
	}
	e.parts(o, w)
}

// parts lists every contribution to the pair's sum, in a fixed order: signals
// by weight, then conduct, ties and the sums.
func (e *Engine) parts(o *Outcome, w *work) {
	o.Parts = append(o.Parts, w.parts[:w.slots]...)
	slices.SortStableFunc(o.Parts, func(a, b Contribution) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Code, b.Code))
	})
	behaviour := 0.0
	for n := 1; n <= conduct.Count; n++ {
		if score := e.config.Features.Feature(n).Score(w.values[n]); score > 0 {
			behaviour += score
			o.add(conductCode+Code(n), score)
		}
	}
	protect := w.tally.Protect + e.ties(w, &w.conduct, func(id signal.ID, weight float64) { o.add(Code(id), weight) })
	o.add(priorCode, w.prior)
	o.add(stagesCode, w.tally.Coverage)
	o.add(speedCode, w.tally.Speed)
	o.add(actorCode, w.boost)
	o.add(capCode, w.protect-protect+w.behaviour-behaviour)
	o.add(slopeCode, (e.config.slope-1)*(w.tally.Sum+w.tally.Speed+w.protect+w.behaviour))
}

func (o *Outcome) add(code Code, weight float64) {
	if m := milli(weight); m != 0 {
		o.Parts = append(o.Parts, Contribution{Code: code, Weight: m})
	}
}

// reader is the band of a young party of the pair, whose words a notice takes.
func (w *work) reader(p Party) age.Band {
	f := &w.minorFacts
	if p == w.who {
		f = &w.actorFacts
	}
	if b := f.Band(); b != age.Adult {
		return b.Profile()
	}
	return age.Unknown
}

// notify addresses the notices that were admitted: each goes to the parties of
// the pairs whose rules asked for it.
func (e *Engine) notify(b *Batch, o *Outcome, works []work, live response.Outcome) {
	if live.Notices == 0 {
		return
	}
	for j := range works {
		w := &works[j]
		for index := range (live.Notices & w.verdict.Live.Notices).All() {
			to := w.whom
			switch e.config.Policy.NoticeFor(index) {
			case response.ToActor:
				to = w.who
			case response.ToSender:
				to = Sender
			case response.ToRecipient:
				if to = w.whom; to == Sender {
					to = w.who
				}
			}
			n := Notice{Index: uint8(index), Band: w.reader(to), To: to}
			if to == Room {
				// One speaker's id is kept: that of the pair that decided.
				if id := b.speaker(w.speaker); id == "" || o.Speaker != "" && o.Speaker != id {
					continue
				} else {
					o.Speaker = id
				}
			}
			if !slices.Contains(o.Notices, n) {
				o.Notices = append(o.Notices, n)
			}
		}
	}
}
