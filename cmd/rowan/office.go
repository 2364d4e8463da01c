package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/delivery"
	"rowan/casework/exhibit"
	cases "rowan/casework/sqlite"
	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/guard/journal"
	"rowan/people"
)

// caseKeys is the file of the keys that cases' text is sealed with.
const caseKeys = "case.keys"

// conformanceFile is the report that the console shows.
const conformanceFile = "conformance.json"

// office is the casework of a deployment.
type office struct {
	cases   *cases.Store
	people  *people.Directory
	desk    *casework.Desk
	console *console.Console
	clerk   *exhibit.Clerk
	intake  *casework.Intake
	reports *reporting
	feed    *delivery.Feed
	post    *post
	keep    time.Duration
	log     *slog.Logger
}

// caseworkSettings are those of casework in rowan.yaml.
type caseworkSettings struct {
	Off bool `yaml:"off"`
	// KeepDays is how long the text of a closed case stays.
	KeepDays int `yaml:"keep_days"`
	// ReviewShare of decided cases, 0 to 1, are judged again by somebody else.
	ReviewShare *float64       `yaml:"review_share"`
	Budget      budgetSettings `yaml:"budget"`
}

type budgetSettings struct {
	Lines  int `yaml:"lines"`
	Cases  int `yaml:"cases"`
	Severe int `yaml:"severe"`
}

// defaultShare of decided cases are reviewed.
const defaultShare = 0.05

func (s *settings) share() float64 {
	if s.Casework.ReviewShare != nil {
		return *s.Casework.ReviewShare
	}
	return defaultShare
}

// bands knows ages from the guard's state.
type bands struct{ journal *journal.Journal }

func (b bands) Band(ctx context.Context, id string, at time.Time) (string, error) {
	a, err := b.journal.Account(ctx, id, at.UnixMilli())
	if err != nil {
		return "", err
	}
	return a.Signals.Resolve(account.Seconds(at.UnixMilli())).Band.String(), nil
}

// openOffice opens the casework of a deployment.
func openOffice(ctx context.Context, data string, s *settings, d *deployment, simulated bool, log *slog.Logger) (o *office, err error) {
	o = &office{log: log, keep: 365 * 24 * time.Hour}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
		}
	}()
	if s.Casework.KeepDays > 0 {
		o.keep = time.Duration(s.Casework.KeepDays) * 24 * time.Hour
	}
	if o.cases, err = cases.Open(ctx, data); err != nil {
		return o, err
	}
	cost := people.Cost{}
	if simulated {
		cost = people.Cost{Memory: 1 << 10, Time: 1, Threads: 1} // nothing here is worth guarding
	}
	if o.people, err = people.Open(ctx, data, people.Options{Table: console.Table(), Cost: cost}); err != nil {
		return o, err
	}
	sealed, err := journal.OpenKeys(filepath.Join(data, caseKeys), time.Now())
	if err != nil {
		return o, err
	}
	seed, err := o.cases.Secret(ctx, "sample", func() ([]byte, error) { return []byte(people.NewPassword()), nil })
	if err != nil {
		return o, err
	}
	o.feed = delivery.NewFeed(o.cases)
	if o.post, err = openPost(ctx, data, s, o.feed, log); err != nil {
		return o, err
	}
	if o.reports, err = openReporting(ctx, data, log); err != nil {
		return o, err
	}
	if o.clerk, err = exhibit.OpenClerk(ctx, data, o.cases, journal.NewArchive(d.store), o.reports.store, d.journal, log); err != nil {
		return o, err
	}
	changed := func(list []casework.Case) {
		o.clerk.Changed(list)
		o.feed.Ring()
		if o.console != nil {
			o.console.Changed(list)
		}
	}
	if err := o.reports.store.Exclusive(); err != nil {
		return o, err
	}
	o.desk = casework.NewDesk(casework.Options{
		Store: o.cases, Vault: sealed, Changed: changed, Recorder: o.clerk, Keeper: o.reports.keeper, Sample: casework.Sample{Share: s.share(), Seed: seed},
		Budget: casework.Budget{Revealed: s.Casework.Budget.Lines, Cases: s.Casework.Budget.Cases, Severe: s.Casework.Budget.Severe},
	})
	o.reports.serve(o.desk, sealed)
	o.intake = &casework.Intake{
		Decisions: journal.NewArchive(d.store), Texts: d.vault, Sealed: sealed, Bands: bands{d.journal}, Store: exhibit.Watch{Store: o.cases, Clerk: o.clerk}, Now: time.Now, Log: log, Changed: changed,
	}
	door, err := s.door()
	if err != nil {
		return o, err
	}
	o.console, err = console.New(console.Options{
		Desk: o.desk, Guard: d.journal, Directory: o.people, Sessions: o.people.Sessions(time.Duration(s.People.Session.Idle), time.Duration(s.People.Session.Absolute)),
		Log: log, Door: door, Simulated: simulated, Bureau: o.reports.bureau, Outbox: o.post.outbox,
		Conformance: func(context.Context) (*conformance.Report, error) { return newestReport(data) },
	})
	return o, err
}

// newestReport is the conformance report in the data directory, nil if there is
// none.
func newestReport(data string) (*conformance.Report, error) {
	f, err := os.Open(filepath.Join(data, conformanceFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return conformance.ReadReport(f)
}

// run takes decisions in and keeps house until ctx ends.
func (o *office) run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.intake.Run(ctx)
	}()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		o.clerk.Run(ctx)
	}()
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		o.post.outbox.Run(ctx)
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		o.reports.outbox.Run(ctx, sendReports)
	}()
	tick := time.NewTicker(sweepCases)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			<-done
			<-sent
			<-recorded
			<-delivered
			return
		case <-tick.C:
		}
		err := errors.Join(o.desk.Sweep(ctx, o.keep), o.reports.keeper.Sweep(ctx, o.reports.store, o.keep, time.Now()), o.cases.Forget(ctx, time.Now().AddDate(0, 0, -momentDays)))
		if err != nil && ctx.Err() == nil {
			o.log.Error("cases were not swept; it will be tried again", "error", err)
		}
	}
}

const (
	sweepCases  = time.Minute
	sendReports = 5 * time.Second
	momentDays  = 30
)

func (o *office) close() error {
	var errs []error
	if o.people != nil {
		errs = append(errs, o.people.Close())
	}
	if o.reports != nil {
		errs = append(errs, o.reports.close())
	}
	if o.clerk != nil {
		errs = append(errs, o.clerk.Close())
	}
	if o.post != nil {
		errs = append(errs, o.post.close())
	}
	if o.cases != nil {
		errs = append(errs, o.cases.Close())
	}
	return errors.Join(errs...)
}

// welcome makes the first administrator and says how to sign in, once.
func (o *office) welcome(ctx context.Context, out interface{ Write([]byte) (int, error) }, address string) error {
	return welcome(ctx, o.people, out, "console", address+"/")
}

// apiPaths are those that belong to platforms and machines; the rest is the
// console's.
var apiPaths = []string{"/v1/", "/openapi.yaml", "/healthz", "/readyz", "/metrics"}

// together puts the interface for platforms and the console on one address.
func together(api, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, p := range apiPaths {
			if r.URL.Path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(r.URL.Path, p) {
				api.ServeHTTP(w, r)
				return
			}
		}
		rest.ServeHTTP(w, r)
	})
}
