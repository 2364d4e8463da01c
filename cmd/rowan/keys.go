package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/guard/journal"
	"rowan/server/keys"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke the keys that platforms send with events",
		Args:  exactly(0, "a command: create, list, revoke or rotate"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(keysCreate(), keysList(), keysRevoke(), keysRotate())
	return c
}

func keysCreate() *cobra.Command {
	var data, name string
	c := &cobra.Command{
		Use:     "create",
		Short:   "Make a key and print it, once, as the last word",
		Example: "  KEY=$(rowan keys create --data ./data --name chat | awk 'END {print $NF}')",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if name == "" {
				return &usageError{fmt.Errorf("--name is needed: what is the key for?")}
			}
			store, err := keys.Open(data)
			if err != nil {
				return err
			}
			secret, key, err := store.Create(name, time.Now())
			if errors.Is(err, keys.ErrName) {
				return &usageError{fmt.Errorf("--name: %w", err)}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Key %s for %q. It is not kept and cannot be shown again: %s\n", key.ID, key.Name, secret)
			return err
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&name, "name", "", "what the key is for")
	return c
}

func keysList() *cobra.Command {
	var data string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the keys, without their secrets",
		Args:  exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := keys.Open(data)
			if err != nil {
				return err
			}
			list, err := store.List()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(list)
			}
			if len(list) == 0 {
				_, err := fmt.Fprintln(c.OutOrStdout(), "There is no key yet. Make one with: rowan keys create --data", data, "--name NAME")
				return err
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tMADE\tREVOKED")
			for _, k := range list {
				revoked := "-"
				if k.Revoked != nil {
					revoked = k.Revoked.Format(time.DateTime)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Created.Format(time.DateTime), revoked)
			}
			return w.Flush()
		},
	}
	dataFlag(c, &data)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func keysRevoke() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke a key; a running server notices within a second",
		Example: "  rowan keys revoke --data ./data 876e724cfeac",
		Args:    exactly(1, "the id of a key, which 'rowan keys list' shows"),
		RunE: func(c *cobra.Command, args []string) error {
			store, err := keys.Open(data)
			if err != nil {
				return err
			}
			if err := store.Revoke(args[0], time.Now()); err != nil {
				return fmt.Errorf("%w; 'rowan keys list --data %s' shows the keys", err, data)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "Revoked", args[0])
			return err
		},
	}
	dataFlag(c, &data)
	return c
}

func keysRotate() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new key for the text that is kept",
		Long: `Makes a new key for the text that is kept. A running server uses it within
seconds, seals older text with it bit by bit, and then forgets the old key.`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			vault, err := journal.OpenVault(data, time.Now())
			if err != nil {
				return err
			}
			if err := vault.Rotate(time.Now()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Text is sealed with key %d from now on\n", vault.Current())
			return err
		},
	}
	dataFlag(c, &data)
	return c
}
