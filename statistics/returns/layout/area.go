package layout

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rowan/statistics/returns"
)

// area is a rectangle of cells, from 0, both ends within it.
type area struct{ top, left, bottom, right int }

var areaForm = regexp.MustCompile(`^([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})$`)

func parseArea(s string) (area, error) {
	m := areaForm.FindStringSubmatch(s)
	if m == nil {
		return area{}, fmt.Errorf("cells %q is no area such as B2:D5", s)
	}
	top, _ := strconv.Atoi(m[2])
	bottom, _ := strconv.Atoi(m[4])
	a := area{top - 1, columnNumber(m[1]), bottom - 1, columnNumber(m[3])}
	if a.top < 0 || a.bottom < a.top || a.right < a.left {
		return area{}, fmt.Errorf("cells %q ends before it begins", s)
	}
	return a, nil
}

func (a area) String() string {
	return returns.Column(a.left) + strconv.Itoa(a.top+1) + ":" + returns.Column(a.right) + strconv.Itoa(a.bottom+1)
}

// columnNumber is 0 for A.
func columnNumber(s string) (n int) {
	for _, r := range strings.ToUpper(s) {
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}
