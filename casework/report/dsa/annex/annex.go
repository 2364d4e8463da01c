// Package annex writes the transparency report of the Digital Services Act in
// the form of Implementing Regulation (EU) 2024/2835: eleven tables, each with
// all the rows of the template. What Rowan does not hold stays empty, which is
// not zero, for the provider to fill in.
package annex

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rowan/casework/report/dsa"
	"rowan/datafile"
)

// Report is what the tables are made of.
type Report struct {
	Provider  string
	Service   string
	Period    dsa.Period
	Published dsa.Date // zero: not yet
	Previous  dsa.Date // of the report before; zero: there is none
	// Statements of the period's decisions, and Complaints against them.
	Statements []dsa.Statement
	Complaints []dsa.Complaint
	Means      dsa.Means
	// Staff is how many people moderate; nil: not said.
	Staff   *int
	Answers map[string]string // of table 11, by the id in annex.yaml
}

// Table is one of the eleven.
type Table struct {
	Name string // of the file: "5_own_initiative_illegal.csv"
	Rows [][]string
}

// form is the template.
type form struct {
	Version    string     `yaml:"version"`
	Date       string     `yaml:"date"`
	Source     string     `yaml:"source"`
	Categories []category `yaml:"categories"`
	Appeals    []line     `yaml:"appeals"`
	Automated  []line     `yaml:"automated"`
	Staff      []line     `yaml:"staff"`
	Recipients []line     `yaml:"recipients"`
	Questions  []question `yaml:"questions"`
}

type category struct {
	Name     string    `yaml:"name"`
	Code     string    `yaml:"code"`
	Only     string    `yaml:"only"`
	Keywords []keyword `yaml:"keywords"`
}

type keyword struct {
	Name string `yaml:"name"`
	Code string `yaml:"code"`
}

type line struct {
	Applies   string `yaml:"applies"`
	Section   string `yaml:"section"`
	Indicator string `yaml:"indicator"`
	Scope     string `yaml:"scope"`
}

type question struct {
	ID        string `yaml:"id"`
	Applies   string `yaml:"applies"`
	Indicator string `yaml:"indicator"`
}

//go:embed annex.yaml
var source []byte

// Tables are all eleven, with their first lines.
func (r *Report) Tables() ([]Table, error) {
	var f form
	if _, err := datafile.Parse("annex.yaml", source, &f); err != nil {
		return nil, err
	}
	for id := range r.Answers {
		if !slices.ContainsFunc(f.Questions, func(q question) bool { return q.ID == id }) {
			return nil, fmt.Errorf("table 11 has no question %q", id)
		}
	}
	w := writer{r: r, f: &f}
	illegal, terms := dsa.OwnInitiativeRows(r.Statements, r.Service, r.Period)
	return []Table{
		w.identification(), w.names(), w.orders(), w.notices(),
		w.ownInitiative("5_own_initiative_illegal", "", dsa.OwnInitiativeHeader(false), illegal),
		w.ownInitiative("6_own_initiative_TC", "terms", dsa.OwnInitiativeHeader(true), terms),
		w.indicators("7_appeals_and_recidivism", "Contextual Information", f.Appeals, dsa.AppealRows(r.Complaints, r.Service, r.Period)),
		w.indicators("8_automated_means", "Contextual Information", f.Automated, dsa.AutomatedRows(r.Statements, r.Means, r.Service, r.Period)),
		w.indicators("9_human_resources", "Contextual information", f.Staff, w.staff()), w.recipients(), w.answers(),
	}, nil
}

// Write writes a table as CSV, as the Commission's templates are: commas, quotes
// where needed, UTF-8.
func (t *Table) Write(to io.Writer) error {
	w := csv.NewWriter(to)
	return errors.Join(w.WriteAll(t.Rows), w.Error())
}

type writer struct {
	r *Report
	f *form
}

func day(d dsa.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

func (w *writer) identification() Table {
	t := Table{"1_report_identification.csv", [][]string{{"Applicability", "Service", "Indicator", "Value"}}}
	for _, row := range [][2]string{
		{"Name of the service provider", w.r.Provider}, {"Date of the publication of the report", day(w.r.Published)},
		{"Date of the publication of the latest previous report", day(w.r.Previous)},
		{"Starting date of reporting period", day(w.r.Period.From)}, {"Ending date of reporting period", day(w.r.Period.To)},
	} {
		t.Rows = append(t.Rows, []string{"All", w.r.Service, row[0], row[1]})
	}
	return t
}

func (w *writer) names() Table {
	t := Table{"2_categories_names.csv", [][]string{
		{"Category label", "Category description", "Category of illegal content / incompatible with the terms and conditions", "Contextual information"},
		{"TOTAL", "All the entries", "TOTAL", ""},
	}}
	for i, c := range w.f.Categories {
		label := fmt.Sprintf("Category %d", i+1)
		t.Rows = append(t.Rows, []string{label, c.Name, c.Code, ""})
		for j, k := range c.Keywords {
			t.Rows = append(t.Rows, []string{label + string(rune('a'+j)), k.Name, k.Code, ""})
		}
	}
	return t
}

// codes are the categories of a table, in the template's order, each with the
// category above it. KEYWORD_OTHER stands once in each.
func (w *writer) codes(table string) (out [][2]string) {
	out = append(out, [2]string{"TOTAL", ""})
	for _, c := range w.f.Categories {
		if c.Only != "" && c.Only != table {
			continue
		}
		out = append(out, [2]string{c.Code, ""})
		for _, k := range c.Keywords {
			out = append(out, [2]string{k.Code, c.Code})
		}
	}
	return out
}

// The columns that tables 3 and 4 count in.
var (
	orderColumns = []string{
		"Number of orders to act against illegal content received",
		"Number of specific items of information included in the total number of orders to act against illegal content",
		"Median time to inform the authority of the receipt of the order to act against illegal content",
		"Median time to give effect to the order to act against illegal content",
		"Number of orders to provide information",
		"Median time to inform the authority of the receipt of the order to provide information",
		"Median time to give effect to the order to provide information",
	}
	noticeColumns = []string{
		"Number of notices received ",
		"Number of notices received from Trusted flaggers",
		"Number of specific items of information included in the total number of notices",
		"Number of specific items of information included in the total number of notices by Trusted Flaggers (Trusted Flagger notices)",
		"Median time to take action",
		"Median time to take action (Trusted Flagger notices)",
		"Number of actions taken on the basis of the law",
		"Number of actions taken on the basis of the law (Trusted Flagger notices)",
		"Number of actions taken on the basis of the terms and conditions of the service",
		"Number of actions taken on the basis of the terms and conditions of the service (Trusted Flagger notices)",
	}
)

const hosting = "Only for providers of hosting services, including online platforms"

func (w *writer) orders() Table {
	head := []string{"Applicability", "Service", "Reporting period", "Category of illegal content", `Description of the sub-category "Other"`, "Scope"}
	context := []string{}
	for i, c := range orderColumns {
		head = append(head, c)
		if i < 2 {
			c = strings.Replace(c, "N", "n", 1) // as the template has it
		}
		context = append(context, "Contextual information on "+c)
	}
	t := Table{"3_member_states_orders.csv", [][]string{append(head, context...)}}
	for _, code := range w.codes("orders") {
		row := make([]string, len(t.Rows[0]))
		copy(row, []string{"All", w.r.Service, w.r.Period.String(), code[0], "", "TOTAL"})
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (w *writer) notices() Table {
	head := []string{"Applicability", "Service", "Reporting period", "Category of illegal content", `Description of the sub-category "Other"`}
	head = append(head, noticeColumns...)
	for _, c := range noticeColumns {
		head = append(head, "Contextual information on "+c)
	}
	t := Table{"4_notices.csv", [][]string{head}}
	for _, code := range w.codes("notices") {
		row := make([]string, len(head))
		copy(row, []string{hosting, w.r.Service, w.r.Period.String(), code[0]})
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ownInitiative is table 5 or 6: categories that Rowan decides about are
// counted, the others stay empty.
func (w *writer) ownInitiative(name, only string, head []string, counted []dsa.OwnInitiative) Table {
	t := Table{name + ".csv", [][]string{head}}
	for _, code := range w.codes(only) {
		i := slices.IndexFunc(counted, func(r dsa.OwnInitiative) bool {
			return r.Category == code[0] && (code[1] == "" || code[1] == dsa.CategoryMinors)
		})
		row := make([]string, len(head))
		copy(row, []string{"All", w.r.Service, w.r.Period.String(), code[0]})
		// What is about other matters than Rowan's would be in the total, too.
		if i >= 0 && code[0] != "TOTAL" {
			row = counted[i].Cells()
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// indicators is a long table: the template's rows, with the values that there
// are.
func (w *writer) indicators(name, context string, lines []line, held []dsa.Indicator) Table {
	head := dsa.IndicatorHeader()
	head[len(head)-1] = context
	t := Table{name + ".csv", [][]string{head}}
	for _, l := range lines {
		row := dsa.Indicator{Applicability: l.Applies, Service: w.r.Service, Period: w.r.Period, Section: l.Section, Indicator: l.Indicator, Scope: l.Scope}
		i := slices.IndexFunc(held, func(h dsa.Indicator) bool {
			return h.Section == l.Section && h.Indicator == l.Indicator && h.Scope == l.Scope
		})
		if i >= 0 {
			row.Value, row.Context = held[i].Value, held[i].Context
		}
		t.Rows = append(t.Rows, row.Cells())
	}
	return t
}

func (w *writer) staff() []dsa.Indicator {
	if w.r.Staff == nil {
		return nil
	}
	l, n := w.f.Staff[0], float64(*w.r.Staff)
	return []dsa.Indicator{{Section: l.Section, Indicator: l.Indicator, Scope: l.Scope, Value: &n, Context: "people who can sign in to the console as reviewers"}}
}

func (w *writer) recipients() Table {
	t := Table{"10_AMAR.csv", [][]string{dsa.IndicatorHeader()[:7]}}
	for _, l := range w.f.Recipients {
		t.Rows = append(t.Rows, []string{l.Applies, w.r.Service, w.r.Period.String(), l.Section, l.Indicator, l.Scope, ""})
	}
	return t
}

func (w *writer) answers() Table {
	t := Table{"11_qualitative.csv", [][]string{{"Applicability", "Service", "Reporting period", "Indicator", "Value"}}}
	for _, q := range w.f.Questions {
		t.Rows = append(t.Rows, []string{q.Applies, w.r.Service, w.r.Period.String(), q.Indicator, w.r.Answers[q.ID]})
	}
	return t
}
