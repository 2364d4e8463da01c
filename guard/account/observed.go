package account

import "rowan/rulebook"

// Under is the rank that choices come to in a cell at a moment (Unix seconds):
// what one rule alone would let the setting at a place be.
func (c *Choices) Under(cell rulebook.Cell, place int, at uint32) uint8 {
	return c.value(cell, place, at)
}

// Would is what the setting at a place would make of a contact of own with
// other if it had some value, given as its rank. It is for settings that the
// gate has named in an answer about that contact. Of an open setting it allows
// everything: that the gate asks before strangers even there is Rowan's own
// care, and no rule is broken without it.
func (r *Rules) Would(c *Contact, own, other *Party, place int, rank uint8) Verdict {
	known := c.Connected || c.Tied
	w := r.gate.words[place][rank]
	if w == open {
		return Allow
	}
	if c.Way == Connect || c.Way == Established {
		if c.awaitsGuardian(w) {
			return Hold
		}
		return Allow
	}
	v, _ := judge(w, c, known, !known && stranger(own.Band, other.Band), SettingOff)
	return v
}
