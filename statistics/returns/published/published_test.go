package published_test

import (
	"os"
	"strings"
	"testing"

	"rowan/statistics/returns"
	"rowan/statistics/returns/published"
)

const head = "series,area,force,period_start,period_end,measure,value,unit,source_url,quote\n"

// anywhere takes every name for an id.
func anywhere(area, force string) (string, bool) {
	id := strings.ToLower(strings.ReplaceAll(area, " ", "-"))
	return map[string]string{"scotland": "police-scotland", "northern-ireland": "psni"}[id] + map[bool]string{true: id}[id != "scotland" && id != "northern-ireland"], area != "Nowhere"
}

func read(t *testing.T, rows string) *published.File {
	t.Helper()
	f, err := published.Read("published.csv", "00", strings.NewReader(head+rows), anywhere)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCountsBecomeObservations(t *testing.T) {
	for _, test := range []struct {
		measure, value, unit string
		want                 returns.Measure
		dims                 returns.Dims
		kind                 returns.Kind
		low, high            int64
	}{
		{"offences_recorded", "73", "offences", returns.Offences, returns.Dims{}, returns.Exact, 73, 73},
		{"offences_recorded", "n/a", "offences", returns.Offences, returns.Dims{}, returns.Missing, 0, returns.Open},
		{"offences_recorded_gt", "200", "offences", returns.Offences, returns.Dims{}, returns.Range, 201, returns.Open},
		{"offences_recorded_approx", "3400", "offences", returns.Offences, returns.Dims{}, returns.Estimated, 3400, 3400},
		{"instances_gte:social_media", "154", "instances", returns.Instances, returns.Dims{Method: "social-media"}, returns.Range, 154, returns.Open},
		{"instances:Instagram", "418", "instances", returns.Instances, returns.Dims{Method: "instagram"}, returns.Exact, 418, 418},
		{"instances:Facebook+Messenger", "17", "instances", returns.Instances, returns.Dims{Method: "facebook+messenger"}, returns.Exact, 17, 17},
		{"instances:FacebookOwned+Snapchat", "2026", "instances", returns.Instances, returns.Dims{Method: "facebook_owned_plus_snap"}, returns.Exact, 2026, 2026},
		{"method_known_instances", "2117", "instances", returns.Instances, returns.Dims{Method: "known"}, returns.Exact, 2117, 2117},
		{"victims:male_11_and_under", "*", "victims", returns.Victims, returns.Dims{Age: "0-11", Gender: "male"}, returns.Suppressed, 1, returns.Open},
		{"victims:gender_unknown_age_unknown", "22", "victims", returns.Victims, returns.Dims{Age: "unknown", Gender: "unknown"}, returns.Exact, 22, 22},
		{"victims_age_known", "5567", "instances", returns.Victims, returns.Dims{Age: "known"}, returns.Exact, 5567, 5567},
	} {
		f := read(t, "s,West Mercia,West Mercia Police,2017-04-03,2018-04-02,"+test.measure+","+test.value+","+test.unit+",https://example.org/a,text\n")
		if len(f.Observations) != 1 || len(f.Claims)+len(f.Unread) != 0 {
			t.Errorf("%s: %+v", test.measure, f)
			continue
		}
		o := f.Observations[0]
		if o.Measure != test.want || o.Dims != test.dims || o.Value.Kind != test.kind || o.Value.Low != test.low || o.Value.High != test.high {
			t.Errorf("%s %s: %+v", test.measure, test.value, o)
		}
		if o.Of != "west-mercia" || o.Offence != "scc-15a" || o.Period.Label() != "2017-18" || o.Cells[0].Ref != "G2" || o.Cells[0].Source != "https://example.org/a" {
			t.Errorf("%s: its place is %s %s %s %+v", test.measure, o.Of, o.Offence, o.Period.Label(), o.Cells[0])
		}
	}
}

func TestPercentagesStayClaims(t *testing.T) {
	f := read(t, "s,UK,,2024-04-01,2025-03-31,share_method_known:Snapchat,40,percent,https://example.org/a,text\ns,UK,,2024-04-01,2025-03-31,forces_responding,44,forces,https://example.org/a,text\n")
	if len(f.Claims) != 2 || len(f.Observations) != 0 || f.Claims[0].Value != "40" {
		t.Errorf("%+v", f)
	}
}

func TestOffencesOfOtherLawsAreKeptApart(t *testing.T) {
	f := read(t, "s,Scotland,Police Scotland,2017-04-01,2018-03-31,offences_recorded,429,offences,u,\nho-grooming-88A,Kent,Kent Police,2017-04-01,2018-03-31,offences_recorded:88A,5,offences,u,\n")
	if f.Observations[0].Offence != "scotland-indecent" || f.Observations[1].Offence != "ho-88a" {
		t.Errorf("%+v", f.Observations)
	}
}

func TestARowThatIsNotUnderstoodSaysWhereAndTheOthersAreRead(t *testing.T) {
	f := read(t, strings.Join([]string{
		"s,Nowhere,,2017-04-03,2018-04-02,offences_recorded,1,offences,u,",
		"s,Kent,Kent Police,2017-04-03,2018-04-02,offences_recorded,12.5,offences,u,",
		"s,Kent,Kent Police,2018-04-03,2018-04-02,offences_recorded,1,offences,u,",
		"s,Kent,Kent Police,2017-04-03,2018-04-02,victims:tall,1,victims,u,",
		"s,Kent,Kent Police,2017-04-03,2018-04-02,instances:Pigeon,1,instances,u,",
		"s,Kent,Kent Police,2017-04-03,2018-04-02,offences_recorded,122,offences,u,",
	}, "\n")+"\n")
	if len(f.Unread) != 5 || len(f.Observations) != 1 {
		t.Fatalf("%d unread, %d read: %v", len(f.Unread), len(f.Observations), f.Unread)
	}
	if !strings.HasPrefix(f.Unread[0].Error(), "published.csv!G2: ") {
		t.Errorf("no address: %v", f.Unread[0])
	}
}

func TestAMissingColumnIsNamed(t *testing.T) {
	_, err := published.Read("p.csv", "", strings.NewReader("series,area\n"), anywhere)
	if err == nil || !strings.Contains(err.Error(), `"force"`) {
		t.Errorf("%v", err)
	}
}

func TestTheRealFiguresAreUnderstood(t *testing.T) {
	in, err := os.Open("../../../../shared/data/recorded-crime/figures.csv")
	if err != nil {
		t.Skip("the published figures are not beside the project:", err)
	}
	defer in.Close()
	f, err := published.Read("figures.csv", "", in, anywhere)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Unread {
		t.Error(e)
	}
	t.Logf("%d observations, %d claims", len(f.Observations), len(f.Claims))
}

func FuzzRead(f *testing.F) {
	f.Add(head + "s,Kent,Kent Police,2017-04-03,2018-04-02,victims:male_12_15,*,victims,u,\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := published.Read("f.csv", "", strings.NewReader(text), anywhere)
		if err != nil {
			return
		}
		for _, o := range got.Observations {
			if o.Value.High != returns.Open && o.Value.High < o.Value.Low || o.Period.Days() < 1 || len(o.Cells) != 1 {
				t.Errorf("%+v", o)
			}
		}
	})
}
