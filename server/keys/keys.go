// Package keys holds the keys with which platforms authenticate. The file has
// only a hash of each secret. Secrets are 32 random bytes, so that a plain
// SHA-256 cannot be guessed and no slow hash is needed.
package keys

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"rowan/datafile"
)

// File is the name of the key file in the data directory.
const File = "keys.yaml"

const fileVersion = 1

// The errors of Create and Revoke.
var (
	ErrUnknown = errors.New("there is no such key")
	ErrRevoked = errors.New("the key is revoked already")
	ErrName    = errors.New("a key's name has 1 to 64 printable characters")
)

// Key is what is kept of a key.
type Key struct {
	ID      string     `yaml:"id" json:"id"`
	Name    string     `yaml:"name" json:"name"`
	Created time.Time  `yaml:"created" json:"created"`
	SHA256  string     `yaml:"sha256" json:"-"` // of the secret's random part, in hex
	Revoked *time.Time `yaml:"revoked_at,omitempty" json:"revoked_at,omitempty"`
}

type document struct {
	Version int   `yaml:"version"`
	Keys    []Key `yaml:"keys"`
}

// Store is the keys in a data directory. It is safe for concurrent use, and
// notices what another process does to the file.
type Store struct {
	path string

	mu      sync.RWMutex
	seen    fs.FileInfo // of the file as it was read; nil if there was none
	looked  time.Time   // when the file was last looked at
	keys    []Key
	hashes  map[string][sha256.Size]byte // of the keys that are not revoked, by id
	problem error                        // why the file could not be read again
}

// recheck is how long a change of the file may go unnoticed.
const recheck = time.Second

// Open reads the keys in dir. A file that does not exist holds no keys.
func Open(dir string) (*Store, error) {
	s := &Store{path: filepath.Join(dir, File)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Create makes a key and returns its secret, which is kept nowhere: whoever
// loses it makes another.
func (s *Store) Create(name string, now time.Time) (secret string, key Key, err error) {
	if name == "" || utf8.RuneCountInString(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", Key{}, ErrName
	}
	var id [6]byte
	var random [32]byte
	rand.Read(id[:]) // never fails
	rand.Read(random[:])
	hash := sha256.Sum256(random[:])
	key = Key{ID: hex.EncodeToString(id[:]), Name: name, Created: now.UTC().Truncate(time.Second), SHA256: hex.EncodeToString(hash[:])}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return "", Key{}, err
	}
	if err := s.save(append(slices.Clone(s.keys), key)); err != nil {
		return "", Key{}, err
	}
	return "rowan_" + key.ID + "_" + base64.RawURLEncoding.EncodeToString(random[:]), key, nil
}

// List returns all keys, revoked ones too, oldest first.
func (s *Store) List() ([]Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return nil, err
	}
	keys := slices.Clone(s.keys)
	slices.SortStableFunc(keys, func(a, b Key) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	return keys, nil
}

// Revoke makes a key invalid for good.
func (s *Store) Revoke(id string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return err
	}
	keys := slices.Clone(s.keys)
	i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return ErrUnknown
	}
	if keys[i].Revoked != nil {
		return ErrRevoked
	}
	at := now.UTC().Truncate(time.Second)
	keys[i].Revoked = &at
	return s.save(keys)
}

// Check returns the id of the valid key that a secret belongs to. It takes the
// same time for a wrong secret as for the right one.
func (s *Store) Check(secret string, now time.Time) (id string, ok bool) {
	rest, ok := strings.CutPrefix(secret, "rowan_")
	if !ok {
		return "", false
	}
	id, text, _ := strings.Cut(rest, "_")
	var random [32]byte
	if len(text) != base64.RawURLEncoding.EncodedLen(len(random)) {
		return "", false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(random[:], []byte(text)); err != nil {
		return "", false
	}
	hash := sha256.Sum256(random[:])
	want, known := s.hash(id, now)
	if subtle.ConstantTimeCompare(hash[:], want[:]) != 1 || !known {
		return "", false
	}
	return id, true
}

// Problem says why a change of the file could not be read; the keys as they
// were before stay valid until it can. nil if all is well.
func (s *Store) Problem() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.problem
}

// hash looks a key up, and at the file first if that is due or the key is
// unknown.
func (s *Store) hash(id string, now time.Time) (hash [sha256.Size]byte, known bool) {
	s.mu.RLock()
	hash, known = s.hashes[id]
	age := now.Sub(s.looked)
	s.mu.RUnlock()
	if known && age >= 0 && age < recheck {
		return hash, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = now
	s.problem = s.reload()
	hash, known = s.hashes[id]
	return hash, known
}

// reload reads the file if it is not the one that was read last. On an error
// the keys stay as they were.
func (s *Store) reload() error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		s.seen, s.keys, s.hashes = nil, nil, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the key file: %w", err)
	}
	if s.seen != nil && os.SameFile(s.seen, info) && s.seen.ModTime().Equal(info.ModTime()) && s.seen.Size() == info.Size() {
		return nil
	}
	src, err := os.ReadFile(s.path)
	if err != nil {
		return fmt.Errorf("read the key file: %w", err)
	}
	var d document
	doc, err := datafile.Parse(s.path, src, &d)
	if err != nil {
		return err
	}
	if d.Version != fileVersion {
		return doc.Errorf([]any{"version"}, "version %d; this version of Rowan reads %d", d.Version, fileVersion)
	}
	hashes := make(map[string][sha256.Size]byte, len(d.Keys))
	ids := map[string]bool{}
	for i, key := range d.Keys {
		hash, err := hex.DecodeString(key.SHA256)
		switch {
		case key.ID == "" || strings.Contains(key.ID, "_"):
			return doc.Errorf([]any{"keys", i, "id"}, "an id is not empty and has no underscore")
		case ids[key.ID]:
			return doc.Errorf([]any{"keys", i, "id"}, "this id stands twice in the file")
		case err != nil || len(hash) != sha256.Size:
			return doc.Errorf([]any{"keys", i, "sha256"}, "want 64 hexadecimal digits")
		}
		ids[key.ID] = true
		if key.Revoked == nil {
			hashes[key.ID] = [sha256.Size]byte(hash)
		}
	}
	s.seen, s.keys, s.hashes = info, d.Keys, hashes
	return nil
}

// save replaces the file by one with other keys: either the old file or the
// new one is there at any moment, whole.
func (s *Store) save(keys []Key) error {
	src, err := yaml.Marshal(document{Version: fileVersion, Keys: keys})
	if err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	temporary, err := os.CreateTemp(dir, ".keys-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	_, err = temporary.Write(src)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), s.path)
	}
	if err != nil {
		return fmt.Errorf("write the key file: %w", errors.Join(err, os.Remove(temporary.Name())))
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	return s.reload()
}
