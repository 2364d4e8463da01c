package site

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"rowan/oversight"
	"rowan/oversight/liability"
	"rowan/people"
	"rowan/wing"
)

// liabilityView is the page of the people behind a case.
type liabilityView struct {
	*oversight.Liability
	Provider  string
	Routes    []liability.Route
	Strengths []liability.Strength
	Referrals []oversight.Referral
	Waiting   int // referrals that wait for a second signature
	Names     map[string]string
}

// liability shows what the test of a gross breach and the offences say of a case,
// by which evidence, and who was referred to whom.
func (s *Site) liability(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	l, err := s.office.Liability(ctx, caseID(r))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v := liabilityView{Liability: &l, Provider: s.office.Names().Provider(l.Case.Provider), Routes: s.office.Law().Routes, Strengths: liability.Strengths(), Names: map[string]string{}}
	if v.Referrals, err = s.office.Referrals(ctx, l.Case.ID); err != nil {
		s.fail(w, r, err)
		return
	}
	waiting, err := s.office.Proposals(ctx, l.Case.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, p := range waiting {
		if p.Referral != nil {
			v.Waiting++
		}
	}
	for _, e := range l.Evidence {
		v.Names[e.By] = s.name(ctx, e.By)
	}
	for _, x := range v.Referrals {
		v.Names[x.Referral.By], v.Names[x.Referral.Second] = s.name(ctx, x.Referral.By), s.name(ctx, x.Referral.Second)
	}
	s.Show(w, r, "liability", fmt.Sprintf("People of case %d", l.Case.ID), v)
}

// putEvidence puts evidence of knowledge or of harm to a case, or voids some.
func (s *Site) putEvidence(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := &form{Values: r.PostForm}
	e := oversight.Evidence{Case: caseID(r), By: wing.Reader(r).ID}
	switch kind := f.text("kind"); kind {
	case "knowledge":
		e.Person = f.text("person")
		e.Knowledge = &liability.Evidence{On: f.day("on", "the day"), What: f.text("what"), Document: f.text("document"), Strength: liability.Strength(f.text("strength"))}
	case "harm":
		e.Harm = &liability.Harm{On: f.day("on", "the day"), What: f.text("what"), Document: f.text("document"), Happened: f.ticked("happened")}
	case "void":
		e.Voids, e.Why = int64(f.number("evidence", "the evidence")), f.text("why")
	default:
		f.err = wrong("evidence is of what somebody knew, or of harm")
	}
	if f.err == nil {
		people.Because(r.Context(), "evidence")
		_, err := s.office.PutEvidence(r.Context(), e)
		f.err = s.told(err)
	}
	if f.err != nil {
		s.fail(w, r, f.err)
		return
	}
	s.Back(w, r, fmt.Sprintf("/cases/%d/people", e.Case), "The evidence is on file.")
}

// refer proposes that an authority be asked to consider somebody.
func (s *Site) refer(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	ctx, f := r.Context(), &form{Values: r.PostForm}
	l, err := s.office.Liability(ctx, caseID(r))
	var referral liability.DirectorReferral
	if err == nil {
		person, role, _ := strings.Cut(f.text("person"), " ")
		referral, err = s.office.Referral(&l, person, role, f.text("route"), wing.Reader(r).ID)
	}
	if err == nil {
		people.About(ctx, strconv.FormatInt(int64(l.Case.ID), 10))
		_, err = s.office.ProposeReferral(ctx, l.Case.ID, referral)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, fmt.Sprintf("/cases/%d", l.Case.ID), "The referral is proposed. A second person must sign it.")
}

// gradeWords is a grade in words.
func gradeWords(g liability.Grade) string {
	switch g {
	case liability.Met:
		return "met"
	case liability.PartlyMet:
		return "partly met"
	}
	return "not met"
}

// statusWords says how a rule stands in the law.
func statusWords(s liability.Status) string {
	if s == liability.Proposed {
		return "proposed: there is no such rule"
	}
	return "law"
}
