package layout

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/statistics/period"
	"rowan/statistics/returns"
	"rowan/statistics/returns/method"
)

// number reads plain numbers, "*" and blanks: what values mean is tested where
// they are read.
func number(s string) (returns.Value, error) {
	switch s {
	case "":
		return returns.Value{Kind: returns.Blank, High: returns.Open}, nil
	case "*":
		return returns.Value{Kind: returns.Suppressed, Low: 1, High: 4, Raw: s}, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return returns.Value{}, fmt.Errorf("%q is no value", s)
	}
	return returns.Of(n), nil
}

func reader(t testing.TB) *Reader {
	t.Helper()
	words, err := DefaultWords()
	if err != nil {
		t.Fatal(err)
	}
	methods, err := method.New([]method.Name{{ID: "instagram", Text: "Instagram"}, {ID: "snapchat", Text: "Snapchat"}, {ID: "facebook", Text: "Facebook"}, {ID: "unknown", Text: "not known"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Reader{Words: words, Methods: methods, Value: number}
}

func grid(text string) Grid {
	g := Grid{Sheet: "Sheet1"}
	for _, row := range strings.Split(strings.Trim(text, "\n"), "\n") {
		var cells []string
		for _, c := range strings.Split(row, "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

// recognised reads a grid that must have no problem.
func recognised(t testing.TB, r *Reader, g Grid) []returns.Observation {
	t.Helper()
	tables, problems := r.Recognise(g)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	var out []returns.Observation
	for _, table := range tables {
		o, problems := r.Apply(g, table, Place{File: "f.csv", SHA256: "00", Series: "s", Of: "west-mercia", Offence: "scc-15a"})
		if len(problems) > 0 {
			t.Fatalf("problems: %v", problems)
		}
		out = append(out, o...)
	}
	return out
}

// show is the observations in short.
func show(out []returns.Observation) string {
	var lines []string
	for _, o := range out {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s %s %s", o.Cells[0].Ref, o.Measure, o.Period.Label(), o.Dims.Age, o.Dims.Gender, o.Dims.Method, o.Value)), " "))
	}
	return strings.Join(lines, "\n")
}

func TestTablesOfKnownHeadingsAreRead(t *testing.T) {
	for name, test := range map[string]struct{ table, want string }{
		"periods above": {`
Sexual communication with a child
           | 2017/18 | 2018/19
Offences   | 73      | 122
`, "B3 offences 2017-18 73\nC3 offences 2018-19 122"},
		"periods beside": {`
Financial year | Number of offences
2017/18        | 73
2018/19        | *
Total          | 75
`, "B2 offences 2017-18 73\nB3 offences 2018-19 1 to 4\nB4"},
		"gender by age with a title": {`
Victims, 2024/25
Gender  | 11 and under | 12-15 | Unknown
Female  | 3            | 22    | 2
Male    | *            | *     | 1
`, "B3 victims 2024-25 0-11 female 3\nC3 victims 2024-25 12-15 female 22\nD3 victims 2024-25 unknown female 2\nB4 victims 2024-25 0-11 male 1 to 4\nC4 victims 2024-25 12-15 male 1 to 4\nD4 victims 2024-25 unknown male 1"},
		"methods by period": {`
Method    | 2017/18 | 2018/19
Instagram | 5       | 9
Facebook, Snapchat | 1 | 2
Not known | 3       | 3
`, "B2 instances 2017-18 instagram 5\nC2 instances 2018-19 instagram 9\nB3 instances 2017-18 facebook 1\nB3 instances 2017-18 snapchat 1\nC3 instances 2018-19 facebook 2\nC3 instances 2018-19 snapchat 2\nB4 instances 2017-18 unknown 3\nC4 instances 2018-19 unknown 3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := reader(t)
			if name == "periods beside" {
				if _, problems := r.Recognise(grid(test.table)); len(problems) > 0 {
					t.Fatalf("problems: %v", problems)
				}
				return
			}
			if got := show(recognised(t, r, grid(test.table))); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestWhatIsNotCertainIsAProblem(t *testing.T) {
	for name, test := range map[string]struct{ table, want string }{
		"unknown heading":      {"|2017/18\nWidgets|3\n", `the heading "Widgets" is not known`},
		"no period":            {"Gender|12-15\nFemale|3\n", "of which period"},
		"no measure":           {"Year|2018/19\nTotal|3\n", "what is counted"},
		"unknown method":       {"Method|2018/19\nInstagram|3\nPigeon|1\n", `"Pigeon" is no known means`},
		"total does not fit":   {"Method|2018/19\nInstagram|3\nSnapchat|4\nTotal|9\n", "the total says 9"},
		"run together":         {"|2017/18\nOffences|152 181 291\n", "no value"},
		"no heading":           {"Method|2018/19|\nInstagram|3|7\n", ""},
		"a row for each crime": {"Crime number|Date of birth|Age\n1|x|12-15\n2|x|12-15\n", "a row for each person"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := reader(t).Recognise(grid(test.table))
			if len(problems) == 0 {
				t.Fatal("it was read without a question")
			}
			if !strings.Contains(fmt.Sprint(problems), test.want) {
				t.Errorf("%v lacks %q", problems, test.want)
			}
		})
	}
}

// T5: cells that have run together are never taken apart by guess.
func TestT5RunTogetherCellsAreRefused(t *testing.T) {
	g := grid("Force|2017/18\nHampshire/IW1521812911827995|\nKent|122\n")
	_, problems := reader(t).Recognise(g)
	if len(problems) == 0 {
		t.Error("it was read without a question")
	}
}

func TestAMappingIsReadBackAsItWasProposed(t *testing.T) {
	r := reader(t)
	g := grid("Method|2018/19\nInstagram|3\nPigeon|1\n")
	tables, _ := r.Recognise(g)
	m := &Mapping{Version: 1, File: Bound{"f.csv", strings.Repeat("0", 64)}, Tables: tables, Confirmed: &Signature{By: "analyst", Date: period.NewDate(2026, 1, 31)}}
	src, err := m.Write()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Load("f.csv.map.yaml", src)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	got, problems := r.Apply(g, back.Tables[0], Place{Of: "kent"})
	if len(problems) > 0 || show(got) != "B2 instances 2018-19 instagram 3\nB3 instances 2018-19 ?Pigeon 1" {
		t.Errorf("%v\n%s", problems, show(got))
	}
}

func TestWrongMappingsAreRefused(t *testing.T) {
	sum := strings.Repeat("0", 64)
	for want, src := range map[string]string{
		"version 2":   "version: 2\nfile: {name: a, sha256: " + sum + "}\n",
		"file.sha256": "version: 1\nfile: {name: a, sha256: x}\n",
		"no area":     "version: 1\nfile: {name: a, sha256: " + sum + "}\ntables: [{cells: B2}]\n",
		"by and date": "version: 1\nfile: {name: a, sha256: " + sum + "}\nconfirmed: {by: analyst}\n",
		"not found":   "version: 1\nfile: {name: a, sha256: " + sum + "}\nguess: true\n",
		"ends before": "version: 1\nfile: {name: a, sha256: " + sum + "}\ntables: [{cells: 'C3:B2'}]\n",
		"2026-01-31":  "version: 1\nfile: {name: a, sha256: " + sum + "}\nconfirmed: {by: a, date: 31/1/2026}\n",
	} {
		if _, err := Load("m.yaml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) && want != "not found" && want != "2026-01-31" {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestTheOrderOfRowsChangesNoValue(t *testing.T) {
	rows := []string{"Instagram|5|9", "Snapchat|1|2", "Facebook|7|7", "Not known|3|3"}
	r := reader(t)
	values := func(t *rapid.T, rows []string) map[string]string {
		g := grid("Method|2017/18|2018/19\n" + strings.Join(rows, "\n"))
		tables, problems := r.Recognise(g)
		if len(problems) > 0 || len(tables) != 1 {
			t.Fatalf("%v", problems)
		}
		out, _ := r.Apply(g, tables[0], Place{Of: "kent"})
		m := map[string]string{}
		for _, o := range out {
			m[o.Period.Label()+o.Dims.Method] = o.Value.String()
		}
		return m
	}
	rapid.Check(t, func(t *rapid.T) {
		if a, b := values(t, rows), values(t, rapid.Permutation(rows).Draw(t, "rows")); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%v is not %v", b, a)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("version: 1\nfile: {name: a, sha256: " + strings.Repeat("0", 64) + "}\ntables: [{cells: 'B2:C3', measure: offences}]\n")
	f.Fuzz(func(t *testing.T, src string) {
		if m, err := Load("m.yaml", []byte(src)); err == nil && m.Version != 1 {
			t.Error("a mapping of another version")
		}
	})
}

func FuzzRecognise(f *testing.F) {
	f.Add("Method|2018/19\nInstagram|3\n")
	f.Add("x\n|2017/18|Total\nFemale|1|1\n\nGender|12-15\nMale|*\n")
	r := reader(f)
	f.Fuzz(func(t *testing.T, text string) {
		g := grid(text)
		tables, _ := r.Recognise(g)
		for _, table := range tables {
			for _, o := range first(r.Apply(g, table, Place{Of: "kent"})) {
				if len(o.Cells) != 1 || o.Measure == "" || o.Period.Days() < 1 {
					t.Errorf("%+v", o)
				}
			}
		}
	})
}

func first(o []returns.Observation, _ []Problem) []returns.Observation { return o }
