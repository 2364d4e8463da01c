package nca_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/nca"
	"rowan/casework/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func whole() *report.Facts {
	f := reporttest.WithPicture()
	f.NotHeld[report.FieldMediaURL] = "Files have no address of their own."
	return f
}

func TestABundleHasAllFieldsEachWithAValueOrAReason(t *testing.T) {
	b, missing, err := nca.Build(whole())
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) > 0 {
		t.Errorf("missing: %+v", missing)
	}
	for _, f := range b.Document.Fields {
		if (f.Value == nil) == (f.NotHeld == "") {
			t.Errorf("%s has not one of a value and a reason: %+v", f.ID, f)
		}
	}
	got, err := json.MarshalIndent(b.Document, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "report.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(got, '\n'), want) {
		t.Errorf("report.json differs; run the tests with -update and look at the difference\n%s", got)
	}
	later := whole()
	later.AsOf = reporttest.At(500) // who signs later signs the same
	again, _, err := nca.Build(later)
	if err != nil || again.Digest != b.Digest {
		t.Errorf("the same facts give another bundle: %v", err)
	}
	if d, err := nca.Check(b.Zip); err != nil || d.Case != 7 || !slices.Equal(d.Files, []string{"transcript.csv", "media.csv"}) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestACaseOfTextAloneIsWhole(t *testing.T) {
	if _, missing, err := nca.Build(reporttest.Facts()); err != nil || len(missing) > 0 {
		t.Errorf("%+v, %v", missing, err)
	}
}

func TestAFieldThatIsNotThereNeedsAReason(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*report.Facts)
		want   []string
	}{
		"no log-ins": {func(f *report.Facts) { f.Actor.Captures = nil }, []string{"login_addresses"}},
		"no log-ins, and why": {func(f *report.Facts) {
			f.Actor.Captures, f.NotHeld[report.FieldCaptures] = nil, "They are kept for a day."
		}, nil},
		"no priority":          {func(f *report.Facts) { f.Incident.Priority = 0 }, []string{"priority"}},
		"no such priority":     {func(f *report.Facts) { f.Incident.Priority = 4 }, []string{"priority"}},
		"nobody else agreed":   {func(f *report.Facts) { f.Decisions[0].Second = "p-1" }, []string{"declaration"}},
		"no child":             {func(f *report.Facts) { f.Children = nil }, []string{"children_concerned"}},
		"no telephone to call": {func(f *report.Facts) { f.Platform.Reporter.Phones = nil }, []string{"reporter_phone"}},
		"no recovery address":  {func(f *report.Facts) { f.Actor.Person.Emails = f.Actor.Person.Emails[:1] }, []string{"recovery_email"}},
		"no word of what":      {func(f *report.Facts) { f.Incident.Summary = "" }, []string{"detected_content"}},
		"text is gone": {func(f *report.Facts) {
			for i := range f.Lines {
				f.Lines[i].Held = false
			}
		}, []string{"text"}},
	} {
		f := whole()
		c.change(f)
		b, missing, err := nca.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, m := range missing {
			if m.Do == "" || !m.Blocks {
				t.Errorf("%s: %+v", name, m)
			}
			fields = append(fields, m.Field)
		}
		if !slices.Equal(fields, c.want) {
			t.Errorf("%s: %v, want %v", name, fields, c.want)
		}
		if d := b.Document; name == "no log-ins, and why" && d.Fields[slices.IndexFunc(d.Fields, func(f nca.Field) bool { return f.ID == "login_addresses" })].NotHeld == "" {
			t.Error("the reason is not in the bundle")
		}
	}
}

func TestWhatNCMECHasNeedNotBeReportedAgain(t *testing.T) {
	f := whole()
	f.Earlier = []report.Earlier{{To: "ncmec", Reference: "4711", At: reporttest.At(96)}}
	if nca.Relief(f) != "" {
		t.Error("another content was reported")
	}
	f.Earlier[0].Same = true
	_, missing, err := nca.Build(f)
	if nca.Relief(f) != "4711" || err != nil || len(missing) != 1 || missing[0].Blocks || missing[0].Field != "previous_report" {
		t.Errorf("%q, %+v, %v", nca.Relief(f), missing, err)
	}
}

func TestWhenAReportIsDue(t *testing.T) {
	decided := reporttest.At(80)
	targets := nca.DefaultTargets()
	for p, want := range map[nca.Priority]time.Duration{1: 15 * time.Minute, 2: 4 * time.Hour, 3: 24 * time.Hour, 0: 15 * time.Minute, 9: 15 * time.Minute} {
		if got := targets.Due(p, decided); got.Sub(decided) != want {
			t.Errorf("priority %d: %v", p, got.Sub(decided))
		}
	}
	if nca.Immediate.Words() != "immediately" || nca.Priority(7).Valid() {
		t.Error("the words are others")
	}
}

func TestABundleThatWasChangedIsRefused(t *testing.T) {
	b, _, err := nca.Build(whole())
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(change func(name string, body []byte) (string, []byte)) []byte {
		z, err := zip.NewReader(bytes.NewReader(b.Zip), int64(len(b.Zip)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, x := range z.File {
			var body bytes.Buffer
			r, err := x.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := body.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			name, changed := change(x.Name, body.Bytes())
			if name == "" {
				continue
			}
			f, err := w.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(changed); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if _, err := nca.Check(rewrite(func(n string, b []byte) (string, []byte) { return n, b })); err != nil {
		t.Fatal("packed anew as it was:", err)
	}
	for name, change := range map[string]func(string, []byte) (string, []byte){
		"a message is changed": func(n string, b []byte) (string, []byte) {
			if n == "transcript.csv" {
				b = bytes.Replace(b, []byte("homework"), []byte("homewerk"), 1)
			}
			return n, b
		},
		"a file is left out": func(n string, b []byte) (string, []byte) {
			if n == "media.csv" {
				return "", nil
			}
			return n, b
		},
		"a file has another name": func(n string, b []byte) (string, []byte) {
			if n == "media.csv" {
				n = "other.csv"
			}
			return n, b
		},
		"there is no manifest": func(n string, b []byte) (string, []byte) {
			if n == "manifest.json" {
				return "", nil
			}
			return n, b
		},
	} {
		if _, err := nca.Check(rewrite(change)); err == nil {
			t.Errorf("%s: nobody notices", name)
		}
	}
}

func FuzzBundle(f *testing.F) {
	b, _, err := nca.Build(&report.Facts{Case: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Zip)
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := nca.Check(b); err == nil && d == nil {
			t.Error("no document")
		}
	})
}
