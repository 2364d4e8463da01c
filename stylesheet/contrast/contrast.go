// Package contrast computes how well text stands out from its ground. Tests of
// pages and stylesheets use it.
package contrast

import (
	"fmt"
	"math"
	"strconv"
)

// Ratio is the contrast ratio of WCAG 2.2 between two colours of six hexadecimal
// digits, such as "1b1f23": from 1 to 21.
func Ratio(a, b string) (float64, error) {
	x, err := luminance(a)
	if err != nil {
		return 0, err
	}
	y, err := luminance(b)
	if err != nil {
		return 0, err
	}
	return (max(x, y) + 0.05) / (min(x, y) + 0.05), nil
}

// luminance is the relative one of WCAG 2.2.
func luminance(hex string) (sum float64, err error) {
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return 0, fmt.Errorf("%q is no colour of six hexadecimal digits", hex)
	}
	for i, share := range [3]float64{0.0722, 0.7152, 0.2126} {
		c := float64(v>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += share * c
	}
	return sum, nil
}
