// Package people says who works here and what they may do, for every wing:
// roles and permissions, log-in, sessions, and the log of everything that was
// read or done.
//
// A wing gives one Table of roles and registers its routes at a Gate, each with
// one permission. The gate checks every request on the server and notes it in
// the audit log, refusals included.
package people

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Role is a part that a person has.
type Role string

// The roles of casework.
const (
	Moderator        Role = "moderator"
	Senior           Role = "senior"
	SafeguardingLead Role = "safeguarding_lead"
	PolicyManager    Role = "policy_manager"
	Auditor          Role = "auditor" // counts and proofs, no content
	Administrator    Role = "administrator"
)

// The roles of oversight, beside Auditor and Administrator.
const (
	Supervisor    Role = "supervisor"     // keeps the register and reads returns
	Investigator  Role = "investigator"   // runs cases of the docket
	DecisionMaker Role = "decision_maker" // decides what investigators propose
)

// Title is the role in words.
func (r Role) Title() string {
	if r == "" {
		return ""
	}
	b := []byte(r)
	b[0] -= 'a' - 'A'
	for i := range b {
		if b[i] == '_' {
			b[i] = ' '
		}
	}
	return string(b)
}

// Permission is something that a person may do.
type Permission string

// The permissions that are no matter of roles.
const (
	Public   Permission = "public"    // for anybody, signed in or not
	SignedIn Permission = "signed_in" // for everybody who is signed in
	// OnTheMachine is in the audit log for what was done with the command line.
	OnTheMachine Permission = "on_the_machine"
)

// Table says what each role may do.
type Table map[Role][]Permission

// Allows reports whether any of the roles has a permission.
func (t Table) Allows(roles []Role, p Permission) bool {
	if p == Public || p == SignedIn {
		return true
	}
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(t[r], p) })
}

// Check refuses roles that the table does not know.
func (t Table) Check(roles []Role) error {
	for _, r := range roles {
		if _, known := t[r]; !known {
			return fmt.Errorf("there is no role %q", r)
		}
	}
	return nil
}

// Person is somebody who works here.
type Person struct {
	ID       string    `json:"id"` // never shown to those under review
	Login    string    `json:"login"`
	Name     string    `json:"name"`
	Roles    []Role    `json:"roles"`
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created"`
	// Change says that the password must be changed at the next log-in, and TOTP
	// that a second factor is enrolled.
	Change bool `json:"change"`
	TOTP   bool `json:"totp"`
	// Issuer is the OpenID provider that the person comes from, "" for a local
	// account.
	Issuer string `json:"issuer,omitempty"`
	// Grey shows the person's pages in greyscale.
	Grey bool `json:"grey"`
}

// Has reports whether the person has a role.
func (p *Person) Has(r Role) bool { return slices.Contains(p.Roles, r) }

type contextKey struct{}

// From is the person of a request behind a gate.
func From(ctx context.Context) (Person, bool) {
	p, ok := ctx.Value(contextKey{}).(Person)
	return p, ok
}

// With returns a context for a person, as the gate makes it.
func With(ctx context.Context, p Person) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}
