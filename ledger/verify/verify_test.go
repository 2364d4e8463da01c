package verify_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/bundle"
	"rowan/ledger/sqlite"
	"rowan/ledger/tiles"
	"rowan/ledger/verify"
)

var start = time.UnixMilli(1_700_000_000_000)

// house is a log with its witness.
type house struct {
	t       testing.TB
	dir     string
	now     time.Time
	key     *ledger.Key
	witness *ledger.Key
	salts   *sqlite.Salts
	log     *ledger.Log
	next    uint64
	// The last commit's decisions.
	records [][]byte
	walk    ledger.Walk
}

func newHouse(t testing.TB) *house {
	h := &house{t: t, dir: t.TempDir(), now: start, next: 1}
	clock := func() time.Time { return h.now }
	var err error
	if h.key, err = ledger.OpenKey(filepath.Join(h.dir, "log.key"), "platform.example/log", ledger.LogKey, clock); err != nil {
		t.Fatal(err)
	}
	if h.witness, err = ledger.OpenKey(filepath.Join(h.dir, "witness.key"), "regulator.example/witness", ledger.WitnessKey, clock); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(context.Background(), filepath.Join(h.dir, "log.db"))
	if err != nil {
		t.Fatal(err)
	}
	if h.salts, err = sqlite.OpenSalts(context.Background(), h.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(); h.salts.Close() })
	if h.log, err = ledger.Open(context.Background(), store, ledger.Options{Signer: h.key, Salts: h.salts, Now: clock}); err != nil {
		t.Fatal(err)
	}
	h.append(ledger.Record{Kind: ledger.Start, Facts: map[string]string{"after": "0"}})
	return h
}

func (h *house) append(records ...ledger.Record) int64 {
	h.t.Helper()
	at, err := h.log.Append(context.Background(), h.now, records...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.now = h.now.Add(time.Second)
	return at
}

// commit adds a commit of n decisions.
func (h *house) commit(n int) int64 {
	h.t.Helper()
	h.walk.Reset(ledger.Salt{byte(h.next)})
	h.records = nil
	for i := range n {
		from := h.walk.Salt(i, ledger.FromSlot).Commit("account/ada")
		d := ledger.Decided{Action: "allow", At: h.now.UnixMilli(), From: &from, Kind: ledger.Decision, Level: "none", Sequence: h.next + uint64(i), Type: "message", V: 1}
		h.records = append(h.records, d.Append(nil))
	}
	first := h.next
	h.next += uint64(n)
	return h.append(ledger.Record{Kind: ledger.Commit, Commit: &ledger.Batch{Count: int64(n), First: first, Last: h.next - 1, Root: ledger.BatchRoot(hashes(h.records))}})
}

func hashes(records [][]byte) (out []tlog.Hash) {
	for _, r := range records {
		out = append(out, tlog.RecordHash(r))
	}
	return out
}

func (h *house) statement(s ledger.Statement) int64 {
	h.t.Helper()
	at, err := h.log.Record(context.Background(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	return at
}

// sign makes a checkpoint with the witness's cosignature.
func (h *house) sign() (signed []byte, size int64) {
	h.t.Helper()
	signed, err := h.log.Sign(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return h.cosign(signed), h.log.Size()
}

func (h *house) cosign(signed []byte) []byte {
	h.t.Helper()
	text, _, _ := strings.Cut(string(signed), "\n\n")
	both, err := note.Sign(&note.Note{Text: text + "\n"}, h.witness)
	if err != nil {
		h.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(both), "\n\n")
	return append(bytes.Clone(signed), line...)
}

func (h *house) keys() verify.Keys {
	h.t.Helper()
	k, err := verify.ParseKeys(h.key.Verifier(), h.witness.Verifier())
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// files writes the log as files and reads them into memory.
func (h *house) files() fstest.MapFS {
	h.t.Helper()
	signed, size := h.sign()
	dir := h.t.(*testing.T).TempDir()
	if err := tiles.Write(context.Background(), dir, h.log, size, signed, nil); err != nil {
		h.t.Fatal(err)
	}
	return load(h.t, dir)
}

func load(t testing.TB, dir string) fstest.MapFS {
	out := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = &fstest.MapFile{Data: src}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *house) check(files fstest.MapFS, o verify.LogOptions) *verify.Report {
	return verify.Log(context.Background(), files, h.keys(), o)
}

func wantProblem(t *testing.T, r *verify.Report, where, what string) {
	t.Helper()
	if r.OK {
		t.Error("nothing was found")
		return
	}
	for _, p := range r.Problems {
		if strings.Contains(p.Where, where) && strings.Contains(p.What, what) {
			return
		}
	}
	t.Errorf("want a problem with %q: %q, got %+v", where, what, r.Problems)
}

func wantOK(t *testing.T, r *verify.Report) {
	t.Helper()
	if !r.OK || len(r.Problems) > 0 {
		t.Errorf("%+v", r.Problems)
	}
}

func TestAWholeLogVerifies(t *testing.T) {
	h := newHouse(t)
	for _, n := range []int{1, 254, 1, 1, 400, 70000} {
		records := make([]ledger.Record, n)
		for i := range records {
			records[i] = ledger.Record{Kind: ledger.Commit, Commit: &ledger.Batch{Count: 1, First: h.next, Last: h.next}}
			h.next++
		}
		h.append(records...)
		r := h.check(h.files(), verify.LogOptions{})
		wantOK(t, r)
		if r.Size != h.log.Size() || r.Decisions != int64(h.next-1) || len(r.Cosigned) != 1 {
			t.Errorf("%+v", r)
		}
	}
}

func TestFilesAreBroughtUpToDate(t *testing.T) {
	h := newHouse(t)
	dir := t.TempDir()
	for range 5 {
		for range 100 {
			h.commit(2)
		}
		signed, size := h.sign()
		if err := tiles.Write(t.Context(), dir, h.log, size, signed, nil); err != nil {
			t.Fatal(err)
		}
		wantOK(t, h.check(load(t, dir), verify.LogOptions{}))
	}
}

// Whatever byte of a log's files is changed, it is found.
func TestEveryByteOfALogCounts(t *testing.T) {
	h := newHouse(t)
	h.commit(3)
	h.statement(ledger.Statement{Kind: ledger.Case, Of: "case/1", What: "opened", Subjects: map[string]string{"actor": "account/ada"}})
	h.commit(1)
	files := h.files()
	wantOK(t, h.check(files, verify.LogOptions{}))
	tried := 0
	for name, f := range files {
		for i := range f.Data {
			for _, flip := range []byte{1, 0x40} {
				f.Data[i] ^= flip
				if h.check(files, verify.LogOptions{}).OK {
					t.Errorf("%s, byte %d: changed by %d and not found", name, i, flip)
				}
				f.Data[i] ^= flip
				tried++
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d changes: the test shows little", tried)
	}
}

// entries takes a file of leaves apart.
func entries(src []byte) (out [][]byte) {
	for len(src) > 0 {
		n := 2 + int(binary.BigEndian.Uint16(src))
		out = append(out, src[:n])
		src = src[n:]
	}
	return out
}

func TestWhatWasDoneToALogIsFound(t *testing.T) {
	h := newHouse(t)
	for range 299 {
		h.commit(2)
	}
	earlier, _ := h.sign()
	for range 300 {
		h.commit(2)
	}
	files := h.files()
	name := tiles.Path(-1, 1, 256)
	change := func(to func(list [][]byte) [][]byte) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			f[name].Data = bytes.Join(to(entries(f[name].Data)), nil)
		}
	}
	for what, c := range map[string]struct {
		do          func(fstest.MapFS)
		where, what string
	}{
		"an entry is dropped":      {change(func(l [][]byte) [][]byte { return slices.Delete(l, 44, 45) }), "leaf 300", "its hash is not the tree's"},
		"an entry is inserted":     {change(func(l [][]byte) [][]byte { return slices.Insert(l, 44, l[43]) }), "leaf 300", "its hash is not the tree's"},
		"entries are reordered":    {change(func(l [][]byte) [][]byte { l[44], l[45] = l[45], l[44]; return l }), "leaf 300", "its hash is not the tree's"},
		"the file ends early":      {change(func(l [][]byte) [][]byte { return l[:200] }), "leaf 456", "the file ends before it"},
		"there is more":            {change(func(l [][]byte) [][]byte { return append(l, l[0]) }), "leaf 512", "more in the file"},
		"a file of leaves is gone": {func(f fstest.MapFS) { delete(f, name) }, "leaf 256", "missing"},
		"a tile is gone":           {func(f fstest.MapFS) { delete(f, tiles.Path(0, 1, 256)) }, "leaf 256", "missing"},
		"a tile above is gone":     {func(f fstest.MapFS) { delete(f, tiles.Path(1, 0, 2)) }, "tile 1/0", "missing"},
		"a tile above is another":  {func(f fstest.MapFS) { f[tiles.Path(1, 0, 2)].Data[40] ^= 1 }, "tile 1/0", "hash 1 is not"},
		"the checkpoint is gone":   {func(f fstest.MapFS) { delete(f, "checkpoint") }, "checkpoint", ""},
		"a file too many":          {func(f fstest.MapFS) { f["tile/entries/003"] = &fstest.MapFile{} }, "file tile/entries/003", "no such file"},
		"a leaf and its tile": {func(f fstest.MapFS) {
			l := entries(f[name].Data)
			leaf := bytes.Replace(l[44][2:], []byte(`"count":2`), []byte(`"count":1`), 1)
			leaf = bytes.Replace(leaf, []byte(`"last":600`), []byte(`"last":599`), 1)
			l[44] = append(binary.BigEndian.AppendUint16(nil, uint16(len(leaf))), leaf...)
			f[name].Data = bytes.Join(l, nil)
			sum := tlog.RecordHash(leaf)
			copy(f[tiles.Path(0, 1, 256)].Data[44*32:], sum[:])
		}, "leaf 301", "begins with decision"},
	} {
		t.Run(what, func(t *testing.T) {
			copied := fstest.MapFS{}
			for name, f := range files {
				copied[name] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
			}
			c.do(copied)
			wantProblem(t, h.check(copied, verify.LogOptions{}), c.where, c.what)
		})
	}
	wantOK(t, h.check(files, verify.LogOptions{Earlier: [][]byte{earlier}}))
}

// A log that its holder wrote anew, with its own key, is found by who saw the
// first one.
func TestASplitViewIsFound(t *testing.T) {
	h := newHouse(t)
	for range 300 {
		h.commit(1)
	}
	seen, _ := h.sign()
	other := newHouse(t)
	other.key, other.witness = h.key, h.witness
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "other.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if other.log, err = ledger.Open(t.Context(), store, ledger.Options{Signer: h.key}); err != nil {
		t.Fatal(err)
	}
	other.next = 1
	other.append(ledger.Record{Kind: ledger.Start, Facts: map[string]string{"after": "0"}})
	for range 400 {
		other.commit(2)
	}
	files := other.files()
	wantOK(t, h.check(files, verify.LogOptions{}))
	wantProblem(t, h.check(files, verify.LogOptions{Earlier: [][]byte{seen}}), "earlier checkpoint of 301", "two different logs")
	// And one that was taken back.
	short := newHouse(t)
	short.key, short.witness = h.key, h.witness
	wantProblem(t, h.check(h.filesOf(other, 100), verify.LogOptions{Earlier: [][]byte{seen}}), "earlier checkpoint", "taken back")
}

// filesOf writes another log as it was at a size, signed anew.
func (h *house) filesOf(other *house, size int64) fstest.MapFS {
	h.t.Helper()
	root, err := other.log.Root(context.Background(), size)
	if err != nil {
		h.t.Fatal(err)
	}
	c := ledger.Checkpoint{Origin: h.key.Name(), Tree: tlog.Tree{N: size, Hash: root}}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, h.key)
	if err != nil {
		h.t.Fatal(err)
	}
	dir := h.t.(*testing.T).TempDir()
	if err := tiles.Write(context.Background(), dir, other.log, size, h.cosign(signed), nil); err != nil {
		h.t.Fatal(err)
	}
	return load(h.t, dir)
}

func TestUnknownKeysAreFound(t *testing.T) {
	h, stranger := newHouse(t), newHouse(t)
	h.commit(1)
	files := h.files()
	keys, err := verify.ParseKeys(stranger.key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, verify.Log(t.Context(), files, keys, verify.LogOptions{}), "checkpoint", "")
	keys, err = verify.ParseKeys(h.key.Verifier(), stranger.witness.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, verify.Log(t.Context(), files, keys, verify.LogOptions{}), "checkpoint", "has not cosigned")
	for _, bad := range [][]string{{""}, {"x"}, {"a+b+c"}, {h.witness.Verifier()}, {h.key.Verifier(), h.key.Verifier()}, {h.key.Verifier()[:40]}} {
		if _, err := verify.ParseKeys(bad[0], bad[1:]...); err == nil {
			t.Errorf("%q were taken as keys", bad)
		}
	}
}

// Records that a rogue log wrote with another clock are found, though the tree
// and the signatures are good.
func TestAChangedClockIsFound(t *testing.T) {
	h := newHouse(t)
	h.commit(1)
	at := h.now
	h.now = start.Add(-time.Hour)
	h.commit(1) // the log itself does not go back, and says so
	h.now = at
	r := h.check(h.files(), verify.LogOptions{})
	wantOK(t, r)
	if !slices.ContainsFunc(r.Remarks, func(s string) bool { return strings.Contains(s, "turned back") }) {
		t.Errorf("no remark on the clock: %q", r.Remarks)
	}

	h.now = start.Add(time.Hour)
	h.commit(1)
	h.now = start
	wantProblem(t, h.check(h.files(), verify.LogOptions{}), "last leaf", "after the witness")

	rogue := newHouse(t)
	rogue.commit(1)
	rogue.rogue(fmt.Sprintf(`{"at":%d,"kind":"setting","v":1}`, start.UnixMilli()-1))
	wantProblem(t, rogue.check(rogue.files(), verify.LogOptions{}), "leaf 2", "turned back")
}

// rogue writes a leaf past the rules of the log.
func (h *house) rogue(leaf string) {
	h.t.Helper()
	_, err := h.log.Extend(context.Background(), h.now, []ledger.Record{{Kind: ledger.Setting}}, func(x *ledger.Extension) error { return nil })
	if err != nil {
		h.t.Fatal(err)
	}
	store, err := sqlite.Open(context.Background(), filepath.Join(h.dir, "log.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { store.Close() })
	size, err := store.Size(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	if err := store.Extend(context.Background(), &ledger.Extension{First: size, Leaves: []ledger.Leaf{[]byte(leaf)}}); err != nil {
		h.t.Fatal(err)
	}
	if h.log, err = ledger.Open(context.Background(), store, ledger.Options{Signer: h.key, Salts: h.salts, Now: func() time.Time { return h.now }}); err != nil {
		h.t.Fatal(err)
	}
}

// evidence is a small bundle.
func (h *house) evidence() (*bundle.Bundle, []byte) {
	h.t.Helper()
	ctx := context.Background()
	subject := ledger.Statement{Kind: ledger.Case, By: "reviewer", Of: "case/1", What: "decided", Subjects: map[string]string{"actor": "account/ada"}}
	commit := h.commit(3)
	records, walk := h.records, h.walk
	said := h.statement(subject)
	h.commit(1)
	signed, size := h.sign()
	leaves, err := bundle.Gather(ctx, h.log, size, said, commit, said)
	if err != nil {
		h.t.Fatal(err)
	}
	b := &bundle.Bundle{
		Manifest:   bundle.Manifest{Made: h.now, Of: "case/1", Disclosed: []string{"actor"}},
		Checkpoint: signed, Leaves: leaves, Account: []byte(`{"note":"told by the holder"}` + "\n"),
	}
	for _, i := range []int{0, 2} {
		b.Decisions = append(b.Decisions, bundle.Decision{Leaf: commit, Place: int64(i), Path: ledger.BatchProof(hashes(records), i), Record: records[i]})
	}
	rec, err := ledger.ParseRecord(leaves[1].Record)
	if err != nil {
		h.t.Fatal(err)
	}
	o, err := ledger.Disclose(ctx, h.salts, rec, "actor", "account/ada")
	if err != nil {
		h.t.Fatal(err)
	}
	b.Openings = []bundle.Opening{
		{Of: fmt.Sprintf("leaf/%d", said), Opening: o},
		{Of: fmt.Sprintf("decision/%d", h.next-4), Opening: ledger.Opening{Part: "from", Salt: *walk.Salt(0, ledger.FromSlot), Value: "account/ada"}},
	}
	src, err := bundle.Write(b, h.key)
	if err != nil {
		h.t.Fatal(err)
	}
	return b, src
}

func TestABundleVerifies(t *testing.T) {
	h := newHouse(t)
	_, src := h.evidence()
	r := verify.Bundle(src, h.keys())
	wantOK(t, r)
	if r.Of != "case/1" || r.Decisions != 2 || r.Leaves["case"] != 1 || len(r.Opened) != 2 || r.Opened[0].Value != "account/ada" {
		t.Errorf("%+v", r)
	}
}

// Whatever byte of a bundle is changed, removed or added, it is found.
func TestEveryByteOfABundleCounts(t *testing.T) {
	h := newHouse(t)
	_, src := h.evidence()
	keys := h.keys()
	for i := range src {
		for _, flip := range []byte{1, 4, 0x80} {
			src[i] ^= flip
			if verify.Bundle(src, keys).OK {
				t.Errorf("byte %d: changed by %d and not found", i, flip)
			}
			src[i] ^= flip
		}
	}
	for i := 0; i < len(src); i += 7 {
		if verify.Bundle(src[:i], keys).OK || verify.Bundle(slices.Concat(src[:i], []byte{0}, src[i:]), keys).OK {
			t.Errorf("byte %d: cut off or inserted, and not found", i)
		}
	}
	wantOK(t, verify.Bundle(src, keys))
}

// A holder who seals something else with its own key is found too.
func TestWhatTheHolderMakesUpIsFound(t *testing.T) {
	h := newHouse(t)
	for what, c := range map[string]struct {
		do          func(*bundle.Bundle)
		where, what string
	}{
		"another person": {func(b *bundle.Bundle) { b.Openings[0].Value = "account/eve" }, "actor", "not what was committed to"},
		"another salt":   {func(b *bundle.Bundle) { b.Openings[1].Salt[0] ^= 1 }, "from", "not what was committed to"},
		"another part":   {func(b *bundle.Bundle) { b.Openings[0].Part = "child" }, "child", "opens nothing"},
		"another decision": {func(b *bundle.Bundle) {
			b.Decisions[0].Record = bytes.Replace(b.Decisions[0].Record, []byte("allow"), []byte("block"), 1)
		}, "decision", "not among the decisions"},
		"another place":       {func(b *bundle.Bundle) { b.Decisions[0].Place = 1 }, "decision", "not among the decisions"},
		"decisions reordered": {func(b *bundle.Bundle) { slices.Reverse(b.Decisions) }, "decision", "not in order"},
		"a decision twice":    {func(b *bundle.Bundle) { b.Decisions[1] = b.Decisions[0] }, "decision", "not in order"},
		"its commit left out": {func(b *bundle.Bundle) { b.Leaves = b.Leaves[1:] }, "decision", "no proven commit"},
		"another leaf": {func(b *bundle.Bundle) {
			b.Leaves[1].Record = bytes.Replace(b.Leaves[1].Record, []byte("decided"), []byte("dropped"), 1)
		}, "leaf", "not in the log"},
		"another index":    {func(b *bundle.Bundle) { b.Leaves[1].Index++ }, "leaf", "not in the log"},
		"leaves reordered": {func(b *bundle.Bundle) { slices.Reverse(b.Leaves) }, "leaf", "not in order"},
		"a proof cut off":  {func(b *bundle.Bundle) { b.Leaves[0].Path = b.Leaves[0].Path[1:] }, "leaf", "not in the log"},
		"another checkpoint": {func(b *bundle.Bundle) {
			b.Checkpoint = bytes.Replace(b.Checkpoint, []byte("\n4\n"), []byte("\n5\n"), 1)
		}, "checkpoint", ""},
		"no cosignature": {func(b *bundle.Bundle) { b.Checkpoint = b.Checkpoint[:bytes.LastIndex(b.Checkpoint, []byte("— "))] }, "checkpoint", "has not cosigned"},
		"not a record":   {func(b *bundle.Bundle) { b.Decisions[0].Record = []byte(`{}`) }, "decision", "one form"},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			b, _ := h.evidence()
			c.do(b)
			src, err := bundle.Write(b, h.key)
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, verify.Bundle(src, h.keys()), c.where, c.what)
		})
	}
	// Sealed by somebody else.
	b, _ := h.evidence()
	src, err := bundle.Write(b, newHouse(t).key)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, verify.Bundle(src, h.keys()), "seal", "not by the log's key")
}

func TestTheVerifierNeedsNothingElse(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "rowan/ledger/verify", "rowan/cmd/rowan-verify").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		switch path {
		case "golang.org/x/mod/sumdb/tlog", "golang.org/x/mod/sumdb/note", "rowan/ledger", "rowan/ledger/bundle", "rowan/ledger/tiles", "rowan/ledger/verify", "rowan/cmd/rowan-verify":
		default:
			t.Errorf("the verifier imports %s", path)
		}
	}
}

func FuzzBundle(f *testing.F) {
	h := newHouse(f)
	_, src := h.evidence()
	keys := h.keys()
	f.Add(src)
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, other []byte) {
		if r := verify.Bundle(other, keys); r.OK && !bytes.Equal(other, src) {
			t.Errorf("forged: %+v", r)
		}
	})
}

func FuzzLog(f *testing.F) {
	h := newHouse(f)
	h.commit(2)
	signed, size := h.sign()
	dir := f.TempDir()
	if err := tiles.Write(context.Background(), dir, h.log, size, signed, nil); err != nil {
		f.Fatal(err)
	}
	files := load(f, dir)
	leaves := tiles.Path(-1, 0, int(size))
	f.Add(signed, files[leaves].Data)
	keys := h.keys()
	f.Fuzz(func(t *testing.T, checkpoint, entries []byte) {
		other := fstest.MapFS{}
		for name, file := range files {
			other[name] = file
		}
		other["checkpoint"], other[leaves] = &fstest.MapFile{Data: checkpoint}, &fstest.MapFile{Data: entries}
		if r := verify.Log(context.Background(), other, keys, verify.LogOptions{}); r.OK && !(bytes.Equal(checkpoint, signed) && bytes.Equal(entries, files[leaves].Data)) {
			t.Errorf("forged: %+v", r)
		}
	})
}
