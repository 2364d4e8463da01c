package engine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"rowan/age"
	"rowan/event"
	"rowan/guard/conduct"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// ErrUnknownDecision is returned for a decision id that names none.
var ErrUnknownDecision = errors.New("no such decision")

// Decision is the answer to one event. Its JSON form is the contract with the
// platform; AppendJSON writes it.
type Decision struct {
	ID             string                  `json:"id"`
	Event          string                  `json:"event"`
	Action         response.Action         `json:"action"`
	AccountActions response.AccountActions `json:"account_actions"`
	Level          response.Level          `json:"level"`
	Risk           Risk                    `json:"risk"`
	Stages         []string                `json:"stages"`
	Reasons        []Reason                `json:"reasons"`
	Notices        []response.Notice       `json:"notices"`
	Policy         string                  `json:"policy"`
	Sequence       uint64                  `json:"sequence"`
	// OpenCase says that a person should look: a case is opened or joined.
	OpenCase bool `json:"open_case"`
	// FailMode is set when Rowan could not decide and the deployment's
	// declared fail mode answered instead: "open" or "closed".
	FailMode string `json:"fail_mode,omitempty"`
	// What the rules for young people's accounts had to say, where they had.
	Gate    *Gate          `json:"gate,omitempty"`
	Setting *SettingChange `json:"setting,omitempty"`
	Age     *BandChange    `json:"age,omitempty"`
}

// Risk is in log-odds (natural logarithm): 0 is even odds.
type Risk struct {
	Pair  Milli `json:"pair"`
	Actor Milli `json:"actor"`
}

// Reason is one contribution to the risk.
type Reason struct {
	Signal string `json:"signal"`
	Title  string `json:"title"`
	Stage  string `json:"stage"`
	Weight Milli  `json:"weight"` // log-odds, after decay and caps
	At     string `json:"at"`     // RFC 3339, UTC; "" if it has no moment
	// Learned says that no phrase was found, only likeness to the lines that the
	// learned model was trained on.
	Learned bool `json:"learned,omitempty"`
}

// AppendText writes the log-odds with at most three decimals.
func (m Milli) AppendText(b []byte) ([]byte, error) {
	n := int64(m)
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/1000, 10)
	if rest := n % 1000; rest != 0 {
		digits := [4]byte{'.', byte('0' + rest/100), byte('0' + rest/10%10), byte('0' + rest%10)}
		b = append(b, strings.TrimRight(string(digits[:]), "0")...)
	}
	return b, nil
}

// Signed is the value for people, with a sign that lines up: +1.20, −0.35.
func (m Milli) Signed() string {
	return strings.Replace(fmt.Sprintf("%+.2f", m.Float()), "-", "−", 1)
}

// MarshalJSON writes a JSON number.
func (m Milli) MarshalJSON() ([]byte, error) { return m.AppendText(nil) }

// UnmarshalJSON reads one.
func (m *Milli) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return fmt.Errorf("log-odds: %w", err)
	}
	*m = milli(v)
	return nil
}

const idPrefix = "d-"

// DecisionID names the decision with a sequence number.
func DecisionID(sequence uint64) string {
	return idPrefix + strconv.FormatUint(sequence, 36)
}

// ParseDecisionID is the reverse of DecisionID.
func ParseDecisionID(id string) (sequence uint64, err error) {
	rest, ok := strings.CutPrefix(id, idPrefix)
	sequence, err = strconv.ParseUint(rest, 36, 64)
	if !ok || err != nil || DecisionID(sequence) != id {
		return 0, ErrUnknownDecision
	}
	return sequence, nil
}

// Render makes the decision that an outcome stands for.
func (c *Config) Render(o *Outcome, ev *event.Event) Decision {
	d := Decision{
		ID: DecisionID(o.Sequence), Event: ev.ID, Action: o.Action, AccountActions: o.Account, Level: o.Level,
		Risk: Risk{o.Pair, o.Actor}, Policy: c.Policy.Version(), Sequence: o.Sequence, OpenCase: o.OpenCase,
	}
	for stage := signal.Stage(1); stage < signal.NStages; stage++ {
		if o.Stages&(1<<stage) != 0 {
			d.Stages = append(d.Stages, stage.String())
		}
	}
	if o.Level > response.None || o.Action > response.Allow {
		for _, part := range o.Parts {
			if part.Code < priorCode && part.Weight != 0 {
				d.Reasons = append(d.Reasons, c.Reason(part))
			}
		}
	}
	for _, n := range o.Notices {
		band := ""
		if n.Band != age.Unknown {
			band = n.Band.String()
		}
		notice := c.Policy.Notice(int(n.Index), ev.Locale, band)
		notice.To = o.Name(n.To, ev)
		d.Notices = append(d.Notices, notice)
	}
	c.safe(&d, o, ev)
	return d
}

// Name is the id of a party of the event that o answers, "" for nobody.
func (o *Outcome) Name(p Party, ev *event.Event) string {
	switch {
	case p == Sender:
		return ev.From
	case p == Room:
		return o.Speaker
	case p >= 0 && int(p) < len(ev.To):
		return ev.To[p]
	}
	return ""
}

// Reason puts a contribution into words.
func (c *Config) Reason(part Contribution) Reason {
	r := Reason{Weight: part.Weight, Learned: part.Learned}
	if part.At != 0 {
		r.At = time.Unix(int64(part.At), 0).UTC().Format(time.RFC3339)
	}
	switch code := part.Code; {
	case code < conductCode:
		s := c.Taxonomy.Signal(signal.ID(code))
		r.Signal, r.Title, r.Stage = s.Code, s.Title, s.Stage.String()
	case code < conductCode+1+conduct.Count:
		f := c.Features.Feature(int(code - conductCode))
		r.Signal, r.Title, r.Stage = f.ID, f.Title, f.Stage
	default:
		r.Signal, r.Title = "", sums[code]
	}
	return r
}

var sums = map[Code]string{
	priorCode:  "What is to be expected of such a pair",
	stagesCode: "Several stages",
	speedCode:  "Stages followed each other fast",
	actorCode:  "What the same account does elsewhere",
	capCode:    "Taken off by the caps",
	slopeCode:  "How sure reviewers' decisions make it",
}

// AppendJSON writes d as encoding/json would.
func (d *Decision) AppendJSON(b []byte) []byte {
	b = appendString(append(b, `{"id":`...), d.ID)
	b = appendString(append(b, `,"event":`...), d.Event)
	b = appendString(append(b, `,"action":`...), d.Action.String())
	b = append(b, `,"account_actions":[`...)
	first := true
	for a := range d.AccountActions.All() {
		b = comma(b, &first)
		b = appendString(b, a.String())
	}
	b = appendString(append(b, `],"level":`...), d.Level.String())
	b, _ = d.Risk.Pair.AppendText(append(b, `,"risk":{"pair":`...))
	b, _ = d.Risk.Actor.AppendText(append(b, `,"actor":`...))
	b = append(b, `},"stages":[`...)
	first = true
	for _, stage := range d.Stages {
		b = appendString(comma(b, &first), stage)
	}
	b = append(b, `],"reasons":[`...)
	first = true
	for i := range d.Reasons {
		r := &d.Reasons[i]
		b = appendString(append(comma(b, &first), `{"signal":`...), r.Signal)
		b = appendString(append(b, `,"title":`...), r.Title)
		b = appendString(append(b, `,"stage":`...), r.Stage)
		b, _ = r.Weight.AppendText(append(b, `,"weight":`...))
		b = appendString(append(b, `,"at":`...), r.At)
		if r.Learned {
			b = append(b, `,"learned":true`...)
		}
		b = append(b, '}')
	}
	b = appendNotices(append(b, `],"notices":`...), d.Notices)
	b = appendString(append(b, `,"policy":`...), d.Policy)
	b = strconv.AppendUint(append(b, `,"sequence":`...), d.Sequence, 10)
	b = strconv.AppendBool(append(b, `,"open_case":`...), d.OpenCase)
	if d.FailMode != "" {
		b = appendString(append(b, `,"fail_mode":`...), d.FailMode)
	}
	return append(d.appendSafe(b), '}')
}

func comma(b []byte, first *bool) []byte {
	if *first {
		*first = false
		return b
	}
	return append(b, ',')
}

// appendString writes a JSON string. What is no UTF-8, which the decoder
// refuses, would be written as U+FFFD.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
