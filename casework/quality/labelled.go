package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"rowan/casework"
	"rowan/event"
	"rowan/guard/signal"
)

// Evidence is what is kept of cases.
type Evidence interface {
	// Moments are those of a pair, the newest limit of them, in order.
	Moments(ctx context.Context, actor, child string, limit int) ([]casework.Moment, error)
	// Texts is the text of messages of a case, as far as it is still kept, by
	// sequence number.
	Texts(ctx context.Context, id casework.ID, sequences []uint64) (map[uint64]string, error)
}

// labelled is a pair in the form that rowan train --cases reads (docs/train.md).
// It names no account: the actor is "a" and the child "b".
type labelled struct {
	Conversation string        `json:"conversation"`
	Label        string        `json:"label"`
	Participants []participant `json:"participants"`
	Turns        []turn        `json:"turns"`
	Signals      []found       `json:"signals,omitempty"`
}

type participant struct {
	ID  string `json:"id"`
	Age *int   `json:"age"`
}

type turn struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	Text string    `json:"text,omitempty"`
}

type found struct {
	Turn int      `json:"turn"`
	IDs  []string `json:"ids"`
}

// Label is what people found of a case in the end, after appeals: harm or
// benign; "" while it is open, and for blind reviews.
func Label(c *casework.Case) string {
	switch {
	case c.Purpose != "" || c.Judgement == nil || c.State != casework.Decided && c.State != casework.Closed:
		return ""
	case c.Judgement.Harmful():
		return "harm"
	}
	return "benign"
}

// mostMoments is how many moments of a pair are looked at, the newest.
const mostMoments = 10_000

// Labelled writes the pairs of decided cases, one JSON object a line, and
// returns how many. The text of a pair is written if all of it is still kept;
// else the signals that the guard found stand in its place.
func Labelled(ctx context.Context, out io.Writer, cases []casework.Case, e Evidence) (int, error) {
	n, enc := 0, json.NewEncoder(out)
	for i := range cases {
		c := &cases[i]
		label := Label(c)
		if label == "" {
			continue
		}
		for place, child := range c.Children {
			l := labelled{
				Conversation: fmt.Sprintf("case-%d-%d", c.ID, place+1), Label: label,
				Participants: []participant{{ID: "a"}, {ID: "b", Age: youngest(child.Band)}},
			}
			if err := l.fill(ctx, c, child.Account, e); err != nil {
				return n, fmt.Errorf("case %d: %w", c.ID, err)
			}
			if len(l.Turns) == 0 {
				continue
			}
			if err := enc.Encode(&l); err != nil {
				return n, fmt.Errorf("write pairs: %w", err)
			}
			n++
		}
	}
	return n, nil
}

// fill adds the turns of a pair.
func (l *labelled) fill(ctx context.Context, c *casework.Case, child string, e Evidence) error {
	moments, err := e.Moments(ctx, c.Actor, child, mostMoments)
	if err != nil {
		return err
	}
	moments = slices.DeleteFunc(moments, func(m casework.Moment) bool {
		return m.Actor == "" || m.Type != event.MessageSent && len(m.Signals) == 0
	})
	var written []uint64
	for _, m := range moments {
		if m.HasText {
			written = append(written, m.Sequence)
		}
	}
	texts := map[uint64]string{}
	if len(written) > 0 {
		if texts, err = e.Texts(ctx, c.ID, written); err != nil {
			return err
		}
	}
	whole := len(written) > 0 && !slices.ContainsFunc(written, func(s uint64) bool { _, kept := texts[s]; return !kept })
	for i, m := range moments {
		t := turn{At: m.At, From: "b"}
		if m.ByActor {
			t.From = "a"
		}
		if whole {
			t.Text = texts[m.Sequence]
		} else if len(m.Signals) > 0 {
			f := found{Turn: i}
			for _, s := range m.Signals[:min(len(m.Signals), signal.MaxHits)] {
				f.IDs = append(f.IDs, s.Code)
			}
			l.Signals = append(l.Signals, f)
		}
		l.Turns = append(l.Turns, t)
	}
	return nil
}

// youngest is the least age of a band, of under 13 the greatest; nil if nothing
// is known.
func youngest(band string) *int {
	for name, years := range map[string]int{"under_13": 12, "13-15": 13, "16-17": 16, "18+": 18} {
		if name == band {
			return &years
		}
	}
	return nil
}
