// Package refusal is how a room says that it will not do what was asked, which
// is no fault of it.
package refusal

import (
	"errors"
	"fmt"
)

// Refusal says why something was not done, in words for the person who asked.
type Refusal struct {
	Code string // a word for scripts
	Text string
}

func (r *Refusal) Error() string { return r.Text }

// New is a Refusal with a text made as fmt.Sprintf makes it.
func New(code, format string, args ...any) error {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// In is the refusal in an error, if there is one.
func In(err error) (*Refusal, bool) { return errors.AsType[*Refusal](err) }
