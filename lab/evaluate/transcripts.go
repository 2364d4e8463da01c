package evaluate

import (
	"iter"
	"slices"
	"time"

	"rowan/guard/engine"
	"rowan/lab/evaluate/corpus"
	"rowan/lab/evaluate/disguise"
	"rowan/lab/scan"
)

// conversations reads conversations under a condition and returns an item of
// each. Where the corpus says nothing of ages, assume says how they are taken.
func conversations(config *engine.Config, all []*corpus.Conversation, condition Condition, assume scan.Assume) []*Item {
	r := scan.NewReader(config)
	r.Trace, r.Textless = true, condition == ConductOnly
	out := make([]*Item, len(all))
	for i, c := range all {
		out[i] = conversation(r, c, condition, assume)
	}
	return out
}

// stream is conversations one after the other, of which none is kept.
func stream(config *engine.Config, all iter.Seq2[*corpus.Conversation, error], assume scan.Assume, each func(*corpus.Conversation, *scan.Finding, *Item)) error {
	r := scan.NewReader(config)
	r.Trace = true
	for c, err := range all {
		if err != nil {
			return err
		}
		t := c.Transcript
		f := r.Read(&t, assume)
		item := itemOf(c, f)
		item.Scores = slices.Clone(item.Scores)
		each(c, f, item)
	}
	return nil
}

func conversation(r *scan.Reader, c *corpus.Conversation, condition Condition, assume scan.Assume) *Item {
	t := c.Transcript
	switch condition {
	case NoAges:
		t.Participants = slices.Clone(t.Participants)
		for i := range t.Participants {
			t.Participants[i].Age = nil
		}
	case NoGraph:
		t.Connected = false
	}
	return itemOf(c, r.Read(&t, assume))
}

func itemOf(c *corpus.Conversation, f *scan.Finding) *Item {
	item := newItem(c.Conversation)
	item.Positive, item.Family, item.Turns, item.Harm, item.Risk = c.Positive, c.Family, len(c.Turns), c.Harm, c.Risk
	item.Actor = c.Participants[0].ID
	if c.IDs != "global" {
		item.Actor = c.Conversation
	}
	var youngest *int
	for _, p := range c.Participants {
		if p.Age != nil && (youngest == nil || *p.Age < *youngest) {
			youngest = p.Age
		}
	}
	item.Band = Band(youngest)
	start := c.Turns[0].At
	for _, p := range f.Points() {
		at := c.Turns[p.Turn].At
		item.trace(p.Turn+1, p.Level, p.Risk.Float(), at.Sub(start), int(at.Sub(start)/(24*time.Hour)))
	}
	return item
}

// disguised is the conversation with the messages of the one who began it
// disguised. A turn in several pieces becomes several turns; harm is taken to
// be done with the first.
func disguised(c *corpus.Conversation, class disguise.Class, seed uint64) *corpus.Conversation {
	out := *c
	out.Turns, out.Lines = nil, nil
	out.Harm, out.Risk = 0, 0
	actor := c.Participants[0].ID
	for i, turn := range c.Turns {
		pieces := []string{turn.Text}
		if turn.From == actor {
			pieces = class.Apply(seed+uint64(i), turn.Text)
		}
		if i+1 == c.Harm {
			out.Harm = len(out.Turns) + 1
		}
		if i+1 == c.Risk {
			out.Risk = len(out.Turns) + 1
		}
		for n, text := range pieces {
			t := turn
			t.Text, t.At = text, turn.At.Add(time.Duration(n)*time.Second)
			out.Turns = append(out.Turns, t)
		}
	}
	return &out
}
