package rulebook_test

import (
	"errors"
	"strings"
	"testing"

	"rowan/datafile"
	"rowan/rulebook"
)

// A pack is either refused with an error of its file, or gives editions in
// which every value is one of its setting and no younger band is weaker.
func FuzzPack(f *testing.F) {
	files, err := rulebook.Shipped()
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files[1:] {
		f.Add(file.Source)
	}
	f.Add([]byte(strings.Replace(smallPack, "setting: dm\n", "setting: dm_from\n", 1)))
	f.Add([]byte("version: \"1\"\nmeasures: &a [*a]\n"))
	f.Add([]byte("reset: {18+: {days: 70000}}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		book, err := rulebook.Load(files[0], rulebook.File{Name: "pack.yaml", Source: src})
		if (book == nil) == (err == nil) {
			t.Fatalf("book %v and error %v", book, err)
		}
		if err != nil {
			var where *datafile.Error
			if !errors.As(err, &where) || where.File != "pack.yaml" {
				t.Fatalf("%v is no error of the file", err)
			}
			return
		}
		c := book.Catalogue()
		calendar, err := book.Calendar(rulebook.Question{Flags: book.Flags(), Service: everything(nil)})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range calendar.Editions() {
			for place := range c.Len() {
				most := c.Setting(place).Loosest()
				for i, band := range every[:rulebook.Bands] {
					cell := e.Cell(band, place)
					if cell.Value > most || cell.Child > most || cell.Guardian > most {
						t.Fatalf("%s for %s is %+v", c.Setting(place).ID, band, cell)
					}
					if i > 0 && e.Cell(every[i-1], place).Weaker(cell) {
						t.Fatalf("%s is weaker for %s than for %s", c.Setting(place).ID, every[i-1], band)
					}
				}
			}
		}
	})
}

// What a platform says is either refused with an error of its file, or can be
// compared.
func FuzzPlatform(f *testing.F) {
	files, err := rulebook.ShippedPlatforms()
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(file.Source)
	}
	book := shipped(f)
	e, err := book.Edition(rulebook.Question{On: day(f, "2026-11-23"), Service: everything(nil)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := rulebook.LoadPlatform(rulebook.File{Name: "platform.yaml", Source: src}, book.Catalogue())
		if (p == nil) == (err == nil) {
			t.Fatalf("platform %v and error %v", p, err)
		}
		if err != nil {
			var where *datafile.Error
			if !errors.As(err, &where) || where.File != "platform.yaml" {
				t.Fatalf("%v is no error of the file", err)
			}
			return
		}
		for _, s := range rulebook.Shortfalls(e, p) {
			if len(s.Citations) == 0 {
				t.Fatalf("%+v falls short of no rule", s)
			}
		}
	})
}
