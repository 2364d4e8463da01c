package people

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// What authenticator apps agree on: RFC 6238 with SHA-1, six digits and 30 s.
const (
	codePeriod    = 30
	codeDigits    = otp.DigitsSix
	recoveryCodes = 10
)

// ErrCode is returned for a code that is wrong, too old, or was used before.
var ErrCode = errors.New("the code is not right, or was used already; wait for the next one")

// Enrolment is what an authenticator app needs.
type Enrolment struct {
	Secret string // base32
	URL    string // otpauth://
}

// newEnrolment makes the otpauth address of a secret.
func newEnrolment(issuer, login, secret string) Enrolment {
	issuer, login = url.PathEscape(issuer), url.PathEscape(login)
	return Enrolment{secret, fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		issuer, login, secret, issuer, codeDigits.Length(), codePeriod)}
}

// pendingSecret is the secret that is offered in a session: 160 bits, the size
// of the hash (RFC 4226, 4). It comes from the session's token, so that it stays
// when the page is loaded again, and nothing has to be kept before it is used.
func pendingSecret(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("authenticator"))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20])
}

// QR is the address as a picture to be scanned: a PNG in a data address.
func (e Enrolment) QR() (string, error) {
	key, err := otp.NewKeyFromURL(e.URL)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	image, err := key.Image(240, 240)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, image); err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// codeStep finds the 30-second step to which a code belongs: the present one, or
// one beside it for clocks that differ. Steps up to used were used already.
func codeStep(secret, code string, now time.Time, used int64) (step int64, ok bool, err error) {
	present := now.Unix() / codePeriod
	for s := present - 1; s <= present+1; s++ {
		if s <= used || s < 0 {
			continue
		}
		right, err := hotp.ValidateCustom(code, uint64(s), secret, hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("check the code: %w", err)
		}
		if right {
			return s, true, nil
		}
	}
	return 0, false, nil
}

// plainCode takes out what people put between the groups of a code.
func plainCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(code))
}

// useCode checks a person's code and uses it up, so that whoever saw it typed
// cannot use it again.
func (d *Directory) useCode(ctx context.Context, id, code string) error {
	var secret string
	var used int64
	err := d.file.Row(ctx, `SELECT totp, used FROM person WHERE id = ?`, id).Scan(&secret, &used)
	if err != nil {
		return fmt.Errorf("read the authenticator: %w", err)
	}
	if secret == "" {
		return ErrCode
	}
	step, ok, err := codeStep(secret, plainCode(code), d.now(), used)
	if err != nil {
		return err
	}
	if !ok {
		return ErrCode
	}
	return d.file.Change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE person SET used = ? WHERE id = ? AND used < ? AND totp = ?`, step, id, step, secret)
		return oneRow(result, err, ErrCode)
	})
}

// oneRow turns a statement that should change one row, and changed none, into
// an error.
func oneRow(result sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, none)
	}
	return nil
}

// enrol sets up an authenticator whose first code is right, and returns new
// recovery codes, which are kept as hashes only.
func (d *Directory) enrol(ctx context.Context, id, secret, code string) (recovery []string, err error) {
	step, ok, err := codeStep(secret, plainCode(code), d.now(), 0)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrCode
	}
	for range recoveryCodes {
		text := strings.ToLower(rand.Text())[:16] // 80 bits
		recovery = append(recovery, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
	}
	_, err = d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		if p.TOTP {
			return errors.New("an authenticator is set up already")
		}
		p.TOTP = true
		if _, err := tx.ExecContext(ctx, `UPDATE person SET totp = ?, used = ? WHERE id = ?`, secret, step, id); err != nil {
			return err
		}
		for _, code := range recovery {
			if _, err := tx.ExecContext(ctx, `INSERT INTO recovery VALUES (?, ?)`, id, recoveryHash(code)); err != nil {
				return err
			}
		}
		return nil
	})
	return recovery, err
}

// recoveryHash needs no slow hash: a recovery code is 80 random bits.
func recoveryHash(code string) string {
	sum := sha256.Sum256([]byte(plainCode(code)))
	return hex.EncodeToString(sum[:])
}

// useRecovery takes one of a person's recovery codes. The authenticator is lost
// then, and it and the other codes go.
func (d *Directory) useRecovery(ctx context.Context, id, code string) error {
	_, err := d.change(ctx, id, func(tx *sql.Tx, p *Person) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM recovery WHERE person = ? AND code = ?`, id, recoveryHash(code))
		if err := oneRow(result, err, ErrCode); err != nil {
			return err
		}
		return dropAuthenticator(ctx, tx, p)
	})
	return err
}

// forgetAuthenticator lets a person set up another one.
func (d *Directory) forgetAuthenticator(ctx context.Context, id string) error {
	_, err := d.change(ctx, id, func(tx *sql.Tx, p *Person) error { return dropAuthenticator(ctx, tx, p) })
	return err
}

func dropAuthenticator(ctx context.Context, tx *sql.Tx, p *Person) error {
	p.TOTP = false
	if _, err := tx.ExecContext(ctx, `UPDATE person SET totp = '', used = 0 WHERE id = ?`, p.ID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM recovery WHERE person = ?`, p.ID)
	return err
}
