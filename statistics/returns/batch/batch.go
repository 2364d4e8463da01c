// Package batch reads a set of returns: every file is opened, its force told,
// its tables understood or asked about. One bad file never stops the others.
package batch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/statistics/returns/homeoffice"
	"rowan/statistics/returns/layout"
	"rowan/statistics/returns/letter"
	"rowan/statistics/returns/method"
	"rowan/statistics/returns/published"
	"rowan/statistics/returns/sheet"
)

// Options of a reading.
type Options struct {
	Reference *reference.Reference
	Mappings  []method.Mapping // decisions on methods
	Limits    sheet.Limits
	Series    string         // of what states none; default "returns"
	Offence   string         // default scc-15a
	Force     string         // of files that do not say; overrides nothing
	Period    *period.Period // of tables and letters that do not say
	// HomeOffice, if set, is the open data table by police force area, which what
	// was read is checked against.
	HomeOffice string
	// Keep, if set, is a directory in which the bytes of every file are kept as
	// they came, each under its SHA-256 and the file's ending. It may hold what
	// must not be published.
	Keep string
	// Progress, if set, is told how many files of how many are done.
	Progress func(done, all int)
}

// Batch is what was understood.
type Batch struct {
	returns.Batch
	// Proposals are mappings for the files that need one, by the path of the
	// mapping; a person confirms them.
	Proposals map[string]*layout.Mapping `json:"-"`
	// Waiting are spellings of methods that nobody decided yet.
	Waiting []method.Waiting `json:"waiting"`
}

// MappingSuffix is what the name of a mapping has behind the return's.
const MappingSuffix = ".map.yaml"

// Read reads files. Its error is of the call; what is wrong with a file is in
// its File.
func Read(ctx context.Context, paths []string, o Options) (*Batch, error) {
	r, err := newReader(o)
	if err != nil {
		return nil, err
	}
	paths = slices.Clone(paths)
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(filepath.Base(a), filepath.Base(b)), cmp.Compare(a, b))
	})
	for i, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !strings.HasSuffix(path, MappingSuffix) {
			r.file(ctx, path)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(paths))
		}
	}
	if o.HomeOffice != "" {
		if err := r.crossCheck(ctx, o.HomeOffice); err != nil {
			return nil, err
		}
	}
	return r.finish(), nil
}

// crossCheck asks about every force and period of which the Home Office counts
// fewer offences of the wider class than the return of the narrower one.
func (r *reader) crossCheck(ctx context.Context, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	size, err := io.Copy(hash, f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	table, err := homeoffice.Read(ctx, filepath.Base(path), hex.EncodeToString(hash.Sum(nil)), f, size, homeoffice.Options{Force: func(name string) (string, bool) {
		// The table writes West Midlands for the force.
		id, ok := r.options.Reference.Find(name)
		if !ok {
			id, ok = r.options.Reference.Find(name + " Police")
		}
		b, isForce := r.options.Reference.Body(id)
		return id, ok && isForce && b.Territorial
	}})
	if err != nil {
		return err
	}
	for _, found := range homeoffice.CrossCheck(r.batch.Observations, table) {
		r.ask("cross_check", found.Error(), found.Cells, nil, "ask the force, and note the answer in the mapping")
	}
	return nil
}

type reader struct {
	options Options
	words   *layout.Words
	methods *method.Table
	batch   Batch
	waiting map[string][]string // spelling to what it resembles
}

func newReader(o Options) (*reader, error) {
	if o.Reference == nil {
		return nil, errors.New("reading returns needs the reference data")
	}
	if o.Series == "" {
		o.Series = "returns"
	}
	if o.Offence == "" {
		o.Offence = "scc-15a"
	}
	words, err := layout.DefaultWords()
	if err != nil {
		return nil, err
	}
	methods, err := method.New(methodNames(o.Reference), o.Mappings)
	if err != nil {
		return nil, err
	}
	return &reader{options: o, words: words, methods: methods, waiting: map[string][]string{}, batch: Batch{
		Batch:     returns.Batch{Files: []returns.File{}, Observations: []returns.Observation{}, Claims: []returns.Claim{}, Questions: []returns.Question{}, Alarms: []returns.Alarm{}},
		Proposals: map[string]*layout.Mapping{}, Waiting: []method.Waiting{},
	}}, nil
}

func methodNames(ref *reference.Reference) (out []method.Name) {
	for _, s := range ref.Services() {
		for _, n := range s.Names {
			out = append(out, method.Name{ID: s.ID, Text: n.Name, From: n.From, To: n.To})
		}
		for _, a := range s.Aliases {
			out = append(out, method.Name{ID: s.ID, Text: a})
		}
	}
	return out
}

// finish puts everything in an order that does not depend on the files'.
func (r *reader) finish() *Batch {
	b := &r.batch
	slices.SortFunc(b.Observations, func(x, y returns.Observation) int {
		return cmp.Or(cmp.Compare(x.Of, y.Of), cmp.Compare(x.Period.String(), y.Period.String()), cmp.Compare(x.Series, y.Series), cmp.Compare(x.Measure, y.Measure),
			cmp.Compare(order(x), order(y)), cmp.Compare(x.Cells[0].String(), y.Cells[0].String()))
	})
	raws := make([]string, 0, len(r.waiting))
	for raw := range r.waiting {
		raws = append(raws, raw)
	}
	for _, cluster := range method.Clusters(raws) {
		w := method.Waiting{Raw: cluster}
		for _, raw := range cluster {
			w.Like = append(w.Like, r.waiting[raw]...)
		}
		slices.Sort(w.Like)
		w.Like = slices.Compact(w.Like)
		b.Waiting = append(b.Waiting, w)
	}
	return b
}

// order is a key of dims and value that sorts.
func order(o returns.Observation) string {
	text, err := json.Marshal([]any{o.Dims, o.Value, o.Offence})
	if err != nil {
		return ""
	}
	return string(text)
}

// file reads one file with its mapping.
func (r *reader) file(ctx context.Context, path string) {
	d, err := sheet.Open(ctx, path, r.options.Limits)
	f := returns.File{Name: d.Name, SHA256: d.SHA256, Bytes: d.Bytes, Format: d.Format}
	r.batch.Alarms = append(r.batch.Alarms, d.Alarms...)
	if r.options.Keep != "" && d.SHA256 != "" {
		err = errors.Join(err, keep(r.options.Keep, d))
	}
	if err == nil {
		err = r.document(d, path, &f)
	}
	if err != nil {
		f.Error = err.Error()
	}
	r.batch.Files = append(r.batch.Files, f)
}

// keep writes a file's bytes under their hash, once. Only its owner may read it.
func keep(dir string, d *sheet.Document) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%s: keep the original: %w", d.Name, err)
	}
	path := filepath.Join(dir, d.SHA256+strings.ToLower(filepath.Ext(d.Name)))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = f.Write(d.Source)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("%s: keep the original: %w", d.Name, err)
	}
	return nil
}

func (r *reader) document(d *sheet.Document, path string, f *returns.File) error {
	if d.Format == "csv" && len(d.Sheets) > 0 && len(d.Sheets[0].Cells) > 0 && slices.Contains(d.Sheets[0].Cells[0], "source_url") {
		return r.published(d)
	}
	m, err := loadMapping(path)
	if err != nil {
		return err
	}
	if m != nil && m.File.SHA256 != d.SHA256 {
		r.ask("layout", d.Name+" is not the file that its mapping was made for: its bytes changed", nil, nil, "check the mapping against the file and set file.sha256 to "+d.SHA256)
		m = nil
	}
	if m != nil && m.Confirmed == nil {
		r.ask("confirm", "the mapping of "+d.Name+" is not confirmed", nil, nil, "check "+filepath.Base(path)+MappingSuffix+" and set confirmed: {by: your role, date: today's}")
		m = nil
	}
	w := &work{reader: r, doc: d, path: path, mapping: m}
	f.Force = w.force()
	w.tables()
	w.letter()
	w.propose()
	return nil
}

func loadMapping(path string) (*layout.Mapping, error) {
	src, err := os.ReadFile(path + MappingSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return layout.Load(filepath.Base(path)+MappingSuffix, src)
}

func (r *reader) ask(kind, text string, cells []returns.Cell, choices []string, answer string) {
	r.batch.Questions = append(r.batch.Questions, returns.Question{Kind: kind, Text: text, Cells: cells, Choices: choices, Answer: answer})
}

func (r *reader) published(d *sheet.Document) error {
	places := func(area, force string) (string, bool) {
		if force != "" {
			return r.options.Reference.Find(force)
		}
		return r.options.Reference.Find(area)
	}
	p, err := published.Read(d.Name, d.SHA256, strings.NewReader(string(d.Source)), places)
	if err != nil {
		return err
	}
	r.batch.Observations = append(r.batch.Observations, p.Observations...)
	r.batch.Claims = append(r.batch.Claims, p.Claims...)
	for _, e := range p.Unread {
		r.ask("layout", e.Error(), nil, nil, "correct the row, or take it out")
	}
	return nil
}

// work is the reading of one document.
type work struct {
	*reader
	doc     *sheet.Document
	path    string
	mapping *layout.Mapping // confirmed, or nil
	of      string
	want    layout.Mapping // proposed
	asked   bool
}

func (w *work) cell(sheetName, ref string) returns.Cell {
	return returns.Cell{File: w.doc.Name, SHA256: w.doc.SHA256, Sheet: sheetName, Ref: ref}
}

func (w *work) mappingName() string { return filepath.Base(w.path) + MappingSuffix }

// force settles whose return it is, "" if a person must say.
func (w *work) force() string {
	if w.mapping != nil && w.mapping.Force != "" {
		w.of = w.mapping.Force
		return w.of
	}
	text := slices.Clone(w.doc.Lines)
	for _, s := range w.doc.Sheets {
		text = append(append(text, s.Name), s.Notes...)
		for _, row := range s.Cells {
			text = append(text, strings.Join(row, " "))
		}
	}
	id := identify(w.options.Reference, w.path, text)
	force, question, choices := id.force()
	if force == "" && w.options.Force != "" && (len(choices) == 0 || slices.Contains(choices, w.options.Force)) {
		force = w.options.Force
	}
	if force == "" {
		w.asked = true
		w.ask("force", w.doc.Name+": "+question, nil, choices, "set force in "+w.mappingName()+", or give --force")
	}
	w.of = force
	return force
}

func (w *work) place() layout.Place {
	p := layout.Place{File: w.doc.Name, SHA256: w.doc.SHA256, Series: w.options.Series, Of: w.of, Offence: w.options.Offence}
	if w.mapping != nil && w.mapping.Offence != "" {
		p.Offence = w.mapping.Offence
	}
	return p
}

// tables reads every sheet: as its mapping says, or by its headings.
func (w *work) tables() {
	for _, s := range w.doc.Sheets {
		if w.mapping != nil && slices.Contains(w.mapping.Ignore, s.Name) {
			continue
		}
		g := layout.Grid{Sheet: s.Name, Rows: w.corrected(s)}
		r := layout.Reader{Words: w.words, Methods: w.methods, Value: returns.ParseValue, Period: w.options.Period}
		if w.mapping != nil {
			for _, t := range w.mapping.Tables {
				if t.Sheet == s.Name {
					o, problems := r.Apply(g, t, w.place())
					w.take(o, false)
					w.problems(s.Name, problems)
				}
			}
			continue
		}
		tables, problems := r.Recognise(g)
		if len(tables) == 0 && len(problems) == 0 {
			continue
		}
		if s.Hidden {
			problems = append(problems, layout.Problem{Kind: "layout", At: "A1", Text: "the sheet is hidden; say whether it counts, or put it under ignore"})
		}
		for _, doubt := range s.Doubts {
			problems = append(problems, layout.Problem{Kind: "layout", At: "A1", Text: doubt + "; look at it, and say in the mapping what counts"})
		}
		w.want.Tables = append(w.want.Tables, tables...)
		for _, t := range tables {
			raws, on := t.Waiting()
			for _, raw := range raws {
				w.wait(raw, on)
			}
		}
		if len(problems) > 0 || w.of == "" {
			w.problems(s.Name, problems)
			w.asked = true
			continue
		}
		for _, t := range tables {
			o, problems := r.Apply(g, t, w.place())
			w.take(o, w.doc.Proposed)
			w.problems(s.Name, problems)
		}
		if w.doc.Proposed {
			w.asked = true
			w.ask("confirm", fmt.Sprintf("%s, %s: the table was put together from how text lies on the page", w.doc.Name, s.Name), []returns.Cell{w.cell(s.Name, "A1")}, nil,
				"compare it with the page; write the mapping with --propose and confirm it")
		}
	}
}

// corrected is a sheet's cells with what a person says some of them hold.
func (w *work) corrected(s sheet.Sheet) [][]string {
	if w.mapping == nil || len(w.mapping.Values) == 0 {
		return s.Cells
	}
	out := make([][]string, len(s.Cells))
	for i, row := range s.Cells {
		out[i] = slices.Clone(row)
	}
	for _, v := range w.mapping.Values {
		for i := range out {
			for j := range out[i] {
				if v.At == returns.Ref(i, j) && s.Name == "" || v.At == s.Name+"!"+returns.Ref(i, j) {
					out[i][j] = v.Value
				}
			}
		}
	}
	return out
}

func (w *work) problems(sheetName string, problems []layout.Problem) {
	for _, p := range problems {
		w.asked = true
		cell := w.cell(sheetName, p.At)
		if p.Kind == "records" {
			w.batch.Alarms = append(w.batch.Alarms, returns.Alarm{Kind: p.Kind, Text: p.Text + ". Delete it, tell the force, and ask for counts", Cell: cell})
			continue
		}
		answer := "say it in " + w.mappingName() + " (--propose writes one), and confirm it"
		if p.Kind == "method" {
			answer = "decide the spelling in a file of methods (--methods FILE; --propose adds what waits)"
		}
		w.ask(p.Kind, fmt.Sprintf("%s: %s", cell, p.Text), []returns.Cell{cell}, nil, answer)
	}
}

// take keeps observations, and notes the methods that wait.
func (w *work) take(found []returns.Observation, proposed bool) {
	for _, o := range found {
		o.Proposed = proposed
		if raw, ok := strings.CutPrefix(o.Dims.Method, "?"); ok {
			w.wait(raw, o.Period.End)
		}
		w.batch.Observations = append(w.batch.Observations, o)
	}
}

func (w *work) wait(raw string, on period.Date) {
	for _, part := range w.methods.Read(raw, on) {
		if part.ID != "" {
			continue
		}
		var like []string
		for _, s := range part.Suggestions {
			like = append(like, s.ID)
		}
		w.waiting[part.Raw] = like
	}
}

// letter takes the sentences of a letter as proposals, or as what a person
// accepted.
func (w *work) letter() {
	for _, f := range letter.Read(w.doc.Lines) {
		ref := fmt.Sprintf("L%d", f.Line)
		if f.Period == nil {
			f.Period = w.options.Period
		}
		accepted := w.mapping != nil && slices.Contains(w.mapping.Accept, ref)
		switch {
		case w.mapping != nil && !accepted:
			continue
		case f.Period == nil || w.of == "":
			w.asked = true
			w.ask("period", fmt.Sprintf("%s: %q does not say of which period it is", w.cell("", ref), f.Sentence), []returns.Cell{w.cell("", ref)}, nil, "say it in "+w.mappingName()+", or give --period")
			continue
		}
		place := w.place()
		o := returns.Observation{Series: place.Series, Of: w.of, Offence: place.Offence, Period: *f.Period, Measure: f.Measure, Value: f.Value, Cells: []returns.Cell{w.cell("", ref)}, Proposed: !accepted}
		if f.Refusal() {
			o.Measure = layout.MeasureOf(f.Question)
			if f.Question == "methods" {
				o.Dims.Method = "known"
			}
		}
		w.batch.Observations = append(w.batch.Observations, o)
		if !accepted {
			w.asked = true
			w.want.Accept = append(w.want.Accept, ref)
			w.ask("confirm", fmt.Sprintf("%s: %q is taken for %s %s", w.cell("", ref), f.Sentence, f.Value, o.Measure), o.Cells, nil, "keep "+ref+" under accept in "+w.mappingName()+" if that is right")
		}
	}
	if w.mapping != nil {
		var periods []period.Period
		if w.options.Period != nil {
			periods = append(periods, *w.options.Period)
		}
		w.batch.Observations = append(w.batch.Observations, w.mapping.Refusals(w.place(), periods)...)
	}
}

// propose keeps a mapping for a person to confirm, if the file needs one.
func (w *work) propose() {
	if !w.asked || w.mapping != nil {
		return
	}
	w.want.Version, w.want.File, w.want.Force = 1, layout.Bound{Name: w.doc.Name, SHA256: w.doc.SHA256}, w.of
	w.batch.Proposals[w.path+MappingSuffix] = &w.want
}
