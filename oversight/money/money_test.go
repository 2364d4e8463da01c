package money_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"rowan/oversight/money"
)

func TestAmountsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]struct {
		pence int64
		said  string
	}{
		"18000000": {1_800_000_000, "£18,000,000"}, "£1,350,000": {135_000_000, "£1,350,000"}, "6000.5": {600_050, "£6,000.50"},
		"0": {0, "£0"}, "0.01": {1, "£0.01"}, "999": {99_900, "£999"}, "10000000000000": {int64(money.Max), "£10,000,000,000,000"},
	} {
		got, err := money.Parse(text)
		if err != nil || int64(got) != want.pence || got.String() != want.said {
			t.Errorf("%q: %d, %s, %v", text, got, got, err)
		}
	}
	for _, text := range []string{"", "£", "-1", "1.", "1.234", ".5", "1,00", "1,0000", "10000000000000.01", "1e6", "18m", "٣", "99999999999999999999", "1 000", ",100"} {
		if got, err := money.Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestAnAmountIsReadBackAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := money.Pounds(rapid.Int64Range(0, int64(money.Max)).Draw(t, "pence"))
		for _, text := range []string{p.String(), p.Decimal()} {
			if got, err := money.Parse(text); err != nil || got != p {
				t.Fatalf("%d is written %s and read as %d, %v", p, text, got, err)
			}
		}
		if got, err := money.Floor(p.Rat()); err != nil || got != p {
			t.Fatalf("%s, %v", got, err)
		}
	})
}

func TestAShareIsRoundedDown(t *testing.T) {
	third := new(big.Rat).Quo(money.Of(100).Rat(), big.NewRat(3, 1))
	if got, err := money.Floor(third); err != nil || got.Decimal() != "33.33" {
		t.Fatalf("%s, %v", got, err)
	}
	if _, err := money.Floor(new(big.Rat).Add(money.Max.Rat(), big.NewRat(1, 100))); err == nil {
		t.Fatal("an amount beyond the greatest was taken")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"£1,350,000.50", "0.1", "1,,000", "1.999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := money.Parse(text)
		if err != nil {
			return
		}
		if p < 0 || p > money.Max {
			t.Fatalf("%q is %d", text, p)
		}
		if again, err := money.Parse(p.String()); err != nil || again != p {
			t.Fatalf("%q is %s, which is %d, %v", text, p, again, err)
		}
	})
}
