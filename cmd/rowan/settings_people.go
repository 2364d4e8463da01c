package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"rowan/casework/console"
	"rowan/people"
)

// peopleSettings say how people sign in.
type peopleSettings struct {
	OIDC    *oidcSettings   `yaml:"oidc"`
	Session sessionSettings `yaml:"session"`
	// WithoutCode are roles whose holders need no authenticator.
	WithoutCode []people.Role `yaml:"without_code"`
	// Proxies are addresses of proxies whose X-Forwarded-For counts.
	Proxies []string `yaml:"proxies"`
}

type sessionSettings struct {
	Idle     duration `yaml:"idle"`
	Absolute duration `yaml:"absolute"`
}

type oidcSettings struct {
	Name       string                   `yaml:"name"`
	Issuer     string                   `yaml:"issuer"`
	ClientID   string                   `yaml:"client_id"`
	SecretFile string                   `yaml:"client_secret_file"`
	URL        string                   `yaml:"url"`
	Claim      string                   `yaml:"claim"`
	Scopes     []string                 `yaml:"scopes"`
	Roles      map[people.Role][]string `yaml:"roles"`
}

// door is how people come into the console.
func (s *settings) door() (people.DoorOptions, error) {
	o := people.DoorOptions{WithoutCode: s.People.WithoutCode}
	for _, text := range s.People.Proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return o, fmt.Errorf("people.proxies: %q is no network such as 10.0.0.0/8", text)
		}
		o.Proxies = append(o.Proxies, prefix)
	}
	p := s.People.OIDC
	if p == nil {
		return o, nil
	}
	c := people.OIDC{Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, URL: p.URL, Claim: p.Claim, Scopes: p.Scopes, Roles: p.Roles}
	if p.SecretFile != "" {
		path := p.SecretFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.dir, path)
		}
		secret, err := os.ReadFile(path)
		if err != nil {
			return o, fmt.Errorf("people.oidc.client_secret_file: %w", err)
		}
		c.Secret = strings.TrimSpace(string(secret))
	}
	var err error
	if o.Provider, err = people.NewProvider(c, console.Table()); err != nil {
		return o, fmt.Errorf("people.oidc: %w", err)
	}
	return o, nil
}
