package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"rowan/age/attest"
	"rowan/datafile"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/account/support"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/signal"
	"rowan/ledger"
	"rowan/rulebook"
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
	// Learned is the path of a model that rowan train made, "" for the built-in
	// one or "off".
	Learned string          `yaml:"learned"`
	Limits  limitSettings   `yaml:"limits"`
	Keep    keepSettings    `yaml:"keep"`
	Journal journalSettings `yaml:"journal"`
	// Accounts says which rules for young people's accounts hold, and Rulebook
	// is a directory of packs in the place of those shipped or beside them.
	Accounts account.ScopeFile `yaml:"accounts"`
	Rulebook string            `yaml:"rulebook"`
	// Texts is a directory of catalogues of what people are shown.
	Texts string `yaml:"texts"`
	// Age names the providers of age assurance whose signed tokens are taken.
	Age ageSettings `yaml:"age"`

	// Webhooks are told what people decide.
	Webhooks []webhookSettings `yaml:"webhooks"`
	// Casework and People are the console's.
	Casework caseworkSettings `yaml:"casework"`
	// Ledger says what the log is called and who cosigns it.
	Ledger ledgerSettings `yaml:"ledger"`
	People peopleSettings `yaml:"people"`

	dir string
}

type ageSettings struct {
	Providers []attest.Provider `yaml:"providers"`
}

type limitSettings struct {
	BodyBytes     int      `yaml:"body_bytes"`
	LineBytes     int      `yaml:"line_bytes"`
	TextBytes     int      `yaml:"text_bytes"`
	Depth         int      `yaml:"depth"`
	Recipients    int      `yaml:"recipients"`
	IDBytes       int      `yaml:"id_bytes"`
	Future        duration `yaml:"future"`
	Past          duration `yaml:"past"`
	EventsASecond int      `yaml:"events_per_second"`
}

type keepSettings struct {
	Messages  int      `yaml:"messages"`
	Days      int      `yaml:"days"`
	PairDays  int      `yaml:"pair_days"`
	ActorDays int      `yaml:"actor_days"`
	Room      duration `yaml:"room"`
}

type journalSettings struct {
	Shards          int `yaml:"shards"`
	Batch           int `yaml:"batch"`
	CheckpointEvery int `yaml:"checkpoint_every"`
	RunSize         int `yaml:"idempotency_run"`
	Runs            int `yaml:"idempotency_runs"`
}

type duration time.Duration

// UnmarshalYAML reads a duration. The error has the parser's own form, so that
// datafile finds the line in it.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a duration such as 10m or 24h", n.Line)}}
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
	if err := s.check(doc); err != nil {
		return nil, err
	}
	return s, nil
}

// check looks for values that no deployment can mean. keep.messages may be
// negative: then no text is kept.
func (s *settings) check(doc *datafile.Document) error {
	const many, long = 1 << 31, 100 * 365 * 24 * time.Hour
	l, k, j := &s.Limits, &s.Keep, &s.Journal
	var wrong []error
	for _, v := range []struct {
		group, name string
		n, most     int
	}{
		{"limits", "body_bytes", l.BodyBytes, many}, {"limits", "line_bytes", l.LineBytes, many},
		{"limits", "text_bytes", l.TextBytes, many}, {"limits", "depth", l.Depth, 1000},
		{"limits", "recipients", l.Recipients, 1<<15 - 1}, {"limits", "id_bytes", l.IDBytes, 1 << 16},
		{"limits", "events_per_second", l.EventsASecond, many},
		{"keep", "days", k.Days, 36500}, {"keep", "pair_days", k.PairDays, 36500}, {"keep", "actor_days", k.ActorDays, 36500},
		{"journal", "shards", j.Shards, 256}, {"journal", "batch", j.Batch, ledger.MaxDecisions},
		{"journal", "checkpoint_every", j.CheckpointEvery, many}, {"journal", "idempotency_run", j.RunSize, many},
		{"journal", "idempotency_runs", j.Runs, 1 << 16},
		{"casework", "keep_days", s.Casework.KeepDays, 36500}, {"casework", "budget", s.Casework.Budget.Lines, many},
	} {
		if v.n < 0 || v.n > v.most {
			wrong = append(wrong, doc.Errorf([]any{v.group, v.name}, "%s is %d; it must lie between 0 and %d", v.name, v.n, v.most))
		}
	}
	for _, v := range []struct {
		group, name string
		d           duration
	}{{"limits", "future", l.Future}, {"limits", "past", l.Past}, {"keep", "room", k.Room}} {
		if d := time.Duration(v.d); d < 0 || d > long || d > 0 && d < time.Second {
			wrong = append(wrong, doc.Errorf([]any{v.group, v.name}, "%s is %v; it must be a second or more, and no more than 100 years", v.name, d))
		}
	}
	if share := s.share(); share < 0 || share > 1 {
		wrong = append(wrong, doc.Errorf([]any{"casework", "review_share"}, "review_share is %g; it must lie between 0 and 1", share))
	}
	for i := range s.Age.Providers {
		if err := s.Age.Providers[i].Check(); err != nil {
			wrong = append(wrong, doc.Errorf([]any{"age", "providers", i}, "%v", err))
		}
	}
	if err := s.People.check(doc); err != nil {
		wrong = append(wrong, err)
	}
	if s.Accounts.Mode != account.Off {
		if _, err := s.Accounts.Scope(); err != nil {
			wrong = append(wrong, doc.Errorf([]any{"accounts"}, "%v", err))
		}
	}
	if err := checkWebhooks(s.Webhooks, doc); err != nil {
		wrong = append(wrong, err)
	}
	if s.Casework.Off && len(s.Webhooks) > 0 {
		wrong = append(wrong, doc.Errorf([]any{"webhooks"}, "casework is off, so there is nothing to send: remove webhooks or casework.off"))
	}
	if err := s.Ledger.check(doc); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
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
	}{{s.Policy, &out.Policy}, {s.Features, &out.Features}, {s.Model, &out.Model}, {s.Learned, &out.Learned}} {
		if f.path == "off" && f.to == &out.Learned {
			*f.to = signal.File{Name: "off", Source: []byte{}}
			continue
		}
		if f.path == "" {
			continue
		}
		file, err := readFile(s.resolve(f.path))
		if err != nil {
			return out, err
		}
		*f.to = file
	}
	if err := s.rules(&out); err != nil {
		return out, err
	}
	if s.Texts != "" {
		files, err := support.Directory(s.resolve(s.Texts))
		if err != nil {
			return out, err
		}
		for _, f := range files {
			out.Texts = append(out.Texts, signal.File(f))
		}
	}
	if s.Lexicons == "" {
		return out, nil
	}
	return withLexicons(out, s.resolve(s.Lexicons))
}

// rules adds the rules for young people's accounts, unless they are off.
func (s *settings) rules(out *engine.Sources) error {
	if s.Accounts.Mode == account.Off {
		return nil
	}
	src, err := s.Accounts.Source()
	if err != nil {
		return err
	}
	out.Accounts = signal.File{Name: "accounts", Source: src}
	if s.Rulebook == "" {
		return nil
	}
	files, err := rulebook.Directory(s.resolve(s.Rulebook))
	for _, f := range files {
		out.Rulebook = append(out.Rulebook, signal.File(f))
	}
	return err
}

// attestor checks tokens of the providers that the settings name, nil if there
// are none.
func (s *settings) attestor(log *slog.Logger) (server.Attestor, error) {
	if len(s.Age.Providers) == 0 {
		return nil, nil
	}
	providers := slices.Clone(s.Age.Providers)
	for i := range providers {
		if p := &providers[i]; !strings.Contains(p.Keys, "://") {
			p.Keys = s.resolve(p.Keys)
		}
	}
	return attest.New(providers, attest.Options{Log: log})
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
