package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/rulebook"
)

const moment = 1_764_000_000_000 // 2025-11-24, Unix milliseconds

func planner(t *testing.T, jurisdictions ...string) *conformance.Planner {
	t.Helper()
	day, err := rulebook.ParseDate("2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	p, err := conformance.NewPlanner(book(t), scope(jurisdictions...), day)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func decoded(t testing.TB, line string) *conformance.Account {
	t.Helper()
	b, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	var a conformance.Account
	if err := conformance.NewDecoder(b.Catalogue()).Decode([]byte(line), &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

func TestPlan(t *testing.T) {
	p := planner(t, "gb")
	for name, tc := range map[string]struct{ line, changes, kept string }{
		"at the default":       {fourteen + `,"settings":{"dm_from":"connections"}`, "", ""},
		"stricter":             {fourteen + `,"settings":{"dm_from":"nobody"}`, "", ""},
		"weaker":               {fourteen + `,"settings":{"dm_from":"everyone"}`, "dm_from everyone connections not_relaxed gb.f1-e", ""},
		"relaxed and informed": {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child","shown":true}}`, "", "dm_from everyone child"},
		"not informed":         {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child"}}`, "dm_from everyone connections not_shown gb.f1-e", ""},
		"by a guardian":        {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"guardian","verified":true}}`, "", "dm_from everyone guardian"},
		"by somebody else":     {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"guardian"}}`, "dm_from everyone connections not_a_guardian gb.f1-e", ""},
		"too far":              {fourteen + `,"settings":{"data_sharing":"on"},"relaxed":{"data_sharing":{"by":"child","shown":true}}`, "data_sharing on off beyond gb.ico-9", ""},
		"an adult":             {`"age":{"method":"verification","lower":30,"upper":30},"settings":{"dm_from":"everyone"}`, "", ""},
		"an unknown age":       {`"settings":{"dm_from":"everyone"}`, "dm_from everyone connections not_relaxed gb.f1-e", ""},
	} {
		move := p.Plan(decoded(t, `{"account":"a",`+tc.line+"}"))
		var changes, kept []string
		for _, c := range move.Changes {
			changes = append(changes, strings.Join([]string{c.Setting, c.From, c.To, c.Why, strings.Join(c.Rules, " ")}, " "))
		}
		for _, k := range move.Kept {
			kept = append(kept, k.Setting+" "+k.Value+" "+k.By)
		}
		if got := strings.Join(changes, ", "); got != tc.changes || strings.Join(kept, ", ") != tc.kept {
			t.Errorf("%s: changes %q, keeps %q; want %q and %q", name, got, kept, tc.changes, tc.kept)
		}
	}
}

// An account that a plan was carried out on has nothing more to change, and the
// checker finds no setting of it weaker than a rule in force.
func TestAPlanLeavesNothingToDo(t *testing.T) {
	p, c := planner(t), checker(t, scope(), "2026-11-25", 3)
	catalogue := c.Rules().Catalogue()
	d := conformance.NewDecoder(catalogue)
	made := newPopulation(catalogue, 1<<30)
	rapid.Check(t, func(rt *rapid.T) {
		line := []byte(string(made.append(nil)))
		var a conformance.Account
		if err := d.Decode(bytes.TrimSpace(line), &a); err != nil {
			rt.Fatal(err)
		}
		a.Contacts = nil
		for place := range catalogue.Len() {
			a.Settings[place] = rapid.Uint8Range(0, catalogue.Setting(place).Loosest()+1).Draw(rt, "value")
		}
		a.Relaxed = slices.DeleteFunc(a.Relaxed, func(r conformance.Relaxation) bool { return a.Settings[r.Place] == 0 })
		move := p.Plan(&a)
		for _, change := range move.Changes {
			place, _ := catalogue.Place(change.Setting)
			rank, _ := catalogue.Setting(place).Rank(change.To)
			if rank >= a.Settings[place]-1 {
				rt.Fatalf("%+v makes nothing stricter", change)
			}
			a.Settings[place] = rank + 1
		}
		if again := p.Plan(&a); len(again.Changes) > 0 {
			rt.Fatalf("again: %+v", again)
		}
		c.Tally().Add(&a, func(d *conformance.Deviation) {
			if d.State == conformance.InForce && d.Kind == conformance.WeakSetting {
				rt.Fatalf("after the plan: %+v", d)
			}
		})
	})
}

func TestEventsOfAPlanAreTheSameEachTime(t *testing.T) {
	p := planner(t, "gb")
	a := decoded(t, `{"account":"a",`+fourteen+`,"region":"GB","settings":{"dm_from":"everyone","first_dm":"open","location":"off","profile":"public","data_sharing":"consent","suggestions_shown":"on","call_from":"nobody"},`+
		`"relaxed":{"profile":{"by":"child","shown":true,"at":"2025-11-01T00:00:00Z"},"data_sharing":{"by":"guardian","verified":true,"guardian":"g"},"suggestions_shown":{"by":"guardian","verified":true}}}`)
	move := p.Plan(a)
	events := p.Events(a, &move, moment)
	var kinds []string
	ids := map[string]bool{}
	limits := event.DefaultLimits()
	limits.Past = 20 * 365 * 24 * time.Hour
	for _, e := range events {
		kinds = append(kinds, strings.TrimPrefix(e.Type.String(), "rowan.")+" "+e.From+" "+e.Setting+" "+e.Value)
		ids[e.ID] = true
		// What goes into the journal is what a platform could have sent.
		line := event.AppendJSON(nil, e)
		var back event.Event
		if problem := event.NewDecoder(limits).Decode(line, now(), &back); problem != nil {
			t.Errorf("%s: %v", line, problem)
		}
		if e.Source != conformance.MigrateSource || e.Time > moment {
			t.Errorf("%s is of %s at %d", e.Type, e.Source, e.Time)
		}
	}
	want := []string{
		"account.age_signal a  ", "setting.changed a dm_from connections", "setting.changed a call_from nobody",
		"support.shown a profile ", "setting.changed a profile public",
		"relationship.verified g  ", "setting.requested a data_sharing consent",
	}
	if !slices.Equal(kinds, want) || len(ids) != len(events) {
		t.Errorf("%d ids, events\n%s\nwant\n%s", len(ids), strings.Join(kinds, "\n"), strings.Join(want, "\n"))
	}
	for i, e := range p.Events(a, &move, moment+3_600_000) {
		if e.ID != events[i].ID {
			t.Errorf("%s has another id an hour later", e.Type)
		}
	}
	day, err := rulebook.ParseDate("2026-11-26")
	if err != nil {
		t.Fatal(err)
	}
	tomorrow, err := conformance.NewPlanner(book(t), scope("gb"), day)
	if err != nil {
		t.Fatal(err)
	}
	if e := tomorrow.Events(a, &move, moment); e[1].ID == events[1].ID {
		t.Error("a plan of another day would be taken for the same")
	}
}

func TestApplyStopsWhereTheJournalDoes(t *testing.T) {
	p := planner(t, "gb")
	made := newPopulation(book(t).Catalogue(), 5000)
	calls, events := 0, 0
	broken := errors.New("disk full")
	m, err := p.Apply(t.Context(), &conformance.Input{Name: "a", From: made}, moment, nil, func(_ context.Context, batch []*event.Event) error {
		if calls++; calls == 3 {
			return broken
		}
		events += len(batch)
		return nil
	})
	if !errors.Is(err, broken) || calls != 3 || m.Accounts >= 5000 || events == 0 {
		t.Errorf("%d calls, %d events, %d accounts, %v", calls, events, m.Accounts, err)
	}
	var plan, same bytes.Buffer
	whole, err := p.Apply(t.Context(), &conformance.Input{Name: "a", From: newPopulation(book(t).Catalogue(), 5000)}, moment, &plan, func(context.Context, []*event.Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	dry, err := p.Run(t.Context(), &conformance.Input{Name: "a", From: newPopulation(book(t).Catalogue(), 5000)}, &same)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(plan.Bytes(), same.Bytes()) || plan.Len() == 0 {
		t.Error("what is applied is not what was planned")
	}
	a, _ := json.Marshal(whole)
	b, _ := json.Marshal(dry)
	if !bytes.Equal(a, b) || whole.Accounts != 5000 || whole.Changing == 0 {
		t.Errorf("applied %s\nplanned %s", a, b)
	}
}

// records makes records of a journal from events, with outcomes that a test
// sets.
type records struct {
	live *conformance.Live
	n    uint64
}

func (r *records) add(kind event.Type, from, to string, fill func(*journal.Record)) {
	rec := journal.Record{Kept: true}
	rec.Event.Reset()
	rec.Event.Type, rec.Event.From, rec.Event.Time = kind, from, moment+int64(r.n)*1000
	if to != "" {
		rec.Event.To = []string{to}
	}
	r.n++
	rec.Outcome.Sequence = r.n
	if fill != nil {
		fill(&rec)
	}
	r.live.Add(&rec)
}

func of(method event.Method, years uint8) func(*journal.Record) {
	return func(rec *journal.Record) {
		rec.Event.Age = event.Age{Known: true, Method: method, Lower: years, Upper: years}
	}
}

func setting(id, value string) func(*journal.Record) {
	return func(rec *journal.Record) { rec.Event.Setting, rec.Event.Value = id, value }
}

func message(verdict account.Verdict, observed bool) func(*journal.Record) {
	return func(rec *journal.Record) {
		rec.Event.Channel = event.Direct
		rec.Outcome.Basis = engine.Safeguarded
		rec.Outcome.Safe.Has = engine.HasGate
		if observed {
			rec.Outcome.Safe.Has |= engine.Observed
		}
		rec.Outcome.Safe.Gate.Verdict = verdict
	}
}

func TestTheJournalAsAccounts(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 10)
	for name, tc := range map[string]struct {
		tell func(*records)
		want []string
	}{
		"a setting that was changed after the fact": {func(r *records) {
			r.add(event.SettingChanged, "child", "", setting("dm_from", "everyone"))
		}, []string{"child gb.f2-1 support"}},
		"with information first": {func(r *records) {
			r.add(event.SupportShown, "child", "", func(rec *journal.Record) {
				rec.Event.Moment, rec.Event.Answer, rec.Event.Setting = event.DefaultChanged, event.Shown, "dm_from"
			})
			r.add(event.SettingChanged, "child", "", setting("dm_from", "everyone"))
		}, nil},
		"and then tightened again": {func(r *records) {
			r.add(event.SettingChanged, "child", "", setting("dm_from", "everyone"))
			r.add(event.SettingChanged, "child", "", setting("dm_from", "connections"))
		}, nil},
		"a wish that was refused": {func(r *records) {
			r.add(event.SettingRequested, "child", "", func(rec *journal.Record) {
				setting("dm_from", "everyone")(rec)
				rec.Outcome.Basis, rec.Outcome.Safe.Has = engine.Safeguarded, engine.HasChange
				rec.Outcome.Safe.Change.Reason = account.InfoFirst
			})
		}, nil},
		"a message that was stopped":    {func(r *records) { r.add(event.MessageSent, "adult", "child", message(account.Block, false)) }, nil},
		"a message that was only noted": {func(r *records) { r.add(event.MessageSent, "adult", "child", message(account.Block, true)) }, []string{"child gb.f1-e contact"}},
		"a message from a connection": {func(r *records) {
			r.add(event.ConnectionAccepted, "adult", "child", func(rec *journal.Record) { rec.Event.Existing = true })
			r.add(event.MessageSent, "adult", "child", message(account.Allow, false))
		}, nil},
		"a connection without information": {func(r *records) { r.add(event.ConnectionAccepted, "peer", "child", nil) }, []string{"child gb.f2-2 support"}},
		"a connection with information": {func(r *records) {
			r.add(event.SupportShown, "child", "peer", func(rec *journal.Record) { rec.Event.Moment, rec.Event.Answer = event.ConnectionRequest, event.Shown })
			r.add(event.ConnectionAccepted, "peer", "child", nil)
		}, nil},
		"a connection that was ended": {func(r *records) {
			r.add(event.ConnectionAccepted, "adult", "child", func(rec *journal.Record) { rec.Event.Existing = true })
			r.add(event.ConnectionRemoved, "child", "adult", nil)
			r.add(event.MessageSent, "adult", "child", message(account.Block, true))
		}, []string{"child gb.f1-e contact"}},
		"one turned out to be an adult": {func(r *records) {
			r.add(event.SettingChanged, "child", "", setting("dm_from", "everyone"))
			r.add(event.AccountAgeSignal, "child", "", of(event.Verification, 30))
		}, nil},
	} {
		r := &records{live: conformance.NewLive(c.Rules().Catalogue())}
		r.add(event.AccountRegistered, "child", "", of(event.SelfDeclared, 14))
		r.add(event.AccountRegistered, "adult", "", of(event.SelfDeclared, 40))
		r.add(event.AccountRegistered, "peer", "", of(event.SelfDeclared, 14))
		tc.tell(r)
		var out bytes.Buffer
		if _, err := c.RunLive(r.live, &out); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			var d struct{ Account, Measure, State, Kind string }
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			if d.State == "in_force" {
				got = append(got, d.Account+" "+d.Measure+" "+d.Kind)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
