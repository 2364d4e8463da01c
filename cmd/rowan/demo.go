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
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"rowan/casework/console"
	"rowan/lab/demo"
	"rowan/lab/simulate"
	"rowan/people"
	"rowan/server"
	"rowan/server/keys"
)

// demoOptions are what a demo is made of.
type demoOptions struct {
	address   string
	oversight string // address of the regulator's side
	accounts  int
	seed      uint64
	pace      float64
}

func demoCommand() *cobra.Command {
	o := demoOptions{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch the guard at work on a simulated platform",
		Long: `Starts the guard with a simulated platform at a visible pace: some thousands of
accounts, among them harmful actors and look-alikes who do no harm. It prints one
address to open. In a terminal it shows who is being watched and why, and the
address of the regulator's side; piped, it prints the first address and nothing
more. Nothing is kept, and nothing leaves this
machine. All of it is simulated: it shows the guard, not how well it works.`,
		Example: "  rowan demo\n  rowan demo --accounts 5000 --pace 800 --addr 127.0.0.1:9000",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.accounts < 100 || o.accounts > 50_000 || o.pace <= 0 {
				return &usageError{errors.New("--accounts lies between 100 and 50,000, and --pace is over 0")}
			}
			return o.run(c.Context(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.address, "addr", "127.0.0.1:8420", "the address to listen on")
	c.Flags().StringVar(&o.oversight, "oversight-addr", "127.0.0.1:8430", "the address of the regulator's side")
	c.Flags().IntVar(&o.accounts, "accounts", 3000, "accounts of the simulated platform")
	c.Flags().Uint64Var(&o.seed, "seed", 7, "seed of the simulation")
	c.Flags().Float64Var(&o.pace, "pace", 300, "events a second")
	return c
}

func (o demoOptions) run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "rowan-demo-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	sparing()
	log := slog.New(slog.DiscardHandler)
	s, err := readSettings("", dir)
	if err != nil {
		return err
	}
	// The simulated platform goes on whatever the gate says, so it only notes.
	s.Accounts.Mode = "shadow"
	// A small index of the events seen: it is as large as the defaults allow
	// otherwise.
	s.Journal.RunSize, s.Journal.Runs = 1<<16, 4
	d, err := openData(ctx, dir, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	store, err := keys.Open(dir)
	if err != nil {
		return err
	}
	work, err := openOffice(ctx, dir, s, d, true, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.close()) }()
	config := server.Config{Guard: d.journal, Accounts: d.journal, Keys: store, Log: log, Limits: s.limits(), Rate: s.Limits.EventsASecond}
	work.platform(&config)
	api, err := server.New(config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.address)
	if err != nil {
		return fmt.Errorf("%w; use --addr for another address", err)
	}
	regulator, err := openDemoRegulator(ctx, filepath.Join(dir, "oversight"), o.oversight, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, regulator.close()) }()
	traffic, err := demo.NewSimulated(simulate.Options{
		Accounts: o.accounts, Days: 60, Seed: o.seed, Balanced: true, Prevalence: 2e-3,
		Start: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -demoBack),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	frame := demo.Frame{Address: "http://" + listener.Addr().String(), Oversight: regulator.address(), Accounts: o.accounts, Seed: o.seed, Colour: os.Getenv("NO_COLOR") == ""}
	board, rate := demo.NewBoard(), &meter{}
	visitor, err := guests(ctx, work)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	site, err := demo.NewSite(frame, board, d.journal, rate.perSecond, together(api, visitor), log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if !isTerminal(out) {
		if _, err := fmt.Fprintln(out, frame.Address); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error {
		defer stop()
		return server.Serve(ctx, listener, site, time.Second, log)
	})
	g.Go(func() error {
		defer stop()
		return demo.Run(ctx, traffic, d.journal, board, demo.Options{Pace: o.pace, Ahead: 36 * time.Hour, Hurry: 2 * time.Second})
	})
	g.Go(func() error { work.run(ctx); return nil })
	g.Go(func() error {
		defer stop()
		return regulator.run(ctx)
	})
	g.Go(func() error { return watch(ctx, out, frame, board, rate) })
	return g.Wait()
}

// demoBack is how many days ago the simulated platform begins.
const demoBack = 14

// guests lets whoever opens the demo into its console: there is nothing in it
// but the simulation. They hold every role; a colleague is there to hand cases
// to and to agree to what is severe.
func guests(ctx context.Context, o *office) (http.Handler, error) {
	var roles []people.Role
	for role := range console.Table() {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	guest, err := o.people.Add(ctx, "guest", "Guest of the demo", people.NewPassword(), roles...)
	if err != nil {
		return nil, err
	}
	if _, err := o.people.Add(ctx, "colleague", "A colleague", people.NewPassword(), people.Moderator, people.Senior); err != nil {
		return nil, err
	}
	return admit(o.people.Sessions(24*time.Hour, 24*time.Hour), guest.ID, o.console), nil
}

// admit signs in as somebody whoever is not signed in yet.
func admit(sessions *people.Sessions, person string, to http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := sessions.Person(r.Context(), people.Token(r)); err != nil {
			token, err := sessions.Start(r.Context(), person, people.Full)
			if err != nil {
				http.Error(w, "The demo could not let you in.", http.StatusInternalServerError)
				return
			}
			people.SetToken(w, r, token)
			r.Header.Del("Cookie")
			r.AddCookie(people.Cookie(r, token))
		}
		to.ServeHTTP(w, r)
	})
}

// meter measures decisions a second.
type meter struct{ now atomic.Uint64 }

func (m *meter) perSecond() float64 { return float64(m.now.Load()) }

// watch measures, and draws the board in a terminal, twice a second until ctx
// ends.
func watch(ctx context.Context, out io.Writer, frame demo.Frame, board *demo.Board, rate *meter) error {
	const beat = 500 * time.Millisecond
	tick := time.NewTicker(beat)
	defer tick.Stop()
	show := isTerminal(out)
	before := board.Decisions()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := board.Decisions()
		rate.now.Store(uint64(float64(now-before) / beat.Seconds()))
		before = now
		if !show {
			continue
		}
		if f, ok := out.(*os.File); ok {
			if _, rows, err := term.GetSize(int(f.Fd())); err == nil {
				frame.Rows = rows - 1
			}
		}
		// Home, draw, and clear what is left of the last picture.
		if _, err := io.WriteString(out, "\x1b[H\x1b[J"+frame.Text(board.View(rate.perSecond()))); err != nil {
			return err
		}
	}
}
