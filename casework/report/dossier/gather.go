package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rowan/casework"
	"rowan/casework/report"
)

// mostMoments is how far back a pair's messages go into a report.
const mostMoments = 10_000

// Gatherer reads cases for reports.
type Gatherer struct {
	Store    casework.Store
	Vault    casework.Vault
	Standing *Standing
	Now      func() time.Time
}

// ErrReview is returned for a blind review, which is of another case.
var ErrReview = errors.New("this is a blind review; report the case that it is about")

// Facts are those of a case. Text is read only if it is asked for: whoever
// asks must note it in the case's custody.
func (g *Gatherer) Facts(ctx context.Context, id casework.ID, more *More, text bool) (*report.Facts, error) {
	c, err := g.Store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.Purpose != "" {
		return nil, ErrReview
	}
	m := &Material{Case: c, Held: map[uint64]string{}, AsOf: g.Now().UTC().Truncate(time.Second)}
	if m.Events, err = g.Store.Events(ctx, id); err != nil {
		return nil, err
	}
	for _, child := range c.Children {
		moments, err := g.Store.Moments(ctx, c.Actor, child.Account, mostMoments)
		if err != nil {
			return nil, err
		}
		m.Moments = append(m.Moments, moments...)
	}
	lines, err := g.Store.Lines(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		m.Held[l.Sequence] = ""
		if !text {
			continue
		}
		plain, err := g.Vault.Open(l.Sequence, l.Key, l.Sealed)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", id, err)
		}
		m.Held[l.Sequence] = string(plain)
	}
	return Of(m, g.Standing, more)
}
