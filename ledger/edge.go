package ledger

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of the tiles in which hashes are kept: 256 a tile, as
// C2SP tlog-tiles says.
const TileHeight = 8

const tileWidth = 1 << TileHeight

// Tile is 256 hashes of one level: those of level 8*Level, from Number*256 on.
type Tile struct {
	Level  int
	Number int64
	Hashes []byte
}

// edge is the right side of the tree: of each level of tiles the last one, which
// is not full yet. With the full tiles it is the whole tree.
type edge struct {
	size   int64
	levels [][]tlog.Hash
}

// clone copies what add changes.
func (e *edge) clone() *edge {
	c := &edge{size: e.size, levels: make([][]tlog.Hash, len(e.levels))}
	for i, l := range e.levels {
		c.levels[i] = append(make([]tlog.Hash, 0, tileWidth), l...)
	}
	return c
}

// add appends a leaf's hash and calls full for each tile that it completes.
func (e *edge) add(h tlog.Hash, full func(Tile)) {
	e.size++
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]tlog.Hash, 0, tileWidth))
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < tileWidth {
			return
		}
		hashes := make([]byte, 0, tileWidth*tlog.HashSize)
		for _, h := range e.levels[level] {
			hashes = append(hashes, h[:]...)
		}
		full(Tile{Level: level, Number: e.size>>(TileHeight*(level+1)) - 1, Hashes: hashes})
		h = tileRoot(e.levels[level])
		e.levels[level] = e.levels[level][:0]
	}
}

// tileRoot is the hash above a full tile.
func tileRoot(hashes []tlog.Hash) tlog.Hash {
	level := append(make([]tlog.Hash, 0, tileWidth), hashes...)
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// root is the hash of the tree.
func (e *edge) root() (tlog.Hash, error) {
	if e.size == 0 {
		return tlog.TreeHash(0, nil)
	}
	return tlog.TreeHash(e.size, e.reader(func(int, int64) ([]byte, error) {
		return nil, fmt.Errorf("the root of %d leaves needs a full tile", e.size)
	}))
}

// reader reads any hash of the tree: from the edge, or from full tiles.
func (e *edge) reader(full func(level int, number int64) ([]byte, error)) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		tiles := map[[2]int64][]byte{} // several hashes come from each
		for i, index := range indexes {
			t := tlog.TileForIndex(TileHeight, index)
			var data []byte
			if t.N < e.size>>(TileHeight*(t.L+1)) {
				at := [2]int64{int64(t.L), t.N}
				all := tiles[at]
				if all == nil {
					var err error
					if all, err = full(t.L, t.N); err != nil {
						return nil, err
					}
					if len(all) != tileWidth*tlog.HashSize {
						return nil, fmt.Errorf("tile %d/%d has %d bytes", t.L, t.N, len(all))
					}
					tiles[at] = all
				}
				data = all[:t.W*tlog.HashSize]
			} else {
				if t.L >= len(e.levels) || t.W > len(e.levels[t.L]) {
					return nil, fmt.Errorf("hash %d is not in a tree of %d leaves", index, e.size)
				}
				for _, h := range e.levels[t.L][:t.W] {
					data = append(data, h[:]...)
				}
			}
			h, err := tlog.HashFromTile(t, data, index)
			if err != nil {
				return nil, err
			}
			out[i] = h
		}
		return out, nil
	})
}
