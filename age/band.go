// Package age turns what is said of an account's age into a band, with the
// confidence that it deserves. Words are those of ISO/IEC 27566-1: age
// verification, estimation and inference are methods of age assurance, and each
// result has an indicator of confidence.
//
// It is pure: no clock, no input or output, no allocation.
package age

// Band is an age band. Rules for young people are written by band.
type Band uint8

// The bands.
const (
	Unknown Band = iota // nothing is known
	Under13
	From13 // 13 to 15
	From16 // 16 and 17
	Adult
)

var bandWords = [...]string{"unknown", "under_13", "13-15", "16-17", "18+"}

// String is the word on the wire: unknown, under_13, 13-15, 16-17 or 18+.
func (b Band) String() string {
	if int(b) < len(bandWords) {
		return bandWords[b]
	}
	return bandWords[Unknown]
}

// ParseBand reads the word on the wire.
func ParseBand(text string) (Band, bool) {
	for i, word := range bandWords {
		if word == text {
			return Band(i), true
		}
	}
	return Unknown, false
}

// BandOf is the band of an age in whole years.
func BandOf(years uint8) Band {
	switch {
	case years < 13:
		return Under13
	case years < 16:
		return From13
	case years < 18:
		return From16
	}
	return Adult
}

// Profile is the band whose rules hold: those of 13 to 15 while nothing is
// known (ICO Children's Code, standard 3: where age is not established, the
// standards are for all users).
func (b Band) Profile() Band {
	if b == Unknown {
		return From13
	}
	return b
}

// Younger reports whether the rules of a are those of a younger band than b's.
func Younger(a, b Band) bool { return a.Profile() < b.Profile() }
