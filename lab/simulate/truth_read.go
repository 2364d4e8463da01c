package simulate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// The words of kind.
const (
	kindSimulation = "simulation"
	kindAccount    = "account"
	kindPair       = "pair"
	kindTotals     = "totals"
)

// maxTruthLine is the length in bytes above which a line is refused.
const maxTruthLine = 16 << 20

// TruthError is what is wrong with a truth file, and where. It never quotes
// the file.
type TruthError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *TruthError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap is the reason.
func (e *TruthError) Unwrap() error { return e.Err }

// ReadTruth reads a truth file line by line, gzip-compressed or plain. name is
// for error messages. It is strict: unknown or missing members, wrong values,
// lines out of place and a missing end are errors, each a *TruthError, and
// reading stops at the first.
func ReadTruth(name string, r io.Reader) iter.Seq2[Truth, error] {
	return func(yield func(Truth, error) bool) {
		in := bufio.NewReaderSize(r, 1<<16)
		if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
			z, err := gzip.NewReader(in)
			if err != nil {
				yield(Truth{}, &TruthError{File: name, Line: 1, Err: err})
				return
			}
			in = bufio.NewReaderSize(z, 1<<16)
		}
		s := bufio.NewScanner(in)
		s.Buffer(nil, maxTruthLine)
		var order truthOrder
		n := 0
		fail := func(err error) { yield(Truth{}, &TruthError{File: name, Line: max(n, 1), Err: err}) }
		for s.Scan() {
			n++
			line := bytes.TrimSpace(s.Bytes())
			if len(line) == 0 {
				continue
			}
			t, err := parseTruth(line)
			if err == nil {
				err = order.check(t)
			}
			if err != nil {
				fail(err)
				return
			}
			if !yield(t, nil) {
				return
			}
		}
		switch err := s.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			n++
			fail(fmt.Errorf("longer than %d bytes", maxTruthLine))
		case err != nil:
			fail(err)
		case !order.ended:
			fail(errors.New("the file has no totals at its end; it is not whole"))
		}
	}
}

// truthOrder holds what has been read so far.
type truthOrder struct{ begun, ended bool }

func (o *truthOrder) check(t Truth) error {
	switch {
	case o.ended:
		return errors.New("there is more behind the totals")
	case t.Simulation != nil && o.begun:
		return errors.New("a second simulation line")
	case t.Simulation == nil && !o.begun:
		return errors.New("the first line is not the simulation")
	}
	o.begun = true
	o.ended = t.Totals != nil
	return nil
}

// parseTruth reads one line.
func parseTruth(line []byte) (Truth, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(line, &members); err != nil {
		return Truth{}, plainError(err)
	}
	var t Truth
	var into any
	var required []string
	var check func() error
	switch string(members["kind"]) {
	case quoted(kindSimulation):
		t.Simulation = &Simulation{}
		into, check = &simulationLine{Simulation: t.Simulation}, t.Simulation.check
		required = []string{"version", "seed", "accounts", "days", "start", "prevalence", "balanced", "ordinary_sample", "simulated"}
	case quoted(kindAccount):
		t.Account = &Account{}
		into, check = &accountLine{Account: t.Account}, t.Account.check
		required = []string{"id", "true_age", "stated_age", "register", "policy"}
	case quoted(kindPair):
		t.Pair = &Pair{}
		into, check = &pairLine{Pair: t.Pair}, t.Pair.check
		required = []string{"actor", "other", "label", "policy", "family", "split", "first_event", "first_at"}
	case quoted(kindTotals):
		t.Totals = &Totals{}
		into, check = &totalsLine{Totals: t.Totals}, t.Totals.check
		required = []string{"events", "messages", "accounts", "adults", "pairs", "active", "active_adults"}
	default:
		return Truth{}, errors.New("kind is not simulation, account, pair or totals")
	}
	if err := json.Unmarshal(line, into, json.RejectUnknownMembers(true)); err != nil {
		return Truth{}, plainError(err)
	}
	for _, name := range required {
		if _, ok := members[name]; !ok {
			return Truth{}, fmt.Errorf("%s is missing", name)
		}
	}
	if err := check(); err != nil {
		return Truth{}, err
	}
	return t, nil
}

func quoted(word string) string { return `"` + word + `"` }

func (s *Simulation) check() error {
	switch {
	case s.Version == "":
		return errors.New("version is empty")
	case s.Accounts < 1 || s.Days < 1:
		return errors.New("accounts and days are at least 1")
	case s.Start.IsZero():
		return errors.New("start is not a time")
	case !share(s.Prevalence) || !share(s.OrdinarySample):
		return errors.New("prevalence and ordinary_sample lie between 0 and 1")
	case !s.Simulated:
		return errors.New("simulated is not true")
	}
	return nil
}

func (a *Account) check() error {
	switch {
	case a.ID == "":
		return errors.New("id is empty")
	case a.TrueAge < 0 || a.TrueAge > 150 || a.StatedAge != nil && (*a.StatedAge < 0 || *a.StatedAge > 150):
		return errors.New("an age lies between 0 and 150")
	case a.Register == "":
		return errors.New("register is empty")
	}
	return nil
}

func (p *Pair) check() error {
	switch {
	case p.Actor == "" || p.Other == "":
		return errors.New("actor or other is empty")
	case p.Actor == p.Other:
		return errors.New("actor and other are the same account")
	case p.Label != Harmful && p.Label != LookAlike && p.Label != Ordinary:
		return errors.New("label is not harmful, look_alike or ordinary")
	case p.Split != Tuned && p.Split != Held:
		return errors.New("split is neither tuned nor held")
	case (p.Label == Ordinary) != (p.Policy == ""):
		return errors.New("every pair but an ordinary one has a policy")
	case (p.Policy == "") != (p.Family == ""):
		return errors.New("a pair with a policy has a family")
	case p.FirstEvent == "" || p.FirstAt.IsZero():
		return errors.New("first_event or first_at is empty")
	case (p.HarmEvent == "") != (p.HarmAt == nil):
		return errors.New("harm_event and harm_at go together")
	case p.HarmAt != nil && p.Label != Harmful:
		return errors.New("only a harmful pair has harm")
	case p.HarmAt != nil && p.HarmAt.Before(p.FirstAt):
		return errors.New("harm_at is before first_at")
	}
	for i, s := range p.Signals {
		if s.Event == "" || s.Code == "" {
			return fmt.Errorf("signals[%d] has no event or no code", i)
		}
	}
	return nil
}

func (t *Totals) check() error {
	if t.Events < 0 || t.Messages < 0 || t.Messages > t.Events {
		return errors.New("events and messages do not fit together")
	}
	if t.Adults < 0 || t.Adults > t.Accounts {
		return errors.New("adults and accounts do not fit together")
	}
	if len(t.Active) != len(t.ActiveAdults) {
		return errors.New("active and active_adults have not the same number of days")
	}
	for i := range t.Active {
		if t.ActiveAdults[i] < 0 || t.ActiveAdults[i] > t.Active[i] || t.Active[i] > t.Accounts {
			return fmt.Errorf("active[%d] does not fit", i)
		}
	}
	for label, n := range t.Pairs {
		if label != Harmful && label != LookAlike && label != Ordinary || n < 0 {
			return errors.New("pairs has an unknown label or a negative number")
		}
	}
	return nil
}

func share(x float64) bool { return x >= 0 && x <= 1 }

// plainError says what is wrong with a line without its contents.
func plainError(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not valid JSON at byte %d", syntax.ByteOffset)
	}
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		if errors.Is(err, json.ErrUnknownName) {
			return errors.New("a member that this kind of line does not have")
		}
		return fmt.Errorf("wrong type or value at %s", where(wrong.JSONPointer))
	}
	return errors.New("not a truth line")
}

// where names the first member of a pointer: what stands below may be text of
// the file, such as an unknown label.
func where(p jsontext.Pointer) string {
	for token := range p.Tokens() {
		return token
	}
	return "the top level"
}
