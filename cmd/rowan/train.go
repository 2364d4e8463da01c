package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rowan/lab/train"
)

func trainCommand() *cobra.Command {
	o := train.Defaults()
	var cases caseOptions
	var out, held string
	var asJSON bool
	c := &cobra.Command{
		Use:   "train",
		Short: "Train the learned signals from lines that were written for them",
		Long: `Trains the model of learned signals from lines that were written for it, one file
a signal, in families of which a fifth is kept for calibration. The same lines,
seed and benign chat make the same bytes. Without --out nothing is written.

How each signal does is shown twice: on the calibration fold, and, apart, on
lines that nothing was trained or tuned on.

With --cases it learns from what a platform's own reviewers decided instead:
labelled pairs, from which it makes a model of evidence for the setting model.
The new model is refused, with exit code 1 and nothing written, if on pairs that
it was not made from reviewers would find less than by the model in force, or if
any group would see more false alarms.`,
		Example: "  rowan train --lines lab/training --out learned.bin\n  rowan train --benign chat.jsonl.gz --seed 7 --json\n  rowan train --cases decided.jsonl --config rowan.yaml --capacity 50 --out model.yaml",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if done, err := cases.take(c, out, asJSON); done {
				return err
			}
			if _, err := os.Stat(o.Lines); err != nil {
				return fmt.Errorf("the training lines: %w; give their directory with --lines", err)
			}
			names := []string{"rowan train"}
			for _, b := range o.Benign {
				names = append(names, "--benign "+filepath.Base(b))
			}
			o.Command = strings.Join(append(names, fmt.Sprintf("--seed %d", o.Seed)), " ")
			b := newBar(c.ErrOrStderr(), "train", "signals")
			o.Progress = func(done, all int) { b.set(int64(done), int64(all)) }
			r, err := train.Train(c.Context(), o)
			b.end()
			if err != nil {
				return err
			}
			report := trained{Result: r, Bytes: len(r.Model)}
			if held == "" {
				held = filepath.Join(o.Lines, "held")
			}
			if _, err := os.Stat(held); err == nil {
				if report.Held, err = train.Measure(held, r.Model); err != nil {
					return err
				}
			}
			if out != "" {
				if err := os.WriteFile(out, r.Model, 0o644); err != nil {
					return err
				}
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(report)
			}
			return report.write(c.OutOrStdout(), out)
		},
	}
	c.Flags().StringVar(&cases.file, "cases", "", "labelled pairs, one JSON object a line, to learn from")
	c.Flags().StringVar(&cases.config, "config", "", "the settings file that names the data in force (default: what is built in)")
	c.Flags().IntVar(&cases.capacity, "capacity", 50, "how many of the judged pairs reviewers would look at")
	c.Flags().StringVar(&o.Lines, "lines", "lab/training", "directory of training lines")
	c.Flags().StringArrayVar(&o.Benign, "benign", nil, "a file of benign conversations whose messages carry no signal (may be given again)")
	c.Flags().Uint64Var(&o.Seed, "seed", o.Seed, "seed of the order of training")
	c.Flags().StringVar(&held, "held", "", "directory of held-out lines, to measure with only (default: held in --lines)")
	c.Flags().StringVar(&out, "out", "", "the file to write the model to")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return c
}

// trained is what a training shows.
type trained struct {
	*train.Result
	Bytes int          `json:"bytes"`
	Held  []train.Held `json:"held_out"`
}

func (t *trained) write(out io.Writer, path string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d lines, %d benign messages, seed %d: %d features, %d bytes\n\n", t.Header.Lines, t.Header.Benign, t.Header.Seed, t.Header.Features, t.Bytes)
	fmt.Fprintln(w, "On families of lines, and conversations, not trained on, each in its turn")
	fmt.Fprintln(w, "Signal\tFamilies\tLines\tFound\tSurely\tDoubted\tBenign messages hit\tInnocent lines hit\tOther signals hit")
	for _, h := range t.Heads {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.2f\t%.2f\t%d of %d\t%d of %d\t%d of %d\n",
			h.Signal, h.Families, h.Lines, h.Recall, h.Sure, h.Doubted, h.Chat.K, h.Chat.N, h.Innocent.K, h.Innocent.N, h.Other.K, h.Other.N)
	}
	if len(t.Held) > 0 {
		fmt.Fprintln(w, "\nOn held-out lines: by another writer, nothing tuned on them")
		fmt.Fprintln(w, "Signal\tLines\tLearned\tIndirect\tLexicon\tBoth\tLook-alikes hit")
		for _, h := range t.Held {
			fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%d of %d\n", h.Signal, h.Lines, h.Recall, h.Indirect, h.Lexicon, h.Both, h.AlikeByBoth, h.Alike)
		}
	}
	if path != "" {
		fmt.Fprintf(w, "\nWritten: %s\n", path)
	}
	return w.Flush()
}
