package cybertip

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rowan/casework/report"
	"rowan/casework/report/sheet"
)

// Names of the files that go with a report.
const (
	TranscriptName = "transcript.csv"
	MediaName      = "media.csv"
)

// mostText is how many characters we put into a free text at most: others who
// use the API keep to it; the schema has no bound.
const mostText = 3000

// Document is a report with its files.
type Document struct {
	Report Report
	Files  []File
}

// File is a file that goes with a report, and what is said of it. The ids in
// Details are set when they are known.
type File struct {
	Body    []byte
	Details FileDetails
}

// Build makes the report of a case, and says what is missing in it.
func Build(f *report.Facts) (*Document, []report.Missing, error) {
	b := &builder{f: f}
	b.check()
	d := &Document{Report: b.report()}
	if len(f.Lines) > 0 {
		body, err := sheet.Transcript(f)
		if err != nil {
			return nil, nil, err
		}
		read := f.ReadThrough()
		d.Files = append(d.Files, file(TranscriptName, body, &read, b.readBy()))
	}
	if len(f.Media) > 0 {
		body, err := sheet.Media(f)
		if err != nil {
			return nil, nil, err
		}
		sheet := file(MediaName, body, nil, "A list of files that were sent, by hash and kind. The files themselves are not in this report.")
		sheet.Details.Details = mediaHashes(f)
		d.Files = append(d.Files, sheet)
	}
	return d, b.All, nil
}

func file(name string, body []byte, viewed *bool, about string) File {
	m, s := md5.Sum(body), sha256.Sum256(body)
	return File{Body: body, Details: FileDetails{
		Name: name, Viewed: viewed, Relevance: Supplemental,
		Hashes:         []Hash{{hex.EncodeToString(m[:]), "MD5"}, {hex.EncodeToString(s[:]), "SHA256"}},
		AdditionalInfo: []string{about},
	}}
}

func mediaHashes(f *report.Facts) []Details {
	var pairs []Pair
	for i := range f.Media {
		for _, kind := range slices.Sorted(maps.Keys(f.Media[i].Hashes)) {
			pairs = append(pairs, Pair{sheet.Line(f.Media[i].ID + " " + kind), sheet.Line(f.Media[i].Hashes[kind])})
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return []Details{{"HASH", pairs}}
}

// XML is the report as it is submitted.
func (d *Document) XML() ([]byte, error) { return encode(&d.Report) }

// XML is the file's details as they are submitted.
func (d *FileDetails) XML() ([]byte, error) { return encode(d) }

func encode(v any) ([]byte, error) {
	body, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write xml: %w", err)
	}
	return append(append([]byte(xml.Header), body...), '\n'), nil
}

// Digest is of all that would be sent.
func (d *Document) Digest() (string, error) {
	body, err := d.XML()
	if err != nil {
		return "", err
	}
	parts := [][]byte{body}
	for i := range d.Files {
		details := d.Files[i].Details
		details.ReportID, details.FileID = 0, ""
		about, err := details.XML()
		if err != nil {
			return "", err
		}
		parts = append(parts, d.Files[i].Body, about)
	}
	return report.Digest(parts...), nil
}

// builder makes a report and notes what is missing on the way.
type builder struct {
	report.List
	f *report.Facts
}

// readBy says what of the chat people looked at.
func (b *builder) readBy() string {
	held, seen := 0, 0
	for i := range b.f.Lines {
		if b.f.Lines[i].Held {
			held++
			if b.f.Viewed(b.f.Lines[i].ID) {
				seen++
			}
		}
	}
	return fmt.Sprintf("The chat as CSV: %d messages, of %d of which the text is held. People of the reporting company looked at the text of %d.",
		len(b.f.Lines), held, seen)
}

func (b *builder) report() Report {
	f := b.f
	r := Report{Incident: b.incident(), Reporter: b.reporter(), AdditionalInfo: b.about()}
	if f.Incident.Game != "" {
		r.Internet = append(r.Internet, InternetDetails{Game: &OnlineGame{Game: sheet.Line(f.Incident.Game), Content: chatLog(f), AdditionalInfo: b.threads()}})
	} else {
		r.Internet = append(r.Internet, InternetDetails{Chat: &ChatIM{
			Client: sheet.Line(or(f.Platform.Client, f.Platform.Service)), Room: sheet.Line(f.Incident.Room), Content: chatLog(f), AdditionalInfo: b.threads(),
		}})
	}
	if urls := b.links("internetDetails[1].webPageIncident.url", f.Incident.URLs); len(urls) > 0 {
		r.Internet = append(r.Internet, InternetDetails{WebPage: &WebPage{URLs: urls}})
	}
	if p := f.Police; p != nil {
		l := &LawEnforcement{Agency: sheet.Line(p.Agency), Number: sheet.Line(p.Number), Told: p.Told, ServedDomestic: p.Served}
		if p.Officer.Known() {
			l.Officer = new(b.contact("lawEnforcement.officerContact", &p.Officer))
		}
		if p.ServedAbroad != nil {
			l.ServedAbroad = &ForeignProcess{*p.ServedAbroad, b.among("lawEnforcement.servedLegalProcessInternational", p.ServedCountry, countries)}
		}
		r.LawEnforcement = l
	}
	r.Reported = []Reported{b.reported()}
	for i := range f.Children {
		r.Victims = append(r.Victims, b.victim(i))
	}
	return r
}

func (b *builder) incident() IncidentSummary {
	i := &b.f.Incident
	at := i.To
	if at.IsZero() {
		at = i.From
	}
	s := IncidentSummary{
		Type: IncidentType, Platform: sheet.Line(or(b.f.Platform.Client, b.f.Platform.Service)), Escalate: sheet.Text(i.Danger), At: sheet.Stamp(at),
	}
	if !i.From.IsZero() && i.From.Before(at) {
		s.AtInWords = "From " + sheet.Stamp(i.From) + " to " + sheet.Stamp(at) + "; the time given is of the last event."
	}
	if i.Sextortion || i.Solicitation || i.BetweenMinors || i.Spam || i.Sadistic {
		s.Annotations = &Annotations{tag(i.Sextortion), tag(i.Solicitation), tag(i.BetweenMinors), tag(i.Spam), tag(i.Sadistic)}
	}
	return s
}

func tag(is bool) *True {
	if is {
		return &True{}
	}
	return nil
}

func (b *builder) reporter() Reporter {
	p := &b.f.Platform
	r := Reporter{
		Person:   b.person("reporter.reportingPerson", &p.Reporter),
		Standing: sheet.Text(p.Statement()), Terms: sheet.Text(p.Terms), LegalURL: b.link("reporter.legalURL", p.LegalURL),
	}
	if p.Contact.Known() {
		r.Contact = new(b.contact("reporter.contactPerson", &p.Contact))
	}
	return r
}

func (b *builder) reported() Reported {
	a := &b.f.Actor
	const at = "personOrUserReported"
	r := Reported{
		Vehicle: sheet.Line(a.Vehicle), ID: sheet.Line(a.ID), Service: sheet.Line(or(a.Service, b.f.Platform.Service)), Compromised: a.Compromised,
		ScreenName: sheet.Line(a.ScreenName), DisplayNames: sheet.Lines(a.DisplayNames), ProfileURLs: b.links(at+".profileUrl", a.ProfileURLs), Bio: sheet.Text(a.Bio),
		Captures: b.captures(at, a.Captures), Devices: b.devices(at, a.Devices), Prior: b.prior(a), Group: sheet.Line(a.Group),
		Location: b.location(at, a.Location), AllEmails: a.AllEmails, Associated: b.associated(at, a.Linked), AdditionalInfo: b.notes(a),
	}
	if a.Person.Known() {
		r.Person = new(b.person(at+".personOrUserReportedPerson", &a.Person))
	}
	if a.Elsewhere {
		r.Elsewhere = new(true)
	}
	r.Temporarily, r.Permanently = disabled(a.Disabled)
	return r
}

func (b *builder) victim(i int) Victim {
	a := &b.f.Children[i]
	at := fmt.Sprintf("victim[%d]", i)
	v := Victim{
		Person: b.person(at+".victimPerson", &a.Person), ID: sheet.Line(a.ID), Service: sheet.Line(or(a.Service, b.f.Platform.Service)), Compromised: a.Compromised,
		ScreenName: sheet.Line(a.ScreenName), DisplayNames: sheet.Lines(a.DisplayNames), ProfileURLs: b.links(at+".profileUrl", a.ProfileURLs), Bio: sheet.Text(a.Bio),
		Captures: b.captures(at, a.Captures), Devices: b.devices(at, a.Devices), School: sheet.Line(a.School), Prior: a.Prior,
		Location: b.location(at, a.Location), AllEmails: a.AllEmails, Associated: b.associated(at, a.Linked), AdditionalInfo: b.notes(a),
	}
	v.Temporarily, v.Permanently = disabled(a.Disabled)
	return v
}

// prior are earlier reports of the actor, those of the case among them.
func (b *builder) prior(a *report.Account) []int64 {
	out := slices.Clone(a.Prior)
	for _, e := range b.f.Earlier {
		if n, err := strconv.ParseInt(e.Reference, 10, 64); err == nil && e.To == "ncmec" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (b *builder) notes(a *report.Account) string {
	var parts []string
	if a.Band != "" {
		parts = append(parts, "Age as the reporting company knows it: "+sheet.Line(a.Band)+".")
	}
	if !a.Registered.IsZero() {
		parts = append(parts, "Registered "+sheet.Stamp(a.Registered)+".")
	}
	if d := a.Disabled; d != nil && !d.Enduring && !d.For.IsZero() && d.Lifted.IsZero() {
		parts = append(parts, "Disabled until "+sheet.Stamp(d.For)+".")
	}
	for _, id := range a.Identity {
		parts = append(parts, "A document of identity is held: "+sheet.Line(id.Kind)+".")
	}
	if a.Note != "" {
		parts = append(parts, sheet.Text(a.Note))
	}
	return strings.Join(parts, " ")
}

func (b *builder) threads() string {
	if len(b.f.Conversations) == 0 {
		return ""
	}
	return "Conversations: " + strings.Join(sheet.Lines(b.f.Conversations), ", ") + "."
}

// about is what fits nowhere else.
func (b *builder) about() string {
	f := b.f
	var parts []string
	if f.Incident.Summary != "" {
		parts = append(parts, sheet.Text(f.Incident.Summary))
	}
	switch d := &f.Incident.Detected; d.Source {
	case report.ByMachine:
		parts = append(parts, "It came to light by automated means ("+sheet.Line(or(d.Method, "Rowan"))+"); a person decided to report it.")
	case report.ByNotice:
		parts = append(parts, "It came to light by a report from within the service.")
	case report.ByFlagger:
		parts = append(parts, "It came to light by a notice from a trusted flagger or hotline.")
	case report.ByPerson:
		parts = append(parts, "A person of the reporting company found it.")
	}
	for _, e := range f.Earlier {
		if e.To != "ncmec" {
			parts = append(parts, "Reported to "+strings.ToUpper(sheet.Line(e.To))+" with the reference "+sheet.Line(e.Reference)+".")
		}
	}
	return strings.Join(parts, "\n")
}

func (b *builder) captures(at string, list []report.Capture) (out []Capture) {
	for i, c := range list {
		field := fmt.Sprintf("%s.ipCaptureEvent[%d]", at, i)
		_, err := netip.ParseAddr(c.IP)
		b.Must(err == nil, field+".ipAddress", "the internet address cannot be read", "correct it, or take it out")
		b.Must(c.Port >= 0 && c.Port < 1<<16, field+".port", "the port is none", "correct it, or take it out")
		b.Want(!c.At.IsZero(), field+".dateTime", "without a time an address can hardly be traced", "add when it was used")
		out = append(out, Capture{sheet.Line(c.IP), b.among(field+".eventName", c.Event, eventKinds), sheet.Stamp(c.At), c.Proxy, c.Port})
	}
	return out
}

func (b *builder) devices(at string, list []report.Device) (out []Device) {
	for i, d := range list {
		field := fmt.Sprintf("%s.deviceId[%d]", at, i)
		b.Must(sheet.Line(d.Kind) != "" && sheet.Line(d.ID) != "", field, "a device needs the kind of its id and the id", "add them, or take it out")
		out = append(out, Device{sheet.Line(d.Kind), sheet.Line(d.ID), b.among(field+".eventName", d.Event, eventKinds), sheet.Stamp(d.At)})
	}
	return out
}

func (b *builder) location(at string, l *report.Location) *Location {
	if l == nil {
		return nil
	}
	return &Location{sheet.Line(l.City), sheet.Line(l.Region), b.among(at+".estimatedLocation.countryCode", l.Country, countries), l.Verified, sheet.Stamp(l.At)}
}

func (b *builder) associated(at string, list []report.Linked) (out []Associate) {
	for i, l := range list {
		field := fmt.Sprintf("%s.associatedAccount[%d].type", at, i)
		b.Must(l.Kind != "", field, "how the account belongs to it is not said", "say one of "+linkKinds)
		out = append(out, Associate{b.among(field, l.Kind, linkKinds), sheet.Line(l.Platform), sheet.Line(l.ID), sheet.Line(l.Name), sheet.Text(l.Note)})
	}
	return out
}

func disabled(d *report.Disabled) (temporarily, permanently *Disabled) {
	if d == nil {
		return nil, nil
	}
	x := &Disabled{Is: true, At: sheet.Stamp(d.At), Told: d.Told, ToldAt: sheet.Stamp(d.ToldAt)}
	if d.Enduring {
		return nil, x
	}
	x.Reopened = sheet.Stamp(d.Lifted)
	return x, nil
}

var born = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

func (b *builder) person(at string, p *report.Person) Person {
	b.Must(p.Age == nil || *p.Age >= 0 && *p.Age < 130, at+".age", "the age is none", "correct it, or take it out")
	if p.Born != "" {
		_, err := time.Parse(time.DateOnly, p.Born)
		b.Must(err == nil && born.MatchString(p.Born), at+".dateOfBirth", "the date of birth is no date such as 2012-05-31", "correct it, or take it out")
	}
	return Person{b.contact(at, p), p.Age, sheet.Line(p.Born)}
}

var (
	callingCode = regexp.MustCompile(`^\+[0-9]{1,3}$`)
	extension   = regexp.MustCompile(`^[0-9]+$`)
)

func (b *builder) contact(at string, p *report.Person) Contact {
	c := Contact{FirstName: sheet.Line(p.FirstName), LastName: sheet.Line(p.LastName)}
	for i, x := range p.Phones {
		field := fmt.Sprintf("%s.phone[%d]", at, i)
		b.Must(x.CallingCode == "" || callingCode.MatchString(x.CallingCode), field+".countryCallingCode", "the calling code is none such as +44", "correct it, or take it out")
		b.Must(x.Extension == "" || extension.MatchString(x.Extension), field+".extension", "the extension is no number", "correct it, or take it out")
		c.Phones = append(c.Phones, Phone{sheet.Line(x.Number), b.among(field+".type", x.Kind, phoneKinds), x.Verified, sheet.Stamp(x.VerifiedAt), x.CallingCode, x.Extension})
	}
	for i, x := range p.Emails {
		field := fmt.Sprintf("%s.email[%d]", at, i)
		b.Must(strings.Contains(x.Address, "@"), field, "it is no e-mail address", "correct it, or take it out")
		c.Emails = append(c.Emails, Email{sheet.Line(x.Address), b.among(field+".type", x.Kind, emailKinds), x.Verified, sheet.Stamp(x.VerifiedAt)})
	}
	for i, x := range p.Addresses {
		field := fmt.Sprintf("%s.address[%d]", at, i)
		c.Addresses = append(c.Addresses, Address{
			b.among(field+".type", x.Kind, addressKinds), sheet.Line(x.Street), sheet.Line(x.City), sheet.Line(x.Postcode),
			b.among(field+".state", x.State, states), sheet.Line(x.Region), b.among(field+".country", x.Country, countries),
		})
	}
	return c
}

// among is a word that must be in a list, if it is there at all.
func (b *builder) among(field, word, list string) string {
	b.Must(word == "" || oneOf(word, list), field, "the schema does not know this value", "use one of the schema's values, or take it out")
	return word
}

func (b *builder) link(field, s string) string {
	clean := sheet.Link(s)
	b.Must(s == "" || clean != "", field, "it is no address of the web", "correct it, or take it out")
	return clean
}

func (b *builder) links(field string, list []string) (out []string) {
	for i, s := range list {
		if s = b.link(fmt.Sprintf("%s[%d]", field, i), s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// check notes what is missing in the case as a whole.
func (b *builder) check() {
	f := b.f
	i := &f.Incident
	at := i.To
	if at.IsZero() {
		at = i.From
	}
	b.Must(!at.IsZero(), "incidentSummary.incidentDateTime", "when it happened is not known", "give the time of the last event")
	b.Must(at.IsZero() || !at.After(f.AsOf), "incidentSummary.incidentDateTime", "it lies in the future, which the API refuses", "correct the time, or the clock")
	b.Must(sheet.Line(f.Platform.Service) != "", "incidentSummary.platform", "the service is not named", "set platform.service in report.yaml")
	p := &f.Platform.Reporter
	b.Must(len(p.Emails) > 0, "reporter.reportingPerson.email", "whom to ask is not said", "set platform.reporter in report.yaml")
	b.Want(p.FirstName != "" || p.LastName != "", "reporter.reportingPerson.firstName", "the reporting person has no name", "set platform.reporter in report.yaml")
	b.Want(f.Platform.Standing != "", "reporter.companyTemplate", "how to serve legal process and how long data are kept is not said", "set platform.standing in report.yaml")
	for _, t := range []struct{ field, text string }{
		{"reporter.companyTemplate", f.Platform.Statement()}, {"reporter.termsOfService", f.Platform.Terms},
		{"incidentSummary.escalateToHighPriority", i.Danger}, {"additionalInfo", i.Summary},
	} {
		b.Must(utf8.RuneCountInString(t.text) <= mostText, t.field, fmt.Sprintf("it is longer than %d characters", mostText), "shorten it to what matters here")
	}
	b.Must(decided(f), "report", "no decision of two people to report the case is in force", "decide to report it, and have a second person agree")
	b.Must(sheet.Line(f.Actor.ID) != "", "personOrUserReported.espIdentifier", "the account is not named", "give its id")
	b.Want(f.Actor.ScreenName != "" || len(f.Actor.DisplayNames) > 0, "personOrUserReported.screenName", "names of the account are not known here", "add them from the platform's records")
	b.Want(len(f.Actor.Captures) > 0, "personOrUserReported.ipCaptureEvent", "no internet address is known; an investigator can seldom go on without", "add log-ins with their times from the platform's records")
	b.Want(len(f.Actor.Person.Emails)+len(f.Actor.Person.Phones) > 0, "personOrUserReported.personOrUserReportedPerson", "no e-mail address and no telephone number are known here", "add them from the platform's records")
	b.Must(len(f.Children) > 0, "victim", "no child concerned is named", "name the accounts of the children concerned")
	for k := range f.Children {
		c, at := &f.Children[k], fmt.Sprintf("victim[%d]", k)
		b.Must(sheet.Line(c.ID) != "", at+".espIdentifier", "the account of the child concerned is not named", "give its id")
		b.Want(c.Person.Age != nil || c.Person.Born != "" || c.Band != "", at+".victimPerson.age", "the child's age is not known", "add what is known of it")
		b.Want(len(c.Captures) > 0, at+".ipCaptureEvent", "no internet address is known; it says which police force can help the child", "add a log-in with its time")
	}
	b.Must(len(f.Lines)+len(f.Media) > 0, "fileDetails", "there is no message and no file to report", "check that it is the right case")
	if len(f.Lines) > 0 {
		b.Want(slices.ContainsFunc(f.Lines, func(l report.Line) bool { return l.Held }), TranscriptName, "no text of the chat is held any more", "add it from the platform's records, if they hold it")
		b.Want(f.ReadThrough(), TranscriptName+".fileViewedByEsp", "nobody has read all of the chat, and the report says so", "have a person read it, if that is wanted")
	}
	b.Want(len(f.Media) == 0, MediaName, "files were sent; this report has their hashes and kinds, not the files", "report the files themselves from where they are kept, with this report's number")
}

func decided(f *report.Facts) bool {
	return slices.ContainsFunc(f.Decisions, func(d report.Decision) bool {
		return slices.Contains(d.Measures, "report") && d.By != "" && d.Second != "" && d.By != d.Second
	})
}
