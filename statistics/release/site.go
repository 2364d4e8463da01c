package release

import (
	"errors"
	"fmt"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/returns"
)

// sitePage is a place with everything behind its figures.
type sitePage struct {
	document
	Kinds  []kindOf
	Claims []string
}

// kindOf is the figures of one kind.
type kindOf struct {
	Heading string
	Figures []shownFigure
}

// shownFigure is a figure as its page shows it.
type shownFigure struct {
	*figures.Figure
	What string
	When string
	Link map[string]bool // cells with an address of the web
}

// site makes the page of a place.
func (b *build) site(d document) ([]byte, error) {
	p := sitePage{document: d}
	for _, k := range []struct {
		heading string
		is      func(*figures.Figure) bool
	}{
		{"Counts", func(f *figures.Figure) bool { return f.Kind == figures.Count || f.Kind == figures.Total }},
		{"Changes", func(f *figures.Figure) bool { return f.Kind == figures.Change || f.Kind == figures.Ratio }},
		{"Shares", func(f *figures.Figure) bool { return f.Kind == figures.Share }},
		{"Rates", func(f *figures.Figure) bool { return f.Kind == figures.Rate }},
	} {
		group := kindOf{Heading: k.heading}
		for _, f := range b.byOf[d.ID] {
			if k.is(f) && !(f.Kind == figures.Share && f.High != nil && f.High.Sign() == 0) {
				group.Figures = append(group.Figures, shownFigure{Figure: f, What: b.what(f), When: when(f.Period)})
			}
		}
		if len(group.Figures) > 0 {
			p.Kinds = append(p.Kinds, group)
		}
	}
	return b.pages.render("site", p)
}

// what a figure is of, in words.
func (b *build) what(f *figures.Figure) string {
	switch {
	case f.Label != "":
		return f.Label
	case f.Dims != (returns.Dims{}):
		return strings.ReplaceAll(string(f.Measure), "_", " ") + ", " + dims(b.editor, f)
	case f.Basis != "":
		return strings.ReplaceAll(string(f.Measure), "_", " ") + ", " + strings.ReplaceAll(string(f.Basis), "_", " ")
	}
	return strings.ReplaceAll(string(f.Measure), "_", " ")
}

// indexPage is the front of the site.
type indexPage struct {
	Plan     *Plan
	Lede     []Sentence
	First    string // id of the first area
	Charts   []Chart
	Areas    []Page
	Forces   []Page
	Unread   []returns.File
	Figures  int
	Blocked  int
	Hidden   int
	Waiting  []figures.Conflict
	Made     bool // something is constructed
	Sections []Section
}

// index writes the front page and the charts of all forces.
func (b *build) index(overview []Chart, releases []Page) error {
	if err := b.draw(overview, 0); err != nil {
		return err
	}
	p := indexPage{Plan: b.Plan, Charts: overview, Figures: len(b.Set.Figures), Blocked: len(b.Set.Blocked), Hidden: len(b.Set.Hidden)}
	for _, r := range releases {
		switch {
		case r.Kind == "force":
			p.Forces = append(p.Forces, r)
		default:
			p.Areas = append(p.Areas, r)
		}
		for _, f := range b.byOf[r.ID] {
			p.Made = p.Made || f.Constructed
		}
	}
	if len(p.Areas) > 0 && len(p.Areas[0].Sections) > 0 {
		p.First = p.Areas[0].ID
		p.Lede = p.Areas[0].Sections[0].Sentences
	}
	for _, f := range b.Files {
		if f.Error != "" {
			p.Unread = append(p.Unread, f)
		}
	}
	for _, c := range b.Set.Conflicts {
		if b.Plan.open(c) {
			p.Waiting = append(p.Waiting, c)
		}
	}
	body, err := b.pages.render("index", p)
	if err != nil {
		return fmt.Errorf("the front page: %w", err)
	}
	return errors.Join(b.folder.write("site/index.html", body))
}
