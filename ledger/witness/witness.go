// Package witness cosigns other logs' checkpoints, so that a log can neither
// take back what it once showed nor show two people different things, and asks
// witnesses to cosign ours. It speaks C2SP tlog-witness.
package witness

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	base "rowan/sqlite"
)

// Log is one that a witness watches.
type Log struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Signed []byte // the latest checkpoint, with the witness's cosignature
}

// ErrNotFound is returned for an origin of which nothing was cosigned.
var ErrNotFound = errors.New("nothing was cosigned of this log")

// State is what a witness remembers, in a file.
type State struct{ file *base.File }

// OpenState opens the file, making it if there is none.
func OpenState(ctx context.Context, path string) (*State, error) {
	f, err := base.Open(ctx, path, base.Schema{Version: 1, Tables: `
CREATE TABLE log (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, signed BLOB NOT NULL) STRICT;
CREATE TABLE refusal (
	number INTEGER PRIMARY KEY, at INTEGER NOT NULL, origin TEXT NOT NULL, why TEXT NOT NULL, size INTEGER NOT NULL,
	held INTEGER NOT NULL, signed BLOB NOT NULL
) STRICT;`})
	if err != nil {
		return nil, err
	}
	return &State{f}, nil
}

// Latest is the newest checkpoint that was cosigned of a log.
func (s *State) Latest(ctx context.Context, origin string) (*Log, error) {
	l, err := latest(s.file.Read.QueryRowContext(ctx, selectLog, origin), origin)
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("witness: read %s: %w", s.file.Path, err)
	}
	return l, err
}

const selectLog = `SELECT size, root, signed FROM log WHERE origin = ?`

func latest(row *sql.Row, origin string) (*Log, error) {
	l := Log{Origin: origin}
	var root []byte
	err := row.Scan(&l.Size, &root, &l.Signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	copy(l.Root[:], root)
	return &l, err
}

// Refusal is a checkpoint that its log had signed and that does not follow from
// what was cosigned before: evidence against the log.
type Refusal struct {
	At     int64 // Unix seconds
	Origin string
	Why    string
	Size   int64
	Held   int64 // the size that was cosigned
	Signed []byte
}

// Refusals are those of a log, the newest first.
func (s *State) Refusals(ctx context.Context, origin string, limit int) (out []Refusal, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		var r Refusal
		if err := rows.Scan(&r.At, &r.Origin, &r.Why, &r.Size, &r.Held, &r.Signed); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	}, `SELECT at, origin, why, size, held, signed FROM refusal WHERE origin = ? ORDER BY number DESC LIMIT ?`, origin, limit)
	return out, err
}

// Close closes the file.
func (s *State) Close() error { return s.file.Close() }

// Config is what a witness needs; all of it.
type Config struct {
	Key   *ledger.Key // ledger.WitnessKey
	State *State
	// Logs returns the keys of a log that is watched, none if it is not.
	Logs func(ctx context.Context, origin string) ([]note.Verifier, error)
	Log  *slog.Logger
}

// Handler answers POST /add-checkpoint.
type Handler struct{ config Config }

// New makes a witness.
func New(c Config) (*Handler, error) {
	if c.Key == nil || c.State == nil || c.Logs == nil || c.Log == nil {
		return nil, errors.New("a witness needs a key, its state, the logs and a log")
	}
	return &Handler{c}, nil
}

// answer is a refusal as HTTP has it.
type answer struct {
	status int
	text   string
	size   bool // the text is a size
}

func (a *answer) Error() string { return a.text }

func refuse(status int, format string, args ...any) *answer {
	return &answer{status: status, text: fmt.Sprintf(format, args...)}
}

// maxBody is more than 63 hashes and a checkpoint with many signatures.
const maxBody = 64 << 10

// ServeHTTP answers a log.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the request is too long or broke off", http.StatusBadRequest)
		return
	}
	lines, err := h.Add(r.Context(), body)
	no := (*answer)(nil)
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(lines)
	case errors.As(err, &no) && no.size:
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(no.status)
		_, _ = io.WriteString(w, no.text)
	case errors.As(err, &no):
		http.Error(w, no.text, no.status)
	default:
		h.config.Log.Error("a checkpoint could not be cosigned", "error", err)
		http.Error(w, "the witness cannot cosign now", http.StatusInternalServerError)
	}
}

// request is the body of add-checkpoint.
type request struct {
	old    int64
	proof  tlog.TreeProof
	signed []byte
}

func parseRequest(body []byte) (r request, err error) {
	head, signed, ok := strings.Cut(string(body), "\n\n")
	if !ok {
		return r, errors.New("there is no empty line before the checkpoint")
	}
	lines := strings.Split(head, "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if r.old, err = strconv.ParseInt(size, 10, 64); !ok || err != nil || r.old < 0 || strconv.FormatInt(r.old, 10) != size {
		return r, errors.New(`the first line is not "old" and a size`)
	}
	if len(lines) > 64 {
		return r, errors.New("a proof has at most 63 hashes")
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return r, errors.New("a line of the proof is no hash")
		}
		r.proof = append(r.proof, tlog.Hash(raw))
	}
	r.signed = []byte(signed)
	return r, nil
}

// Add checks a request and returns the witness's signature lines. Its state is
// durable before it returns.
func (h *Handler) Add(ctx context.Context, body []byte) (lines []byte, err error) {
	r, err := parseRequest(body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	text, _, ok := strings.Cut(string(r.signed), "\n\n")
	if !ok {
		return nil, refuse(http.StatusBadRequest, "the checkpoint has no signature")
	}
	c, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	keys, err := h.config.Logs(ctx, c.Origin)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, refuse(http.StatusNotFound, "this witness does not watch the log")
	}
	signed := false
	for _, key := range keys {
		if _, _, err := ledger.OpenCheckpoint(r.signed, key); err == nil {
			signed = true
		}
	}
	switch {
	case !signed:
		return nil, refuse(http.StatusForbidden, "no key that this witness knows has signed the checkpoint")
	case r.old > c.N:
		return nil, refuse(http.StatusBadRequest, "the old size is above the checkpoint's")
	}
	// The check and the change are one transaction: two requests at once cannot
	// take the log back.
	var refusal *answer
	err = h.config.State.file.Change(ctx, func(tx *sql.Tx) error {
		held, err := latest(tx.QueryRowContext(ctx, selectLog, c.Origin), c.Origin)
		if errors.Is(err, ErrNotFound) {
			held, err = &Log{Origin: c.Origin}, nil
		}
		if err != nil {
			return err
		}
		if refusal = follows(held, &r, &c); refusal != nil {
			if refusal.status == http.StatusConflict && r.old != held.Size && c.N >= held.Size {
				return nil // the log did not know how far the witness is
			}
			return h.keep(ctx, tx, refusal, held, &c, r.signed)
		}
		full, err := note.Sign(&note.Note{Text: c.Text()}, h.config.Key)
		if err != nil {
			return fmt.Errorf("cosign: %w", err)
		}
		_, sigs, _ := strings.Cut(string(full), "\n\n")
		lines = []byte(sigs)
		_, err = tx.ExecContext(ctx, `INSERT INTO log VALUES (?, ?, ?, ?)
			ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, signed = excluded.signed`,
			c.Origin, c.N, c.Hash[:], append(append([]byte(nil), r.signed...), lines...))
		return err
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return lines, err
}

// follows says why a checkpoint must not be cosigned after what was, nil if it
// may be.
func follows(held *Log, r *request, c *ledger.Checkpoint) *answer {
	size := &answer{status: http.StatusConflict, text: strconv.FormatInt(held.Size, 10) + "\n", size: true}
	switch {
	case r.old != held.Size:
		return size
	case held.Size == c.N && c.N > 0:
		if held.Root != c.Hash {
			return size
		}
		if len(r.proof) > 0 {
			return refuse(http.StatusUnprocessableEntity, "there is nothing to prove between equal sizes")
		}
	case held.Size == 0:
		if empty, err := tlog.TreeHash(0, nil); len(r.proof) > 0 || c.N == 0 && (err != nil || c.Hash != empty) {
			return refuse(http.StatusUnprocessableEntity, "nothing comes before size 0")
		}
	default:
		if tlog.CheckTree(r.proof, c.N, c.Hash, held.Size, held.Root) != nil {
			return refuse(http.StatusUnprocessableEntity, "the checkpoint does not follow from what was cosigned at size %d", held.Size)
		}
	}
	return nil
}

// mostRefusals is how many are kept of a log: the first ones tell enough.
const mostRefusals = 1000

// keep remembers a checkpoint that speaks against its log.
func (h *Handler) keep(ctx context.Context, tx *sql.Tx, a *answer, held *Log, c *ledger.Checkpoint, signed []byte) error {
	why := "does not follow"
	if c.N < held.Size {
		why = "rolled back"
	} else if c.N == held.Size {
		why = "split view"
	}
	h.config.Log.Warn("a checkpoint was refused", "origin", c.Origin, "why", why, "size", c.N, "cosigned", held.Size, "status", a.status)
	_, err := tx.ExecContext(ctx, `INSERT INTO refusal (at, origin, why, size, held, signed)
		SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM refusal WHERE origin = ?) < ?`,
		h.config.Key.Now().Unix(), c.Origin, why, c.N, held.Size, signed, c.Origin, mostRefusals)
	return err
}
