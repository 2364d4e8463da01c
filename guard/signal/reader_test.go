package signal_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/guard/signal"
)

const noon = int64(1_700_000_000_000) // Unix milliseconds

// TestRead reads single messages with the small lexicon of testdata.
func TestRead(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml", "words.restricted.yaml").NewReader()
	groups := []struct {
		name  string
		lines [][2]string // text, hits
	}{
		{"plain phrases", [][2]string{
			{"do not tell anyone", "C04"},
			{"DO NOT TELL ANYONE", "C04"},
			{"so, do not tell anyone ok", "C04"},
			{"do not tell anyones", ""},
			{"ado not tell anyone", ""},
			{"do not ever tell anyone", ""},
			{"tell anyone", ""},
			{"keep it a secret", "C04"},
			{"keep secret", "C04"},
			{"you are really very mature", "B02"},
			{"you are very mature", ""},
			{"zzplaceholder", "D08"},
		}},
		{"equivalents", [][2]string{
			{"dont tell mum", "C04"},
			{"don't tell mum", "C04"},
			{"don’t tell mum", "C04"},
			{"don´t tell mum", "C04"},
			{"donʼt tell mum", "C04"},
			{"don`t tell mum", "C04"},
			{"do not tell mom", "C04"},
			{"do not tell your", ""},
			{"ur really mature", "B02"},
			{"whats ur age", "A01"},
			{"tell noone", "C04"},
			{"come 2 me at 5pm", "E01"},
			{"i'm 12", "A09"},
		}},
		{"ends of the message", [][2]string{
			{"what is your age", "A01"},
			{"what is your age?", "A01"},
			{"your age is a secret", ""},
			{"your age your age your age your age your age your age", "A01"},
			{"fine", "D03"},
			{"fine.", "D03"},
			{"fine then", ""},
			{"ok fine", ""},
		}},
		{"gaps", [][2]string{
			{"delete messages", "C05"},
			{"delete all of our messages", "C05"},
			{"delete all of our very old messages", ""},
			{"delete it. the messages", ""},
			{"messages delete", ""},
			{"delete the other delete chat", "C05"},
			{"who is at home", "A04"},
			{"is anyone else still in the house", "A04"},
			{"who knows what they have got at home", ""},
		}},
		{"numbers", [][2]string{
			{"i am 12", "A09"},
			{"i am 17", "A09"},
			{"i am 18", ""},
			{"i am 7", ""},
			{"i am 120", ""},
			{"come to me at 17:30", "E01"},
			{"come to me at 5pm", "E01"},
			{"come to me at 5", ""},
			{"$20 for you", "B05"},
			{"£20 for you", "B05"},
			{"20 for you", ""},
		}},
		{"telephone numbers", [][2]string{
			{"text me on 07700900123", "C01 C02"},
			{"text me on 07700 900 123", "C01 C02"},
			{"text me on +44 7700 900123", "C01 C02"},
			{"text me on 07700-900-123", "C01 C02"},
			{"text me on 0 7 7 0 0 9 0 0 1 2 3", "C01/hidden C02/hidden"},
			{"text me on zero seven seven double zero nine zero zero", "C01/hidden C02/hidden"},
			{"text me on oh 77 zero 09 zero zero one 23 four", "C01/hidden C02/hidden"},
			{"text me on ⓪⑦⑦⓪⓪⑨⓪⓪①②③", "C01/hidden C02/hidden"},
			{"text me on ٠٧٧٠٠٩٠٠١٢٣", "C01 C02"},
			{"text me on 12345", ""},
			{"2024-05-06 12", ""},
			{"06 05 2024 10", ""},
			{"10, 20, 30, 40, 50, 60", ""},
			{"at 10:30 or 11:45 or 12:00", ""},
			{"1234567890123456789", ""},
		}},
		{"contacts", [][2]string{
			{"my name is @sam_99", "C01"},
			{"my name is @sam", "C01"},
			{"my name is sam_jo.9", "C01"},
			{"my name is sam99", "C01"},
			{"my name is keep_it_9", "C01"},
			{"my name is sam", ""},
			{"my name is sam9", ""},
			{"look at https://example.com/a?b=c d", "C01"},
			{"look at example.com/page", "C01"},
			{"look at www.example.com", "C01"},
			{"look at example.please", ""},
			{"write to sam.jo@example.com", "C01"},
			{"write to sam@example.co.uk now", "C01"},
			{"t.me/someone", "C01"},
			{"https://discord.gg/abc", "C01"},
			{"https://www.discord.gg/abc", "C01"},
			{"discord.gg/abc", "C01"},
			{"come to.me at 5pm", "E01"},
		}},
		{"disguises", [][2]string{
			{"d0n't tell any0ne", "C02/hidden C04/hidden"},
			{"do not te11 anyone", "C02/hidden C04/hidden"},
			{"keep it $ecret", "C02/hidden C04/hidden"},
			{"keep it secr3t", "C02/hidden C04/hidden"},
			{"keep it s e c r e t", "C02/hidden C04/hidden"},
			{"keep it s.e.c.r.e.t", "C02/hidden C04/hidden"},
			{"keep it s e c r e t zebra", "C02/hidden C04/hidden"},
			{"keep it s e c r e t 17:30 £5", "C02/hidden C04/hidden"},
			{"please a b c keep it secret", "C04"},
			{"keep it s-e-c-r-e-t ok", "C02/hidden C04/hidden"},
			{"keep it s|e|c|r|e|t ok", "C02/hidden C04/hidden"},
			{"keep it s 3 c r 3 t", "C02/hidden C04/hidden"},
			{"k e e p i t s e c r e t", "C02/hidden C04/hidden"},
			{"keep it sec.ret", "C02/hidden C04/hidden"},
			{"keep it sec*ret", "C02/hidden C04/hidden"},
			{"keep it s*cret", "C02/hidden C04/hidden"},
			{"keep it sec_ret", "C02/hidden C04/hidden"},
			{"keepitasecret", "C02/hidden C04/hidden"},
			{"keep it sеcrеt", "C02/hidden C04/hidden"},             // Cyrillic e
			{"keep it ѕесrеt", "C02/hidden C04/hidden"},             // Cyrillic s, e, c, e
			{"keep it sεcrετ", "C02/hidden C04/hidden"},             // Greek
			{"keep it ｓｅｃｒｅｔ", "C02/hidden C04/hidden"},             // full width
			{"keep it 𝓼𝓮𝓬𝓻𝓮𝓽", "C02/hidden C04/hidden"},             // mathematical
			{"keep it ⓢⓔⓒⓡⓔⓣ", "C02/hidden C04/hidden"},             // circled
			{"keep it 🅂🄴🄲🅁🄴🅃", "C02/hidden C04/hidden"},             // boxed
			{"keep it se\u200bcr\u200bet", "C02/hidden C04/hidden"}, // zero width
			{"keep it se\u00adcret", "C02/hidden C04/hidden"},       // soft hyphen
			{"keep it se\u202ecret", "C02/hidden C04/hidden"},       // bidi
			{"keep it s̸̶e̸̶c̸̶r̸̶e̸̶t", "C02/hidden C04/hidden"},   // stacked marks
			{"keep it sëcrét", "C04"},
			{"keep it seeeecret", "C04"},
			{"keep it secrettttt", "C04"},
			{"keep it scrt", "C04"},
			{"KeEp It SeCrEt!!!", "C04"},
			{"kp it scrt", ""},         // two letters say too little,
			{"scrt kp it scrt", "C04"}, // but behind a longer word without vowels
			{"secret kp it secret", ""},
			{"dnt tll anyn", "C04"},
			{"do nt tll anyone", ""},
			{"keap it secret", "C04"}, // as it sounds
			{"keep it 🙂 secret", "C04"},
			{"keep🙂 it⭐ secret", "C04"},
			{"d⭕ n⭕t tell any⭕ne", "C02/hidden C04/hidden"}, // rings for letters
			{"do not tell n⭕️one", "C02/hidden C04/hidden"},
			{"кеер it secret", "C02/hidden C04/hidden"},     // by sight
			{"кееп ит секрет", "C02/hidden C04/hidden"},     // by sound
			{"до нот телл аныоне", "C02/hidden C04/hidden"}, // by sound
			{"до нот тэлл энывон", ""},                      // no spelling of the words
			{"κεεπ ιτ σεκρετ", "C02/hidden C04/hidden"},     // Greek
			{"keep it 🤫", "C04"},
			{"keep it🤫🏽", "C04"},
			{"keep\u200b it secret", "C04"},
			{"please h3lp me", "V02/hidden"}, // what a young person hides is no evidence
		}},
		{"denial and mention", [][2]string{
			{"never tell no one", ""},
			{"i would not keep it secret", ""},
			{"why would not keep it secret", "C04"},
			{"never mind, keep it secret", "C04"},
			{"he said do not tell anyone", "C04/quoted P06/quoted"},
			{"he said it was raining", ""},
			{"safety leaflet: do not tell anyone", "C04/quoted P06/quoted"},
			{"safety lesson at ten", "P06/quoted"},
		}},
		{"ordinary and odd text", [][2]string{
			{"", ""},
			{" ", ""},
			{"?!.,;:-_~*@$#", ""},
			{"'''", ""},
			{"😀😀👨‍👩‍👧🏳️‍🌈", ""},
			{"\xff\xfe do not tell anyone \xc3", "C04"},
			{"do not\xfftell\xffanyone", "C04"},
			{"do not\x00tell anyone", "C04"},
			{"do not\ntell\tanyone", "C04"},
			{strings.Repeat("a", 300) + " keep it secret", "C04"},
			{strings.Repeat("é", 300) + " keep it secret", "C04"},
			{strings.Repeat("x y ", 200) + "keep it secret", "C04"},
			{"не говори никому ничего", ""},
			{"誰にも言わないで", ""},
		}},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, line := range group.lines {
				if got := shorten(taxonomy, reader.Read(line[0], "en", nil, noon).Hits); got != line[1] {
					t.Errorf("%q: read %q, want %q", line[0], got, line[1])
				}
			}
		})
	}
}

// TestReadOverMessages sends messages a minute apart from one sender; the hits
// of each are given.
func TestReadOverMessages(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml").NewReader()
	tests := []struct {
		name string
		sent []string
		want []string
	}{
		{"words", []string{"do not", "tell", "anyone"}, []string{"", "", "C04/split"}},
		{"words, with nothing between", []string{"do not", "", "tell anyone"}, []string{"", "", "C04/split"}},
		{"dots promise more", []string{"do not tell...", "anyone"}, []string{"", "C04/split"}},
		{"a sentence that ends is not gone on with", []string{"do not tell.", "anyone"}, []string{"", ""}},
		{"reported once", []string{"do not tell step dad", "step dad", "dad"}, []string{"C04", "", ""}},
		{"reported again when said again", []string{"tell no one", "tell no one"}, []string{"C04", "C04"}},
		{"a longer form is not reported again", []string{"keep it secret", "secret"}, []string{"C04", ""}},
		{"parts", []string{"delete all", "our messages"}, []string{"", "C05/split"}},
		{"parts too far apart", []string{"delete all of", "our very old messages"}, []string{"", ""}},
		{"part after a message between", []string{"who", "is", "at home"}, []string{"", "", "A04/split"}},
		{"part spelled after a part", []string{"delete", "c", "h", "a", "t"}, []string{"", "", "", "", "C02/hidden+split C05/hidden+split"}},
		{"parts are not found twice", []string{"delete all", "messages", "messages"}, []string{"", "C05/split", ""}},
		{"start of a message only", []string{"ok", "fine"}, []string{"", "D03"}},
		{"start is not carried", []string{"fine", "fine then"}, []string{"D03", ""}},
		{"letters", strings.Split("k e e p i t s e c r e t", " "),
			append(make([]string, 11), "C02/hidden+split C04/hidden+split")},
		{"letters after words", []string{"keep it", "s", "e", "c", "r", "e", "t"},
			[]string{"", "", "", "", "", "", "C02/hidden+split C04/hidden+split"}},
		{"pieces of a word", []string{"keep it", "sec", "ret"}, []string{"", "", "C02/hidden+split C04/hidden+split"}},
		{"letters, then words", []string{"t", "e", "l", "l", "no one"}, []string{"", "", "", "", "C04/split"}},
		{"digits", []string{"077", "009", "001", "23"}, []string{"", "", "C02/hidden+split", ""}},
		{"digits after their lead", []string{"text me on", "07700", "900123"},
			[]string{"", "", "C01/hidden+split C02/hidden+split"}},
		{"digits begun with their lead", []string{"text me on 07700", "900", "123"},
			[]string{"", "", "C01/hidden+split C02/hidden+split"}},
		{"digits that end a sentence", []string{"text me on 07700.", "900123"}, []string{"", ""}},
		{"digits after an age", []string{"i am 20", "30405"}, []string{"", ""}},
		{"digits and words", []string{"07700", "900123 ok"}, []string{"", ""}},
		{"digits one by one", strings.Split("0 7 7 0 0 9 0 0 1", " "), append(make([]string, 8), "C02/hidden+split")},
		{"a whole number", []string{"text me on", "07700900123"}, []string{"", "C01/split C02"}},
		{"two scores", []string{"10", "20", "ok", "30", "405"}, []string{"", "", "", "", ""}},
		{"a digit that is a word", []string{"come", "2", "me at 5pm"}, []string{"", "", "E01/split"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var carry signal.Carry
			for i, text := range test.sent {
				got := shorten(taxonomy, reader.Read(text, "en", &carry, noon+int64(i)*60_000).Hits)
				if got != test.want[i] {
					t.Errorf("message %d, %q: read %q, want %q", i, text, got, test.want[i])
				}
			}
		})
	}
}

func TestCarryEnds(t *testing.T) {
	reader := testLexicon(t, "en.yaml").NewReader()
	tests := []struct {
		name  string
		later int64 // milliseconds
		hits  int
	}{
		{"at once", 0, 1},
		{"after 9 minutes", 9 * 60_000, 1},
		{"after 10 minutes", 10 * 60_000, 0},
		{"time runs back", -60_000, 0},
	}
	for _, test := range tests {
		var carry signal.Carry
		reader.Read("keep it", "en", &carry, noon)
		if got := len(reader.Read("secret", "en", &carry, noon+test.later).Hits); got != test.hits {
			t.Errorf("%s: %d hits, want %d", test.name, got, test.hits)
		}
	}
	if got := reader.Read("secret", "en", nil, noon).Hits; len(got) != 0 {
		t.Errorf("without a carry nothing is gone on with, but read %v", got)
	}
}

func TestStrength(t *testing.T) {
	reader := testLexicon(t, "en.yaml").NewReader()
	for text, want := range map[string]uint8{
		"hush now":                     128,
		"keep it secret":               255,
		"hush now, keep it secret":     255,
		"keep it secret and hush now!": 255,
	} {
		if hits := reader.Read(text, "en", nil, noon).Hits; len(hits) != 1 || hits[0].Strength != want {
			t.Errorf("%q: hits %v, want one of strength %d", text, hits, want)
		}
	}
}

func TestQuestions(t *testing.T) {
	reader := testLexicon(t, "en.yaml").NewReader()
	for text, want := range map[string]bool{
		"are you there?": true, "where is it": true, "who": true, "it is where": false, "fine": false, "": false,
	} {
		if got := reader.Read(text, "en", nil, noon).Asks; got != want {
			t.Errorf("%q: asks is %v", text, got)
		}
	}
}

func TestLocaleChoosesLanguage(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml", "de.yaml").NewReader()
	tests := []struct{ text, locale, want string }{
		{"erzähl niemandem davon", "de", "C04"},
		{"erzähl niemandem davon", "de-AT", "C04"},
		{"erzähl niemandem davon", "", "C04"},
		{"erzähl niemandem davon", "fr", "C04"},
		{"erzähl niemandem davon", "en-GB", ""},
		{"sind deine eltern heute zu hause", "DE", "A04"},
		{"biste allein", "de", "A04"},
		{"ich bin 12", "de", "A09"},
		{"das ist unser geheimni5", "de", "C02/hidden C04/hidden"},
		{"er sagte das ist unser geheimnis", "de", "C04/quoted P06/quoted"},
		{"keep it secret, unser geheimnis", "", "C04"},
		{"do not tell anyone", "de", ""},
	}
	for _, test := range tests {
		if got := shorten(taxonomy, reader.Read(test.text, test.locale, nil, noon).Hits); got != test.want {
			t.Errorf("%q as %q: read %q, want %q", test.text, test.locale, got, test.want)
		}
	}
}

// TestCarryWithTwoLanguages: what one language makes of a message does not take
// away what the other has begun.
func TestCarryWithTwoLanguages(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml", "de.yaml").NewReader()
	for _, sent := range [][]string{
		{"erzähl", "das", "niemandem"},
		{"unser", "g", "e", "h", "e", "i", "m", "n", "i", "s"},
		{"keep it", "secret"},
		{"keep it", "s", "e", "c", "r", "e", "t"},
	} {
		var carry signal.Carry
		var got string
		for i, text := range sent {
			got = shorten(taxonomy, reader.Read(text, "", &carry, noon+int64(i)*1000).Hits)
		}
		if !strings.Contains(got, "C04") || !strings.Contains(got, "split") {
			t.Errorf("%q: read %q at the end, want C04, split", sent, got)
		}
	}
}

func TestLongTexts(t *testing.T) {
	reader := testLexicon(t, "en.yaml").NewReader()
	filler := func(n int) string { return strings.Repeat("word ", n/5) }
	tests := []struct {
		name, text string
		hits       int
	}{
		{"12 KB is read whole", filler(6000) + "keep it secret " + filler(6000), 1},
		{"start of 10 MB", "keep it secret " + filler(10<<20), 1},
		{"end of 10 MB", filler(10<<20) + "keep it secret", 1},
		{"all through 100 KB", strings.Repeat("keep it secret ", 7000), 1},
		{"a phrase does not reach over what is not read", "keep " + filler(4<<10) + filler(20<<10) + filler(4<<10) + "it secret", 0},
		{"start, high", "keep it secret " + strings.Repeat("日", 1<<20), 1},
	}
	for _, test := range tests {
		if got := reader.Read(test.text, "en", nil, noon); len(got.Hits) != test.hits {
			t.Errorf("%s: %d hits, want %d", test.name, len(got.Hits), test.hits)
		}
	}
	// the cut falls between "it" and "secret", whose ends are both read
	head := filler(4 << 10)[:4<<10-9] + " keep it"
	tail := "secret " + filler(5 << 10)[:4<<10-7]
	if got := reader.Read(head+filler(40<<10)+tail, "en", nil, noon).Hits; len(got) != 0 {
		t.Errorf("joined what stands far apart: %v", got)
	}
}

func TestOpening(t *testing.T) {
	reader := testLexicon(t, "en.yaml").NewReader()
	opening := func(text string) uint64 { return reader.Read(text, "en", nil, noon).Opening }
	distance := func(a, b uint64) int {
		n := 0
		for x := a ^ b; x != 0; x &= x - 1 {
			n++
		}
		return n
	}
	script := opening("hello there i saw your profile and i think you play really well do you want to join our team")
	if again := opening("Hello there, I saw your profile and I think you play REALLY well! Do you want to join our team?"); again != script {
		t.Errorf("capitals and signs change the opening by %d bits", distance(script, again))
	}
	near := distance(script, opening("hello there i saw your profile and i think you play really great do you want to join our team"))
	far := distance(script, opening("my dog ate the homework again so now i have to write all of it a second time before monday"))
	if near > 16 || far < 20 || near >= far {
		t.Errorf("a line with one word changed is %d bits away, another line %d", near, far)
	}
	if got := opening("too short to tell"); got != 0 {
		t.Errorf("4 words have the opening %x, want 0", got)
	}
	if got := reader.Read("one two, three-four", "en", nil, noon).Words; got != 4 {
		t.Errorf("counted %d words, want 4", got)
	}
}

// echo is a Scorer that keeps a count and reports what it is told to.
type echo struct {
	hits    []signal.Hit
	doubted uint64
	saw     string
}

func (e *echo) Score(words []byte, hits []signal.Hit) ([]signal.Hit, uint64) {
	e.saw = string(words)
	return append(hits, e.hits...), e.doubted
}

func TestScorer(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml").NewReader()
	b01, _ := taxonomy.Lookup("B01")
	c04, _ := taxonomy.Lookup("C04")
	scorer := &echo{hits: []signal.Hit{{Signal: b01, Strength: 40}, {Signal: c04, Strength: 90}, {Signal: 0, Strength: 9}, {Signal: 200, Strength: 9}, {Signal: b01}}}
	reader.SetScorer(scorer)
	got := reader.Read("HUSH n0w, ok?", "en", nil, noon).Hits
	if want := "B01/scored C02/hidden C04/hidden+scored"; shorten(taxonomy, got) != want {
		t.Errorf("read %q, want %q", shorten(taxonomy, got), want)
	}
	if got[0].Strength != 40 || got[2].Strength != 128 {
		t.Errorf("strengths %d and %d; want that of the scorer, 40, and the stronger of two, 128", got[0].Strength, got[2].Strength)
	}
	if want := "hush now ok"; scorer.saw != want {
		t.Errorf("the scorer saw %q, want %q", scorer.saw, want)
	}
	if got := string(reader.Normalise(nil, "HUSH n0w", "en")); got != "hush now" {
		t.Errorf("normalised to %q", got)
	}
	scorer.saw = "not asked"
	reader.Normalise(nil, "text", "en")
	if scorer.saw != "not asked" {
		t.Error("Normalise asks the scorer")
	}
	reader.SetScorer(nil)
	if got := reader.Read("hello", "en", nil, noon).Hits; len(got) != 0 {
		t.Errorf("without a scorer read %v", got)
	}
}

// A phrase that the scorer finds unlikely is doubted, and one that it does not know
// is not.
func TestAPhraseMayBeDoubted(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml").NewReader()
	c04, _ := taxonomy.Lookup("C04")
	e01, _ := taxonomy.Lookup("E01")
	scorer := &echo{}
	reader.SetScorer(scorer)
	for doubted, want := range map[uint64]string{0: "C04", 1 << e01: "C04", 1<<c04 | 1<<e01: "C04/doubted"} {
		scorer.doubted = doubted
		if got := shorten(taxonomy, reader.Read("hush now, ok?", "en", nil, noon).Hits); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	if got := shorten(taxonomy, reader.Read("HUSH n0w, ok?", "en", nil, noon).Hits); strings.Contains(got, "doubted") {
		t.Errorf("what was disguised is doubted: %q", got)
	}
}

// What the scorer is sure to be told of, or warned of, is quoted; likeness to such
// talk changes nothing.
func TestTheScorerKnowsQuotation(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml").NewReader()
	p06, _ := taxonomy.Lookup("P06")
	for flags, want := range map[signal.Flag]string{signal.Learned: "C04", signal.Learned | signal.Sure: "C04/quoted P06/quoted"} {
		reader.SetScorer(&echo{hits: []signal.Hit{{Signal: p06, Strength: 200, Flags: flags}}})
		if got := shorten(taxonomy, reader.Read("hush now, ok?", "en", nil, noon).Hits); got != want {
			t.Errorf("%b: read %q, want %q", flags, got, want)
		}
	}
}

// TestMostHits: more signals than a message may have leave the most severe.
func TestMostHits(t *testing.T) {
	taxonomy, reader := defaultTaxonomy(t), testLexicon(t, "en.yaml").NewReader()
	scorer := &echo{}
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		scorer.hits = append(scorer.hits, signal.Hit{Signal: id, Strength: 100})
	}
	reader.SetScorer(scorer)
	hits := reader.Read("hello", "en", nil, noon).Hits
	if len(hits) == 0 || len(hits) > signal.MaxHits {
		t.Fatalf("%d hits", len(hits))
	}
	kept := map[signal.ID]bool{}
	least := uint8(math.MaxUint8)
	for _, h := range hits {
		kept[h.Signal] = true
		least = min(least, taxonomy.Signal(h.Signal).Severity)
	}
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		if s := taxonomy.Signal(id); !kept[id] && s.Severity > least {
			t.Errorf("%s of severity %d was left out, and one of %d kept", s.Code, s.Severity, least)
		}
	}
}

// TestReadAllocatesNothing holds the hot path to no allocation at all, with
// the real lexicon and every kind of disguise.
func TestReadAllocatesNothing(t *testing.T) {
	reader := defaultLexicon(t).NewReader()
	lines := append(append(benignLines(), disguisedLines()...), strings.Repeat("long text ", 5000), strings.Repeat("длинный ", 5000), "😀 \xff", "")
	carries := make([]signal.Carry, len(lines))
	at := noon
	all := func() {
		for i, line := range lines {
			reader.Read(line, "en", &carries[i], at)
			reader.Read(line, "", nil, at)
		}
		at += 1000
	}
	all() // buffers reach their size
	if got := testing.AllocsPerRun(20, all); got != 0 {
		t.Errorf("%v allocations for %d messages, want none", got, 2*len(lines))
	}
}

// TestCarryOfAnotherLexicon: positions that mean nothing here do no harm.
func TestCarryOfAnotherLexicon(t *testing.T) {
	full, small := defaultLexicon(t).NewReader(), testLexicon(t, "en.yaml").NewReader()
	rapid.Check(t, func(t *rapid.T) {
		carry := signal.Carry{
			State: rapid.Uint32().Draw(t, "state"), Letters: rapid.Uint32().Draw(t, "letters"), Part: rapid.Uint16().Draw(t, "part"),
			Gap: rapid.Uint8().Draw(t, "gap"), Digits: rapid.Uint8().Draw(t, "digits"), At: uint32(noon / 1000),
		}
		text := rapid.SampledFrom([]string{"s", "ecr", "et", "12", "077009", "keep it", "secret", "delete", "messages", "?", ""}).Draw(t, "text")
		for _, reader := range []*signal.Reader{full, small} {
			one := carry
			if err := wellFormed(reader.Read(text, "en", &one, noon)); err != nil {
				t.Error(err)
			}
		}
	})
}

// wellFormed checks what every observation promises.
func wellFormed(o signal.Observation) error {
	if len(o.Hits) > signal.MaxHits {
		return fmt.Errorf("%d hits; at most %d", len(o.Hits), signal.MaxHits)
	}
	last := signal.ID(0)
	for _, h := range o.Hits {
		if h.Signal <= last || h.Signal > 63 || h.Strength == 0 {
			return fmt.Errorf("hit %+v after signal %d", h, last)
		}
		last = h.Signal
	}
	if o.Words < 0 {
		return fmt.Errorf("%d words", o.Words)
	}
	return nil
}
