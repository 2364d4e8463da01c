package response

import (
	"embed"
	"errors"
	"regexp"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/guard/account/support"
)

// Moment is the occasion of a notice.
type Moment uint8

// The moments. The first four are those of measure ICU F2 of Ofcom's Illegal
// Content Codes for user-to-user services.
const (
	DefaultChanged      Moment = iota // F2-1: a child turns off a protective default
	ConnectionRequested               // F2-2: a child is asked to connect
	FirstContacted                    // F2-3: the first direct communication of two accounts
	ActedAgainst                      // F2-4: a child blocks, mutes, declines or reports
	RiskWarning                       // what somebody does is worth a second thought
	SupportOffered                    // help is at hand
	SenderPaused                      // to the sender: a message waits or is not delivered
)

var momentWords = words{"moment", []string{"default_changed", "connection_request", "first_contact",
	"acted_against", "risk_warning", "support", "sender_pause"}}

func (m Moment) String() string { return momentWords.word(uint8(m)) }

// Party is whom a notice is for.
type Party uint8

// The parties. Minor and actor are parts in the pair, sender and recipient
// parts in the event.
const (
	ToMinor Party = iota
	ToActor
	ToRecipient
	ToSender
)

var partyWords = words{"party", []string{"minor", "actor", "recipient", "sender"}}

func (p Party) String() string { return partyWords.word(uint8(p)) }

// Notice is what somebody is told, in words ready to show.
type Notice struct {
	To      string `json:"to"`       // a Party's word
	Moment  string `json:"moment"`   // a Moment's word
	TextKey string `json:"text_key"` // stable, for a platform that has its own words
	Text    string `json:"text"`
	Locale  string `json:"locale"` // of Text, BCP 47
}

//go:embed default.yaml
var shipped embed.FS

// kindOf is the kind of text that a text key of a policy stands for: those of
// ICU F2's moments have texts for each band of readers.
func kindOf(key string) string {
	if slices.Contains(support.Moments(), key) {
		return support.Moment
	}
	return support.Notice
}

// joinSorted joins errors in a fixed order, whatever map they came out of.
func joinSorted(all []error) error {
	slices.SortStableFunc(all, func(a, b error) int {
		var x, y *datafile.Error
		if errors.As(a, &x) && errors.As(b, &y) && x.File == y.File && x.Line != y.Line {
			return x.Line - y.Line
		}
		return strings.Compare(a.Error(), b.Error())
	})
	return errors.Join(all...)
}

// checkHead checks what every data file states first.
func checkHead(version, date, source string, fail func([]any, string, ...any)) {
	if version == "" {
		fail([]any{"version"}, "version is missing")
	}
	if !dateForm.MatchString(date) {
		fail([]any{"date"}, "date must be a day such as 2026-11-23")
	}
	if source == "" {
		fail([]any{"source"}, "source is missing; say where the content comes from")
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
