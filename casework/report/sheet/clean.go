package sheet

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Text is a text as XML can hold it: without control characters other than
// line breaks and tabs, in valid UTF-8.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), string(utf8.RuneError)))
}

// Line is a text in one line.
func Line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, Text(s)))
}

// Lines are texts in one line each, without those that are empty.
func Lines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = Line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Link is an address without white space and control characters, which the API
// refuses; white space within is escaped. "" if it is no address of the web.
func Link(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	var b strings.Builder
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			b.WriteString(url.PathEscape(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	u, err := url.Parse(b.String())
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return b.String()
}

// Stamp is a moment as xs:dateTime, "" if there is none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
}
