package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/lab/bench"
	"rowan/lab/simulate"
)

// simulation is the summary of a run.
type simulation struct {
	simulate.Simulation
	Events    int64                    `json:"events"`
	Messages  int64                    `json:"messages"`
	Pairs     map[simulate.Label]int64 `json:"pairs"`
	Seconds   float64                  `json:"seconds"`
	PeakBytes int                      `json:"peak_bytes"` // 0: the system does not tell
	Leak      *simulate.Leak           `json:"leak,omitempty"`
}

func simulateCommand() *cobra.Command {
	var o simulate.Options
	var out, truth, start string
	var asJSON, check bool
	c := &cobra.Command{
		Use:   "simulate --out FILE",
		Short: "Make the traffic of a simulated platform, with the truth beside it",
		Long: `Simulates a platform with accounts, families, schools and rooms, among them
actors whose policy is harmful or only looks so, and writes what a real platform
would send: CloudEvents as NDJSON in the order of time, gzip-compressed if the
file is called .gz. The same flags give the same bytes. Nothing in it comes from
a real conversation, and figures measured on it say nothing about the field.`,
		Example: "  rowan simulate --accounts 100000 --days 30 --seed 7 --out events.ndjson.gz --truth truth.ndjson\n" +
			"  rowan simulate --accounts 5000 --balanced --check --out events.ndjson.gz --truth truth.ndjson\n" +
			"  rowan simulate --accounts 1000 --days 2 --policy slow_trust,coach --prevalence 0.01 --out -",
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("--out FILE is missing: where the events go, - for the output")}
			}
			if start != "" {
				day, err := time.Parse(time.DateOnly, start)
				if err != nil {
					return &usageError{fmt.Errorf("--start %q is not a day such as 2026-10-05", start)}
				}
				o.Start = day
			}
			debug.SetGCPercent(20) // what lives is small beside what passes
			began := time.Now()
			p, err := simulate.New(o)
			if err != nil {
				return &usageError{err}
			}
			if err := writeSimulation(c, p, out, truth); err != nil {
				return err
			}
			totals := p.Totals()
			s := simulation{Simulation: p.Simulation(), Events: totals.Events, Messages: totals.Messages, Pairs: totals.Pairs, Seconds: time.Since(began).Seconds()}
			_, s.PeakBytes = bench.Memory()
			if check {
				leak := p.Leak()
				if leak.Harmful == 0 || leak.LookAlikes == 0 {
					return errors.New("there are no harmful or no look-alike pairs to check; use more accounts, a higher --prevalence or --balanced")
				}
				s.Leak = &leak
			}
			summary := c.OutOrStdout()
			if out == "-" {
				summary = c.ErrOrStderr()
			}
			if err := printSimulation(summary, s, asJSON); err != nil {
				return err
			}
			if s.Leak != nil && s.Leak.Worst() > simulate.MaxLeak {
				return fmt.Errorf("the simulation leaks: counting alone tells harmful from look-alike pairs with an area of %.2f, more than %.2f", s.Leak.Worst(), simulate.MaxLeak)
			}
			return nil
		},
	}
	c.Flags().IntVar(&o.Accounts, "accounts", 10_000, "accounts on the platform")
	c.Flags().IntVar(&o.Days, "days", 30, "days to simulate")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "where chance begins")
	c.Flags().StringVar(&start, "start", "", "the first day (default "+simulate.DefaultStart().Format(time.DateOnly)+")")
	c.Flags().Float64Var(&o.Prevalence, "prevalence", 0, fmt.Sprintf("share of harmful pairs among contact pairs (default %g, with --balanced %g)", simulate.DefaultPrevalence, simulate.BalancedPrevalence))
	c.Flags().BoolVar(&o.Balanced, "balanced", false, "as many look-alike pairs as harmful ones")
	c.Flags().StringSliceVar(&o.Policies, "policy", nil, "only these policies: "+policyNames())
	c.Flags().StringVar(&out, "out", "", "where the events go, - for the output")
	c.Flags().StringVar(&truth, "truth", "", "where the truth goes")
	c.Flags().BoolVar(&check, "check", false, "say whether counting alone tells harmful pairs from look-alikes; fail if it does")
	c.Flags().BoolVar(&asJSON, "json", false, "print the summary as JSON")
	return c
}

func policyNames() string {
	var names []string
	for _, p := range simulate.Policies() {
		names = append(names, p.Name())
	}
	return strings.Join(names, ", ")
}

func writeSimulation(c *cobra.Command, p *simulate.Platform, out, truth string) error {
	b := newBar(c.ErrOrStderr(), "simulate", "s of the simulation")
	err := toFile(c.OutOrStdout(), out, func(w io.Writer) error {
		return p.Write(c.Context(), w, strings.HasSuffix(out, ".gz"), func(_, done, all int64) { b.set(done/1000, all/1000) })
	})
	b.end()
	if err != nil || truth == "" {
		return err
	}
	return toFile(c.OutOrStdout(), truth, p.WriteTruth)
}

// toFile writes to a file, or to out for "-".
func toFile(out io.Writer, path string, write func(io.Writer) error) (err error) {
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriterSize(out, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

func printSimulation(out io.Writer, s simulation, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(s)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Simulated\t%d accounts for %d days from %s, seed %d\n", s.Accounts, s.Days, s.Start.Format(time.DateOnly), s.Seed)
	fmt.Fprintf(w, "Events\t%d, of them %d messages\n", s.Events, s.Messages)
	fmt.Fprintf(w, "Contact pairs\t%d harmful, %d look-alike, %d ordinary\n", s.Pairs[simulate.Harmful], s.Pairs[simulate.LookAlike], s.Pairs[simulate.Ordinary])
	fmt.Fprintf(w, "Time\t%.1f s, %.0f events a second\n", s.Seconds, float64(s.Events)/s.Seconds)
	if s.PeakBytes > 0 {
		fmt.Fprintf(w, "Memory\t%d MB at most\n", s.PeakBytes>>20)
	}
	if s.Leak != nil {
		fmt.Fprintf(w, "Told by counting\tarea %.2f by messages, %.2f by age of account, %.2f by both; at most %.2f\n", s.Leak.Messages, s.Leak.AccountAge, s.Leak.Both, simulate.MaxLeak)
	}
	return w.Flush()
}
