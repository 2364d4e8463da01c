package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Purpose is what a key signs, by the byte that C2SP gives it.
type Purpose byte

// The purposes.
const (
	LogKey     Purpose = 1 // a log's own checkpoints: Ed25519
	WitnessKey Purpose = 4 // others' checkpoints, with the time: cosignature/v1
)

// Key is an Ed25519 key with a name.
type Key struct {
	name    string
	purpose Purpose
	private ed25519.PrivateKey
	now     func() time.Time
}

var _ note.Signer = (*Key)(nil)

// KeyFile is the name of a log's key file in the data directory.
const KeyFile = "ledger.key"

// OpenKey reads a key file, which only its owner may be able to read, or makes
// one with a new random key. An empty name takes the file's, or makes one up.
func OpenKey(path, name string, purpose Purpose, now func() time.Time) (*Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(path, name, purpose, now)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("ledger key: %s has mode %04o, so others can read it; run: chmod 600 %s", path, mode, path)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	k, err := parseKey(strings.TrimSpace(string(src)), purpose, now)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %s: %w", path, err)
	}
	if name != "" && name != k.name {
		return nil, fmt.Errorf("ledger key: %s is the key of %q, and the settings say %q; a log keeps its name", path, k.name, name)
	}
	return k, nil
}

func newKey(path, name string, purpose Purpose, now func() time.Time) (*Key, error) {
	if name == "" {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return nil, fmt.Errorf("ledger key: %w", err)
		}
		name = fmt.Sprintf("rowan/%x", b)
	}
	if strings.ContainsAny(name, " +\n\t") {
		return nil, fmt.Errorf("ledger key: the name %q holds a space or a plus", name)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	k := &Key{name, purpose, private, now}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	// O_EXCL: two that start at once do not overwrite each other's key.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	_, err = fmt.Fprintf(f, "PRIVATE+KEY+%s+%08x+%s\n", k.name, k.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{byte(purpose)}, private.Seed()...)))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	return k, nil
}

func parseKey(s string, purpose Purpose, now func() time.Time) (*Key, error) {
	rest, ok := strings.CutPrefix(s, "PRIVATE+KEY+")
	parts := strings.SplitN(rest, "+", 3)
	if !ok || len(parts) != 3 {
		return nil, errors.New("not a key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != byte(purpose) {
		return nil, errors.New("not a key for this purpose")
	}
	k := &Key{parts[0], purpose, ed25519.NewKeyFromSeed(raw[1:]), now}
	if fmt.Sprintf("%08x", k.KeyHash()) != parts[1] {
		return nil, errors.New("the key was damaged")
	}
	return k, nil
}

func (k *Key) public() []byte { return k.private[32:] }

// Name is the key's name: of a log, its origin.
func (k *Key) Name() string { return k.name }

// KeyHash tells keys of the same name apart.
func (k *Key) KeyHash() uint32 { return keyHash(k.name, k.purpose, k.public()) }

func keyHash(name string, purpose Purpose, public []byte) uint32 {
	h := sha256.Sum256(append(append([]byte(name), '\n', byte(purpose)), public...))
	return binary.BigEndian.Uint32(h[:])
}

// Sign signs a note's text; a witness adds the time.
func (k *Key) Sign(text []byte) ([]byte, error) {
	if k.purpose == LogKey {
		return ed25519.Sign(k.private, text), nil
	}
	at := uint64(k.now().Unix())
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(k.private, cosigned(at, text))...), nil
}

// cosigned is what a witness signs.
func cosigned(at uint64, text []byte) []byte {
	return append(strconv.AppendUint([]byte("cosignature/v1\ntime "), at, 10), append([]byte("\n"), text...)...)
}

// Verifier is the key that others need, as text: name, hash and public key.
func (k *Key) Verifier() string {
	return fmt.Sprintf("%s+%08x+%s", k.name, k.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{byte(k.purpose)}, k.public()...)))
}

// Witness is the public key of a witness.
type Witness struct {
	name   string
	public ed25519.PublicKey
}

var _ note.Verifier = (*Witness)(nil)

// NewVerifier reads a log's or a witness's public key.
func NewVerifier(s string) (note.Verifier, error) {
	parts := strings.SplitN(s, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is no key: a key has the form NAME+HASH+BASE64", s)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("%q is no key: its last part is not base64", s)
	}
	if Purpose(raw[0]) != WitnessKey {
		v, err := note.NewVerifier(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no key: %w", s, err)
		}
		return v, nil
	}
	w := &Witness{parts[0], raw[1:]}
	if len(w.public) != ed25519.PublicKeySize || fmt.Sprintf("%08x", w.KeyHash()) != parts[1] || w.name == "" {
		return nil, fmt.Errorf("%q is no key: it is damaged", s)
	}
	return w, nil
}

// Name is the witness's name.
func (w *Witness) Name() string { return w.name }

// KeyHash tells keys of the same name apart.
func (w *Witness) KeyHash() uint32 { return keyHash(w.name, WitnessKey, w.public) }

// Verify checks a cosignature.
func (w *Witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at <= math.MaxInt64 && ed25519.Verify(w.public, cosigned(at, text), sig[8:])
}

// CosignedAt is the moment in a cosignature that was verified.
func CosignedAt(s note.Signature) (time.Time, error) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
		return time.Time{}, fmt.Errorf("the signature of %q is no cosignature", s.Name)
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), nil
}

// Now is the key's clock.
func (k *Key) Now() time.Time { return k.now() }
