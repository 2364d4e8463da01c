package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowan/casework"
	"rowan/casework/exhibit"
	cases "rowan/casework/sqlite"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/ledger/tiles"
)

func evidenceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "evidence",
		Short: "Hand over evidence that others can verify",
		Long: `Hands over evidence from the ledger, which rowan-verify checks offline: that
records existed, and were not changed since, without anybody's data beyond what
you choose to disclose. docs/evidence.md says what it proves and what it cannot.
A running server may go on meanwhile.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("there is no evidence of %q; 'rowan evidence --help' lists what there is", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(evidenceCase(), evidenceLog(), evidenceKey(), evidenceForget())
	return c
}

// archive is the ledger of a data directory, for reading.
type archive struct {
	store *sqlite.Store
	log   *ledger.Log
	key   *ledger.Key
	salts *logs.Salts
}

// openArchive opens the ledger of a data directory that must exist.
func openArchive(c *cobra.Command, data string) (a *archive, err error) {
	a = &archive{}
	if a.store, err = openStore(c, data); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if _, err := os.Stat(filepath.Join(data, ledger.KeyFile)); err != nil {
		return a, fmt.Errorf("%s holds no ledger yet: 'rowan serve' begins it", data)
	}
	none := ledgerSettings{}
	if a.key, a.salts, err = none.open(c.Context(), data); err != nil {
		return a, err
	}
	a.log, err = ledger.Open(c.Context(), a.store.Ledger(), ledger.Options{Signer: a.key, Salts: a.salts})
	return a, err
}

func (a *archive) close() error {
	var errs []error
	if a.salts != nil {
		errs = append(errs, a.salts.Close())
	}
	return errors.Join(append(errs, a.store.Close())...)
}

func evidenceKey() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:     "key",
		Short:   "Print the ledger's public key, for whoever verifies",
		Example: "  rowan evidence key --data ./data",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := openArchive(c, data)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), a.key.Verifier())
			return a.close()
		},
	}
	dataFlag(c, &data)
	return c
}

func evidenceLog() *cobra.Command {
	var data, out string
	c := &cobra.Command{
		Use:   "log",
		Short: "Write the whole ledger as files, for a regulator or a mirror",
		Long: `Writes the whole ledger as files in the layout of C2SP tlog-tiles, which any
web server can serve. A directory that was written before is brought up to date.
Check it with: rowan-verify --log-key KEY DIRECTORY`,
		Example: "  rowan evidence log --data ./data --out ./ledger",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("--out names the directory to write to")}
			}
			a, err := openArchive(c, data)
			if err != nil {
				return err
			}
			return errors.Join(writeLog(c, a, out), a.close())
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&out, "out", "", "the directory to write to")
	return c
}

func writeLog(c *cobra.Command, a *archive, out string) error {
	signed, size, cosigned, err := exhibit.Checkpoint(c.Context(), a.log, 1)
	if err != nil {
		return err
	}
	b := newBar(c.ErrOrStderr(), "leaves", "")
	err = tiles.Write(c.Context(), out, a.log, size, signed, b.set)
	b.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%d leaves in %s%s. Whoever verifies needs the key:\n%s\n", size, out, cosignedNote(cosigned), a.key.Verifier())
	return nil
}

func cosignedNote(cosigned bool) string {
	if cosigned {
		return ", cosigned"
	}
	return ", cosigned by no witness"
}

func evidenceCase() *cobra.Command {
	var data, out string
	var disclose []string
	c := &cobra.Command{
		Use:   "case NUMBER",
		Short: "Write what the ledger says about a case, with proofs",
		Long: `Writes a bundle with what the ledger says about a case and the guard's decisions
in it, each with its proof, and a signed checkpoint. It names nobody, unless you
disclose it: the account that the case is about (actor), the young people's
accounts (children), or the ids and the text of messages, as far as the text is
still held (messages). Check it with: rowan-verify --log-key KEY BUNDLE`,
		Example: "  rowan evidence case 12 --out case12.zip\n  rowan evidence case 12 --out case12.zip --disclose actor,messages",
		Args:    exactly(1, "the number of one case"),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return &usageError{fmt.Errorf("%q is no case: cases are numbered from 1", args[0])}
			}
			if out == "" {
				return &usageError{errors.New("--out names the file to write")}
			}
			parts, err := partsOf(disclose)
			if err != nil {
				return err
			}
			a, err := openArchive(c, data)
			if err != nil {
				return err
			}
			return errors.Join(writeCase(c, a, data, out, casework.ID(id), parts), a.close())
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&out, "out", "", "the file to write")
	c.Flags().StringSliceVar(&disclose, "disclose", nil, "what to disclose: actor, children, messages (default: nothing)")
	return c
}

func partsOf(words []string) (parts []exhibit.Part, err error) {
	for _, word := range words {
		p := exhibit.Part(strings.TrimSpace(word))
		if !slices.Contains(exhibit.Parts(), p) {
			return nil, &usageError{fmt.Errorf("--disclose %q: it is actor, children or messages, with commas", word)}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func writeCase(c *cobra.Command, a *archive, data, out string, id casework.ID, parts []exhibit.Part) (err error) {
	if _, err := os.Stat(filepath.Join(data, cases.CasesFile)); err != nil {
		return fmt.Errorf("%s holds no cases", data)
	}
	store, err := cases.Open(c.Context(), data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	archive := journal.NewArchive(a.store)
	texts, err := heldTexts(data, archive, store)
	if err != nil {
		return err
	}
	clerk, err := exhibit.OpenClerk(c.Context(), data, store, archive, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clerk.Close()) }()
	b := newBar(c.ErrOrStderr(), "leaves", "")
	m := exhibit.Maker{
		Cases: store, Decisions: archive, Log: a.log, Salts: a.salts, Key: a.key, Now: time.Now, Texts: texts, TextSalts: clerk.Salts, Progress: b.set,
	}
	made, err := m.Case(c.Context(), id, parts...)
	b.end()
	if errors.Is(err, casework.ErrNotFound) {
		return fmt.Errorf("there is no case %d in %s", id, data)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, made.Bundle, 0o600); err != nil {
		return err
	}
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s: %d leaves, %d decisions, %d values disclosed%s.\n", out, made.Leaves, made.Decisions, made.Opened, cosignedNote(made.Cosigned))
	if made.Before > 0 {
		fmt.Fprintf(w, "%d decisions are left out: they are older than the ledger.\n", made.Before)
	}
	if made.Erased > 0 {
		fmt.Fprintf(w, "%d values could not be disclosed: they were erased, or the text is no longer held.\n", made.Erased)
	}
	return nil
}

// heldTexts finds the text of messages with the case, or else in the journal.
func heldTexts(data string, a *journal.Archive, store *cases.Store) (func(context.Context, casework.ID, []uint64) (map[uint64]string, error), error) {
	vault, err := journal.OpenVault(data, time.Now())
	if err != nil {
		return nil, err
	}
	sealed, err := journal.OpenKeys(filepath.Join(data, caseKeys), time.Now())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, id casework.ID, sequences []uint64) (map[uint64]string, error) {
		out, err := a.Texts(ctx, vault, sequences)
		if err != nil {
			return nil, err
		}
		lines, err := store.Lines(ctx, id)
		for _, l := range lines {
			plain, err := sealed.Open(l.Sequence, l.Key, l.Sealed)
			if err != nil {
				return nil, fmt.Errorf("case %d: %w", id, err)
			}
			out[l.Sequence] = string(plain)
		}
		return out, err
	}, nil
}
