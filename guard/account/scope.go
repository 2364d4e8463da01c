package account

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"rowan/datafile"
	"rowan/rulebook"
)

// ScopeFile is the form of a Scope in YAML: the section accounts of the
// settings of 'rowan serve'.
type ScopeFile struct {
	Mode          string              `yaml:"mode,omitempty"` // enforce, shadow or off; enforce if not given
	Jurisdictions []string            `yaml:"jurisdictions,omitempty"`
	Regions       map[string][]string `yaml:"regions,omitempty"`
	Service       rulebook.Service    `yaml:"service,omitempty"`
	Flags         []string            `yaml:"flags,omitempty"`
	RequiredOnly  bool                `yaml:"required_only,omitempty"`
	ShownMinutes  int                 `yaml:"shown_minutes,omitempty"` // 0: 15
}

// Off is the mode of a deployment without rules for young people's accounts.
const Off = "off"

// Scope reads the words of the form.
func (f *ScopeFile) Scope() (Scope, error) {
	mode := Enforce
	var err error
	if f.Mode != "" {
		mode, err = ParseMode(f.Mode)
	}
	if f.ShownMinutes < 0 || f.ShownMinutes > 24*60 {
		err = errors.Join(err, fmt.Errorf("shown_minutes is %d; want up to a day", f.ShownMinutes))
	}
	return Scope{
		Jurisdictions: f.Jurisdictions, Regions: f.Regions, Service: f.Service, Flags: f.Flags,
		RequiredOnly: f.RequiredOnly, Mode: mode, ShownFor: uint32(f.ShownMinutes) * 60,
	}, err
}

// Source is the form as a data file, for the journal.
func (f *ScopeFile) Source() ([]byte, error) {
	src, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the section accounts: %w", err)
	}
	return src, nil
}

// LoadScope reads what Source wrote.
func LoadScope(name string, src []byte) (Scope, error) {
	var f ScopeFile
	doc, err := datafile.Parse(name, src, &f)
	if err != nil {
		return Scope{}, err
	}
	scope, err := f.Scope()
	if err != nil {
		return Scope{}, doc.Errorf(nil, "%v", err)
	}
	return scope, nil
}
