package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Stage is how far a log-in has come.
type Stage string

// The stages of a session. Only Full opens what a permission guards.
const (
	NeedsTOTP   Stage = "totp"     // the password was right; the second factor is wanted
	NeedsChange Stage = "password" // the password must be changed first
	NeedsEnrol  Stage = "enrol"    // a second factor must be enrolled first
	Full        Stage = "full"
)

// Sessions are those of people who are signed in. A token is random and kept
// only as its SHA-256.
type Sessions struct {
	d *Directory
	// Idle and Absolute end a session; 30 minutes and 12 hours by default.
	idle, absolute time.Duration
}

// Sessions returns the sessions of the directory; 0 is the default.
func (d *Directory) Sessions(idle, absolute time.Duration) *Sessions {
	if idle <= 0 {
		idle = 30 * time.Minute
	}
	if absolute <= 0 {
		absolute = 12 * time.Hour
	}
	return &Sessions{d, idle, absolute}
}

// ErrNoSession is returned for a token that opens nothing (any more).
var ErrNoSession = errors.New("not signed in")

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Start begins a session and returns its token. A new one is made at every step
// of a log-in, so that a token from before it is worth nothing.
func (s *Sessions) Start(ctx context.Context, person string, stage Stage) (token string, err error) {
	token = rand.Text() + rand.Text()
	now := s.d.now().UnixMilli()
	err = s.d.file.Change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE created < ? OR seen < ?`, now-s.absolute.Milliseconds(), now-s.idle.Milliseconds()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO session VALUES (?, ?, ?, ?, ?)`, tokenHash(token), person, stage, now, now)
		return err
	})
	return token, err
}

// seenEvery is how exact the idle time is: not every request writes.
const seenEvery = time.Minute

// Person is who a token belongs to, and how far their log-in has come. It
// counts as a request: the session's idle time begins again.
func (s *Sessions) Person(ctx context.Context, token string) (Person, Stage, error) {
	p, stage, seen, err := s.look(ctx, token)
	if now := s.d.now(); err == nil && now.Sub(seen) >= seenEvery {
		err = s.d.file.Change(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE session SET seen = ? WHERE token = ?`, now.UnixMilli(), tokenHash(token))
			return err
		})
	}
	return p, stage, err
}

// look is Person without keeping the session alive.
func (s *Sessions) look(ctx context.Context, token string) (p Person, stage Stage, at time.Time, err error) {
	if token == "" {
		return p, "", at, ErrNoSession
	}
	var id string
	var created, seen int64
	err = s.d.file.Row(ctx, `SELECT person, stage, created, seen FROM session WHERE token = ?`, tokenHash(token)).Scan(&id, &stage, &created, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return p, "", at, ErrNoSession
	}
	if err != nil {
		return p, "", at, fmt.Errorf("read session: %w", err)
	}
	now := s.d.now()
	at = time.UnixMilli(seen)
	if now.Sub(time.UnixMilli(created)) >= s.absolute || now.Sub(at) >= s.idle {
		return p, "", at, ErrNoSession
	}
	p, err = s.d.Person(ctx, id)
	if errors.Is(err, ErrNoPerson) || err == nil && p.Disabled {
		return Person{}, "", at, ErrNoSession
	}
	return p, stage, at, err
}

// End ends one session.
func (s *Sessions) End(ctx context.Context, token string) error {
	return s.d.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE token = ?`, tokenHash(token))
		return err
	})
}

// EndAll ends all sessions of a person.
func (s *Sessions) EndAll(ctx context.Context, person string) error {
	return s.d.file.Change(ctx, func(tx *sql.Tx) error { return signOut(ctx, tx, person) })
}

// secure reports whether a cookie may go over TLS only: everywhere but on this
// machine itself, whatever a proxy says or leaves out.
func secure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" || !loopback(r.Host)
}

// loopback reports whether a host, with or without a port, is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.IsLoopback()
}

// cookieName is prefixed where the browser then insists on Secure and no domain.
func cookieName(r *http.Request) string {
	if secure(r) {
		return "__Host-rowan"
	}
	return "rowan"
}

// Token is the session token of a request, "" if there is none.
func Token(r *http.Request) string {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// SetToken puts a session token into a cookie; "" removes it.
func SetToken(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, Cookie(r, token))
}

// Cookie is the cookie with a session token at the host of a request; "" makes
// one that removes it.
func Cookie(r *http.Request, token string) *http.Cookie {
	c := &http.Cookie{Name: cookieName(r), Value: token, Path: "/", HttpOnly: true, Secure: secure(r), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
