package site

import (
	"cmp"
	"net/http"
	"strings"

	"rowan/oversight/register"
	"rowan/people"
	"rowan/wing"
)

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

// enter puts what register.Make takes on the register, from today on.
func (s *Site) enter(r *http.Request, of string, what any) error {
	e, err := register.Make(s.Today(), of, what)
	if err != nil {
		return wrong("%v", err)
	}
	_, err = s.office.Enter(r.Context(), wing.Reader(r).ID, e)
	return s.told(err)
}

func (s *Site) addProvider(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := &form{Values: r.PostForm}
	p := register.Provider{ID: identifier(f.text("name")), Name: f.text("name"), Country: f.text("country"), Number: f.text("number")}
	var err error
	switch _, known := s.office.Names().Providers[p.ID]; {
	case p.ID == "":
		err = wrong("a provider has a name")
	case known:
		err = wrong("there is a provider of this name already")
	default:
		people.About(r.Context(), p.ID)
		err = s.enter(r, "", p)
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
	names := s.office.Names()
	_, known := names.Services[v.ID]
	_, provided := names.Providers[v.Provider]
	err := f.err
	switch {
	case err != nil:
	case v.ID == "":
		err = wrong("a service has a name")
	case known:
		err = wrong("there is a service of this name already")
	case !provided:
		err = wrong("choose a provider of the register")
	default:
		people.About(r.Context(), v.ID)
		err = s.enter(r, "", v)
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
	names := s.office.Names()
	service, known := names.Services[id]
	if !known {
		s.Missing(w, r)
		return
	}
	of, what := register.AboutProvider(service.Provider), any(nil)
	switch f.text("kind") {
	case "size":
		of = register.AboutService(id)
		what = register.Size{Month: f.text("month"), Users: int64(f.number("users", "the number of users")), Source: f.text("source")}
	case "revenue":
		what = register.Revenue{From: f.day("from", "the first day"), Until: f.day("until", "the last day"), Amount: f.pounds("amount", "the revenue"), Estimated: f.ticked("estimated"), Source: f.text("source")}
	case "person":
		what = register.Person{
			ID: identifier(f.text("name")), Name: f.text("name"), Role: register.Role(f.text("role")), Title: f.text("title"), From: cmp.Or(f.day("from", "the first day in the role"), s.Today()),
		}
	default:
		f.err = wrong("there is no such entry")
	}
	if f.err == nil {
		f.err = s.enter(r, of, what)
	}
	if f.err != nil {
		s.fail(w, r, f.err)
		return
	}
	s.Back(w, r, "/services/"+id, "The entry is on the register.")
}
