package site

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// open writes open data as JSON.
func (s *Site) open(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(append(body, '\n')) // the other end may be gone
}

func (s *Site) openServices(w http.ResponseWriter, r *http.Request) {
	s.open(w, r, s.public(), nil)
}

func (s *Site) openPenalties(w http.ResponseWriter, r *http.Request) {
	s.open(w, r, append([]openPenalty{}, s.published()...), nil)
}

// table writes open data as CSV (RFC 4180).
func (s *Site) table(w http.ResponseWriter, r *http.Request, rows [][]string, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	c := csv.NewWriter(w)
	c.UseCRLF = true
	_ = c.WriteAll(rows) // the other end may be gone
}

func (s *Site) openServicesCSV(w http.ResponseWriter, r *http.Request) {
	rows := [][]string{{"id", "name", "provider", "kind", "users", "month", "grooming_risk", "assessed", "published_cases", "features", "simulated"}}
	for _, v := range s.public() {
		rows = append(rows, []string{v.ID, v.Name, v.Provider, v.Kind, strconv.FormatInt(v.Users, 10), v.Month, v.Grooming.String(), v.Assessed, strconv.Itoa(v.Cases), strings.Join(v.Features, " "), strconv.FormatBool(v.Simulated)})
	}
	s.table(w, r, rows, nil)
}

func (s *Site) openPenaltiesCSV(w http.ResponseWriter, r *http.Request) {
	rows := [][]string{{"case", "service", "service_name", "provider", "title", "decided", "fixed", "daily_accrued", "due", "capped", "stage", "simulated"}}
	for _, p := range s.published() {
		rows = append(rows, []string{strconv.FormatInt(int64(p.Case), 10), p.ServiceID, p.Service, p.Provider, p.Title, p.Decided.String(), p.Fixed.Decimal(), p.Daily.Decimal(), p.Due.Decimal(), strconv.FormatBool(p.Capped), string(p.Stage), strconv.FormatBool(p.Simulated)})
	}
	s.table(w, r, rows, nil)
}

// feed is an Atom feed of published decisions.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	list := s.published()
	type link struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr,omitempty"`
	}
	type entry struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Link    link   `xml:"link"`
		Summary string `xml:"summary"`
	}
	type author struct {
		Name string `xml:"name"`
	}
	out := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Author  author   `xml:"author"`
		Link    link     `xml:"link"`
		Entries []entry  `xml:"entry"`
	}{ID: "urn:rowan:oversight:decisions", Title: "Published decisions", Updated: s.now().UTC().Format(time.RFC3339), Author: author{"The regulator"}, Link: link{"/open/feed.xml", "self"}}
	for _, p := range list {
		out.Entries = append(out.Entries, entry{
			ID: fmt.Sprintf("urn:rowan:oversight:case:%d:%s", p.Case, p.Decided), Title: p.Provider + ": " + p.Title,
			Updated: time.Unix(int64(p.Decided)*86400, 0).UTC().Format(time.RFC3339), Link: link{Href: "/services/" + p.ServiceID}, Summary: "Fixed penalties of " + p.Fixed.String() + ".",
		})
	}
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // the other end may be gone
}
