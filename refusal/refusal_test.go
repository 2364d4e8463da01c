package refusal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"rowan/refusal"
)

func TestARefusalIsFoundInWhatWrapsItAndAFaultIsNone(t *testing.T) {
	no := refusal.New("period", "no return is owed for %d", 2026)
	for _, err := range []error{no, fmt.Errorf("take: %w", no), errors.Join(errors.New("the disk is full"), no)} {
		if r, ok := refusal.In(err); !ok || r.Code != "period" || r.Text != "no return is owed for 2026" || r.Error() != r.Text {
			t.Errorf("in %v: %v, %v", err, r, ok)
		}
	}
	for _, err := range []error{nil, errors.New("the disk is full")} {
		if r, ok := refusal.In(err); ok {
			t.Errorf("in %v: %v", err, r)
		}
	}
}

// The notes of the inbox keep refusals as JSON.
func TestTheJSONOfARefusalIsKept(t *testing.T) {
	got, err := json.Marshal(refusal.Refusal{Code: "twice", Text: "there is one already"})
	if err != nil || string(got) != `{"Code":"twice","Text":"there is one already"}` {
		t.Errorf("%s, %v", got, err)
	}
}
