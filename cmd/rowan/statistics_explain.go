package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"rowan/statistics/release"
)

func statisticsExplain() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain RELEASE FIGURE",
		Short: "Show what a figure is made of: formula, cells, gates, caveats",
		Long: `Takes a figure of a release apart: the sentences it stands in, the formula, every
cell with its file and address, the gates that it passed, and its caveats. For a
figure that is not given it says why, and what would make it possible. A figure is
named by its id, such as west-mercia.change.2017-18.2018-19, or by the newest of
its kind, west-mercia.change.`,
		Example: "  rowan statistics explain out/ west-mercia.change\n  rowan statistics explain out/ england-and-wales.share.instagram --json",
		Args:    exactly(2, "a release's folder and a figure"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := release.Open(args[0])
			if err != nil {
				return err
			}
			x, err := o.Explain(args[1])
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(x)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), x.Text())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return c
}
