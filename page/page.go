// Package page is what the pages of Rowan's wings share: the frame with its
// navigation, the stylesheet and script, words for times and levels, and plots.
// Pages work without script, load nothing from another host and have nothing
// inline, so that a strict content security policy holds.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"rowan/stylesheet"
)

//go:embed static templates
var files embed.FS

// Item is an entry of the navigation.
type Item struct {
	Path  string
	Label string
	Key   string // the letter after g that goes there
	Count string // a badge, "" for none
}

// Document is one page.
type Document struct {
	Title   string
	Path    string // of the navigation's entry that is current
	Trail   []Item // the pages above this one, the outermost first
	Nav     []Item
	Person  string // who is signed in, "" if nobody
	Roles   string
	Flash   string
	Note    string // stands above everything, such as "All of this is simulated"
	Grey    bool
	Live    bool // listens for changes
	Main    template.HTML
	Actions []Item // further entries of the command palette
}

// Shell renders documents of one wing.
type Shell struct {
	wing   string
	now    func() time.Time
	frame  *template.Template
	assets map[string]asset
	names  map[string]string // plain name to the one with its hash
}

type asset struct {
	kind    string
	plain   []byte
	gzipped []byte
}

// sheetNames are the stylesheets in the order in which they are joined, after
// the house's.
var sheetNames = [...]string{"frame.css", "parts.css", "plot.css"}

// New makes the shell of a wing, such as "Casework", with further stylesheets.
func New(wing string, now func() time.Time, sheets ...template.CSS) (*Shell, error) {
	s := &Shell{wing: wing, now: now, assets: map[string]asset{}, names: map[string]string{}}
	css := []byte(stylesheet.House())
	for _, name := range sheetNames {
		part, err := fs.ReadFile(files, "static/"+name)
		if err != nil {
			return nil, err
		}
		css = append(css, part...)
	}
	for _, sheet := range sheets {
		css = append(css, sheet...)
	}
	js, err := fs.ReadFile(files, "static/page.js")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.add("page.css", css), s.add("page.js", js)); err != nil {
		return nil, err
	}
	s.frame, err = template.New("frame.html").Funcs(template.FuncMap{"asset": s.asset}).ParseFS(files, "templates/frame.html")
	return s, err
}

// add serves a file under a name that changes with its content.
func (s *Shell) add(name string, content []byte) error {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:6]) + ext
	s.assets[hashed], s.names[name] = asset{mime.TypeByExtension(ext), content, zipped.Bytes()}, hashed
	return nil
}

func (s *Shell) asset(name string) string { return "/static/" + s.names[name] }

// Static serves the stylesheet and the script, at GET /static/{name}.
func (s *Shell) Static(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[path.Base(r.URL.Path)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzipped
	}
	_, _ = w.Write(body) // the other end may be gone
}

// Render writes a document.
func (s *Shell) Render(w http.ResponseWriter, status int, d Document) error {
	var out bytes.Buffer
	if err := s.frame.Execute(&out, struct {
		Document
		Wing, Now string
	}{d, s.wing, s.now().UTC().Format(time.RFC3339Nano)}); err != nil {
		return fmt.Errorf("render %q: %w", d.Title, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the other end may be gone
	return nil
}
