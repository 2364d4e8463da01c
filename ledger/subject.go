package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Salt is 32 random bytes, or what is derived from such.
type Salt [32]byte

// Commitment binds whoever made it to a value without telling it:
// SHA-256 over a salt and the value.
type Commitment [32]byte

// Nonce makes the salts of one record differ from those of every other, so that
// nobody can tell that two records concern the same person.
type Nonce [16]byte

// Commit commits to a value, given in parts.
func (s *Salt) Commit(value ...string) Commitment {
	var buf [160]byte
	b := append(buf[:0], s[:]...)
	for _, part := range value {
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}

// Derive is the salt of a subject's part in one record.
func (s *Salt) Derive(n Nonce, part string) Salt {
	return sha256.Sum256(append(append(s[:len(s):len(s)], n[:]...), part...))
}

// String is the salt in base64.
func (s Salt) String() string { return base64.StdEncoding.EncodeToString(s[:]) }

// MarshalJSON writes base64.
func (s Salt) MarshalJSON() ([]byte, error) { return marshalBytes(s[:]) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Salt) UnmarshalJSON(src []byte) error { return unmarshalBytes(src, s[:]) }

// MarshalJSON writes base64.
func (c Commitment) MarshalJSON() ([]byte, error) { return marshalBytes(c[:]) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Commitment) UnmarshalJSON(src []byte) error { return unmarshalBytes(src, c[:]) }

// MarshalJSON writes base64.
func (n Nonce) MarshalJSON() ([]byte, error) { return marshalBytes(n[:]) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Nonce) UnmarshalJSON(src []byte) error { return unmarshalBytes(src, n[:]) }

func marshalBytes(b []byte) ([]byte, error) {
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

func unmarshalBytes(src []byte, to []byte) error {
	var s string
	if err := json.Unmarshal(src, &s); err != nil {
		return err
	}
	b, err := strict.DecodeString(s)
	if err != nil || len(b) != len(to) {
		return fmt.Errorf("not %d bytes in base64", len(to))
	}
	copy(to, b)
	return nil
}

// NewSalt returns a random one.
func NewSalt() (s Salt, err error) {
	if _, err := rand.Read(s[:]); err != nil {
		return s, fmt.Errorf("salt: %w", err)
	}
	return s, nil
}

// ErrErased is returned for a subject whose salt has been deleted or never was.
var ErrErased = errors.New("the subject's salt is not kept")

// Salts keeps one salt for each subject, apart from the log. A subject is a kind
// and an id: "account/u17".
type Salts interface {
	// Salt returns a subject's salt, durable, making one if there is none.
	Salt(ctx context.Context, subject string) (Salt, error)
	// Find returns it, ErrErased if there is none.
	Find(ctx context.Context, subject string) (Salt, error)
	// Erase deletes it, so that no record can be tied to the subject any more.
	Erase(ctx context.Context, subject string) error
}

// Opening is what a holder discloses of a commitment.
type Opening struct {
	Part  string `json:"part"`
	Salt  Salt   `json:"salt"`
	Value string `json:"value"`
}

// Opens reports whether it opens a commitment.
func (o *Opening) Opens(c Commitment) bool { return o.Salt.Commit(o.Value) == c }

// Statement is what another part of Rowan has to say in the log, with the people
// and content that it concerns in the clear. The log sets the moment and turns
// Subjects into commitments.
type Statement struct {
	Kind  Kind
	By    string // a role: "reviewer", "platform"; the person goes into Subjects
	Of    string // "case/12"
	What  string
	Facts map[string]string // nothing about a person
	// Subjects by their part: {"actor": "account/u17", "by": "person/3"}.
	Subjects map[string]string
}

// Appender takes statements into a log. They are durable, in order and together,
// when it returns; first is the first one's place.
type Appender interface {
	Record(ctx context.Context, statements ...Statement) (first int64, err error)
}

// Conceal makes a statement's record, whose moment the log sets.
func Conceal(ctx context.Context, salts Salts, s Statement) (Record, error) {
	r := Record{Kind: s.Kind, By: s.By, Of: s.Of, What: s.What, Facts: s.Facts, V: Version}
	if len(s.Subjects) == 0 {
		return r, nil
	}
	if salts == nil {
		return Record{}, errors.New("a statement about somebody needs salts")
	}
	r.Nonce = new(Nonce)
	if _, err := rand.Read(r.Nonce[:]); err != nil {
		return Record{}, fmt.Errorf("nonce: %w", err)
	}
	r.Subjects = make(map[string]Commitment, len(s.Subjects))
	for part, subject := range s.Subjects {
		salt, err := salts.Salt(ctx, subject)
		if err != nil {
			return Record{}, err
		}
		derived := salt.Derive(*r.Nonce, part)
		r.Subjects[part] = derived.Commit(subject)
	}
	return r, nil
}

// Disclose opens a part of a record for whoever is given the opening. It
// returns ErrErased once the subject's salt is gone.
func Disclose(ctx context.Context, salts Salts, r *Record, part, subject string) (Opening, error) {
	c, ok := r.Subjects[part]
	if !ok {
		return Opening{}, fmt.Errorf("the record has no subject %q", part)
	}
	salt, err := salts.Find(ctx, subject)
	if err != nil {
		return Opening{}, err
	}
	o := Opening{Part: part, Salt: salt.Derive(*r.Nonce, part), Value: subject}
	if !o.Opens(c) {
		return Opening{}, fmt.Errorf("%s is not the %s of this record, or its salt was made anew", subject, part)
	}
	return o, nil
}
