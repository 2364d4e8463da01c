package learned

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"rowan/guard/signal"
)

func taxonomy(t testing.TB) *signal.Taxonomy {
	t.Helper()
	x, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// small is a model of two heads in which "umbrella" speaks for C04 and "kettle"
// for E01, and "rain" against both.
func small(t testing.TB) []byte {
	t.Helper()
	_, version, err := Identity()
	if err != nil {
		t.Fatal(err)
	}
	feature := func(w string) uint32 { return hash(saltWord, []byte(w)) }
	rows := []Row{
		{feature("umbrella"), []Weight{{0, 5 * scale}}},
		{feature("kettle"), []Weight{{1, 5 * scale}}},
		{feature("rain"), []Weight{{0, -4 * scale}, {1, -4 * scale}}},
	}
	slices.SortFunc(rows, func(a, b Row) int { return int(int64(a.Feature) - int64(b.Feature)) })
	src, err := Encode(Header{Version: "test", Identity: version, Heads: []Head{
		{Signal: "C04", Bias: -3, A: 1, Threshold: 0.5, Least: 40, Most: 128}, {Signal: "E01", Bias: -3, A: 1, Threshold: 0.5, Least: 40, Most: 128},
	}}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func load2(t testing.TB, src []byte) *Model {
	t.Helper()
	m, err := Load("test", src, taxonomy(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEachHeadHasItsOwnWords(t *testing.T) {
	x := taxonomy(t)
	s := load2(t, small(t)).NewScorer()
	for text, want := range map[string]string{
		"take the umbrella": "C04", "put the kettle on": "E01", "umbrella and kettle": "C04 E01", "umbrella in the rain": "", "nothing of it": "", "": "",
		"umbrella umbrella rain": "", // a word counts once
	} {
		var got []string
		found, _ := s.Score([]byte(text), nil)
		for _, h := range found {
			got = append(got, x.Signal(h.Signal).Code)
			if h.Flags != signal.Scored|signal.Learned || h.Strength < 40 || h.Strength > 128 {
				t.Errorf("%q: %+v", text, h)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}

// From Sure on a hit counts as said, and below Doubt a signal is doubted; between
// the two nothing is said of it.
func TestThresholdsOfDoubtAndOfSaying(t *testing.T) {
	x := taxonomy(t)
	_, version, err := Identity()
	if err != nil {
		t.Fatal(err)
	}
	feature := func(w string) uint32 { return hash(saltWord, []byte(w)) }
	rows := []Row{{feature("umbrella"), []Weight{{0, 3 * scale}}}, {feature("storm"), []Weight{{0, 2 * scale}}}, {feature("sun"), []Weight{{0, -3 * scale}}}}
	slices.SortFunc(rows, func(a, b Row) int { return int(int64(a.Feature) - int64(b.Feature)) })
	src, err := Encode(Header{Version: "test", Identity: version, Heads: []Head{{Signal: "C04", Bias: -2, A: 1, Doubt: 0.05, Threshold: 0.6, Sure: 0.9, Least: 10, Most: 250}}}, rows)
	if err != nil {
		t.Fatal(err)
	}
	c04, _ := x.Lookup("C04")
	s := load2(t, src).NewScorer()
	for _, c := range []struct {
		text          string
		hit, sure     bool
		doubted       bool
		least, atMost uint8
	}{
		{text: "sun", doubted: true},
		{text: "rain"},
		{text: "storm"},
		{text: "umbrella", hit: true, least: 10, atMost: 120},
		{text: "umbrella storm", hit: true, sure: true, least: 180, atMost: 250},
		{text: "umbrella storm sun"},
	} {
		hits, doubted := s.Score([]byte(c.text), nil)
		if len(hits) == 1 != c.hit || doubted&(1<<c04) != 0 != c.doubted {
			t.Errorf("%s: %+v, doubted %t", c.text, hits, doubted != 0)
			continue
		}
		if c.hit && (hits[0].Flags&signal.Sure != 0 != c.sure || hits[0].Strength < c.least || hits[0].Strength > c.atMost) {
			t.Errorf("%s: %+v", c.text, hits[0])
		}
	}
}

func TestScoringAllocatesNothing(t *testing.T) {
	m, err := Load(defaultsOf(t))
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewScorer()
	text := []byte(strings.Repeat("please do not tell anyone about our meeting tomorrow ", 8))
	hits := make([]signal.Hit, 0, 64)
	if n := testing.AllocsPerRun(100, func() { hits, _ = s.Score(text, hits[:0]) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func defaultsOf(t testing.TB) (string, []byte, *signal.Taxonomy) {
	name, src := Defaults()
	return name, src, taxonomy(t)
}

// A word of identity in the place of another changes no probability: the swap
// of section 5.2 must stay under 0.01, and here it is nothing.
func TestWordsOfIdentityChangeNothing(t *testing.T) {
	m, err := Load(defaultsOf(t))
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewScorer()
	for _, frame := range []string{"i am a % person and new here", "the % kids at my school asked for my number", "dont tell your % friends about us"} {
		var first []float64
		for _, word := range []string{"gay", "straight", "black", "white", "muslim", "christian", "deaf", "autistic", "polish", "trans"} {
			p := s.Probabilities(nil, []byte(strings.ReplaceAll(frame, "%", word)))
			if first == nil {
				first = p
			}
			if !slices.Equal(p, first) {
				t.Errorf("%q with %q scores otherwise", frame, word)
			}
		}
	}
}

func TestDamagedModelsAreRefused(t *testing.T) {
	good := small(t)
	head := len(magic) + 4 + int(binary.LittleEndian.Uint32(good[len(magic):]))
	for name, src := range map[string][]byte{
		"empty": nil, "another magic": append([]byte("X"), good[1:]...), "cut off": good[:len(good)-1], "longer": append(slices.Clone(good), 0),
		"no header": good[:len(magic)+2], "a header beyond the end": append([]byte(magic), 255, 255, 255, 127),
		"a head that is not there": func() []byte { b := slices.Clone(good); b[head+5] = 77; return b }(),
		"an unknown signal":        []byte(strings.Replace(string(good), `"C04"`, `"Z99"`, 1)),
		"other words of identity":  []byte(strings.Replace(string(good), `"identity":"2026`, `"identity":"2025`, 1)),
		"a doubt over it":          []byte(strings.Replace(string(good), `"threshold":0.5`, `"doubt":.7,"threshold":.5`, 1)),
		"a threshold of 1":         []byte(strings.Replace(string(good), `"threshold":0.5`, `"threshold":1.5`, 1)),
	} {
		if _, err := Load("m", src, taxonomy(t)); err == nil || !strings.HasPrefix(err.Error(), "m: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBuiltInModelSaysHowItWasMade(t *testing.T) {
	m, err := Load(defaultsOf(t))
	if err != nil {
		t.Fatal(err)
	}
	h := m.Header()
	if !strings.HasPrefix(h.Command, "rowan train") || h.Seed == 0 || len(h.Data["lab/training/*.tsv"]) != 64 || h.Lines == 0 {
		t.Errorf("%+v", h)
	}
	if _, src := Defaults(); len(src) > maxSize {
		t.Errorf("%d bytes", len(src))
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(small(f))
	x := taxonomy(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := Load("m", src, x)
		if err != nil {
			return
		}
		found, _ := m.NewScorer().Score([]byte("umbrella in the kettle"), nil)
		for _, h := range found {
			if h.Signal == 0 || h.Strength == 0 {
				t.Errorf("%+v", h)
			}
		}
	})
}

func BenchmarkScore(b *testing.B) {
	m, err := Load(defaultsOf(b))
	if err != nil {
		b.Fatal(err)
	}
	s := m.NewScorer()
	text := []byte("have you seen the new film that came out on friday it was great")
	hits := make([]signal.Hit, 0, 64)
	for b.Loop() {
		hits, _ = s.Score(text, hits[:0])
	}
}
