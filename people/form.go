package people

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"rowan/stylesheet"
)

// The names of the forms at a door.
const (
	FormLogin    = "login"    // log-in and password
	FormCode     = "code"     // the code of an authenticator, or a recovery code
	FormEnrol    = "enrol"    // set up an authenticator
	FormRenew    = "renew"    // an authenticator is set up; set up another
	FormRecovery = "recovery" // recovery codes, shown once
	FormPassword = "password" // choose a new password
)

// Form is a page at a door.
type Form struct {
	Name    string
	Heading string
	Main    template.HTML // the content, below the heading

	Title    string // the wing's
	Next     string // where the visitor wants to go, a path
	Notice   string // what was done
	Problem  string // what went wrong, what was kept, what to do
	Person   Person // zero before the password was right
	Provider string // the name of the identity provider, "" if there is none
	Secret   string // of FormEnrol
	QR       string // of FormEnrol: a data address
	Codes    []string
	Forced   bool // of FormPassword: nothing else can be done before
}

//go:embed form.html
var formSource string

//go:embed form.css
var formSheet string

func parseForms() (*template.Template, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"image": func(address string) template.URL { return template.URL(address) }, // a data address that QR made
		"least": func() int { return MinPassword },
		"fours": fours,
	}).Parse(formSource)
	if err != nil {
		return nil, fmt.Errorf("forms: %w", err)
	}
	return t, nil
}

// fours writes a secret in groups that can be typed; apps leave the spaces out.
func fours(secret string) string {
	var out strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

func (f *Form) render(forms *template.Template) error {
	headings := map[string]string{
		FormLogin: "Sign in", FormCode: "Enter your code", FormEnrol: "Set up your authenticator", FormRenew: "Your authenticator",
		FormRecovery: "Keep these recovery codes", FormPassword: "Choose a new password",
	}
	f.Heading = headings[f.Name]
	var out bytes.Buffer
	if err := forms.ExecuteTemplate(&out, f.Name, f); err != nil {
		return fmt.Errorf("form %s: %w", f.Name, err)
	}
	f.Main = template.HTML(out.String())
	return nil
}

// Plain is a frame and pages without a wing's look, for a wing that has none
// yet and for tests. Its style sheet must be served at /people.css: PlainSheet.
type Plain struct{}

const plainSource = `<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Heading}} – {{.Title}}</title><link rel="stylesheet" href="/people.css"></head>
<body><main class="door"><p class="quiet">{{.Title}}</p><h1>{{.Heading}}</h1>{{.Main}}</main></body></html>
`

var _ interface {
	Frame
	Pages
} = Plain{}

// Sheet is what the forms add to the house's style sheet.
func Sheet() template.CSS { return template.CSS(formSheet) }

// PlainSheet serves the style sheet of Plain.
func PlainSheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	fmt.Fprint(w, stylesheet.House(), Sheet())
}

// Form implements Frame.
func (Plain) Form(w http.ResponseWriter, _ *http.Request, status int, f Form) {
	var out bytes.Buffer
	if err := template.Must(template.New("").Parse(plainSource)).Execute(&out, f); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// That the other side has gone is no error of ours.
	_, _ = w.Write(out.Bytes())
}

// Refused implements Pages.
func (p Plain) Refused(w http.ResponseWriter, r *http.Request, _ Permission) {
	p.Form(w, r, http.StatusForbidden, Form{Title: "Rowan", Heading: "Your roles do not allow this",
		Main: "<p>Nothing was changed. Ask an administrator for the role that it needs, or <a href=\"/\">go back to the start</a>.</p>"})
}

// Broken implements Pages.
func (p Plain) Broken(w http.ResponseWriter, r *http.Request) {
	p.Form(w, r, http.StatusInternalServerError, Form{Title: "Rowan", Heading: "Something failed inside Rowan",
		Main: "<p>The failure was logged. Try again; if it stays, tell an administrator.</p>"})
}

// stepOf is where a log-in goes on at a stage, "" if it is done.
func stepOf(s Stage) string {
	switch s {
	case NeedsTOTP, NeedsEnrol:
		return "/totp"
	case NeedsChange:
		return "/password"
	}
	return ""
}

func nextQuery(to string) string { return url.Values{"next": {to}}.Encode() }
