package rulebook

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// Date is a day, counted from 1 January 1970 (UTC). Rules hold for whole days.
type Date int32

// Never is later than every day on which something begins or ends.
const Never Date = 1<<31 - 1

const layout = "2006-01-02"

// ParseDate reads a day such as 2026-09-30.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < 1970 {
		return 0, fmt.Errorf("%q is no day such as 2026-09-30", text)
	}
	return Date(t.Unix() / 86400), nil
}

// DateOf is the day of a moment in Unix milliseconds.
func DateOf(ms int64) Date { return Date(max(0, min(ms/86_400_000, int64(Never)))) }

// Noon is the middle of the day, in Unix seconds.
func (d Date) Noon() uint32 { return uint32(d)*86400 + 12*3600 }

func (d Date) String() string {
	if d == Never {
		return ""
	}
	return time.Unix(int64(d)*86400, 0).UTC().Format(layout)
}

// MarshalText writes the day; "" for Never.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Never
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// UnmarshalYAML reads a day. The error has the parser's own form, so that
// datafile finds the line in it.
func (d *Date) UnmarshalYAML(n *yaml.Node) (err error) {
	if *d, err = ParseDate(n.Value); err != nil || n.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a day such as 2026-09-30", n.Line)}}
	}
	return nil
}
