package response_test

import (
	"strings"
	"testing"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/response"
)

// The words of conditions are those of the packages that own the values.
func TestConditionsUseTheVocabularyOfTheOtherPackages(t *testing.T) {
	words := response.Vocabulary()
	check := func(field string, n int, want string) {
		t.Helper()
		list := words[field]
		if n >= len(list) || list[n] != want {
			t.Errorf("%s: value %d is not called %q in a condition: %q", field, n, want, list)
		}
	}
	for _, e := range event.Types() {
		check("event", int(e), strings.TrimPrefix(e.String(), "rowan."))
	}
	if want := len(event.Types()) + 1; len(words["event"]) != want {
		t.Errorf("%d words for events, want %d", len(words["event"]), want)
	}
	for n := range len(words["channel"]) {
		check("channel", n, event.Channel(n).String())
	}
	for n := range len(words["relation"]) {
		check("relation", n, event.Relation(n).String())
	}
	for n := range len(words["origin"]) {
		check("origin", n, event.Origin(n).String())
	}
	for kind, number := range map[account.Kind]uint8{
		account.Unknown: response.KindUnknown, account.Minor: response.KindMinor,
		account.MaybeMinor: response.KindMaybeMinor, account.Adult: response.KindAdult,
	} {
		if uint8(kind) != number {
			t.Errorf("kind %s is %d in a context and %d in an account", kind, number, kind)
		}
		check("sender.kind", int(kind), kind.String())
	}
	for value, want := range map[any]string{event.Voice: "voice", event.InPerson: "in_person", event.OriginContact: "contact"} {
		if got := value.(interface{ String() string }).String(); got != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
