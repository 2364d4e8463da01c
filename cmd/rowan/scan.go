package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/lab/scan"
)

func scanCommand() *cobra.Command {
	var assume, out, page, policy, lexicons string
	c := &cobra.Command{
		Use:   "scan FILE",
		Short: "Say what the guard would have made of recorded conversations",
		Long: `Reads conversations, one JSON object a line, or CloudEvents as NDJSON, plain or
gzip-compressed; - is the standard input. Nothing is kept. With --assume
older-stranger each speaker in turn is taken for an unknown adult who writes to a
child, which is the hardest reading.`,
		Example: "  rowan scan chat.jsonl.gz --assume older-stranger\n  rowan scan chat.jsonl --json - | jq 'select(.level != \"none\")'\n  rowan scan chat.jsonl --html report.html",
		Args:    exactly(1, "one file"),
		RunE: func(c *cobra.Command, args []string) error {
			assumed, err := scan.ParseAssume(assume)
			if err != nil {
				return &usageError{err}
			}
			sources := engine.Sources{}
			if policy != "" {
				if sources.Policy, err = readFile(policy); err != nil {
					return err
				}
			}
			if lexicons != "" {
				if sources, err = withLexicons(sources, lexicons); err != nil {
					return err
				}
			}
			config, err := engine.LoadConfig(sources)
			if err != nil {
				return err
			}
			return scanFile(c, args[0], config, assumed, out, page)
		},
	}
	c.Flags().StringVar(&assume, "assume", "none", "how participants are taken: none, older-stranger")
	c.Flags().StringVar(&out, "json", "", "write one JSON object a conversation to a file, - for the output")
	c.Flags().StringVar(&page, "html", "", "write a page to a file")
	c.Flags().StringVar(&policy, "policy", "", "another policy")
	c.Flags().StringVar(&lexicons, "lexicons", "", "a directory of lexicons to use besides the built-in ones")
	return c
}

func scanFile(c *cobra.Command, path string, config *engine.Config, assume scan.Assume, out, page string) error {
	bad := 0
	size := int64(-1)
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	limits := event.DefaultLimits()
	limits.Past = oldest
	b := newBar(c.ErrOrStderr(), "scan", "bytes")
	o := scan.Options{
		Config: config, Assume: assume, Limits: limits, Now: time.Now(),
		Progress: func(n int64) { b.set(n, size) },
		Bad: func(err error) {
			bad++
			fmt.Fprintln(c.ErrOrStderr(), "rowan:", err)
		},
	}
	report := scan.NewReport(path, assume, config)
	write := func(e *json.Encoder) error {
		return scan.File(c.Context(), path, o, func(f *scan.Finding) error {
			report.Add(f)
			if e == nil {
				return nil
			}
			return e.Encode(f)
		})
	}
	var err error
	if out != "" {
		err = writeTo(c.OutOrStdout(), out, write)
	} else {
		err = write(nil)
	}
	b.end()
	if err != nil && report.Conversations == 0 {
		return err
	}
	// A file that breaks off is reported as far as it could be read.
	if page != "" {
		err = errors.Join(err, report.WriteHTML(page))
	}
	if out != "-" {
		err = errors.Join(err, printScan(c, report))
	}
	if err != nil {
		return err
	}
	if bad > 0 {
		lines := "lines"
		if bad == 1 {
			lines = "line"
		}
		fmt.Fprintf(c.ErrOrStderr(), "rowan: %d %s could not be read; the others were\n", bad, lines)
		return errQuiet
	}
	return nil
}

// oldest is how long ago recorded events may have happened.
const oldest = 50 * 365 * 24 * time.Hour

// listed is how many conversations the table shows.
const listed = 20

func printScan(c *cobra.Command, r *scan.Report) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Conversations\t%d, messages %d\n", r.Conversations, r.Messages)
	for l := response.Critical; ; l-- {
		fmt.Fprintf(w, "  %s\t%d\n", l, r.Levels[l])
		if l == response.None {
			break
		}
	}
	if len(r.Worst) > 0 {
		fmt.Fprintf(w, "\nLEVEL\tCONVERSATION\tFIRST ALERT\tSIGNALS\n")
	}
	for i, f := range r.Worst {
		if i == listed {
			fmt.Fprintf(w, "and %d more; --json - or --html FILE shows all\n", len(r.Worst)-listed)
			break
		}
		first := "-"
		if f.FirstAlert != nil {
			first = fmt.Sprintf("turn %d", *f.FirstAlert)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Level, f.Conversation, first, strings.Join(f.Signals, " "))
	}
	return w.Flush()
}
