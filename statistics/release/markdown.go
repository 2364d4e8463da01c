package release

import (
	"fmt"
	"strings"

	"rowan/statistics/release/workbook"
)

// markdown is a page as CommonMark with tables.
func markdown(p Page, plan *Plan) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\nPublished %s by %s (%s, %s).\n", plain(p.Title), plain(plan.Title), day(plan.Published), plain(plan.Publisher.Name), plain(plan.Publisher.Owner), plan.Publisher.Contact)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n", plain(s.Heading))
		for _, x := range s.Sentences {
			fmt.Fprintf(&b, "\n%s\n", plain(x.Text))
		}
		for _, c := range s.Charts {
			fmt.Fprintf(&b, "\n![%s](../charts/%s.svg)\n", plain(c.Says), c.Name)
		}
		if s.Table != nil {
			markdownTable(&b, s.Table)
		}
		if len(s.List) > 0 {
			b.WriteString("\n")
		}
		for _, line := range s.List {
			fmt.Fprintf(&b, "- %s\n", plain(line))
		}
	}
	b.WriteString("\nMarks:")
	for _, n := range marks() {
		fmt.Fprintf(&b, " %s %s", n.Mark, n.Text)
	}
	b.WriteString("\n")
	return []byte(b.String())
}

func markdownTable(b *strings.Builder, t *workbook.Table) {
	fmt.Fprintf(b, "\n%s:\n\n|", plain(t.Title))
	for _, c := range t.Columns {
		b.WriteString(" " + plain(c) + " |")
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", len(t.Columns)) + "\n")
	for _, row := range t.Rows {
		b.WriteString("|")
		for _, c := range row {
			b.WriteString(" " + plain(c.Shown()) + " |")
		}
		b.WriteString("\n")
	}
}

// plain takes the meaning from what Markdown would read as a mark.
func plain(s string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`, "*", `\*`, "<", "&lt;", "`", "'").Replace(s)
}
