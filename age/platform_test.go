package age_test

import (
	"strings"
	"testing"

	"rowan/age"
	"rowan/event"
)

func TestFromApple(t *testing.T) {
	for _, tc := range []struct {
		object         string
		lower, upper   uint8
		bound, unbound event.Method // with attestation and without
	}{
		{`{"lowerBound": 13, "upperBound": 16, "ageRangeDeclaration": "selfDeclared"}`, 13, 15, event.SelfDeclared, event.SelfDeclared},
		{`{"lowerBound": 13, "upperBound": 16}`, 13, 15, event.SelfDeclared, event.SelfDeclared},
		{`{"lowerBound": 13, "upperBound": 16, "ageRangeDeclaration": null}`, 13, 15, event.SelfDeclared, event.SelfDeclared},
		{`{"upperBound": 13, "ageRangeDeclaration": "guardianDeclared"}`, 0, 12, event.Guardian, event.Platform},
		{`{"lowerBound": null, "upperBound": 13, "ageRangeDeclaration": "guardianDeclared"}`, 0, 12, event.Guardian, event.Platform},
		{`{"lowerBound": 16, "upperBound": 18, "ageRangeDeclaration": "guardianPaymentChecked"}`, 16, 17, event.Guardian, event.Platform},
		{`{"lowerBound": 16, "upperBound": 18, "ageRangeDeclaration": "guardianGovernmentIDChecked"}`, 16, 17, event.Guardian, event.Platform},
		{`{"lowerBound": 16, "upperBound": 18, "ageRangeDeclaration": "guardianCheckedByOtherMethod"}`, 16, 17, event.Guardian, event.Platform},
		{`{"lowerBound": 18, "ageRangeDeclaration": "confirmed"}`, 18, 150, event.Platform, event.Platform},
		{`{"lowerBound": 18, "upperBound": null, "ageRangeDeclaration": "governmentIDChecked"}`, 18, 150, event.Platform, event.Platform},
		{`{"lowerBound": 18, "ageRangeDeclaration": "paymentChecked", "activeParentalControls": ["x", {}]}`, 18, 150, event.Platform, event.Platform},
		{` {"ageRangeDeclaration": "checkedByOtherMethod", "lowerBound": 18} `, 18, 150, event.Platform, event.Platform},
		{`{"lowerBound": 150}`, 150, 150, event.SelfDeclared, event.SelfDeclared},
	} {
		for attested, method := range map[bool]event.Method{true: tc.bound, false: tc.unbound} {
			got, err := age.FromApple([]byte(tc.object), attested, now)
			want := age.Signal{Method: method, Lower: tc.lower, Upper: tc.upper, Attested: attested, AssertedAt: now}
			if err != nil || got != want {
				t.Errorf("%s: %+v, %v; want %+v", tc.object, got, err, want)
			}
		}
	}
}

func TestFromPlay(t *testing.T) {
	for _, tc := range []struct {
		object         string
		told           bool
		lower, upper   uint8
		bound, unbound event.Method
	}{
		{`{"userStatus": "VERIFIED"}`, true, 18, 150, event.Platform, event.Platform},
		{`{"userStatus": "VERIFIED", "ageLower": 18, "ageUpper": null}`, true, 18, 150, event.Platform, event.Platform},
		{`{"userStatus": "VERIFIED", "ageLower": 16, "ageUpper": 17}`, true, 16, 17, event.Platform, event.Platform},
		{`{"userStatus": "VERIFIED", "ageUpper": 17}`, true, 0, 17, event.Platform, event.Platform},
		{`{"userStatus": "SUPERVISED", "ageLower": 0, "ageUpper": 12, "installId": "i"}`, true, 0, 12, event.Guardian, event.Platform},
		{`{"userStatus": "SUPERVISED_APPROVAL_PENDING", "ageLower": 13, "ageUpper": 15, "mostRecentApprovalDate": 17}`, true, 13, 15, event.Guardian, event.Platform},
		{`{"userStatus": "SUPERVISED_APPROVAL_DENIED", "ageLower": 16, "ageUpper": 17}`, true, 16, 17, event.Guardian, event.Platform},
		{`{"userStatus": "SUPERVISED", "ageLower": 18}`, true, 18, 150, event.Guardian, event.Platform},
		{`{"userStatus": "DECLARED", "ageLower": 13, "ageUpper": 15}`, true, 13, 15, event.SelfDeclared, event.SelfDeclared},
		{`{"userStatus": "UNKNOWN"}`, false, 0, 0, 0, 0},
		{`{"userStatus": "UNKNOWN", "ageLower": 18}`, false, 0, 0, 0, 0},
		{`{"userStatus": ""}`, false, 0, 0, 0, 0},
		{`{"userStatus": null, "installId": null}`, false, 0, 0, 0, 0},
		{`{}`, false, 0, 0, 0, 0},
	} {
		for attested, method := range map[bool]event.Method{true: tc.bound, false: tc.unbound} {
			got, told, err := age.FromPlay([]byte(tc.object), attested, now)
			var want age.Signal
			if tc.told {
				want = age.Signal{Method: method, Lower: tc.lower, Upper: tc.upper, Attested: attested, AssertedAt: now}
			}
			if err != nil || told != tc.told || got != want {
				t.Errorf("%s: %+v, %v, %v; want %+v", tc.object, got, told, err, want)
			}
		}
	}
}

// badObjects are none of either platform's, with a word of the error.
var badObjects = map[string]string{
	"":             "object",
	"null":         "object",
	"[]":           "object",
	"{":            "object",
	`{"a`:          "object",
	`{"a":}`:       "object",
	"{} {}":        "after",
	`{"nobody":1}`: "does not have",
}

func refused(t *testing.T, object, word string, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s is taken", object)
	case !strings.Contains(err.Error(), word):
		t.Errorf("%s: %q says nothing of %q", object, err, word)
	case strings.Contains(err.Error(), "nobody"):
		t.Errorf("%q quotes what was sent", err)
	}
}

func TestAppleRefuses(t *testing.T) {
	bad := map[string]string{
		`{}`:                                                     "lowerBound",
		`{"ageRangeDeclaration": "confirmed"}`:                   "lowerBound",
		`{"lowerBound": 13, "lowerBound": 18}`:                   "twice",
		`{"LowerBound": 13}`:                                     "does not have",
		`{"lowerBound": "13"}`:                                   "whole years",
		`{"lowerBound": 13.5}`:                                   "whole years",
		`{"lowerBound": -1}`:                                     "whole years",
		`{"lowerBound": 151}`:                                    "whole years",
		`{"lowerBound": 300}`:                                    "whole years",
		`{"lowerBound": [13]}`:                                   "whole years",
		`{"upperBound": 0}`:                                      "exceed",
		`{"lowerBound": 16, "upperBound": 16}`:                   "exceed",
		`{"lowerBound": 18, "upperBound": 13}`:                   "exceed",
		`{"lowerBound": 18, "ageRangeDeclaration": "nobody"}`:    "case of",
		`{"lowerBound": 18, "ageRangeDeclaration": "Confirmed"}`: "case of",
		`{"lowerBound": 18, "ageRangeDeclaration": 7}`:           "string",
		`{"activeParentalControls": "` + strings.Repeat("x", 5000) + `"}`: "bytes",
	}
	for _, all := range []map[string]string{badObjects, bad} {
		for object, word := range all {
			got, err := age.FromApple([]byte(object), true, now)
			refused(t, object, word, err)
			if got != (age.Signal{}) {
				t.Errorf("%s: %+v beside an error", object, got)
			}
		}
	}
}

func TestPlayRefuses(t *testing.T) {
	bad := map[string]string{
		`{"userStatus": "SUPERVISED"}`:                                 "ageLower",
		`{"userStatus": "DECLARED", "ageLower": null}`:                 "ageLower",
		`{"userStatus": "nobody"}`:                                     "userStatus",
		`{"userStatus": "verified"}`:                                   "userStatus",
		`{"userStatus": 0}`:                                            "string",
		`{"userStatus": "VERIFIED", "userStatus": "SUPERVISED"}`:       "twice",
		`{"userStatus": "SUPERVISED", "ageLower": 16, "ageUpper": 13}`: "exceeds",
		`{"userStatus": "VERIFIED", "ageLower": 1e1}`:                  "whole years",
		`{"userStatus": "VERIFIED", "ageUpper": 151}`:                  "whole years",
	}
	for _, all := range []map[string]string{badObjects, bad} {
		for object, word := range all {
			got, told, err := age.FromPlay([]byte(object), true, now)
			refused(t, object, word, err)
			if told || got != (age.Signal{}) {
				t.Errorf("%s: %+v, %v beside an error", object, got, told)
			}
		}
	}
}

// What a client claims makes nobody an adult whom a guardian calls a child.
func TestAClientCannotClaimWhatAGuardianDenies(t *testing.T) {
	apple, err := age.FromApple([]byte(`{"lowerBound": 18, "ageRangeDeclaration": "governmentIDChecked"}`), false, now)
	if err != nil {
		t.Fatal(err)
	}
	play, _, err := age.FromPlay([]byte(`{"userStatus": "VERIFIED"}`), false, now+1)
	if err != nil {
		t.Fatal(err)
	}
	r := record(sign(event.Guardian, 14, 14), apple, play)
	if got := r.Resolve(now + 2); got.Band != age.From13 || got.Reason != age.Strongest {
		t.Errorf("%s, %s", got.Band, got.Reason)
	}
}

// plausible holds for every signal that an adapter returns.
func plausible(t *testing.T, s age.Signal, attested bool) {
	t.Helper()
	if s.Lower > s.Upper || s.Upper > 150 || s.Attested != attested || s.AssertedAt != now {
		t.Errorf("%+v", s)
	}
	switch s.Method {
	case event.SelfDeclared, event.Platform:
	case event.Guardian:
		if !attested {
			t.Errorf("a client's claim became a guardian's word: %+v", s)
		}
	default:
		t.Errorf("method %s", s.Method)
	}
}

func FuzzApple(f *testing.F) {
	f.Add([]byte(`{"lowerBound": 13, "upperBound": 16, "ageRangeDeclaration": "selfDeclared"}`), true)
	f.Add([]byte(`{"upperBound": 13, "ageRangeDeclaration": "guardianDeclared", "activeParentalControls": []}`), false)
	f.Add([]byte(`{"lowerBound": 18, "lowerBound": null}{`), true)
	f.Fuzz(func(t *testing.T, object []byte, attested bool) {
		if s, err := age.FromApple(object, attested, now); err == nil {
			plausible(t, s, attested)
		} else if s != (age.Signal{}) {
			t.Errorf("%+v beside %v", s, err)
		}
	})
}

func FuzzPlay(f *testing.F) {
	f.Add([]byte(`{"userStatus": "SUPERVISED", "ageLower": 13, "ageUpper": 15, "installId": "i"}`), true)
	f.Add([]byte(`{"userStatus": "VERIFIED", "mostRecentApprovalDate": {}}`), false)
	f.Add([]byte(`{"userStatus": "UNKNOWN", "userStatus": null`), true)
	f.Fuzz(func(t *testing.T, object []byte, attested bool) {
		s, told, err := age.FromPlay(object, attested, now)
		if told && err == nil {
			plausible(t, s, attested)
		} else if told || s != (age.Signal{}) {
			t.Errorf("%+v, %v, %v", s, told, err)
		}
	})
}
