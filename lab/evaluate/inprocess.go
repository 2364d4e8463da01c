package evaluate

import (
	"context"
	"fmt"
	"iter"

	"rowan/lab/simulate"
)

// Simulations are the platforms that are made where no files are given: one on
// which look-alikes are as frequent as harm. The seed is fixed, and the guard is
// not tuned on what its held-out part shows.
func Simulations() []simulate.Options {
	return []simulate.Options{{Accounts: 5000, Days: 28, Seed: 7, Balanced: true}}
}

// InProcess makes a platform that is simulated here, twice: once for its truth
// and once for each reading of its events.
func InProcess(ctx context.Context, o simulate.Options) (*Platform, error) {
	p, err := simulate.New(o)
	if err != nil {
		return nil, err
	}
	for {
		if _, more, err := p.Next(ctx); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	kind := "natural mix"
	if o.Balanced {
		kind = "balanced"
	}
	return &Platform{
		Name:   fmt.Sprintf("%s, %d accounts, %d days, seed %d", kind, o.Accounts, o.Days, o.Seed),
		Truth:  p.Truth(),
		Events: func() iter.Seq2[[]byte, error] { return simulated(ctx, o) },
	}, nil
}

func simulated(ctx context.Context, o simulate.Options) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		p, err := simulate.New(o)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			b, more, err := p.Next(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !more {
				return
			}
			for i := range b.Len() {
				if !yield(b.Line(i), nil) {
					return
				}
			}
		}
	}
}
