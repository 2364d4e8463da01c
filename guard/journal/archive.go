package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rowan/guard/engine"
)

// Archive reads decisions back, with the data that were in force when they
// were made. It needs no running journal.
type Archive struct {
	store   Store
	mu      sync.Mutex
	configs map[uint32]*engine.Config
}

// NewArchive returns the archive of a store.
func NewArchive(store Store) *Archive {
	return &Archive{store: store, configs: map[uint32]*engine.Config{}}
}

// Explain takes a decision apart. It returns engine.ErrUnknownDecision if no
// decision has the id.
func (a *Archive) Explain(ctx context.Context, id string) (engine.Explanation, error) {
	sequence, err := engine.ParseDecisionID(id)
	if err != nil {
		return engine.Explanation{}, err
	}
	config, rec, err := a.lookup(ctx, sequence)
	if errors.Is(err, ErrNotFound) {
		err = engine.ErrUnknownDecision
	}
	if err != nil {
		return engine.Explanation{}, err
	}
	return config.Explain(&rec.Outcome, &rec.Event), nil
}

// Latest is the data that the newest entry was decided with, nil if there is
// no entry.
func (a *Archive) Latest(ctx context.Context) (*engine.Sources, error) {
	last, err := a.store.Last(ctx)
	if err != nil || last == 0 {
		return nil, err
	}
	e, err := a.store.Entry(ctx, last)
	if err != nil {
		return nil, err
	}
	sources, err := readSources(ctx, a.store, e.Config)
	return &sources, err
}

var errFound = errors.New("found")

// lookup reads the record with a sequence number.
func (a *Archive) lookup(ctx context.Context, sequence uint64) (*engine.Config, *Record, error) {
	e, err := a.store.Entry(ctx, sequence)
	if err != nil {
		return nil, nil, fmt.Errorf("decision %s: %w", engine.DecisionID(sequence), err)
	}
	var found Record
	err = records(e, func(rec *Record) error {
		if rec.Outcome.Sequence == sequence {
			found = *rec
			return errFound
		}
		return nil
	})
	if !errors.Is(err, errFound) {
		return nil, nil, fmt.Errorf("decision %s: %w", engine.DecisionID(sequence), errors.Join(err, ErrNotFound))
	}
	config, err := a.config(ctx, e.Config)
	if err != nil {
		return nil, nil, err
	}
	return config, &found, nil
}

// config compiles the data files that were in force at some time, once each.
func (a *Archive) config(ctx context.Context, number uint32) (*engine.Config, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if config := a.configs[number]; config != nil {
		return config, nil
	}
	sources, err := readSources(ctx, a.store, number)
	if err != nil {
		return nil, err
	}
	config, err := engine.LoadConfig(sources)
	if err != nil {
		return nil, fmt.Errorf("data files number %d: %w", number, err)
	}
	a.configs[number] = config
	return config, nil
}
