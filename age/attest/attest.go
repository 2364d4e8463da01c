package attest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"rowan/event"
)

// Options are what a verifier works with. The zero value of each has a default.
type Options struct {
	Client *http.Client // that fetches keys, each time for 5 s at most
	Now    func() time.Time
	Log    *slog.Logger
	// Refetch is how often at most keys are asked for again because a token
	// names one that is not known. Default 1 min.
	Refetch time.Duration
}

// Verifier checks tokens of some providers.
type Verifier struct {
	providers map[string]*issuer
	options   Options
}

type issuer struct {
	Provider
	algorithms []jose.SignatureAlgorithm
	keys       *keys
}

// maxToken is the size in bytes above which nothing is read as a token.
const maxToken = 16 << 10

// New returns a verifier. It reads no keys before the first token comes.
func New(providers []Provider, o Options) (*Verifier, error) {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Refetch <= 0 {
		o.Refetch = time.Minute
	}
	v := &Verifier{providers: map[string]*issuer{}, options: o}
	var wrong []error
	for _, p := range providers {
		if err := p.Check(); err != nil {
			wrong = append(wrong, err)
			continue
		}
		p = p.withDefaults()
		if _, twice := v.providers[p.Issuer]; twice {
			wrong = append(wrong, fmt.Errorf("two providers of age assurance have the issuer %s", p.Issuer))
		}
		i := &issuer{Provider: p, keys: &keys{place: p.Keys, client: careful(o.Client), every: o.Refetch, failed: func(ctx context.Context, err error) {
			o.Log.WarnContext(ctx, "the keys of a provider of age assurance cannot be read", "provider", p.Name, "error", err)
		}}}
		for _, a := range p.Algorithms {
			i.algorithms = append(i.algorithms, jose.SignatureAlgorithm(a))
		}
		v.providers[p.Issuer] = i
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return v, nil
}

// Attest returns the age that a token tells of an account. An error is an
// *Error; it is logged by reason and provider.
func (v *Verifier) Attest(ctx context.Context, account, token string) (event.Age, error) {
	found, err := v.attest(ctx, account, token)
	refused := (*Error)(nil)
	if errors.As(err, &refused) {
		v.options.Log.WarnContext(ctx, "an age token is refused", "reason", string(refused.Reason), "provider", refused.Provider)
	}
	return found, err
}

func (v *Verifier) attest(ctx context.Context, account, token string) (event.Age, error) {
	if len(token) > maxToken {
		return event.Age{}, &Error{Reason: Malformed}
	}
	parsed, err := jwt.ParseSigned(token, asymmetric)
	if err != nil || len(parsed.Headers) != 1 {
		return event.Age{}, &Error{Reason: Malformed}
	}
	// Whose keys to try is all that is taken from a token unchecked.
	var claimed jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claimed); err != nil {
		return event.Age{}, &Error{Reason: Malformed}
	}
	i, ok := v.providers[claimed.Issuer]
	if !ok {
		return event.Age{}, &Error{Reason: UnknownIssuer}
	}
	refuse := func(reason Reason, cause error) (event.Age, error) {
		return event.Age{}, &Error{Reason: reason, Provider: i.Name, cause: cause}
	}
	if _, err := jwt.ParseSigned(token, i.algorithms); err != nil {
		return refuse(Malformed, nil)
	}
	now := v.options.Now()
	candidates, err := i.keys.find(ctx, parsed.Headers[0].KeyID, now)
	if err != nil {
		return refuse(KeysUnavailable, err)
	}
	var standard jwt.Claims
	var all map[string]json.RawMessage
	verified := false
	for _, key := range candidates {
		if key.Algorithm != "" && key.Algorithm != parsed.Headers[0].Algorithm {
			continue
		}
		if parsed.Claims(key.Key, &standard, &all) == nil {
			verified = true
			break
		}
	}
	if !verified {
		return refuse(BadSignature, nil)
	}
	if reason := i.valid(standard, all, account, now); reason != "" {
		return refuse(reason, nil)
	}
	found, ok := i.age(all)
	if !ok {
		return refuse(NoAge, nil)
	}
	found.AssertedAt = standard.IssuedAt.Time().UnixMilli()
	if i.ValidDays > 0 {
		found.ExpiresAt = standard.IssuedAt.Time().AddDate(0, 0, i.ValidDays).UnixMilli()
	}
	return found, nil
}

// valid checks the claims that are not about age. A token must say when it was
// issued and when it ends.
func (i *issuer) valid(c jwt.Claims, all map[string]json.RawMessage, account string, now time.Time) Reason {
	switch err := c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{i.Audience}, Time: now}, i.leeway()); {
	case errors.Is(err, jwt.ErrInvalidAudience):
		return WrongAudience
	case errors.Is(err, jwt.ErrExpired):
		return Expired
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return NotYetValid
	case err != nil:
		return Malformed
	}
	var subject string
	if json.Unmarshal(all[i.Subject], &subject) != nil || subject == "" || subject != account {
		return WrongSubject
	}
	switch {
	case c.IssuedAt == nil || c.Expiry == nil:
		return Malformed
	case now.Sub(c.IssuedAt.Time()) > i.maxAge()+i.leeway():
		return Expired
	}
	return ""
}

// maxYears is the greatest age that is believed.
const maxYears = 150

// age reads the claims that are about age.
func (i *issuer) age(all map[string]json.RawMessage) (event.Age, bool) {
	a := event.Age{Known: true, Upper: maxYears, Provider: i.Name, Attested: true}
	var method string
	if json.Unmarshal(all[i.Claims.Method], &method) != nil {
		return a, false
	}
	a.Method, _ = event.ParseMethod(method)
	if a.Method != event.Verification && a.Method != event.Estimation {
		return a, false
	}
	lower, hasLower := years(all[i.Claims.Lower])
	over, hasOver := years(all[i.Claims.Over])
	upper, hasUpper := years(all[i.Claims.Upper])
	for claim, has := range map[string]bool{i.Claims.Lower: hasLower, i.Claims.Over: hasOver, i.Claims.Upper: hasUpper} {
		if given(all[claim]) && !has {
			return a, false
		}
	}
	a.Lower = max(lower, over)
	if hasUpper {
		a.Upper = upper
	}
	if raw := all[i.Claims.Confidence]; given(raw) {
		var confidence float64
		if json.Unmarshal(raw, &confidence) != nil || !(confidence >= 0 && confidence <= 1) {
			return a, false
		}
		a.Confidence = float32(confidence)
	}
	return a, (hasLower || hasOver || hasUpper) && a.Lower <= a.Upper
}

// given reports whether a claim is there and not null.
func given(raw json.RawMessage) bool { return raw != nil && string(raw) != "null" }

// years reads a whole number of years.
func years(raw json.RawMessage) (uint8, bool) {
	var n float64
	if !given(raw) || json.Unmarshal(raw, &n) != nil || n != math.Trunc(n) || n < 0 || n > maxYears {
		return 0, false
	}
	return uint8(n), true
}
