package layout

import (
	_ "embed"
	"fmt"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"rowan/datafile"
	"rowan/statistics/returns"
)

//go:embed words.yaml
var builtIn []byte

// vocabulary is the data file.
type vocabulary struct {
	Version        string              `yaml:"version"`
	Date           string              `yaml:"date"`
	Source         string              `yaml:"source"`
	Ages           map[string][]string `yaml:"ages"`
	Genders        map[string][]string `yaml:"genders"`
	Unknown        []string            `yaml:"unknown"`
	Totals         []string            `yaml:"totals"`
	Offences       []string            `yaml:"offences"`
	Victims        []string            `yaml:"victims"`
	Instances      []string            `yaml:"instances"`
	Methods        []string            `yaml:"methods"`
	Periods        []string            `yaml:"periods"`
	AgesHeading    []string            `yaml:"ages_heading"`
	GendersHeading []string            `yaml:"genders_heading"`
	Records        []string            `yaml:"records"`
}

// sort is what a heading is about.
type sort uint8

const (
	nothing sort = iota
	blank
	ofPeriod
	ofAge
	ofGender
	ofMethod
	ofUnknown // unknown, of whatever the other headings are
	ofTotal
	ofMeasure
	ofCorner // names what the headings below or beside it are
	ofRecord
)

// heading is a heading as it was understood.
type heading struct {
	sort sort
	label
	about sort // of a corner: what stands below it
}

// Words knows headings.
type Words struct {
	version string
	known   map[string]heading
}

// DefaultWords are the built-in headings.
func DefaultWords() (*Words, error) { return LoadWords("words.yaml", builtIn) }

// LoadWords reads headings. One that stands for two things is an error.
func LoadWords(file string, src []byte) (*Words, error) {
	var v vocabulary
	if _, err := datafile.Parse(file, src, &v); err != nil {
		return nil, err
	}
	if v.Version == "" || v.Date == "" || v.Source == "" {
		return nil, fmt.Errorf("%s: version, date and source are needed", file)
	}
	w := &Words{version: v.Version, known: map[string]heading{}}
	var twice error
	add := func(h heading, words []string) {
		for _, word := range words {
			key := normal(word)
			if _, ok := w.known[key]; ok && twice == nil {
				twice = fmt.Errorf("%s: %q stands for two things", file, word)
			}
			w.known[key] = h
		}
	}
	for id, words := range v.Ages {
		add(heading{sort: ofAge, label: label{Age: id}}, words)
	}
	for id, words := range v.Genders {
		add(heading{sort: ofGender, label: label{Gender: id}}, words)
	}
	for measure, words := range map[returns.Measure][]string{returns.Offences: v.Offences, returns.Victims: v.Victims, returns.Instances: v.Instances} {
		add(heading{sort: ofMeasure, label: label{Measure: measure}}, words)
	}
	add(heading{sort: ofUnknown}, v.Unknown)
	add(heading{sort: ofTotal, label: label{Total: true}}, v.Totals)
	for about, words := range map[sort][]string{ofMethod: v.Methods, ofPeriod: v.Periods, ofAge: v.AgesHeading, ofGender: v.GendersHeading} {
		add(heading{sort: ofCorner, about: about}, words)
	}
	add(heading{sort: ofRecord}, v.Records)
	return w, twice
}

// normal is what spellings of one heading share.
func normal(s string) string {
	s = cases.Fold().String(norm.NFKC.String(s))
	s = strings.NewReplacer("–", "-", "—", "-", "‑", "-").Replace(s)
	return strings.Trim(strings.Join(strings.Fields(s), " "), " .:*")
}
