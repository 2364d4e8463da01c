package casework

import "time"

// Join is the event by which an alert joins its case, or opens one: c is the
// zero Case then.
func Join(c Case, a Alert, at time.Time) Event {
	return Event{Case: c.ID, Number: c.Number + 1, At: at, Kind: Alerted, Alert: &a}
}

// Barred are the people who must not work on a case: who has passed it on, who
// proposed what waits for a second person, and who made the decision that is
// appealed.
func (c *Case) Barred() []string {
	barred := append([]string(nil), c.Skipped...)
	if c.State == Proposed {
		barred = append(barred, c.Proposal.By)
	}
	if a := c.Pending(); a != nil {
		barred = append(barred, a.Reviewer)
		if c.Judgement.Second != "" {
			barred = append(barred, c.Judgement.Second)
		}
	}
	return append(barred, c.Blind...)
}
