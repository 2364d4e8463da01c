package release

import (
	_ "embed"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"rowan/datafile"
	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/terminal"
)

// Sentence is a statement with the figures that it is made of.
type Sentence struct {
	Text    string   `json:"text"`
	Figures []string `json:"figures,omitempty"` // ids, in the order in which they stand
}

//go:embed sentences.yaml
var sentencesYAML []byte

// writer fills in the templates.
type writer struct {
	ref       *reference.Reference
	templates *template.Template
}

// subject is what the places of a template are filled with.
type subject struct {
	After, Before, Change, Share, Rate *figures.Figure
	Blocked                            *figures.Blocked
}

func newWriter(ref *reference.Reference) (*writer, error) {
	var file struct {
		Version   string `yaml:"version"`
		Date      string `yaml:"date"`
		Source    string `yaml:"source"`
		Sentences []struct {
			ID   string `yaml:"id"`
			Text string `yaml:"text"`
		} `yaml:"sentences"`
	}
	d, err := datafile.Parse("sentences.yaml", sentencesYAML, &file)
	if err != nil {
		return nil, err
	}
	w := &writer{ref: ref, templates: template.New("")}
	w.templates.Funcs((&filling{writer: w}).funcs())
	for i, s := range file.Sentences {
		if _, err := w.templates.New(s.ID).Parse(s.Text); err != nil {
			return nil, d.Errorf([]any{"sentences", i}, "%v", err)
		}
	}
	return w, nil
}

// write makes the sentence of a template. It fails where the sentence would say
// more than its figures allow.
func (w *writer) write(id string, s subject) (Sentence, error) {
	f := &filling{writer: w}
	t, err := w.templates.Clone()
	if err != nil {
		return Sentence{}, err
	}
	var b strings.Builder
	if err := t.Funcs(f.funcs()).ExecuteTemplate(&b, id, s); err != nil {
		return Sentence{}, fmt.Errorf("sentence %s: %w", id, err)
	}
	text := b.String()
	if f.constructed {
		text = "[Constructed, no figure of any force] " + text
	}
	out := Sentence{Text: text, Figures: f.ids}
	return out, out.check(f.used)
}

var committed = regexp.MustCompile(`\bcommitted\b`)

// check holds a sentence against the rules that no release may break.
func (s Sentence) check(used []*figures.Figure) error {
	if committed.MatchString(s.Text) {
		return fmt.Errorf("%q: offences are recorded; nobody knows how many were committed", s.Text)
	}
	for _, f := range used {
		if f.Kind == figures.Share && (f.Coverage == nil || f.Coverage.Text == "" || !strings.Contains(s.Text, f.Coverage.Text)) {
			return fmt.Errorf("%q: the share %s stands without its coverage", s.Text, f.ID)
		}
		if f.Constructed && !strings.Contains(strings.ToLower(s.Text), "constructed") {
			return fmt.Errorf("%q: %s is constructed and the sentence does not say so", s.Text, f.ID)
		}
	}
	return nil
}

// filling is one run of a template.
type filling struct {
	*writer
	ids         []string
	used        []*figures.Figure
	constructed bool
}

func (f *filling) use(x *figures.Figure) error {
	if x == nil {
		return fmt.Errorf("there is no figure for one of its places")
	}
	if !slices.Contains(f.ids, x.ID) {
		f.ids = append(f.ids, x.ID)
		f.used = append(f.used, x)
	}
	f.constructed = f.constructed || x.Constructed
	return nil
}

// place makes a function of templates that notes its figure.
func (f *filling) place(of func(*figures.Figure) (string, error)) func(*figures.Figure) (string, error) {
	return func(x *figures.Figure) (string, error) {
		if err := f.use(x); err != nil {
			return "", err
		}
		return of(x)
	}
}

func (f *filling) funcs() template.FuncMap {
	out := template.FuncMap{"why": func(b *figures.Blocked) (string, error) {
		if b == nil {
			return "", fmt.Errorf("nothing is blocked")
		}
		return strings.TrimSuffix(b.Why, "."), nil
	}}
	for name, of := range map[string]func(*figures.Figure) string{
		"n":           func(x *figures.Figure) string { return x.Text },
		"name":        func(x *figures.Figure) string { return f.name(x) },
		"offences":    f.offences,
		"when":        func(x *figures.Figure) string { return when(x.Period) },
		"when_before": func(x *figures.Figure) string { return when(*x.Before) },
		"revised":     func(x *figures.Figure) string { return map[bool]string{true: " (revised)"}[x.Mark == "[r]"] },
		"pct":         func(x *figures.Figure) string { return figures.Rounded(new(big.Rat).Abs(x.Low), 0) },
		"signed":      func(x *figures.Figure) string { return x.Text },
		"from":        from,
		"basis":       func(x *figures.Figure) string { return map[bool]string{true: ", raw"}[x.Basis == figures.Raw] },
		"same":        func(*figures.Figure) string { return ": the same number, within half a per cent" },
		"moved":       func(x *figures.Figure) string { return map[bool]string{true: "fell", false: "rose"}[x.Low.Sign() < 0] },
		"base":        func(x *figures.Figure) string { return terminal.Grouped(x.Denominator.Low) },
		"top":         func(x *figures.Figure) string { return terminal.Grouped(x.Numerator.Low) },
		"coverage":    coverage,
		"spread":      spread,
		"share":       shareInWords,
		"percent":     func(x *figures.Figure) string { return strings.TrimSuffix(x.Text, "%") + " per cent" },
		"exactly": func(x *figures.Figure) string {
			return terminal.Grouped(x.Numerator.Low) + " of " + terminal.Grouped(x.Denominator.Low) + ", " + x.Text
		},
		"band":    band,
		"were":    func(*figures.Figure) string { return "were" },
		"label":   f.label,
		"service": f.label,
		"times":   times,
	} {
		out[name] = f.place(func(x *figures.Figure) (string, error) { return of(x), nil })
	}
	return out
}

// from says of an open total how many forces are in it.
func from(x *figures.Figure) string {
	if x.Kind != figures.Total || x.High != nil || x.Coverage == nil {
		return ""
	}
	return ", " + x.Coverage.Text
}

// partial tells whether a total is of so few forces that it says nothing of its
// area.
func partial(x *figures.Figure) bool {
	return x.Kind == figures.Total && x.High == nil && x.Coverage != nil && 2*x.Coverage.Forces < x.Coverage.ForcesOf
}

func coverage(x *figures.Figure) string {
	if x.Coverage == nil {
		return ""
	}
	return x.Coverage.Text
}

// spread is an interval of a change in whole per cent: +25 and +123.
func spread(x *figures.Figure) string {
	if x.Spread == nil {
		return ""
	}
	return fmt.Sprintf("%s to %s", signedWhole(x.Spread.Low), signedWhole(x.Spread.High))
}

func signedWhole(v float64) string {
	r := new(big.Rat).SetFloat64(v)
	if r == nil {
		return "an open number"
	}
	s := figures.Rounded(r, 0)
	switch {
	case s == "0" || s == "-0":
		return "0"
	case strings.HasPrefix(s, "-"):
		return "−" + s[1:]
	}
	return "+" + s
}

// shareInWords is the phrase that a share's number and interval allow, or the
// number. The number itself stands elsewhere in the sentence.
func shareInWords(x *figures.Figure) string {
	if p := phrase(x, "of"); p != "" {
		return p
	}
	return strings.TrimSuffix(x.Text, "%") + " per cent"
}

// phrase is the first one allowed, of a kind.
func phrase(x *figures.Figure, holds string) string {
	for _, p := range figures.Phrases(x) {
		if p.Holds == holds {
			return p.Text
		}
	}
	return ""
}

func times(x *figures.Figure) string {
	if p := phrase(x, "times"); p != "" {
		return p
	}
	switch {
	case x.Text == "0%":
		return "stayed the same"
	case x.Low.Sign() < 0:
		return "fell"
	}
	return "rose"
}

// band is an age or gender in words.
func band(x *figures.Figure) string {
	switch d := x.Dims; {
	case d.Gender == "female":
		return "girls"
	case d.Gender == "male":
		return "boys"
	case d.Gender != "":
		return "of " + d.Gender + " gender"
	case strings.HasPrefix(d.Age, "0-"):
		return d.Age[2:] + " or younger"
	case strings.HasSuffix(d.Age, "+"):
		return strings.TrimSuffix(d.Age, "+") + " or older"
	default:
		return strings.ReplaceAll(d.Age, "-", " to ") + " years old"
	}
}

func (w *writer) name(x *figures.Figure) string { return nameOf(w.ref, x.Of, x.Period.End) }

// nameOf is a force's or area's name in a sentence. A total of an area is of its
// forces; a region that is none of the official ones says so.
func nameOf(ref *reference.Reference, of string, on period.Date) string {
	if f, ok := ref.Body(of); ok {
		return f.Name(on)
	}
	a, ok := ref.Area(of)
	switch {
	case !ok:
		return of
	case a.Kind == "nation":
		return "Police forces in " + strings.Replace(a.Name, "United Kingdom", "the United Kingdom", 1)
	case a.Set == "ons":
		return "Police forces in the " + a.Name + " region (ONS)"
	}
	return "Police forces in " + a.Name + ", a region of press releases,"
}

// offences is what was counted, in words.
func (w *writer) offences(x *figures.Figure) string {
	one := x.Text == "1"
	plural := func(s, p string) string {
		if one {
			return s
		}
		return p
	}
	o, ok := w.ref.Offence(x.Offence)
	switch {
	case x.Offence == "mixed":
		return plural("offence", "offences") + " under the laws of three jurisdictions, which differ"
	case x.Offence == "scc-15a":
		return plural("offence", "offences") + " of sexual communication with a child"
	case ok:
		return plural("offence", "offences") + " (" + strings.ToLower(o.Short[:1]) + o.Short[1:] + ")"
	}
	return plural("offence", "offences") + " (" + x.Offence + ")"
}

// label is a group of services by its owner's name then, or a service's name.
func (w *writer) label(x *figures.Figure) string {
	if x.Label != "" {
		return strings.ToUpper(x.Label[:1]) + x.Label[1:]
	}
	return serviceName(w.ref, x.Dims.Method, x.Period.End)
}

func serviceName(ref *reference.Reference, id string, on period.Date) string {
	var names []string
	for part := range strings.SplitSeq(id, "+") {
		name := part
		if s, ok := ref.Service(part); ok {
			name = s.Name(on)
		} else if g, ok := ref.Group(part, on); ok {
			name = g.Label
		}
		names = append(names, name)
	}
	return strings.Join(names, " and ")
}

// day is 2 April 2019.
func day(d period.Date) string { return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year) }

// when is a period in words. A year is named by its last day.
func when(p period.Period) string {
	switch p.Kind() {
	case period.Financial, period.Offence, period.Rolling:
		return "the year to " + day(p.End)
	case period.Calendar:
		return fmt.Sprint(p.Start.Year)
	case period.Years:
		n := p.End.Year - p.Start.Year
		if p.Start.Month == 1 && p.Start.Day == 1 {
			n++
		}
		return numberWord(n) + " years to " + day(p.End)
	case period.Half:
		return "the six months to " + day(p.End)
	case period.Quarter:
		return "the three months to " + day(p.End)
	}
	return "the time from " + day(p.Start) + " to " + day(p.End)
}

func numberWord(n int) string {
	words := []string{"no", "one", "the two", "the three", "the four", "the five", "the six", "the seven", "the eight", "the nine", "the ten"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return fmt.Sprintf("the %d", n)
}

// year is a period on an axis: 2018/19.
func year(p period.Period) string {
	switch p.Kind() {
	case period.Financial, period.Offence:
		return fmt.Sprintf("%d/%02d", p.Start.Year, p.End.Year%100)
	case period.Calendar:
		return fmt.Sprint(p.Start.Year)
	}
	return p.Label()
}

// years says which kind of years a table or chart has.
func years(k period.Kind) string {
	return map[period.Kind]string{
		period.Financial: "financial years, 1 April to 31 March", period.Offence: "years from 3 April to 2 April", period.Calendar: "calendar years",
		period.Rolling: "rolling years", period.Half: "half-years", period.Quarter: "quarters", period.Years: "several years together", period.Part: "parts of years",
	}[k]
}

// isPlatform tells a share of means of communication from one of age or gender.
func isPlatform(f *figures.Figure) bool {
	return f.Kind == figures.Share && f.Measure == returns.Instances
}
