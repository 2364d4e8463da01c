// Package dsa makes what the Digital Services Act asks of a platform that acts
// on an account: the statement of reasons of Article 17, in the form of the
// Commission's transparency database (Article 24(5)), and the rows of the
// transparency report's tables that decisions of people fill.
package dsa

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rowan/casework/report"
)

// The enumerations of the database's interface, version 1, of July 2025, as far
// as decisions about accounts use them.
const (
	VisibilityRemoved     = "DECISION_VISIBILITY_CONTENT_REMOVED"
	VisibilityDisabled    = "DECISION_VISIBILITY_CONTENT_DISABLED"
	VisibilityDemoted     = "DECISION_VISIBILITY_CONTENT_DEMOTED"
	VisibilityAge         = "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"
	VisibilityInteraction = "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"
	VisibilityLabelled    = "DECISION_VISIBILITY_CONTENT_LABELLED"
	VisibilityOther       = "DECISION_VISIBILITY_OTHER"

	MonetarySuspension  = "DECISION_MONETARY_SUSPENSION"
	MonetaryTermination = "DECISION_MONETARY_TERMINATION"
	MonetaryOther       = "DECISION_MONETARY_OTHER"

	ProvisionPartialSuspension  = "DECISION_PROVISION_PARTIAL_SUSPENSION"
	ProvisionTotalSuspension    = "DECISION_PROVISION_TOTAL_SUSPENSION"
	ProvisionPartialTermination = "DECISION_PROVISION_PARTIAL_TERMINATION"
	ProvisionTotalTermination   = "DECISION_PROVISION_TOTAL_TERMINATION"

	AccountSuspended  = "DECISION_ACCOUNT_SUSPENDED"
	AccountTerminated = "DECISION_ACCOUNT_TERMINATED"

	GroundIllegal      = "DECISION_GROUND_ILLEGAL_CONTENT"
	GroundIncompatible = "DECISION_GROUND_INCOMPATIBLE_CONTENT"

	SourceNotice    = "SOURCE_ARTICLE_16"
	SourceFlagger   = "SOURCE_TRUSTED_FLAGGER"
	SourceOther     = "SOURCE_TYPE_OTHER_NOTIFICATION"
	SourceVoluntary = "SOURCE_VOLUNTARY"

	DecisionFully     = "AUTOMATED_DECISION_FULLY"
	DecisionPartially = "AUTOMATED_DECISION_PARTIALLY"
	DecisionByPeople  = "AUTOMATED_DECISION_NOT_AUTOMATED"

	CategoryMinors  = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
	KeywordGrooming = "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS"

	AccountBusiness = "ACCOUNT_TYPE_BUSINESS"
	AccountPrivate  = "ACCOUNT_TYPE_PRIVATE"
)

// Statement is a statement of reasons, as POST /api/v1/statement takes it. It
// holds no personal data: Check refuses what looks like any.
type Statement struct {
	DecisionVisibility      []string `json:"decision_visibility,omitempty"`
	DecisionVisibilityOther string   `json:"decision_visibility_other,omitempty"`
	DecisionMonetary        string   `json:"decision_monetary,omitempty"`
	DecisionMonetaryOther   string   `json:"decision_monetary_other,omitempty"`
	DecisionProvision       string   `json:"decision_provision,omitempty"`
	DecisionAccount         string   `json:"decision_account,omitempty"`
	AccountType             string   `json:"account_type,omitempty"`

	DecisionGround          string `json:"decision_ground"`
	GroundReference         string `json:"decision_ground_reference_url,omitempty"`
	IllegalLegalGround      string `json:"illegal_content_legal_ground,omitempty"`
	IllegalExplanation      string `json:"illegal_content_explanation,omitempty"`
	IncompatibleGround      string `json:"incompatible_content_ground,omitempty"`
	IncompatibleExplanation string `json:"incompatible_content_explanation,omitempty"`
	IncompatibleIllegal     string `json:"incompatible_content_illegal,omitempty"` // Yes, No

	ContentType      []string `json:"content_type"`
	ContentTypeOther string   `json:"content_type_other,omitempty"`

	Category              string   `json:"category"`
	CategoryAddition      []string `json:"category_addition,omitempty"`
	CategorySpecification []string `json:"category_specification,omitempty"`
	CategoryOther         string   `json:"category_specification_other,omitempty"`

	TerritorialScope []string `json:"territorial_scope,omitempty"`
	ContentLanguage  string   `json:"content_language,omitempty"`
	ContentDate      Date     `json:"content_date"`
	ApplicationDate  Date     `json:"application_date"`
	EndVisibility    Date     `json:"end_date_visibility_restriction,omitzero"`
	EndMonetary      Date     `json:"end_date_monetary_restriction,omitzero"`
	EndService       Date     `json:"end_date_service_restriction,omitzero"`
	EndAccount       Date     `json:"end_date_account_restriction,omitzero"`

	DecisionFacts      string `json:"decision_facts"`
	SourceType         string `json:"source_type"`
	AutomatedDetection string `json:"automated_detection"` // Yes, No
	AutomatedDecision  string `json:"automated_decision"`
	PUID               string `json:"puid"`
}

// Date is a day, as YYYY-MM-DD. The zero value is none.
type Date struct{ time.Time }

// On is the day of a moment, in UTC.
func On(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.UTC().Date()
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// MarshalJSON writes YYYY-MM-DD.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return []byte(strconv.Quote(d.Format(time.DateOnly))), nil
}

// UnmarshalJSON reads YYYY-MM-DD or null.
func (d *Date) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return errors.New("a date is text such as 2026-07-01")
	}
	if s == nil {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, *s)
	if err != nil {
		return errors.New("a date is text such as 2026-07-01")
	}
	*d = Date{t}
	return nil
}

// Terms is what a platform says in each of its statements.
type Terms struct {
	// Illegal says that decisions rest on the law rather than on the terms.
	Illegal bool
	// Ground is the legal ground, or the clause of the terms.
	Ground string
	// Explanation says why such conduct is against it.
	Explanation string
	Reference   string // an address where Ground can be read; optional
	Facts       string // replaces the sentence that Build writes; optional
	Territory   []string
	Language    string
	AccountType string
}

// ErrNothingRestricted is returned for a decision that restricts nobody, of
// which no statement is owed.
var ErrNothingRestricted = errors.New("the decision restricts nothing, so no statement of reasons is owed")

// Build makes the statement of the facts' decision with an index, and says what
// is missing.
func Build(f *report.Facts, decision int, terms Terms) (Statement, []report.Missing, error) {
	if decision < 0 || decision >= len(f.Decisions) {
		return Statement{}, nil, fmt.Errorf("there is no decision %d", decision+1)
	}
	d := &f.Decisions[decision]
	s := Statement{
		AccountType: terms.AccountType, GroundReference: terms.Reference,
		ContentType: contentTypes(f), Category: CategoryMinors, CategorySpecification: []string{KeywordGrooming},
		TerritorialScope: terms.Territory, ContentLanguage: terms.Language,
		ContentDate: On(f.Incident.From), ApplicationDate: On(d.At),
		AutomatedDetection: "No", AutomatedDecision: DecisionByPeople,
		PUID: fmt.Sprintf("case-%d-decision-%d", f.Case, decision+1),
	}
	for _, m := range d.Measures {
		switch m {
		case "suspend":
			s.DecisionAccount, s.EndAccount = AccountSuspended, On(d.Until)
		case "restrict_contact":
			s.DecisionProvision, s.EndService = ProvisionPartialSuspension, On(d.Until)
		}
	}
	if s.DecisionAccount == "" && s.DecisionProvision == "" {
		return Statement{}, nil, ErrNothingRestricted
	}
	if terms.Illegal {
		s.DecisionGround, s.IllegalLegalGround, s.IllegalExplanation = GroundIllegal, terms.Ground, terms.Explanation
	} else {
		s.DecisionGround, s.IncompatibleGround, s.IncompatibleExplanation = GroundIncompatible, terms.Ground, terms.Explanation
	}
	switch f.Incident.Detected.Source {
	case report.ByMachine:
		s.SourceType, s.AutomatedDetection = SourceVoluntary, "Yes"
	case report.ByPerson:
		s.SourceType = SourceVoluntary
	case report.ByNotice:
		s.SourceType = SourceNotice
	case report.ByFlagger:
		s.SourceType = SourceFlagger
	}
	s.DecisionFacts = terms.Facts
	if s.DecisionFacts == "" {
		s.DecisionFacts = facts(&s, d)
	}
	var l report.List
	l.Must(d.By != "", "automated_decision", "who decided is not known, and a machine alone decides nothing here", "decide the case")
	l.All = append(l.All, Check(&s, f)...)
	return s, l.All, nil
}

// facts is the sentence of what was relied on, without anybody's data.
func facts(s *Statement, d *report.Decision) string {
	text := "The conduct of the account towards accounts of young people did not agree with our rules on contact with minors. "
	if s.AutomatedDetection == "Yes" {
		text += "It was noticed by automated means, "
	} else {
		text += "It came to our notice otherwise than by automated means, "
	}
	if d.Second != "" {
		return text + "and two people looked at it and decided."
	}
	return text + "and a person looked at it and decided."
}

func contentTypes(f *report.Facts) []string {
	out := []string{"CONTENT_TYPE_TEXT"}
	for _, kind := range []string{"image", "video", "audio"} {
		for i := range f.Media {
			if f.Media[i].Kind == kind {
				out = append(out, map[string]string{"image": "CONTENT_TYPE_IMAGE", "video": "CONTENT_TYPE_VIDEO", "audio": "CONTENT_TYPE_AUDIO"}[kind])
				break
			}
		}
	}
	return out
}
