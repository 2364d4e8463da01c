package site

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/notice"
	"rowan/people"
	"rowan/rulebook"
)

func (s *Site) noticeRoutes() {
	g := s.Gate()
	g.Func("GET /notices", people.Public, s.notices)
	g.Func("GET /notices/{id}/{paper}", people.Public, s.notice)
	g.Func("GET /notices/{id}/{paper}/{file}", people.Public, s.noticeFile)
	g.Func("GET /open/notices.json", people.Public, s.openNotices)
	g.Func("GET /open/notices.csv", people.Public, s.openNoticesCSV)
	g.Func("GET /cases/{id}/papers/{paper}", SeeDocket, s.paper)
	g.Func("GET /cases/{id}/papers/{paper}/{file}", SeeDocket, s.paperFile)
}

// openNotice is a published paper in the open data. Its JSON is an interface. Of
// one that was withdrawn it has only that.
type openNotice struct {
	Case       docket.ID         `json:"case"`
	Paper      string            `json:"paper"`
	Kind       docket.PaperKind  `json:"kind"`
	Title      string            `json:"title"`
	State      docket.PaperState `json:"state"` // published or withdrawn
	ServiceID  string            `json:"service"`
	Service    string            `json:"service_name"`
	Provider   string            `json:"provider"`
	About      string            `json:"about,omitempty"`
	Issued     rulebook.Date     `json:"issued"`
	Published  rulebook.Date     `json:"published"`
	Withdrawn  rulebook.Date     `json:"withdrawn,omitzero"`
	TextDigest string            `json:"text_digest,omitempty"` // of the file document.txt
	Address    string            `json:"address"`
	Simulated  bool              `json:"simulated"`
}

// last is the day of the last thing that the public was told of a notice.
func (n *openNotice) last() rulebook.Date { return max(n.Published, n.Withdrawn) }

// publishedNotices are the papers that were published, the newest first.
func (s *Site) publishedNotices() []openNotice {
	names := s.office.Names()
	out := []openNotice{}
	for _, c := range s.office.Published() {
		for i := range c.Papers {
			p := &c.Papers[i]
			if p.Published == 0 {
				continue
			}
			n := openNotice{
				Case: c.ID, Paper: p.ID, Kind: p.Kind, Title: s.office.Texts().Title(&c, p), State: p.State, ServiceID: c.Service, Service: names.Service(c.Service), Provider: names.Provider(c.Provider),
				Issued: p.Issued, Published: p.Published, Withdrawn: p.Withdrawn, Address: fmt.Sprintf("/notices/%d/%s", c.ID, p.ID), Simulated: c.Simulated,
			}
			if p.State != docket.Withdrawn {
				n.About = c.Title
				if p.Issue != nil {
					n.TextDigest = p.Issue.TextDigest
				}
			}
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b openNotice) int {
		return cmp.Or(cmp.Compare(b.last(), a.last()), cmp.Compare(b.Case, a.Case))
	})
	return out
}

const noticesShown = 200

func (s *Site) notices(w http.ResponseWriter, r *http.Request) {
	list := s.publishedNotices()
	name := strings.TrimSpace(r.URL.Query().Get("name"))
	if want := strings.ToLower(name); want != "" {
		list = slices.DeleteFunc(list, func(n openNotice) bool {
			return !strings.Contains(strings.ToLower(n.Service), want) && !strings.Contains(strings.ToLower(n.Provider), want)
		})
	}
	s.Show(w, r, "notices", "Notices", struct {
		Notices []openNotice
		More    int
		Name    string
	}{list[:min(len(list), noticesShown)], max(0, len(list)-noticesShown), name})
}

// paperView is the page of a paper.
type paperView struct {
	Inside    bool // for the regulator's own people, not the public
	Case      docket.Case
	Paper     docket.Paper
	Service   string
	Provider  string
	Title     string
	Article   template.HTML // "" of one that is withdrawn or broken
	Issue     *docket.Issue
	Broken    bool
	Differs   []oversight.Difference
	Files     string // where its files are
	Withdrawn bool   // and so without content
}

// found is a paper of a case with its words. It answers the request, and returns
// false, if there is none.
func (s *Site) found(w http.ResponseWriter, r *http.Request, inside bool) (*paperView, *oversight.Words, bool) {
	c, err := s.office.Case(r.Context(), caseID(r))
	if err != nil {
		s.fail(w, r, err)
		return nil, nil, false
	}
	p := c.Paper(r.PathValue("paper"))
	if p == nil || !inside && p.Published == 0 {
		s.Missing(w, r)
		return nil, nil, false
	}
	names := s.office.Names()
	v := &paperView{Inside: inside, Case: c, Paper: *p, Service: names.Service(c.Service), Provider: names.Provider(c.Provider), Withdrawn: !inside && p.State == docket.Withdrawn}
	v.Files = fmt.Sprintf("/notices/%d/%s", c.ID, p.ID)
	if inside {
		v.Files = fmt.Sprintf("/cases/%d/papers/%s", c.ID, p.ID)
	}
	words, err := s.office.Words(r.Context(), &c, p.ID)
	if err != nil {
		s.fail(w, r, err)
		return nil, nil, false
	}
	v.Title = words.Title
	if words.Broken {
		s.log.Error("what is kept of a paper is not what was issued", "case", c.ID, "paper", p.ID)
	}
	return v, &words, true
}

// show renders a paper: as it was issued, or, if its words are not kept, as they
// are now.
func (s *Site) showPaper(w http.ResponseWriter, r *http.Request, inside bool) {
	v, words, ok := s.found(w, r, inside)
	if !ok {
		return
	}
	if !v.Withdrawn {
		v.Issue, v.Broken = words.Issue, words.Broken
		if inside {
			v.Differs = words.Differs
		}
		switch {
		case words.Issue == nil:
			article, err := words.Now.HTML()
			if err != nil {
				s.fail(w, r, err)
				return
			}
			v.Article = article
		case inside || !words.Broken:
			v.Article = notice.Article(words.Issue.Page)
		}
	}
	s.Show(w, r, "paper", v.Title, v)
}

func (s *Site) notice(w http.ResponseWriter, r *http.Request) { s.showPaper(w, r, false) }
func (s *Site) paper(w http.ResponseWriter, r *http.Request)  { s.showPaper(w, r, true) }

// The files of a paper.
const (
	textFile = "document.txt"
	pageFile = "document.html"
)

// sendPaper sends a file of a paper, whose bytes are those that were issued.
func (s *Site) sendPaper(w http.ResponseWriter, r *http.Request, inside bool) {
	file := r.PathValue("file")
	if file != textFile && file != pageFile {
		s.Missing(w, r)
		return
	}
	v, words, ok := s.found(w, r, inside)
	switch {
	case !ok:
		return
	case v.Withdrawn:
		s.Problem(w, r, http.StatusGone, "This paper was withdrawn", "It was withdrawn on "+dayWords(v.Paper.Withdrawn)+".", "What it said is no longer published.")
		return
	case words.Broken:
		s.Problem(w, r, http.StatusInternalServerError, "This paper is not what was issued", "What is kept of it does not have the digest that was noted when it was issued.", "Whoever runs Rowan here was told.")
		return
	}
	text, page := words.Now.Text(), ""
	if words.Issue != nil {
		text, page = words.Issue.Text, words.Issue.Page
	} else if file == pageFile {
		var err error
		if page, err = words.Now.Page(); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	kind, body, name := "text/plain; charset=utf-8", text, ".txt"
	if file == pageFile {
		kind, body, name = "text/html; charset=utf-8", page, ".html"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="case-`+strconv.FormatInt(int64(v.Case.ID), 10)+"-"+v.Paper.ID+name+`"`)
	_, _ = w.Write([]byte(body)) // the other end may be gone
}

func (s *Site) noticeFile(w http.ResponseWriter, r *http.Request) { s.sendPaper(w, r, false) }
func (s *Site) paperFile(w http.ResponseWriter, r *http.Request)  { s.sendPaper(w, r, true) }

func (s *Site) openNotices(w http.ResponseWriter, r *http.Request) {
	s.open(w, r, s.publishedNotices(), nil)
}

func (s *Site) openNoticesCSV(w http.ResponseWriter, r *http.Request) {
	rows := [][]string{{"case", "paper", "kind", "title", "state", "service", "service_name", "provider", "about", "issued", "published", "withdrawn", "text_digest", "address", "simulated"}}
	for _, n := range s.publishedNotices() {
		withdrawn := ""
		if n.Withdrawn != 0 {
			withdrawn = n.Withdrawn.String()
		}
		rows = append(rows, []string{strconv.FormatInt(int64(n.Case), 10), n.Paper, string(n.Kind), n.Title, string(n.State), n.ServiceID, n.Service, n.Provider, n.About, n.Issued.String(), n.Published.String(), withdrawn, n.TextDigest, n.Address, strconv.FormatBool(n.Simulated)})
	}
	s.table(w, r, rows, nil)
}
