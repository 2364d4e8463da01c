package release_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"rowan/page/pagetest"
)

func TestPagesAreAccessibleInARealBrowser(t *testing.T) {
	b := pagetest.Open(t)
	demo, constructed := made(t, "demo"), made(t, "west-mercia")
	for _, page := range []string{
		filepath.Join(demo, "site", "index.html"), filepath.Join(demo, "site", "west-mercia.html"), filepath.Join(demo, "site", "england-and-wales.html"), filepath.Join(demo, "site", "quality-and-methods.html"),
		filepath.Join(demo, "release", "lancashire.html"), filepath.Join(constructed, "site", "west-mercia.html"),
	} {
		for scheme, width := range map[string]int{"light": 1200, "dark": 375} {
			b.Look(scheme, width)
			b.Visit("file://" + page)
			b.Eval(`document.querySelectorAll("details").forEach((d, i) => { d.open = i < 3 }), ""`)
			b.Check(fmt.Sprintf("%s-%s-%s-%d", filepath.Base(filepath.Dir(filepath.Dir(page))), filepath.Base(page), scheme, width))
		}
	}
}
