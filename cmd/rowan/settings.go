package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rowan/datafile"
	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/signal"
	"rowan/server"
)

// settingsFile is looked for in the data directory.
const settingsFile = "rowan.yaml"

// settings are what an operator may set. docs/operate.md lists them.
type settings struct {
	Address string `yaml:"address"`
	// Policy, Features and Model are paths of data files, relative to the
	// settings file; Lexicons a directory of private ones.
	Policy   string `yaml:"policy"`
	Features string `yaml:"features"`
	Model    string `yaml:"model"`
	Lexicons string `yaml:"lexicons"`
	Limits   struct {
		BodyBytes     int      `yaml:"body_bytes"`
		LineBytes     int      `yaml:"line_bytes"`
		TextBytes     int      `yaml:"text_bytes"`
		Depth         int      `yaml:"depth"`
		Recipients    int      `yaml:"recipients"`
		IDBytes       int      `yaml:"id_bytes"`
		Future        duration `yaml:"future"`
		Past          duration `yaml:"past"`
		EventsASecond int      `yaml:"events_per_second"`
	} `yaml:"limits"`
	Keep struct {
		Messages  int      `yaml:"messages"`
		Days      int      `yaml:"days"`
		PairDays  int      `yaml:"pair_days"`
		ActorDays int      `yaml:"actor_days"`
		Room      duration `yaml:"room"`
	} `yaml:"keep"`
	Journal struct {
		Shards          int `yaml:"shards"`
		Batch           int `yaml:"batch"`
		CheckpointEvery int `yaml:"checkpoint_every"`
		RunSize         int `yaml:"idempotency_run"`
		Runs            int `yaml:"idempotency_runs"`
	} `yaml:"journal"`

	dir string
}

type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration such as 10m or 24h", b)
	}
	*d = duration(v)
	return nil
}

// readSettings reads the file at path, or rowan.yaml in the data directory if
// there is one.
func readSettings(path, data string) (*settings, error) {
	s := &settings{Address: "127.0.0.1:8420", dir: data}
	s.Limits.EventsASecond = server.DefaultRate
	named := path != ""
	if !named {
		path = filepath.Join(data, settingsFile)
	}
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.dir = filepath.Dir(path)
	doc, err := datafile.Parse(path, src, s)
	if err != nil {
		return nil, err
	}
	for _, v := range []struct {
		path []any
		n    int
	}{
		{[]any{"keep", "days"}, s.Keep.Days}, {[]any{"keep", "pair_days"}, s.Keep.PairDays}, {[]any{"keep", "actor_days"}, s.Keep.ActorDays},
		{[]any{"journal", "shards"}, s.Journal.Shards}, {[]any{"journal", "batch"}, s.Journal.Batch},
		{[]any{"journal", "checkpoint_every"}, s.Journal.CheckpointEvery}, {[]any{"journal", "idempotency_run"}, s.Journal.RunSize},
		{[]any{"journal", "idempotency_runs"}, s.Journal.Runs}, {[]any{"limits", "depth"}, s.Limits.Depth}, {[]any{"limits", "events_per_second"}, s.Limits.EventsASecond},
	} {
		if v.n < 0 {
			return nil, doc.Errorf(v.path, "%v is %d; it must not be negative", v.path[1], v.n)
		}
	}
	return s, nil
}

func (s *settings) limits() event.Limits {
	l := event.DefaultLimits()
	set(&l.Body, s.Limits.BodyBytes)
	set(&l.Line, s.Limits.LineBytes)
	set(&l.Text, s.Limits.TextBytes)
	set(&l.Depth, s.Limits.Depth)
	set(&l.Recipients, s.Limits.Recipients)
	set(&l.ID, s.Limits.IDBytes)
	set(&l.Future, time.Duration(s.Limits.Future))
	set(&l.Past, time.Duration(s.Limits.Past))
	return l
}

func set[T comparable](to *T, v T) {
	var zero T
	if v != zero {
		*to = v
	}
}

func (s *settings) journal() journal.Options {
	retain := engine.DefaultRetention()
	const day = 86400
	set(&retain.Pair, uint32(s.Keep.PairDays)*day)
	set(&retain.Actor, uint32(s.Keep.ActorDays)*day)
	set(&retain.Room, uint32(time.Duration(s.Keep.Room).Seconds()))
	return journal.Options{
		Shards: s.Journal.Shards, Batch: s.Journal.Batch, CheckpointEvery: s.Journal.CheckpointEvery,
		RunSize: s.Journal.RunSize, Runs: s.Journal.Runs,
		TextMessages: s.Keep.Messages, TextDays: s.Keep.Days, Retain: retain,
	}
}

// sources reads the data files that the settings name.
func (s *settings) sources() (engine.Sources, error) {
	var out engine.Sources
	for _, f := range []struct {
		path string
		to   *signal.File
	}{{s.Policy, &out.Policy}, {s.Features, &out.Features}, {s.Model, &out.Model}} {
		if f.path == "" {
			continue
		}
		file, err := readFile(s.resolve(f.path))
		if err != nil {
			return out, err
		}
		*f.to = file
	}
	if s.Lexicons == "" {
		return out, nil
	}
	return withLexicons(out, s.resolve(s.Lexicons))
}

func (s *settings) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.dir, path)
}

// withLexicons adds an operator's own lexicons to the built-in ones.
func withLexicons(out engine.Sources, dir string) (engine.Sources, error) {
	own, err := signal.DirectoryLexicons(dir)
	if err != nil {
		return out, err
	}
	builtIn, err := signal.DefaultLexicons()
	if err != nil {
		return out, err
	}
	out.Lexicons = append(builtIn, own...)
	return out, nil
}

func readFile(path string) (signal.File, error) {
	src, err := os.ReadFile(path)
	return signal.File{Name: path, Source: src}, err
}

// dataFlag adds --data.
func dataFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "data", "./data", "the data directory")
}
