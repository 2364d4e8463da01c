package training

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAFileIsReadRowByRow(t *testing.T) {
	src := header + "\n" +
		"school_chat\tdirect\thow old are you?\t\n" +
		"gaming_voice\tindirect\twhich candle count was on the cake\tA02,B03\n" +
		"plain\tlook_alike\thow old is your dog\t\n"
	lines, err := Parse("A01.tsv", strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3", len(lines))
	}
	got := lines[1]
	if got.Signal != "A01" || got.Family != "gaming_voice" || got.Form != Indirect || got.File != "A01.tsv" || got.Row != 3 ||
		got.Text != "which candle count was on the cake" || !slices.Equal(got.Also, []string{"A02", "B03"}) {
		t.Errorf("read as %+v", got)
	}
	if !got.Carries("A01") || !got.Carries("A02") || got.Carries("A03") {
		t.Error("an indirect line carries its own signal and those beside it, no other")
	}
	if lines[2].Positive() || lines[2].Carries("A01") {
		t.Error("a look-alike carries the signal of its file")
	}
}

func TestAFileThatBreaksTheFormatIsRefusedWithItsRow(t *testing.T) {
	cases := []struct {
		name, file, src, want string
	}{
		{"a name that is no code", "notes.tsv", header + "\n", "notes.tsv:0:"},
		{"another ending", "A01.txt", header + "\n", "A01.txt:0:"},
		{"an empty file", "A01.tsv", "", "A01.tsv:1:"},
		{"a header of three columns", "A01.tsv", "family\tform\ttext\n", "A01.tsv:1:"},
		{"a byte order mark", "A01.tsv", "\ufeff" + header + "\n", "A01.tsv:1:"},
		{"no LF at the end", "A01.tsv", header + "\nf\tdirect\thow old\t", "A01.tsv:2:"},
		{"CRLF", "A01.tsv", header + "\nf\tdirect\thow old\t\r\n", "A01.tsv:2:"},
		{"three fields", "A01.tsv", header + "\nf\tdirect\thow old\n", "A01.tsv:2: 3 fields"},
		{"an empty row", "A01.tsv", header + "\n\n", "A01.tsv:2:"},
		{"a family in capitals", "A01.tsv", header + "\nF\tdirect\thow old\t\n", "A01.tsv:2:"},
		{"an unknown form", "A01.tsv", header + "\nf\tmaybe\thow old\t\n", "A01.tsv:2:"},
		{"a text too short", "A01.tsv", header + "\nf\tdirect\tok\t\n", "A01.tsv:2:"},
		{"a text too long", "A01.tsv", header + "\nf\tdirect\t" + strings.Repeat("a", MaxText+1) + "\t\n", "A01.tsv:2:"},
		{"two spaces", "A01.tsv", header + "\nf\tdirect\thow  old\t\n", "A01.tsv:2:"},
		{"a hidden character", "A01.tsv", header + "\nf\tdirect\thow\u200bold\t\n", "A01.tsv:2:"},
		{"a turned direction", "A01.tsv", header + "\nf\tdirect\thow \u202eold\t\n", "A01.tsv:2:"},
		{"a space that does not break", "A01.tsv", header + "\nf\tdirect\thow\u00a0old\t\n", "A01.tsv:2:"},
		{"a broken character", "A01.tsv", header + "\nf\tdirect\thow old \xff\t\n", "A01.tsv:2:"},
		{"a replaced character", "A01.tsv", header + "\nf\tdirect\thow old \ufffd\t\n", "A01.tsv:2:"},
		{"marks alone", "A01.tsv", header + "\nf\tdirect\t?!?\t\n", "A01.tsv:2:"},
		{"its own code beside it", "A01.tsv", header + "\nf\tdirect\thow old\tA01\n", "A01.tsv:2:"},
		{"a code twice", "A01.tsv", header + "\nf\tdirect\thow old\tA02,A02\n", "A01.tsv:2:"},
		{"a code with a space", "A01.tsv", header + "\nf\tdirect\thow old\tA02, A03\n", "A01.tsv:2:"},
		{"two faults", "A01.tsv", header + "\nF\tdirect\thow old\t\nf\tmaybe\thow old\t\n", "A01.tsv:3:"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			lines, err := Parse(c.file, strings.NewReader(c.src))
			if err == nil || lines != nil {
				t.Fatalf("read without error: %d lines", len(lines))
			}
			if fault := (*Error)(nil); !errors.As(err, &fault) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

func TestTheLookAlikesOfNoSignalCarryNone(t *testing.T) {
	lines, err := Parse(LookAlikes, strings.NewReader(header+"\nfamily_logistics\tlook_alike\tmeet you at the gate, dad\t\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || lines[0].Signal != "" || lines[0].Positive() || lines[0].Carries("E02") {
		t.Errorf("read as %+v", lines)
	}
	if got := (&Set{Lines: lines}).Signals(); len(got) != 0 {
		t.Errorf("signals %v", got)
	}
	for _, row := range []string{"f\tdirect\tmeet you\t", "f\tindirect\tmeet you\t", "f\tlook_alike\tmeet you\tE02"} {
		if lines, err := Parse(LookAlikes, strings.NewReader(header+"\n"+row+"\n")); err == nil || lines != nil {
			t.Errorf("%q was read", row)
		}
	}
}

func TestADirectoryIsReadWithoutThoseBeneathIt(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); err == nil {
		t.Error("a directory without lines was read")
	}
	write := func(name, src string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("B01.tsv", header+"\nf\tdirect\tyou are kind\t\n")
	write("A01.tsv", header+"\nf\tdirect\thow old are you\t\nf\tlook_alike\thow old is it\t\n")
	write("held/A02.tsv", header+"\nh_f\tdirect\twhere do you live\t\n")
	set, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Signals(); !slices.Equal(got, []string{"A01", "B01"}) {
		t.Errorf("signals %v", got)
	}
	if got := set.Of("A01"); len(got) != 2 || got[1].Row != 3 {
		t.Errorf("lines of A01: %+v", got)
	}
	write("C01.tsv", "nonsense\n")
	write("C02.tsv", "nonsense\n")
	if set, err := Read(dir); err == nil || set != nil || !strings.Contains(err.Error(), "C01.tsv:1:") || !strings.Contains(err.Error(), "C02.tsv:1:") {
		t.Errorf("faults of two files: %v", err)
	}
}

func TestTheKeyForgetsCaseAndMarks(t *testing.T) {
	for text, want := range map[string]string{
		"Don't  tell, ANYONE!!": "dont tell anyone",
		"…so — how old?":        "so how old",
		"im 14 :)":              "im 14",
		"ÉCOLE’s":               "écoles",
		"?!":                    "",
	} {
		if got := Key(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(header + "\nschool_chat\tdirect\thow old are you?\tA02,B03\n")
	f.Add(header + "\nf\tlook_alike\thow old is your dog\t\nf\tdirect\ta\u0301bc\t\n")
	f.Add(header + "\nf\tdirect\thow\u200bold\t\n")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, src string) {
		lines, err := Parse("A01.tsv", strings.NewReader(src))
		if err != nil {
			if lines != nil {
				t.Fatal("lines beside an error")
			}
			return
		}
		// What was read says all of the file.
		var b strings.Builder
		b.WriteString(header + "\n")
		for i, l := range lines {
			if l.Row != i+2 || l.Key() == "" {
				t.Fatalf("line %d: %+v", i, l)
			}
			b.WriteString(strings.Join([]string{l.Family, string(l.Form), l.Text, strings.Join(l.Also, ",")}, "\t") + "\n")
		}
		if b.String() != src {
			t.Fatalf("%q written back is %q", src, b.String())
		}
	})
}
