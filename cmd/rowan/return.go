package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/disclosure"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/casework/report/dsa/annex"
	cases "rowan/casework/sqlite"
	"rowan/datafile"
	"rowan/guard/conformance"
	"rowan/guard/journal"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/oversight/returns"
	figures "rowan/oversight/returns/sqlite"
	"rowan/people"
	"rowan/rulebook"
	"rowan/terminal"
)

// returnFlags are those of 'rowan return'.
type returnFlags struct {
	scope                               scopeFlags
	data, config                        string
	period, template, service, replaces string
	out, answers, decisions, html       string
	tables, provider                    string
	partial, json                       bool
}

func returnCommand() *cobra.Command {
	var f returnFlags
	c := &cobra.Command{
		Use:   "return",
		Short: "Make a signed return to a regulator, each figure tied to the ledger",
		Long: `Makes what a service owes its regulator for a period: figures by declared
definitions, each with the query by which it follows from the ledger, and what is
the service's own word marked as such. It names nobody. It is signed with the
ledger's key and entered in the ledger, by the server if one is running on the
data. The regulator checks it with 'rowan oversight verify'.

--template is ofcom, dsa or a file: a notice sets its own form. --decisions
writes the records of the period's decisions, in which people are commitments;
with them the regulator can count decisions, too. --tables writes the eleven
tables of the DSA's transparency report as CSV, and the statements of reasons.`,
		Example: `  rowan return --period 2026-Q3 --template ofcom --service chat --out return.json --data ./data
  rowan return --period 2026-H2 --template dsa --service chat --out return.json --tables ./dsa --provider "Chat Ltd"`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.scope.add(c)
	addServiceFlags(c, &f.config)
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.period, "period", "", "2026, 2026-H2, 2026-Q3 or 2026-07")
	c.Flags().StringVar(&f.template, "template", "ofcom", "what is asked: ofcom, dsa, or a file")
	c.Flags().StringVar(&f.service, "service", "", "the service's id in the regulator's register")
	c.Flags().StringVar(&f.replaces, "replaces", "", "the digest of the return that this one corrects")
	c.Flags().StringVar(&f.out, "out", "", "write the return to a file")
	c.Flags().StringVar(&f.answers, "answers", "", "a YAML file with answers to the template's questions, by id")
	c.Flags().StringVar(&f.decisions, "decisions", "", "write the records of the period's decisions to a file, one a line")
	c.Flags().StringVar(&f.html, "html", "", "write the return as a page to a file")
	c.Flags().StringVar(&f.tables, "tables", "", "write the DSA's eleven tables and the statements of reasons to a directory")
	c.Flags().StringVar(&f.provider, "provider", "", "the provider's name, for --tables")
	c.Flags().BoolVar(&f.partial, "partial", false, "the period is not over yet; a regulator does not take such a return")
	c.Flags().BoolVar(&f.json, "json", false, "print what was made as JSON")
	return c
}

// madeReturn is what 'rowan return --json' prints.
type madeReturn struct {
	Digest   string `json:"digest"`
	Figures  int    `json:"figures"`
	Proven   int    `json:"from_ledger"` // of them, that follow from the ledger
	Word     int    `json:"word"`        // that are the service's word
	NotHeld  int    `json:"not_held"`
	Leaves   int64  `json:"leaves"` // of the period
	Entered  bool   `json:"entered"`
	Cosigned bool   `json:"cosigned"`
	Left     int    `json:"statements_left_out,omitempty"` // that something is missing in
}

func (f *returnFlags) run(c *cobra.Command) (err error) {
	if f.period == "" || f.service == "" || f.out == "" {
		return &usageError{errors.New("--period, --service and --out are needed")}
	}
	p, err := returns.ParsePeriod(f.period)
	if err != nil {
		return &usageError{err}
	}
	now := time.Now()
	if now.Before(p.To()) && !f.partial {
		return &usageError{fmt.Errorf("%s is not over until %s; --partial makes a return of what there is", p, p.Last().Format(time.DateOnly))}
	}
	catalogue, template, err := readTemplate(f.template)
	if err != nil {
		return err
	}
	draft := &returns.Draft{Service: f.service, Template: template, Catalogue: catalogue, Period: p, Replaces: f.replaces, Now: now}
	if draft.Answers, err = readAnswers(f.answers); err != nil {
		return err
	}
	a, err := openArchive(c, f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	free, release, err := sole(f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	word, rules, closeWord, err := f.word(c, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWord()) }()
	kept, err := figures.OpenFigures(c.Context(), f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	b := newBar(c.ErrOrStderr(), c.Name(), "leaves")
	draft.Log, draft.Records, draft.Rulebook, draft.Progress = a.log, journal.NewArchive(a.store), rules, b.set
	draft.Word = returns.Remembered{Word: word, Store: kept}
	signed, err := f.sign(c.Context(), draft, a, free)
	b.end()
	if err != nil {
		return err
	}
	if err := kept.Put(c.Context(), signed.Return.Made, signed.Return.Figures); err != nil {
		return err
	}
	made, err := f.write(signed)
	if err != nil {
		return err
	}
	if f.tables != "" {
		if made.Left, err = f.writeTables(c.Context(), p); err != nil {
			return err
		}
	}
	if f.json {
		return writeJSON(c.OutOrStdout(), made)
	}
	return printReturn(c.OutOrStdout(), signed, made, f.out)
}

// sign makes and signs the return, and enters it: itself if nobody else writes,
// or else by the server that does.
func (f *returnFlags) sign(ctx context.Context, d *returns.Draft, a *archive, free bool) (signed *returns.Signed, err error) {
	var r *returns.Return
	compile := func(to io.Writer) (err error) {
		if to != nil {
			d.Keep = func(record []byte) error {
				_, err := fmt.Fprintf(to, "%s\n", record)
				return err
			}
		}
		r, err = d.Compile(ctx)
		return err
	}
	if f.decisions == "" {
		err = compile(nil)
	} else {
		err = writePrivate(f.decisions, compile)
	}
	if err != nil {
		return nil, err
	}
	if free {
		return returns.Sign(ctx, r, a.log, a.key, a.log)
	}
	tray, err := logs.OpenTray(ctx, f.data, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tray.Close()) }()
	s, err := returns.Sign(ctx, r, a.log, a.key, patient{tray})
	if errors.Is(err, logs.ErrWaiting) { // it is no server that has the lock
		return returns.Sign(ctx, r, a.log, a.key, nil)
	}
	return s, err
}

// patient waits for a server to enter statements, for a time.
type patient struct{ *logs.Tray }

const patience = 15 * time.Second

func (p patient) Record(ctx context.Context, statements ...ledger.Statement) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.Tray.Record(ctx, statements...)
}

// sole takes the lock of a data directory, false if a server has it.
func sole(data string) (free bool, release func() error, err error) {
	lock := flock.New(filepath.Join(data, "lock"))
	if free, err = lock.TryLock(); err != nil {
		return false, nil, fmt.Errorf("lock %s: %w", data, err)
	}
	return free, lock.Close, nil
}

// readTemplate reads a template that comes with Rowan, or one in a file.
func readTemplate(name string) (*returns.Catalogue, *returns.Template, error) {
	c, err := returns.DefaultCatalogue()
	if err != nil {
		return nil, nil, err
	}
	if !strings.ContainsAny(name, "./") {
		t, err := returns.DefaultTemplate(name, c)
		if err != nil {
			return nil, nil, &usageError{err}
		}
		return c, t, nil
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	t, err := returns.LoadTemplate(name, src, c)
	return c, t, err
}

func readAnswers(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var answers map[string]string
	_, err = datafile.Parse(path, src, &answers)
	return answers, err
}

// word is what the service says beside its ledger, with the versions of the
// rules that its accounts are held against.
func (f *returnFlags) word(c *cobra.Command, a *archive) (w *disclosure.Word, rules string, closing func() error, err error) {
	book, scope, _, err := f.scope.service(c, f.config, f.data)
	if err != nil {
		return nil, "", nil, err
	}
	s, err := readSettings(f.config, f.data)
	if err != nil {
		return nil, "", nil, err
	}
	first, err := conformance.New(book, scope, rulebook.DateOf(time.Now().UnixMilli()), 0)
	if err != nil {
		return nil, "", nil, &usageError{err}
	}
	w = &disclosure.Word{Budget: casework.DefaultBudget()}
	if b := s.Casework.Budget; b != (budgetSettings{}) {
		w.Budget = casework.Budget{Revealed: b.Lines, Cases: b.Cases, Severe: b.Severe}
	}
	w.Conformance = func(ctx context.Context, p returns.Period) (*conformance.Report, error) {
		checker, err := conformance.New(book, scope, rulebook.DateOf(p.Last().UnixMilli()), 0)
		if err != nil {
			return nil, err
		}
		live := conformance.NewLive(checker.Rules().Catalogue())
		err = journal.Records(ctx, a.store, func(rec *journal.Record) error {
			if rec.Event.Time < p.To().UnixMilli() {
				live.Add(rec)
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		tally, err := checker.RunLive(live, nil)
		if err != nil {
			return nil, err
		}
		return tally.Report(nil), nil
	}
	closing, err = reviewers(c.Context(), f.data, w)
	return w, first.Rules().Version(), closing, err
}

// reviewers adds what people looked at, if the data directory has casework.
func reviewers(ctx context.Context, data string, w *disclosure.Word) (closing func() error, err error) {
	nothing := func() error { return nil }
	if _, err := os.Stat(filepath.Join(data, cases.CasesFile)); errors.Is(err, fs.ErrNotExist) {
		return nothing, nil
	}
	store, err := cases.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	directory, err := people.Open(ctx, data, people.Options{Table: console.Table()})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	list, err := directory.List(ctx)
	if err = errors.Join(err, directory.Close()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	w.Exposures = store
	for _, p := range list {
		w.Reviewers = append(w.Reviewers, p.ID)
	}
	return store.Close, nil
}

// write writes the return, and the page.
func (f *returnFlags) write(s *returns.Signed) (*madeReturn, error) {
	digest, err := s.Return.Digest()
	if err != nil {
		return nil, err
	}
	src, err := s.Encode()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.out, src, 0o644); err != nil {
		return nil, err
	}
	if f.html != "" {
		if err := writeFile(f.html, s.WriteHTML); err != nil {
			return nil, err
		}
	}
	m := &madeReturn{Digest: digest.String(), Figures: len(s.Return.Figures), Entered: s.Entry != nil, Cosigned: s.Cosigned()}
	for i := range s.Return.Figures {
		switch x := &s.Return.Figures[i]; {
		case x.Value == nil:
			m.NotHeld++
		case x.Query == nil:
			m.Word++
		default:
			m.Proven++
		}
	}
	for _, span := range s.Return.Spans {
		m.Leaves += span.End - span.First
	}
	return m, nil
}

func printReturn(out io.Writer, s *returns.Signed, m *madeReturn, path string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r := &s.Return
	fmt.Fprintf(w, "Return\t%s %s of %s, written to %s\n", r.Template, r.Period, r.Service, path)
	fmt.Fprintf(w, "Digest\t%s\n", m.Digest)
	fmt.Fprintf(w, "Figures\t%d: %d follow from the ledger, %d are the service's word, %d are not held\n", m.Figures, m.Proven, m.Word, m.NotHeld)
	fmt.Fprintf(w, "Leaves\t%s of the period\n", terminal.Grouped(m.Leaves))
	err := w.Flush()
	if r.Partial {
		fmt.Fprintln(out, "The period is not over: a regulator does not take this return.")
	}
	if !m.Entered && !r.Partial {
		fmt.Fprintln(out, "Something else uses the data and does not write the ledger, so the return is not entered\nthere. Make it again before you hand it in, beside a server or without one.")
	}
	if m.Left > 0 {
		fmt.Fprintf(out, "%d statements of reasons are left out: something is missing in them ('rowan report check').\n", m.Left)
	}
	if !m.Cosigned {
		fmt.Fprintln(out, "No witness has cosigned the ledger: that it shows everybody the same is your word.")
	}
	return err
}

// writeTables writes the DSA's tables and statements. It returns how many
// statements were left out, because something is missing in them.
func (f *returnFlags) writeTables(ctx context.Context, p returns.Period) (left int, err error) {
	standing := &dossier.Standing{}
	path := filepath.Join(f.data, dossier.StandingFile)
	switch src, err := os.ReadFile(path); {
	case err == nil:
		if standing, err = dossier.ParseStanding(path, src); err != nil {
			return 0, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return 0, err
	}
	r := &annex.Report{Provider: f.provider, Service: f.service, Period: dsa.Period{From: dsa.On(p.From()), To: dsa.On(p.Last())}}
	if _, err := os.Stat(filepath.Join(f.data, cases.CasesFile)); err == nil {
		store, err := cases.Open(ctx, f.data)
		if err != nil {
			return 0, err
		}
		reasons, err := disclosure.Gather(ctx, store, standing, p, time.Now)
		if err = errors.Join(err, store.Close()); err != nil {
			return 0, err
		}
		r.Statements, r.Complaints, left = reasons.Statements, reasons.Complaints, reasons.Left
	}
	tables, err := r.Tables()
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(f.tables, 0o755); err != nil {
		return 0, err
	}
	for _, t := range tables {
		if err := writeFile(filepath.Join(f.tables, t.Name), t.Write); err != nil {
			return 0, err
		}
	}
	return left, writeFile(filepath.Join(f.tables, "statements.ndjson"), func(to io.Writer) error {
		e := json.NewEncoder(to)
		for i := range r.Statements {
			if err := e.Encode(&r.Statements[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	return errors.Join(write(w), w.Flush(), f.Close())
}
