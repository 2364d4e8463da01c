package conformance

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"rowan/rulebook"
	"rowan/terminal"
)

// Headline is the finding in one sentence.
func (r *Report) Headline() string {
	var failing, required, unseen int
	for i := range r.Measures {
		m := &r.Measures[i]
		if !m.Applies || !m.Checkable {
			continue
		}
		required++
		switch {
		case m.Failing():
			failing++
		case m.Accounts == 0:
			unseen++
		}
	}
	measures, have, rest := "measures", "have", ""
	if required == 1 {
		measures = "measure"
	}
	if failing == 1 {
		have = "has"
	}
	if unseen > 0 {
		rest = fmt.Sprintf("; %d could not be checked", unseen)
	}
	switch {
	case required == 0:
		return "No measure that accounts can show is required of this service"
	case failing == 0:
		return fmt.Sprintf("No deviations from the %d required %s that accounts can show%s", required, measures, rest)
	}
	return fmt.Sprintf("%d of %d required %s %s deviations%s", failing, required, measures, have, rest)
}

// Group is measures that are told together.
type Group struct {
	Title    string
	Note     string
	Measures []MeasureReport
}

// Checkable reports whether any of the measures is.
func (g *Group) Checkable() bool {
	return slices.ContainsFunc(g.Measures, func(m MeasureReport) bool { return m.Checkable })
}

// Groups are the measures, those that need somebody first.
func (r *Report) Groups() []*Group {
	groups := []*Group{
		{Title: "Required, with deviations"},
		{Title: "Required, without deviations"},
		{Title: "Required, and the input says nothing of it", Note: "No account states a setting, and none had a contact, that these speak of."},
		{Title: "Not required of this service, recommended all the same"},
		{Title: "Not shown by accounts", Note: "These say something about the service that no setting or contact shows. They were not checked."},
		{Title: "Not for this service", Note: "It does not have the feature."},
		{Title: "Not in force", Note: "What accounts would deviate from if these held. Nothing of it is required."},
	}
	for _, m := range r.Measures {
		at := 4
		switch {
		case m.Duty == rulebook.Absent.String():
			at = 5
		case m.Checkable && m.Failing():
			at = 0
		case m.Checkable && m.Applies && m.Accounts > 0:
			at = 1
		case m.Checkable && m.Applies:
			at = 2
		case m.Checkable:
			at = 3
		}
		groups[at].Measures = append(groups[at].Measures, m)
	}
	groups[6].Measures = r.Other
	out := groups[:0]
	for _, g := range groups {
		if len(g.Measures) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// Profile tells the service in words.
func (r *Report) Profile() string {
	s := &r.Service
	parts := []string{"users not given"}
	if s.Users > 0 {
		parts[0] = terminal.Grouped(s.Users) + " monthly users"
	}
	if s.Small {
		parts = append(parts, "small enterprise")
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Risk)) {
		parts = append(parts, s.Risk[kind]+" risk of "+strings.ReplaceAll(kind, "_", " "))
	}
	if s.Features == nil {
		parts = append(parts, "all features")
	} else {
		parts = append(parts, "features "+strings.Join(s.Features, ", "))
	}
	if !s.AgeSignal {
		parts = append(parts, "no means of knowing age")
	}
	return strings.Join(parts, "; ")
}

// InForce says when a measure is in force.
func (m *MeasureReport) InForce() string {
	switch m.State {
	case Ended:
		return "ended on " + m.Until.String()
	case Later:
		return "begins on " + m.From.String()
	case Waiting:
		if m.Expected != "" {
			return "flag " + m.Flag + "; expected: " + m.Expected
		}
		return "flag " + m.Flag
	}
	if m.From == rulebook.Never {
		return "by flag " + m.Flag
	}
	return "since " + m.From.String()
}

// Change is the trend in words.
func (m *MeasureReport) Change() string {
	if m.Before == nil || m.Trend == "" || *m.Before == 0 && m.Deviating == 0 {
		return ""
	}
	switch d := m.Deviating - *m.Before; m.Trend {
	case "same":
		return "same"
	case "up", "new":
		return m.Trend + " +" + terminal.Grouped(d)
	default:
		return m.Trend + " -" + terminal.Grouped(-d)
	}
}

// Day is the first day on which a deviation was seen.
func (m *MeasureReport) Day() string { return m.FirstSeen[:min(len(m.FirstSeen), len("2026-11-25"))] }

// What says what kinds of deviation there are.
func (m *MeasureReport) What() string {
	var parts []string
	for k := range kinds {
		n := m.Kinds[k.String()]
		if n == 0 {
			continue
		}
		words := [kinds][2]string{
			{"setting weaker than the rule", "settings weaker than the rule"},
			{"contact that the gate would not have allowed", "contacts that the gate would not have allowed"},
			{"time without the supportive information", "times without the supportive information"},
		}[k]
		if n == 1 {
			parts = append(parts, "1 "+words[0])
		} else {
			parts = append(parts, terminal.Grouped(n)+" "+words[1])
		}
	}
	return strings.Join(parts, "; ")
}

// More is how many deviating accounts are not named.
func (m *MeasureReport) More() int64 { return m.Deviating - int64(len(m.IDs)) }

// WriteText writes the report as tables of 80 columns.
func (r *Report) WriteText(out io.Writer) error {
	var b strings.Builder
	para := func(indent int, format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), indent))
	}
	para(0, "%s", r.Headline())
	b.WriteByte('\n')
	para(0, "%s on %s. %s.", strings.Join(r.Jurisdictions, ", "), r.Date, r.Profile())
	var bands []string
	for _, band := range r.Bands {
		bands = append(bands, band.Band+" "+terminal.Grouped(band.Accounts))
	}
	para(0, "%s accounts: %s. %s contacts.", terminal.Grouped(r.Accounts), strings.Join(bands, ", "), terminal.Grouped(r.Contacts))
	if r.BadLines > 0 {
		para(0, "Lines that could not be read: %s.", terminal.Grouped(r.BadLines))
	}
	if r.Previous != nil {
		para(0, "Compared with %s.", r.Previous)
	}
	for _, note := range r.Notes {
		para(0, "Note: %s", note)
	}
	if len(r.Drift) > 0 {
		b.WriteString("\nDRIFT: weaker than the default, and not so before\n")
		fmt.Fprintf(&b, "  %-20s %-9s %-16s %10s %9s %9s\n", "SETTING", "BAND", "DEFAULT", "BEFORE", "NOW", "OF")
		for _, d := range r.Drift {
			fmt.Fprintf(&b, "  %-20s %-9s %-16s %10s %9s %9s\n", d.Setting, d.Band, d.Default, terminal.Grouped(d.Before), terminal.Grouped(d.Now), terminal.Grouped(d.Of))
		}
	}
	for _, g := range r.Groups() {
		fmt.Fprintf(&b, "\n%s (%d)\n", g.Title, len(g.Measures))
		if g.Note != "" {
			para(2, "%s", g.Note)
		}
		if g.Checkable() {
			fmt.Fprintf(&b, "  %-24s %11s %11s  %-10s  %s\n", "MEASURE", "CHECKED", "DEVIATING", "FIRST SEEN", "TREND")
		}
		for i := range g.Measures {
			r.measure(&b, &g.Measures[i])
		}
	}
	b.WriteString("\nNot legal advice. What the input leaves out was not checked.\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) measure(b *strings.Builder, m *MeasureReport) {
	if m.Checkable {
		line := fmt.Sprintf("  %-24s %11s %11s  %-10s  %s", m.ID, terminal.Grouped(m.Accounts), terminal.Grouped(m.Deviating), terminal.Dash(m.Day()), m.Change())
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	} else {
		fmt.Fprintf(b, "  %s\n", m.ID)
	}
	b.WriteString(terminal.Wrap(m.Title, 4))
	switch {
	case m.State != InForce:
		b.WriteString(terminal.Wrap(m.InForce()+". "+m.Duty+": "+m.Why, 4))
	case m.Duty == rulebook.Required.String():
		b.WriteString(terminal.Wrap("applies: "+m.Why, 4))
	case m.Duty == rulebook.Recommended.String():
		b.WriteString(terminal.Wrap("no duty: "+m.Why, 4))
	default:
		b.WriteString(terminal.Wrap(m.Why, 4))
	}
	if m.Deviating == 0 {
		return
	}
	b.WriteString(terminal.Wrap(m.What(), 4))
	ids := strings.Join(m.IDs, " ")
	if m.More() > 0 {
		ids += fmt.Sprintf(" and %s more", terminal.Grouped(m.More()))
	}
	b.WriteString(terminal.Wrap("accounts: "+strings.TrimSpace(ids), 4))
}

func (p *Previous) String() string {
	if p.Version != "" {
		return "the report of " + p.Date + ", app version " + p.Version
	}
	return "the report of " + p.Date
}
