package response

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"rowan/datafile"
)

// Moment is the occasion of a notice.
type Moment uint8

// The moments. The first four are those of measure ICU F2 of Ofcom's Illegal
// Content Codes for user-to-user services.
const (
	DefaultChanged      Moment = iota // F2-1: a child turns off a protective default
	ConnectionRequested               // F2-2: a child is asked to connect
	FirstContacted                    // F2-3: the first direct communication of two accounts
	ActedAgainst                      // F2-4: a child blocks, mutes, declines or reports
	RiskWarning                       // what somebody does is worth a second thought
	SupportOffered                    // help is at hand
	SenderPaused                      // to the sender: a message waits or is not delivered
)

var momentWords = words{"moment", []string{"default_changed", "connection_request", "first_contact",
	"acted_against", "risk_warning", "support", "sender_pause"}}

func (m Moment) String() string { return momentWords.word(uint8(m)) }

// Party is whom a notice is for.
type Party uint8

// The parties. Minor and actor are parts in the pair, sender and recipient
// parts in the event.
const (
	ToMinor Party = iota
	ToActor
	ToRecipient
	ToSender
)

var partyWords = words{"party", []string{"minor", "actor", "recipient", "sender"}}

func (p Party) String() string { return partyWords.word(uint8(p)) }

// Notice is what somebody is told, in words ready to show.
type Notice struct {
	To      string `json:"to"`       // a Party's word
	Moment  string `json:"moment"`   // a Moment's word
	TextKey string `json:"text_key"` // stable, for a platform that has its own words
	Text    string `json:"text"`
	Locale  string `json:"locale"` // of Text, BCP 47
}

// FallbackLocale is used where there is no text in the language asked for.
const FallbackLocale = "en-GB"

//go:embed default.yaml texts/*.yaml
var shipped embed.FS

// File is a data file that has been read.
type File struct {
	Name   string
	Source []byte
}

// Texts are the words of notices, by locale and key.
type Texts struct {
	locales  map[string]*wording // by lower-case locale
	bases    map[string]*wording // by lower-case language, the first of it by name
	fallback *wording
	sources  [][]byte
}

// wording is the texts of one locale, with its helpline put in.
type wording struct {
	locale  string
	home    map[string]string // for readers of this locale
	foreign map[string]string // for readers of another, who need another helpline
}

type textsFile struct {
	Version  string `yaml:"version"`
	Date     string `yaml:"date"`
	Source   string `yaml:"source"`
	Locale   string `yaml:"locale"`
	Helpline struct {
		Here      string `yaml:"here"`
		Elsewhere string `yaml:"elsewhere"`
	} `yaml:"helpline"`
	Texts map[string]string `yaml:"texts"`
}

// ShippedTexts are the texts that come with Rowan.
func ShippedTexts() (*Texts, error) {
	names, err := fs.Glob(shipped, "texts/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("find the texts: %w", err)
	}
	files := make([]File, len(names))
	for i, name := range names {
		src, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the texts: %w", err)
		}
		files[i] = File{name, src}
	}
	return LoadTexts(files...)
}

const helplineMark = "{helpline}"

var localeForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// LoadTexts reads texts, one file a locale. The fallback locale must be among
// them, and no locale may have a key that the fallback lacks. It returns every
// error it finds, each a *datafile.Error.
func LoadTexts(files ...File) (*Texts, error) {
	t := &Texts{locales: map[string]*wording{}, bases: map[string]*wording{}}
	var all []error
	for _, file := range files {
		var raw textsFile
		doc, err := datafile.Parse(file.Name, file.Source, &raw)
		if err != nil {
			all = append(all, err)
			continue
		}
		fail := func(path []any, format string, args ...any) { all = append(all, doc.Errorf(path, format, args...)) }
		checkHead(raw.Version, raw.Date, raw.Source, fail)
		if !localeForm.MatchString(raw.Locale) {
			fail([]any{"locale"}, "locale %q is no BCP 47 tag, such as en-GB", raw.Locale)
			continue
		}
		if raw.Helpline.Here == "" || raw.Helpline.Elsewhere == "" {
			fail([]any{"helpline"}, "helpline needs here (the line of this locale) and elsewhere (words for readers in another country)")
		}
		w := &wording{locale: raw.Locale, home: map[string]string{}, foreign: map[string]string{}}
		if len(raw.Texts) == 0 {
			fail([]any{"texts"}, "texts is empty")
		}
		for key, text := range raw.Texts {
			text = strings.TrimSpace(text)
			if text == "" {
				fail([]any{"texts", key}, "the text %q is empty", key)
			}
			if rest := strings.ReplaceAll(text, helplineMark, ""); strings.ContainsAny(rest, "{}") {
				fail([]any{"texts", key}, "the text %q has a brace; the only mark is %s", key, helplineMark)
			}
			w.home[key] = strings.ReplaceAll(text, helplineMark, strings.TrimSpace(raw.Helpline.Here))
			w.foreign[key] = strings.ReplaceAll(text, helplineMark, strings.TrimSpace(raw.Helpline.Elsewhere))
		}
		name := strings.ToLower(raw.Locale)
		if _, twice := t.locales[name]; twice {
			fail([]any{"locale"}, "locale %s has another file already", raw.Locale)
		}
		t.locales[name] = w
		base := language(name)
		if first, ok := t.bases[base]; !ok || name < strings.ToLower(first.locale) {
			t.bases[base] = w
		}
		t.sources = append(t.sources, file.Source)
	}
	if len(all) > 0 {
		return nil, joinSorted(all)
	}
	t.fallback = t.locales[strings.ToLower(FallbackLocale)]
	if t.fallback == nil {
		return nil, &datafile.Error{File: "texts", Text: "there is no file for the fallback locale " + FallbackLocale}
	}
	t.bases[language(strings.ToLower(FallbackLocale))] = t.fallback
	for _, w := range t.locales {
		for key := range w.home {
			if _, ok := t.fallback.home[key]; !ok {
				all = append(all, &datafile.Error{File: "texts", Text: fmt.Sprintf("%s has the key %q, which %s lacks", w.locale, key, FallbackLocale)})
			}
		}
	}
	if len(all) > 0 {
		return nil, joinSorted(all)
	}
	return t, nil
}

// joinSorted joins errors in a fixed order, whatever map they came out of.
func joinSorted(all []error) error {
	slices.SortStableFunc(all, func(a, b error) int {
		var x, y *datafile.Error
		if errors.As(a, &x) && errors.As(b, &y) && x.File == y.File && x.Line != y.Line {
			return x.Line - y.Line
		}
		return strings.Compare(a.Error(), b.Error())
	})
	return errors.Join(all...)
}

// Has reports whether there is a text for the key.
func (t *Texts) Has(key string) bool {
	_, ok := t.fallback.home[key]
	return ok
}

// Find returns the text of a key for a reader's locale, and the locale it is
// in: the same, else the same language, else the fallback. A reader of another
// locale is not sent to this one's helpline.
func (t *Texts) Find(key, locale string) (text, in string) {
	asked := strings.ToLower(locale)
	if w, ok := t.locales[asked]; ok {
		if text, ok := w.home[key]; ok {
			return text, w.locale
		}
	}
	if asked == "" {
		return t.fallback.home[key], t.fallback.locale
	}
	if w, ok := t.bases[language(asked)]; ok {
		if text, ok := w.foreign[key]; ok {
			return text, w.locale
		}
	}
	return t.fallback.foreign[key], t.fallback.locale
}

func language(locale string) string {
	base, _, _ := strings.Cut(locale, "-")
	return base
}

// checkHead checks what every data file states first.
func checkHead(version, date, source string, fail func([]any, string, ...any)) {
	if version == "" {
		fail([]any{"version"}, "version is missing")
	}
	if !dateForm.MatchString(date) {
		fail([]any{"date"}, "date must be a day such as 2026-11-23")
	}
	if source == "" {
		fail([]any{"source"}, "source is missing; say where the content comes from")
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
