package site

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/oversight"
	"rowan/oversight/conformance"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/people"
	"rowan/rulebook"
	"rowan/wing"
)

// nameBook holds the providers and services of the register.
type nameBook struct {
	services  map[string]register.Service
	providers map[string]register.Provider
}

type serviceName struct{ ID, Name string }

func (s *Site) names(context.Context) (*nameBook, error) { return s.book.names(), nil }

func (n *nameBook) service(id string) string {
	if v, ok := n.services[id]; ok {
		return v.Name
	}
	return id
}

func (n *nameBook) provider(id string) string {
	if v, ok := n.providers[id]; ok {
		return v.Name
	}
	return id
}

// Service is the name of a service, for templates.
func (n *nameBook) Service(id string) string { return n.service(id) }

func (n *nameBook) list() []serviceName {
	out := make([]serviceName, 0, len(n.services))
	for id, v := range n.services {
		out = append(out, serviceName{id, v.Name})
	}
	slices.SortFunc(out, func(a, b serviceName) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// openService is a service in the open data. Its JSON is an interface.
type openService struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Provider  string        `json:"provider"`
	Kind      string        `json:"kind"`
	Users     int64         `json:"users"` // of the newest month, 0: not known
	Month     string        `json:"month,omitempty"`
	Grooming  rulebook.Risk `json:"grooming_risk"` // as the provider states it
	Assessed  string        `json:"assessed,omitempty"`
	Cases     int           `json:"published_cases"`
	Features  []string      `json:"features"`
	Simulated bool          `json:"simulated"`
}

// grooming is the kind of content of the register's grooming row.
const grooming = "grooming"

// public is the register as the public sees it.
func (s *Site) public(ctx context.Context) ([]openService, error) {
	b := &s.book
	b.mu.RLock()
	all := make(map[string]*openService, len(b.services))
	for id, v := range b.services {
		provider := v.Provider
		if p, known := b.providers[v.Provider]; known {
			provider = p.Name
		}
		about := register.AboutService(id)
		x := &openService{ID: id, Name: v.Name, Provider: provider, Kind: v.Kind, Features: v.Features, Simulated: v.Simulated}
		if size, known := b.sizes[about]; known {
			x.Month, x.Users = size.Month, size.Users
		}
		if a, known := b.assessed[about]; known {
			x.Assessed = a.Date.String()
			for _, row := range a.Rows {
				if row.Kind == grooming {
					x.Grooming = row.Level
				}
			}
		}
		all[about] = x
	}
	b.mu.RUnlock()
	penalties, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range penalties {
		if v := all[register.AboutService(p.ServiceID)]; v != nil {
			v.Cases++
		}
	}
	out := make([]openService, 0, len(all))
	for _, v := range all {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b openService) int { return cmp.Or(cmp.Compare(b.Users, a.Users), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

const servicesShown = 200

func (s *Site) services(w http.ResponseWriter, r *http.Request) {
	list, err := s.public(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	names, err := s.names(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	want := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("name")))
	if want != "" {
		list = slices.DeleteFunc(list, func(v openService) bool {
			return !strings.Contains(strings.ToLower(v.Name), want) && !strings.Contains(strings.ToLower(v.Provider), want)
		})
	}
	providers := make([]serviceName, 0, len(names.providers))
	for id, p := range names.providers {
		providers = append(providers, serviceName{id, p.Name})
	}
	slices.SortFunc(providers, func(a, b serviceName) int { return cmp.Compare(a.Name, b.Name) })
	s.Show(w, r, "services", "Register of services", struct {
		Services  []openService
		More      int
		Name      string
		Providers []serviceName
	}{list[:min(len(list), servicesShown)], max(0, len(list)-servicesShown), want, providers})
}

// serviceView is the page of a service.
type serviceView struct {
	Service    register.Service
	Provider   register.Provider
	Sizes      []register.Size
	Revenues   []register.Revenue
	Assessment *register.Assessment
	Versions   int
	Access     *register.Access
	People     []register.Person // for the regulator's own people only
	Alternates []register.Alternative
	Penalties  []openPenalty
	Cases      []oversight.Brief
	Returns    *conformance.View // nil: none are owed
}

func (s *Site) service(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), r.PathValue("id")
	names, err := s.names(ctx)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v := serviceView{}
	var known bool
	if v.Service, known = names.services[id]; !known {
		s.Missing(w, r)
		return
	}
	v.Provider = names.providers[v.Service.Provider]
	entries, err := s.store.Entries(ctx, register.AboutService(id))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	about, err := s.store.Entries(ctx, register.AboutProvider(v.Service.Provider))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v.take(append(entries, about...))
	inside := s.May(wing.Reader(r), SeeDocket)
	if !inside {
		v.People = slices.DeleteFunc(v.People, func(p register.Person) bool { return p.Role != register.Accountable })
	}
	published, err := s.published(ctx)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, p := range published {
		if p.ServiceID == id {
			v.Penalties = append(v.Penalties, p)
		}
	}
	if inside {
		if v.Cases, err = s.store.Cases(ctx, oversight.Filter{Service: id}); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	if v.Returns, err = s.standing(ctx, id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.Show(w, r, "service", v.Service.Name, v)
}

// take gathers what entries say, the newest of each key.
func (v *serviceView) take(entries []register.Entry) {
	standing := map[string]register.Entry{}
	var order []string
	for _, e := range entries {
		key := string(e.Kind) + " " + e.Subject + " " + e.Key
		if _, known := standing[key]; !known {
			order = append(order, key)
		}
		standing[key] = e
	}
	for _, key := range order {
		e := standing[key]
		switch {
		case e.Void:
		case e.Size != nil:
			v.Sizes = append(v.Sizes, *e.Size)
		case e.Revenue != nil:
			v.Revenues = append(v.Revenues, *e.Revenue)
		case e.Assessment != nil:
			v.Versions++
			if v.Assessment == nil || e.Assessment.Date >= v.Assessment.Date {
				v.Assessment = e.Assessment
			}
		case e.Access != nil:
			v.Access = e.Access
		case e.Person != nil:
			v.People = append(v.People, *e.Person)
		case e.Alternative != nil:
			v.Alternates = append(v.Alternates, *e.Alternative)
		}
	}
	slices.SortFunc(v.Sizes, func(a, b register.Size) int { return cmp.Compare(b.Month, a.Month) })
	v.Sizes = v.Sizes[:min(len(v.Sizes), 12)]
	slices.SortFunc(v.Revenues, func(a, b register.Revenue) int { return cmp.Compare(b.Until, a.Until) })
}

// openPenalty is a published decision in the open data. Its JSON is an
// interface.
type openPenalty struct {
	Case      docket.ID     `json:"case"`
	ServiceID string        `json:"service"`
	Service   string        `json:"service_name"`
	Provider  string        `json:"provider"`
	Title     string        `json:"title"`
	Decided   rulebook.Date `json:"decided"`
	Fixed     money.Pounds  `json:"fixed"`
	Daily     money.Pounds  `json:"daily_accrued"` // until today
	Due       money.Pounds  `json:"due"`           // capped together
	Capped    bool          `json:"capped"`
	Stage     docket.Stage  `json:"stage"`
	Simulated bool          `json:"simulated"`
}

// published are the decisions that were published, the newest first.
func (s *Site) published(ctx context.Context) ([]openPenalty, error) {
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	var out []openPenalty
	for _, c := range s.book.published() {
		for i := range c.Papers {
			p := &c.Papers[i]
			if p.Decision == nil || p.Published == 0 || p.State == docket.Withdrawn {
				continue
			}
			sum := c.Sum(p.ID, s.Today())
			out = append(out, openPenalty{
				Case: c.ID, ServiceID: c.Service, Service: names.service(c.Service), Provider: names.provider(c.Provider), Title: c.Title, Decided: p.Issued,
				Fixed: sum.Single, Daily: sum.Daily, Due: sum.Due, Capped: sum.Single+sum.Daily > sum.Due, Stage: c.Stage, Simulated: c.Simulated,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b openPenalty) int { return cmp.Compare(b.Decided, a.Decided) })
	return out, nil
}

// afterDecision are the stages in which there is a decision.
var afterDecision = []docket.Stage{
	docket.Confirmed, docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty, docket.Complied, docket.Disruption, docket.OnAppeal, docket.Closed,
}

func (s *Site) penalties(w http.ResponseWriter, r *http.Request) {
	list, err := s.published(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var fixed money.Pounds
	for _, p := range list {
		if !p.Simulated {
			fixed += p.Fixed
		}
	}
	s.Show(w, r, "penalties", "Penalties", struct {
		Penalties []openPenalty
		Fixed     money.Pounds
	}{list, fixed})
}

// open writes open data as JSON.
func (s *Site) open(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(append(body, '\n')) // the other end may be gone
}

func (s *Site) openServices(w http.ResponseWriter, r *http.Request) {
	list, err := s.public(r.Context())
	s.open(w, r, list, err)
}

func (s *Site) openPenalties(w http.ResponseWriter, r *http.Request) {
	list, err := s.published(r.Context())
	if list == nil {
		list = []openPenalty{}
	}
	s.open(w, r, list, err)
}

// table writes open data as CSV (RFC 4180).
func (s *Site) table(w http.ResponseWriter, r *http.Request, rows [][]string, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	c := csv.NewWriter(w)
	c.UseCRLF = true
	_ = c.WriteAll(rows) // the other end may be gone
}

func (s *Site) openServicesCSV(w http.ResponseWriter, r *http.Request) {
	list, err := s.public(r.Context())
	rows := [][]string{{"id", "name", "provider", "kind", "users", "month", "grooming_risk", "assessed", "published_cases", "features", "simulated"}}
	for _, v := range list {
		rows = append(rows, []string{v.ID, v.Name, v.Provider, v.Kind, strconv.FormatInt(v.Users, 10), v.Month, v.Grooming.String(), v.Assessed, strconv.Itoa(v.Cases), strings.Join(v.Features, " "), strconv.FormatBool(v.Simulated)})
	}
	s.table(w, r, rows, err)
}

func (s *Site) openPenaltiesCSV(w http.ResponseWriter, r *http.Request) {
	list, err := s.published(r.Context())
	rows := [][]string{{"case", "service", "service_name", "provider", "title", "decided", "fixed", "daily_accrued", "due", "capped", "stage", "simulated"}}
	for _, p := range list {
		rows = append(rows, []string{strconv.FormatInt(int64(p.Case), 10), p.ServiceID, p.Service, p.Provider, p.Title, p.Decided.String(), p.Fixed.Decimal(), p.Daily.Decimal(), p.Due.Decimal(), strconv.FormatBool(p.Capped), string(p.Stage), strconv.FormatBool(p.Simulated)})
	}
	s.table(w, r, rows, err)
}

// feed is an Atom feed of published decisions.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	list, err := s.published(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	type link struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr,omitempty"`
	}
	type entry struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Link    link   `xml:"link"`
		Summary string `xml:"summary"`
	}
	type author struct {
		Name string `xml:"name"`
	}
	out := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Author  author   `xml:"author"`
		Link    link     `xml:"link"`
		Entries []entry  `xml:"entry"`
	}{ID: "urn:rowan:oversight:decisions", Title: "Published decisions", Updated: s.now().UTC().Format(time.RFC3339), Author: author{"The regulator"}, Link: link{"/open/feed.xml", "self"}}
	for _, p := range list {
		out.Entries = append(out.Entries, entry{
			ID: fmt.Sprintf("urn:rowan:oversight:case:%d:%s", p.Case, p.Decided), Title: p.Provider + ": " + p.Title,
			Updated: time.Unix(int64(p.Decided)*86400, 0).UTC().Format(time.RFC3339), Link: link{Href: "/services/" + p.ServiceID}, Summary: "Fixed penalties of " + p.Fixed.String() + ".",
		})
	}
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // the other end may be gone
}

// identifier is an id made of a name.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// enter puts an entry on the register, and tells the ledger.
func (s *Site) enter(r *http.Request, e register.Entry) error {
	e.At, e.By = s.now().UTC(), wing.Reader(r).ID
	if e.From == 0 {
		e.From = s.Today()
	}
	return s.Enter(r.Context(), e)
}

// Enter puts entries on the register, all or none, and has the ledger told.
func (s *Site) Enter(ctx context.Context, entries ...register.Entry) error {
	records := make([]oversight.Record, len(entries))
	void := false
	for i, e := range entries {
		records[i] = oversight.Record{
			Of: e.Subject, What: "register." + string(e.Kind), Facts: map[string]string{"key": e.Key, "from": e.From.String()}, Subjects: map[string]string{"by": "person/" + e.By},
		}
		void = void || e.Void
	}
	kept, err := s.store.Enter(ctx, entries, records)
	if err != nil {
		return err
	}
	if void {
		return s.book.open(ctx, s.store, s.procedure)
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	for i := range kept {
		s.book.take(&kept[i])
	}
	return nil
}

func (s *Site) addProvider(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := &form{Values: r.PostForm}
	p := register.Provider{ID: identifier(f.text("name")), Name: f.text("name"), Country: f.text("country"), Number: f.text("number")}
	names, err := s.names(r.Context())
	if err == nil && p.ID == "" {
		err = wrong("a provider has a name")
	}
	if err == nil {
		if _, known := names.providers[p.ID]; known {
			err = wrong("there is a provider of this name already")
		}
	}
	if err == nil {
		people.About(r.Context(), p.ID)
		err = s.enter(r, register.Entry{Subject: register.AboutProvider(p.ID), Kind: register.OfProvider, Provider: &p})
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services", "The provider is on the register.")
}

func (s *Site) addService(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := &form{Values: r.PostForm}
	v := register.Service{
		ID: identifier(f.text("name")), Name: f.text("name"), Provider: f.text("provider"), Kind: "user_to_user", FirstDay: f.day("first_day", "the first day"),
		Features: strings.Fields(strings.ReplaceAll(f.text("features"), ",", " ")), AgeSignal: f.ticked("age_signal"),
	}
	names, err := s.names(r.Context())
	if err == nil {
		err = f.err
	}
	if err == nil {
		_, known := names.services[v.ID]
		_, provided := names.providers[v.Provider]
		switch {
		case v.ID == "":
			err = wrong("a service has a name")
		case known:
			err = wrong("there is a service of this name already")
		case !provided:
			err = wrong("choose a provider of the register")
		}
	}
	if err == nil {
		people.About(r.Context(), v.ID)
		err = s.enter(r, register.Entry{Subject: register.AboutService(v.ID), Kind: register.OfService, Service: &v})
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services/"+v.ID, "The service is on the register.")
}

// addEntry puts a size, a revenue or a person on the register.
func (s *Site) addEntry(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f, id := &form{Values: r.PostForm}, r.PathValue("id")
	names, err := s.names(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	service, known := names.services[id]
	if !known {
		s.Missing(w, r)
		return
	}
	var e register.Entry
	switch f.text("kind") {
	case "size":
		if _, err := time.Parse("2006-01", f.text("month")); err != nil {
			s.fail(w, r, wrong("a month is written as 2026-09"))
			return
		}
		e = register.Entry{Subject: register.AboutService(id), Kind: register.OfSize, Key: f.text("month"), Size: &register.Size{Month: f.text("month"), Users: int64(f.number("users", "the number of users")), Source: f.text("source")}}
	case "revenue":
		v := register.Revenue{From: f.day("from", "the first day"), Until: f.day("until", "the last day"), Amount: f.pounds("amount", "the revenue"), Estimated: f.ticked("estimated"), Source: f.text("source")}
		if f.err == nil && (v.From == 0 || v.Until < v.From) {
			f.err = wrong("the accounting period has no days: its last day lies before its first")
		}
		e = register.Entry{Subject: register.AboutProvider(service.Provider), Kind: register.OfRevenue, Key: v.From.String(), Revenue: &v}
	case "person":
		v := register.Person{ID: identifier(f.text("name")), Name: f.text("name"), Role: register.Role(f.text("role")), Title: f.text("title"), From: f.day("from", "the first day in the role")}
		if f.err == nil && (v.ID == "" || !slices.Contains(register.Roles(), v.Role)) {
			f.err = wrong("a person has a name and a role")
		}
		e = register.Entry{Subject: register.AboutProvider(service.Provider), Kind: register.OfPerson, Key: v.ID + " " + string(v.Role), Person: &v}
	default:
		f.err = wrong("there is no such entry")
	}
	if f.err == nil {
		f.err = s.enter(r, e)
	}
	if f.err != nil {
		s.fail(w, r, f.err)
		return
	}
	s.Back(w, r, "/services/"+id, "The entry is on the register.")
}
