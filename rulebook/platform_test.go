package rulebook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rowan/age"
	"rowan/rulebook"
)

func platforms(t *testing.T, c *rulebook.Catalogue) []*rulebook.Platform {
	t.Helper()
	files, err := rulebook.ShippedPlatforms()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("testdata/platforms/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rulebook.File{Name: filepath.Base(path), Source: src})
	}
	var out []*rulebook.Platform
	for _, f := range files {
		p, err := rulebook.LoadPlatform(f, c)
		if err != nil {
			t.Fatal(err)
		}
		if p.ID+".yaml" != f.Name {
			t.Errorf("%s is about %s", f.Name, p.ID)
		}
		out = append(out, p)
	}
	return out
}

func edition(t *testing.T, b *rulebook.Book, p *rulebook.Platform, jurisdiction string) *rulebook.Edition {
	t.Helper()
	e, err := b.Edition(rulebook.Question{
		Jurisdictions: []string{jurisdiction}, On: day(t, "2026-11-23"), Service: everything(p.Features),
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Where what each platform says about itself falls short of each pack, and how
// much it does not say.
func TestPlatformsFallShortAsReviewed(t *testing.T) {
	book := shipped(t)
	c := book.Catalogue()
	var written []string
	for _, p := range platforms(t, c) {
		var out strings.Builder
		fmt.Fprintf(&out, "%s, as published, on 2026-11-23\nWhat is not published is not known to fall short. Not legal advice.\n", p.Title)
		for _, jurisdiction := range []string{"gb", "eu", "rowan", rulebook.Strictest} {
			e := edition(t, book, p, jurisdiction)
			found := rulebook.Shortfalls(e, p)
			fmt.Fprintf(&out, "\n%s: %d shortfalls\n", jurisdiction, len(found))
			for _, b := range [...]age.Band{age.Under13, age.From13, age.From16} {
				fmt.Fprintf(&out, "%s: rules speak of %d settings that nothing is published about\n", b, len(rulebook.Unstated(e, p, b)))
			}
			if len(found) == 0 {
				continue
			}
			rows := [][]string{{"BAND", "SETTING", "PUBLISHED", "ASKED FOR", "EVIDENCE", "RULES"}}
			for _, f := range found {
				s := c.Setting(f.Statement.Setting)
				published := s.Value(f.Published.Cell.Value)
				asked := s.Value(f.Cell.Value)
				if !f.Default() {
					published += ", " + relaxing(f.Published.Cell, s)
					asked += ", " + relaxing(f.Cell, s)
				}
				var ids []string
				for _, cite := range f.Citations {
					ids = append(ids, cite.Measure.ID)
				}
				rows = append(rows, []string{f.Band.String(), s.ID, published, asked, string(f.Statement.Evidence), strings.Join(ids, " ")})
			}
			out.WriteString("\n" + columns(rows))
		}
		name := "platform-" + p.ID + ".txt"
		written = append(written, name)
		golden(t, name, out.String())
	}
	removeOthers(t, "platform-*.txt", written)
}

// A service that has exactly the defaults of F1 falls short of nothing that F1
// asks for, and of every one of them once it is loosened.
func TestTheDefaultsOfF1(t *testing.T) {
	book := shipped(t)
	wants := map[string][]string{
		"f1-connections":    {"gb.f1-a", "gb.f1-b", "gb.f1-c", "gb.f1-d", "gb.f1-e", "gb.f1-e-calls", "gb.f1-g"},
		"f1-no-connections": {"gb.f1-f"},
	}
	for _, p := range platforms(t, book.Catalogue()) {
		want, ok := wants[p.ID]
		if !ok {
			continue
		}
		delete(wants, p.ID)
		e := edition(t, book, p, "gb")
		cited := func() []string {
			var ids []string
			for _, f := range rulebook.Shortfalls(e, p) {
				for _, c := range f.Citations {
					if strings.HasPrefix(c.Measure.ID, "gb.f1-") && !slices.Contains(ids, c.Measure.ID) {
						ids = append(ids, c.Measure.ID)
					}
				}
			}
			slices.Sort(ids)
			return ids
		}
		if got := cited(); len(got) > 0 {
			t.Errorf("%s falls short of %v", p.ID, got)
		}
		for i := range p.Statements {
			s := &p.Statements[i]
			for band := range s.Bands {
				s.Bands[band].Cell.Value = book.Catalogue().Setting(s.Setting).Loosest()
			}
		}
		if got := cited(); !slices.Equal(got, want) {
			t.Errorf("%s, loosened, falls short of %v; want %v", p.ID, got, want)
		}
	}
	if len(wants) > 0 {
		t.Errorf("no fixture for %v", wants)
	}
}

func TestAPlatformFileIsReadStrictly(t *testing.T) {
	c := shipped(t).Catalogue()
	const good = `version: "1"
date: 2026-11-25
platform: example
title: Example
sources:
  - {id: page, title: Page, publisher: Example, kind: practice, evidence: verified}
settings:
  - setting: profile
    source: page
    as_of: 2026-11
    evidence: verified
    13-15: {value: private, relax: guardian}
`
	p, err := rulebook.LoadPlatform(rulebook.File{Name: "example.yaml", Source: []byte(good)}, c)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Statements[0]; !s.Bands[1].Relax || s.Speaks != [rulebook.Bands]bool{1: true} || s.Source.ID != "page" || s.AsOf != "2026-11" {
		t.Errorf("%+v", s)
	}
	for name, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":      {"title: Example\n", "title: Example\ncolour: red\n", "example.yaml:5: unknown key colour"},
		"no title":            {"title: Example\n", "", "title is missing"},
		"no version":          {`version: "1"`, `version: ""`, "example.yaml:1: version is missing"},
		"a bad id":            {"platform: example", "platform: Example!", "example.yaml:3: the platform"},
		"an unknown setting":  {"setting: profile", "setting: colour", `example.yaml:8: there is no setting "colour"`},
		"an unlisted source":  {"source: page", "source: other", "example.yaml:9: the statement about profile has the source"},
		"no day":              {"as_of: 2026-11", "as_of: lately", "example.yaml:10: as_of"},
		"an unknown mark":     {"evidence: verified\n    13", "evidence: sure\n    13", "example.yaml:11: the statement about profile has the evidence mark"},
		"an unknown value":    {"value: private", "value: hidden", `example.yaml:12: profile for 13-15: "hidden" is no value`},
		"an unknown relaxer":  {"relax: guardian", "relax: uncle", "example.yaml:12: profile for 13-15: relax is"},
		"up to, by nobody":    {"relax: guardian", "up_to: public", "example.yaml:12: profile for 13-15: relax is"},
		"no band":             {"    13-15: {value: private, relax: guardian}\n", "", "gives no value for any age band"},
		"an unknown feature":  {"title: Example\n", "title: Example\nfeatures: [teleport]\n", "example.yaml:5: the feature"},
		"a source of no kind": {"kind: practice", "kind: rumour", "example.yaml:6: the source page has the kind"},
		"a setting stands twice": {"settings:\n", "settings:\n  - {setting: profile, source: page, as_of: 2026-11, evidence: verified, 13-15: {value: private}}\n",
			"example.yaml:9: the setting profile stands here twice"},
	} {
		if !strings.Contains(good, tc.old) {
			t.Fatalf("%s: the example has no %q", name, tc.old)
		}
		bad := strings.Replace(good, tc.old, tc.new, 1)
		if _, err := rulebook.LoadPlatform(rulebook.File{Name: "example.yaml", Source: []byte(bad)}, c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", name, err, tc.want)
		}
	}
}
