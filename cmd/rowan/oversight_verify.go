package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"rowan/ledger/verify"
	"rowan/oversight/returns"
	"rowan/terminal"
)

func oversightVerify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify RETURN",
		Short: "Check a service's return: signature, proofs, witnesses, and every figure that the ledger gives",
		Long: `Checks a return that a service handed in. The signature must be the ledger's, the
period's leaves must be all of them, and witnesses must have cosigned. With --log,
the ledger as files ('rowan evidence log'), every figure that follows from leaves is
counted again; with --decisions ('rowan return --decisions') those over decisions,
too. What remains the service's word is listed.

The exit code is 1 if anything does not hold.`,
		Example: `  rowan oversight verify return.json --log ./ledger --log-key KEY --witness-key KEY
  rowan oversight verify return.json --log ./ledger --decisions decisions.ndjson --log-key KEY --json`,
		Args: exactly(1, "the file of a return"),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	c.Flags().StringVar(&f.log, "log", "", "the directory of the service's ledger as files")
	c.Flags().StringVar(&f.decisions, "decisions", "", "the records of the period's decisions, one a line (.gz, too)")
	c.Flags().StringVar(&f.key, "log-key", "", "the ledger's public key ('rowan evidence key' prints it)")
	c.Flags().StringArrayVar(&f.witnesses, "witness-key", nil, "the public key of a witness that must have cosigned; may be repeated")
	c.Flags().IntVar(&f.quorum, "quorum", 0, "how many of the witnesses must have cosigned (0: all)")
	c.Flags().BoolVar(&f.json, "json", false, "print what was found as JSON")
	return c
}

type verifyFlags struct {
	log, decisions, key string
	witnesses           []string
	quorum              int
	json                bool
}

func (f *verifyFlags) run(c *cobra.Command, path string) error {
	keys, err := verify.ParseKeys(f.key, f.witnesses...)
	if err != nil {
		return &usageError{err}
	}
	if f.quorum < 0 || f.quorum > len(keys.Witnesses) {
		return &usageError{fmt.Errorf("--quorum %d of %d witnesses", f.quorum, len(keys.Witnesses))}
	}
	if f.decisions != "" && f.log == "" {
		return &usageError{errors.New("--decisions needs --log: the roots of the records are in it")}
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	signed, err := returns.Parse(src)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var e returns.Evidence
	if e.Catalogue, err = returns.DefaultCatalogue(); err != nil {
		return err
	}
	if f.log != "" {
		directory, err := returns.OpenDirectory(os.DirFS(f.log))
		if err != nil {
			return err
		}
		e.Log = directory
	}
	if f.decisions != "" {
		file, err := os.Open(f.decisions)
		if err != nil {
			return err
		}
		defer file.Close()
		records, err := returns.OpenRecords(file)
		if err != nil {
			return err
		}
		e.Records = records
	}
	b := newBar(c.ErrOrStderr(), c.Name(), "leaves")
	e.Progress = b.set
	v, err := returns.Verify(c.Context(), signed, returns.Keys{Log: keys.Log, Witnesses: keys.Witnesses, Quorum: f.quorum}, e)
	b.end()
	if err != nil {
		return err
	}
	if f.json {
		err = writeJSON(c.OutOrStdout(), struct {
			OK     bool   `json:"ok"`
			Digest string `json:"digest"`
			*returns.Verdict
		}{v.OK(), v.Digest.String(), v})
	} else {
		err = printVerdict(c.OutOrStdout(), &signed.Return, v)
	}
	if err == nil && !v.OK() {
		err = errQuiet
	}
	return err
}

func printVerdict(out io.Writer, r *returns.Return, v *returns.Verdict) error {
	verdict := "holds"
	if !v.OK() {
		verdict = "DOES NOT HOLD"
	}
	fmt.Fprintf(out, "The return %s %s of %s %s.\n", r.Template, r.Period, r.Service, verdict)
	fmt.Fprintln(out, v.Digest)
	if len(v.Findings) > 0 {
		fmt.Fprintln(out)
		for _, f := range v.Findings {
			fmt.Fprint(out, terminal.Wrap("- "+f.Text, 2))
		}
	}
	count := map[returns.State]int{}
	for i := range v.Figures {
		count[v.Figures[i].State]++
	}
	fmt.Fprintf(out, "\nFigures: %d recomputed, %d broken, %d not checked, %d the service's word, %d not held\n",
		count[returns.Recomputed], count[returns.Broken], count[returns.Unchecked], count[returns.Claimed], count[returns.Absent])
	for _, w := range v.Cosigned {
		fmt.Fprintf(out, "Witness: %s cosigned %s leaves at %s\n", w.Witness, terminal.Grouped(w.Size), w.At.Format("2006-01-02 15:04:05 MST"))
	}
	fmt.Fprintln(out, "\nWhat remains the service's word:")
	seen := map[string]bool{}
	for i := range v.Figures {
		f := &v.Figures[i]
		text := ""
		switch f.State {
		case returns.Claimed:
			text = f.Metric
		case returns.Unchecked:
			text = f.Metric + ": " + f.Note
		}
		if text != "" && !seen[text] {
			seen[text] = true
			fmt.Fprint(out, terminal.Wrap("- "+text, 2))
		}
	}
	for _, w := range v.Words {
		fmt.Fprint(out, terminal.Wrap("- "+w, 2))
	}
	return nil
}
