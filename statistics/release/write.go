package release

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rowan/statistics/release/chart"
)

// ManifestName is the file that lists all others.
const ManifestName = "manifest.json"

// Manifest lists what a release was made of and what it holds.
type Manifest struct {
	Version   int               `json:"version"`
	Title     string            `json:"title"`
	Published string            `json:"published"`
	Reference map[string]string `json:"reference"` // version of each file of the reference data
	Inputs    []Listed          `json:"inputs"`    // by name
	Files     []Listed          `json:"files"`     // by path
}

// Listed is one file with its hash.
type Listed struct {
	Path   string `json:"path"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func listed(path string, body []byte) Listed {
	sum := sha256.Sum256(body)
	return Listed{Path: path, Bytes: len(body), SHA256: hex.EncodeToString(sum[:])}
}

// folder is a release that is being written. What was there before stays until
// the new one is whole.
type folder struct {
	at, dir string // where it goes, and where it is until then

	mu    sync.Mutex
	files []Listed
}

func newFolder(out string) (*folder, error) {
	out = filepath.Clean(out)
	old, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder of the release: %w", err)
	}
	if len(old) > 0 {
		if _, err := os.Stat(filepath.Join(out, ManifestName)); err != nil {
			return nil, fmt.Errorf("%s holds other files and no release; name a new or empty folder", out)
		}
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return nil, err
	}
	return &folder{at: out, dir: dir}, os.Chmod(dir, 0o755)
}

func (f *folder) write(path string, body []byte) error {
	name := filepath.Join(f.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		return err
	}
	f.mu.Lock()
	f.files = append(f.files, listed(path, body))
	f.mu.Unlock()
	return nil
}

// finish puts the folder in the place of the one before.
func (f *folder) finish() error {
	old := f.dir + "-before"
	if err := os.Rename(f.at, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the release is whole in %s and could not be moved: %w", f.dir, err)
	}
	if err := os.Rename(f.dir, f.at); err != nil {
		return fmt.Errorf("the release is whole in %s and could not be moved: %w", f.dir, err)
	}
	return os.RemoveAll(old)
}

// write writes the release of a source: its number of files.
func write(ctx context.Context, s *Source, inputs []string, out string, progress func(done, all int)) (n int, err error) {
	f, err := newFolder(out)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(f.dir))
		}
	}()
	b, err := newBuild(s, f)
	if err != nil {
		return 0, err
	}
	if err := b.all(ctx, progress); err != nil {
		return 0, err
	}
	m := Manifest{Version: 1, Title: s.Plan.Title, Published: s.Plan.Published.String(), Reference: s.Reference.Versions, Files: f.files}
	if m.Inputs, err = s.Plan.inputs(inputs); err != nil {
		return 0, err
	}
	slices.SortFunc(m.Files, func(a, b Listed) int { return strings.Compare(a.Path, b.Path) })
	body, err := indented(m)
	if err != nil {
		return 0, err
	}
	if err := f.write(ManifestName, body); err != nil {
		return 0, err
	}
	return len(f.files), f.finish()
}

// inputs are the plan, the returns with their mappings, and what the plan names
// besides.
func (p *Plan) inputs(paths []string) ([]Listed, error) {
	paths = append(slices.Clone(paths), p.file)
	for _, path := range paths {
		if _, err := os.Stat(path + ".map.yaml"); err == nil {
			paths = append(paths, path+".map.yaml")
		}
	}
	for _, name := range append([]string{p.Population, p.Methods}, p.Earlier...) {
		if name != "" {
			paths = append(paths, p.path(name))
		}
	}
	var out []Listed
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("hashing the inputs: %w", err)
		}
		name, err := filepath.Rel(filepath.Dir(p.file), path)
		if err != nil {
			name = filepath.Base(path)
		}
		out = append(out, listed(filepath.ToSlash(name), body))
	}
	slices.SortFunc(out, func(a, b Listed) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// build makes the files of a release.
type build struct {
	*editor
	folder *folder
	artist *chart.Artist
	pages  *pages
}

func newBuild(s *Source, f *folder) (*build, error) {
	w, err := newWriter(s.Reference)
	if err != nil {
		return nil, err
	}
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	return &build{editor: &editor{view: newView(s), writer: w}, folder: f, artist: chart.NewArtist(), pages: p}, nil
}

// Told is a sentence with the page that it stands on.
type Told struct {
	Page string `json:"page"`
	Sentence
}

// all writes everything but the manifest. Pages are written side by side; what
// they hold does not depend on that.
func (b *build) all(ctx context.Context, progress func(done, all int)) error {
	var set bytes.Buffer
	if err := b.Set.Write(&set); err != nil {
		return err
	}
	overview, without, err := b.overview()
	if err != nil {
		return err
	}
	var releases []Page
	for _, of := range b.places() {
		kind := "force"
		if a, ok := b.Reference.Area(of); ok {
			kind = a.Kind
		}
		releases = append(releases, b.page(of, kind))
	}
	note := b.quality(without)
	if err := errors.Join(b.errs...); err != nil {
		return fmt.Errorf("the release is not written: %w", err)
	}
	told := []Told{}
	for _, p := range releases {
		for _, s := range p.Sections {
			for _, x := range s.Sentences {
				told = append(told, Told{p.ID, x})
			}
		}
	}
	sentences, err := indented(told)
	if err != nil {
		return err
	}
	if err := errors.Join(b.folder.write("figures.json", set.Bytes()), b.folder.write("sentences.json", sentences), b.tables()); err != nil {
		return err
	}
	var done int
	var mu sync.Mutex
	jobs := len(releases) + 2
	step := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		progress(done, jobs)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() error {
		defer step()
		return b.index(overview, releases)
	})
	for _, p := range append(slices.Clone(releases), note) {
		g.Go(func() error {
			defer step()
			if err := ctx.Err(); err != nil {
				return err
			}
			return b.place(p)
		})
	}
	return g.Wait()
}

// draw draws charts, the first of which is the nth of its page, and writes their
// files.
func (b *build) draw(all []Chart, nth int) error {
	for i := range all {
		c := &all[i]
		var err error
		if c.Image, err = b.artist.Draw(c.drawing, nth+i); err != nil {
			return err
		}
		if err := errors.Join(b.folder.write("charts/"+c.Name+".svg", c.Image.SVG), b.folder.write("charts/"+c.Name+".png", c.Image.PNG)); err != nil {
			return err
		}
	}
	return nil
}

// place writes a page in every form.
func (b *build) place(p Page) error {
	nth := 0
	for _, s := range p.Sections {
		if err := b.draw(s.Charts, nth); err != nil {
			return err
		}
		nth += len(s.Charts)
	}
	d := document{Page: p, Plan: b.Plan}
	html, err := b.pages.render("release", d)
	if err != nil {
		return err
	}
	printed, err := pdf(p, b.Plan)
	if err != nil {
		return err
	}
	site, err := b.site(d)
	if err != nil {
		return err
	}
	name := "release/" + p.ID
	return errors.Join(b.folder.write(name+".html", html), b.folder.write(name+".md", markdown(p, b.Plan)), b.folder.write(name+".pdf", printed), b.folder.write("site/"+p.ID+".html", site))
}

// tables writes the workbooks and a csv of each table.
func (b *build) tables() error {
	book := b.book()
	xlsx, err := book.XLSX()
	if err != nil {
		return err
	}
	ods, err := book.ODS()
	if err != nil {
		return err
	}
	all := []error{b.folder.write("tables/tables.xlsx", xlsx), b.folder.write("tables/tables.ods", ods)}
	for _, t := range book.Tables {
		src, err := t.CSV()
		if err != nil {
			return err
		}
		all = append(all, b.folder.write("tables/"+strings.ToLower(strings.ReplaceAll(t.Name, " ", "-"))+".csv", src))
	}
	return errors.Join(all...)
}
