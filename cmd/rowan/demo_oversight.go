package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"rowan/lab/demo"
	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/oversight/site"
	"rowan/people"
	"rowan/refusal"
	"rowan/server"
)

// demoRegulator is the regulator's side of a demo.
type demoRegulator struct {
	*authority
	listener  net.Listener
	dir       string
	guest     people.Person
	colleague people.Person
}

func openDemoRegulator(ctx context.Context, dir, address string, log *slog.Logger) (d *demoRegulator, err error) {
	d = &demoRegulator{dir: dir}
	if d.listener, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("%w; use --oversight-addr for another address", err)
	}
	crime := conformance.Crime{
		Service: "rivergram", Figure: "constructed", Release: "Constructed for the demo", Of: "England and Wales", From: quarterBefore(time.Now()).From(), To: quarterBefore(time.Now()).Last(),
		Low: 14, Text: "14", Unit: "instances", Coverage: "Made up: from 31 of 43 forces.", Caveats: []string{"CONSTRUCTED: made up for an example. It is no figure of any force."}, Made: true,
	}
	d.authority, err = openAuthority(ctx, dir, authorityOptions{
		name: "simulated-oversight", simulated: true, cost: people.Cost{Memory: 1 << 10, Time: 1, Threads: 1}, crimes: []conformance.Crime{crime},
	}, log)
	if err != nil {
		return nil, errors.Join(err, d.listener.Close())
	}
	roles := []people.Role{}
	for role := range site.Table() {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	d.guest, err = d.people.Add(ctx, "guest", "Guest of the demo", people.NewPassword(), roles...)
	if err == nil {
		d.colleague, err = d.people.Add(ctx, "colleague", "A colleague", people.NewPassword(), people.DecisionMaker)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *demoRegulator) address() string { return "http://" + d.listener.Addr().String() }

func (d *demoRegulator) close() error {
	err := d.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil // served to the end
	}
	return errors.Join(err, d.authority.close())
}

// run fills the register and the docket, and serves until ctx ends. The listener
// holds visitors until there is something to see.
func (d *demoRegulator) run(ctx context.Context) error {
	if err := d.fill(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	done := make(chan struct{})
	go func() { defer close(done); d.authority.run(ctx) }()
	defer func() { <-done }()
	return server.Serve(ctx, d.listener, d.letIn(), time.Second, d.log)
}

// letIn lets whoever opens the page in: there is nothing in it but what is
// simulated or published.
func (d *demoRegulator) letIn() http.Handler {
	return admit(d.people.Sessions(24*time.Hour, 24*time.Hour), d.guest.ID, d.authority)
}

// quarterBefore is the last one that is over.
func quarterBefore(now time.Time) returns.Period {
	now = now.UTC()
	p, err := returns.ParsePeriod(fmt.Sprintf("%d-Q%d", now.Year(), (now.Month()+2)/3))
	if err != nil {
		panic(err) // the form is ours
	}
	return p.Before()
}

// fill enters simulated services with their returns, one of which does not
// verify, and the penalties that were published.
func (d *demoRegulator) fill(ctx context.Context) error {
	now := time.Now().UTC()
	last := quarterBefore(now)
	if err := d.simulate(ctx, demo.Staff{First: d.guest.ID, Second: d.colleague.ID}); err != nil {
		return err
	}
	for i, service := range []string{"rivergram", "kitewave", "lanternchat"} {
		if err := d.handIn(ctx, service, last, uint64(i+1), now); err != nil {
			return fmt.Errorf("demo: return of %s: %w", service, err)
		}
	}
	_, err := d.inbox.Observe(ctx, conformance.Observation{
		Service: "rivergram", Kind: conformance.TestAccount, Measure: "gb.f1-e", At: last.From().AddDate(0, 1, 0), Count: 3, Failed: 1, Source: "simulated probe 4",
	})
	return errors.Join(err, d.enterPrecedents(ctx))
}

// handIn makes up a service's quarter and hands its return in.
func (d *demoRegulator) handIn(ctx context.Context, service string, p returns.Period, seed uint64, now time.Time) error {
	past, err := demo.NewPast(ctx, d.dir, service, p, seed)
	if err != nil {
		return err
	}
	err = d.site.SetDuty(ctx, returns.Duty{Service: service, Template: "ofcom", Key: past.Key(), From: p.Before().From(), By: "demo", At: now})
	if err == nil {
		err = d.send(ctx, past, now)
	}
	return errors.Join(err, past.Close())
}

// send hands a return in. Kitewave's says that there were fewer alerts than its
// ledger holds, and is refused.
func (d *demoRegulator) send(ctx context.Context, past *demo.Past, now time.Time) error {
	var change func(*returns.Return)
	if past.Service == "kitewave" {
		change = demo.Fewer("alerts")
	}
	document, err := past.Return(ctx, now.Add(-time.Minute), change)
	if err != nil {
		return err
	}
	_, _, err = d.site.Take(ctx, past.Service, "demo", document, returns.Evidence{Log: past, Records: past})
	if _, refused := refusal.In(err); refused && change != nil {
		return nil
	}
	return err
}
