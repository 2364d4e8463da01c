// Package cybertiptest is a server on this machine that behaves as the
// CyberTipline's Reporting API is described to: calls and elements in order,
// reports that end if they are not finished in time, and what it answers where
// something was done before.
package cybertiptest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The credentials that the server takes.
const (
	User     = "example-esp"
	Password = "a password for tests only"
)

// How long an unfinished report lives: until the later of the two.
const (
	FromOpening = 24 * time.Hour
	FromChange  = time.Hour
)

// Fault is what goes wrong with a call.
type Fault int

// The faults.
const (
	None      Fault = iota
	Refuse          // answers 1000 and does nothing
	LoseReply       // does it, and the connection breaks
	LoseCall        // does nothing, and the connection breaks
	Garbage         // does it, and answers something else
)

// File is one that was uploaded.
type File struct {
	ID      string
	Name    string
	Body    []byte
	Details []byte // nil: not described
}

// Report is one that was opened.
type Report struct {
	ID        int64
	Body      []byte
	Files     []File
	Opened    time.Time
	Changed   time.Time
	Finished  bool
	Retracted bool
}

// Server is the server; it is an http.Handler.
type Server struct {
	Now func() time.Time
	// Fault says what goes wrong with a call; nil: nothing.
	Fault func(call string) Fault

	mu      sync.Mutex
	reports map[int64]*Report
	last    int64
	calls   int
}

// New is a server with a clock.
func New(now func() time.Time) *Server {
	return &Server{Now: now, reports: map[int64]*Report{}, last: 4_000_000}
}

// Finished are the reports that were handed in, in order.
func (s *Server) Finished() (out []Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reports {
		if r.Finished {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b Report) int { return int(a.ID - b.ID) })
	return out
}

// Open counts the reports that are neither finished nor retracted nor over.
func (s *Server) Open() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.reports {
		if r := s.find(id); r != nil && !r.Finished && !r.Retracted {
			n++
		}
	}
	return n
}

// find is a report, nil once it was left unfinished for too long.
func (s *Server) find(id int64) *Report {
	r := s.reports[id]
	if r == nil || r.Finished || r.Retracted {
		return r
	}
	end := r.Opened.Add(FromOpening)
	if later := r.Changed.Add(FromChange); later.After(end) {
		end = later
	}
	if s.Now().Before(end) {
		return r
	}
	delete(s.reports, id)
	return nil
}

type answer struct {
	code     int
	text     string
	report   int64
	file     string
	hash     string
	finished *Report
}

func (a answer) xml() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if a.finished != nil {
		fmt.Fprintf(&b, "<reportDoneResponse><responseCode>%d</responseCode><reportId>%d</reportId><files>", a.code, a.report)
		for _, f := range a.finished.Files {
			fmt.Fprintf(&b, "<fileId>%s</fileId>", f.ID)
		}
		b.WriteString("</files></reportDoneResponse>")
		return b.Bytes()
	}
	fmt.Fprintf(&b, "<reportResponse><responseCode>%d</responseCode><responseDescription>", a.code)
	_ = xml.EscapeText(&b, []byte(a.text)) // a buffer takes all
	b.WriteString("</responseDescription>")
	if a.report != 0 {
		fmt.Fprintf(&b, "<reportId>%d</reportId>", a.report)
	}
	if a.file != "" {
		fmt.Fprintf(&b, "<fileId>%s</fileId><hash>%s</hash>", a.file, a.hash)
	}
	b.WriteString("</reportResponse>")
	return b.Bytes()
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	fault := None
	if s.Fault != nil {
		fault = s.Fault(call)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	w.Header().Set("Request-ID", "q-"+strconv.Itoa(s.calls))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	var a answer
	switch user, password, _ := r.BasicAuth(); {
	case fault == LoseCall:
		panic(http.ErrAbortHandler)
	case fault == Refuse:
		a = answer{code: 1000, text: "server error"}
	case user != User || password != Password:
		w.WriteHeader(http.StatusUnauthorized)
		a = answer{code: 2000, text: "unauthenticated"}
	default:
		a = s.do(call, r, body)
	}
	switch fault {
	case LoseReply:
		panic(http.ErrAbortHandler)
	case Garbage:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>") // the caller may be gone
		return
	}
	_, _ = w.Write(a.xml()) // the caller may be gone
}

func (s *Server) do(call string, r *http.Request, body []byte) answer {
	if want := map[string]string{"status": http.MethodGet}[call]; call != "status" && r.Method != http.MethodPost || want != "" && r.Method != want {
		return answer{code: 4000, text: "method"}
	}
	now := s.Now()
	switch call {
	case "status":
		return answer{text: "hello"}
	case "submit":
		if a := inOrder(body, "report", "batchedReport incidentSummary internetDetails lawEnforcement reporter personOrUserReported intendedRecipient victim additionalInfo",
			"incidentSummary internetDetails reporter"); a.code != 0 {
			return a
		}
		s.last++
		s.reports[s.last] = &Report{ID: s.last, Body: body, Opened: now, Changed: now}
		return answer{report: s.last}
	case "fileinfo":
		if a := inOrder(body, "fileDetails", "reportId fileId fileName originalFileName uploadedToEspTimestamp locationOfFile fileViewedByEsp exifViewedByEsp "+
			"publiclyAvailable fileRelevance potentialMeme fileAnnotations industryClassification originalFileHash ipCaptureEvent deviceId details additionalInfo",
			"reportId fileId"); a.code != 0 {
			return a
		}
		var x struct {
			ReportID int64  `xml:"reportId"`
			FileID   string `xml:"fileId"`
		}
		if err := xml.Unmarshal(body, &x); err != nil {
			return answer{code: 4110, text: err.Error()}
		}
		rep, a := s.unfinished(x.ReportID)
		if rep == nil {
			return a
		}
		for i := range rep.Files {
			if rep.Files[i].ID == x.FileID {
				rep.Files[i].Details, rep.Changed = body, now
				return answer{report: rep.ID}
			}
		}
		return answer{code: 5002, text: "no such file", report: rep.ID}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	id, err := strconv.ParseInt(r.FormValue("id"), 10, 64)
	if err != nil {
		return answer{code: 4000, text: "id"}
	}
	rep, a := s.unfinished(id)
	if rep == nil {
		return a
	}
	switch call {
	case "upload":
		part, head, err := r.FormFile("file")
		if err != nil {
			return answer{code: 4200, text: "file"}
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return answer{code: 1110, text: "file"}
		}
		sum := md5.Sum(content)
		f := File{ID: fmt.Sprintf("f%d-%d", rep.ID, len(rep.Files)+1), Name: head.Filename, Body: content}
		rep.Files, rep.Changed = append(rep.Files, f), now
		return answer{report: rep.ID, file: f.ID, hash: hex.EncodeToString(sum[:])}
	case "finish":
		rep.Finished = true
		return answer{report: rep.ID, finished: rep}
	case "retract":
		rep.Retracted = true
		return answer{report: rep.ID}
	}
	return answer{code: 4000, text: "no such call"}
}

// unfinished is a report that can still change, or why there is none.
func (s *Server) unfinished(id int64) (*Report, answer) {
	switch r := s.find(id); {
	case r == nil:
		return nil, answer{code: 5001, text: "no such report"}
	case r.Retracted:
		return nil, answer{code: 5101, text: "already retracted", report: id}
	case r.Finished:
		return nil, answer{code: 5102, text: "already finished", report: id}
	default:
		return r, answer{}
	}
}

// inOrder checks the root's children: those that must be there, and the order.
func inOrder(body []byte, root, order, required string) answer {
	d := xml.NewDecoder(bytes.NewReader(body))
	place := map[string]int{}
	for i, n := range strings.Fields(order) {
		place[n] = i
	}
	seen := map[string]bool{}
	depth, last := 0, 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return answer{code: 4110, text: "not well formed"}
		}
		switch x := token.(type) {
		case xml.StartElement:
			depth++
			i, known := place[x.Name.Local]
			switch {
			case depth == 1 && x.Name.Local != root:
				return answer{code: 4100, text: "cvc-elt.1: Cannot find the declaration of element '" + x.Name.Local + "'."}
			case depth == 2 && (!known || i < last):
				return answer{code: 4100, text: "cvc-complex-type.2.4.a: Invalid content was found starting with element '" + x.Name.Local + "'."}
			case depth == 2:
				last, seen[x.Name.Local] = i, true
			}
		case xml.EndElement:
			depth--
		}
	}
	for n := range strings.FieldsSeq(required) {
		if !seen[n] {
			return answer{code: 4100, text: "cvc-complex-type.2.4.b: One of '{" + n + "}' is expected."}
		}
	}
	return answer{}
}
