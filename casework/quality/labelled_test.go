package quality_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/quality"
	"rowan/event"
	"rowan/lab/scan"
)

// kept is evidence of two messages and a request; its text may be gone.
type kept struct{ texts map[uint64]string }

func (k kept) Moments(_ context.Context, actor, child string, _ int) ([]casework.Moment, error) {
	if child == "u-nobody" {
		return nil, nil
	}
	at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	m := casework.Moment{At: at, Actor: actor, Child: child, Type: event.ConnectionRequested, ByActor: true}
	first, second := m, m
	first.Sequence, first.Type, first.HasText, first.Signals = 2, event.MessageSent, true, []casework.Signal{{Code: "A04"}, {Code: "C04"}}
	second.Sequence, second.Type, second.HasText, second.ByActor = 3, event.MessageSent, true, false
	return []casework.Moment{m, first, second}, nil
}

func (k kept) Texts(context.Context, casework.ID, []uint64) (map[uint64]string, error) {
	return k.texts, nil
}

func TestOutcomesBecomeLabelledPairs(t *testing.T) {
	grooming, peers := &casework.Judgement{Reason: casework.Grooming}, &casework.Judgement{Reason: casework.Peers}
	one := func(id casework.ID, state casework.State, j *casework.Judgement) casework.Case {
		return casework.Case{ID: id, Actor: "u-40", State: state, Judgement: j, Children: []casework.Child{{Account: "u-17", Band: "13-15"}, {Account: "u-nobody"}}}
	}
	reversed := one(3, casework.Decided, &casework.Judgement{Measures: []casework.Measure{casework.NoAction}, Reason: casework.Mistaken}) // on appeal
	blind := one(4, casework.Closed, grooming)
	blind.Purpose = casework.Golden
	cases := []casework.Case{
		one(1, casework.Decided, grooming), one(2, casework.Closed, peers), reversed, blind,
		one(5, casework.Appealed, grooming), one(6, casework.Open, grooming), one(7, casework.Decided, nil),
	}
	for name, texts := range map[string]map[uint64]string{
		"text is kept": {2: "let us keep this between us", 3: "did you finish the homework?"}, "some text is gone": {3: "did you finish the homework?"}, "all is gone": nil,
	} {
		var out bytes.Buffer
		n, err := quality.Labelled(t.Context(), &out, cases, kept{texts})
		if err != nil || n != 3 {
			t.Fatalf("%s: %d pairs, %v", name, n, err)
		}
		if strings.Contains(out.String(), "u-") {
			t.Errorf("%s: it names an account: %s", name, out.String())
		}
		labels, whole := []string{}, len(texts) == 2
		for p, err := range scan.Transcripts("pairs", &out) {
			if err != nil {
				t.Fatal(err)
			}
			labels = append(labels, p.Conversation+" "+p.Label)
			if len(p.Turns) != 2 || p.Turns[0].From != "a" || p.Turns[1].From != "b" || p.Participants[0].Age != nil || *p.Participants[1].Age != 13 {
				t.Errorf("%s: %+v", name, p)
			}
			if whole != (p.Turns[0].Text != "") || whole != (p.Turns[1].Text != "") || whole != (len(p.Signals) == 0) {
				t.Errorf("%s: text or signals, not both: %+v", name, p)
			}
			if !whole && (p.Signals[0].Turn != 0 || strings.Join(p.Signals[0].IDs, " ") != "A04 C04") {
				t.Errorf("%s: %+v", name, p.Signals)
			}
		}
		if got := strings.Join(labels, ", "); got != "case-1-1 harm, case-2-1 benign, case-3-1 benign" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
