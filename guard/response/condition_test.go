package response

import (
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/signal"
)

func taxonomy(t testing.TB) *signal.Taxonomy {
	t.Helper()
	tax, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

// oracle evaluates conditions with CEL's own interpreter.
type oracle struct {
	conditions *conditions
	fields     []field
	signals    Signals
	current    *Context
	programs   map[string]cel.Program
}

func newOracle(t testing.TB) *oracle {
	t.Helper()
	o := &oracle{fields: fields(), signals: taxonomy(t), programs: map[string]cel.Program{}}
	in := func(set func() uint64) cel.OverloadOpt {
		return cel.UnaryBinding(func(v ref.Val) ref.Val {
			id, _ := o.signals.Lookup(string(v.(types.String)))
			return types.Bool(set()>>id&1 != 0)
		})
	}
	var err error
	o.conditions, err = newConditions(o.signals,
		in(func() uint64 { return o.current.Seen }), in(func() uint64 { return o.current.New }))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oracle) holds(t rapid.TB, source string, c *Context) bool {
	t.Helper()
	program := o.programs[source]
	if program == nil {
		tree, issues := o.conditions.env.Compile(source)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", source, issues.Err())
		}
		var err error
		if program, err = o.conditions.env.Program(tree); err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		o.programs[source] = program
	}
	values := map[string]any{}
	for _, f := range o.fields {
		switch f.kind {
		case boolean:
			values[f.name] = f.b(c)
		case integer:
			values[f.name] = f.i(c)
		case number:
			values[f.name] = f.f(c)
		case word:
			values[f.name] = f.words.word(f.w(c))
		}
	}
	o.current = c
	got, _, err := program.Eval(values)
	if err != nil {
		t.Fatalf("CEL has no value for %s: %v", source, err)
	}
	return bool(got.(types.Bool))
}

func TestRulesOfTheDefaultPolicyMeanWhatCELSays(t *testing.T) {
	o, p := newOracle(t), defaultPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		for i := range p.Len() {
			rule := p.Rule(i)
			if got, want := rule.condition.holds(&c), o.holds(t, rule.When, &c); got != want {
				t.Fatalf("rule %s: %v, CEL says %v", rule.ID, got, want)
			}
		}
	})
}

func TestConditionsMeanWhatCELSays(t *testing.T) {
	o, g := newOracle(t), newGrammar()
	rapid.Check(t, func(t *rapid.T) {
		source := g.boolean(t, 3)
		compiled, err := o.conditions.compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		for range 4 {
			c := contexts().Draw(t, "context")
			got, want := compiled.holds(&c), o.holds(t, source, &c)
			if got != want {
				t.Fatalf("%s: %v, CEL says %v", source, got, want)
			}
			if got && c.Event < 32 && compiled.events>>c.Event&1 == 0 {
				t.Fatalf("%s holds for event %d, which its mask leaves out", source, c.Event)
			}
			if got && compiled.levels>>c.Level&1 == 0 {
				t.Fatalf("%s holds at level %s, which its mask leaves out", source, c.Level)
			}
		}
		delete(o.programs, source)
	})
}

// The refusal of what could overflow rests on these bounds.
func TestBoundsHoldWhatAnExpressionCanBe(t *testing.T) {
	o, g := newOracle(t), newGrammar()
	rapid.Check(t, func(t *rapid.T) {
		source := g.number(t, rapid.SampledFrom([]kind{integer, number}).Draw(t, "kind"), 2)
		tree, issues := o.conditions.env.Compile(source)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", source, issues.Err())
		}
		v, err := o.conditions.value(tree.NativeRep().Expr())
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		for range 4 {
			c := contexts().Draw(t, "context")
			if got := v.real()(&c); !(v.lo <= got && got <= v.hi) {
				t.Fatalf("%s is %g, out of %g to %g", source, got, v.lo, v.hi)
			}
		}
	})
}

func TestMasksNameTheEventsAndLevelsOfACondition(t *testing.T) {
	o := newOracle(t)
	only := func(types ...event.Type) (mask uint32) {
		for _, e := range types {
			mask |= 1 << e
		}
		return mask
	}
	for source, want := range map[string]struct {
		events uint32
		levels uint8
	}{
		`event == "message.sent" && level >= elevated`:             {only(event.MessageSent), 0b11111100},
		`event in ["gift.sent", "call.started"] || level == watch`: {anyEvent, anyLevel},
		`level == watch && from_actor || level == high`:            {anyEvent, 0b1010},
		`!(level >= watch)`: {anyEvent, 0b1},
		`high <= level`:     {anyEvent, 0b11111000},
		`false`:             {0, 0},
		`contact && text`: {only(event.MessageSent, event.CallStarted, event.GiftSent, event.ConnectionRequested,
			event.ContactProposed, event.GroupInvited), anyLevel},
		`!(event == "gift.sent" && text)`: {anyEvent, anyLevel},
	} {
		c, err := o.conditions.compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if c.events != want.events || c.levels != want.levels {
			t.Errorf("%s: events %b levels %b, want %b and %b", source, c.events, c.levels, want.events, want.levels)
		}
	}
}

func TestWhatConditionsCannotSay(t *testing.T) {
	o := newOracle(t)
	for source, want := range map[string]string{
		`levle >= watch`:                      `line 1, column 1: undeclared reference to 'levle'`,
		`level >=`:                            `line 1, column 9: Syntax error`,
		"from_actor &&\n  sender.age > 12":    `line 2, column 9: undeclared reference to 'sender.age'`,
		`level`:                               `line 1, column 1: this is an int; a condition is true or false`,
		`event == "mesage.sent"`:              `unknown event "mesage.sent"; it is one of none, account.registered`,
		`event in ["message.sent", "x"]`:      `unknown event "x"`,
		`event == channel`:                    `a word of one list (event) is compared with one of another (channel)`,
		`event + "x" == "y"`:                  `arithmetic takes two numbers`,
		`"a" == "b"`:                          `two literals are compared`,
		`"direct" in ["direct"]`:              `"in" compares a field with literals of its own type`,
		`channel in []`:                       `"in" needs a list with something in it`,
		`text in [true]`:                      `"in" compares words or numbers`,
		`gap in [1, gap]`:                     `"in" compares a field with literals of its own type`,
		`seen("Z99")`:                         `"Z99" is no signal of the taxonomy`,
		`seen(event)`:                         `seen() takes the code of a signal in quotes`,
		`now(1)`:                              `found no matching overload for 'now'`,
		`event.startsWith("message")`:         `startsWith() is not supported in a condition; supported are &&`,
		`size(event) > 3`:                     `"size" is not supported in a condition`,
		`gap % 2 == 0`:                        `"%" is not supported in a condition`,
		`[1, 2][0] == 1`:                      `not supported in a condition`,
		`{"a": 1}.a == 1`:                     `not supported in a condition`,
		`[1].exists(x, x == 1)`:               `undeclared reference`,
		`has(sender.kind)`:                    `undeclared reference to 'has'`,
		`messages / replies > 2`:              `a division needs a literal other than 0`,
		`messages / 0 > 2`:                    `a division needs a literal other than 0`,
		`messages * replies > 2`:              `this can grow beyond what an int holds exactly`,
		`messages > 9007199254740993`:         `is too large; integers go up to 2^53`,
		`risk.pair > 1e301`:                   `is too large`,
		`risk.pair / 1e-299 > 1.0`:            `this can grow beyond what a double holds exactly`,
		`risk.pair == 1`:                      `found no matching overload for '_==_'`,
		`risk.pair + messages > 1.0`:          `found no matching overload for '_+_'`,
		`(text ? event : "gift.sent") == "x"`: `?: chooses between two numbers`,
		`text < link`:                         `only numbers have an order`,
		`event < "x"`:                         `only numbers have an order`,
		`gap == 1u`:                           `found no matching overload`,
		`null == null`:                        `literal of type null_type is not supported`,
		strings.Repeat("(", 200) + "text" + strings.Repeat(")", 200): `line 1`,
		strings.Repeat("!", 5000) + "text":                           `expression code point size exceeds limit`,
	} {
		_, err := o.conditions.compile(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s\n  got  %v\n  want %s", source, err, want)
		}
	}
}

func TestNumbersOutOfBoundsAreReadAsTheNearest(t *testing.T) {
	o := newOracle(t)
	nan := Context{RiskPair: 0}
	nan.RiskPair /= nan.RiskPair
	for _, c := range []struct {
		source string
		in     Context
		want   bool
	}{
		{`risk.pair >= -1000`, nan, true},
		{`risk.pair > -1000.0`, nan, false},
		{`gap == -1`, Context{Gap: -1 << 40}, true},
		{`gap == 150`, Context{Gap: 1 << 40}, true},
		{`level == critical && fresh == 5`, Context{Level: 200, Fresh: 77}, true},
		{`messages == 0`, Context{Messages: -4}, true},
		{`sender.account_hours <= 1000000`, Context{Sender: Account{AccountHours: 1e30}}, true},
	} {
		got, err := o.conditions.compile(c.source)
		if err != nil {
			t.Fatal(err)
		}
		if got.holds(&c.in) != c.want {
			t.Errorf("%s: %v, want %v", c.source, !c.want, c.want)
		}
	}
}
