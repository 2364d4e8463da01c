package notice

import (
	"fmt"
	"html/template"
	"strings"
)

// width is that of the lines of a text.
const width = 78

// Text is the document as plain text.
func (d *Document) Text() string {
	var b strings.Builder
	if d.Simulated {
		b.WriteString("SIMULATED: the service and its provider are made up.\n\n")
	}
	fmt.Fprintf(&b, "%s\n%s\nStatus: %s\n\n", strings.ToUpper(d.Title), d.Reference, d.Status)
	for _, line := range d.Addressee {
		b.WriteString(line + "\n")
	}
	b.WriteByte('\n')
	for _, x := range d.Dates {
		fmt.Fprintf(&b, "%-10s %s\n", x.Label, x.Day)
	}
	for _, p := range d.Paragraphs {
		if p.Number == "" {
			b.WriteString("\n" + p.Text + "\n")
			continue
		}
		b.WriteByte('\n')
		lines := wrap(p.Text+" ["+p.Section+"]", width-5)
		for i, line := range lines {
			lead := "     "
			if i == 0 {
				lead = fmt.Sprintf("%3s. ", p.Number)
			}
			b.WriteString(lead + line + "\n")
		}
	}
	fmt.Fprintf(&b, "\nTexts: version %s.\n", d.Version)
	return b.String()
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

var page = template.Must(template.New("document").Parse(`<article class="paper">{{if .Simulated}}<p><b>Simulated: the service and its provider are made up.</b></p>{{end}}
<header><p>{{.Reference}}</p><p>{{range $i, $l := .Addressee}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>
<dl>{{range .Dates}}<div><dt>{{.Label}}</dt><dd>{{.Day}}</dd></div>{{end}}</dl></header>
{{range .Paragraphs}}{{if .Number}}<p><span class="number">{{.Number}}.</span> {{.Text}} <span class="hint">{{.Section}}</span></p>
{{else}}<h2>{{.Text}}</h2>
{{end}}{{end}}<footer><p class="hint">Texts: version {{.Version}}.</p></footer></article>`))

// HTML is the document as an article, to stand under a heading with its title.
func (d *Document) HTML() (template.HTML, error) {
	var b strings.Builder
	if err := page.Execute(&b, d); err != nil {
		return "", fmt.Errorf("write %s: %w", d.Reference, err)
	}
	return template.HTML(b.String()), nil
}

// sheet is a document as a file of its own, on A4 when it is printed.
var sheet = template.Must(template.New("sheet").Parse(`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}, {{.Reference}}</title>
<style>
@page { size: A4; margin: 20mm }
body { max-width: 70ch; margin: 0 auto; padding: 16px; font: 15px/1.5 system-ui, sans-serif; color: #1b1f23; background: #fff }
h1 { font-size: 24px; line-height: 1.25 }
h2 { font-size: 18px; break-after: avoid }
p { orphans: 3; widows: 3 }
dl { display: flex; flex-wrap: wrap; gap: 4px 32px }
dd { margin: 0 }
dt, .hint { color: #57606a; font-size: 13px }
@media print { body { padding: 0; font-size: 11pt } }
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{.Article}}
</main>
</body>
</html>
`))

// Page is the document as a file of HTML that needs nothing beside it.
func (d *Document) Page() (string, error) {
	article, err := d.HTML()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := sheet.Execute(&b, struct {
		Title, Reference string
		Article          template.HTML
	}{d.Title, d.Reference, article}); err != nil {
		return "", fmt.Errorf("write %s: %w", d.Reference, err)
	}
	return b.String(), nil
}

// Article is what HTML wrote, cut out of a file that Page wrote; "" if it is none.
func Article(page string) template.HTML {
	const begins, ends = "<article", "</article>"
	from, to := strings.Index(page, begins), strings.LastIndex(page, ends)
	if from < 0 || to < from {
		return ""
	}
	return template.HTML(page[from : to+len(ends)])
}
