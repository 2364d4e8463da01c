package response

import (
	"fmt"
	"math"
	"strings"

	"pgregory.net/rapid"

	"rowan/event"
)

// contexts draws contexts, some with values that an engine should not send.
func contexts() *rapid.Generator[Context] {
	small := func(t *rapid.T, name string) int {
		return rapid.OneOf(rapid.IntRange(-2, 12), rapid.Just(math.MaxInt), rapid.Just(math.MinInt)).Draw(t, name)
	}
	real := func(t *rapid.T, name string) float64 {
		return rapid.OneOf(rapid.Float64Range(-12, 12), rapid.SampledFrom([]float64{0, 1, 2, 8, 72, 1e300, math.Inf(1), math.Inf(-1), math.NaN()})).Draw(t, name)
	}
	flag := func(t *rapid.T, name string) bool { return rapid.Bool().Draw(t, name) }
	account := func(t *rapid.T, name string) Account {
		return Account{
			Kind:  rapid.Uint8Range(0, 3).Draw(t, name+" kind"),
			Lower: rapid.Uint8Range(0, 40).Draw(t, name+" lower"), Upper: rapid.Uint8().Draw(t, name+" upper"),
			AgeKnown: flag(t, name+" known"), AccountHours: real(t, name+" hours"),
		}
	}
	return rapid.Custom(func(t *rapid.T) Context {
		c := Context{
			Level:    Level(rapid.Uint8Range(0, 4).Draw(t, "level")),
			Before:   Level(rapid.Uint8Range(0, 4).Draw(t, "before")),
			RiskPair: real(t, "pair"), RiskActor: real(t, "actor"),
			Stages: small(t, "stages"), Signals: small(t, "signals"), Severity: small(t, "severity"), Fresh: small(t, "fresh"),
			Seen: rapid.Uint64().Draw(t, "seen"), New: rapid.Uint64().Draw(t, "new"),
			Event:   event.Type(rapid.OneOf(rapid.Uint8Range(0, 17), rapid.SampledFrom([]uint8{12, 12, 40, 255})).Draw(t, "event")),
			Channel: event.Channel(rapid.Uint8Range(0, 7).Draw(t, "channel")),
			HasText: flag(t, "text"), Media: flag(t, "media"), Link: flag(t, "link"), Ephemeral: flag(t, "ephemeral"), Video: flag(t, "video"),
			Sender: account(t, "sender"), Recipient: account(t, "recipient"), FromActor: flag(t, "from"),
			Gap: small(t, "gap"), GapKnown: flag(t, "gap known"),
			Connected: flag(t, "connected"), FirstContact: flag(t, "first"), Requested: flag(t, "requested"), Declined: flag(t, "declined"),
			Blocked: flag(t, "blocked"), Peers: flag(t, "peers"), MutualFriends: small(t, "mutual"),
			Origin:    event.Origin(rapid.Uint8Range(0, 6).Draw(t, "origin")),
			Relation:  event.Relation(rapid.Uint8Range(0, 5).Draw(t, "relation")),
			Protected: flag(t, "protected"), Messages: small(t, "messages"), Replies: small(t, "replies"), Refusals: small(t, "refusals"),
			Distress: flag(t, "distress"), TextSeen: flag(t, "text seen"), Scored: flag(t, "scored"),
		}
		for n := 1; n <= 22; n++ {
			c.Conduct[n] = float32(real(t, fmt.Sprint("M", n)))
		}
		return c
	})
}

// grammar draws expressions of the supported language.
type grammar struct{ byKind map[kind][]field }

func newGrammar() grammar {
	g := grammar{map[kind][]field{}}
	for _, f := range fields() {
		g.byKind[f.kind] = append(g.byKind[f.kind], f)
	}
	return g
}

func (g grammar) field(t *rapid.T, k kind) field {
	return rapid.SampledFrom(g.byKind[k]).Draw(t, "field")
}

func pick(t *rapid.T, n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }

func (g grammar) boolean(t *rapid.T, depth int) string {
	n := 9
	if depth == 0 {
		n = 5
	}
	sub := func() string { return g.boolean(t, depth-1) }
	switch pick(t, n) {
	case 0:
		return g.field(t, boolean).name
	case 1:
		f := g.field(t, word)
		return fmt.Sprintf("(%s %s %q)", f.name, rapid.SampledFrom([]string{"==", "!="}).Draw(t, "op"), rapid.SampledFrom(f.words.list).Draw(t, "word"))
	case 2:
		f := g.field(t, word)
		list := rapid.SliceOfN(rapid.SampledFrom(f.words.list), 1, 4).Draw(t, "words")
		return "(" + f.name + ` in ["` + strings.Join(list, `", "`) + `"])`
	case 3:
		return rapid.SampledFrom([]string{"seen", "now"}).Draw(t, "set") + `("` + rapid.SampledFrom([]string{"A01", "F01", "V02", "G02"}).Draw(t, "code") + `")`
	case 4:
		return rapid.SampledFrom([]string{"true", "false", "(sender.kind == recipient.kind)", "(level in [watch, high])", "(gap in [1, -1, 5])", "(risk.pair in [0.0, 2.0])"}).Draw(t, "other")
	case 5:
		return "(" + sub() + rapid.SampledFrom([]string{" && ", " || ", " == ", " != "}).Draw(t, "logic") + sub() + ")"
	case 6:
		return "!(" + sub() + ")"
	case 7:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	}
	compare := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "compare")
	left, right := rapid.SampledFrom([]kind{integer, number}).Draw(t, "left"), rapid.SampledFrom([]kind{integer, number}).Draw(t, "right")
	if compare == "==" || compare == "!=" {
		right = left // CEL compares the two types in order only
	}
	return "(" + g.number(t, left, depth-1) + " " + compare + " " + g.number(t, right, depth-1) + ")"
}

func (g grammar) number(t *rapid.T, k kind, depth int) string {
	n := 6
	if depth <= 0 {
		n = 3
	}
	literal := func() string {
		v := rapid.IntRange(-9, 9).Draw(t, "literal")
		if k == number {
			return fmt.Sprintf("%d.5", v)
		}
		return fmt.Sprint(v)
	}
	sub := func() string { return g.number(t, k, depth-1) }
	switch pick(t, n) {
	case 0:
		return g.field(t, k).name
	case 1:
		return literal()
	case 2:
		if k == integer {
			return rapid.SampledFrom(append([]string{"(fresh * gap)", "(gap * gap)"}, levelWords.list...)).Draw(t, "level")
		}
		return "0.0"
	case 3:
		return "(" + sub() + rapid.SampledFrom([]string{" + ", " - "}).Draw(t, "op") + sub() + ")"
	case 4:
		divisor := rapid.SampledFrom([]string{"2", "-3", "7"}).Draw(t, "divisor")
		if k == number {
			divisor += ".0"
		}
		return "(" + sub() + rapid.SampledFrom([]string{" * ", " / "}).Draw(t, "op") + divisor + ")"
	}
	if rapid.Bool().Draw(t, "negate") {
		return "-(" + sub() + ")"
	}
	return "(" + g.boolean(t, 0) + " ? " + sub() + " : " + sub() + ")"
}
