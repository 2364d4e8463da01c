package cybertip_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework/report"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run the tests with -update and look at the difference\n%s", name, got)
	}
}

// schema is where NCMEC's schema lies beside the checkout. It is not ours to
// copy into it.
const schema = "../../../../shared/data/reports/cyber_tipline.xsd"

// validates checks documents against the schema, where there are schema and
// xmllint.
func validates(t *testing.T) func(documents ...[]byte) error {
	path := schema
	for _, p := range []string{os.Getenv("ROWAN_CYBERTIP_XSD"), schema, "/work/shared/data/reports/cyber_tipline.xsd"} {
		if _, err := os.Stat(p); p != "" && err == nil {
			path = p
			break
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("NCMEC's schema is not here: ", schema, " (or set ROWAN_CYBERTIP_XSD)")
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed; Debian has it in libxml2-utils")
	}
	dir := t.TempDir()
	return func(documents ...[]byte) error {
		args := []string{"--noout", "--nonet", "--schema", path}
		for i, body := range documents {
			name := filepath.Join(dir, fmt.Sprintf("%d.xml", i))
			if err := os.WriteFile(name, body, 0o600); err != nil {
				return err
			}
			args = append(args, name)
		}
		if out, err := exec.Command(lint, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
}

// documents are the XML documents of a report.
func documents(t interface{ Fatal(...any) }, f *report.Facts) [][]byte {
	d, _, err := cybertip.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := d.XML()
	if err != nil {
		t.Fatal(err)
	}
	out := [][]byte{body}
	for i := range d.Files {
		d.Files[i].Details.ReportID, d.Files[i].Details.FileID = 4711, "file-1"
		about, err := d.Files[i].Details.XML()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, about)
	}
	return out
}

func TestAReportOfTextAloneIsWhole(t *testing.T) {
	d, missing, err := cybertip.Build(reporttest.Facts())
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) > 0 {
		t.Errorf("missing: %+v", missing)
	}
	out := documents(t, reporttest.Facts())
	golden(t, "report.xml", out[0])
	golden(t, "transcript.xml", out[1])
	golden(t, "transcript.csv", d.Files[0].Body)
	out = documents(t, reporttest.WithPicture())
	golden(t, "media.xml", out[2])
}

func TestDocumentsAgreeWithTheSchema(t *testing.T) {
	valid := validates(t)
	yes, no := true, false
	police := reporttest.WithPicture()
	police.Police = &report.Police{
		Agency: "Example Police", Number: "12/26", Officer: report.Person{FirstName: "A", Emails: []report.Email{{Address: "a@example.invalid"}}},
		Told: &yes, Served: &no, ServedAbroad: &yes, ServedCountry: "FR",
	}
	police.Incident.Danger, police.Incident.Game, police.Incident.URLs = "A meeting is planned.", "Example Game", []string{"https://example.invalid/a b"}
	police.Incident.Sextortion, police.Incident.Solicitation, police.Incident.BetweenMinors = true, true, true
	police.Incident.Spam, police.Incident.Sadistic = true, true
	police.Actor.Disabled.Enduring, police.Actor.Elsewhere, police.Actor.Compromised = true, true, &no
	police.Actor.Vehicle, police.Actor.Group = "none known", "a group"
	police.Children[0].School, police.Children[0].Disabled = "Example School", &report.Disabled{At: reporttest.At(1), Lifted: reporttest.At(2)}
	police.Children = append(police.Children, report.Account{ID: "u-32", Person: report.Person{Born: "2012-05-31"}})
	for name, f := range map[string]*report.Facts{
		"text": reporttest.Facts(), "picture": reporttest.WithPicture(), "all": police,
		"little": {Case: 1, Incident: report.Incident{From: reporttest.At(0)}, Actor: report.Account{ID: "u-22"}, AsOf: reporttest.At(1)},
	} {
		if err := valid(documents(t, f)...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := valid([]byte("<report/>")); err == nil {
		t.Error("xmllint finds nothing wrong with an empty report: it checks nothing")
	}
}

// Whatever accounts, names and messages hold, the document is one that the
// schema takes, or what is wrong is said.
func TestNoTextBreaksADocument(t *testing.T) {
	valid := validates(t)
	var all [][]byte
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("a<>&\"']\x00\x07\u2028\ufffe \n\r\t=")))).Filter(func(s string) bool { return len(s) < 200 })
		f := reporttest.WithPicture()
		f.Actor.ScreenName, f.Actor.Bio = words.Draw(t, "name"), words.Draw(t, "bio")
		maybe := rapid.OneOf(rapid.Just(""), rapid.Just("https://example.invalid/"), words)
		f.Actor.ProfileURLs = []string{maybe.Draw(t, "url"), "https://example.invalid/" + maybe.Draw(t, "path")}
		f.Children[0].DisplayNames = []string{words.Draw(t, "display")}
		f.Lines[0].Text, f.Lines[0].ID = words.Draw(t, "text"), words.Draw(t, "id")
		f.Platform.LegalURL, f.Incident.Summary = maybe.Draw(t, "legal"), words.Draw(t, "summary")
		f.Actor.Location.Country = rapid.SampledFrom([]string{"GB", "FR", "", "gb"}).Draw(t, "country")
		f.Actor.Captures[0].Event = rapid.SampledFrom([]string{"Login", "", "Other", "login"}).Draw(t, "event")
		d, missing, err := cybertip.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range missing {
			if f.Actor.ScreenName != "" && len(f.Actor.ScreenName) > 4 && strings.Contains(m.What+m.Field, f.Actor.ScreenName) {
				t.Fatalf("what is missing repeats a name: %+v", m)
			}
		}
		for _, u := range d.Report.Reported[0].ProfileURLs {
			if strings.ContainsFunc(u, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				t.Fatalf("%q would be refused", u)
			}
		}
		if rows, err := csv.NewReader(bytes.NewReader(d.Files[0].Body)).ReadAll(); err != nil || len(rows) != 5 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		if !report.Blocked(missing) {
			all = append(all, documents(t, f)...)
		}
	})
	if len(all) == 0 {
		t.Fatal("no document was whole")
	}
	if err := valid(all...); err != nil {
		t.Error(err)
	}
}

func TestWhatIsMissingIsSaidFieldByField(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*report.Facts)
		blocks []string
		wants  []string
	}{
		"no time":            {change: func(f *report.Facts) { f.Incident.From, f.Incident.To = time.Time{}, time.Time{} }, blocks: []string{"incidentSummary.incidentDateTime"}},
		"a time to come":     {change: func(f *report.Facts) { f.AsOf = reporttest.At(10) }, blocks: []string{"incidentSummary.incidentDateTime"}},
		"nobody to ask":      {change: func(f *report.Facts) { f.Platform.Reporter.Emails = nil }, blocks: []string{"reporter.reportingPerson.email"}},
		"one person decided": {change: func(f *report.Facts) { f.Decisions[0].Second = "" }, blocks: []string{"report"}},
		"the same twice":     {change: func(f *report.Facts) { f.Decisions[0].Second = f.Decisions[0].By }, blocks: []string{"report"}},
		"not to report":      {change: func(f *report.Facts) { f.Decisions[0].Measures = []string{"suspend"} }, blocks: []string{"report"}},
		"no child":           {change: func(f *report.Facts) { f.Children = nil }, blocks: []string{"victim"}},
		"child without age": {
			change: func(f *report.Facts) {
				f.Children[0].Band, f.Children[0].Person.Age, f.Children[0].Captures = "", nil, nil
			},
			wants: []string{"victim[0].victimPerson.age", "victim[0].ipCaptureEvent"},
		},
		"address that is none": {change: func(f *report.Facts) { f.Actor.Captures[1].IP = "192.0.2" }, blocks: []string{"personOrUserReported.ipCaptureEvent[1].ipAddress"}},
		"country unknown":      {change: func(f *report.Facts) { f.Actor.Location.Country = "UK" }, blocks: []string{"personOrUserReported.estimatedLocation.countryCode"}},
		"age that is none":     {change: func(f *report.Facts) { f.Children[0].Person.Age = new(-1) }, blocks: []string{"victim[0].victimPerson.age"}},
		"too long":             {change: func(f *report.Facts) { f.Platform.Terms = strings.Repeat("a", 3001) }, blocks: []string{"reporter.termsOfService"}},
		"nothing there":        {change: func(f *report.Facts) { f.Lines = nil }, blocks: []string{"fileDetails"}},
		"not all was read":     {change: func(f *report.Facts) { f.Views = f.Views[:1] }, wants: []string{"transcript.csv.fileViewedByEsp"}},
		"no text": {change: func(f *report.Facts) {
			for i := range f.Lines {
				f.Lines[i].Held = false
			}
		}, wants: []string{"transcript.csv", "transcript.csv.fileViewedByEsp"}},
	} {
		f := reporttest.Facts()
		c.change(f)
		_, missing, err := cybertip.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		var blocks, wants []string
		for _, m := range missing {
			if m.What == "" || m.Do == "" {
				t.Errorf("%s: %+v does not say what to do", name, m)
			}
			if m.Blocks {
				blocks = append(blocks, m.Field)
			} else {
				wants = append(wants, m.Field)
			}
		}
		if !slices.Equal(blocks, c.blocks) || !slices.Equal(wants, c.wants) {
			t.Errorf("%s: blocks %v, want %v; would help %v, want %v", name, blocks, c.blocks, wants, c.wants)
		}
	}
}

func TestItIsToldWhetherAPersonLooked(t *testing.T) {
	for n, want := range map[int]string{3: "true", 2: "false", 0: "false"} {
		f := reporttest.Facts()
		f.Views = f.Views[:n]
		body := documents(t, f)[1]
		if !bytes.Contains(body, []byte("<fileViewedByEsp>"+want+"</fileViewedByEsp>")) {
			t.Errorf("%d of 3 lines seen: %s", n, body)
		}
		if !bytes.Contains(body, fmt.Appendf(nil, "looked at the text of %d.", n)) {
			t.Errorf("%d of 3 lines seen is not said: %s", n, body)
		}
	}
}

func TestTheDigestIsOfAllThatWouldBeSent(t *testing.T) {
	digest := func(change func(*report.Facts)) string {
		f := reporttest.WithPicture()
		change(f)
		d, _, err := cybertip.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		before, err := d.Digest()
		if err != nil {
			t.Fatal(err)
		}
		d.Files[0].Details.ReportID, d.Files[0].Details.FileID = 1, "x"
		if after, _ := d.Digest(); after != before {
			t.Error("the digest changes with the ids that NCMEC gives")
		}
		return before
	}
	same := digest(func(*report.Facts) {})
	for name, change := range map[string]func(*report.Facts){
		"a message": func(f *report.Facts) { f.Lines[0].Text += "." },
		"who read":  func(f *report.Facts) { f.Views = nil },
		"a hash":    func(f *report.Facts) { f.Media[0].Hashes["MD5"] = "00" },
		"a name":    func(f *report.Facts) { f.Actor.ScreenName = "x" },
	} {
		if digest(change) == same {
			t.Errorf("%s changes, the digest does not", name)
		}
	}
}

func TestElementsAreWrittenInOrder(t *testing.T) {
	body := documents(t, reporttest.Facts())[0]
	var order []string
	d := xml.NewDecoder(bytes.NewReader(body))
	depth := 0
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch x := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				order = append(order, x.Name.Local)
			}
		case xml.EndElement:
			depth--
		}
	}
	want := []string{"incidentSummary", "internetDetails", "reporter", "personOrUserReported", "victim", "additionalInfo"}
	if !slices.Equal(order, want) {
		t.Errorf("%v", order)
	}
	if !bytes.Contains(body, []byte("<incidentType>Online Enticement of Children for Sexual Acts</incidentType>")) {
		t.Error("the incident type is another")
	}
}
