package sheet

import (
	"strconv"
	"strings"
)

// format is a number format of a workbook, as far as it decides whether a cell
// shows its number. The library takes the first section of a format that has
// conditions, whatever the value is.
type format struct {
	date        bool
	conditional bool
	sections    []section
}

// section is what one part of a format shows, and when.
type section struct {
	operator string // of a condition, or none
	operand  float64
	text     string // what stands there besides the number
	number   bool
}

// formatOf reads the code of a format: sections parted by semicolons, of quoted and
// escaped text, placeholders for digits, and things in square brackets.
func formatOf(code string) (f format) {
	var s section
	var text strings.Builder
	end := func() {
		s.text = strings.TrimSpace(text.String())
		f.sections = append(f.sections, s)
		s = section{}
		text.Reset()
	}
	in := []rune(code)
	for i := 0; i < len(in); i++ {
		switch r := in[i]; r {
		case '"':
			for i++; i < len(in) && in[i] != '"'; i++ {
				text.WriteRune(in[i])
			}
		case '\\':
			if i++; i < len(in) {
				text.WriteRune(in[i])
			}
		case '_', '*': // the width of the next character, or it as often as there is room
			i++
		case '[':
			from := i + 1
			for i++; i < len(in) && in[i] != ']'; i++ {
			}
			f.bracket(&s, string(in[from:min(i, len(in))]))
		case ';':
			end()
		case '0', '#', '?':
			s.number = true
		case 'G', 'g':
			if strings.HasPrefix(strings.ToLower(string(in[i:])), "general") {
				s.number = true
				i += len("general") - 1
			}
		case 'y', 'm', 'd', 'h', 's', 'Y', 'M', 'D', 'H', 'S':
			f.date = true
		default:
			text.WriteRune(r)
		}
	}
	end()
	return f
}

func (f *format) bracket(s *section, text string) {
	operand := strings.TrimLeft(text, "<>=")
	switch n, err := strconv.ParseFloat(operand, 64); {
	case operand != text && err == nil:
		s.operator, s.operand, f.conditional = text[:len(text)-len(operand)], n, true
	case text != "" && strings.Trim(strings.ToLower(text), "hms") == "":
		f.date = true // time that has passed
	}
}

// section is the one by which a number is shown.
func (f format) section(n float64) (s section, ok bool) {
	if !f.conditional && len(f.sections) > 1 {
		switch {
		case n < 0:
			return f.sections[1], true
		case n == 0 && len(f.sections) > 2:
			return f.sections[2], true
		}
		return f.sections[0], true
	}
	for _, s := range f.sections {
		if s.holds(n) {
			return s, true
		}
	}
	return section{}, false
}

func (s section) holds(n float64) bool {
	switch s.operator {
	case "<":
		return n < s.operand
	case "<=":
		return n <= s.operand
	case ">":
		return n > s.operand
	case ">=":
		return n >= s.operand
	case "=":
		return n == s.operand
	case "<>":
		return n != s.operand
	}
	return true
}

// show is what the format shows of a number, where the library does not tell it.
func (f format) show(n float64, shown string) string {
	s, ok := f.section(n)
	switch {
	case ok && !s.number:
		return s.text
	case f.conditional:
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return shown
}
