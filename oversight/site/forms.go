package site

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"rowan/oversight"
	"rowan/oversight/returns"
	"rowan/wing"
)

// shipped are the forms that come with Rowan.
var shipped = []string{"ofcom", "dsa"}

// forms are those that returns can be asked for in: what comes with Rowan, and what
// notices set themselves.
type forms struct {
	store     ReturnStore
	catalogue *returns.Catalogue

	mu        sync.RWMutex
	templates map[string]*returns.Template
	own       map[string]returns.Form
}

func newForms(ctx context.Context, store ReturnStore, c *returns.Catalogue) (*forms, error) {
	f := &forms{store: store, catalogue: c, templates: map[string]*returns.Template{}, own: map[string]returns.Form{}}
	for _, id := range shipped {
		t, err := returns.DefaultTemplate(id, c)
		if err != nil {
			return nil, err
		}
		f.templates[id] = t
	}
	set, err := store.Forms(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range set {
		t, err := returns.LoadTemplate(x.ID, []byte(x.Source), c)
		if err != nil {
			return nil, fmt.Errorf("the form %s: %w", x.ID, err)
		}
		f.templates[x.ID], f.own[x.ID] = t, x
	}
	return f, nil
}

func (f *forms) find(id string) *returns.Template {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.templates[id]
}

// all are the forms by id.
func (f *forms) all() []*returns.Template {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]*returns.Template, 0, len(f.templates))
	for _, id := range slices.Sorted(maps.Keys(f.templates)) {
		out = append(out, f.templates[id])
	}
	return out
}

// set are those that notices set themselves, by id.
func (f *forms) set() []returns.Form {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]returns.Form, 0, len(f.own))
	for _, id := range slices.Sorted(maps.Keys(f.own)) {
		out = append(out, f.own[id])
	}
	return out
}

// add keeps a form, which is in the YAML of a template.
func (f *forms) add(ctx context.Context, x returns.Form) (*returns.Template, error) {
	t, err := returns.LoadTemplate("form", []byte(x.Source), f.catalogue)
	if err != nil {
		return nil, wrong("%v", err)
	}
	if slices.Contains(shipped, t.ID) {
		return nil, wrong("%s is a form that comes with Rowan; give this one another id", t.ID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	x.ID = t.ID
	if err := f.store.PutForm(ctx, x); errors.Is(err, returns.ErrFormTaken) {
		return nil, wrong("%v", err)
	} else if err != nil {
		return nil, err
	}
	f.templates[t.ID], f.own[t.ID] = t, x
	return t, nil
}

// mostForm is the size in bytes of a form.
const mostForm = 1 << 20

// setForm puts a form of a notice's own on file, and tells the ledger.
func (s *Site) setForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 2*mostForm)
	if err := r.ParseMultipartForm(2 * mostForm); err != nil {
		s.fail(w, r, wrong("the file could not be read, or is larger than %d MB", mostForm>>20))
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // temporary files
	src, err := uploaded(r, "form", mostForm)
	if err == nil && src == nil {
		err = wrong("choose the file of the form")
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	by := wing.Reader(r).ID
	t, err := s.inbox.forms.add(r.Context(), returns.Form{Source: string(src), By: by, At: s.now().UTC()})
	if err == nil {
		err = s.told(s.office.Note(r.Context(), oversight.Record{
			Of: "form/" + t.ID, What: "form_set", Facts: map[string]string{"version": t.Version}, Subjects: map[string]string{"by": "person/" + by},
		}))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/returns", "The form is on file. Now say which services owe it.")
}

// showForm is a form of a notice's own as YAML, from which a service makes its
// return.
func (s *Site) showForm(w http.ResponseWriter, r *http.Request) {
	s.inbox.forms.mu.RLock()
	x, ok := s.inbox.forms.own[r.PathValue("id")]
	s.inbox.forms.mu.RUnlock()
	if !ok {
		s.fail(w, r, oversight.ErrNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", x.ID+".yaml"))
	_, _ = w.Write([]byte(x.Source)) // the other end may be gone
}
