// Package wing is what the staff sides of casework and oversight share: pages
// in one frame with a menu by permission, log-in, the audit log, people and
// their roles.
package wing

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"rowan/page"
	"rowan/people"
)

//go:embed templates
var templates embed.FS

// Item is an entry of the menu, for those who have its permission.
type Item struct {
	Path, Label, Key string
	Permission       people.Permission
}

// Options of a wing. All but Funcs, Note and Within are required.
type Options struct {
	Name      string // "Casework"
	Templates fs.FS  // bodies of pages: NAME.html; parts.html is shared by all
	Funcs     template.FuncMap
	Menu      []Item
	Table     people.Table
	Roles     []people.Role // in the order of the page of people
	Directory *people.Directory
	Sessions  *people.Sessions
	Door      people.DoorOptions // its Gate and Frame are the wing's
	Log       *slog.Logger
	Now       func() time.Time
	Note      string                   // stands above every page
	Within    func(path string) string // the menu's entry that a page belongs to
	// Audit and People guard those pages.
	Audit, People people.Permission
	// Live is the address of the wing's server-sent events, "" for none.
	Live bool
}

// Wing is the frame, the gate and the pages that both wings have.
type Wing struct {
	options Options
	shell   *page.Shell
	bodies  map[string]*template.Template
	gate    *people.Gate
}

// New makes a wing. The routes of its own pages are registered.
func New(o Options) (*Wing, error) {
	shell, err := page.New(o.Name, o.Now, people.Sheet())
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	w := &Wing{options: o, shell: shell, bodies: map[string]*template.Template{}}
	own, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	for _, files := range []fs.FS{own, o.Templates} {
		if err := w.parse(files); err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
	}
	w.gate = people.NewGate(people.GateOptions{Directory: o.Directory, Sessions: o.Sessions, Pages: w, Log: o.Log})
	o.Door.Gate, o.Door.Frame, o.Door.Title = w.gate, w, "Rowan "+strings.ToLower(o.Name)
	if _, err := people.NewDoor(o.Door); err != nil {
		return nil, err
	}
	w.routes()
	return w, nil
}

// parse reads the bodies of pages.
func (w *Wing) parse(files fs.FS) error {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return err
	}
	const parts = "parts.html"
	for _, file := range names {
		if file == parts {
			continue
		}
		patterns := []string{file}
		if slices.Contains(names, parts) {
			patterns = append(patterns, parts)
		}
		t, err := template.New(file).Funcs(w.shell.Funcs()).Funcs(w.funcs()).Funcs(w.options.Funcs).ParseFS(files, patterns...)
		if err != nil {
			return err
		}
		w.bodies[strings.TrimSuffix(file, ".html")] = t
	}
	return nil
}

func (w *Wing) funcs() template.FuncMap {
	return template.FuncMap{
		"may":       func(who people.Person, p string) bool { return w.May(who, people.Permission(p)) },
		"roleTitle": people.Role.Title,
		"text":      func(v any) string { return fmt.Sprint(v) },
	}
}

// May reports whether somebody has a permission here.
func (w *Wing) May(who people.Person, p people.Permission) bool {
	return w.options.Table.Allows(who.Roles, p)
}

// Gate is where further routes are registered.
func (w *Wing) Gate() *people.Gate { return w.gate }

// ServeHTTP answers a request.
func (w *Wing) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.gate.ServeHTTP(rw, r) }

// Reader is who asks; the zero Person for somebody who is not signed in.
func Reader(r *http.Request) people.Person {
	p, _ := people.From(r.Context())
	return p
}

// input is what every body is given.
type input struct {
	Reader people.Person
	V      any
}

// Show renders a page.
func (w *Wing) Show(rw http.ResponseWriter, r *http.Request, name, title string, v any) {
	w.Status(rw, r, http.StatusOK, name, title, v)
}

// Status renders a page with a status.
func (w *Wing) Status(rw http.ResponseWriter, r *http.Request, status int, name, title string, v any) {
	who := Reader(r)
	var body bytes.Buffer
	t := w.bodies[name]
	if t == nil {
		w.options.Log.Error("there is no such page", "page", name)
		http.Error(rw, "Rowan has no such page.", http.StatusInternalServerError)
		return
	}
	if err := t.Execute(&body, input{who, v}); err != nil {
		w.options.Log.Error("a page could not be made", "page", name, "error", errors.Unwrap(err))
		http.Error(rw, "The page could not be made; the log says why.", http.StatusInternalServerError)
		return
	}
	d := page.Document{Title: title, Path: w.within(r.URL.Path), Main: template.HTML(body.String()), Grey: who.Grey, Flash: flashed(rw, r), Note: w.options.Note}
	if who.ID != "" {
		d.Person, d.Live = who.Name, w.options.Live
		titles := make([]string, len(who.Roles))
		for i, role := range who.Roles {
			titles[i] = role.Title()
		}
		d.Roles = strings.Join(titles, ", ")
	}
	for _, n := range w.options.Menu {
		if n.Permission == people.Public || who.ID != "" && w.May(who, n.Permission) {
			d.Nav = append(d.Nav, page.Item{Path: n.Path, Label: n.Label, Key: n.Key})
		}
	}
	if err := w.shell.Render(rw, status, d); err != nil {
		w.options.Log.Error("a page could not be made", "page", name, "error", err)
	}
}

// Fragment renders a template that is part of pages.
func (w *Wing) Fragment(name string, v any) (template.HTML, error) {
	t := w.bodies[name]
	if t == nil {
		return "", fmt.Errorf("there is no template %s", name)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return "", fmt.Errorf("template %s: %w", name, errors.Unwrap(err))
	}
	return template.HTML(out.String()), nil
}

// within is the entry of the menu that a path belongs to.
func (w *Wing) within(path string) string {
	if w.options.Within != nil {
		if entry := w.options.Within(path); entry != "" {
			return entry
		}
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + first
}

// Home is the first page that somebody's roles open, "" if none does.
func (w *Wing) Home(who people.Person) string {
	for _, item := range w.options.Menu {
		if w.May(who, item.Permission) {
			return item.Path
		}
	}
	return ""
}

const flashCookie = "rowan-flash"

// Flash keeps a word for the next page: one of ours, never of anybody else's.
func (w *Wing) Flash(rw http.ResponseWriter, text string) {
	http.SetCookie(rw, &http.Cookie{Name: flashCookie, Value: url.QueryEscape(text), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 30})
}

func flashed(rw http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(rw, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1})
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return text
}

// Back shows a page after a form was taken, with a word of what was done.
func (w *Wing) Back(rw http.ResponseWriter, r *http.Request, to, done string) {
	w.Flash(rw, done)
	http.Redirect(rw, r, to, http.StatusSeeOther)
}

// Problem says what happened, what was kept and what to do next.
func (w *Wing) Problem(rw http.ResponseWriter, r *http.Request, status int, title, text, next string) {
	w.Status(rw, r, status, "problem", title, struct{ Title, Text, Next string }{title, text, next})
}

// Form reads a form, or answers that it did not come whole.
func (w *Wing) Parsed(rw http.ResponseWriter, r *http.Request) bool {
	if err := r.ParseForm(); err != nil {
		w.Problem(rw, r, http.StatusBadRequest, "The form did not come whole", "Send it again.", "Nothing was changed.")
		return false
	}
	return true
}

// Refused implements people.Pages.
func (w *Wing) Refused(rw http.ResponseWriter, r *http.Request, p people.Permission) {
	w.Problem(rw, r, http.StatusForbidden, "This is not open to you", "Your roles do not include the permission to "+strings.ReplaceAll(string(p), "_", " ")+".", "If you need it for your work, ask an administrator. The attempt was noted.")
}

// Broken implements people.Pages.
func (w *Wing) Broken(rw http.ResponseWriter, r *http.Request) {
	w.Problem(rw, r, http.StatusInternalServerError, "Something failed inside Rowan", "The failure was logged. What was acknowledged before is kept.", "Try again; if it stays so, tell whoever runs Rowan here.")
}

// Form implements people.Frame.
func (w *Wing) Form(rw http.ResponseWriter, r *http.Request, status int, f people.Form) {
	w.Status(rw, r, status, "door", f.Heading, f)
}

// Missing says that there is nothing at an address.
func (w *Wing) Missing(rw http.ResponseWriter, r *http.Request) {
	w.Problem(rw, r, http.StatusNotFound, "There is nothing here", "The address may be mistyped, or what it named is gone.", "Go back to where you came from.")
}
