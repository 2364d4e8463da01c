package attest

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// maxKeys is the size in bytes above which a key set is refused.
	maxKeys = 256 << 10
	// refresh is after how long a key set is read again, so that a key that the
	// provider has withdrawn is not trusted for ever.
	refresh = time.Hour
	// stale is for how long a key set is used that cannot be read again.
	stale = 24 * time.Hour
	// patience is how long one reading may take.
	patience = 5 * time.Second
)

// keys is a provider's key set, read when it is first needed, again when a token
// names a key that is not in it, and when it is an hour old. Nobody whose key is
// there and fresh waits for a reading.
type keys struct {
	place  string
	client *http.Client
	every  time.Duration // least time between two readings
	failed func(context.Context, error)
	once   singleflight.Group

	mu    sync.Mutex
	set   jose.JSONWebKeySet
	read  time.Time // when the set was read; zero: never
	asked time.Time // when it was last asked for
	err   error     // of the last reading
}

// find returns the keys that a token may be signed with: the one of its key id,
// or all if it names none.
func (k *keys) find(ctx context.Context, id string, now time.Time) ([]jose.JSONWebKey, error) {
	if found, fresh := k.choose(id, now); fresh && len(found) > 0 {
		return found, nil
	}
	// A reading is everybody's: it does not end because one of them goes away.
	reading := k.once.DoChan("", func() (any, error) {
		k.renew(context.WithoutCancel(ctx), now)
		return nil, nil
	})
	select {
	case <-reading:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	found, _ := k.choose(id, now)
	if len(found) == 0 {
		k.mu.Lock()
		defer k.mu.Unlock()
		return nil, k.err
	}
	return found, nil
}

// choose looks in the set as it is. fresh reports whether it need not be read
// again for its age.
func (k *keys) choose(id string, now time.Time) (found []jose.JSONWebKey, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	old := now.Sub(k.read)
	switch {
	case k.read.IsZero() || old >= stale:
	case id == "":
		found = k.set.Keys
	default:
		found = k.set.Key(id)
	}
	return found, old < refresh
}

// renew reads the set, unless that was tried a moment ago.
func (k *keys) renew(ctx context.Context, now time.Time) {
	k.mu.Lock()
	soon := !k.asked.IsZero() && now.Sub(k.asked) < k.every
	if !soon {
		k.asked = now
	}
	k.mu.Unlock()
	if soon {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	set, err := k.fetch(ctx)
	if err != nil {
		k.failed(ctx, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err = err; err == nil {
		k.set, k.read = set, now
	}
}

func (k *keys) fetch(ctx context.Context) (set jose.JSONWebKeySet, err error) {
	body, err := k.open(ctx)
	if err != nil {
		return set, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	src, err := io.ReadAll(io.LimitReader(body, maxKeys+1))
	switch {
	case err != nil:
		return set, fmt.Errorf("read the keys: %w", err)
	case len(src) > maxKeys:
		return set, fmt.Errorf("the keys have more than %d bytes", maxKeys)
	}
	if err := json.Unmarshal(src, &set); err != nil {
		return set, errors.New("the keys are no JSON Web Key Set")
	}
	public := set.Keys[:0]
	for _, key := range set.Keys {
		if trustworthy(&key) {
			public = append(public, key)
		}
	}
	set.Keys = public
	if len(public) == 0 {
		return set, errors.New("the key set holds no public key for signatures")
	}
	return set, nil
}

// trustworthy reports whether a key may have signed a token: it is public, for
// signatures, and not weaker than RFC 7518 allows.
func trustworthy(key *jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	weak, ok := key.Key.(*rsa.PublicKey)
	return !ok || weak.N.BitLen() >= 2048
}

func (k *keys) open(ctx context.Context) (io.ReadCloser, error) {
	if !strings.Contains(k.place, "://") {
		return os.Open(k.place)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.place, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys: %w", err)
	}
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("ask for the keys: the answer was %s", answer.Status), answer.Body.Close())
	}
	return answer.Body, nil
}

// careful is a client that follows no redirect to where keys may not lie.
func careful(c *http.Client) *http.Client {
	out, check := *c, c.CheckRedirect
	out.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		switch {
		case !private(to.URL):
			return errors.New("redirected to an address without https")
		case check != nil:
			return check(to, via)
		case len(via) >= 10:
			return errors.New("redirected too often")
		}
		return nil
	}
	return &out
}
