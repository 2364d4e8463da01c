package release

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	"rowan/stylesheet"
)

//go:embed templates/*.html templates/release.css
var templateFiles embed.FS

// pages holds the HTML templates.
type pages struct{ all *template.Template }

func newPages() (*pages, error) {
	css, err := templateFiles.ReadFile("templates/release.css")
	if err != nil {
		return nil, err
	}
	funcs := template.FuncMap{
		"house":  stylesheet.House,
		"own":    func() template.CSS { return template.CSS(css) },
		"svg":    func(c Chart) template.HTML { return template.HTML(c.Image.Inline()) },
		"join":   strings.Join,
		"anchor": anchor,
		"day":    day,
		"marks":  marks,
	}
	t, err := template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("the templates of pages: %w", err)
	}
	return &pages{all: t}, nil
}

// anchor is a figure's id as one of a page.
func anchor(id string) string { return "f-" + strings.NewReplacer("+", "-plus", "*", "-").Replace(id) }

func (p *pages) render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := p.all.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// document is what the pages of a release share.
type document struct {
	Page
	Plan  *Plan
	Depth string // ../ to the site's top
}
