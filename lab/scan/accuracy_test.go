package scan

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/response"
)

const (
	scenarios = "../../guard/testdata/scenarios"
	chat      = "../../../shared/data/chat"
)

// findings scans a file with the data that are built in.
func findings(t *testing.T, path string, assume Assume) []*Finding {
	t.Helper()
	config, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Config: config, Assume: assume, Limits: event.DefaultLimits(), Now: time.Unix(1_800_000_000, 0), Bad: func(err error) { t.Error(err) }}
	var out []*Finding
	if err := File(context.Background(), path, o, func(f *Finding) error {
		out = append(out, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// early counts the conversations with an alert before the first turn of
// severity 5.
func early(found []*Finding) (n int) {
	for _, f := range found {
		if f.FirstAlert != nil && (f.transcript.HarmTurn == nil || *f.FirstAlert < *f.transcript.HarmTurn) {
			n++
		}
	}
	return n
}

func alerts(found []*Finding) (n int) {
	for _, f := range found {
		if f.Level >= response.Elevated {
			n++
		}
	}
	return n
}

// At least 9 in 10 of the development scenarios must reach elevated before
// the first turn of severity 5. dev, held and third were all looked at while
// the lexicon was written; nothing follows from them for talk that was not.
func TestDevelopmentScenariosAlertBeforeHarm(t *testing.T) {
	for _, name := range []string{"dev", "held", "third"} {
		found := findings(t, filepath.Join(scenarios, name+".jsonl"), AsStated)
		if n := early(found); 10*n < 9*len(found) {
			t.Errorf("%s: %d of %d alert before harm, want 9 in 10", name, n, len(found))
		} else {
			t.Logf("%s: %d of %d alert before harm", name, n, len(found))
		}
	}
}

// unseen was written by somebody who had seen neither lexicon nor scenarios,
// and nothing was changed on its account after it had been measured: it shows what to expect
// of plain lines in other words. Its figures are held so that a change that
// worsens them is noticed.
func TestUnseenScenariosAreMeasured(t *testing.T) {
	harm := findings(t, filepath.Join(scenarios, "unseen.jsonl"), AsStated)
	benign := findings(t, filepath.Join(scenarios, "unseen_benign.jsonl"), AsStated)
	t.Logf("unseen: %d of %d alert before harm, %d at all; %d of %d hard negatives alert",
		early(harm), len(harm), alerts(harm), alerts(benign), len(benign))
	if n := early(harm); n < unseenEarly {
		t.Errorf("%d of %d alert before harm; it was %d", n, len(harm), unseenEarly)
	}
	if n := alerts(benign); n > unseenFalse {
		t.Errorf("%d of %d hard negatives alert; it was %d", n, len(benign), unseenFalse)
	}
}

// At most 1 in 5,000 conversations of real, benign chat may alert under the
// hardest reading.
func TestBenignChatHardlyAlerts(t *testing.T) {
	all, alarmed := 0, 0
	for _, name := range []string{"self_dialogue", "schema_guided"} {
		path := filepath.Join(chat, name+".jsonl.gz")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			t.Skipf("%s is not there: the false alarms on real chat are not measured", path)
		}
		found := findings(t, path, OlderStranger)
		for _, f := range found {
			if f.Level >= response.Elevated {
				t.Logf("%s: %s at turn %d: %v", f.Conversation, f.Level, *f.FirstAlert, f.Signals)
			}
		}
		all, alarmed = all+len(found), alarmed+alerts(found)
	}
	t.Logf("%d of %d conversations alert", alarmed, all)
	if alarmed*5000 > all {
		t.Errorf("%d of %d conversations alert, more than 1 in 5,000", alarmed, all)
	}
}

// What was measured on unseen.
const (
	unseenEarly = 36
	unseenFalse = 1
)
