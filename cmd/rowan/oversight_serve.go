package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"rowan/lab/demo"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/ledger/witness"
	"rowan/oversight"
	"rowan/oversight/conformance"
	"rowan/oversight/liability"
	"rowan/oversight/precedent"
	inboxes "rowan/oversight/returns/sqlite"
	"rowan/oversight/site"
	regulator "rowan/oversight/sqlite"
	"rowan/people"
	"rowan/server"
)

// authority is a regulator's office that is open.
type authority struct {
	store   *regulator.Store
	people  *people.Directory
	office  *oversight.Office
	site    *site.Site
	inbox   *inboxes.Inbox
	logs    *logs.Store
	salts   *logs.Salts
	ledger  *ledger.Log
	seen    *witness.State
	witness *witness.Handler
	key     *ledger.Key // of the witness
	lock    *flock.Flock
	log     *slog.Logger
}

// The files of a regulator's office beside those of its packages.
const (
	witnessKeyFile   = "witness.key"
	witnessStateFile = "witness.db"
	docketLogFile    = "docket-ledger.db"
	docketKeyFile    = "docket-ledger.key"
)

func oversightServe() *cobra.Command {
	var data, address, level, name, release, test string
	var watch, named []string
	var precedents, simulated bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "The regulator's pages: register, docket, penalties, open data, and a witness",
		Long: `Serves the regulator's side: a register of services, the docket of cases with its
guards and calendar, penalties, and a public side with open data. Every step goes
into the regulator's own ledger. It is a witness too: name the logs of platforms
with --watch, and their checkpoints are cosigned at POST /add-checkpoint.

The first start prints an administrator's password once. --precedents enters the
penalties that were published, as the press named them. --simulated makes up an
office to look around in.`,
		Example: "  rowan oversight serve --data ./regulator\n  rowan oversight serve --data ./try --simulated\n  rowan oversight serve --data ./regulator --precedents --watch 'platform.example+7a2b…'",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return &usageError{fmt.Errorf("--log %q: it is one of debug, info, warn, error", level)}
			}
			log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: l}))
			crimes, err := readCrimes(release, named)
			if err != nil {
				return err
			}
			law, err := readLiability(test)
			if err != nil {
				return err
			}
			b, err := openAuthority(c.Context(), data, authorityOptions{name: name, watch: watch, crimes: crimes, law: law, simulated: simulated}, log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.close()) }()
			if simulated {
				if err := b.simulate(c.Context(), demo.Staff{First: "simulated-investigator", Second: "simulated-decision-maker"}); err != nil {
					return err
				}
			}
			if precedents {
				if err := b.enterPrecedents(c.Context()); err != nil {
					return err
				}
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return fmt.Errorf("%w; use --addr for another address", err)
			}
			at := "http://" + listener.Addr().String()
			if err := welcome(c.Context(), b.people, c.ErrOrStderr(), "regulator's desk", at+"/desk"); err != nil {
				return errors.Join(err, listener.Close())
			}
			log.Info("ready", "address", at, "witness", b.key.Verifier())
			working, rest := context.WithCancel(c.Context())
			var done sync.WaitGroup
			done.Go(func() { b.run(working) })
			defer func() {
				rest()
				done.Wait()
			}()
			return server.Serve(c.Context(), listener, b, 10*time.Second, log)
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&address, "addr", "127.0.0.1:8430", "the address to listen on")
	c.Flags().StringVar(&level, "log", "info", "what to log: debug, info, warn, error")
	c.Flags().StringVar(&name, "name", "oversight", "the name in the regulator's keys; it cannot change later")
	c.Flags().StringArrayVar(&watch, "watch", nil, "the key of a log to cosign, as rowan evidence prints it (repeatable)")
	c.Flags().StringVar(&release, "release", "", "figures.json of a statistics release, shown beside the services that it names")
	c.Flags().StringArrayVar(&named, "named", nil, "what the release calls a service: NAME=SERVICE (repeatable)")
	c.Flags().StringVar(&test, "gross-breach", "", "a file with the test of a gross breach, routes and offences (default: the shipped one)")
	c.Flags().BoolVar(&precedents, "precedents", false, "enter the penalties that were published, once")
	c.Flags().BoolVar(&simulated, "simulated", false, "make up services and cases on an empty register, marked as simulated")
	return c
}

// authorityOptions are those of a regulator's office.
type authorityOptions struct {
	name      string   // in the regulator's keys
	watch     []string // keys of logs to cosign
	crimes    []conformance.Crime
	law       *liability.Book // nil: the shipped one
	simulated bool
	cost      people.Cost
}

// openAuthority opens a regulator's data directory; one process at a time may.
func openAuthority(ctx context.Context, data string, o authorityOptions, log *slog.Logger) (b *authority, err error) {
	b = &authority{log: log, lock: flock.New(filepath.Join(data, "lock"))}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if err := os.MkdirAll(data, 0o700); err != nil {
		return b, err
	}
	switch held, err := b.lock.TryLock(); {
	case err != nil:
		return b, fmt.Errorf("lock %s: %w", data, err)
	case !held:
		return b, fmt.Errorf("another rowan uses %s; stop it first, or use another --data", data)
	}
	watched := map[string][]note.Verifier{}
	for _, text := range o.watch {
		v, err := ledger.NewVerifier(text)
		if err != nil {
			return b, &usageError{fmt.Errorf("--watch: %w", err)}
		}
		watched[v.Name()] = append(watched[v.Name()], v)
	}
	if b.store, err = regulator.Open(ctx, data); err != nil {
		return b, err
	}
	if b.people, err = people.Open(ctx, data, people.Options{Table: site.Table(), Cost: o.cost}); err != nil {
		return b, err
	}
	if err := b.openLedger(ctx, data, o.name); err != nil {
		return b, err
	}
	if b.key, err = ledger.OpenKey(filepath.Join(data, witnessKeyFile), o.name+"-witness", ledger.WitnessKey, time.Now); err != nil {
		return b, err
	}
	if b.seen, err = witness.OpenState(ctx, filepath.Join(data, witnessStateFile)); err != nil {
		return b, err
	}
	b.witness, err = witness.New(witness.Config{Key: b.key, State: b.seen, Log: log, Logs: func(_ context.Context, origin string) ([]note.Verifier, error) { return watched[origin], nil }})
	if err != nil {
		return b, err
	}
	if b.inbox, err = inboxes.OpenInbox(ctx, data); err != nil {
		return b, err
	}
	if b.office, err = oversight.NewOffice(ctx, oversight.Options{Store: b.store, Ledger: b.ledger, Law: o.law, Now: time.Now}); err != nil {
		return b, err
	}
	b.site, err = site.New(site.Options{
		Office: b.office, Directory: b.people, Sessions: b.people.Sessions(0, 0), Log: log, Now: time.Now, Returns: b.inbox, Crimes: o.crimes, Witness: b.key.Verifier(), Simulated: o.simulated,
	})
	return b, err
}

// readCrimes reads recorded crime out of a release, none without one.
func readCrimes(path string, named []string) ([]conformance.Crime, error) {
	services := map[string]string{}
	for _, pair := range named {
		name, service, ok := strings.Cut(pair, "=")
		if !ok || name == "" || service == "" {
			return nil, &usageError{fmt.Errorf("--named %q: it has the form NAME=SERVICE", pair)}
		}
		services[name] = service
	}
	if (path == "") != (len(named) == 0) {
		return nil, &usageError{errors.New("--release and --named go together: the register does not know what a release calls a service")}
	}
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return conformance.ReadRelease(f, services)
}

// openLedger opens the regulator's own log.
func (b *authority) openLedger(ctx context.Context, data, name string) error {
	key, err := ledger.OpenKey(filepath.Join(data, docketKeyFile), name, ledger.LogKey, time.Now)
	if err != nil {
		return err
	}
	if b.logs, err = logs.Open(ctx, filepath.Join(data, docketLogFile)); err != nil {
		return err
	}
	if b.salts, err = logs.OpenSalts(ctx, data); err != nil {
		return err
	}
	b.ledger, err = ledger.Open(ctx, b.logs, ledger.Options{Signer: key, Salts: b.salts, Now: time.Now})
	return err
}

// ServeHTTP answers a request: witnesses and logs are machines' business, the
// rest is the site's.
func (b *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/add-checkpoint":
		b.witness.ServeHTTP(w, r)
	case "/checkpoint":
		signed, err := b.ledger.Checkpoint(r.Context(), false)
		if err != nil {
			http.Error(w, "There is no checkpoint yet.", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(signed) // the other end may be gone
	default:
		b.site.ServeHTTP(w, r)
	}
}

const signEvery = 500 * time.Millisecond

// run signs what steps added to the ledger, and tells it of those of which it
// could not be told at once, until ctx ends.
func (b *authority) run(ctx context.Context) {
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	for {
		err := b.office.Settle(ctx)
		if err == nil {
			_, err = b.ledger.Sign(ctx)
		}
		if err != nil && ctx.Err() == nil {
			b.log.Error("steps did not come into the ledger; it will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *authority) close() error {
	var errs []error
	if b.seen != nil {
		errs = append(errs, b.seen.Close())
	}
	if b.salts != nil {
		errs = append(errs, b.salts.Close())
	}
	if b.logs != nil {
		errs = append(errs, b.logs.Close())
	}
	if b.people != nil {
		errs = append(errs, b.people.Close())
	}
	if b.inbox != nil {
		errs = append(errs, b.inbox.Close())
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	return errors.Join(append(errs, b.lock.Close())...)
}

// enterPrecedents enters the decisions that were published, unless they are there.
func (b *authority) enterPrecedents(ctx context.Context) error {
	all, err := precedent.Default()
	if err != nil {
		return err
	}
	services := b.office.Names().Services
	for i := range all.Cases {
		if _, known := services[all.Cases[i].Service.ID]; known {
			return nil
		}
	}
	return all.Enter(ctx, b.office)
}

// simulate makes up an office, unless that was done. It refuses a register that
// holds anything else.
func (b *authority) simulate(ctx context.Context, staff demo.Staff) error {
	services := b.office.Names().Services
	for _, s := range services {
		if s.Simulated {
			return nil
		}
	}
	if len(services) > 0 {
		return errors.New("the register has services already; make an office up with another --data")
	}
	return demo.FillOffice(ctx, b.office, staff)
}

// welcome makes the first administrator of a wing and says how to sign in, once.
func welcome(ctx context.Context, d *people.Directory, out interface{ Write([]byte) (int, error) }, wing, address string) error {
	password, err := d.First(ctx, "admin", people.Administrator)
	if err != nil || password == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%s is at %s\nSign in as admin with this password, which is shown once and must be changed:\n\n  %s\n\nThen add colleagues under People.\n\n", "The "+strings.TrimSpace(wing), address, password)
	return err
}
