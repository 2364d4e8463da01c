package signal

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"rowan/datafile"
)

// Stage is the part of a grooming process that a signal belongs to. The order
// of the constants is for display: real cases do not keep to an order.
type Stage uint8

// The stages. StageNone is that of context and protective signals.
const (
	StageNone Stage = iota
	StageAccess
	StageTrust
	StageIsolation
	StageExclusivity
	StageRiskAssessment
	StageCompliance
	StageDesensitise
	StageReframing
	StageApproach
	StageCoercion
	StageMaintenance
)

// NStages bounds Stage: every Stage is below it.
const NStages = 12

// stageNames is the vocabulary of the taxonomy file, in the order of Stage.
func stageNames() [NStages]string {
	return [NStages]string{
		"none", "access", "trust", "isolation", "exclusivity", "risk_assessment",
		"compliance", "desensitise", "reframing", "approach", "coercion", "maintenance",
	}
}

func (s Stage) String() string {
	if s >= NStages {
		return fmt.Sprintf("stage(%d)", uint8(s))
	}
	return stageNames()[s]
}

// Direction is who must have written a line for its signal to count. The actor
// is the older or unknown party of a pair.
type Direction uint8

// The directions.
const (
	Either Direction = iota
	FromActor
	FromMinor
)

func directionNames() [3]string { return [3]string{"either", "from_actor", "from_minor"} }

func (d Direction) String() string {
	names := directionNames()
	if int(d) >= len(names) {
		return fmt.Sprintf("direction(%d)", uint8(d))
	}
	return names[d]
}

// Signal is one row of the taxonomy.
type Signal struct {
	ID           ID
	Code         string // "A04"
	Name         string // "supervision_probe"
	Title        string // a few plain words for a reviewer
	Definition   string
	Blind        string // what it cannot see
	Stage        Stage
	Direction    Direction
	Polarity     int8          // +1 raises risk, -1 lowers it, 0 is context
	Severity     uint8         // 0 (context) to 5
	PeerSeverity uint8         // severity between young people of like age
	Weight       float64       // log-odds of one full hit; negative for protective signals
	Cap          float64       // the sum of this signal's hits never passes it
	HalfLife     time.Duration // of a hit's weight; 0 does not decay
	Observed     string        // text, metadata or both
	Source       string        // short names of the publications it comes from
}

// Taxonomy is the set of signals, fixed once loaded.
type Taxonomy struct {
	Version string
	Date    string
	Source  string
	signals []Signal // by ID; 0 is a zero Signal
	codes   map[string]ID
}

// maxSignals keeps every ID inside a uint64 used as a set.
const maxSignals = 63

//go:embed taxonomy.yaml
var taxonomyYAML []byte

// DefaultTaxonomy parses the taxonomy that is built in.
func DefaultTaxonomy() (*Taxonomy, error) {
	file := TaxonomyFile()
	return LoadTaxonomy(file.Name, file.Source)
}

// TaxonomyFile is the built-in taxonomy as text.
func TaxonomyFile() File { return File{Name: "taxonomy.yaml", Source: taxonomyYAML} }

// Lookup finds a signal by its code, such as "A04".
func (t *Taxonomy) Lookup(code string) (ID, bool) {
	id, ok := t.codes[code]
	return id, ok
}

// Signal returns the row of an ID. Of an ID that is not in the taxonomy it
// returns a row with no code and no weight. The row is not to be changed.
func (t *Taxonomy) Signal(id ID) *Signal {
	if int(id) >= len(t.signals) {
		return &t.signals[0]
	}
	return &t.signals[id]
}

// Len is the number of signals. IDs run from 1 to Len.
func (t *Taxonomy) Len() int { return len(t.signals) - 1 }

type taxonomyFile struct {
	Version string        `yaml:"version"`
	Date    string        `yaml:"date"`
	Source  string        `yaml:"source"`
	Signals []taxonomyRow `yaml:"signals"`
}

type taxonomyRow struct {
	Code         string  `yaml:"code"`
	Name         string  `yaml:"name"`
	Title        string  `yaml:"title"`
	Definition   string  `yaml:"definition"`
	Blind        string  `yaml:"blind"`
	Stage        string  `yaml:"stage"`
	Direction    string  `yaml:"direction"`
	Observed     string  `yaml:"observed"`
	Polarity     int8    `yaml:"polarity"`
	Severity     uint8   `yaml:"severity"`
	PeerSeverity *uint8  `yaml:"peer_severity"`
	Weight       float64 `yaml:"weight"`
	Cap          float64 `yaml:"cap"`
	HalfLifeDays float64 `yaml:"half_life_days"`
	Source       string  `yaml:"source"`
}

// LoadTaxonomy reads a taxonomy. Which signals it must hold, engine.NewConfig
// says.
func LoadTaxonomy(file string, src []byte) (*Taxonomy, error) {
	var raw taxonomyFile
	doc, err := datafile.Parse(file, src, &raw)
	if err != nil {
		return nil, err
	}
	var errs []error
	fail := func(path []any, format string, args ...any) {
		errs = append(errs, doc.Errorf(path, format, args...))
	}
	for _, field := range [][2]string{{"version", raw.Version}, {"date", raw.Date}, {"source", raw.Source}} {
		if field[1] == "" {
			fail([]any{field[0]}, "%s is missing", field[0])
		}
	}
	if n := len(raw.Signals); n == 0 || n > maxSignals {
		fail([]any{"signals"}, "%d signals; a taxonomy has 1 to %d", n, maxSignals)
	}
	t := &Taxonomy{
		Version: raw.Version, Date: raw.Date, Source: raw.Source,
		signals: make([]Signal, 1, len(raw.Signals)+1), codes: make(map[string]ID, len(raw.Signals)),
	}
	for i, row := range raw.Signals {
		at := func(key string) []any { return []any{"signals", i, key} }
		stage, okStage := index(stageNames(), row.Stage)
		direction, okDirection := index(directionNames(), row.Direction)
		_, observed := index([3]string{"text", "metadata", "both"}, row.Observed)
		switch {
		case len(row.Code) != 3:
			fail(at("code"), "a code is one letter and two digits, such as A04")
		case t.codes[row.Code] != 0:
			fail(at("code"), "%s is here twice", row.Code)
		case row.Name == "" || row.Title == "" || row.Definition == "" || row.Blind == "" || row.Source == "":
			fail(at("code"), "%s needs a name, title, definition, blind and source", row.Code)
		}
		if !okStage {
			fail(at("stage"), "unknown stage %q; one of %v", row.Stage, stageNames())
		}
		if !okDirection {
			fail(at("direction"), "unknown direction %q; one of %v", row.Direction, directionNames())
		}
		if !observed {
			fail(at("observed"), "unknown value %q; one of text, metadata, both", row.Observed)
		}
		if row.Severity > 5 || row.PeerSeverity != nil && *row.PeerSeverity > row.Severity {
			fail(at("severity"), "severity is 0 to 5, and peer_severity no higher")
		}
		if row.Polarity < -1 || row.Polarity > 1 || float64(row.Polarity)*row.Weight < 0 || row.Polarity == 0 && row.Weight != 0 {
			fail(at("polarity"), "polarity is -1, 0 or 1, and the weight has its sign")
		}
		if math.Abs(row.Weight) > 10 || math.Abs(row.Cap) < math.Abs(row.Weight) || row.Weight*row.Cap < 0 {
			fail(at("weight"), "a weight lies between -10 and 10, and the cap lies no nearer to 0")
		}
		if row.HalfLifeDays < 0 || row.HalfLifeDays > 3650 {
			fail(at("half_life_days"), "half_life_days lies between 0 (no decay) and 3650")
		}
		s := Signal{
			ID: ID(i + 1), Code: row.Code, Name: row.Name, Title: row.Title, Definition: row.Definition, Blind: row.Blind,
			Stage: Stage(stage), Direction: Direction(direction), Polarity: row.Polarity,
			Severity: row.Severity, PeerSeverity: row.Severity, Weight: row.Weight, Cap: row.Cap,
			HalfLife: time.Duration(row.HalfLifeDays * 24 * float64(time.Hour)), Observed: row.Observed, Source: row.Source,
		}
		if row.PeerSeverity != nil {
			s.PeerSeverity = *row.PeerSeverity
		}
		t.codes[row.Code] = s.ID
		t.signals = append(t.signals, s)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

func index[A [NStages]string | [3]string](names A, name string) (int, bool) {
	for i := range len(names) {
		if names[i] == name {
			return i, true
		}
	}
	return 0, false
}

// MarshalJSON writes the word of the taxonomy file.
func (s Stage) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalJSON writes the word of the taxonomy file.
func (d Direction) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }
