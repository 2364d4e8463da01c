package returns

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// tally evaluates one query over one span. Leaves come in the order of the log,
// those before the span too: a median counts from them.
type tally struct {
	q     *Query
	parts map[string]*part   // by item; "" is all
	since map[string]int64   // when the first leaf of Since was, by what it is about
	seen  map[[2]string]bool // what leaves that count were about, and their numbers
	err   error
}

type part struct {
	n, of  int64
	things map[string]bool
	took   []int64
}

func newTally(q *Query) *tally {
	return &tally{q: q, parts: map[string]*part{"": {}}, since: map[string]int64{}, seen: map[[2]string]bool{}}
}

func (t *tally) part(item string) *part {
	p := t.parts[item]
	if p == nil {
		p = &part{}
		t.parts[item] = p
	}
	return p
}

// leaf takes a leaf in; in says that it lies in the span.
func (t *tally) leaf(r *ledger.Record, in bool) {
	switch {
	case t.q.Over == Commits && in && r.Commit != nil:
		t.parts[""].n += r.Commit.Count
	case t.q.Over != Leaves || r.Kind != t.q.Kind || !t.about(r.Of) || t.again(r):
	case t.q.Take == Median && slices.Contains(t.q.Since, r.What):
		if _, ok := t.since[r.Of]; !ok {
			t.since[r.Of] = r.At
		}
	case len(t.q.What) > 0 && !slices.Contains(t.q.What, r.What) || !hold(r.Facts, t.q.Among) || t.barred(r):
	case t.q.Take == Median && t.q.Fact == "":
		if from, ok := t.since[r.Of]; ok && hold(r.Facts, t.q.Facts) {
			delete(t.since, r.Of)
			if in {
				t.each(r, func(p *part) { p.took = append(p.took, r.At-from) })
			}
		}
	case !in:
	case t.q.Take == Share:
		held := hold(r.Facts, t.q.Facts)
		t.each(r, func(p *part) {
			p.of++
			if held {
				p.n++
			}
		})
	case hold(r.Facts, t.q.Facts):
		t.add(r)
	}
}

func (t *tally) add(r *ledger.Record) {
	switch t.q.Take {
	case Count:
		t.each(r, func(p *part) { p.n++ })
	case Distinct:
		t.each(r, func(p *part) {
			if p.things == nil {
				p.things = map[string]bool{}
			}
			p.things[r.Of] = true
		})
	case Median, Sum:
		n, err := strconv.ParseInt(r.Facts[t.q.Fact], 10, 64)
		if err != nil || n < 0 {
			t.err = fmt.Errorf("a leaf about %s has no whole number as its %s", r.Of, t.q.Fact)
			return
		}
		if t.q.Take == Median {
			t.each(r, func(p *part) { p.took = append(p.took, n) })
			return
		}
		t.each(r, func(p *part) {
			if p.n > math.MaxInt64-n {
				t.err = errors.New("the sum is too great")
				return
			}
			p.n += n
		})
	}
}

// each calls do for all and for the items of a leaf.
func (t *tally) each(r *ledger.Record, do func(*part)) {
	do(t.parts[""])
	if t.q.By == "" || r.Facts[t.q.By] == "" {
		return
	}
	items := strings.Split(r.Facts[t.q.By], ",")
	slices.Sort(items)
	for _, item := range slices.Compact(items) {
		if item != "" {
			do(t.part(item))
		}
	}
}

// again reports whether a leaf that may count has been there before.
func (t *tally) again(r *ledger.Record) bool {
	number, ok := r.Facts[t.q.Once]
	if t.q.Once == "" || !ok || len(t.q.What) > 0 && !slices.Contains(t.q.What, r.What) && !slices.Contains(t.q.Since, r.What) {
		return false
	}
	key := [2]string{r.Of, number}
	was := t.seen[key]
	t.seen[key] = true
	return was
}

// barred reports whether a leaf has a fact that it must not have.
func (t *tally) barred(r *ledger.Record) bool {
	return slices.ContainsFunc(t.q.Without, func(name string) bool { _, ok := r.Facts[name]; return ok })
}

// about reports whether a leaf is about the kind of thing that is counted.
func (t *tally) about(of string) bool {
	if t.q.Of == "" {
		return true
	}
	kind, _, _ := strings.Cut(of, "/")
	return kind == t.q.Of
}

// hold reports whether facts are as asked.
func hold(facts map[string]string, asked map[string][]string) bool {
	for name, values := range asked {
		v, ok := facts[name]
		if !ok || len(values) > 0 && !slices.Contains(values, v) {
			return false
		}
	}
	return true
}

// decision takes a decision of the span in.
func (t *tally) decision(d *ledger.Decided) {
	q := t.q
	any := func(words []string, word string) bool { return len(words) == 0 || slices.Contains(words, word) }
	if q.Over != Decisions || q.Case && !d.Case || !any(q.Types, d.Type) || !any(q.Actions, d.Action) || !any(q.Levels, d.Level) {
		return
	}
	if len(q.Accounts) > 0 && !slices.ContainsFunc(strings.Split(d.Account, ","), func(a string) bool { return a != "" && slices.Contains(q.Accounts, a) }) {
		return
	}
	t.parts[""].n++
	if q.By != "" {
		t.part(map[string]string{"type": d.Type, "action": d.Action, "level": d.Level}[q.By]).n++
	}
}

// answer is what a tally came to for one item.
type answer struct {
	item  string
	value *Value
	why   string
}

// answers are those of all and then of each item, in the order of the alphabet.
func (t *tally) answers() (out []answer) {
	for _, item := range slices.Sorted(maps.Keys(t.parts)) {
		a := answer{item: item}
		switch p := t.parts[item]; {
		case t.err != nil:
			a.why = t.err.Error()
		case t.q.Take == Distinct:
			a.value = Whole(int64(len(p.things)))
		case t.q.Take == Share:
			a.value = Part(p.n, p.of)
		case t.q.Take == Median && len(p.took) == 0:
			a.why = "there was nothing to take the median of"
		case t.q.Take == Median:
			slices.Sort(p.took)
			low, high := p.took[(len(p.took)-1)/2], p.took[len(p.took)/2]
			a.value = Whole(low + (high-low)/2)
		default:
			a.value = Whole(p.n)
		}
		out = append(out, a)
	}
	return out
}

// tree is the right edge of a growing Merkle tree: enough for its root.
type tree struct {
	n     int64
	edges []tlog.Hash // of the full subtrees, the largest first
}

func (t *tree) add(h tlog.Hash) {
	for n := t.n; n&1 == 1; n >>= 1 {
		last := len(t.edges) - 1
		h = tlog.NodeHash(t.edges[last], h)
		t.edges = t.edges[:last]
	}
	t.edges = append(t.edges, h)
	t.n++
}

func (t *tree) root() tlog.Hash {
	if t.n == 0 {
		return emptyRoot
	}
	root := t.edges[len(t.edges)-1]
	for _, h := range slices.Backward(t.edges[:len(t.edges)-1]) {
		root = tlog.NodeHash(h, root)
	}
	return root
}

// emptyRoot is that of a tree without leaves (RFC 6962): SHA-256 of nothing.
var emptyRoot = tlog.Hash{
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
}
