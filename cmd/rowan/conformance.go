package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/guard/journal"
	"rowan/rulebook"
	"rowan/terminal"
)

// conformanceFlags are those of 'rowan conformance' besides the scope.
type conformanceFlags struct {
	scope      scopeFlags
	config     string
	accounts   string
	data       string
	platform   string
	json, html string
	deviations string
	previous   string
	metrics    string
	webhook    string
	secretFile string
	version    string
	ids        int
	most       int
	lenient    bool
}

func conformanceCommand() *cobra.Command {
	var f conformanceFlags
	c := &cobra.Command{
		Use:   "conformance",
		Short: "Say where accounts are not as codes and laws ask",
		Long: `Holds what a platform really has against every measure that is in force: accounts
with their settings and the contacts that took place, one JSON object a line
(.gz, too; - is the standard input), or live from the journal with --data. For
each measure it says whether the service is held to it and why, how many
accounts were checked and which deviate. With --previous it says what changed,
and a setting that has become weaker than its default is drift: an alert in
--metrics and by --webhook. With --platform it says where the published
defaults of a platform fall short. docs/conformance.md has the form of the
input. Not legal advice.

The exit code is 1 if accounts deviate from a measure that is required of the
service, or a line could not be read (see --lenient).`,
		Example: `  rowan conformance --accounts accounts.ndjson --jurisdiction gb --users 8000000 --risk grooming=high
  rowan conformance --accounts accounts.ndjson.gz --json report.json --previous old.json --html report.html
  rowan conformance --data ./data
  rowan conformance --platform instagram --jurisdiction gb`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.run(c)
		},
	}
	f.scope.add(c)
	addServiceFlags(c, &f.config)
	c.Flags().StringVar(&f.accounts, "accounts", "", "accounts, one JSON object a line; - for the input")
	c.Flags().StringVar(&f.data, "data", "", "take the accounts from the journal of this data directory")
	c.Flags().StringVar(&f.platform, "platform", "", "what a platform publishes: its name, a file, or all")
	c.Flags().StringVar(&f.json, "json", "", "write the report as JSON to a file, - for the output")
	c.Flags().StringVar(&f.html, "html", "", "write the report as a page to a file")
	c.Flags().StringVar(&f.deviations, "deviations", "", "write every deviation to a file, one JSON object a line")
	c.Flags().StringVar(&f.previous, "previous", "", "the report before, as --json wrote it, to compare with")
	c.Flags().StringVar(&f.metrics, "metrics", "", "write metrics to a file, for the textfile collector of Prometheus")
	c.Flags().StringVar(&f.webhook, "webhook", "", "send an alert to this address if there is drift")
	c.Flags().StringVar(&f.secretFile, "webhook-secret-file", "", "the file with the secret that signs alerts (whsec_...)")
	c.Flags().StringVar(&f.version, "app-version", "", "the version of the app, for the report and its alerts")
	c.Flags().IntVar(&f.ids, "ids", 10, "name at most this many accounts for each measure")
	c.Flags().IntVar(&f.most, "most", 20, "tell of at most this many bad lines (0: all)")
	c.Flags().BoolVar(&f.lenient, "lenient", false, "lines that cannot be read do not make the exit code 1")
	return c
}

// addServiceFlags adds what says, besides the scope, what the service is.
func addServiceFlags(c *cobra.Command, config *string) {
	c.Flags().StringVar(config, "config", "", "take rules and service from the section accounts of a settings file; flags go first")
	c.Flags().Bool("age-signal", true, "the service has some means of knowing age")
}

// service is the scope of a settings file, if there is one, with the flags that
// were given in the place of what it says.
func (f *scopeFlags) service(c *cobra.Command, config, data string) (*rulebook.Book, account.Scope, rulebook.Date, error) {
	fail := func(err error) (*rulebook.Book, account.Scope, rulebook.Date, error) {
		return nil, account.Scope{}, 0, err
	}
	given := c.Flags().Changed
	if given("age-signal") {
		has, err := c.Flags().GetBool("age-signal")
		if err != nil || given("no-age-signal") && has == f.noAgeSignal {
			return fail(&usageError{errors.New("--age-signal and --no-age-signal contradict each other")})
		}
		f.noAgeSignal = !has
	}
	var file account.Scope
	_, missing := os.Stat(filepath.Join(data, settingsFile))
	configured := config != "" || data != "" && missing == nil
	if configured {
		s, err := readSettings(config, data)
		if err != nil {
			return fail(err)
		}
		section := s.Accounts
		if section.Mode == account.Off {
			section.Mode = ""
		}
		if file, err = section.Scope(); err != nil {
			return fail(err)
		}
		if f.dir == "" && s.Rulebook != "" {
			f.dir = s.resolve(s.Rulebook)
		}
	}
	book, err := readBook(f.dir)
	if err != nil {
		return fail(err)
	}
	flags, day, err := f.scope(book)
	if err != nil || !configured {
		return book, flags, day, err
	}
	scope := file
	for name, take := range map[string]func(){
		"jurisdiction": func() { scope.Jurisdictions, scope.Regions = flags.Jurisdictions, nil },
		"flags":        func() { scope.Flags = flags.Flags },
		"users":        func() { scope.Service.Users = flags.Service.Users },
		"small":        func() { scope.Service.Small = flags.Service.Small },
		"features":     func() { scope.Service.Features = flags.Service.Features },
		"risk":         func() { scope.Service.Risk = flags.Service.Risk },
	} {
		if given(name) {
			take()
		}
	}
	if given("age-signal") || given("no-age-signal") {
		scope.Service.AgeSignal = flags.Service.AgeSignal
	}
	scope.RequiredOnly = scope.RequiredOnly || flags.RequiredOnly
	return book, scope, day, nil
}

func (f *conformanceFlags) run(c *cobra.Command) error {
	sources := 0
	for _, s := range []string{f.accounts, f.data, f.platform} {
		if s != "" {
			sources++
		}
	}
	if sources != 1 {
		return &usageError{errors.New("say what to check: --accounts FILE, --data DIR or --platform NAME, one of them")}
	}
	if (f.webhook == "") != (f.secretFile == "") {
		return &usageError{errors.New("--webhook and --webhook-secret-file go together: alerts are signed")}
	}
	if f.ids < 0 || f.ids > 10_000 {
		return &usageError{fmt.Errorf("--ids %d: it must lie between 0 and 10,000; --deviations writes all", f.ids)}
	}
	book, scope, day, err := f.scope.service(c, f.config, f.data)
	if err != nil {
		return err
	}
	if f.platform != "" {
		return platformReport(c, book, scope, day, f.platform, f.json)
	}
	var hook *conformance.Webhook
	if f.webhook != "" {
		secret, err := os.ReadFile(f.secretFile)
		if err != nil {
			return err
		}
		if hook, err = conformance.NewWebhook(f.webhook, string(secret)); err != nil {
			return &usageError{err}
		}
	}
	var previous *conformance.Report
	if f.previous != "" {
		if previous, err = readReport(f.previous); err != nil {
			return err
		}
	}
	checker, err := conformance.New(book, scope, day, f.ids)
	if err != nil {
		return &usageError{err}
	}
	report, err := f.check(c, checker, previous)
	if report == nil {
		return err
	}
	// Input that breaks off is reported as far as it could be read.
	err = errors.Join(err, f.write(c, report), f.alert(c.Context(), hook, report))
	if err != nil {
		return err
	}
	if len(report.Failing()) > 0 || report.BadLines > 0 && !f.lenient {
		return errQuiet
	}
	return nil
}

// check judges the accounts. With an error there may be a report of what could
// be read.
func (f *conformanceFlags) check(c *cobra.Command, checker *conformance.Checker, previous *conformance.Report) (*conformance.Report, error) {
	var tally *conformance.Tally
	var bad int64
	judge := func(deviations io.Writer) (err error) {
		if f.data != "" {
			tally, err = liveTally(c, f.data, checker, deviations)
			return err
		}
		in, end, err := openAccounts(c, f.accounts, f.most)
		if err != nil {
			return err
		}
		tally, bad, err = checker.Run(c.Context(), in, deviations)
		end()
		return err
	}
	var err error
	if f.deviations == "" {
		err = judge(nil)
	} else {
		err = writePrivate(f.deviations, judge)
	}
	if tally == nil || errors.Is(err, context.Canceled) {
		return nil, err
	}
	tellBad(c, bad, f.most)
	report := tally.Report(previous)
	report.Version, report.BadLines = f.version, bad
	return report, err
}

// openAccounts opens a file of accounts with a progress bar. end closes both.
func openAccounts(c *cobra.Command, path string, most int) (in *conformance.Input, end func(), err error) {
	name, from, size := path, c.InOrStdin(), int64(-1)
	closed := func() {}
	if path == "-" {
		name = "standard input"
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
		from, closed = file, func() { _ = file.Close() } // it was only read
	}
	b := newBar(c.ErrOrStderr(), c.Name(), "bytes")
	told := 0
	in = &conformance.Input{
		Name: name, From: from, Progress: func(n int64) { b.set(n, size) },
		Bad: func(e *conformance.LineError) {
			if told++; most == 0 || told <= most {
				fmt.Fprintln(c.ErrOrStderr(), "rowan:", e)
			}
		},
	}
	return in, func() { b.end(); closed() }, nil
}

// tellBad says how many lines could not be read.
func tellBad(c *cobra.Command, bad int64, most int) {
	if bad == 0 {
		return
	}
	lines, more := "lines", ""
	if bad == 1 {
		lines = "line"
	}
	if most > 0 && bad > int64(most) {
		more = fmt.Sprintf(", of which the first %d are told", most)
	}
	fmt.Fprintf(c.ErrOrStderr(), "rowan: %d %s could not be read%s; the others were\n", bad, lines, more)
}

// liveTally judges the accounts that a journal tells of.
func liveTally(c *cobra.Command, data string, checker *conformance.Checker, deviations io.Writer) (*conformance.Tally, error) {
	store, err := openStore(c, data)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	all, err := store.Last(c.Context())
	if err != nil {
		return nil, err
	}
	live := conformance.NewLive(checker.Rules().Catalogue())
	b := newBar(c.ErrOrStderr(), c.Name(), "events")
	err = journal.Records(c.Context(), store, func(rec *journal.Record) error {
		live.Add(rec)
		if s := rec.Outcome.Sequence; s%4096 == 0 || s == all {
			b.set(int64(s), int64(all))
		}
		return nil
	})
	b.end()
	if err != nil {
		return nil, err
	}
	return checker.RunLive(live, deviations)
}

// write writes the report wherever it is wanted.
func (f *conformanceFlags) write(c *cobra.Command, r *conformance.Report) error {
	var errs []error
	if f.json != "" && f.json != "-" {
		errs = append(errs, writePrivate(f.json, r.WriteJSON))
	}
	if f.html != "" {
		errs = append(errs, writePrivate(f.html, r.WriteHTML))
	}
	if f.metrics != "" {
		errs = append(errs, r.WriteMetrics(f.metrics, time.Now()))
	}
	if f.json == "-" {
		errs = append(errs, r.WriteJSON(c.OutOrStdout()))
	} else {
		errs = append(errs, r.WriteText(c.OutOrStdout()))
	}
	return errors.Join(errs...)
}

// alert tells of drift.
func (f *conformanceFlags) alert(ctx context.Context, hook *conformance.Webhook, r *conformance.Report) error {
	if hook == nil {
		return nil
	}
	a, drifted := r.Alert(time.Now())
	if !drifted {
		return nil
	}
	return hook.Send(ctx, a)
}

// writePrivate writes a file that names accounts: a new one is readable by its
// owner only.
func writePrivate(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	out := bufio.NewWriterSize(f, 1<<20)
	err = write(out)
	return errors.Join(err, out.Flush())
}

func readReport(path string) (*conformance.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := conformance.ReadReport(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// shortfall is where what a platform publishes protects less than rules ask.
type shortfall struct {
	Platform     string   `json:"platform"`
	Jurisdiction string   `json:"jurisdiction"`
	Band         string   `json:"band"`
	Setting      string   `json:"setting"`
	Default      bool     `json:"default"` // false: who may relax it is what falls short
	Published    string   `json:"published"`
	Asked        string   `json:"asked"`
	AsOf         string   `json:"as_of"`
	Evidence     string   `json:"evidence"`
	Source       string   `json:"source"`
	Rules        []string `json:"rules"`
	Required     bool     `json:"required"` // by one of the rules, of the service that the flags tell
}

// platformReport says where the published defaults of platforms fall short of
// each pack.
func platformReport(c *cobra.Command, book *rulebook.Book, scope account.Scope, day rulebook.Date, which, out string) error {
	platforms, err := readPlatforms(book, which)
	if err != nil {
		return err
	}
	jurisdictions := scope.Jurisdictions
	if len(jurisdictions) == 0 {
		jurisdictions = book.Jurisdictions()
	}
	found := []shortfall{}
	required := false
	var text strings.Builder
	for i, p := range platforms {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(terminal.Wrap(fmt.Sprintf("%s, as published, on %s. What is not published is not known to fall short.", p.Title, day), 0))
		for _, jurisdiction := range jurisdictions {
			q := rulebook.Question{Jurisdictions: []string{jurisdiction}, On: day, Service: scope.Service, Flags: scope.Flags, RequiredOnly: scope.RequiredOnly}
			if q.Service.Features == nil {
				q.Service.Features = p.Features
			}
			e, err := book.Edition(q)
			if err != nil {
				return &usageError{err}
			}
			list := shortfallsOf(e, p, jurisdiction)
			found = append(found, list...)
			printShortfalls(&text, jurisdiction, list)
			for _, s := range list {
				required = required || s.Required
			}
		}
	}
	text.WriteString("\n* not required of a service as the flags tell it. Not legal advice.\n")
	switch out {
	case "-":
		err = writeJSON(c.OutOrStdout(), found)
	case "":
		_, err = io.WriteString(c.OutOrStdout(), text.String())
	default:
		err = writePrivate(out, func(w io.Writer) error { return writeJSON(w, found) })
		if err == nil {
			_, err = io.WriteString(c.OutOrStdout(), text.String())
		}
	}
	if err == nil && required {
		err = errQuiet
	}
	return err
}

func shortfallsOf(e *rulebook.Edition, p *rulebook.Platform, jurisdiction string) []shortfall {
	var out []shortfall
	for _, f := range rulebook.Shortfalls(e, p) {
		s := e.Catalogue().Setting(f.Statement.Setting)
		v := shortfall{
			Platform: p.ID, Jurisdiction: jurisdiction, Band: f.Band.String(), Setting: s.ID, Default: f.Default(),
			Published: s.Value(f.Published.Cell.Value), Asked: s.Value(f.Cell.Value), AsOf: f.Statement.AsOf,
			Evidence: string(f.Statement.Evidence), Source: f.Statement.Source.Title, Rules: []string{},
		}
		if !v.Default {
			v.Published += ", relaxed by " + whoRelaxes(relaxers(f.Published.Cell))
			v.Asked += ", relaxed by " + whoRelaxes(relaxers(f.Cell))
		}
		for _, cite := range f.Citations {
			id := cite.Measure.ID
			if cite.Duty == rulebook.Required {
				v.Required = true
			} else {
				id += "*"
			}
			v.Rules = append(v.Rules, id)
		}
		out = append(out, v)
	}
	return out
}

func printShortfalls(out io.Writer, jurisdiction string, list []shortfall) {
	fmt.Fprintf(out, "\n%s: %d shortfalls\n", jurisdiction, len(list))
	for i, s := range list {
		if i == 0 {
			fmt.Fprintf(out, "  %-9s %-20s %-22s %s\n", "BAND", "SETTING", "PUBLISHED", "ASKED FOR")
		}
		if s.Default {
			fmt.Fprintf(out, "  %-9s %-20s %-22s %s\n", s.Band, s.Setting, s.Published, s.Asked)
		} else {
			fmt.Fprintf(out, "  %-9s %s\n", s.Band, s.Setting)
			fmt.Fprint(out, terminal.Wrap("published: "+s.Published, 12), terminal.Wrap("asked for: "+s.Asked, 12))
		}
		fmt.Fprint(out, terminal.Wrap(strings.Join(s.Rules, ", ")+"; as of "+s.AsOf+", "+s.Evidence, 12))
	}
}

// readPlatforms finds what is published: a platform by its name, all of those
// that come with Rowan, or a file.
func readPlatforms(book *rulebook.Book, which string) ([]*rulebook.Platform, error) {
	files, err := rulebook.ShippedPlatforms()
	if err != nil {
		return nil, err
	}
	var names []string
	var all []*rulebook.Platform
	for _, f := range files {
		p, err := rulebook.LoadPlatform(f, book.Catalogue())
		if err != nil {
			return nil, err
		}
		names = append(names, p.ID)
		all = append(all, p)
	}
	if which == "all" {
		return all, nil
	}
	if i := slices.Index(names, which); i >= 0 {
		return all[i : i+1], nil
	}
	src, err := os.ReadFile(which)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &usageError{fmt.Errorf("--platform %s: there is no such file, and Rowan knows %s, all", which, strings.Join(names, ", "))}
	}
	if err != nil {
		return nil, err
	}
	p, err := rulebook.LoadPlatform(rulebook.File{Name: which, Source: src}, book.Catalogue())
	if err != nil {
		return nil, err
	}
	return []*rulebook.Platform{p}, nil
}
