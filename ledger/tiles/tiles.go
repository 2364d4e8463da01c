// Package tiles writes a ledger as static files, in the layout of C2SP
// tlog-tiles: checkpoint, tile/LEVEL/NUMBER and tile/entries/NUMBER.
package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
)

// CheckpointFile is written last: what it says is there.
const CheckpointFile = "checkpoint"

// Width is how many hashes or leaves a full file holds.
const Width = 1 << ledger.TileHeight

// Path is the path of a tile with slashes; level -1 is that of leaves. Width
// below 256 is a partial one.
func Path(level int, number int64, width int) string {
	n := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		n = fmt.Sprintf("x%03d/%s", number%1000, n)
	}
	name := fmt.Sprintf("tile/%d/%s", level, n)
	if level < 0 {
		name = "tile/entries/" + n
	}
	if width < Width {
		name += fmt.Sprintf(".p/%d", width)
	}
	return name
}

// Source is a log. *ledger.Log is one.
type Source interface {
	Read(ctx context.Context, from, to int64, each func(at int64, leaf ledger.Leaf) error) error
	Tile(ctx context.Context, t tlog.Tile) ([]byte, error)
}

// Write brings a directory up to the tree of a signed checkpoint. Full files
// that are there already stay; progress, if not nil, is told how many leaves
// are done.
func Write(ctx context.Context, dir string, log Source, size int64, signed []byte, progress func(done, all int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	var bundle bytes.Buffer
	for first := int64(0); first < size; first += Width {
		width := int(min(Width, size-first))
		path := filepath.Join(dir, filepath.FromSlash(Path(-1, first/Width, width)))
		if _, err := os.Stat(path); err == nil && width == Width {
			continue
		}
		bundle.Reset()
		err := log.Read(ctx, first, first+int64(width), func(_ int64, leaf ledger.Leaf) error {
			bundle.Write(binary.BigEndian.AppendUint16(nil, uint16(len(leaf))))
			bundle.Write(leaf)
			return nil
		})
		if err == nil {
			err = writeFile(path, bundle.Bytes())
		}
		if err != nil {
			return fmt.Errorf("write leaves: %w", err)
		}
		progress(first+int64(width), size)
	}
	for _, t := range tlog.NewTiles(ledger.TileHeight, 0, size) {
		path := filepath.Join(dir, filepath.FromSlash(Path(t.L, t.N, t.W)))
		if _, err := os.Stat(path); err == nil && t.W == Width {
			continue
		}
		data, err := log.Tile(ctx, t)
		if err == nil {
			err = writeFile(path, data)
		}
		if err != nil {
			return fmt.Errorf("write tile: %w", err)
		}
	}
	if err := dropPartial(dir, size); err != nil {
		return fmt.Errorf("remove old tiles: %w", err)
	}
	return writeFile(filepath.Join(dir, CheckpointFile), signed)
}

// dropPartial removes the partial files of smaller trees, so that there is one
// account of each leaf.
func dropPartial(dir string, size int64) error {
	keep := map[string]bool{}
	if rest := size % Width; rest > 0 {
		keep[Path(-1, size/Width, int(rest))] = true
	}
	for level, n := 0, size; n > 0; level, n = level+1, n/Width {
		if rest := n % Width; rest > 0 {
			keep[Path(level, n/Width, int(rest))] = true
		}
	}
	root := filepath.Join(dir, "tile")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(filepath.Dir(path), ".p") {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || keep[filepath.ToSlash(rel)] {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		// Fails if there is another, which is right.
		_ = os.Remove(filepath.Dir(path))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an empty log
	}
	return err
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
