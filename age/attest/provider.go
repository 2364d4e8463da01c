// Package attest checks what a provider of age assurance has signed about an
// account: a JSON Web Token (RFC 7519) against the provider's published keys.
// What it cannot check it refuses, and says why without naming anybody or
// quoting anything of the token.
//
// It remembers no token. One that is sent again within max_minutes is taken
// again, for the same account only, and says the same; only after its method was
// withdrawn does that change anything. A caller to whom that matters keeps the
// jti of each.
package attest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Provider is one that is trusted, and how its tokens read.
type Provider struct {
	Name     string `yaml:"name"`
	Issuer   string `yaml:"issuer"`   // claim iss
	Audience string `yaml:"audience"` // claim aud: this platform
	// Keys is where the provider's JSON Web Key Set lies: a file, or an https
	// address (http on this machine only).
	Keys       string   `yaml:"keys"`
	Algorithms []string `yaml:"algorithms"` // default: ES256, EdDSA, RS256, PS256
	// MaxMinutes is how long after it was issued a token is taken. Default 60.
	MaxMinutes int `yaml:"max_minutes"`
	// LeewaySeconds is by how much clocks may differ. Default 60, at most 300.
	LeewaySeconds int `yaml:"leeway_seconds"`
	// ValidDays is for how long the age then holds, from when the token was
	// issued. 0: until told otherwise. The end of the token is not that of the
	// age: tokens live for minutes.
	ValidDays int `yaml:"valid_days"`
	// Subject is the claim that names the account. Default sub.
	Subject string `yaml:"subject"`
	Claims  Claims `yaml:"claims"`
}

// Claims are the names of the claims that hold the age. Of upper and over one
// may be missing: over says that somebody is at least so old.
type Claims struct {
	Method     string `yaml:"method"`     // verification or estimation; default age_method
	Lower      string `yaml:"lower"`      // default age_lower
	Upper      string `yaml:"upper"`      // default age_upper
	Over       string `yaml:"over"`       // default age_over
	Confidence string `yaml:"confidence"` // 0 to 1; default confidence
}

// asymmetric are the algorithms that a provider may sign with. A shared secret
// or no signature at all is no attestation.
var asymmetric = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
}

// Check reports everything that is wrong with the provider's settings.
func (p *Provider) Check() error {
	var wrong []error
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for _, f := range []struct{ name, value string }{{"name", p.Name}, {"issuer", p.Issuer}, {"audience", p.Audience}, {"keys", p.Keys}} {
		if f.value == "" {
			fail("a provider of age assurance needs %s", f.name)
		}
	}
	for _, a := range p.Algorithms {
		if !slices.Contains(asymmetric, jose.SignatureAlgorithm(a)) {
			fail("the algorithm %q of provider %s is not taken; want one of %v", a, p.Name, asymmetric)
		}
	}
	for _, f := range []struct {
		name         string
		value, limit int
	}{{"max_minutes", p.MaxMinutes, maxMinutes}, {"leeway_seconds", p.LeewaySeconds, 300}, {"valid_days", p.ValidDays, maxDays}} {
		if f.value < 0 || f.value > f.limit {
			fail("%s of provider %s must not be negative, nor more than %d", f.name, p.Name, f.limit)
		}
	}
	if strings.Contains(p.Keys, "://") {
		if u, err := url.Parse(p.Keys); err != nil || u.Host == "" || !private(u) {
			fail("keys of provider %s must be a file or an https address", p.Name)
		}
	}
	return errors.Join(wrong...)
}

// The longest that a token may be taken, a month, and that an age may hold, a
// hundred years.
const (
	maxMinutes = 31 * 24 * 60
	maxDays    = 36500
)

// private reports whether nobody on the way can change what an address answers.
func private(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (p Provider) withDefaults() Provider {
	set := func(to *string, v string) {
		if *to == "" {
			*to = v
		}
	}
	set(&p.Subject, "sub")
	set(&p.Claims.Method, "age_method")
	set(&p.Claims.Lower, "age_lower")
	set(&p.Claims.Upper, "age_upper")
	set(&p.Claims.Over, "age_over")
	set(&p.Claims.Confidence, "confidence")
	if len(p.Algorithms) == 0 {
		p.Algorithms = []string{"ES256", "EdDSA", "RS256", "PS256"}
	}
	if p.MaxMinutes == 0 {
		p.MaxMinutes = 60
	}
	if p.LeewaySeconds == 0 {
		p.LeewaySeconds = 60
	}
	return p
}

func (p *Provider) maxAge() time.Duration { return time.Duration(p.MaxMinutes) * time.Minute }

func (p *Provider) leeway() time.Duration { return time.Duration(p.LeewaySeconds) * time.Second }

// Reason is why a token was refused, for machines.
type Reason string

// The reasons.
const (
	Malformed       Reason = "malformed"
	UnknownIssuer   Reason = "unknown_issuer"
	BadSignature    Reason = "bad_signature"
	WrongAudience   Reason = "wrong_audience"
	WrongSubject    Reason = "wrong_subject"
	Expired         Reason = "expired"
	NotYetValid     Reason = "not_yet_valid"
	NoAge           Reason = "no_age"
	KeysUnavailable Reason = "keys_unavailable"
)

var details = map[Reason]string{
	Malformed:       "it is no signed token of an algorithm that the provider is trusted with",
	UnknownIssuer:   "its issuer is none of the providers in the settings",
	BadSignature:    "its signature does not belong to a key of the provider",
	WrongAudience:   "it was made for somebody else than this platform",
	WrongSubject:    "it is about another account",
	Expired:         "it has expired, or was issued too long ago; ask the provider for a new one",
	NotYetValid:     "it is not valid yet; compare the clocks",
	NoAge:           "it holds no age: want a method of verification or estimation and bounds in years",
	KeysUnavailable: "the provider's keys cannot be read now; try again",
}

// Error is a refusal. It names neither the account nor anything of the token.
type Error struct {
	Reason   Reason
	Provider string // "" if not known
	cause    error  // why keys could not be had; never of the token's own words
}

func (e *Error) Error() string { return string(e.Reason) + ": " + details[e.Reason] }

// Temporary reports whether the same token may be taken later.
func (e *Error) Temporary() bool { return e.Reason == KeysUnavailable }

// Unwrap is the cause, if one is known.
func (e *Error) Unwrap() error { return e.cause }
