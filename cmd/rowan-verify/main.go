// Command rowan-verify checks evidence offline: a bundle, or a whole log as
// files. It is built of the standard library and golang.org/x/mod only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"rowan/ledger/verify"
)

// The exit codes.
const (
	holds  = 0
	broken = 1
	usage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

const words = `Checks evidence from a Rowan ledger, offline: a bundle (a file) or a whole log
(a directory of tiles). Says which record broke, and how.

  rowan-verify --log-key KEY [--witness-key KEY]... [--earlier FILE]... [--json] BUNDLE|DIRECTORY

Keys come from their owners, not from the evidence. Exit code: 0 all holds,
1 something does not, 2 the call was wrong.

`

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	f := flag.NewFlagSet("rowan-verify", flag.ContinueOnError)
	f.SetOutput(errOut)
	var logKey string
	var witnesses, earlier list
	var asJSON bool
	f.StringVar(&logKey, "log-key", "", "the log's public `key` (rowan evidence key prints it)")
	f.Var(&witnesses, "witness-key", "the public `key` of a witness that must have cosigned; may be repeated")
	f.Var(&earlier, "earlier", "a `file` with a checkpoint that was seen before, which a log must begin with; may be repeated")
	f.BoolVar(&asJSON, "json", false, "write the report as JSON")
	f.Usage = func() { fmt.Fprint(errOut, words); f.PrintDefaults() }
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return holds
		}
		return usage
	}
	wrong := func(err error) int { fmt.Fprintln(errOut, "rowan-verify:", err); return usage }
	if f.NArg() != 1 {
		return wrong(errors.New("give one bundle or directory; see --help"))
	}
	keys, err := verify.ParseKeys(logKey, witnesses...)
	if err != nil {
		return wrong(err)
	}
	r, err := check(ctx, f.Arg(0), keys, earlier)
	if err != nil {
		return wrong(err)
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		err = r.Text(out)
	}
	if err != nil {
		return wrong(err)
	}
	if !r.OK {
		return broken
	}
	return holds
}

func check(ctx context.Context, path string, keys verify.Keys, earlier []string) (*verify.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		if len(earlier) > 0 {
			return nil, errors.New("--earlier needs a whole log: a bundle does not hold its beginning")
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return verify.Bundle(src, keys), nil
	}
	var o verify.LogOptions
	for _, name := range earlier {
		signed, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		o.Earlier = append(o.Earlier, signed)
	}
	return verify.Log(ctx, os.DirFS(path), keys, o), nil
}
