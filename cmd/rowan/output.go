package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// writeTo writes JSON to a file, or to out for "-".
func writeTo(out io.Writer, path string, write func(*json.Encoder) error) (err error) {
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() {
			if e := f.Close(); err == nil {
				err = e
			}
		}()
		out = f
	}
	return write(json.NewEncoder(out))
}

// bar is a progress bar on a terminal, and nothing elsewhere.
type bar struct{ of *progressbar.ProgressBar }

func newBar(out io.Writer, title, unit string) *bar {
	if !isTerminal(out) {
		return &bar{}
	}
	return &bar{of: progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title), progressbar.OptionSetItsString(unit),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100e6),
		progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(os.Getenv("NO_COLOR") == ""),
	)}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// set shows how much of all is done. A bar that cannot be drawn is no error.
func (b *bar) set(done, all int64) {
	if b.of == nil {
		return
	}
	if all > 0 && b.of.GetMax64() != all {
		b.of.ChangeMax64(all)
	}
	_ = b.of.Set64(done)
}

func (b *bar) end() {
	if b.of != nil {
		_ = b.of.Finish()
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			version := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version + " " + info.GoVersion
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "rowan", version)
			return err
		},
	}
}
