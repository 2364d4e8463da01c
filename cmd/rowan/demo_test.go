package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDemoPrintsOneAddressAndNothingElseWhenPiped(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := command(ctx, "demo", "--addr", "127.0.0.1:0", "--oversight-addr", "127.0.0.1:0", "--accounts", "300", "--pace", "2000")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the address came after %v", took)
	}
	address := strings.TrimSpace(line)
	for path, want := range map[string]string{"/": "Take the next case", "/board": "Decisions"} {
		answer, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "imulated") || !strings.Contains(string(page), want) {
			t.Errorf("%s: %d\n%s", path, answer.StatusCode, page)
		}
	}
	cancel()
	rest, err := io.ReadAll(in)
	if err != nil || len(rest) > 0 {
		t.Errorf("more than the address was printed: %q %v", rest, err)
	}
	if err := c.Wait(); err != nil && c.ProcessState.ExitCode() != 0 {
		t.Errorf("it ended with %v", err)
	}
}

func TestDemoSaysWhatIsWrong(t *testing.T) {
	if o := rowan(t, "", "demo", "--accounts", "3"); o.code != 2 || !strings.Contains(o.err, "--accounts") {
		t.Errorf("%d %s", o.code, o.err)
	}
}
