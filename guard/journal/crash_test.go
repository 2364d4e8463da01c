package journal_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/ledger"
)

// The child process of the crash test is this test binary again, told by these
// what to do.
const (
	childDir   = "ROWAN_CRASH_DIR"
	childRound = "ROWAN_CRASH_ROUND"
	crashes    = "ROWAN_CRASHES" // how many kills, in place of usualKills
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := decideUntilKilled(dir, os.Getenv(childRound)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashOptions make runs and checkpoints come often, so that kills hit them.
func crashOptions() journal.Options {
	return journal.Options{Batch: 48, RunSize: 150, Runs: 100_000, CheckpointEvery: 200, TextMessages: 5}
}

// perRound is how many events a child decides if nobody kills it.
const perRound = 4000

// roundTraffic is what the child of a round sends: the parent knows it too.
func roundTraffic(round string) []*event.Event {
	n, _ := strconv.Atoi(round)
	return enginetest.Traffic(rand.New(rand.NewPCG(uint64(n), 11)).IntN, "round"+round, perRound)
}

// callers is how many goroutines send at once.
const callers = 3

// decideUntilKilled opens the journal, sends random traffic from several
// callers at once, some of it twice, and writes a line for each decision that
// it was given.
func decideUntilKilled(dir, round string) error {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return err
	}
	checkpoints, err := sqlite.OpenCheckpoints(ctx, dir)
	if err != nil {
		return err
	}
	vault, err := journal.OpenVault(dir, time.UnixMilli(enginetest.Start))
	if err != nil {
		return err
	}
	j, err := journal.Open(ctx, store, checkpoints, vault, enginetest.Sources(), crashOptions())
	if err != nil {
		return err
	}
	events := roundTraffic(round)
	fmt.Println("ready")
	failed := make(chan error)
	for c := range callers {
		go func() {
			r := rand.New(rand.NewPCG(uint64(c), 5))
			part := events[len(events)*c/callers : len(events)*(c+1)/callers]
			for len(part) > 0 {
				n := min(len(part), 1+r.IntN(60))
				decisions, err := j.Decide(ctx, part[:n])
				if err != nil {
					failed <- err
					return
				}
				// One write for each answer: its lines are whole or, if the
				// process is killed, cut at one place.
				var out strings.Builder
				for i := range decisions {
					fmt.Fprintf(&out, "%s %s\n", part[i].ID, decisions[i].AppendJSON(nil))
				}
				os.Stdout.WriteString(out.String())
				if r.IntN(4) > 0 { // else the same again
					part = part[n:]
				}
			}
			failed <- nil
		}()
	}
	for range callers {
		if err := <-failed; err != nil {
			return err
		}
	}
	return j.Close()
}

// Killed at any moment under load, the journal holds every decision that was
// acknowledged and has applied nothing twice.
func TestNothingAcknowledgedIsLostByACrash(t *testing.T) {
	kills := usualKills
	if n, err := strconv.Atoi(os.Getenv(crashes)); err == nil {
		kills = n
	} else if testing.Short() {
		kills = 5
	}
	r := rand.New(rand.NewPCG(uint64(kills), 3))
	dir := t.TempDir()
	acknowledged := map[string]string{}
	for round := range kills {
		lines := runAndKill(t, dir, round, r)
		for _, line := range lines {
			id, decision, _ := strings.Cut(line, " ")
			if was, ok := acknowledged[id]; ok && was != decision {
				t.Fatalf("round %d: two answers for %s:\n%s\n%s", round, id, was, decision)
			}
			acknowledged[id] = decision
		}
		// Every round looks at what it acknowledged; every tenth at it all.
		all := round%10 == 9 || round == kills-1
		checkRecovered(t, dir, round, acknowledged, all)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d acknowledged decisions", kills, len(acknowledged))
	if len(acknowledged) < 10*kills {
		t.Errorf("only %d decisions were acknowledged in %d rounds: the test shows little", len(acknowledged), kills)
	}
}

// runAndKill lets a child work until it has written some random number of
// lines, kills it and returns every whole line.
func runAndKill(t *testing.T, dir string, round int, r *rand.Rand) (lines []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir, childRound+"="+strconv.Itoa(round))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	// Sometimes at once, sometimes during the first commits, sometimes late.
	until := []int{0, 1, r.IntN(100), r.IntN(1000), r.IntN(2500)}[r.IntN(5)]
	read := bufio.NewReader(out)
	killed, ready := false, false
	for {
		line, err := read.ReadString('\n')
		if err != nil {
			break // what is not ended by a line break was not acknowledged
		}
		if line = strings.TrimSuffix(line, "\n"); line == "ready" {
			ready = true
		} else {
			lines = append(lines, line)
		}
		if !killed && ready && len(lines) >= until {
			killed = true
			// A little further into whatever is under way just now.
			for range r.IntN(200_000) {
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = child.Wait()
	if !killed {
		t.Fatalf("round %d: the child ended by itself: %v", round, err)
	}
	return lines
}

func checkRecovered(t *testing.T, dir string, round int, acknowledged map[string]string, all bool) {
	t.Helper()
	s := &site{t: t, dir: dir, options: crashOptions(), sources: enginetest.Sources(), now: time.UnixMilli(enginetest.Start)}
	s.open()
	defer s.close()
	was, last := s.fingerprint(), s.last()

	// Every decision has its place in the ledger, and no leaf is without its
	// decisions.
	if all {
		if proven, err := journal.NewArchive(s.store).Audit(t.Context(), 0); err != nil || proven != int64(last) {
			t.Errorf("round %d: %d of %d decisions are in the ledger: %v", round, proven, last, err)
		}
	}
	wantLeaves(t, s.store, last)

	// Sequence numbers are dense, and no event has two.
	keys := map[journal.Key]bool{}
	next := uint64(1)
	err := s.store.Entries(t.Context(), 0, func(e *journal.Entry) error {
		if e.First != next || e.Last < e.First {
			t.Errorf("round %d: entry %d to %d where %d must begin", round, e.First, e.Last, next)
		}
		next = e.Last + 1
		return journal.Keys(e, func(k journal.Key) {
			if keys[k] {
				t.Errorf("round %d: an event of entry %d to %d was applied before", round, e.First, e.Last)
			}
			keys[k] = true
		})
	})
	if err != nil || next != last+1 {
		t.Fatalf("round %d: entries end at %d, the last is %d; %v", round, next-1, last, err)
	}

	// What is sent again is answered as before, and each under its own number.
	numbers := map[uint64]string{}
	first := round
	if all {
		first = 0
	}
	for n := first; n <= round; n++ {
		var known []*event.Event
		for _, ev := range roundTraffic(strconv.Itoa(n)) {
			if acknowledged[ev.ID] != "" {
				known = append(known, ev)
			}
		}
		again := s.decide(known...)
		for i, ev := range known {
			if again[i] != acknowledged[ev.ID] {
				t.Fatalf("round %d: %s was acknowledged with\n%s\nand is answered with\n%s", round, ev.ID, acknowledged[ev.ID], again[i])
			}
			var d struct{ Sequence uint64 }
			if err := json.Unmarshal([]byte(again[i]), &d); err != nil {
				t.Fatal(err)
			}
			if other, ok := numbers[d.Sequence]; ok || d.Sequence == 0 || d.Sequence > last {
				t.Fatalf("round %d: %s has number %d of %d, as has %q", round, ev.ID, d.Sequence, last, other)
			}
			numbers[d.Sequence] = ev.ID
		}
	}
	if s.last() != last || s.fingerprint() != was {
		t.Fatalf("round %d: sending again what was acknowledged changed something", round)
	}
	if !all {
		return
	}

	// The state is that of the journal folded from its beginning, and every
	// decision in it comes out again.
	found, err := journal.Replay(t.Context(), s.store, s.vault, journal.ReplayOptions{}, nil)
	if err != nil || found.Same != last || found.Events != last {
		t.Fatalf("round %d: replay of %d: %+v, %v", round, last, found, err)
	}
	s.withoutCheckpoints().open()
	if s.fingerprint() != was || uint64(s.Recovery().Replayed) != last {
		t.Fatalf("round %d: the journal alone gives another state", round)
	}
}

// wantLeaves checks that the commits in the ledger are those of the journal up
// to its last decision, without a gap.
func wantLeaves(t *testing.T, s journal.Store, last uint64) {
	t.Helper()
	size, err := s.Ledger().Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(1)
	err = s.Ledger().Leaves(t.Context(), 0, size, func(at int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err != nil || r.Commit == nil {
			return err
		}
		if r.Commit.First != next {
			t.Errorf("leaf %d begins with decision %d where %d must be", at, r.Commit.First, next)
		}
		next = r.Commit.Last + 1
		return nil
	})
	if err != nil || next != last+1 {
		t.Errorf("the ledger ends with decision %d, the journal with %d: %v", next-1, last, err)
	}
}
