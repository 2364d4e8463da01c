package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
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
	if to := c.pages.Home(reader(r)); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	c.pages.Problem(w, r, http.StatusForbidden, "Nothing is open to you yet", "You have no role here.", "Ask an administrator for one.")
}

// queueView is the queue page.
type queueView struct {
	Rows    []template.HTML
	Waiting int
	Late    int
	Mine    []casework.Brief
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
	v := queueView{Reader: p.ID, Now: c.desk.Now(), Filter: queueFilter{q.Get("state"), q.Get("level"), strings.TrimSpace(q.Get("account"))}}
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
	briefs, err := store.List(ctx, f)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	if len(briefs) == f.Limit {
		at := briefs[f.Limit-1].Cursor()
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
	if err == nil {
		v.Rows, err = c.rows.of(c.held(ctx, briefs, v.Now), v.Now)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.Show(w, r, "queue", "Queue", v)
}

// held are cases with the names of those who hold them.
func (c *Console) held(ctx context.Context, briefs []casework.Brief, now time.Time) []row {
	out := make([]row, len(briefs))
	for i, b := range briefs {
		if out[i].Brief = b; b.Claimed != "" && now.Before(b.Until) {
			out[i].Holder = c.name(ctx, b.Claimed)
		}
	}
	return out
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
	c.pages.Show(w, r, "case", fmt.Sprintf("Case %d", v.Case.ID), v)
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
	if !c.pages.Parsed(w, r) {
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
	if !c.pages.Parsed(w, r) {
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
	c.pages.Show(w, r, "appeals", "Appeals", waiting)
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
	c.pages.Show(w, r, "statement", "Statement of the account's owner", struct {
		Case casework.Case
		Text string
	}{k, text})
}
