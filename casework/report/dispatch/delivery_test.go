package dispatch_test

import (
	"testing"
	"time"

	"rowan/casework/report/cybertip"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/reporttest"
)

func TestAnUnfinishedReportLivesUntilTheLaterOfItsTwoEnds(t *testing.T) {
	at := reporttest.At
	open := dispatch.Delivery{
		State: dispatch.Waiting, Report: 4711, Opened: at(0), Changed: at(0), Files: []dispatch.Filed{{Name: "a", ID: "f", Described: true}},
	}
	changed := open
	changed.Changed = at(23*60 + 30)
	for name, c := range map[string]struct {
		d    dispatch.Delivery
		now  time.Time
		want dispatch.Step
	}{
		"within a day":                   {open, at(24*60 - 1), dispatch.Finish},
		"after a day":                    {open, at(24 * 60), dispatch.Submit},
		"within an hour of a change":     {changed, at(24*60 + 29), dispatch.Finish},
		"an hour after the last change":  {changed, at(24*60 + 30), dispatch.Submit},
		"more than an hour, on day one":  {open, at(90), dispatch.Finish},
		"more than an hour after change": {changed, at(30 * 60), dispatch.Submit},
	} {
		d, ok := dispatch.Begin(c.d, c.now)
		if !ok || d.Pending.Step != c.want {
			t.Errorf("%s: %+v", name, d.Pending)
		}
		if c.want == dispatch.Submit && (d.Report != 0 || d.Files[0].ID != "" || d.Restarts != 1) {
			t.Errorf("%s: the old report is not forgotten: %+v", name, d)
		}
	}
	if open.Files[0].ID != "f" {
		t.Error("the delivery that was given has changed")
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	now := reporttest.At(10)
	pending := func(s dispatch.Step, again bool) dispatch.Delivery {
		return dispatch.Delivery{
			State: dispatch.Waiting, Report: 4711, Opened: reporttest.At(0), Changed: reporttest.At(0),
			Files: []dispatch.Filed{{Name: "a", MD5: "aa", ID: "f"}}, Pending: &dispatch.Intent{Step: s, Again: again},
		}
	}
	code := func(c cybertip.Code) *cybertip.CallError { return &cybertip.CallError{Code: c, Status: 200} }
	for name, c := range map[string]struct {
		d     dispatch.Delivery
		r     cybertip.Reply
		e     *cybertip.CallError
		state dispatch.State
		next  dispatch.Step // after a pause
	}{
		"finished":                     {d: pending(dispatch.Finish, false), r: cybertip.Reply{Files: []string{"f"}}, state: dispatch.Delivered},
		"finished before":              {d: pending(dispatch.Finish, true), e: code(5102), state: dispatch.Delivered},
		"finished, a file is lost":     {d: pending(dispatch.Finish, false), state: dispatch.Failed},
		"gone before it was finished":  {d: pending(dispatch.Finish, false), e: code(5001), state: dispatch.Waiting, next: dispatch.Submit},
		"gone, or finished long ago":   {d: pending(dispatch.Finish, true), e: code(5001), state: dispatch.Failed},
		"retracted before":             {d: pending(dispatch.Retract, true), e: code(5101), state: dispatch.Waiting, next: dispatch.Submit},
		"retracting fails for now":     {d: pending(dispatch.Retract, false), e: code(1000), state: dispatch.Waiting, next: dispatch.Retract},
		"retracted, but it was needed": {d: pending(dispatch.Finish, false), e: code(5101), state: dispatch.Failed},
		"finished, but was to go":      {d: pending(dispatch.Retract, false), e: code(5102), state: dispatch.Failed},
		"a file arrives damaged":       {d: pending(dispatch.Upload, false), r: cybertip.Reply{FileID: "f", MD5: "bb"}, state: dispatch.Waiting, next: dispatch.Retract},
		"a file without an id":         {d: pending(dispatch.Upload, false), state: dispatch.Failed},
		"a report without a number":    {d: pending(dispatch.Submit, false), state: dispatch.Failed},
		"a file cannot be saved now":   {d: pending(dispatch.Describe, false), e: code(1110), state: dispatch.Waiting, next: dispatch.Describe},
		"no answer to a file":          {d: pending(dispatch.Describe, false), e: &cybertip.CallError{Unsure: true}, state: dispatch.Waiting, next: dispatch.Retract},
		"no answer to the end":         {d: pending(dispatch.Finish, false), e: &cybertip.CallError{Unsure: true}, state: dispatch.Waiting, next: dispatch.Finish},
		"nobody there":                 {d: pending(dispatch.Describe, false), e: &cybertip.CallError{}, state: dispatch.Waiting, next: dispatch.Describe},
		"a wrong password":             {d: pending(dispatch.Submit, false), e: code(2000), state: dispatch.Failed},
		"no right to":                  {d: pending(dispatch.Submit, false), e: code(3100), state: dispatch.Failed},
		"a code that nobody knows":     {d: pending(dispatch.Submit, false), e: code(9999), state: dispatch.Failed},
	} {
		got := dispatch.Ended(c.d, c.r, c.e, now)
		if got.State != c.state || c.state == dispatch.Failed && (got.Problem == nil || got.Problem.Why == "") {
			t.Errorf("%s: %s, %+v", name, got.State, got.Problem)
		}
		if c.next == "" {
			continue
		}
		if !got.Next.IsZero() && !got.Next.After(now) {
			t.Errorf("%s: it is tried again at once", name)
		}
		later := now
		if got.Next.After(now) {
			later = got.Next
		}
		next, ok := dispatch.Begin(got, later)
		if !ok || next.Pending.Step != c.next {
			t.Errorf("%s: then %+v", name, next.Pending)
		}
	}
}

func TestAFileThatMayBeThereAlreadyIsNotSentTwice(t *testing.T) {
	h, api := newHost(t)
	w := newWorld(t, h, api)
	faults := []cybertiptest.Fault{cybertiptest.None, cybertiptest.LoseReply, cybertiptest.Refuse, cybertiptest.LoseCall}
	w.server.Fault = func(string) cybertiptest.Fault { // submit, upload, retract, retract
		if len(faults) == 0 {
			return cybertiptest.None
		}
		f := faults[0]
		faults = faults[1:]
		return f
	}
	d := w.send(7)
	d, err := w.settle(w.outbox(w.store), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.once(d)
}
