package simulate

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rowan/event"
	"rowan/guard/signal"
)

func testLibrary(t *testing.T) *library {
	t.Helper()
	l, err := loadLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryPolicyHasLinesInItsFamiliesAndKnownSignals(t *testing.T) {
	l := testLibrary(t)
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	known := func(code string) bool {
		_, ok := taxonomy.Lookup(code)
		return ok || code == "P" || code == "Q" // answers that are no signals
	}
	for _, f := range append([]*family{l.young}, l.families...) {
		for code := range f.lines {
			if !known(code) {
				t.Errorf("family %s has lines for %s, which the taxonomy does not have", f.name, code)
			}
		}
	}
	for _, policy := range Policies() {
		conduct, found := policy.Conduct(), 0
		for _, f := range l.families {
			if policy.Label() == Harmful && f.of == "" || f.of == policy.Name() {
				found++
				if err := f.covers(policy, &conduct); err != nil {
					t.Error(err)
				}
				if f.of != "" && f.held != policy.Held() {
					t.Errorf("%s: the policy and its lines are not held alike", f.name)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s has no lines", policy.Name())
		}
		share := 0.0
		for _, stage := range conduct.Stages {
			share += stage.Share
		}
		if share > 1 || conduct.Surface.Openings == nil && policy.Label() == Harmful {
			t.Errorf("%s: its stages are %.2f of the contact, or it has no opening", policy.Name(), share)
		}
	}
}

func TestEnoughIsHeldOut(t *testing.T) {
	held, harmful := 0, 0
	for _, policy := range Policies() {
		if policy.Label() == Harmful {
			harmful++
			if policy.Held() {
				held++
			}
		}
	}
	if harmful != 7 || held < 2 {
		t.Errorf("%d of %d harmful policies are held; want at least 2 of 7", held, harmful)
	}
	held, all := 0, 0
	for _, f := range testLibrary(t).families {
		all++
		if f.held {
			held++
		}
	}
	if 3*held < all {
		t.Errorf("%d of %d families are held; want a third at least", held, all)
	}
}

var notWords = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// words is a text in small letters with single spaces around its words, so that
// one contains the other only at the edges of words.
func words(text string) string {
	return " " + strings.TrimSpace(notWords.ReplaceAllString(strings.ToLower(strings.ReplaceAll(text, "'", "")), " ")) + " "
}

// heldLine is a line as a pattern of words, in which a slot stands for some, and
// its longest piece, which is looked for first.
type heldLine struct {
	longest string
	whole   *regexp.Regexp
}

func (l heldLine) in(text string) bool {
	return strings.Contains(text, l.longest) && l.whole.MatchString(text)
}

// heldLines are the lines of the held families.
func heldLines(t *testing.T) []heldLine {
	t.Helper()
	var lines []heldLine
	files, err := fs.Glob(lineFiles, "lines/held/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d held files, %v", len(files), err)
	}
	for _, name := range files {
		var file familyFile
		if _, err := parseLines(name, &file); err != nil {
			t.Fatal(err)
		}
		for _, list := range file.Lines {
			for _, line := range list {
				var one heldLine
				pieces := slotted.Split(line, -1)
				for i, piece := range pieces {
					if pieces[i] = words(piece); strings.TrimSpace(pieces[i]) == "" {
						pieces[i] = ""
					}
					if len(pieces[i]) > len(one.longest) {
						one.longest = pieces[i]
					}
				}
				one.whole = regexp.MustCompile(strings.Join(pieces, ".{0,30}"))
				lines = append(lines, one)
			}
		}
	}
	return lines
}

var slotted = regexp.MustCompile(`\{[^}]*\}`)

func TestNoHeldLineOccursInLexiconOrTraining(t *testing.T) {
	lines := heldLines(t)
	if len(lines) < 250 {
		t.Fatalf("only %d held lines can be looked for", len(lines))
	}
	lexicons, err := filepath.Glob("../../guard/signal/lexicon/*.yaml")
	if err != nil || len(lexicons) == 0 {
		t.Fatalf("%d lexicons, %v", len(lexicons), err)
	}
	training, err := filepath.Glob("../training/*.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if len(training) == 0 {
		t.Log("lab/training has no .tsv: looked at the lexicons only")
	}
	for _, name := range append(lexicons, training...) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := words(string(src))
		for _, line := range lines {
			if line.in(text) {
				t.Errorf("%s has the held line %q", name, line.whole)
			}
		}
	}
}

func TestNoHeldLineIsAlsoInAFamilyThatMayBeTunedOn(t *testing.T) {
	var tuned strings.Builder
	for _, dir := range []string{"harmful", "look_alike"} {
		files, err := fs.Glob(lineFiles, "lines/"+dir+"/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			src, err := lineFiles.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tuned.WriteString(words(slotted.ReplaceAllString(string(src), "x")))
		}
	}
	for _, line := range heldLines(t) {
		if line.in(tuned.String()) {
			t.Errorf("the held line %q is among those that may be tuned on", line.whole)
		}
	}
}

func TestRegistersChangeWordsAndLeaveSlotsAlone(t *testing.T) {
	l := testLibrary(t)
	for _, c := range []struct{ register, line, want string }{
		{"plain", "I don't know, see you at {spot}.", "I don't know, see you at the bus station."},
		{"teen", "I don't know, see you at {spot}.", "i dont kno see u at the bus station"},
		{"second_language", "The dog was on a chair.", "dog is on chair."},
		{"dialect_northern", "My bus was very late", "Me bus were dead late"},
		{"dialect_scots", "Yes, a small one", "Aye, a wee one"},
	} {
		for i := range l.registers {
			r := &l.registers[i]
			if r.Name != c.register {
				continue
			}
			template, err := l.template(r, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(l.fill(nil, &template, uint8(i), func(int) int { return 0 })); !strings.EqualFold(got, c.want) {
				t.Errorf("%s: %q, want %q", c.register, got, c.want)
			}
		}
	}
	if _, err := l.template(&l.registers[0], "see {nobody}"); err == nil {
		t.Error("a slot that there is not is accepted")
	}
}

func TestAHeldLineIsFoundWhereItOccurs(t *testing.T) {
	for _, line := range heldLines(t) {
		sample := strings.ReplaceAll(line.whole.String(), ".{0,30}", "tuesday at six")
		if !line.in(words("something before " + sample + " something after")) {
			t.Errorf("%q is not found in %q", line.whole, sample)
		}
	}
}

// A stranger who says when he picks a child up does not chat: the truth would have
// to name it.
func TestOnlyFamiliesTalkAsFamiliesDo(t *testing.T) {
	t.Parallel()
	l := testLibrary(t)
	rng := rand.New(rand.NewPCG(1, 2))
	drawn := map[int]bool{}
	for range 2000 {
		drawn[l.topic(rng)] = true
	}
	if drawn[l.family] || len(drawn) != len(l.topics)-1 {
		t.Errorf("%d of %d topics are drawn; as families: %t", len(drawn), len(l.topics), drawn[l.family])
	}
	kin := map[string]bool{}
	for _, p := range Policies() {
		if p.Conduct().Relation == event.Family {
			kin[p.Name()] = true
		}
	}
	p := run(t, Options{Accounts: 700, Days: 20, Seed: 4, Prevalence: 0.12, Balanced: true}, func(*Batch) {})
	talk := map[bool]int{}
	for _, c := range p.clusters {
		for _, s := range c.stories {
			for range 20 {
				if s.topic(p) == int16(p.text.family) {
					talk[kin[s.policy.Name()]]++
				}
			}
		}
	}
	if talk[true] == 0 || talk[false] != 0 {
		t.Errorf("talk as of families: %d times in families, %d elsewhere", talk[true], talk[false])
	}
}
