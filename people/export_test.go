package people

import (
	"context"
	"database/sql"
)

// Tamper changes an entry of the audit log behind its back.
func (d *Directory) Tamper(ctx context.Context, number int64) error {
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE audit SET status = 201 WHERE number = ?`, number)
		return err
	})
}
