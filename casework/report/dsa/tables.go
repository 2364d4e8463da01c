package dsa

import (
	"slices"
	"strconv"
	"time"
)

// The tables' words are those of the template of Implementing Regulation (EU)
// 2024/2835, as published reports repeat them, stray spaces included: readers
// of such files look for them.

// Period is what a transparency report is about, both days included.
type Period struct{ From, To Date }

func (p Period) String() string {
	return p.From.Format(time.DateOnly) + "/" + p.To.Format(time.DateOnly)
}

// Holds reports whether a day is in the period.
func (p Period) Holds(d Date) bool {
	return !d.IsZero() && !d.Before(p.From.Time) && !d.After(p.To.Time)
}

// The columns of tables 5 and 6 that count restrictions, in order.
var restrictions = []struct {
	column string
	of     func(*Statement) bool
}{
	{"Visibility restriction Removal", sees(VisibilityRemoved)},
	{"Visibility restriction Disable", sees(VisibilityDisabled)},
	{"Visibility restriction Demoted", sees(VisibilityDemoted)},
	{"Visibility restriction Age restricted", sees(VisibilityAge)},
	{"Visibility restriction Interaction restricted", sees(VisibilityInteraction)},
	{"Visibility restriction Labelled ", sees(VisibilityLabelled)},
	{"Visibility restriction Other", sees(VisibilityOther)},
	{"Monetary restriction Suspension", func(s *Statement) bool { return s.DecisionMonetary == MonetarySuspension }},
	{"Monetary restriction Termination", func(s *Statement) bool { return s.DecisionMonetary == MonetaryTermination }},
	{"Monetary restriction Other", func(s *Statement) bool { return s.DecisionMonetary == MonetaryOther }},
	{"Provision of the service Suspension", func(s *Statement) bool {
		return s.DecisionProvision == ProvisionPartialSuspension || s.DecisionProvision == ProvisionTotalSuspension
	}},
	{"Provision of the service Termination", func(s *Statement) bool {
		return s.DecisionProvision == ProvisionPartialTermination || s.DecisionProvision == ProvisionTotalTermination
	}},
	{"Account restriction Suspension", func(s *Statement) bool { return s.DecisionAccount == AccountSuspended }},
	{"Account restriction Termination", func(s *Statement) bool { return s.DecisionAccount == AccountTerminated }},
}

func sees(v string) func(*Statement) bool {
	return func(s *Statement) bool { return slices.Contains(s.DecisionVisibility, v) }
}

// Restrictions is the number of columns that count restrictions.
const Restrictions = 14

// OwnInitiative is a row of table 5 (illegal content) or 6 (terms and
// conditions): what a platform did of its own accord. Rows of a category repeat
// those of its keywords, and TOTAL repeats all: they are not to be added up.
type OwnInitiative struct {
	Service      string
	Period       Period
	Category     string // TOTAL, a STATEMENT_CATEGORY_ or a KEYWORD_
	Measures     int
	Automated    int // after detection with solely automated means
	Restrictions [Restrictions]int
}

// OwnInitiativeRows are the rows of tables 5 and 6 that statements fill. Only
// statements of the platform's own initiative, applied in the period, count.
func OwnInitiativeRows(statements []Statement, service string, p Period) (illegal, terms []OwnInitiative) {
	categories := []string{"TOTAL", CategoryMinors}
	categories = append(categories, keywords[:len(keywords)-1]...)
	for _, category := range categories {
		row := OwnInitiative{Service: service, Period: p, Category: category}
		illegal, terms = append(illegal, row), append(terms, row)
	}
	for i := range statements {
		s := &statements[i]
		if s.SourceType != SourceVoluntary || !p.Holds(s.ApplicationDate) {
			continue
		}
		rows := illegal
		if s.DecisionGround == GroundIncompatible {
			rows = terms
		}
		for k := range rows {
			if c := rows[k].Category; c == "TOTAL" || c == s.Category || slices.Contains(s.CategorySpecification, c) {
				rows[k].add(s)
			}
		}
	}
	return illegal, terms
}

func (r *OwnInitiative) add(s *Statement) {
	r.Measures++
	if s.AutomatedDetection == "Yes" {
		r.Automated++
	}
	for i, c := range restrictions {
		if c.of(s) {
			r.Restrictions[i]++
		}
	}
}

// OwnInitiativeHeader is the first line of table 5, or of table 6 for terms.
func OwnInitiativeHeader(terms bool) []string {
	category := "Category of illegal content"
	if terms {
		category = "Category of incompatibility with the provider's terms and conditions"
	}
	counts := []string{"Number of measures taken at the provider's own initiative ", "Number of measures taken after detection with solely automated means "}
	for _, c := range restrictions {
		counts = append(counts, c.column)
	}
	head := append([]string{"Applicability", "Service", "Reporting period", category, `Description of the sub-category "Other"`}, counts...)
	for _, c := range counts {
		head = append(head, "Contextual Information on "+c)
	}
	return head
}

// Cells are the row's, in the order of OwnInitiativeHeader.
func (r *OwnInitiative) Cells() []string {
	cells := []string{"All", r.Service, r.Period.String(), r.Category, "", strconv.Itoa(r.Measures), strconv.Itoa(r.Automated)}
	for _, n := range r.Restrictions {
		cells = append(cells, strconv.Itoa(n))
	}
	return append(cells, make([]string, 2+Restrictions)...)
}

// Indicator is a row of the long tables, 7 and 8.
type Indicator struct {
	Applicability string
	Service       string
	Period        Period
	Section       string
	Indicator     string
	Scope         string
	Value         *float64 // nil: not held
	Context       string
}

// IndicatorHeader is the first line of tables 7 and 8.
func IndicatorHeader() []string {
	return []string{"Applicability", "Service", "Reporting period", "Section", "Indicator", "Scope", "Value", "Contextual Information"}
}

// Cells are the row's, in the order of IndicatorHeader.
func (r *Indicator) Cells() []string {
	value := ""
	if r.Value != nil {
		value = strconv.FormatFloat(*r.Value, 'f', -1, 64)
	}
	return []string{r.Applicability, r.Service, r.Period.String(), r.Section, r.Indicator, r.Scope, value, r.Context}
}

// Complaint is an appeal, as table 7 counts it.
type Complaint struct {
	Received time.Time
	Decided  time.Time // zero: not yet
	Outcome  string    // Upheld, PartlyReversed, Reversed; "" if not decided
	About    string    // AboutVisibility, AboutService, AboutAccount, AboutMoney
}

// The outcomes of a complaint.
const (
	Upheld         = "upheld"
	PartlyReversed = "partly_reversed"
	Reversed       = "reversed"
)

// What a complaint is about.
const (
	AboutVisibility = "visibility"
	AboutService    = "service"
	AboutAccount    = "account"
	AboutMoney      = "money"
)

const (
	online     = "Only for providers of online platforms"
	complaints = "Internal complaints mechanism"
)

// AppealRows are the rows of table 7 about the internal complaints mechanism.
// Complaints received in the period count; the median time is in hours, of
// those decided.
func AppealRows(list []Complaint, service string, p Period) (rows []Indicator) {
	subjects := []struct{ title, about string }{
		{"Number of complaints submitted to the internal-complaints mechanism", ""},
		{"Complaint regarding a decision to remove or disable access to or restrict visibility of information", AboutVisibility},
		{"Complaint regarding a decision to suspend or terminate the provision of the service", AboutService},
		{"Complaint regarding a decision to suspend or terminate an account ", AboutAccount},
		{"Complaint regarding a decision to restrict the ability to monetise information", AboutMoney},
	}
	for _, subject := range subjects {
		var total, upheld, partly, reversed, open int
		var hours []float64
		for _, c := range list {
			if !p.Holds(On(c.Received)) || subject.about != "" && c.About != subject.about {
				continue
			}
			total++
			switch c.Outcome {
			case Upheld:
				upheld++
			case PartlyReversed:
				partly++
			case Reversed:
				reversed++
			default:
				open++
				continue
			}
			hours = append(hours, c.Decided.Sub(c.Received).Hours())
		}
		row := func(applies, scope string, value *float64, context string) {
			rows = append(rows, Indicator{applies, service, p, complaints, subject.title, scope, value, context})
		}
		applies := online
		if subject.about == "" {
			applies = "All"
		}
		row(applies, "Total number", number(total), "")
		row(online, "Decisions upheld", number(upheld), "")
		row(online, "Decisions partially reversed", number(partly), "")
		row(online, "Decisions reversed", number(reversed), "")
		row(online, "Median time", median(hours), "in hours")
		if subject.about == "" {
			row(online, "Decision omitted", number(open), "not decided yet")
		}
	}
	return rows
}

func number(n int) *float64 { v := float64(n); return &v }

func median(list []float64) *float64 {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	n := len(list)
	m := (list[(n-1)/2] + list[n/2]) / 2
	return &m
}

// Means is how well automated means did, as shares from 0 to 1, and how that
// was found. nil: not measured.
type Means struct {
	Accuracy, Precision, Recall *float64
	Context                     string
}

// AutomatedRows are the rows of table 8 for measures of the platform's own
// initiative. solely are those that no person took part in.
func AutomatedRows(statements []Statement, means Means, service string, p Period) (rows []Indicator) {
	for _, scope := range []string{"Total number", "Own-initiative "} {
		var solely, others int
		for i := range statements {
			s := &statements[i]
			switch {
			case !p.Holds(s.ApplicationDate) || scope != "Total number" && s.SourceType != SourceVoluntary:
			case s.AutomatedDecision == DecisionFully:
				solely++
			default:
				others++
			}
		}
		row := func(indicator string, value *float64, context string) {
			rows = append(rows, Indicator{"All", service, p, "Use of automated means for content moderation", indicator, scope, value, context})
		}
		row("Number of measures solely taken by automated means ", number(solely), "")
		row("Number of measures not taken by automated means", number(others), "")
		row("Accuracy of the automated means - Accuracy", means.Accuracy, means.Context)
		row("Accuracy of the automated means - Precision", means.Precision, means.Context)
		row("Accuracy of the automated means - Recall", means.Recall, means.Context)
	}
	return rows
}
