package homeoffice

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// workbook writes sheets of rows as the Home Office does: text and numbers.
func workbook(t testing.TB, sheets map[string][][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("content.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `<office:document-content><office:body><office:spreadsheet>`)
	for _, name := range []string{"Cover", "2017-18", "2018-19", "2019-20", "2020-21", "2021-22", "2022-23", "2023-24", "2024-25", "2013-14", "2014-15", "2015-16", "2016-17"} {
		if sheets[name] == nil {
			continue
		}
		fmt.Fprintf(w, `<table:table table:name=%q>`, name)
		for _, row := range sheets[name] {
			fmt.Fprint(w, "<table:table-row>")
			for i, c := range row {
				if i == len(row)-1 {
					fmt.Fprintf(w, `<table:table-cell office:value-type="float" office:value="%s"><text:p>%s</text:p></table:table-cell>`, c, c)
					continue
				}
				fmt.Fprintf(w, `<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, c)
			}
			fmt.Fprint(w, "</table:table-row>")
		}
		fmt.Fprint(w, "</table:table>")
	}
	fmt.Fprint(w, `</office:spreadsheet></office:body></office:document-content>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var head = []string{"Financial Year", "Financial Quarter", "Force Name", "Offence Description", "Offence Group", "Offence Subgroup", "Offence Code", "Number of Offences"}

func force(name string) (string, bool) {
	id := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	return map[bool]string{true: id}[name != "Action Fraud"], name != "Action Fraud"
}

func row(year, quarter, force, code, n string) []string {
	return []string{year, quarter, force, "a description", "a group", "a subgroup", code, n}
}

func read(t testing.TB, src []byte) ([]returns.Observation, error) {
	t.Helper()
	return Read(t.Context(), "prc.ods", "00", bytes.NewReader(src), int64(len(src)), Options{Force: force})
}

func TestQuartersMakeYears(t *testing.T) {
	old := append([]string(nil), head...)
	old[7] = "Offence Count"
	got, err := read(t, workbook(t, map[string][][]string{
		"Cover":   {{"Contents", "1"}},
		"2017-18": {old, row("2017-18", "1", "West Mercia", "88A", "5"), row("2017-18", "1", "West Mercia", "8N", "900"), row("2017-18", "2", "West Mercia", "88A", "6"), row("2017-18", "3", "West Mercia", "88A", "7"), row("2017-18", "4", "West Mercia", "88A", "8"), row("2017-18", "1", "Action Fraud", "88A", "3")},
		"2018-19": {head, row("2018-19", "1", "West Mercia", "88A", "9")},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range got {
		out = append(out, fmt.Sprintf("%s %s %s %d %s", o.Of, o.Offence, o.Value, len(o.Cells), o.Cells[0]))
	}
	want := `west-mercia ho-88a 5 1 prc.ods!2017-18!H2
west-mercia ho-88a 26 4 prc.ods!2017-18!H2
west-mercia ho-88a 6 1 prc.ods!2017-18!H4
west-mercia ho-88a 7 1 prc.ods!2017-18!H5
west-mercia ho-88a 8 1 prc.ods!2017-18!H6
west-mercia ho-88a 9 1 prc.ods!2018-19!H2`
	if strings.Join(out, "\n") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(out, "\n"), want)
	}
}

func TestWrongTablesSayWhere(t *testing.T) {
	for want, sheet := range map[string][][]string{
		`sheet "2017-18", row 2: H2: "x" is no number`: {head, row("2017-18", "1", "Kent", "88A", "x")},
		`"2017-18", "5" is no financial year`:          {head, row("2017-18", "5", "Kent", "88A", "1")},
		`"2017-19" is no financial year`:               {head, row("2017-19", "1", "Kent", "88A", "1")},
		"no sheet has the columns":                     {{"a", "1"}},
	} {
		if _, err := read(t, workbook(t, map[string][][]string{"2017-18": sheet})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func observation(of, offence string, p period.Period, n int64) returns.Observation {
	return returns.Observation{Of: of, Offence: offence, Period: p, Measure: returns.Offences, Value: returns.Of(n)}
}

// T10: class 88A is never below s.15A where the periods match, and periods of
// different kinds are not compared.
func TestT10TheWiderClassIsNotSmaller(t *testing.T) {
	fy := period.FinancialYear(2018)
	if got := CrossCheck([]returns.Observation{observation("south-wales", "scc-15a", fy, 140)}, []returns.Observation{observation("south-wales", "ho-88a", period.CalendarYear(2018), 100)}); len(got) != 0 {
		t.Errorf("a calendar year is compared with a financial one: %v", got)
	}
	if got := CrossCheck([]returns.Observation{observation("kent", "scc-15a", fy, 140)}, []returns.Observation{observation("kent", "ho-88a", fy, 140)}); Errors(got) != nil {
		t.Errorf("equal counts are no finding: %v", got)
	}
	got := CrossCheck([]returns.Observation{observation("kent", "scc-15a", fy, 141)}, []returns.Observation{observation("kent", "ho-88a", fy, 140)})
	if err := Errors(got); len(got) != 1 || err == nil || !strings.Contains(err.Error(), "kent") {
		t.Errorf("%v", got)
	}
}

// BenchmarkTwelveYears reads a table as large as the real one. Bounds of the
// issue: 15 s and 300 MB.
func BenchmarkTwelveYears(b *testing.B) {
	sheets := map[string][][]string{}
	for year := 2013; year < 2025; year++ {
		name := fmt.Sprintf("%d-%02d", year, (year+1)%100)
		rows := [][]string{head}
		for i := range 25_356 {
			code := "8N"
			if i%144 == 0 {
				code = "88A"
			}
			rows = append(rows, row(name, fmt.Sprint(i/36%4+1), fmt.Sprintf("Force %d", i/144%47), code, fmt.Sprint(i%977)))
		}
		sheets[name] = rows
	}
	src := workbook(b, sheets)
	sheets = nil
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for b.Loop() {
		got, err := read(b, src)
		if err != nil || len(got) == 0 {
			b.Fatal(err, len(got))
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Sys)/(1<<20), "MB-sys")
	b.ReportMetric(float64(len(src))/(1<<20), "MB-file")
}
