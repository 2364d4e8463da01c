package site

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"rowan/oversight"
	"rowan/oversight/conformance"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/rulebook"
	"rowan/wing"
)

type serviceName struct{ ID, Name string }

// serviceNames are the services by name.
func serviceNames(n *oversight.Names) []serviceName {
	out := make([]serviceName, 0, len(n.Services))
	for id, v := range n.Services {
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

// public is the register as the public sees it, the greatest first.
func (s *Site) public() []openService {
	cases := map[string]int{}
	for _, p := range s.published() {
		cases[p.ServiceID]++
	}
	var out []openService
	for _, v := range s.office.Standings() {
		x := openService{
			ID: v.Service.ID, Name: v.Service.Name, Provider: cmp.Or(v.Provider.Name, v.Service.Provider), Kind: v.Service.Kind, Features: v.Service.Features, Cases: cases[v.Service.ID], Simulated: v.Service.Simulated,
		}
		if v.Size != nil {
			x.Month, x.Users = v.Size.Month, v.Size.Users
		}
		if v.Assessment != nil {
			x.Assessed = v.Assessment.Date.String()
			for _, row := range v.Assessment.Rows {
				if row.Kind == grooming {
					x.Grooming = row.Level
				}
			}
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b openService) int { return cmp.Or(cmp.Compare(b.Users, a.Users), cmp.Compare(a.Name, b.Name)) })
	return out
}

const servicesShown = 200

func (s *Site) services(w http.ResponseWriter, r *http.Request) {
	list := s.public()
	names := s.office.Names()
	want := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("name")))
	if want != "" {
		list = slices.DeleteFunc(list, func(v openService) bool {
			return !strings.Contains(strings.ToLower(v.Name), want) && !strings.Contains(strings.ToLower(v.Provider), want)
		})
	}
	providers := make([]serviceName, 0, len(names.Providers))
	for id, p := range names.Providers {
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
	// Standing are the entries that can be said to be wrong, for who keeps the
	// register.
	Standing []register.Entry
}

func (s *Site) service(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), r.PathValue("id")
	names := s.office.Names()
	v := serviceView{}
	var known bool
	if v.Service, known = names.Services[id]; !known {
		s.Missing(w, r)
		return
	}
	v.Provider = names.Providers[v.Service.Provider]
	entries, err := s.office.Entries(ctx, register.AboutService(id))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	about, err := s.office.Entries(ctx, register.AboutProvider(v.Service.Provider))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	entries = append(entries, about...)
	v.take(entries)
	if s.May(wing.Reader(r), EditRegister) {
		v.Standing = slices.DeleteFunc(register.Standing(entries, rulebook.Never, s.now()), func(e register.Entry) bool { return e.Kind == register.OfProvider || e.Kind == register.OfService })
	}
	inside := s.May(wing.Reader(r), SeeDocket)
	if !inside {
		v.People = slices.DeleteFunc(v.People, func(p register.Person) bool { return p.Role != register.Accountable })
	}
	published := s.published()
	for _, p := range published {
		if p.ServiceID == id {
			v.Penalties = append(v.Penalties, p)
		}
	}
	if inside {
		if v.Cases, err = s.office.Cases(ctx, oversight.Filter{Service: id}); err != nil {
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
	Paper     string        `json:"paper"`
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
func (s *Site) published() []openPenalty {
	names := s.office.Names()
	var out []openPenalty
	for _, c := range s.office.Published() {
		for i := range c.Papers {
			p := &c.Papers[i]
			if p.Decision == nil || p.Published == 0 || p.State == docket.Withdrawn {
				continue
			}
			sum := c.Sum(p.ID, s.Today())
			out = append(out, openPenalty{
				Case: c.ID, Paper: p.ID, ServiceID: c.Service, Service: names.Service(c.Service), Provider: names.Provider(c.Provider), Title: c.Title, Decided: p.Issued,
				Fixed: sum.Single, Daily: sum.Daily, Due: sum.Due, Capped: sum.Single+sum.Daily > sum.Due, Stage: c.Stage, Simulated: c.Simulated,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b openPenalty) int { return cmp.Compare(b.Decided, a.Decided) })
	return out
}

func (s *Site) penalties(w http.ResponseWriter, r *http.Request) {
	list := s.published()
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
