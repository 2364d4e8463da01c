package site

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/register"
)

// book is what lists of the register and of published decisions are made of. It
// is read from the store once; what the site writes after that goes into both.
type book struct {
	mu        sync.RWMutex
	services  map[string]register.Service
	providers map[string]register.Provider
	sizes     map[string]register.Size       // the latest, by service
	assessed  map[string]register.Assessment // the latest, by service
	decided   map[docket.ID]docket.Case      // cases with a published decision
}

// open reads the store.
func (b *book) open(ctx context.Context, store oversight.Store, procedure *docket.Procedure) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.services, b.providers = map[string]register.Service{}, map[string]register.Provider{}
	b.sizes, b.assessed, b.decided = map[string]register.Size{}, map[string]register.Assessment{}, map[docket.ID]docket.Case{}
	for _, read := range []struct {
		kind register.Kind
		from func(context.Context, register.Kind) ([]register.Entry, error)
	}{{register.OfService, store.Newest}, {register.OfProvider, store.Newest}, {register.OfSize, store.Latest}, {register.OfAssessment, store.Newest}} {
		entries, err := read.from(ctx, read.kind)
		if err != nil {
			return err
		}
		for i := range entries {
			b.take(&entries[i])
		}
	}
	list, err := store.Cases(ctx, oversight.Filter{Stages: afterDecision})
	if err != nil {
		return err
	}
	for _, brief := range list {
		events, err := store.Events(ctx, brief.ID)
		if err != nil {
			return err
		}
		c, err := procedure.Fold(events)
		if err != nil {
			return err
		}
		b.moved(c)
	}
	return nil
}

// take takes in an entry. A void one removes what stood; the site then reads
// the store again.
func (b *book) take(e *register.Entry) {
	switch {
	case e.Service != nil:
		b.services[e.Service.ID] = *e.Service
	case e.Provider != nil:
		b.providers[e.Provider.ID] = *e.Provider
	case e.Size != nil:
		if was, known := b.sizes[e.Subject]; !known || e.Size.Month >= was.Month {
			b.sizes[e.Subject] = *e.Size
		}
	case e.Assessment != nil:
		if was, known := b.assessed[e.Subject]; !known || e.Assessment.Date >= was.Date {
			b.assessed[e.Subject] = *e.Assessment
		}
	}
}

// moved takes in a case, if a decision in it was published.
func (b *book) moved(c docket.Case) {
	if slices.ContainsFunc(c.Papers, func(p docket.Paper) bool { return p.Decision != nil && p.Published != 0 && p.State != docket.Withdrawn }) {
		b.decided[c.ID] = c
		return
	}
	delete(b.decided, c.ID)
}

// names are the providers and services as they stand.
func (b *book) names() *nameBook {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := &nameBook{make(map[string]register.Service, len(b.services)), make(map[string]register.Provider, len(b.providers))}
	for id, v := range b.services {
		n.services[id] = v
	}
	for id, v := range b.providers {
		n.providers[id] = v
	}
	return n
}

// published are the cases with a published decision, by number.
func (b *book) published() []docket.Case {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]docket.Case, 0, len(b.decided))
	for _, c := range b.decided {
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y docket.Case) int { return cmp.Compare(x.ID, y.ID) })
	return out
}
