package response

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// words are the names of an enumeration, in the order of its constants.
type words struct {
	noun string
	list []string
}

func (w words) word(n uint8) string {
	if int(n) < len(w.list) {
		return w.list[n]
	}
	return w.noun + "(" + strconv.Itoa(int(n)) + ")"
}

func (w words) parse(word string) (uint8, error) {
	n := slices.Index(w.list, word)
	if n < 0 {
		return 0, fmt.Errorf("unknown %s %q; it is one of %s", w.noun, word, strings.Join(w.list, ", "))
	}
	return uint8(n), nil
}

func (w words) append(b []byte, n uint8) ([]byte, error) {
	if int(n) >= len(w.list) {
		return b, fmt.Errorf("%d is no %s", n, w.noun)
	}
	return append(b, w.list[n]...), nil
}

func (w words) json(n uint8) ([]byte, error) {
	b, err := w.append([]byte{'"'}, n)
	if err != nil {
		return nil, err
	}
	return append(b, '"'), nil
}
