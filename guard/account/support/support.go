// Package support holds the texts that people are shown: the supportive
// information of measure ICU F2 of Ofcom's Illegal Content Codes at its four
// moments, the notices of a policy, what a setting is for, and why the gate of
// contact answers as it does. The texts are gettext catalogues, one PO file a
// locale; docs/texts.md describes them.
package support

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rowan/datafile"
)

// FallbackLocale is used where there is no text in the language asked for.
const FallbackLocale = "en-GB"

// The kinds of text.
const (
	Moment   = "moment"    // one of the Moments
	Notice   = "notice"    // of a policy, by its text key
	Setting  = "setting"   // what a setting does, by its id in the rulebook
	GateTo   = "gate/to"   // why the gate answers so, for the one who would be contacted
	GateFrom = "gate/from" // the same for the one who wants to make contact
	Possible = "possible"  // what would make a contact possible, for the young person
	Helpline = "helpline"  // what stands for the mark {helpline}: Here and Elsewhere
)

// The keys of the kind Helpline.
const (
	Here      = "here"      // for readers of the catalogue's own locale
	Elsewhere = "elsewhere" // for readers of another
)

func kinds() []string {
	return []string{Moment, Notice, Setting, GateTo, GateFrom, Possible, Helpline}
}

// Bands are the words for the ages of readers, the youngest first. A text of no
// band is for all of them.
func Bands() []string { return []string{"under_13", "13-15", "16-17", "18+"} }

// Moments are the keys of the kind Moment: the four occasions on which ICU F2
// asks for supportive information.
func Moments() []string {
	return []string{"default_changed", "connection_request", "first_contact", "acted_against"}
}

// File is a PO file that has been read.
type File struct {
	Name   string
	Source []byte
}

//go:embed locale/*.po
var shipped embed.FS

// Shipped are the catalogues that come with Rowan.
func Shipped() ([]File, error) {
	names, err := fs.Glob(shipped, "locale/*.po")
	if err != nil {
		return nil, fmt.Errorf("find the catalogues: %w", err)
	}
	files := make([]File, len(names))
	for i, name := range names {
		src, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the catalogues: %w", err)
		}
		files[i] = File{path.Base(name), src}
	}
	return files, nil
}

// Directory are the shipped catalogues with those of a directory in their place
// or beside them: a file of the same name takes the place of the shipped one.
func Directory(dir string) ([]File, error) {
	files, err := Shipped()
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.po"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no catalogues; a catalogue is a .po file", dir)
	}
	for _, name := range found {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == filepath.Base(name) })
		if i < 0 {
			i = len(files)
			files = append(files, File{})
		}
		files[i] = File{name, src}
	}
	return files, nil
}

// place is where a text stands in a locale.
type place struct{ kind, key, band string }

// locale is the texts of one file, with the helpline put in.
type locale struct {
	tag     string
	version string
	home    map[place]string // for readers of this locale
	foreign map[place]string // for readers of another, who need another helpline
}

// Catalogue is the texts of all locales. It never changes.
type Catalogue struct {
	locales  map[string]*locale // by lower-case tag
	bases    map[string]*locale // by lower-case language, the first of it by name
	fallback *locale
	digest   [sha256.Size]byte
}

// Default is the shipped catalogue.
func Default() (*Catalogue, error) {
	files, err := Shipped()
	if err != nil {
		return nil, err
	}
	return Load(files...)
}

// Load reads catalogues, one file a locale. That of the fallback locale must be
// among them and have every text that the shipped one has; no other may have a
// text that the fallback lacks. It returns every error that it finds, each a
// *datafile.Error.
func Load(files ...File) (*Catalogue, error) {
	c := &Catalogue{locales: map[string]*locale{}, bases: map[string]*locale{}}
	read := map[*locale]*reader{}
	var wrong []error
	for _, file := range files {
		r := newReader(file)
		wrong = append(wrong, r.wrong...)
		if r.locale.tag == "" {
			continue
		}
		tag := strings.ToLower(r.locale.tag)
		if _, twice := c.locales[tag]; twice {
			wrong = append(wrong, r.at(r.file.lines[headLanguage], "locale %s has another file already", r.locale.tag))
			continue
		}
		c.locales[tag], read[r.locale] = r.locale, r
	}
	c.fallback = c.locales[strings.ToLower(FallbackLocale)]
	if c.fallback == nil {
		if len(wrong) == 0 {
			wrong = append(wrong, &datafile.Error{File: "texts", Text: "there is no file for the fallback locale " + FallbackLocale})
		}
		return nil, inOrder(wrong)
	}
	for l, r := range read {
		wrong = append(wrong, r.compare(c.fallback)...)
		if l == c.fallback {
			missing, err := r.missing()
			if err != nil {
				return nil, err
			}
			wrong = append(wrong, missing...)
		}
	}
	if len(wrong) > 0 {
		return nil, inOrder(wrong)
	}
	c.finish(files)
	return c, nil
}

// Check reads one catalogue in the place of the shipped one of its locale, and
// says which locale it is and how many of the fallback's texts it has, each band
// counted.
func Check(file File) (tag string, has, of int, err error) {
	files, err := Shipped()
	if err != nil {
		return "", 0, 0, err
	}
	tag = newReader(file).locale.tag
	files = slices.DeleteFunc(files, func(f File) bool { return strings.EqualFold(newReader(f).locale.tag, tag) })
	c, err := Load(append(files, file)...)
	if err != nil {
		return "", 0, 0, err
	}
	for p := range c.fallback.home {
		if _, ok := c.locales[strings.ToLower(tag)].home[p]; ok {
			has++
		}
	}
	return tag, has, len(c.fallback.home), nil
}

// finish finds the locale of each language, and the digest.
func (c *Catalogue) finish(files []File) {
	for _, tag := range slices.Sorted(maps.Keys(c.locales)) {
		if _, ok := c.bases[base(tag)]; !ok {
			c.bases[base(tag)] = c.locales[tag]
		}
	}
	c.bases[base(strings.ToLower(FallbackLocale))] = c.fallback
	sums := make([][]byte, len(files))
	for i, file := range files {
		sum := sha256.Sum256(file.Source)
		sums[i] = sum[:]
	}
	slices.SortFunc(sums, slices.Compare)
	c.digest = sha256.Sum256(slices.Concat(sums...))
}

// inOrder joins errors by file and line.
func inOrder(all []error) error {
	slices.SortStableFunc(all, func(a, b error) int {
		var x, y *datafile.Error
		if errors.As(a, &x) && errors.As(b, &y) {
			return cmp.Or(strings.Compare(x.File, y.File), x.Line-y.Line, strings.Compare(x.Text, y.Text))
		}
		return strings.Compare(a.Error(), b.Error())
	})
	return errors.Join(all...)
}

// Version is the version that the catalogue of the fallback locale states, with
// a fingerprint of all files.
func (c *Catalogue) Version() string {
	return c.fallback.version + "+" + hex.EncodeToString(c.digest[:4])
}

// Digest is a SHA-256 over all files; their order is of no account.
func (c *Catalogue) Digest() [sha256.Size]byte { return c.digest }

// Locales are the locales that have a file, sorted.
func (c *Catalogue) Locales() []string {
	var tags []string
	for _, l := range c.locales {
		tags = append(tags, l.tag)
	}
	slices.Sort(tags)
	return tags
}

// Keys are the keys of a kind, sorted.
func (c *Catalogue) Keys(kind string) []string {
	var keys []string
	for p := range c.fallback.home {
		if p.kind == kind && p.band == "" {
			keys = append(keys, p.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Has reports whether there is a text of a kind for the key.
func (c *Catalogue) Has(kind, key string) bool {
	_, ok := c.fallback.home[place{kind, key, ""}]
	return ok
}

// Find returns the text of a kind and key for a reader of a band ("" for none)
// and a locale (BCP 47; "" for the fallback), and the locale it is in: the same,
// else the same language, else the fallback. In each the text of the band is
// taken, else that of no band. A reader of another locale is not sent to this
// one's helpline. Both are "" if there is no such text.
func (c *Catalogue) Find(kind, key, band, tag string) (text, in string) {
	asked := strings.ToLower(tag)
	if l, ok := c.locales[asked]; ok {
		if text, ok := pick(l.home, kind, key, band); ok {
			return text, l.tag
		}
	}
	texts := c.fallback.foreign
	if asked == "" {
		texts = c.fallback.home
	} else if l, ok := c.bases[base(asked)]; ok {
		if text, ok := pick(l.foreign, kind, key, band); ok {
			return text, l.tag
		}
	}
	if text, ok := pick(texts, kind, key, band); ok {
		return text, c.fallback.tag
	}
	return "", ""
}

func pick(texts map[place]string, kind, key, band string) (string, bool) {
	if text, ok := texts[place{kind, key, band}]; ok {
		return text, true
	}
	text, ok := texts[place{kind, key, ""}]
	return text, ok
}

func base(tag string) string {
	language, _, _ := strings.Cut(tag, "-")
	return language
}

// reader reads one file.
type reader struct {
	file   *poFile
	locale *locale
	lines  map[place]int
	wrong  []error
}

func (r *reader) at(line int, format string, args ...any) error {
	return &datafile.Error{File: r.file.name, Line: line, Text: fmt.Sprintf(format, args...)}
}

func (r *reader) fail(line int, format string, args ...any) {
	r.wrong = append(r.wrong, r.at(line, format, args...))
}

const helplineMark = "{helpline}"

var (
	localeForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// newReader reads a file; the tag of its locale stays empty where the file is
// beyond reading.
func newReader(file File) *reader {
	r := &reader{locale: &locale{home: map[place]string{}, foreign: map[place]string{}}, lines: map[place]int{}}
	r.file, r.wrong = readPO(file)
	if r.file == nil {
		return r
	}
	// gettext writes en_GB, BCP 47 en-GB.
	tag := strings.ReplaceAll(r.file.header[headLanguage], "_", "-")
	if tag != "" && !localeForm.MatchString(tag) {
		r.fail(r.file.lines[headLanguage], "%s %q is no BCP 47 tag, such as en-GB", headLanguage, r.file.header[headLanguage])
		tag = ""
	}
	r.locale.tag, r.locale.version = tag, r.file.header[headVersion]
	fallback := strings.EqualFold(tag, FallbackLocale)
	for _, e := range r.file.entries {
		p, ok := r.place(e)
		text := strings.TrimSpace(e.text)
		switch {
		case !ok:
			continue
		case e.fuzzy || text == "":
			// Not translated yet, as gettext has it.
			if fallback {
				r.fail(e.line, "%s is empty or fuzzy", e.name())
			}
			continue
		case p.kind == Helpline && strings.ContainsAny(text, "{}"):
			r.fail(e.line, "%s has a brace; there is no mark in a helpline", e.name())
		case strings.ContainsAny(strings.ReplaceAll(text, helplineMark, ""), "{}"):
			r.fail(e.line, "%s has a brace; the only mark is %s", e.name(), helplineMark)
		}
		r.locale.home[p], r.lines[p] = text, e.line
	}
	r.putHelplines()
	return r
}

// place reads the context of a message, which is a kind and may be a band.
func (r *reader) place(e entry) (place, bool) {
	kind, band := e.context, ""
	if i := strings.LastIndexByte(kind, '/'); i >= 0 && !slices.Contains(kinds(), kind) {
		kind, band = kind[:i], kind[i+1:]
	}
	switch {
	case e.context == "":
		r.fail(e.line, "the text %q has no msgctxt, which names its kind", e.id)
	case !slices.Contains(kinds(), kind):
		r.fail(e.line, "unknown kind %q; it is one of %s", e.context, strings.Join(kinds(), ", "))
	case kind != e.context && !slices.Contains(Bands(), band):
		r.fail(e.line, "unknown band %q; it is one of %s", band, strings.Join(Bands(), ", "))
	case kind == Helpline && band != "":
		r.fail(e.line, "a helpline is for every band")
	case !keyForm.MatchString(e.id):
		r.fail(e.line, "the key %q must be lower-case letters, digits and _", e.id)
	default:
		return place{kind, e.id, band}, true
	}
	return place{}, false
}

// putHelplines puts the helpline of a locale in the place of its mark.
func (r *reader) putHelplines() {
	l := r.locale
	here, elsewhere := l.home[place{Helpline, Here, ""}], l.home[place{Helpline, Elsewhere, ""}]
	for p, text := range l.home {
		if !strings.Contains(text, helplineMark) {
			l.foreign[p] = text
			continue
		}
		if here == "" || elsewhere == "" {
			r.fail(r.lines[p], "%s needs the texts %q (the line of this locale) and %q (words for readers in another country) of %q", helplineMark, Here, Elsewhere, Helpline)
		}
		l.home[p] = strings.ReplaceAll(text, helplineMark, here)
		l.foreign[p] = strings.ReplaceAll(text, helplineMark, elsewhere)
	}
}

// compare finds the texts that the fallback does not have. A band of its own is
// not one: a text may need simpler words in one language than in another.
func (r *reader) compare(fallback *locale) (wrong []error) {
	for p, line := range r.lines {
		if _, ok := fallback.home[place{p.kind, p.key, ""}]; !ok && r.locale == fallback {
			wrong = append(wrong, r.at(line, "the text %q of %q has none without a band, for all other readers", p.key, p.kind))
		} else if !ok {
			wrong = append(wrong, r.at(line, "unknown key %q of %q; %s has none", p.key, p.kind, FallbackLocale))
		}
	}
	return wrong
}

// missing finds the texts of the shipped catalogue that a fallback lacks.
func (r *reader) missing() (wrong []error, err error) {
	src, err := shipped.ReadFile("locale/" + FallbackLocale + ".po")
	if err != nil {
		return nil, fmt.Errorf("read the catalogues: %w", err)
	}
	for p, line := range newReader(File{FallbackLocale + ".po", src}).lines {
		if _, ok := r.lines[p]; !ok {
			wrong = append(wrong, r.at(r.file.headerLine, "the text %q of %q is missing; %s must have every text (see line %d of the shipped %s.po)",
				p.key, strings.TrimSuffix(p.kind+"/"+p.band, "/"), FallbackLocale, line, FallbackLocale))
		}
	}
	return wrong, nil
}
