package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/terminal"
)

func explain() *cobra.Command {
	var data string
	var asJSON bool
	c := &cobra.Command{
		Use:     "explain DECISION",
		Short:   "Say why a decision was made, and why not more",
		Example: "  rowan explain --data ./data d-1a",
		Args:    exactly(1, "the id of one decision"),
		RunE: func(c *cobra.Command, args []string) error {
			store, err := openStore(c, data)
			if err != nil {
				return err
			}
			defer store.Close()
			x, err := journal.NewArchive(store).Explain(c.Context(), args[0])
			if errors.Is(err, engine.ErrUnknownDecision) {
				return fmt.Errorf("%s holds no decision %s; ids are those in the answers to events", data, args[0])
			}
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(x)
			}
			return printExplanation(c.OutOrStdout(), &x)
		},
	}
	dataFlag(c, &data)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// openStore opens the journal of a data directory that must exist. A running
// server may go on beside it.
func openStore(c *cobra.Command, data string) (*sqlite.Store, error) {
	if _, err := os.Stat(filepath.Join(data, sqlite.JournalFile)); err != nil {
		return nil, fmt.Errorf("%s holds no journal; --data names the directory that 'rowan serve' used", data)
	}
	return sqlite.Open(c.Context(), data)
}

func printExplanation(out io.Writer, x *engine.Explanation) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	d := &x.Decision
	fmt.Fprintf(w, "Decision\t%s\n", d.ID)
	fmt.Fprintf(w, "Event\t%s %s, %s\n", x.Type, d.Event, x.At)
	fmt.Fprintf(w, "Action\t%s\n", d.Action)
	fmt.Fprintf(w, "Level\t%s (before: %s)\n", d.Level, x.Before)
	fmt.Fprintf(w, "Risk\tpair %.3f, actor %.3f (log-odds)\n", d.Risk.Pair.Float(), d.Risk.Actor.Float())
	fmt.Fprintf(w, "Policy\t%s\n", d.Policy)
	if x.Eligible {
		fmt.Fprintf(w, "Between\t%s and the young person %s\n", x.Actor, x.Minor)
	}
	printSafe(w, d)
	if len(x.Contributions) > 0 {
		fmt.Fprintf(w, "\nWEIGHT\tSIGNAL\tSTAGE\tWHAT\tAT\n")
		for _, r := range x.Contributions {
			fmt.Fprintf(w, "%+.3f\t%s\t%s\t%s\t%s\n", r.Weight.Float(), terminal.Dash(r.Signal), terminal.Dash(r.Stage), r.Title+learnedNote(r.Learned), terminal.Dash(r.At))
		}
	}
	for _, fired := range []struct {
		title string
		rules []engine.Fired
	}{{"Rules", x.Rules}, {"Shadow rules (" + terminal.Dash(x.WouldAction) + ")", x.Shadow}} {
		for i, r := range fired.rules {
			if i == 0 {
				fmt.Fprintf(w, "\n%s\n", fired.title)
			}
			fmt.Fprintf(w, "  %s\t%s\n", r.ID, r.Title)
		}
	}
	for i, n := range d.Notices {
		if i == 0 {
			fmt.Fprintf(w, "\nNotices\n")
		}
		fmt.Fprintf(w, "  %s\t%s (%s)\n", n.To, n.TextKey, n.Moment)
	}
	for i, why := range x.WhyNot {
		if i == 0 {
			fmt.Fprintf(w, "\nWhy not more\n")
		}
		fmt.Fprintf(w, "  %s\n", why)
	}
	return w.Flush()
}

// printSafe prints what the rules for young people's accounts had to say.
func printSafe(w io.Writer, d *engine.Decision) {
	if g := d.Gate; g != nil {
		fmt.Fprintf(w, "Gate\t%s: %s, setting %s%s\n", g.Verdict, g.Reason, terminal.Dash(g.Setting), observed(g.Observed))
		for _, r := range g.Rules {
			fmt.Fprintf(w, "  %s\t%s (%s, %s)\n", r.ID, r.Title, r.Duty, r.Evidence)
		}
		for _, s := range g.Possible {
			fmt.Fprintf(w, "  possible by\t%s\n", s.Key)
		}
	}
	if s := d.Setting; s != nil {
		fmt.Fprintf(w, "Setting\t%s: %s, from %s to %s%s\n", s.Setting, s.Reason, terminal.Dash(s.Before), terminal.Dash(s.After), observed(s.Observed))
	}
	if a := d.Age; a != nil {
		fmt.Fprintf(w, "Age\tfrom %s to %s: %s, %s\n", a.Before, a.After, a.Reason, a.Method)
	}
}

// learnedNote tells likeness from what a phrase said.
func learnedNote(is bool) string {
	if is {
		return " (learned)"
	}
	return ""
}

func observed(is bool) string {
	if is {
		return " (noted, not carried out)"
	}
	return ""
}
