package rulebook

import (
	"slices"

	"rowan/age"
)

// Bands is how many age bands rules speak of: under 13, 13-15, 16-17, 18+.
const Bands = 4

// The bands by place, the youngest first.
var bands = [Bands]age.Band{age.Under13, age.From13, age.From16, age.Adult}

// Place is where a band's cell stands. An unknown age has the profile of 13 to
// 15 (ICO Children's Code, standard 3: apply the standards to all users unless
// age is established).
func Place(b age.Band) int { return slices.Index(bands[:], b.Profile()) }

// Cell is what holds for a setting in one band. All three are ranks: Value is
// the default, Child and Guardian are the loosest values to which the young
// person alone and a verified guardian may move it.
type Cell struct {
	Value, Child, Guardian uint8
	Reset                  Reset
}

// Reset says when a relaxation ends by itself.
type Reset struct {
	Session   bool   // at the end of the session
	Update    bool   // when the service is updated
	AgeChange bool   // when the age band changes
	AgeDoubt  bool   // when the age comes into doubt
	Days      uint16 // after so many days; 0: not by time
}

// Locked reports whether the young person cannot relax the setting.
func (c Cell) Locked() bool { return c.Child <= c.Value }

// Meet is the stricter of two cells in everything.
func (c Cell) Meet(d Cell) Cell {
	return Cell{Value: min(c.Value, d.Value), Child: min(c.Child, d.Child), Guardian: min(c.Guardian, d.Guardian), Reset: c.Reset.join(d.Reset)}
}

// Weaker reports whether c protects less than d in anything.
func (c Cell) Weaker(d Cell) bool {
	return c.Value > d.Value || c.Child > d.Child || c.Guardian > d.Guardian || c.Reset.join(d.Reset) != c.Reset
}

func (r Reset) join(s Reset) Reset {
	out := Reset{
		Session: r.Session || s.Session, Update: r.Update || s.Update,
		AgeChange: r.AgeChange || s.AgeChange, AgeDoubt: r.AgeDoubt || s.AgeDoubt, Days: r.Days,
	}
	if out.Days == 0 || s.Days != 0 && s.Days < out.Days {
		out.Days = s.Days
	}
	return out
}

// Words are the words of what ends a relaxation.
func (r Reset) Words() []string {
	out := []string{}
	for _, w := range [...]struct {
		holds bool
		word  string
	}{
		{r.Session, "session_end"}, {r.Update, "update"}, {r.AgeChange, "age_change"}, {r.AgeDoubt, "age_doubt"}, {r.Days != 0, "days"},
	} {
		if w.holds {
			out = append(out, w.word)
		}
	}
	return out
}

// free is the cell of a setting of which no rule speaks.
func free(s *Setting) Cell {
	return Cell{Value: s.Loosest(), Child: s.Loosest(), Guardian: s.Loosest()}
}
