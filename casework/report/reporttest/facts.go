// Package reporttest has invented facts for tests. Nobody in them exists; the
// addresses are those that are kept free for documentation.
package reporttest

import (
	"time"

	"rowan/casework/report"
)

// At is a moment in the invented case, minutes after it began.
func At(minutes int) time.Time {
	return time.Date(2026, 9, 14, 16, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// Facts are of a case of text alone, with all that a platform may hold.
func Facts() *report.Facts {
	yes, no, age := true, false, 13
	return &report.Facts{
		Case: 7,
		Incident: report.Incident{
			From: At(0), To: At(50), Summary: "An adult's account asked a young person for their age and to go on in another application.",
			Room: "homework", Detected: report.Detection{
				Source: report.ByMachine, Method: "Rowan: rules on contact with minors", Signals: []string{"asks_age", "moves_elsewhere"}, At: At(51),
			},
			Priority: 2, Solicitation: false,
		},
		Platform: report.Platform{
			Name: "Example Chat Ltd", Service: "Example Chat", Client: "Example Chat for web",
			Reporter: report.Person{
				FirstName: "Safety", LastName: "Desk", Emails: []report.Email{{Address: "safety@example.invalid", Kind: "Work"}},
				Phones:    []report.Phone{{Number: "02079460000", Kind: "Work", CallingCode: "+44"}},
				Addresses: []report.Address{{Kind: "Business", Street: "1 Example Street", City: "London", Postcode: "ZZ1 1ZZ", Country: "GB"}},
			},
			Contact:  report.Person{FirstName: "Duty", LastName: "Officer", Emails: []report.Email{{Address: "duty@example.invalid"}}},
			Standing: "Requests go to the contact named here. Data are kept for a year.", Terms: "Adults may not ask young people to leave the service with them.",
			LegalURL: "https://example.invalid/law enforcement", Registration: "REG-1",
		},
		Actor: report.Account{
			ID: "u-22", Service: "Example Chat", ScreenName: "north_wind", DisplayNames: []string{"North Wind"},
			ProfileURLs: []string{"https://example.invalid/u/22\u0007"}, Bio: "I like maps.", Band: "adult",
			Person: report.Person{
				Emails: []report.Email{
					{Address: "north@example.invalid", Kind: "Home", Verified: &yes, VerifiedAt: At(-9000)},
					{Address: "wind@example.invalid", Kind: "Recovery", Verified: &no},
				},
				Phones: []report.Phone{{Number: "07700900123", Kind: "Mobile", CallingCode: "+44", Verified: &yes, VerifiedAt: At(-8000)}},
			},
			Captures: []report.Capture{
				{IP: "192.0.2.14", Event: "Login", At: At(-5), Port: 443, Proxy: &no},
				{IP: "2001:db8::14", Event: "Registration", At: At(-9000)},
			},
			Devices:   []report.Device{{Kind: "installation", ID: "d-4411", Event: "Login", At: At(-5)}},
			Disabled:  &report.Disabled{At: At(90), For: At(90 + 30*24*60), Told: &yes, ToldAt: At(90)},
			Location:  &report.Location{City: "London", Country: "GB", At: At(-5)},
			Linked:    []report.Linked{{Kind: "Linked", Platform: "Example Games", ID: "g-9", Name: "north_wind_9"}},
			Prior:     []int64{1234567},
			AllEmails: &yes, Registered: At(-9000),
		},
		Children: []report.Account{{
			ID: "u-31", Service: "Example Chat", ScreenName: "paper_kite", Band: "13-15", Person: report.Person{Age: &age},
			Captures: []report.Capture{{IP: "192.0.2.80", Event: "Login", At: At(-30)}},
		}},
		Lines: []report.Line{
			{ID: "m-101", At: At(0), From: "u-22", To: "u-31", Conversation: "c-5", Kind: "direct", Held: true, Text: "did you finish the homework?", IP: "192.0.2.14"},
			{ID: "m-102", At: At(3), From: "u-31", To: "u-22", Conversation: "c-5", Kind: "direct", Held: true, Text: "nearly, \"maths\" is long", IP: "192.0.2.80"},
			{ID: "m-103", At: At(20), From: "u-22", To: "u-31", Conversation: "c-5", Kind: "direct", Held: true, Text: "how old are you?\nwhich app do you use?", IP: "192.0.2.14"},
			{ID: "m-104", At: At(50), From: "u-22", To: "u-31", Conversation: "c-5", Kind: "direct"},
		},
		Views: []report.View{
			{By: "p-1", At: At(60), What: "m-101", Why: "to decide the case"},
			{By: "p-1", At: At(60), What: "m-102", Why: "to decide the case"},
			{By: "p-1", At: At(61), What: "m-103", Why: "to decide the case"},
		},
		Decisions: []report.Decision{{
			Measures: []string{"suspend", "report"}, Reason: "suspected_grooming", At: At(80), Until: At(80 + 30*24*60), By: "p-1", Second: "p-2",
		}},
		Conversations: []string{"c-5"},
		NotHeld:       map[report.Field]string{report.FieldIdentity: "We do not ask for documents.", report.FieldBilling: "The service costs nothing."},
		AsOf:          At(95),
	}
}

// WithPicture are the facts with a picture that was sent, of which hashes and
// kind are held.
func WithPicture() *report.Facts {
	f := Facts()
	no := false
	f.Lines[2].Media = []string{"f-1"}
	f.Media = []report.Media{{
		ID: "f-1", Kind: "image", Name: "map.png", Line: "m-103", Uploaded: At(20), Public: &no,
		Hashes: map[string]string{
			"MD5": "d41d8cd98f00b204e9800998ecf8427e", "SHA256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		},
		Capture: &report.Capture{IP: "192.0.2.14", Event: "Upload", At: At(20)},
	}}
	return f
}

// Signs are the words of the two people of the invented case, on a document.
func Signs(digest string) []report.SignOff {
	return []report.SignOff{{By: "p-1", At: At(92), Digest: digest}, {By: "p-2", At: At(94), Digest: digest}}
}
