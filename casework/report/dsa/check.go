package dsa

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rowan/casework/report"
)

var puid = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// Lengths are the most characters that the database takes in each field.
var lengths = []struct {
	field string
	most  int
	of    func(*Statement) string
}{
	{"decision_visibility_other", 500, func(s *Statement) string { return s.DecisionVisibilityOther }},
	{"decision_monetary_other", 500, func(s *Statement) string { return s.DecisionMonetaryOther }},
	{"illegal_content_legal_ground", 500, func(s *Statement) string { return s.IllegalLegalGround }},
	{"illegal_content_explanation", 2000, func(s *Statement) string { return s.IllegalExplanation }},
	{"incompatible_content_ground", 500, func(s *Statement) string { return s.IncompatibleGround }},
	{"incompatible_content_explanation", 2000, func(s *Statement) string { return s.IncompatibleExplanation }},
	{"content_type_other", 500, func(s *Statement) string { return s.ContentTypeOther }},
	{"category_specification_other", 500, func(s *Statement) string { return s.CategoryOther }},
	{"decision_facts", 5000, func(s *Statement) string { return s.DecisionFacts }},
	{"puid", 500, func(s *Statement) string { return s.PUID }},
}

// The values that each field takes.
var (
	visibilities = []string{VisibilityRemoved, VisibilityDisabled, VisibilityDemoted, VisibilityAge, VisibilityInteraction, VisibilityLabelled, VisibilityOther}
	monetaries   = []string{MonetarySuspension, MonetaryTermination, MonetaryOther}
	provisions   = []string{ProvisionPartialSuspension, ProvisionTotalSuspension, ProvisionPartialTermination, ProvisionTotalTermination}
	accounts     = []string{AccountSuspended, AccountTerminated}
	grounds      = []string{GroundIllegal, GroundIncompatible}
	sources      = []string{SourceNotice, SourceFlagger, SourceOther, SourceVoluntary}
	decisions    = []string{DecisionFully, DecisionPartially, DecisionByPeople}
	contents     = []string{
		"CONTENT_TYPE_APP", "CONTENT_TYPE_AUDIO", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT", "CONTENT_TYPE_SYNTHETIC_MEDIA",
		"CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO", "CONTENT_TYPE_OTHER",
	}
	keywords = []string{
		"KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS", "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL", "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE",
		KeywordGrooming, "KEYWORD_UNSAFE_CHALLENGES", "KEYWORD_OTHER",
	}
	territories = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")
)

// Check says what the database would not take, and refuses what may be
// personal data. f is the case the statement comes from: none of its ids and
// names may appear.
func Check(s *Statement, f *report.Facts) []report.Missing {
	var l report.List
	one := func(field, value string, of []string) {
		l.Must(slices.Contains(of, value), field, "the value is none that the database knows", "use one of its values")
	}
	optional := func(field, value string, of []string) {
		if value != "" {
			one(field, value, of)
		}
	}
	l.Must(len(s.DecisionVisibility) > 0 || s.DecisionMonetary != "" || s.DecisionProvision != "" || s.DecisionAccount != "",
		"decision_account", "no restriction is named", "name what was restricted")
	for _, v := range s.DecisionVisibility {
		one("decision_visibility", v, visibilities)
	}
	optional("decision_monetary", s.DecisionMonetary, monetaries)
	optional("decision_provision", s.DecisionProvision, provisions)
	optional("decision_account", s.DecisionAccount, accounts)
	optional("account_type", s.AccountType, []string{AccountBusiness, AccountPrivate})
	one("decision_ground", s.DecisionGround, grounds)
	switch s.DecisionGround {
	case GroundIllegal:
		l.Must(s.IllegalLegalGround != "", "illegal_content_legal_ground", "the law relied on is not named", "set dsa.ground in report.yaml")
		l.Must(s.IllegalExplanation != "", "illegal_content_explanation", "why it is against that law is not said", "set dsa.explanation in report.yaml")
	case GroundIncompatible:
		l.Must(s.IncompatibleGround != "", "incompatible_content_ground", "the clause relied on is not named", "set dsa.ground in report.yaml")
		l.Must(s.IncompatibleExplanation != "", "incompatible_content_explanation", "why it is against that clause is not said", "set dsa.explanation in report.yaml")
	}
	l.Must(len(s.ContentType) > 0, "content_type", "no kind of content is named", "name one")
	for _, c := range s.ContentType {
		one("content_type", c, contents)
	}
	one("category", s.Category, []string{CategoryMinors})
	for _, k := range s.CategorySpecification {
		one("category_specification", k, keywords)
	}
	for _, c := range s.TerritorialScope {
		one("territorial_scope", c, territories)
	}
	one("source_type", s.SourceType, sources)
	one("automated_detection", s.AutomatedDetection, []string{"Yes", "No"})
	optional("incompatible_content_illegal", s.IncompatibleIllegal, []string{"Yes", "No"})
	one("automated_decision", s.AutomatedDecision, decisions)
	l.Must(!s.ContentDate.IsZero(), "content_date", "when it happened is not known", "give the incident's first day")
	l.Must(!s.ApplicationDate.IsZero(), "application_date", "when it was decided is not known", "decide the case")
	l.Must(s.DecisionFacts != "", "decision_facts", "what was relied on is not said", "say it")
	l.Must(puid.MatchString(s.PUID), "puid", "it may hold letters, digits, - and _ only", "give another")
	for _, f := range lengths {
		l.Must(utf8.RuneCountInString(f.of(s)) <= f.most, f.field, "it is too long for the database", "shorten it")
	}
	for _, field := range lengths {
		for _, kind := range Personal(field.of(s), f) {
			l.Must(false, field.field, "it may hold personal data ("+kind+"), which the database must not", "take it out")
		}
	}
	return l.All
}

// The looks of personal data in free text. They would rather find too much.
var looks = []struct {
	kind string
	of   *regexp.Regexp
}{
	{"an e-mail address", regexp.MustCompile(`[^\s@<>"']+\s?(@|\(at\)|\[at\])\s?[^\s@<>"']+`)},
	{"an address on the web", regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S|\bwww\.\S|\b[a-z0-9-]+\.(com|org|net|info|io|app|me|eu|uk|de|fr|es|it|nl|pl|invalid|example)\b`)},
}

// A run of digits may be a telephone number, unless it is a date or the number
// of a law.
var (
	digits = regexp.MustCompile(`\+?\d(?:[\s()./-]{0,2}\d){6,}`)
	dated  = regexp.MustCompile(`^((19|20)\d\d[-/](0\d|1[0-2])[-/]\d\d|\d\d[/.]\d\d[/.](19|20)\d\d|(19|20)\d\d/\d{1,4})$`)
)

var word = regexp.MustCompile(`[0-9A-Fa-f:.]{3,}`)

// Personal says which kinds of personal data a text seems to hold. Ids and
// names of the facts count, whatever their case. It never returns the data.
func Personal(text string, f *report.Facts) []string {
	var kinds []string
	for _, look := range looks {
		if look.of.MatchString(text) {
			kinds = append(kinds, look.kind)
		}
	}
	for _, run := range digits.FindAllString(text, -1) {
		if !dated.MatchString(run) {
			kinds = append(kinds, "a telephone number")
			break
		}
	}
	for _, w := range word.FindAllString(text, -1) {
		if _, err := netip.ParseAddr(strings.TrimRight(w, ".:")); err == nil {
			kinds = append(kinds, "an internet address")
			break
		}
	}
	if f == nil {
		return kinds
	}
	folded := strings.ToLower(text)
	for _, id := range names(f) {
		if id = strings.ToLower(strings.TrimSpace(id)); utf8.RuneCountInString(id) >= 2 && holds(folded, id) {
			return append(kinds, "an id or name of the case")
		}
	}
	return kinds
}

// holds reports whether a text holds a name as words of its own.
func holds(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(name):])
		if !wordly(before) && !wordly(after) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		from = i + size
	}
}

func wordly(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// names are the ids and names of people in the facts.
func names(f *report.Facts) (out []string) {
	person := func(p *report.Person) {
		out = append(out, p.FirstName, p.LastName, p.Born)
		for i := range p.Emails {
			out = append(out, p.Emails[i].Address)
		}
		for i := range p.Addresses {
			out = append(out, p.Addresses[i].Street)
		}
	}
	account := func(a *report.Account) {
		out = append(out, a.ID, a.ScreenName, a.School, a.Group)
		out = append(append(out, a.DisplayNames...), a.ProfileURLs...)
		for i := range a.Devices {
			out = append(out, a.Devices[i].ID)
		}
		for i := range a.Linked {
			out = append(out, a.Linked[i].ID, a.Linked[i].Name)
		}
		person(&a.Person)
	}
	account(&f.Actor)
	for i := range f.Children {
		account(&f.Children[i])
	}
	for i := range f.Lines {
		out = append(out, f.Lines[i].ID)
	}
	for i := range f.Decisions {
		out = append(out, f.Decisions[i].By, f.Decisions[i].Second)
	}
	person(&f.Platform.Reporter)
	return append(out, f.Conversations...)
}
