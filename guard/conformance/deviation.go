package conformance

import (
	"github.com/go-json-experiment/json/jsontext"

	"rowan/rulebook"
)

// Kind is what is wrong.
type Kind uint8

// The kinds of deviation.
const (
	WeakSetting Kind = iota // a setting is weaker than the rule, and not validly relaxed
	BadContact              // a contact took place that the gate would not have allowed
	NoSupport               // supportive information was not shown first
	kinds
)

var kindWords = [kinds]string{"setting", "contact", "support"}

func (k Kind) String() string { return kindWords[k] }

// MarshalText writes the kind's word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Deviation is one thing that is not as a measure asks.
type Deviation struct {
	Account string        `json:"account"`
	Band    string        `json:"band"`
	Measure string        `json:"measure"`
	State   State         `json:"state"`
	Duty    rulebook.Duty `json:"duty"`
	Kind    Kind          `json:"kind"`
	Reason  string        `json:"reason"`
	Setting string        `json:"setting,omitempty"`
	Value   string        `json:"value,omitempty"`
	Default string        `json:"default,omitempty"` // what the measure asks for
	With    string        `json:"with,omitempty"`
	Way     string        `json:"way,omitempty"`
	At      string        `json:"at,omitempty"`
}

// appendLine writes the deviation as encoding/json would, and a line break. It is
// written by hand because there may be as many as accounts times measures.
func (d *Deviation) appendLine(b []byte) []byte {
	begin := byte('{')
	member := func(name, value string, always bool) {
		if value == "" && !always {
			return
		}
		b = append(append(append(b, begin, '"'), name...), '"', ':')
		quoted, err := jsontext.AppendQuote(b, value)
		if err != nil {
			quoted = append(b, `""`...) // not reached: ids are valid UTF-8
		}
		b, begin = quoted, ','
	}
	member("account", d.Account, true)
	member("band", d.Band, true)
	member("measure", d.Measure, true)
	member("state", string(d.State), true)
	member("duty", d.Duty.String(), true)
	member("kind", d.Kind.String(), true)
	member("reason", d.Reason, true)
	member("setting", d.Setting, false)
	member("value", d.Value, false)
	member("default", d.Default, false)
	member("with", d.With, false)
	member("way", d.Way, false)
	member("at", d.At, false)
	return append(b, '}', '\n')
}
