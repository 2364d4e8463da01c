package wing

import (
	"net/http"
	"net/url"
	"strconv"

	"rowan/people"
)

// routes are those of the pages that both wings have.
func (w *Wing) routes() {
	g, o := w.gate, &w.options
	g.Func("GET /static/{name}", people.Public, w.shell.Static)
	g.Func("GET /", people.SignedIn, w.Missing)
	g.Func("POST /grey", people.SignedIn, w.grey)
	g.Func("GET /audit", o.Audit, w.audit)
	g.Func("GET /people", o.People, func(rw http.ResponseWriter, r *http.Request) { w.staff(rw, r, "", "") })
	g.Func("POST /people", o.People, w.addPerson)
	g.Func("POST /people/{id}/roles", o.People, w.setRoles)
	g.Func("POST /people/{id}/reset", o.People, w.resetPerson)
	g.Func("POST /people/{id}/disable", o.People, w.disablePerson)
}

// fail answers for a fault of ours.
func (w *Wing) fail(rw http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	w.options.Log.Error("a page could not be made", "route", r.Pattern, "error", err)
	w.Broken(rw, r)
}

func (w *Wing) grey(rw http.ResponseWriter, r *http.Request) {
	p := Reader(r)
	if err := w.options.Directory.SetGrey(r.Context(), p.ID, !p.Grey); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Back(rw, r, "/", "Colours changed.")
}

// audit is the audit log, the newest first.
func (w *Wing) audit(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = 0 // from the newest
	}
	f := people.AuditFilter{Person: q.Get("person"), Object: q.Get("object"), Failures: q.Get("failures") != "", Before: before, Limit: 100}
	entries, err := w.options.Directory.Audit(r.Context(), f)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	broken, err := w.options.Directory.CheckAudit(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	all, err := w.options.Directory.List(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	names := map[string]string{"": "nobody signed in"}
	for _, p := range all {
		names[p.ID] = p.Name
	}
	more := ""
	if len(entries) == f.Limit {
		q.Set("before", strconv.FormatInt(entries[len(entries)-1].Number, 10))
		more = q.Encode()
	}
	w.Show(rw, r, "audit", "Audit log", struct {
		Entries []people.Entry
		Names   map[string]string
		People  []people.Person
		Filter  people.AuditFilter
		Broken  int64
		More    string
	}{entries, names, all, f, broken, more})
}

// staffView is the page of people and roles.
type staffView struct {
	People   []people.Person
	Roles    []people.Role
	Table    people.Table
	Password string // of a person just added or reset; shown once
	For      string
}

func (w *Wing) staff(rw http.ResponseWriter, r *http.Request, who, password string) {
	all, err := w.options.Directory.List(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Show(rw, r, "people", "People and roles", staffView{all, w.options.Roles, w.options.Table, password, who})
}

func rolesOf(form url.Values) (roles []people.Role) {
	for _, role := range form["role"] {
		roles = append(roles, people.Role(role))
	}
	return roles
}

func (w *Wing) addPerson(rw http.ResponseWriter, r *http.Request) {
	if !w.Parsed(rw, r) {
		return
	}
	password := people.NewPassword()
	p, err := w.options.Directory.Add(r.Context(), r.PostFormValue("login"), r.PostFormValue("name"), password, rolesOf(r.PostForm)...)
	if err != nil {
		w.Problem(rw, r, http.StatusConflict, "The person was not added", err.Error(), "Go back, mend it and try again.")
		return
	}
	people.About(r.Context(), p.ID)
	w.staff(rw, r, p.Name, password)
}

func (w *Wing) setRoles(rw http.ResponseWriter, r *http.Request) {
	if !w.Parsed(rw, r) {
		return
	}
	if _, err := w.options.Directory.SetRoles(r.Context(), r.PathValue("id"), rolesOf(r.PostForm)); err != nil {
		w.Problem(rw, r, http.StatusConflict, "The roles were not changed", err.Error(), "Nothing was changed.")
		return
	}
	w.Back(rw, r, "/people", "The roles were changed; the person signs in again.")
}

func (w *Wing) resetPerson(rw http.ResponseWriter, r *http.Request) {
	password, err := w.options.Directory.Reset(r.Context(), r.PathValue("id"))
	if err != nil {
		w.Problem(rw, r, http.StatusConflict, "The password was not reset", err.Error(), "Nothing was changed.")
		return
	}
	p, err := w.options.Directory.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.staff(rw, r, p.Name, password)
}

func (w *Wing) disablePerson(rw http.ResponseWriter, r *http.Request) {
	disabled := r.PostFormValue("disabled") == "yes"
	if _, err := w.options.Directory.Disable(r.Context(), r.PathValue("id"), disabled); err != nil {
		w.Problem(rw, r, http.StatusConflict, "That was not changed", err.Error(), "Nothing was changed.")
		return
	}
	w.Back(rw, r, "/people", "Changed.")
}
