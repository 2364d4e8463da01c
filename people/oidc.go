package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC says how people sign in at an OpenID Connect provider.
type OIDC struct {
	Name     string // on the button: "Sign in with NAME"
	Issuer   string // https, or http on this machine
	ClientID string
	Secret   string // "" for a public client
	// URL is the address under which people reach the wing; the provider must
	// know URL + "/oidc/callback".
	URL string
	// Claim is the claim with a person's groups, a list or one text; default
	// "groups". Scopes are asked for beside openid; default profile and email.
	Claim  string
	Scopes []string
	// Roles says which groups give which role. A person without a role is
	// refused.
	Roles map[Role][]string
	// Now is the clock for expiry; time.Now by default. Client is for requests to
	// the provider; one with a timeout by default.
	Now    func() time.Time
	Client *http.Client
}

// Identity is who a provider says somebody is.
type Identity struct {
	Issuer, Subject string
	Login, Name     string
	Roles           []Role
}

// ErrProvider is why nobody could be signed in through the provider: it cannot
// be reached, or what it sent does not hold.
var ErrProvider = errors.New("the identity provider's answer does not hold")

// Provider is an OpenID Connect provider. It is first spoken to when somebody
// signs in, so that Rowan starts while it is away.
type Provider struct {
	config OIDC
	mu     sync.Mutex
	found  *oidc.Provider
}

// NewProvider checks a configuration against a table of roles.
func NewProvider(c OIDC, table Table) (*Provider, error) {
	if c.ClientID == "" {
		return nil, errors.New("oidc: client_id is missing")
	}
	for name, address := range map[string]string{"issuer": c.Issuer, "url": c.URL} {
		if err := checkAddress(address); err != nil {
			return nil, fmt.Errorf("oidc: %s: %w", name, err)
		}
	}
	for role, groups := range c.Roles {
		if err := table.Check([]Role{role}); err != nil {
			return nil, fmt.Errorf("oidc: roles: %w", err)
		}
		if len(groups) == 0 || slices.Contains(groups, "") {
			return nil, fmt.Errorf("oidc: roles: %s: name the groups that give it", role)
		}
	}
	if len(c.Roles) == 0 {
		return nil, errors.New("oidc: roles is missing: nobody could sign in")
	}
	if c.Claim == "" {
		c.Claim = "groups"
	}
	if c.Name == "" {
		c.Name = "your organisation's account"
	}
	if c.Scopes == nil {
		c.Scopes = []string{"profile", "email"}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second}
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	return &Provider{config: c}, nil
}

// checkAddress wants https, or http on this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q: want an address such as https://id.example", address)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Host)) {
		return fmt.Errorf("%q: want https", address)
	}
	return nil
}

// Flow is what one sign-in at the provider must come back with. It waits in a
// cookie of the browser that began it.
type Flow struct {
	State    string // bound to the browser
	Nonce    string // bound to the ID token
	Verifier string // PKCE, RFC 7636
	Next     string // the path that the visitor wanted
}

// newFlow makes one of random texts of 130 bits or more.
func newFlow() Flow {
	return Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: "/"}
}

// String is a flow as a cookie holds it.
func (f Flow) String() string {
	return f.State + "." + f.Nonce + "." + f.Verifier + "." + base64.RawURLEncoding.EncodeToString([]byte(f.Next))
}

// maxFlow keeps the cookie below what browsers take.
const maxFlow = 2048

// ParseFlow reads what String wrote.
func ParseFlow(text string) (Flow, error) {
	errForeign := errors.New("not a sign-in that was begun here")
	parts := strings.Split(text, ".")
	if len(text) > maxFlow || len(parts) != 4 || len(parts[0]) < 26 || len(parts[1]) < 26 || len(parts[2]) < 43 {
		return Flow{}, errForeign
	}
	next, err := base64.RawURLEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return Flow{}, errForeign
	}
	return Flow{parts[0], parts[1], parts[2], localPath(string(next))}, nil
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// Keys are fetched with this context later, so it must not end.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.config.Client), p.config.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: discovery: %w", ErrProvider, err)
		}
		p.found = found
	}
	return p.found, &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.Secret, Endpoint: p.found.Endpoint(),
		RedirectURL: p.config.URL + "/oidc/callback", Scopes: append([]string{oidc.ScopeOpenID}, p.config.Scopes...),
	}, nil
}

// Begin returns the provider's address for a new sign-in.
func (p *Provider) Begin(ctx context.Context) (address string, f Flow, err error) {
	_, client, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f = newFlow()
	return client.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// Finish takes what the provider sent back, and says who it is. It checks the
// state, the issuer (RFC 9207), and of the ID token the signature, issuer,
// audience, expiry and nonce.
func (p *Provider) Finish(ctx context.Context, f Flow, answer url.Values) (Identity, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.State)) != 1 {
		return Identity{}, fmt.Errorf("%w: it is of another sign-in", ErrProvider)
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.config.Issuer {
		return Identity{}, fmt.Errorf("%w: it is of another issuer", ErrProvider)
	}
	if answer.Get("error") != "" {
		return Identity{}, fmt.Errorf("%w: it refused the sign-in", ErrProvider)
	}
	found, client, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.config.Client)
	token, err := client.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		// The library's error quotes the answer, which may name a person.
		return Identity{}, fmt.Errorf("%w: the code was not exchanged", ErrProvider)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, fmt.Errorf("%w: there is no ID token", ErrProvider)
	}
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID, Now: p.config.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: the ID token: %w", ErrProvider, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: the ID token is of another sign-in", ErrProvider)
	}
	claims := map[string]json.RawMessage{}
	if err := id.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: claims: %w", ErrProvider, err)
	}
	// Groups and names may be at the user-info endpoint only.
	if claims[p.config.Claim] == nil && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil || info.Subject != id.Subject {
			return Identity{}, fmt.Errorf("%w: what it knows of the person could not be read", ErrProvider)
		}
		more := map[string]json.RawMessage{}
		if err := info.Claims(&more); err != nil {
			return Identity{}, fmt.Errorf("%w: claims: %w", ErrProvider, err)
		}
		for name, value := range more {
			if claims[name] == nil {
				claims[name] = value
			}
		}
	}
	return p.identity(id.Subject, claims), nil
}

// identity reads the claims that Rowan uses. Those of another form count as
// absent.
func (p *Provider) identity(subject string, claims map[string]json.RawMessage) Identity {
	text := func(names ...string) string {
		for _, name := range names {
			var s string
			if json.Unmarshal(claims[name], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	out := Identity{Issuer: p.config.Issuer, Subject: subject, Login: text("preferred_username", "email"), Name: text("name")}
	var groups []string
	if json.Unmarshal(claims[p.config.Claim], &groups) != nil {
		groups = []string{text(p.config.Claim)}
	}
	for role, from := range p.config.Roles {
		if slices.ContainsFunc(from, func(g string) bool { return slices.Contains(groups, g) }) {
			out.Roles = append(out.Roles, role)
		}
	}
	slices.Sort(out.Roles)
	return out
}

// The errors of Admit.
var (
	ErrNoRole   = errors.New("the identity provider gives this person no role here")
	ErrDisabled = errors.New("the account is disabled")
)

// Admit finds the person whom a provider names, or makes them, with the roles
// that the provider gives. Only the subject ties the two together: a log-in name
// or an address may change hands.
func (d *Directory) Admit(ctx context.Context, who Identity) (Person, error) {
	if len(who.Roles) == 0 {
		return Person{}, ErrNoRole
	}
	if err := d.table.Check(who.Roles); err != nil {
		return Person{}, err
	}
	if who.Issuer == "" || who.Subject == "" {
		return Person{}, fmt.Errorf("%w: it names nobody", ErrProvider)
	}
	known, err := d.find(ctx, `issuer = ? AND subject = ?`, who.Issuer, who.Subject)
	if errors.Is(err, ErrNoPerson) {
		return d.welcome(ctx, who)
	}
	if err != nil {
		return Person{}, err
	}
	if known.Disabled {
		return Person{}, ErrDisabled
	}
	return d.change(ctx, known.ID, func(tx *sql.Tx, p *Person) error {
		if p.Disabled {
			return ErrDisabled
		}
		if who.Name != "" {
			p.Name = who.Name
		}
		if slices.Equal(p.Roles, who.Roles) {
			return nil
		}
		p.Roles = who.Roles
		return signOut(ctx, tx, p.ID)
	})
}

// welcome makes the account of somebody whom a provider sends for the first
// time. A log-in name that somebody has already gets an ending.
func (d *Directory) welcome(ctx context.Context, who Identity) (Person, error) {
	sum := sha256.Sum256([]byte(who.Issuer + "\x00" + who.Subject))
	ending := hex.EncodeToString(sum[:4])
	login := normal(who.Login)
	if checkLogin(login) != nil {
		login = "sso-" + ending
	}
	p := Person{ID: personID(), Login: login, Name: who.Name, Roles: who.Roles, Created: d.now().UTC().Truncate(time.Second), Issuer: who.Issuer}
	if p.Name == "" {
		p.Name = login
	}
	err := d.insert(ctx, p, who.Subject, "")
	if errors.Is(err, ErrTaken) {
		p.Login = login + "-" + ending
		err = d.insert(ctx, p, who.Subject, "")
	}
	return p, err
}
