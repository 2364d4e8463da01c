package batch

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rowan/statistics/reference"
)

// identity is which force a document is of, by what says so.
type identity struct {
	content []string // forces that the text names by their full name
	sender  []string // forces whose mail domain stands in it
	file    string   // what the file's name says, "" for nothing
}

var mail = regexp.MustCompile(`(?i)@(?:[a-z0-9-]+\.)*?([a-z-]+)(?:\.pnn)?\.police\.uk\b`)

// names is every name of a force that says which it is without more words.
func names(f reference.Force) (out []string) {
	for _, n := range f.Names {
		out = append(out, n.Name)
	}
	for _, a := range f.Aliases {
		if strings.HasSuffix(a, "Police") || strings.HasSuffix(a, "Constabulary") || strings.ToUpper(a) == a {
			out = append(out, a)
		}
	}
	return out
}

// identify looks through the text of a document and the name of its file.
func identify(ref *reference.Reference, file string, text []string) (id identity) {
	add := func(to *[]string, force string) {
		if !slices.Contains(*to, force) {
			*to = append(*to, force)
		}
	}
	for _, f := range ref.Bodies() {
		key := strings.ReplaceAll(f.ID, "-", "")
		for _, line := range text {
			for _, n := range names(f) {
				if mentions(line, n) {
					add(&id.content, f.ID)
				}
			}
			for _, m := range mail.FindAllStringSubmatch(line, -1) {
				if strings.ReplaceAll(strings.ToLower(m[1]), "-", "") == key {
					add(&id.sender, f.ID)
				}
			}
		}
	}
	// The longest id that the file's name begins or ends with; west-midlands in
	// it may be the region.
	base := strings.ToLower(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	base = "-" + strings.Join(strings.FieldsFunc(base, func(r rune) bool { return r < 'a' || r > 'z' }), "-") + "-"
	for _, f := range ref.Bodies() {
		if strings.Contains(base, "-"+f.ID+"-") && len(f.ID) > len(id.file) {
			id.file = f.ID
		}
	}
	return id
}

// mentions reports whether a line has a name with no letter on either side.
func mentions(line, name string) bool {
	line, name = strings.ReplaceAll(strings.ToLower(line), "&", "and"), strings.ReplaceAll(strings.ToLower(name), "&", "and")
	for from := 0; ; {
		i := strings.Index(line[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !isLetter(line[i-1])) && (end == len(line) || !isLetter(line[end])) {
			return true
		}
		from = end
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' }

// force is the one force, or what a person must be asked.
func (id identity) force() (force, question string, choices []string) {
	all := slices.Concat(id.content, id.sender)
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 1 && (id.file == "" || id.file == all[0]):
		return all[0], "", nil
	case len(all) == 1:
		return "", "the text says " + all[0] + " and the file's name " + id.file, []string{all[0], id.file}
	case len(all) > 1:
		return "", "the text names several forces; one office may answer for some of them", all
	case id.file != "":
		return id.file, "", nil
	}
	return "", "nothing says which force this is of", nil
}
