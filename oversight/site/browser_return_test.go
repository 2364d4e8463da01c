package site_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// handIn hands a return in with a ledger, through the form.
func (p *place) handIn(dir string, document, log []byte) {
	t := p.t
	t.Helper()
	keep := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p.open("/returns")
	const form = `form[action="/returns"][method=post]`
	p.Fill(form+" [name=service]", "rivergram")
	p.Choose(form+" [name=return]", keep("return.json", document))
	p.Choose(form+" [name=log]", keep("log.zip", log))
	p.Click(form + " button")
}

// A return that holds is counted again from the ledger; one that was changed is
// refused with what is wrong, and so is a second one for the same period.
func TestReturnsAreHandedInInARealBrowser(t *testing.T) {
	o, clerk, platform := receiving(t)
	p := sit(t, o)
	p.Look("light", 1280)
	p.as(clerk)
	p.open("/returns")
	const duty = `form[action="/returns/duty"]`
	p.fill(duty, "[name=service]", "rivergram", "[name=template]", "ofcom", "[name=key]", platform.key.Verifier(), "[name=from]", "2026-01-01")
	p.Click(duty + " button")
	p.Await("It is on file what the service owes")
	p.Await("missing")

	dir, good, log := t.TempDir(), platform.document(nil), platform.packed()
	p.handIn(dir, bytes.Replace(good, []byte(`"n": 80`), []byte(`"n": 79`), 1), log)
	p.Await("changed afterwards")
	p.judge("return-refused")
	p.open("/returns")
	if !p.Says("missing") {
		t.Error("a forged return counts as received")
	}
	p.handIn(dir, good, log)
	p.Await("counted again from the ledger")
	first := p.at()
	p.judge("return")
	p.handIn(dir, good, log) // the same again changes nothing
	p.Arrive(first)
	platform.now = platform.now.Add(time.Hour)
	p.handIn(dir, platform.document(nil), log)
	p.Await("There is a return for 2026-Q1 already")
	p.open("/returns")
	for _, want := range []string{"2026-Q1", "late", "Not taken in", "changed afterwards"} {
		if !p.Says(want) {
			t.Errorf("the page of returns lacks %q", want)
		}
	}

	const seen = `form[action="/returns/observation"]`
	p.fill(seen, "[name=service]", "rivergram", "[name=measure]", "gb.icu-f1-e", "[name=on]", "2026-02-01", "[name=count]", "3", "[name=failed]", "2", "[name=source]", "probe 7")
	p.Click(seen + " button")
	p.Arrive("/services/rivergram")
	p.Await("2 of 3 probes with a test account found it not met")
}
