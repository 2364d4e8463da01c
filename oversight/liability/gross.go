package liability

import (
	"fmt"
	"slices"
	"strings"

	"rowan/oversight/docket"
	"rowan/rulebook"
)

// GrossBreach puts the test of a gross breach to facts. Only what a decision that stands
// has found counts, and only knowledge from the time in which it went on. The
// outcome is to refer or not to refer; it finds nobody guilty.
func (b *Book) GrossBreach(f *Facts) Outcome {
	t := &b.Gross
	out := Outcome{Status: t.Status, Label: t.Label, Version: b.Version}
	found := slices.DeleteFunc(slices.Clone(f.Contraventions), func(c Contravention) bool { return !c.Decided })
	points, grades := 0, map[string]Grade{}
	for i := range t.Factors {
		g := t.Factors[i].grade(f, found)
		out.Grounds = append(out.Grounds, g)
		points += int(g.Grade)
		grades[g.Factor] = g.Grade
	}
	if len(found) == 0 {
		out.WhyNot = append(out.WhyNot, "No decision that stands has found a failure.")
	}
	for _, g := range out.Grounds {
		if slices.Contains(t.Must, g.Factor) && g.Grade != Met {
			out.WhyNot = append(out.WhyNot, fmt.Sprintf("%s must be met: %s.", g.Title, g.Why))
		}
	}
	if points < t.Points {
		out.WhyNot = append(out.WhyNot, fmt.Sprintf("The factors come to %d points; %d are wanted.", points, t.Points))
	}
	out.Points, out.Refer = points, len(out.WhyNot) == 0
	return out
}

// grade says how far a factor is met by facts, and by what.
func (t *TestFactor) grade(f *Facts, found []Contravention) Ground {
	g := Ground{Factor: t.ID, Title: t.Title}
	var because []string
	number := "" // in the words
	switch t.ID {
	case "severity":
		g.Grade, because = severity(f, found)
	case "duration":
		days := 0
		for i := range found {
			if n := found[i].days(f.On); n > days {
				days, because = n, []string{named(&found[i])}
			}
		}
		g.Grade, number = reach(days, t.DaysPartly, t.DaysMet), fmt.Sprint(days)
	case "knowledge":
		g.Grade, because = knowledge(f, found)
	case "harm":
		for _, h := range f.Harm {
			g.Grade = max(g.Grade, PartlyMet)
			if h.Happened {
				g.Grade = Met
			}
		}
		for _, h := range f.Harm {
			if h.Happened == (g.Grade == Met) {
				because = append(because, fmt.Sprintf("%s, %s", h.On, h.Document))
			}
		}
	case "warnings":
		for _, w := range f.Warnings {
			because = append(because, fmt.Sprintf("%s, %s, %s", w.What, w.On, w.Document))
		}
		g.Grade, number = reach(len(f.Warnings), t.WarningsPartly, t.WarningsMet), fmt.Sprint(len(f.Warnings))
	}
	words := map[Grade]string{NotMet: t.Not, PartlyMet: t.Partly, Met: t.Met}[g.Grade]
	g.Why = strings.NewReplacer("{days}", number, "{warnings}", number).Replace(words)
	if len(because) > 0 {
		g.Why += " (" + strings.Join(because, "; ") + ")"
	}
	return g
}

// reach is how far a number comes; a threshold of 0 is not reached.
func reach(n, partly, met int) Grade {
	switch {
	case met > 0 && n >= met:
		return Met
	case partly > 0 && n >= partly:
		return PartlyMet
	}
	return NotMet
}

func severity(f *Facts, found []Contravention) (g Grade, because []string) {
	if len(found) == 0 {
		return NotMet, nil
	}
	for i := range found {
		if found[i].CSEA {
			g, because = Met, append(because, named(&found[i]))
		}
	}
	for _, s := range f.Steps {
		if s.Designated {
			g, because = Met, append(because, "step "+s.ID+" is designated")
		}
	}
	if g == Met {
		return g, because
	}
	for i := range found {
		if found[i].Children {
			g, because = PartlyMet, append(because, named(&found[i]))
		}
	}
	return g, because
}

// knowledge is what senior people knew while a failure that was found went on.
func knowledge(f *Facts, found []Contravention) (g Grade, because []string) {
	for i := range f.People {
		p := &f.People[i]
		for _, e := range p.Knowledge {
			if !p.in(e.On) || !during(found, e.On, f.On) {
				continue
			}
			shows := PartlyMet
			if e.Strength == Knew || e.Strength == Decided {
				shows = Met
			}
			switch {
			case shows > g:
				g, because = shows, []string{shown(p, &e)}
			case shows == g:
				because = append(because, shown(p, &e))
			}
		}
	}
	return g, because
}

func during(found []Contravention, day, on rulebook.Date) bool {
	return slices.ContainsFunc(found, func(c Contravention) bool { return c.From <= day && day <= c.last(on) })
}

func shown(p *Person, e *Evidence) string {
	return fmt.Sprintf("%s, %s, %s", words(p.Role), e.On, e.Document)
}

func named(c *Contravention) string { return fmt.Sprintf("%s, %s", c.Failure, c.Section) }

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// paper is where a paper of a case lies.
func paper(c *docket.Case, id string) string { return fmt.Sprintf("case %d, paper %s", c.ID, id) }
