package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/casework/report/bureau"
	"rowan/casework/report/custody"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/datafile"
	"rowan/people"
)

// reportRoutes are the pages of reports, where there is a bureau.
func (c *Console) reportRoutes() {
	if c.bureau == nil {
		return
	}
	get := func(path string, p people.Permission, h http.HandlerFunc) { c.gate.Func("GET "+path, p, h) }
	post := func(path string, p people.Permission, h http.HandlerFunc) { c.gate.Func("POST "+path, p, h) }
	get("/reports", SeeReports, c.reports)
	get("/reports/{id}/document", SendReports, c.reportDocument)
	get("/cases/{id}/report", SeeReports, c.caseReport)
	post("/cases/{id}/report/told", SendReports, c.tellReport)
	post("/cases/{id}/report/sign", SendReports, c.signReport)
	box := c.bureau.Outbox()
	post("/reports/{id}/retry", SendReports, c.changeReport("The report is on its way again.", func(ctx context.Context, id int64, by, _ string) error {
		_, err := box.Retry(ctx, id, by)
		return err
	}))
	post("/reports/{id}/withdraw", SendReports, c.changeReport("The report is taken back, unless it was finished before.", func(ctx context.Context, id int64, by, _ string) error {
		_, err := box.Withdraw(ctx, id, by)
		return err
	}))
	post("/reports/{id}/resolve", SendReports, c.changeReport("The report is dealt with.", func(ctx context.Context, id int64, by, with string) error {
		_, err := box.Resolve(ctx, id, by, with)
		return err
	}))
	post("/reports/{id}/reference", SendReports, c.changeReport("The reference is kept, and the case knows of it.", func(ctx context.Context, id int64, by, with string) error {
		_, err := box.Refer(ctx, id, by, with)
		return err
	}))
}

// authority is the name of one, as people say it.
func authority(to string) string {
	switch to {
	case dispatch.NCMEC:
		return "NCMEC"
	case dispatch.NCA:
		return "National Crime Agency"
	case dispatch.DSA:
		return "DSA transparency database"
	}
	return to
}

// reportsView is the page of all reports.
type reportsView struct {
	Todo  []casework.Brief // decided to be reported, and nowhere yet
	Open  []dispatch.Delivery
	Over  []dispatch.Delivery
	Names map[string]string
}

// mostTodo is how many decided cases are looked through for reports to make.
const mostTodo = 500

func (c *Console) reports(w http.ResponseWriter, r *http.Request) {
	ctx, store := r.Context(), c.bureau.Outbox().Store()
	v := reportsView{Names: map[string]string{}}
	failed, e1 := store.List(ctx, dispatch.Filter{States: []dispatch.State{dispatch.Failed}})
	waiting, e2 := store.List(ctx, dispatch.Filter{States: []dispatch.State{dispatch.Waiting}})
	var e3, e4 error
	v.Open = append(failed, waiting...)
	v.Over, e3 = store.List(ctx, dispatch.Filter{States: []dispatch.State{dispatch.Delivered, dispatch.Resolved, dispatch.Withdrawn}, Limit: 50})
	v.Todo, e4 = c.unreported(ctx)
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		c.fail(w, r, err)
		return
	}
	for _, list := range [][]dispatch.Delivery{v.Open, v.Over} {
		for i := range list {
			v.Names[list[i].By] = c.name(ctx, list[i].By)
		}
	}
	c.pages.Show(w, r, "reports", "Reports", v)
}

// unreported are cases of which two people decided that they are reported, and
// of which no report was ever made.
func (c *Console) unreported(ctx context.Context) (out []casework.Brief, err error) {
	list, err := c.desk.Store().List(ctx, casework.Filter{States: []casework.State{casework.Decided, casework.Appealed}, Limit: mostTodo})
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		k, err := c.desk.Store().Case(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		if !k.Judgement.Has(casework.ReportToAuthority) {
			continue
		}
		made, err := c.bureau.Outbox().Store().List(ctx, dispatch.Filter{Case: int64(b.ID), Limit: 10})
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(made, func(d dispatch.Delivery) bool { return d.State != dispatch.Withdrawn && d.To != dispatch.DSA }) {
			out = append(out, b)
		}
	}
	return out, nil
}

// reportView is the page of a case's document for an authority.
type reportView struct {
	Case     casework.ID
	To       string
	Tos      []string
	Draft    *bureau.Draft
	Needs    []report.Missing // keep it from being sent
	Wants    []report.Missing // would help
	Outline  []bureau.Row
	Told     bureau.Told
	ToldBy   string
	Signs    []signView
	Signed   bool // by the reader
	Made     []dispatch.Delivery
	Custody  []custody.Event
	Holds    []custody.Hold
	Names    map[string]string
	Now      time.Time
	NotReady string // why there is no document
}

type signView struct {
	Name string
	At   time.Time
}

func (c *Console) caseReport(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	id, to := caseID(r), r.URL.Query().Get("to")
	if !slices.Contains(bureau.Authorities(), to) {
		to = dispatch.NCMEC
	}
	v := reportView{Case: id, To: to, Tos: bureau.Authorities(), Now: c.desk.Now(), Names: map[string]string{}}
	var err error
	v.Draft, err = c.bureau.Draft(ctx, int64(id), to, "")
	if err != nil && !notReady(err, &v.NotReady) {
		c.failReport(w, r, err)
		return
	}
	told, e1 := c.bureau.Told(ctx, int64(id))
	var e2, e3, e4 error
	v.Made, e2 = c.bureau.Outbox().Store().List(ctx, dispatch.Filter{Case: int64(id)})
	v.Custody, v.Holds, e3 = c.bureau.Custody(ctx, int64(id))
	if v.Draft != nil && v.NotReady == "" {
		e4 = c.fillDraft(ctx, &v, reader(r).ID)
	}
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		c.fail(w, r, err)
		return
	}
	if told != nil {
		v.Told, v.ToldBy = *told, c.name(ctx, told.By)
	}
	for _, e := range v.Custody {
		v.Names[e.By] = c.name(ctx, e.By)
	}
	c.pages.Show(w, r, "report", fmt.Sprintf("Report of case %d", id), v)
}

// notReady says why there is no document yet, if that is what an error says.
func notReady(err error, why *string) bool {
	for _, of := range []error{bureau.ErrUndecided, dsa.ErrNothingRestricted, dossier.ErrReview} {
		if errors.Is(err, of) {
			*why = of.Error()
			return true
		}
	}
	return false
}

func (c *Console) fillDraft(ctx context.Context, v *reportView, me string) (err error) {
	for _, m := range v.Draft.Missing {
		if m.Blocks {
			v.Needs = append(v.Needs, m)
		} else {
			v.Wants = append(v.Wants, m)
		}
	}
	if v.Outline, err = v.Draft.Outline(); err != nil {
		return err
	}
	signs, err := c.bureau.Signs(ctx, v.Draft)
	for _, s := range signs {
		v.Signs = append(v.Signs, signView{c.name(ctx, s.By), s.At})
		v.Signed = v.Signed || s.By == me
	}
	return err
}

func reportPath(id casework.ID, to string) string {
	return fmt.Sprintf("/cases/%d/report?to=%s", id, to)
}

func (c *Console) tellReport(w http.ResponseWriter, r *http.Request) {
	priority, err := strconv.Atoi(r.PostFormValue("priority"))
	if err != nil || priority < 0 || priority > 3 {
		priority = 0 // nobody has set it
	}
	if _, err := c.desk.Store().Case(r.Context(), caseID(r)); err != nil {
		c.fail(w, r, err)
		return
	}
	err = c.bureau.Tell(r.Context(), int64(caseID(r)), bureau.Told{
		By: reader(r).ID, Summary: strings.TrimSpace(r.PostFormValue("summary")), Danger: strings.TrimSpace(r.PostFormValue("danger")), Priority: priority,
		Sextortion: r.PostFormValue("sextortion") != "", Solicitation: r.PostFormValue("solicitation") != "",
		BetweenMinors: r.PostFormValue("between_minors") != "", Sadistic: r.PostFormValue("sadistic") != "",
	})
	if err != nil {
		c.failReport(w, r, err)
		return
	}
	c.back(w, r, reportPath(caseID(r), toOf(r)), "What you said is in the report. Who signed it before must read it again.")
}

func toOf(r *http.Request) string {
	if to := r.PostFormValue("to"); slices.Contains(bureau.Authorities(), to) {
		return to
	}
	return dispatch.NCMEC
}

func (c *Console) signReport(w http.ResponseWriter, r *http.Request) {
	d, err := c.bureau.Sign(r.Context(), int64(caseID(r)), toOf(r), reader(r).ID, r.PostFormValue("digest"))
	if err != nil {
		c.failReport(w, r, err)
		return
	}
	done := "You have signed it. A second person must, too."
	switch {
	case d != nil && d.ByHand:
		done = "Two people have signed it. Download it under Reports, hand it over and note the reference."
	case d != nil:
		done = "Two people have signed it, and it is on its way."
	}
	c.back(w, r, reportPath(caseID(r), toOf(r)), done)
}

// reportID is the number of a report in the path; 0 if it is none.
func reportID(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// changeReport is a form of the reports page.
func (c *Console) changeReport(done string, change func(ctx context.Context, id int64, by, with string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := change(r.Context(), reportID(r), reader(r).ID, strings.TrimSpace(r.PostFormValue("with"))); err != nil {
			c.failReport(w, r, err)
			return
		}
		c.back(w, r, "/reports", done)
	}
}

// reportDocument gives the document of a report that is handed over by a
// person, as it was signed.
func (c *Console) reportDocument(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	d, err := c.bureau.Outbox().Store().Delivery(ctx, reportID(r))
	if err != nil {
		c.failReport(w, r, err)
		return
	}
	body, err := c.bureau.Outbox().Document(ctx, d.ID)
	if err == nil {
		err = c.bureau.Exported(ctx, d.Case, fmt.Sprintf("report %d to %s", d.ID, d.To), d.Digest, reader(r).ID, "the browser of who asked")
	}
	if err != nil {
		c.failReport(w, r, err)
		return
	}
	name, kind := fmt.Sprintf("case-%d-%s.zip", d.Case, d.To), "application/zip"
	switch d.To {
	case dispatch.DSA:
		name, kind = fmt.Sprintf("case-%d-statement.json", d.Case), "application/json"
	case dispatch.NCMEC:
		name, kind = fmt.Sprintf("case-%d-report.xml", d.Case), "text/xml; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(body) // the reader may be gone
}

// failReport says what is wrong with a report, in words for who made it.
func (c *Console) failReport(w http.ResponseWriter, r *http.Request, err error) {
	var incomplete *report.IncompleteError
	var file *datafile.Error
	switch {
	case errors.As(err, &incomplete):
		c.pages.Problem(w, r, http.StatusConflict, "The report is incomplete", "Something is missing without which it cannot be sent.", "Go back: the page says field by field what it is.")
	case errors.As(err, &file):
		c.pages.Problem(w, r, http.StatusConflict, "The platform's own records cannot be read", file.Error(), "Tell whoever runs Rowan here.")
	case errors.Is(err, dispatch.ErrNotFound), errors.Is(err, dispatch.ErrDropped):
		c.pages.Problem(w, r, http.StatusNotFound, "There is nothing here", "There is no such report, or its document is kept no longer.", "Go back to the reports.")
	case isOf(err, report.ErrChanged, report.ErrUnsigned, bureau.ErrSigned, bureau.ErrNoAddress, dispatch.ErrAlready, dispatch.ErrOver, dispatch.ErrNotFailed, dispatch.ErrConflict, dispatch.ErrWord, dispatch.ErrOurs):
		c.pages.Problem(w, r, http.StatusConflict, "That is not possible now", sentence(err), "Nothing was changed.")
	default:
		c.fail(w, r, err)
	}
}

func isOf(err error, list ...error) bool {
	return slices.ContainsFunc(list, func(of error) bool { return errors.Is(err, of) })
}

func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// hold places a legal hold on a case, or is a person's word to release it; two
// are needed for that.
func (c *Console) hold(w http.ResponseWriter, r *http.Request) {
	id, by, why := caseID(r), reader(r).ID, strings.TrimSpace(because(r))
	done := "The evidence stays until two people release it."
	var err error
	if r.PostFormValue("hold") == "place" {
		err = c.placeHold(r.Context(), id, by, why)
	} else {
		var released bool
		released, err = c.releaseHold(r.Context(), id, by, why)
		done = "You have asked to release the hold. A second person must agree; until then the evidence stays."
		if released {
			done = "The hold is released."
		}
	}
	var refused custody.Refusal
	switch {
	case errors.As(err, &refused):
		c.pages.Problem(w, r, http.StatusConflict, "That is not possible now", sentence(refused), "Nothing was changed.")
	case err != nil:
		c.fail(w, r, err)
	default:
		c.back(w, r, fmt.Sprintf("/cases/%d", id), done)
	}
}

func (c *Console) placeHold(ctx context.Context, id casework.ID, by, why string) error {
	if c.bureau != nil {
		return c.bureau.Keeper().Place(ctx, c.desk, id, by, why)
	}
	_, err := c.desk.Hold(ctx, id, by, why)
	return err
}

func (c *Console) releaseHold(ctx context.Context, id casework.ID, by, why string) (released bool, err error) {
	if c.bureau != nil {
		return c.bureau.Keeper().Release(ctx, c.desk, id, by, why)
	}
	k, err := c.desk.LiftHold(ctx, id, by, why)
	return err == nil && !k.Held, err
}
