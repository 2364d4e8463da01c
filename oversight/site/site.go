// Package site is the regulator's pages: the desk where cases of the docket are
// run, the register, and the public side with its open data.
//
// A severe step is proposed by one person and comes into force when another
// agrees; the docket itself refuses it otherwise.
package site

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"rowan/oversight"
	"rowan/oversight/conformance"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/people"
	"rowan/refusal"
	"rowan/rulebook"
	"rowan/wing"
)

//go:embed templates
var templates embed.FS

// Options of a site. All but Simulated and Door are required.
type Options struct {
	Office    *oversight.Office
	Directory *people.Directory
	Sessions  *people.Sessions
	Door      people.DoorOptions
	Log       *slog.Logger
	Now       func() time.Time
	// Returns keeps what services hand in; nil: nothing is taken in. Crimes are of
	// a statistics release.
	Returns ReturnStore
	Crimes  []conformance.Crime
	// Witness is the public key of the regulator's own witness, "" if there is none.
	Witness string
	// Simulated says that services here are made up.
	Simulated bool
}

// Site is an http.Handler.
type Site struct {
	*wing.Wing
	office    *oversight.Office
	directory *people.Directory
	log       *slog.Logger
	now       func() time.Time
	inbox     *inbox     // nil: no returns are taken in
	mu        sync.Mutex // one return at a time
}

// New makes the site.
func New(o Options) (*Site, error) {
	s, err := &Site{office: o.Office, directory: o.Directory, log: o.Log, now: o.Now}, error(nil)
	if s.inbox, err = newInbox(context.Background(), &o); err != nil {
		return nil, err
	}
	bodies, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	note := ""
	if o.Simulated {
		note = "Services marked as simulated are made up. Penalties of named companies are as the press published them."
	}
	s.Wing, err = wing.New(wing.Options{
		Name: "Oversight", Templates: bodies, Funcs: s.funcs(), Table: Table(), Roles: roleOrder, Directory: o.Directory, Sessions: o.Sessions,
		Door: o.Door, Log: o.Log, Now: o.Now, Note: note, Within: within, Audit: SeeAudit, People: ManagePeople,
		Menu: s.menu(),
	})
	if err != nil {
		return nil, err
	}
	s.routes()
	s.serviceRoutes()
	s.assessmentRoutes()
	s.codeRoutes()
	s.noticeRoutes()
	s.returnRoutes()
	s.leagueRoutes()
	return s, nil
}

func (s *Site) menu() []wing.Item {
	menu := []wing.Item{{Path: "/services", Label: "Register", Key: "r", Permission: people.Public}, {Path: "/measures", Label: "Measures", Key: "m", Permission: people.Public}}
	if s.inbox != nil {
		menu = append(menu, wing.Item{Path: "/returns", Label: "Returns", Key: "t", Permission: people.Public}, wing.Item{Path: "/league", Label: "League", Key: "g", Permission: people.Public})
	}
	return append(menu, wing.Item{Path: "/notices", Label: "Notices", Key: "o", Permission: people.Public}, wing.Item{Path: "/penalties", Label: "Penalties", Key: "n", Permission: people.Public},
		wing.Item{Path: "/desk", Label: "Desk", Key: "d", Permission: SeeDocket}, wing.Item{Path: "/cases", Label: "Docket", Key: "c", Permission: SeeDocket},
		wing.Item{Path: "/audit", Label: "Audit", Key: "l", Permission: SeeAudit}, wing.Item{Path: "/people", Label: "People", Key: "p", Permission: ManagePeople})
}

func (s *Site) routes() {
	g := s.Gate()
	g.Func("GET /{$}", people.Public, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/services", http.StatusSeeOther) })
	g.Func("GET /services", people.Public, s.services)
	g.Func("GET /services/{id}", people.Public, s.service)
	g.Func("GET /penalties", people.Public, s.penalties)
	g.Func("GET /open/services.json", people.Public, s.openServices)
	g.Func("GET /open/services.csv", people.Public, s.openServicesCSV)
	g.Func("GET /open/penalties.json", people.Public, s.openPenalties)
	g.Func("GET /open/penalties.csv", people.Public, s.openPenaltiesCSV)
	g.Func("GET /open/feed.xml", people.Public, s.feed)
	g.Func("GET /desk", SeeDocket, s.desk)
	g.Func("GET /cases", SeeDocket, s.cases)
	g.Func("POST /cases", RunCases, s.openCase)
	g.Func("GET /cases/{id}", SeeDocket, s.showCase)
	g.Func("POST /cases/{id}/move", RunCases, s.move)
	g.Func("GET /cases/{id}/people", SeeDocket, s.liability)
	g.Func("POST /cases/{id}/evidence", RunCases, s.putEvidence)
	g.Func("POST /cases/{id}/referral", Decide, s.refer)
	g.Func("POST /cases/{id}/agree", Decide, s.agree)
	g.Func("POST /cases/{id}/drop", Decide, s.drop)
	g.Func("POST /register/provider", EditRegister, s.addProvider)
	g.Func("POST /register/service", EditRegister, s.addService)
	g.Func("POST /register/services/{id}/entry", EditRegister, s.addEntry)
}

// within is the entry of the menu that a page belongs to.
func within(path string) string {
	for _, at := range []string{"/services", "/returns", "/cases", "/notices", "/penalties"} {
		if path == at || strings.HasPrefix(path, at+"/") {
			return at
		}
	}
	return ""
}

// Today is the day at the regulator's.
func (s *Site) Today() rulebook.Date { return s.office.Today() }

// told says of a step that is kept, of which the ledger could not be told yet, that
// it went well. It will be told later.
func (s *Site) told(err error) error {
	if errors.Is(err, oversight.ErrLedger) {
		s.log.Error("the ledger could not be told of a step yet", "error", err)
		return nil
	}
	return err
}

func (s *Site) funcs() template.FuncMap {
	all := template.FuncMap{
		"pounds":   func(p money.Pounds) string { return p.String() },
		"stage":    func(v docket.Stage) string { return strings.ReplaceAll(string(v), "_", " ") },
		"day":      func(d rulebook.Date) string { return dayWords(d) },
		"today":    func() string { return s.Today().String() },
		"stages":   docket.Stages,
		"given":    func(d rulebook.Date) bool { return d != 0 },
		"limbs":    docket.Limbs,
		"wants":    func(m docket.Move, what string) bool { return slices.Contains(m.Wants, what) },
		"outcomes": outcomes,
		"iso":      isoDay,
		"grade":    gradeWords, "statusWords": statusWords,
		"risks": risks, "strip": strip,
		"share": func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
	}
	maps.Copy(all, aboutReturns())
	return all
}

// dayWords is a day as people write it; "–" for none.
func dayWords(d rulebook.Date) string {
	if d == 0 {
		return "–"
	}
	return time.Unix(int64(d)*86400, 0).UTC().Format("2 January 2006")
}

// fail says what went wrong: what the docket does not allow is a conflict,
// anything else a fault of ours that is logged.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	no, refused := refusal.In(err)
	switch {
	case refused && no.Code == "entry":
		s.Problem(w, r, http.StatusBadRequest, "Something in the form is not right", no.Text, "Go back and mend it. Nothing was changed.")
	case refused:
		s.Problem(w, r, http.StatusConflict, "That is not possible now", no.Text, "Nothing was changed.")
	case errors.Is(err, oversight.ErrConflict):
		s.Problem(w, r, http.StatusConflict, "That is not possible now", err.Error(), "Nothing was changed.")
	case errors.Is(err, oversight.ErrNotFound):
		s.Missing(w, r)
	case errors.Is(err, errForm):
		s.Problem(w, r, http.StatusBadRequest, "Something in the form is not right", said(err), "Go back and mend it. Nothing was changed.")
	case r.Context().Err() != nil:
	default:
		s.log.Error("a page could not be made", "route", r.Pattern, "error", err)
		s.Broken(w, r)
	}
}

// errForm is the parent of errors in what somebody entered.
var errForm = errors.New("form")

// said is what such an error says to who filled the form in.
func said(err error) string { return strings.TrimPrefix(err.Error(), errForm.Error()+": ") }

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errForm}, args...)...)
}
