// Package rulebook holds codes and laws as data: for a jurisdiction and a day,
// what the settings of a young person's account must be, which measures apply
// to a service, and which source says so.
//
// A pack is one jurisdiction's file. A measure of a pack is one thing that a
// source asks for, from one day until another, of services of some size, risk
// and features; its rules give a setting's value for each age band. Of several
// rules the strictest holds, so that adding a rule never weakens anything.
//
// Nothing here is legal advice. Each measure carries an evidence mark that says
// how well its content is known.
package rulebook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowan/datafile"
)

// Kind is what a source is.
type Kind string

// The kinds of source, the most binding first.
const (
	Law            Kind = "law"
	Code           Kind = "code"           // a code of practice under a law
	Guidance       Kind = "guidance"       // of a regulator
	Announcement   Kind = "announcement"   // of a rule that is not made yet
	Proposal       Kind = "proposal"       // consulted on, not decided
	Practice       Kind = "practice"       // what platforms do
	Recommendation Kind = "recommendation" // Rowan's own
)

var kinds = []Kind{Law, Code, Guidance, Announcement, Proposal, Practice, Recommendation}

// Binding reports whether a service can be held to what a source of the kind
// says.
func (k Kind) Binding() bool { return k == Law || k == Code }

// Evidence is how well it is known what a source says.
type Evidence string

// The marks, the best first.
const (
	Verified  Evidence = "verified"  // read in the primary text
	Secondary Evidence = "secondary" // read in somebody's account of it
	Recall    Evidence = "recall"    // from memory, not verified
	Inference Evidence = "inference" // our own reasoning
)

var marks = []Evidence{Verified, Secondary, Recall, Inference}

// Source is a text that measures come from.
type Source struct {
	ID        string   `yaml:"id" json:"id"`
	Title     string   `yaml:"title" json:"title"`
	Publisher string   `yaml:"publisher" json:"publisher"`
	Kind      Kind     `yaml:"kind" json:"kind"`
	Evidence  Evidence `yaml:"evidence" json:"evidence"`
	Note      string   `yaml:"note" json:"note,omitempty"`
	URL       string   `yaml:"url" json:"url,omitempty"` // of the text, where it is known
}

// Pack is the rules of one jurisdiction.
type Pack struct {
	Jurisdiction string
	Title        string
	Version      string
	Date         Date
	Note         string // what it covers and what not
	Sources      []Source
	Measures     []Measure
}

// Measure is one version of what a source asks for.
type Measure struct {
	ID       string
	Title    string // in our own words
	Source   *Source
	Ref      string // where in the source
	Evidence Evidence
	Note     string
	From     Date // Never if it is not in force without its flag
	Until    Date // the first day on which it is no longer; Never if none is known
	Flag     string
	Expected string // when a measure without a day is expected
	Gate     Gate
	Moments  []string // of supportive information that it asks for
	Rules    []Rule
	Pack     *Pack
}

// Rule is the value of a setting by age band.
type Rule struct {
	Setting int // place in the catalogue
	Bands   [Bands]Cell
	Speaks  [Bands]bool // about that band
}

// InForce reports whether the measure holds on a day. flags are those that are
// turned on.
func (m *Measure) InForce(on Date, flags []string) bool {
	if m.Flag != "" && slices.Contains(flags, m.Flag) {
		return on < m.Until
	}
	return m.Flag == "" && m.From <= on && on < m.Until
}

// File is a data file that has been read.
type File struct {
	Name   string
	Source []byte
}

// Book is all packs. It does not change once made.
type Book struct {
	catalogue *Catalogue
	packs     []*Pack
	flags     []string
	files     []File
}

// Strictest is the jurisdiction that is all packs together.
const Strictest = "strictest"

// catalogueName is the file of the catalogue; every other file is a pack.
const catalogueName = "settings.yaml"

//go:embed settings.yaml packs/*.yaml
var shipped embed.FS

// Shipped are the files that come with Rowan.
func Shipped() ([]File, error) {
	names, err := fs.Glob(shipped, "packs/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("find the packs: %w", err)
	}
	files := make([]File, 0, len(names)+1)
	for _, path := range append([]string{catalogueName}, names...) {
		src, err := shipped.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the packs: %w", err)
		}
		files = append(files, File{filepath.Base(path), src})
	}
	return files, nil
}

// Directory are the shipped files with those of a directory in their place or
// beside them: a file of the same name takes the place of the shipped one.
func Directory(dir string) ([]File, error) {
	files, err := Shipped()
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no packs; a pack is a .yaml file", dir)
	}
	for _, path := range found {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(path)
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == base })
		if i < 0 {
			i = len(files)
			files = append(files, File{})
		}
		files[i] = File{path, src}
	}
	return files, nil
}

// Default is the shipped book.
func Default() (*Book, error) {
	files, err := Shipped()
	if err != nil {
		return nil, err
	}
	return Load(files...)
}

// Load reads a catalogue (settings.yaml) and packs. It returns every error that
// it finds, each a *datafile.Error.
func Load(files ...File) (*Book, error) {
	b := &Book{files: files}
	var wrong []error
	at := slices.IndexFunc(files, func(f File) bool { return filepath.Base(f.Name) == catalogueName })
	if at < 0 {
		return nil, &datafile.Error{File: catalogueName, Text: "the catalogue of settings is missing"}
	}
	var err error
	if b.catalogue, err = loadCatalogue(files[at]); err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for i, f := range files {
		if i == at {
			continue
		}
		p, err := loadPack(f, b.catalogue)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if other, twice := seen[p.Jurisdiction]; twice {
			wrong = append(wrong, &datafile.Error{File: f.Name, Text: fmt.Sprintf("the jurisdiction %s has the pack %s already", p.Jurisdiction, other)})
		}
		seen[p.Jurisdiction] = f.Name
		b.packs = append(b.packs, p)
		for j := range p.Measures {
			if flag := p.Measures[j].Flag; flag != "" && !slices.Contains(b.flags, flag) {
				b.flags = append(b.flags, flag)
			}
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	slices.SortFunc(b.packs, func(x, y *Pack) int { return strings.Compare(x.Jurisdiction, y.Jurisdiction) })
	slices.Sort(b.flags)
	return b, nil
}

// Catalogue is the settings that the packs speak of.
func (b *Book) Catalogue() *Catalogue { return b.catalogue }

// Packs are all packs, by jurisdiction.
func (b *Book) Packs() []*Pack { return b.packs }

// Flags are the feature flags that some measure waits for, sorted.
func (b *Book) Flags() []string { return b.flags }

// Files are what the book was read from.
func (b *Book) Files() []File { return b.files }

// Version names what the book was read from.
func (b *Book) Version() string {
	parts := make([]string, len(b.packs))
	for i, p := range b.packs {
		parts[i] = p.Jurisdiction + " " + p.Version
	}
	return strings.Join(parts, ", ")
}

// Select returns the packs of jurisdictions, by name. None, or Strictest, means
// all.
func (b *Book) Select(jurisdictions ...string) ([]*Pack, error) {
	if len(jurisdictions) == 0 || slices.Contains(jurisdictions, Strictest) {
		return b.packs, nil
	}
	var out []*Pack
	for _, name := range jurisdictions {
		i := slices.IndexFunc(b.packs, func(p *Pack) bool { return p.Jurisdiction == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no pack for %q; there are %s", name, strings.Join(b.Jurisdictions(), ", "))
		}
		if !slices.Contains(out, b.packs[i]) {
			out = append(out, b.packs[i])
		}
	}
	return out, nil
}

// Jurisdictions are the names that Select takes.
func (b *Book) Jurisdictions() []string {
	var out []string
	for _, p := range b.packs {
		out = append(out, p.Jurisdiction)
	}
	return append(out, Strictest)
}

// Measures are all versions of the measures of packs, in the order of the files.
func Measures(packs []*Pack) []*Measure {
	var out []*Measure
	for _, p := range packs {
		for i := range p.Measures {
			out = append(out, &p.Measures[i])
		}
	}
	return out
}

// Changes are the days on which some measure of packs begins or ends, sorted.
func Changes(packs []*Pack) []Date {
	var days []Date
	for _, m := range Measures(packs) {
		for _, d := range [...]Date{m.From, m.Until} {
			if d != Never && !slices.Contains(days, d) {
				days = append(days, d)
			}
		}
	}
	slices.Sort(days)
	return days
}
