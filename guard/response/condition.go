package response

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"rowan/event"
	"rowan/guard/signal"
)

// Signals tells the ids of signals. *signal.Taxonomy is one.
type Signals interface {
	Lookup(code string) (signal.ID, bool)
}

// supported is the part of CEL that a condition may use. Every expression in
// it has a value for every context: nothing divides by zero or overflows.
const supported = `supported are && || ! == != < <= > >= + - * / ?: and "in" with a list, the fields of docs/policy.md, seen("A01"), now("A01"), numbers, true and false`

const (
	maxSource = 4096    // code points of a condition
	maxDepth  = 64      // of nesting
	maxExact  = 1 << 53 // integers up to here are exact as float64 too
	maxReal   = 1e300   // far from infinity, so that no difference is NaN
)

// conditions compiles conditions: CEL parses and checks them, then the checked
// expression becomes closures over a Context, which allocate nothing.
type conditions struct {
	env     *cel.Env
	fields  map[string]*field
	levels  map[string]int64
	signals Signals
}

// newConditions makes a compiler. The functions seen and now are declared and
// given no body, since only the closures run; a test passes bodies as extra
// options to compare the closures with CEL's own evaluation.
func newConditions(signals Signals, seen, now cel.OverloadOpt) (*conditions, error) {
	c := &conditions{fields: map[string]*field{}, levels: map[string]int64{}, signals: signals}
	options := []cel.EnvOption{
		cel.StdLib(), cel.ClearMacros(), cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(maxDepth),
	}
	for n, name := range levelWords.list {
		c.levels[name] = int64(n)
		options = append(options, cel.Constant(name, cel.IntType, types.Int(n)))
	}
	list := fields()
	for i := range list {
		f := &list[i]
		c.fields[f.name] = f
		options = append(options, cel.Variable(f.name, [...]*cel.Type{
			boolean: cel.BoolType, integer: cel.IntType, number: cel.DoubleType, word: cel.StringType}[f.kind]))
	}
	for name, body := range map[string]cel.OverloadOpt{"seen": seen, "now": now} {
		var bodies []cel.OverloadOpt
		if body != nil {
			bodies = append(bodies, body)
		}
		options = append(options, cel.Function(name,
			cel.Overload(name+"_signal", []*cel.Type{cel.StringType}, cel.BoolType, bodies...)))
	}
	env, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("set up the condition language: %w", err)
	}
	c.env = env
	return c, nil
}

// condition is a compiled condition. It can hold only for the events and at
// the levels of the two masks (bit n: event type or level n).
type condition struct {
	holds  func(*Context) bool
	events uint32
	levels uint8
}

// compile reads a condition. Its errors name line and column within it.
func (c *conditions) compile(source string) (condition, error) {
	checked, issues := c.env.Compile(source)
	if issues.Err() != nil {
		var all []error
		for _, e := range issues.Errors() {
			text := strings.ReplaceAll(e.Message, " (in container '')", "")
			all = append(all, fmt.Errorf("%s: %s", place(e.Location), text))
		}
		return condition{}, errors.Join(all...)
	}
	tree := checked.NativeRep()
	v, err := c.value(tree.Expr())
	if err == nil && v.kind != boolean {
		err = &fault{tree.Expr().ID(), fmt.Sprintf("this is %s; a condition is true or false", v.kind)}
	}
	if err != nil {
		var at *fault
		if errors.As(err, &at) {
			return condition{}, fmt.Errorf("%s: %s", place(tree.SourceInfo().GetStartLocation(at.id)), at.text)
		}
		return condition{}, err
	}
	return condition{holds: v.b, events: v.events, levels: v.levels}, nil
}

// place names a line and a column from 1; CEL counts columns from 0.
func place(at common.Location) string {
	if at.Line() < 1 {
		return "line 1"
	}
	return fmt.Sprintf("line %d, column %d", at.Line(), at.Column()+1)
}

// fault is what is wrong with the expression of an id.
type fault struct {
	id   int64
	text string
}

func (f *fault) Error() string { return f.text }

func faultf(e ast.Expr, format string, args ...any) error {
	return &fault{e.ID(), fmt.Sprintf(format, args...)}
}

// value is a compiled expression. A boolean has b, an integer i, a number f;
// a word has w and words, or is the literal text.
type value struct {
	kind    kind
	b       func(*Context) bool
	i       func(*Context) int64
	f       func(*Context) float64
	w       func(*Context) uint8
	words   *words
	text    string
	literal bool
	lo, hi  float64 // bounds of an integer or a number
	deps    deps
	events  uint32 // of a boolean: where it can be true
	levels  uint8
}

const (
	anyEvent = math.MaxUint32
	anyLevel = math.MaxUint8
)

func (c *conditions) value(e ast.Expr) (value, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		return literal(e, e.AsLiteral())
	case ast.IdentKind:
		if n, ok := c.levels[e.AsIdent()]; ok {
			return wholeLiteral(n), nil
		}
		if f, ok := c.fields[e.AsIdent()]; ok {
			if f.kind == boolean {
				return boolValue(f.deps, f.b), nil
			}
			return value{kind: f.kind, i: f.i, f: f.f, w: f.w, words: f.words, lo: f.lo, hi: f.hi, deps: f.deps}, nil
		}
		return value{}, faultf(e, "%q is no field of a condition; %s", e.AsIdent(), supported)
	case ast.CallKind:
		return c.call(e, e.AsCall())
	}
	return value{}, faultf(e, "this is not supported in a condition; %s", supported)
}

func literal(e ast.Expr, v ref.Val) (value, error) {
	switch v := v.(type) {
	case types.Bool:
		held := bool(v)
		return boolValue(0, func(*Context) bool { return held }), nil
	case types.Int:
		if v > maxExact || v < -maxExact {
			return value{}, faultf(e, "%d is too large; integers go up to 2^53", int64(v))
		}
		return wholeLiteral(int64(v)), nil
	case types.Double:
		n := float64(v)
		if !(math.Abs(n) <= maxReal) {
			return value{}, faultf(e, "%g is too large", n)
		}
		return value{kind: number, f: func(*Context) float64 { return n }, lo: n, hi: n, literal: true}, nil
	case types.String:
		return value{kind: word, text: string(v), literal: true}, nil
	}
	return value{}, faultf(e, "a literal of type %s is not supported; %s", v.Type().TypeName(), supported)
}

func wholeLiteral(n int64) value {
	return value{kind: integer, i: func(*Context) int64 { return n }, lo: float64(n), hi: float64(n), literal: true}
}

// boolValue makes a boolean and finds out where it can be true. What depends
// on the event or on the level alone is tried for each.
func boolValue(d deps, b func(*Context) bool) value {
	v := value{kind: boolean, b: b, deps: d, events: anyEvent, levels: anyLevel}
	if d&^onEvent == 0 {
		v.events = 0
		for n := range 32 {
			if b(&Context{Event: event.Type(n)}) {
				v.events |= 1 << n
			}
		}
	}
	if d&^onLevel == 0 {
		v.levels = 0
		for n := range 8 {
			if b(&Context{Level: Level(n)}) {
				v.levels |= 1 << n
			}
		}
	}
	return v
}

func (c *conditions) call(e ast.Expr, call ast.CallExpr) (value, error) {
	name := call.FunctionName()
	switch name {
	case "seen", "now":
		return c.signal(e, name, call)
	case operators.In:
		return c.in(e, call)
	}
	if call.IsMemberFunction() {
		return value{}, faultf(e, "%s() is not supported in a condition; %s", name, supported)
	}
	args := make([]value, len(call.Args()))
	for i, arg := range call.Args() {
		v, err := c.value(arg)
		if err != nil {
			return value{}, err
		}
		args[i] = v
	}
	switch name {
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
		return logic(name, args), nil
	case operators.Equals, operators.NotEquals:
		return equal(e, name == operators.NotEquals, args[0], args[1])
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return order(e, name, args[0], args[1])
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Negate:
		return arithmetic(e, name, args)
	case operators.Conditional:
		return choice(e, args[0], args[1], args[2])
	}
	shown := name
	if symbol, ok := operators.FindReverse(name); ok && symbol != "" {
		shown = symbol
	}
	return value{}, faultf(e, "%q is not supported in a condition; %s", shown, supported)
}

// signal compiles seen("A01") and now("A01").
func (c *conditions) signal(e ast.Expr, name string, call ast.CallExpr) (value, error) {
	arg := call.Args()[0]
	code, ok := ref.Val(nil), arg.Kind() == ast.LiteralKind
	if ok {
		code = arg.AsLiteral()
	}
	text, isText := code.(types.String)
	if !ok || !isText {
		return value{}, faultf(arg, "%s() takes the code of a signal in quotes", name)
	}
	id, ok := c.signals.Lookup(string(text))
	if !ok || id == 0 || id > 63 {
		return value{}, faultf(arg, "%q is no signal of the taxonomy", string(text))
	}
	bit := SignalBit(id)
	if name == "seen" {
		return boolValue(onOther, func(c *Context) bool { return c.Seen&bit != 0 }), nil
	}
	return boolValue(onOther, func(c *Context) bool { return c.New&bit != 0 }), nil
}

// in compiles membership in a list: of words a bit test, of numbers a search.
func (c *conditions) in(e ast.Expr, call ast.CallExpr) (value, error) {
	left, err := c.value(call.Args()[0])
	if err != nil {
		return value{}, err
	}
	if left.kind == boolean {
		return value{}, faultf(e, `"in" compares words or numbers`)
	}
	list := call.Args()[1]
	if list.Kind() != ast.ListKind || len(list.AsList().OptionalIndices()) != 0 || list.AsList().Size() == 0 {
		return value{}, faultf(list, `"in" needs a list with something in it, such as ["direct", "group"]`)
	}
	var set uint64
	var wholes []int64
	var reals []float64
	for _, element := range list.AsList().Elements() {
		v, err := c.value(element)
		switch {
		case err != nil:
			return value{}, err
		case !v.literal || v.kind != left.kind || left.literal:
			return value{}, faultf(element, `"in" compares a field with literals of its own type`)
		}
		switch v.kind {
		case word:
			n, err := left.words.parse(v.text)
			if err != nil {
				return value{}, faultf(element, "%s", err)
			}
			set |= 1 << n
		case integer:
			wholes = append(wholes, v.i(nil))
		case number:
			reals = append(reals, v.f(nil))
		}
	}
	switch left.kind {
	case word:
		return boolValue(left.deps, func(c *Context) bool { return set>>left.w(c)&1 != 0 }), nil
	case integer:
		return boolValue(left.deps, func(c *Context) bool { return slices.Contains(wholes, left.i(c)) }), nil
	}
	return boolValue(left.deps, func(c *Context) bool { return slices.Contains(reals, left.f(c)) }), nil
}
