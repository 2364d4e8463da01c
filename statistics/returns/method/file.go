package method

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"rowan/datafile"
)

// File is methods.map.yaml: what people decided of spellings, and those that
// wait for them.
type File struct {
	Version  int       `yaml:"version"` // of this form: 1
	Mappings []Mapping `yaml:"mappings"`
	Waiting  []Waiting `yaml:"waiting,omitempty"`
}

// Waiting is spellings that are like each other and that nobody decided yet.
type Waiting struct {
	Raw  []string `yaml:"raw"`
	Like []string `yaml:"like,omitempty"` // reference ids that they resemble
}

// LoadFile reads decisions on spellings.
func LoadFile(name string, src []byte) (*File, error) {
	var f File
	if _, err := datafile.Parse(name, src, &f); err != nil {
		return nil, err
	}
	if f.Version != 1 {
		return nil, fmt.Errorf("%s: version %d; this program reads version 1", name, f.Version)
	}
	return &f, nil
}

// Write writes the file for a person to go on with.
func (f *File) Write() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Decisions on how forces name means of communication. To decide, move a spelling\n# from waiting to mappings: {raw: Insta gram, to: [instagram], by: your role, date: 2026-01-31}\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("methods: %w", err)
	}
	return b.Bytes(), nil
}
