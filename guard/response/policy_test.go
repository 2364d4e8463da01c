package response

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rowan/datafile"
	"rowan/guard/account/support"
)

func defaultPolicy(t testing.TB) *Policy {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheDefaultPolicyStatesWhatItIs(t *testing.T) {
	p := defaultPolicy(t)
	if p.FailMode() != FailOpen {
		t.Errorf("fail mode %s", p.FailMode())
	}
	if !strings.HasPrefix(p.Version(), "1+") || len(p.Version()) != len("1+01234567") {
		t.Errorf("version %q", p.Version())
	}
	shadows := 0
	for i := range p.Len() {
		if r := p.Rule(i); r.Mode == Shadow {
			shadows++
		}
	}
	if shadows != 2 {
		t.Errorf("%d shadow rules", shadows)
	}
}

func TestVersionFollowsTheContent(t *testing.T) {
	a := load(t, strings.Replace(everything, "MODE", "live", 1))
	b := load(t, strings.Replace(everything, "MODE", "shadow", 1))
	c := load(t, strings.Replace(everything, "MODE", "live", 1))
	if a.Version() == b.Version() || a.Version() != c.Version() {
		t.Errorf("versions %s, %s and %s", a.Version(), b.Version(), c.Version())
	}
}

func TestBadPoliciesAreRefusedWithFileAndLine(t *testing.T) {
	good := strings.Replace(everything, "MODE", "live", 1)
	line := func(part string) int { return 1 + strings.Count(good[:strings.Index(good, part)], "\n") }
	for _, test := range []struct {
		name, old, new string
		line           int
		want           string
	}{
		{"unknown key", "open_case: true", "open_case: true\n      reprot: true", line("open_case") + 1, "unknown key reprot"},
		{"duplicate key", "open_case: true", "open_case: true\n      open_case: true", line("open_case") + 1, "already defined"},
		{"wrong type", "open_case: true", "open_case: perhaps", line("open_case"), "cannot unmarshal"},
		{"no version", `version: "1"`, "", 0, "version is missing"},
		{"fail mode", "fail_mode: closed", "fail_mode: maybe", line("fail_mode"), `unknown fail mode "maybe"; it is one of open, closed`},
		{"suspension", "slow_down, review]", "suspend]", line("account_actions: ["), `"suspend" is never automatic`},
		{"report", "slow_down, review]", "report]", line("account_actions: ["), "needs a person's decision; open a case instead"},
		{"unknown account action", "slow_down, review]", "shout]", line("account_actions: ["), "every one can be taken back"},
		{"unknown action", "action: block", "action: suspend", line("action: block"), `unknown action "suspend"`},
		{"no action", "action: block", "", line("account_actions: ["), `unknown action ""`},
		{"mode", "mode: live", "mode: loud", line("mode: live"), `unknown mode "loud"; it is one of live, shadow`},
		{"condition", "when: true", "when: levle > 1", line("when:"), `condition of "all", line 1, column 1: undeclared reference to 'levle'`},
		{"condition over two lines", "when: true", "when: |\n      text &&\n      linkk", line("when:"), `condition of "all", line 2, column 1: undeclared reference to 'linkk'`},
		{"no condition", "when: true", "", line("- id: all"), `rule "all" has no condition`},
		{"no title", "title: everything at once", "", line("- id: all"), `rule "all" has no title`},
		{"id", "id: all", "id: All!", line("- id: all"), `id "All!" must be lower-case words`},
		{"text", "text: support}", "text: nothing}", line("notices:"), `there is no text "nothing" in en-GB`},
		{"no text", ", text: support}", "}", line("notices:"), "the notice has no text"},
		{"moment", "moment: support", "moment: sometime", line("notices:"), `unknown moment "sometime"`},
		{"party", "to: actor", "to: police", line("notices:"), `unknown party "police"; it is one of minor, actor, recipient, sender`},
		{"window", "window: 10", "window: 4096", line("window:"), "window is a number of decisions from 1 to 2048"},
		{"min count", "min_count: 10", "min_count: 11", line("min_count:"), "min_count is a number of decisions from 1 to the window"},
		{"cool down", "cool_down: 1m", "cool_down: 1ms", line("cool_down:"), "cool_down is a duration from 1s to 24h"},
		{"share", "per_day: 1000, max_share: 1, falls_back_to: hold", "per_day: 1000, max_share: 2, falls_back_to: hold", line("block: {"), "max_share is a share of the window"},
		{"per day", "per_day: 1000, max_share: 1, falls_back_to: hold", "per_day: 0, max_share: 1, falls_back_to: hold", line("block: {"), "per_day is the most decisions"},
		{"fallback", "falls_back_to: hold", "falls_back_to: block", line("block: {"), "block must fall back to a milder action"},
		{"unknown fallback", "falls_back_to: hold", "falls_back_to: no", line("block: {"), `unknown action "no"`},
		{"quota of allow", "    slow: {", "    allow: {per_day: 1, max_share: 1, falls_back_to: allow}\n    slow: {", line("    slow: {"), "allow has no quota"},
		{"quota of review", "    slow_down: {", "    review: {", line("    slow_down: {"), "review has no quota: it takes nothing from anybody"},
		{"action without a quota", "    block: {per_day: 1000, max_share: 1, falls_back_to: hold}\n", "", line("action: block") - 1, `rule "all" takes the action block, which has no quota`},
		{"account action without a quota", "    restrict_contact: {per_day: 1000, max_share: 1}\n", "", line("account_actions: [") - 1, "takes the account action restrict_contact, which has no quota"},
		{"two documents", "open_case: true", "open_case: true\n---\na: b", 0, "more than one YAML document"},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := strings.Replace(good, test.old, test.new, 1)
			if src == good {
				t.Fatal("the test changes nothing")
			}
			_, err := Load("test.yaml", []byte(src), taxonomy(t))
			var at *datafile.Error
			if err == nil || !errors.As(err, &at) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("\n got  %v\n want %s", err, test.want)
			}
			if at.File != "test.yaml" || test.line != 0 && at.Line != test.line {
				t.Errorf("at %s:%d, want line %d: %v", at.File, at.Line, test.line, err)
			}
		})
	}
}

func TestAllErrorsOfAPolicyAreReportedInOrder(t *testing.T) {
	src := strings.NewReplacer("MODE", "loud", "when: true", "when: 1 + 1", "fail_mode: closed", "fail_mode: x", "slow_down, review", "ban").Replace(everything)
	_, err := Load("p.yaml", []byte(src), taxonomy(t))
	if err == nil {
		t.Fatal("loaded")
	}
	var lines []int
	for _, text := range strings.Split(err.Error(), "\n") {
		var n int
		if _, err := fmt.Sscanf(text, "p.yaml:%d:", &n); err != nil {
			t.Fatalf("no line in %q", text)
		}
		lines = append(lines, n)
	}
	if len(lines) != 4 || !slices.IsSorted(lines) {
		t.Errorf("errors at lines %v:\n%v", lines, err)
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	rules := func(n int) string {
		var b strings.Builder
		b.WriteString(head + "rules:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {id: r%d, title: t, mode: live, when: text, then: {action: inform}}\n", i)
		}
		return b.String()
	}
	p := load(t, rules(MaxRules))
	var v Verdict
	p.Evaluate(&Context{HasText: true}, &v)
	if v.Live.Rules.Len() != MaxRules {
		t.Errorf("%d of %d rules fired", v.Live.Rules.Len(), MaxRules)
	}
	_, err := Load("p.yaml", []byte(rules(MaxRules+1)), taxonomy(t))
	if want := fmt.Sprintf("p.yaml:%d: 65 rules; a policy has at most 64", strings.Count(head, "\n")+2+MaxRules); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Load("p.yaml", []byte(head+"rules: []\n"), taxonomy(t)); err == nil {
		t.Error("a policy without rules was loaded")
	}
	same := strings.Replace(rules(2), "id: r1", "id: r0", 1)
	if _, err := Load("p.yaml", []byte(same), taxonomy(t)); err == nil || !strings.Contains(err.Error(), `rule 1 has the id "r0" too`) {
		t.Errorf("twice the same id: %v", err)
	}
}

// FuzzPolicy: a policy loads or is refused with a place; one that loads keeps
// its bounds and always answers the same.
func FuzzPolicy(f *testing.F) {
	tax := taxonomy(f)
	texts, err := support.Default()
	if err != nil {
		f.Fatal(err)
	}
	src, err := shipped.ReadFile("default.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte(strings.Replace(everything, "MODE", "live", 1)))
	for _, when := range []string{"level >= elevated", "messages / 0 > 1", `event in ["gift.sent"]`, "((((", "-gap * 3 < conduct.M01", `"\x00" == event`} {
		f.Add([]byte(strings.NewReplacer("MODE", "shadow", "when: true", "when: '"+when+"'").Replace(everything)))
	}
	tries := []Context{{}, message(nil), reply(nil), message(func(c *Context) {
		c.Level, c.Event, c.TextSeen, c.Seen, c.New = 255, 255, false, ^uint64(0), ^uint64(0)
		c.Channel, c.Origin, c.Relation, c.Sender.Kind, c.Messages = 255, 255, 255, 255, -1<<63
	})}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := LoadWith("fuzz.yaml", src, tax, texts)
		if err != nil {
			var at *datafile.Error
			if !errors.As(err, &at) {
				t.Fatalf("no place in %v", err)
			}
			return
		}
		for _, c := range tries {
			var a, b Verdict
			p.Evaluate(&c, &a)
			p.Evaluate(&c, &b)
			if a != b {
				t.Fatal("two answers")
			}
			if a.Live.Action > Block || !c.FromActor && a.Live.Action > Inform {
				t.Fatalf("action %s", a.Live.Action)
			}
			for i := range a.Live.Notices.All() {
				if p.Notice(i, "en", "").Text == "" {
					t.Fatal("a notice without words")
				}
			}
			if o, _ := p.Admit(new(QuotaState), 1, a.Live); o.Action > a.Live.Action {
				t.Fatalf("admitted %s of %s", o.Action, a.Live.Action)
			}
		}
	})
}
