package console

import (
	"errors"
	"net/http"

	"rowan/casework"
	"rowan/casework/quality"
)

// qualityView is the page of how well people and rules do.
type qualityView struct {
	Second     quality.Agreement
	Golden     quality.Agreement
	Times      []quality.Times
	Precisions []quality.Precision
	Days       int
}

func (c *Console) quality(w http.ResponseWriter, r *http.Request) {
	const days = 90
	ctx, store := r.Context(), c.desk.Store()
	reviews, e1 := store.Reviews(ctx)
	handlings, e2 := store.Handlings(ctx, c.day(days))
	outcomes, e3 := store.Outcomes(ctx)
	if err := errors.Join(e1, e2, e3); err != nil {
		c.fail(w, r, err)
		return
	}
	second, golden := quality.Reviews(reviews)
	c.pages.Show(w, r, "quality", "Quality", qualityView{quality.Kappa(second), quality.Kappa(golden), quality.TimesByLevel(handlings), quality.Precisions(outcomes), days})
}

func isMissing(err error) bool { return errors.Is(err, casework.ErrNotFound) }
