package people

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rowan/sqlite"
)

// File is the name of the file in the data directory.
const File = "people.db"

const tables = `
CREATE TABLE person (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, issuer TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, password TEXT NOT NULL,
	totp TEXT NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_subject ON person (issuer, subject) WHERE issuer != '';
CREATE TABLE recovery (person TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (person, code)) STRICT, WITHOUT ROWID;
CREATE TABLE session (token TEXT PRIMARY KEY, person TEXT NOT NULL, stage TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX session_person ON session (person);
CREATE TABLE attempt (key TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX attempt_key ON attempt (key, at);
CREATE INDEX attempt_at ON attempt (at);
CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, person TEXT NOT NULL, permission TEXT NOT NULL,
	route TEXT NOT NULL, object TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX audit_person ON audit (person, number);
`

// The errors of a directory.
var (
	ErrNoPerson = errors.New("there is no such person")
	ErrTaken    = errors.New("the log-in name is taken")
	ErrLogin    = errors.New("a log-in name is one printable word of up to 100 bytes")
)

// Directory is who works here.
type Directory struct {
	file  *sqlite.File
	table Table
	cost  Cost
	now   func() time.Time
}

// Options of a directory.
type Options struct {
	Table Table
	Cost  Cost             // DefaultCost by default
	Now   func() time.Time // time.Now by default
}

// Open opens the directory in a data directory.
func Open(ctx context.Context, dir string, o Options) (*Directory, error) {
	if o.Cost == (Cost{}) {
		o.Cost = DefaultCost()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	file, err := sqlite.Open(ctx, filepath.Join(dir, File), sqlite.Schema{Tables: tables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Directory{file: file, table: o.Table, cost: o.Cost, now: o.Now}, nil
}

// Close closes the directory.
func (d *Directory) Close() error { return d.file.Close() }

func personID() string { return "p-" + strings.ToLower(rand.Text()[:16]) }

func normal(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// checkLogin wants one word that can be read and typed.
func checkLogin(login string) error {
	bad := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if login == "" || len(login) > 100 || !utf8.ValidString(login) || strings.ContainsFunc(login, bad) {
		return ErrLogin
	}
	return nil
}

// Add adds a local account with a password that must be changed at the first
// log-in.
func (d *Directory) Add(ctx context.Context, login, name, password string, roles ...Role) (Person, error) {
	p := Person{ID: personID(), Login: normal(login), Name: strings.TrimSpace(name), Roles: roles, Created: d.now().UTC().Truncate(time.Second), Change: true}
	if err := checkLogin(p.Login); err != nil {
		return Person{}, err
	}
	if p.Name == "" {
		p.Name = p.Login
	}
	if err := d.table.Check(roles); err != nil {
		return Person{}, err
	}
	if err := goodPassword(password, login, name); err != nil {
		return Person{}, err
	}
	hash, err := hashPassword(password, d.cost)
	if err != nil {
		return Person{}, err
	}
	return p, d.insert(ctx, p, "", hash)
}

func (d *Directory) insert(ctx context.Context, p Person, subject, hash string) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write person: %w", err)
	}
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM person WHERE login = ?`, p.Login).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrTaken
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, '', 0)`, p.ID, p.Login, p.Issuer, subject, string(body), hash)
		return err
	})
}

// First makes the first administrator if there is nobody yet, and returns the
// random password that must be shown once; "" if there is somebody.
func (d *Directory) First(ctx context.Context, login string, role Role) (password string, err error) {
	all, err := d.List(ctx)
	if err != nil || len(all) > 0 {
		return "", err
	}
	password = NewPassword()
	_, err = d.Add(ctx, login, "First administrator", password, role)
	return password, err
}

// List is everybody, by name.
func (d *Directory) List(ctx context.Context) ([]Person, error) {
	var out []Person
	err := d.file.Each(ctx, func(rows *sql.Rows) error {
		p, err := scan(rows)
		out = append(out, p)
		return err
	}, `SELECT body FROM person ORDER BY login`)
	return out, err
}

func scan(r interface{ Scan(...any) error }) (p Person, err error) {
	var body string
	if err := r.Scan(&body); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(body), &p)
}

// Person is the one with an id.
func (d *Directory) Person(ctx context.Context, id string) (Person, error) {
	return d.find(ctx, `id = ?`, id)
}

// ByLogin is the one with a log-in name.
func (d *Directory) ByLogin(ctx context.Context, login string) (Person, error) {
	return d.find(ctx, `login = ?`, normal(login))
}

func (d *Directory) find(ctx context.Context, where string, args ...any) (Person, error) {
	p, err := scan(d.file.Row(ctx, `SELECT body FROM person WHERE `+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPerson
	}
	if err != nil {
		return p, fmt.Errorf("read person: %w", err)
	}
	return p, nil
}

// change changes a person, in one transaction.
func (d *Directory) change(ctx context.Context, id string, do func(tx *sql.Tx, p *Person) error) (out Person, err error) {
	err = d.file.Change(ctx, func(tx *sql.Tx) error {
		p, err := scan(tx.QueryRowContext(ctx, `SELECT body FROM person WHERE id = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoPerson
		}
		if err != nil {
			return err
		}
		if err := do(tx, &p); err != nil {
			return err
		}
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		out = p
		_, err = tx.ExecContext(ctx, `UPDATE person SET body = ? WHERE id = ?`, string(body), id)
		return err
	})
	return out, err
}

// signOut ends all of a person's sessions.
func signOut(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE person = ?`, id)
	return err
}

// SetRoles gives a person other roles and ends their sessions. The last
// administrator keeps the role.
func (d *Directory) SetRoles(ctx context.Context, id string, roles []Role) (Person, error) {
	if err := d.table.Check(roles); err != nil {
		return Person{}, err
	}
	return d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		if p.Has(Administrator) && !(&Person{Roles: roles}).Has(Administrator) {
			if err := d.another(ctx, tx, id); err != nil {
				return err
			}
		}
		p.Roles = roles
		return signOut(ctx, tx, id)
	})
}

// another refuses to leave the house without an administrator.
func (d *Directory) another(ctx context.Context, tx *sql.Tx, but string) error {
	rows, err := tx.QueryContext(ctx, `SELECT body FROM person WHERE id != ?`, but)
	if err != nil {
		return err
	}
	found := false
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		found = found || p.Has(Administrator) && !p.Disabled
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || found {
		return err
	}
	return errors.New("this is the last administrator: make somebody else one first")
}

// Disable keeps a person out, or lets them in again.
func (d *Directory) Disable(ctx context.Context, id string, disabled bool) (Person, error) {
	return d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		if disabled && p.Has(Administrator) {
			if err := d.another(ctx, tx, id); err != nil {
				return err
			}
		}
		p.Disabled = disabled
		return signOut(ctx, tx, id)
	})
}

// Reset gives a local account a new random password, to be changed at the next
// log-in, and takes its second factor away.
func (d *Directory) Reset(ctx context.Context, id string) (password string, err error) {
	password = NewPassword()
	hash, err := hashPassword(password, d.cost)
	if err != nil {
		return "", err
	}
	_, err = d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		if p.Issuer != "" {
			return errors.New("this person signs in elsewhere; reset the password there")
		}
		p.Change = true
		if _, err := tx.ExecContext(ctx, `UPDATE person SET password = ? WHERE id = ?`, hash, id); err != nil {
			return err
		}
		if err := dropAuthenticator(ctx, tx, p); err != nil {
			return err
		}
		return signOut(ctx, tx, id)
	})
	return password, err
}

// SetPassword is a person's own change of password. It ends their sessions.
func (d *Directory) SetPassword(ctx context.Context, id, old, password string) error {
	p, err := d.Person(ctx, id)
	if err != nil {
		return err
	}
	ok, err := d.checks(ctx, id, old)
	if err != nil {
		return err
	}
	if !ok {
		return BadPassword("the present password is not right")
	}
	if old == password {
		return BadPassword("the new password is the present one")
	}
	if err := goodPassword(password, p.Login, p.Name); err != nil {
		return err
	}
	hash, err := hashPassword(password, d.cost)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		p.Change = false
		if _, err := tx.ExecContext(ctx, `UPDATE person SET password = ? WHERE id = ?`, hash, id); err != nil {
			return err
		}
		return signOut(ctx, tx, id)
	})
	return err
}

// checks reports whether a password is a person's.
func (d *Directory) checks(ctx context.Context, id, password string) (bool, error) {
	var hash string
	err := d.file.Row(ctx, `SELECT password FROM person WHERE id = ?`, id).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) || err == nil && hash == "" {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read person: %w", err)
	}
	return checkPassword(hash, password)
}

// SetGrey shows a person's pages in greyscale, or not.
func (d *Directory) SetGrey(ctx context.Context, id string, grey bool) error {
	_, err := d.change(ctx, id, func(_ *sql.Tx, p *Person) error { p.Grey = grey; return nil })
	return err
}
