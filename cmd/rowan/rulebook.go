package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowan/age"
	"rowan/rulebook"
	"rowan/terminal"
)

func rulebookCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "rulebook",
		Short: "Read the codes and laws that Rowan holds as data",
		Long: `Reads the rulebook: codes and laws as data, by jurisdiction and day, each with
its source and a mark that says how well it is known. None of it is legal
advice. docs/rulebook.md says what each pack covers and how to write one.`,
		Example: `  rowan rulebook list
  rowan rulebook show gb
  rowan rulebook diff --from 2025-07-25 --to 2026-09-30`,
		Args: exactly(0, "one of its commands"),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVar(&dir, "rulebook", "", "a directory of packs, in the place of those shipped or beside them")
	c.AddCommand(rulebookList(&dir), rulebookShow(&dir), rulebookDiff(&dir))
	return c
}

// readBook loads the shipped packs, and those of a directory if one is named.
func readBook(dir string) (*rulebook.Book, error) {
	if dir == "" {
		return rulebook.Default()
	}
	files, err := rulebook.Directory(dir)
	if err != nil {
		return nil, err
	}
	return rulebook.Load(files...)
}

// measureView is a measure as the commands print it.
type measureView struct {
	ID           string        `json:"id"`
	Jurisdiction string        `json:"jurisdiction"`
	Title        string        `json:"title"`
	Source       string        `json:"source"`
	Kind         string        `json:"kind"`
	Ref          string        `json:"ref,omitempty"`
	Evidence     string        `json:"evidence"`
	From         rulebook.Date `json:"from"`  // "" if it is not in force
	Until        rulebook.Date `json:"until"` // "" if no end is known
	Flag         string        `json:"flag,omitempty"`
	Expected     string        `json:"expected,omitempty"`
	Note         string        `json:"note,omitempty"`
	Moments      []string      `json:"moments,omitempty"`
	Settings     []string      `json:"settings,omitempty"`
}

func viewOf(m *rulebook.Measure, c *rulebook.Catalogue) measureView {
	v := measureView{
		ID: m.ID, Jurisdiction: m.Pack.Jurisdiction, Title: m.Title, Source: m.Source.Title, Kind: string(m.Source.Kind), Ref: m.Ref,
		Evidence: string(m.Evidence), From: m.From, Until: m.Until, Flag: m.Flag, Expected: m.Expected, Note: m.Note, Moments: m.Moments,
	}
	for _, r := range m.Rules {
		v.Settings = append(v.Settings, c.Setting(r.Setting).ID)
	}
	return v
}

// in says when a measure is in force.
func (v *measureView) in() string {
	switch {
	case v.Flag != "":
		return "not in force"
	case v.Until != rulebook.Never:
		return fmt.Sprintf("%s to %s", v.From, v.Until)
	}
	return "from " + v.From.String()
}

func rulebookList(dir *string) *cobra.Command {
	var asJSON bool
	var jurisdictions []string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the measures of the packs",
		Example: "  rowan rulebook list --jurisdiction gb\n  rowan rulebook list --json",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			book, err := readBook(*dir)
			if err != nil {
				return err
			}
			packs, err := book.Select(jurisdictions...)
			if err != nil {
				return &usageError{err}
			}
			views := []measureView{}
			for _, m := range rulebook.Measures(packs) {
				views = append(views, viewOf(m, book.Catalogue()))
			}
			out := c.OutOrStdout()
			if asJSON {
				return writeJSON(out, views)
			}
			for _, p := range packs {
				fmt.Fprintf(out, "%s  %s, version %s of %s\n", p.Jurisdiction, p.Title, p.Version, p.Date)
				for _, v := range views {
					if v.Jurisdiction == p.Jurisdiction {
						fmt.Fprintf(out, "  %-24s %-24s %-10s %s\n", v.ID, v.in(), v.Evidence, v.Kind)
						fmt.Fprint(out, terminal.Wrap(v.Title, 4))
					}
				}
			}
			fmt.Fprintln(out, "Not legal advice.")
			return nil
		},
	}
	jurisdictionFlag(c, &jurisdictions)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func jurisdictionFlag(c *cobra.Command, to *[]string) {
	c.Flags().StringSliceVar(to, "jurisdiction", nil, "packs, such as gb or gb,eu; the strictest of all if not given")
}

func rulebookShow(dir *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show PACK|MEASURE|settings",
		Short: "Show a pack, a measure or the settings in full",
		Example: `  rowan rulebook show gb
  rowan rulebook show gb.f1-e
  rowan rulebook show settings`,
		Args: exactly(1, "the name of a pack or measure, or the word settings"),
		RunE: func(c *cobra.Command, args []string) error {
			book, err := readBook(*dir)
			if err != nil {
				return err
			}
			return showRules(c.OutOrStdout(), book, args[0], asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// cellView is what a rule says of one band.
type cellView struct {
	Setting string   `json:"setting"`
	Band    string   `json:"band"`
	Value   string   `json:"value"`
	Relax   []string `json:"relaxable_by"`
	Reverts []string `json:"reverts"`
	Days    int      `json:"revert_days,omitempty"`
}

// bandOrder are the bands that rules speak of, the youngest first.
var bandOrder = [...]age.Band{age.Under13, age.From13, age.From16, age.Adult}

func cellsOf(m *rulebook.Measure, c *rulebook.Catalogue) []cellView {
	cells := []cellView{}
	for _, r := range m.Rules {
		s := c.Setting(r.Setting)
		for place, band := range bandOrder {
			if !r.Speaks[place] {
				continue
			}
			cell := r.Bands[place]
			v := cellView{Setting: s.ID, Band: band.String(), Value: s.Value(cell.Value), Relax: relaxers(cell), Reverts: cell.Reset.Words(), Days: int(cell.Reset.Days)}
			cells = append(cells, v)
		}
	}
	return cells
}

func relaxers(c rulebook.Cell) []string {
	out := []string{}
	if c.Child > c.Value {
		out = append(out, "child")
	}
	if c.Guardian > c.Value {
		out = append(out, "guardian")
	}
	return out
}

type measureFull struct {
	measureView
	Cells []cellView `json:"cells"`
}

func showRules(out io.Writer, book *rulebook.Book, what string, asJSON bool) error {
	if what == "settings" {
		return showCatalogue(out, book.Catalogue(), asJSON)
	}
	var found []measureFull
	var pack *rulebook.Pack
	for _, p := range book.Packs() {
		if p.Jurisdiction == what {
			pack = p
		}
		for i := range p.Measures {
			if m := &p.Measures[i]; m.ID == what || p.Jurisdiction == what {
				found = append(found, measureFull{viewOf(m, book.Catalogue()), cellsOf(m, book.Catalogue())})
			}
		}
	}
	if len(found) == 0 && pack == nil {
		return fmt.Errorf("there is no pack or measure %q; 'rowan rulebook list' lists them", what)
	}
	if asJSON {
		return writeJSON(out, found)
	}
	if pack != nil {
		fmt.Fprintf(out, "%s, version %s of %s\n\n", pack.Title, pack.Version, pack.Date)
		fmt.Fprintln(out, terminal.Wrap(pack.Note, 0))
		for _, s := range pack.Sources {
			fmt.Fprintf(out, "source %s: %s, %s (%s, %s)\n", s.ID, s.Title, s.Publisher, s.Kind, s.Evidence)
		}
		fmt.Fprintln(out)
	}
	for i := range found {
		f := &found[i]
		fmt.Fprintf(out, "%s  %s\n", f.ID, f.in())
		fmt.Fprint(out, terminal.Wrap(f.Title, 2))
		fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("%s, %s. Kind: %s. Evidence: %s.", f.Source, cmp.Or(f.Ref, "no reference"), f.Kind, f.Evidence), 2))
		if f.Flag != "" {
			fmt.Fprint(out, terminal.Wrap("Waits for the flag "+f.Flag+"; expected: "+cmp.Or(f.Expected, "not known")+".", 2))
		}
		if f.Note != "" {
			fmt.Fprint(out, terminal.Wrap(f.Note, 2))
		}
		for _, m := range f.Moments {
			fmt.Fprintf(out, "  supportive information at %s\n", m)
		}
		for _, cell := range f.Cells {
			line := fmt.Sprintf("  %-20s %-9s %-16s %s", cell.Setting, cell.Band, cell.Value, whoRelaxes(cell.Relax))
			if len(cell.Relax) > 0 && len(cell.Reverts) > 0 {
				line += "; until " + revertWords(cell.Reverts, cell.Days)
			}
			fmt.Fprintln(out, line)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "Not legal advice.")
	return nil
}

func whoRelaxes(who []string) string {
	if len(who) == 0 {
		return "locked"
	}
	return strings.Join(who, ", ")
}

// revertWords says what ends a relaxation.
func revertWords(words []string, days int) string {
	out := slices.Clone(words)
	for i, w := range out {
		switch w {
		case "days":
			out[i] = fmt.Sprintf("%d days", days)
		case "session_end":
			out[i] = "session ends"
		case "age_change":
			out[i] = "age changes"
		case "age_doubt":
			out[i] = "age in doubt"
		}
	}
	return strings.Join(out, ", ")
}

func showCatalogue(out io.Writer, c *rulebook.Catalogue, asJSON bool) error {
	type setting struct {
		ID      string   `json:"id"`
		Title   string   `json:"title"`
		Values  []string `json:"values"`
		Needs   []string `json:"needs"`
		Without []string `json:"without,omitempty"`
	}
	var all []setting
	for i := range c.Len() {
		s := c.Setting(i)
		all = append(all, setting{s.ID, s.Title, s.Values, s.Needs, s.Without})
	}
	if asJSON {
		return writeJSON(out, all)
	}
	for _, s := range all {
		fmt.Fprintf(out, "%-20s %s\n", s.ID, s.Title)
		fmt.Fprint(out, terminal.Wrap(strings.Join(s.Values, " < "), 21))
		need := strings.Join(s.Needs, ", ")
		if len(s.Without) > 0 {
			need += "; without " + strings.Join(s.Without, ", ")
		}
		fmt.Fprint(out, terminal.Wrap("feature: "+need, 21))
	}
	fmt.Fprintln(out, "Values stand from the strictest to the loosest.")
	return nil
}

// changed is one difference between two days.
type changed struct {
	Band     string `json:"band"`
	Setting  string `json:"setting"`
	Was      string `json:"was"`
	WasRelax string `json:"was_relaxable_by"`
	Now      string `json:"now"`
	NowRelax string `json:"now_relaxable_by"`
}

// difference is what changes between two days.
type difference struct {
	Jurisdictions []string      `json:"jurisdictions"`
	From          rulebook.Date `json:"from"`
	To            rulebook.Date `json:"to"`
	Begun         []measureView `json:"begun"`
	Ended         []measureView `json:"ended"`
	Revised       []measureView `json:"revised"` // in force on both days, in another version
	Settings      []changed     `json:"settings"`
}

func rulebookDiff(dir *string) *cobra.Command {
	var from, to string
	var jurisdictions []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "diff --from DAY --to DAY",
		Short: "Show what changes between two days",
		Example: `  rowan rulebook diff --from 2025-07-25 --to 2026-09-30
  rowan rulebook diff --jurisdiction gb --from 2025-07-25 --to 2026-09-30 --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			book, err := readBook(*dir)
			if err != nil {
				return err
			}
			d := difference{Jurisdictions: jurisdictions, Begun: []measureView{}, Ended: []measureView{}, Revised: []measureView{}, Settings: []changed{}}
			if d.From, err = dayFlag("from", from); err != nil {
				return err
			}
			if d.To, err = dayFlag("to", to); err != nil {
				return err
			}
			if d.From > d.To {
				return &usageError{fmt.Errorf("--from %s is after --to %s", d.From, d.To)}
			}
			if len(jurisdictions) == 0 {
				d.Jurisdictions = []string{rulebook.Strictest}
			}
			if err := d.compare(book, jurisdictions); err != nil {
				return &usageError{err}
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), d)
			}
			d.print(c.OutOrStdout())
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "", "the first day, such as 2025-07-25")
	c.Flags().StringVar(&to, "to", "", "the second day; today if not given")
	jurisdictionFlag(c, &jurisdictions)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	_ = c.MarkFlagRequired("from")
	return c
}

// dayFlag reads a day; today if none is given.
func dayFlag(name, text string) (rulebook.Date, error) {
	if text == "" {
		return rulebook.DateOf(time.Now().UnixMilli()), nil
	}
	d, err := rulebook.ParseDate(text)
	if err != nil {
		return 0, &usageError{fmt.Errorf("--%s: %w", name, err)}
	}
	return d, nil
}

// compare fills d in.
func (d *difference) compare(book *rulebook.Book, jurisdictions []string) error {
	packs, err := book.Select(jurisdictions...)
	if err != nil {
		return err
	}
	for _, m := range rulebook.Measures(packs) {
		switch was, is := m.InForce(d.From, nil), m.InForce(d.To, nil); {
		case is && !was:
			d.Begun = append(d.Begun, viewOf(m, book.Catalogue()))
		case was && !is:
			d.Ended = append(d.Ended, viewOf(m, book.Catalogue()))
		}
	}
	d.revise()
	question := rulebook.Question{Jurisdictions: jurisdictions, On: d.From}
	was, err := book.Edition(question)
	if err != nil {
		return err
	}
	question.On = d.To
	is, err := book.Edition(question)
	if err != nil {
		return err
	}
	for _, band := range bandOrder {
		for place := range book.Catalogue().Len() {
			a, b := was.Cell(band, place), is.Cell(band, place)
			if a == b {
				continue
			}
			s := book.Catalogue().Setting(place)
			d.Settings = append(d.Settings, changed{
				band.String(), s.ID, s.Value(a.Value), whoRelaxes(relaxers(a)), s.Value(b.Value), whoRelaxes(relaxers(b)),
			})
		}
	}
	return nil
}

// revise takes measures that ended in one version and began in another out of
// both lists.
func (d *difference) revise() {
	has := func(list []measureView, id string) bool {
		return slices.ContainsFunc(list, func(v measureView) bool { return v.ID == id })
	}
	begun := d.Begun[:0:0]
	for _, v := range d.Begun {
		if has(d.Ended, v.ID) {
			d.Revised = append(d.Revised, v)
		} else {
			begun = append(begun, v)
		}
	}
	d.Begun = append([]measureView{}, begun...)
	d.Ended = slices.DeleteFunc(d.Ended, func(v measureView) bool { return has(d.Revised, v.ID) })
}

func (d *difference) print(out io.Writer) {
	fmt.Fprintf(out, "%s, from %s to %s\n", strings.Join(d.Jurisdictions, ", "), d.From, d.To)
	for _, part := range []struct {
		title string
		list  []measureView
	}{{"Begun", d.Begun}, {"Revised", d.Revised}, {"Ended", d.Ended}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s:\n", part.title)
		for i := range part.list {
			v := &part.list[i]
			fmt.Fprintf(out, "  %-24s %s (%s)\n", v.ID, v.in(), v.Evidence)
			fmt.Fprint(out, terminal.Wrap(v.Title, 4))
		}
	}
	if len(d.Settings) > 0 {
		fmt.Fprintf(out, "\nSettings:\n  %-9s %-20s %-21s    %s\n", "band", "setting", "was", "is")
		for _, s := range d.Settings {
			fmt.Fprintf(out, "  %-9s %-20s %-21s -> %s\n", s.Band, s.Setting, s.Was+" ("+s.WasRelax+")", s.Now+" ("+s.NowRelax+")")
		}
	}
	if len(d.Begun)+len(d.Revised)+len(d.Ended)+len(d.Settings) == 0 {
		fmt.Fprintln(out, "Nothing changes.")
	}
}

// writeJSON prints a value for a script.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
