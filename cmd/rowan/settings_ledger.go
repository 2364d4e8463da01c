package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"rowan/datafile"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/ledger/witness"
)

// ledgerSettings are those of the ledger in rowan.yaml.
type ledgerSettings struct {
	// Origin is the log's name, which it keeps for ever.
	Origin    string            `yaml:"origin"`
	Witnesses []witnessSettings `yaml:"witnesses"`
	// Every is how often witnesses are asked.
	Every duration `yaml:"every"`
}

type witnessSettings struct {
	Name string `yaml:"name"`
	Key  string `yaml:"key"`
	URL  string `yaml:"url"`
}

// askEvery is how often witnesses are asked unless the settings say.
const askEvery = 10 * time.Second

func (w *witnessSettings) peer() (p witness.Peer, err error) {
	v, err := ledger.NewVerifier(w.Key)
	if err != nil {
		return p, err
	}
	key, ok := v.(*ledger.Witness)
	if !ok {
		return p, errors.New("the key is a log's, not a witness's")
	}
	if w.Name != "" && w.Name != key.Name() {
		return p, fmt.Errorf("the key is that of %q", key.Name())
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return p, fmt.Errorf("%q is no address: it begins with https://", w.URL)
	}
	return witness.Peer{Key: key, URL: w.URL}, nil
}

// check looks for witnesses that cannot be asked.
func (s *ledgerSettings) check(doc *datafile.Document) error {
	var wrong []error
	for i := range s.Witnesses {
		if _, err := s.Witnesses[i].peer(); err != nil {
			wrong = append(wrong, doc.Errorf([]any{"ledger", "witnesses", i}, "%v", err))
		}
	}
	if d := time.Duration(s.Every); d != 0 && (d < time.Second || d > 24*time.Hour) {
		wrong = append(wrong, doc.Errorf([]any{"ledger", "every"}, "every is %v; it lies between a second and a day", d))
	}
	return errors.Join(wrong...)
}

// client asks the witnesses, nil if there are none.
func (s *ledgerSettings) client() (*witness.Client, error) {
	if len(s.Witnesses) == 0 {
		return nil, nil
	}
	var peers []witness.Peer
	for i := range s.Witnesses {
		p, err := s.Witnesses[i].peer()
		if err != nil {
			return nil, err
		}
		peers = append(peers, p)
	}
	return witness.NewClient(peers, nil), nil
}

// keepCosigned has the ledger cosigned until ctx ends, if there are witnesses.
func (s *ledgerSettings) keepCosigned(ctx context.Context, l *ledger.Log, c *witness.Client, log *slog.Logger) {
	if c == nil {
		return
	}
	every := askEvery
	set(&every, time.Duration(s.Every))
	witness.Keep(ctx, l, c, every, log)
}

// open opens the ledger's key and the salts of a data directory.
func (s *ledgerSettings) open(ctx context.Context, data string) (*ledger.Key, *logs.Salts, error) {
	key, err := ledger.OpenKey(filepath.Join(data, ledger.KeyFile), s.Origin, ledger.LogKey, time.Now)
	if err != nil {
		return nil, nil, err
	}
	salts, err := logs.OpenSalts(ctx, data)
	return key, salts, err
}
