package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"rowan/casework"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/metric"
	"rowan/page"
	"rowan/people"
)

//go:embed templates
var templates embed.FS

// navigation is an entry of the menu, for those who have its permission.
type navigation struct {
	path, label, key string
	permission       people.Permission
}

// pages renders the console's pages.
type pages struct {
	console *Console
	shell   *page.Shell
	bodies  map[string]*template.Template
	nav     []navigation
}

func newPages(c *Console) (*pages, error) {
	shell, err := page.New("Casework", c.desk.Now, people.Sheet())
	if err != nil {
		return nil, err
	}
	p := &pages{console: c, shell: shell, bodies: map[string]*template.Template{}, nav: []navigation{
		{"/queue", "Queue", "q", SeeQueue}, {"/decisions", "Decisions", "d", SeeQueue}, {"/appeals", "Appeals", "a", DecideAppeals},
		{"/rules", "Rules", "r", SeeRules}, {"/quality", "Quality", "u", SeeQuality}, {"/conformance", "Conformance", "c", SeeConformance},
		{"/audit", "Audit", "l", SeeAudit}, {"/people", "People", "p", ManagePeople},
	}}
	if c.simulated {
		p.nav = append(p.nav, navigation{"/board", "Board", "b", SeeQueue})
	}
	names, err := templates.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	for _, f := range names {
		name := strings.TrimSuffix(f.Name(), ".html")
		if name == "parts" {
			continue
		}
		t, err := template.New(f.Name()).Funcs(shell.Funcs()).Funcs(p.funcs()).ParseFS(templates, "templates/"+f.Name(), "templates/parts.html")
		if err != nil {
			return nil, err
		}
		p.bodies[name] = t
	}
	return p, nil
}

func (p *pages) funcs() template.FuncMap {
	return template.FuncMap{
		"risk":     func(v int64) string { return engine.Milli(v).Signed() },
		"kindMark": func(kind string) string { return kindMarks[kind] },
		"levels": func() []response.Level {
			return []response.Level{response.Critical, response.High, response.Elevated, response.Watch}
		},
		"states":   casework.States,
		"plot":     p.plot,
		"graph":    graph,
		"interval": func(i metric.Interval) string { return fmt.Sprintf("%.0f to %.0f %%", 100*i.Low, 100*i.High) },
		"may": func(who people.Person, permission string) bool {
			return Table().Allows(who.Roles, people.Permission(permission))
		},
		"until":     func(t time.Time) bool { return !t.IsZero() },
		"late":      func(t time.Time) bool { return !t.IsZero() && t.Before(p.console.desk.Now()) },
		"met":       func(c casework.Child, n casework.Need) bool { return slices.Contains(c.Met, n) },
		"roleTitle": func(r people.Role) string { return r.Title() },
		"rulesOf": func(rules []ruleView, shadow bool) any {
			return struct {
				Rules  []ruleView
				Shadow bool
			}{rules, shadow}
		},
		"text": func(v any) string { return fmt.Sprint(v) },
	}
}

var kindMarks = map[string]string{"alert": "▲", "signal": "●", "contact": "→", "setting": "⚙", "decision": "✓", "case": "·"}

// share is k of n with its interval.
func share(k, n int) interval { return interval{k, n, metric.Wilson(k, n)} }

type interval struct {
	K, N int
	metric.Interval
}

func (p *pages) plot(id string, points []riskPoint) template.HTML {
	out := make([]page.Point, len(points))
	for i, r := range points {
		out[i] = page.Point{At: r.At, Risk: r.Risk}
		for _, s := range r.Signals {
			out[i].Signals = append(out[i].Signals, s.Title)
			if out[i].Stage == "" {
				out[i].Stage = s.Stage
			}
		}
	}
	model := p.console.guard.Config().Model
	var levels []page.Threshold
	for l := response.Watch; l <= response.Critical; l++ {
		levels = append(levels, page.Threshold{Label: l.String(), Risk: model.Threshold(l)})
	}
	return page.Plot(id, out, levels)
}

func graph(v accountView) template.HTML {
	nodes := make([]page.Node, len(v.Contacts))
	for i, c := range v.Contacts {
		nodes[i] = page.Node{Label: c.Account, Young: c.Young, Mark: c.Level.Mark(), Weight: c.Events}
	}
	return page.Contacts("contacts", v.ID, nodes)
}

// input is what every body is given.
type input struct {
	Reader people.Person
	V      any
}

// show renders a page.
func (p *pages) show(w http.ResponseWriter, r *http.Request, name, title string, v any) {
	p.status(w, r, http.StatusOK, name, title, v)
}

func (p *pages) status(w http.ResponseWriter, r *http.Request, status int, name, title string, v any) {
	who := reader(r)
	var body bytes.Buffer
	t := p.bodies[name]
	if t == nil {
		p.console.log.Error("there is no such page", "page", name)
		http.Error(w, "Rowan has no such page.", http.StatusInternalServerError)
		return
	}
	if err := t.Execute(&body, input{who, v}); err != nil {
		p.console.log.Error("a page could not be made", "page", name, "error", errors.Unwrap(err))
		http.Error(w, "The page could not be made; the log says why.", http.StatusInternalServerError)
		return
	}
	d := page.Document{Title: title, Path: "/" + first(r.URL.Path), Main: template.HTML(body.String()), Grey: who.Grey, Flash: p.flashed(w, r)}
	if p.console.simulated {
		d.Note = "Everything here is simulated: no account and no message is anybody's."
	}
	if who.ID != "" {
		d.Person, d.Live = who.Name, true
		titles := make([]string, len(who.Roles))
		for i, role := range who.Roles {
			titles[i] = role.Title()
		}
		d.Roles = strings.Join(titles, ", ")
		for _, n := range p.nav {
			if Table().Allows(who.Roles, n.permission) {
				d.Nav = append(d.Nav, page.Item{Path: n.path, Label: n.label, Key: n.key})
			}
		}
	}
	if err := p.shell.Render(w, status, d); err != nil {
		p.console.log.Error("a page could not be made", "page", name, "error", err)
	}
}

// first is the first part of a path: pages of a case belong to the queue.
func first(path string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if part == "cases" || part == "accounts" {
		return "queue"
	}
	return part
}

const flashCookie = "rowan-flash"

// flash keeps a word for the next page: one of ours, never of anybody else's.
func (p *pages) flash(w http.ResponseWriter, _ *http.Request, text string) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: url.QueryEscape(text), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 30})
}

func (p *pages) flashed(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1})
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return text
}

// problem says what happened, what was kept and what to do next.
func (p *pages) problem(w http.ResponseWriter, r *http.Request, status int, title, text, next string) {
	p.status(w, r, status, "problem", title, struct{ Title, Text, Next string }{title, text, next})
}

// Refused implements people.Pages.
func (p *pages) Refused(w http.ResponseWriter, r *http.Request, permission people.Permission) {
	p.problem(w, r, http.StatusForbidden, "This is not open to you", "Your roles do not include the permission to "+words(string(permission))+".", "If you need it for your work, ask an administrator. The attempt was noted.")
}

// Broken implements people.Pages.
func (p *pages) Broken(w http.ResponseWriter, r *http.Request) {
	p.problem(w, r, http.StatusInternalServerError, "Something failed inside Rowan", "The failure was logged. What was acknowledged before is kept.", "Try again; if it stays so, tell whoever runs Rowan here.")
}

// Form implements people.Frame.
func (p *pages) Form(w http.ResponseWriter, r *http.Request, status int, f people.Form) {
	p.status(w, r, status, "door", f.Heading, f)
}

// mount serves what pages load.
func (p *pages) mount(g *people.Gate) {
	g.Func("GET /static/{name}", people.Public, p.shell.Static)
	g.Func("GET /", people.SignedIn, func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, r, http.StatusNotFound, "There is nothing here", "The address may be mistyped or the page gone.", "Go back to the queue.")
	})
}
