package simulate

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"
)

// Write simulates to the end and writes the events as NDJSON, gzip-compressed
// if packed. step, if not nil, is told how far it has come.
func (p *Platform) Write(ctx context.Context, w io.Writer, packed bool, step func(events, done, all int64)) error {
	group, ctx := errgroup.WithContext(ctx)
	// One slice is made while the one before is packed and written: a batch
	// lasts until the call after the next, and the next begins when the one
	// before is done. A slice is a gzip member of its own.
	texts := make(chan []byte)
	group.Go(func() error {
		defer close(texts)
		for {
			b, more, err := p.Next(ctx)
			if err != nil || !more {
				return err
			}
			if step != nil {
				step(p.totals.Events, p.now-p.start, p.end-p.start)
			}
			select {
			case texts <- b.Bytes():
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	group.Go(func() error {
		var packer *gzip.Writer
		var out bytes.Buffer
		if packed {
			var err error
			if packer, err = gzip.NewWriterLevel(&out, gzip.BestSpeed); err != nil {
				return fmt.Errorf("packing events: %w", err)
			}
		}
		for text := range texts {
			if len(text) > 0 {
				if err := writeText(w, text, packer, &out); err != nil {
					return fmt.Errorf("writing events: %w", err)
				}
			}
		}
		return nil
	})
	return group.Wait()
}

func writeText(w io.Writer, text []byte, packer *gzip.Writer, out *bytes.Buffer) error {
	if packer == nil {
		_, err := w.Write(text)
		return err
	}
	out.Reset()
	packer.Reset(out)
	if _, err := packer.Write(text); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// WriteTruth writes all that is known of the truth.
func (p *Platform) WriteTruth(w io.Writer) error {
	for _, t := range p.Truth() {
		if err := WriteTruth(w, t); err != nil {
			return err
		}
	}
	return nil
}

// Totals are those so far.
func (p *Platform) Totals() Totals {
	truths := p.Truth()
	return *truths[len(truths)-1].Totals
}
