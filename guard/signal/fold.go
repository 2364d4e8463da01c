package signal

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A fold entry says what one character outside ASCII becomes. It holds the
// rune in its low 21 bits, or a place in folds.long, and one action.
type foldEntry uint32

const (
	foldRune    foldEntry = iota << 24 // becomes that rune
	foldLong                           // becomes several bytes
	foldMark                           // a combining mark: dropped
	foldFormat                         // zero width, bidi and the like: dropped
	foldSpace                          // separates words
	foldSymbol                         // stands as a word of its own (emoji)
	foldPicture                        // that letter beside a letter, and otherwise a word of its own
	foldAction  foldEntry = 7 << 24
	foldStyled  foldEntry = 8 << 24 // a styled form (full width, mathematical, circled) of what it becomes
	foldPayload foldEntry = 1<<21 - 1
)

// foldTable maps the characters of the planes in use, by page of 256.
type foldTable struct {
	page  [foldLimit >> 8]uint16
	entry []foldEntry
	long  []string
}

// foldLimit ends the table: beyond it there are only ideographs, kept as they
// are, and tags and variation selectors, dropped.
const foldLimit = 0x20000

// folds is made once, on first use: it is a function of the Unicode tables.
var folds = sync.OnceValue(newFoldTable)

func newFoldTable() *foldTable {
	t := &foldTable{}
	pages := map[[256]foldEntry]uint16{}
	for base := rune(0); base < foldLimit; base += 256 {
		var page [256]foldEntry
		for i := range page {
			page[i] = t.make(base + rune(i))
		}
		place, ok := pages[page]
		if !ok {
			place = uint16(len(t.entry) >> 8)
			pages[page] = place
			t.entry = append(t.entry, page[:]...)
		}
		t.page[base>>8] = place
	}
	return t
}

func (t *foldTable) make(r rune) foldEntry {
	switch {
	case r < utf8.RuneSelf || r >= 0xAC00 && r <= 0xD7A3: // ASCII, and Hangul, which stays composed
		return foldRune | foldEntry(r)
	case punctuation(r) != 0:
		return foldRune | foldEntry(punctuation(r))
	case r >= 0xFE00 && r <= 0xFE0F || r >= 0x1F3FB && r <= 0x1F3FF: // variation selectors, skin tones
		return foldMark
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r), r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800:
		if unicode.IsSpace(r) {
			return foldSpace
		}
		return foldFormat // and the blank letters, which show nothing
	case unicode.In(r, unicode.Mn, unicode.Me):
		return foldMark
	}
	if letter := pictured(r); letter != 0 {
		return foldPicture | foldStyled | foldEntry(letter)
	}
	if latin := styledLetter(r); latin != 0 {
		return foldRune | foldStyled | foldEntry(latin)
	}
	out := foldString(string(r))
	switch {
	case out == "":
		return foldMark
	case unicode.Is(unicode.So, r) && out == string(r):
		return foldSymbol | foldEntry(r)
	}
	var style foldEntry
	if norm.NFC.String(norm.NFKD.String(string(r))) != norm.NFC.String(string(r)) {
		style = foldStyled
	}
	first, size := utf8.DecodeRuneInString(out)
	if size < len(out) {
		var long []byte
		for _, r := range out {
			if e := t.make(r); e&foldAction == foldRune {
				long = utf8.AppendRune(long, rune(e&foldPayload))
			} else {
				long = append(long, ' ')
			}
		}
		t.long = append(t.long, string(long))
		return foldLong | style | foldEntry(len(t.long)-1)
	}
	switch {
	case unicode.IsLetter(first) || unicode.IsNumber(first) || unicode.Is(unicode.Mc, first):
		return foldRune | style | foldEntry(first)
	case punctuation(first) != 0:
		return foldRune | foldEntry(punctuation(first))
	case unicode.Is(unicode.So, first):
		return foldSymbol | foldEntry(first)
	}
	return foldSpace
}

// foldString decomposes, drops marks and lowers until nothing changes.
func foldString(s string) string {
	for {
		var out []rune
		for _, r := range norm.NFKD.String(s) {
			switch {
			case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			case unicode.Is(unicode.Nd, r):
				out = append(out, digitValue(r))
			default:
				out = append(out, unicode.ToLower(r))
			}
		}
		if string(out) == s {
			return s
		}
		s = string(out)
	}
}

// digitValue gives the ASCII digit of a decimal digit: each script has its ten
// in one run.
func digitValue(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	return r
}

// styledLetter knows the letters in boxes and of flags, which have no
// decomposition.
func styledLetter(r rune) rune {
	for _, first := range [...]rune{0x1F150, 0x1F170, 0x1F1E6} {
		if r >= first && r < first+26 {
			return 'a' + r - first
		}
	}
	return 0
}

// pictured is the letter that a picture is put for inside words: rings and
// discs, crosses, plus signs. 0 is none.
func pictured(r rune) rune {
	switch r {
	case '⭕', '⚪', '⚫', '🔴', '🔵', '🟠', '🟡', '🟢', '🟣', '🟤', '🔘', '🌕', '🌑':
		return 'o'
	case '❌', '❎', '✖', '✗', '✘', '✕':
		return 'x'
	case '➕':
		return 't'
	case '💲':
		return 's'
	}
	return 0
}

// besideLetter tells whether a picture that ends at a place in the text stands
// right before a letter.
func besideLetter(s string) bool {
	s = strings.TrimPrefix(s, "\ufe0f")
	return s != "" && classOf[s[0]] == isLetter
}

// punctuation gives the ASCII sign that reads the same, 0 if there is none.
func punctuation(r rune) rune {
	switch r {
	case '‘', '’', '‚', '‛', 'ʼ', '′', '´', '＇':
		return '\''
	case '“', '”', '„', '‟', '«', '»', '″':
		return '"'
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	case '£', '€', '¥', '₹', '¢', '₩', '₽':
		return '$'
	case '¿', '؟', '？':
		return '?'
	case '¡':
		return '!'
	case '·', '•', '∙', '‧', '・', '。', '．':
		return '.'
	}
	if r < utf8.RuneSelf && r > ' ' {
		return r
	}
	return 0
}

func (t *foldTable) lookup(r rune) foldEntry {
	if r < foldLimit {
		return t.entry[int(t.page[r>>8])<<8|int(r&255)]
	}
	if r >= 0xE0000 && r <= 0xE0FFF {
		return foldFormat
	}
	return foldRune | foldEntry(r)
}

// marks of a folded byte.
const (
	markStyled uint8 = 1 << iota // a styled form stood here
	markJoined                   // something that shows nothing stood before
)

// fold appends the folded form of s to dst, and as many marks to marks. Its
// output is valid UTF-8; bytes that are not become spaces.
func (t *foldTable) fold(dst []byte, marks []uint8, s string) ([]byte, []uint8) {
	var pending uint8
	stacked := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			dst, marks = append(dst, c), append(marks, pending)
			pending, stacked = 0, 0
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == utf8.RuneError && size <= 1 {
			dst, marks = append(dst, ' '), append(marks, 0)
			continue
		}
		e := t.lookup(r)
		var mark uint8
		if e&foldStyled != 0 {
			mark = markStyled
		}
		before := len(dst)
		switch e & foldAction {
		case foldRune:
			dst = utf8.AppendRune(dst, rune(e&foldPayload))
		case foldLong:
			dst = append(dst, t.long[e&foldPayload]...)
		case foldMark:
			if stacked++; stacked > 1 {
				pending |= markJoined
			}
			continue
		case foldFormat:
			if n := len(dst); n > 0 && classOf[dst[n-1]]&(isLetter|isDigit|isHigh) != 0 {
				pending |= markJoined
			}
			continue
		case foldSpace:
			dst = append(dst, ' ')
		case foldPicture:
			if n := len(dst); n > 0 && classOf[dst[n-1]] == isLetter || besideLetter(s[i:]) {
				dst = append(dst, byte(e&foldPayload))
				break
			}
			dst, mark = append(dst, ' '), 0
			dst = utf8.AppendRune(dst, r)
			dst = append(dst, ' ')
		case foldSymbol:
			dst = append(dst, ' ')
			dst = utf8.AppendRune(dst, rune(e&foldPayload))
			dst = append(dst, ' ')
		}
		for range len(dst) - before {
			marks = append(marks, mark|pending)
		}
		pending, stacked = 0, 0
	}
	return dst, marks
}
