package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rowan/casework/console"
	"rowan/oversight/site"
	"rowan/people"
)

func peopleCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "people",
		Short: "Say who works with Rowan, and in which roles",
		Long: `Says who works with Rowan, and in which roles. A running server notices at once.
What is done here is in the audit log, as done on the machine itself.`,
		Args: exactly(0, "a command: add, list, roles, reset, disable or enable"),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(peopleAdd(), peopleList(), peopleRoles(), peopleReset(), peopleDisable(true), peopleDisable(false))
	return c
}

// peopleFlags are those of every command on people.
type peopleFlags struct {
	data, wing string
	json       bool
}

func (f *peopleFlags) add(c *cobra.Command) {
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.wing, "wing", "console", "whose people: "+strings.Join(wingNames(), " or "))
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// wings are the parts of Rowan with people of their own, and what their roles
// may do. The roles of oversight have only names here.
func wings() map[string]people.Table {
	return map[string]people.Table{
		"console":   console.Table(),
		"oversight": site.Table(),
	}
}

func wingNames() []string { return slices.Sorted(maps.Keys(wings())) }

// open opens the directory of a wing and runs do.
func (f *peopleFlags) open(ctx context.Context, do func(d *people.Directory) error) (err error) {
	table, ok := wings()[f.wing]
	if !ok {
		return &usageError{fmt.Errorf("--wing %q: it is one of %s", f.wing, strings.Join(wingNames(), ", "))}
	}
	d, err := people.Open(ctx, f.data, people.Options{Table: table})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return do(d)
}

// change finds a person, changes them, and notes it in the audit log.
func (f *peopleFlags) change(c *cobra.Command, login string, do func(d *people.Directory, p people.Person) (done, error)) error {
	ctx := c.Context()
	return f.open(ctx, func(d *people.Directory) error {
		p, err := d.ByLogin(ctx, login)
		if err != nil {
			return fmt.Errorf("%w with the log-in %q; 'rowan people list --data %s' shows them", err, login, f.data)
		}
		result, err := do(d, p)
		if err := errors.Join(err, d.Note(ctx, byHand(c, p.ID, err))); err != nil {
			return err
		}
		return f.print(c, result)
	})
}

// byHand is the line in the audit log of what was done on the machine itself.
func byHand(c *cobra.Command, object string, failed error) people.Entry {
	e := people.Entry{Permission: people.OnTheMachine, Route: c.CommandPath(), Object: object, Status: 200}
	if failed != nil {
		e.Status = 500
	}
	return e
}

// done is what came of a command.
type done struct {
	Person   people.Person `json:"person"`
	Password string        `json:"password,omitempty"`
	words    string
}

func (f *peopleFlags) print(c *cobra.Command, d done) error {
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(d)
	}
	if d.Password != "" {
		d.words += " The password is shown only now and must be changed at the next sign-in: " + d.Password
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), d.words)
	return err
}

func rolesOf(given []string) []people.Role {
	roles := []people.Role{}
	for _, r := range given {
		roles = append(roles, people.Role(r))
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// roleFlag adds --role.
func roleFlag(c *cobra.Command, to *[]string) {
	c.Flags().StringSliceVar(to, "role", nil, "a role; give it several times for several")
}

// wrongRole turns a role that the wing does not have into wrong usage.
func (f *peopleFlags) wrongRole(roles []people.Role) error {
	table, ok := wings()[f.wing]
	if err := table.Check(roles); ok && err != nil {
		return &usageError{fmt.Errorf("--role: %w; the roles of the %s are %s", err, f.wing, joinRoles(slices.Sorted(maps.Keys(table))))}
	}
	return nil
}

func joinRoles(roles []people.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

func peopleAdd() *cobra.Command {
	var f peopleFlags
	var name string
	var given []string
	c := &cobra.Command{
		Use:     "add LOGIN",
		Short:   "Add somebody and print a first password, once, as the last word",
		Example: "  rowan people add --data ./data --role moderator --name 'Sam Example' sam",
		Args:    exactly(1, "the log-in of somebody new"),
		RunE: func(c *cobra.Command, args []string) error {
			roles := rolesOf(given)
			if len(roles) == 0 {
				return &usageError{fmt.Errorf("--role is needed: what may they do?")}
			}
			if err := f.wrongRole(roles); err != nil {
				return err
			}
			return f.open(c.Context(), func(d *people.Directory) error {
				password := people.NewPassword()
				p, err := d.Add(c.Context(), args[0], name, password, roles...)
				if errors.Is(err, people.ErrLogin) {
					return &usageError{err}
				}
				if err := errors.Join(err, d.Note(c.Context(), byHand(c, p.ID, err))); err != nil {
					return err
				}
				return f.print(c, done{p, password, fmt.Sprintf("Added %s as %s.", p.Login, joinRoles(p.Roles))})
			})
		},
	}
	f.add(c)
	roleFlag(c, &given)
	c.Flags().StringVar(&name, "name", "", "the name that colleagues see (default: the log-in)")
	return c
}

func peopleList() *cobra.Command {
	var f peopleFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List who works with Rowan",
		Args:  exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.open(c.Context(), func(d *people.Directory) error {
				all, err := d.List(c.Context())
				if err != nil {
					return err
				}
				if f.json {
					if all == nil {
						all = []people.Person{}
					}
					return json.NewEncoder(c.OutOrStdout()).Encode(all)
				}
				if len(all) == 0 {
					_, err := fmt.Fprintln(c.OutOrStdout(), "There is nobody yet. The first start of the pages makes an administrator, or: rowan people add --data", f.data, "--role administrator LOGIN")
					return err
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "LOG-IN\tNAME\tROLES\tSIGNS IN\tSTATE")
				for _, p := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Login, p.Name, joinRoles(p.Roles), way(p), state(p))
				}
				return w.Flush()
			})
		},
	}
	f.add(c)
	return c
}

func way(p people.Person) string {
	switch {
	case p.Issuer != "":
		return "provider"
	case p.TOTP:
		return "password and code"
	}
	return "password"
}

func state(p people.Person) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Change:
		return "must change the password"
	}
	return "-"
}

func peopleRoles() *cobra.Command {
	var f peopleFlags
	var given []string
	c := &cobra.Command{
		Use:     "roles LOGIN",
		Short:   "Give somebody other roles, and sign them out",
		Example: "  rowan people roles --data ./data --role senior --role auditor sam",
		Args:    exactly(1, "a log-in, which 'rowan people list' shows"),
		RunE: func(c *cobra.Command, args []string) error {
			roles := rolesOf(given)
			if len(roles) == 0 {
				return &usageError{fmt.Errorf("--role is needed; to keep somebody out, use 'rowan people disable'")}
			}
			if err := f.wrongRole(roles); err != nil {
				return err
			}
			return f.change(c, args[0], func(d *people.Directory, p people.Person) (done, error) {
				p, err := d.SetRoles(c.Context(), p.ID, roles)
				return done{Person: p, words: fmt.Sprintf("%s has the roles %s, and is signed out.", p.Login, joinRoles(p.Roles))}, err
			})
		},
	}
	f.add(c)
	roleFlag(c, &given)
	return c
}

func peopleReset() *cobra.Command {
	var f peopleFlags
	c := &cobra.Command{
		Use:   "reset LOGIN",
		Short: "Give somebody a new first password, for one who lost theirs or the authenticator",
		Args:  exactly(1, "a log-in, which 'rowan people list' shows"),
		RunE: func(c *cobra.Command, args []string) error {
			return f.change(c, args[0], func(d *people.Directory, p people.Person) (done, error) {
				password, err := d.Reset(c.Context(), p.ID)
				if err != nil {
					return done{}, err
				}
				p, err = d.Person(c.Context(), p.ID)
				return done{p, password, fmt.Sprintf("%s is signed out, and sets up the authenticator again.", p.Login)}, err
			})
		},
	}
	f.add(c)
	return c
}

func peopleDisable(disable bool) *cobra.Command {
	var f peopleFlags
	c := &cobra.Command{
		Use:   "disable LOGIN",
		Short: "Keep somebody out, at once",
		Args:  exactly(1, "a log-in, which 'rowan people list' shows"),
	}
	words := "%s is signed out and cannot come in.\n"
	if !disable {
		c.Use, c.Short, words = "enable LOGIN", "Let somebody in again who was disabled", "%s can sign in again.\n"
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		return f.change(c, args[0], func(d *people.Directory, p people.Person) (done, error) {
			p, err := d.Disable(c.Context(), p.ID, disable)
			return done{Person: p, words: strings.TrimSpace(fmt.Sprintf(words, p.Login))}, err
		})
	}
	f.add(c)
	return c
}
