package site

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"rowan/oversight"
	"rowan/oversight/register"
	"rowan/people"
	"rowan/rulebook"
	"rowan/wing"
)

func (s *Site) assessmentRoutes() {
	g := s.Gate()
	g.Func("GET /services/{id}/assessment", people.Public, s.assessment)
	g.Func("POST /services/{id}/assessment", EditRegister, s.addAssessment)
}

// assessmentView is a service's risk assessments, one of them in full, and the form
// for another.
type assessmentView struct {
	Service  register.Service
	Versions []assessmentVersion // the newest first
	Shown    *register.Assessment
	Rows     []assessedRow
	Newest   bool
	// Lacks and the texts are for the regulator's own people: what an assessment
	// lacks is a question, and nobody has heard the service on it.
	Lacks   []register.Lack
	Letters []coveredLetter
	Form    assessmentForm
}

type assessmentVersion struct {
	Version string
	Date    rulebook.Date
	Reason  register.Reason
	Shown   bool
}

// assessedRow is a kind of content with what is stated of it.
type assessedRow struct {
	register.Content
	register.Row
	Computed rulebook.Risk // from likelihood and impact
	Stated   bool
}

// Lower reports whether the stated level is below that of likelihood and impact.
func (r *assessedRow) Lower() bool {
	return r.Stated && r.Level != rulebook.RiskUnknown && r.Computed > r.Level
}

type coveredLetter struct{ Letter, Title, Text string }

// assessmentForm is what was entered and what is wrong with it.
type assessmentForm struct {
	Entered  register.Assessment
	Rows     []assessedRow
	Letters  []coveredLetter
	Guidance []register.Guidance
	Reasons  []register.Reason
	Wrong    string
	Checked  bool // what it lacks was asked for
	Lacks    []register.Lack
	From     string // version that it began with
}

// letterTitles are what the letters of s.9(5) are about, in our words.
var letterTitles = map[string]string{
	"a": "Who uses the service",
	"b": "How likely it is that they meet each kind, and what algorithms do to it",
	"c": "Whether the service is used for priority offences",
	"d": "The harm from that",
	"e": "Which functions raise the risk",
	"f": "How the service is used",
	"g": "How severe the harm may be, and to whom",
	"h": "How design and running of the service raise or reduce the risks",
}

func letters(covers map[string]string) (out []coveredLetter) {
	for _, letter := range register.Letters() {
		out = append(out, coveredLetter{letter, letterTitles[letter], covers[letter]})
	}
	return out
}

// assessedRows are the kinds that an edition of the guidance asks for, with what an
// assessment says of each, and after them what it says of others.
func assessedRows(c *register.Contents, guidance string, a *register.Assessment) (out []assessedRow) {
	row := func(k register.Content, r register.Row, stated bool) {
		out = append(out, assessedRow{k, r, c.Level(r.Likelihood, r.Impact), stated})
	}
	kinds := c.Of(guidance)
	for _, k := range kinds {
		i := slices.IndexFunc(a.Rows, func(r register.Row) bool { return r.Kind == k.ID })
		if i < 0 {
			row(k, register.Row{Kind: k.ID}, false)
			continue
		}
		row(k, a.Rows[i], true)
	}
	for _, r := range a.Rows {
		if !slices.ContainsFunc(kinds, func(k register.Content) bool { return k.ID == r.Kind }) {
			row(register.Content{ID: r.Kind, Row: "–", Title: r.Kind}, r, true)
		}
	}
	return out
}

// assessmentView reads the register for the page; the profile is of today.
func (s *Site) assessmentView(r *http.Request, version string) (*assessmentView, *register.Profile, error) {
	p, err := s.office.Profile(r.Context(), r.PathValue("id"), oversight.AsOf{})
	if err != nil {
		return nil, nil, err
	}
	contents := s.office.Contents()
	v := &assessmentView{Service: *p.Service}
	v.Form.Guidance, v.Form.Reasons = contents.Guidance, []register.Reason{register.FirstAssessment, register.AnnualReview, register.SignificantChange}
	for i := len(p.Assessments) - 1; i >= 0; i-- {
		a := &p.Assessments[i]
		if v.Shown == nil && (version == "" || version == a.Version) {
			v.Shown, v.Newest = a, i == len(p.Assessments)-1
		}
		v.Versions = append(v.Versions, assessmentVersion{a.Version, a.Date, a.Reason, v.Shown == a})
	}
	if version != "" && v.Shown == nil {
		return nil, nil, oversight.ErrNotFound
	}
	if v.Shown != nil {
		v.Rows, v.Letters = assessedRows(contents, v.Shown.Guidance, v.Shown), letters(v.Shown.Covers)
	}
	if !s.May(wing.Reader(r), SeeDocket) {
		v.Letters = nil
		for i := range v.Rows {
			v.Rows[i].Why = ""
		}
		return v, &p, nil
	}
	switch {
	case v.Shown == nil || v.Newest:
		v.Lacks = s.office.Lacks(&p)
	default: // as it was to be judged on its own day
		v.Lacks = contents.Lacks(v.Shown, v.Shown.Date)
	}
	return v, &p, nil
}

func (s *Site) assessment(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v, p, err := s.assessmentView(r, q.Get("version"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f := &v.Form
	f.Entered = register.Assessment{Date: s.Today(), Guidance: f.Guidance[len(f.Guidance)-1].ID, Reason: register.FirstAssessment}
	if len(p.Assessments) > 0 {
		f.Entered.Reason = register.AnnualReview
	}
	if from := q.Get("from"); from != "" {
		i := slices.IndexFunc(p.Assessments, func(a register.Assessment) bool { return a.Version == from })
		if i < 0 {
			s.fail(w, r, oversight.ErrNotFound)
			return
		}
		f.From, f.Entered.Rows, f.Entered.Covers = from, p.Assessments[i].Rows, p.Assessments[i].Covers
	}
	s.showAssessment(w, r, http.StatusOK, v)
}

func (s *Site) showAssessment(w http.ResponseWriter, r *http.Request, status int, v *assessmentView) {
	// The form has every kind, so that none is left out for want of a field.
	v.Form.Rows, v.Form.Letters = assessedRows(s.office.Contents(), "", &v.Form.Entered), letters(v.Form.Entered.Covers)
	s.Status(w, r, status, "assessment", "Risk assessment of "+v.Service.Name, v)
}

// readAssessment reads the form of an assessment.
func (f *form) assessment(c *register.Contents) register.Assessment {
	a := register.Assessment{
		Version: f.text("version"), Date: f.day("date", "the day of the assessment"), Reason: register.Reason(f.text("reason")), Change: f.text("change"), Approved: f.text("approved"), Guidance: f.text("guidance"), Covers: map[string]string{},
	}
	for _, letter := range register.Letters() {
		if text := f.text("covers_" + letter); text != "" {
			a.Covers[letter] = text
		}
	}
	for _, k := range c.Of("") {
		row := register.Row{
			Kind: k.ID, Likelihood: f.risk("likelihood_"+k.ID, k.Title), Impact: f.risk("impact_"+k.ID, k.Title), Level: f.risk("level_"+k.ID, k.Title), Why: f.text("why_" + k.ID),
		}
		if row != (register.Row{Kind: k.ID}) {
			a.Rows = append(a.Rows, row)
		}
	}
	return a
}

// risk reads a level; it is not known where none was chosen.
func (f *form) risk(name, what string) rulebook.Risk {
	if f.text(name) == "" {
		return rulebook.RiskUnknown
	}
	r, err := rulebook.ParseRisk(f.text(name))
	if err != nil && f.err == nil {
		f.err = wrong("%s: choose negligible, low, medium or high", what)
	}
	return r
}

// addAssessment puts a version on the register. What it lacks is shown and no reason
// to refuse it: the register says what the provider has, not what it should have.
func (s *Site) addAssessment(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	v, _, err := s.assessmentView(r, "")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	contents := s.office.Contents()
	f := &form{Values: r.PostForm}
	a := f.assessment(contents)
	v.Form.Entered, v.Form.From = a, f.text("from")
	if f.ticked("check") {
		v.Form.Checked, v.Form.Lacks = true, contents.Lacks(&a, s.Today())
		if f.err != nil {
			v.Form.Wrong = said(f.err)
		}
		s.showAssessment(w, r, http.StatusOK, v)
		return
	}
	err = cmp.Or(f.err, s.whole(&a))
	if err == nil {
		people.About(r.Context(), v.Service.ID)
		err = s.enter(r, register.AboutService(v.Service.ID), a)
	}
	if errors.Is(err, errForm) {
		v.Form.Wrong = said(err)
		s.showAssessment(w, r, http.StatusBadRequest, v)
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services/"+url.PathEscape(v.Service.ID)+"/assessment?version="+url.QueryEscape(a.Version), "The assessment is on the register.")
}

// whole says what is wrong with the head of an assessment.
func (s *Site) whole(a *register.Assessment) error {
	editions := s.office.Contents().Guidance
	switch {
	case a.Version == "":
		return wrong("write the version, as the provider calls it")
	case a.Date == 0:
		return wrong("write the day on which the assessment was made")
	case a.Date > s.Today():
		return wrong("the day of the assessment, %s, has not come yet", a.Date)
	case !slices.ContainsFunc(editions, func(g register.Guidance) bool { return g.ID == a.Guidance }):
		return wrong("choose the guidance that it follows")
	case len(a.Rows) == 0:
		return wrong("state a likelihood, an impact and a level of at least one kind of content")
	}
	return nil
}

// openAssessed is a version of a risk assessment in the open data, without its
// reasons. Its JSON is an interface.
type openAssessed struct {
	Version  string          `json:"version"`
	Date     rulebook.Date   `json:"date"`
	Reason   register.Reason `json:"reason"`
	Guidance string          `json:"guidance"`
	Kinds    []openLevel     `json:"kinds"`
}

type openLevel struct {
	Kind       string        `json:"kind"`
	Row        string        `json:"row"`
	Title      string        `json:"title"`
	Assessed   bool          `json:"assessed"`
	Likelihood rulebook.Risk `json:"likelihood"`
	Impact     rulebook.Risk `json:"impact"`
	Stated     rulebook.Risk `json:"stated"`
	Computed   rulebook.Risk `json:"computed"`
}

// openAssessments are the versions of a service's risk assessment, the oldest first.
func (s *Site) openAssessments(w http.ResponseWriter, r *http.Request) {
	p, err := s.office.Profile(r.Context(), r.PathValue("id"), oversight.AsOf{})
	out := []openAssessed{}
	for i := range p.Assessments {
		a := &p.Assessments[i]
		x := openAssessed{a.Version, a.Date, a.Reason, a.Guidance, []openLevel{}}
		for _, row := range assessedRows(s.office.Contents(), a.Guidance, a) {
			x.Kinds = append(x.Kinds, openLevel{row.ID, row.Content.Row, row.Title, row.Stated, row.Likelihood, row.Impact, row.Level, row.Computed})
		}
		out = append(out, x)
	}
	s.open(w, r, out, err)
}
