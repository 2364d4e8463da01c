package casework

import (
	"slices"
	"time"

	"rowan/guard/response"
)

// HarmOf grades what an alert is about, from 0 to 3, by what it could lead to:
// the gravest signals, a meeting or pressure, and how many children are
// concerned. It does not measure how likely that is: Risk does.
func HarmOf(a *Alert, children int) int {
	has := func(stage string) bool { return slices.Contains(a.Stages, stage) }
	harm := 0
	switch {
	case a.Severe || has("coercion"):
		harm = 3
	case has("approach"):
		harm = 2
	case has("desensitise") || has("isolation"):
		harm = 1
	}
	if a.Band == "under_13" || children >= 3 {
		harm++
	}
	return min(harm, 3)
}

// Priority orders the queue, the highest first: level, then harm. Cases of
// equal priority are ordered by age, the oldest first.
func (c *Case) Priority() int {
	p := int(c.Level)*4 + c.Harm
	if c.State == Appealed {
		p = max(p, int(response.Elevated)*4) // somebody waits under a measure
	}
	return p
}

// dueIn is how long a first decision may take, by level.
func dueIn(l response.Level) time.Duration {
	switch l {
	case response.Critical:
		return time.Hour
	case response.High:
		return 4 * time.Hour
	case response.Elevated:
		return 24 * time.Hour
	}
	return 72 * time.Hour
}

const (
	reviewDue = 72 * time.Hour
	// appealDue is our own aim: "timely" in Art. 20(4) of Regulation (EU)
	// 2022/2065 and "promptly" in measure ICU D9 are not numbers.
	appealDue = 72 * time.Hour
	// AppealWindow is how long a decision can be appealed (Art. 20(1) of
	// Regulation (EU) 2022/2065: at least six months).
	AppealWindow = 184 * 24 * time.Hour
	// ClaimFor is how long a claim holds without being extended, and WarnBefore
	// how long before its end the holder is warned.
	ClaimFor   = 15 * time.Minute
	WarnBefore = 3 * time.Minute
)

// Next is the recommended next step, for the case page.
type Next struct {
	Measure Measure
	Text    string
}

// Recommend says what a case of this kind mostly wants next. It recommends and
// decides nothing.
func (c *Case) Recommend() Next {
	switch {
	case c.State == Proposed:
		return Next{Text: "A severe decision waits for a second person: look at the case afresh, then agree or decline."}
	case c.State == Appealed:
		return Next{Text: "The account's owner has appealed. Somebody other than the first reviewer decides."}
	case !c.Live():
		return Next{Text: "Nothing is due. Undo opens the case again."}
	case c.Level >= response.Critical && c.Harm >= 2:
		return Next{ReportToAuthority, "Read the newest alert's conversation first. If it is what it looks like: restrict contact now, and propose a report. See that each child gets support."}
	case c.Level >= response.High:
		return Next{RestrictContact, "Look for a tie that explains it (family, club, school). Without one, restrict contact with minors and inform the young people."}
	case c.Harm >= 2:
		return Next{Inform, "Inform the young person how to block and report, and keep watching."}
	}
	return Next{Monitor, "The signs are few. If the ages are unsure, ask for age assurance; otherwise keep watching."}
}
