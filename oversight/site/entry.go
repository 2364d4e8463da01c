package site

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/oversight/register"
	"rowan/people"
	"rowan/rulebook"
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

// enter puts what register.Make takes on the register, from today on. What stands
// there already is displaced only by a correction that says why.
func (s *Site) enter(r *http.Request, of string, what any) error {
	e, err := register.Make(s.Today(), of, what)
	if err != nil {
		return wrong("%v", err)
	}
	entries, err := s.office.Entries(r.Context(), e.Subject)
	if err != nil {
		return err
	}
	f := &form{Values: r.PostForm}
	was, same := register.Clash(register.Standing(entries, rulebook.Never, s.now()), &e)
	switch correction := f.ticked("correction"); {
	case was != "" && !same:
		return wrong("the register has %s, and the two overlap: mend the days, or say of the other that it was wrong", was)
	case was != "" && !correction:
		return wrong("the register has %s already: if that was wrong, tick that this takes its place, and say why", was)
	case was == "" && correction:
		return wrong("there is nothing on the register whose place this would take: do not tick that it does")
	case correction && f.text("why") == "":
		return wrong("say why what stood there was wrong")
	case correction:
		e.Why = f.text("why")
	}
	_, err = s.office.Enter(r.Context(), wing.Reader(r).ID, e)
	return s.told(err)
}

// void says of what is on the register that it was wrong.
func (s *Site) void(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f, id := &form{Values: r.PostForm}, r.PathValue("id")
	service, known := s.office.Names().Services[id]
	if !known {
		s.Missing(w, r)
		return
	}
	kind, key, _ := strings.Cut(f.text("entry"), " ")
	e := register.Entry{From: s.Today(), Subject: register.AboutService(id), Kind: register.Kind(kind), Key: key, Void: true, Why: f.text("why")}
	switch e.Kind {
	case register.OfRevenue, register.OfPerson:
		e.Subject = register.AboutProvider(service.Provider)
	case register.OfSize, register.OfAssessment, register.OfAccess, register.OfAlternative:
	default:
		s.fail(w, r, wrong("there is no such entry"))
		return
	}
	entries, err := s.office.Entries(r.Context(), e.Subject)
	if err == nil {
		there := slices.ContainsFunc(register.Standing(entries, rulebook.Never, s.now()), func(x register.Entry) bool { return x.Kind == e.Kind && x.Key == e.Key })
		switch {
		case !there:
			err = wrong("nothing of that kind is on the register: look again")
		case e.Why == "":
			err = wrong("say why what stands there was wrong")
		default:
			people.About(r.Context(), id)
			_, err = s.office.Enter(r.Context(), wing.Reader(r).ID, e)
			err = s.told(err)
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services/"+id, "It is off the register. That it stood there, and why it was wrong, is kept.")
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

// addEntry puts a size, a revenue, a children's access assessment or a person on the
// register.
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
		if f.text("users") == "" {
			f.err = wrong("write how many users there were in the month; 0 if there were none")
		}
		size := register.Size{Month: f.text("month"), Users: f.count("users", "the number of users"), Children: f.count("children", "the number of children"), Source: f.text("source")}
		if size.Month > s.Today().String()[:len("2006-01")] && f.err == nil {
			if _, err := time.Parse("2006-01", size.Month); err == nil {
				f.err = wrong("%s has not come yet: write a month that has", size.Month)
			}
		}
		what = size
	case "revenue":
		if f.text("amount") == "" {
			f.err = wrong("write the revenue in pounds; 0 if there was none")
		}
		what = register.Revenue{From: f.day("from", "the first day"), Until: f.day("until", "the last day"), Amount: f.pounds("amount", "the revenue"), Estimated: f.ticked("estimated"), Source: f.text("source")}
	case "access":
		of = register.AboutService(id)
		a := register.Access{
			Date: f.day("date", "the day of the assessment"), Possible: f.ticked("possible"), Means: f.text("means"), Significant: f.ticked("significant"), Attractive: f.ticked("attractive"),
			Determined: f.ticked("determined"), Why: f.text("because"),
		}
		if a.Possible && a.Means != "" && f.err == nil {
			f.err = wrong("children can get on to the service, or a means of age assurance keeps them out: say one of the two")
		}
		what = a
	case "person":
		what = register.Person{
			ID: identifier(f.text("name")), Name: f.text("name"), Role: register.Role(f.text("role")), Title: f.text("title"), From: cmp.Or(f.day("from", "the first day in the role"), s.Today()),
			Until: f.day("until", "the last day in the role"),
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

// count reads a number that may be written with commas.
func (f *form) count(name, what string) int64 {
	text := strings.ReplaceAll(f.text(name), ",", "")
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if (err != nil || n < 0) && f.err == nil {
		f.err = wrong("%s is a whole number such as 8200000", what)
	}
	return n
}
