package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// MaxLine is the greatest length of a line, in bytes.
const MaxLine = 1 << 20

// maxID is the greatest length of an account's id, in bytes.
const maxID = 512

// maxAges is how many age signals an account may have.
const maxAges = 16

// LineError is a line that is no account. It names the member at fault, never
// its value.
type LineError struct {
	File  string
	Line  int64
	Field string // "" if the line as a whole is wrong
	Text  string
}

func (e *LineError) Error() string {
	where := fmt.Sprintf("%s:%d: ", e.File, e.Line)
	if e.Field != "" {
		where += e.Field + ": "
	}
	return where + e.Text
}

// Decoder reads lines. It belongs to one goroutine.
type Decoder struct {
	catalogue *rulebook.Catalogue
	settings  map[string]int // by id
	values    []map[string]uint8
	limits    event.Limits
	dec       jsontext.Decoder
	line      bytes.Buffer
	field     string // that is being read
}

// NewDecoder returns a decoder for accounts with the settings of a catalogue.
func NewDecoder(c *rulebook.Catalogue) *Decoder {
	d := &Decoder{catalogue: c, settings: map[string]int{}, limits: event.Limits{ID: maxID}}
	for place := range c.Len() {
		s := c.Setting(place)
		d.settings[s.ID] = place
		ranks := map[string]uint8{}
		for rank, v := range s.Values {
			ranks[v] = uint8(rank)
		}
		d.values = append(d.values, ranks)
	}
	return d
}

// Decode reads a line into a, whose memory it uses again. It returns a
// *LineError without file and line.
func (d *Decoder) Decode(line []byte, a *Account) error {
	a.reset()
	d.field = ""
	// Of a bytes.Buffer the JSON decoder reads the memory itself, so that names
	// stay valid while their values are read.
	d.line = *bytes.NewBuffer(line)
	d.dec.Reset(&d.line)
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "account":
			return d.id("account", &a.ID)
		case "age":
			return d.ages("age", &a.Ages)
		case "region":
			return d.region("region", &a.Region)
		case "settings":
			return d.settingValues(a)
		case "relaxed":
			return d.relaxations(a)
		case "contacts":
			return d.contacts(a)
		case "at":
			return d.moment("at", &a.At)
		case "session_ended":
			return d.moment("session_ended", &a.Session)
		case "updated":
			return d.moment("updated", &a.Updated)
		}
		return d.unknown("", name, "account, age, region, settings, relaxed, contacts, at, session_ended, updated")
	})
	switch {
	case err != nil:
		return d.explain(err)
	case a.ID == "":
		return &LineError{Field: "account", Text: "this is missing"}
	}
	if _, err := d.dec.ReadToken(); err != io.EOF {
		return &LineError{Text: "something follows the object; one line holds one account"}
	}
	for i := range a.Relaxed {
		if a.Settings[a.Relaxed[i].Place] == 0 {
			id := d.catalogue.Setting(a.Relaxed[i].Place).ID
			return &LineError{Field: "relaxed." + id, Text: "the setting is relaxed, but settings does not give its value"}
		}
	}
	return nil
}

// wrong is an error of the member at hand.
func wrong(field, format string, args ...any) error {
	return &LineError{Field: field, Text: fmt.Sprintf(format, args...)}
}

// explain turns an error of the JSON decoder into words without any value.
func (d *Decoder) explain(err error) error {
	var known *LineError
	if errors.As(err, &known) {
		return known
	}
	text := "this is no valid JSON"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		text = "the line ends before the object does"
	case errors.Is(err, jsontext.ErrDuplicateName):
		text = "a member stands here twice"
	}
	at := d.field
	if at == "" {
		text += fmt.Sprintf(" (byte %d)", d.dec.InputOffset()+1)
	}
	return &LineError{Field: at, Text: text}
}

func (d *Decoder) unknown(path string, name []byte, known string) error {
	field := strings.TrimPrefix(path+"."+string(name), ".")
	if len(name) > 64 || strings.ContainsFunc(string(name), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		field = path
	}
	return wrong(field, "there is no such member; there are %s", known)
}

// object reads an object and calls member for each name, which must read the
// value. A null in the place of a value is the same as no member.
func (d *Decoder) object(member func(name []byte) error) error {
	if d.dec.PeekKind() != '{' {
		if _, err := d.dec.ReadToken(); err != nil {
			return err
		}
		return wrong(d.field, "want an object")
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for d.dec.PeekKind() == '"' {
		raw, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		name, err := unquoted(raw)
		if err != nil {
			return err
		}
		if d.dec.PeekKind() == 'n' {
			if _, err := d.dec.ReadToken(); err != nil {
				return err
			}
			continue
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// array reads an array and calls element before each element.
func (d *Decoder) array(field string, element func() error) error {
	d.field = field
	if d.dec.PeekKind() != '[' {
		if _, err := d.dec.ReadToken(); err != nil {
			return err
		}
		return wrong(field, "want an array")
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for {
		switch d.dec.PeekKind() {
		case ']', 0:
			_, err := d.dec.ReadToken()
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}

// unquoted is what a JSON string says. It shares memory where nothing is
// escaped.
func unquoted(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') >= 0 {
		return jsontext.AppendUnquote(nil, raw)
	}
	return raw[1 : len(raw)-1], nil
}

// text reads a string, valid until the next one is read.
func (d *Decoder) text(field string) ([]byte, error) {
	d.field = field
	if d.dec.PeekKind() != '"' {
		if err := d.dec.SkipValue(); err != nil {
			return nil, err
		}
		return nil, wrong(field, "want a string")
	}
	raw, err := d.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	return unquoted(raw)
}

func (d *Decoder) id(field string, to *string) error {
	b, err := d.text(field)
	if err != nil {
		return err
	}
	*to = string(b)
	if p := d.limits.CheckID(field, *to); p != nil {
		return wrong(field, "%s", p.Detail)
	}
	return nil
}

func (d *Decoder) flag(field string, to *bool) error {
	d.field = field
	switch d.dec.PeekKind() {
	case 't', 'f':
		tok, err := d.dec.ReadToken()
		*to = err == nil && tok.Bool()
		return err
	}
	if err := d.dec.SkipValue(); err != nil {
		return err
	}
	return wrong(field, "want true or false")
}

func (d *Decoder) number(field string, least, most float64) (float64, error) {
	d.field = field
	if d.dec.PeekKind() != '0' {
		if err := d.dec.SkipValue(); err != nil {
			return 0, err
		}
		return 0, wrong(field, "want a number")
	}
	raw, err := d.dec.ReadValue()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil && n >= least && n <= most {
		return n, nil
	}
	return 0, wrong(field, "want a number from %v to %v", least, most)
}

func (d *Decoder) years(field string, to *uint8) error {
	n, err := d.number(field, 0, 150)
	if err == nil && n != float64(int(n)) {
		return wrong(field, "want whole years")
	}
	*to = uint8(n)
	return err
}

func (d *Decoder) moment(field string, to *int64) error {
	b, err := d.text(field)
	if err != nil {
		return err
	}
	var t time.Time
	if err := t.UnmarshalText(b); err != nil || t.UnixMilli() <= 0 {
		return wrong(field, "want a time of RFC 3339 with a zone, after 1970, such as 2026-11-20T18:30:00Z")
	}
	*to = t.UnixMilli()
	return nil
}

func (d *Decoder) region(field string, to *[2]byte) error {
	b, err := d.text(field)
	if err != nil {
		return err
	}
	if len(b) != 2 || b[0] < 'A' || b[0] > 'Z' || b[1] < 'A' || b[1] > 'Z' {
		return wrong(field, "want a country of ISO 3166-1 as two upper-case letters, such as GB")
	}
	*to = [2]byte{b[0], b[1]}
	return nil
}

// ages reads one age signal or an array of them.
func (d *Decoder) ages(field string, to *[]event.Age) error {
	d.field = field
	if d.dec.PeekKind() != '[' {
		return d.age(field, to)
	}
	return d.array(field, func() error {
		if len(*to) == maxAges {
			return wrong(field, "there are more than %d age signals", maxAges)
		}
		return d.age(field, to)
	})
}

func (d *Decoder) age(field string, to *[]event.Age) error {
	d.field = field
	var a event.Age
	a.Known, a.Upper = true, 150
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "method":
			b, err := d.text(field + ".method")
			if err != nil {
				return err
			}
			var ok bool
			if a.Method, ok = event.ParseMethod(string(b)); !ok {
				return wrong(field+".method", "want self_declared, inference, platform, guardian, estimation or verification")
			}
			return nil
		case "lower":
			return d.years(field+".lower", &a.Lower)
		case "upper":
			return d.years(field+".upper", &a.Upper)
		case "confidence":
			n, err := d.number(field+".confidence", 0, 1)
			a.Confidence = float32(n)
			return err
		case "provider":
			return d.id(field+".provider", &a.Provider)
		case "asserted_at":
			return d.moment(field+".asserted_at", &a.AssertedAt)
		case "expires_at":
			return d.moment(field+".expires_at", &a.ExpiresAt)
		}
		return d.unknown(field, name, "method, lower, upper, confidence, provider, asserted_at, expires_at")
	})
	switch {
	case err != nil:
		return err
	case a.Method == event.MethodUnknown:
		return wrong(field+".method", "this is missing; an age says how it is known")
	case a.Lower > a.Upper:
		return wrong(field+".lower", "the lower bound is above the upper bound")
	}
	*to = append(*to, a)
	return nil
}

func (d *Decoder) settingValues(a *Account) error {
	d.field = "settings"
	return d.object(func(name []byte) error {
		place, ok := d.settings[string(name)]
		if !ok {
			return d.unknown("settings", name, "those that 'rowan settings' lists")
		}
		s := d.catalogue.Setting(place)
		b, err := d.text("settings")
		if err == nil {
			var rank uint8
			if rank, ok = d.values[place][string(b)]; ok {
				a.Settings[place] = rank + 1
				return nil
			}
		}
		var typed *LineError
		if err != nil && !errors.As(err, &typed) {
			return err
		}
		return wrong("settings."+s.ID, "want one of %s", strings.Join(s.Values, ", "))
	})
}

func (d *Decoder) relaxations(a *Account) error {
	d.field = "relaxed"
	return d.object(func(name []byte) error {
		place, ok := d.settings[string(name)]
		if !ok {
			return d.unknown("relaxed", name, "those that 'rowan settings' lists")
		}
		field := "relaxed." + d.catalogue.Setting(place).ID
		d.field = field
		r := Relaxation{Place: place}
		by := false
		err := d.object(func(name []byte) error {
			switch string(name) {
			case "by":
				b, err := d.text(field + ".by")
				if err != nil {
					return err
				}
				by, r.Guardian = true, string(b) == "guardian"
				if !r.Guardian && string(b) != "child" {
					return wrong(field+".by", "want child or guardian")
				}
				return nil
			case "verified":
				return d.flag(field+".verified", &r.Verified)
			case "guardian":
				return d.id(field+".guardian", &r.By)
			case "shown":
				return d.flag(field+".shown", &r.Shown)
			case "at":
				return d.moment(field+".at", &r.At)
			}
			return d.unknown(field, name, "by, verified, guardian, shown, at")
		})
		if err == nil && !by {
			err = wrong(field+".by", "this is missing; say who relaxed it: child or guardian")
		}
		a.Relaxed = append(a.Relaxed, r)
		return err
	})
}

func (d *Decoder) contacts(a *Account) error {
	number := -1
	return d.array("contacts", func() error {
		number++
		n := len(a.Contacts)
		if n < cap(a.Contacts) {
			a.Contacts = a.Contacts[:n+1]
		} else {
			a.Contacts = append(a.Contacts, Contact{})
		}
		c := &a.Contacts[n]
		*c = Contact{Ages: c.Ages[:0]}
		err := d.contact(c)
		var found *LineError
		if errors.As(err, &found) {
			found.Field = strings.Replace(found.Field, "contacts", fmt.Sprintf("contacts[%d]", number), 1)
		}
		return err
	})
}

func (d *Decoder) contact(c *Contact) error {
	d.field = "contacts"
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "with":
			return d.id("contacts.with", &c.With)
		case "way":
			b, err := d.text("contacts.way")
			if err != nil {
				return err
			}
			if c.Way, err = account.ParseWay(string(b)); err != nil {
				return wrong("contacts.way", "want one of %s", strings.Join(account.Ways(), ", "))
			}
			return nil
		case "by":
			b, err := d.text("contacts.by")
			if err != nil {
				return err
			}
			c.Out = string(b) == "account"
			if !c.Out && string(b) != "other" {
				return wrong("contacts.by", "want other or account: who acted or looked")
			}
			return nil
		case "with_age":
			return d.ages("contacts.with_age", &c.Ages)
		case "with_region":
			return d.region("contacts.with_region", &c.Region)
		case "connected":
			return d.flag("contacts.connected", &c.Connected)
		case "tie":
			b, err := d.text("contacts.tie")
			if err != nil || string(b) == "none" {
				return err
			}
			var ok bool
			if c.Tie, ok = event.ParseRelation(string(b)); !ok {
				return wrong("contacts.tie", "want none, guardian, family, school, in_person or approved")
			}
			return nil
		case "mutual":
			return d.flag("contacts.mutual", &c.Mutual)
		case "begun":
			return d.flag("contacts.begun", &c.Begun)
		case "informed":
			return d.flag("contacts.informed", &c.Informed)
		case "at":
			return d.moment("contacts.at", &c.At)
		}
		return d.unknown("contacts", name, "with, way, by, with_age, with_region, connected, tie, mutual, begun, informed, at")
	})
	switch {
	case err != nil:
		return err
	case c.With == "":
		return wrong("contacts.with", "this is missing")
	case c.Way == account.NoWay:
		return wrong("contacts.way", "this is missing")
	}
	return nil
}
