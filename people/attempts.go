package people

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Limit is how often something may be tried within a time.
type Limit struct {
	Most   int
	Within time.Duration
}

// Wait is how long the next attempt has to wait after earlier ones, 0 if it may
// be made now.
func (l Limit) Wait(earlier []time.Time, now time.Time) time.Duration {
	counted := slices.DeleteFunc(slices.Clone(earlier), func(at time.Time) bool { return now.Sub(at) >= l.Within })
	if len(counted) < l.Most {
		return 0
	}
	slices.SortFunc(counted, time.Time.Compare)
	// When this one no longer counts, fewer than Most are left.
	return l.Within - now.Sub(counted[len(counted)-l.Most])
}

// Limits of guessing. A count for the log-in and the address together comes
// first, so that a stranger cannot keep somebody out from elsewhere; the one for
// the log-in alone stops guessing from many addresses.
type Limits struct {
	Pair    Limit // log-in from one address; default 5 in 15 minutes
	Login   Limit // log-in from anywhere; default 50 in an hour
	Address Limit // any log-in from one address; default 100 in 15 minutes
	Code    Limit // codes and passwords of one person who is signed in in part; default 5 in 15 minutes
}

// DefaultLimits are the defaults.
func DefaultLimits() Limits {
	const quarter = 15 * time.Minute
	return Limits{Pair: Limit{5, quarter}, Login: Limit{50, time.Hour}, Address: Limit{100, quarter}, Code: Limit{5, quarter}}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, pair := range []struct{ have, want *Limit }{{&l.Pair, &d.Pair}, {&l.Login, &d.Login}, {&l.Address, &d.Address}, {&l.Code, &d.Code}} {
		if *pair.have == (Limit{}) {
			*pair.have = *pair.want
		}
	}
	return l
}

// attemptsKept is for how long attempts are remembered: the longest time that a
// limit may have.
const attemptsKept = 24 * time.Hour

func (l Limits) check() error {
	for _, limit := range []Limit{l.Pair, l.Login, l.Address, l.Code} {
		if limit.Most < 1 || limit.Within <= 0 || limit.Within > attemptsKept {
			return fmt.Errorf("a limit of %d in %v: it must be at least one, within at most %v", limit.Most, limit.Within, attemptsKept)
		}
	}
	return nil
}

// counted is something that is tried: what, and under which limit.
type counted struct {
	key   string
	limit Limit
}

// attemptKey is what is kept of a log-in or an address for counting: somebody
// may have typed a password into the wrong field.
func attemptKey(kind string, parts ...string) string {
	sum := sha256.New()
	for _, p := range append([]string{kind}, parts...) {
		fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	return kind + ":" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// attempt counts one attempt under each of the limits, before it is made: what
// runs at the same time cannot get past them. Where one is used up nothing is
// counted, and wait says when to come again.
func (d *Directory) attempt(ctx context.Context, all ...counted) (wait time.Duration, err error) {
	now := d.now()
	err = d.file.Change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM attempt WHERE at <= ?`, now.Add(-attemptsKept).UnixMilli()); err != nil {
			return err
		}
		for _, c := range all {
			earlier, err := attempts(ctx, tx, c.key)
			if err != nil {
				return err
			}
			wait = max(wait, c.limit.Wait(earlier, now))
		}
		if wait > 0 {
			return nil
		}
		for _, c := range all {
			if _, err := tx.ExecContext(ctx, `INSERT INTO attempt VALUES (?, ?)`, c.key, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	return wait, err
}

func attempts(ctx context.Context, tx *sql.Tx, key string) (times []time.Time, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT at FROM attempt WHERE key = ?`, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, err
		}
		times = append(times, time.UnixMilli(at))
	}
	return times, rows.Err()
}

// succeeded forgets the attempts under a key.
func (d *Directory) succeeded(ctx context.Context, keys ...string) error {
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, `DELETE FROM attempt WHERE key = ?`, key); err != nil {
				return err
			}
		}
		return nil
	})
}
