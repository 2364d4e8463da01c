package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the rowan that tests run, so that they see what a shell would see.
var binary string

func TestMain(m *testing.M) {
	code, err := built(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// built runs the tests with a binary that is made for them. It is without the
// race detector, under which every start takes a second.
func built(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "rowan-test-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "rowan")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

func command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, binary, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 30 * time.Second
	return c
}

type outcome struct {
	code     int
	out, err string
}

// rowan runs the binary to its end.
func rowan(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	c := command(t.Context(), args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// want fails the test unless rowan did what was asked.
func want(t *testing.T, args ...string) string {
	t.Helper()
	got := rowan(t, "", args...)
	if got.code != 0 {
		t.Fatalf("rowan %s: exit code %d\n%s%s", strings.Join(args, " "), got.code, got.out, got.err)
	}
	return got.out
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is a server in a process of its own.
type running struct {
	url  string
	cmd  *exec.Cmd
	log  bytes.Buffer
	read chan struct{}
}

// serveDir starts a server on a free port and waits until it says that it is
// ready.
func serveDir(t *testing.T, data string, args ...string) *running {
	t.Helper()
	r := &running{cmd: command(context.WithoutCancel(t.Context()), append([]string{"serve", "--data", data, "--addr", "127.0.0.1:0"}, args...)...), read: make(chan struct{})}
	stderr, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(r.read)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			r.log.WriteString(lines.Text() + "\n")
			if _, rest, ok := strings.Cut(lines.Text(), "msg=ready address="); ok {
				address, _, _ := strings.Cut(rest, " ")
				ready <- address
			}
		}
	}()
	select {
	case r.url = <-ready:
	case <-r.read:
		t.Fatalf("the server ended before it was ready: %v\n%s", r.cmd.Wait(), r.log.String())
	}
	t.Cleanup(func() { r.stop(t) })
	return r
}

// stop ends the server as a service manager would, and checks that it ends well.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if r.cmd.ProcessState != nil {
		return
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-r.read
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, r.log.String())
	}
}

// ask sends a request with a key and returns status and body.
func (r *running) ask(t *testing.T, method, path, key, mediaType, body string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", mediaType)
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	a, err := (&http.Client{Transport: &http.Transport{}}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

func newKey(t *testing.T, data string) string {
	t.Helper()
	words := strings.Fields(want(t, "keys", "create", "--data", data, "--name", "test"))
	return words[len(words)-1]
}

func TestExitCodesAndWhatIsSaid(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.jsonl")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", 0, ""},
		{"--help", 0, ""},
		{"version", 0, ""},
		{"frobnicate", 2, `no command "frobnicate"`},
		{"serve --nonsense", 2, "unknown flag: --nonsense"},
		{"serve extra", 2, "no arguments"},
		{"serve --log loud", 2, "debug, info, warn, error"},
		{"keys frobnicate", 2, "create, list, revoke or rotate"},
		{"keys create --data " + dir, 2, "--name is needed"},
		{"keys create --data " + dir + " --name \t", 2, "1 to 64 printable characters"},
		{"keys revoke --data " + dir, 2, "the id of a key"},
		{"keys revoke --data " + dir + " 00", 1, "no such key"},
		{"scan", 2, "one file"},
		{"scan " + missing, 1, "no such file"},
		{"scan --assume guesses " + missing, 2, "none, older-stranger"},
		{"scan --policy " + missing + " x", 1, "no such file"},
		{"explain", 2, "the id of one decision"},
		{"explain --data " + dir + " d-1", 1, "holds no journal"},
		{"replay --data " + dir, 1, "holds no journal"},
		{"check", 2, "one or more files"},
		{"check " + missing, 1, "no such file"},
		{"bench --pairs 0", 2, "over 0"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var args []string
			if c.args != "" {
				args = strings.Split(c.args, " ")
			}
			got := rowan(t, "", args...)
			if got.code != c.code || !strings.Contains(got.err, c.says) {
				t.Errorf("exit code %d, want %d; want %q in:\n%s", got.code, c.code, c.says, got.err)
			}
			if c.code != 0 && got.out != "" {
				t.Errorf("a failure wrote to the output: %s", got.out)
			}
			if c.code != 0 && !strings.HasPrefix(got.err, "rowan: ") && !strings.HasPrefix(got.err, "open ") {
				t.Errorf("the error does not say whose it is: %s", got.err)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if out := want(t, "keys", "list", "--data", data); !strings.Contains(out, "no key yet") {
		t.Errorf("an empty list says %q", out)
	}
	secret := newKey(t, data)
	if !strings.HasPrefix(secret, "rowan_") || len(secret) < 50 {
		t.Fatalf("the last word is no key: %q", secret)
	}
	id := strings.Split(secret, "_")[1]
	list := want(t, "keys", "list", "--data", data)
	if !strings.Contains(list, id) || !strings.Contains(list, "test") {
		t.Errorf("the list lacks id or name:\n%s", list)
	}
	if file, err := os.ReadFile(filepath.Join(data, "keys.yaml")); err != nil || strings.Contains(string(file), strings.SplitN(secret, "_", 3)[2]) {
		t.Errorf("the file holds the secret, or cannot be read: %v", err)
	}
	want(t, "keys", "revoke", "--data", data, id)
	if out := want(t, "keys", "list", "--data", data, "--json"); !strings.Contains(out, `"revoked_at":"`) {
		t.Errorf("after the revocation the list is %s", out)
	}
	if again := rowan(t, "", "keys", "revoke", "--data", data, id); again.code != 1 || !strings.Contains(again.err, "revoked already") {
		t.Errorf("revoking twice: %+v", again)
	}
	if out := want(t, "keys", "rotate", "--data", data); !strings.Contains(out, "key 2") {
		t.Errorf("a rotation says %q", out)
	}
	if info, err := os.Stat(filepath.Join(data, "text.keys")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("text.keys: %v, %v", info, err)
	}
}
