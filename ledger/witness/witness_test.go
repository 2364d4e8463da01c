package witness_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/sqlite"
	"rowan/ledger/witness"
)

var start = time.Unix(1_700_000_000, 0)

const origin = "platform.example/log"

// post is a witness that watches one log.
type post struct {
	t     *testing.T
	dir   string
	state *witness.State
	key   *ledger.Key // the witness's
	log   *ledger.Key // the log's
	url   string
	now   time.Time
}

func newPost(t *testing.T) *post {
	p := &post{t: t, dir: t.TempDir(), now: start}
	p.key = p.newKey("regulator.example/w1", ledger.WitnessKey)
	p.log = p.newKey(origin, ledger.LogKey)
	p.open()
	return p
}

func (p *post) newKey(name string, purpose ledger.Purpose) *ledger.Key {
	p.t.Helper()
	k, err := ledger.OpenKey(filepath.Join(p.t.TempDir(), "key"), name, purpose, func() time.Time { return p.now })
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

func verifier(t *testing.T, k *ledger.Key) note.Verifier {
	t.Helper()
	v, err := ledger.NewVerifier(k.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// open starts the witness on its state.
func (p *post) open() {
	p.t.Helper()
	state, err := witness.OpenState(context.Background(), filepath.Join(p.dir, "witness.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.state = state
	v := verifier(p.t, p.log)
	h, err := witness.New(witness.Config{Key: p.key, State: state, Log: slog.New(slog.DiscardHandler), Logs: func(_ context.Context, o string) ([]note.Verifier, error) {
		if o != origin {
			return nil, nil
		}
		return []note.Verifier{v}, nil
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(h)
	p.url = server.URL
	p.t.Cleanup(func() { server.Close(); state.Close() })
}

// newLog is a log of n leaves whose texts begin with a word.
func (p *post) newLog(word string, n int) *ledger.Log {
	p.t.Helper()
	store, err := sqlite.Open(context.Background(), filepath.Join(p.t.TempDir(), "log.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { store.Close() })
	l, err := ledger.Open(context.Background(), store, ledger.Options{Signer: p.log})
	if err != nil {
		p.t.Fatal(err)
	}
	p.grow(l, word, n)
	return l
}

func (p *post) grow(l *ledger.Log, word string, n int) {
	p.t.Helper()
	for i := range n {
		if _, err := l.Append(context.Background(), p.now, ledger.Record{Kind: ledger.Docket, What: fmt.Sprint(word, i)}); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *post) sign(l *ledger.Log) []byte {
	p.t.Helper()
	signed, err := l.Sign(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	return signed
}

// ask sends a request and returns the status and the answer.
func (p *post) ask(body []byte) (int, string, string) {
	p.t.Helper()
	resp, err := http.Post(p.url+"/add-checkpoint", "text/plain", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header.Get("Content-Type")
}

func (p *post) proof(l *ledger.Log, from, to int64) tlog.TreeProof {
	p.t.Helper()
	proof, err := l.Consistency(context.Background(), from, to)
	if err != nil {
		p.t.Fatal(err)
	}
	return proof
}

// The statuses are those of C2SP tlog-witness.
func TestAWitnessAnswersAsTheSpecificationSays(t *testing.T) {
	p := newPost(t)
	l := p.newLog("a", 5)
	five := p.sign(l)
	p.grow(l, "b", 4)
	nine := p.sign(l)
	split := p.sign(p.newLog("z", 9))
	longer := p.newLog("z", 12)
	other := p.sign(longer)
	stranger := newPost(t)
	for _, c := range []struct {
		what   string
		body   []byte
		status int
		answer string
	}{
		{"ahead of what it knows", witness.Body(5, p.proof(l, 5, 9), nine), 409, "0\n"},
		{"the first checkpoint", witness.Body(0, nil, five), 200, "— regulator.example/w1 "},
		{"the same again", witness.Body(5, nil, five), 200, "— regulator.example/w1 "},
		{"a wrong proof", witness.Body(5, p.proof(l, 4, 9), nine), 422, ""},
		{"no proof", witness.Body(5, nil, nine), 422, ""},
		{"an old size above the checkpoint's", witness.Body(9, nil, five), 400, ""},
		{"a proper step", witness.Body(5, p.proof(l, 5, 9), nine), 200, "— regulator.example/w1 "},
		{"rolled back", witness.Body(5, nil, five), 409, "9\n"},
		{"a split view of the same size", witness.Body(9, nil, split), 409, "9\n"},
		{"a split view that grew", witness.Body(9, p.proof(longer, 9, 12), other), 422, ""},
		{"a proof between equal sizes", witness.Body(9, p.proof(l, 5, 9), nine), 422, ""},
		{"somebody else's signature", witness.Body(9, nil, stranger.sign(stranger.newLog("a", 9))), 403, ""},
		{"a log that is not watched", witness.Body(0, nil, []byte(strings.ReplaceAll(string(nine), origin, "another/log"))), 404, ""},
		{"nothing", nil, 400, ""},
		{"no size", []byte("new 3\n\n" + string(nine)), 400, ""},
		{"a size with zeroes", []byte("old 09\n\n" + string(nine)), 400, ""},
		{"a proof that is none", []byte("old 9\nabc\n\n" + string(nine)), 400, ""},
		{"64 hashes", witness.Body(9, make(tlog.TreeProof, 64), nine), 400, ""},
		{"no signature", []byte("old 9\n\n" + origin + "\n9\nAAAA\n"), 400, ""},
		{"too long", []byte(strings.Repeat("a", 100_000)), 400, ""},
	} {
		status, answer, kind := p.ask(c.body)
		if status != c.status || !strings.HasPrefix(answer, c.answer) {
			t.Errorf("%s: %d %q, want %d %q", c.what, status, answer, c.status, c.answer)
		}
		if (kind == "text/x.tlog.size") != (status == 409) {
			t.Errorf("%s: %d with the type %q", c.what, status, kind)
		}
	}
	// What speaks against the log is kept, with its own signature.
	refusals, err := p.state.Refusals(t.Context(), origin, 10)
	if err != nil {
		t.Fatal(err)
	}
	whys := map[string]int{}
	for _, r := range refusals {
		whys[r.Why]++
		if _, _, err := ledger.OpenCheckpoint(r.Signed, verifier(t, p.log)); err != nil {
			t.Errorf("%s: %v", r.Why, err)
		}
	}
	if whys["rolled back"] == 0 || whys["split view"] == 0 || whys["does not follow"] == 0 {
		t.Errorf("kept: %v", whys)
	}
	resp, err := http.Get(p.url + "/add-checkpoint")
	if err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %v, %v", resp.Status, err)
	}
	resp.Body.Close()
}

func TestCosignaturesAreThoseOfC2SP(t *testing.T) {
	p := newPost(t)
	l := p.newLog("a", 3)
	w := verifier(t, p.key).(*ledger.Witness)
	client := witness.NewClient([]witness.Peer{{Key: w, URL: p.url}}, nil)
	signed := p.sign(l)
	both, n, err := client.Cosign(t.Context(), l, signed)
	if err != nil || n != 1 {
		t.Fatal(err)
	}
	c, opened, err := ledger.OpenCheckpoint(both, verifier(t, p.log), w)
	if err != nil || len(opened.Sigs) != 2 || c.N != 3 {
		t.Fatalf("%s: %v", both, err)
	}
	at, err := ledger.CosignedAt(opened.Sigs[1])
	if err != nil || !at.Equal(start) {
		t.Errorf("cosigned at %v, %v", at, err)
	}
	// The time is signed too.
	other := []byte(strings.Replace(string(both), opened.Sigs[1].Base64[:12], opened.Sigs[1].Base64[:10]+"BB", 1))
	if _, _, err := ledger.OpenCheckpoint(other, verifier(t, p.log), w); err == nil {
		t.Error("another time was taken")
	}
}

func TestAWitnessRemembers(t *testing.T) {
	p := newPost(t)
	l := p.newLog("a", 3)
	client := witness.NewClient([]witness.Peer{{Key: verifier(t, p.key).(*ledger.Witness), URL: p.url}}, nil)
	if _, n, err := client.Cosign(t.Context(), l, p.sign(l)); n != 1 || err != nil {
		t.Fatal(err)
	}
	if err := p.state.Close(); err != nil {
		t.Fatal(err)
	}
	p.open()
	if status, answer, _ := p.ask(witness.Body(0, nil, p.sign(l))); status != 409 || answer != "3\n" {
		t.Errorf("after a restart: %d %q", status, answer)
	}
	// A log that was begun again does not get a cosignature.
	client = witness.NewClient([]witness.Peer{{Key: verifier(t, p.key).(*ledger.Witness), URL: p.url}}, nil)
	for _, n := range []int{2, 3, 4} {
		again := p.newLog("other", n)
		if _, got, err := client.Cosign(t.Context(), again, p.sign(again)); got != 0 || err == nil {
			t.Errorf("a log of %d leaves that was begun again was cosigned", n)
		}
	}
	p.grow(l, "b", 300)
	if _, n, err := client.Cosign(t.Context(), l, p.sign(l)); n != 1 || err != nil {
		t.Errorf("the true log was not cosigned any more: %v", err)
	}
	held, err := p.state.Latest(t.Context(), origin)
	if err != nil || held.Size != 303 {
		t.Errorf("%+v, %v", held, err)
	}
}

func TestTwoAtOnceCannotTakeALogBack(t *testing.T) {
	p := newPost(t)
	l := p.newLog("a", 1)
	checkpoints := [][]byte{p.sign(l)}
	for range 20 {
		p.grow(l, "b", 1)
		checkpoints = append(checkpoints, p.sign(l))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i, signed := range checkpoints {
				for old := range i + 2 {
					if old <= i+1 {
						p.ask(witness.Body(int64(old), p.proof(l, int64(old), int64(i+1)), signed))
					}
				}
			}
		})
	}
	all.Wait()
	held, err := p.state.Latest(t.Context(), origin)
	if err != nil || held.Size != 21 {
		t.Errorf("the witness is at %+v, %v", held, err)
	}
}

func TestAWitnessThatDoesNotAnswerIsAnError(t *testing.T) {
	p := newPost(t)
	l := p.newLog("a", 1)
	w := verifier(t, p.key).(*ledger.Witness)
	for what, h := range map[string]http.HandlerFunc{
		"refuses":         func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"signs something": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "— regulator.example/w1 AAAA") },
		"says nonsense":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusConflict) },
		"moves on": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusConflict)
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintln(w, map[bool]int{true: 1, false: 0}[strings.HasPrefix(string(body), "old 0")])
		},
	} {
		server := httptest.NewServer(h)
		signed := p.sign(l)
		got, n, err := witness.NewClient([]witness.Peer{{Key: w, URL: server.URL}}, nil).Cosign(t.Context(), l, signed)
		if err == nil || n != 0 || string(got) != string(signed) {
			t.Errorf("%s: %d cosignatures, %v", what, n, err)
		}
		server.Close()
	}
}

func FuzzAddCheckpoint(f *testing.F) {
	state, err := witness.OpenState(context.Background(), filepath.Join(f.TempDir(), "witness.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { state.Close() })
	key, err := ledger.OpenKey(filepath.Join(f.TempDir(), "key"), "w", ledger.WitnessKey, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	h, err := witness.New(witness.Config{Key: key, State: state, Log: slog.New(slog.DiscardHandler), Logs: func(context.Context, string) ([]note.Verifier, error) { return nil, nil }})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("old 0\n\nplatform.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if lines, err := h.Add(context.Background(), body); err == nil {
			t.Errorf("%q was cosigned: %s", body, lines)
		}
	})
}
