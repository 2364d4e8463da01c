package release

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/statistics/returns/batch"
	"rowan/statistics/returns/method"
)

// Options of a compilation.
type Options struct {
	Reference *reference.Reference // nil: the built-in one
	Keep      string               // directory for the returns' bytes as they came; "": they are not copied
	// Progress, if set, is told what is being done and how much of it is done.
	// It is not called from two goroutines at once.
	Progress func(what string, done, all int)
}

// Result says what came of a compilation.
type Result struct {
	Out        string             `json:"out"`
	Files      int                `json:"files"` // written
	Figures    int                `json:"figures"`
	Blocked    int                `json:"blocked"`
	Hidden     int                `json:"hidden"`
	Returns    int                `json:"returns"`    // read
	Unread     []returns.File     `json:"unread"`     // with their errors
	Unresolved []figures.Conflict `json:"unresolved"` // contradictions that wait for a person
	Questions  []returns.Question `json:"questions"`  // about the returns
	Leaks      []figures.Leak     `json:"leaks"`      // that a person accepted
	Alarms     []returns.Alarm    `json:"alarms"`     // what must not be passed on
	Claims     int                `json:"claims"`     // published shares and the like
}

// Compile reads the returns of a plan, makes the figures and writes the release
// into the folder out, which must be new, empty, or a release of before. A return
// that cannot be read is listed in the release; the others are compiled.
func Compile(ctx context.Context, plan *Plan, out string, o Options) (*Result, error) {
	if o.Reference == nil {
		ref, err := reference.Default()
		if err != nil {
			return nil, err
		}
		o.Reference = ref
	}
	progress := o.Progress
	if progress == nil {
		progress = func(string, int, int) {}
	}
	paths, err := plan.Files()
	if err != nil {
		return nil, err
	}
	mappings, err := plan.mappings()
	if err != nil {
		return nil, err
	}
	read, err := batch.Read(ctx, paths, batch.Options{
		Reference: o.Reference, Series: plan.Series, Offence: plan.Offence, Mappings: mappings, Keep: o.Keep,
		Progress: func(done, all int) { progress("reading returns", done, all) },
	})
	if err != nil {
		return nil, err
	}
	for i := range read.Observations {
		read.Observations[i].Constructed = read.Observations[i].Constructed || plan.Constructed
	}
	options, err := plan.options(o.Reference, read.Claims)
	if err != nil {
		return nil, err
	}
	progress("making figures", 0, 1)
	set, err := figures.Compile(read.Observations, o.Reference, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plan.file, err)
	}
	progress("making figures", 1, 1)
	if err := plan.leaks(set); err != nil {
		return nil, err
	}
	source := &Source{Plan: plan, Reference: o.Reference, Set: set, Files: read.Files, Questions: read.Questions, Alarms: read.Alarms}
	written, err := write(ctx, source, paths, out, func(done, all int) { progress("writing the release", done, all) })
	if err != nil {
		return nil, err
	}
	r := &Result{Out: out, Files: written, Figures: len(set.Figures), Blocked: len(set.Blocked), Hidden: len(set.Hidden), Returns: len(read.Files),
		Questions: read.Questions, Leaks: set.Leaks, Alarms: read.Alarms, Claims: len(read.Claims), Unread: []returns.File{}, Unresolved: []figures.Conflict{}}
	for _, f := range read.Files {
		if f.Error != "" {
			r.Unread = append(r.Unread, f)
		}
	}
	for _, c := range set.Conflicts {
		if plan.open(c) {
			r.Unresolved = append(r.Unresolved, c)
		}
	}
	return r, nil
}

// concerns tells whether a conflict is about a period of this release.
func (p *Plan) concerns(c figures.Conflict) bool {
	return slices.ContainsFunc(c.Sides, func(o returns.Observation) bool { return slices.Contains(p.Periods, o.Period) })
}

// open tells whether a conflict waits for a person.
func (p *Plan) open(c figures.Conflict) bool {
	return p.concerns(c) && c.Resolved == nil && !slices.ContainsFunc(p.Accepted, func(a Accepted) bool { return a.ID == c.ID })
}

// leaks refuses a set from which a hidden count could be computed, unless a
// person accepted each way.
func (p *Plan) leaks(s *figures.Set) error {
	var wrong []error
	for _, l := range s.Leaks {
		if !slices.ContainsFunc(p.Accepted, func(a Accepted) bool { return a.ID == l.ID }) {
			wrong = append(wrong, fmt.Errorf("%s: a reader could compute what is not shown, %s: %s. Nothing is written; give wider bands or pool years, or put the id under accepted with the reason", p.file, l.ID, l.Text))
		}
	}
	return errors.Join(wrong...)
}

func (p *Plan) mappings() ([]method.Mapping, error) {
	if p.Methods == "" {
		return nil, nil
	}
	src, err := os.ReadFile(p.path(p.Methods))
	if err != nil {
		return nil, fmt.Errorf("%s: methods: %w", p.file, err)
	}
	f, err := method.LoadFile(p.path(p.Methods), src)
	if err != nil {
		return nil, err
	}
	return f.Mappings, nil
}

// options are the plan's for the figures.
func (p *Plan) options(ref *reference.Reference, claims []returns.Claim) (figures.Options, error) {
	o := figures.Options{Title: p.Title, Published: p.Published, Series: p.Series, Offence: p.Offence, Periods: p.Periods, Areas: p.Areas, Groups: p.Groups, Threshold: p.Threshold, Resolutions: p.Resolutions, Claims: claims}
	for _, a := range p.Accepted {
		o.Accepted = append(o.Accepted, a.ID)
	}
	for _, name := range p.Earlier {
		s, err := loadSet(p.path(name))
		if err != nil {
			return o, fmt.Errorf("%s: earlier: %w", p.file, err)
		}
		o.Earlier = append(o.Earlier, s)
	}
	if p.Population != "" {
		f, err := os.Open(p.path(p.Population))
		if err != nil {
			return o, fmt.Errorf("%s: population: %w", p.file, err)
		}
		o.Population, err = readPopulation(filepath.Base(p.Population), f, ref)
		if err := errors.Join(err, f.Close()); err != nil {
			return o, err
		}
	}
	return o, nil
}

func loadSet(path string) (*figures.Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := figures.Load(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// readPopulation reads force,year,children_under_16,source. A force is named by
// its id or as in the reference data.
func readPopulation(name string, src io.Reader, ref *reference.Reference) (out []figures.Population, err error) {
	r := csv.NewReader(src)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no header row: %w", name, err)
	}
	if head[0] = strings.TrimPrefix(head[0], "\ufeff"); !slices.Equal(head, []string{"force", "year", "children_under_16", "source"}) {
		return nil, fmt.Errorf("%s: the columns are %s; they must be force,year,children_under_16,source", name, strings.Join(head, ","))
	}
	seen := map[[2]string]bool{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		fail := func(format string, args ...any) ([]figures.Population, error) {
			return nil, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
		}
		of := row[0]
		if _, ok := ref.Body(of); !ok {
			if of, ok = ref.Find(row[0]); !ok {
				return fail("no force is known as %q", row[0])
			}
		}
		year, err1 := strconv.Atoi(row[1])
		n, err2 := strconv.ParseInt(strings.ReplaceAll(row[2], ",", ""), 10, 64)
		switch {
		case err1 != nil || year < 1990 || year > 2100:
			return fail("%q is no year", row[1])
		case err2 != nil || n <= 0:
			return fail("%q is no number of children", row[2])
		case strings.TrimSpace(row[3]) == "":
			return fail("the source is missing: where the number was published")
		case seen[[2]string{of, row[1]}]:
			return fail("%s stands twice for %d", of, year)
		}
		seen[[2]string{of, row[1]}] = true
		out = append(out, figures.Population{Of: of, Year: year, Children: n, Source: row[3], Cell: returns.Cell{File: name, Ref: fmt.Sprintf("C%d", line), Source: row[3]}})
	}
}
