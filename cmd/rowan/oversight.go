package main

import "github.com/spf13/cobra"

func oversightCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "oversight",
		Short: "The regulator's side: register, docket, penalties; verify what services hand in",
		Args:  exactly(0, "a command: serve, docket, penalty, applies, gross-breach or verify"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(oversightServe(), oversightDocket(), oversightPenalty(), oversightApplies(), oversightGross(), oversightVerify())
	return c
}
