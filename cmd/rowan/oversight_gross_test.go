package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/lab/demo"
	"rowan/oversight"
	"rowan/people"
)

func TestACaseIsPutToTheTestOfAGrossBreach(t *testing.T) {
	data := filepath.Join(t.TempDir(), "try")
	b, err := openAuthority(context.Background(), data, authorityOptions{name: "test", simulated: true, cost: people.Cost{Memory: 1 << 10, Time: 1, Threads: 1}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing left to make up
		if err := b.simulate(t.Context(), demo.Staff{First: "a", Second: "b"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}

	out := want(t, "oversight", "gross-breach", "--case", "1", "--data", data)
	for _, part := range []string{"refer for prosecution to be considered", "A proposed offence", "Severity of the failure: met", "s.138: an element is missing", "missing: a person found that the step"} {
		if !strings.Contains(out, part) {
			t.Errorf("lacks %q:\n%s", part, out)
		}
	}
	var l oversight.Liability
	if err := json.Unmarshal([]byte(want(t, "oversight", "gross-breach", "--case", "2", "--data", data, "--json")), &l); err != nil {
		t.Fatal(err)
	}
	if l.Gross.Refer || len(l.Gross.WhyNot) == 0 || len(l.Offences) == 0 {
		t.Errorf("%+v", l.Gross)
	}

	// Another test asks for more points.
	src, err := os.ReadFile("../../oversight/liability/routes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	harder := write(t, filepath.Join(t.TempDir(), "harder.yaml"), strings.Replace(string(src), "points: 8", "points: 10", 1))
	if out := want(t, "oversight", "gross-breach", "--case", "1", "--data", data, "--test", harder); !strings.Contains(out, "10 are wanted") {
		t.Errorf("another test changes nothing:\n%s", out)
	}

	// The facts of a case can be changed to see what they would come to.
	told := want(t, "oversight", "gross-breach", "--case", "1", "--data", data, "--json")
	facts := write(t, filepath.Join(t.TempDir(), "facts.json"), told)
	if again := want(t, "oversight", "gross-breach", "--facts", facts, "--json"); again != told {
		t.Errorf("the facts of a case come to something else from a file:\n%s", again)
	}
	write(t, facts, strings.ReplaceAll(told, `"decided": true`, `"decided": false`))
	if out := want(t, "oversight", "gross-breach", "--facts", facts); !strings.Contains(out, "Facts of "+facts) || !strings.Contains(out, "No decision that stands has found a failure.") {
		t.Errorf("nothing was found, and yet:\n%s", out)
	}
	write(t, facts, strings.Replace(told, `"decided"`, `"proven"`, 1))
	if got := rowan(t, "", "oversight", "gross-breach", "--facts", facts); got.code == 0 || !strings.Contains(got.err, `unknown field "proven"`) {
		t.Errorf("an unknown key: %+v", got)
	}
	if got := rowan(t, "", "oversight", "gross-breach", "--facts", facts, "--case", "1"); got.code != 2 {
		t.Errorf("both a case and facts: %+v", got)
	}
	if got := rowan(t, "", "oversight", "gross-breach", "--case", "99", "--data", data); got.code == 0 || !strings.Contains(got.err, "no case 99") {
		t.Errorf("case 99: %+v", got)
	}
}
