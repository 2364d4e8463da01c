// Package dispatch brings reports to authorities and remembers each step, so
// that a crash at any of them leads to one report, whole, and nothing that
// failed is out of sight before a person has dealt with it.
//
// What to do next, and what an answer means, are pure functions of a Delivery.
// Outbox notes each step before and after it is taken.
package dispatch

import (
	"net/http"
	"slices"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/cybertip"
)

// The authorities.
const (
	NCMEC = "ncmec"
	NCA   = "nca"
	DSA   = "dsa"
)

// State is where a delivery stands.
type State string

// The states.
const (
	Waiting   State = "waiting"   // for its next step, or for a person to hand it over
	Failed    State = "failed"    // a person must look
	Delivered State = "delivered" // the authority has it
	Withdrawn State = "withdrawn" // before it was finished
	Resolved  State = "resolved"  // a person dealt with it otherwise
)

// States are all of them, those that need somebody first.
func States() []State { return []State{Failed, Waiting, Delivered, Resolved, Withdrawn} }

// Over reports whether nothing more will happen.
func (s State) Over() bool { return s == Delivered || s == Withdrawn || s == Resolved }

// Step is a call to NCMEC.
type Step string

// The steps.
const (
	Submit   Step = "submit"
	Upload   Step = "upload"
	Describe Step = "fileinfo"
	Finish   Step = "finish"
	Retract  Step = "retract"
)

// Delivery is a report on its way. It holds no text of anybody.
type Delivery struct {
	ID      int64             `json:"id"`
	Case    int64             `json:"case"`
	To      string            `json:"to"`
	By      string            `json:"by"`                // who sent it
	ByHand  bool              `json:"by_hand,omitempty"` // a person hands it over
	State   State             `json:"state"`
	Digest  string            `json:"digest"` // of the document
	Signed  [2]report.SignOff `json:"signed"`
	Created time.Time         `json:"created"`
	Updated time.Time         `json:"updated"`
	Due     time.Time         `json:"due,omitzero"` // when the law wants it sent; zero: as soon as can be

	// Of a report at NCMEC. Report is its number, 0 before it is opened.
	Report  int64     `json:"report,omitempty"`
	Opened  time.Time `json:"opened,omitzero"`
	Changed time.Time `json:"changed,omitzero"`
	Files   []Filed   `json:"files,omitempty"`
	// Pending is the step that was begun and whose outcome is not known.
	Pending  *Intent `json:"pending,omitempty"`
	Withdraw bool    `json:"withdraw,omitempty"` // a person wants it back
	Restarts int     `json:"restarts,omitempty"` // how often it was begun again from nothing

	Attempts int       `json:"attempts"` // that failed in a row
	Next     time.Time `json:"next,omitzero"`
	Problem  *Problem  `json:"problem,omitempty"` // the last

	Reference  string      `json:"reference,omitempty"` // the authority's
	At         time.Time   `json:"delivered,omitzero"`
	Noted      bool        `json:"noted"` // the case knows
	Resolution *Resolution `json:"resolution,omitempty"`
	Version    int         `json:"version"`
}

// Filed is how far a file is.
type Filed struct {
	Name      string `json:"name"`
	MD5       string `json:"md5"`
	ID        string `json:"id,omitempty"` // of NCMEC, once uploaded
	Described bool   `json:"described,omitempty"`
}

// Intent is a step that was begun.
type Intent struct {
	Step Step      `json:"step"`
	File int       `json:"file,omitempty"`
	At   time.Time `json:"at"`
	// Again says that the same step may have been carried out before.
	Again bool `json:"again,omitempty"`
}

// Problem is why a step did not succeed: codes and names of elements, no text.
type Problem struct {
	Step      Step          `json:"step"`
	At        time.Time     `json:"at"`
	Code      cybertip.Code `json:"code"`
	Status    int           `json:"status,omitempty"` // of HTTP
	Fields    []string      `json:"fields,omitempty"`
	RequestID string        `json:"request_id,omitempty"`
	Why       string        `json:"why"` // ours
}

// Resolution is what a person did about a delivery.
type Resolution struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// The bounds of trying: twenty attempts take about 14 hours.
const (
	firstWait    = 30 * time.Second // doubled after each attempt
	longestWait  = time.Hour
	mostTries    = 20
	mostRestarts = 5
)

// Lifetimes of a report that is not finished, of section 4.1 of the notes on
// the API: until the later of the two.
const (
	fromOpening = 24 * time.Hour
	fromChange  = time.Hour
)

// Expires is when NCMEC removes the report if it is not finished.
func (d *Delivery) Expires() time.Time {
	end := d.Opened.Add(fromOpening)
	if later := d.Changed.Add(fromChange); later.After(end) {
		return later
	}
	return end
}

// Begin is the delivery with its next step begun; false if there is none now.
//
// Where the outcome of a step is not known: opening is repeated, because a
// report that nobody finishes ends by itself; adding to a report leads to its
// retraction and a new beginning, so that nothing is in it twice; finishing and
// retracting are repeated, because the API tells what was done before.
func Begin(d Delivery, now time.Time) (Delivery, bool) {
	if d.ByHand || d.State != Waiting || now.Before(d.Next) {
		return d, false
	}
	d.Files = slices.Clone(d.Files)
	intent := Intent{At: now}
	switch p := d.Pending; {
	case p != nil && p.Step == Submit:
		if d.Withdraw {
			return d.withdrawn(now), false // what may have been opened is never finished
		}
		intent.Step = Submit
	case p != nil && (p.Step == Finish || p.Step == Retract):
		intent.Step, intent.Again = p.Step, true
	case p != nil:
		intent.Step = Retract
	case d.Report != 0 && d.Withdraw:
		intent.Step = Retract
	case d.Report == 0 && d.Withdraw:
		return d.withdrawn(now), false
	case d.Report == 0 || !now.Before(d.Expires()):
		intent.Step = Submit
	default:
		intent.Step, intent.File = d.following()
	}
	if intent.Step == Submit {
		if d.Report != 0 {
			d.Restarts++
		}
		d.reset()
	}
	d.Pending, d.Updated = &intent, now
	return d, true
}

// following is what is left to do for an open report.
func (d *Delivery) following() (Step, int) {
	for i := range d.Files {
		if d.Files[i].ID == "" {
			return Upload, i
		}
		if !d.Files[i].Described {
			return Describe, i
		}
	}
	return Finish, 0
}

// reset forgets the report at NCMEC.
func (d *Delivery) reset() {
	d.Report, d.Opened, d.Changed, d.Pending = 0, time.Time{}, time.Time{}, nil
	for i := range d.Files {
		d.Files[i].ID, d.Files[i].Described = "", false
	}
}

func (d Delivery) withdrawn(now time.Time) Delivery {
	d.reset()
	d.State, d.Updated, d.Problem = Withdrawn, now, nil
	return d
}

// Ended is the delivery after the step that is pending. failure is nil if the
// API accepted it.
func Ended(d Delivery, r cybertip.Reply, failure *cybertip.CallError, now time.Time) Delivery {
	d.Files = slices.Clone(d.Files)
	d.Updated = now
	p := *d.Pending
	if failure != nil && !done(p, failure.Code) {
		return d.failed(p, failure, now)
	}
	d.Pending, d.Attempts, d.Next, d.Problem = nil, 0, time.Time{}, nil
	d.Changed = now
	switch p.Step {
	case Submit:
		if r.ReportID == 0 {
			return d.stop(p, r, now, "NCMEC's answer has no number of a report")
		}
		d.Report, d.Opened = r.ReportID, now
	case Upload:
		if r.FileID == "" {
			return d.stop(p, r, now, "NCMEC's answer has no id of the file")
		}
		if r.MD5 != "" && r.MD5 != d.Files[p.File].MD5 {
			// It arrived damaged: withdraw the report and begin again.
			d.Pending = &p
			return d.later(problem(p, r, now, "the file arrived damaged"), now)
		}
		d.Files[p.File].ID = r.FileID
	case Describe:
		d.Files[p.File].Described = true
	case Finish:
		d.Reference, d.At = number(d.Report), now
		d.State = Delivered
		if failure == nil && !d.listed(r.Files) {
			return d.stop(p, r, now, "the report is delivered, but NCMEC does not list all its files")
		}
	case Retract:
		if d.Withdraw {
			return d.withdrawn(now)
		}
		d.reset()
		if d.Restarts++; d.Restarts >= mostRestarts {
			return d.stop(p, r, now, "the report was begun again and again without an end")
		}
	}
	return d
}

// done reports whether an error says that what was asked was done before.
func done(p Intent, c cybertip.Code) bool {
	switch p.Step {
	case Finish:
		return c == cybertip.Finished
	case Retract: // a report that has ended by itself needs no retraction
		return c == cybertip.Retracted || c == cybertip.NoReport
	}
	return false
}

func (d Delivery) failed(p Intent, e *cybertip.CallError, now time.Time) Delivery {
	x := problem(p, cybertip.Reply{Code: e.Code, Fields: e.Fields, RequestID: e.RequestID}, now, "")
	x.Status = e.Status
	// What may have been done before stays open, and so does a retraction: what
	// led to it is still to be undone.
	if !e.Unsure && !p.Again && p.Step != Retract {
		d.Pending = nil
	}
	switch {
	case e.Unsure:
		x.Why = "no answer; it is not known whether it was done"
		return d.later(x, now)
	case e.Code.Passing(), e.Code == 0 && (e.Status == 0 || e.Status == http.StatusTooManyRequests):
		x.Why = "NCMEC could not be reached, or could not do it just now"
		return d.later(x, now)
	case e.Code == cybertip.NoReport && p.Step == Finish && p.Again:
		x.Why = "it is not known whether the report was finished: ask NCMEC about its number"
	case e.Code == cybertip.NoReport && p.Step != Submit:
		d.reset()
		x.Why = "the report was not finished in time and has ended; it is begun again"
		if d.Restarts++; d.Restarts < mostRestarts {
			return d.later(x, now)
		}
	case e.Code == cybertip.Validation, e.Code == cybertip.Malformed:
		x.Why = "the document is not accepted: correct the fields that are named, or tell those who look after Rowan"
	default:
		x.Why = e.Code.Title()
	}
	d.State, d.Problem = Failed, x
	d.Attempts++
	return d
}

// later tries again after a while, and gives it to a person after many tries.
func (d Delivery) later(x *Problem, now time.Time) Delivery {
	d.Problem = x
	d.Attempts++
	if d.Attempts >= mostTries {
		d.State = Failed
		return d
	}
	wait := longestWait
	if shift := d.Attempts - 1; shift < 8 {
		wait = min(firstWait<<shift, longestWait)
	}
	d.Next = now.Add(wait)
	return d
}

// stop gives it to a person.
func (d Delivery) stop(p Intent, r cybertip.Reply, now time.Time, why string) Delivery {
	d.State, d.Problem = Failed, problem(p, r, now, why)
	return d
}

func problem(p Intent, r cybertip.Reply, now time.Time, why string) *Problem {
	return &Problem{Step: p.Step, At: now, Code: r.Code, Fields: r.Fields, RequestID: r.RequestID, Why: why}
}

// listed reports whether each file is among those that NCMEC lists.
func (d *Delivery) listed(ids []string) bool {
	for i := range d.Files {
		if !slices.Contains(ids, d.Files[i].ID) {
			return false
		}
	}
	return true
}

// Retried is the delivery as a person sends it on its way again.
func Retried(d Delivery, now time.Time) (Delivery, error) {
	if d.State != Failed || !d.At.IsZero() {
		return d, ErrNotFailed
	}
	d.State, d.Attempts, d.Restarts, d.Next, d.Updated = Waiting, 0, 0, time.Time{}, now
	return d, nil
}
