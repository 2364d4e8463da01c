package people

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost is the work of one password check with argon2id.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// String is the cost as a PHC string has it.
func (c Cost) String() string { return fmt.Sprintf("m=%d,t=%d,p=%d", c.Memory, c.Time, c.Threads) }

// DefaultCost is the second recommended option of RFC 9106, section 4: 64 MiB,
// three passes, four lanes.
func DefaultCost() Cost { return Cost{Memory: 64 << 10, Time: 3, Threads: 4} }

// maxCost bounds what a stored hash may ask for.
var maxCost = Cost{Memory: 1 << 20, Time: 16, Threads: 16}

const (
	saltSize = 16
	hashSize = 32
	// MinPassword is the shortest password in characters that is taken (NIST SP
	// 800-63B-4, 3.1.1.2: at least 15 where it is the only factor).
	MinPassword = 15
	maxPassword = 512
)

// hashPassword returns the PHC string of a password.
func hashPassword(password string, c Cost) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, hashSize)
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, c,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

var errHash = errors.New("the stored password is not an argon2id hash")

// parseHash takes a PHC string apart.
func parseHash(phc string) (c Cost, salt, sum []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil || parts[3] != c.String() {
		return c, nil, nil, errHash
	}
	if c.Memory < 8 || c.Time == 0 || c.Threads == 0 || c.Memory > maxCost.Memory || c.Time > maxCost.Time || c.Threads > maxCost.Threads {
		return c, nil, nil, errHash
	}
	if salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return c, nil, nil, errHash
	}
	if sum, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(sum) < 16 || len(sum) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}

// checkPassword reports whether a password is the one that was hashed.
func checkPassword(phc, password string) (bool, error) {
	c, salt, sum, err := parseHash(phc)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1, nil
}

// NewPassword makes a random password of 130 bits.
func NewPassword() string { return strings.ToLower(rand.Text()) }

// BadPassword says why a password is not taken, in words for its owner.
type BadPassword string

func (b BadPassword) Error() string { return string(b) }

// goodPassword says what is wrong with a new password.
func goodPassword(password, login, name string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return BadPassword("a password is text")
	case n < MinPassword:
		return BadPassword(fmt.Sprintf("a password has at least %d characters; a sentence is a good one", MinPassword))
	case len(password) > maxPassword:
		return BadPassword(fmt.Sprintf("a password has at most %d bytes", maxPassword))
	case strings.EqualFold(password, login) || strings.EqualFold(password, name):
		return BadPassword("the password must not be the name")
	case strings.Count(password, password[:1]) == len(password):
		return BadPassword("the password is one character over and over")
	}
	return nil
}
