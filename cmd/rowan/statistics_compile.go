package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"rowan/statistics/release"
	"rowan/terminal"
)

func statisticsCompile() *cobra.Command {
	var out, keep string
	var asJSON bool
	c := &cobra.Command{
		Use:   "compile PLAN",
		Short: "Make a release: tables, charts, sentences, a site, and a manifest of it all",
		Long: `Reads the returns that a plan (release.yaml) names, makes the figures and writes
the release. A return that cannot be read is listed in it; the others are
compiled. The same inputs give the same bytes. docs/release.md describes the plan.

Exit codes: 0 done, 1 failed or a return could not be read, 2 wrong usage,
3 something needs a person: it is listed, and no figure rests on it.`,
		Example: "  rowan statistics compile release.yaml --out out/",
		Args:    exactly(1, "one plan"),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return &usageError{fmt.Errorf("--out is missing: the folder for the release")}
			}
			plan, err := release.ReadPlan(args[0])
			if err != nil {
				return err
			}
			r, err := release.Compile(c.Context(), plan, out, release.Options{Progress: progressOf(c.ErrOrStderr()), Keep: keep})
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				err = e.Encode(r)
			} else {
				err = writeResult(c.OutOrStdout(), r)
			}
			switch {
			case err != nil:
				return err
			case len(r.Unread) > 0:
				return errQuiet
			case len(r.Unresolved)+len(r.Questions)+len(r.Alarms) > 0:
				return errPerson
			}
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "the folder for the release: new, empty, or one that holds a release")
	c.Flags().StringVar(&keep, "keep", "", "a private directory in which the returns are kept as they came, under their SHA-256")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return c
}

// progressOf shows a bar for each thing that a compilation does.
func progressOf(to io.Writer) func(what string, done, all int) {
	var b *bar
	last := ""
	return func(what string, done, all int) {
		if what != last {
			b, last = newBar(to, what, ""), what
		}
		b.set(int64(done), int64(all))
		if done == all {
			b.end()
		}
	}
}

func writeResult(to io.Writer, r *release.Result) error {
	var s strings.Builder
	for _, a := range r.Alarms {
		s.WriteString("ALARM " + a.Cell.File + "\n" + terminal.Wrap(a.Text, 2))
	}
	for _, f := range r.Unread {
		s.WriteString(terminal.Wrap("NOT READ: "+f.Error, 0))
	}
	if len(r.Unresolved) > 0 {
		s.WriteString("What needs a person, so that no figure rests on it:\n")
		for _, c := range r.Unresolved {
			text := c.Text
			if c.Evidence != "" {
				text += " (" + c.Evidence + ")"
			}
			s.WriteString(terminal.Wrap("- "+text, 2) + terminal.Wrap("-> add a resolution for "+c.ID+" to the plan", 4))
		}
	}
	if n := len(r.Questions); n > 0 {
		s.WriteString(terminal.Wrap(fmt.Sprintf("%d questions about the returns: 'rowan statistics read' shows them.", n), 0))
	}
	fmt.Fprintf(&s, "%d figures, %d refused by a rule, %d hidden; %d files in %s.\n", r.Figures, r.Blocked, r.Hidden, r.Files, r.Out)
	_, err := io.WriteString(to, s.String())
	return err
}
