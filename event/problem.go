package event

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is what sort of problem an input has. It decides the problem's URN, its
// title and its HTTP status.
type Kind uint8

// The kinds.
const (
	Malformed       Kind = iota // not JSON, cut short, invalid UTF-8, trailing data
	DuplicateKey                // an object names a member twice
	TooDeep                     // nested more deeply than Limits.Depth
	TooLarge                    // a size limit
	MissingField                // a required field is absent or null
	WrongType                   // a value of another JSON type
	InvalidValue                // a value that the field does not allow
	UnknownType                 // an event type that Rowan does not know
	TimeOutOfBounds             // too far in the future or the past
	Truncated                   // a stream or a batch that broke off
)

var kinds = [...]struct {
	slug, title string
	status      int
}{
	Malformed:       {"malformed", "The input is not well-formed JSON", 400},
	DuplicateKey:    {"duplicate-key", "An object names the same member twice", 400},
	TooDeep:         {"too-deep", "The input is nested too deeply", 400},
	TooLarge:        {"too-large", "The input is larger than the limit", 413},
	MissingField:    {"missing-field", "A required field is missing", 422},
	WrongType:       {"wrong-type", "A field has the wrong JSON type", 422},
	InvalidValue:    {"invalid-value", "A field has a value that is not allowed", 422},
	UnknownType:     {"unknown-event-type", "The event type is unknown", 422},
	TimeOutOfBounds: {"time-out-of-bounds", "The time is too far from now", 422},
	Truncated:       {"truncated", "The input broke off before its end", 400},
}

// URNPrefix begins the type of every problem.
const URNPrefix = "urn:rowan:problem:"

// Problem says why an input was refused, in the form of RFC 9457. It names the
// line and the field, never the value, so that it may be logged.
type Problem struct {
	Type     string `json:"type"` // URNPrefix and a slug
	Title    string `json:"title"`
	Status   int    `json:"status"` // HTTP status
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
	Line     int    `json:"line,omitempty"`  // from 1, in the body or file; 0 if none is at fault
	Item     int    `json:"item,omitempty"`  // from 1, in a batch; 0 outside one
	Field    string `json:"field,omitempty"` // such as data.to[3]
}

func newProblem(kind Kind, field, detail string) *Problem {
	k := kinds[kind]
	return &Problem{Type: URNPrefix + k.slug, Title: k.title, Status: k.status, Detail: detail, Field: field}
}

func problemf(kind Kind, field, format string, args ...any) *Problem {
	return newProblem(kind, field, fmt.Sprintf(format, args...))
}

// Slug is the last part of the problem's type.
func (p *Problem) Slug() string { return strings.TrimPrefix(p.Type, URNPrefix) }

// Error gives line, field and detail in one line of text.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		b.WriteString("line " + strconv.Itoa(p.Line) + ": ")
	}
	if p.Item > 0 {
		b.WriteString("item " + strconv.Itoa(p.Item) + ": ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Detail)
	return b.String()
}

// AppendJSON appends the problem as one JSON object. id is the id of the event
// at fault; it is left out if empty. It belongs in an answer to the sender
// only, because an id can point to a person.
func (p *Problem) AppendJSON(dst []byte, id string) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, p.Type)
	dst = append(dst, `,"title":`...)
	dst = appendString(dst, p.Title)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(p.Status), 10)
	dst = append(dst, `,"detail":`...)
	dst = appendString(dst, p.Detail)
	dst = appendMember(dst, "instance", p.Instance)
	if p.Line > 0 {
		dst = append(dst, `,"line":`...)
		dst = strconv.AppendInt(dst, int64(p.Line), 10)
	}
	if p.Item > 0 {
		dst = append(dst, `,"item":`...)
		dst = strconv.AppendInt(dst, int64(p.Item), 10)
	}
	dst = appendMember(dst, "field", p.Field)
	dst = appendMember(dst, "event", id)
	return append(dst, '}')
}

// appendMember appends a string member after others, unless it is empty.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return appendString(dst, value)
}

// appendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // fails only after replacing invalid UTF-8
	return dst
}

// fieldOf turns a JSON pointer into the path of a field. It stops where the
// documented structure ends, because a name below that may be anything.
func fieldOf(prefix string, pointer jsontext.Pointer) string {
	path := prefix
	for token := range pointer.Tokens() {
		top := path == "" || path == "data"
		index := strings.HasSuffix(path, ".to") || strings.HasSuffix(path, ".mentions") ||
			strings.HasSuffix(path, ".media") || strings.HasSuffix(path, ".classifiers")
		switch {
		case index && digits(token):
			path += "[" + token + "]"
		case top && plainName(token), inner(path, token):
			if path != "" {
				path += "."
			}
			path += token
		default:
			return path
		}
	}
	return path
}

// inner reports whether token is a documented member of the object at path.
func inner(path, token string) bool {
	switch {
	case path == "data.age":
		return token == "method" || token == "lower" || token == "upper" || token == "confidence"
	case path == "data.origin":
		return token == "kind" || token == "ref"
	case strings.HasPrefix(path, "data.media["):
		return token == "kind"
	case strings.HasPrefix(path, "data.classifiers["):
		return token == "name" || token == "score"
	}
	return false
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// plainName reports whether s looks like a member's name rather than content.
func plainName(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
