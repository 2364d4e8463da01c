package attest

import (
	"context"
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
)

// maxKeys is the size in bytes above which a key set is refused.
const maxKeys = 256 << 10

// keys is a provider's key set, read when it is first needed and again when a
// token names a key that is not in it.
type keys struct {
	place  string
	client *http.Client
	every  time.Duration

	mu   sync.Mutex
	set  jose.JSONWebKeySet
	read time.Time // when the set was last asked for; zero: never
	err  error     // of that time
}

// find returns the keys that a token may be signed with: the one of its key id,
// or all if it names none.
func (k *keys) find(ctx context.Context, id string, now time.Time) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := k.choose(id)
	if len(found) == 0 && (k.read.IsZero() || now.Sub(k.read) >= k.every) {
		k.read = now
		set, err := k.fetch(ctx)
		if k.err = err; err == nil {
			k.set = set
		}
		found = k.choose(id)
	}
	if len(found) == 0 && k.err != nil {
		return nil, k.err
	}
	return found, nil
}

func (k *keys) choose(id string) []jose.JSONWebKey {
	if id != "" {
		return k.set.Key(id)
	}
	return k.set.Keys
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
		if key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			public = append(public, key)
		}
	}
	set.Keys = public
	if len(public) == 0 {
		return set, errors.New("the key set holds no public key for signatures")
	}
	return set, nil
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
