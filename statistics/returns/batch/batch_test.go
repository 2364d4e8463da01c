package batch

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns/method"
)

// All returns in these tests are constructed.

func ref(t testing.TB) *reference.Reference {
	t.Helper()
	r, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read writes files to a folder and reads them.
func read(t testing.TB, o Options, files map[string]string) (*Batch, string) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if o.Reference == nil {
		o.Reference = ref(t)
	}
	b, err := Read(t.Context(), paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return b, dir
}

func show(b *Batch) string {
	var out []string
	for _, o := range b.Observations {
		proposed := ""
		if o.Proposed {
			proposed = " proposed"
		}
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s%s%s %s%s", o.Of, o.Period.Label(), o.Measure, o.Dims.Age, o.Dims.Gender, o.Dims.Method, o.Value, proposed)), " "))
	}
	return strings.Join(out, "\n")
}

func questions(b *Batch) string {
	var out []string
	for _, q := range b.Questions {
		out = append(out, q.Kind+": "+q.Text)
	}
	return strings.Join(out, "\n")
}

const westMercia = "West Mercia Police,,\nSexual communication with a child,,\n,2017/18,2018/19\nOffences,73,122\n"

func TestAReturnOfKnownFormIsRead(t *testing.T) {
	b, _ := read(t, Options{}, map[string]string{"answer.csv": westMercia})
	if got := show(b); got != "west-mercia 2017-18 offences 73\nwest-mercia 2018-19 offences 122" || len(b.Questions) != 0 {
		t.Errorf("%s\n%s", got, questions(b))
	}
	if c := b.Observations[0].Cells[0]; c.String() != "answer.csv!B4" || len(c.SHA256) != 64 {
		t.Errorf("the address is %s %s", c, c.SHA256)
	}
}

func TestTheForceIsToldByContentSenderAndName(t *testing.T) {
	table := "\n,2017/18\nOffences,73\n"
	for name, test := range map[string]struct{ file, head, want, question string }{
		"by its name":             {"a.csv", "Dyfed-Powys Police", "dyfed-powys", ""},
		"by another spelling":     {"a.csv", "Answer of Devon & Cornwall Police", "devon-and-cornwall", ""},
		"by the sender":           {"a.csv", "From: foi@westmercia.pnn.police.uk", "west-mercia", ""},
		"by the file's name":      {"north-yorkshire 2019.csv", "Answer", "north-yorkshire", ""},
		"West Midlands, a force":  {"a.csv", "West Midlands Police", "west-midlands", ""},
		"West Midlands, no force": {"a.csv", "West Midlands", "", "nothing says which force"},
		"several":                 {"a.csv", "Bedfordshire Police and Hertfordshire Constabulary", "", "names several forces"},
		"two that disagree":       {"kent.csv", "Essex Police", "", "the text says essex and the file's name kent"},
		"nobody":                  {"a.csv", "Answer", "", "nothing says which force"},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := read(t, Options{}, map[string]string{test.file: test.head + "," + table})
			if b.Files[0].Force != test.want || !strings.Contains(questions(b), test.question) || (test.question == "") != (len(b.Questions) == 0) {
				t.Errorf("%q, questions: %s", b.Files[0].Force, questions(b))
			}
			if (test.want == "") != (len(b.Observations) == 0) {
				t.Errorf("observations: %s", show(b))
			}
		})
	}
	b, _ := read(t, Options{Force: "kent"}, map[string]string{"a.csv": "Answer," + table})
	if b.Files[0].Force != "kent" {
		t.Errorf("--force is not used: %+v", b.Files)
	}
}

func TestOneBadFileNeverStopsTheOthers(t *testing.T) {
	b, _ := read(t, Options{}, map[string]string{"a.csv": westMercia, "b.xlsx": "PK damaged", "c.xyz": "?"})
	if len(b.Files) != 3 || b.Files[0].Error != "" || !strings.HasPrefix(b.Files[1].Error, "b.xlsx: ") || !strings.HasPrefix(b.Files[2].Error, "c.xyz: ") {
		t.Errorf("%+v", b.Files)
	}
	if len(b.Observations) != 2 {
		t.Error(show(b))
	}
}

func TestWhatIsNotUnderstoodIsAskedAndProposed(t *testing.T) {
	b, dir := read(t, Options{}, map[string]string{"kent.csv": "Kent Police,\nMethod,2018/19\nInstagram,3\nCarrier pigeon,1\nSnapchatt,2\n"})
	if len(b.Observations) != 0 || !strings.Contains(questions(b), `method: kent.csv!A4: "Carrier pigeon" is no known means`) {
		t.Fatalf("%s\n%s", show(b), questions(b))
	}
	path := filepath.Join(dir, "kent.csv") + MappingSuffix
	m := b.Proposals[path]
	if m == nil || m.Force != "kent" || len(m.Tables) != 1 {
		t.Fatalf("%+v", b.Proposals)
	}
	src, err := m.Write()
	if err != nil {
		t.Fatal(err)
	}
	again := func(mapping string) *Batch {
		if err := os.WriteFile(path, []byte(mapping), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Read(t.Context(), []string{filepath.Join(dir, "kent.csv"), path}, Options{Reference: ref(t)})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if b := again(string(src)); !strings.Contains(questions(b), "is not confirmed") || len(b.Observations) != 0 {
		t.Errorf("an unconfirmed mapping is used: %s\n%s", show(b), questions(b))
	}
	confirmed := string(src) + "confirmed: {by: analyst, date: 2026-01-31}\nvalues: [{at: B4, value: \"<5\", why: the force wrote so}]\n"
	b = again(confirmed)
	if got := show(b); got != "kent 2018-19 instances ?Carrier pigeon 1 to 4\nkent 2018-19 instances ?Snapchatt 2\nkent 2018-19 instances instagram 3" {
		t.Errorf("%s\n%s", got, questions(b))
	}
	if len(b.Waiting) != 2 || fmt.Sprint(b.Waiting[1]) != "{[Snapchatt] [snapchat]}" {
		t.Errorf("waiting: %+v", b.Waiting)
	}
	if err := os.WriteFile(filepath.Join(dir, "kent.csv"), []byte("Kent Police,\nMethod,2018/19\nInstagram,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := again(confirmed); !strings.Contains(questions(b), "its bytes changed") {
		t.Errorf("a mapping for other bytes is used: %s", questions(b))
	}
}

func TestADecisionOnASpellingIsUsed(t *testing.T) {
	b, _ := read(t, Options{Mappings: []method.Mapping{{Raw: "snapchatt", To: []string{"snapchat"}, By: "analyst", Date: "2026-01-31"}}},
		map[string]string{"kent.csv": "Kent Police,\nMethod,2018/19\nInstagram,3\nSnapchatt,2\n"})
	if got := show(b); got != "kent 2018-19 instances instagram 3\nkent 2018-19 instances snapchat 2" {
		t.Errorf("%s\n%s", got, questions(b))
	}
}

func TestLettersAreProposedUntilAPersonAccepts(t *testing.T) {
	letter := "From: foi@dyfed-powys.police.uk\nIn 2021/22 there have been 39 offences.\nThe methods are refused under section 12(1).\n"
	b, dir := read(t, Options{}, map[string]string{"answer.txt": letter})
	if got := show(b); got != "dyfed-powys 2021-22 offences 39 proposed" {
		t.Fatalf("%s\n%s", got, questions(b))
	}
	p := period.FinancialYear(2021)
	b, err := Read(t.Context(), []string{filepath.Join(dir, "answer.txt")}, Options{Reference: ref(t), Period: &p})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(b); got != "dyfed-powys 2021-22 instances known refused s12(1) proposed\ndyfed-powys 2021-22 offences 39 proposed" {
		t.Errorf("%s", got)
	}
	for path, m := range b.Proposals {
		src, err := m.Write()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(src, "confirmed: {by: analyst, date: 2026-01-31}\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err = Read(t.Context(), []string{filepath.Join(dir, "answer.txt")}, Options{Reference: ref(t), Period: &p})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(b); strings.Contains(got, "proposed") || !strings.Contains(got, "39") || len(b.Questions) != 0 {
		t.Errorf("%s\n%s", got, questions(b))
	}
}

func TestListsOfPersonsRaiseAnAlarm(t *testing.T) {
	b, _ := read(t, Options{}, map[string]string{"kent.csv": "Kent Police,,\n\nCrime number,Date of birth,Age\n1,x,12-15\n2,x,12-15\n"})
	if len(b.Alarms) != 1 || b.Alarms[0].Kind != "records" || len(b.Observations) != 0 {
		t.Errorf("%+v", b.Alarms)
	}
}

func canonical(t testing.TB, b *Batch) string {
	t.Helper()
	var out bytes.Buffer
	for _, o := range b.Observations {
		o.Cells = nil
		if err := json.NewEncoder(&out).Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// A figure never depends on the order of rows, nor on how many files a return
// came in.
func TestOrderAndSplittingChangeNothing(t *testing.T) {
	rows := []string{"Instagram,5,9", "Snapchat,1,<5", "Facebook,7,*", "Not known,3,3", "Kik,0,2"}
	head := "West Mercia Police,,\nMethod,2017/18,2018/19\n"
	b, _ := read(t, Options{}, map[string]string{"a.csv": head + strings.Join(rows, "\n")})
	want := canonical(t, b)
	if len(b.Observations) != 10 {
		t.Fatalf("%s\n%s", show(b), questions(b))
	}
	rapid.Check(t, func(rt *rapid.T) {
		mixed := rapid.Permutation(rows).Draw(rt, "rows")
		n := rapid.IntRange(1, 4).Draw(rt, "cut")
		b, _ := read(t, Options{}, map[string]string{"a.csv": head + strings.Join(mixed[:n], "\n"), "b.csv": head + strings.Join(mixed[n:], "\n")})
		if got := canonical(t, b); got != want {
			rt.Errorf("%s\nwant\n%s", got, want)
		}
	})
}

func TestPublishedFiguresAreOneForm(t *testing.T) {
	b, _ := read(t, Options{}, map[string]string{"p.csv": "series,area,force,period_start,period_end,measure,value,unit,source_url\n" +
		"s,West Midlands,West Midlands Police,2017-04-03,2018-04-02,offences_recorded,25,offences,https://example.org\n" +
		"s,West Midlands (region),,2017-04-03,2018-04-02,offences_recorded,194,offences,https://example.org\n" +
		"s,UK,,2017-04-03,2018-04-02,forces_responding,44,forces,https://example.org\n"})
	if got := show(b); got != "ons-west-midlands 2017-18 offences 194\nwest-midlands 2017-18 offences 25" || len(b.Claims) != 1 {
		t.Errorf("%s\n%s", got, questions(b))
	}
}

// T10: class 88A of the Home Office contains s.15A and is never below it.
func TestT10ReturnsAreCheckedAgainstTheHomeOffice(t *testing.T) {
	head := "Financial Year|Financial Quarter|Force Name|Offence Code|Number of Offences"
	rows := []string{head}
	for q, n := range []int{5, 5, 5, 5} {
		rows = append(rows, fmt.Sprintf("2018-19|%d|West Mercia|88A|%d", q+1, n), fmt.Sprintf("2018-19|%d|Action Fraud|88A|900", q+1))
	}
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("<table:table-row>")
		for _, c := range strings.Split(r, "|") {
			b.WriteString("<table:table-cell><text:p>" + c + "</text:p></table:table-cell>")
		}
		b.WriteString("</table:table-row>")
	}
	path := filepath.Join(t.TempDir(), "prc.ods")
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("content.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `<office:document-content><office:body><office:spreadsheet><table:table table:name="2018-19">`+b.String()+`</table:table></office:spreadsheet></office:body></office:document-content>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := read(t, Options{HomeOffice: path}, map[string]string{"a.csv": westMercia})
	if len(got.Questions) != 1 || got.Questions[0].Kind != "cross_check" || !strings.Contains(questions(got), "122 offences of s.15A and only 20") {
		t.Errorf("%s", questions(got))
	}
	if len(got.Observations) != 2 {
		t.Errorf("the Home Office's counts are mixed with the return's: %s", show(got))
	}
}

// What a file was is kept under its hash, even where it cannot be read.
func TestOriginalsAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "originals")
	for range 2 { // a second reading finds them there
		b, _ := read(t, Options{Keep: dir}, map[string]string{"a.csv": westMercia, "b.xlsx": "PK damaged"})
		for _, f := range b.Files {
			src, err := os.ReadFile(filepath.Join(dir, f.SHA256+filepath.Ext(f.Name)))
			if err != nil || int64(len(src)) != f.Bytes {
				t.Errorf("%s: %d of %d bytes, %v", f.Name, len(src), f.Bytes, err)
			}
		}
	}
}
