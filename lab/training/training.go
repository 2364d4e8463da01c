// Package training reads the lines that the learned signals are trained on and
// measured with: one tab-separated file per signal of the taxonomy, named for
// its code, written for Rowan. Lines to train on lie in lab/training, lines held
// out in lab/training/held; Read takes one directory and never descends, so that
// who trains cannot read a held line by accident.
package training

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Form tells how a line stands to the signal of its file.
type Form string

const (
	// Direct lines carry the signal in the usual words.
	Direct Form = "direct"
	// Indirect lines carry it without the usual keyword.
	Indirect Form = "indirect"
	// LookAlike lines share words with the signal and do not carry it.
	LookAlike Form = "look_alike"
)

// Bounds of a text, in characters.
const (
	MinText = 3
	MaxText = 200
)

// LookAlikes is the one file that belongs to no signal: innocent everyday lines
// that resemble several signals at once.
const LookAlikes = "look-alikes.tsv"

const header = "family\tform\ttext\talso"

var (
	code = regexp.MustCompile(`^[A-Z][0-9]{2}$`)
	slug = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// Line is one utterance.
type Line struct {
	Signal string // code of the file it stands in, empty in LookAlikes
	Family string // manner of speaking; whole families are held out for calibration
	Form   Form
	Text   string   // MinText to MaxText characters
	Also   []string // codes of further signals it truly carries, nil where none
	File   string   // base name
	Row    int      // counted from 1, the header being row 1
}

// Positive says whether the line carries the signal of its file.
func (l Line) Positive() bool { return l.Form != LookAlike }

// Carries says whether the line carries the signal named, as its own or beside
// it. A look-alike of one signal may carry another.
func (l Line) Carries(signal string) bool {
	return l.Signal == signal && l.Positive() || slices.Contains(l.Also, signal)
}

// Key is the text as duplicates are judged: lower case, letters and digits
// only, words parted by one space.
func (l Line) Key() string { return Key(l.Text) }

// Key reduces a text to lower case letters and digits, words parted by one
// space. Apostrophes vanish ("don't" is "dont"), other marks part words.
func Key(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		case r == '\'' || r == '’':
		default:
			gap = true
		}
	}
	return b.String()
}

// Set holds the lines of one directory, by file name and row.
type Set struct {
	Lines []Line
}

// Signals lists the codes that have a file with lines, in order.
func (s *Set) Signals() []string {
	var codes []string
	for _, l := range s.Lines {
		if l.Signal != "" {
			codes = append(codes, l.Signal)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Of gives the lines of one signal's file, in order; of "", those of LookAlikes.
func (s *Set) Of(signal string) []Line {
	var lines []Line
	for _, l := range s.Lines {
		if l.Signal == signal {
			lines = append(lines, l)
		}
	}
	return lines
}

// Error says where a file breaks the format. It holds no text of a line.
type Error struct {
	File string
	Row  int
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Row, e.Msg) }

// Read reads every CODE.tsv of a directory and LookAlikes where it has one,
// without those beneath it. All
// faults of all files are joined in the error; a directory without such a file
// is an error.
func Read(dir string) (*Set, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil, fmt.Errorf("training lines: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("training lines: no .tsv file in %s", dir)
	}
	set := &Set{}
	var faults []error
	for _, name := range names {
		lines, err := readFile(name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		set.Lines = append(set.Lines, lines...)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("training lines: %w", err)
	}
	return set, nil
}

func readFile(name string) (lines []Line, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return Parse(filepath.Base(name), f)
}

// Parse reads one file. Its base name gives the signal. The form is strict: UTF-8
// without byte order mark, LF at the end of every row, the header
// "family, form, text, also", four fields a row, no empty row. A line of
// LookAlikes is a look-alike and carries no signal.
func Parse(file string, r io.Reader) ([]Line, error) {
	signal, ok := strings.CutSuffix(file, ".tsv")
	switch {
	case file == LookAlikes:
		signal = ""
	case !ok || !code.MatchString(signal):
		return nil, &Error{file, 0, "the name is not the code of a signal and .tsv"}
	}
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	rows, ended := strings.CutSuffix(string(src), "\n")
	if !ended {
		return nil, &Error{file, 1 + strings.Count(rows, "\n"), "the last row does not end in LF"}
	}
	var (
		lines  []Line
		faults []error
	)
	for i, row := range strings.Split(rows, "\n") {
		if i == 0 {
			if row != header {
				return nil, &Error{file, 1, `the header must be family, form, text, also, parted by tabs`}
			}
			continue
		}
		line, err := parseRow(signal, row)
		if err != nil {
			faults = append(faults, &Error{file, i + 1, err.Error()})
			continue
		}
		line.File, line.Row = file, i+1
		lines = append(lines, line)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return lines, nil
}

func parseRow(signal, row string) (Line, error) {
	if !utf8.ValidString(row) {
		return Line{}, errors.New("not UTF-8")
	}
	fields := strings.Split(row, "\t")
	if len(fields) != 4 {
		return Line{}, fmt.Errorf("%d fields, not 4", len(fields))
	}
	line := Line{Signal: signal, Family: fields[0], Form: Form(fields[1]), Text: fields[2]}
	if !slug.MatchString(line.Family) {
		return Line{}, errors.New("the family is not a lower-case slug")
	}
	if line.Form != Direct && line.Form != Indirect && line.Form != LookAlike {
		return Line{}, errors.New("the form is not direct, indirect or look_alike")
	}
	if err := checkText(line.Text); err != nil {
		return Line{}, err
	}
	if fields[3] != "" {
		line.Also = strings.Split(fields[3], ",")
	}
	if signal == "" && (line.Form != LookAlike || line.Also != nil) {
		return Line{}, errors.New("a line of no signal is a look_alike and carries none")
	}
	for i, also := range line.Also {
		if !code.MatchString(also) || also == signal || slices.Contains(line.Also[:i], also) {
			return Line{}, errors.New("the last field names a code that is malformed, the file's own or named twice")
		}
	}
	return line, nil
}

func checkText(text string) error {
	if n := utf8.RuneCountInString(text); n < MinText || n > MaxText {
		return fmt.Errorf("the text has %d characters, not %d to %d", n, MinText, MaxText)
	}
	if strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
		return errors.New("the text has a space too many")
	}
	for _, r := range text {
		// A control, format, private or line-parting character, or a space other than the plain one.
		if r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) || r == utf8.RuneError {
			return fmt.Errorf("the text holds the forbidden character %U", r)
		}
	}
	if Key(text) == "" {
		return errors.New("the text holds no letter and no digit")
	}
	return nil
}
