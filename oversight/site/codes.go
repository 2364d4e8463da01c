package site

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"rowan/oversight/applicability"
	"rowan/people"
	"rowan/rulebook"
)

func (s *Site) codeRoutes() {
	g := s.Gate()
	g.Func("GET /measures", people.Public, s.measures)
	g.Func("GET /open/measures.json", people.Public, s.openMeasures)
	g.Func("GET /open/measures.csv", people.Public, s.openMeasuresCSV)
}

// openMeasure is a measure in the open data. Its JSON is an interface.
type openMeasure struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Ref      string            `json:"ref"`
	Source   string            `json:"source"`
	Kind     rulebook.Kind     `json:"kind"` // of the source
	For      string            `json:"for"`
	From     string            `json:"from,omitempty"`
	Until    string            `json:"until,omitempty"` // the first day on which it no longer holds
	Expected string            `json:"expected,omitempty"`
	InForce  bool              `json:"in_force"` // on the day
	Evidence rulebook.Evidence `json:"evidence"`
	Note     string            `json:"note,omitempty"`
	// Of the services on the register, how many it is asked of, not asked of, and
	// how many have no such thing; nobody is counted unless it is in force.
	Required    int `json:"required"`
	Recommended int `json:"recommended"`
	Absent      int `json:"absent"`

	// Anchor is its place on the page. The version in force has the measure's id.
	Anchor string `json:"-"`
}

// codeView is a source with its measures.
type codeView struct {
	rulebook.Source
	Measures []openMeasure
}

// codes are the sources of the rulebook for the jurisdiction, the binding ones
// first, with their measures in the order of the rulebook.
func (s *Site) codes() ([]codeView, error) {
	reached, err := s.office.Reached()
	if err != nil {
		return nil, err
	}
	var out []codeView
	for i := range reached {
		r := &reached[i]
		at := slices.IndexFunc(out, func(c codeView) bool { return c.ID == r.Measure.Source.ID })
		if at < 0 {
			at = len(out)
			out = append(out, codeView{Source: *r.Measure.Source})
		}
		out[at].Measures = append(out[at].Measures, toOpen(r))
	}
	order := []rulebook.Kind{rulebook.Code, rulebook.Law, rulebook.Guidance, rulebook.Announcement, rulebook.Proposal, rulebook.Practice, rulebook.Recommendation}
	slices.SortStableFunc(out, func(a, b codeView) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return out, nil
}

func toOpen(r *applicability.Reach) openMeasure {
	m := r.Measure
	x := openMeasure{
		ID: m.ID, Title: m.Title, Ref: m.Ref, Source: m.Source.Title, Kind: m.Source.Kind, For: m.Gate.Words(), Expected: m.Expected, InForce: r.InForce,
		Evidence: m.Evidence, Note: m.Note, Required: r.Required, Recommended: r.Recommended, Absent: r.Absent,
	}
	if m.From != rulebook.Never {
		x.From = m.From.String()
	}
	if m.Until != rulebook.Never {
		x.Until = m.Until.String()
	}
	if x.Anchor = x.ID; !x.InForce {
		x.Anchor += "-" + cmp.Or(x.From, m.Flag)
	}
	return x
}

func (s *Site) measures(w http.ResponseWriter, r *http.Request) {
	codes, err := s.codes()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	made := 0
	names := s.office.Names()
	for _, v := range names.Services {
		if v.Simulated {
			made++
		}
	}
	s.Show(w, r, "codes", "Measures", struct {
		Codes          []codeView
		Services, Made int
		Today          rulebook.Date
		Rulebook       string
	}{codes, len(names.Services), made, s.Today(), s.office.Book().Version()})
}

func (s *Site) openList() ([]openMeasure, error) {
	codes, err := s.codes()
	out := []openMeasure{}
	for i := range codes {
		out = append(out, codes[i].Measures...)
	}
	return out, err
}

func (s *Site) openMeasures(w http.ResponseWriter, r *http.Request) {
	list, err := s.openList()
	s.open(w, r, list, err)
}

func (s *Site) openMeasuresCSV(w http.ResponseWriter, r *http.Request) {
	list, err := s.openList()
	rows := [][]string{{"id", "title", "ref", "source", "kind", "for", "from", "until", "expected", "in_force", "evidence", "required", "recommended", "absent"}}
	for _, m := range list {
		rows = append(rows, []string{m.ID, m.Title, m.Ref, m.Source, string(m.Kind), m.For, m.From, m.Until, m.Expected, strconv.FormatBool(m.InForce), string(m.Evidence), strconv.Itoa(m.Required), strconv.Itoa(m.Recommended), strconv.Itoa(m.Absent)})
	}
	s.table(w, r, rows, err)
}
