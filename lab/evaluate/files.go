package evaluate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"rowan/lab/evaluate/corpus"
	"rowan/lab/scan"
	"rowan/lab/simulate"
)

// Files adds files of a kind to the input: transcripts, simulated, pan12 or
// espd. open may be called more than once for a path.
func Files(in *Input, kind string, paths []string, open func(path string) (io.Reader, error)) error {
	switch kind {
	case "transcripts":
		for _, path := range paths {
			if err := addTranscripts(in, path, open); err != nil {
				return err
			}
		}
		return nil
	case "simulated":
		if len(paths) != 2 {
			return errors.New("a simulation is two files: the events and the truth")
		}
		return addSimulated(in, paths[0], paths[1], open)
	case "pan12":
		if len(paths) != 2 {
			return errors.New("PAN-2012 is two files: the XML and the list of ids")
		}
		return addPAN12(in, paths[0], paths[1], open)
	case "espd":
		for _, path := range paths {
			r, err := open(path)
			if err != nil {
				return err
			}
			s := &Stream{Name: filepath.Base(path), Source: Corpus, Assume: scan.OlderStranger}
			switch plain := strings.TrimSuffix(path, ".gz"); {
			case strings.HasSuffix(plain, ".json"):
				s.Read = corpus.Datapack(s.Name, r)
			case strings.HasSuffix(plain, ".csv"):
				s.Read = corpus.Segments(s.Name, r)
			default:
				return fmt.Errorf("%s is neither a datapack (.json) nor a table (.csv)", s.Name)
			}
			in.Streams = append(in.Streams, s)
		}
		return nil
	}
	return fmt.Errorf("no corpus is called %q; there are: transcripts, simulated, pan12, espd", kind)
}

func addTranscripts(in *Input, path string, open func(string) (io.Reader, error)) error {
	r, err := open(path)
	if err != nil {
		return err
	}
	t := &Transcripts{Name: filepath.Base(path), Part: Measure}
	for c, err := range corpus.Transcripts(t.Name, r) {
		if err != nil {
			return err
		}
		t.Conversations = append(t.Conversations, c)
	}
	if len(t.Conversations) == 0 {
		return fmt.Errorf("%s: there is no conversation in it", t.Name)
	}
	in.Transcripts = append(in.Transcripts, t)
	return nil
}

func addSimulated(in *Input, events, truth string, open func(string) (io.Reader, error)) error {
	r, err := open(truth)
	if err != nil {
		return err
	}
	p := &Platform{Name: filepath.Base(events), Events: func() iter.Seq2[[]byte, error] { return lines(events, open) }}
	for t, err := range simulate.ReadTruth(filepath.Base(truth), r) {
		if err != nil {
			return err
		}
		p.Truth = append(p.Truth, t)
	}
	in.Platforms = append(in.Platforms, p)
	return nil
}

func addPAN12(in *Input, xml, ids string, open func(string) (io.Reader, error)) error {
	list, err := open(ids)
	if err != nil {
		return err
	}
	authors, err := corpus.Authors(filepath.Base(ids), list)
	if err != nil {
		return err
	}
	r, err := open(xml)
	if err != nil {
		return err
	}
	name := filepath.Base(xml)
	in.Streams = append(in.Streams, &Stream{Name: name, Source: Corpus, Assume: scan.OlderStranger, Authors: true, Read: corpus.PAN12(name, r, authors, &corpus.Skipped{})})
	return nil
}

// Benign is real benign chat: every alert in it is false.
func Benign(path string, r io.Reader) *Stream {
	name := filepath.Base(path)
	return &Stream{Name: name, Source: Real, Assume: scan.OlderStranger, Read: corpus.Transcripts(name, r)}
}

// maxEvent is the length in bytes above which an event is refused.
const maxEvent = 16 << 20

// lines are the lines of a file, gzip-compressed or plain, valid until the next.
func lines(path string, open func(string) (io.Reader, error)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		name := filepath.Base(path)
		r, err := open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		in := bufio.NewReaderSize(r, 1<<16)
		var from io.Reader = in
		if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
			if from, err = gzip.NewReader(in); err != nil {
				yield(nil, fmt.Errorf("%s: %w", name, err))
				return
			}
		}
		s := bufio.NewScanner(from)
		s.Buffer(make([]byte, 1<<16), maxEvent)
		for s.Scan() {
			if line := bytes.TrimSpace(s.Bytes()); len(line) > 0 && !yield(line, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(nil, fmt.Errorf("%s: %w", name, err))
		}
	}
}
