package site

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rowan/oversight/conformance"
	"rowan/oversight/league"
	"rowan/oversight/returns"
	sheet "rowan/page"
	"rowan/people"
)

func (s *Site) leagueRoutes() {
	if s.inbox == nil {
		return
	}
	g := s.Gate()
	g.Func("GET /league", people.Public, s.league)
	g.Func("GET /open/league.json", people.Public, s.openLeague)
	g.Func("GET /open/league.csv", people.Public, s.openLeagueCSV)
}

// ranked is the metric of leagues: how far measures are met. Shares of other metrics
// depend on what each service has of its own: the precision of a rule on its rules.
const ranked = "measures.met"

// leagueChoice is what can be asked for.
type leagueChoice struct {
	Measures  []measureName
	Periods   []string // the newest first
	Templates []string
}

type measureName struct{ ID, Title string }

// leagueQuery reads the question, as far as it is given, and completes it with what
// there is: the newest period, the first measure and form.
func (s *Site) leagueQuery(r *http.Request) (league.Definition, leagueChoice, error) {
	var c leagueChoice
	d := league.Definition{Metric: ranked, Item: r.FormValue("measure"), Template: r.FormValue("template")}
	asked := r.FormValue("period")
	stated, err := s.inbox.store.Stated(r.Context(), ranked)
	if err != nil {
		return d, c, err
	}
	titles := map[string]string{}
	for _, p := range s.office.Book().Packs() {
		for i := range p.Measures {
			titles[p.Measures[i].ID] = p.Measures[i].Title
		}
	}
	slices.SortStableFunc(stated, func(a, b returns.Stated) int { return b.Period.From().Compare(a.Period.From()) })
	for _, x := range stated {
		if !slices.ContainsFunc(c.Measures, func(m measureName) bool { return m.ID == x.Item }) {
			c.Measures = append(c.Measures, measureName{x.Item, cmp.Or(titles[x.Item], x.Item)})
		}
		if !slices.Contains(c.Periods, x.Period.String()) {
			c.Periods = append(c.Periods, x.Period.String())
		}
		if !slices.Contains(c.Templates, x.Template) {
			c.Templates = append(c.Templates, x.Template)
		}
		if (d.Item == "" || d.Item == x.Item) && (asked == "" || asked == x.Period.String()) && (d.Template == "" || d.Template == x.Template) {
			d.Item, asked, d.Template, d.Period = x.Item, x.Period.String(), x.Template, x.Period
		}
	}
	slices.SortFunc(c.Measures, func(a, b measureName) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(c.Templates)
	if asked != "" && d.Period.String() == "" {
		if d.Period, err = returns.ParsePeriod(asked); err != nil {
			return d, c, wrong("%v", err)
		}
	}
	return d, c, nil
}

// standings makes the league of a question from the returns that were taken in. What
// its figures must have in common beside the question, the version of definition and
// form, is what most of them have; of as many, the newer.
func (s *Site) standings(ctx context.Context, d league.Definition) (league.Table, error) {
	stated, err := s.inbox.store.Shares(ctx, d.Metric, d.Item, d.Period)
	if err != nil || len(stated) == 0 {
		return league.Of(d, nil), err
	}
	duties, err := s.inbox.store.Duties(ctx, "")
	if err != nil {
		return league.Table{}, err
	}
	seen, err := s.inbox.store.Observed(ctx, "")
	if err != nil {
		return league.Table{}, err
	}
	observed := map[string][]conformance.Observation{}
	for _, o := range seen {
		if o.Measure == d.Item && d.Period.Holds(o.At) {
			observed[o.Service] = append(observed[o.Service], o)
		}
	}
	names := s.office.Names()
	type versions struct {
		form       string
		definition int
	}
	count := map[versions]int{}
	there := map[string]bool{}
	var entries []league.Entry
	for i := range stated {
		x := &stated[i]
		if x.Template != d.Template {
			continue
		}
		there[x.Service] = true
		of := d
		of.Version, of.Definition = x.Form, x.Definition
		count[versions{x.Form, x.Definition}]++
		e := league.Entry{Service: x.Service, Name: names.Service(x.Service), Simulated: names.Services[x.Service].Simulated, Definition: of, Value: x.Value, State: x.State}
		for _, o := range observed[x.Service] {
			e.Contradicted = e.Contradicted || o.Contradicts(x.Value)
		}
		entries = append(entries, e)
	}
	first := true
	var common versions
	for v, n := range count {
		if first || cmp.Or(cmp.Compare(n, count[common]), cmp.Compare(v.definition, common.definition), cmp.Compare(v.form, common.form)) > 0 {
			common, first = v, false
		}
	}
	d.Version, d.Definition = common.form, common.definition
	for i := range duties {
		duty := &duties[i]
		if duty.Template != d.Template || there[duty.Service] || duty.From.After(d.Period.From()) || !duty.Until.IsZero() && duty.Until.Before(d.Period.To()) {
			continue
		}
		entries = append(entries, league.Entry{Service: duty.Service, Name: names.Service(duty.Service), Simulated: names.Services[duty.Service].Simulated, Missing: true})
	}
	return league.Of(d, entries), nil
}

// leagueView is the page of a league.
type leagueView struct {
	league.Table
	leagueChoice
	Title string
	Shown []league.Row
	More  int
	Left  []leftOut
}

// leftOut are those who are left out for one reason.
type leftOut struct {
	Why   string
	Names []serviceName
	More  int
}

const namedLeftOut = 20

func (s *Site) league(w http.ResponseWriter, r *http.Request) {
	d, c, err := s.leagueQuery(r)
	var t league.Table
	if err == nil {
		t, err = s.standings(r.Context(), d)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v := leagueView{Table: t, leagueChoice: c, Title: d.Item, Shown: t.Rows[:min(len(t.Rows), servicesShown)], More: max(0, len(t.Rows)-servicesShown)}
	for _, m := range c.Measures {
		if m.ID == d.Item {
			v.Title = m.Title
		}
	}
	place := map[string]int{}
	for _, x := range t.Left {
		i, known := place[x.Why]
		if !known {
			i = len(v.Left)
			place[x.Why] = i
			v.Left = append(v.Left, leftOut{Why: x.Why})
		}
		if l := &v.Left[i]; len(l.Names) < namedLeftOut {
			l.Names = append(l.Names, serviceName{x.Service, x.Name})
		} else {
			l.More++
		}
	}
	s.Show(w, r, "league", "League", v)
}

// openLeague is the league as open data. Its JSON is an interface.
func (s *Site) openLeague(w http.ResponseWriter, r *http.Request) {
	d, _, err := s.leagueQuery(r)
	var t league.Table
	if err == nil {
		t, err = s.standings(r.Context(), d)
	}
	if t.Left == nil {
		t.Left = []league.Left{}
	}
	s.open(w, r, t, err)
}

func (s *Site) openLeagueCSV(w http.ResponseWriter, r *http.Request) {
	d, _, err := s.leagueQuery(r)
	var t league.Table
	if err == nil {
		t, err = s.standings(r.Context(), d)
	}
	rows := [][]string{{"service", "service_name", "measure", "period", "template", "template_version", "definition", "n", "of", "share", "low", "high", "place", "best", "worst", "state", "contradicted", "left_out", "simulated"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	for _, x := range t.Rows {
		rows = append(rows, []string{
			x.Service, x.Name, t.Item, t.Period.String(), t.Template, t.Version, strconv.Itoa(t.Definition.Definition), strconv.FormatInt(x.N, 10), strconv.FormatInt(x.Of, 10),
			number(x.Share), number(x.Interval.Low), number(x.Interval.High), strconv.Itoa(x.Place), strconv.Itoa(x.Best), strconv.Itoa(x.Worst), string(x.State), strconv.FormatBool(x.Contradicted), "", strconv.FormatBool(t.Simulated),
		})
	}
	for _, x := range t.Left {
		rows = append(rows, []string{x.Service, x.Name, t.Item, t.Period.String(), t.Template, t.Version, strconv.Itoa(t.Definition.Definition), "", "", "", "", "", "", "", "", "", "", x.Why, strconv.FormatBool(t.Simulated)})
	}
	s.table(w, r, rows, err)
}

// openReturnsCSV is the list of returns; where it goes on says the header Link.
func (s *Site) openReturnsCSV(w http.ResponseWriter, r *http.Request) {
	list, next, err := s.returnRows(r.Context(), "", r.URL.Query().Get("after"))
	rows := [][]string{{"service", "template", "period", "due", "state", "late_days", "received", "versions", "document", "simulated"}}
	for i := range list {
		x, received, document := &list[i], "", ""
		if at := x.Page(); at != "" {
			received, document = x.First.Format(time.RFC3339), at+"/return.json"
		}
		rows = append(rows, []string{x.Service, x.Template, x.Period.String(), x.Due.Format(time.RFC3339), string(x.State), strconv.Itoa(x.Days), received, strconv.Itoa(x.Versions), document, strconv.FormatBool(x.Simulated)})
	}
	if next != "" {
		w.Header().Set("Link", "</open/returns.csv?after="+next+`>; rel="next"`)
	}
	s.table(w, r, rows, err)
}

// strip draws a share with its interval.
func strip(r league.Row) template.HTML {
	return sheet.Interval(r.Share, r.Interval.Low, r.Interval.High)
}
