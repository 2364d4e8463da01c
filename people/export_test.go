package people

import (
	"context"
	"database/sql"
	"net/http"
	"time"
)

// Tamper changes an entry of the audit log behind its back.
func (d *Directory) Tamper(ctx context.Context, number int64) error {
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE audit SET status = 201 WHERE number = ?`, number)
		return err
	})
}

// LoseAudit makes every note fail.
func (d *Directory) LoseAudit(ctx context.Context) error {
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DROP TABLE audit`)
		return err
	})
}

// Kept is all text that lies in the file in some table.
func (d *Directory) Kept(ctx context.Context, table string) (out []string, err error) {
	rows, err := d.file.Read.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		to := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for _, v := range row {
			out = append(out, v.String)
		}
	}
	return out, rows.Err()
}

// Address is where the door thinks that a request comes from.
func (d *Door) Address(r *http.Request) string { return d.address(r) }

// What is tested from outside, as it is.
var (
	HashPassword  = hashPassword
	CheckPassword = checkPassword
	ParseHash     = parseHash
	GoodPassword  = goodPassword
	LocalPath     = localPath
	NewFlow       = newFlow
	NewEnrolment  = newEnrolment
)

// CodeStep finds the step of a code.
func CodeStep(secret, code string, now time.Time, used int64) (int64, bool, error) {
	return codeStep(secret, code, now, used)
}
