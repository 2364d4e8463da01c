package age_test

import (
	"testing"

	"rowan/age"
)

var bands = []age.Band{age.Unknown, age.Under13, age.From13, age.From16, age.Adult}

func TestBandOf(t *testing.T) {
	for years, want := range map[uint8]string{
		0: "under_13", 12: "under_13", 13: "13-15", 15: "13-15", 16: "16-17", 17: "16-17", 18: "18+", 150: "18+", 255: "18+",
	} {
		if got := age.BandOf(years).String(); got != want {
			t.Errorf("%d years: band %s, want %s", years, got, want)
		}
	}
}

func TestBandWords(t *testing.T) {
	for _, b := range bands {
		if got, ok := age.ParseBand(b.String()); !ok || got != b {
			t.Errorf("%s is read as %s, %v", b, got, ok)
		}
	}
	for _, word := range []string{"", "adult", "18", "Under_13", "13-15 "} {
		if b, ok := age.ParseBand(word); ok || b != age.Unknown {
			t.Errorf("%q is read as %s, %v", word, b, ok)
		}
	}
	if got := age.Band(99).String(); got != "unknown" {
		t.Errorf("a band that is none is called %s", got)
	}
}

func TestAnUnknownAgeHasTheProfileOf13To15(t *testing.T) {
	for _, b := range bands {
		want := b
		if b == age.Unknown {
			want = age.From13
		}
		if got := b.Profile(); got != want {
			t.Errorf("profile of %s is %s, want %s", b, got, want)
		}
		if age.Younger(age.Unknown, b) != age.Younger(age.From13, b) || age.Younger(b, age.Unknown) != age.Younger(b, age.From13) {
			t.Errorf("beside %s an unknown age is not as old as 13-15", b)
		}
		if age.Younger(b, b) {
			t.Errorf("%s is younger than itself", b)
		}
	}
	for i, a := range bands[1:] {
		for j, b := range bands[1:] {
			if age.Younger(a, b) != (i < j) {
				t.Errorf("%s younger than %s: %v", a, b, age.Younger(a, b))
			}
		}
	}
}
