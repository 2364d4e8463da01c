package support

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rowan/datafile"
)

func english(t testing.TB) File {
	t.Helper()
	files, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == "en-GB.po" })
	if i < 0 {
		t.Fatalf("no en-GB.po among %d files", len(files))
	}
	return files[i]
}

func fixture(t testing.TB, name string) File {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return File{name, src}
}

func TestATextIsFoundByLocaleThenLanguageThenFallback(t *testing.T) {
	c, err := Load(fixture(t, "de-DE.po"), english(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Locales(); !slices.Equal(got, []string{"de-DE", "en-GB"}) {
		t.Errorf("locales %v", got)
	}
	for _, test := range []struct{ kind, key, band, locale, in, has, hasNot string }{
		{Notice, "support", "", "en-GB", "en-GB", "0800 1111", "in your country"},
		{Notice, "support", "", "EN-gb", "en-GB", "0800 1111", "in your country"},
		{Notice, "support", "", "", "en-GB", "0800 1111", "in your country"},
		{Notice, "support", "", "en-US", "en-GB", "in your country", "0800 1111"},
		{Notice, "support", "", "fr-FR", "en-GB", "in your country", "0800 1111"},
		{Notice, "support", "", "de-DE", "en-GB", "in your country", "0800 1111"},
		{Moment, "acted_against", "", "de-DE", "de-DE", "richtig. Die Nummer gegen Kummer", "{"},
		{Moment, "acted_against", "under_13", "de-DE", "de-DE", "Gut gemacht. Die Nummer gegen Kummer", "{"},
		{Moment, "acted_against", "16-17", "de-DE", "de-DE", "richtig", "{"},
		{Moment, "acted_against", "16-17", "en-GB", "en-GB", "It was your call", "{"},
		{Moment, "acted_against", "18+", "en-GB", "en-GB", "the right thing for you", "{"},
		{Moment, "acted_against", "", "de-AT", "de-DE", "in deinem Land", "gegen Kummer"},
		{Moment, "acted_against", "", "de", "de-DE", "in deinem Land", "gegen Kummer"},
		{Moment, "first_contact", "under_13", "de-DE", "en-GB", "grown-up", "{"},
		{Setting, "dm_from", "under_13", "de-DE", "de-DE", "schreiben", "{"},
		{Setting, "dm_from", "13-15", "de-DE", "en-GB", "write to you", "{"},
		{Possible, "confirm", "", "de-DE", "en-GB", "You can", "{"},    // empty
		{Possible, "connection", "", "de-DE", "en-GB", "connect", "{"}, // fuzzy
	} {
		text, in := c.Find(test.kind, test.key, test.band, test.locale)
		if in != test.in || !strings.Contains(text, test.has) || strings.Contains(text, test.hasNot) {
			t.Errorf("%s %s of %q for %q is in %q: %s", test.kind, test.key, test.band, test.locale, in, text)
		}
	}
	if text, in := c.Find(Notice, "nothing", "", "de"); text != "" || in != "" || c.Has(Notice, "nothing") {
		t.Errorf("a text that is not there is %q in %q", text, in)
	}
	if !c.Has(Notice, "gift") || c.Has(Moment, "gift") || !c.Has(GateTo, "gifts_off") {
		t.Error("Has does not tell what there is")
	}
}

func TestVersionFollowsTheContent(t *testing.T) {
	a, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^2\+[0-9a-f]{8}$`).MatchString(a.Version()) {
		t.Errorf("version %q", a.Version())
	}
	load := func(files ...File) *Catalogue {
		t.Helper()
		c, err := Load(files...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b := load(english(t), fixture(t, "de-DE.po"))
	if c := load(fixture(t, "de-DE.po"), english(t)); b.Digest() != c.Digest() || b.Version() != c.Version() {
		t.Error("the order of files changes the version")
	}
	if a.Digest() == b.Digest() || a.Version() == b.Version() {
		t.Error("another file does not change the version")
	}
}

func TestADirectoryTakesThePlaceOfTheShippedFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := Directory(dir); err == nil || !strings.Contains(err.Error(), "holds no catalogues") {
		t.Errorf("an empty directory: %v", err)
	}
	own := bytes.Replace(english(t).Source, []byte("Done. "), []byte("Own words. "), 1)
	for name, src := range map[string][]byte{"en-GB.po": own, "de-DE.po": fixture(t, "de-DE.po").Source} {
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Directory(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := c.Find(Moment, "acted_against", "", ""); !strings.HasPrefix(text, "Own words.") {
		t.Errorf("the operator's text is not used: %s", text)
	}
	if text, in := c.Find(Setting, "dm_from", "under_13", "de-DE"); in != "de-DE" {
		t.Errorf("the operator's language is not used: %s", text)
	}
}

func TestBadCataloguesAreRefusedWithFileAndLine(t *testing.T) {
	good := string(fixture(t, "de-DE.po").Source)
	line := func(src, part string) int {
		t.Helper()
		before, _, ok := strings.Cut(src, part)
		if !ok {
			t.Fatalf("%q is not in the file", part)
		}
		return 1 + strings.Count(before, "\n")
	}
	for _, test := range []struct{ name, old, new, at, want string }{
		{"unknown key", `msgid "dm_from"`, `msgid "dm_form"`, `msgctxt "setting/under_13"`, `unknown key "dm_form" of "setting"; en-GB has none`},
		{"unknown kind", `msgctxt "possible"`, `msgctxt "possbile"`, `msgctxt "possbile"`, `unknown kind "possbile"; it is one of moment, notice,`},
		{"unknown band", `"setting/under_13"`, `"setting/12"`, `msgctxt "setting/12"`, `unknown band "12"; it is one of under_13, 13-15, 16-17, 18+`},
		{"band of the gate", `"setting/under_13"`, `"gate/under_13"`, `"gate/under_13"`, `unknown kind "gate/under_13"`},
		{"band of a helpline", `msgctxt "helpline"`, `msgctxt "helpline/18+"`, `"helpline/18+"`, "a helpline is for every band"},
		{"no kind", `msgctxt "moment"` + "\n", "", `msgid "acted_against"`, `the text "acted_against" has no msgctxt`},
		{"empty kind", `msgctxt "moment"`, `msgctxt ""`, `msgctxt ""`, "msgctxt is empty"},
		{"bad key", `msgid "dm_from"`, `msgid "Wer?"`, `msgctxt "setting/under_13"`, `the key "Wer?" must be lower-case letters`},
		{"duplicate", `"moment/under_13"`, `"moment"`, `msgctxt "moment"` + "\nmsgid \"acted_against\"\nmsgstr \"\"", `the text "acted_against" of "moment" stands on line 21 already`},
		{"no language", "\"Language: de_DE\\n\"\n", "", `msgid ""`, "the header field Language is missing"},
		{"no version", "\"X-Rowan-Version: 1\\n\"\n", "", `msgid ""`, "the header field X-Rowan-Version is missing"},
		{"no source", "X-Rowan-Source", "X-Source", `msgid ""`, "the header field X-Rowan-Source is missing"},
		{"no date", "2026-11-25", "soon", "X-Rowan-Date", "X-Rowan-Date must be a day such as 2026-11-25"},
		{"bad locale", "de_DE", "German!", "German!", `Language "German!" is no BCP 47 tag`},
		{"unknown field of Rowan's", "X-Rowan-Date: 2026-11-25\\n", "X-Rowan-Date: 2026-11-25\\nX-Rowan-Day: 1\\n", "X-Rowan-Date", "unknown header field X-Rowan-Day"},
		{"field twice", "MIME-Version: 1.0", "Language: fr", "Language: fr", "the header field Language stands there twice"},
		{"no field", "MIME-Version: 1.0", "MIME", `"MIME`, `"MIME" is no header field`},
		{"other characters", "charset=UTF-8", "charset=ISO-8859-1", "charset", "Content-Type must be text/plain; charset=UTF-8"},
		{"no header", good[:strings.Index(good, "msgctxt")], "", "", "there is no header"},
		{"header last", "# A fixture", "msgctxt \"notice\"\nmsgid \"gift\"\nmsgstr \"a\"\n\n# A fixture", "msgid \"\"\nmsgstr \"\"\n\"Lang", "the header (msgid \"\") must come first"},
		{"other mark", "richtig. {helpline}", "richtig. {name}", `msgctxt "moment"`, `the text "acted_against" of "moment" has a brace; the only mark is {helpline}`},
		{"open brace", "richtig. {helpline}", "richtig. {helpline", `msgctxt "moment"`, "has a brace"},
		{"mark in a helpline", "Nummer gegen", "{helpline} gegen", `msgctxt "helpline"`, "there is no mark in a helpline"},
		{"no helpline", `msgid "elsewhere"` + "\n" + `msgstr "Eine Nummer in deinem Land."`, `msgid "elsewhere"` + "\n" + `msgstr ""`, `msgctxt "moment"`, "{helpline} needs the texts"},
		{"plural", `msgstr "Wer dir schreiben darf."`, `msgid_plural "x"`, "msgid_plural", "no plural forms"},
		{"plural form", `msgstr "Wer dir schreiben darf."`, `msgstr[0] "x"`, "msgstr[0]", "no plural forms"},
		{"no msgstr", `msgstr "Wer dir schreiben darf."`, "", `msgctxt "setting/under_13"`, "this message has no msgstr"},
		{"no msgid", `msgid "dm_from"` + "\n", "", `msgstr "Wer dir`, "a msgstr without a msgid before it"},
		{"no end of a text", `darf."`, "darf.", "Wer dir", "this line cannot be read; a text stands in double quotes"},
		{"quote in a text", "Wer dir", `Wer "dir`, "Wer ", "this line cannot be read"},
		{"octal", "Wer dir", `Wer \101`, "Wer ", "this line cannot be read"},
		{"no keyword", "msgid \"dm_from\"", "id: dm_from", "id: dm_from", "this is no line of a PO file"},
		{"a key over two lines", `msgid "dm_from"`, "msgid \"dm_\"\n\"from\"", `"from"`, "the msgid must stand on one line"},
		{"a text at the start", "# A fixture", `"x"` + "\n# A fixture", `"x"`, "a text without msgctxt, msgid or msgstr before it"},
		{"not UTF-8", "ü", "\xfc", "gepr", "this is not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := strings.Replace(good, test.old, test.new, 1)
			if src == good {
				t.Fatal("the test changes nothing")
			}
			_, err := Load(File{"test.po", []byte(src)}, english(t))
			var at *datafile.Error
			if err == nil || !errors.As(err, &at) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("\n got  %v\n want %s", err, test.want)
			}
			if n := line(src, test.at); at.File != "test.po" || at.Line != n {
				t.Errorf("at %s:%d, want line %d: %v", at.File, at.Line, n, err)
			}
		})
	}
}

func TestTheFallbackMustBeThereAndComplete(t *testing.T) {
	en := english(t)
	if _, err := Load(fixture(t, "de-DE.po")); err == nil || !strings.Contains(err.Error(), "no file for the fallback locale en-GB") {
		t.Errorf("no fallback: %v", err)
	}
	other := File{"other.po", en.Source}
	if _, err := Load(en, other); err == nil || !strings.Contains(err.Error(), "other.po:13: locale en-GB has another file already") {
		t.Errorf("twice the same locale: %v", err)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"a text is missing", `msgid "live_off"`, `msgid "live_of"`, `en-GB.po:11: the text "live_off" of "gate/to" is missing; en-GB must have every text`},
		{"a band is missing", `msgctxt "moment/16-17"`, `msgctxt "moment/18+"`, `the text "default_changed" of "moment/16-17" is missing`},
		{"a text is empty", `msgstr "An adult who looks after you can say yes."`, `msgstr " "`, `the text "guardian_approval" of "possible" is empty or fuzzy`},
		{"only a band", `msgctxt "notice"`, `msgctxt "notice/18+"`, `has none without a band`},
	} {
		src := strings.Replace(string(en.Source), test.old, test.new, 1)
		if src == string(en.Source) {
			t.Fatalf("%s: the test changes nothing", test.name)
		}
		if _, err := Load(File{en.Name, []byte(src)}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s:\n got  %v\n want %s", test.name, err, test.want)
		}
	}
	more := File{en.Name, append(slices.Clone(en.Source), "\nmsgctxt \"notice\"\nmsgid \"own\"\nmsgstr \"You can.\"\n"...)}
	c, err := Load(more)
	if err != nil || !c.Has(Notice, "own") {
		t.Errorf("an operator's own text: %v", err)
	}
}

func TestCheckSaysHowMuchIsTranslated(t *testing.T) {
	all := len(shippedCatalogue(t).fallback.home)
	// The text for under 13 that English does not have is none of its texts.
	if tag, has, of, err := Check(fixture(t, "de-DE.po")); tag != "de-DE" || has != 4 || of != all || err != nil {
		t.Errorf("German: %s, %d of %d, %v", tag, has, of, err)
	}
	if tag, has, of, err := Check(english(t)); tag != "en-GB" || has != all || of != all || err != nil {
		t.Errorf("English: %s, %d of %d, %v", tag, has, of, err)
	}
	if _, _, _, err := Check(File{"x.po", []byte("x")}); err == nil || !strings.Contains(err.Error(), "x.po:1: this is no line of a PO file") {
		t.Errorf("no catalogue: %v", err)
	}
}

func TestEveryErrorIsReportedInOrder(t *testing.T) {
	src := strings.NewReplacer("soon", "", "2026-11-25", "soon", "richtig. {helpline}", "{", `"dm_from"`, `"dm_form"`).Replace(string(fixture(t, "de-DE.po").Source))
	_, err := Load(english(t), File{"de.po", []byte(src)})
	if err == nil {
		t.Fatal("loaded")
	}
	var got []string
	for text := range strings.SplitSeq(err.Error(), "\n") {
		got = append(got, strings.Join(strings.Split(text, ":")[:2], ":"))
	}
	if want := []string{"de.po:9", "de.po:21", "de.po:32"}; !slices.Equal(got, want) {
		t.Errorf("errors at %v, want %v:\n%v", got, want, err)
	}
}

// GNU gettext is the judge of what a PO file is.
func TestGettextReadsTheCatalogues(t *testing.T) {
	msgfmt, err := exec.LookPath("msgfmt")
	if err != nil {
		t.Skip("msgfmt of GNU gettext is not installed")
	}
	for _, file := range []File{english(t), fixture(t, "de-DE.po")} {
		c := exec.Command(msgfmt, "--check-format", "--check-domain", "-o", os.DevNull, "-")
		c.Stdin = bytes.NewReader(file.Source)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file.Name, err, out)
		}
	}
}

// FuzzLoad: a catalogue loads or is refused with a place; one that loads gives
// every text that it counts, and no marks.
func FuzzLoad(f *testing.F) {
	en := english(f)
	f.Add(en.Source[:4096])
	f.Add(fixture(f, "de-DE.po").Source)
	for _, src := range []string{"", "msgid \"\"\nmsgstr \"Language: fr\\nX-Rowan-Version: 1\\nX-Rowan-Date: 2026-11-25\\nX-Rowan-Source: x\\n\"\n", "msgctxt \"a\"\nmsgctxt \"b\"\n", "msgid \"\\\"\"\r\nmsgstr \"\\x\"", "\ufeffmsgid \"\"", "msgstr[9999999999] \"\"", "#, fuzzy\n#~ msgid"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := Load(en, File{"fuzz.po", src})
		if err != nil {
			var at *datafile.Error
			if !errors.As(err, &at) || at.File != "fuzz.po" {
				t.Fatalf("no place in %v", err)
			}
			return
		}
		if len(c.Locales()) != 2 {
			t.Fatalf("locales %v", c.Locales())
		}
		for tag, l := range c.locales {
			for p, text := range l.home {
				got, in := c.Find(p.kind, p.key, p.band, tag)
				if got != text || in != l.tag || got == "" || strings.ContainsAny(got, "{}") {
					t.Fatalf("%v in %s is %q in %s", p, tag, got, in)
				}
			}
		}
	})
}
