package casework_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/sqlite"
	"rowan/event"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	guard "rowan/guard/journal/sqlite"
	"rowan/guard/response"
)

// platform is a guard with a casework that follows it.
type platform struct {
	t       *testing.T
	journal *journal.Journal
	intake  *casework.Intake
	store   casework.Store
	sealed  *journal.Vault
	n       int
	at      int64
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	p := &platform{t: t, at: enginetest.Start}
	now := func() time.Time { return time.UnixMilli(p.at) }
	store := ok(guard.Open(ctx, dir))(t)
	checkpoints := ok(guard.OpenCheckpoints(ctx, dir))(t)
	vault := ok(journal.OpenVault(dir, now()))(t)
	p.journal = ok(journal.Open(ctx, store, checkpoints, vault, enginetest.Sources(), journal.Options{Now: now}))(t)
	cases := ok(sqlite.Open(ctx, dir))(t)
	p.store = cases
	p.sealed = ok(journal.OpenKeys(dir+"/case.keys", now()))(t)
	p.intake = &casework.Intake{
		Decisions: journal.NewArchive(store), Texts: vault, Sealed: p.sealed, Bands: bands{}, Store: cases, Now: now, Log: slog.New(slog.DiscardHandler),
	}
	t.Cleanup(func() {
		for _, close := range []func() error{p.journal.Close, store.Close, checkpoints.Close, cases.Close} {
			if err := close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

type bands struct{}

func (bands) Band(context.Context, string, time.Time) (string, error) { return "under_13", nil }

func (p *platform) send(e *event.Event) {
	p.t.Helper()
	p.n++
	e.Source, e.ID = "test", fmt.Sprint("e-", p.n)
	ok(p.journal.Decide(context.Background(), []*event.Event{e}))(p.t)
}

func (p *platform) say(text string) {
	p.t.Helper()
	p.at += 60_000
	p.send(enginetest.Message(p.at, "u-22", text, "u-17"))
}

func (p *platform) takeIn() {
	p.t.Helper()
	for more := true; more; {
		more = ok(p.intake.Step(context.Background()))(p.t)
	}
}

func TestAnAlertOfTheGuardBecomesACaseWithItsTimelineAndText(t *testing.T) {
	p, ctx := newPlatform(t), context.Background()
	p.send(enginetest.Age(p.at, "u-22", 30, 40))
	p.send(enginetest.Age(p.at, "u-17", 12, 12))
	p.say(enginetest.Plain)
	p.takeIn()
	if n := ok(p.store.Count(ctx, casework.Filter{}))(t); n != 0 {
		t.Fatalf("%d cases before there was an alert", n)
	}
	said := []string{enginetest.Plain}
	for _, line := range []string{enginetest.WhichTown, enginetest.Special, enginetest.BetweenUs, enginetest.OtherApp, enginetest.PickUp} {
		p.say(line)
		said = append(said, line)
	}
	p.takeIn()
	c := ok(p.store.Of(ctx, "u-22"))(t)
	if c.State != casework.Open || c.Level < response.Elevated || len(c.Children) != 1 || c.Children[0].Band != "under_13" || len(c.Stages) == 0 {
		t.Fatalf("the case is %+v", c)
	}
	moments := ok(p.store.Moments(ctx, "u-22", "u-17", 100))(t)
	if len(moments) != len(said) {
		t.Fatalf("%d moments of %d messages", len(moments), len(said))
	}
	signals, risk := 0, moments[0].Risk
	for _, m := range moments {
		signals += len(m.Signals)
		risk = max(risk, m.Risk)
		if !m.ByActor || m.Type != event.MessageSent {
			t.Errorf("a moment is %+v", m)
		}
	}
	if signals < 4 || risk != c.Risk {
		t.Fatalf("%d signals in the timeline, highest risk %d, of the case %d", signals, risk, c.Risk)
	}
	lines := ok(p.store.Lines(ctx, c.ID))(t)
	if len(lines) != len(said) {
		t.Fatalf("%d texts are kept of %d", len(lines), len(said))
	}
	for i, l := range lines {
		if text := ok(p.sealed.Open(l.Sequence, l.Key, l.Sealed))(t); string(text) != said[i] {
			t.Errorf("text %d is %q, want %q", i, text, said[i])
		}
	}
	before := c.Number
	p.say(enginetest.Plain)
	p.takeIn()
	if c := ok(p.store.Of(ctx, "u-22"))(t); c.Number != before {
		t.Errorf("a message with nothing in it counted as an alert")
	}
	if lines := ok(p.store.Lines(ctx, c.ID))(t); len(lines) != len(said)+1 {
		t.Errorf("the text of a later message was not kept with the case")
	}
}

func TestACallForHelpOpensACase(t *testing.T) {
	p, ctx := newPlatform(t), context.Background()
	p.send(enginetest.Age(p.at, "u-22", 30, 40))
	p.send(enginetest.Age(p.at, "u-17", 12, 12))
	p.say(enginetest.Plain)
	p.at += 60_000
	p.send(enginetest.Message(p.at, "u-17", enginetest.HelpMe, "u-22"))
	p.takeIn()
	if c, err := p.store.Of(ctx, "u-22"); err != nil || c.Alerts != 1 {
		t.Fatalf("got %+v, %v", c, err)
	}
}
