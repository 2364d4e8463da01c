package precedent

import (
	"context"
	"errors"
	"fmt"

	"rowan/oversight"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// Enter puts the services of the cases on an office's register and takes every
// step of every case. Steps that the ledger is told of later do not stop it.
func (c *Cases) Enter(ctx context.Context, o *oversight.Office) error {
	first := map[string]rulebook.Date{}
	for i := range c.Cases {
		p := &c.Cases[i]
		if day, known := first[p.Service.ID]; !known || p.Opened < day {
			first[p.Service.ID] = p.Opened
		}
	}
	for i := range c.Cases {
		if err := c.Cases[i].enter(ctx, o, first); err != nil {
			return fmt.Errorf("precedent %s: %w", c.Cases[i].ID, err)
		}
	}
	return nil
}

func (c *Case) enter(ctx context.Context, o *oversight.Office, first map[string]rulebook.Date) error {
	if from, wanted := first[c.Service.ID]; wanted {
		delete(first, c.Service.ID)
		var entries []register.Entry
		for _, what := range []any{
			register.Provider{ID: c.Provider.ID, Name: c.Provider.Name},
			register.Service{ID: c.Service.ID, Name: c.Service.Name, Provider: c.Provider.ID, Kind: "user_to_user"},
		} {
			e, err := register.Make(from, "", what)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		if _, err := o.Enter(ctx, By, entries...); later(err) != nil {
			return err
		}
	}
	events, err := c.Events(o.Days())
	if err != nil {
		return err
	}
	opened, err := o.Open(ctx, By, c.Service.ID, c.Title, c.Opened)
	if later(err) != nil {
		return err
	}
	for _, e := range events[1:] {
		e.Case = opened.ID
		if _, err := o.Do(ctx, e); later(err) != nil {
			return fmt.Errorf("%s on %s: %w", e.Kind, e.On, err)
		}
	}
	return nil
}

// later is nil if the ledger alone will be told later.
func later(err error) error {
	if errors.Is(err, oversight.ErrLedger) {
		return nil
	}
	return err
}
