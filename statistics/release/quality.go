package release

import (
	"fmt"
	"maps"
	"slices"

	"rowan/statistics/period"
)

// QualityID is the page of the quality and method note.
const QualityID = "quality-and-methods"

// quality is the note on what the figures rest on and how they are made.
func (e *editor) quality(without []string) Page {
	p := Page{ID: QualityID, Name: "Quality and methods", Kind: "note", Title: "Quality and methods"}
	say := func(heading string, sentences []string, list ...string) {
		s := Section{Heading: heading, List: list}
		for _, text := range sentences {
			s.Sentences = append(s.Sentences, Sentence{Text: text})
		}
		p.Sections = append(p.Sections, s)
	}
	say("What this is", []string{
		"These are figures of offences that police forces recorded, made from answers to freedom-of-information requests or from figures that were published from such answers. They count what was recorded, not what happened.",
		fmt.Sprintf("Published on %s by %s. The %s answers for it; corrections go to %s and are made in a new release that says what changed.", day(e.Plan.Published), e.Plan.Publisher.Name, e.Plan.Publisher.Owner, e.Plan.Publisher.Contact),
	}, e.Plan.Notes...)
	e.inputsSection(&p)
	e.contradictions(&p)
	say("How figures are made", []string{"Arithmetic is exact until a number is printed; then it is rounded, halves away from zero."},
		"A count is what a force returned. What it did not return is not zero: totals with a gap are at least so many.",
		"A change compares two periods of one kind and length, of one offence, without a known break in recording. From fewer than 10 there is no percentage; from fewer than 30 only with the counts.",
		"A change of an area is raw, over all that answered in each period, or like for like, over the forces that answered in both. It says which.",
		"A share has its own denominator, of those of whom it was provided, and stands with how much of the whole that covers. Shares of fewer than 20 are not given.",
		"The interval of a change is the exact conditional one of two Poisson counts, of a share Wilson's, of a rate the exact Poisson one; each at 95 per cent. Offences come in series, so true variation is wider.",
		"Words such as one in five stand only where the number and its interval allow them.",
		"A group of platforms is named by who owned them on the last day of the period.")
	say("What is not shown", []string{fmt.Sprintf("A count below %d with age, gender or platform is not shown below national level, nor is any that would give it away. The whole release, with the releases before it, was then searched for hidden counts that can be computed.", e.Plan.Threshold)},
		fmt.Sprintf("%d figures are hidden.", len(e.Set.Hidden)), fmt.Sprintf("%d figures are refused by a rule; tables/6-not-given.csv says which and why.", len(e.Set.Blocked)))
	if len(without) > 0 {
		say("Rates", without)
	}
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(e.Reference.Versions)) {
		versions = append(versions, name+" "+e.Reference.Versions[name])
	}
	say("Reference data", []string{"Forces, areas, owners of platforms, breaks in recording and offences come with Rowan, with their sources."}, versions...)
	return p
}

// inputsSection says which files were read, which were not, and who is silent.
func (e *editor) inputsSection(p *Page) {
	s := Section{Heading: "What was read, and what is missing"}
	read := 0
	for _, f := range e.Files {
		if f.Error == "" {
			read++
			continue
		}
		s.List = append(s.List, "Not read: "+f.Error)
	}
	files := "files"
	if read == 1 {
		files = "file"
	}
	s.Sentences = append(s.Sentences, Sentence{Text: fmt.Sprintf("%d %s could be read, %d could not.", read, files, len(e.Files)-read)})
	for _, a := range e.Alarms {
		s.List = append(s.List, fmt.Sprintf("Alarm: %s: %s.", a.Cell, a.Text))
	}
	for _, q := range e.Questions {
		s.List = append(s.List, "Waits for a person: "+q.Text+".")
	}
	for _, periods := range e.kinds {
		for _, q := range periods {
			if line := e.missing(q); line != "" {
				s.List = append(s.List, line)
			}
		}
	}
	p.Sections = append(p.Sections, s)
}

// missing names the forces without a number in a period.
func (e *editor) missing(p period.Period) string {
	var names []string
	n := 0
	for _, f := range e.Reference.Forces() {
		if e.count(f.ID, p) != nil {
			n++
			continue
		}
		name := f.Short
		if a := e.answer(f.ID, p); a != noAnswer {
			name += " (" + a + ")"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	if n == 0 {
		return fmt.Sprintf("No force has a number for %s (%s).", when(p), p)
	}
	return fmt.Sprintf("No number for %s (%s) from %d of 43 forces: %s.", when(p), p, len(names), joined(names))
}

func joined(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += n
	}
	return out
}

// contradictions lists what two sources say differently and what was decided.
func (e *editor) contradictions(p *Page) {
	s := Section{Heading: "Contradictions and decisions"}
	for _, c := range e.Set.Conflicts {
		if !e.Plan.concerns(c) {
			continue
		}
		line := conflictLine(c)
		for _, a := range e.Plan.Accepted {
			if a.ID == c.ID {
				line += fmt.Sprintf(" It may stand, decided by the %s on %s: %s.", a.By, a.Date, a.Why)
			}
		}
		if e.Plan.open(c) {
			line += " Nobody has decided yet, so no figure rests on it."
		}
		s.List = append(s.List, line)
	}
	for _, l := range e.Set.Leaks {
		for _, a := range e.Plan.Accepted {
			if a.ID == l.ID {
				s.List = append(s.List, fmt.Sprintf("%s: %s. It may stand, decided by the %s on %s: %s.", l.ID, l.Text, a.By, a.Date, a.Why))
			}
		}
	}
	if len(s.List) > 0 {
		p.Sections = append(p.Sections, s)
	}
}
