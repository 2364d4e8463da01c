package event

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// reader reads one JSON text and hands out strings that share memory with src,
// one copy of that text. The syntax is strict: RFC 7493 (I-JSON), so duplicate
// names, invalid UTF-8 and unpaired surrogates are errors.
type reader struct {
	dec     jsontext.Decoder
	buf     bytes.Buffer
	line    []byte
	src     string
	prefix  string // path of the text's root: "" or "data"
	lead    int    // lines before the text
	depth   int    // deepest nesting allowed
	scratch []byte
}

func (r *reader) reset(line []byte, src, prefix string, lead, depth int) {
	r.line, r.src, r.prefix, r.lead, r.depth = line, src, prefix, lead, depth
	r.buf = *bytes.NewBuffer(line)
	r.dec.Reset(&r.buf)
}

// release lets go of the text, so that an idle decoder holds no message.
func (r *reader) release() {
	r.line, r.src = nil, ""
	r.buf = bytes.Buffer{}
	r.dec.Reset(&r.buf)
}

// lineNumber is the line, from 1, that the byte at offset stands on.
func (r *reader) lineNumber(offset int64) int {
	offset = min(max(offset, 0), int64(len(r.line)))
	return 1 + r.lead + bytes.Count(r.line[:offset], []byte{'\n'})
}

// syntax explains an error of the JSON reader.
func (r *reader) syntax(err error) *Problem {
	if errors.Is(err, io.EOF) {
		return newProblem(Malformed, r.prefix, "the input ends before the event: there is no JSON value")
	}
	var at *jsontext.SyntacticError
	if !errors.As(err, &at) {
		return newProblem(Malformed, r.prefix, "the JSON cannot be read")
	}
	field := fieldOf(r.prefix, at.JSONPointer)
	offset := min(max(at.ByteOffset, 0), int64(len(r.line)))
	rest := r.line[offset:]
	var p *Problem
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		p = newProblem(DuplicateKey, field, "this member stands twice in its object; send it once")
	case errors.Is(err, io.ErrUnexpectedEOF):
		p = newProblem(Malformed, field, "the JSON is cut short: the input ends inside a value")
	case r.dec.StackDepth() == 0 && r.dec.InputOffset() > 0:
		p = problemf(Malformed, "", "there is more input after the end of the JSON value, at byte %d", offset)
	case len(rest) > 0 && rest[0] == '\\':
		p = problemf(Malformed, field, "an escape at byte %d is not valid, or is half of a surrogate pair", offset)
	case invalidRune(rest):
		p = problemf(Malformed, field, "the text is not valid UTF-8 at byte %d", offset)
	case len(rest) > 0 && rest[0] < ' ':
		p = problemf(Malformed, field, "a control character at byte %d must be escaped", offset)
	default:
		p = problemf(Malformed, field, "the JSON is not well formed at byte %d", offset)
	}
	p.Line = r.lineNumber(offset)
	return p
}

func invalidRune(b []byte) bool {
	c, n := utf8.DecodeRune(b)
	return c == utf8.RuneError && n == 1
}

// peek is the kind of the next value or delimiter; 0 if it cannot be read, in
// which case the next read says why.
func (r *reader) peek() jsontext.Kind { return r.dec.PeekKind() }

// enter reads the delimiter that opens an object or an array.
func (r *reader) enter(field string) *Problem {
	if r.dec.StackDepth() >= r.depth {
		return r.tooDeep(field)
	}
	return r.token()
}

func (r *reader) tooDeep(field string) *Problem {
	return problemf(TooDeep, field, "the limit is %d levels of nesting in an event", r.depth+r.outer())
}

// outer is how many levels enclose the text.
func (r *reader) outer() int {
	if r.prefix == "" {
		return 0
	}
	return 1
}

// token reads one token whose content does not matter.
func (r *reader) token() *Problem {
	if _, err := r.dec.ReadToken(); err != nil {
		return r.syntax(err)
	}
	return nil
}

// skip reads a value that is not used. Its syntax and depth are checked.
func (r *reader) skip(field string) *Problem {
	switch r.peek() {
	case '{', '[':
	default:
		if err := r.dec.SkipValue(); err != nil {
			return r.syntax(err)
		}
		return nil
	}
	outside := r.dec.StackDepth()
	for {
		if _, err := r.dec.ReadToken(); err != nil {
			return r.syntax(err)
		}
		depth := r.dec.StackDepth()
		if depth > r.depth {
			return r.tooDeep(field)
		}
		if depth == outside {
			return nil
		}
	}
}

// raw reads a scalar and returns its text in src, quotes included.
func (r *reader) raw() (string, *Problem) {
	value, err := r.dec.ReadValue()
	if err != nil {
		return "", r.syntax(err)
	}
	end := int(r.dec.InputOffset())
	return r.src[end-len(value) : end], nil
}

// name reads the name of a member without its quotes.
func (r *reader) name() (string, *Problem) {
	raw, p := r.raw()
	if p != nil {
		return "", p
	}
	return r.unquote(raw), nil
}

// unquote gives the content of a valid JSON string. Without an escape it
// shares memory with src.
func (r *reader) unquote(raw string) string {
	content := raw[1 : len(raw)-1]
	if strings.IndexByte(content, '\\') < 0 {
		return content
	}
	// The reader has accepted the string, so this cannot fail.
	r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], raw)
	return string(r.scratch)
}

// text reads a string.
func (r *reader) text(field string) (string, *Problem) {
	if p := r.want('"', field, "a string"); p != nil {
		return "", p
	}
	raw, p := r.raw()
	if p != nil {
		return "", p
	}
	return r.unquote(raw), nil
}

// flag reads true or false.
func (r *reader) flag(field string) (bool, *Problem) {
	kind := r.peek()
	if kind != 't' && kind != 'f' {
		return false, r.want('t', field, "true or false")
	}
	return kind == 't', r.token()
}

// number reads a finite number.
func (r *reader) number(field string) (float64, *Problem) {
	if p := r.want('0', field, "a number"); p != nil {
		return 0, p
	}
	raw, p := r.raw()
	if p != nil {
		return 0, p
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return 0, newProblem(InvalidValue, field, "the number does not fit in 64 bits")
	}
	return value, nil
}

// whole reads a whole number in lowest to highest.
func (r *reader) whole(field string, lowest, highest int) (int, *Problem) {
	value, p := r.number(field)
	if p != nil {
		return 0, p
	}
	if value != math.Trunc(value) || value < float64(lowest) || value > float64(highest) {
		return 0, problemf(InvalidValue, field, "want a whole number from %d to %d", lowest, highest)
	}
	return int(value), nil
}

// want checks the kind of the next value. Where the input itself is broken it
// returns that problem.
func (r *reader) want(kind jsontext.Kind, field, words string) *Problem {
	found := r.peek()
	if found == kind {
		return nil
	}
	if found != '{' && found != '[' {
		if p := r.token(); p != nil {
			return p
		}
	}
	return problemf(WrongType, field, "want %s, not %s", words, kindName(found))
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "a Boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	default:
		return "an array"
	}
}

// end checks that nothing follows.
func (r *reader) end() *Problem {
	_, err := r.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return r.syntax(err)
	}
	return problemf(Malformed, r.prefix, "there is more input after the end of the JSON value, at byte %d", r.dec.InputOffset())
}

// each reads an array of at most limit elements. A problem of an element gets
// its index: path is replaced by path[i].
func (r *reader) each(path string, limit int, words string, element func() *Problem) *Problem {
	if p := r.want('[', path, "an array"); p != nil {
		return p
	}
	if p := r.enter(path); p != nil {
		return p
	}
	for i := 0; r.peek() != ']'; i++ {
		if i == limit {
			return problemf(TooLarge, path, "the limit is %d %s", limit, words)
		}
		if p := element(); p != nil {
			if rest, ok := strings.CutPrefix(p.Field, path); ok && !strings.HasPrefix(rest, "[") {
				p.Field = indexed(path, i) + rest
			}
			return p
		}
	}
	return r.token()
}

// object reads an object. member reads the value of each member that is not
// null; null is the same as absent.
func (r *reader) object(path string, member func(name string) *Problem) *Problem {
	if p := r.want('{', path, "an object"); p != nil {
		return p
	}
	if p := r.enter(path); p != nil {
		return p
	}
	for r.peek() != '}' {
		name, p := r.name()
		if p != nil {
			return p
		}
		if r.peek() == 'n' {
			p = r.token()
		} else {
			p = member(name)
		}
		if p != nil {
			return p
		}
	}
	return r.token()
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
