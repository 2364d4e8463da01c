package journal

import (
	"rowan/ledger"
)

// textSalts are the salts of the texts of one commit, apart from its other ones:
// they go with the text. Each decision has one; so they are taken one beside the
// other from a veil whose decisions have four.
type textSalts struct {
	veil ledger.Veil
	// sparse are those of commits from before the salts lay side by side: each is
	// the fourth of its decision.
	sparse bool
}

// denseSalts begins Logged.Text where the salts lie side by side. The older forms,
// a seed of 32 bytes or a veil, a multiple of 37 bytes long, are sparse.
const denseSalts = 1

func slotOfText(place int) (int, int) { return place >> 2, place & 3 }

func appendTextSeed(b []byte, seed ledger.Salt) []byte {
	return ledger.NewVeil(seed).Append(append(b, denseSalts))
}

func readTextSalts(b []byte) (s textSalts, err error) {
	switch {
	case len(b) == len(ledger.Salt{}):
		return textSalts{ledger.NewVeil(ledger.Salt(b)), true}, nil
	case len(b)%37 == 1 && b[0] == denseSalts:
		b = b[1:]
	default:
		s.sparse = true
	}
	s.veil, err = ledger.ParseVeil(b)
	return s, err
}

func (s *textSalts) slot(place int) (int, int) {
	if s.sparse {
		return place, ledger.TextSlot
	}
	return slotOfText(place)
}

// of is the salt of the text of the decision at a place, ledger.ErrErased if it
// was erased.
func (s *textSalts) of(place int) (ledger.Salt, error) { return s.veil.Salt(s.slot(place)) }

func (s *textSalts) erase(place int) { s.veil = s.veil.Erase(s.slot(place)) }

func (s *textSalts) append(b []byte) []byte {
	if !s.sparse {
		b = append(b, denseSalts)
	}
	return s.veil.Append(b)
}
