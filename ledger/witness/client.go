package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Peer is a witness that cosigns our log.
type Peer struct {
	Key *ledger.Witness
	URL string // to which /add-checkpoint is appended
}

// Client asks witnesses for cosignatures.
type Client struct {
	http  *http.Client
	peers []Peer
	known map[string]int64 // how far each is, by its name; one goroutine's
}

// NewClient makes a client for some witnesses. A nil HTTP client is one with a
// time limit of ten seconds.
func NewClient(peers []Peer, c *http.Client) *Client {
	if c == nil {
		c = &http.Client{Timeout: 10 * time.Second}
	}
	return &Client{c, peers, map[string]int64{}}
}

// Source is the log whose checkpoints are cosigned.
type Source interface {
	Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error)
}

// Cosign returns a signed checkpoint with the cosignatures of all witnesses that
// gave one, and the errors of those that did not.
func (c *Client) Cosign(ctx context.Context, log Source, signed []byte) (cosigned []byte, n int, err error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	checkpoint, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return nil, 0, err
	}
	cosigned = bytes.Clone(signed)
	var errs []error
	for _, p := range c.peers {
		line, err := c.ask(ctx, p, log, &checkpoint, signed)
		if err != nil {
			errs = append(errs, fmt.Errorf("witness %s: %w", p.Key.Name(), err))
			continue
		}
		cosigned = append(cosigned, line...)
		n++
	}
	return cosigned, n, errors.Join(errs...)
}

// ask asks one witness; it tells how far it is if it is not where we thought.
func (c *Client) ask(ctx context.Context, p Peer, log Source, checkpoint *ledger.Checkpoint, signed []byte) ([]byte, error) {
	old := c.known[p.Key.Name()]
	for range 2 {
		if old > checkpoint.N {
			return nil, fmt.Errorf("it has cosigned %d leaves, and the log has %d: the log was taken back, or its name is used twice", old, checkpoint.N)
		}
		proof, err := log.Consistency(ctx, old, checkpoint.N)
		if err != nil {
			return nil, err
		}
		status, body, err := c.post(ctx, p, Body(old, proof, signed))
		if err != nil {
			return nil, err
		}
		switch status {
		case http.StatusOK:
			line, err := own(p.Key, checkpoint, body)
			if err == nil {
				c.known[p.Key.Name()] = checkpoint.N
			}
			return line, err
		case http.StatusConflict:
			size, err := strconv.ParseInt(strings.TrimSuffix(string(body), "\n"), 10, 64)
			if err != nil || size < 0 {
				return nil, errors.New("it answered with a conflict and no size")
			}
			if size == old {
				return nil, fmt.Errorf("it has cosigned another tree of %d leaves", size)
			}
			old = size
		default:
			return nil, fmt.Errorf("it answered %d: %.200s", status, strings.TrimSpace(string(body)))
		}
	}
	return nil, errors.New("it moved on while it was asked")
}

func (c *Client) post(ctx context.Context, p Peer, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, answer, errors.Join(err, resp.Body.Close())
}

// Body is the body of a request.
func Body(old int64, proof tlog.TreeProof, signed []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		fmt.Fprintln(&b, h)
	}
	fmt.Fprintf(&b, "\n%s", signed)
	return b.Bytes()
}

// own is the witness's own line of an answer, checked.
func own(key *ledger.Witness, checkpoint *ledger.Checkpoint, lines []byte) ([]byte, error) {
	n, err := note.Open(append([]byte(checkpoint.Text()+"\n"), lines...), note.VerifierList(key))
	if err != nil {
		return nil, fmt.Errorf("its cosignature is not good: %w", err)
	}
	s := n.Sigs[0]
	return fmt.Appendf(nil, "— %s %s\n", s.Name, s.Base64), nil
}
