package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func statisticsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "statistics",
		Short: "Make figures and a release of police forces' freedom-of-information returns",
		Long: `Reads what police forces answered, makes figures that hold, and writes the
release. Every number can be followed to the cells behind it. It stands alone: no
other part of Rowan is needed. docs/statistics.md begins where an analyst does.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("there is no command %q; 'rowan statistics --help' lists them", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(statisticsDemo(), statisticsRead(), statisticsCompile(), statisticsExplain(), statisticsLint())
	return c
}
