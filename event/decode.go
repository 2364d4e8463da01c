package event

import (
	"encoding/base64"
	"math/bits"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what is accepted. A field of zero stands for its default.
type Limits struct {
	Body       int           // bytes of one request or stream
	Line       int           // bytes of one event
	Text       int           // bytes of a message's text, or of a reason
	Depth      int           // levels of objects and arrays in an event
	Recipients int           // accounts in to or mentions
	ID         int           // bytes of an id, or of another short string
	Future     time.Duration // how far ahead of the receiver's clock a time may be
	Past       time.Duration // how far behind it
}

// DefaultLimits are those of a server: Line is far above Text, so that an
// oversized text is refused by its field and not as an oversized line.
func DefaultLimits() Limits {
	return Limits{
		Body:       64 << 20,
		Line:       16 << 20,
		Text:       64 << 10,
		Depth:      32,
		Recipients: 8192,
		ID:         256,
		Future:     10 * time.Minute,
		Past:       400 * 24 * time.Hour,
	}
}

// WithDefaults replaces each zero by the default.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, otherwise *int }{
		{&l.Body, &d.Body}, {&l.Line, &d.Line}, {&l.Text, &d.Text},
		{&l.Depth, &d.Depth}, {&l.Recipients, &d.Recipients}, {&l.ID, &d.ID},
	} {
		if *f.have == 0 {
			*f.have = *f.otherwise
		}
	}
	if l.Future == 0 {
		l.Future = d.Future
	}
	if l.Past == 0 {
		l.Past = d.Past
	}
	return l
}

// Decoder turns CloudEvents into Events. It keeps buffers between calls and is
// for one goroutine at a time.
type Decoder struct {
	limits Limits
	outer  reader // the CloudEvent
	inner  reader // its data, where they stand before the type or in base64

	now   time.Time       // the receiver's clock, for the event under way
	seen  field           // fields of data that were read
	seats map[string]bool // to find an account named twice
	zones map[string]bool // time zones known to exist
}

// NewDecoder makes a decoder. Fields of limits that are zero get the default.
func NewDecoder(limits Limits) *Decoder {
	return &Decoder{limits: limits.WithDefaults(), seats: map[string]bool{}, zones: map[string]bool{}}
}

// Limits are the limits in force.
func (d *Decoder) Limits() Limits { return d.limits }

// Decode reads one CloudEvent in JSON into e, which is reset first. now is the
// receiver's clock: the event's time is checked against it, and it stands in
// for a missing time. If the event is refused, e holds no more than Source and
// ID, as far as they could be read. Problem.Line counts from the line on which
// the event begins. line is not kept.
func (d *Decoder) Decode(line []byte, now time.Time, e *Event) *Problem {
	e.Reset()
	if len(line) > d.limits.Line {
		return problemf(TooLarge, "", "the event has %d bytes; the limit is %d", len(line), d.limits.Line)
	}
	d.now = now
	d.outer.reset(line, string(line), "", 0, d.limits.Depth)
	problem := d.envelope(e)
	if problem != nil {
		source, id := e.Source, e.ID
		e.Reset()
		e.Source, e.ID = source, id
	}
	d.outer.release()
	d.inner.release()
	return problem
}

// envelope reads the CloudEvents attributes and then the data.
func (d *Decoder) envelope(e *Event) (problem *Problem) {
	r := &d.outer
	defer func() {
		if problem != nil && problem.Line == 0 {
			problem.Line = r.lineNumber(r.dec.InputOffset())
		}
	}()
	if p := r.want('{', "", "one CloudEvent as a JSON object"); p != nil {
		return p
	}
	if p := r.enter(""); p != nil {
		return p
	}
	var version, stamp, encoded string
	var data span
	var read bool
	for r.peek() != '}' {
		name, p := r.name()
		if p != nil {
			return p
		}
		if r.peek() == 'n' {
			if p := r.token(); p != nil {
				return p
			}
			continue
		}
		switch name {
		case "specversion":
			version, p = r.text(name)
		case "id":
			e.ID, p = d.id(r, name)
		case "source":
			e.Source, p = d.id(r, name)
		case "type":
			e.Type, p = d.kind(r)
		case "time":
			stamp, p = r.text(name)
		case "datacontenttype":
			p = contentType(r)
		case "data_base64":
			encoded, p = r.text(name)
		case "data":
			if e.Type != 0 {
				read, p = true, d.data(r, e)
			} else {
				data, p = d.later(r)
			}
		default:
			p = r.skip(fieldOf("", jsontext.Pointer("").AppendToken(name)))
		}
		if p != nil {
			return p
		}
	}
	if p := r.token(); p != nil {
		return p
	}
	if p := r.end(); p != nil {
		return p
	}
	for _, a := range [...]struct{ name, value string }{
		{"specversion", version}, {"id", e.ID}, {"source", e.Source}, {"type", e.Type.String()},
	} {
		if a.value == "" || a.name == "type" && e.Type == 0 {
			return newProblem(MissingField, a.name, "every CloudEvent has this attribute; it is missing, null or empty")
		}
	}
	if version != "1.0" {
		return newProblem(InvalidValue, "specversion", `the version of CloudEvents must be "1.0"`)
	}
	if p := d.time(stamp, e); p != nil {
		return p
	}
	return d.rest(r, e, read, data, encoded)
}

// rest reads the data if that was not possible on the way.
func (d *Decoder) rest(r *reader, e *Event, read bool, data span, encoded string) *Problem {
	switch {
	case encoded != "" && (read || data.end > 0):
		return newProblem(InvalidValue, "data_base64", "send data or data_base64, not both")
	case read:
		return nil
	case data.end > 0:
		d.inner.reset(r.line[data.start:data.end], r.src[data.start:data.end], "data", r.lineNumber(int64(data.start))-1, d.limits.Depth-1)
	case encoded != "":
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return newProblem(InvalidValue, "data_base64", "this is not standard base64 (RFC 4648, section 4)")
		}
		d.inner.reset(text, string(text), "data", r.lineNumber(r.dec.InputOffset())-1, d.limits.Depth-1)
	default:
		return newProblem(MissingField, "data", "an event of this type has data")
	}
	in := &d.inner
	problem := d.data(in, e)
	if problem == nil {
		problem = in.end()
	}
	if problem != nil && problem.Line == 0 {
		problem.Line = in.lineNumber(in.dec.InputOffset())
	}
	return problem
}

// span is a part of the line, in bytes.
type span struct{ start, end int }

// later skips the data, which stand before the type, and says where they are.
func (d *Decoder) later(r *reader) (span, *Problem) {
	start := int(r.dec.InputOffset())
	if p := r.skip("data"); p != nil {
		return span{}, p
	}
	end := int(r.dec.InputOffset())
	for strings.IndexByte(" \t\r\n:", r.src[start]) >= 0 {
		start++
	}
	return span{start, end}, nil
}

func (d *Decoder) kind(r *reader) (Type, *Problem) {
	text, p := r.text("type")
	if p != nil {
		return 0, p
	}
	if text == "" {
		return 0, nil // reported as missing
	}
	kind, known := ParseType(text)
	if !known {
		return 0, newProblem(UnknownType, "type", "the types are "+list(typeNames[:]))
	}
	return kind, nil
}

func contentType(r *reader) *Problem {
	text, p := r.text("datacontenttype")
	if p != nil {
		return p
	}
	media, _, _ := strings.Cut(text, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if media != "application/json" && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		return newProblem(InvalidValue, "datacontenttype", "data are read as application/json only")
	}
	return nil
}

// time checks the event's time. It is never 0: the Unix epoch itself is what
// a clock shows that was never set.
func (d *Decoder) time(stamp string, e *Event) *Problem {
	if stamp == "" {
		e.Time, e.Stamped = d.now.UnixMilli(), true
		return nil
	}
	t, p := instant("time", stamp)
	if p != nil {
		return p
	}
	if ahead := t.Sub(d.now); ahead > d.limits.Future {
		return problemf(TimeOutOfBounds, "time", "the time is in the future; at most %v ahead of the receiver's clock is accepted", d.limits.Future)
	}
	if behind := d.now.Sub(t); behind > d.limits.Past {
		return problemf(TimeOutOfBounds, "time", "the time is too long ago; at most %d days are accepted", int(d.limits.Past.Hours()/24))
	}
	e.Time = t.UnixMilli()
	if e.Time == 0 {
		return newProblem(TimeOutOfBounds, "time", "this is the Unix epoch: the sender's clock was never set")
	}
	return nil
}

// instant reads a time of RFC 3339.
func instant(field, text string) (time.Time, *Problem) {
	var t time.Time
	var stack [40]byte
	if err := t.UnmarshalText(append(stack[:0], text...)); err != nil {
		return t, newProblem(InvalidValue, field, "want a time of RFC 3339 with a zone, such as 2026-03-01T12:30:45.123Z")
	}
	return t, nil
}

// id reads a string that identifies something.
func (d *Decoder) id(r *reader, field string) (string, *Problem) {
	text, p := r.text(field)
	if p != nil {
		return "", p
	}
	if p := d.limits.CheckID(field, text); p != nil {
		return "", p
	}
	return text, nil
}

// CheckID says what is wrong with an id in valid UTF-8, nil if nothing: it is
// empty, longer than Limits.ID, or has control characters.
func (l Limits) CheckID(field, text string) *Problem {
	if text == "" {
		return newProblem(InvalidValue, field, "this must not be empty")
	}
	if len(text) > l.ID {
		return problemf(TooLarge, field, "this has %d bytes; the limit is %d", len(text), l.ID)
	}
	for i := 0; i < len(text); i++ {
		// C1 controls are 0xC2 0x80 to 0xC2 0x9F in UTF-8.
		if c := text[i]; c < ' ' || c == 0x7f || c == 0xc2 && i+1 < len(text) && text[i+1] < 0xa0 {
			return newProblem(InvalidValue, field, "this must not hold control characters")
		}
	}
	return nil
}

// missing names the first required field that was not read.
func (d *Decoder) missing(absent field, kind Type) *Problem {
	first := fieldNames[bits.TrailingZeros64(uint64(absent))]
	return newProblem(MissingField, "data."+first, kind.String()+" needs this; it is missing or null")
}
