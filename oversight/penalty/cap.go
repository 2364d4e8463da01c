package penalty

import (
	"fmt"
	"math/big"
	"time"

	"rowan/oversight/money"
	"rowan/rulebook"
)

// Of is the cap on a day (Sch.13 para.4): the greater of £18m and a tenth of the
// qualifying worldwide revenue of the most recent complete accounting period.
//
// The tenth of a period that is not a year is brought to one in proportion. A
// period of whole calendar months counts by months; any other by days, of which
// a year has as many as from its first day to the same day a year later. That
// reckoning is Rowan's: the paragraph says "proportionately". A period without
// revenue is no error; its tenth is nothing, so £18m holds.
func (b Basis) Of(on rulebook.Date) (Cap, error) {
	switch p := b.Period; {
	case b.NotProvider:
		return Cap{Amount: Least, Reason: "The person is not the provider of a regulated service: £18 million (Sch.13 para.4)."}, nil
	case b.Unknown:
		return Cap{Amount: Least, AtLeast: true, Reason: "The revenue is not known. The cap is at least £18 million (Sch.13 para.4), and no more is relied on."}, nil
	case p == nil:
		return Cap{Amount: Least, Reason: "There is no accounting period: £18 million (Sch.13 para.4)."}, nil
	case p.Until < p.From:
		return Cap{}, fmt.Errorf("%w: its first day is %s, its last %s", ErrEmptyPeriod, p.From, p.Until)
	case p.Revenue < 0:
		return Cap{}, fmt.Errorf("%w: %s", ErrNegative, p.Revenue)
	case p.Until >= on && !p.Estimated:
		return Cap{}, fmt.Errorf("%w on %s: it ends on %s; take the one before, or, if it is the first, the regulator's estimate", ErrRunning, on, p.Until)
	}
	return b.tenth()
}

func (b Basis) tenth() (Cap, error) {
	p := b.Period
	year, length := proportion(p.From, p.Until)
	factor := big.NewRat(year, length)
	tenth, err := money.Floor(new(big.Rat).Mul(new(big.Rat).Quo(p.Revenue.Rat(), big.NewRat(10, 1)), factor))
	if err != nil {
		return Cap{}, fmt.Errorf("a tenth of %s, brought to a year: %w", p.Revenue, err)
	}
	c := Cap{Amount: max(Least, tenth), Tenth: tenth}
	of := "10% of " + p.Revenue.String()
	if p.Estimated {
		of = "10% of an estimated " + p.Revenue.String()
	}
	if year != length {
		c.Factor = fmt.Sprintf("%d/%d", year, length)
		way := "increased"
		if length > year {
			way = "reduced"
		}
		of += fmt.Sprintf(", %s in proportion (x %s)", way, c.Factor)
	}
	switch {
	case tenth > Least:
		c.Reason = fmt.Sprintf("%s is %s, more than £18 million (Sch.13 para.4).", of, tenth)
	case tenth == Least:
		c.Reason = of + " is £18 million, as much as the other limb (Sch.13 para.4)."
	default:
		c.Reason = fmt.Sprintf("%s is %s; £18 million is more (Sch.13 para.4).", of, tenth)
	}
	if b.Group {
		c.Reason += " The revenue is that of the group (para.5)."
	}
	return c, nil
}

// proportion is a year and a period in the same unit.
func proportion(from, until rulebook.Date) (year, length int64) {
	end := until + 1
	for n := 1; ; n++ {
		switch d := AddMonths(from, n); {
		case d == end:
			return 12, int64(n)
		case d > end:
			return int64(AddMonths(from, 12) - from), int64(end - from)
		}
	}
}

// AddMonths is the same day some months later, or the last of the month if it is
// shorter.
func AddMonths(d rulebook.Date, months int) rulebook.Date {
	t := time.Unix(int64(d)*86400, 0).UTC()
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return rulebook.Date(first.AddDate(0, 0, min(t.Day(), last)-1).Unix() / 86400)
}

// Days is for how many days a daily penalty has accrued at the end of a day.
func (d Daily) Days(on rulebook.Date) int {
	if d.Ended != 0 {
		on = min(on, d.Ended)
	}
	days := max(0, int(on-d.From)+1)
	if d.MaxDays > 0 {
		days = min(days, d.MaxDays)
	}
	return days
}

// Accrued is what it comes to at the end of a day, before the cap.
func (d Daily) Accrued(on rulebook.Date) money.Pounds {
	days := money.Pounds(d.Days(on))
	if days > 0 && d.Rate > money.Max/days {
		return money.Max
	}
	return d.Rate * days
}

// Together is what the penalties of one decision come to at the end of a day.
// Single and daily ones are capped together (Sch.13 para.4).
func Together(c Cap, singles []Single, dailies []Daily, on rulebook.Date) Sum {
	var s Sum
	for _, p := range singles {
		s.Single += p.Amount
	}
	for _, d := range dailies {
		s.Daily += d.Accrued(on)
	}
	s.Full = s.Single + s.Daily
	s.Due = min(s.Full, c.Amount)
	s.Capped = s.Due < s.Full
	return s
}
