package site

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rowan/rulebook"
)

// The parts of an Atom feed (RFC 4287).
type (
	feedLink struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr,omitempty"`
	}
	feedAuthor struct {
		Name string `xml:"name"`
	}
	feedEntry struct {
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Link    feedLink `xml:"link"`
		Summary string   `xml:"summary"`
	}
	atom struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  feedAuthor  `xml:"author"`
		Link    feedLink    `xml:"link"`
		Entries []feedEntry `xml:"entry"`
	}
)

func atomDay(d rulebook.Date) string {
	return time.Unix(int64(d)*86400, 0).UTC().Format(time.RFC3339)
}

// feed is an Atom feed of what was published: decisions with their penalties, and
// the other papers.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	out := atom{ID: "urn:rowan:oversight:decisions", Title: "Published decisions and notices", Updated: s.now().UTC().Format(time.RFC3339), Author: feedAuthor{"The regulator"}, Link: feedLink{"/open/feed.xml", "self"}}
	decisions := map[string]bool{}
	for _, p := range s.published() {
		address := fmt.Sprintf("/notices/%d/%s", p.Case, p.Paper)
		decisions[address] = true
		out.Entries = append(out.Entries, feedEntry{
			ID: fmt.Sprintf("urn:rowan:oversight:case:%d:%s", p.Case, p.Decided), Title: p.Provider + ": " + p.Title,
			Updated: atomDay(p.Decided), Link: feedLink{Href: address}, Summary: "Fixed penalties of " + p.Fixed.String() + ".",
		})
	}
	for _, n := range s.publishedNotices() {
		if decisions[n.Address] {
			continue
		}
		e := feedEntry{ID: fmt.Sprintf("urn:rowan:oversight:notice:%d:%s", n.Case, n.Paper), Title: n.Provider + ": " + n.Title, Updated: atomDay(n.last()), Link: feedLink{Href: n.Address}, Summary: n.About}
		if n.Withdrawn != 0 {
			e.Title, e.Summary = e.Title+" (withdrawn)", "It was withdrawn on "+dayWords(n.Withdrawn)+"."
		}
		out.Entries = append(out.Entries, e)
	}
	slices.SortStableFunc(out.Entries, func(a, b feedEntry) int { return cmp.Compare(b.Updated, a.Updated) })
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // the other end may be gone
}
