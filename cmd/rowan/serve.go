package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	logs "rowan/ledger/sqlite"
	"rowan/server"
	"rowan/server/keys"
)

func serve() *cobra.Command {
	var data, address, config, level string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Decide events over HTTP",
		Long: `Decides events over HTTP, in front of delivery. Everything it keeps lies in the
data directory. Settings are read from --config, or from rowan.yaml in the data
directory if there is one; docs/operate.md lists them.`,
		Example: "  rowan serve --data ./data\n  rowan serve --data ./data --addr 127.0.0.1:9000 --log debug",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return &usageError{fmt.Errorf("--log %q: it is one of debug, info, warn, error", level)}
			}
			log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: l}))
			s, err := readSettings(config, data)
			if err != nil {
				return err
			}
			if c.Flags().Changed("addr") {
				s.Address = address
			}
			return serveData(c.Context(), data, s, c.ErrOrStderr(), log)
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&address, "addr", "127.0.0.1:8420", "the address to listen on")
	c.Flags().StringVar(&config, "config", "", "the settings file (default: rowan.yaml in the data directory)")
	c.Flags().StringVar(&level, "log", "info", "what to log: debug, info, warn, error")
	return c
}

// deployment is a data directory that is open for deciding.
type deployment struct {
	journal     *journal.Journal
	vault       *journal.Vault
	store       *sqlite.Store
	checkpoints *sqlite.Checkpoints
	salts       *logs.Salts
	lock        *flock.Flock
}

// openData opens a data directory; one process at a time may.
func openData(ctx context.Context, data string, s *settings, log *slog.Logger) (d *deployment, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	d = &deployment{lock: flock.New(filepath.Join(data, "lock"))}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	switch held, err := d.lock.TryLock(); {
	case err != nil:
		return d, fmt.Errorf("lock %s: %w", data, err)
	case !held:
		return d, fmt.Errorf("another rowan uses %s; stop it first, or use another --data", data)
	}
	sources, err := s.sources()
	if err != nil {
		return d, err
	}
	if d.store, err = sqlite.Open(ctx, data); err != nil {
		return d, err
	}
	if d.checkpoints, err = sqlite.OpenCheckpoints(ctx, data); err != nil {
		return d, err
	}
	if d.vault, err = journal.OpenVault(data, time.Now()); err != nil {
		return d, err
	}
	key, salts, err := s.Ledger.open(ctx, data)
	if err != nil {
		return d, err
	}
	d.salts = salts
	options := s.journal()
	options.Log, options.Signer, options.Salts = log, key, salts
	d.journal, err = journal.Open(ctx, d.store, d.checkpoints, d.vault, sources, options)
	return d, err
}

func (d *deployment) close() error {
	var errs []error
	if d.journal != nil {
		errs = append(errs, d.journal.Close())
	}
	if d.checkpoints != nil {
		errs = append(errs, d.checkpoints.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	if d.salts != nil {
		errs = append(errs, d.salts.Close())
	}
	return errors.Join(append(errs, d.lock.Close())...)
}

// sparing makes the garbage collector keep the heap close to what lives: the
// state is large, without pointers, and cheap to mark.
func sparing() { debug.SetGCPercent(5) }

func serveData(ctx context.Context, data string, s *settings, out io.Writer, log *slog.Logger) (err error) {
	sparing()
	store, err := keys.Open(data)
	if err != nil {
		return err
	}
	d, err := openData(ctx, data, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	attestor, err := s.attestor(log)
	if err != nil {
		return err
	}
	witnesses, err := s.Ledger.client()
	if err != nil {
		return err
	}
	asking, enough := context.WithCancel(ctx)
	var asked sync.WaitGroup
	asked.Go(func() { s.Ledger.keepCosigned(asking, d.journal.Ledger(), witnesses, log) })
	defer func() { enough(); asked.Wait() }()
	tray, err := logs.OpenTray(ctx, data, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tray.Close()) }()
	attended, leave := context.WithCancel(ctx)
	var attending sync.WaitGroup
	attending.Go(func() { tray.Attend(attended, d.journal, log) })
	defer func() { leave(); attending.Wait() }()
	api := server.Config{
		Guard: d.journal, Accounts: d.journal, Attestor: attestor, Keys: store, Log: log, Limits: s.limits(), Rate: s.Limits.EventsASecond,
	}
	var o *office
	if !s.Casework.Off {
		if o, err = openOffice(ctx, data, s, d, false, log); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, o.close()) }()
		o.platform(&api)
	}
	handler, err := server.New(api)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		return fmt.Errorf("%w; use --addr for another address", err)
	}
	address := "http://" + listener.Addr().String()
	all := http.Handler(handler)
	if o != nil {
		working, rest := context.WithCancel(ctx)
		var done sync.WaitGroup
		done.Go(func() { o.run(working) })
		defer func() {
			rest()
			done.Wait()
		}()
		if err := o.welcome(ctx, out, address); err != nil {
			return errors.Join(err, listener.Close())
		}
		all = together(handler, o.console)
	}
	r := d.journal.Recovery()
	log.Info("ready", "address", address, "policy", d.journal.Config().Policy.Version(),
		"fail_mode", d.journal.FailMode(), "replayed", r.Replayed, "recovery", r.Took.Round(time.Millisecond))
	if known, err := store.List(); err == nil && len(known) == 0 {
		log.Warn("there is no key yet, so nobody can send events", "make one", "rowan keys create --data "+data+" --name NAME")
	}
	return server.Serve(ctx, listener, all, 10*time.Second, log)
}
