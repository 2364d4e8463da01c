package figures

import (
	"math/big"
	"strings"

	"rowan/statistics/returns"
	"rowan/terminal"
)

// round rounds half away from zero to a number of decimals.
func round(r *big.Rat, places int) *big.Rat {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	scaled := new(big.Rat).Mul(r, scale)
	half := big.NewRat(1, 2)
	if scaled.Sign() < 0 {
		half.Neg(half)
	}
	scaled.Add(scaled, half)
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom()) // towards zero
	return new(big.Rat).Quo(new(big.Rat).SetInt(whole), scale)
}

// Rounded is r with a number of decimals, half away from zero.
func Rounded(r *big.Rat, places int) string { return round(r, places).FloatString(places) }

// bounds writes an interval of whole numbers.
func bounds(low, high int64) string {
	switch {
	case high == returns.Open:
		return "at least " + terminal.Grouped(low)
	case low == high:
		return terminal.Grouped(low)
	}
	return "between " + terminal.Grouped(low) + " and " + terminal.Grouped(high)
}

// signed writes a change in per cent: +67%, -8%, no change.
func signed(r *big.Rat) string {
	s := Rounded(r, 0)
	switch {
	case s == "0" || s == "-0":
		return "0%"
	case strings.HasPrefix(s, "-"):
		return "−" + s[1:] + "%"
	}
	return "+" + s + "%"
}

// percent writes a share: 26%. Bounds that round to one number are one.
func percent(low, high *big.Rat) string {
	l := Rounded(low, 0)
	if high == nil {
		return "at least " + l + "%"
	}
	if h := Rounded(high, 0); h != l {
		return "between " + l + "% and " + h + "%"
	}
	return l + "%"
}

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// ratio is a/b x factor.
func ratio(a, b, factor int64) *big.Rat {
	return new(big.Rat).Mul(big.NewRat(a, b), whole(factor))
}
