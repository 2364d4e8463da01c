package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/guard/engine"
	"rowan/lab/cases"
	"rowan/lab/evaluate"
)

// caseOptions are the flags of a training from cases.
type caseOptions struct {
	file, config string
	capacity     int
}

// take trains from cases if that is what was asked for.
func (o *caseOptions) take(c *cobra.Command, out string, asJSON bool) (done bool, err error) {
	flags := []string{"lines", "benign", "held", "seed"}
	if o.file == "" {
		flags = []string{"config", "capacity"}
	}
	for _, name := range flags {
		if !c.Flags().Changed(name) {
			continue
		}
		if o.file == "" {
			return true, &usageError{fmt.Errorf("--%s goes with --cases", name)}
		}
		return true, &usageError{fmt.Errorf("--%s is for training on lines, not with --cases", name)}
	}
	if o.file == "" {
		return false, nil
	}
	return true, o.run(c, out, asJSON)
}

func (o *caseOptions) run(c *cobra.Command, out string, asJSON bool) error {
	if o.capacity < 1 {
		return &usageError{fmt.Errorf("--capacity %d: reviewers look at one pair at least", o.capacity)}
	}
	var sources engine.Sources
	if o.config != "" {
		s, err := readSettings(o.config, "")
		if err != nil {
			return err
		}
		if sources, err = s.sources(); err != nil {
			return err
		}
	}
	b := newBar(c.ErrOrStderr(), "train", "pairs")
	r, err := cases.Train(c.Context(), cases.Options{
		File: o.file, Sources: sources, Capacity: o.capacity, Now: time.Now,
		Progress: func(done, all int) { b.set(int64(done), int64(all)) },
	})
	b.end()
	if err != nil {
		return err
	}
	accepted := len(r.Refused) == 0
	if accepted && out != "" {
		if err := replaceFile(out, r.Model); err != nil {
			return err
		}
	}
	if asJSON {
		err = writeJSON(c.OutOrStdout(), r)
	} else {
		err = printCases(c.OutOrStdout(), r)
	}
	if err != nil {
		return err
	}
	if !accepted {
		fmt.Fprintln(c.ErrOrStderr(), "rowan: the new model is refused, and nothing was written: the one in force stays")
		return errQuiet
	}
	if out != "" && !asJSON {
		fmt.Fprintf(c.OutOrStdout(), "\nWritten: %s. Put it in force with 'model: %s' in rowan.yaml.\n", out, out)
	}
	return nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".rowan-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func printCases(out io.Writer, r *cases.Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d pairs that people decided about, %d of them harmful\n", r.Pairs, r.Harm)
	for _, f := range r.Folds {
		fmt.Fprintf(w, "  to %s\t%d, %d harmful\n", f.Fold, f.Pairs, f.Harm)
	}
	fmt.Fprintf(w, "In force\t%s\nNew\t%s\n", r.InForce, r.Version)
	fmt.Fprintf(w, "\nLearned\tFactor\tBefore\tPairs\n")
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%d\t%s\n", c.Code, c.After, c.Before, c.Pairs, c.Title)
	}
	fmt.Fprintf(w, "all evidence\t%.3f\n", r.Slope)
	a, b := &r.Before, &r.After
	fmt.Fprintf(w, "\nOn the judged pairs\tBefore\tAfter\n")
	fmt.Fprintf(w, "precision among the %d highest\t%s\t%s\n", a.Capacity, share(a.Found), share(b.Found))
	fmt.Fprintf(w, "harmful pairs that alert\t%s\t%s\n", share(a.Recall), share(b.Recall))
	fmt.Fprintf(w, "false alarms\t%s\t%s\n", share(a.Alarms), share(b.Alarms))
	for i := range a.Subgroups {
		fmt.Fprintf(w, "  %s %s\t%s\t%s\n", a.Subgroups[i].By, a.Subgroups[i].Group, share(a.Subgroups[i].Alarms), share(b.Subgroups[i].Alarms))
	}
	fmt.Fprintf(w, "Brier, calibrated\t%.4f\t%.4f\n", a.Brier, b.Brier)
	fmt.Fprintf(w, "log loss, calibrated\t%.4f\t%.4f\n", a.LogLoss, b.LogLoss)
	fmt.Fprintf(w, "ECE, calibrated\t%.4f\t%.4f\n", a.ECE, b.ECE)
	for i, why := range r.Refused {
		if i == 0 {
			fmt.Fprintln(w, "\nRefused")
		}
		fmt.Fprintf(w, "  %s\n", why)
	}
	return w.Flush()
}

// share is a share with its count and its 95 % interval.
func share(s evaluate.Share) string {
	return fmt.Sprintf("%.1f %% (%d of %d; %.1f to %.1f)", 100*s.Value, s.K, s.N, 100*s.Interval.Low, 100*s.Interval.High)
}
