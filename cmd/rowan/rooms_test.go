package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// No room imports what the table of docs/design.md does not say that it stands on,
// and the table names every room.
func TestTheHouseStandsAsTheDesignSays(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(top, "docs", "design.md"))
	if err != nil {
		t.Fatal(err)
	}
	on := map[string][]string{}
	quoted := regexp.MustCompile("`([a-z]+)`")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|.*\\|([^|]*)\\|$").FindAllStringSubmatch(string(src), -1) {
		on[row[1]] = []string{}
		for _, m := range quoted.FindAllStringSubmatch(row[2], -1) {
			on[row[1]] = append(on[row[1]], m[1])
		}
	}
	if len(on) < 15 {
		t.Fatalf("the table has %d rooms", len(on))
	}
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = top
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	room := func(path string) string { return strings.SplitN(path, "/", 3)[1] }
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		if !strings.HasPrefix(fields[0], "rowan/") {
			continue
		}
		of := room(fields[0])
		stands, named := on[of]
		if of == "docs" || of == "cmd" {
			continue
		}
		if !named {
			t.Errorf("the design does not name the room %s", of)
		}
		for _, path := range fields[1:] {
			if strings.HasPrefix(path, "rowan/") && room(path) != of && !slices.Contains(stands, room(path)) {
				t.Errorf("%s imports %s, and %s does not stand on %s", fields[0], path, of, room(path))
			}
		}
	}
	for of, stands := range on {
		for _, below := range stands {
			if slices.Contains(on[below], of) {
				t.Errorf("%s and %s stand on each other", of, below)
			}
		}
	}
}
