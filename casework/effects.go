package casework

import (
	"fmt"

	"rowan/casework/delivery"
)

// Acts reports whether an event of a kind may have effects.
func (k Kind) Acts() bool {
	switch k {
	case DecisionMade, DecisionAgreed, Undone, AppealDecided, NeedMet:
		return true
	}
	return false
}

// EffectsOf is what an event asks of the platform. past are the effects that
// the case had before, in order. A blind review has none.
func EffectsOf(after Case, e Event, past []delivery.Effect) []delivery.Effect {
	if after.Purpose != "" {
		return nil
	}
	w := effects{c: &after, e: &e}
	switch e.Kind {
	case DecisionMade, DecisionAgreed:
		w.replace(past, after.Judgement)
	case Undone:
		w.replace(past, nil)
	case AppealDecided:
		if e.Outcome == Reversed {
			w.replace(past, nil)
		}
		a := after.Appeals[len(after.Appeals)-1]
		w.add(delivery.Effect{Account: after.Actor, Kind: delivery.AppealOutcome, Reason: e.Outcome, Appeal: a.ID})
	case NeedMet:
		switch e.Need {
		case Notice:
			w.add(delivery.Effect{Account: e.Child, Kind: delivery.Inform, Reason: "contact_under_review"})
		case Support:
			w.add(delivery.Effect{Account: e.Child, Kind: delivery.Support})
		}
	}
	return w.out
}

// effects gathers those of one event.
type effects struct {
	c   *Case
	e   *Event
	out []delivery.Effect
}

func (w *effects) add(x delivery.Effect) {
	x.ID = fmt.Sprintf("e-%d-%d-%d-%s", w.c.ID, w.e.Number, len(w.out)+1, w.e.Mark)
	x.At, x.Case, x.Decision = w.e.At, int64(w.c.ID), w.c.Decision
	w.out = append(w.out, x)
}

// lasting are the measures whose effects stand until they are lifted.
var lasting = []struct {
	measure Measure
	kind    delivery.Kind
}{
	{RestrictContact, delivery.RestrictContact}, {Suspend, delivery.Suspend},
	{RequestAgeAssurance, delivery.RequestAgeAssurance}, {Monitor, delivery.Monitor},
}

// replace lifts what stands and is not decided again, and adds what is new.
func (w *effects) replace(past []delivery.Effect, j *Judgement) {
	standing := map[delivery.Kind]delivery.Effect{}
	for _, x := range past {
		if x.Kind == delivery.Lift {
			for kind, s := range standing {
				if s.ID == x.Reverses {
					delete(standing, kind)
				}
			}
			continue
		}
		standing[x.Kind] = x
	}
	for _, l := range lasting {
		was, stands := standing[l.kind]
		wanted := j.Has(l.measure)
		if stands && wanted && was.Until.Equal(j.Until) {
			continue
		}
		if stands {
			w.add(delivery.Effect{Account: w.c.Actor, Kind: delivery.Lift, Reverses: was.ID})
		}
		if wanted {
			w.add(delivery.Effect{Account: w.c.Actor, Kind: l.kind, Reason: string(j.Reason), Until: j.Until})
		}
	}
	if !j.Has(Inform) {
		return
	}
	for _, account := range w.c.informed(j) {
		w.add(delivery.Effect{Account: account, Kind: delivery.Inform, Reason: "contact_under_review"})
	}
}

// informed are the accounts of the children that a decision informs.
func (c *Case) informed(j *Judgement) []string {
	if len(j.Informed) > 0 {
		return j.Informed
	}
	all := make([]string, len(c.Children))
	for i, child := range c.Children {
		all[i] = child.Account
	}
	return all
}
