package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rowan/age"
	"rowan/event"
	"rowan/guard/conformance"
	"rowan/terminal"
)

func migrateCommand() *cobra.Command {
	var flags scopeFlags
	var config, accounts, data, plan, out string
	var apply, lenient bool
	var most int
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring existing accounts under the defaults",
		Long: `Says what would bring existing accounts under the defaults: which settings of
whom change, and why. What is stricter than its default stays, and so does what
the right person relaxed with the supportive information shown first. --out
writes the plan, one line for each account that changes. With --apply the plan
is written into the journal of --data as events, with the same ids each time, so
that applying it twice changes nothing; the server must not run meanwhile. The
platform then changes the settings as the plan says.`,
		Example: `  rowan settings migrate --accounts accounts.ndjson --jurisdiction gb --out plan.ndjson
  rowan settings migrate --accounts accounts.ndjson --data ./data --apply`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if accounts == "" {
				return &usageError{errors.New("--accounts FILE is needed: the accounts, one JSON object a line")}
			}
			if apply && data == "" {
				return &usageError{errors.New("--apply needs --data DIR: the journal that the plan is written into")}
			}
			book, scope, day, err := flags.service(c, config, data)
			if err != nil {
				return err
			}
			planner, err := conformance.NewPlanner(book, scope, day)
			if err != nil {
				return &usageError{err}
			}
			in, end, err := openAccounts(c, accounts, most)
			if err != nil {
				return err
			}
			var found *conformance.Migration
			work := func(to io.Writer) (err error) {
				if apply {
					found, err = applyPlan(c.Context(), planner, in, config, data, to)
				} else {
					found, err = planner.Run(c.Context(), in, to)
				}
				return err
			}
			if plan == "" {
				err = work(nil)
			} else {
				err = writePrivate(plan, work)
			}
			end()
			if found == nil {
				return err
			}
			tellBad(c, found.BadLines, most)
			switch out {
			case "":
				printMigration(c.OutOrStdout(), found)
			case "-":
				err = errors.Join(err, writeJSON(c.OutOrStdout(), found))
			default:
				err = errors.Join(err, writePrivate(out, func(w io.Writer) error { return writeJSON(w, found) }))
				printMigration(c.OutOrStdout(), found)
			}
			if err == nil && found.BadLines > 0 && !lenient {
				err = errQuiet
			}
			return err
		},
	}
	flags.add(c)
	addServiceFlags(c, &config)
	c.Flags().StringVar(&accounts, "accounts", "", "accounts, one JSON object a line; - for the input")
	c.Flags().StringVar(&data, "data", "", "the data directory; its rowan.yaml says which rules hold")
	c.Flags().StringVar(&plan, "out", "", "write the plan to a file, one line for each account that changes")
	c.Flags().StringVar(&out, "json", "", "write the counts as JSON to a file, - for the output")
	c.Flags().BoolVar(&apply, "apply", false, "write the plan into the journal of --data")
	c.Flags().IntVar(&most, "most", 20, "tell of at most this many bad lines (0: all)")
	c.Flags().BoolVar(&lenient, "lenient", false, "lines that cannot be read do not make the exit code 1")
	return c
}

// applyPlan writes a plan into a journal.
func applyPlan(ctx context.Context, planner *conformance.Planner, in *conformance.Input, config, data string, plan io.Writer) (found *conformance.Migration, err error) {
	s, err := readSettings(config, data)
	if err != nil {
		return nil, err
	}
	d, err := openData(ctx, data, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var applied conformance.Applied
	found, err = planner.Apply(ctx, in, time.Now().UnixMilli(), plan, func(ctx context.Context, events []*event.Event) error {
		decisions, err := d.journal.Decide(ctx, events)
		for i := range decisions {
			applied.Events++
			if set := decisions[i].Setting; set != nil && !set.Accepted {
				applied.Refused++
			}
		}
		return err
	})
	if found != nil {
		found.Applied = &applied
	}
	return found, err
}

func printMigration(out io.Writer, m *conformance.Migration) {
	fmt.Fprintf(out, "%d of %d accounts change on %s\n", m.Changing, m.Accounts, m.Date)
	fmt.Fprintf(out, "Relaxations that stay, made by the right person with the information shown: %d\n", m.Keeping)
	fmt.Fprintf(out, "\n%-20s %10s %10s\n", "BAND", "ACCOUNTS", "CHANGING")
	for b := age.Unknown; b <= age.Adult; b++ {
		n := m.Bands[b.String()]
		fmt.Fprintf(out, "%-20s %10d %10d\n", b, n.Accounts, n.Changing)
	}
	if len(m.Settings) > 0 {
		fmt.Fprintf(out, "\n%-20s %10s %10s %10s %10s\n", "SETTING", "unknown", "under_13", "13-15", "16-17")
		for _, setting := range slices.Sorted(maps.Keys(m.Settings)) {
			n := m.Settings[setting]
			fmt.Fprintf(out, "%-20s %10d %10d %10d %10d\n", setting, n["unknown"], n["under_13"], n["13-15"], n["16-17"])
		}
		fmt.Fprintf(out, "\n%-20s %10s\n", "WHY", "CHANGES")
		for _, why := range slices.Sorted(maps.Keys(m.Reasons)) {
			fmt.Fprintf(out, "%-20s %10d\n", why, m.Reasons[why])
		}
	}
	if m.Applied != nil {
		fmt.Fprintf(out, "\nWritten into the journal: %d events; refused by the rules there: %d\n", m.Applied.Events, m.Applied.Refused)
		if m.Unnamed > 0 {
			fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("%d relaxations by guardians whose accounts are not named stay on the platform, but the journal could not be told of them.", m.Unnamed), 0))
		}
	}
	if m.Applied == nil && m.Changing > 0 {
		fmt.Fprintln(out, "\nNothing was changed. --out FILE writes the plan; --apply --data DIR the journal.")
	}
}
