// Package cybertip makes reports for the CyberTipline of the National Center
// for Missing & Exploited Children (NCMEC) and speaks with its Reporting API.
//
// The types follow NCMEC's schema cyber_tipline.xsd element by element, in its
// order, which the API enforces. They hold what a case of contact between an
// account and children can tell; other kinds of incident are left out.
package cybertip

import (
	"encoding/xml"
	"strings"
)

// IncidentType is the one of grooming. The API takes no other spelling.
const IncidentType = "Online Enticement of Children for Sexual Acts"

// Report is the root of a report.
type Report struct {
	XMLName        xml.Name          `xml:"report"`
	Incident       IncidentSummary   `xml:"incidentSummary"`
	Internet       []InternetDetails `xml:"internetDetails"`
	LawEnforcement *LawEnforcement   `xml:"lawEnforcement,omitempty"`
	Reporter       Reporter          `xml:"reporter"`
	Reported       []Reported        `xml:"personOrUserReported,omitempty"`
	Victims        []Victim          `xml:"victim,omitempty"`
	AdditionalInfo string            `xml:"additionalInfo,omitempty"`
}

// IncidentSummary is what happened in short.
type IncidentSummary struct {
	Type        string       `xml:"incidentType"`
	Platform    string       `xml:"platform,omitempty"`
	Escalate    string       `xml:"escalateToHighPriority,omitempty"` // why; its presence escalates
	Annotations *Annotations `xml:"reportAnnotations,omitempty"`
	At          string       `xml:"incidentDateTime"`
	AtInWords   string       `xml:"incidentDateTimeDescription,omitempty"`
}

// Annotations are tags; each is there or not.
type Annotations struct {
	Sextortion    *True `xml:"sextortion,omitempty"`
	Solicitation  *True `xml:"csamSolicitation,omitempty"`
	MinorToMinor  *True `xml:"minorToMinorInteraction,omitempty"`
	Spam          *True `xml:"spam,omitempty"`
	SadisticGroup *True `xml:"sadisticOnlineExploitation,omitempty"`
}

// True is an element that can only say true.
type True struct{}

// MarshalText writes true.
func (True) MarshalText() ([]byte, error) { return []byte("true"), nil }

// InternetDetails is one of its fields.
type InternetDetails struct {
	WebPage *WebPage    `xml:"webPageIncident,omitempty"`
	Chat    *ChatIM     `xml:"chatImIncident,omitempty"`
	Game    *OnlineGame `xml:"onlineGamingIncident,omitempty"`
}

// WebPage is where on the web it happened.
type WebPage struct {
	URLs           []string `xml:"url,omitempty"`
	AdditionalInfo string   `xml:"additionalInfo,omitempty"`
}

// ChatIM is a chat or instant messages.
type ChatIM struct {
	Client         string `xml:"chatClient,omitempty"`
	Room           string `xml:"chatRoomName,omitempty"`
	Content        string `xml:"content,omitempty"`
	AdditionalInfo string `xml:"additionalInfo,omitempty"`
}

// OnlineGame is a game with messages.
type OnlineGame struct {
	Game           string `xml:"gameName,omitempty"`
	Console        string `xml:"console,omitempty"`
	Content        string `xml:"content,omitempty"`
	AdditionalInfo string `xml:"additionalInfo,omitempty"`
}

// LawEnforcement is what the police know already.
type LawEnforcement struct {
	Agency         string          `xml:"agencyName"`
	Number         string          `xml:"caseNumber,omitempty"`
	Officer        *Contact        `xml:"officerContact,omitempty"`
	Told           *bool           `xml:"reportedToLe,omitempty"`
	ServedDomestic *bool           `xml:"servedLegalProcessDomestic,omitempty"`
	ServedAbroad   *ForeignProcess `xml:"servedLegalProcessInternational,omitempty"`
}

// ForeignProcess is legal process from another country.
type ForeignProcess struct {
	Served  bool   `xml:",chardata"`
	Country string `xml:"fleaCountry,attr,omitempty"`
}

// Reporter is who reports.
type Reporter struct {
	Person   Person   `xml:"reportingPerson"`
	Contact  *Contact `xml:"contactPerson,omitempty"`
	Standing string   `xml:"companyTemplate,omitempty"`
	Terms    string   `xml:"termsOfService,omitempty"`
	LegalURL string   `xml:"legalURL,omitempty"`
}

// Contact is a person to ask.
type Contact struct {
	FirstName string    `xml:"firstName,omitempty"`
	LastName  string    `xml:"lastName,omitempty"`
	Phones    []Phone   `xml:"phone,omitempty"`
	Emails    []Email   `xml:"email,omitempty"`
	Addresses []Address `xml:"address,omitempty"`
}

// Person is a contact with an age.
type Person struct {
	Contact
	Age  *int   `xml:"age,omitempty"`
	Born string `xml:"dateOfBirth,omitempty"`
}

// Phone is a telephone number.
type Phone struct {
	Number      string `xml:",chardata"`
	Kind        string `xml:"type,attr,omitempty"`
	Verified    *bool  `xml:"verified,attr,omitempty"`
	VerifiedAt  string `xml:"verificationDate,attr,omitempty"`
	CallingCode string `xml:"countryCallingCode,attr,omitempty"`
	Extension   string `xml:"extension,attr,omitempty"`
}

// Email is an e-mail address.
type Email struct {
	Address    string `xml:",chardata"`
	Kind       string `xml:"type,attr,omitempty"`
	Verified   *bool  `xml:"verified,attr,omitempty"`
	VerifiedAt string `xml:"verificationDate,attr,omitempty"`
}

// Address is a postal address.
type Address struct {
	Kind     string `xml:"type,attr,omitempty"`
	Street   string `xml:"address,omitempty"`
	City     string `xml:"city,omitempty"`
	Postcode string `xml:"zipCode,omitempty"`
	State    string `xml:"state,omitempty"`
	Region   string `xml:"nonUsaState,omitempty"`
	Country  string `xml:"country,omitempty"`
}

// Reported is the account that the report is about.
type Reported struct {
	Person         *Person     `xml:"personOrUserReportedPerson,omitempty"`
	Vehicle        string      `xml:"vehicleDescription,omitempty"`
	ID             string      `xml:"espIdentifier,omitempty"`
	Service        string      `xml:"espService,omitempty"`
	Compromised    *bool       `xml:"compromisedAccount,omitempty"`
	ScreenName     string      `xml:"screenName,omitempty"`
	DisplayNames   []string    `xml:"displayName,omitempty"`
	ProfileURLs    []string    `xml:"profileUrl,omitempty"`
	Bio            string      `xml:"profileBio,omitempty"`
	Captures       []Capture   `xml:"ipCaptureEvent,omitempty"`
	Devices        []Device    `xml:"deviceId,omitempty"`
	Elsewhere      *bool       `xml:"thirdPartyUserReported,omitempty"`
	Prior          []int64     `xml:"priorCTReports,omitempty"`
	Group          string      `xml:"groupIdentifier,omitempty"`
	Temporarily    *Disabled   `xml:"accountTemporarilyDisabled,omitempty"`
	Permanently    *Disabled   `xml:"accountPermanentlyDisabled,omitempty"`
	Location       *Location   `xml:"estimatedLocation,omitempty"`
	AllEmails      *bool       `xml:"allEmailsReported,omitempty"`
	Associated     []Associate `xml:"associatedAccount,omitempty"`
	AdditionalInfo string      `xml:"additionalInfo,omitempty"`
}

// Victim is a child concerned; the word is the schema's.
type Victim struct {
	Person         Person      `xml:"victimPerson"`
	ID             string      `xml:"espIdentifier,omitempty"`
	Service        string      `xml:"espService,omitempty"`
	Compromised    *bool       `xml:"compromisedAccount,omitempty"`
	ScreenName     string      `xml:"screenName,omitempty"`
	DisplayNames   []string    `xml:"displayName,omitempty"`
	ProfileURLs    []string    `xml:"profileUrl,omitempty"`
	Bio            string      `xml:"profileBio,omitempty"`
	Captures       []Capture   `xml:"ipCaptureEvent,omitempty"`
	Devices        []Device    `xml:"deviceId,omitempty"`
	School         string      `xml:"schoolName,omitempty"`
	Prior          []int64     `xml:"priorCTReports,omitempty"`
	Temporarily    *Disabled   `xml:"accountTemporarilyDisabled,omitempty"`
	Permanently    *Disabled   `xml:"accountPermanentlyDisabled,omitempty"`
	Location       *Location   `xml:"estimatedLocation,omitempty"`
	AllEmails      *bool       `xml:"allEmailsReported,omitempty"`
	Associated     []Associate `xml:"associatedAccount,omitempty"`
	AdditionalInfo string      `xml:"additionalInfo,omitempty"`
}

// Capture is an internet address that was used.
type Capture struct {
	IP    string `xml:"ipAddress"`
	Event string `xml:"eventName,omitempty"`
	At    string `xml:"dateTime,omitempty"`
	Proxy *bool  `xml:"possibleProxy,omitempty"`
	Port  int    `xml:"port,omitempty"`
}

// Device is a device that was used.
type Device struct {
	Kind  string `xml:"idType"`
	ID    string `xml:"idValue"`
	Event string `xml:"eventName,omitempty"`
	At    string `xml:"dateTime,omitempty"`
}

// Disabled is that an account was.
type Disabled struct {
	Is       bool   `xml:",chardata"`
	At       string `xml:"disabledDate,attr,omitempty"`
	Told     *bool  `xml:"userNotified,attr,omitempty"`
	ToldAt   string `xml:"userNotifiedDate,attr,omitempty"`
	Reopened string `xml:"reenabledDate,attr,omitempty"` // of a temporary one only
}

// Location is where the reporter thinks somebody is.
type Location struct {
	City     string `xml:"city,omitempty"`
	Region   string `xml:"region,omitempty"`
	Country  string `xml:"countryCode,omitempty"`
	Verified *bool  `xml:"verified,attr,omitempty"`
	At       string `xml:"timestamp,attr,omitempty"`
}

// Associate is another account of the same person.
type Associate struct {
	Kind           string `xml:"type,attr"`
	Platform       string `xml:"platform,omitempty"`
	ID             string `xml:"espIdentifier,omitempty"`
	ScreenName     string `xml:"screenName,omitempty"`
	AdditionalInfo string `xml:"additionalInfo,omitempty"`
}

// FileDetails is the root of what is said of a file that was uploaded.
type FileDetails struct {
	XMLName        xml.Name  `xml:"fileDetails"`
	ReportID       int64     `xml:"reportId"`
	FileID         string    `xml:"fileId"`
	Name           string    `xml:"fileName,omitempty"`
	Viewed         *bool     `xml:"fileViewedByEsp,omitempty"` // by a person
	Relevance      string    `xml:"fileRelevance,omitempty"`
	Hashes         []Hash    `xml:"originalFileHash,omitempty"`
	Details        []Details `xml:"details,omitempty"`
	AdditionalInfo []string  `xml:"additionalInfo,omitempty"`
}

// Supplemental is the relevance of files that belong to a report without being
// what it reports.
const Supplemental = "Supplemental Reported"

// Hash is of a file.
type Hash struct {
	Value string `xml:",chardata"`
	Kind  string `xml:"hashType,attr"`
}

// Details are names and values of one kind, EXIF or HASH.
type Details struct {
	Kind  string `xml:"type,attr"`
	Pairs []Pair `xml:"nameValuePair"`
}

// Pair is a name and its value.
type Pair struct {
	Name  string `xml:"name"`
	Value string `xml:"value"`
}

// The values that the schema takes.
const (
	phoneKinds   = "Mobile Home Business Work Fax Internet Recovery"
	emailKinds   = "Home Work Business Recovery"
	addressKinds = "Home Business Billing Shipping Technical"
	eventKinds   = "Login Registration Purchase Upload Other Unknown"
	linkKinds    = "Billing Linked Business Creator Parent/Guardian Other"
	states       = "AK AL AR AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH " +
		"OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY"
	countries = "A1 A2 O1 AD AE AF AG AI AL AM AN AO AP AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT " +
		"BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK FM " +
		"FO FR FX GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO " +
		"JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU " +
		"MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC " +
		"SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA " +
		"VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)

// oneOf is a word if it is in a list.
func oneOf(word, list string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
