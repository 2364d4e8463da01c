// Package bundle is evidence that stands by itself: the records about a matter,
// what the holder discloses of them, and the proofs that they are in the log of
// a signed checkpoint. A bundle is a zip file without compression, of which
// there is exactly one form, so that a changed byte shows wherever it is.
//
// Like ledger it needs the standard library and golang.org/x/mod only.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// Format is the form of the bundles that this package writes.
const Format = 1

// The files of a bundle, in their order.
const (
	ManifestFile   = "manifest.json"
	CheckpointFile = "checkpoint"
	LeavesFile     = "leaves.json"
	DecisionsFile  = "decisions.json"
	OpeningsFile   = "openings.json"
	AccountFile    = "account.json"
	SealFile       = "seal"
)

// Files are their names; the account may be missing.
func Files() []string {
	return []string{ManifestFile, CheckpointFile, LeavesFile, DecisionsFile, OpeningsFile, AccountFile, SealFile}
}

// Manifest says what the bundle is. It is sealed with the log's key.
type Manifest struct {
	Disclosed []string             `json:"disclosed"` // parts that were opened
	Files     map[string]tlog.Hash `json:"files"`     // SHA-256 of each file but this and the seal
	Format    int                  `json:"format"`
	Made      time.Time            `json:"made"`
	Of        string               `json:"of"` // "case/12"
	Origin    string               `json:"origin"`
}

// Leaf is one of the log's, with its proof.
type Leaf struct {
	Index  int64            `json:"index"`
	Path   tlog.RecordProof `json:"path"`
	Record json.RawMessage  `json:"record"`
}

// Decision is one under a commit's root.
type Decision struct {
	Leaf   int64            `json:"leaf"` // of its commit, which is among the leaves
	Path   tlog.RecordProof `json:"path"`
	Place  int64            `json:"place"`
	Record json.RawMessage  `json:"record"`
}

// Opening opens a part of a leaf ("leaf/12") or a decision ("decision/345").
type Opening struct {
	Of string `json:"of"`
	ledger.Opening
}

// Bundle is what a bundle holds.
type Bundle struct {
	Manifest   Manifest
	Checkpoint []byte
	Leaves     []Leaf
	Decisions  []Decision
	Openings   []Opening
	Account    json.RawMessage // what the holder says in its own words; not proven
	Seal       []byte
}

// SealText is what the log's key signs over a manifest.
func SealText(manifest []byte) string {
	return fmt.Sprintf("rowan evidence bundle %d\n%s\n", Format, tlog.Hash(sha256.Sum256(manifest)))
}

// Write seals a bundle and returns the zip file. It fills in the manifest's
// files and format.
func Write(b *Bundle, key note.Signer) ([]byte, error) {
	b.Manifest.Format, b.Manifest.Origin = Format, key.Name()
	b.Manifest.Made = b.Manifest.Made.UTC().Truncate(time.Second)
	b.Manifest.Files = map[string]tlog.Hash{}
	files, err := b.files()
	if err != nil {
		return nil, err
	}
	for name, src := range files {
		b.Manifest.Files[name] = sha256.Sum256(src)
	}
	manifest, err := encode(b.Manifest)
	if err != nil {
		return nil, err
	}
	files[ManifestFile] = manifest
	if b.Seal, err = note.Sign(&note.Note{Text: SealText(manifest)}, key); err != nil {
		return nil, fmt.Errorf("seal bundle: %w", err)
	}
	files[SealFile] = b.Seal
	return pack(files)
}

// files are all but the manifest and the seal.
func (b *Bundle) files() (map[string][]byte, error) {
	files := map[string][]byte{CheckpointFile: b.Checkpoint}
	for name, v := range map[string]any{LeavesFile: orNone(b.Leaves), DecisionsFile: orNone(b.Decisions), OpeningsFile: orNone(b.Openings)} {
		src, err := encode(v)
		if err != nil {
			return nil, err
		}
		files[name] = src
	}
	if b.Account != nil {
		files[AccountFile] = b.Account
	}
	return files, nil
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// encode is a value's one form. Records keep theirs: they have no white space,
// and nothing is escaped.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return b.Bytes(), nil
}

// pack makes the zip file: its files in order, stored, of no date.
func pack(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range Files() {
		src, ok := files[name]
		if !ok {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(src)
		}
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return b.Bytes(), nil
}

// MaxSize is the greatest bundle that is read.
const MaxSize = 256 << 20

// Read takes a bundle apart. It refuses every form but the one that Write makes,
// and files that are not those of the manifest; it checks no signature and no
// proof.
func Read(src []byte) (*Bundle, error) {
	if len(src) > MaxSize {
		return nil, fmt.Errorf("the bundle has %d bytes; at most %d are read", len(src), MaxSize)
	}
	z, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		return nil, fmt.Errorf("the bundle is damaged: %w", err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if f.Method != zip.Store || f.UncompressedSize64 > uint64(len(src)) || len(z.File) > len(Files()) {
			return nil, fmt.Errorf("%s is not as this tool writes it", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		body, err := io.ReadAll(io.LimitReader(r, int64(len(src))))
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		files[f.Name] = body
	}
	again, err := pack(files)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, src) {
		return nil, errors.New("the file around the records was changed: it is not as this tool writes it")
	}
	return parse(files)
}

func parse(files map[string][]byte) (*Bundle, error) {
	b := &Bundle{Checkpoint: files[CheckpointFile], Account: files[AccountFile], Seal: files[SealFile]}
	for name, to := range map[string]any{
		ManifestFile: &b.Manifest, LeavesFile: &b.Leaves, DecisionsFile: &b.Decisions, OpeningsFile: &b.Openings,
	} {
		src, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s is missing", name)
		}
		if err := json.Unmarshal(src, to); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		again, err := encode(to)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !bytes.Equal(again, src) {
			return nil, fmt.Errorf("%s is not as this tool writes it", name)
		}
	}
	if b.Manifest.Format != Format {
		return nil, fmt.Errorf("a bundle of format %d; this tool reads %d", b.Manifest.Format, Format)
	}
	for name, want := range b.Manifest.Files {
		src, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s is missing", name)
		}
		if tlog.Hash(sha256.Sum256(src)) != want {
			return nil, fmt.Errorf("%s is not the one that was sealed", name)
		}
	}
	if len(files) != len(b.Manifest.Files)+2 {
		return nil, errors.New("the manifest does not list every file")
	}
	return b, nil
}

// ManifestBytes are the manifest as it was sealed.
func (b *Bundle) ManifestBytes() ([]byte, error) { return encode(b.Manifest) }
