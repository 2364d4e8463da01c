// Package register is what a regulator knows about services: their providers,
// size, revenue, features, risk assessments and the people who answer for them.
//
// It is a list of entries that is only added to. What held on a day, and what
// was known of it at a moment, is what the entries add up to: On is a pure
// function of them.
package register

import (
	"time"

	"rowan/oversight/money"
	"rowan/rulebook"
)

// Kind is what an entry is about.
type Kind string

// The kinds.
const (
	OfProvider     Kind = "provider"
	OfService      Kind = "service"
	OfSize         Kind = "size"
	OfRevenue      Kind = "revenue"
	OfAssessment   Kind = "risk_assessment"
	OfAccess       Kind = "access_assessment"
	OfPerson       Kind = "person"
	OfAlternative  Kind = "alternative"
	providerPrefix      = "provider/"
	servicePrefix       = "service/"
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{OfProvider, OfService, OfSize, OfRevenue, OfAssessment, OfAccess, OfPerson, OfAlternative}
}

// AboutService is the subject of entries about a service, AboutProvider of those
// about a provider.
func AboutService(id string) string  { return servicePrefix + id }
func AboutProvider(id string) string { return providerPrefix + id }

// Entry is one thing that was put on the register. Entries are never changed. A
// later one with the same Subject, Kind and Key takes its place from its day on;
// one that is Void says that what stood there was wrong from the beginning.
type Entry struct {
	Number  int64         `json:"number"` // from 1, over the whole register
	At      time.Time     `json:"at"`     // when it was put on the register
	By      string        `json:"by"`     // person id
	From    rulebook.Date `json:"from"`   // the day from which it holds
	Subject string        `json:"subject"`
	Kind    Kind          `json:"kind"`
	Key     string        `json:"key,omitempty"` // which of its kind: a month, a person
	Void    bool          `json:"void,omitempty"`
	Why     string        `json:"why,omitempty"` // of a correction or a voiding

	// The one that Kind names, none if Void.
	Provider    *Provider    `json:"provider,omitempty"`
	Service     *Service     `json:"service,omitempty"`
	Size        *Size        `json:"size,omitempty"`
	Revenue     *Revenue     `json:"revenue,omitempty"`
	Assessment  *Assessment  `json:"assessment,omitempty"`
	Access      *Access      `json:"access,omitempty"`
	Person      *Person      `json:"person,omitempty"`
	Alternative *Alternative `json:"alternative,omitempty"`
}

// Provider is who answers for services.
type Provider struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Number     string `json:"number,omitempty"` // of a companies register
	Country    string `json:"country,omitempty"`
	Address    string `json:"address,omitempty"` // for service of notices
	Individual bool   `json:"individual,omitempty"`
	// Parent is the provider that controls it, whose revenue counts too if both
	// are held liable (Sch.13 para.5, from memory).
	Parent    string `json:"parent,omitempty"`
	Simulated bool   `json:"simulated,omitempty"`
}

// Service is a regulated service.
type Service struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Provider string        `json:"provider"`
	Kind     string        `json:"kind"` // user_to_user or search
	FirstDay rulebook.Date `json:"first_day,omitzero"`
	// Features are words of rulebook's settings.yaml and of its measures.
	Features  []string `json:"features"`
	AgeSignal bool     `json:"age_signal"` // it has some means of knowing age
	Small     bool     `json:"small,omitempty"`
	Simulated bool     `json:"simulated,omitempty"`
}

// Size is a service's users in a month.
type Size struct {
	Month    string `json:"month"` // 2026-09
	Users    int64  `json:"users"` // monthly, in the United Kingdom
	Children int64  `json:"children,omitempty"`
	Source   string `json:"source,omitempty"` // where the figure comes from
}

// Revenue is a provider's qualifying worldwide revenue in an accounting period
// (Sch.13 para.4). From is its first day, Until its last.
type Revenue struct {
	From      rulebook.Date `json:"from"`
	Until     rulebook.Date `json:"until"`
	Amount    money.Pounds  `json:"amount"`
	Estimated bool          `json:"estimated,omitempty"` // by the regulator
	Source    string        `json:"source,omitempty"`
}

// Reason is why a risk assessment was made.
type Reason string

// The reasons (s.9, Sch.3).
const (
	FirstAssessment   Reason = "first"
	AnnualReview      Reason = "annual"
	SignificantChange Reason = "significant_change" // before one is made
)

// Assessment is a version of an illegal content risk assessment (s.9).
type Assessment struct {
	Version  string        `json:"version"`
	Date     rulebook.Date `json:"date"`
	Reason   Reason        `json:"reason"`
	Change   string        `json:"change,omitempty"` // what is about to be changed
	Approved string        `json:"approved,omitempty"`
	Guidance string        `json:"guidance"` // that it follows, an id of kinds.yaml
	// Covers is what it says about each letter of s.9(5), "a" to "h".
	Covers map[string]string `json:"covers"`
	Rows   []Row             `json:"rows"`
}

// Row is one kind of illegal content in an assessment.
type Row struct {
	Kind       string        `json:"kind"` // id of kinds.yaml
	Likelihood rulebook.Risk `json:"likelihood"`
	Impact     rulebook.Risk `json:"impact"`
	Level      rulebook.Risk `json:"level"` // as the provider states it
	Why        string        `json:"why,omitempty"`
}

// Access is a children's access assessment (ss.35 to 37).
type Access struct {
	Date rulebook.Date `json:"date"`
	// Possible is whether children can normally get on to the service, which only
	// age verification or estimation can rule out (s.35(2), s.230(4)).
	Possible bool   `json:"possible"`
	Means    string `json:"means,omitempty"` // by which they cannot
	// Significant is whether a significant number of children use it, and
	// Attractive whether it is of a kind likely to attract them.
	Significant bool   `json:"significant"`
	Attractive  bool   `json:"attractive"`
	Determined  bool   `json:"determined,omitempty"` // by the regulator (s.135)
	Why         string `json:"why,omitempty"`
}

// Likely reports whether the outcome is that children are likely to access it.
func (a *Access) Likely() bool { return a.Possible && (a.Significant || a.Attractive) }

// Role is what a person does for a provider.
type Role string

// The roles.
const (
	Accountable   Role = "accountable"    // to the most senior body (ICU A2)
	SeniorManager Role = "senior_manager" // named in an information notice (s.103)
	Director      Role = "director"
	Officer       Role = "officer" // manager, secretary or similar
)

// Roles are all of them.
func Roles() []Role { return []Role{Accountable, SeniorManager, Director, Officer} }

// Person is who has a role, and when.
type Person struct {
	ID    string        `json:"id"`
	Name  string        `json:"name"`
	Role  Role          `json:"role"`
	Title string        `json:"title,omitempty"`
	From  rulebook.Date `json:"from"`
	Until rulebook.Date `json:"until,omitzero"` // last day; 0: still
}

// Alternative is a record that a measure of a code is replaced by something else
// (s.23(5) and (6), from memory of the numbers).
type Alternative struct {
	Measure string        `json:"measure"` // rulebook id
	Date    rulebook.Date `json:"date"`
	Instead string        `json:"instead"` // what is done in its place
	How     string        `json:"how"`     // it meets the duty
	// Areas is how each area of s.10(4) or s.12(8) is covered, by its letter.
	Areas map[string]string `json:"areas"`
	Code  string            `json:"code,omitempty"` // edition that the measure is from
}
