package age

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rowan/event"
)

// oldest is the upper bound of an age of which only a lower one is known.
const oldest = 150

// FromApple reads what Apple's Declared Age Range tells an app, relayed as one
// JSON object with the names of the framework:
//
//	{"lowerBound": 13, "upperBound": 16, "ageRangeDeclaration": "selfDeclared"}
//
// A missing or null lowerBound is below the lowest age gate that the app asked
// for. upperBound is the next gate, which the person has not reached: 16 here
// means at most 15. Missing or null it is open. "activeParentalControls" may be
// there, and is not looked at. Nothing else may.
//
// attested says that the caller has bound the object to a genuine app on a
// genuine device (App Attest); asserted is when it was told, in Unix seconds.
// How a declaration counts:
//
//	ageRangeDeclaration                      attested             not attested
//	selfDeclared, missing                    self_declared        self_declared
//	guardianDeclared, guardian...Checked     guardian             platform
//	confirmed, ...Checked                    platform             platform
//
// A checked guardian is a guardian who was checked: the child was not. Not
// attested, platform counts as a claim. A response that was declined has no
// range, and is not for FromApple.
//
// Source: developer.apple.com, AgeRangeService.AgeRange and AgeRangeDeclaration
// (iOS 26.0 to 26.5).
func FromApple(object []byte, attested bool, asserted uint32) (Signal, error) {
	var lower, upper *uint8
	declaration := ""
	err := members(object, map[string]any{
		"lowerBound": &lower, "upperBound": &upper, "ageRangeDeclaration": &declaration, "activeParentalControls": nil,
	})
	switch {
	case err != nil:
		return Signal{}, fmt.Errorf("declared age range: %w", err)
	case lower == nil && upper == nil:
		return Signal{}, errors.New("declared age range: want lowerBound, upperBound or both")
	}
	s := Signal{Upper: oldest, Attested: attested, AssertedAt: asserted}
	if lower != nil {
		s.Lower = *lower
	}
	if upper != nil {
		if *upper <= s.Lower {
			return Signal{}, errors.New("declared age range: upperBound is the gate above; it must exceed lowerBound")
		}
		s.Upper = *upper - 1
	}
	switch declaration {
	case "selfDeclared", "":
		s.Method = event.SelfDeclared
	case "guardianDeclared", "guardianPaymentChecked", "guardianGovernmentIDChecked", "guardianCheckedByOtherMethod":
		s.Method = guardian(attested)
	case "confirmed", "paymentChecked", "governmentIDChecked", "checkedByOtherMethod":
		s.Method = event.Platform
	default:
		return Signal{}, errors.New("declared age range: ageRangeDeclaration: want a case of AgeRangeDeclaration, such as selfDeclared, guardianDeclared or confirmed")
	}
	return s, nil
}

// FromPlay reads what Google's Play Age Signals tells an app, relayed as one
// JSON object with the names of the library:
//
//	{"userStatus": "SUPERVISED", "ageLower": 13, "ageUpper": 15, "installId": "..."}
//
// Both bounds are inclusive; a missing or null ageUpper is open. installId and
// mostRecentApprovalDate may be there, and are neither looked at nor kept.
// Nothing else may. told is false where Play says nothing of an age: a status
// of UNKNOWN, null or empty.
//
// attested says that the caller has bound the object to a genuine app on a
// genuine device (Play Integrity); asserted is when it was told, in Unix
// seconds. How a status counts:
//
//	userStatus                     bounds                   attested        not attested
//	VERIFIED                       as told, else 18 up      platform        platform
//	SUPERVISED, ..._PENDING,       as told                  guardian        platform
//	..._DENIED
//	DECLARED                       as told                  self_declared   self_declared
//
// An approval that is pending or was denied is about the app, not about the
// age. Not attested, platform counts as a claim.
//
// Source: developer.android.com, "Use Play Age Signals API (beta)", library
// age-signals 0.0.1 to 0.0.3.
func FromPlay(object []byte, attested bool, asserted uint32) (s Signal, told bool, err error) {
	var lower, upper *uint8
	status := ""
	err = members(object, map[string]any{
		"userStatus": &status, "ageLower": &lower, "ageUpper": &upper, "installId": nil, "mostRecentApprovalDate": nil,
	})
	if err != nil {
		return Signal{}, false, fmt.Errorf("age signals: %w", err)
	}
	s = Signal{Upper: oldest, Attested: attested, AssertedAt: asserted}
	switch status {
	case "UNKNOWN", "":
		return Signal{}, false, nil
	case "VERIFIED":
		s.Method, s.Lower = event.Platform, 18
		if upper != nil {
			s.Lower = 0
		}
	case "SUPERVISED", "SUPERVISED_APPROVAL_PENDING", "SUPERVISED_APPROVAL_DENIED":
		s.Method = guardian(attested)
	case "DECLARED":
		s.Method = event.SelfDeclared
	default:
		return Signal{}, false, errors.New("age signals: userStatus: want VERIFIED, SUPERVISED, SUPERVISED_APPROVAL_PENDING, SUPERVISED_APPROVAL_DENIED, DECLARED or UNKNOWN")
	}
	if status != "VERIFIED" && lower == nil && upper == nil {
		return Signal{}, false, errors.New("age signals: want ageLower, ageUpper or both with this userStatus")
	}
	if lower != nil {
		s.Lower = *lower
	}
	if upper != nil {
		s.Upper = *upper
	}
	if s.Lower > s.Upper {
		return Signal{}, false, errors.New("age signals: ageLower exceeds ageUpper")
	}
	return s, true, nil
}

// guardian is how the word of a guardian counts that a platform passes on.
func guardian(attested bool) event.Method {
	if attested {
		return event.Guardian
	}
	return event.Platform
}

// maxObject is the size in bytes above which nothing is read as a platform's
// answer, which has some five members.
const maxObject = 4 << 10

// members reads one JSON object whose members are all known, each there once at
// most and under its very name. A member whose place is nil is not looked at;
// null leaves a place as it is. Errors quote names that are known, and no value.
func members(object []byte, places map[string]any) error {
	if len(object) > maxObject {
		return fmt.Errorf("want at most %d bytes", maxObject)
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("want one JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, _ := token.(string)
		var raw json.RawMessage
		if err != nil || d.Decode(&raw) != nil {
			return errors.New("want one JSON object")
		}
		place, known := places[name]
		switch {
		case !known:
			return errors.New("there is a member that such an answer does not have")
		case seen[name]:
			return fmt.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if place == nil {
			continue
		}
		if json.Unmarshal(raw, place) != nil {
			return fmt.Errorf("%s: want %s", name, kind(place))
		}
		if years, ok := place.(**uint8); ok && *years != nil && **years > oldest {
			return fmt.Errorf("%s: want %s", name, kind(place))
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("want one JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("want nothing after the JSON object")
	}
	return nil
}

// kind says what may stand in a place.
func kind(place any) string {
	if _, ok := place.(**uint8); ok {
		return fmt.Sprintf("whole years from 0 to %d, or null", oldest)
	}
	return "a string or null"
}
