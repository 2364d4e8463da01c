package nca

import (
	"slices"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/sheet"
)

// builder gathers the fields and what is missing.
type builder struct {
	report.List
	f *report.Facts
}

// fields are those of Schedule 1, in its order.
func (b *builder) fields() []Field {
	f := b.f
	p := &f.Platform.Reporter
	return []Field{
		b.must("reporter_name", "Name of the person who reports", join(p.FirstName, p.LastName), "set platform.reporter in report.yaml"),
		b.must("reporter_email", "E-mail address of the person who reports", emails(p.Emails, false), "set platform.reporter in report.yaml"),
		b.must("reporter_phone", "Telephone number of the person who reports", phones(p.Phones), "set platform.reporter in report.yaml"),
		b.must("registration", "Registration with the Agency", sheet.Line(f.Platform.Registration), "register with the Agency and set platform.registration in report.yaml"),
		b.must("platform", "Service on which it happened", b.service(), "set platform.service in report.yaml"),
		b.must("detected_content", "What was detected", b.detected(), "say in a few words what happened"),
		b.must("detection_method", "How it was detected", b.method(), "say how it came to light"),
		b.previous(),
		b.must("incident_time", "When it happened", span(f.Incident.From, f.Incident.To), "give the time of the events"),
		b.field("uploads", "Time, internet address and port of uploads, and EXIF", b.uploads(), report.FieldUpload),
		b.field("content_url", "Address of the content", b.urls(), report.FieldMediaURL),
		b.field("hashes", "Hashes of the original files", b.hashes(), report.FieldHashes),
		b.must("account_id", "The account's id", sheet.Line(f.Actor.ID), "give the id of the account"),
		b.field("username", "The account's names", names(&f.Actor), report.FieldScreenName),
		b.field("billing", "Billing details of the account", addresses(f.Actor.Person.Addresses, "Billing"), report.FieldBilling),
		b.field("email", "E-mail addresses of the account", emails(f.Actor.Person.Emails, false), report.FieldEmail),
		b.field("recovery_email", "Recovery e-mail addresses of the account", emails(f.Actor.Person.Emails, true), report.FieldRecovery),
		b.field("phone", "Telephone numbers of the account, and when they were verified", phones(f.Actor.Person.Phones), report.FieldPhone),
		b.field("profile_url", "Address of the account's profile", links(f.Actor.ProfileURLs), report.FieldProfileURL),
		b.field("login_addresses", "Internet addresses from which the account was used", captures(f.Actor.Captures), report.FieldCaptures),
		b.field("devices", "Devices of the account", devices(f.Actor.Devices), report.FieldDevices),
		b.field("connected_accounts", "Connections with other accounts", b.connections(), report.FieldLinked),
		b.field("identity_documents", "Documents of identity", identity(f.Actor.Identity), report.FieldIdentity),
		b.must("children_concerned", "Accounts of the children concerned", b.children(), "name the accounts of the children concerned"),
		b.field("text", "Text of the messages", b.text(), report.FieldText),
		b.other(),
		b.declaration(),
	}
}

// must is a field without which the bundle cannot be handed over.
func (b *builder) must(id, title string, value any, do string) Field {
	b.Must(!empty(value), id, "it is missing", do)
	return Field{ID: id, Title: title, Value: value}
}

// field is one that may be not held, with a reason.
func (b *builder) field(id, title string, value any, of report.Field) Field {
	if !empty(value) {
		return Field{ID: id, Title: title, Value: value}
	}
	why := sheet.Text(b.f.NotHeld[of])
	if why == "" && len(b.f.Media) == 0 && (of == report.FieldUpload || of == report.FieldHashes || of == report.FieldMediaURL) {
		why = "No file was sent."
	}
	b.Must(why != "", id, "it is neither given nor said why it is not held", "add it from the platform's records, or say why it is not held under not_held."+string(of)+" in report.yaml")
	return Field{ID: id, Title: title, NotHeld: why}
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []row:
		return len(v) == 0
	case row:
		return len(v) == 0
	}
	return false
}

// row is an object whose keys are in order of the alphabet, as JSON has them.
type row map[string]any

// set adds what there is.
func (r row) set(name string, value any) row {
	if t, ok := value.(time.Time); ok {
		value = sheet.Stamp(t)
	}
	if t, ok := value.(*bool); ok {
		if t == nil {
			return r
		}
		value = *t
	}
	if !empty(value) && value != 0 {
		r[name] = value
	}
	return r
}

func join(a, b string) string {
	a, b = sheet.Line(a), sheet.Line(b)
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func span(from, to time.Time) row {
	return row{}.set("from", from).set("to", to)
}

func emails(list []report.Email, recovery bool) (out []row) {
	for i := range list {
		if (list[i].Kind == "Recovery") == recovery {
			out = append(out, row{}.set("address", sheet.Line(list[i].Address)).set("verified", list[i].Verified).set("verified_at", list[i].VerifiedAt))
		}
	}
	return out
}

func phones(list []report.Phone) (out []row) {
	for i := range list {
		x := &list[i]
		out = append(out, row{}.set("number", sheet.Line(x.Number)).set("calling_code", sheet.Line(x.CallingCode)).set("kind", sheet.Line(x.Kind)).
			set("verified", x.Verified).set("verified_at", x.VerifiedAt))
	}
	return out
}

func addresses(list []report.Address, kind string) (out []row) {
	for i := range list {
		if x := &list[i]; x.Kind == kind {
			out = append(out, row{}.set("street", sheet.Line(x.Street)).set("city", sheet.Line(x.City)).set("postcode", sheet.Line(x.Postcode)).
				set("region", join(x.Region, x.State)).set("country", sheet.Line(x.Country)))
		}
	}
	return out
}

func names(a *report.Account) row {
	return row{}.set("screen_name", sheet.Line(a.ScreenName)).set("display_names", sheet.Lines(a.DisplayNames))
}

func links(list []string) (out []string) {
	for _, s := range list {
		if s = sheet.Link(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func captures(list []report.Capture) (out []row) {
	for i := range list {
		out = append(out, capture(&list[i]))
	}
	return out
}

func capture(c *report.Capture) row {
	return row{}.set("ip", sheet.Line(c.IP)).set("at", c.At).set("port", c.Port).set("event", sheet.Line(c.Event)).set("possible_proxy", c.Proxy)
}

func devices(list []report.Device) (out []row) {
	for i := range list {
		x := &list[i]
		out = append(out, row{}.set("kind", sheet.Line(x.Kind)).set("id", sheet.Line(x.ID)).set("at", x.At).set("event", sheet.Line(x.Event)))
	}
	return out
}

func identity(list []report.IdentityDoc) (out []row) {
	for i := range list {
		out = append(out, row{}.set("kind", sheet.Line(list[i].Kind)).set("held_since", list[i].Held))
	}
	return out
}

func (b *builder) detected() row {
	i := &b.f.Incident
	r := row{}.set("summary", sheet.Text(i.Summary)).set("danger", sheet.Text(i.Danger)).set("messages", len(b.f.Lines)).set("files", len(b.f.Media))
	if i.Summary == "" {
		return nil
	}
	return r
}

func (b *builder) method() row {
	d := &b.f.Incident.Detected
	if d.Source == "" {
		return nil
	}
	return row{}.set("source", string(d.Source)).set("method", sheet.Line(d.Method)).set("signals", sheet.Lines(d.Signals)).set("at", d.At)
}

// service is the service and the company that runs it.
func (b *builder) service() row {
	p := &b.f.Platform
	if sheet.Line(p.Service) == "" {
		return nil
	}
	return row{}.set("service", sheet.Line(p.Service)).set("company", sheet.Line(p.Name)).set("application", sheet.Line(p.Client))
}

// previous are earlier reports; that there were none is an answer too.
func (b *builder) previous() Field {
	var list []row
	for _, e := range b.f.Earlier {
		list = append(list, row{}.set("to", sheet.Line(e.To)).set("reference", sheet.Line(e.Reference)).set("at", e.At).set("same_content", new(e.Same)))
	}
	for _, n := range b.f.Actor.Prior {
		list = append(list, row{"to": "ncmec", "reference": n, "same_content": false})
	}
	f := Field{ID: "previous_report", Title: "Earlier reports and their references"}
	if len(list) == 0 {
		f.NotHeld = "The platform knows of no earlier report."
		return f
	}
	f.Value = list
	return f
}

func (b *builder) uploads() (out []row) {
	for i := range b.f.Media {
		m := &b.f.Media[i]
		r := row{}.set("file", sheet.Line(m.ID)).set("kind", sheet.Line(m.Kind)).set("at", m.Uploaded)
		if m.Capture != nil {
			r.set("from", capture(m.Capture))
		}
		if len(m.Exif) > 0 {
			exif := row{}
			for k, v := range m.Exif {
				exif.set(sheet.Line(k), sheet.Line(v))
			}
			r.set("exif", exif)
		}
		out = append(out, r)
	}
	return out
}

func (b *builder) urls() []string {
	list := links(b.f.Incident.URLs)
	for i := range b.f.Media {
		list = append(list, links([]string{b.f.Media[i].URL})...)
	}
	return list
}

func (b *builder) hashes() (out []row) {
	for i := range b.f.Media {
		m := &b.f.Media[i]
		if len(m.Hashes) == 0 {
			continue
		}
		r := row{}.set("file", sheet.Line(m.ID))
		for k, v := range m.Hashes {
			r.set(sheet.Line(k), sheet.Line(v))
		}
		out = append(out, r)
	}
	return out
}

func (b *builder) connections() (out []row) {
	for _, l := range b.f.Actor.Linked {
		out = append(out, row{}.set("kind", sheet.Line(l.Kind)).set("platform", sheet.Line(l.Platform)).set("id", sheet.Line(l.ID)).
			set("name", sheet.Line(l.Name)).set("note", sheet.Text(l.Note)))
	}
	return out
}

func (b *builder) children() (out []row) {
	for i := range b.f.Children {
		c := &b.f.Children[i]
		if sheet.Line(c.ID) == "" {
			continue
		}
		r := row{"id": sheet.Line(c.ID)}.set("names", names(c)).set("age_band", sheet.Line(c.Band)).set("login_addresses", captures(c.Captures)).
			set("born", sheet.Line(c.Person.Born)).set("school", sheet.Line(c.School))
		if c.Person.Age != nil {
			r.set("age", *c.Person.Age)
		}
		out = append(out, r)
	}
	return out
}

// text says where the messages are.
func (b *builder) text() string {
	for i := range b.f.Lines {
		if b.f.Lines[i].Held {
			return "in transcript.csv"
		}
	}
	return ""
}

// other is what else is reasonably available.
func (b *builder) other() Field {
	a := &b.f.Actor
	r := row{}.set("note", sheet.Text(a.Note)).set("bio", sheet.Text(a.Bio)).set("group", sheet.Line(a.Group)).set("vehicle", sheet.Line(a.Vehicle)).
		set("registered", a.Registered).set("age_band", sheet.Line(a.Band)).set("conversations", sheet.Lines(b.f.Conversations))
	if l := a.Location; l != nil {
		r.set("location", row{}.set("city", sheet.Line(l.City)).set("region", sheet.Line(l.Region)).set("country", sheet.Line(l.Country)).set("at", l.At))
	}
	if d := a.Disabled; d != nil {
		r.set("disabled", row{}.set("at", d.At).set("until", d.For).set("for_good", new(d.Enduring)).set("owner_told", d.Told))
	}
	if p := b.f.Police; p != nil {
		r.set("police", row{}.set("agency", sheet.Line(p.Agency)).set("number", sheet.Line(p.Number)))
	}
	f := Field{ID: "other", Title: "Other information that is reasonably available"}
	if len(r) == 0 {
		f.NotHeld = "The platform holds nothing more."
		return f
	}
	f.Value = r
	return f
}

// decision is the one of two people to report the case, nil if there is none.
func decision(f *report.Facts) *report.Decision {
	for i := len(f.Decisions) - 1; i >= 0; i-- {
		if d := &f.Decisions[i]; slices.Contains(d.Measures, "report") && d.By != "" && d.Second != "" && d.By != d.Second {
			return d
		}
	}
	return nil
}

func decided(f *report.Facts) time.Time {
	if d := decision(f); d != nil {
		return d.At.UTC()
	}
	return time.Time{}
}

// declaration is the word of those who decided to report.
func (b *builder) declaration() Field {
	f := Field{ID: "declaration", Title: "Declaration"}
	d := decision(b.f)
	b.Must(d != nil, f.ID, "no decision of two people to report the case is in force", "decide to report it, and have a second person agree")
	if d != nil {
		f.Value = row{"text": "Those named looked at the case and decided to report it. What is given here is complete and correct to the best of their knowledge."}.
			set("decided_at", d.At).set("by", sheet.Line(d.By)).set("second", sheet.Line(d.Second))
	}
	return f
}
