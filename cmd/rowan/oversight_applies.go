package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rowan/datafile"
	"rowan/oversight"
	"rowan/oversight/applicability"
	"rowan/oversight/register"
	"rowan/rulebook"
	"rowan/terminal"
)

// appliesFlags are those of the command applies.
type appliesFlags struct {
	data, service, facts, on string
	users                    int64
	add, remove              []string
	all, json                bool
}

func oversightApplies() *cobra.Command {
	var f appliesFlags
	c := &cobra.Command{
		Use:   "applies",
		Short: "Which measures of which code apply to a service on a day, and why",
		Long: `Says which measures are for a service of the register, or for one that a file of
facts describes, on a day, and why. With --users, --feature or --without it says
what would be different if the service grew, or had a feature or had it no more.

A file of facts is YAML with users, risk by kind, features, age_signal, small and
no_children, each of which may be left out.`,
		Example: `  rowan oversight applies --service rivergram --data ./regulator
  rowan oversight applies --service rivergram --data ./regulator --users 7000001
  rowan oversight applies --facts service.yaml --feature dm --on 2026-09-30 --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.service, "service", "", "a service of the register")
	c.Flags().StringVar(&f.facts, "facts", "", "a file that describes a service")
	c.Flags().StringVar(&f.on, "on", "", "the day (default: today)")
	c.Flags().Int64Var(&f.users, "users", 0, "what if it had so many users a month in the United Kingdom")
	c.Flags().StringSliceVar(&f.add, "feature", nil, "what if it had a feature, such as dm or connections (repeatable)")
	c.Flags().StringSliceVar(&f.remove, "without", nil, "what if it had a feature no more (repeatable)")
	c.Flags().BoolVar(&f.all, "all", false, "measures that are not for the service, too")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (f *appliesFlags) run(c *cobra.Command) error {
	on, err := dayFlag("on", f.on)
	if err != nil {
		return err
	}
	if (f.service == "") == (f.facts == "") {
		return &usageError{errors.New("give --service, or --facts with a file that describes one")}
	}
	if f.users < 0 {
		return &usageError{fmt.Errorf("--users %d: it is a number of people", f.users)}
	}
	book, err := rulebook.Default()
	if err != nil {
		return err
	}
	contents, err := register.DefaultContents()
	if err != nil {
		return err
	}
	change := applicability.Change{Users: f.users, Add: f.add, Remove: f.remove}
	if err := applicability.CheckFeatures(book, append(slices.Clone(f.add), f.remove...)); err != nil {
		return &usageError{err}
	}
	p, err := f.profile(c, book, on)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if f.users == 0 && len(f.add)+len(f.remove) == 0 {
		report, err := applicability.Ask(book, contents, &p)
		if err != nil {
			return err
		}
		if f.json {
			return writeJSON(out, report)
		}
		return f.print(out, &report)
	}
	what, err := applicability.If(book, contents, &p, change)
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(out, what)
	}
	return printWhatIf(out, &what)
}

// profile is that of a service of the register, or of the file.
func (f *appliesFlags) profile(c *cobra.Command, book *rulebook.Book, on rulebook.Date) (p register.Profile, err error) {
	if f.service != "" {
		err = withOffice(c.Context(), f.data, func(o *oversight.Office) (err error) {
			p, err = o.Profile(c.Context(), f.service, oversight.AsOf{Day: on})
			return unknownService(err, f.service, f.data)
		})
		return p, err
	}
	src, err := os.ReadFile(f.facts)
	if err != nil {
		return p, err
	}
	var s rulebook.Service
	if _, err := datafile.Parse(f.facts, src, &s); err != nil {
		return p, err
	}
	if err := applicability.CheckFeatures(book, s.Features); err != nil {
		return p, fmt.Errorf("%s: %w", f.facts, err)
	}
	return applicability.Suppose(s, on), nil
}

// print is a report for people.
func (f *appliesFlags) print(out io.Writer, r *applicability.Report) error {
	printFacts(out, r)
	for _, part := range []struct {
		state applicability.State
		title string
	}{
		{applicability.Required, "apply"},
		{applicability.Alternative, "apply and are replaced by something that is on record"},
		{applicability.Recommended, "are recommended"},
		{applicability.Absent, "are not for this service"},
	} {
		n := r.Count(part.state)
		fmt.Fprintf(out, "\n%d measures %s.\n", n, part.title)
		if n == 0 || part.state == applicability.Absent && !f.all {
			continue
		}
		code := ""
		for i := range r.Measures {
			if m := &r.Measures[i]; m.State == part.state {
				if m.Code != code {
					code = m.Code
					fmt.Fprint(out, "\n"+terminal.Wrap(code, 0))
				}
				fmt.Fprintf(out, "\n  %s, in force from %s\n", m.Measure, m.From)
				fmt.Fprint(out, terminal.Wrap(m.Title, 4), terminal.Wrap("Why: "+m.Why, 4))
				if m.Instead != nil {
					fmt.Fprint(out, terminal.Wrap("In its place: "+m.Instead.Instead, 4))
				}
			}
		}
	}
	_, err := fmt.Fprintf(out, "\nRulebook %s on %s. Not legal advice.\n", r.Rulebook, r.On)
	return err
}

// printFacts says what is known of a service.
func printFacts(out io.Writer, r *applicability.Report) {
	users := "not known"
	if r.Facts.Months > 0 {
		users = terminal.Grouped(r.Facts.Users) + " a month in the United Kingdom"
	}
	risks := "there is no risk assessment"
	if r.Facts.Assessment != "" {
		risks = "of the risk assessment " + r.Facts.Assessment
	}
	fmt.Fprintf(out, "Users     %s\n", users)
	fmt.Fprintf(out, "Features  %s\n", terminal.Dash(strings.Join(r.Facts.Service.Features, ", ")))
	fmt.Fprintf(out, "Risks     %s\n", risks)
	fmt.Fprintf(out, "Children  %s\n", strings.TrimSpace(terminal.Wrap(r.Facts.Why, 10)))
}

// printWhatIf is what a change would bring, for people.
func printWhatIf(out io.Writer, w *applicability.WhatIf) error {
	fmt.Fprintf(out, "%d measures apply now; %d would.\n", w.Before.Count(applicability.Required), w.After.Count(applicability.Required))
	for _, d := range w.Differ {
		fmt.Fprintf(out, "\n  %s: %s, now %s\n", d.Measure, terminal.Dash(string(d.After)), terminal.Dash(string(d.Before)))
		fmt.Fprint(out, terminal.Wrap(d.Title, 4), terminal.Wrap("Why: "+d.Why, 4))
	}
	if len(w.Differ) == 0 {
		fmt.Fprintln(out, "Nothing would be different.")
	}
	if w.Assess != "" {
		fmt.Fprint(out, "\n"+terminal.Wrap(w.Assess, 0))
	}
	_, err := fmt.Fprintf(out, "\nRulebook %s on %s. Not legal advice.\n", w.After.Rulebook, w.After.On)
	return err
}
