package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rowan/casework"
	"rowan/casework/exhibit"
	cases "rowan/casework/sqlite"
	"rowan/ledger"
	"rowan/ledger/verify"
	"rowan/ledger/witness"
)

// A platform's ledger with a regulator's witness: evidence of a case and the
// whole log verify, and a byte that was changed is found.
func TestEvidenceFromTheServerToTheVerifier(t *testing.T) {
	ctx := t.Context()
	regulator := t.TempDir()
	key, err := ledger.OpenKey(filepath.Join(regulator, "witness.key"), "regulator.example/witness", ledger.WitnessKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	state, err := witness.OpenState(ctx, filepath.Join(regulator, "witness.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	data := filepath.Join(t.TempDir(), "data")
	api := newKey(t, data)
	// The witness learns the log's key as a person would tell it.
	watch := func(context.Context, string) ([]note.Verifier, error) {
		v, err := ledger.NewVerifier(strings.TrimSpace(want(t, "evidence", "key", "--data", data)))
		return []note.Verifier{v}, err
	}
	h, err := witness.New(witness.Config{Key: key, State: state, Logs: watch, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewServer(h)
	t.Cleanup(w.Close)
	write(t, filepath.Join(data, "rowan.yaml"), fmt.Sprintf(`accounts: {mode: off}
ledger:
  origin: platform.example/rowan
  every: 1s
  witnesses:
    - {name: regulator.example/witness, key: %q, url: %s}
`, key.Verifier(), w.URL))
	s := serveDir(t, data)
	if status, answer := s.ask(t, "POST", "/v1/events", api, stream, present(t)); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	bundle, dir := filepath.Join(t.TempDir(), "case.zip"), filepath.Join(t.TempDir(), "log")
	// The case is taken in and the log cosigned within about a second.
	var said string
	for began := time.Now(); !strings.Contains(said, ", cosigned.") && time.Since(began) < 30*time.Second; {
		got := rowan(t, "", "evidence", "case", "1", "--data", data, "--out", bundle, "--disclose", "actor,children,messages")
		said = got.out + got.err
	}
	if !strings.Contains(said, ", cosigned.") {
		t.Fatalf("no cosigned evidence: %s\n%s", said, s.log.String())
	}
	want(t, "evidence", "log", "--data", data, "--out", dir)
	public := strings.TrimSpace(want(t, "evidence", "key", "--data", data))
	if !strings.HasPrefix(public, "platform.example/rowan+") {
		t.Errorf("the log's key is %q", public)
	}
	keys, err := verify.ParseKeys(public, key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	r := verify.Bundle(src, keys)
	if !r.OK || r.Of != "case/1" || r.Decisions == 0 || len(r.Cosigned) != 1 || len(r.Opened) == 0 {
		t.Errorf("%+v", r)
	}
	src[len(src)/2] ^= 1
	if verify.Bundle(src, keys).OK {
		t.Error("a changed byte was not found")
	}
	if r := verify.Log(ctx, os.DirFS(dir), keys, verify.LogOptions{}); !r.OK || r.Decisions != 7 || r.Leaves["versions"] != 1 {
		t.Errorf("%+v", r)
	}
	s.stop(t)
	// A log that goes on under the same name and key.
	s = serveDir(t, data)
	s.ask(t, "POST", "/v1/events", api, single, eventLine("drift", "setting.changed", `{"account":"nobody","setting":"location","value":"everyone"}`))
	s.stop(t)
	want(t, "evidence", "log", "--data", data, "--out", dir)
	keys.Witnesses = nil
	if r := verify.Log(ctx, os.DirFS(dir), keys, verify.LogOptions{}); !r.OK || r.Leaves["versions"] != 2 {
		report, _ := json.Marshal(r)
		t.Errorf("%s", report)
	}
}

func TestEvidenceThatCannotBeGiven(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"evidence", "case", "1", "--data", data, "--out", "x"}, 1, "holds no journal"},
		{[]string{"evidence", "case", "none", "--data", data, "--out", "x"}, 2, "numbered from 1"},
		{[]string{"evidence", "case", "1", "--data", data}, 2, "--out"},
		{[]string{"evidence", "case", "1", "--data", data, "--out", "x", "--disclose", "reviewers"}, 2, "actor, children or messages"},
		{[]string{"evidence", "log", "--data", data}, 2, "--out"},
		{[]string{"evidence", "everything"}, 2, "there is no evidence of"},
	} {
		got := rowan(t, "", c.args...)
		if got.code != c.code || !strings.Contains(got.err, c.says) {
			t.Errorf("%v: exit code %d, %q; want %d, %q", c.args, got.code, got.err, c.code, c.says)
		}
	}
}

func TestSettingsOfTheLedgerAreChecked(t *testing.T) {
	dir := t.TempDir()
	key, err := ledger.OpenKey(filepath.Join(dir, "k"), "w", ledger.WitnessKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	logKey, err := ledger.OpenKey(filepath.Join(dir, "l"), "l", ledger.LogKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"ledger: {witnesses: [{key: x, url: 'https://a.example'}]}":                                        "is no key",
		fmt.Sprintf("ledger: {witnesses: [{key: %q, url: 'https://a.example'}]}", logKey.Verifier()):       "a log's",
		fmt.Sprintf("ledger: {witnesses: [{key: %q, url: a.example}]}", key.Verifier()):                    "no address",
		fmt.Sprintf("ledger: {witnesses: [{name: b, key: %q, url: 'https://a.example'}]}", key.Verifier()): "that of",
		"ledger: {every: 10ms}": "between a second and a day",
	} {
		path := write(t, filepath.Join(dir, "rowan.yaml"), text+"\n")
		if _, err := readSettings(path, dir); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %q", text, err, says)
		}
	}
}

// Who is forgotten can be shown by nobody any more, and the log verifies as
// before; a case that is open or on hold keeps its evidence.
func TestForgettingBreaksTheLinkAndTheLogStillVerifies(t *testing.T) {
	ctx := t.Context()
	data := filepath.Join(t.TempDir(), "data")
	api := newKey(t, data)
	write(t, filepath.Join(data, "rowan.yaml"), "accounts: {mode: off}\nledger: {origin: platform.example/rowan}\n")
	s := serveDir(t, data)
	if status, answer := s.ask(t, "POST", "/v1/events", api, stream, present(t)); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	bundle, dir := filepath.Join(t.TempDir(), "case.zip"), filepath.Join(t.TempDir(), "log")
	var got outcome
	for began := time.Now(); time.Since(began) < 30*time.Second; {
		if got = rowan(t, "", "evidence", "case", "1", "--data", data, "--out", bundle, "--disclose", "actor,children,messages"); got.code == 0 {
			break
		}
	}
	if got.code != 0 {
		t.Fatalf("no evidence: %s", got.err)
	}
	public := strings.TrimSpace(want(t, "evidence", "key", "--data", data))
	keys, err := verify.ParseKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	opened := func() (values []string) {
		src, err := os.ReadFile(bundle)
		if err != nil {
			t.Fatal(err)
		}
		r := verify.Bundle(src, keys)
		if !r.OK {
			t.Fatalf("%+v", r.Problems)
		}
		for _, o := range r.Opened {
			values = append(values, o.Value)
		}
		return values
	}
	if got := strings.Join(opened(), " "); !strings.Contains(got, "account/") || !strings.Contains(got, "event/") {
		t.Fatalf("disclosed is %q", got)
	}
	forget := []string{"evidence", "forget", "--case", "1", "--data", data}
	if got := rowan(t, "", forget...); got.code != 1 || !strings.Contains(got.err, "stop it first") {
		t.Errorf("beside a server: %d %s", got.code, got.err)
	}
	s.stop(t)
	if got := rowan(t, "", append(forget, "--yes")...); got.code != 1 || !strings.Contains(got.err, "not closed yet: 1") {
		t.Errorf("an open case: %d %s", got.code, got.err)
	}
	closeCase(t, data, 1)
	want(t, "evidence", "log", "--data", data, "--out", dir)
	before := verify.Log(ctx, os.DirFS(dir), keys, verify.LogOptions{})
	if got := rowan(t, "", forget...); got.code != 3 || !strings.Contains(got.out, "Nothing was erased") || !strings.Contains(got.out, "case     1") {
		t.Errorf("without --yes: %d %s %s", got.code, got.out, got.err)
	}
	var erased exhibit.Erased
	if err := json.Unmarshal([]byte(want(t, append(forget, "--yes", "--json")...)), &erased); err != nil {
		t.Fatal(err)
	}
	if erased.Accounts != 2 || erased.Decisions == 0 || erased.Texts == 0 || erased.Cases != 1 {
		t.Errorf("%+v", erased)
	}
	want(t, "evidence", "case", "1", "--data", data, "--out", bundle, "--disclose", "actor,children,messages")
	if got := opened(); len(got) != 0 {
		t.Errorf("it can still be shown: %q", got)
	}
	want(t, "evidence", "log", "--data", data, "--out", dir)
	after := verify.Log(ctx, os.DirFS(dir), keys, verify.LogOptions{})
	// The case was opened, rose in level, was decided and was closed.
	if !after.OK || after.Size <= before.Size || after.Leaves["case"] != 4 || after.Leaves["retention"] != 1 {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	s = serveDir(t, data) // and the journal opens
	s.stop(t)
	want(t, "evidence", "case", "1", "--data", data, "--out", bundle, "--disclose", "actor,children,messages")
	if got := opened(); len(got) != 0 {
		t.Errorf("after another start it can be shown: %q", got)
	}
	for args, says := range map[string]string{
		"evidence forget --data " + data:                       "2 --account or --case",
		"evidence forget --case 9 --data " + data:              "1 case 9: ",
		"evidence forget --account nobody --yes --data " + dir: "1 holds no journal",
	} {
		got := rowan(t, "", strings.Fields(args)...)
		if said := fmt.Sprint(got.code, " ", got.err); !strings.HasPrefix(said, says[:1]) || !strings.Contains(said, says[2:]) {
			t.Errorf("%s: %s; want %s", args, said, says)
		}
	}
}

// closeCase has a person decide a case, and the time for an appeal go by.
func closeCase(t *testing.T, data string, id casework.ID) {
	t.Helper()
	store, err := cases.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	desk := casework.NewDesk(casework.Options{Store: store, Now: func() time.Time { return now }})
	_, e1 := desk.Claim(t.Context(), id, "p-1")
	_, e2 := desk.Decide(t.Context(), id, "p-1", casework.Judgement{Measures: []casework.Measure{casework.NoAction}, Reason: casework.Mistaken})
	now = now.AddDate(2, 0, 0)
	if err := errors.Join(e1, e2, desk.Sweep(t.Context(), 10*365*24*time.Hour), store.Close()); err != nil {
		t.Fatal(err)
	}
}

// A young person's setting that is changed over the API is a leaf of the ledger,
// and names nobody.
func TestASettingThatIsChangedIsInTheLedger(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	api, dir := newKey(t, data), filepath.Join(t.TempDir(), "log")
	write(t, filepath.Join(data, "rowan.yaml"), "accounts: {mode: enforce, jurisdictions: [rowan]}\nledger: {origin: platform.example/rowan}\n")
	s := serveDir(t, data)
	age := eventLine("age", "account.age_signal", `{"account":"kid-17","age":{"method":"verification","lower":14,"upper":14}}`)
	if status, answer := s.ask(t, "POST", "/v1/events", api, single, age); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	for _, ask := range []struct {
		setting, value string
		status         int
	}{{"dm_from", "nobody", 200}, {"location", "everyone", 409}} {
		if status, answer := s.ask(t, "PUT", "/v1/accounts/kid-17/settings/"+ask.setting, api, "application/json", fmt.Sprintf(`{"value":%q}`, ask.value)); status != ask.status {
			t.Fatalf("%s: %d %s", ask.setting, status, answer)
		}
	}
	s.stop(t)
	want(t, "evidence", "log", "--data", data, "--out", dir)
	keys, err := verify.ParseKeys(strings.TrimSpace(want(t, "evidence", "key", "--data", data)))
	if err != nil {
		t.Fatal(err)
	}
	if r := verify.Log(t.Context(), os.DirFS(dir), keys, verify.LogOptions{}); !r.OK || r.Leaves["setting"] != 2 || r.Decisions != 3 {
		t.Errorf("%+v", r)
	}
	files := ""
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		files += string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{`"kind":"setting"`, `"after":"nobody"`, `"asked":"everyone"`} {
		if !strings.Contains(files, said) {
			t.Errorf("the log does not say %s", said)
		}
	}
	if strings.Contains(files, "kid-17") {
		t.Error("the log names the account")
	}
}
