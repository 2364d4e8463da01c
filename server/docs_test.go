package server

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "put the example files into docs/integrate.md again")

const docs = "../docs"

// included is a mark of a file and, once filled in, the code block behind it.
var included = regexp.MustCompile("(?s)<!-- file: (\\S+) -->\n(?:\n```\\w+\n.*?\n```\n)?")

func TestIntegrationPageShowsTheExampleFiles(t *testing.T) {
	page := filepath.Join(docs, "integrate.md")
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	want := included.ReplaceAllStringFunc(string(have), func(part string) string {
		names++
		name := included.FindStringSubmatch(part)[1]
		src, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Fatal(err)
		}
		return "<!-- file: " + name + " -->\n\n```" + strings.TrimPrefix(filepath.Ext(name), ".") + "\n" + strings.TrimSpace(string(src)) + "\n```\n"
	})
	if names != 3 {
		t.Errorf("%d examples, want 3", names)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(have) {
		t.Error("docs/integrate.md does not show the example files as they are; run go test ./server -run Integration -update")
	}
}

// example runs a program of the integration page against a running server.
func example(t *testing.T, h *harness, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), "ROWAN_URL="+h.url, "ROWAN_KEY=good", "NO_PROXY=127.0.0.1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// present takes the system's clock, as the examples do.
func present(c *Config) { c.Now = time.Now }

func TestCurlExample(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	out := example(t, start(t, present), "sh", filepath.Join(docs, "examples", "send.sh"))
	if !strings.Contains(out, `"event":"m-1001"`) || !strings.Contains(out, `"action":"allow"`) {
		t.Error(out)
	}
}

func TestGoExample(t *testing.T) {
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../docs/examples/go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out := example(t, start(t, present), program); out != "deliver; allow\n" {
		t.Error(out)
	}
}

func TestTypeScriptExample(t *testing.T) {
	dir := t.TempDir()
	tool(t, "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom", "--outDir", dir,
		filepath.Join(docs, "examples", "send.ts"), filepath.Join("testdata", "node.d.ts"))
	out := example(t, start(t, present), "node", filepath.Join(dir, "send.js"))
	if want := "a-1: allow\na-2: allow\nrefused: data.to: want an array"; !strings.HasPrefix(out, want) {
		t.Errorf("got %s\nwant %s...", out, want)
	}
}
