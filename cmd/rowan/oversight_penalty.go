package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/datafile"
	"rowan/oversight"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	regulator "rowan/oversight/sqlite"
	"rowan/rulebook"
	"rowan/terminal"
)

// withOffice reads a regulator's data directory, beside a server that runs on it.
func withOffice(ctx context.Context, data string, do func(*oversight.Office) error) (err error) {
	if _, err := os.Stat(filepath.Join(data, regulator.OversightFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no register in %s; 'rowan oversight serve --data %s' makes one", data, data)
	}
	store, err := regulator.Open(ctx, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	office, err := oversight.NewOffice(ctx, oversight.Options{Store: store, Now: time.Now})
	if err != nil {
		return err
	}
	return do(office)
}

// unknownService says which service there is not, in place of ErrNotFound.
func unknownService(err error, service, data string) error {
	if errors.Is(err, oversight.ErrNotFound) {
		return fmt.Errorf("there is no service %q on the register in %s", service, data)
	}
	return err
}

// penaltyFlags are those of the command penalty.
type penaltyFlags struct {
	data, service, revenue    string
	from, until, on           string
	noPeriod, estimated, json bool
	factors                   string
}

func oversightPenalty() *cobra.Command {
	var f penaltyFlags
	c := &cobra.Command{
		Use:   "penalty",
		Short: "The greatest penalty that the Act allows, and a range from the declared factors",
		Long: `Works out the cap of Schedule 13 paragraph 4 from the revenue of an accounting
period: of a service on the register, or of an amount that you give. A period that
is not a year is brought to one. Without --period-from and --period-until it is the
last calendar year that is over.

With --factors, a YAML file that has a grade for each of the factors that the
regulator has declared, a range is proposed under the cap, with what each factor
did to it. The command prints the grades if none are given. The range is Rowan's
own proposal; a person decides.`,
		Example: `  rowan oversight penalty --revenue 250000000
  rowan oversight penalty --revenue 90000000 --period-from 2025-07-01 --period-until 2025-12-31
  rowan oversight penalty --service rivergram --data ./try --factors grades.yaml --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.service, "service", "", "a service of the register")
	c.Flags().StringVar(&f.revenue, "revenue", "", "the qualifying worldwide revenue of the accounting period, in pounds")
	c.Flags().StringVar(&f.from, "period-from", "", "the first day of the accounting period")
	c.Flags().StringVar(&f.until, "period-until", "", "the last day of the accounting period")
	c.Flags().BoolVar(&f.estimated, "estimated", false, "the revenue is the regulator's estimate of a first period that is not over")
	c.Flags().BoolVar(&f.noPeriod, "no-period", false, "there is no accounting period, or the person is no provider")
	c.Flags().StringVar(&f.on, "on", "", "the day of the decision (default: today)")
	c.Flags().StringVar(&f.factors, "factors", "", "a file with a grade for each declared factor, for the range")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

// penaltyView is what the command prints.
type penaltyView struct {
	On    rulebook.Date  `json:"on"`
	Basis penalty.Basis  `json:"basis"`
	Cap   penalty.Cap    `json:"cap"`
	Range *penalty.Range `json:"range,omitempty"`
}

func (f *penaltyFlags) run(c *cobra.Command) error {
	on, err := dayFlag("on", f.on)
	if err != nil {
		return err
	}
	v := penaltyView{On: on}
	factors, err := penalty.DefaultFactors()
	if err != nil {
		return err
	}
	if v.Basis, v.Cap, err = f.limit(c.Context(), on); err != nil {
		return err
	}
	if f.factors != "" {
		grades, gain, err := readGrades(f.factors)
		if err != nil {
			return err
		}
		r, err := factors.Recommend(v.Cap, grades, gain)
		if err != nil {
			return fmt.Errorf("%s: %w", f.factors, err)
		}
		v.Range = &r
	}
	if f.json {
		return writeJSON(c.OutOrStdout(), v)
	}
	return v.print(c.OutOrStdout(), factors)
}

// limit is the cap, of the register or of what was given.
func (f *penaltyFlags) limit(ctx context.Context, on rulebook.Date) (basis penalty.Basis, most penalty.Cap, err error) {
	ways := 0
	for _, given := range []bool{f.service != "", f.revenue != "", f.noPeriod} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return basis, most, &usageError{errors.New("give one of --service, --revenue and --no-period: the cap rests on a revenue, or on there being no accounting period")}
	case f.revenue == "" && (f.from != "" || f.until != "" || f.estimated):
		return basis, most, &usageError{errors.New("--period-from, --period-until and --estimated go with --revenue")}
	case f.service != "":
		err = withOffice(ctx, f.data, func(o *oversight.Office) (err error) {
			basis, most, err = o.Cap(ctx, f.service, on)
			return unknownService(err, f.service, f.data)
		})
		return basis, most, err
	}
	if f.revenue != "" {
		if basis.Period, err = f.period(on); err != nil {
			return basis, most, err
		}
	}
	if most, err = basis.Of(on); err != nil {
		err = &usageError{err}
	}
	return basis, most, err
}

// period is the one of the flags; the last calendar year that was over if they
// name none.
func (f *penaltyFlags) period(on rulebook.Date) (*penalty.Period, error) {
	if (f.from == "") != (f.until == "") {
		return nil, &usageError{errors.New("--period-from and --period-until go together")}
	}
	p := &penalty.Period{Estimated: f.estimated}
	var err error
	if p.Revenue, err = money.Parse(f.revenue); err != nil {
		return nil, &usageError{fmt.Errorf("--revenue: %w", err)}
	}
	if f.from == "" {
		first := time.Date(time.Unix(int64(on)*86400, 0).UTC().Year()-1, 1, 1, 0, 0, 0, 0, time.UTC)
		p.From, p.Until = rulebook.DateOf(first.UnixMilli()), rulebook.DateOf(first.AddDate(1, 0, -1).UnixMilli())
		return p, nil
	}
	if p.From, err = dayFlag("period-from", f.from); err != nil {
		return nil, err
	}
	p.Until, err = dayFlag("period-until", f.until)
	return p, err
}

// readGrades reads a grade for each factor, and what is known to have been gained.
func readGrades(path string) (grades map[string]string, gain money.Pounds, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	doc, err := datafile.Parse(path, src, &grades)
	if err != nil {
		return nil, 0, err
	}
	if text, given := grades[penalty.KnownGain]; given {
		if gain, err = money.Parse(text); err != nil {
			return nil, 0, doc.Errorf([]any{penalty.KnownGain}, "%v", err)
		}
		delete(grades, penalty.KnownGain)
	}
	return grades, gain, nil
}

func (v *penaltyView) print(out io.Writer, factors *penalty.Factors) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if p := v.Basis.Period; p != nil {
		fmt.Fprintf(w, "Accounting period\t%s to %s\n", p.From, p.Until)
	}
	least := ""
	if v.Cap.AtLeast {
		least = "at least "
	}
	fmt.Fprintf(w, "Cap on %s\t%s%s\n", v.On, least, v.Cap.Amount)
	if v.Range != nil {
		fmt.Fprintf(w, "Proposed range\t%s to %s\n", v.Range.Low, v.Range.High)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprint(out, "\n"+terminal.Wrap(v.Cap.Reason, 0))
	if v.Range == nil {
		fmt.Fprint(out, "\nFor a range, give --factors FILE with one grade of each:\n\n")
		return printGrades(out, factors)
	}
	for _, r := range v.Range.Reasons {
		fmt.Fprintf(out, "\n%s: %s\n", r.Title, r.Grade)
		fmt.Fprint(out, terminal.Wrap(r.Effect+", because "+r.Why, 2))
	}
	_, err := fmt.Fprint(out, "\n"+terminal.Wrap(v.Range.Label, 0))
	return err
}

// printGrades prints what a file of grades may say.
func printGrades(out io.Writer, factors *penalty.Factors) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	for _, choice := range factors.Choices() {
		words := make([]string, len(choice.Grades))
		for i, g := range choice.Grades {
			words[i] = g.Word
		}
		fmt.Fprintf(w, "  %s:\t%s\n", choice.ID, strings.Join(words, " | "))
	}
	fmt.Fprintf(w, "  %s:\tan amount in pounds; may be left out\n", penalty.KnownGain)
	return w.Flush()
}
