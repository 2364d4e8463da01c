package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/terminal"
)

// docketFlags are those of the command docket.
type docketFlags struct {
	data, stage, service string
	number               int64
	due, json            bool
}

func oversightDocket() *cobra.Command {
	var f docketFlags
	c := &cobra.Command{
		Use:   "docket",
		Short: "List the regulator's cases, what is due in them, or one of them in full",
		Long: `Reads the docket: the cases with their stage; with --due the calendar of what is
due, the earliest first; with --case one case in full, with the steps that its
stage allows. A server may run on the data meanwhile. Steps are taken on the pages,
where a severe one has two people.`,
		Example: `  rowan oversight docket --data ./regulator --stage representations
  rowan oversight docket --data ./regulator --due
  rowan oversight docket --data ./regulator --case 3 --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.stage, "stage", "", "only cases at a stage: "+strings.Join(stageWords(), ", "))
	c.Flags().StringVar(&f.service, "service", "", "only cases about a service of the register")
	c.Flags().Int64Var(&f.number, "case", 0, "one case, in full")
	c.Flags().BoolVar(&f.due, "due", false, "what is due, by day")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func stageWords() (out []string) {
	for _, s := range docket.Stages() {
		out = append(out, string(s))
	}
	return out
}

func (f *docketFlags) run(c *cobra.Command) error {
	filter := oversight.Filter{Service: f.service}
	if f.stage != "" {
		if !slices.Contains(docket.Stages(), docket.Stage(f.stage)) {
			return &usageError{fmt.Errorf("--stage %q: it is one of %s", f.stage, strings.Join(stageWords(), ", "))}
		}
		filter.Stages = []docket.Stage{docket.Stage(f.stage)}
	}
	if f.number < 0 || f.number > 0 && (f.stage != "" || f.service != "" || f.due) {
		return &usageError{errors.New("--case names one case by its number, and stands alone")}
	}
	return withOffice(c.Context(), f.data, func(o *oversight.Office) error {
		if _, known := o.Names().Services[f.service]; f.service != "" && !known {
			return unknownService(oversight.ErrNotFound, f.service, f.data)
		}
		switch {
		case f.number > 0:
			return f.one(c.Context(), o, c.OutOrStdout())
		case f.due:
			return f.calendar(c.Context(), o, filter, c.OutOrStdout())
		}
		return f.list(c.Context(), o, filter, c.OutOrStdout())
	})
}

func (f *docketFlags) list(ctx context.Context, o *oversight.Office, filter oversight.Filter, out io.Writer) error {
	cases, err := o.Cases(ctx, filter)
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(out, append([]oversight.Brief{}, cases...))
	}
	if len(cases) == 0 {
		_, err := fmt.Fprintln(out, "No case is like that.")
		return err
	}
	names := o.Names()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tSTAGE\tLAST STEP\tSERVICE")
	for _, b := range cases {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", b.ID, plain(b.Stage), b.On, names.Service(b.Service))
	}
	return w.Flush()
}

// plain is a word of the docket as one reads it.
func plain[T ~string](word T) string { return strings.ReplaceAll(string(word), "_", " ") }

func (f *docketFlags) calendar(ctx context.Context, o *oversight.Office, filter oversight.Filter, out io.Writer) error {
	due, err := o.Calendar(ctx, filter)
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(out, append([]docket.Due{}, due...))
	}
	if len(due) == 0 {
		_, err := fmt.Fprintln(out, "Nothing is due.")
		return err
	}
	return printDue(out, due)
}

func printDue(out io.Writer, due []docket.Due) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DAY\tSTATE\tCASE\tLAW\tWHAT")
	for _, d := range due {
		state := "due"
		if d.Late {
			state = "late"
		}
		what := d.What
		if d.Crime {
			what += "; not to do it is an offence (s.138)"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", d.On, state, d.Case, terminal.Dash(d.Law), what)
	}
	return w.Flush()
}

// caseView is a case as --json prints it.
type caseView struct {
	*docket.Case
	Due  []docket.Due           `json:"due"`
	Next []docket.Move          `json:"next"` // what the stage allows
	Owed money.Pounds           `json:"owed"`
	Sums map[string]penalty.Sum `json:"sums,omitempty"` // by decision
}

func (f *docketFlags) one(ctx context.Context, o *oversight.Office, out io.Writer) error {
	k, err := o.Case(ctx, docket.ID(f.number))
	if errors.Is(err, oversight.ErrNotFound) {
		return fmt.Errorf("there is no case %d in %s", f.number, f.data)
	}
	if err != nil {
		return err
	}
	v := caseView{Case: &k, Due: append([]docket.Due{}, k.Due(o.Today())...), Next: k.Possible(), Owed: k.Owed(o.Today()), Sums: map[string]penalty.Sum{}}
	for i := range k.Papers {
		if k.Papers[i].Decision != nil {
			v.Sums[k.Papers[i].ID] = k.Sum(k.Papers[i].ID, o.Today())
		}
	}
	if f.json {
		return writeJSON(out, v)
	}
	return v.print(out, o.Names())
}

func (v *caseView) print(out io.Writer, names *oversight.Names) error {
	k := v.Case
	fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("Case %d: %s", k.ID, k.Title), 0)+"\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Stage\t%s\n", plain(k.Stage))
	fmt.Fprintf(w, "Service\t%s\n", names.Service(k.Service))
	fmt.Fprintf(w, "Provider\t%s\n", names.Provider(k.Provider))
	fmt.Fprintf(w, "Opened\t%s; last step %s\n", k.Opened, k.On)
	if v.Owed > 0 {
		fmt.Fprintf(w, "Owed\t%s\n", v.Owed)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	heading := func(title string, n int) bool {
		if n > 0 {
			fmt.Fprintf(out, "\n%s\n", title)
		}
		return n > 0
	}
	if heading("Due", len(v.Due)) {
		if err := printDue(out, v.Due); err != nil {
			return err
		}
	}
	heading("Failures", len(k.Failures))
	for i := range k.Failures {
		x := &k.Failures[i]
		state, until := "suspected", "goes on"
		if x.Found {
			state = "found"
		}
		if x.Until != 0 {
			until = "until " + x.Until.String()
		}
		fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("%s %s (%s): %s, from %s, %s", x.ID, x.Requirement, x.Section, state, x.From, until), 2))
	}
	heading("Papers", len(k.Papers))
	for i := range k.Papers {
		p := &k.Papers[i]
		fmt.Fprintf(out, "  %s %s: %s\n", p.ID, plain(p.Kind), p.State)
		if sum, has := v.Sums[p.ID]; has && sum.Full > 0 {
			fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("fixed %s, daily so far %s, together %s under the cap of %s", sum.Single, sum.Daily, sum.Due, p.Decision.Cap.Amount), 4))
		}
	}
	heading("What the stage allows", len(v.Next))
	for _, m := range v.Next {
		what := m.Title
		if m.Two {
			what += " (two people)"
		}
		fmt.Fprintf(out, "  %s\n", what)
	}
	return nil
}
