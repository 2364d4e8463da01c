package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rowan/statistics/release"
	"rowan/statistics/release/demo"
	"rowan/terminal"
)

func statisticsDemo() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Make a complete release from figures that were really published",
		Long: `Makes a release from figures of sexual communication with a child that were
published between 2018 and 2025, each with its source. It needs no network and no
other file, and shows what a release holds. Where the sources contradict each
other, the plan says which side holds and why; where only a share was published
and not its base, the release says so.`,
		Example: "  rowan statistics demo --out out/",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{fmt.Errorf("--out is missing: the folder for the release")}
			}
			to := c.OutOrStdout()
			if _, err := fmt.Fprint(to, terminal.Wrap("Making a release from figures that were published, each with its source.", 0)); err != nil {
				return err
			}
			r, err := demo.Compile(c.Context(), out, release.Options{Progress: progressOf(c.ErrOrStderr())})
			if err != nil {
				return err
			}
			if err := writeResult(to, r); err != nil {
				return err
			}
			shown := strings.TrimSuffix(out, "/") + "/"
			_, err = fmt.Fprintf(to, `
Open %s in a browser. Then try:

  rowan statistics explain %s west-mercia.change
  rowan statistics explain %s lancashire.change
  rowan statistics lint %s --release %s
`, filepath.Join(out, "site", "index.html"), shown, shown, filepath.Join(out, "release", "west-mercia.md"), shown)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "the folder for the release: new, empty, or one that holds a release")
	return c
}
