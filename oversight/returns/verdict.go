package returns

import "time"

// Verdict is what verifying a return came to.
type Verdict struct {
	Digest   Digest     `json:"-"`
	Findings []Finding  `json:"findings"` // none: nothing is broken
	Figures  []Checked  `json:"figures"`
	Cosigned []Cosigned `json:"cosigned"`
	// Words are what remains the service's word, beside figures.
	Words []string `json:"words"`
}

// OK reports whether nothing was found broken.
func (v *Verdict) OK() bool { return len(v.Findings) == 0 }

// Finding is something that does not hold.
type Finding struct {
	Code   Code   `json:"code"`
	Figure string `json:"figure,omitempty"` // which, if it is one
	Said   string `json:"said,omitempty"`
	Found  string `json:"found,omitempty"`
	Text   string `json:"text"`
}

func (f Finding) String() string { return f.Text }

// Code is the kind of a finding.
type Code string

// The findings.
const (
	Forged     Code = "signature"  // not by the log's key, or not over this return
	Unproven   Code = "proof"      // a span or an entry is not in the log's tree
	Unlogged   Code = "checkpoint" // the checkpoint is not the log's
	Unwitness  Code = "witness"    // too few witnesses have cosigned
	Misplaced  Code = "span"       // the span is not that of the period
	Differs    Code = "figure"     // the log gives another value
	Twice      Code = "twice"      // the log holds another return for the period
	Truncated  Code = "truncated"  // the log given is shorter than the return's
	OtherLog   Code = "log"        // the log given is another one
	BadRecords Code = "decisions"  // the records given are not those under the log's roots
)

// Checked is how a figure stands.
type Checked struct {
	Figure
	State State  `json:"state"`
	Found *Value `json:"found,omitempty"` // where it differs
	Note  string `json:"note,omitempty"`
}

// State is how far a figure was checked.
type State string

// The states.
const (
	Recomputed State = "recomputed" // the log gives the same
	Broken     State = "broken"     // it gives something else
	Claimed    State = "word"       // it cannot say: the service's word
	Absent     State = "not_held"   // the service says that it holds no value
	Unchecked  State = "unchecked"  // it could, but the records were not given
)

// Cosigned is a witness that has cosigned a checkpoint.
type Cosigned struct {
	Witness string    `json:"witness"`
	At      time.Time `json:"at,omitzero"`
	Size    int64     `json:"size"`
}
