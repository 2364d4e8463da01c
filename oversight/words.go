package oversight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/oversight/docket"
	"rowan/oversight/notice"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// Texts are the words of papers.
func (o *Office) Texts() *notice.Texts { return o.texts }

// Words are a paper of a case in words.
type Words struct {
	Title string
	// Issue is the paper as it was issued. Nil: it is a draft, or was issued before
	// words were kept; then Now is all there is.
	Issue *docket.Issue
	// Broken is that what is kept is not what was issued.
	Broken bool
	// Now is what the case and the register come to today.
	Now notice.Document
	// Differs is in what the paper would read differently if it were issued on its
	// day with what is known today.
	Differs []Difference
}

// Difference is a part of a paper that reads differently. Either side may be "".
type Difference struct {
	Issued string
	Now    string
}

// Words writes a paper of a case. It returns ErrNotFound if there is no such paper.
func (o *Office) Words(ctx context.Context, c *docket.Case, paper string) (Words, error) {
	p := c.Paper(paper)
	if p == nil {
		return Words{}, fmt.Errorf("the paper %s of case %d: %w", paper, c.ID, ErrNotFound)
	}
	w := Words{Title: o.texts.Title(c, p), Issue: p.Issue}
	var err error
	if w.Now, err = o.compose(ctx, c, paper, o.Today(), time.Time{}); err != nil || p.Issue == nil {
		return w, err
	}
	w.Title, w.Broken = p.Issue.Title, !p.Issue.Whole()
	i := slices.IndexFunc(c.Events, func(e docket.Event) bool { return e.Kind == docket.PaperIssued && e.Of == paper })
	if i < 0 {
		return w, nil
	}
	then, err := o.procedure.At(c.Events, c.Events[i].Number)
	if err != nil {
		return w, fmt.Errorf("case %d when the paper %s was issued: %w", c.ID, paper, err)
	}
	again, err := o.compose(ctx, &then, paper, c.Events[i].On, time.Time{})
	if err != nil {
		return w, err
	}
	w.Differs = differ(p.Issue.Text, again.Text())
	return w, nil
}

// fix writes the paper that an event issues, as it is then. c is the case after it.
func (o *Office) fix(ctx context.Context, c *docket.Case, e *docket.Event) (*docket.Issue, error) {
	d, err := o.compose(ctx, c, e.Of, e.On, e.At)
	if err != nil {
		return nil, err
	}
	page, err := d.Page()
	if err != nil {
		return nil, err
	}
	return docket.NewIssue(d.Title, d.Text(), page), nil
}

// compose writes a paper with what the register says of a day, as was known at a
// moment; the zero moment is now. A service that was entered later is described as
// it is today.
func (o *Office) compose(ctx context.Context, c *docket.Case, paper string, on rulebook.Date, known time.Time) (notice.Document, error) {
	p, err := o.Profile(ctx, c.Service, AsOf{Day: on, Known: known})
	if errors.Is(err, ErrNotFound) {
		p, err = o.Profile(ctx, c.Service, AsOf{Known: known})
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return notice.Document{}, err
	}
	f := notice.Facts{Provider: register.Provider{Name: c.Provider}, Service: register.Service{Name: c.Service}, Case: c, Paper: paper, Today: on}
	if p.Service != nil {
		f.Service = *p.Service
	}
	if p.Provider != nil {
		f.Provider = *p.Provider
	}
	d, err := o.texts.Compose(f)
	if err != nil {
		return d, fmt.Errorf("write the paper %s of case %d: %w", paper, c.ID, err)
	}
	return d, nil
}

// differ finds the parts of two texts, which blank lines divide, that only one of
// them has, side by side.
func differ(issued, now string) []Difference {
	parts := func(text string) (out []string) {
		for part := range strings.SplitSeq(text, "\n\n") {
			if part = strings.Join(strings.Fields(part), " "); part != "" {
				out = append(out, part)
			}
		}
		return out
	}
	a, b := parts(issued), parts(now)
	was := slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
	is := slices.DeleteFunc(slices.Clone(b), func(s string) bool { return slices.Contains(a, s) })
	var out []Difference
	for i := range max(len(was), len(is)) {
		var d Difference
		if i < len(was) {
			d.Issued = was[i]
		}
		if i < len(is) {
			d.Now = is[i]
		}
		out = append(out, d)
	}
	return out
}
