package oversight

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"rowan/oversight/docket"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// index is what lists are made of: it is read from the store once, and what the
// office writes after that goes into both.
type index struct {
	mu        sync.RWMutex
	services  map[string]register.Service
	providers map[string]register.Provider
	names     *Names                         // of the two above; nil until somebody asks
	sizes     map[string][]register.Size     // the latest by month, by subject
	assessed  map[string]register.Assessment // the latest, by subject
	accesses  map[string]register.Access     // the latest, by subject
	published map[docket.ID]docket.Case      // cases of which a paper was published
}

// open reads the store anew.
func (x *index) open(ctx context.Context, store Store, procedure *docket.Procedure) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.services, x.providers, x.names = map[string]register.Service{}, map[string]register.Provider{}, nil
	x.sizes, x.assessed, x.accesses = map[string][]register.Size{}, map[string]register.Assessment{}, map[string]register.Access{}
	x.published = map[docket.ID]docket.Case{}
	sizes := func(ctx context.Context, kind register.Kind) ([]register.Entry, error) {
		return store.Latest(ctx, kind, register.Averaged)
	}
	for _, read := range []struct {
		kind register.Kind
		from func(context.Context, register.Kind) ([]register.Entry, error)
	}{{register.OfService, store.Newest}, {register.OfProvider, store.Newest}, {register.OfSize, sizes}, {register.OfAssessment, store.Newest}, {register.OfAccess, store.Newest}} {
		entries, err := read.from(ctx, read.kind)
		if err != nil {
			return err
		}
		for i := range entries {
			x.take(&entries[i])
		}
	}
	list, err := store.Cases(ctx, Filter{Published: true})
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
		x.moved(c)
	}
	return nil
}

// entered takes in entries that the store has kept. A void one removes what stood,
// so that the store is read again.
func (x *index) entered(ctx context.Context, store Store, procedure *docket.Procedure, entries []register.Entry) error {
	if slices.ContainsFunc(entries, func(e register.Entry) bool { return e.Void }) {
		return x.open(ctx, store, procedure)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range entries {
		x.take(&entries[i])
	}
	return nil
}

func (x *index) take(e *register.Entry) {
	switch {
	case e.Service != nil:
		x.services[e.Service.ID], x.names = *e.Service, nil
	case e.Provider != nil:
		x.providers[e.Provider.ID], x.names = *e.Provider, nil
	case e.Size != nil:
		x.sized(e.Subject, *e.Size)
	case e.Assessment != nil:
		if was, known := x.assessed[e.Subject]; !known || e.Assessment.Date >= was.Date {
			x.assessed[e.Subject] = *e.Assessment
		}
	case e.Access != nil:
		if was, known := x.accesses[e.Subject]; !known || e.Access.Date >= was.Date {
			x.accesses[e.Subject] = *e.Access
		}
	}
}

// sized takes in the size of a month, and forgets those that no mean is made of.
func (x *index) sized(subject string, size register.Size) {
	was := x.sizes[subject]
	i, known := slices.BinarySearchFunc(was, size, func(a, b register.Size) int { return cmp.Compare(a.Month, b.Month) })
	now := slices.Clone(was) // readers may hold it
	if known {
		now[i] = size
	} else {
		now = slices.Insert(now, i, size)
	}
	x.sizes[subject] = now[max(0, len(now)-register.Averaged):]
}

// moved takes in a case, if a paper of it was published. The caller holds mu.
func (x *index) moved(c docket.Case) {
	if slices.ContainsFunc(c.Papers, func(p docket.Paper) bool { return p.Published != 0 }) {
		x.published[c.ID] = c
		return
	}
	delete(x.published, c.ID)
}

// Names are the services and providers of the register, by id.
type Names struct {
	Services  map[string]register.Service
	Providers map[string]register.Provider
}

// Service is the name of a service, its id if it has none.
func (n *Names) Service(id string) string { return cmp.Or(n.Services[id].Name, id) }

// Provider is the name of a provider, its id if it has none.
func (n *Names) Provider(id string) string { return cmp.Or(n.Providers[id].Name, id) }

// Names are the services and providers as they stand. All who ask share them: they
// are never changed.
func (o *Office) Names() *Names {
	x := &o.index
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.names == nil {
		x.names = &Names{maps.Clone(x.services), maps.Clone(x.providers)}
	}
	return x.names
}

// Standing is a service with the latest of what the register says of it.
type Standing struct {
	Service    register.Service
	Provider   register.Provider
	Size       *register.Size       // of the last month; nil: not known
	Sizes      []register.Size      // of the last months, as many as are averaged, by month
	Assessment *register.Assessment // nil: none
	Access     *register.Access     // nil: none
}

// Profile is as much of it as measures ask about.
func (s *Standing) Profile(on rulebook.Date) register.Profile {
	p := register.Profile{On: on, Service: &s.Service, Sizes: s.Sizes}
	if s.Assessment != nil {
		p.Assessments = []register.Assessment{*s.Assessment}
	}
	if s.Access != nil {
		p.Accesses = []register.Access{*s.Access}
	}
	return p
}

// Standings are all services, by id.
func (o *Office) Standings() []Standing {
	x := &o.index
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := make([]Standing, 0, len(x.services))
	for id, service := range x.services {
		s := Standing{Service: service, Provider: x.providers[service.Provider]}
		about := register.AboutService(id)
		if s.Sizes = x.sizes[about]; len(s.Sizes) > 0 {
			s.Size = &s.Sizes[len(s.Sizes)-1]
		}
		if a, known := x.accesses[about]; known {
			s.Access = &a
		}
		if a, known := x.assessed[about]; known {
			s.Assessment = &a
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Standing) int { return cmp.Compare(a.Service.ID, b.Service.ID) })
	return out
}

// Published are the cases of which a paper was published, be it withdrawn since, by
// number.
func (o *Office) Published() []docket.Case {
	o.index.mu.RLock()
	defer o.index.mu.RUnlock()
	return slices.SortedFunc(maps.Values(o.index.published), func(x, y docket.Case) int { return cmp.Compare(x.ID, y.ID) })
}
