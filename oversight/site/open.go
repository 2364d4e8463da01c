package site

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
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
