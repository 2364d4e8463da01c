package cybertip

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Credentials are what NCMEC gave the platform.
type Credentials struct{ user, password string }

// NewCredentials are a user name and a password.
func NewCredentials(user, password string) (Credentials, error) {
	if user == "" || password == "" || strings.ContainsAny(user, ":\r\n") || strings.ContainsAny(password, "\r\n") {
		return Credentials{}, errors.New("credentials are a user name without a colon, and a password, each in a line")
	}
	return Credentials{user, password}, nil
}

// ReadCredentials reads a file with the user name in its first line and the
// password in its second. Nobody but its owner may be able to read it.
func ReadCredentials(path string) (Credentials, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Credentials{}, fmt.Errorf("credentials: others can read %s; run: chmod 600 %s", path, path)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials: %w", err)
	}
	rows := strings.Split(strings.TrimRight(string(body), "\r\n"), "\n")
	if len(rows) != 2 {
		return Credentials{}, fmt.Errorf("credentials: %s must hold two lines, the user name and the password", path)
	}
	return NewCredentials(strings.TrimSpace(rows[0]), strings.TrimSuffix(rows[1], "\r"))
}

// String hides them.
func (Credentials) String() string { return "(credentials)" }

// GoString hides them.
func (Credentials) GoString() string { return "(credentials)" }
