package dispatch_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework/report"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/reporttest"
	"rowan/casework/report/sqlite"
)

// vault binds a text to its number, as the real one does, without hiding it.
type vault struct{}

func (vault) Seal(number uint64, plain []byte) ([]byte, uint32, error) {
	return append([]byte(fmt.Sprintf("%020d", number)), plain...), 3, nil
}

func (vault) Open(number uint64, key uint32, sealed []byte) ([]byte, error) {
	if key != 3 || !bytes.HasPrefix(sealed, []byte(fmt.Sprintf("%020d", number))) {
		return nil, errors.New("it was sealed under another number")
	}
	return sealed[20:], nil
}

// errCrash is the end of a process.
var errCrash = errors.New("the process ended here")

// crashing is a store that ends the process before or after a write.
type crashing struct {
	dispatch.Store
	at     int // the number of the write; 0: never
	writes int
	after  bool
}

func (c *crashing) Save(ctx context.Context, d dispatch.Delivery, e dispatch.Entry) (dispatch.Delivery, error) {
	c.writes++
	if c.writes == c.at && !c.after {
		return d, errCrash
	}
	d, err := c.Store.Save(ctx, d, e)
	if c.writes == c.at && err == nil {
		return d, errCrash
	}
	return d, err
}

// world is a platform, its clock, and NCMEC.
type world struct {
	t interface {
		Helper()
		Fatal(...any)
		Fatalf(string, ...any)
	}
	ctx    context.Context
	at     atomic.Pointer[time.Time]
	server *cybertiptest.Server
	api    *cybertip.Client
	store  *sqlite.Store
	noted  []string
}

// host serves many worlds, one after another.
type host struct{ h atomic.Pointer[http.Handler] }

func (x *host) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*x.h.Load()).ServeHTTP(w, r) }

func (x *host) serve(h http.Handler) { x.h.Store(&h) }

// now and set are the clock, which a call that was broken off may still read.
func (w *world) now() time.Time { return *w.at.Load() }

func (w *world) set(t time.Time) { w.at.Store(&t) }

func newHost(t *testing.T) (*host, *cybertip.Client) {
	x := &host{}
	h := httptest.NewServer(x)
	t.Cleanup(h.Close)
	credentials, err := cybertip.NewCredentials(cybertiptest.User, cybertiptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	// A new connection for each call: one that broke leaves no trace.
	c, err := cybertip.NewClient(h.URL, credentials, &http.Transport{DisableKeepAlives: true})
	if err != nil {
		t.Fatal(err)
	}
	return x, c
}

func (w *world) outbox(s dispatch.Store) *dispatch.Outbox {
	return dispatch.New(dispatch.Options{
		Store: s, Vault: vault{}, API: w.api, Now: w.now,
		Noted: func(_ context.Context, d dispatch.Delivery) error {
			if !slices.Contains(w.noted, d.Reference) {
				w.noted = append(w.noted, d.Reference)
			}
			return nil
		},
	})
}

func newWorld(t *testing.T, h *host, api *cybertip.Client) *world {
	s, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, ctx: t.Context(), api: api, store: s}
	w.set(reporttest.At(100))
	w.fresh(h)
	return w
}

func (w *world) fresh(h *host) {
	w.server, w.noted = cybertiptest.New(w.now), nil
	h.serve(w.server)
}

func document(t interface{ Fatal(...any) }, f *report.Facts) (*cybertip.Document, report.Authority) {
	d, missing, err := cybertip.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := d.Digest()
	if err != nil {
		t.Fatal(err)
	}
	a, err := report.Authorise(digest, missing, reporttest.Signs(digest), reporttest.At(99))
	if err != nil {
		t.Fatal(err)
	}
	return d, a
}

// send puts a report into the outbox.
func (w *world) send(id int64) dispatch.Delivery {
	w.t.Helper()
	doc, a := document(w.t, withCase(id))
	d, err := w.outbox(w.store).Send(w.ctx, id, "p-3", doc, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// settle runs the outbox, moving the clock on, until the delivery rests.
func (w *world) settle(b *dispatch.Outbox, id int64) (dispatch.Delivery, error) {
	w.t.Helper()
	for range 400 {
		if _, err := b.Step(w.ctx); err != nil {
			return dispatch.Delivery{}, err
		}
		d, err := w.store.Delivery(w.ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		if d.State == dispatch.Failed || d.State.Over() && (d.Noted || d.State != dispatch.Delivered) {
			return d, nil
		}
		if d.Next.After(w.now()) {
			w.set(d.Next)
		}
	}
	w.t.Fatal("it never rests")
	return dispatch.Delivery{}, nil
}

// once checks that NCMEC has one report, whole, with each file once.
func (w *world) once(d dispatch.Delivery) {
	w.t.Helper()
	got := w.server.Finished()
	if len(got) != 1 {
		w.t.Fatalf("NCMEC has %d reports", len(got))
	}
	doc, _ := document(w.t, withCase(d.Case))
	body, err := doc.XML()
	if err != nil {
		w.t.Fatal(err)
	}
	if !bytes.Equal(got[0].Body, body) || len(got[0].Files) != len(doc.Files) {
		w.t.Fatalf("NCMEC's report has %d files of %d", len(got[0].Files), len(doc.Files))
	}
	for i, file := range got[0].Files {
		sum := md5.Sum(file.Body)
		if !bytes.Equal(file.Body, doc.Files[i].Body) || file.Details == nil || !bytes.Contains(file.Details, []byte(hex.EncodeToString(sum[:]))) {
			w.t.Fatalf("file %d is not as it was, or not described", i)
		}
	}
	if d.State != dispatch.Delivered || d.Reference != fmt.Sprint(got[0].ID) || !slices.Equal(w.noted, []string{d.Reference}) {
		w.t.Fatalf("%+v, noted %v", d, w.noted)
	}
}

func TestAReportGoesItsWay(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	d := w.send(7)
	d, err := w.settle(w.outbox(w.store), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.once(d)
	if w.server.Open() != 0 {
		t.Error("a report is left open")
	}
	entries, err := w.store.Entries(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, e := range entries {
		if e.Phase == "after" {
			steps = append(steps, e.What)
			continue
		}
		if e.Phase != "before" {
			t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(steps, " "); got != "created submit upload fileinfo upload fileinfo finish noted" {
		t.Error(got)
	}
	doc, a := document(t, withCase(7))
	if _, err := w.outbox(w.store).Send(t.Context(), 7, "p-3", doc, a); !errors.Is(err, dispatch.ErrAlready) {
		t.Error("the same report goes once:", err)
	}
}

func withCase(id int64) *report.Facts {
	f := reporttest.WithPicture()
	f.Case = id
	return f
}

// The process ends before or after each write, in turn, and a new one goes on.
func TestACrashAtAnyStepLeadsToOneWholeReport(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	crashes := 0
	for id := int64(1); ; id++ {
		w.fresh(h)
		at, after := int(id+1)/2, id%2 == 0
		d := w.send(id)
		store := &crashing{Store: w.store, at: at, after: after}
		_, err := w.settle(w.outbox(store), d.ID)
		if err == nil {
			break // there is no write with this number
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("write %d: %v", at, err)
		}
		crashes++
		d, err = w.settle(w.outbox(w.store), d.ID)
		if err != nil {
			t.Fatalf("write %d: %v", at, err)
		}
		w.once(d)
		w.set(w.now().Add(25 * time.Hour))
		if n := w.server.Open(); n != 0 {
			t.Fatalf("write %d: %d reports stay open", at, n)
		}
	}
	if crashes < 2*13 { // each of six steps is written twice, and the note
		t.Errorf("only %d crashes were tried", crashes)
	}
}

// Whatever is lost on the way, whenever the process ends and however long it
// stands still, there is one report or none, and none is out of sight.
func TestFaultsCrashesAndPausesLeadToAtMostOneReport(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	id := int64(0)
	delivered := 0
	rapid.Check(t, func(rt *rapid.T) {
		id++
		w.fresh(h)
		faults := rapid.SliceOfN(rapid.SampledFrom([]cybertiptest.Fault{
			cybertiptest.None, cybertiptest.None, cybertiptest.Refuse, cybertiptest.LoseReply, cybertiptest.LoseCall, cybertiptest.Garbage,
		}), 0, 12).Draw(rt, "faults")
		w.server.Fault = func(string) cybertiptest.Fault {
			if len(faults) == 0 {
				return cybertiptest.None
			}
			f := faults[0]
			faults = faults[1:]
			return f
		}
		d := w.send(id)
		for range rapid.IntRange(0, 3).Draw(rt, "crashes") {
			store := &crashing{Store: w.store, at: rapid.IntRange(1, 14).Draw(rt, "at"), after: rapid.Bool().Draw(rt, "after")}
			if _, err := w.settle(w.outbox(store), d.ID); err != nil && !errors.Is(err, errCrash) {
				rt.Fatal(err)
			}
			w.set(w.now().Add(time.Duration(rapid.SampledFrom([]int{0, 2, 26}).Draw(rt, "pause")) * time.Hour))
		}
		d, err := w.settle(w.outbox(w.store), d.ID)
		if err != nil {
			rt.Fatal(err)
		}
		switch d.State {
		case dispatch.Delivered:
			w.once(d)
			delivered++
		case dispatch.Failed:
			if n := len(w.server.Finished()); n > 1 || d.Problem == nil || d.Problem.Why == "" {
				rt.Fatalf("%d reports; %+v", n, d)
			}
			// Only what cannot be known is left to a person.
			if d.Problem.Code != cybertip.NoReport || d.Problem.Step != dispatch.Finish {
				rt.Fatalf("%+v", d.Problem)
			}
		default:
			rt.Fatalf("%+v", d)
		}
	})
	if delivered == 0 {
		t.Error("none was ever delivered")
	}
}

func TestWhatIsNotAcceptedWaitsForAPersonAndSaysWhichFields(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	d := w.send(7)
	h.serve(answering(4100, "cvc-datatype-valid: 'north@example.invalid' is not valid for 'espIdentifier'"))
	d, err := w.settle(w.outbox(w.store), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.State != dispatch.Failed || !slices.Equal(d.Problem.Fields, []string{"espIdentifier"}) || d.Problem.Code != cybertip.Validation || d.Problem.RequestID != "q-1" {
		t.Errorf("%+v", d.Problem)
	}
	if text := fmt.Sprintf("%+v", d) + mustJSON(t, d); strings.Contains(text, "north@") {
		t.Error("the server's text is kept")
	}
	for range 3 { // it does not go on by itself
		w.set(w.now().Add(time.Hour))
		if worked, err := w.outbox(w.store).Step(t.Context()); worked || err != nil {
			t.Errorf("%v, %v", worked, err)
		}
	}
	h.serve(w.server)
	if d, err = w.outbox(w.store).Retry(t.Context(), d.ID, "p-1"); err != nil || d.State != dispatch.Waiting {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err = w.settle(w.outbox(w.store), d.ID); err != nil {
		t.Fatal(err)
	}
	w.once(d)
}

func answering(code int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-ID", "q-1")
		fmt.Fprintf(w, "<reportResponse><responseCode>%d</responseCode><responseDescription>%s</responseDescription></reportResponse>", code, text)
	})
}

func mustJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAServerThatIsDownIsTriedAgainAndThenAPersonLooks(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	d := w.send(7)
	began := w.now()
	w.server.Fault = func(string) cybertiptest.Fault { return cybertiptest.Refuse }
	d, err := w.settle(w.outbox(w.store), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if took := w.now().Sub(began); d.State != dispatch.Failed || d.Attempts != 20 || took < 12*time.Hour || took > 16*time.Hour {
		t.Errorf("%+v after %v", d, took)
	}
	list, err := w.store.List(t.Context(), dispatch.Filter{States: []dispatch.State{dispatch.Failed}})
	if err != nil || len(list) != 1 {
		t.Errorf("it is out of sight: %v, %v", list, err)
	}
	if _, err := w.outbox(w.store).Resolve(t.Context(), d.ID, "p-1", ""); err == nil {
		t.Error("resolved without a reason")
	}
	if _, err := w.outbox(w.store).Resolve(t.Context(), d.ID, "", "filed by hand"); err == nil {
		t.Error("resolved by nobody")
	}
	d, err = w.outbox(w.store).Resolve(t.Context(), d.ID, "p-1", "filed by hand")
	if err != nil || d.State != dispatch.Resolved || d.Resolution.By != "p-1" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWithdrawingBeforeTheEnd(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	for steps := range 6 { // after so many steps
		w.fresh(h)
		d := w.send(int64(steps + 1))
		for range steps {
			if _, err := w.outbox(w.store).Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.outbox(w.store).Withdraw(t.Context(), d.ID, "p-1"); err != nil {
			t.Fatal(err)
		}
		d, err := w.settle(w.outbox(w.store), d.ID)
		if err != nil || d.State != dispatch.Withdrawn || len(w.server.Finished()) != 0 || w.server.Open() != 0 {
			t.Errorf("after %d steps: %+v, %v", steps, d, err)
		}
	}
	w.fresh(h)
	d := w.send(99)
	if d, err := w.settle(w.outbox(w.store), d.ID); err != nil {
		t.Fatal(err)
	} else if _, err := w.outbox(w.store).Withdraw(t.Context(), d.ID, "p-1"); !errors.Is(err, dispatch.ErrOver) {
		t.Error("what is delivered cannot be taken back:", err)
	}
}

func TestNothingIsSentWithoutTheWordOfTwoForThisDocument(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	doc, _ := document(t, withCase(7))
	_, other := document(t, reporttest.Facts())
	if _, err := w.outbox(w.store).Send(t.Context(), 7, "p-3", doc, report.Authority{}); !errors.Is(err, report.ErrUnsigned) {
		t.Error(err)
	}
	if _, err := w.outbox(w.store).Send(t.Context(), 7, "p-3", doc, other); !errors.Is(err, report.ErrChanged) {
		t.Error(err)
	}
	_, right := document(t, withCase(7))
	if _, err := w.outbox(w.store).Send(t.Context(), 7, "", doc, right); err == nil {
		t.Error("nobody has sent it")
	}
	if list, err := w.store.List(t.Context(), dispatch.Filter{}); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestWhatAPersonHandsOver(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	_, a := document(t, withCase(7))
	b := w.outbox(w.store)
	d, err := b.HandOver(t.Context(), 7, "p-3", dispatch.NCA, []byte("a bundle"), a.Digest(), time.Time{}, a)
	if err != nil {
		t.Fatal(err)
	}
	if worked, err := b.Step(t.Context()); worked || err != nil {
		t.Errorf("it is a person's to do: %v, %v", worked, err)
	}
	if body, err := b.Document(t.Context(), d.ID); err != nil || string(body) != "a bundle" {
		t.Errorf("%q, %v", body, err)
	}
	if _, err := b.Refer(t.Context(), d.ID, "p-1", ""); err == nil {
		t.Error("delivered without a reference")
	}
	d, err = b.Refer(t.Context(), d.ID, "p-1", "NCA-1")
	if err != nil || d.State != dispatch.Delivered || d.Reference != "NCA-1" || !slices.Equal(w.noted, []string{"NCA-1"}) {
		t.Errorf("%+v, %v", d, err)
	}
}
