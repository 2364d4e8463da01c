package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/casework/delivery"
	deliveries "rowan/casework/delivery/sqlite"
	"rowan/datafile"
	"rowan/server"
	"rowan/webhook"
)

// webhookSettings name a place that is told what people decide.
type webhookSettings struct {
	// Name stands in logs, metrics and the console; the host by default.
	Name       string `yaml:"name"`
	URL        string `yaml:"url"`
	SecretFile string `yaml:"secret_file"`
	// Private allows addresses of private networks and plain http.
	Private bool `yaml:"private"`
	// After is the sequence number after which a new endpoint begins.
	After int64 `yaml:"after"`
}

// name is what the endpoint is called; "" if the address is none.
func (w *webhookSettings) name() string {
	if w.Name != "" {
		return w.Name
	}
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// checkWebhooks looks for settings that no deployment can mean. It shows no
// address: one may hold a key.
func checkWebhooks(all []webhookSettings, doc *datafile.Document) error {
	var wrong []error
	add := func(i int, key, format string, args ...any) {
		wrong = append(wrong, doc.Errorf([]any{"webhooks", i, key}, format, args...))
	}
	for i := range all {
		w := &all[i]
		if err := webhook.CheckAddress(w.URL, w.Private); err != nil {
			add(i, "url", "%v", err)
		}
		if w.SecretFile == "" {
			add(i, "secret_file", "secret_file is missing: what is sent is signed")
		}
		if w.After < 0 {
			add(i, "after", "after is %d; it is a sequence number from 0", w.After)
		}
		if len(w.Name) > 64 {
			add(i, "name", "name has more than 64 bytes")
		}
		if slices.ContainsFunc(all[:i], func(other webhookSettings) bool { return other.name() == w.name() }) {
			add(i, "name", "two webhooks are called %q: give one another name", w.name())
		}
	}
	return errors.Join(wrong...)
}

// post is what brings decisions of people to the platform.
type post struct {
	store     *deliveries.Store
	outbox    *delivery.Outbox
	endpoints []*webhook.Endpoint
}

// openPost opens the deliveries of a deployment.
func openPost(ctx context.Context, data string, s *settings, feed *delivery.Feed, log *slog.Logger) (p *post, err error) {
	p = &post{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.store, err = deliveries.Open(ctx, data); err != nil {
		return p, err
	}
	options := delivery.Options{Feed: feed, Store: p.store, Log: log}
	for i := range s.Webhooks {
		w := &s.Webhooks[i]
		secret, err := readSecret(s.resolve(w.SecretFile))
		if err != nil {
			return p, fmt.Errorf("webhooks[%d].secret_file: %w", i, err)
		}
		to, err := webhook.New(w.URL, secret, webhook.Options{Private: w.Private})
		if err != nil {
			return p, fmt.Errorf("webhooks[%d]: %w", i, err)
		}
		p.endpoints = append(p.endpoints, to)
		options.Endpoints = append(options.Endpoints, delivery.Endpoint{Name: w.name(), Address: w.URL, After: w.After, Sender: to})
	}
	p.outbox, err = delivery.New(ctx, options)
	return p, err
}

// readSecret reads a file that only its owner may read.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, so others can read it; run: chmod 600 %s", path, mode, path)
	}
	src, err := os.ReadFile(path)
	return string(src), err
}

func (p *post) close() error {
	for _, e := range p.endpoints {
		e.Close()
	}
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}

// platform adds casework to what platforms may ask.
func (o *office) platform(c *server.Config) {
	c.Effects, c.Appeals = o.feed, o.desk
	c.Metrics = append(c.Metrics, prometheus.Collector(o.post.outbox))
}
