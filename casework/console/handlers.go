package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/casework"
	"rowan/guard/response"
	"rowan/people"
)

// home is the first page that a person's roles open.
func (c *Console) home(w http.ResponseWriter, r *http.Request) {
	p := reader(r)
	for _, item := range c.pages.nav {
		if Table().Allows(p.Roles, item.permission) {
			http.Redirect(w, r, item.path, http.StatusSeeOther)
			return
		}
	}
	c.pages.problem(w, r, http.StatusForbidden, "Nothing is open to you yet", "You have no role here.", "Ask an administrator for one.")
}

// queueView is the queue page.
type queueView struct {
	Briefs  []casework.Brief
	Waiting int
	Late    int
	Mine    []casework.Brief
	Holders map[string]string
	Care    casework.Care
	Filter  queueFilter
	More    string // query of the next page
	Reader  string
	Now     time.Time
}

// queueFilter is what the page was asked for.
type queueFilter struct {
	State string
	Level string
	Actor string
}

func (c *Console) queue(w http.ResponseWriter, r *http.Request) {
	ctx, p, q := r.Context(), reader(r), r.URL.Query()
	v := queueView{Reader: p.ID, Now: c.desk.Now(), Filter: queueFilter{q.Get("state"), q.Get("level"), strings.TrimSpace(q.Get("account"))}, Holders: map[string]string{}}
	f := casework.Filter{For: p.ID, Reviews: true, Limit: 50, Actor: v.Filter.Actor}
	if s := casework.State(v.Filter.State); slices.Contains(casework.States(), s) {
		f.States, f.For = []casework.State{s}, ""
	} else if f.Actor != "" {
		f.States, f.For = casework.States(), ""
	}
	if l, err := response.ParseLevel(v.Filter.Level); err == nil {
		f.Level = l
	}
	if parts := strings.Split(q.Get("after"), "-"); len(parts) == 3 {
		priority, e1 := strconv.Atoi(parts[0])
		opened, e2 := strconv.ParseInt(parts[1], 10, 64)
		id, e3 := strconv.ParseInt(parts[2], 10, 64)
		if errors.Join(e1, e2, e3) == nil {
			f.After = casework.Cursor{Priority: priority, Opened: opened, ID: casework.ID(id)}
		}
	}
	store := c.desk.Store()
	var err error
	if v.Briefs, err = store.List(ctx, f); err != nil {
		c.fail(w, r, err)
		return
	}
	if len(v.Briefs) == f.Limit {
		at := v.Briefs[f.Limit-1].Cursor()
		q.Set("after", fmt.Sprintf("%d-%d-%d", at.Priority, at.Opened, at.ID))
		v.More = q.Encode()
	}
	v.Waiting, v.Late, err = c.waiting.at(ctx, store, v.Now)
	if err == nil {
		v.Mine, err = store.List(ctx, casework.Filter{By: p.ID, Reviews: true})
	}
	if err == nil {
		v.Care, err = c.desk.Care(ctx, p.ID)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, b := range v.Briefs {
		if b.Claimed != "" && v.Now.Before(b.Until) {
			v.Holders[b.Claimed] = c.name(ctx, b.Claimed)
		}
	}
	c.pages.show(w, r, "queue", "Queue", v)
}

func (c *Console) next(w http.ResponseWriter, r *http.Request) {
	k, err := c.desk.Next(r.Context(), reader(r).ID)
	if errors.Is(err, casework.ErrNotFound) {
		c.back(w, r, "/queue", "Nothing waits for you. Well done.")
		return
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, fmt.Sprintf("/cases/%d", k.ID), http.StatusSeeOther)
}

func (c *Console) casePage(w http.ResponseWriter, r *http.Request) {
	c.showCase(w, r, nil)
}

// showCase shows the case with the texts that were just asked for.
func (c *Console) showCase(w http.ResponseWriter, r *http.Request, texts map[uint64]string) {
	v, err := c.view(r.Context(), caseID(r), reader(r).ID)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for i := range v.Pairs {
		for k := range v.Pairs[i].Lines {
			l := &v.Pairs[i].Lines[k]
			l.Text = texts[l.Sequence]
		}
	}
	if v.Others, err = c.colleagues(r); err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.show(w, r, "case", fmt.Sprintf("Case %d", v.Case.ID), v)
}

// colleagues are those to whom a case may be handed over.
func (c *Console) colleagues(r *http.Request) (out []person, err error) {
	all, err := c.people.List(r.Context())
	for _, p := range all {
		if !p.Disabled && p.ID != reader(r).ID && Table().Allows(p.Roles, WorkCases) {
			out = append(out, person{p.ID, p.Name})
		}
	}
	return out, err
}

// maxRevealed is how many lines may be asked for at once.
const maxRevealed = 50

func (c *Console) reveal(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.pages.problem(w, r, http.StatusBadRequest, "The form did not come whole", "Send it again.", "Nothing was changed.")
		return
	}
	var wanted []uint64
	for _, text := range r.PostForm["line"] {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil && len(wanted) < maxRevealed {
			wanted = append(wanted, n)
		}
	}
	texts, err := c.desk.Reveal(r.Context(), caseID(r), reader(r).ID, strings.TrimSpace(because(r)), wanted)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.showCase(w, r, texts)
}

func (c *Console) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.pages.problem(w, r, http.StatusBadRequest, "The form did not come whole", "Send it again.", "Nothing was changed.")
		return
	}
	j := casework.Judgement{Reason: casework.Reason(r.PostFormValue("because")), Note: strings.TrimSpace(r.PostFormValue("note")), Informed: r.PostForm["informed"]}
	for _, m := range r.PostForm["measure"] {
		j.Measures = append(j.Measures, casework.Measure(m))
	}
	if days, err := strconv.Atoi(r.PostFormValue("days")); err == nil && days > 0 {
		j.Until = c.desk.Now().AddDate(0, 0, min(days, 3650))
	}
	people.Because(r.Context(), string(j.Reason))
	k, err := c.desk.Decide(r.Context(), caseID(r), reader(r).ID, j)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	done := "Decided: " + j.Words() + "."
	if k.State == casework.Proposed {
		done = "Proposed. Nothing happens until a second person agrees."
	}
	c.back(w, r, fmt.Sprintf("/cases/%d", k.ID), done)
}

// appealsView lists the cases that an appeal waits in.
func (c *Console) appeals(w http.ResponseWriter, r *http.Request) {
	store := c.desk.Store()
	waiting, err := store.List(r.Context(), casework.Filter{States: []casework.State{casework.Appealed}, Limit: 200})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.show(w, r, "appeals", "Appeals", waiting)
}

// statement shows what an owner wrote; it is read for a reason like all text.
func (c *Console) statement(w http.ResponseWriter, r *http.Request) {
	k, err := c.desk.Store().Appeal(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	text, err := c.desk.Statement(r.Context(), k.ID, r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.show(w, r, "statement", "Statement of the account's owner", struct {
		Case casework.Case
		Text string
	}{k, text})
}

// audit is the audit log, the newest first.
func (c *Console) audit(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = 0 // from the newest
	}
	f := people.AuditFilter{Person: q.Get("person"), Object: q.Get("object"), Failures: q.Get("failures") != "", Before: before, Limit: 100}
	entries, err := c.people.Audit(r.Context(), f)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	broken, err := c.people.CheckAudit(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	all, err := c.people.List(r.Context())
	if err != nil {
		c.fail(w, r, err)
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
	c.pages.show(w, r, "audit", "Audit log", struct {
		Entries []people.Entry
		Names   map[string]string
		People  []people.Person
		Filter  people.AuditFilter
		Broken  int64
		More    string
	}{entries, names, all, f, broken, more})
}

// peopleView is the page of people and roles.
type peopleView struct {
	People   []people.Person
	Roles    []people.Role
	Table    people.Table
	Password string // of a person just added or reset; shown once
	For      string
}

var roleOrder = []people.Role{people.Moderator, people.Senior, people.SafeguardingLead, people.PolicyManager, people.Auditor, people.Administrator}

func (c *Console) listPeople(w http.ResponseWriter, r *http.Request) { c.showPeople(w, r, "", "") }

func (c *Console) showPeople(w http.ResponseWriter, r *http.Request, who, password string) {
	all, err := c.people.List(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.show(w, r, "people", "People and roles", peopleView{all, roleOrder, Table(), password, who})
}

func rolesOf(form url.Values) (roles []people.Role) {
	for _, role := range form["role"] {
		roles = append(roles, people.Role(role))
	}
	return roles
}

func (c *Console) addPerson(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.pages.problem(w, r, http.StatusBadRequest, "The form did not come whole", "Send it again.", "Nothing was changed.")
		return
	}
	password := people.NewPassword()
	p, err := c.people.Add(r.Context(), r.PostFormValue("login"), r.PostFormValue("name"), password, rolesOf(r.PostForm)...)
	if err != nil {
		c.pages.problem(w, r, http.StatusConflict, "The person was not added", err.Error(), "Go back, mend it and try again.")
		return
	}
	c.showPeople(w, r, p.Name, password)
}

func (c *Console) setRoles(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.pages.problem(w, r, http.StatusBadRequest, "The form did not come whole", "Send it again.", "Nothing was changed.")
		return
	}
	if _, err := c.people.SetRoles(r.Context(), r.PathValue("id"), rolesOf(r.PostForm)); err != nil {
		c.pages.problem(w, r, http.StatusConflict, "The roles were not changed", err.Error(), "Nothing was changed.")
		return
	}
	c.back(w, r, "/people", "The roles were changed; the person signs in again.")
}

func (c *Console) resetPerson(w http.ResponseWriter, r *http.Request) {
	password, err := c.people.Reset(r.Context(), r.PathValue("id"))
	if err != nil {
		c.pages.problem(w, r, http.StatusConflict, "The password was not reset", err.Error(), "Nothing was changed.")
		return
	}
	p, err := c.people.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.showPeople(w, r, p.Name, password)
}

func (c *Console) disablePerson(w http.ResponseWriter, r *http.Request) {
	disabled := r.PostFormValue("disabled") == "yes"
	if _, err := c.people.Disable(r.Context(), r.PathValue("id"), disabled); err != nil {
		c.pages.problem(w, r, http.StatusConflict, "That was not changed", err.Error(), "Nothing was changed.")
		return
	}
	c.back(w, r, "/people", "Changed.")
}

func (c *Console) grey(w http.ResponseWriter, r *http.Request) {
	p := reader(r)
	if err := c.people.SetGrey(r.Context(), p.ID, !p.Grey); err != nil {
		c.fail(w, r, err)
		return
	}
	c.back(w, r, "/", "Colours changed.")
}
