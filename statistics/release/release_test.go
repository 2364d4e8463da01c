package release_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"rowan/statistics/reference"
	"rowan/statistics/release"
	"rowan/statistics/release/demo"
	"rowan/statistics/release/lint"
)

var update = flag.Bool("update", false, "write the golden releases anew")

// compile makes the release of a plan in a new folder.
func compile(t testing.TB, plan string) (string, *release.Result) {
	t.Helper()
	p, err := release.ReadPlan(plan)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	r, err := release.Compile(context.Background(), p, out, release.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out, r
}

// shelf holds the two releases that most tests only read, each made once.
var shelf struct {
	dir   string
	once  map[string]*sync.Once
	wrong map[string]error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "rowan-release-")
	if err != nil {
		panic(err)
	}
	shelf.dir, shelf.once, shelf.wrong = dir, map[string]*sync.Once{"demo": {}, "west-mercia": {}}, map[string]error{}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// made is the demonstration's release, or the constructed one of West Mercia. It
// must not be changed.
func made(t testing.TB, name string) string {
	t.Helper()
	out := filepath.Join(shelf.dir, name)
	shelf.once[name].Do(func() {
		if name == "demo" {
			_, shelf.wrong[name] = demo.Compile(context.Background(), out, release.Options{})
			return
		}
		p, err := release.ReadPlan(filepath.Join("testdata", name, "release.yaml"))
		if err == nil {
			_, err = release.Compile(context.Background(), p, out, release.Options{})
		}
		shelf.wrong[name] = err
	})
	if err := shelf.wrong[name]; err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t testing.TB, parts ...string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// contents are all files of a folder by path.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		all[filepath.ToSlash(name)] = read(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func says(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestT1TheWestMerciaSentence(t *testing.T) {
	text := read(t, made(t, "demo"), "release", "west-mercia.md")
	says(t, text, "West Mercia Police recorded 122 offences of sexual communication with a child in the year to 2 April 2019, compared with 73 in the year to 2 April 2018: the number increased by 67 per cent.",
		"from +24 to +127 per cent")
	// The base of the 68 per cent was never published.
	says(t, text, "Facebook-owned apps and Snapchat: 68 per cent was published", "The base, the number of instances or victims behind it, was not published")
}

func TestT1TheStoryComesOutOfConstructedReturns(t *testing.T) {
	text := read(t, made(t, "west-mercia"), "release", "west-mercia.md")
	says(t, text,
		"[Constructed, no figure of any force] West Mercia Police recorded 122 offences", "increased by 67 per cent",
		"Where age was provided, one in five of the children concerned were 11 or younger",
		"Facebook-owned apps and Snapchat were used in 68 per cent of the instances in the two years to 2 April 2019 where a method was recorded and provided",
		"Instagram was used in a quarter of the instances")
	for line := range strings.Lines(text) {
		if strings.Contains(line, " recorded 122 ") && !strings.HasPrefix(line, "[Constructed") {
			t.Errorf("a constructed number stands without the word: %s", line)
		}
	}
}

func TestT2TheNationalPlatformSentences(t *testing.T) {
	text := read(t, made(t, "demo"), "release", "england-and-wales.md")
	says(t, text,
		"Facebook-owned apps and Snapchat were used in 74 per cent of the instances in the two years to 2 April 2019",
		"The instances in which Instagram was recorded more than doubled, from 418",
		"Instagram was used in more than a quarter of the instances",
		"4,817 instances whose means was recorded and provided, against 7,590 offences (63%)",
		"compared with 3,217 in the year to 2 April 2018 (revised): the number increased by 36 per cent, raw")
}

func TestT6AResolvedContradictionStandsInTheRelease(t *testing.T) {
	text := read(t, made(t, "demo"), "release", "lancashire.md")
	says(t, text, "252 offences", "compared with 175", "increased by 44 per cent", "175 (nspcc-scc-2019-03) against 64 (nspcc-scc-2019-09)", "Decided by the statistics lead")
}

func TestT11ARegionNamesItsSet(t *testing.T) {
	out := made(t, "demo")
	says(t, read(t, out, "release", "press-east-of-england.md"), "East of England (with Northamptonshire), a region of press releases")
	says(t, read(t, out, "release", "ons-west-midlands.md"), "West Midlands region (ONS)")
	says(t, read(t, out, "release", "west-midlands.md"), "# West Midlands Police:")
}

func TestTheSameInputsGiveTheSameBytes(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	plan := filepath.Join("testdata", "west-mercia", "release.yaml")
	first, _ := compile(t, plan)
	one := contents(t, first)
	runtime.GOMAXPROCS(4)
	second, _ := compile(t, plan)
	four := contents(t, second)
	for name, body := range one {
		if four[name] != body {
			t.Errorf("%s differs", name)
		}
	}
	if len(one) != len(four) || len(one) < 200 {
		t.Errorf("%d and %d files", len(one), len(four))
	}
}

func TestTheManifestHasTheHashOfEveryFileAndInput(t *testing.T) {
	out := made(t, "west-mercia")
	var m release.Manifest
	if err := json.Unmarshal([]byte(read(t, out, release.ManifestName)), &m); err != nil {
		t.Fatal(err)
	}
	all := contents(t, out)
	delete(all, release.ManifestName)
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	for _, f := range m.Files {
		if f.SHA256 != hash(all[f.Path]) || f.Bytes != len(all[f.Path]) {
			t.Errorf("%s has another hash", f.Path)
		}
		delete(all, f.Path)
	}
	if len(all) > 0 {
		t.Errorf("not listed: %v", all)
	}
	if len(m.Inputs) != 4 || len(m.Reference) == 0 {
		t.Errorf("inputs %v", m.Inputs)
	}
	for _, f := range m.Inputs {
		if f.SHA256 != hash(read(t, "testdata", "west-mercia", f.Path)) {
			t.Errorf("%s has another hash", f.Path)
		}
	}
}

func TestGoldenReleases(t *testing.T) {
	for _, g := range []struct{ plan, page string }{{"demo", "west-mercia"}, {"demo", "england-and-wales"}, {"demo", "quality-and-methods"}, {"west-mercia", "west-mercia"}} {
		got := read(t, made(t, g.plan), "release", g.page+".md")
		path := filepath.Join("testdata", "golden", g.plan+"-"+g.page+".md")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := read(t, path); got != want {
			t.Errorf("%s is another one now; look at it, and run go test -update\n%s", path, got)
		}
	}
}

// A release must pass its own lint. Lines about contradictions and refusals state
// numbers that do not hold, on purpose.
func TestAReleasePassesItsOwnLint(t *testing.T) {
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, plan := range []string{"demo", "west-mercia"} {
		out := made(t, plan)
		o, err := release.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for name, text := range contents(t, filepath.Join(out, "release")) {
			if filepath.Ext(name) != ".md" || strings.HasPrefix(name, release.QualityID) {
				continue
			}
			for _, f := range lint.Check(text, o.Set, ref) {
				if f.Verdict == lint.Right {
					right++
				}
				if f.Verdict == lint.Wrong && !strings.HasPrefix(f.Sentence, "- Contradiction") {
					t.Errorf("%s, line %d: %q in %q should be %s (%s)", name, f.Line, f.Claim, f.Sentence, f.Right, f.Why)
				}
			}
		}
		if right < 20 {
			t.Errorf("%s: only %d claims are right", plan, right)
		}
	}
}

// folderOf copies the constructed returns and lets a test change them.
func folderOf(t *testing.T, change func(dir string)) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "west-mercia"))); err != nil {
		t.Fatal(err)
	}
	change(dir)
	return filepath.Join(dir, "release.yaml")
}

func put(t *testing.T, text string, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAReturnThatCannotBeReadIsListedAndTheOthersAreCompiled(t *testing.T) {
	out, r := compile(t, folderOf(t, func(dir string) {
		put(t, "PK\x03\x04 broken", dir, "returns", "kent.xlsx")
		plan := read(t, dir, "release.yaml")
		put(t, strings.Replace(plan, "[returns/*.csv]", "[returns/*]", 1), dir, "release.yaml")
	}))
	if len(r.Unread) != 1 || r.Unread[0].Name != "kent.xlsx" || r.Figures == 0 {
		t.Errorf("%+v", r)
	}
	says(t, read(t, out, "release", "quality-and-methods.md"), "Not read: kent.xlsx", "3 files could be read, 1 could not")
	says(t, read(t, out, "site", "index.html"), "kent.xlsx")
	says(t, read(t, out, "release", "west-mercia.md"), "67 per cent")
}

func TestAContradictionWaitsForAPersonAndNoFigureRestsOnIt(t *testing.T) {
	out, r := compile(t, folderOf(t, func(dir string) {
		put(t, "West Mercia Police,,\n,3 April 2017 to 2 April 2018,3 April 2018 to 2 April 2019\nOffences,99,122\n", dir, "returns", "second.csv")
	}))
	if len(r.Unresolved) != 1 {
		t.Fatalf("%+v", r.Unresolved)
	}
	text := read(t, out, "release", "west-mercia.md")
	says(t, text, "Contradiction west-mercia.offences.2017-18")
	if strings.Contains(text, "67 per cent") {
		t.Error("a figure rests on a contradiction")
	}
	o, err := release.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	x, err := o.Explain("west-mercia.change")
	if err != nil || x.Blocked == nil {
		t.Fatalf("%+v, %v", x, err)
	}
	says(t, x.Text(), "not given", "Why", "What would make it possible")
}

func TestAPopulationGivesRatesAndWithoutOneTheReleaseSaysSo(t *testing.T) {
	says(t, read(t, made(t, "west-mercia"), "release", "quality-and-methods.md"), "no rates and no funnel plot")
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := compile(t, folderOf(t, func(dir string) {
		population := "force,year,children_under_16,source\n"
		for i, f := range ref.Forces()[:12] {
			put(t, fmt.Sprintf("%s,,\n,3 April 2017 to 2 April 2018,3 April 2018 to 2 April 2019\nOffences,%d,%d\n", f.Names[0].Name, 40+i, 60+3*i), dir, "returns", f.ID+".csv")
			population += fmt.Sprintf("%s,2017,%d,constructed\n%s,2018,%d,constructed\n", f.ID, 100000+9000*i, f.ID, 101000+9000*i)
		}
		put(t, population, dir, "population.csv")
		put(t, read(t, dir, "release.yaml")+"population: population.csv\n", dir, "release.yaml")
	}))
	if _, err := os.Stat(filepath.Join(out, "charts", "funnel.svg")); err != nil {
		t.Error(err)
	}
	says(t, read(t, out, "release", ref.Forces()[0].ID+".md"), "per 100,000 children under 16")
	says(t, read(t, out, "tables", "5-rates.csv"), ref.Forces()[0].ID+".rate.2018-19")
}

func TestABadPopulationFileIsAnErrorWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"force,year\n": "the columns are", "force,year,children_under_16,source\nNowhere,2018,1,x\n": "population.csv:2: no force",
		"force,year,children_under_16,source\nkent,18,1,x\n": "is no year", "force,year,children_under_16,source\nkent,2018,0,x\n": "is no number of children",
		"force,year,children_under_16,source\nkent,2018,1,\n": "the source is missing", "force,year,children_under_16,source\nkent,2018,1,x\nKent,2018,2,x\n": "stands twice",
	} {
		p, err := release.ReadPlan(folderOf(t, func(dir string) {
			put(t, text, dir, "population.csv")
			put(t, read(t, dir, "release.yaml")+"population: population.csv\n", dir, "release.yaml")
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := release.Compile(context.Background(), p, filepath.Join(t.TempDir(), "out"), release.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAReleaseTakesThePlaceOfTheOneBeforeAndOfNothingElse(t *testing.T) {
	p, err := release.ReadPlan(filepath.Join("testdata", "west-mercia", "release.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(out, os.DirFS(made(t, "west-mercia"))); err != nil {
		t.Fatal(err)
	}
	put(t, "stale", out, "release", "stale.md")
	if _, err := release.Compile(context.Background(), p, out, release.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, "release", "stale.md")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file of the release before is still there")
	}
	entries, err := os.ReadDir(filepath.Dir(out))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	mine := t.TempDir()
	put(t, "mine", mine, "letter.txt")
	if _, err := release.Compile(context.Background(), p, mine, release.Options{}); err == nil || !strings.Contains(err.Error(), "name a new or empty folder") {
		t.Errorf("a folder with other files: %v", err)
	}
	if read(t, mine, "letter.txt") != "mine" {
		t.Error("a file of another kind was touched")
	}
}

func TestExplainShowsTheSentenceTheFormulaAndEveryCell(t *testing.T) {
	o, err := release.Open(made(t, "demo"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := o.Explain("west-mercia.change")
	if err != nil {
		t.Fatal(err)
	}
	text := x.Text()
	says(t, text, "west-mercia.change.2017-18.2018-19: +67%", "(122 - 73) / 73 x 100", "published.csv!G", "https://www.ledburyreporter.co.uk/", "passed base size", "Caveats", "recorded 122 offences")
	for line := range strings.Lines(text) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 && !strings.Contains(line, "http") {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	x, err = o.Explain("lancashire.count.instances.whatsapp.2017-18")
	if err != nil || x.Hidden == nil {
		t.Fatalf("%+v, %v", x, err)
	}
	says(t, x.Text(), "not shown [c]")
	var unknown *release.UnknownError
	if _, err = o.Explain("west-mercia.chagne"); !errors.As(err, &unknown) || !slices.Contains(unknown.Near, "west-mercia.change") {
		t.Errorf("an unknown figure: %v", err)
	}
	if _, err := release.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no folder of a release") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestASiteNeedsNoScriptAndLoadsNothing(t *testing.T) {
	out := made(t, "demo")
	for name, page := range contents(t, filepath.Join(out, "site")) {
		for _, bad := range []string{"<script", "src=", "@import", "url(", "<link"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
	page := read(t, out, "site", "west-mercia.html")
	says(t, page, "published.csv!G343", `href="https://www.ledburyreporter.co.uk/`, "(122 - 73) / 73 x 100", "67 per cent", `id="f-west-mercia.change.2017-18.2018-19"`)
	// Every link within the release leads to a file of it.
	for name, page := range contents(t, filepath.Join(out, "site")) {
		for _, part := range strings.Split(page, `href="`)[1:] {
			target, _, _ := strings.Cut(part, `"`)
			target, _, _ = strings.Cut(target, "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(out, "site", filepath.FromSlash(target))); err != nil {
				t.Errorf("%s leads to %s: %v", name, target, err)
			}
		}
	}
}

func TestEveryPDFHasItsPages(t *testing.T) {
	for name, body := range contents(t, filepath.Join(made(t, "west-mercia"), "release")) {
		if filepath.Ext(name) == ".pdf" && (!strings.HasPrefix(body, "%PDF-") || !bytes.Contains([]byte(body), []byte("%%EOF"))) {
			t.Errorf("%s is no PDF", name)
		}
	}
}
