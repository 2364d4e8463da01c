package oversight

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"rowan/oversight/docket"
)

// somebodyElse stands for the second person while a step is only proposed.
const somebodyElse = "somebody else"

// Try says why a step cannot be entered now whoever agrees to it, nil if it can.
func (o *Office) Try(c docket.Case, e docket.Event) error {
	e = o.dated(&c, e)
	e.Second = somebodyElse
	_, err := o.procedure.Apply(c, e)
	return err
}

// Propose keeps a step that needs two people until a second one answers. What
// could not be entered with any second person is refused at once.
func (o *Office) Propose(ctx context.Context, title string, e docket.Event) (Proposal, error) {
	c, err := o.Case(ctx, e.Case)
	if err != nil {
		return Proposal{}, err
	}
	if err := o.Try(c, e); err != nil {
		return Proposal{}, err
	}
	digest, err := o.proposed(ctx, &c, &e)
	if err != nil {
		return Proposal{}, err
	}
	return o.propose(ctx, Proposal{By: e.By, Title: title, Event: e, Digest: digest})
}

// proposed is the digest of the words of a paper that an event would issue, "" for
// any other event.
func (o *Office) proposed(ctx context.Context, c *docket.Case, e *docket.Event) (string, error) {
	if e.Kind != docket.PaperIssued {
		return "", nil
	}
	d, err := o.compose(ctx, c, e.Of, cmp.Or(e.On, o.Today()), time.Time{})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(d.Text()))), nil
}

func (o *Office) propose(ctx context.Context, p Proposal) (Proposal, error) {
	p.At = o.now().UTC()
	p, err := o.store.Propose(ctx, p)
	if err != nil {
		return p, fmt.Errorf("keep a proposal for case %d: %w", p.Event.Case, err)
	}
	return p, nil
}

// Proposals are those of a case that wait, of all cases with 0.
func (o *Office) Proposals(ctx context.Context, of docket.ID) ([]Proposal, error) {
	return o.store.Proposals(ctx, of)
}

// Agree brings a proposal into force. The step is entered first: if it can no
// longer follow, or issues a paper that reads otherwise than when it was proposed,
// the proposal waits on.
func (o *Office) Agree(ctx context.Context, p Proposal, second string) error {
	if p.By == second {
		return refused("same-person", "somebody else must agree: you proposed it")
	}
	var err error
	if p.Referral != nil {
		r := *p.Referral
		r.Second = second
		_, err = o.Refer(ctx, p.Event.Case, r)
	} else {
		e := p.Event
		e.By, e.Second = p.By, second
		if err = o.unchanged(ctx, &p); err == nil {
			_, err = o.Do(ctx, e)
		}
	}
	if err != nil && !errors.Is(err, ErrLedger) {
		return err
	}
	_, failed := o.store.Settle(ctx, p.ID, Agreed, second, "")
	return errors.Join(err, failed)
}

// unchanged is that a paper still has the words that were proposed.
func (o *Office) unchanged(ctx context.Context, p *Proposal) error {
	c, err := o.Case(ctx, p.Event.Case)
	if err != nil {
		return err
	}
	digest, err := o.proposed(ctx, &c, &p.Event)
	if err != nil {
		return err
	}
	if p.Digest != "" && digest != p.Digest {
		return refused("changed", "the paper reads otherwise than when it was proposed; decline it, and have it proposed again")
	}
	return nil
}

// Decline ends a proposal.
func (o *Office) Decline(ctx context.Context, p Proposal, second, why string) error {
	_, err := o.store.Settle(ctx, p.ID, Declined, second, why)
	return err
}
