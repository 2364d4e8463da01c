package site

import (
	"archive/zip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"rowan/ledger/verify"
	"rowan/oversight"
	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/people"
	"rowan/refusal"
	"rowan/wing"
)

// ReturnStore keeps returns and what was seen beside them.
type ReturnStore interface {
	returns.InboxStore
	conformance.Observations
}

// inbox is the site's part for returns.
type inbox struct {
	store     ReturnStore
	take      *returns.Inbox
	catalogue *returns.Catalogue
	forms     *forms
	crimes    []conformance.Crime
	witness   string // the regulator's own
}

func newInbox(ctx context.Context, o *Options) (*inbox, error) {
	if o.Returns == nil {
		return nil, nil
	}
	c, err := returns.DefaultCatalogue()
	if err != nil {
		return nil, err
	}
	known, err := newForms(ctx, o.Returns, c)
	if err != nil {
		return nil, err
	}
	return &inbox{o.Returns, returns.NewInbox(o.Returns, o.Now), c, known, o.Crimes, o.Witness}, nil
}

func (s *Site) returnRoutes() {
	if s.inbox == nil {
		return
	}
	g := s.Gate()
	g.Func("GET /returns", people.Public, s.returns)
	g.Func("GET /returns/{id}", people.Public, s.showReturn)
	g.Func("GET /returns/{id}/return.json", people.Public, s.rawReturn)
	g.Func("GET /open/returns.json", people.Public, s.openReturns)
	g.Func("GET /open/returns.csv", people.Public, s.openReturnsCSV)
	g.Func("POST /returns", TakeReturns, s.takeReturn)
	g.Func("GET /forms/{id}", people.Public, s.showForm)
	g.Func("POST /forms", EditRegister, s.setForm)
	g.Func("POST /returns/duty", EditRegister, s.setDuty)
	g.Func("POST /returns/observation", TakeReturns, s.observe)
}

// owed is what a duty asks for, and the keys that a return is held against.
func (b *inbox) owed(d *returns.Duty) (*returns.Expected, returns.Keys, error) {
	t := b.forms.find(d.Template)
	if t == nil {
		return nil, returns.Keys{}, fmt.Errorf("there is no form %q", d.Template)
	}
	k, err := verify.ParseKeys(d.Key, d.Witnesses...)
	if err != nil {
		return nil, returns.Keys{}, err
	}
	if d.Quorum < 0 || d.Quorum > len(k.Witnesses) {
		return nil, returns.Keys{}, fmt.Errorf("%d of %d witnesses cannot have cosigned", d.Quorum, len(k.Witnesses))
	}
	e := &returns.Expected{Service: d.Service, Template: *t, Log: k.Log.Name(), From: d.From, Until: d.Until}
	return e, returns.Keys{Log: k.Log, Witnesses: k.Witnesses, Quorum: d.Quorum}, nil
}

// evidence is what is known of a service; documents are read only where asked.
func (b *inbox) evidence(ctx context.Context, service string, duties []returns.Duty, documents bool) (e *conformance.Evidence, err error) {
	e = &conformance.Evidence{Service: service, Returns: map[returns.Digest]*returns.Return{}}
	for i := range duties {
		x, _, err := b.owed(&duties[i])
		if err != nil {
			return nil, err
		}
		e.Expected = append(e.Expected, *x)
	}
	if e.Received, err = b.store.List(ctx, returns.Filter{Service: service}); err != nil || !documents {
		return e, err
	}
	for i := range e.Received {
		got, err := b.store.Get(ctx, e.Received[i].Digest)
		if err != nil {
			return nil, err
		}
		signed, err := returns.Parse(got.Document)
		if err != nil {
			return nil, err
		}
		e.Returns[got.Digest] = &signed.Return
	}
	for _, c := range b.crimes {
		if c.Service == service {
			e.Crimes = append(e.Crimes, c)
		}
	}
	e.Observations, err = b.store.Observed(ctx, service)
	return e, err
}

// standing is how a service's returns stand, nil without an inbox or a duty.
func (s *Site) standing(ctx context.Context, service string) (*conformance.View, error) {
	if s.inbox == nil {
		return nil, nil
	}
	duties, err := s.inbox.store.Duties(ctx, service)
	if err != nil {
		return nil, err
	}
	e, err := s.inbox.evidence(ctx, service, duties, true)
	if err != nil || len(e.Expected) == 0 {
		return nil, err
	}
	return conformance.Of(e, s.now()), nil
}

// returnRow is a period of a service in the list.
type returnRow struct {
	Service, Name string
	Simulated     bool
	conformance.Row
}

// Page is where the return is shown, "" if there is none.
func (r *returnRow) Page() string { return page(&r.Row) }

func page(r *conformance.Row) string {
	if r.Received == nil {
		return ""
	}
	return "/returns/" + hex.EncodeToString(r.Received.Digest[:])
}

// A page shows so many returns, the newest, of so many services; a service's own
// page has all of its own.
const (
	mostReturns  = 200
	mostServices = 50
)

// returnRows are the periods of services that owe returns, in the order of their
// ids, from the one after another on; next is the last one, "" if there are no
// more.
func (s *Site) returnRows(ctx context.Context, name, after string) (rows []returnRow, next string, err error) {
	names := s.office.Names()
	duties, err := s.inbox.store.Duties(ctx, "")
	if err != nil {
		return nil, "", err
	}
	shown := 0
	for first, end := 0, 0; first < len(duties); first = end {
		id := duties[first].Service
		for end = first; end < len(duties) && duties[end].Service == id; end++ {
		}
		title := names.Service(id)
		if id <= after || name != "" && !strings.Contains(strings.ToLower(title), name) {
			continue
		}
		if shown == mostServices {
			return rows, next, nil
		}
		shown, next = shown+1, id
		e, err := s.inbox.evidence(ctx, id, duties[first:end], false)
		if err != nil {
			return nil, "", err
		}
		for _, r := range conformance.Of(e, s.now()).Rows {
			rows = append(rows, returnRow{id, title, names.Services[id].Simulated, r})
		}
	}
	return rows, "", nil
}

func (s *Site) returns(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	want := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("name")))
	rows, next, err := s.returnRows(ctx, want, r.URL.Query().Get("after"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	slices.SortStableFunc(rows, func(a, b returnRow) int { return b.Period.From().Compare(a.Period.From()) })
	names := s.office.Names()
	v := struct {
		Rows          []returnRow
		Next, Name    string
		Missing, Late int
		Services      []serviceName
		Attempts      []returns.Attempt
		Forms         []*returns.Template
		Own           []returns.Form // of them, those that notices set
		Witness       string
	}{
		Rows: rows[:min(len(rows), mostReturns)], Next: next, Name: want, Services: serviceNames(names),
		Forms: s.inbox.forms.all(), Own: s.inbox.forms.set(), Witness: s.inbox.witness,
	}
	for i := range rows {
		switch rows[i].State {
		case conformance.Missing:
			v.Missing++
		case conformance.Late:
			v.Late++
		}
	}
	if s.May(wing.Reader(r), TakeReturns) {
		if v.Attempts, err = s.inbox.store.Attempts(ctx, "", 20); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.Show(w, r, "returns", "Returns", v)
}

// received is the return that a path names.
func (s *Site) received(r *http.Request) (returns.Received, *returns.Signed, error) {
	raw, err := hex.DecodeString(r.PathValue("id"))
	if err != nil || len(raw) != len(returns.Digest{}) {
		return returns.Received{}, nil, oversight.ErrNotFound
	}
	got, err := s.inbox.store.Get(r.Context(), returns.Digest(raw))
	if errors.Is(err, returns.ErrNotFound) {
		return got, nil, oversight.ErrNotFound
	}
	if err != nil {
		return got, nil, err
	}
	signed, err := returns.Parse(got.Document)
	return got, signed, err
}

func (s *Site) showReturn(w http.ResponseWriter, r *http.Request) {
	got, signed, err := s.received(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	names := s.office.Names()
	count := map[string]int{}
	for i := range got.Verdict.Figures {
		count[string(got.Verdict.Figures[i].State)]++
	}
	s.Show(w, r, "return", names.Service(got.Service)+", "+got.Period.String(), struct {
		returns.Received
		Name   string
		Return *returns.Return
		Count  map[string]int
		Raw    string
	}{got, names.Service(got.Service), &signed.Return, count, r.URL.Path + "/return.json"})
}

func (s *Site) rawReturn(w http.ResponseWriter, r *http.Request) {
	got, _, err := s.received(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", got.Service+"-"+got.Template+"-"+got.Period.String()+".json"))
	_, _ = w.Write(got.Document) // the other end may be gone
}

// openReturn is a period in the open data. Its JSON is an interface.
type openReturn struct {
	Service   string            `json:"service"`
	Template  string            `json:"template"`
	Period    returns.Period    `json:"period"`
	Due       time.Time         `json:"due"`
	State     conformance.State `json:"state"`
	LateDays  int               `json:"late_days"`
	Received  time.Time         `json:"received,omitzero"`
	Versions  int               `json:"versions"`
	Document  string            `json:"document,omitempty"` // its path here
	Simulated bool              `json:"simulated"`
}

func (s *Site) openReturns(w http.ResponseWriter, r *http.Request) {
	rows, next, err := s.returnRows(r.Context(), "", r.URL.Query().Get("after"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	out := make([]openReturn, 0, len(rows))
	for i := range rows {
		x := &rows[i]
		o := openReturn{Service: x.Service, Template: x.Template, Period: x.Period, Due: x.Due, State: x.State, LateDays: x.Days, Received: x.First, Versions: x.Versions, Simulated: x.Simulated}
		if at := x.Page(); at != "" {
			o.Document = at + "/return.json"
		}
		out = append(out, o)
	}
	w.Header().Set("Content-Type", "application/json")
	// The other end may be gone.
	_ = json.NewEncoder(w).Encode(struct {
		Returns []openReturn `json:"returns"`
		Next    string       `json:"next,omitempty"` // ?after=NEXT has those of further services
	}{out, next})
}

// Sizes of what may be handed in.
const (
	mostUpload = 256 << 20
	inMemory   = 8 << 20
	mostLog    = 4 << 30 // unpacked
)

// takeReturn takes a document in, with the ledger and the records of decisions
// where they are given.
func (s *Site) takeReturn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostUpload)
	if err := r.ParseMultipartForm(inMemory); err != nil {
		s.fail(w, r, wrong("the files could not be read, or are more than %d MB together", mostUpload>>20))
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // temporary files
	got, again, err := s.takeFiles(r)
	if no, ok := refusal.In(err); ok {
		s.Problem(w, r, http.StatusUnprocessableEntity, "The return was not taken in", strings.ToUpper(no.Text[:1])+no.Text[1:]+".", "That it was handed in is noted. Ask the service for a return that holds.")
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	done := "The return was taken in."
	switch {
	case again:
		done = "The same return is here already; nothing was changed."
	case got.Late:
		done = "The return was taken in. It is late."
	}
	s.Back(w, r, "/returns/"+hex.EncodeToString(got.Digest[:]), done)
}

func (s *Site) takeFiles(r *http.Request) (got returns.Received, again bool, err error) {
	ctx, service := r.Context(), r.PostFormValue("service")
	document, err := uploaded(r, "return", returns.MostBytes)
	if err != nil {
		return got, false, err
	}
	if document == nil {
		return got, false, wrong("choose the file of the return")
	}
	e := returns.Evidence{Catalogue: s.inbox.catalogue}
	if file, head, err := r.FormFile("log"); err == nil {
		defer file.Close()
		if e.Log, err = logIn(file, head.Size); err != nil {
			return got, false, err
		}
	}
	if file, _, err := r.FormFile("decisions"); err == nil {
		defer file.Close()
		records, err := returns.OpenRecords(file)
		if err != nil {
			return got, false, wrong("%v", err)
		}
		e.Records = records
	}
	return s.Take(ctx, service, wing.Reader(r).ID, document, e)
}

// Take takes a document of a service's in, and tells the ledger.
func (s *Site) Take(ctx context.Context, service, by string, document []byte, e returns.Evidence) (got returns.Received, again bool, err error) {
	duties, err := s.inbox.store.Duties(ctx, service)
	if err != nil {
		return got, false, err
	}
	if len(duties) == 0 || service == "" {
		return got, false, wrong("there is no ledger key of this service on file: enter it first, under what services owe")
	}
	duty := &duties[0]
	if signed, err := returns.Parse(document); err == nil {
		for i := range duties {
			if duties[i].Template == signed.Return.Template {
				duty = &duties[i]
			}
		}
	}
	owed, keys, err := s.inbox.owed(duty)
	if err != nil {
		return got, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	got, again, err = s.inbox.take.Take(ctx, owed, document, keys, e)
	if again {
		return got, again, err
	}
	record := oversight.Record{Of: "service/" + service, What: "return_received", Facts: map[string]string{}, Subjects: map[string]string{"by": "person/" + by}}
	switch no, refused := refusal.In(err); {
	case refused:
		record.What, record.Facts["code"] = "return_refused", no.Code
	case err != nil:
		return got, false, err
	default:
		record.Facts["digest"], record.Facts["period"], record.Facts["version"] = got.Digest.String(), got.Period.String(), fmt.Sprint(got.Version)
	}
	if failed := s.told(s.office.Note(ctx, record)); failed != nil {
		return got, false, failed
	}
	return got, false, err
}

// uploaded is a file of a form, nil if none was chosen.
func uploaded(r *http.Request, name string, most int64) ([]byte, error) {
	file, head, err := r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, wrong("the file could not be read")
	}
	defer file.Close()
	if head.Size > most {
		return nil, wrong("the file has %d bytes; at most %d", head.Size, most)
	}
	return io.ReadAll(file)
}

// logIn is a ledger in a zip file.
func logIn(file multipart.File, size int64) (*returns.Directory, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, wrong("the ledger is no zip file: pack the directory that 'rowan evidence log' wrote")
	}
	unpacked, top := uint64(0), ""
	for _, f := range z.File {
		unpacked += f.UncompressedSize64
		if dir, name, ok := strings.Cut(f.Name, "/"); ok && name == "checkpoint" {
			top = dir
		}
	}
	if unpacked > mostLog {
		return nil, wrong("the ledger is more than %d GB: check the return with 'rowan oversight verify'", mostLog>>30)
	}
	files := fs.FS(z)
	if top != "" {
		if files, err = fs.Sub(z, top); err != nil {
			return nil, err
		}
	}
	d, err := returns.OpenDirectory(files)
	if err != nil {
		return nil, wrong("%v", err)
	}
	return d, nil
}

// setDuty puts on file what a service owes, with the key of its ledger.
func (s *Site) setDuty(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := form{Values: r.PostForm}
	from := f.day("from", "the day from which returns are owed")
	d := returns.Duty{Service: f.text("service"), Template: f.text("template"), Key: f.text("key"), Witnesses: f.lines("witnesses"), Quorum: f.number("quorum", "how many witnesses"), From: time.Unix(int64(from)*86400, 0).UTC(), By: wing.Reader(r).ID, At: s.now().UTC()}
	if err := errors.Join(f.err, s.SetDuty(r.Context(), d)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/returns", "It is on file what the service owes.")
}

// SetDuty puts on file what a service owes, and tells the ledger.
func (s *Site) SetDuty(ctx context.Context, d returns.Duty) error {
	names := s.office.Names()
	switch _, known := names.Services[d.Service]; {
	case !known:
		return wrong("choose a service of the register")
	case d.From.Unix() <= 0:
		return wrong("say from which day returns are owed")
	}
	if _, _, err := s.inbox.owed(&d); err != nil {
		return wrong("%v", err)
	}
	if err := s.inbox.store.PutDuty(ctx, d); err != nil {
		return err
	}
	facts := map[string]string{"template": d.Template, "key": d.Key, "from": d.From.Format(time.DateOnly)}
	if len(d.Witnesses) > 0 {
		facts["witnesses"] = strings.Join(d.Witnesses, " ")
	}
	return s.told(s.office.Note(ctx, oversight.Record{
		Of: "service/" + d.Service, What: "return_owed", Facts: facts, Subjects: map[string]string{"by": "person/" + d.By},
	}))
}

// observe notes what a test account or users' reports showed.
func (s *Site) observe(w http.ResponseWriter, r *http.Request) {
	if !s.Parsed(w, r) {
		return
	}
	f := form{Values: r.PostForm}
	at := f.day("on", "the day of the observation")
	o := conformance.Observation{
		Service: f.text("service"), Kind: conformance.Kind(f.text("kind")), Measure: f.text("measure"), At: time.Unix(int64(at)*86400, 0).UTC(),
		Count: int64(f.number("count", "how many")), Failed: int64(f.number("failed", "how many failed")), Source: f.text("source"), Note: f.text("note"),
	}
	err := f.err
	switch {
	case err != nil:
	case o.Kind != conformance.TestAccount && o.Kind != conformance.UserReports:
		err = wrong("say whether a test account or users' reports showed it")
	case at == 0:
		err = wrong("say on which day it was seen")
	case o.Service == "" || o.Measure == "" || o.Source == "":
		err = wrong("service, measure and source are needed")
	case o.Count < 1 || o.Failed < 0 || o.Failed > o.Count:
		err = wrong("there is at least one probe or report, and not more fail than there are")
	default:
		_, err = s.inbox.store.Observe(r.Context(), o)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Back(w, r, "/services/"+o.Service, "The observation is noted.")
}

// aboutReturns are the words that templates use for returns.
func aboutReturns() map[string]any {
	return map[string]any{
		"value":  returns.Words,
		"date":   func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"hex":    func(d returns.Digest) string { return hex.EncodeToString(d[:]) },
		"return": func(r conformance.Row) string { return page(&r) },
		"owedWords": func(state conformance.State) string {
			return map[conformance.State]string{conformance.NotDue: "not due yet", conformance.Missing: "missing", conformance.Late: "late", conformance.OnTime: "on time"}[state]
		},
		"checkedWords": func(state returns.State) string {
			return map[returns.State]string{
				returns.Recomputed: "counted again from the ledger", returns.Broken: "the ledger gives something else", returns.Claimed: "the service’s word",
				returns.Absent: "not held", returns.Unchecked: "not checked",
			}[state]
		},
		"kindWords": func(k conformance.Kind) string {
			return map[conformance.Kind]string{conformance.RecordedCrime: "recorded crime", conformance.UserReports: "users’ reports", conformance.TestAccount: "a test account"}[k]
		},
		"measure": func(r conformance.Row, id string) *conformance.MeasureCell {
			if c, ok := r.Measures[id]; ok {
				return &c
			}
			return nil
		},
	}
}
