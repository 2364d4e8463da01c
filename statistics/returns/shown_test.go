package returns

import "testing"

func TestACellSaysWhatItHoldsUnlessItsFormatHidesIt(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		n     float64
		cell  string
		hides bool
	}{
		"a count":                    {"73", 73, "73", false},
		"thousands":                  {"1,234", 1234, "1234", false},
		"spaces of the format":       {" 1 234 ", 1234, "1234", false},
		"a fraction that is rounded": {"13", 12.6, "12.6", false},
		"a scale":                    {"12", 12345, "12345", false},
		"a percentage":               {"67%", 0.67, "67%", false},
		"a date":                     {"01/04/2018", 43191, "01/04/2018", false},
		"a unit":                     {"73 offences", 73, "73 offences", false},
		"zero as a dash":             {" - ", 0, "0", false},
		"zero as nothing":            {"", 0, "0", false},
		"a number as a dash":         {"-", 3, "-", true},
		"a number as nothing":        {"", 3, "", true},
		"fewer than 5":               {"<5", 3, "<5", true},
		"a star":                     {"*", 3, "*", true},
		"a range":                    {"1-4", 2, "1-4", true},
		"a format that does not fit": {"<5", 12, "12", false},
		"a note":                     {"12*", 12, "12*", false},
		"a note of another number":   {"13*", 12.6, "12.6", false},
	} {
		if cell, hides := Shown(test.text, test.n); cell != test.cell || hides != test.hides {
			t.Errorf("%s: %q holding %v is %q %v, want %q %v", name, test.text, test.n, cell, hides, test.cell, test.hides)
		}
	}
}
