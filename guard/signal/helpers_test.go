package signal_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rowan/guard/signal"
)

var (
	update     = flag.Bool("update", false, "rewrite golden files")
	everything = flag.Bool("everything", false, "measure on all of the chat, not on a tenth")
)

// compiled is the built-in lexicon, compiled once for all tests.
var compiled = sync.OnceValues(func() (*signal.Lexicon, error) {
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		return nil, err
	}
	files, err := signal.DefaultLexicons()
	if err != nil {
		return nil, err
	}
	return signal.Compile(taxonomy, files)
})

func defaultTaxonomy(tb testing.TB) *signal.Taxonomy {
	tb.Helper()
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		tb.Fatal(err)
	}
	return taxonomy
}

func defaultLexicon(tb testing.TB) *signal.Lexicon {
	tb.Helper()
	lexicon, err := compiled()
	if err != nil {
		tb.Fatal(err)
	}
	return lexicon
}

// testLexicon compiles the named files of testdata/lexicon.
func testLexicon(tb testing.TB, names ...string) *signal.Lexicon {
	tb.Helper()
	var files []signal.File
	for _, name := range names {
		src, err := os.ReadFile(filepath.Join("testdata", "lexicon", name))
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, signal.File{Name: name, Source: src})
	}
	lexicon, err := signal.Compile(defaultTaxonomy(tb), files)
	if err != nil {
		tb.Fatal(err)
	}
	return lexicon
}

// shorten writes hits as "C02/hidden C04/hidden+split", in order of the
// taxonomy.
func shorten(taxonomy *signal.Taxonomy, hits []signal.Hit) string {
	out := make([]string, 0, len(hits))
	for _, h := range hits {
		var flags []string
		for i, name := range []string{"hidden", "split", "quoted", "negated", "scored", "learned", "doubted", "sure"} {
			if h.Flags&(1<<i) != 0 {
				flags = append(flags, name)
			}
		}
		one := taxonomy.Signal(h.Signal).Code
		if len(flags) > 0 {
			one += "/" + strings.Join(flags, "+")
		}
		out = append(out, one)
	}
	return strings.Join(out, " ")
}

// codes lists the signals of hits.
func codes(taxonomy *signal.Taxonomy, hits []signal.Hit) []string {
	out := make([]string, 0, len(hits))
	for _, h := range hits {
		out = append(out, taxonomy.Signal(h.Signal).Code)
	}
	slices.Sort(out)
	return out
}
