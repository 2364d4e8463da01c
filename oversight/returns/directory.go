package returns

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"

	"rowan/ledger"
	"rowan/ledger/tiles"
	"rowan/ledger/verify"
)

// Directory is a whole log in files (C2SP tlog-tiles), as rowan evidence log
// writes it.
type Directory struct {
	files fs.FS
	size  int64
}

// OpenDirectory finds the log in some files.
func OpenDirectory(files fs.FS) (*Directory, error) {
	signed, err := fs.ReadFile(files, tiles.CheckpointFile)
	if err != nil {
		return nil, fmt.Errorf("log: %w; 'rowan evidence log' writes one", err)
	}
	c, err := unverified(signed)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return &Directory{files, c.N}, nil
}

// Read calls each for the leaves of a range, fewer if files end before it.
func (d *Directory) Read(ctx context.Context, from, to int64, each func(at int64, leaf ledger.Leaf) error) error {
	to = min(to, d.size)
	for number := from / tiles.Width; number*tiles.Width < to; number++ {
		first := number * tiles.Width
		src, err := fs.ReadFile(d.files, tiles.Path(-1, number, int(min(tiles.Width, d.size-first))))
		if err != nil {
			return err
		}
		for at := first; len(src) > 0 && at < to; at++ {
			if len(src) < 2 || len(src) < 2+int(binary.BigEndian.Uint16(src)) {
				return fmt.Errorf("%w: leaf %d is torn", errLeaf, at)
			}
			leaf := src[2 : 2+binary.BigEndian.Uint16(src)]
			src = src[2+len(leaf):]
			if at < from {
				continue
			}
			if err := each(at, leaf); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// directory checks a log in files by itself, and that it has grown from the
// checkpoint of the return.
func (v *verification) directory(ctx context.Context, d *Directory) {
	o := verify.LogOptions{}
	if c, err := unverified([]byte(v.s.Checkpoint)); err == nil {
		if c.N > d.size {
			v.finds(Truncated, "the log given has %d leaves; the return's checkpoint is of %d: it was cut off, or is older than the return", d.size, c.N)
		} else {
			o.Earlier = [][]byte{[]byte(v.s.Checkpoint)}
		}
	}
	report := verify.Log(ctx, d.files, verify.Keys{Log: v.keys.Log}, o)
	for i, p := range report.Problems {
		if i == mostProblems {
			v.finds(OtherLog, "the log given: %d more problems", int64(len(report.Problems)-i)+report.More)
			break
		}
		v.finds(OtherLog, "the log given: %s: %s", p.Where, p.What)
	}
}

// mostProblems of a log are listed; 'rowan-verify' tells all.
const mostProblems = 10
