package response

import (
	"math"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// logic compiles && || and !, and carries the masks of the pre-filter.
func logic(name string, args []value) value {
	if name == operators.LogicalNot {
		of := args[0].b
		return boolValue(args[0].deps, func(c *Context) bool { return !of(c) })
	}
	v := args[0]
	v.literal = false
	for _, right := range args[1:] {
		a, b := v.b, right.b
		v.deps |= right.deps
		if name == operators.LogicalAnd {
			v.b = func(c *Context) bool { return a(c) && b(c) }
			v.events &= right.events
			v.levels &= right.levels
		} else {
			v.b = func(c *Context) bool { return a(c) || b(c) }
			v.events |= right.events
			v.levels |= right.levels
		}
	}
	return v
}

func equal(e ast.Expr, not bool, a, b value) (value, error) {
	if a.kind != b.kind {
		return value{}, faultf(e, "%s is never equal to %s", a.kind, b.kind)
	}
	d := a.deps | b.deps
	switch a.kind {
	case boolean:
		return boolValue(d, func(c *Context) bool { return (a.b(c) == b.b(c)) != not }), nil
	case integer:
		if b.literal {
			n := b.i(nil)
			return boolValue(d, func(c *Context) bool { return (a.i(c) == n) != not }), nil
		}
		return boolValue(d, func(c *Context) bool { return (a.i(c) == b.i(c)) != not }), nil
	case number:
		return boolValue(d, func(c *Context) bool { return (a.f(c) == b.f(c)) != not }), nil
	}
	if a.literal {
		a, b = b, a
	}
	switch {
	case a.literal:
		return value{}, faultf(e, "two literals are compared; one side must be a field")
	case b.literal:
		n, err := a.words.parse(b.text)
		if err != nil {
			return value{}, faultf(e, "%s", err)
		}
		return boolValue(d, func(c *Context) bool { return (a.w(c) == n) != not }), nil
	case a.words != b.words:
		return value{}, faultf(e, "a word of one list (%s) is compared with one of another (%s)", a.words.noun, b.words.noun)
	}
	return boolValue(d, func(c *Context) bool { return (a.w(c) == b.w(c)) != not }), nil
}

// order compiles < <= > >= of numbers. Operands are swapped and the result
// turned so that only < remains; no operand is ever NaN, so that is exact.
func order(e ast.Expr, name string, a, b value) (value, error) {
	if !a.numeric() || !b.numeric() {
		return value{}, faultf(e, "only numbers have an order")
	}
	if name == operators.Greater || name == operators.LessEquals {
		a, b = b, a
	}
	not := name == operators.LessEquals || name == operators.GreaterEquals
	d := a.deps | b.deps
	switch {
	case a.kind == integer && b.kind == integer && b.literal:
		n := b.i(nil)
		return boolValue(d, func(c *Context) bool { return (a.i(c) < n) != not }), nil
	case a.kind == integer && b.kind == integer && a.literal:
		n := a.i(nil)
		return boolValue(d, func(c *Context) bool { return (n < b.i(c)) != not }), nil
	case a.kind == integer && b.kind == integer:
		return boolValue(d, func(c *Context) bool { return (a.i(c) < b.i(c)) != not }), nil
	}
	left, right := a.real(), b.real()
	switch {
	case b.literal:
		n := right(nil)
		return boolValue(d, func(c *Context) bool { return (left(c) < n) != not }), nil
	case a.literal:
		n := left(nil)
		return boolValue(d, func(c *Context) bool { return (n < right(c)) != not }), nil
	}
	return boolValue(d, func(c *Context) bool { return (left(c) < right(c)) != not }), nil
}

func (v value) numeric() bool { return v.kind == integer || v.kind == number }

func (v value) real() func(*Context) float64 {
	if v.kind == integer {
		of := v.i
		return func(c *Context) float64 { return float64(of(c)) }
	}
	return v.f
}

// arithmetic compiles + - * / and follows the bounds of the operands, so that
// an expression that could overflow is refused when it is loaded.
func arithmetic(e ast.Expr, name string, args []value) (value, error) {
	a, b := args[0], args[len(args)-1]
	if !a.numeric() || a.kind != b.kind {
		return value{}, faultf(e, "arithmetic takes two numbers of the same type, int or double")
	}
	v := value{kind: a.kind, deps: a.deps | b.deps}
	switch name {
	case operators.Negate:
		v.bound(-a.lo, -a.hi)
		v.i, v.f = func(c *Context) int64 { return -a.i(c) }, func(c *Context) float64 { return -a.f(c) }
	case operators.Add:
		v.bound(a.lo+b.lo, a.hi+b.hi)
		v.i, v.f = func(c *Context) int64 { return a.i(c) + b.i(c) }, func(c *Context) float64 { return a.f(c) + b.f(c) }
	case operators.Subtract:
		v.bound(a.lo-b.hi, a.hi-b.lo)
		v.i, v.f = func(c *Context) int64 { return a.i(c) - b.i(c) }, func(c *Context) float64 { return a.f(c) - b.f(c) }
	case operators.Multiply:
		v.bound(a.lo*b.lo, a.lo*b.hi, a.hi*b.lo, a.hi*b.hi)
		v.i, v.f = func(c *Context) int64 { return a.i(c) * b.i(c) }, func(c *Context) float64 { return a.f(c) * b.f(c) }
	case operators.Divide:
		if !b.literal || b.lo == 0 {
			return value{}, faultf(e, "a division needs a literal other than 0 below the line; multiply the other side of the comparison instead")
		}
		v.bound(a.lo/b.lo, a.hi/b.lo)
		if v.kind == integer {
			v.bound(math.Trunc(v.lo), math.Trunc(v.hi))
		}
		v.i, v.f = func(c *Context) int64 { return a.i(c) / b.i(c) }, func(c *Context) float64 { return a.f(c) / b.f(c) }
	}
	if v.kind == integer {
		v.f = nil
	} else {
		v.i = nil
	}
	limit := float64(maxExact)
	if v.kind == number {
		limit = maxReal
	}
	if !(math.Abs(v.lo) <= limit && math.Abs(v.hi) <= limit) {
		return value{}, faultf(e, "this can grow beyond what %s holds exactly", v.kind)
	}
	return v, nil
}

// bound sets the bounds to the least and greatest of ends.
func (v *value) bound(ends ...float64) {
	v.lo, v.hi = math.Inf(1), math.Inf(-1)
	for _, end := range ends {
		v.lo, v.hi = min(v.lo, end), max(v.hi, end)
	}
}

func choice(e ast.Expr, when, a, b value) (value, error) {
	if a.kind != b.kind || a.kind == word {
		return value{}, faultf(e, "?: chooses between two numbers of the same type or two conditions")
	}
	test, d := when.b, when.deps|a.deps|b.deps
	v := value{kind: a.kind, deps: d}
	switch a.kind {
	case boolean:
		return boolValue(d, func(c *Context) bool {
			if test(c) {
				return a.b(c)
			}
			return b.b(c)
		}), nil
	case integer:
		v.i = func(c *Context) int64 {
			if test(c) {
				return a.i(c)
			}
			return b.i(c)
		}
	case number:
		v.f = func(c *Context) float64 {
			if test(c) {
				return a.f(c)
			}
			return b.f(c)
		}
	}
	v.bound(a.lo, a.hi, b.lo, b.hi)
	return v, nil
}
