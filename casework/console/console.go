// Package console is where reviewers work: the queue, the case, and the pages
// around them, rendered on the server.
//
// Text is masked until somebody asks for it with a reason; media are never
// shown, only their kind; nobody outside sees a reviewer's name.
package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/casework/report/bureau"
	"rowan/guard/conformance"
	"rowan/guard/engine"
	"rowan/people"
	"rowan/refusal"
)

// Guard is what the console reads of the guard.
type Guard interface {
	Explain(ctx context.Context, id string) (engine.Explanation, error)
	Account(ctx context.Context, id string, at int64) (engine.Account, error)
	Config() *engine.Config
}

// Options of a console. All but Conformance, Bureau and Outbox are
// required.
type Options struct {
	Desk      *casework.Desk
	Guard     Guard
	Directory *people.Directory
	Sessions  *people.Sessions
	Log       *slog.Logger
	// Conformance is the newest report on young people's accounts.
	Conformance func(ctx context.Context) (*conformance.Report, error)
	// Bureau makes reports to authorities; nil: there are no pages of them.
	Bureau *bureau.Bureau
	// Outbox brings effects to the platform; nil: no endpoint is set.
	Outbox *delivery.Outbox
	// Door says how people come in; its Gate, Frame and Title are the console's.
	Door people.DoorOptions
	// Simulated says that all that is shown comes from a simulation, whose own
	// board is at /board.
	Simulated bool
}

// Console is an http.Handler.
type Console struct {
	desk    *casework.Desk
	guard   Guard
	people  *people.Directory
	report  func(ctx context.Context) (*conformance.Report, error)
	log     *slog.Logger
	gate    *people.Gate
	pages   *pages
	feed    *feed
	waiting *waiting
	roster  *roster
	rows    *rows
	bureau  *bureau.Bureau
	outbox  *delivery.Outbox
}

// New makes a console.
func New(o Options) (*Console, error) {
	c := &Console{desk: o.Desk, guard: o.Guard, people: o.Directory, report: o.Conformance, log: o.Log, feed: newFeed(), waiting: &waiting{}, roster: &roster{}, bureau: o.Bureau, outbox: o.Outbox}
	var err error
	if c.pages, err = newPages(c, &o); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c.rows = &rows{render: func(r row) (template.HTML, error) { return c.pages.Fragment("row", r) }}
	c.gate = c.pages.Gate()
	c.routes()
	return c, nil
}

// ServeHTTP answers a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.gate.ServeHTTP(w, r) }

// Gate is the gate in front of the console, for what is mounted beside it.
func (c *Console) Gate() *people.Gate { return c.gate }

// Changed tells the pages that are open that cases have changed.
func (c *Console) Changed(cases []casework.Case) { c.feed.changed(cases) }

func (c *Console) routes() {
	get := func(path string, p people.Permission, h http.HandlerFunc) { c.gate.Func("GET "+path, p, h) }
	post := func(path string, p people.Permission, h http.HandlerFunc) { c.gate.Func("POST "+path, p, h) }
	get("/{$}", people.SignedIn, c.home)
	get("/queue", SeeQueue, c.queue)
	post("/queue/next", WorkCases, c.next)
	get("/events", people.SignedIn, c.feed.serve)

	get("/cases/{id}", SeeQueue, c.casePage)
	post("/cases/{id}/claim", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Claim(r.Context(), id, by)
	}, "The case is yours."))
	post("/cases/{id}/extend", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Extend(r.Context(), id, by)
	}, "You have fifteen minutes more."))
	post("/cases/{id}/release", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Release(r.Context(), id, by)
	}, "The case is back in the queue."))
	post("/cases/{id}/skip", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Skip(r.Context(), id, by, because(r))
	}, "The case is back in the queue, and will not come to you again."))
	post("/cases/{id}/hand-over", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.HandOver(r.Context(), id, by, r.PostFormValue("to"))
	}, "The case was handed over."))
	post("/cases/{id}/reveal", WorkCases, c.reveal)
	post("/cases/{id}/decide", WorkCases, c.decide)
	post("/cases/{id}/need", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Meet(r.Context(), id, by, r.PostFormValue("child"), casework.Need(r.PostFormValue("need")))
	}, "Seen to."))
	post("/cases/{id}/note", WorkCases, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Note(r.Context(), id, by, r.PostFormValue("note"))
	}, "The note is kept."))
	post("/cases/{id}/second", SecondDecision, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Second(r.Context(), id, by, r.PostFormValue("answer") == "agree", because(r))
	}, "Your answer is in force."))
	post("/cases/{id}/undo", UndoDecision, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Undo(r.Context(), id, by, because(r))
	}, "The decision was taken back, and its effects are lifted."))
	post("/cases/{id}/close", UndoDecision, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.Close(r.Context(), id, by)
	}, "The case is closed."))
	post("/cases/{id}/appeal", DecideAppeals, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		return c.desk.DecideAppeal(r.Context(), id, by, r.PostFormValue("outcome"), because(r))
	}, "The appeal is decided, and the platform is told."))
	post("/cases/{id}/hold", HoldEvidence, c.hold)
	post("/cases/{id}/golden", ChooseGolden, c.act(func(r *http.Request, id casework.ID, by string) (casework.Case, error) {
		of, err := c.desk.Store().Case(r.Context(), id)
		if err != nil {
			return of, err
		}
		_, err = c.desk.Review(r.Context(), of, casework.Golden, by)
		return of, err
	}, "The case goes to somebody as a golden one, hidden among the others."))

	get("/accounts/{account}", SeeAccounts, c.account)
	get("/decisions", SeeQueue, c.decisions)
	get("/decisions/{id}", SeeQueue, c.decision)
	get("/appeals", DecideAppeals, c.appeals)
	get("/appeals/{id}/statement", DecideAppeals, c.statement)
	get("/rules", SeeRules, c.rules)
	get("/conformance", SeeConformance, c.conformance)
	get("/quality", SeeQuality, c.quality)
	get("/deliveries", SeeDeliveries, c.deliveries)
	post("/deliveries/{id}", MendDeliveries, c.mend)
	c.reportRoutes()
}

// reader is who asks.
func reader(r *http.Request) people.Person {
	p, _ := people.From(r.Context())
	return p
}

// because is the reason that a form gives, which goes into the audit log too.
func because(r *http.Request) string {
	reason := r.PostFormValue("reason")
	people.Because(r.Context(), reason)
	return reason
}

// caseID is the number in the path; 0, which no case has, if it is none.
func caseID(r *http.Request) casework.ID {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return casework.ID(n)
}

// act is a form of the case page: it does something and shows the case again.
func (c *Console) act(do func(r *http.Request, id casework.ID, by string) (casework.Case, error), done string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := do(r, caseID(r), reader(r).ID); err != nil {
			c.fail(w, r, err)
			return
		}
		c.back(w, r, fmt.Sprintf("/cases/%d", caseID(r)), done)
	}
}

// back shows a page after a form was taken, with a word of what was done.
func (c *Console) back(w http.ResponseWriter, r *http.Request, to, done string) {
	c.pages.Back(w, r, to, done)
}

// fail says what went wrong: what a case does not allow is a conflict, anything
// else a fault of ours that is logged.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	no, refused := refusal.In(err)
	switch {
	case refused:
		c.pages.Problem(w, r, http.StatusConflict, "That is not possible now", no.Text, "Nothing was changed.")
	case errors.Is(err, casework.ErrNotFound), errors.Is(err, engine.ErrUnknownDecision), errors.Is(err, people.ErrNoPerson):
		c.pages.Problem(w, r, http.StatusNotFound, "There is nothing here", "There is no such case, account, decision or person.", "Go back to the queue.")
	case r.Context().Err() != nil:
	default:
		c.log.Error("a page could not be made", "route", r.Pattern, "error", err)
		c.pages.Broken(w, r)
	}
}

// name is a colleague's name; "Rowan" for nobody.
func (c *Console) name(ctx context.Context, id string) string {
	if id == "" {
		return "Rowan"
	}
	if name, ok := c.roster.name(ctx, c.people, id, c.desk.Now()); ok {
		return name
	}
	p, err := c.people.Person(ctx, id)
	if err != nil {
		return "somebody who has left"
	}
	return p.Name
}

// day is the first day of the figures that pages show by default.
func (c *Console) day(back int) time.Time { return c.desk.Now().AddDate(0, 0, -back) }
