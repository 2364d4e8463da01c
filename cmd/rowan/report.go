package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/casework/report/bureau"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/guard/journal"
	"rowan/ledger"
	"rowan/terminal"
)

func reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Make, check and send reports of cases to authorities",
		Args:  exactly(0, "a command: check, build, send, list, refer, retry, withdraw or resolve"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(reportCheck(), reportBuild(), reportSend(), reportList(),
		reportChange("refer ID", "Note the reference that an authority gave", "reference", "the authority's reference", func(ctx context.Context, b *dispatch.Outbox, id int64, by, with string) (dispatch.Delivery, error) {
			return b.Refer(ctx, id, by, with)
		}),
		reportChange("resolve ID", "End a report that cannot be delivered, saying what was done instead", "reason", "what was done instead", func(ctx context.Context, b *dispatch.Outbox, id int64, by, with string) (dispatch.Delivery, error) {
			return b.Resolve(ctx, id, by, with)
		}),
		reportChange("retry ID", "Send a report that failed on its way again", "", "", func(ctx context.Context, b *dispatch.Outbox, id int64, by, _ string) (dispatch.Delivery, error) {
			return b.Retry(ctx, id, by)
		}),
		reportChange("withdraw ID", "Take a report back before it is finished", "", "", func(ctx context.Context, b *dispatch.Outbox, id int64, by, _ string) (dispatch.Delivery, error) {
			return b.Withdraw(ctx, id, by)
		}))
	return c
}

// reportFlags are common to the verbs that make a document.
type reportFlags struct {
	data, to, facts, by string
	id                  int64
	json                bool
}

func (f *reportFlags) add(c *cobra.Command) {
	dataFlag(c, &f.data)
	c.Flags().Int64Var(&f.id, "case", 0, "the number of the case")
	c.Flags().StringVar(&f.to, "to", "", "the authority: ncmec, nca or dsa")
	c.Flags().StringVar(&f.facts, "facts", "", "a file of the platform's own records (default: reports/case-N.yaml in the data directory)")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

func (f *reportFlags) check() error {
	if f.id < 1 {
		return &usageError{errors.New("--case is needed: the number of a case")}
	}
	if !slices.Contains(bureau.Authorities(), f.to) {
		return &usageError{fmt.Errorf("--to %q: it is one of ncmec, nca, dsa", f.to)}
	}
	return nil
}

// inReportRoom runs what a verb does on the reports of its data directory.
func inReportRoom(c *cobra.Command, data string, do func(b *reportRoom) error) error {
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := openReportRoom(c.Context(), data, log)
	if err != nil {
		return err
	}
	return errors.Join(do(b), b.close())
}

// changeReports is inReportRoom for what must also be in the ledger.
func changeReports(c *cobra.Command, data string, do func(b *reportRoom) error) error {
	return errors.Join(inReportRoom(c, data, do), recordCases(c, data))
}

// recordCases puts what was done in cases and to their evidence into the ledger.
// A server that runs does that itself, within a minute.
func recordCases(c *cobra.Command, data string) (err error) {
	if _, err := os.Stat(filepath.Join(data, ledger.KeyFile)); errors.Is(err, fs.ErrNotExist) {
		return nil // there is no ledger
	}
	free, release, err := sole(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if !free {
		return nil
	}
	a, err := openArchive(c, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	store, err := cases.Open(c.Context(), data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	chains, err := reports.Open(c.Context(), data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, chains.Close()) }()
	clerk, err := exhibit.OpenClerk(c.Context(), data, store, journal.NewArchive(a.store), chains, a.log, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if err := errors.Join(clerk.Sweep(c.Context()), clerk.Close()); err != nil {
		return err
	}
	_, err = a.log.Sign(c.Context())
	return err
}

// draft drafts the document that the flags name.
func (b *reportRoom) draft(ctx context.Context, f *reportFlags) (*bureau.Draft, error) {
	x, err := b.bureau.Draft(ctx, f.id, f.to, f.facts)
	if errors.Is(err, casework.ErrNotFound) {
		return nil, fmt.Errorf("there is no case %d", f.id)
	}
	return x, err
}

func reportCheck() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "Say what a report of a case lacks, field by field",
		Long: `Says what a report of a case lacks, field by field, and the digest of the
document as it would be sent. Nothing leaves the data directory. The exit code
is 3 if something is missing without which it cannot be sent.`,
		Example: "  rowan report check --case 7 --to ncmec --data ./data",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return inReportRoom(c, f.data, func(b *reportRoom) error {
				x, err := b.draft(c.Context(), &f)
				if err != nil {
					return err
				}
				if err := printDraft(c.OutOrStdout(), x, f.json); err != nil {
					return err
				}
				if x.Blocked() {
					return errPerson
				}
				return nil
			})
		},
	}
	f.add(c)
	return c
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

func printJSON(out io.Writer, v any) error {
	body, err := indented(v)
	if err == nil {
		_, err = out.Write(body)
	}
	return err
}

func printDraft(out io.Writer, x *bureau.Draft, asJSON bool) error {
	if asJSON {
		return printJSON(out, x)
	}
	fmt.Fprintf(out, "Case %d for %s: %s\n", x.Case, x.To, x.Digest)
	if len(x.Missing) == 0 {
		_, err := fmt.Fprintln(out, "Nothing is missing.")
		return err
	}
	for _, blocks := range []bool{true, false} {
		title := "\nMissing: it cannot be sent like this"
		if !blocks {
			title = "\nWould help those who read it"
		}
		for _, m := range x.Missing {
			if m.Blocks != blocks {
				continue
			}
			if title != "" {
				fmt.Fprintln(out, title)
				title = ""
			}
			if _, err := fmt.Fprintf(out, "  %s\n    %s: %s.\n", m.Field, m.What, m.Do); err != nil {
				return err
			}
		}
	}
	return nil
}

func reportBuild() *cobra.Command {
	var f reportFlags
	var dir string
	c := &cobra.Command{
		Use:   "build",
		Short: "Write the documents of a report to a folder",
		Long: `Writes the documents of a report to a folder, readable by you alone, and notes
in the case's custody that they left the data directory. They may hold what
people wrote: delete them when they have served.`,
		Example: "  rowan report build --case 7 --to nca --by lead --out ./case-7 --data ./data",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if dir == "" {
				return &usageError{errors.New("--out is needed: a folder to write to")}
			}
			return changeReports(c, f.data, func(b *reportRoom) error {
				p, err := b.person(c.Context(), f.by)
				if err != nil {
					return err
				}
				x, err := b.draft(c.Context(), &f)
				if err != nil {
					return err
				}
				if x.Blocked() {
					return errors.Join(printDraft(c.OutOrStdout(), x, f.json), errPerson)
				}
				if err := b.bureau.Exported(c.Context(), x.Case, "document for "+x.To, x.Digest, p.ID, "a folder of the machine"); err != nil {
					return err
				}
				if err := os.MkdirAll(dir, 0o700); err != nil {
					return err
				}
				for _, file := range x.Files {
					if err := os.WriteFile(filepath.Join(dir, file.Name), file.Body, 0o600); err != nil {
						return err
					}
				}
				return printDraft(c.OutOrStdout(), x, f.json)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.by, "by", "", "the log-in of who does this")
	c.Flags().StringVar(&dir, "out", "", "the folder")
	return c
}

func reportSend() *cobra.Command {
	var f reportFlags
	var digest string
	c := &cobra.Command{
		Use:   "send",
		Short: "Send a report, or take it for handing over",
		Long: `Sends a report of a case that two people have decided to report. --digest is
the one that 'check' or 'build' printed: what is sent is what was looked at. If
a server runs on the data directory, it sends the report; otherwise this does.
Reports to the NCA and statements of reasons are handed over by a person, who
then notes the reference with 'rowan report refer'.`,
		Example: "  rowan report send --case 7 --to ncmec --by lead --digest sha256:... --data ./data",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if digest == "" {
				return &usageError{errors.New("--digest is needed: 'rowan report check' prints it")}
			}
			return changeReports(c, f.data, func(b *reportRoom) error {
				p, err := b.person(c.Context(), f.by)
				if err != nil {
					return err
				}
				return send(c, b, &f, p.ID, digest)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.by, "by", "", "the log-in of who does this")
	c.Flags().StringVar(&digest, "digest", "", "the digest of the document that was looked at")
	return c
}

func send(c *cobra.Command, b *reportRoom, f *reportFlags, by, digest string) error {
	ctx := c.Context()
	x, err := b.draft(ctx, f)
	if err != nil {
		return err
	}
	if x.Blocked() {
		return errors.Join(printDraft(c.OutOrStdout(), x, f.json), errPerson)
	}
	if x.Digest != digest {
		return fmt.Errorf("the document has changed since it was looked at; it is now %s", x.Digest)
	}
	d, err := b.bureau.Send(ctx, x, by, dossier.SignOffs(x.Facts))
	if err != nil {
		return err
	}
	if f.to == dispatch.NCMEC {
		if d, err = deliverNow(ctx, c.ErrOrStderr(), b, d); err != nil {
			return err
		}
	}
	if err := printDelivery(c.OutOrStdout(), &d, f.json); err != nil {
		return err
	}
	if d.State == dispatch.Failed {
		return errPerson
	}
	return nil
}

// deliverNow delivers until a delivery rests or must wait, unless a server
// does that.
func deliverNow(ctx context.Context, out io.Writer, b *reportRoom, d dispatch.Delivery) (dispatch.Delivery, error) {
	switch err := b.store.Exclusive(); {
	case errors.Is(err, reports.ErrBusy):
		fmt.Fprintln(out, "The server that runs will send it.")
		return d, nil
	case err != nil:
		return d, err
	}
	for {
		worked, err := b.outbox.Step(ctx)
		if err != nil {
			return d, err
		}
		if d, err = b.store.Delivery(ctx, d.ID); err != nil || !worked {
			return d, err
		}
	}
}

func printDelivery(out io.Writer, d *dispatch.Delivery, asJSON bool) error {
	if asJSON {
		return printJSON(out, d)
	}
	fmt.Fprintf(out, "Report %d of case %d to %s: %s\n", d.ID, d.Case, d.To, d.State)
	switch {
	case d.Reference != "":
		fmt.Fprintf(out, "Reference %s, since %s\n", d.Reference, d.At.Format(time.DateTime))
	case d.ByHand && !d.State.Over():
		when := "as soon as can be"
		if !d.Due.IsZero() {
			when = "by " + d.Due.Format(time.DateTime) + " UTC"
		}
		fmt.Fprintf(out, "Write it with 'rowan report build', hand it over %s, and note the reference with 'rowan report refer %d'.\n", when, d.ID)
	}
	if p := d.Problem; p != nil {
		fmt.Fprintf(out, "%s: %s (code %d)\n", p.Step, p.Why, p.Code)
		for _, field := range p.Fields {
			fmt.Fprintf(out, "  %s\n", field)
		}
		if d.State == dispatch.Waiting {
			fmt.Fprintf(out, "It is tried again after %s UTC, while a server runs.\n", d.Next.Format(time.DateTime))
		}
	}
	return nil
}

func reportList() *cobra.Command {
	var data string
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List reports that are on their way or need somebody",
		Args:  exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			return inReportRoom(c, data, func(b *reportRoom) error {
				filter := dispatch.Filter{States: []dispatch.State{dispatch.Failed, dispatch.Waiting}}
				if all {
					filter.States = nil
				}
				list, err := b.store.List(c.Context(), filter)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), list)
				}
				if len(list) == 0 {
					_, err := fmt.Fprintln(c.OutOrStdout(), "No report is on its way.")
					return err
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tCASE\tTO\tSTATE\tATTEMPTS\tCODE\tDUE\tREFERENCE")
				for i := range list {
					d := &list[i]
					code, due := "", ""
					if d.Problem != nil {
						code = strconv.Itoa(int(d.Problem.Code))
					}
					if !d.Due.IsZero() {
						due = d.Due.Format(time.DateTime)
					}
					fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n", d.ID, d.Case, d.To, d.State, d.Attempts, terminal.Dash(code), terminal.Dash(due), terminal.Dash(d.Reference))
				}
				return w.Flush()
			})
		},
	}
	dataFlag(c, &data)
	c.Flags().BoolVar(&all, "all", false, "list those that are over, too")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// reportChange is a verb by which a person changes a delivery.
func reportChange(use, short, flag, about string, do func(ctx context.Context, b *dispatch.Outbox, id int64, by, with string) (dispatch.Delivery, error)) *cobra.Command {
	var data, by, with string
	var asJSON bool
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  exactly(1, "the id of a report, which 'rowan report list' shows"),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return &usageError{fmt.Errorf("%q is no id of a report", args[0])}
			}
			return changeReports(c, data, func(b *reportRoom) error {
				p, err := b.person(c.Context(), by)
				if err != nil {
					return err
				}
				d, err := do(c.Context(), b.outbox, id, p.ID, with)
				if err != nil {
					return err
				}
				return printDelivery(c.OutOrStdout(), &d, asJSON)
			})
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&by, "by", "", "the log-in of who does this")
	if flag != "" {
		c.Flags().StringVar(&with, flag, "", about)
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
