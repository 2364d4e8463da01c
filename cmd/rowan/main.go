// Rowan keeps children safe from grooming on online services. This is its one
// binary: a thin file for each verb.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something needs a
// person.
const (
	failed = 1
	usage  = 2
	person = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is main without the process.
func run(ctx context.Context, args []string) int {
	root := root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch wrong := (*usageError)(nil); {
	case err == nil:
		return 0
	case errors.Is(err, errQuiet):
		return failed
	case errors.Is(err, errPerson):
		return person
	case errors.As(err, &wrong):
		fmt.Fprintf(root.ErrOrStderr(), "rowan: %v\n", err)
		return usage
	default:
		fmt.Fprintf(root.ErrOrStderr(), "rowan: %v\n", err)
		return failed
	}
}

// usageError is a call that was wrong in its words.
type usageError struct{ error }

// errQuiet fails without more words: they were said.
var errQuiet = errors.New("failed")

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "rowan",
		Short: "Keeps children safe from grooming on online services",
		Long: `Rowan decides every contact and message on a platform before it is delivered,
says why, and loses nothing. Start with:

  rowan keys create --data ./data --name chat
  rowan serve --data ./data`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("there is no command %q; 'rowan --help' lists them", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.CompletionOptions.HiddenDefaultCmd = true
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see '%s --help'", err, c.CommandPath())}
	})
	c.AddCommand(serve(), keysCommand(), peopleCommand(), scanCommand(), evaluateCommand(), explain(), replay(), check(),
		rulebookCommand(), settingsCommand(), contactCommand(), conformanceCommand(), evidenceCommand(), statisticsCommand(), trainCommand(), benchCommand(), simulateCommand(), demoCommand(), reportCommand(), casesCommand(), returnCommand(), oversightCommand(), versionCommand())
	return c
}

// exactly checks the number of a command's arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{fmt.Errorf("%s takes %s; see '%s --help'", c.CommandPath(), what, c.CommandPath())}
		}
		return nil
	}
}

// atLeastOne checks that a command has arguments.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &usageError{fmt.Errorf("%s takes %s; see '%s --help'", c.CommandPath(), what, c.CommandPath())}
		}
		return nil
	}
}
