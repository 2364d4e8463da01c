package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/statistics/returns/batch"
	"rowan/statistics/returns/method"
	"rowan/terminal"
)

// errPerson ends a run that needs a person: exit code 3.
var errPerson = errors.New("something needs a person")

func statisticsRead() *cobra.Command {
	var o batch.Options
	var asJSON, propose bool
	var methods, when string
	c := &cobra.Command{
		Use:   "read FILE...",
		Short: "Show what was understood of returns, cell by cell, and what needs a person",
		Long: `Reads returns (.xlsx, .ods, .fods, .csv, .html, .docx, .pdf, .txt) and shows what was
understood, cell by cell, and what needs a person. Nothing is guessed: a table
whose headings are not all known is asked about, and what was found in a letter
or a PDF counts only once a person has confirmed it. --propose writes the file
FILE.map.yaml beside each return that needs one, to be checked and confirmed.

Exit codes: 0 all understood, 1 failed or a file could not be read, 2 wrong
usage, 3 something needs a person.`,
		Example: "  rowan statistics read returns/*\n  rowan statistics read returns/* --propose --methods methods.map.yaml\n  rowan statistics read answer.pdf --force kent --period 2018/19 --json",
		Args:    atLeastOne("the returns' files"),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.Reference, err = reference.Default(); err != nil {
				return err
			}
			if _, ok := o.Reference.Body(o.Force); o.Force != "" && !ok {
				return &usageError{fmt.Errorf("--force %q is no force; write it as %s", o.Force, strings.Join(someForces(o.Reference), ", "))}
			}
			if when != "" {
				p, err := period.Parse(when)
				if err != nil {
					return &usageError{fmt.Errorf("--period: %w", err)}
				}
				o.Period = &p
			}
			file := &method.File{Version: 1}
			if methods != "" {
				if file, err = readMethods(methods); err != nil {
					return err
				}
				o.Mappings = file.Mappings
			}
			b := newBar(c.ErrOrStderr(), "read", "files")
			o.Progress = func(done, all int) { b.set(int64(done), int64(all)) }
			read, err := batch.Read(c.Context(), args, o)
			b.end()
			if err != nil {
				return err
			}
			written, err := writeProposals(read, file, methods, propose)
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				err = e.Encode(read)
			} else {
				err = writeBatch(c.OutOrStdout(), read, written)
			}
			if err != nil {
				return err
			}
			return verdict(read)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	c.Flags().BoolVar(&propose, "propose", false, "write FILE.map.yaml beside returns that need one, and what waits into --methods")
	c.Flags().StringVar(&methods, "methods", "", "a file of decisions on how means of communication are spelt")
	c.Flags().StringVar(&o.Force, "force", "", "the force of returns that do not say theirs, such as west-mercia")
	c.Flags().StringVar(&o.HomeOffice, "home-office", "", "the Home Office's open data table by police force area (.ods), to check against")
	c.Flags().StringVar(&o.Keep, "keep", "", "a private directory in which the files are kept as they came, under their SHA-256")
	c.Flags().StringVar(&when, "period", "", "the period of tables and letters that do not say theirs, such as 2018/19")
	return c
}

func someForces(r *reference.Reference) []string {
	var ids []string
	for _, f := range r.Forces()[:3] {
		ids = append(ids, f.ID)
	}
	return append(ids, "...")
}

func readMethods(path string) (*method.File, error) {
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &method.File{Version: 1}, nil
	}
	if err != nil {
		return nil, err
	}
	return method.LoadFile(path, src)
}

// writeProposals writes the mappings that are needed, never over one that is
// there.
func writeProposals(b *batch.Batch, file *method.File, methods string, propose bool) (written []string, err error) {
	if !propose {
		return nil, nil
	}
	for path, m := range b.Proposals {
		src, err := m.Write()
		if err != nil {
			return nil, err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		_, err = f.Write(src)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		written = append(written, path)
	}
	if methods != "" && len(b.Waiting) > 0 {
		file.Waiting = b.Waiting
		src, err := file.Write()
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(methods, src, 0o644); err != nil {
			return nil, err
		}
		written = append(written, methods)
	}
	slices.Sort(written)
	return written, nil
}

// verdict is the exit code's error.
func verdict(b *batch.Batch) error {
	if slices.ContainsFunc(b.Files, func(f returns.File) bool { return f.Error != "" }) {
		return errQuiet
	}
	if len(b.Questions)+len(b.Alarms) > 0 {
		return errPerson
	}
	return nil
}

// writeBatch shows a batch in a terminal: alarms first, then file by file, then
// what needs a person.
func writeBatch(out io.Writer, b *batch.Batch, written []string) error {
	var s strings.Builder
	for _, a := range b.Alarms {
		s.WriteString("ALARM " + a.Cell.File + "\n" + terminal.Wrap(a.Text, 2))
	}
	unread := 0
	for _, f := range b.Files {
		var found []returns.Observation
		for _, o := range b.Observations {
			if o.Cells[0].SHA256 == f.SHA256 && o.Cells[0].File == f.Name {
				found = append(found, o)
			}
		}
		fmt.Fprintf(&s, "\n%s: %s, %s\n", f.Name, terminal.Dash(f.Format), map[bool]string{true: "force not known", false: f.Force}[f.Force == ""])
		if f.Error != "" {
			unread++
			s.WriteString(terminal.Wrap("NOT READ: "+f.Error, 2))
			continue
		}
		if len(found) == 0 {
			s.WriteString("  No value was understood.\n")
		}
		for _, o := range found {
			s.WriteString(observationLine(o))
		}
	}
	if len(b.Questions) > 0 {
		s.WriteString("\nWhat needs a person:\n")
		for _, q := range b.Questions {
			s.WriteString(terminal.Wrap("- "+q.Text, 2) + terminal.Wrap("-> "+q.Answer, 4))
		}
	}
	for _, path := range written {
		s.WriteString("\nWritten, to be checked: " + path + "\n")
	}
	fmt.Fprintf(&s, "\n%d files, %d values, %d published claims; %d files not read, %d questions, %d alarms.\n",
		len(b.Files), len(b.Observations), len(b.Claims), unread, len(b.Questions), len(b.Alarms))
	_, err := io.WriteString(out, strings.TrimPrefix(s.String(), "\n"))
	return err
}

// observationLine is one value: where, of whom, when, what.
func observationLine(o returns.Observation) string {
	c := o.Cells[0]
	at := c.Ref
	if c.Sheet != "" {
		at = c.Sheet + "!" + c.Ref
	}
	what := []string{string(o.Measure)}
	for _, d := range []string{o.Dims.Gender, o.Dims.Age, o.Dims.Method, o.Dims.Outcome} {
		if d != "" {
			what = append(what, d)
		}
	}
	value := o.Value.String()
	if o.Proposed {
		value += " (to be confirmed)"
	}
	return terminal.Wrap(fmt.Sprintf("%-12s %s %s %s: %s", at, o.Of, o.Period.Label(), strings.Join(what, " "), value), 2)
}
