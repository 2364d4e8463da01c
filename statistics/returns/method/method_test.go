package method

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/statistics/period"
)

func date(s string) *period.Date {
	d, err := period.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func table(t testing.TB, mappings ...Mapping) *Table {
	t.Helper()
	var names []Name
	for id, texts := range map[string][]string{
		"facebook": {"Facebook", "FB", "Face book"}, "messenger": {"Messenger", "FB Messenger", "Facebook Messenger"},
		"instagram": {"Instagram", "Insta", "IG"}, "whatsapp": {"WhatsApp", "Whats App", "WA"}, "snapchat": {"Snapchat", "Snap", "Snap Chat", "SC"},
		"kik": {"Kik"}, "line": {"Line"}, "online": {"online", "internet"}, "facetime": {"FaceTime"}, "xbox-live": {"Xbox", "Xbox Live"},
		"sms": {"text", "SMS", "text message"}, "unknown": {"unknown", "not known", "N/K"}, "twitter": {"Twitter"},
	} {
		for _, text := range texts {
			names = append(names, Name{ID: id, Text: text})
		}
	}
	names = append(names, Name{ID: "twitter", Text: "X", From: date("2023-07-24")}, Name{ID: "messenger", Text: "Facebook/Messenger"})
	table, err := New(names, mappings)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// show is what a cell became: ids, and raw text behind a question mark.
func show(parts []Part) string {
	var out []string
	for _, p := range parts {
		if p.ID == "" {
			out = append(out, "?"+p.Raw)
		} else {
			out = append(out, p.ID)
		}
	}
	return strings.Join(out, " ")
}

func TestCells(t *testing.T) {
	for _, test := range []struct{ cell, on, want string }{
		{"Instagram", "2019-04-02", "instagram"},
		{"  INSTAGRAM. ", "2019-04-02", "instagram"},
		{"Ｉｎｓｔａｇｒａｍ", "2019-04-02", "instagram"},
		{"Instagram/Snapchat", "2019-04-02", "instagram snapchat"},
		{"Insta, IG and Snap", "2019-04-02", "instagram snapchat"},
		{"Facebook & Instagram", "2025-03-31", "facebook instagram"},
		{"Facebook/Messenger", "2019-04-02", "?Facebook/Messenger"},
		{"Facebook Messenger", "2019-04-02", "messenger"},
		{"instagramm", "2019-04-02", "?instagramm"},
		{"Snapchat; carrier pigeon", "2019-04-02", "snapchat ?carrier pigeon"},
		{"X", "2022-03-31", "?X"},
		{"X", "2024-03-31", "twitter"},
		{"Xbox", "2022-03-31", "xbox-live"},
		{"Online", "2022-03-31", "online"},
		{"Line", "2022-03-31", "line"},
		{"Chat", "2022-03-31", "?Chat"},
		{"Face", "2022-03-31", "?Face"},
		{"kicked", "2022-03-31", "?kicked"},
		{"context", "2022-03-31", "?context"},
		{"N/K", "2022-03-31", "unknown"},
		{"", "2022-03-31", ""},
		{" - ", "2022-03-31", ""},
	} {
		if got := show(table(t).Read(test.cell, *date(test.on))); got != test.want {
			t.Errorf("%q on %s: %s, want %s", test.cell, test.on, got, test.want)
		}
	}
}

func TestLikenessOnlySuggests(t *testing.T) {
	for cell, want := range map[string]string{
		"instagramm": "instagram one letter", "Instagarm": "instagram one letter", "Message text": "sms fingerprint", "W hats app": "whatsapp n-gram",
	} {
		parts := table(t).Read(cell, *date("2022-03-31"))
		if len(parts) != 1 || parts[0].ID != "" || len(parts[0].Suggestions) == 0 {
			t.Errorf("%q: %+v", cell, parts)
			continue
		}
		if s := parts[0].Suggestions[0]; s.ID+" "+s.Rule != want {
			t.Errorf("%q suggests %s by %s, want %s", cell, s.ID, s.Rule, want)
		}
	}
	if parts := table(t).Read("Kin", *date("2022-03-31")); len(parts[0].Suggestions) != 0 {
		t.Errorf("a word of three letters resembles nothing: %+v", parts)
	}
}

func TestAMappingDecides(t *testing.T) {
	got := table(t, Mapping{Raw: "FB/MSN", To: []string{"facebook", "messenger"}, By: "analyst", Date: "2026-01-02"}).Read("fb / msn", *date("2019-04-02"))
	if show(got) != "facebook messenger" || got[0].Rule != "mapping" {
		t.Errorf("%+v", got)
	}
}

func TestWrongTablesAreRefused(t *testing.T) {
	name := []Name{{ID: "a", Text: "One"}}
	for want, make := range map[string]func() (*Table, error){
		"both a and b":     func() (*Table, error) { return New(append(name, Name{ID: "b", Text: "one!"}), nil) },
		"no letter":        func() (*Table, error) { return New([]Name{{ID: "a", Text: "-"}}, nil) },
		"by whom and when": func() (*Table, error) { return New(name, []Mapping{{Raw: "x", To: []string{"a"}}}) },
		"has the id": func() (*Table, error) {
			return New(name, []Mapping{{Raw: "x", To: []string{"c"}, By: "analyst", Date: "2026-01-02"}})
		},
		"mapped twice": func() (*Table, error) {
			m := Mapping{Raw: "x", To: []string{"a"}, By: "analyst", Date: "2026-01-02"}
			return New(name, []Mapping{m, m})
		},
	} {
		if _, err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestNothingIsDropped(t *testing.T) {
	known := table(t)
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.String().Draw(t, "cell")
		parts := known.Read(cell, *date("2022-03-31"))
		if (Key(cell) == "") != (len(parts) == 0) {
			t.Errorf("%q became %d parts", cell, len(parts))
		}
	})
}

func TestClustersDoNotMergeWhatDiffers(t *testing.T) {
	got := Clusters([]string{"Hoop app", "hoop-app", "Wink", "HoopApp", "Wink"})
	if len(got) != 2 || len(got[0]) != 3 || len(got[1]) != 1 {
		t.Errorf("%q", got)
	}
}

func TestNearIsSymmetricAndOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching(`[a-c]{0,5}`).Draw(t, "a")
		b := rapid.StringMatching(`[a-c]{0,5}`).Draw(t, "b")
		if near(a, b) != (distance(a, b) <= 1) || near(a, b) != near(b, a) {
			t.Errorf("near(%q, %q) is %t; the distance is %d", a, b, near(a, b), distance(a, b))
		}
	})
}

// distance is the optimal string alignment distance, by the textbook's table.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			default:
				same := 1
				if a[i-1] == b[j-1] {
					same = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+same)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)]
}
