package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/response"
)

// The child of the crash test is this test binary again.
const (
	childDir = "ROWAN_CASES_CRASH_DIR"
	crashes  = "ROWAN_CRASHES" // how many kills, in place of usual
	usual    = 5
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := workUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// workUntilKilled opens cases, claims and decides them, and writes a line for
// each event that was acknowledged: its case, its number, and what it was.
func workUntilKilled(dir string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, dir)
	if err != nil {
		return err
	}
	now := storetest.Now
	upTo, err := s.Progress(ctx)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		upTo++
		now = now.Add(time.Second)
		cases, err := s.Take(ctx, casework.Taken{UpTo: upTo, At: now, Alerts: []casework.Alert{storetest.Alert(fmt.Sprint("u-", upTo), "u-17", response.High)}})
		if err != nil {
			return err
		}
		c := cases[0]
		fmt.Println(c.ID, c.Number, casework.Alerted)
		for _, e := range []casework.Event{
			{Kind: casework.ClaimTaken, By: "ada", At: now, Until: now.Add(casework.ClaimFor)},
			{Kind: casework.DecisionMade, By: "ada", At: now, Judgement: &casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming, By: "ada", At: now}},
		} {
			if c, err = s.Append(ctx, c, e); err != nil {
				return err
			}
			fmt.Println(c.ID, c.Number, e.Kind)
		}
	}
}

// What was acknowledged is there after the process was killed: every event, the
// case that they add up to, and one effect for each decision.
func TestNothingIsLostInACrash(t *testing.T) {
	kills := usual
	if n, err := strconv.Atoi(os.Getenv(crashes)); err == nil {
		kills = n / 4 // each takes longer than one of the journal's
	}
	dir := t.TempDir()
	acknowledged := map[string]string{}
	for round := range max(kills, 1) {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		read := bufio.NewReader(out)
		for lines := 0; ; lines++ {
			line, err := read.ReadString('\n')
			if err != nil {
				break
			}
			if id, kind, ok := cutLast(strings.TrimSuffix(line, "\n")); ok {
				acknowledged[id] = kind
			}
			if lines == 3+round*7%40 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	if len(acknowledged) < kills {
		t.Fatalf("only %d events were acknowledged: the test shows little", len(acknowledged))
	}
	ctx := context.Background()
	s, err := sqlite.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	folded := map[casework.ID]casework.Case{}
	decided := 0
	for id, kind := range acknowledged {
		var number int
		var at casework.ID
		if _, err := fmt.Sscan(id, &at, &number); err != nil {
			t.Fatal(err)
		}
		events, err := s.Events(ctx, at)
		if err != nil || len(events) < number || string(events[number-1].Kind) != kind {
			t.Fatalf("event %d of case %d, acknowledged as %s, is not there (%v)", number, at, kind, err)
		}
		if folded[at], err = casework.Fold(events); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range folded {
		c, err := s.Case(ctx, at)
		if err != nil || c.State != want.State || c.Number != want.Number {
			t.Errorf("case %d is %s at %d, its events give %s at %d (%v)", at, c.State, c.Number, want.State, want.Number, err)
		}
		effects, err := s.CaseEffects(ctx, at)
		if want.State == casework.Decided {
			decided++
		}
		if err != nil || len(effects) != map[bool]int{true: 1}[want.State == casework.Decided] {
			t.Errorf("case %d, %s, has %d effects (%v)", at, want.State, len(effects), err)
		}
	}
	t.Logf("%d acknowledged events, %d decided cases", len(acknowledged), decided)
}

// cutLast cuts a line at its last space.
func cutLast(line string) (before, after string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", "", false
	}
	return line[:i], line[i+1:], true
}
