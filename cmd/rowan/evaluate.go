package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rowan/lab/evaluate"
)

// scenarios is where the written scenarios are in Rowan's repository.
const scenarios = "guard/testdata/scenarios"

func evaluateCommand() *cobra.Command {
	var o evaluateOptions
	c := &cobra.Command{
		Use:   "evaluate [FILE...]",
		Short: "Measure the guard on items with a known truth",
		Long: `Runs conversations with a known truth through the guard and says, by exact
metrics, what came out: recall before harm, false alarms, how early, by family and
policy, with what is withheld and with disguised text, and whether the bounds are met.

Without files, the written scenarios of the repository are read and a platform
is simulated. Simulated, written and real figures are never put together, and none
says how the guard does on real grooming.

--corpus says what the files are: transcripts (labelled, JSON lines), simulated (an
event file and its truth), pan12 (the XML and the list of ids), espd (datapacks
.json, or tables .csv).`,
		Example: "  rowan evaluate --html report.html --card model-card.md\n  rowan evaluate --benign chat.jsonl.gz --json result.json\n  rowan evaluate --corpus simulated events.ndjson.gz truth.ndjson\n  rowan evaluate --corpus pan12 corpus.xml predators.txt",
		RunE: func(c *cobra.Command, args []string) error {
			return o.run(c, args)
		},
	}
	c.Flags().StringVar(&o.corpus, "corpus", "transcripts", "what the files are: transcripts, simulated, pan12, espd")
	c.Flags().StringArrayVar(&o.benign, "benign", nil, "real benign chat (transcripts) to count false alarms on, under the hardest reading; may be repeated")
	c.Flags().StringVar(&o.page, "html", "", "write a page to a file")
	c.Flags().StringVar(&o.card, "card", "", "write a model card to a file")
	c.Flags().StringVar(&o.out, "json", "", "write the result as JSON to a file, - for the output")
	return c
}

type evaluateOptions struct {
	corpus          string
	benign          []string
	page, card, out string
}

func (o *evaluateOptions) run(c *cobra.Command, args []string) (err error) {
	var closers []io.Closer
	defer func() {
		for _, f := range closers {
			err = errors.Join(err, f.Close())
		}
	}()
	open := func(path string) (io.Reader, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		closers = append(closers, f)
		return f, nil
	}
	in := evaluate.Input{}
	if len(args) == 0 {
		if err := o.defaults(c, &in); err != nil {
			return err
		}
	} else if err := evaluate.Files(&in, o.corpus, args, open); err != nil {
		return &usageError{err}
	}
	for _, path := range o.benign {
		r, err := open(path)
		if err != nil {
			return err
		}
		in.Streams = append(in.Streams, evaluate.Benign(path, r))
	}
	b := newBar(c.ErrOrStderr(), "evaluate", "sets")
	in.Progress = func(_ string, done, all int) { b.set(int64(done), int64(all)) }
	result, err := evaluate.Run(c.Context(), in)
	b.end()
	if err != nil {
		return err
	}
	return o.write(c, result)
}

// defaults are the scenarios of the repository and a simulation.
func (o *evaluateOptions) defaults(c *cobra.Command, in *evaluate.Input) error {
	t, err := evaluate.Scenarios(os.DirFS(scenarios))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the written scenarios are not here: run it in Rowan’s repository, where %s is, or name files", scenarios)
	}
	if err != nil {
		return err
	}
	in.Transcripts = t
	for _, s := range evaluate.Simulations() {
		p, err := evaluate.InProcess(c.Context(), s)
		if err != nil {
			return err
		}
		in.Platforms = append(in.Platforms, p)
	}
	return nil
}

func (o *evaluateOptions) write(c *cobra.Command, r *evaluate.Result) error {
	if o.out != "" {
		err := writeTo(c.OutOrStdout(), o.out, func(e *json.Encoder) error {
			e.SetIndent("", "  ")
			return e.Encode(r)
		})
		if err != nil {
			return err
		}
	}
	for path, write := range map[string]func(io.Writer) error{o.page: r.WriteHTML, o.card: r.WriteCard} {
		if path == "" {
			continue
		}
		if err := toFile(c.OutOrStdout(), path, write); err != nil {
			return err
		}
	}
	if o.out == "-" {
		return nil
	}
	return printBounds(c, r)
}

func printBounds(c *cobra.Command, r *evaluate.Result) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n\nMET\tBOUND\tWANTED\tREACHED\tN\tMEASURED ON\n", r.Headline())
	for _, b := range r.Bounds {
		met := "yes"
		if !b.Met {
			met = "NO"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s, %s: %s\n", met, b.Short, b.Want, b.Figure(), b.N, b.Source, b.Part, b.On)
		for _, f := range b.Fails {
			fmt.Fprintf(w, "\t  %s\t\t%d of %d\t\t\n", f.Group, f.Share.K, f.Share.N)
		}
	}
	return w.Flush()
}
