// Package money is exact amounts in pounds sterling.
package money

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pounds is an amount in pence, so that sums are exact. Proportions are
// reckoned with big.Rat and rounded down to the penny: no rounding makes a
// penalty exceed what the law allows.
type Pounds int64

// Pound is one pound.
const Pound Pounds = 100

// Max is the greatest amount that is read: ten trillion pounds. Sums of
// thousands of them do not overflow.
const Max = 10_000_000_000_000 * Pound

// Of is a whole number of pounds.
func Of(pounds int64) Pounds { return Pounds(pounds) * Pound }

// Parse reads an amount such as "£1,350,000", "18000000" or "6000.50". It takes
// at most two decimals and refuses what it would have to round.
func Parse(text string) (Pounds, error) {
	wrong := fmt.Errorf("%q is no amount in pounds such as 18000000 or £1,350,000.50", text)
	s := strings.TrimPrefix(strings.TrimSpace(text), "£")
	whole, pence, point := strings.Cut(s, ".")
	if point && (len(pence) < 1 || len(pence) > 2) {
		return 0, wrong
	}
	if groups := strings.Split(whole, ","); len(groups) > 1 {
		if len(groups[0]) < 1 || len(groups[0]) > 3 {
			return 0, wrong
		}
		for _, g := range groups[1:] {
			if len(g) != 3 {
				return 0, wrong
			}
		}
		whole = strings.Join(groups, "")
	}
	digits := whole + (pence + "00")[:2]
	if whole == "" || len(digits) > 18 || strings.Trim(digits, "0123456789") != "" {
		return 0, wrong
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, wrong
	}
	if Pounds(n) > Max {
		return 0, fmt.Errorf("%q is more than %s", text, Max)
	}
	return Pounds(n), nil
}

// Floor is the greatest amount that is not more than a number of pounds. It
// reports an error beyond Max.
func Floor(pounds *big.Rat) (Pounds, error) {
	pence := new(big.Rat).Mul(pounds, big.NewRat(100, 1))
	n := new(big.Int).Div(pence.Num(), pence.Denom()) // Euclidean: rounds down
	if !n.IsInt64() || Pounds(n.Int64()) > Max || Pounds(n.Int64()) < -Max {
		return 0, errors.New("an amount of more than " + Max.String())
	}
	return Pounds(n.Int64()), nil
}

// Rat is the amount in pounds.
func (p Pounds) Rat() *big.Rat { return big.NewRat(int64(p), 100) }

// Decimal is the amount as in data: 6000.50.
func (p Pounds) Decimal() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	return fmt.Sprintf("%s%d.%02d", sign, p/100, p%100)
}

// String is the amount as in text: £6,000.50, £18,000,000.
func (p Pounds) String() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	whole := strconv.FormatInt(int64(p/100), 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if p%100 != 0 {
		whole += fmt.Sprintf(".%02d", p%100)
	}
	return sign + "£" + whole
}

// MarshalText writes Decimal.
func (p Pounds) MarshalText() ([]byte, error) { return []byte(p.Decimal()), nil }

// UnmarshalText reads what Parse does.
func (p *Pounds) UnmarshalText(b []byte) (err error) {
	*p, err = Parse(string(b))
	return err
}

// UnmarshalYAML reads an amount. The error has the parser's own form, so that
// datafile finds the line in it.
func (p *Pounds) UnmarshalYAML(n *yaml.Node) (err error) {
	if *p, err = Parse(n.Value); err != nil || n.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want an amount in pounds such as 18000000 or 6000.50", n.Line)}}
	}
	return nil
}
