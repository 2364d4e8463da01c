package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
)

// caseView is what the case page shows.
type caseView struct {
	Case     casework.Case
	Next     casework.Next
	Mine     bool // the reader holds it
	Holder   string
	Warn     time.Time // when the claim is about to run out
	Lifter   string    // who asked to lift the legal hold
	Pairs    []pairView
	Timeline []entry
	Why      []engine.Reason // of the guard's latest alert, the heaviest first
	WhyNot   []string
	Rules    []engine.Fired
	Shadow   []engine.Fired
	Effects  []delivery.Effect
	Blind    bool // a blind review: earlier decisions are not shown
	Asked    bool // the reader gave a reason for reading text before
	Appeal   *casework.Appeal
	Second   bool // the reader may agree to what is proposed
	Others   []person
	Measures []casework.Measure
	Reasons  []casework.Reason
}

// person is a colleague in a list.
type person struct{ ID, Name string }

// pairView is the account's dealings with one child.
type pairView struct {
	Child  casework.Child
	Risk   []riskPoint
	Lines  []line
	Shown  []shownTo
	Before string // since when, if there was more than is shown
}

// riskPoint is the pair's risk after an event.
type riskPoint struct {
	At      time.Time
	Risk    float64 // log-odds
	Level   response.Level
	Signals []casework.Signal
}

// line is a message of the conversation; its text is asked for separately.
type line struct {
	Sequence uint64
	At       time.Time
	ByActor  bool
	Held     bool // its text is kept with the case
	Media    []string
	Signals  []casework.Signal
	Action   response.Action
	Decision string
	Text     string // after it was asked for
}

// shownTo is something that somebody was told.
type shownTo struct {
	At time.Time
	casework.Shown
}

// entry is one line of the timeline.
type entry struct {
	At    time.Time
	Kind  string // signal, contact, setting, decision, case
	Text  string
	Child string
	By    string
	Level response.Level
	Link  string
}

// momentsShown is how many of a pair's newest events the page shows.
const momentsShown = 200

// pair builds the view of one child's pair.
func (c *Console) pair(ctx context.Context, of *casework.Case, child casework.Child, held map[uint64]bool) (pairView, []entry, error) {
	v := pairView{Child: child}
	moments, err := c.desk.Store().Moments(ctx, of.Actor, child.Account, momentsShown)
	if err != nil {
		return v, nil, err
	}
	own, err := c.desk.Store().Moments(ctx, "", child.Account, momentsShown)
	if err != nil {
		return v, nil, err
	}
	var entries []entry
	for i := range moments {
		m := &moments[i]
		if i == 0 || m.Risk != moments[i-1].Risk || len(m.Signals) > 0 {
			v.Risk = append(v.Risk, riskPoint{m.At, float64(m.Risk) / 1000, m.Level, m.Signals})
		}
		if m.Type == event.MessageSent {
			v.Lines = append(v.Lines, line{
				Sequence: m.Sequence, At: m.At, ByActor: m.ByActor, Held: held[m.Sequence], Media: m.Media, Signals: m.Signals,
				Action: m.Action, Decision: engine.DecisionID(m.Sequence),
			})
		}
		for _, n := range m.Notices {
			v.Shown = append(v.Shown, shownTo{m.At, n})
		}
		entries = append(entries, momentEntries(m)...)
	}
	for i := range own {
		entries = append(entries, ownEntry(&own[i]))
	}
	if len(moments) == momentsShown {
		v.Before = fmt.Sprintf("the newest %d events are shown", momentsShown)
	}
	return v, entries, nil
}

// momentEntries are the lines that a moment has in the timeline: none for a
// plain message.
func momentEntries(m *casework.Moment) (out []entry) {
	link := "/decisions/" + engine.DecisionID(m.Sequence)
	who := "the young person"
	if m.ByActor {
		who = "the account"
	}
	if len(m.Signals) > 0 {
		titles := make([]string, len(m.Signals))
		for i, s := range m.Signals {
			titles[i] = s.Title
			if s.Learned {
				titles[i] += " (learned)"
			}
		}
		out = append(out, entry{At: m.At, Kind: "signal", Text: strings.Join(titles, "; "), Child: m.Child, By: who, Level: m.Level, Link: link})
	}
	if m.Type != event.MessageSent {
		text := eventWords[m.Type]
		if m.Gate != "" {
			text += ": the contact gate said " + m.Gate
		}
		out = append(out, entry{At: m.At, Kind: "contact", Text: text, Child: m.Child, By: who, Level: m.Level, Link: link})
	} else if m.Action > response.Inform {
		out = append(out, entry{At: m.At, Kind: "contact", Text: "a message: " + actionWords[m.Action], Child: m.Child, By: who, Level: m.Level, Link: link})
	}
	return out
}

// ownEntry is what a young person did with their own account.
func ownEntry(m *casework.Moment) entry {
	e := entry{At: m.At, Kind: "setting", Child: m.Child, By: "the young person", Link: "/decisions/" + engine.DecisionID(m.Sequence)}
	switch m.Type {
	case event.SupportShown:
		e.Text = "was shown information: " + words(m.Setting) + ", " + words(m.Value)
	default:
		e.Text = "setting " + words(m.Setting) + ": " + words(m.Value)
	}
	return e
}

// words turns an id into words.
func words(id string) string { return strings.ReplaceAll(id, "_", " ") }

var eventWords = map[event.Type]string{
	event.ConnectionRequested: "asked to connect", event.ConnectionAccepted: "accepted the connection", event.ConnectionDeclined: "declined the connection",
	event.ConnectionRemoved: "removed the connection", event.RelationshipVerified: "a tie was verified", event.ContactProposed: "came before each other",
	event.GroupInvited: "invited to a group", event.GroupJoined: "joined a group", event.CallStarted: "called", event.GiftSent: "sent a gift",
	event.AccountBlocked: "blocked", event.AccountReported: "reported",
}

var actionWords = map[response.Action]string{
	response.Ask: "the young person was asked first", response.Slow: "slowed down", response.Hold: "held back", response.Block: "not delivered",
}

// caseEntries are what people did in the case, in the timeline.
func caseEntries(events []casework.Event, name func(string) string) (out []entry) {
	for i := range events {
		e := &events[i]
		x := entry{At: e.At, Kind: "case", By: name(e.By)}
		switch e.Kind {
		case casework.Alerted:
			x.Text, x.Level, x.Child, x.By = "alert: "+e.Alert.Level.String(), e.Alert.Level, e.Alert.Child, "Rowan"
			x.Link = "/decisions/" + e.Alert.Decision
			x.Kind = "alert"
		case casework.DecisionMade, casework.DecisionAsked:
			x.Kind, x.Text = "decision", eventTitle(e.Kind)+": "+e.Judgement.Words()+" ("+strings.ToLower(e.Judgement.Reason.Title())+")"
		case casework.AppealDecided:
			x.Kind, x.Text = "decision", "appeal "+e.Outcome+": "+e.Reason
		case casework.NeedMet:
			x.Text, x.Child = "saw to the need of "+string(e.Need), e.Child
		case casework.TextRevealed:
			x.Text = fmt.Sprintf("read %d lines: %s", e.Count, e.Reason)
		case casework.HandedOver:
			x.Text = "handed over to " + name(e.To)
		case casework.NoteAdded:
			x.Text = "note: " + e.Reason
		case casework.ClaimExtended:
			continue
		default:
			x.Text = eventTitle(e.Kind)
			if e.Reason != "" {
				x.Text += ": " + e.Reason
			}
			if e.Report != "" {
				x.Text += " to " + strings.ToUpper(e.Report) + ", reference " + e.Reference
			}
		}
		out = append(out, x)
	}
	return out
}

func eventTitle(k casework.Kind) string {
	switch k {
	case casework.ClaimTaken:
		return "claimed"
	case casework.ClaimReleased:
		return "given back"
	case casework.ClaimExpired:
		return "the claim ran out"
	case casework.SkippedOver:
		return "passed on"
	case casework.DecisionMade:
		return "decided"
	case casework.DecisionAsked:
		return "proposed"
	case casework.DecisionAgreed:
		return "agreed to the proposal"
	case casework.DecisionDenied:
		return "declined the proposal"
	case casework.Undone:
		return "took the decision back"
	case casework.AppealMade:
		return "the account's owner appealed"
	case casework.HoldPlaced:
		return "placed a legal hold"
	case casework.HoldAsked:
		return "asked to lift the legal hold"
	case casework.HoldLifted:
		return "lifted the legal hold"
	case casework.ReportSent:
		return "reported"
	case casework.CaseClosed:
		return "closed"
	case casework.ReviewAsked:
		return "opened"
	}
	return words(string(k))
}

// view gathers the case page for a reader.
func (c *Console) view(ctx context.Context, id casework.ID, reader string) (*caseView, error) {
	store := c.desk.Store()
	k, err := store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	now := c.desk.Now()
	v := &caseView{
		Case: k, Next: k.Recommend(), Mine: k.ClaimedBy(reader, now), Blind: k.Purpose != "", Appeal: k.Pending(),
		Measures: casework.Measures(), Reasons: append([]casework.Reason{casework.Grooming}, casework.NoActionReasons()...),
	}
	v.Second = k.State == casework.Proposed && k.Proposal.By != reader
	if k.Claim != nil && now.Before(k.Claim.Until) {
		v.Holder, v.Warn = c.name(ctx, k.Claim.By), k.Claim.Until.Add(-casework.WarnBefore)
	}
	if k.Lifting != nil {
		v.Lifter = c.name(ctx, k.Lifting.By)
	}
	held, err := c.desk.Held(ctx, &k)
	if err != nil {
		return nil, err
	}
	children := slices.Clone(k.Children)
	slices.SortStableFunc(children, func(a, b casework.Child) int { return cmp.Compare(b.Level, a.Level) })
	for _, child := range children {
		pair, entries, err := c.pair(ctx, &k, child, held)
		if err != nil {
			return nil, err
		}
		v.Pairs = append(v.Pairs, pair)
		v.Timeline = append(v.Timeline, entries...)
	}
	events, err := store.Events(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range events {
		v.Asked = v.Asked || events[i].Kind == casework.TextRevealed && events[i].By == reader
	}
	v.Timeline = append(v.Timeline, caseEntries(events, func(id string) string { return c.name(ctx, id) })...)
	slices.SortStableFunc(v.Timeline, func(a, b entry) int { return b.At.Compare(a.At) })
	if v.Effects, err = store.CaseEffects(ctx, id); err != nil {
		return nil, err
	}
	if err := c.explain(ctx, v); err != nil {
		return nil, err
	}
	return v, nil
}

// explain adds why the guard raised its latest alert, and why not more.
func (c *Console) explain(ctx context.Context, v *caseView) error {
	x, err := c.guard.Explain(ctx, v.Case.Decision)
	if errors.Is(err, engine.ErrUnknownDecision) {
		return nil // the journal does not reach back so far
	}
	if err != nil {
		return fmt.Errorf("explain %s: %w", v.Case.Decision, err)
	}
	v.Why = slices.DeleteFunc(slices.Clone(x.Contributions), func(r engine.Reason) bool { return r.Weight == 0 })
	slices.SortStableFunc(v.Why, func(a, b engine.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	v.WhyNot, v.Rules, v.Shadow = x.WhyNot, x.Rules, x.Shadow
	return nil
}
