package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Vault encrypts message text with AES-256-GCM under keys that lie in a file
// of their own, readable by the owner only. New text is sealed with the newest
// key; older keys are kept until nothing is sealed with them.
type Vault struct {
	path string
	mu   sync.RWMutex
	keys []vaultKey
	at   time.Time // the file's modification time
}

type vaultKey struct {
	Number  uint32 `json:"number"`
	Created string `json:"created"`
	Secret  string `json:"secret"` // 64 hexadecimal digits
	aead    cipher.AEAD
}

// VaultFile is the name of the key file in the data directory.
const VaultFile = "text.keys"

// OpenVault reads the key file in dir, making one with a new random key if
// there is none.
func OpenVault(dir string, now time.Time) (*Vault, error) {
	return OpenKeys(filepath.Join(dir, VaultFile), now)
}

// OpenKeys reads a key file, making one with a new random key if there is none.
func OpenKeys(path string, now time.Time) (*Vault, error) {
	v := &Vault{path: path}
	err := v.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = v.Rotate(now)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Vault) load() error {
	info, err := os.Stat(v.path)
	if err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("text keys: %s has mode %04o, so others can read it; run: chmod 600 %s", v.path, mode, v.path)
	}
	src, err := os.ReadFile(v.path)
	if err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	var keys []vaultKey
	if err := json.Unmarshal(src, &keys); err != nil {
		return fmt.Errorf("text keys: %s: %w", v.path, err)
	}
	if len(keys) == 0 {
		return fmt.Errorf("text keys: %s holds no key", v.path)
	}
	for i := range keys {
		if keys[i].aead, err = aead(keys[i].Secret); err != nil {
			return fmt.Errorf("text keys: %s: key %d: %w", v.path, keys[i].Number, err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys, v.at = keys, info.ModTime()
	return nil
}

func aead(secret string) (cipher.AEAD, error) {
	raw, err := hex.DecodeString(secret)
	if err != nil || len(raw) != 32 {
		return nil, errors.New("a key has 64 hexadecimal digits")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Rotate adds a new key, which is used from then on.
func (v *Vault) Rotate(now time.Time) error {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	return v.change(func(keys []vaultKey) []vaultKey {
		number := uint32(1)
		if len(keys) > 0 {
			number = keys[len(keys)-1].Number + 1
		}
		return append(keys, vaultKey{Number: number, Created: now.UTC().Format(time.RFC3339), Secret: hex.EncodeToString(raw[:])})
	})
}

// Drop forgets the keys below a number.
func (v *Vault) Drop(below uint32) error {
	if v.oldest() >= below {
		return nil
	}
	return v.change(func(keys []vaultKey) []vaultKey {
		return slices.DeleteFunc(keys, func(k vaultKey) bool { return k.Number < below })
	})
}

func (v *Vault) oldest() uint32 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[0].Number
}

// change replaces the keys. It locks out other processes and starts from what
// they left, so that no key of theirs is lost.
func (v *Vault) change(to func([]vaultKey) []vaultKey) (err error) {
	lock := flock.New(v.path + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := v.load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	v.mu.RLock()
	keys := to(slices.Clone(v.keys))
	v.mu.RUnlock()
	if len(keys) == 0 {
		return nil
	}
	return v.save(keys)
}

func (v *Vault) save(keys []vaultKey) error {
	src, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	if err := writeFile(v.path, append(src, '\n')); err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	return v.load()
}

// writeFile replaces a file with one that only the owner can read, so that
// either the old or the new one is there whatever happens.
func writeFile(path string, src []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	if err := errors.Join(f.Chmod(0o600), write(f, src), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func write(f *os.File, src []byte) error {
	_, err := f.Write(src)
	return err
}

// Refresh reads the key file again if it has changed, so that a key added by
// another process is used.
func (v *Vault) Refresh() error {
	info, err := os.Stat(v.path)
	if err != nil {
		return fmt.Errorf("text keys: %w", err)
	}
	v.mu.RLock()
	same := info.ModTime().Equal(v.at)
	v.mu.RUnlock()
	if same {
		return nil
	}
	return v.load()
}

// Current is the number of the newest key.
func (v *Vault) Current() uint32 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[len(v.keys)-1].Number
}

// seal encrypts the text of the entry that begins at first.
func (v *Vault) seal(dst []byte, first uint64, plain []byte) (sealed []byte, key uint32, err error) {
	v.mu.RLock()
	k := v.keys[len(v.keys)-1]
	v.mu.RUnlock()
	var nonce [12]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, 0, fmt.Errorf("seal text: %w", err)
	}
	var bound [8]byte
	binary.BigEndian.PutUint64(bound[:], first)
	dst = append(dst, nonce[:]...)
	return k.aead.Seal(dst, nonce[:], plain, bound[:]), k.Number, nil
}

// Seal encrypts what belongs to a number, which is bound to it.
func (v *Vault) Seal(number uint64, plain []byte) (sealed []byte, key uint32, err error) {
	return v.seal(nil, number, plain)
}

// Open is the reverse of Seal.
func (v *Vault) Open(number uint64, key uint32, sealed []byte) ([]byte, error) {
	return v.open(&Text{First: number, Key: key, Sealed: sealed})
}

// open decrypts a row.
func (v *Vault) open(t *Text) ([]byte, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, k := range v.keys {
		if k.Number != t.Key {
			continue
		}
		if len(t.Sealed) < 12 {
			return nil, errTorn
		}
		var bound [8]byte
		binary.BigEndian.PutUint64(bound[:], t.First)
		plain, err := k.aead.Open(nil, t.Sealed[:12], t.Sealed[12:], bound[:])
		if err != nil {
			return nil, fmt.Errorf("open text of entry %d: %w", t.First, err)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("open text of entry %d: key %d is not in %s", t.First, t.Key, v.path)
}

// A message's text in a row: sequence (relative to the entry), pair, ordinal
// within the pair, text.
func appendText(b []byte, offset, pair uint64, ordinal uint32, text string) []byte {
	b = binary.AppendUvarint(b, offset)
	b = binary.LittleEndian.AppendUint64(b, pair)
	b = binary.AppendUvarint(b, uint64(ordinal))
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

type kept struct {
	offset  uint64
	pair    uint64
	ordinal uint32
	text    string
}

func eachText(plain []byte, each func(kept)) error {
	r := reader{b: plain}
	for len(r.b) > 0 {
		k := kept{offset: r.uint(), pair: r.fixed(), ordinal: uint32(r.uint()), text: r.string()}
		if r.err != nil {
			return r.err
		}
		each(k)
	}
	return nil
}
