package response

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"rowan/guard/account/support"
	"rowan/guard/conduct"
)

var update = flag.Bool("update", false, "write the golden files")

const reference = "../../docs/policy.md"

type fieldRow struct{ Name, Type, Doc string }

type quotaRow struct{ Name, PerDay, Share, Back string }

type classifierRow struct {
	Name, Signal string
	At           float32
}

type ruleRow struct {
	ID, Title, When, Action string
	Account                 []AccountAction
	Notices                 []Notice
	Case, Shadow            bool
}

func TestReferenceIsThatOfTheCode(t *testing.T) {
	p := defaultPolicy(t)
	data := map[string]any{
		"MaxRules": MaxRules, "MaxSource": maxSource, "MaxDepth": maxDepth, "MaxWindow": MaxWindow, "Fallback": support.FallbackLocale,
		"Actions": actionWords.list, "AccountActions": accountWords.list, "Levels": levelWords.list,
		"Parties": partyWords.list, "Moments": momentWords.list,
		"Window": p.quotas.window, "MinCount": p.quotas.minimum, "CoolDown": time.Duration(p.quotas.coolDown) * time.Millisecond,
	}
	var rows []fieldRow
	features := conductFeatures(t)
	for _, f := range fields() {
		var n int
		if _, err := fmt.Sscanf(f.name, "conduct.M%d", &n); err == nil {
			f.doc = features.Feature(n).Title
		}
		rows = append(rows, fieldRow{f.name, typeOf(f), f.doc})
	}
	data["Fields"] = rows
	var limits []quotaRow
	for n, q := range p.quotas.of {
		if !q.limited {
			continue
		}
		row := quotaRow{PerDay: strconv.Itoa(int(q.perDay)), Share: fmt.Sprintf("%g%%", q.maxShare*100), Back: q.fallsBack.String()}
		if n <= int(Block) {
			row.Name = Action(n).String()
		} else {
			row.Name, row.Back = AccountAction(n-int(Block)-1).String(), Review.String()
		}
		limits = append(limits, row)
	}
	data["Quotas"] = limits
	var classifiers []classifierRow
	for _, name := range slices.Sorted(maps.Keys(p.classifiers)) {
		c := p.classifiers[name]
		classifiers = append(classifiers, classifierRow{name, taxonomy(t).Signal(c.signal).Code, c.at})
	}
	data["Classifiers"] = classifiers
	var rules []ruleRow
	for i := range p.Len() {
		r := p.Rule(i)
		row := ruleRow{ID: r.ID, Title: r.Title, When: r.When, Action: r.Then.Action.String(),
			Account: r.Then.Account.List(), Case: r.Then.OpenCase, Shadow: r.Mode == Shadow}
		for n := range r.Then.Notices.All() {
			row.Notices = append(row.Notices, p.Notice(n, "", ""))
		}
		rules = append(rules, row)
	}
	data["Rules"] = rules

	var got bytes.Buffer
	if err := template.Must(template.ParseFiles("testdata/policy.md.tmpl")).Execute(&got, data); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(reference, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("docs/policy.md is not that of the code: go test ./guard/response -run Reference -update")
	}
}

func conductFeatures(t testing.TB) *conduct.Features {
	t.Helper()
	name, src := conduct.Defaults()
	features, err := conduct.Load(name, src)
	if err != nil {
		t.Fatal(err)
	}
	return features
}

func typeOf(f field) string {
	bounds := func(limit float64) string {
		if limit == maxCount {
			return "2^31"
		}
		return fmt.Sprintf("%g", limit)
	}
	switch f.kind {
	case boolean:
		return "bool"
	case word:
		return "`" + strings.Join(f.words.list, "` `") + "`"
	}
	name := "int"
	if f.kind == number {
		name = "double"
	}
	return fmt.Sprintf("%s, %s to %s", name, bounds(f.lo), bounds(f.hi))
}
