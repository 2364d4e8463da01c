package site

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rowan/oversight"
	"rowan/oversight/applicability"
	"rowan/oversight/register"
	"rowan/people"
	"rowan/rulebook"
)

func (s *Site) serviceRoutes() {
	g := s.Gate()
	g.Func("GET /services/{id}/measures", people.Public, s.measuresOf)
	g.Func("GET /open/services/{id}/measures.json", people.Public, s.openMeasuresOf)
	g.Func("GET /open/services/{id}/assessments.json", people.Public, s.openAssessments)
	g.Func("POST /register/services/{id}/alternative", EditRegister, s.addAlternative)
	g.Func("POST /register/services/{id}/void", EditRegister, s.void)
}

// risks are the levels, the lowest first.
func risks() []rulebook.Risk {
	return []rulebook.Risk{rulebook.Negligible, rulebook.Low, rulebook.Medium, rulebook.High}
}

// measuresView is which measures are for a service on a day, and what would change.
type measuresView struct {
	Service  register.Service
	Provider register.Provider
	On       rulebook.Date
	Query    measuresQuery
	Report   applicability.Report
	Groups   []measureGroup
	Features []featureChoice
	Supposed []supposition
	If       *applicability.WhatIf // nil: nothing is supposed
	Gained   []applicability.Difference
	Lost     []applicability.Difference
	Other    []applicability.Difference
	Areas    []register.Area
	// Records are all alternatives on record, those among them whose measure is not
	// asked of the service on this day.
	Records []alternativeRecord
	// May are the measures in whose place something else may be put on record.
	May []applicability.Standing
}

type measureGroup struct {
	State    applicability.State
	Title    string
	Measures []applicability.Standing
}

type featureChoice struct {
	ID          string
	Has, Chosen bool // Chosen: as supposed
}

// supposition is a question that is prepared.
type supposition struct {
	Title string
	Path  string
}

type alternativeRecord struct {
	register.Alternative
	Title    string // of the measure
	Required bool   // of the service on the day
	Missing  []register.Area
}

// measuresQuery is what the form of the page holds.
type measuresQuery struct {
	On       string
	Users    string
	Children string // "", yes, no
	Grooming string // a level of risk, "" as it is
	Features []string
	Asked    bool // features are those of the form
}

func readMeasuresQuery(q url.Values) measuresQuery {
	return measuresQuery{
		On: q.Get("on"), Users: strings.TrimSpace(q.Get("users")), Children: q.Get("children"), Grooming: q.Get("grooming"), Features: q["feature"], Asked: q.Get("suppose") != "",
	}
}

// change is what the form supposes of a service; it is nothing if the form says what
// is.
func (q *measuresQuery) change(has []string) (c applicability.Change, any bool, err error) {
	f := &form{Values: url.Values{"users": {q.Users}}}
	if c.Users = f.count("users", "the number of users"); f.err != nil {
		return c, false, f.err
	}
	if q.Asked {
		for _, id := range q.Features {
			if !slices.Contains(has, id) {
				c.Add = append(c.Add, id)
			}
		}
		for _, id := range has {
			if !slices.Contains(q.Features, id) {
				c.Remove = append(c.Remove, id)
			}
		}
	}
	if q.Grooming != "" {
		level, err := rulebook.ParseRisk(q.Grooming)
		if err != nil {
			return c, false, wrong("a level of risk is negligible, low, medium or high")
		}
		c.Risk = map[string]rulebook.Risk{grooming: level}
	}
	switch q.Children {
	case "":
	case "yes", "no":
		likely := q.Children == "yes"
		c.Children = &likely
	default:
		return c, false, wrong("say yes or no to whether children are likely to access it, or leave it as it is")
	}
	return c, c.Users > 0 || len(c.Add)+len(c.Remove)+len(c.Risk) > 0 || c.Children != nil, nil
}

// path is the page with another question.
func (q *measuresQuery) path(service string, has []string, users int64, add string) string {
	v := url.Values{"on": {q.On}, "suppose": {"1"}, "feature": slices.Clone(has)}
	if users > 0 {
		v.Set("users", strconv.FormatInt(users, 10))
	}
	if add != "" {
		v.Add("feature", add)
	}
	return "/services/" + url.PathEscape(service) + "/measures?" + v.Encode() + "#what-if"
}

// prepared are the features whose coming is asked about most.
var prepared = []struct{ id, title string }{
	{"dm", "It adds direct messages"}, {"groups", "It adds groups"}, {"live", "It adds live streams"},
}

func (s *Site) measuresOf(w http.ResponseWriter, r *http.Request) {
	v, err := s.measuresView(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Show(w, r, "measures", "Measures for "+v.Service.Name, v)
}

// openMeasuresOf is which measures are for a service on a day, as open data.
func (s *Site) openMeasuresOf(w http.ResponseWriter, r *http.Request) {
	on, err := parseDay(r.URL.Query().Get("on"), "the day")
	var report applicability.Report
	if err == nil {
		report, err = s.office.Applies(r.Context(), r.PathValue("id"), oversight.AsOf{Day: on})
	}
	s.open(w, r, report, err)
}

func (s *Site) measuresView(r *http.Request) (*measuresView, error) {
	ctx, id := r.Context(), r.PathValue("id")
	v := &measuresView{Query: readMeasuresQuery(r.URL.Query()), Areas: register.Areas()}
	var err error
	if v.On, err = parseDay(v.Query.On, "the day"); err != nil {
		return nil, err
	}
	if v.On == 0 {
		v.On = s.Today()
	}
	v.Query.On = v.On.String()
	p, err := s.office.Profile(ctx, id, oversight.AsOf{Day: v.On})
	if err != nil {
		return nil, err
	}
	v.Service = *p.Service
	if p.Provider != nil {
		v.Provider = *p.Provider
	}
	book, contents := s.office.Book(), s.office.Contents()
	if v.Report, err = applicability.Ask(book, contents, &p); err != nil {
		return nil, err
	}
	v.Groups = grouped(v.Report.Measures)
	has := p.Service.Features
	c, supposed, err := v.Query.change(has)
	if err != nil {
		return nil, err
	}
	if supposed {
		what, err := applicability.If(book, contents, &p, c)
		if err != nil {
			return nil, wrong("%v", err)
		}
		v.If = &what
		v.Gained, v.Lost, v.Other = sides(what.Differ)
	}
	for _, f := range book.Catalogue().Features() {
		there := slices.Contains(has, f)
		chosen := there
		if v.Query.Asked {
			chosen = slices.Contains(v.Query.Features, f)
		}
		v.Features = append(v.Features, featureChoice{f, there, chosen})
	}
	v.suppose(has)
	v.record(p.Alternatives)
	return v, nil
}

// suppose prepares the questions that are asked most.
func (v *measuresView) suppose(has []string) {
	if !v.Report.Facts.Large {
		v.Supposed = append(v.Supposed, supposition{"It grows past 7 million users", v.Query.path(v.Service.ID, has, register.LargeOver+1, "")})
	}
	for _, f := range prepared {
		if !slices.Contains(has, f.id) {
			v.Supposed = append(v.Supposed, supposition{f.title, v.Query.path(v.Service.ID, has, 0, f.id)})
		}
	}
}

// record gathers alternatives, and the measures in whose place one may be put.
func (v *measuresView) record(list []register.Alternative) {
	standing := map[string]*applicability.Standing{}
	for i := range v.Report.Measures {
		m := &v.Report.Measures[i]
		standing[m.Measure] = m
		if m.State == applicability.Required && m.Kind == rulebook.Code {
			v.May = append(v.May, *m)
		}
	}
	for _, a := range list {
		r := alternativeRecord{Alternative: a, Title: a.Measure}
		if m := standing[a.Measure]; m != nil {
			r.Title, r.Required = m.Title, m.State == applicability.Alternative
		}
		for _, area := range v.Areas {
			if strings.TrimSpace(a.Areas[area.Letter]) == "" {
				r.Missing = append(r.Missing, area)
			}
		}
		v.Records = append(v.Records, r)
	}
}

// grouped puts measures under how the service stands with them.
func grouped(measures []applicability.Standing) []measureGroup {
	groups := []measureGroup{
		{State: applicability.Required, Title: "Asked of the service"},
		{State: applicability.Alternative, Title: "Replaced by something that is on record"},
		{State: applicability.Recommended, Title: "Not asked of it"},
		{State: applicability.Absent, Title: "Not for a service like this"},
	}
	for _, m := range measures {
		for i := range groups {
			if groups[i].State == m.State {
				groups[i].Measures = append(groups[i].Measures, m)
			}
		}
	}
	return slices.DeleteFunc(groups, func(g measureGroup) bool { return len(g.Measures) == 0 })
}

// sides parts what would be different into what would be asked, what no longer, and
// the rest.
func sides(differ []applicability.Difference) (gained, lost, other []applicability.Difference) {
	asked := func(s applicability.State) bool { return s == applicability.Required || s == applicability.Alternative }
	for _, d := range differ {
		switch {
		case asked(d.After) && !asked(d.Before):
			gained = append(gained, d)
		case asked(d.Before) && !asked(d.After):
			lost = append(lost, d)
		default:
			other = append(other, d)
		}
	}
	return gained, lost, other
}

// addAlternative puts on record what a service does in place of a measure.
func (s *Site) addAlternative(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f, id := &form{Values: r.PostForm}, r.PathValue("id")
	if _, known := s.office.Names().Services[id]; !known {
		s.Missing(w, r)
		return
	}
	a := register.Alternative{
		Measure: f.text("measure"), Date: cmp.Or(f.day("date", "the day of the record"), s.Today()), Instead: f.text("instead"), How: f.text("how"), Areas: map[string]string{},
	}
	var silent []string
	for _, area := range register.Areas() {
		if text := f.text("area_" + area.Letter); text != "" {
			a.Areas[area.Letter] = text
		} else {
			silent = append(silent, "("+area.Letter+")")
		}
	}
	err := f.err
	if err == nil {
		err = s.replaceable(r, id, &a)
	}
	if err == nil && len(silent) > 0 {
		err = wrong("the record says nothing of area %s: write how it is covered, or why it does not matter here", strings.Join(silent, ", "))
	}
	if err == nil {
		people.About(r.Context(), id)
		err = s.enter(r, register.AboutService(id), a)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services/"+url.PathEscape(id)+"/measures", "The alternative is on record.")
}

// replaceable says why a measure cannot be replaced by something else, and notes the
// edition that it is from.
func (s *Site) replaceable(r *http.Request, service string, a *register.Alternative) error {
	report, err := s.office.Applies(r.Context(), service, oversight.AsOf{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(report.Measures, func(m applicability.Standing) bool { return m.Measure == a.Measure })
	switch {
	case a.Measure == "":
		return wrong("choose the measure that is not taken")
	case i < 0:
		return wrong("no measure in force today is called %q: choose one of the list", a.Measure)
	case report.Measures[i].Kind != rulebook.Code:
		return wrong("only a measure of a code can be replaced; %s is a duty of an Act", report.Measures[i].Ref)
	case report.Measures[i].State != applicability.Required && report.Measures[i].State != applicability.Alternative:
		return wrong("%s is not asked of this service, so that nothing need stand in its place: %s", report.Measures[i].Ref, report.Measures[i].Why)
	}
	a.Code = report.Measures[i].Code
	return nil
}
