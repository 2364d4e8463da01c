package site

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/people"
	"rowan/rulebook"
	"rowan/wing"
)

func caseID(r *http.Request) docket.ID {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return docket.ID(n)
}

// name is a colleague's name.
func (s *Site) name(ctx context.Context, id string) string {
	p, err := s.directory.Person(ctx, id)
	if err != nil {
		return id
	}
	return p.Name
}

// move enters a step, or proposes it if a second person must agree.
func (s *Site) move(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	ctx, by := r.Context(), wing.Reader(r)
	c, err := s.office.Case(ctx, caseID(r))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	e, m, err := stepOf(&c, r.PostForm, s.Today())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	e.Case, e.By = c.ID, by.ID
	people.Because(ctx, m.Title)
	if m.Two {
		if _, err := s.office.Propose(ctx, m.Title, e); err != nil {
			s.fail(w, r, err)
			return
		}
		s.Back(w, r, fmt.Sprintf("/cases/%d", c.ID), m.Title+": proposed. A second person must agree.")
		return
	}
	if _, err := s.office.Do(ctx, e); s.told(err) != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, fmt.Sprintf("/cases/%d", c.ID), m.Title+": entered.")
}

// answered finds the proposal that a form is about.
func (s *Site) answered(r *http.Request) (oversight.Proposal, error) {
	waiting, err := s.office.Proposals(r.Context(), caseID(r))
	for _, p := range waiting {
		if strconv.FormatInt(p.ID, 10) == r.PostFormValue("proposal") {
			return p, err
		}
	}
	if err == nil {
		err = wrong("the proposal was answered already, or there never was one")
	}
	return oversight.Proposal{}, err
}

// agree brings a proposal into force.
func (s *Site) agree(w http.ResponseWriter, r *http.Request) {
	p, err := s.answered(r)
	if err == nil {
		people.Because(r.Context(), p.Title)
		err = s.office.Agree(r.Context(), p, wing.Reader(r).ID)
	}
	if err = s.told(err); err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, fmt.Sprintf("/cases/%d", p.Event.Case), p.Title+": in force.")
}

// drop declines a proposal.
func (s *Site) drop(w http.ResponseWriter, r *http.Request) {
	p, err := s.answered(r)
	why := strings.TrimSpace(r.PostFormValue("text"))
	if err == nil && why == "" {
		err = wrong("say why you do not agree")
	}
	if err == nil {
		people.Because(r.Context(), why)
		err = s.office.Decline(r.Context(), p, wing.Reader(r).ID, why)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, fmt.Sprintf("/cases/%d", p.Event.Case), "Declined.")
}

// openCase opens a case about a service of the register.
func (s *Site) openCase(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	names := s.office.Names()
	service, known := names.Services[r.PostFormValue("service")]
	if !known {
		s.fail(w, r, wrong("choose a service of the register"))
		return
	}
	c, err := s.office.Open(ctx, wing.Reader(r).ID, service.ID, strings.TrimSpace(r.PostFormValue("title")), s.Today())
	if err = s.told(err); err != nil {
		s.fail(w, r, err)
		return
	}
	people.About(ctx, strconv.FormatInt(int64(c.ID), 10))
	s.Back(w, r, fmt.Sprintf("/cases/%d", c.ID), "The case is open.")
}

// cases is the docket.
func (s *Site) cases(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := oversight.Filter{Service: strings.TrimSpace(q.Get("service")), Limit: 100}
	if stage := docket.Stage(q.Get("stage")); slices.Contains(docket.Stages(), stage) {
		f.Stages = []docket.Stage{stage}
	}
	after, err := strconv.ParseInt(q.Get("after"), 10, 64)
	if err == nil {
		f.After = docket.ID(after)
	}
	list, err := s.office.Cases(r.Context(), f)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	names := s.office.Names()
	more := ""
	if len(list) == f.Limit {
		q.Set("after", strconv.FormatInt(int64(list[len(list)-1].ID), 10))
		more = q.Encode()
	}
	s.Show(w, r, "cases", "Docket", struct {
		Cases    []oversight.Brief
		Names    *oversight.Names
		Stage    string
		Service  string
		Services []serviceName
		More     string
	}{list, names, q.Get("stage"), f.Service, serviceNames(names), more})
}

// deskView is what a day at the desk begins with.
type deskView struct {
	Due       []dueView
	Proposals []waitingProposal
	Open      int
}

type dueView struct {
	docket.Due
	Name string
}

type waitingProposal struct {
	Case  docket.ID
	Title string
	Name  string
}

// mostOpen bounds the cases that the calendar reads.
const mostOpen = 500

func (s *Site) desk(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var stages []docket.Stage
	for _, stage := range docket.Stages() {
		if stage != docket.Closed {
			stages = append(stages, stage)
		}
	}
	list, err := s.office.Cases(ctx, oversight.Filter{Stages: stages, Limit: mostOpen})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	names := s.office.Names()
	v := deskView{Open: len(list)}
	due, err := s.office.Due(ctx, list)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	waiting, err := s.office.Proposals(ctx, 0)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, p := range waiting {
		v.Proposals = append(v.Proposals, waitingProposal{p.Event.Case, p.Title, s.name(ctx, p.By)})
	}
	for _, d := range due {
		v.Due = append(v.Due, dueView{d, names.Service(d.Service)})
	}
	s.Show(w, r, "desk", "Desk", v)
}

// parseDay reads a day of a form; zero if there is none.
func parseDay(text, what string) (rulebook.Date, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	d, err := rulebook.ParseDate(text)
	if err != nil {
		return 0, wrong("%s is a day such as 2026-11-30", what)
	}
	return d, nil
}
