package simulate

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"rowan/datafile"
)

//go:embed lines
var lineFiles embed.FS

// part is a part of a talk.
type part int

const (
	opening part = iota
	middle
	closing
	parts
)

// library is the text of the platform, ready for every register.
type library struct {
	registers []register
	slots     map[string]int
	words     [][][]string // by register, slot
	topics    []topic
	family    int // the topic of families
	families  []*family
	young     *family // what young people answer
}

type topic struct {
	name  string
	lines [parts][][]template // by register
}

// family is lines of one manner of writing, by the signal that they express or,
// for look-alikes, resemble.
type family struct {
	name  string
	of    string // the look-alike policy whose lines they are, "" for harmful ones
	held  bool
	lines map[string][][]template // by code, register
}

// template is a line with slots: text, slot, text and so on.
type template struct {
	text  []string // one more than slots
	slots []int
}

type register struct {
	Name string `yaml:"name"`
	// Lower writes everything in small letters.
	Lower bool `yaml:"lower"`
	// Bare leaves out full stops and commas.
	Bare bool `yaml:"bare"`
	// Words are replaced one for one; an empty one is left out.
	Words map[string]string `yaml:"words"`
}

type provenance struct {
	Version string `yaml:"version"`
	Date    string `yaml:"date"`
	Source  string `yaml:"source"`
}

type familyFile struct {
	provenance `yaml:",inline"`
	Family     string              `yaml:"family"`
	Of         string              `yaml:"of"`
	Lines      map[string][]string `yaml:"lines"`
}

type topicFile struct {
	provenance `yaml:",inline"`
	Topics     []struct {
		Name  string   `yaml:"name"`
		Open  []string `yaml:"open"`
		Talk  []string `yaml:"talk"`
		Close []string `yaml:"close"`
	} `yaml:"topics"`
}

type wordFile struct {
	provenance `yaml:",inline"`
	Words      map[string][]string `yaml:"words"`
}

type registerFile struct {
	provenance `yaml:",inline"`
	Registers  []register `yaml:"registers"`
}

func (p provenance) check(doc *datafile.Document) error {
	if p.Version == "" || p.Source == "" {
		return doc.Errorf(nil, "version and source are needed")
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		return doc.Errorf([]any{"date"}, "date is not a day, such as 2026-11-26")
	}
	return nil
}

// loadLibrary gives the line files that are part of the program. They are read
// once, when they are first needed, and do not change.
var loadLibrary = sync.OnceValues(readLibrary)

func readLibrary() (*library, error) {
	l := &library{slots: map[string]int{}}
	var registers registerFile
	doc, err := parseLines("lines/registers.yaml", &registers)
	if err == nil {
		err = registers.check(doc)
	}
	if err != nil {
		return nil, err
	}
	l.registers = registers.Registers
	if len(l.registers) != len(registerNames) {
		return nil, doc.Errorf([]any{"registers"}, "want the registers %s", strings.Join(registerNames[:], ", "))
	}
	for i, r := range l.registers {
		if r.Name != registerNames[i] {
			return nil, doc.Errorf([]any{"registers", i, "name"}, "want %s here", registerNames[i])
		}
	}
	if err := l.readWords("lines/words.yaml"); err != nil {
		return nil, err
	}
	if err := l.readTopics("lines/chatter.yaml"); err != nil {
		return nil, err
	}
	for _, dir := range []string{"lines/harmful", "lines/look_alike", "lines/held"} {
		files, err := fs.Glob(lineFiles, path.Join(dir, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			f, err := l.readFamily(file)
			if err != nil {
				return nil, err
			}
			f.held = dir == "lines/held"
			l.families = append(l.families, f)
		}
	}
	l.young, err = l.readFamily("lines/young.yaml")
	return l, err
}

func parseLines(name string, into any) (*datafile.Document, error) {
	src, err := lineFiles.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("lines of the simulation: %w", err)
	}
	return datafile.Parse(name, src, into)
}

func (l *library) readWords(name string) error {
	var file wordFile
	doc, err := parseLines(name, &file)
	if err == nil {
		err = file.check(doc)
	}
	if err != nil {
		return err
	}
	slots := slices.Sorted(maps.Keys(file.Words))
	l.words = make([][][]string, len(l.registers))
	for i, slot := range slots {
		l.slots[slot] = i
		if len(file.Words[slot]) == 0 {
			return doc.Errorf([]any{"words", slot}, "no words")
		}
		for r := range l.registers {
			var words []string
			for _, word := range file.Words[slot] {
				words = append(words, l.registers[r].write(word))
			}
			l.words[r] = append(l.words[r], words)
		}
	}
	return nil
}

func (l *library) readTopics(name string) error {
	var file topicFile
	doc, err := parseLines(name, &file)
	if err == nil {
		err = file.check(doc)
	}
	if err != nil {
		return err
	}
	l.family = -1
	for i, t := range file.Topics {
		one := topic{name: t.Name}
		if t.Name == "family" {
			l.family = i
		}
		for part, lines := range [parts][]string{t.Open, t.Talk, t.Close} {
			key := [parts]string{"open", "talk", "close"}[part]
			if one.lines[part], err = l.templates(doc, []any{"topics", i, key}, lines); err != nil {
				return err
			}
		}
		l.topics = append(l.topics, one)
	}
	if l.family < 0 || len(l.topics) < 2 {
		return doc.Errorf([]any{"topics"}, "there is no topic family, or none besides")
	}
	return nil
}

func (l *library) readFamily(name string) (*family, error) {
	var file familyFile
	doc, err := parseLines(name, &file)
	if err == nil {
		err = file.check(doc)
	}
	if err != nil {
		return nil, err
	}
	f := &family{name: file.Family, of: file.Of, lines: map[string][][]template{}}
	if f.name == "" {
		return nil, doc.Errorf(nil, "family is missing")
	}
	for _, code := range slices.Sorted(maps.Keys(file.Lines)) {
		if f.lines[code], err = l.templates(doc, []any{"lines", code}, file.Lines[code]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// templates are lines in every register.
func (l *library) templates(doc *datafile.Document, at []any, lines []string) ([][]template, error) {
	if len(lines) == 0 {
		return nil, doc.Errorf(at, "no lines")
	}
	all := make([][]template, len(l.registers))
	for r := range l.registers {
		for i, line := range lines {
			t, err := l.template(&l.registers[r], line)
			if err != nil {
				return nil, doc.Errorf(slices.Concat(at, []any{i}), "%v", err)
			}
			all[r] = append(all[r], t)
		}
	}
	return all, nil
}

// template reads a line such as "see you on {day}".
func (l *library) template(r *register, line string) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(line, "{")
		t.text = append(t.text, r.write(before))
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		slot, known := l.slots[name]
		if !closed || !known {
			return t, fmt.Errorf("{%s} is not a slot of words.yaml", name)
		}
		t.slots = append(t.slots, slot)
		line = after
	}
}

// write puts text into a register, word by word.
func (r *register) write(text string) string {
	if r.Lower {
		text = strings.ToLower(text)
	}
	var b strings.Builder
	inWord := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '\'' }
	for text != "" {
		end := strings.IndexFunc(text, func(c rune) bool { return !inWord(c) })
		switch {
		case end < 0:
			end = len(text)
			fallthrough
		case end > 0:
			word := text[:end]
			text = text[end:]
			other, found := r.Words[strings.ToLower(word)]
			switch {
			case !found:
				b.WriteString(word)
			case other == "":
				text = strings.TrimPrefix(text, " ")
			case unicode.IsUpper(rune(word[0])):
				b.WriteString(strings.ToUpper(other[:1]) + other[1:])
			default:
				b.WriteString(other)
			}
		default:
			_, size := utf8.DecodeRuneInString(text)
			if mark := text[:size]; !r.Bare || mark != "." && mark != "," {
				b.WriteString(mark)
			}
			text = text[size:]
		}
	}
	return b.String()
}

// fill writes a template with words drawn by chance.
func (l *library) fill(dst []byte, t *template, register uint8, draw func(int) int) []byte {
	for i, text := range t.text {
		dst = append(dst, text...)
		if i < len(t.slots) {
			words := l.words[register][t.slots[i]]
			dst = append(dst, words[draw(len(words))]...)
		}
	}
	return dst
}

// topic draws one that anybody may talk of. As families talk, only families do: a
// stranger who says when he picks a child up does not chat, but arranges a meeting.
func (l *library) topic(rng *rand.Rand) int {
	n := rng.IntN(len(l.topics) - 1)
	if n >= l.family {
		n++
	}
	return n
}

// chatter is a line of a topic in a register.
func (c *cluster) chatter(topic int, part part, register uint8) string {
	l := c.platform.text
	lines := l.topics[topic].lines[part][register]
	c.scratch = l.fill(c.scratch[:0], &lines[c.rng.IntN(len(lines))], register, c.rng.IntN)
	return string(c.scratch)
}
