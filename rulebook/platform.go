package rulebook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rowan/age"
	"rowan/datafile"
)

// Platform is what a platform says in public about the settings of young
// people's accounts: only what is known of it, mapped to the catalogue.
type Platform struct {
	ID         string
	Title      string
	Version    string
	Date       Date
	Note       string
	Features   Features // nil: not known
	Sources    []Source
	Statements []Statement
}

// Statement is what a platform says about one setting.
type Statement struct {
	Setting  int // place in the catalogue
	Source   *Source
	AsOf     string // the year, month or day on which it was published, or else read
	Evidence Evidence
	Note     string
	Bands    [Bands]Published
	Speaks   [Bands]bool // about that band
}

// Published is a value that a platform says it has. Who may relax it is in the
// cell only if the platform says that, too, and up to the next value only if it
// does not say how far; resets never are.
type Published struct {
	Cell  Cell
	Relax bool // who may relax it is stated
}

type platformFile struct {
	Version  string        `yaml:"version"`
	Date     Date          `yaml:"date"`
	Platform string        `yaml:"platform"`
	Title    string        `yaml:"title"`
	Note     string        `yaml:"note"`
	Features []string      `yaml:"features"`
	Sources  []Source      `yaml:"sources"`
	Settings []statementOf `yaml:"settings"`
}

type statementOf struct {
	Setting  string   `yaml:"setting"`
	Source   string   `yaml:"source"`
	AsOf     string   `yaml:"as_of"`
	Evidence Evidence `yaml:"evidence"`
	Note     string   `yaml:"note"`
	Under13  *cellOf  `yaml:"under_13"`
	From13   *cellOf  `yaml:"13-15"`
	From16   *cellOf  `yaml:"16-17"`
	Adult    *cellOf  `yaml:"18+"`
}

//go:embed platforms/*.yaml
var shippedPlatforms embed.FS

// ShippedPlatforms are the files about platforms that come with Rowan.
func ShippedPlatforms() ([]File, error) {
	names, err := fs.Glob(shippedPlatforms, "platforms/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("find the platforms: %w", err)
	}
	files := make([]File, len(names))
	for i, path := range names {
		src, err := shippedPlatforms.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the platforms: %w", err)
		}
		files[i] = File{filepath.Base(path), src}
	}
	return files, nil
}

var asOf = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2}){0,2}$`)

// LoadPlatform reads what a platform says about its settings. It returns every
// error that it finds, each a *datafile.Error.
func LoadPlatform(f File, c *Catalogue) (*Platform, error) {
	var raw platformFile
	doc, err := datafile.Parse(f.Name, f.Source, &raw)
	if err != nil {
		return nil, err
	}
	p := &Platform{
		ID: raw.Platform, Title: raw.Title, Version: raw.Version, Date: raw.Date, Note: strings.TrimSpace(raw.Note),
		Features: raw.Features, Sources: raw.Sources,
	}
	var wrong []error
	fail := func(format string, path []any, args ...any) { wrong = append(wrong, doc.Errorf(path, format, args...)) }
	head(raw.Version, raw.Date, fail)
	if !name(p.ID) {
		fail("the platform %q must be lower-case letters, digits, _ - and .", []any{"platform"}, p.ID)
	}
	if p.Title == "" {
		fail("title is missing", []any{"title"})
	}
	for i, feature := range p.Features {
		if !slices.Contains(c.features, feature) {
			fail("the feature %q is none that the settings speak of: %s", []any{"features", i}, feature, strings.Join(c.features, ", "))
		}
	}
	checkSources(p.Sources, fail)
	for i := range raw.Settings {
		from := &raw.Settings[i]
		at := func(path ...any) []any { return append([]any{"settings", i}, path...) }
		place, ok := c.Place(from.Setting)
		if !ok {
			fail("there is no setting %q; settings.yaml lists them", at("setting"), from.Setting)
			continue
		}
		if slices.ContainsFunc(p.Statements, func(s Statement) bool { return s.Setting == place }) {
			fail("the setting %s stands here twice", at("setting"), from.Setting)
		}
		s := Statement{Setting: place, AsOf: from.AsOf, Evidence: from.Evidence, Note: strings.TrimSpace(from.Note)}
		source := slices.IndexFunc(p.Sources, func(s Source) bool { return s.ID == from.Source })
		if source < 0 {
			fail("the statement about %s has the source %q, which is not listed under sources", at("source"), from.Setting, from.Source)
		} else {
			s.Source = &p.Sources[source]
		}
		if !slices.Contains(marks, s.Evidence) {
			fail("the statement about %s has the evidence mark %q; want one of %v", at("evidence"), from.Setting, s.Evidence, marks)
		}
		if !asOf.MatchString(s.AsOf) {
			fail("as_of is %q; want a year, month or day such as 2026-02", at("as_of"), s.AsOf)
		}
		for band, cell := range [Bands]*cellOf{from.Under13, from.From13, from.From16, from.Adult} {
			if cell == nil {
				continue
			}
			s.Speaks[band] = true
			if s.Bands[band], err = cell.published(c.Setting(place)); err != nil {
				fail("%s for %s: %v", at(bands[band].String()), from.Setting, bands[band], err)
			}
		}
		if s.Speaks == [Bands]bool{} {
			fail("the statement about %s gives no value for any age band", at(), from.Setting)
		}
		p.Statements = append(p.Statements, s)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return p, nil
}

func (raw *cellOf) published(s *Setting) (Published, error) {
	stated := *raw
	if raw.Relax == "" && raw.UpTo == "" {
		stated.Relax = "nobody"
	}
	cell, err := stated.read(s)
	if raw.UpTo == "" {
		cell.Child, cell.Guardian = min(cell.Child, cell.Value+1), min(cell.Guardian, cell.Value+1)
	}
	return Published{Cell: cell, Relax: raw.Relax != ""}, err
}

// beyond reports whether what is published protects less than a cell: by its
// default, or by who may relax it where that is stated.
func (p Published) beyond(c Cell) bool {
	return p.Cell.Value > c.Value || p.Relax && (p.Cell.Child > c.Child || p.Cell.Guardian > c.Guardian)
}

// Shortfall is a setting in a band of which a platform says that it protects
// less than an edition asks for.
type Shortfall struct {
	Statement *Statement
	Band      age.Band
	Published Published
	Cell      Cell       // what the edition asks for
	Citations []Citation // the rules that it falls short of, the strictest first
}

// Default reports whether the default is too weak; if it is not, what is too
// weak is who may relax it.
func (s *Shortfall) Default() bool { return s.Published.Cell.Value > s.Cell.Value }

// Shortfalls are where what a platform says falls short of an edition, by band
// and then in the order of the catalogue. What the platform is silent about is
// no shortfall; Unstated counts it.
func Shortfalls(e *Edition, p *Platform) []Shortfall {
	var out []Shortfall
	for i := range p.Statements {
		s := &p.Statements[i]
		for place, band := range bands {
			if !s.Speaks[place] || !e.Has(s.Setting) || !s.Bands[place].beyond(e.Cell(band, s.Setting)) {
				continue
			}
			f := Shortfall{Statement: s, Band: band, Published: s.Bands[place], Cell: e.Cell(band, s.Setting)}
			for _, c := range e.Citations(band, s.Setting) {
				if f.Published.beyond(c.Cell) {
					f.Citations = append(f.Citations, c)
				}
			}
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Shortfall) int {
		if d := Place(a.Band) - Place(b.Band); d != 0 {
			return d
		}
		return a.Statement.Setting - b.Statement.Setting
	})
	return out
}

// Unstated are the places of the settings that some rule of an edition speaks
// of for a band while the platform says nothing.
func Unstated(e *Edition, p *Platform, b age.Band) []int {
	var out []int
	for setting := range e.Catalogue().Len() {
		if len(e.Citations(b, setting)) > 0 && !slices.ContainsFunc(p.Statements, func(s Statement) bool {
			return s.Setting == setting && s.Speaks[Place(b)]
		}) {
			out = append(out, setting)
		}
	}
	return out
}
