package main

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"rowan/guard/account"
)

const top = "../.."

// pages are README.md and the documents, by their path from the top.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil || len(names) < 8 {
		t.Fatalf("%d documents, %v", len(names), err)
	}
	all := map[string]string{}
	for _, name := range append(names, filepath.Join(top, "README.md")) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		relative, err := filepath.Rel(top, name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(relative)] = string(src)
	}
	return all
}

var (
	codeLine = regexp.MustCompile(`(?m)^(?: {4}|[$] )?((?:.*\$\()?(?:rowan|go run \./cmd/rowan) .*)$`)
	inline   = regexp.MustCompile("`((?:rowan|go run \\./cmd/rowan) [^`]+)`")
	verb     = regexp.MustCompile(`(?:^|\$\()(?:rowan|go run \./cmd/rowan) ([^|)#>]*)`)
)

// called is a call of rowan in a document, without what a shell adds. Within a
// sentence it may be only the name of a command.
type called struct {
	args     []string
	sentence bool
}

func commands(text string) []called {
	var found []called
	add := func(code string, sentence bool) {
		if m := verb.FindStringSubmatch(code); m != nil {
			found = append(found, called{strings.Fields(m[1]), sentence})
		}
	}
	for _, m := range inline.FindAllStringSubmatch(text, -1) {
		add(m[1], true)
	}
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if m := codeLine.FindStringSubmatch(line); m != nil && (fenced || strings.HasPrefix(line, "    ")) {
			add(m[1], false)
		}
	}
	return found
}

func TestCommandsInTheDocumentsExist(t *testing.T) {
	n := 0
	for name, text := range pages(t) {
		for _, call := range commands(text) {
			n++
			if err := parses(call); err != nil {
				t.Errorf("%s: rowan %s: %v", name, strings.Join(call.args, " "), err)
			}
		}
	}
	if n < 30 {
		t.Errorf("%d commands were found, want at least 30", n)
	}
	for _, wrong := range []string{"scan --nonsense x", "frobnicate", "explain", "keys create extra"} {
		if parses(called{args: strings.Fields(wrong)}) == nil {
			t.Errorf("rowan %s would pass this test", wrong)
		}
	}
}

// parses checks a call as far as that is possible without making it.
func parses(call called) error {
	c, rest, err := root().Find(call.args)
	if err != nil {
		return err
	}
	if call.sentence && len(rest) == 0 && c.HasParent() {
		return nil
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}

var (
	link    = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// anchor is the id that a heading gets on the usual hosts.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

func TestLinksBetweenDocumentsLeadSomewhere(t *testing.T) {
	all := pages(t)
	n := 0
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			n++
			target := name
			if m[1] != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
			}
			if _, err := os.Stat(filepath.Join(top, target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, m[1])
				continue
			}
			if m[2] == "" {
				continue
			}
			var anchors []string
			for _, h := range heading.FindAllStringSubmatch(all[target], -1) {
				anchors = append(anchors, "#"+anchor(h[1]))
			}
			if !slices.Contains(anchors, m[2]) {
				t.Errorf("%s: %s has no heading for %s", name, target, m[2])
			}
		}
	}
	if n < 20 {
		t.Errorf("%d links were found, want at least 20", n)
	}
}

// keysOf are the names of settings, such as limits.depth.
func keysOf(t reflect.Type, prefix string) []string {
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",") // without options such as omitempty
		switch {
		case name == "":
		case field.Type.Kind() == reflect.Struct:
			names = append(names, keysOf(field.Type, prefix+name+".")...)
		default:
			names = append(names, prefix+name)
		}
	}
	return names
}

// rows are the first cells of the tables of a document that match.
func rows(text, pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?m)^\\| `("+pattern+")` \\|").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// same fails the test unless two lists have the same names.
func same(t *testing.T, what string, have, documented []string) {
	t.Helper()
	if len(have) == 0 {
		t.Fatalf("there is no %s at all", what)
	}
	for _, name := range have {
		if !slices.Contains(documented, name) {
			t.Errorf("the document does not list the %s %s", what, name)
		}
	}
	for _, name := range documented {
		if !slices.Contains(have, name) {
			t.Errorf("the document lists the %s %s, which there is not", what, name)
		}
	}
}

func TestOperateListsEverySetting(t *testing.T) {
	page := pages(t)["docs/operate.md"]
	start, end := strings.Index(page, "## Settings"), strings.Index(page, "## Keys")
	if start < 0 || end < start {
		t.Fatal("the section on settings is not where it was")
	}
	same(t, "setting", keysOf(reflect.TypeFor[settings](), ""), rows(page[start:end], `[a-z_.]+`))
}

// The example of a settings file is one that serve takes.
func TestOperateShowsAValidSettingsFile(t *testing.T) {
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(pages(t)["docs/operate.md"])
	if example == nil {
		t.Fatal("there is no example")
	}
	s, err := readSettings(write(t, filepath.Join(t.TempDir(), "rowan.yaml"), example[1]), "")
	if err != nil {
		t.Fatal(err)
	}
	scope, err := s.Accounts.Scope()
	if err != nil {
		t.Fatal(err)
	}
	book, err := readBook("")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := account.NewRules(book, scope)
	if err != nil || rules.Mode() != account.Shadow {
		t.Errorf("%v", err)
	}
	for _, feature := range scope.Service.Features {
		if !slices.Contains(book.Catalogue().Features(), feature) {
			t.Errorf("no setting needs the feature %s", feature)
		}
	}
}

func TestOperateListsEveryMetric(t *testing.T) {
	data := t.TempDir()
	key := newKey(t, data)
	hook(t, data, "https://127.0.0.1:9/") // nothing is decided, so nothing is sent
	s := serveDir(t, data)
	s.ask(t, "POST", "/v1/events", key, single, "{")        // a refused event
	s.ask(t, "POST", "/v1/events", key, stream, present(t)) // and decided ones
	s.ask(t, "PUT", "/v1/accounts/nobody/settings/location", key, "application/json", `{"value":"everyone"}`)
	s.ask(t, "POST", "/v1/events", key, single, eventLine("drift", "setting.changed", `{"account":"nobody","setting":"location","value":"everyone"}`))
	answer, err := http.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, m := range regexp.MustCompile(`(?m)^# HELP (rowan_\w+) `).FindAllStringSubmatch(string(text), -1) {
		have = append(have, m[1])
	}
	same(t, "metric", have, rows(pages(t)["docs/operate.md"], `rowan_\w+`))
}

func TestDependenciesAreListed(t *testing.T) {
	page := pages(t)["docs/dependencies.md"]
	imports := map[string]bool{}
	line := regexp.MustCompile(`(?m)^\s*(?:\w+ )?"([\w.-]+\.[a-z]+/[^"]+)"`)
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, _, _ := strings.Cut(string(src), "\n)")
		for _, m := range line.FindAllStringSubmatch(head, -1) {
			imports[m[1]] = true
		}
		return nil
	})
	if err != nil || len(imports) < 10 {
		t.Fatalf("%d imports, %v", len(imports), err)
	}
	modules := rows(page, `[\w./@-]+`)
	for path := range imports {
		if !slices.ContainsFunc(modules, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
			t.Errorf("docs/dependencies.md does not list the module of %s", path)
		}
	}
	for _, m := range modules {
		if strings.Contains(m, ".") && m != "honnef.co/go/tools" && !slices.ContainsFunc(slices.Collect(maps.Keys(imports)), func(path string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
			t.Errorf("docs/dependencies.md lists %s, which nothing imports", m)
		}
	}
}
