package reference

import (
	"errors"
	"fmt"
	"slices"
)

// check holds the files against each other.
func (r *Reference) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	ids, codes := map[string]bool{}, map[string]string{}
	for _, f := range r.bodies {
		if ids[f.ID] {
			bad("forces.yaml: %s is there twice", f.ID)
		}
		ids[f.ID] = true
		if len(f.Names) == 0 {
			bad("forces.yaml: %s has no name", f.ID)
		}
		if other := codes[f.Code]; other != "" && f.Code != "" {
			bad("forces.yaml: %s and %s have one code", other, f.ID)
		}
		codes[f.Code] = f.ID
		a, ok := r.Area(f.Region)
		if f.Territorial && (!ok || !slices.Contains(a.Forces, f.ID)) {
			bad("forces.yaml: the region %q of %s does not have it", f.Region, f.ID)
		}
	}
	areas := map[string]bool{}
	for _, a := range r.areas {
		if areas[a.ID] || ids[a.ID] {
			bad("areas.yaml: the id %s is taken", a.ID)
		}
		areas[a.ID] = true
		for _, f := range a.Forces {
			if !ids[f] {
				bad("areas.yaml: %s has the force %q, which is not known", a.ID, f)
			}
		}
	}
	services := map[string]bool{}
	for _, s := range r.services {
		if services[s.ID] {
			bad("services.yaml: %s is there twice", s.ID)
		}
		services[s.ID] = true
		if len(s.Names) == 0 {
			bad("services.yaml: %s has no name", s.ID)
		}
		for i, o := range s.Owners {
			for _, p := range s.Owners[:i] {
				if (o.From == nil || p.To == nil || !p.To.Before(*o.From)) && (p.From == nil || o.To == nil || !o.To.Before(*p.From)) {
					bad("services.yaml: %s has two owners at a time, %s and %s", s.ID, p.Owner, o.Owner)
				}
			}
		}
	}
	for _, g := range r.groups {
		for _, s := range g.Services {
			if !services[s] {
				bad("services.yaml: the group %s has the service %q, which is not known", g.ID, s)
			}
		}
	}
	for _, o := range r.offences {
		for _, c := range o.Contains {
			if _, ok := r.Offence(c.ID); !ok {
				bad("offences.yaml: %s contains %q, which is not known", o.ID, c.ID)
			}
		}
	}
	for _, b := range r.breaks {
		if !ids[b.Force] || b.To.Before(b.From) {
			bad("breaks.yaml: the break of %q from %s to %s", b.Force, b.From, b.To)
		}
	}
	return errors.Join(errs...)
}
