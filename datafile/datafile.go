// Package datafile reads Rowan's data files (policy, lexicons, taxonomies,
// thresholds) strictly: an unknown key, a duplicate key or a wrong type is an
// error that names the file and the line, and nothing is loaded.
package datafile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Error is what is wrong with a data file, and where.
type Error struct {
	File string
	Line int // from 1; 0 if no single line is at fault
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Text
}

// Document is a parsed file that can still say on which line a value stood.
type Document struct {
	file   string
	root   *yaml.Node
	faults []error
}

// Limit is the size in bytes above which a data file is refused.
const Limit = 16 << 20

// Parse reads one YAML document from src into out, a pointer to a struct.
// It returns every error it finds, each an *Error.
func Parse(file string, src []byte, out any) (*Document, error) {
	if len(src) > Limit {
		return nil, &Error{File: file, Text: fmt.Sprintf("%d bytes; a data file has at most %d", len(src), Limit)}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, translate(file, err)
	}
	if root.Kind == 0 {
		return nil, &Error{File: file, Line: 1, Text: "the file is empty"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	decoder.KnownFields(true)
	if err := decoder.Decode(out); err != nil {
		return nil, translate(file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{File: file, Text: "more than one YAML document; one is read"}
	}
	return &Document{file: file, root: root.Content[0]}, nil
}

// Errorf makes an error at the value that path leads to. A path is made of
// mapping keys (string) and sequence places (int); where it ends early, the
// last line that was found is named.
func (d *Document) Errorf(path []any, format string, args ...any) *Error {
	node := d.root
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return &Error{File: d.file, Line: node.Line, Text: fmt.Sprintf(format, args...)}
}

// Fault notes an error, as Errorf makes it, among those that Faults returns.
func (d *Document) Fault(path []any, format string, args ...any) {
	d.faults = append(d.faults, d.Errorf(path, format, args...))
}

// Faults is every error that was noted, each an *Error; nil if there is none.
func (d *Document) Faults() error { return errors.Join(d.faults...) }

func child(node *yaml.Node, step any) *yaml.Node {
	switch key := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && key < len(node.Content) {
			return node.Content[key]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				return node.Content[i+1]
			}
		}
	}
	return nil
}

var (
	yamlLine  = regexp.MustCompile(`line (\d+): `)
	goType    = regexp.MustCompile(` in type \S+`)
	goUnknown = regexp.MustCompile(`field (\S+) not found`)
)

// translate rewrites the parser's messages, which name Go types, into ones
// that an operator can act on.
func translate(file string, err error) error {
	var all []string
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		all = typed.Errors
	} else {
		all = []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	found := make([]error, 0, len(all))
	for _, text := range all {
		e := &Error{File: file}
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			e.Line, _ = strconv.Atoi(m[1])
			text = strings.Replace(text, m[0], "", 1)
		}
		text = goType.ReplaceAllString(text, "")
		e.Text = goUnknown.ReplaceAllString(text, "unknown key $1")
		found = append(found, e)
	}
	return errors.Join(found...)
}
