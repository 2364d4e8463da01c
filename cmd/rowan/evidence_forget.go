package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/casework/report/keeping"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/guard/journal"
	"rowan/terminal"
)

// forgetFlags are those of 'rowan evidence forget'.
type forgetFlags struct {
	data      string
	accounts  []string
	cases     []int64
	yes, json bool
}

func evidenceForget() *cobra.Command {
	var f forgetFlags
	c := &cobra.Command{
		Use:   "forget",
		Short: "Break the link between the ledger and accounts, for ever",
		Long: `Erases the salts by which records in the ledger can be shown to speak of an
account, of what it wrote and of the platform's events with it. Nobody can do so
any more, you least of all. The ledger itself stays, and verifies as before.
--case means everybody in a case: the account that it is about and the young
people's. Cases that are open or on hold need their evidence: then nothing is
erased. The journal's own records and the casework still name accounts.

Without --yes nothing is erased: it prints whom and which cases it is about, and
the exit code is 3. Stop the server first.`,
		Example: "  rowan evidence forget --account u-17 --data ./data\n  rowan evidence forget --case 12 --yes --data ./data",
		Args:    exactly(0, "no arguments"),
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	dataFlag(c, &f.data)
	c.Flags().StringArrayVar(&f.accounts, "account", nil, "an account's id, as the platform's events name it; may be given again")
	c.Flags().Int64SliceVar(&f.cases, "case", nil, "the number of a case; may be given again")
	c.Flags().BoolVar(&f.yes, "yes", false, "erase")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (f *forgetFlags) run(c *cobra.Command) (err error) {
	if len(f.accounts)+len(f.cases) == 0 {
		return &usageError{errors.New("--account or --case says who is meant")}
	}
	for _, id := range f.accounts {
		if id == "" {
			return &usageError{errors.New("--account needs an id")}
		}
	}
	a, err := openArchive(c, f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	free, release, err := sole(f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if !free {
		return fmt.Errorf("another rowan uses %s; stop it first", f.data)
	}
	if err := a.log.Refresh(c.Context()); err != nil { // a server may have stopped meanwhile
		return err
	}
	x, closing, err := openEraser(c.Context(), f.data, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	return f.erase(c, a, x)
}

func (f *forgetFlags) erase(c *cobra.Command, a *archive, x *exhibit.Eraser) error {
	ids := make([]casework.ID, len(f.cases))
	for i, id := range f.cases {
		ids[i] = casework.ID(id)
	}
	plan, err := x.Plan(c.Context(), f.accounts, ids)
	if errors.Is(err, casework.ErrNotFound) {
		return fmt.Errorf("%w in %s", err, f.data)
	}
	if err != nil {
		return err
	}
	if !f.yes {
		return errors.Join(printErasure(c.OutOrStdout(), plan, f.json), errPerson)
	}
	erased, err := x.Erase(c.Context(), plan)
	if err != nil {
		return err
	}
	// What was overwritten in the file still stands in the write-ahead log.
	if err := a.store.Settle(c.Context()); err != nil {
		return err
	}
	if _, err := a.log.Sign(c.Context()); err != nil {
		return err
	}
	if f.json {
		return writeJSON(c.OutOrStdout(), erased)
	}
	return printErased(c.OutOrStdout(), erased)
}

func printErasure(out io.Writer, p *exhibit.Erasure, asJSON bool) error {
	if asJSON {
		return writeJSON(out, struct {
			Accounts []string      `json:"accounts"`
			Cases    []casework.ID `json:"cases"`
			Reports  int           `json:"reports"`
		}{p.Accounts, p.Cases, len(p.Reports)})
	}
	for _, id := range p.Accounts {
		fmt.Fprintf(out, "account  %q\n", id)
	}
	for _, id := range p.Cases {
		fmt.Fprintf(out, "case     %d\n", id)
	}
	_, err := fmt.Fprintln(out, "Nothing was erased. What these records say of whom could be shown no longer; --yes erases it.")
	return err
}

func printErased(out io.Writer, e *exhibit.Erased) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Accounts\t%d\n", e.Accounts)
	fmt.Fprintf(w, "Decisions\t%s, of which nobody can show any more whom they concern\n", terminal.Grouped(e.Decisions))
	fmt.Fprintf(w, "Messages\t%s, of which nobody can show any more that they were these\n", terminal.Grouped(e.Texts))
	if e.Cases > 0 {
		fmt.Fprintf(w, "Cases\t%d, with %s salts of kept text and %d references of reports\n", e.Cases, terminal.Grouped(e.CaseTexts), e.Reports)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "The ledger is as it was, with one record more: that this was done. Not erased: what\nthe journal and the casework keep of their own, copies of the data directory, and\nevidence that was handed over before.")
	return err
}

// openEraser opens what erasing needs, with the casework if there is any.
func openEraser(ctx context.Context, data string, a *archive) (x *exhibit.Eraser, closing func() error, err error) {
	x = &exhibit.Eraser{Archive: journal.NewArchive(a.store), Salts: a.salts, Ledger: a.log}
	var closers []func() error
	closing = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	if _, err := os.Stat(filepath.Join(data, cases.CasesFile)); errors.Is(err, os.ErrNotExist) {
		return x, closing, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closing())
		}
	}()
	store, err := cases.Open(ctx, data)
	if err != nil {
		return nil, closing, err
	}
	closers = append(closers, store.Close)
	custody, err := reports.Open(ctx, data)
	if err != nil {
		return nil, closing, err
	}
	closers = append(closers, custody.Close)
	clerk, err := exhibit.OpenClerk(ctx, data, store, x.Archive, custody, a.log, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, closing, err
	}
	closers = append(closers, clerk.Close)
	keeper := keeping.New(custody, nil)
	x.Cases, x.Clerk = store, clerk
	x.Keeps = func(ctx context.Context, id casework.ID) (bool, error) { return keeper.Keeps(ctx, id, time.Now()) }
	return x, closing, nil
}
