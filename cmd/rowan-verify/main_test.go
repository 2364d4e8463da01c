package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/ledger"
	"rowan/ledger/bundle"
	"rowan/ledger/sqlite"
	"rowan/ledger/tiles"
	"rowan/ledger/verify"
)

// site is a log as files and a bundle of it.
func site(t *testing.T) (logKey, dir, file string) {
	ctx := t.Context()
	base := t.TempDir()
	key, err := ledger.OpenKey(filepath.Join(base, "key"), "platform.example/log", ledger.LogKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(base, "log.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	l, err := ledger.Open(ctx, store, ledger.Options{Signer: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Record(ctx, ledger.Statement{Kind: ledger.Docket, Of: "notice/1", What: "served"}); err != nil {
		t.Fatal(err)
	}
	signed, err := l.Sign(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dir, file = filepath.Join(base, "log"), filepath.Join(base, "notice.zip")
	if err := tiles.Write(ctx, dir, l, 1, signed, nil); err != nil {
		t.Fatal(err)
	}
	leaves, err := bundle.Gather(ctx, l, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	src, err := bundle.Write(&bundle.Bundle{Manifest: bundle.Manifest{Of: "notice/1", Made: time.Now(), Disclosed: []string{}}, Checkpoint: signed, Leaves: leaves}, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return key.Verifier(), dir, file
}

func TestExitCodes(t *testing.T) {
	key, dir, file := site(t)
	other, _, _ := site(t)
	broken := filepath.Join(t.TempDir(), "broken.zip")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, src[:len(src)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--log-key", key, file}, holds, "Holds"},
		{[]string{"--log-key", key, dir}, holds, "Holds"},
		{[]string{"--log-key", key, "--earlier", filepath.Join(dir, "checkpoint"), dir}, holds, "Holds"},
		{[]string{"--log-key", other, file}, 1, "DOES NOT HOLD"},
		{[]string{"--log-key", other, dir}, 1, "checkpoint"},
		{[]string{"--log-key", key, broken}, 1, "damaged"},
		{[]string{file}, usage, "the log's key is needed"},
		{[]string{"--log-key", "nonsense", file}, usage, "is no key"},
		{[]string{"--log-key", key}, usage, "one bundle or directory"},
		{[]string{"--log-key", key, "nowhere"}, usage, "nowhere"},
		{[]string{"--log-key", key, "--earlier", "nowhere", dir}, usage, "nowhere"},
		{[]string{"--log-key", key, "--earlier", filepath.Join(dir, "checkpoint"), file}, usage, "whole log"},
		{[]string{"--nothing"}, usage, "nothing"},
		{[]string{"--help"}, holds, "offline"},
	} {
		var out, errOut bytes.Buffer
		code := run(context.Background(), c.args, &out, &errOut)
		if code != c.code || !strings.Contains(out.String()+errOut.String(), c.says) {
			t.Errorf("%v: exit code %d, %s%s; want %d, %q", c.args, code, out.String(), errOut.String(), c.code, c.says)
		}
	}
	var out bytes.Buffer
	var r verify.Report
	if run(context.Background(), []string{"--json", "--log-key", key, file}, &out, &out) != holds || json.Unmarshal(out.Bytes(), &r) != nil || !r.OK || r.Of != "notice/1" {
		t.Errorf("%s", out.String())
	}
}
