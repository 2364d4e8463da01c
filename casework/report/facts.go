// Package report holds what a case can tell an authority, and what is common to
// the documents that leave a case: what is missing in them, and who signed.
//
// Facts are plain data. Each authority's package turns them into its document
// by a pure function, together with what is missing. Text of people is in
// Facts and in documents only: never in what is missing, in errors or in logs.
package report

import "time"

// Facts are what a case can tell. A zero value, nil or empty list means "not
// held"; where no and not known differ, the field is a pointer.
type Facts struct {
	Case     int64    `json:"case"`
	Incident Incident `json:"incident"`
	Platform Platform `json:"platform"`
	Actor    Account  `json:"actor"`
	// Children are the accounts of the children concerned.
	Children  []Account  `json:"children"`
	Lines     []Line     `json:"lines,omitempty"` // of the chats, in order
	Media     []Media    `json:"media,omitempty"`
	Views     []View     `json:"views,omitempty"`
	Earlier   []Earlier  `json:"earlier,omitempty"`
	Decisions []Decision `json:"decisions,omitempty"`
	// Conversations are ids of the chats and rooms concerned.
	Conversations []string `json:"conversations,omitempty"`
	Police        *Police  `json:"police,omitempty"`
	// NotHeld says why the platform does not hold a field. See Field.
	NotHeld map[Field]string `json:"not_held,omitempty"`
	// AsOf is when the facts were gathered.
	AsOf time.Time `json:"as_of"`
}

// Incident is what happened, as a person who reports it sees it.
type Incident struct {
	From time.Time `json:"from,omitzero"` // first and
	To   time.Time `json:"to,omitzero"`   // last event of it
	// Summary is the reporting person's own words.
	Summary string `json:"summary,omitempty"`
	// Danger says why a child is in immediate danger; "" if none is known to be.
	Danger string `json:"danger,omitempty"`
	// Priority is the NCA's, 1 to 3; 0: nobody has set it.
	Priority int `json:"priority,omitempty"`
	// Detected says how it came to light.
	Detected Detection `json:"detected"`
	// Room is the name of the chat room, if it has one.
	Room string   `json:"room,omitempty"`
	Game string   `json:"game,omitempty"`
	URLs []string `json:"urls,omitempty"`
	// What a person found. Each is true only where somebody said so.
	Sextortion    bool `json:"sextortion,omitempty"`
	Solicitation  bool `json:"solicitation,omitempty"` // of images
	BetweenMinors bool `json:"between_minors,omitempty"`
	Sadistic      bool `json:"sadistic,omitempty"` // an organised group that does harm for its own sake
	Spam          bool `json:"spam,omitempty"`
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
	Source Source `json:"source"`
	Method string `json:"method,omitempty"` // the tool, its version, what it does
	// Signals are codes of the taxonomy; they say nothing of anybody's words.
	Signals []string  `json:"signals,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Platform is who reports.
type Platform struct {
	Name     string `json:"name"`              // of the company
	Service  string `json:"service"`           // where it happened
	Client   string `json:"client,omitempty"`  // the application's name, if another
	Reporter Person `json:"reporter"`          // the person who reports, and the company's address
	Contact  Person `json:"contact,omitzero"`  // whom an investigator should ask, if another
	Standing string `json:"standing,omitzero"` // what is in every report: legal process, retention, emergency line
	Terms    string `json:"terms,omitempty"`   // of service, the part that matters
	LegalURL string `json:"legal_url,omitempty"`
	// Registration is the platform's number with the NCA.
	Registration string `json:"registration,omitempty"`
}

// Person is what is known of who somebody is.
type Person struct {
	FirstName string    `json:"first_name,omitempty"`
	LastName  string    `json:"last_name,omitempty"`
	Phones    []Phone   `json:"phones,omitempty"`
	Emails    []Email   `json:"emails,omitempty"`
	Addresses []Address `json:"addresses,omitempty"`
	Age       *int      `json:"age,omitempty"` // years
	Born      string    `json:"born,omitempty"`
}

// Known reports whether there is anything.
func (p *Person) Known() bool {
	return p.FirstName != "" || p.LastName != "" || len(p.Phones)+len(p.Emails)+len(p.Addresses) > 0 || p.Age != nil || p.Born != ""
}

// Phone is a number and what is known of it.
type Phone struct {
	Number      string    `json:"number"`
	Kind        string    `json:"kind,omitempty"`         // Mobile, Home, Business, Work, Fax, Internet, Recovery
	CallingCode string    `json:"calling_code,omitempty"` // such as +44
	Extension   string    `json:"extension,omitempty"`
	Verified    *bool     `json:"verified,omitempty"`
	VerifiedAt  time.Time `json:"verified_at,omitzero"`
}

// Email is an address and what is known of it.
type Email struct {
	Address    string    `json:"address"`
	Kind       string    `json:"kind,omitempty"` // Home, Work, Business, Recovery
	Verified   *bool     `json:"verified,omitempty"`
	VerifiedAt time.Time `json:"verified_at,omitzero"`
}

// Address is where somebody lives, works or is billed.
type Address struct {
	Kind     string `json:"kind,omitempty"` // Home, Business, Billing, Shipping, Technical
	Street   string `json:"street,omitempty"`
	City     string `json:"city,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	State    string `json:"state,omitempty"`  // of the USA, two letters
	Region   string `json:"region,omitempty"` // elsewhere
	Country  string `json:"country,omitempty"`
}

// Account is one account and its person.
type Account struct {
	ID           string        `json:"id"` // in the platform
	Service      string        `json:"service,omitempty"`
	ScreenName   string        `json:"screen_name,omitempty"`
	DisplayNames []string      `json:"display_names,omitempty"`
	ProfileURLs  []string      `json:"profile_urls,omitempty"`
	Bio          string        `json:"bio,omitempty"`
	Band         string        `json:"band,omitempty"` // of age, as Rowan knows it
	Person       Person        `json:"person,omitzero"`
	Captures     []Capture     `json:"captures,omitempty"`
	Devices      []Device      `json:"devices,omitempty"`
	Disabled     *Disabled     `json:"disabled,omitempty"`
	Location     *Location     `json:"location,omitempty"`
	Linked       []Linked      `json:"linked,omitempty"`
	Prior        []int64       `json:"prior,omitempty"` // numbers of earlier CyberTipline reports
	Group        string        `json:"group,omitempty"` // an organised group it belongs to
	School       string        `json:"school,omitempty"`
	Vehicle      string        `json:"vehicle,omitempty"`
	Compromised  *bool         `json:"compromised,omitempty"` // somebody else used it
	AllEmails    *bool         `json:"all_emails,omitempty"`  // no further addresses are held
	Elsewhere    bool          `json:"elsewhere,omitempty"`   // an account of another company's service
	Registered   time.Time     `json:"registered,omitzero"`
	Identity     []IdentityDoc `json:"identity,omitempty"`
	Note         string        `json:"note,omitempty"`
}

// Capture is an internet address that an account used.
type Capture struct {
	IP    string    `json:"ip"`
	Event string    `json:"event,omitempty"` // Login, Registration, Purchase, Upload, Other, Unknown
	At    time.Time `json:"at,omitzero"`
	Port  int       `json:"port,omitempty"`
	Proxy *bool     `json:"proxy,omitempty"`
}

// Device is a device that an account used.
type Device struct {
	Kind  string    `json:"kind"` // of the id
	ID    string    `json:"id"`
	Event string    `json:"event,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// Disabled is that an account was.
type Disabled struct {
	For      time.Time `json:"until,omitzero"` // zero: for good
	At       time.Time `json:"at,omitzero"`
	Lifted   time.Time `json:"lifted,omitzero"`
	Told     *bool     `json:"told,omitempty"` // the owner was
	ToldAt   time.Time `json:"told_at,omitzero"`
	Enduring bool      `json:"enduring"` // for good, rather than for a time
}

// Location is where an account's owner may be.
type Location struct {
	City     string    `json:"city,omitempty"`
	Region   string    `json:"region,omitempty"`
	Country  string    `json:"country,omitempty"`
	Verified *bool     `json:"verified,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Linked is another account that belongs to one.
type Linked struct {
	Kind     string `json:"kind"` // Billing, Linked, Business, Creator, Parent/Guardian, Other
	Platform string `json:"platform,omitempty"`
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"` // screen name
	Note     string `json:"note,omitempty"`
}

// IdentityDoc is that a document of identity is held, not the document.
type IdentityDoc struct {
	Kind string    `json:"kind"`
	Held time.Time `json:"held,omitzero"` // since
}

// Line is one message.
type Line struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	From         string    `json:"from"`
	To           string    `json:"to"`
	Conversation string    `json:"conversation,omitempty"`
	Kind         string    `json:"kind,omitempty"` // chat, group, call: as the platform tells it
	Held         bool      `json:"held"`           // the text is held
	Text         string    `json:"text,omitempty"`
	IP           string    `json:"ip,omitempty"` // that it was sent from
	Media        []string  `json:"media,omitempty"`
}

// Media is a file that was sent: its hashes and kind, never its content.
type Media struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"` // image, video, audio, other
	Name     string            `json:"name,omitempty"`
	Line     string            `json:"line,omitempty"` // the message that carried it
	Hashes   map[string]string `json:"hashes"`         // MD5, SHA1, SHA256: in hexadecimal
	Uploaded time.Time         `json:"uploaded,omitzero"`
	Capture  *Capture          `json:"capture,omitempty"`
	URL      string            `json:"url,omitempty"`
	Public   *bool             `json:"public,omitempty"` // everybody could see it
	Exif     map[string]string `json:"exif,omitempty"`
}

// View is that a person looked at something.
type View struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	What string    `json:"what"` // the id of a line or of a medium
	Why  string    `json:"why,omitempty"`
}

// Earlier is a report that was made before, about the same actor.
type Earlier struct {
	To        string    `json:"to"` // ncmec, nca, or another body's name
	Reference string    `json:"reference"`
	At        time.Time `json:"at,omitzero"`
	// Same says that it told of the same content, rather than of the same account.
	Same bool `json:"same,omitempty"`
}

// Decision is what people decided.
type Decision struct {
	Measures []string  `json:"measures"` // of casework.Measure
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"`
	By       string    `json:"by"`
	Second   string    `json:"second,omitempty"`
}

// Police is what the police know or asked already.
type Police struct {
	Agency        string `json:"agency"`
	Number        string `json:"number,omitempty"`
	Officer       Person `json:"officer,omitzero"`
	Told          *bool  `json:"told,omitempty"`   // by the platform
	Served        *bool  `json:"served,omitempty"` // with legal process, at home
	ServedAbroad  *bool  `json:"served_abroad,omitempty"`
	ServedCountry string `json:"served_country,omitempty"`
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
