package letter

import (
	"fmt"
	"strings"
	"testing"
)

func show(found []Finding) string {
	var out []string
	for _, f := range found {
		when := "-"
		if f.Period != nil {
			when = f.Period.Label()
		}
		if f.Refusal() {
			out = append(out, fmt.Sprintf("%d refused %s %s %s", f.Line, f.Section, f.Question, when))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s %s %s %s", f.Line, f.Measure, when, f.Value.Kind, f.Value))
	}
	return strings.Join(out, "\n")
}

func TestSentencesOfLetters(t *testing.T) {
	for text, want := range map[string]string{
		"There have been 39 offences.": "1 offences - exact 39",
		"Between 1 April 2021 and 31 March 2022 there were 1,039 recorded offences.":          "1 offences 2021-22 exact 1039",
		"In 2018/19 fewer than five victims were known.":                                      "1 victims 2018-19 fewer 1 to 4",
		"No offences were recorded.":                                                          "1 offences - nil 0",
		"There were circa 40 crimes":                                                          "1 offences - estimated 40",
		"Hello\nIn 2017/18 there were 73 offences and in 2018/19 122 offences.":               "2 offences - exact 73\n2 offences - exact 122",
		"The methods are refused in full under Section 12(1) of the Act.":                     "1 refused s12(1) methods -",
		"The age of the youngest victim is exempt, s.40 (2).":                                 "1 refused s40(2) youngest -",
		"Section 12 of the town hall is closed.":                                              "",
		"Please quote reference 370/2022.":                                                    "",
		"We neither confirm nor deny, section 23(5), that other information is held.":         "1 refused s23(5)  -",
		"It would exceed the appropriate limit (section 12) to count the number of offences.": "1 refused s12 offences -",
		"Our records show 14 offences. There were 22 victims.":                                "1 offences - exact 14\n1 victims - exact 22",
	} {
		if got := show(Read(strings.Split(text, "\n"))); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("There have been 39 offences. Refused, section 12(1).")
	f.Fuzz(func(t *testing.T, text string) {
		for _, x := range Read(strings.Split(text, "\n")) {
			if x.Line < 1 || x.Value.Low < 0 || x.Value.Raw == "" {
				t.Errorf("%+v", x)
			}
		}
	})
}
