package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"rowan/casework/console"
	"rowan/datafile"
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

// check looks for what no door could be made of.
func (p *peopleSettings) check(doc *datafile.Document) error {
	var wrong []error
	add := func(err error, path ...any) {
		if err != nil {
			wrong = append(wrong, doc.Errorf(append([]any{"people"}, path...), "%v", err))
		}
	}
	_, err := p.proxies()
	add(err, "proxies")
	add(console.Table().Check(p.WithoutCode), "without_code")
	for name, d := range map[string]duration{"idle": p.Session.Idle, "absolute": p.Session.Absolute} {
		if d := time.Duration(d); d < 0 || d > 0 && d < time.Minute || d > 31*24*time.Hour {
			add(fmt.Errorf("%s is %v; it must lie between a minute and 31 days", name, d), "session", name)
		}
	}
	if p.OIDC != nil {
		_, err := p.OIDC.provider("")
		add(err, "oidc")
	}
	return errors.Join(wrong...)
}

func (p *peopleSettings) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range p.Proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, alone := netip.ParseAddr(text)
			if alone != nil {
				return nil, fmt.Errorf("%q: want an address such as 10.0.0.1, or a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		out = append(out, prefix)
	}
	return out, nil
}

func (o *oidcSettings) provider(secret string) (*people.Provider, error) {
	return people.NewProvider(people.OIDC{Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, URL: o.URL, Claim: o.Claim, Scopes: o.Scopes, Roles: o.Roles}, console.Table())
}

// door is how people come into the console.
func (s *settings) door() (o people.DoorOptions, err error) {
	o.WithoutCode = s.People.WithoutCode
	if o.Proxies, err = s.People.proxies(); err != nil {
		return o, fmt.Errorf("people.proxies: %w", err)
	}
	p := s.People.OIDC
	if p == nil {
		return o, nil
	}
	secret := ""
	if p.SecretFile != "" {
		src, err := os.ReadFile(s.resolve(p.SecretFile))
		if err != nil {
			return o, fmt.Errorf("people.oidc.client_secret_file: %w", err)
		}
		if secret = strings.TrimSpace(string(src)); secret == "" {
			return o, fmt.Errorf("people.oidc.client_secret_file: %s is empty", p.SecretFile)
		}
	}
	o.Provider, err = p.provider(secret)
	return o, err
}
