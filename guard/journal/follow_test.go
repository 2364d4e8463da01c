package journal_test

import (
	"context"
	"fmt"
	"testing"

	"rowan/event"
	"rowan/guard/journal"
)

func TestFollowingTellsEveryEventOnceInOrderAndItsText(t *testing.T) {
	s := newSite(t).open()
	introduce(s)
	var said []string
	for i := range 40 {
		text := fmt.Sprintf("see you at chess club, number %d", i)
		said = append(said, text)
		s.decide(message(fmt.Sprint("m-", i), text))
	}
	archive := journal.NewArchive(s.store)
	var messages []uint64
	var last, after uint64
	for {
		upTo, err := archive.Follow(context.Background(), after, 7, func(told *journal.Told) error {
			if told.Outcome.Sequence <= last {
				t.Errorf("event %d was told after %d", told.Outcome.Sequence, last)
			}
			last = told.Outcome.Sequence
			if told.Event.Type == event.MessageSent {
				messages = append(messages, last)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if upTo == after {
			break
		}
		after = upTo
	}
	if len(messages) != len(said) {
		t.Fatalf("%d messages were told of %d", len(messages), len(said))
	}
	texts, err := archive.Texts(context.Background(), s.vault, messages)
	if err != nil {
		t.Fatal(err)
	}
	for i, sequence := range messages {
		if texts[sequence] != said[i] {
			t.Errorf("message %d has the text %q, want %q", i, texts[sequence], said[i])
		}
	}
}
