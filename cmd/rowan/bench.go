package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/lab/bench"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	var out string
	var compare bool
	var rounds int
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure messages a second, answer times and memory on this machine",
		Long: `Measures the guard on this machine, in a directory of its own that is removed
afterwards. JSON lines are written, decoded, decided and committed durably by one
process: the writing counts too. Every message is between an adult and a child
who are not connected, so each is read. Then single events are offered over HTTP
on loopback at a steady rate; their times count from when each was due.

--ledger-cost measures what the ledger costs: two guards in one process, with and
without it, take turns, each round half of --for each. --no-ledger measures a
guard without a ledger, alone.`,
		Example: "  rowan bench\n  rowan bench --obfuscated --pairs 100000 --json -\n  rowan bench --ledger-cost --pairs 50000 --for 8s --rounds 10",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Pairs < 1 || o.Writers < 1 || o.Rate < 1 || o.Duration <= 0 || rounds < 1 {
				return &usageError{fmt.Errorf("--pairs, --writers, --rate, --rounds and --for must be over 0")}
			}
			sparing()
			b := newBar(c.ErrOrStderr(), "bench", "")
			o.Say = func(string, ...any) {}
			o.Step = func(_ string, done, all int) { b.set(int64(done), int64(all)) }
			if compare {
				x, err := bench.Compare(c.Context(), o, rounds)
				b.end()
				if err != nil {
					return err
				}
				if out != "" {
					return writeTo(c.OutOrStdout(), out, func(e *json.Encoder) error { return e.Encode(x) })
				}
				return printComparison(c.OutOrStdout(), x)
			}
			r, err := bench.Run(c.Context(), o)
			b.end()
			if err != nil {
				return err
			}
			if out != "" {
				return writeTo(c.OutOrStdout(), out, func(e *json.Encoder) error { return e.Encode(r) })
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "Messages\t%.0f a second for %.1f s, durable: %t\n", r.MessagesPerSecond, r.Seconds, r.Durable)
			fmt.Fprintf(w, "Groups of 512\tp50 %.1f ms, p99 %.1f ms\n", r.BatchP50, r.BatchP99)
			if r.HTTPRequests > 0 {
				fmt.Fprintf(w, "Single over HTTP\tp50 %.2f ms, p99 %.2f ms at %d a second\n", r.P50, r.P99, r.OfferedHTTP)
			}
			fmt.Fprintf(w, "State\t%d live pairs, %.0f bytes each, %d MB in all\n", r.LivePairs, r.BytesPerPair, r.StateBytes>>20)
			fmt.Fprintf(w, "Process\t%d MB resident, %d MB at most\n", r.ResidentBytes>>20, r.PeakBytes>>20)
			if r.StartSeconds > 0 {
				fmt.Fprintf(w, "Start\t%.2f s as after a crash, %d events since the checkpoint\n", r.StartSeconds, r.StartReplayed)
			}
			fmt.Fprintf(w, "Machine\t%d cores, %s\n", r.Cores, r.Go)
			return w.Flush()
		},
	}
	c.Flags().IntVar(&o.Pairs, "pairs", 1_000_000, "live pairs")
	c.Flags().DurationVar(&o.Duration, "for", 30*time.Second, "how long messages are sent")
	c.Flags().DurationVar(&o.HTTP, "http", 4*time.Second, "how long single events are offered (0: not)")
	c.Flags().IntVar(&o.Rate, "rate", 2000, "single events offered a second")
	c.Flags().IntVar(&o.Writers, "writers", 4, "connections that send messages")
	c.Flags().BoolVar(&o.Hidden, "obfuscated", false, "disguise every text")
	c.Flags().BoolVar(&o.NoGate, "no-gate", false, "leave the rules for young people's accounts off")
	c.Flags().BoolVar(&o.Journal.NoLedger, "no-ledger", false, "without the ledger, to see what it costs")
	c.Flags().BoolVar(&compare, "ledger-cost", false, "measure what the ledger costs, in turns with and without it")
	c.Flags().IntVar(&rounds, "rounds", 8, "how many rounds --ledger-cost takes")
	c.Flags().BoolVar(&o.Restart, "restart", false, "also measure a start as after a crash")
	c.Flags().StringVar(&o.Dir, "dir", "", "where the data lies meanwhile (default: the system's place for such)")
	c.Flags().StringVar(&out, "json", "", "write JSON to a file, - for the output")
	return c
}

func printComparison(out io.Writer, x *bench.Comparison) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range []struct {
		name string
		side *bench.Side
	}{{"With the ledger", &x.With}, {"Without", &x.Without}} {
		fmt.Fprintf(w, "%s\t%.0f messages a second, %.2f µs of processor time each\n", s.name, s.side.MessagesPerSecond, s.side.CPU)
	}
	fmt.Fprintf(w, "It costs\t%.1f %% more processor time (half of %d rounds: %.1f to %.1f)\n", x.CPU.Median, x.Rounds, x.CPU.Low, x.CPU.High)
	fmt.Fprintf(w, "\t%.1f %% more time (%.1f to %.1f)\n", x.Slower.Median, x.Slower.Low, x.Slower.High)
	return w.Flush()
}
