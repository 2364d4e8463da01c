package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/terminal"
)

// grossFlags are those of the command gross-breach.
type grossFlags struct {
	data, test, facts string
	of                int64
	json              bool
}

func oversightGross() *cobra.Command {
	var f grossFlags
	c := &cobra.Command{
		Use:   "gross-breach",
		Short: "Whether a case could be put before a prosecutor, and by which facts",
		Long: `Puts the test of a gross breach of the duty of care to a case of the docket:
severity, duration, knowledge at the top, harm to children, earlier warnings. It
says to refer, with the grounds, or why not; there is no such offence in the law
yet, and the outcome says so. Then it goes through the offences that there are,
and says of each element whether the docket shows it, lacks it, or leaves it open.

It finds nobody guilty. Another test is given with --test, in the form of
oversight/liability/routes.yaml. To see what other facts would come to, print a
case with --json, change its "facts", and give the file with --facts.`,
		Example: `  rowan oversight gross-breach --case 1 --data ./regulator
  rowan oversight gross-breach --case 1 --data ./regulator --test routes.yaml --json
  rowan oversight gross-breach --facts case1.json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	dataFlag(c, &f.data)
	c.Flags().Int64Var(&f.of, "case", 0, "the case of the docket")
	c.Flags().StringVar(&f.facts, "facts", "", "facts in a file in place of a case, in the form that --json prints")
	c.Flags().StringVar(&f.test, "test", "", "a file with the test, routes and offences (default: the shipped one)")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

// readLiability is the book in a file, the shipped one without.
func readLiability(path string) (*liability.Book, error) {
	if path == "" {
		return liability.Default()
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return liability.Load(path, src)
}

func (f *grossFlags) run(c *cobra.Command) error {
	if (f.of > 0) == (f.facts != "") || f.of < 0 {
		return &usageError{errors.New("give one of --case and --facts; 'rowan oversight docket' lists the cases")}
	}
	book, err := readLiability(f.test)
	if err != nil {
		return err
	}
	l, title, err := f.read(c.Context())
	if err != nil {
		return err
	}
	l.Gross, l.Offences = book.GrossBreach(&l.Facts), book.Assess(&l.Facts)
	if f.json {
		return writeJSON(c.OutOrStdout(), l)
	}
	return printLiability(c.OutOrStdout(), title, &l)
}

// read is the facts of a case or of a file, with what they are about.
func (f *grossFlags) read(ctx context.Context) (l oversight.Liability, title string, err error) {
	if f.facts != "" {
		src, err := os.ReadFile(f.facts)
		if err != nil {
			return l, "", err
		}
		facts, err := liability.ReadFacts(src)
		if err != nil {
			return l, "", fmt.Errorf("%s: %w", f.facts, err)
		}
		return oversight.Liability{Facts: *facts}, fmt.Sprintf("Facts of %s, on %s", f.facts, facts.On), nil
	}
	err = withOffice(ctx, f.data, func(o *oversight.Office) (err error) {
		l, err = o.Liability(ctx, docket.ID(f.of))
		return err
	})
	if errors.Is(err, oversight.ErrNotFound) {
		err = fmt.Errorf("there is no case %d in %s", f.of, f.data)
	}
	return l, fmt.Sprintf("Case %d, %s", f.of, l.Case.Title), err
}

func printLiability(out io.Writer, title string, l *oversight.Liability) error {
	outcome := "do not refer"
	if l.Gross.Refer {
		outcome = "refer for prosecution to be considered"
	}
	p := page{out: out}
	p.line("%s\n", title)
	p.line("Gross breach of the duty of care: %s", outcome)
	p.text(2, l.Gross.Label)
	p.line("")
	for _, g := range l.Gross.Grounds {
		p.line("  %s: %s", g.Title, [...]string{"not met", "partly met", "met"}[g.Grade])
		p.text(4, g.Why)
	}
	for _, why := range l.Gross.WhyNot {
		p.text(2, "Why not: "+why)
	}
	for _, a := range l.Offences {
		says := "an element is missing"
		if a.Consider {
			says = "could be considered"
		}
		whose := a.Offence.Law
		if a.Name != "" {
			whose += ", " + a.Name
		}
		p.line("\n%s: %s", whose, says)
		p.text(2, a.Offence.Title)
		for _, e := range a.Elements {
			by := ""
			if len(e.By) > 0 {
				by = " (" + strings.Join(e.By, "; ") + ")"
			}
			p.text(4, string(e.State)+": "+e.Text+by)
		}
		p.text(4, "first: "+strings.Join(a.Offence.Consider, "; "))
	}
	return p.err
}

// page is written until writing fails.
type page struct {
	out io.Writer
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

func (p *page) text(indent int, s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, terminal.Wrap(s, indent))
	}
}
