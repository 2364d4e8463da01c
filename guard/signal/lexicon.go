package signal

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rowan/datafile"
)

// File is the source of one lexicon. Its name is used in errors, and one that
// ends in ".restricted.yaml" may hold single words only.
type File struct {
	Name   string
	Source []byte
}

const restrictedSuffix = ".restricted.yaml"

//go:embed lexicon/*.yaml
var lexiconFiles embed.FS

// DefaultLexicons returns the lexicons that are built in.
func DefaultLexicons() ([]File, error) {
	return readLexicons(lexiconFiles, "lexicon", "lexicon/")
}

// DirectoryLexicons reads every .yaml file of a directory, in order of name.
func DirectoryLexicons(dir string) ([]File, error) {
	return readLexicons(os.DirFS(dir), ".", dir+string(filepath.Separator))
}

func readLexicons(from fs.FS, dir, prefix string) ([]File, error) {
	names, err := fs.Glob(from, strings.TrimPrefix(dir+"/*.yaml", "./"))
	if err != nil {
		return nil, fmt.Errorf("list lexicons in %s: %w", prefix, err)
	}
	if len(names) == 0 {
		if _, err := fs.Stat(from, dir); err != nil {
			return nil, fmt.Errorf("read lexicons: %w", err)
		}
	}
	files := make([]File, 0, len(names))
	for _, name := range names {
		src, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("read lexicon: %w", err)
		}
		files = append(files, File{Name: prefix + filepath.Base(name), Source: src})
	}
	return files, nil
}

// lexiconFile is the form of a lexicon; docs/signals.md describes it.
type lexiconFile struct {
	Version     string               `yaml:"version"`
	Date        string               `yaml:"date"`
	Source      string               `yaml:"source"`
	Language    string               `yaml:"language"`
	Equivalents map[string]oneOrMore `yaml:"equivalents"`
	Lists       map[string][]phrase  `yaml:"lists"`
	Digits      []oneOrMore          `yaml:"digits"`
	Repeats     []string             `yaml:"repeats"`
	Domains     []string             `yaml:"domains"`
	Invites     []string             `yaml:"invites"`
	Negation    struct {
		Cues   []phrase `yaml:"cues"`
		Except []phrase `yaml:"except"`
	} `yaml:"negation"`
	Quotation []phrase        `yaml:"quotation"`
	Safety    []phrase        `yaml:"safety"`
	Questions []phrase        `yaml:"questions"`
	Signals   []signalPhrases `yaml:"signals"`
}

type signalPhrases struct {
	Signal   string    `yaml:"signal"`
	Phrases  []phrase  `yaml:"phrases"`
	Patterns []pattern `yaml:"patterns"`
}

// pattern is a phrase in two parts, each given as alternatives.
type pattern struct {
	First    []phrase `yaml:"first"`
	Second   []phrase `yaml:"second"`
	Within   int      `yaml:"within"`
	Strength *float64 `yaml:"strength"`
}

// phrase is a text, or a mapping {phrase, strength}.
type phrase struct {
	text     string
	strength float64
	line     int
}

func (p *phrase) UnmarshalYAML(node *yaml.Node) error {
	p.line, p.strength = node.Line, 1
	switch node.Kind {
	case yaml.ScalarNode:
		p.text = node.Value
		return nil
	case yaml.MappingNode:
		if len(node.Content) > 4 {
			return lineError(node, "a phrase has phrase and strength, each once")
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if i > 0 && node.Content[0].Value == key.Value {
				return lineError(key, "%s is here twice", key.Value)
			}
			var err error
			switch key.Value {
			case "phrase":
				err = value.Decode(&p.text)
			case "strength":
				err = value.Decode(&p.strength)
			default:
				err = lineError(key, "unknown key %s; a phrase has phrase and strength", key.Value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return lineError(node, "a phrase is a text or {phrase, strength}")
}

// oneOrMore is a text or a list of texts.
type oneOrMore struct {
	texts []string
	line  int
}

func (o *oneOrMore) UnmarshalYAML(node *yaml.Node) error {
	o.line = node.Line
	if node.Kind == yaml.ScalarNode {
		o.texts = []string{node.Value}
		return nil
	}
	return node.Decode(&o.texts)
}

func lineError(node *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: ", node.Line) + fmt.Sprintf(format, args...)}}
}

// Lexicon is the compiled phrases of every language. It is not changed after
// Compile and may be shared.
type Lexicon struct {
	version   string
	taxonomy  *Taxonomy
	languages []*language // in order of name
	disguise  ID          // C02, 0 if the taxonomy has none
	mention   ID          // P06
	parts     int
}

// Size says how large a compiled lexicon is.
type Size struct {
	Languages, Phrases, Sequences, Words, Classes, States, Bytes int
}

// language is what one language's files compile to.
type language struct {
	name       string
	words      vocabulary
	expansions [][]uint16
	spelled    speller
	spoken     spoken
	short      vocabulary // words of four letters without their vowels
	automaton  *automaton
	class      [numberOfForms]uint16 // of the tokens that are recognised, not spelled
	firstState uint32                // states of all languages are numbered in one run, for Carry
	firstNode  uint32                // likewise the nodes of spellers
	firstSlot  int                   // and the parts of phrases with gaps
	slots      int
	slotSignal []ID
	size       Size
}

// Compile checks the files strictly and compiles them. It returns every error
// it finds, each with file and line.
func Compile(t *Taxonomy, files []File) (*Lexicon, error) {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s\n", t.Version)
	for i := 1; i <= t.Len(); i++ {
		s := t.Signal(ID(i))
		fmt.Fprintf(digest, "%s %d %d %d\n", s.Code, s.Stage, s.Direction, s.Severity)
	}
	builders := map[string]*builder{}
	var errs []error
	if len(files) == 0 {
		errs = append(errs, errors.New("no lexicon files"))
	}
	for _, file := range files {
		fmt.Fprintf(digest, "%s %d\n", filepath.Base(file.Name), len(file.Source))
		digest.Write(file.Source)
		var raw lexiconFile
		doc, err := datafile.Parse(file.Name, file.Source, &raw)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := checkHeader(doc, &raw); err != nil {
			errs = append(errs, err)
			continue
		}
		b := builders[raw.Language]
		if b == nil {
			b = newBuilder(t, raw.Language)
			builders[raw.Language] = b
		}
		b.sources = append(b.sources, source{name: file.Name, doc: doc, raw: &raw, restricted: strings.HasSuffix(file.Name, restrictedSuffix)})
	}
	l := &Lexicon{taxonomy: t}
	l.disguise, _ = t.Lookup("C02")
	l.mention, _ = t.Lookup("P06")
	states, nodes := uint32(1), uint32(1)
	for _, name := range sorted(builders) {
		one, err := builders[name].build()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		one.firstState, one.firstNode, one.firstSlot = states, nodes, l.parts
		states += one.automaton.states
		nodes += uint32(len(one.spelled.nodes))
		l.parts += one.slots
		l.languages = append(l.languages, one)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if l.parts >= 1<<16 {
		return nil, fmt.Errorf("%d parts of phrases with gaps; at most %d", l.parts, 1<<16-1)
	}
	l.version = hex.EncodeToString(digest.Sum(nil)[:6])
	return l, nil
}

func checkHeader(doc *datafile.Document, raw *lexiconFile) error {
	var errs []error
	for _, field := range [][2]string{{"version", raw.Version}, {"date", raw.Date}, {"source", raw.Source}} {
		if field[1] == "" {
			errs = append(errs, doc.Errorf(nil, "%s is missing", field[0]))
		}
	}
	if len(raw.Language) < 2 || len(raw.Language) > 3 || strings.ToLower(raw.Language) != raw.Language {
		errs = append(errs, doc.Errorf([]any{"language"}, "language is a code of two or three small letters, such as en"))
	}
	return errors.Join(errs...)
}

// Version is a short hash of the files and the taxonomy.
func (l *Lexicon) Version() string { return l.version }

// Reads reports whether text of a locale is understood. Without a locale it is taken
// to be; where it names a language that has no lexicon, conduct is all that is seen.
func (l *Lexicon) Reads(locale string) bool {
	if locale == "" {
		return true
	}
	code, _, _ := strings.Cut(locale, "-")
	return slices.ContainsFunc(l.languages, func(lang *language) bool { return strings.EqualFold(code, lang.name) })
}

// Languages lists the languages that are read, by code.
func (l *Lexicon) Languages() []string {
	names := make([]string, len(l.languages))
	for i, one := range l.languages {
		names[i] = one.name
	}
	return names
}

// Size sums the sizes of all languages.
func (l *Lexicon) Size() Size {
	out := Size{Languages: len(l.languages)}
	for _, one := range l.languages {
		out.Phrases += one.size.Phrases
		out.Sequences += one.size.Sequences
		out.Words += one.size.Words
		out.Classes += one.size.Classes
		out.States += one.size.States
		out.Bytes += one.size.Bytes
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
