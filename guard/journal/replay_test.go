package journal_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/signal"
)

func TestReplayEqualsLive(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := newSite(t).tight()
		s.options.Shards = 1 + r.IntN(4)
		s.open()
		events := traffic(seed, "t", 300)
		var live []string
		for _, some := range chunks(r, events) {
			live = append(live, s.decide(some...)...)
			if r.IntN(6) == 0 {
				was := s.fingerprint()
				s.options.Shards = 1 + r.IntN(4)
				if s.reopen(); s.fingerprint() != was {
					t.Fatalf("seed %d: another state after a restart", seed)
				}
			}
		}
		was := s.fingerprint()
		found, err := journal.Replay(ctx, s.store, s.vault, journal.ReplayOptions{Shards: 3}, func(c *journal.Change) error {
			t.Errorf("seed %d: decision %s of %s changed from %+v to %+v", seed, c.Decision, c.Type, c.Was, c.Now)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found.Same != uint64(len(events)) || found.Events != found.Same || found.Compared != found.Same || found.Changed+found.Nuanced != 0 {
			t.Errorf("seed %d: replay of %d events found %+v", seed, len(events), found)
		}
		// And each decision can be read back by its id.
		for i, line := range live {
			x, err := s.Explain(ctx, engine.DecisionID(uint64(i+1)))
			if err != nil {
				t.Fatal(err)
			}
			if x.Decision.Event == "" { // two adults: the id was not kept
				x.Decision.Event = events[i].ID
			}
			if got := string(x.Decision.AppendJSON(nil)); got != line {
				t.Fatalf("seed %d, event %d, explained as\n%s\nwas\n%s", seed, i, got, line)
			}
		}
		// From the journal alone: the same state, and duplicates are known.
		s.withoutCheckpoints().open()
		if s.Recovery().Checkpoint != 0 || s.Recovery().Replayed != len(events) {
			t.Errorf("seed %d: without a checkpoint the start did %+v", seed, s.Recovery())
		}
		if s.fingerprint() != was {
			t.Errorf("seed %d: the journal alone gives another state", seed)
		}
		if again := s.decide(events...); !slices.Equal(again, live) {
			t.Errorf("seed %d: the same events were decided anew", seed)
		}
		if s.fingerprint() != was || s.last() != uint64(len(events)) {
			t.Errorf("seed %d: duplicates changed something", seed)
		}
		s.close()
	}
}

func TestAnotherLexiconTakesNothingOver(t *testing.T) {
	for _, checkpoint := range []bool{true, false} {
		s := newSite(t).open()
		introduce(s)
		unread := message("m0", "which app do")
		unread.To = []string{"somebody"}
		s.decide(message("m1", "which app do"), unread)
		if !checkpoint {
			s.withoutCheckpoints()
		}
		s.close()
		// The phrases change places, so that the states have other numbers.
		parts := strings.SplitAfter(string(enginetest.Lexicon()), "\nsignals:\n")
		list := strings.Split(strings.TrimRight(parts[1], "\n"), "\n")
		slices.Reverse(list)
		other := parts[0] + strings.Join(list, "\n") + "\n"
		s.sources.Lexicons = []signal.File{{Name: "test.yaml", Source: []byte(other)}}
		s.open()
		got := s.decide(message("m2", "you use instead"))[0]
		if strings.Contains(got, "C01") {
			t.Errorf("checkpoint %v: half a line read by the old lexicon was joined by the new: %s", checkpoint, got)
		}
		was := s.fingerprint()
		found, err := journal.Replay(context.Background(), s.store, s.vault, journal.ReplayOptions{}, nil)
		if err != nil || found.Same != 5 {
			t.Errorf("checkpoint %v: replay %+v, %v", checkpoint, found, err)
		}
		if s.withoutCheckpoints().open(); s.fingerprint() != was {
			t.Errorf("checkpoint %v: the journal alone gives another state", checkpoint)
		}
	}
}

func TestReplayWithAnotherPolicyListsWhatWouldChange(t *testing.T) {
	ctx := context.Background()
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", enginetest.Plain), message("m2", enginetest.TellSchool))
	if err := s.sources.Complete(); err != nil {
		t.Fatal(err)
	}
	// Holds become asks.
	other := s.sources
	other.Policy.Source = []byte(strings.ReplaceAll(string(other.Policy.Source), "action: hold", "action: ask"))
	config, err := engine.LoadConfig(other)
	if err != nil {
		t.Fatal(err)
	}
	var changes []journal.Change
	options := journal.ReplayOptions{Config: config}
	var progress uint64
	options.Progress = func(done, all uint64) {
		if progress = done; all != 4 {
			t.Errorf("%d of %d", done, all)
		}
	}
	found, err := journal.Replay(ctx, s.store, s.vault, options, func(c *journal.Change) error { changes = append(changes, *c); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if found.Changed != 1 || found.Actions["hold to ask"] != 1 || found.Events != 4 || progress != 4 || len(changes) != 1 {
		t.Fatalf("%+v, %d changes", found, len(changes))
	}
	if c := changes[0]; c.Decision != engine.DecisionID(4) || c.Was.Action != "hold" || c.Now.Action != "ask" || c.Type != "rowan.message.sent" {
		t.Errorf("%+v", c)
	}
	options.Since = enginetest.Start + 1
	if found, err = journal.Replay(ctx, s.store, s.vault, options, nil); err != nil || found.Compared != 0 || found.Events != 4 {
		t.Errorf("since later: %+v, %v", found, err)
	}
	stop := errors.New("stop")
	options.Since = 0
	if _, err = journal.Replay(ctx, s.store, s.vault, options, func(*journal.Change) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = journal.Replay(gone, s.store, s.vault, options, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	empty, err := sqlite.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if _, err = journal.Replay(ctx, empty, s.vault, options, nil); err == nil || !strings.Contains(err.Error(), "the journal is empty") {
		t.Errorf("an empty journal: %v", err)
	}
}

func TestReplayWithAnotherLexicon(t *testing.T) {
	ctx := context.Background()
	s := newSite(t).open()
	introduce(s)
	s.decide(message("m1", "the lighthouse is green today"))
	lexicon := string(enginetest.Lexicon()) + "  - {signal: F01, phrases: [the lighthouse is green]}\n"
	other := s.sources
	other.Lexicons = []signal.File{{Name: "test.yaml", Source: []byte(lexicon)}}
	config, err := engine.LoadConfig(other)
	if err != nil {
		t.Fatal(err)
	}
	replay := func(read bool) *journal.Replayed {
		t.Helper()
		found, err := journal.Replay(ctx, s.store, s.vault, journal.ReplayOptions{Config: config, Read: read}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := replay(true); found.Reread != 1 || found.Changed != 1 || found.Levels["none to elevated"]+found.Levels["none to high"]+found.Levels["none to critical"] != 1 {
		t.Errorf("text held: %+v", found)
	}
	if found := replay(false); found.Reread != 0 || found.Changed != 0 {
		t.Errorf("text not asked for: %+v", found)
	}
	s.now = s.now.AddDate(0, 0, 31)
	if err := s.SweepText(ctx, &journal.Sweep{}, 100); err != nil {
		t.Fatal(err)
	}
	if found := replay(true); found.Reread != 0 || found.Changed != 0 {
		t.Errorf("text gone: %+v", found)
	}
}
