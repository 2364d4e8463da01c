package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/quality"
	cases "rowan/casework/sqlite"
	"rowan/guard/journal"
	"rowan/people"
)

func casesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cases",
		Short: "What people decided, for other programs",
		Args:  exactly(0, "a command: export"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(casesExport())
	return c
}

func casesExport() *cobra.Command {
	var data, out, text string
	c := &cobra.Command{
		Use:   "export",
		Short: "Write decided cases as labelled pairs, for rowan train --cases",
		Long: `Writes the pairs of decided cases with what people found, one JSON object a line,
in the form that rowan train --cases reads. No account is named. Without --text a
pair has only its signals. With --text, and the reason that it asks for, the text
that is still kept goes with it, and the audit log says so.`,
		Example: "  rowan cases export --data ./data --labelled cases.ndjson\n  rowan train --cases cases.ndjson --out model.yaml",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("--labelled FILE says where to write")}
			}
			if c.Flags().Changed("text") && strings.TrimSpace(text) == "" {
				return &usageError{errors.New("--text wants the reason for which the text is written")}
			}
			n, err := exportLabelled(c.Context(), data, out, strings.TrimSpace(text))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d pairs written to %s\n", n, out)
			return err
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&out, "labelled", "", "the file to write, readable by its owner only")
	c.Flags().StringVar(&text, "text", "", "write text that is still kept too, for this reason")
	return c
}

// mostExported is how many cases are read at a time.
const mostExported = 500

func exportLabelled(ctx context.Context, data, out, reason string) (n int, err error) {
	if _, err := os.Stat(filepath.Join(data, cases.CasesFile)); err != nil {
		return 0, fmt.Errorf("there are no cases in %s: %w", data, err)
	}
	store, err := cases.Open(ctx, data)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	kept := keptEvidence{store: store}
	if reason != "" {
		if kept.vault, err = journal.OpenKeys(filepath.Join(data, caseKeys), time.Now()); err != nil {
			return 0, err
		}
		if err := noteExport(ctx, data, reason); err != nil {
			return 0, err
		}
	}
	var decided []casework.Case
	f := casework.Filter{States: []casework.State{casework.Decided, casework.Closed}, Limit: mostExported}
	for {
		page, err := store.List(ctx, f)
		if err != nil {
			return 0, err
		}
		for _, b := range page {
			k, err := store.Case(ctx, b.ID)
			if err != nil {
				return 0, err
			}
			decided = append(decided, k)
		}
		if len(page) < f.Limit {
			break
		}
		f.After = page[len(page)-1].Cursor()
	}
	file, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return quality.Labelled(ctx, file, decided, kept)
}

// noteExport puts the reading of text into the audit log.
func noteExport(ctx context.Context, data, reason string) (err error) {
	d, err := people.Open(ctx, data, people.Options{Table: console.Table()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Note(ctx, people.Entry{Permission: "export_labelled", Route: "rowan cases export --text", Status: 200, Reason: reason})
}

// keptEvidence is what is kept of cases; without a vault, none of its text.
type keptEvidence struct {
	store *cases.Store
	vault casework.Vault
}

// Moments implements quality.Evidence.
func (e keptEvidence) Moments(ctx context.Context, actor, child string, limit int) ([]casework.Moment, error) {
	return e.store.Moments(ctx, actor, child, limit)
}

// Texts implements quality.Evidence.
func (e keptEvidence) Texts(ctx context.Context, id casework.ID, sequences []uint64) (map[uint64]string, error) {
	out := map[uint64]string{}
	if e.vault == nil {
		return out, nil
	}
	lines, err := e.store.Lines(ctx, id)
	if err != nil {
		return nil, err
	}
	wanted := map[uint64]bool{}
	for _, s := range sequences {
		wanted[s] = true
	}
	for _, l := range lines {
		if !wanted[l.Sequence] {
			continue
		}
		plain, err := e.vault.Open(l.Sequence, l.Key, l.Sealed)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		out[l.Sequence] = string(plain)
	}
	return out, nil
}
