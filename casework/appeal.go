package casework

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Asked is an appeal as the platform brings it, from the account's owner.
type Asked struct {
	Account string
	Effect  string // that it is about; "": whatever stands against the account
	Text    string // of the owner; kept sealed
}

// Answered is how an appeal stands, as the platform may tell the owner.
type Answered struct {
	ID      string
	At      time.Time
	Account string
	Outcome string // "" while it is pending
	Decided time.Time
}

// Appeal takes in an appeal. id is the platform's own for it, so that it can be
// sent twice; "" makes one.
func (d *Desk) Appeal(ctx context.Context, id string, a Asked) (Answered, error) {
	if id == "" {
		id = NewAppealID()
	}
	switch c, err := d.store.Appeal(ctx, id); {
	case err == nil:
		return c.answered(id)
	case !errors.Is(err, ErrNotFound):
		return Answered{}, err
	}
	c, err := d.store.Of(ctx, a.Account)
	if errors.Is(err, ErrNotFound) {
		return Answered{}, refuse("nothing-decided", "there is no decision about this account")
	}
	if err != nil {
		return Answered{}, err
	}
	if a.Effect != "" {
		x, err := d.store.Effect(ctx, a.Effect)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Answered{}, err
		}
		if err != nil || x.Case != int64(c.ID) {
			return Answered{}, refuse("no-effect", "there is no such effect on this account")
		}
	}
	if !c.DecidedAt.IsZero() && d.Now().Sub(c.DecidedAt) > AppealWindow {
		return Answered{}, refuse("too-late", "the time for an appeal is over")
	}
	var sealed []byte
	var key uint32
	if a.Text != "" {
		if sealed, key, err = d.vault.Seal(appealNumber(c.ID, c.Number+1), []byte(a.Text)); err != nil {
			return Answered{}, err
		}
	}
	c, err = d.add(ctx, c, func(c *Case, _ time.Time) Event {
		return Event{Kind: AppealMade, Appeal: &Appeal{ID: id, Effect: a.Effect, Key: key, Sealed: sealed}}
	})
	if err != nil {
		return Answered{}, err
	}
	return c.answered(id)
}

// appealNumber is what the sealed statement is bound to: beyond any sequence
// number of a message.
func appealNumber(id ID, number int) uint64 { return 1<<63 | uint64(id)<<20 | uint64(number) }

// Statement is what the owner wrote in an appeal, "" if nothing.
func (d *Desk) Statement(ctx context.Context, id ID, appeal string) (string, error) {
	events, err := d.store.Events(ctx, id)
	if err != nil {
		return "", err
	}
	for _, e := range events {
		if e.Kind == AppealMade && e.Appeal.ID == appeal && len(e.Appeal.Sealed) > 0 {
			plain, err := d.vault.Open(appealNumber(id, e.Number), e.Appeal.Key, e.Appeal.Sealed)
			if err != nil {
				return "", fmt.Errorf("appeal in case %d: %w", id, err)
			}
			return string(plain), nil
		}
	}
	return "", nil
}

// Appealed is how an appeal stands.
func (d *Desk) Appealed(ctx context.Context, id string) (Answered, error) {
	c, err := d.store.Appeal(ctx, id)
	if err != nil {
		return Answered{}, err
	}
	return c.answered(id)
}

func (c *Case) answered(id string) (Answered, error) {
	for _, a := range c.Appeals {
		if a.ID == id {
			return Answered{ID: id, At: a.At, Account: c.Actor, Outcome: a.Outcome, Decided: a.Decided}, nil
		}
	}
	return Answered{}, ErrNotFound
}

// DecideAppeal answers the appeal that a case is waiting with.
func (d *Desk) DecideAppeal(ctx context.Context, id ID, by, outcome, reason string) (Case, error) {
	return d.do(ctx, id, func(*Case, time.Time) Event {
		return Event{Kind: AppealDecided, By: by, Outcome: outcome, Reason: reason}
	})
}
