// Package report holds what a case can tell an authority, and what is common to
// the documents that leave a case: what is missing in them, and who signed.
//
// Facts are plain data. Each authority's package turns them into its document
// by a pure function, together with what is missing. Text of people is in
// Facts and in documents only: never in what is missing, in errors or in logs.
package report

import (
	"strings"
	"time"
)

// Facts are what a case can tell. A zero value, nil or empty list means "not
// held"; where no and not known differ, the field is a pointer.
type Facts struct {
	Case     int64    `json:"case" yaml:"case"`
	Incident Incident `json:"incident" yaml:"incident"`
	Platform Platform `json:"platform" yaml:"platform"`
	Actor    Account  `json:"actor" yaml:"actor"`
	// Children are the accounts of the children concerned.
	Children  []Account  `json:"children" yaml:"children"`
	Lines     []Line     `json:"lines,omitempty" yaml:"lines"` // of the chats, in order
	Media     []Media    `json:"media,omitempty" yaml:"media"`
	Views     []View     `json:"views,omitempty" yaml:"views"`
	Earlier   []Earlier  `json:"earlier,omitempty" yaml:"earlier"`
	Decisions []Decision `json:"decisions,omitempty" yaml:"decisions"`
	// Conversations are ids of the chats and rooms concerned.
	Conversations []string `json:"conversations,omitempty" yaml:"conversations"`
	Police        *Police  `json:"police,omitempty" yaml:"police"`
	// NotHeld says why the platform does not hold a field. See Field.
	NotHeld map[Field]string `json:"not_held,omitempty" yaml:"not_held"`
	// AsOf is when the facts were gathered.
	AsOf time.Time `json:"as_of" yaml:"as_of"`
}

// Incident is what happened, as a person who reports it sees it.
type Incident struct {
	From time.Time `json:"from,omitzero" yaml:"from"` // first and
	To   time.Time `json:"to,omitzero" yaml:"to"`     // last event of it
	// Summary is the reporting person's own words.
	Summary string `json:"summary,omitempty" yaml:"summary"`
	// Danger says why a child is in immediate danger; "" if none is known to be.
	Danger string `json:"danger,omitempty" yaml:"danger"`
	// Priority is the NCA's, 1 to 3; 0: nobody has set it.
	Priority int `json:"priority,omitempty" yaml:"priority"`
	// Detected says how it came to light.
	Detected Detection `json:"detected" yaml:"detected"`
	// Room is the name of the chat room, if it has one.
	Room string   `json:"room,omitempty" yaml:"room"`
	Game string   `json:"game,omitempty" yaml:"game"`
	URLs []string `json:"urls,omitempty" yaml:"urls"`
	// What a person found. Each is true only where somebody said so.
	Sextortion    bool `json:"sextortion,omitempty" yaml:"sextortion"`
	Solicitation  bool `json:"solicitation,omitempty" yaml:"solicitation"` // of images
	BetweenMinors bool `json:"between_minors,omitempty" yaml:"between_minors"`
	Sadistic      bool `json:"sadistic,omitempty" yaml:"sadistic"` // an organised group that does harm for its own sake
	Spam          bool `json:"spam,omitempty" yaml:"spam"`
}

// Source is what brought an incident to light.
type Source string

// The sources.
const (
	ByMachine Source = "automated"    // Rowan, or another tool
	ByNotice  Source = "user_report"  // somebody in the platform reported it
	ByFlagger Source = "trusted_flag" // a trusted flagger, or a hotline
	ByPerson  Source = "person"       // a reviewer found it
)

// Detection is how an incident came to light.
type Detection struct {
	Source Source `json:"source" yaml:"source"`
	Method string `json:"method,omitempty" yaml:"method"` // the tool, its version, what it does
	// Signals are codes of the taxonomy; they say nothing of anybody's words.
	Signals []string  `json:"signals,omitempty" yaml:"signals"`
	At      time.Time `json:"at,omitzero" yaml:"at"`
}

// Platform is who reports.
type Platform struct {
	Name     string `json:"name" yaml:"name"`                   // of the company
	Service  string `json:"service" yaml:"service"`             // where it happened
	Client   string `json:"client,omitempty" yaml:"client"`     // the application's name, if another
	Reporter Person `json:"reporter" yaml:"reporter"`           // the person who reports, and the company's address
	Contact  Person `json:"contact,omitzero" yaml:"contact"`    // whom an investigator should ask, if another
	Standing string `json:"standing,omitempty" yaml:"standing"` // what is in every report: legal process, retention, emergency line
	Terms    string `json:"terms,omitempty" yaml:"terms"`       // of service, the part that matters
	LegalURL string `json:"legal_url,omitempty" yaml:"legal_url"`
	// Registration is the platform's number with the NCA.
	Registration string `json:"registration,omitempty" yaml:"registration"`
}

// Statement is the company's name with what is in every report.
func (p *Platform) Statement() string {
	if p.Name == "" {
		return p.Standing
	}
	return strings.TrimSpace("Reported by " + p.Name + ". " + p.Standing)
}

// Person is what is known of who somebody is.
type Person struct {
	FirstName string    `json:"first_name,omitempty" yaml:"first_name"`
	LastName  string    `json:"last_name,omitempty" yaml:"last_name"`
	Phones    []Phone   `json:"phones,omitempty" yaml:"phones"`
	Emails    []Email   `json:"emails,omitempty" yaml:"emails"`
	Addresses []Address `json:"addresses,omitempty" yaml:"addresses"`
	Age       *int      `json:"age,omitempty" yaml:"age"` // years
	Born      string    `json:"born,omitempty" yaml:"born"`
}

// Known reports whether there is anything.
func (p *Person) Known() bool {
	return p.FirstName != "" || p.LastName != "" || len(p.Phones)+len(p.Emails)+len(p.Addresses) > 0 || p.Age != nil || p.Born != ""
}

// Phone is a number and what is known of it.
type Phone struct {
	Number      string    `json:"number" yaml:"number"`
	Kind        string    `json:"kind,omitempty" yaml:"kind"`                 // Mobile, Home, Business, Work, Fax, Internet, Recovery
	CallingCode string    `json:"calling_code,omitempty" yaml:"calling_code"` // such as +44
	Extension   string    `json:"extension,omitempty" yaml:"extension"`
	Verified    *bool     `json:"verified,omitempty" yaml:"verified"`
	VerifiedAt  time.Time `json:"verified_at,omitzero" yaml:"verified_at"`
}

// Email is an address and what is known of it.
type Email struct {
	Address    string    `json:"address" yaml:"address"`
	Kind       string    `json:"kind,omitempty" yaml:"kind"` // Home, Work, Business, Recovery
	Verified   *bool     `json:"verified,omitempty" yaml:"verified"`
	VerifiedAt time.Time `json:"verified_at,omitzero" yaml:"verified_at"`
}

// Address is where somebody lives, works or is billed.
type Address struct {
	Kind     string `json:"kind,omitempty" yaml:"kind"` // Home, Business, Billing, Shipping, Technical
	Street   string `json:"street,omitempty" yaml:"street"`
	City     string `json:"city,omitempty" yaml:"city"`
	Postcode string `json:"postcode,omitempty" yaml:"postcode"`
	State    string `json:"state,omitempty" yaml:"state"`   // of the USA, two letters
	Region   string `json:"region,omitempty" yaml:"region"` // elsewhere
	Country  string `json:"country,omitempty" yaml:"country"`
}

// Account is one account and its person.
type Account struct {
	ID           string        `json:"id" yaml:"id"` // in the platform
	Service      string        `json:"service,omitempty" yaml:"service"`
	ScreenName   string        `json:"screen_name,omitempty" yaml:"screen_name"`
	DisplayNames []string      `json:"display_names,omitempty" yaml:"display_names"`
	ProfileURLs  []string      `json:"profile_urls,omitempty" yaml:"profile_urls"`
	Bio          string        `json:"bio,omitempty" yaml:"bio"`
	Band         string        `json:"band,omitempty" yaml:"band"` // of age, as Rowan knows it
	Person       Person        `json:"person,omitzero" yaml:"person"`
	Captures     []Capture     `json:"captures,omitempty" yaml:"captures"`
	Devices      []Device      `json:"devices,omitempty" yaml:"devices"`
	Disabled     *Disabled     `json:"disabled,omitempty" yaml:"disabled"`
	Location     *Location     `json:"location,omitempty" yaml:"location"`
	Linked       []Linked      `json:"linked,omitempty" yaml:"linked"`
	Prior        []int64       `json:"prior,omitempty" yaml:"prior"` // numbers of earlier CyberTipline reports
	Group        string        `json:"group,omitempty" yaml:"group"` // an organised group it belongs to
	School       string        `json:"school,omitempty" yaml:"school"`
	Vehicle      string        `json:"vehicle,omitempty" yaml:"vehicle"`
	Compromised  *bool         `json:"compromised,omitempty" yaml:"compromised"` // somebody else used it
	AllEmails    *bool         `json:"all_emails,omitempty" yaml:"all_emails"`   // no further addresses are held
	Elsewhere    bool          `json:"elsewhere,omitempty" yaml:"elsewhere"`     // an account of another company's service
	Registered   time.Time     `json:"registered,omitzero" yaml:"registered"`
	Identity     []IdentityDoc `json:"identity,omitempty" yaml:"identity"`
	Note         string        `json:"note,omitempty" yaml:"note"`
}

// Capture is an internet address that an account used.
type Capture struct {
	IP    string    `json:"ip" yaml:"ip"`
	Event string    `json:"event,omitempty" yaml:"event"` // Login, Registration, Purchase, Upload, Other, Unknown
	At    time.Time `json:"at,omitzero" yaml:"at"`
	Port  int       `json:"port,omitempty" yaml:"port"`
	Proxy *bool     `json:"proxy,omitempty" yaml:"proxy"`
}

// Device is a device that an account used.
type Device struct {
	Kind  string    `json:"kind" yaml:"kind"` // of the id
	ID    string    `json:"id" yaml:"id"`
	Event string    `json:"event,omitempty" yaml:"event"`
	At    time.Time `json:"at,omitzero" yaml:"at"`
}

// Disabled is that an account was.
type Disabled struct {
	For      time.Time `json:"until,omitzero" yaml:"until"` // zero: for good
	At       time.Time `json:"at,omitzero" yaml:"at"`
	Lifted   time.Time `json:"lifted,omitzero" yaml:"lifted"`
	Told     *bool     `json:"told,omitempty" yaml:"told"` // the owner was
	ToldAt   time.Time `json:"told_at,omitzero" yaml:"told_at"`
	Enduring bool      `json:"enduring" yaml:"enduring"` // for good, rather than for a time
}

// Location is where an account's owner may be.
type Location struct {
	City     string    `json:"city,omitempty" yaml:"city"`
	Region   string    `json:"region,omitempty" yaml:"region"`
	Country  string    `json:"country,omitempty" yaml:"country"`
	Verified *bool     `json:"verified,omitempty" yaml:"verified"`
	At       time.Time `json:"at,omitzero" yaml:"at"`
}

// Linked is another account that belongs to one.
type Linked struct {
	Kind     string `json:"kind" yaml:"kind"` // Billing, Linked, Business, Creator, Parent/Guardian, Other
	Platform string `json:"platform,omitempty" yaml:"platform"`
	ID       string `json:"id,omitempty" yaml:"id"`
	Name     string `json:"name,omitempty" yaml:"name"` // screen name
	Note     string `json:"note,omitempty" yaml:"note"`
}

// IdentityDoc is that a document of identity is held, not the document.
type IdentityDoc struct {
	Kind string    `json:"kind" yaml:"kind"`
	Held time.Time `json:"held,omitzero" yaml:"held"` // since
}

// Line is one message.
type Line struct {
	ID           string    `json:"id" yaml:"id"`
	At           time.Time `json:"at" yaml:"at"`
	From         string    `json:"from" yaml:"from"`
	To           string    `json:"to" yaml:"to"`
	Conversation string    `json:"conversation,omitempty" yaml:"conversation"`
	Kind         string    `json:"kind,omitempty" yaml:"kind"` // chat, group, call: as the platform tells it
	Held         bool      `json:"held" yaml:"held"`           // the text is held
	Text         string    `json:"text,omitempty" yaml:"text"`
	IP           string    `json:"ip,omitempty" yaml:"ip"` // that it was sent from
	Media        []string  `json:"media,omitempty" yaml:"media"`
}

// Media is a file that was sent: its hashes and kind, never its content.
type Media struct {
	ID       string            `json:"id" yaml:"id"`
	Kind     string            `json:"kind" yaml:"kind"` // image, video, audio, other
	Name     string            `json:"name,omitempty" yaml:"name"`
	Line     string            `json:"line,omitempty" yaml:"line"` // the message that carried it
	Hashes   map[string]string `json:"hashes" yaml:"hashes"`       // MD5, SHA1, SHA256: in hexadecimal
	Uploaded time.Time         `json:"uploaded,omitzero" yaml:"uploaded"`
	Capture  *Capture          `json:"capture,omitempty" yaml:"capture"`
	URL      string            `json:"url,omitempty" yaml:"url"`
	Public   *bool             `json:"public,omitempty" yaml:"public"` // everybody could see it
	Exif     map[string]string `json:"exif,omitempty" yaml:"exif"`
}

// View is that a person looked at something.
type View struct {
	By   string    `json:"by" yaml:"by"`
	At   time.Time `json:"at" yaml:"at"`
	What string    `json:"what" yaml:"what"` // the id of a line or of a medium
	Why  string    `json:"why,omitempty" yaml:"why"`
}

// Earlier is a report that was made before, about the same actor.
type Earlier struct {
	To        string    `json:"to" yaml:"to"` // ncmec, nca, or another body's name
	Reference string    `json:"reference" yaml:"reference"`
	At        time.Time `json:"at,omitzero" yaml:"at"`
	// Same says that it told of the same content, rather than of the same account.
	Same bool `json:"same,omitempty" yaml:"same"`
}

// Decision is what people decided.
type Decision struct {
	Measures []string  `json:"measures" yaml:"measures"` // of casework.Measure
	Reason   string    `json:"reason,omitempty" yaml:"reason"`
	At       time.Time `json:"at" yaml:"at"`
	Until    time.Time `json:"until,omitzero" yaml:"until"`
	By       string    `json:"by" yaml:"by"`
	Second   string    `json:"second,omitempty" yaml:"second"`
}

// Police is what the police know or asked already.
type Police struct {
	Agency        string `json:"agency" yaml:"agency"`
	Number        string `json:"number,omitempty" yaml:"number"`
	Officer       Person `json:"officer,omitzero" yaml:"officer"`
	Told          *bool  `json:"told,omitempty" yaml:"told"`     // by the platform
	Served        *bool  `json:"served,omitempty" yaml:"served"` // with legal process, at home
	ServedAbroad  *bool  `json:"served_abroad,omitempty" yaml:"served_abroad"`
	ServedCountry string `json:"served_country,omitempty" yaml:"served_country"`
}

// Viewed reports whether a person looked at something.
func (f *Facts) Viewed(id string) bool {
	for i := range f.Views {
		if f.Views[i].What == id && f.Views[i].By != "" {
			return true
		}
	}
	return false
}

// ReadThrough reports whether people looked at every line whose text is held,
// and there is one.
func (f *Facts) ReadThrough() bool {
	seen := make(map[string]bool, len(f.Views))
	for i := range f.Views {
		if f.Views[i].By != "" {
			seen[f.Views[i].What] = true
		}
	}
	any := false
	for i := range f.Lines {
		if !f.Lines[i].Held {
			continue
		}
		if !seen[f.Lines[i].ID] {
			return false
		}
		any = true
	}
	return any
}
