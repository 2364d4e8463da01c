package tiles_test

import (
	"testing"

	"rowan/ledger/tiles"
)

// The examples of C2SP tlog-tiles.
func TestPaths(t *testing.T) {
	for want, got := range map[string]string{
		"tile/0/x001/x234/067":        tiles.Path(0, 1234067, 256),
		"tile/0/x001/x234/067.p/8":    tiles.Path(0, 1234067, 8),
		"tile/3/000.p/1":              tiles.Path(3, 0, 1),
		"tile/entries/x123/x456/789":  tiles.Path(-1, 123456789, 256),
		"tile/entries/273.p/112":      tiles.Path(-1, 273, 112),
		"tile/entries/x001/000.p/255": tiles.Path(-1, 1000, 255),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
