package returns

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rowan/refusal"
)

// Expected is what a service owes for a template.
type Expected struct {
	Service  string
	Template Template
	Log      string    // the origin of its ledger, "" where it is not known yet
	From     time.Time // of the duty
	Until    time.Time // zero: it goes on
}

// Periods are those that are owed and were over at a moment, oldest first.
func (e *Expected) Periods(now time.Time) (out []Period) {
	end := now
	if !e.Until.IsZero() && e.Until.Before(end) {
		end = e.Until
	}
	for p := periodWith(e.From, e.Template.Months); !p.to.After(end); p = p.Next() {
		if !p.from.Before(e.From) {
			out = append(out, p)
		}
	}
	return out
}

// periodWith is the period of a length that holds a moment.
func periodWith(t time.Time, months int) Period {
	t = t.UTC()
	from := time.Date(t.Year(), (t.Month()-1)/time.Month(months)*time.Month(months)+1, 1, 0, 0, 0, 0, time.UTC)
	p := Period{from: from, to: from.AddDate(0, months, 0)}
	return p.step(0)
}

// Due is the first moment at which a return for a period is late.
func (e *Expected) Due(p Period) time.Time { return p.to.AddDate(0, 0, e.Template.Days) }

// Received is a return that the regulator was given.
type Received struct {
	Service  string
	Template string
	Period   Period
	Version  int // 1, and one more for each correction
	Digest   Digest
	At       time.Time
	Late     bool
	Document []byte
	Verdict  *Verdict
}

// refuse refuses a return. The codes are form, service, template, period, partial,
// future, log, incomplete, twice, stale and broken.
func refuse(code, format string, args ...any) error { return refusal.New(code, format, args...) }

// Accept decides on a return that was handed in at a moment. before are those
// taken in for the same service, template and period, in any order. It returns
// the one already held, with again true, for the same document once more.
func Accept(e *Expected, before []Received, document []byte, s *Signed, v *Verdict, at time.Time) (r Received, again bool, err error) {
	body := &s.Return
	digest, err := body.Digest()
	if err != nil {
		return r, false, err
	}
	switch {
	case body.Service != e.Service:
		return r, false, refuse("service", "the return is of the service %q and was handed in for %q", body.Service, e.Service)
	case body.Template != e.Template.ID || body.Version != e.Template.Version:
		return r, false, refuse("template", "the return answers %s version %s; asked for is %s version %s", body.Template, body.Version, e.Template.ID, e.Template.Version)
	case body.Period.Months() != e.Template.Months:
		return r, false, refuse("period", "the return is for %s; asked for are periods of %d months", body.Period, e.Template.Months)
	case body.Period.from.Before(e.From) || !e.Until.IsZero() && body.Period.to.After(e.Until):
		return r, false, refuse("period", "no return is owed for %s", body.Period)
	case body.Partial:
		return r, false, refuse("partial", "the return was made before %s was over", body.Period)
	case body.Made.After(at.Add(clockSlack)):
		return r, false, refuse("future", "the return says that it was made at %s, which has not come yet", body.Made.Format(time.RFC3339))
	case e.Log != "" && body.Log != e.Log:
		return r, false, refuse("log", "the return rests on the log %q; that of the service is %q", body.Log, e.Log)
	}
	if missing := e.missing(body); len(missing) > 0 {
		return r, false, refuse("incomplete", "the return says nothing about %s", strings.Join(missing, ", "))
	}
	before = slices.Clone(before)
	slices.SortFunc(before, func(a, b Received) int { return cmp.Compare(a.Version, b.Version) })
	for _, b := range before {
		if b.Digest == digest {
			return b, true, nil
		}
	}
	r = Received{
		Service: body.Service, Template: body.Template, Period: body.Period, Version: 1, Digest: digest, At: at,
		Late: !at.Before(e.Due(body.Period)), Document: document, Verdict: v,
	}
	if n := len(before); n > 0 {
		newest := &before[n-1]
		switch {
		case body.Replaces == "":
			return Received{}, false, refuse("twice", "there is a return for %s already (%s, received %s); a correction must say that it replaces it", body.Period, newest.Digest, newest.At.Format(time.DateOnly))
		case body.Replaces != newest.Digest.String():
			return Received{}, false, refuse("stale", "the return replaces %s; the newest is %s", body.Replaces, newest.Digest)
		}
		r.Version = newest.Version + 1
	} else if body.Replaces != "" {
		return Received{}, false, refuse("stale", "the return replaces %s, which was never received", body.Replaces)
	}
	if v != nil && !v.OK() {
		return Received{}, false, refuse("broken", "the return does not verify: %s", v.Findings[0])
	}
	return r, false, nil
}

// missing are the parts of the template that a return leaves out. What is not
// held is not left out: it says so.
func (e *Expected) missing(r *Return) (out []string) {
	for _, p := range e.Template.Parts {
		there := slices.ContainsFunc(r.Answers, func(a Answer) bool { return a.Question == p.Question })
		name := p.Question
		if p.Metric != "" {
			name = p.Metric
			there = slices.ContainsFunc(r.Figures, func(f Figure) bool {
				return f.Metric == p.Metric && f.Period == r.Period && (p.Definition == 0 || f.Definition == p.Definition)
			})
		}
		if !there {
			out = append(out, name)
		}
	}
	return out
}

// clockSlack is how far a service's clock may be ahead of the regulator's.
const clockSlack = 5 * time.Minute
