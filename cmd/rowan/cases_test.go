package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	cases "rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/event"
	"rowan/guard/journal"
	"rowan/guard/response"
)

func TestDecidedCasesAreWrittenAsLabelledPairsWithoutAnybodysAccount(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	store, err := cases.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	vault, err := journal.OpenKeys(filepath.Join(dir, "case.keys"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m := casework.Moment{Sequence: 1, At: storetest.Now, Type: event.MessageSent, Actor: "u-22", Child: "u-17", ByActor: true, HasText: true, Signals: []casework.Signal{{Code: "S1", Title: "t"}}}
	opened, err := store.Take(ctx, casework.Taken{UpTo: 1, At: storetest.Now, Moments: []casework.Moment{m}, Alerts: []casework.Alert{storetest.Alert("u-22", "u-17", response.High)}})
	if err != nil {
		t.Fatal(err)
	}
	sealed, key, err := vault.Seal(1, []byte("see you at chess club"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Keep(ctx, casework.Capture{Case: 1, Actor: "u-22", Child: "u-17"}, 1, []casework.Line{{Sequence: 1, Key: key, Sealed: sealed}}); err != nil {
		t.Fatal(err)
	}
	c := opened[0]
	for _, e := range []casework.Event{
		{Kind: casework.ClaimTaken, By: "ada", At: storetest.Now, Until: storetest.Now.Add(casework.ClaimFor)},
		{Kind: casework.DecisionMade, By: "ada", At: storetest.Now, Judgement: &casework.Judgement{Measures: []casework.Measure{casework.NoAction}, Reason: casework.Family, By: "ada", At: storetest.Now}},
	} {
		if c, err = store.Append(ctx, c, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "cases.ndjson")
	for _, with := range []bool{false, true} {
		args := []string{"cases", "export", "--data", dir, "--labelled", out}
		if with {
			args = append(args, "--text", "to train the model")
		}
		if o := rowan(t, "", args...); o.code != 0 || !strings.Contains(o.out, "1 pairs written") {
			t.Fatalf("%d %s %s", o.code, o.out, o.err)
		}
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var pair map[string]any
		if err := json.Unmarshal(body, &pair); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if strings.Contains(string(body), "u-22") || strings.Contains(string(body), "u-17") || strings.Contains(string(body), "chess") != with {
			t.Errorf("with text %v: %s", with, body)
		}
	}
	if o := rowan(t, "", "cases", "export", "--data", dir); o.code != 2 {
		t.Errorf("without a file: %d %s", o.code, o.err)
	}
	if o := rowan(t, "", "cases", "export", "--data", filepath.Join(dir, "none"), "--labelled", out); o.code != 1 || !strings.Contains(o.err, "no cases") {
		t.Errorf("of no data: %d %s", o.code, o.err)
	}
}
