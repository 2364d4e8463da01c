package server

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/webhook"
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
	if names != 5 {
		t.Errorf("%d examples, want 5", names)
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

// outOfTheBox is a server with the rules that hold unless it is told others,
// and the system's clock.
func outOfTheBox(t *testing.T) *harness {
	h := onJournal(t, "mode: enforce\n", nil)
	h.ms.Store(time.Now().UnixMilli())
	return h.harness
}

func TestCurlExample(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	out := example(t, outOfTheBox(t), "sh", filepath.Join(docs, "examples", "send.sh"))
	if !strings.Contains(out, `"event":"m-1001"`) || !strings.Contains(out, `"action":"block"`) || !strings.Contains(out, `"reason":"not_connected"`) {
		t.Error(out)
	}
}

// The example of the first page: two accounts that Rowan knows nothing of are
// not connected, and it says so; once they are, the message is delivered.
func TestGoExample(t *testing.T) {
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../docs/examples/go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := outOfTheBox(t)
	out := example(t, h, program)
	for _, want := range []string{"do not deliver: not_connected\n", "show to u-22: You two are not connected", "show to u-17: You two are not connected"} {
		if !strings.Contains(out, want) {
			t.Errorf("it prints\n%swhich lacks %q", out, want)
		}
	}
	if out := example(t, h, program, "connected"); !strings.HasPrefix(out, "deliver\n") {
		t.Errorf("once they are connected it prints\n%s", out)
	}
}

func TestTypeScriptExample(t *testing.T) {
	dir := t.TempDir()
	tool(t, "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom", "--outDir", dir,
		filepath.Join(docs, "examples", "send.ts"), filepath.Join("testdata", "node.d.ts"))
	out := example(t, outOfTheBox(t), "node", filepath.Join(dir, "send.js"))
	if want := "a-1: allow\na-2: inform\nrefused: data.to: want an array"; !strings.HasPrefix(out, want) {
		t.Errorf("got %s\nwant %s...", out, want)
	}
}

func TestPythonExample(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("Python is not installed")
	}
	k := newCourt(t)
	h := start(t, k.serve)
	place := filepath.Join(t.TempDir(), "place")
	read := func() string {
		return example(t, h, python, filepath.Join(docs, "examples", "effects.py"), place, "--once")
	}
	c := k.restrict("u-1")
	if out := read(); out != "u-1: no new contact with minors until it is lifted\n" {
		t.Errorf("it prints\n%s", out)
	}
	if _, err := k.Appeal(t.Context(), "a-1", casework.Asked{Account: "u-1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.DecideAppeal(t.Context(), c.ID, "p-bea", casework.Reversed, "it was about chess"); err != nil {
		t.Fatal(err)
	}
	if out := read(); !strings.Contains(out, "is taken back\nu-1: tell the owner that the appeal was reversed\n") || strings.Contains(out, "no new contact") {
		t.Errorf("then it prints\n%s", out)
	}
}

func TestWebhookExample(t *testing.T) {
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../docs/examples/webhook").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const secret = "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk=" // made up
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), "WEBHOOK_ADDRESS=127.0.0.1:0", "WEBHOOK_SECRET="+secret)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill() // it would listen for ever
		_ = command.Wait()
	}()
	lines := bufio.NewScanner(out)
	lines.Scan()
	address, ok := strings.CutPrefix(lines.Text(), "listening on ")
	if !ok {
		t.Fatalf("it prints %q", lines.Text())
	}
	body, err := json.Marshal(delivery.Message{Type: delivery.MessageType, Data: delivery.Effect{ID: "e-1", Account: "u-1", Kind: delivery.Suspend}})
	if err != nil {
		t.Fatal(err)
	}
	to := func(secret string) *webhook.Endpoint {
		e, err := webhook.New("http://"+address, secret, webhook.Options{Private: true})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if err := to("whsec_YW5vdGhlci1rZXktb2YtdGhlLXRlc3RzLWFub3RoZXI=").Send(t.Context(), webhook.Message{ID: "e-0", Body: body}, time.Now()); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("signed with another secret: %v", err)
	}
	for _, id := range []string{"e-1", "e-1", "e-2"} {
		m := webhook.Message{ID: id, Body: []byte(strings.Replace(string(body), "e-1", id, 1))}
		if err := to(secret).Send(t.Context(), m, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the one that came twice is carried out once
		if lines.Scan(); lines.Text() != "u-1 suspend " {
			t.Errorf("it prints %q", lines.Text())
		}
	}
}

// The blocks of docs/accounts.md are run in their order, the first one before
// each, and what stands behind one is in its answer.
func TestAccountsPage(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	page, err := os.ReadFile(filepath.Join(docs, "accounts.md"))
	if err != nil {
		t.Fatal(err)
	}
	h := onJournal(t, "mode: enforce\n", nil)
	prelude, answers := "", 0
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```\n(?:\n```json\n(.*?)```\n)?").FindAllStringSubmatch(string(page), -1) {
		if prelude == "" {
			prelude = m[1]
			continue
		}
		out := example(t, h.harness, "sh", "-c", "set -eu\n"+prelude+m[1])
		if m[2] == "" {
			t.Errorf("no answer is shown to\n%s", m[1])
			continue
		}
		answers++
		// Of several answers in a block the last is shown.
		var want, have any
		parts := json.NewDecoder(strings.NewReader(out))
		for parts.More() {
			if err := parts.Decode(&have); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
		}
		if err := json.Unmarshal([]byte(m[2]), &want); err != nil {
			t.Fatalf("%v in %s", err, m[2])
		}
		if wrong := lacks(want, have, ""); wrong != "" {
			t.Errorf("%s\nis answered by\n%s\nbut %s", m[1], out, wrong)
		}
	}
	if answers < 12 {
		t.Errorf("%d answers were compared, want at least 12", answers)
	}
}

// lacks says what of a shortened answer is not in a whole one; "..." stands for
// any text that is not empty.
func lacks(want, have any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		whole, _ := have.(map[string]any)
		for name, member := range want {
			if wrong := lacks(member, whole[name], path+"/"+name); wrong != "" {
				return wrong
			}
		}
		return ""
	case []any:
		whole, _ := have.([]any)
		if len(want) == 0 && len(whole) > 0 {
			return path + " is not empty"
		}
		from := 0 // in the same order
		for i, item := range want {
			at := slices.IndexFunc(whole[from:], func(other any) bool { return lacks(item, other, "") == "" })
			if at < 0 {
				return fmt.Sprintf("%s lacks its element %d", path, i)
			}
			from += at + 1
		}
		return ""
	case string:
		if text, ok := have.(string); want == "..." && ok && text != "" {
			return ""
		}
	}
	if want != have {
		return fmt.Sprintf("%s is %v, not %v", path, have, want)
	}
	return ""
}
