// Package dossier gathers the facts of a case for reports: what Rowan knows,
// what the platform says of itself in every report, and what it adds for one
// case from its own records.
package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/event"
	"rowan/guard/engine"
)

// Material is what Rowan holds of a case.
type Material struct {
	Case    casework.Case
	Events  []casework.Event
	Moments []casework.Moment // of the pairs with the children concerned
	// Held are the sequence numbers of messages whose text is held, with the text
	// where it was read.
	Held map[uint64]string
	AsOf time.Time
}

// Of are the facts of a case. more may be nil. The children in them are those
// who need a report, or all who are concerned if none does.
func Of(m *Material, standing *Standing, more *More) (*report.Facts, error) {
	c := &m.Case
	f := &report.Facts{
		Case: int64(c.ID), Platform: standing.Platform, NotHeld: map[report.Field]string{}, AsOf: m.AsOf,
		Actor: report.Account{ID: c.Actor},
		Incident: report.Incident{Detected: report.Detection{
			Source: report.ByMachine, Method: method(c.Rules), Signals: slices.Clone(c.Signals), At: c.Opened,
		}},
	}
	for field, why := range standing.NotHeld {
		f.NotHeld[field] = why
	}
	for _, child := range reportedChildren(c) {
		f.Children = append(f.Children, report.Account{ID: child.Account, Band: child.Band})
	}
	chat(f, m)
	history(f, m)
	if more != nil {
		if err := more.into(f); err != nil {
			return nil, fmt.Errorf("case %d: %w", c.ID, err)
		}
	}
	return f, nil
}

func method(rules []string) string {
	if len(rules) == 0 {
		return "Rowan"
	}
	return "Rowan, rules " + strings.Join(rules, ", ")
}

func reportedChildren(c *casework.Case) []casework.Child {
	var need []casework.Child
	for _, child := range c.Children {
		if slices.Contains(child.Needs, casework.Report) {
			need = append(need, child)
		}
	}
	if len(need) == 0 {
		return c.Children
	}
	return need
}

// chat is what was written and sent.
func chat(f *report.Facts, m *Material) {
	concerned := map[string]bool{}
	for i := range f.Children {
		concerned[f.Children[i].ID] = true
	}
	moments := slices.Clone(m.Moments)
	slices.SortStableFunc(moments, func(a, b casework.Moment) int { return a.At.Compare(b.At) })
	for i := range moments {
		x := &moments[i]
		if !concerned[x.Child] || x.Actor != f.Actor.ID {
			continue
		}
		if f.Incident.From.IsZero() {
			f.Incident.From = x.At
		}
		f.Incident.To = x.At
		if x.Conversation != "" && !slices.Contains(f.Conversations, x.Conversation) {
			f.Conversations = append(f.Conversations, x.Conversation)
		}
		if x.Type != event.MessageSent {
			continue
		}
		l := report.Line{ID: lineID(x.Sequence), At: x.At, From: x.Child, To: x.Actor, Conversation: x.Conversation}
		if x.ByActor {
			l.From, l.To = x.Actor, x.Child
		}
		if x.Channel != event.ChannelUnknown {
			l.Kind = x.Channel.String()
		}
		l.Text, l.Held = m.Held[x.Sequence], has(m.Held, x.Sequence)
		for k, kind := range x.Media {
			id := fmt.Sprintf("%s/%d", l.ID, k+1)
			l.Media = append(l.Media, id)
			f.Media = append(f.Media, report.Media{ID: id, Kind: kind, Line: l.ID, Uploaded: x.At})
		}
		f.Lines = append(f.Lines, l)
	}
}

// lineID names a message by the decision about it, which the platform was
// given when it sent the message.
func lineID(sequence uint64) string { return engine.DecisionID(sequence) }

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

// history is what people looked at, decided and reported.
func history(f *report.Facts, m *Material) {
	c := &m.Case
	for i := range m.Events {
		switch e := &m.Events[i]; e.Kind {
		case casework.TextRevealed:
			for _, sequence := range e.Lines {
				f.Views = append(f.Views, report.View{By: e.By, At: e.At, What: lineID(sequence), Why: e.Reason})
			}
		case casework.ReportSent:
			later := slices.ContainsFunc(f.Lines, func(l report.Line) bool { return l.At.After(e.At) })
			f.Earlier = append(f.Earlier, report.Earlier{To: e.Report, Reference: e.Reference, At: e.At, Same: !later})
		}
	}
	j := c.Judgement
	if j == nil || c.State == casework.Open || c.State == casework.Claimed || c.State == casework.Proposed {
		return // what people are looking at again is not decided
	}
	d := report.Decision{Reason: string(j.Reason), At: inForce(m.Events, j), Until: j.Until, By: j.By, Second: j.Second}
	for _, measure := range j.Measures {
		d.Measures = append(d.Measures, string(measure))
	}
	f.Decisions = []report.Decision{d}
	if j.Has(casework.Suspend) {
		f.Actor.Disabled = &report.Disabled{At: d.At, For: j.Until}
	}
}

// inForce is when a decision came into force: when the second person agreed.
func inForce(events []casework.Event, j *casework.Judgement) time.Time {
	for i := range events {
		if events[i].Number == j.Number {
			return events[i].At
		}
	}
	return j.At
}

// SignOffs are the words of the two people who decided that the case is
// reported, none if nobody did.
func SignOffs(f *report.Facts) []report.SignOff {
	for i := len(f.Decisions) - 1; i >= 0; i-- {
		if d := &f.Decisions[i]; slices.Contains(d.Measures, string(casework.ReportToAuthority)) && d.Second != "" {
			return []report.SignOff{{By: d.By, At: d.At}, {By: d.Second, At: d.At}}
		}
	}
	return nil
}
