package release

import (
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/release/chart"
	"rowan/statistics/release/workbook"
	"rowan/statistics/returns"
)

// Page is the release of one force or area, before it has a form.
type Page struct {
	ID       string // reference id
	Name     string
	Kind     string // nation, region, press_region, force
	Title    string
	Sections []Section
}

// Section is a heading with what stands under it; any part may be missing.
type Section struct {
	Heading   string
	Sentences []Sentence
	Charts    []Chart
	Table     *workbook.Table
	List      []string
}

// Chart is a drawing and the name of its files.
type Chart struct {
	Name  string // west-mercia-trend
	Title string
	Says  string
	Image chart.Image

	drawing chart.Drawing
}

// editor writes pages.
type editor struct {
	*view
	writer *writer
	errs   []error
}

// say adds a sentence to a list. A sentence that breaks a rule fails the build.
func (e *editor) say(to *[]Sentence, id string, s subject) {
	out, err := e.writer.write(id, s)
	if err != nil {
		e.errs = append(e.errs, err)
		return
	}
	*to = append(*to, out)
}

// page writes the release of a force or area.
func (e *editor) page(of, kind string) Page {
	p := Page{ID: of, Name: e.short(of), Kind: kind}
	for i, periods := range e.kinds {
		first := i == 0
		s := Section{Heading: "Offences recorded: " + years(periods[0].Kind())}
		e.offences(&s, of, periods)
		if e.partial(of, periods) {
			// What a few forces recorded is on their pages.
			s = Section{Heading: s.Heading, Sentences: []Sentence{{Text: "Fewer than half of the forces have a number for any of these years, so there is no total worth stating."}}, Table: e.countsTable(of, periods)}
			p.Sections = append(p.Sections, s)
			continue
		}
		if len(s.Sentences) == 0 && (!first || e.known(of)) {
			continue
		}
		if len(s.Sentences) == 0 {
			s.Sentences = append(s.Sentences, e.nothing(of))
			p.Sections = append(p.Sections, s)
			continue
		}
		if p.Title == "" && len(s.Sentences[0].Figures) > 0 {
			p.Title = e.title(of, periods)
		}
		s.Charts = e.trend(of, periods)
		s.Table = e.countsTable(of, periods)
		p.Sections = append(p.Sections, s)
	}
	if p.Title == "" {
		p.Title = p.Name + ": no figure that can be published"
	}
	for _, periods := range e.kinds {
		p.Sections = append(p.Sections, e.children(of, periods)...)
		p.Sections = append(p.Sections, e.methods(of, periods)...)
	}
	if s := e.unpublished(of); len(s.List) > 0 {
		p.Sections = append(p.Sections, s)
	}
	if s := e.refusedSection(of); len(s.List) > 0 {
		p.Sections = append(p.Sections, s)
	}
	if s := e.caveats(of); len(s.List) > 0 {
		p.Sections = append(p.Sections, s)
	}
	p.Sections = slices.DeleteFunc(p.Sections, func(s Section) bool {
		return len(s.Sentences)+len(s.Charts)+len(s.List) == 0 && s.Table == nil
	})
	return p
}

// partial tells whether every total of a place is of few forces.
func (e *editor) partial(of string, periods []period.Period) bool {
	all := e.counts(of, periods)
	return len(all) > 0 && !slices.ContainsFunc(all, func(f *figures.Figure) bool { return !partial(f) })
}

// known tells whether a place has any count.
func (e *editor) known(of string) bool {
	return slices.ContainsFunc(e.kinds, func(p []period.Period) bool { return len(e.counts(of, p)) > 0 })
}

// nothing says that a place has no number, and how it answered.
func (e *editor) nothing(of string) Sentence {
	text := "There is no number for " + e.short(of) + "."
	for _, periods := range e.kinds {
		for _, p := range periods {
			if a := e.answer(of, p); a != noAnswer {
				text += fmt.Sprintf(" For %s: %s.", when(p), a)
			}
		}
	}
	return Sentence{Text: text}
}

// title is the finding.
func (e *editor) title(of string, periods []period.Period) string {
	name := e.short(of)
	n := len(periods)
	after := e.count(of, periods[n-1])
	if n > 1 {
		before := e.count(of, periods[n-2])
		change := e.change(of, periods[n-2], periods[n-1], returns.Dims{}, figures.Raw)
		if before != nil && after != nil && change != nil {
			verb := "up from " + before.Text + " to " + after.Text
			if change.Low.Sign() < 0 {
				verb = "down from " + before.Text + " to " + after.Text
			} else if change.Low.Sign() == 0 {
				verb = after.Text + " in both years"
			}
			return fmt.Sprintf("%s: offences recorded %s (%s)", name, verb, change.Text)
		}
	}
	for _, p := range slices.Backward(periods) {
		if f := e.count(of, p); f != nil && !partial(f) {
			return fmt.Sprintf("%s: %s offences recorded in %s", name, f.Text, when(p))
		}
	}
	return ""
}

// offences says the newest count and what it is compared with.
func (e *editor) offences(s *Section, of string, periods []period.Period) {
	known := e.counts(of, periods)
	if len(known) == 0 {
		return
	}
	after := known[len(known)-1]
	at := slices.Index(periods, after.Period)
	if at == 0 {
		e.say(&s.Sentences, "count", subject{After: after})
		return
	}
	before := e.count(of, periods[at-1])
	change := e.change(of, periods[at-1], after.Period, returns.Dims{}, figures.Raw)
	switch blocked := e.refused(of, periods[at-1], after.Period); {
	case before == nil:
		e.say(&s.Sentences, "silent_before", subject{After: after})
	case change != nil && change.Text == "0%":
		e.say(&s.Sentences, "same", subject{After: after, Before: before, Change: change})
	case change != nil && change.Low.Sign() < 0:
		e.say(&s.Sentences, "fall", subject{After: after, Before: before, Change: change})
	case change != nil:
		e.say(&s.Sentences, "rise", subject{After: after, Before: before, Change: change})
	case blocked != nil:
		e.say(&s.Sentences, "both", subject{After: after, Before: before, Blocked: blocked})
	default:
		e.say(&s.Sentences, "count", subject{After: after})
	}
	if change != nil && change.Spread != nil {
		e.say(&s.Sentences, "variation", subject{Change: change})
	}
	// A few forces do not stand for an area.
	if like := e.change(of, periods[at-1], after.Period, returns.Dims{}, figures.LikeForLike); like != nil && 2*like.Coverage.Forces >= like.Coverage.ForcesOf {
		e.say(&s.Sentences, "like_for_like", subject{Change: like})
	}
	if rate := e.find(of, func(f *figures.Figure) bool { return f.Kind == figures.Rate && f.Period == after.Period }); rate != nil {
		e.say(&s.Sentences, "rate", subject{Rate: rate})
	}
}

// children says the shares of ages and genders, of the longest span that has
// them.
func (e *editor) children(of string, periods []period.Period) (out []Section) {
	for _, q := range []struct {
		template, heading string
		is                func(*figures.Figure) bool
	}{{"age", "Age of the children concerned", byAge}, {"gender", "Gender of the children concerned", byGender}} {
		for _, p := range spans(periods) {
			shares := e.shares(of, p, q.is)
			if len(shares) == 0 {
				continue
			}
			s := Section{Heading: q.heading}
			for _, f := range shares {
				e.say(&s.Sentences, q.template, subject{Share: f})
			}
			if len(shares) > 1 {
				s.Charts = e.bands(of, q.template, q.heading, p, shares)
			}
			out = append(out, s)
			break
		}
	}
	return out
}

// methods says the shares of groups and services, of the longest span that has
// them, and how the instances of services changed.
func (e *editor) methods(of string, periods []period.Period) []Section {
	s := Section{Heading: "Means of communication"}
	for _, p := range spans(periods) {
		groups, services := e.shares(of, p, byGroup), biggest(e.shares(of, p, byService))
		if len(groups)+len(services) == 0 {
			continue
		}
		for _, f := range groups {
			if f.Group == "facebook_owned_plus_snap" || len(groups) == 1 {
				e.say(&s.Sentences, "group", subject{Share: f})
			}
		}
		for _, f := range services[:min(len(services), 3)] {
			e.say(&s.Sentences, "service", subject{Share: f})
		}
		break
	}
	if n := len(periods); n > 1 {
		for _, f := range e.byOf[of] {
			if f.Kind == figures.Change && f.Measure == returns.Instances && *f.Before == periods[n-2] && f.Period == periods[n-1] && f.Basis != figures.LikeForLike {
				before, after := e.number(of, *f.Before, f.Measure, f.Dims), e.number(of, f.Period, f.Measure, f.Dims)
				if before != nil && after != nil {
					e.say(&s.Sentences, "service_change", subject{Before: before, After: after, Change: f})
				}
			}
		}
	}
	s.Charts = e.methodLines(of, periods)
	s.Table = e.sharesTable(of, periods)
	if len(s.Sentences)+len(s.Charts) == 0 && s.Table == nil {
		return nil
	}
	return []Section{s}
}

// unpublished lists shares that were published without the number behind them:
// nobody can compute with those.
func (e *editor) unpublished(of string) Section {
	s := Section{Heading: "Published shares that cannot be checked"}
	var said []string
	for _, c := range e.claims[of] {
		name, what, _ := strings.Cut(c.Measure, ":")
		if c.Unit != "percent" || !strings.HasPrefix(name, "share_") || !e.covered(c.Period) {
			continue
		}
		if e.backed(of, c.Period, what) {
			continue
		}
		atLeast := map[bool]string{true: "more than "}[strings.HasSuffix(name, "_gt")]
		line := fmt.Sprintf("%s: %s%s per cent was published for %s (%s). The base, the number of instances or victims behind it, was not published, so it is repeated here as a claim and is no figure of this release.",
			claimWords(what), atLeast, c.Value, when(c.Period), c.Series)
		if !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	s.List = said
	return s
}

// covered tells whether a claim is of a period of this release.
func (e *editor) covered(p period.Period) bool {
	for _, k := range e.kinds {
		if slices.Contains(spans(k), p) {
			return true
		}
	}
	return false
}

// backed tells whether a claim's share is a figure here.
func (e *editor) backed(of string, p period.Period, what string) bool {
	return e.find(of, func(f *figures.Figure) bool {
		if f.Kind != figures.Share || f.Period != p || f.Low.Sign() == 0 {
			return false
		}
		switch what {
		case "FacebookOwned+Snapchat", "MetaOwned+Snapchat":
			return f.Group == "facebook_owned_plus_snap"
		case "FacebookOwned", "MetaOwned":
			return f.Group == "facebook_owned"
		case "11_and_under":
			return f.Dims.Age == "0-11"
		case "female", "male":
			return f.Dims.Gender == what
		}
		return f.Dims.Method != "" && strings.EqualFold(strings.ReplaceAll(what, " ", "-"), f.Dims.Method)
	}) != nil
}

// claimWords is what a claim is of.
func claimWords(what string) string {
	switch what {
	case "FacebookOwned+Snapchat":
		return "Facebook-owned apps and Snapchat"
	case "MetaOwned+Snapchat":
		return "Meta-owned apps and Snapchat"
	case "FacebookOwned":
		return "Facebook-owned apps"
	case "MetaOwned":
		return "Meta-owned apps"
	case "11_and_under":
		return "Aged 11 or younger"
	case "female":
		return "Girls"
	case "female_12_15":
		return "Girls aged 12 to 15"
	}
	return strings.ReplaceAll(strings.ReplaceAll(what, "_", " "), "+", " and ")
}

// refusedSection lists what may not be given, and what would make it possible.
func (e *editor) refusedSection(of string) Section {
	s := Section{Heading: "Not given, and why"}
	for _, f := range e.byOf[of] {
		if f.Basis == figures.LikeForLike && 2*f.Coverage.Forces < f.Coverage.ForcesOf {
			s.List = append(s.List, fmt.Sprintf("Like for like, %s against %s: only %s have both, too few to stand for the area.", when(f.Period), when(*f.Before), strings.TrimSuffix(strings.TrimPrefix(f.Coverage.Text, "the "), " that can be compared")))
		}
	}
	for _, b := range e.blocked[of] {
		if b.Kind == figures.Share && !strings.Contains(b.ID, ".share.age") && !strings.Contains(b.ID, ".share.gender") && len(b.Cells) == 0 {
			continue
		}
		line := fmt.Sprintf("%s: %s.", b.ID, strings.TrimSuffix(b.Why, "."))
		if b.Do != "" {
			line += " To do: " + strings.TrimSuffix(b.Do, ".") + "."
		}
		s.List = append(s.List, line)
	}
	for _, h := range e.hidden[of] {
		s.List = append(s.List, fmt.Sprintf("%s: not shown [c], %s.", h.ID, strings.TrimSuffix(h.Why, ".")))
	}
	for _, c := range e.Set.Conflicts {
		if len(c.Sides) > 0 && c.Sides[0].Of == of && e.Plan.concerns(c) {
			s.List = append(s.List, conflictLine(c))
		}
	}
	return s
}

func conflictLine(c figures.Conflict) string {
	line := fmt.Sprintf("Contradiction %s: %s.", c.ID, c.Text)
	if c.Evidence != "" {
		line += " " + strings.ToUpper(c.Evidence[:1]) + c.Evidence[1:] + "."
	}
	if r := c.Resolved; r != nil {
		line += fmt.Sprintf(" Decided by the %s on %s: %s holds, because %s.", r.By, r.Date, r.Take, strings.TrimSuffix(r.Why, "."))
	}
	return line
}

// caveats are all that stand with figures of the place, each once.
func (e *editor) caveats(of string) Section {
	s := Section{Heading: "What must be known"}
	for _, f := range e.byOf[of] {
		for _, c := range f.Caveats {
			if c.ID == "left_out" {
				continue // it stands with its figure
			}
			if !slices.Contains(s.List, c.Text) {
				s.List = append(s.List, c.Text)
			}
		}
	}
	return s
}
