package support

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leonelquinteros/gotext"

	"rowan/datafile"
)

// The header fields that a catalogue must have.
const (
	headLanguage = "Language"
	headVersion  = "X-Rowan-Version"
	headDate     = "X-Rowan-Date"
	headSource   = "X-Rowan-Source"
)

// required is every field that a header needs, in the order of messages.
var required = []string{headLanguage, headVersion, headDate, headSource}

// entry is one message of a PO file.
type entry struct {
	context, id string
	text        string
	line        int   // of its first keyword
	starts      []int // the lines of the file on which the lines of the text begin
	fuzzy       bool  // not finished, says its translator
	hasID, done bool  // msgid and msgstr have been seen
}

// poFile is a PO file that has been read.
type poFile struct {
	name       string
	header     map[string]string
	headerLine int
	lines      map[string]int // of header fields
	entries    []entry        // without the header
}

// quoted is a string of a PO file. Octal and hexadecimal escapes are refused:
// a catalogue is UTF-8.
const quoted = `("(?:[^"\\]|\\[abfnrtv"\\])*")`

var (
	keywordForm = regexp.MustCompile(`^(msgctxt|msgid|msgstr)[ \t]+` + quoted + `$`)
	stringForm  = regexp.MustCompile(`^` + quoted + `$`)
	fieldForm   = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*):(.*)$`)
)

// readPO reads a PO file. The library decodes it, but passes over what it does
// not understand and says no line; so scan looks at the form of every line
// first, and both must find the same messages.
func readPO(file File) (*poFile, []error) {
	fail := func(line int, format string, args ...any) []error {
		return []error{&datafile.Error{File: file.Name, Line: line, Text: fmt.Sprintf(format, args...)}}
	}
	if len(file.Source) > datafile.Limit {
		return nil, fail(0, "%d bytes; a data file has at most %d", len(file.Source), datafile.Limit)
	}
	for i, line := range strings.Split(string(file.Source), "\n") {
		if !utf8.ValidString(line) {
			return nil, fail(i+1, "this is not UTF-8")
		}
	}
	entries, wrong := scan(file)
	if len(wrong) > 0 {
		return nil, wrong
	}
	library := gotext.NewPo()
	library.Parse(file.Source)
	domain := library.GetDomain()
	plain, contexts := domain.GetTranslations(), domain.GetCtxTranslations()
	f := &poFile{name: file.Name, header: map[string]string{}, lines: map[string]int{}}
	seen := map[[2]string]int{}
	for i, e := range entries {
		read := plain[e.id]
		if e.context != "" {
			read = contexts[e.context][e.id]
		}
		if first, twice := seen[[2]string{e.context, e.id}]; twice {
			wrong = append(wrong, fail(e.line, "%s stands on line %d already", e.name(), first)...)
			continue
		}
		seen[[2]string{e.context, e.id}] = e.line
		if read == nil {
			wrong = append(wrong, fail(e.line, "%s cannot be read", e.name())...)
			continue
		}
		e.text = read.Trs[0]
		if e.context != "" || e.id != "" {
			f.entries = append(f.entries, e)
			continue
		}
		if i > 0 {
			wrong = append(wrong, fail(e.line, "the header (msgid \"\") must come first")...)
		}
		wrong = append(wrong, f.readHeader(e)...)
	}
	if f.headerLine == 0 {
		wrong = append(wrong, fail(1, "there is no header: a first message with msgid \"\" and the fields %s", strings.Join(required, ", "))...)
	}
	return f, wrong
}

func (e *entry) name() string {
	if e.context == "" && e.id == "" {
		return "the header"
	}
	return fmt.Sprintf("the text %q of %q", e.id, e.context)
}

// scan finds the messages of a file and where they stand, and refuses every
// line that a catalogue does not need.
func scan(file File) (all []entry, wrong []error) {
	fail := func(line int, format string, args ...any) {
		wrong = append(wrong, &datafile.Error{File: file.Name, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	var now entry
	last, fuzzy := "", false // the keyword before, and a flag for the message to come
	faulty := false          // a line of this message has been refused
	end := func() {
		if now.line != 0 && !now.done && !faulty {
			fail(now.line, "this message has no msgstr")
		}
		if now.done {
			all = append(all, now)
		}
		now, last, faulty = entry{}, "", false
	}
	broken := true // the text ended with a new line
	follow := func(line int, literal string) {
		value, _ := strconv.Unquote(literal)
		for part := range strings.Lines(value) {
			if broken {
				now.starts = append(now.starts, line)
			}
			broken = strings.HasSuffix(part, "\n")
		}
	}
	for i, text := range strings.Split(string(file.Source), "\n") {
		line, text := i+1, strings.TrimSpace(text)
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		switch {
		case text == "":
			continue
		case strings.HasPrefix(text, "#"):
			if flags, ok := strings.CutPrefix(text, "#,"); ok {
				for flag := range strings.SplitSeq(flags, ",") {
					fuzzy = fuzzy || strings.TrimSpace(flag) == "fuzzy"
				}
			}
			continue
		case stringForm.MatchString(text):
			switch last {
			case "":
				fail(line, "a text without msgctxt, msgid or msgstr before it")
			case "msgctxt", "msgid":
				fail(line, "the %s must stand on one line", last)
			case "msgstr":
				follow(line, text)
			}
			continue
		}
		m := keywordForm.FindStringSubmatch(text)
		if m == nil {
			faulty = true
			switch {
			case strings.HasPrefix(text, "msgid_plural"), strings.HasPrefix(text, "msgstr["):
				fail(line, "a text of a catalogue has no plural forms")
			case strings.HasPrefix(text, `"`), strings.HasPrefix(text, "msg"):
				fail(line, `this line cannot be read; a text stands in double quotes, with \" and \n for quotes and new lines in it`)
			default:
				fail(line, "this is no line of a PO file")
			}
			continue
		}
		keyword, value := m[1], m[2][1:len(m[2])-1]
		switch keyword {
		case "msgctxt":
			end()
			now, fuzzy = entry{context: value, line: line, fuzzy: fuzzy}, false
			if value == "" {
				fail(line, "msgctxt is empty; it names the kind of text")
			}
		case "msgid":
			if now.hasID || now.line == 0 {
				end()
				now, fuzzy = entry{line: line, fuzzy: fuzzy}, false
			}
			now.id, now.hasID = value, true
		case "msgstr":
			if last != "msgid" {
				if faulty {
					continue
				}
				faulty = true
				fail(line, "a msgstr without a msgid before it")
				continue
			}
			now.done, broken = true, true
			follow(line, m[2])
		}
		last = keyword
	}
	end()
	return all, wrong
}

// readHeader reads the fields of a header.
func (f *poFile) readHeader(e entry) (wrong []error) {
	fail := func(line int, format string, args ...any) {
		wrong = append(wrong, &datafile.Error{File: f.name, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	f.headerLine = e.line
	i := 0
	for text := range strings.Lines(e.text) {
		at := e.starts[i]
		i++
		text = strings.TrimSuffix(text, "\n")
		m := fieldForm.FindStringSubmatch(text)
		if m == nil {
			fail(at, "%q is no header field, such as Language: en-GB", text)
			continue
		}
		name, value := m[1], strings.TrimSpace(m[2])
		if strings.HasPrefix(strings.ToLower(name), "x-rowan-") && !slices.Contains(required, name) {
			fail(at, "unknown header field %s", name)
		}
		if _, twice := f.header[name]; twice {
			fail(at, "the header field %s stands there twice", name)
		}
		f.header[name], f.lines[name] = value, at
	}
	for _, name := range required {
		if f.header[name] == "" {
			fail(f.headerLine, "the header field %s is missing", name)
		}
	}
	if date := f.header[headDate]; date != "" && !dateForm.MatchString(date) {
		fail(f.lines[headDate], "%s must be a day such as 2026-11-25", headDate)
	}
	if kind, ok := f.header["Content-Type"]; ok && !strings.HasSuffix(strings.ToLower(strings.ReplaceAll(kind, " ", "")), "charset=utf-8") {
		fail(f.lines["Content-Type"], "Content-Type must be text/plain; charset=UTF-8")
	}
	return wrong
}

var dateForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
