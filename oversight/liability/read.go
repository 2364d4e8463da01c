package liability

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"rowan/oversight/docket"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// ReadFacts reads facts in JSON, as "facts" of an object; the outcome that may stand
// beside them is left unread, for it follows from them. A key that is not known, or a
// fact without its day, is an error.
func ReadFacts(src []byte) (*Facts, error) {
	var v struct {
		Facts    *Facts          `json:"facts"`
		Gross    json.RawMessage `json:"gross_breach"`
		Offences json.RawMessage `json:"offences"`
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one object")
	}
	if v.Facts == nil {
		return nil, errors.New(`there are no "facts"`)
	}
	if err := v.Facts.check(); err != nil {
		return nil, err
	}
	return v.Facts, nil
}

// check says what facts lack for the test and the offences to be put to them.
func (f *Facts) check() error {
	if !given(f.On) {
		return errors.New(`the facts have no day "on" which they are asked about`)
	}
	for i, c := range f.Contraventions {
		if c.Failure == "" || c.Section == "" || !given(c.From) || c.Until != 0 && c.Until < c.From {
			return fmt.Errorf("contravention %d: it has a failure, a section, and a first day that is not after its last", i+1)
		}
	}
	for i, s := range f.Steps {
		if s.ID == "" || !given(s.Deadline) || !slices.Contains([]docket.StepState{docket.StepOpen, docket.StepMet, docket.StepMissed}, s.State) {
			return fmt.Errorf("step %d: it has an id, a deadline, and is open, met or missed; a revoked one is left out", i+1)
		}
	}
	for i, p := range f.Notices {
		if p.ID == "" || p.Kind != docket.InformationNotice || !given(p.Served) || p.Information == nil || !given(p.Information.Due) || !slices.Contains([]docket.Outcome{"", docket.OutcomeAnswered, docket.OutcomeFailed}, p.Outcome) {
			return fmt.Errorf("notice %d: it is for information, was served on a day, says by when, and was answered, failed or neither", i+1)
		}
	}
	for i, p := range f.People {
		if p.ID == "" || !slices.Contains(register.Roles(), register.Role(p.Role)) || !given(p.From) || p.Until != 0 && p.Until < p.From {
			return fmt.Errorf("person %d: there is an id, one of the roles %v, and its first day, not after its last", i+1, register.Roles())
		}
		for j, e := range p.Knowledge {
			if !given(e.On) || e.Document == "" || !slices.Contains(Strengths(), e.Strength) {
				return fmt.Errorf("person %d, knowledge %d: it has a day, a document, and one of the strengths %v", i+1, j+1, Strengths())
			}
		}
	}
	for i, h := range f.Harm {
		if !given(h.On) || h.Document == "" {
			return fmt.Errorf("harm %d: it has a day and a document", i+1)
		}
	}
	for i, w := range f.Warnings {
		if !given(w.On) || w.What == "" || w.Document == "" {
			return fmt.Errorf("warning %d: it has a day, says what it was, and where it lies", i+1)
		}
	}
	return nil
}

func given(d rulebook.Date) bool { return d > 0 && d != rulebook.Never }
