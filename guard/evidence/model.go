// Package evidence adds up what signals and conduct say of a pair, in
// log-odds: naive Bayes with capped and decaying contributions.
package evidence

import (
	_ "embed"
	"math"

	"rowan/datafile"
	"rowan/guard/response"
)

// Model is how evidence adds up. Its file says what each value means.
type Model struct {
	Version string `yaml:"version"`
	Date    string `yaml:"date"`
	Source  string `yaml:"source"`
	Prior   struct {
		AdultMinor     float64 `yaml:"adult_minor"`
		UnknownMinor   float64 `yaml:"unknown_minor"`
		DoubtedMinor   float64 `yaml:"doubted_minor"`
		AdultUnknown   float64 `yaml:"adult_unknown"`
		UnknownUnknown float64 `yaml:"unknown_unknown"`
		Minors         float64 `yaml:"minors"`
		Connected      float64 `yaml:"connected"`
	} `yaml:"prior"`
	// Circle says who is taken for somebody who may be a child, although the account
	// says that it is an adult: one that says it is at most To years old, and is
	// connected with so many minors. It may then be as young as From.
	Circle struct {
		From   uint8 `yaml:"from"`
		To     uint8 `yaml:"to"`
		Minors int   `yaml:"minors"`
	} `yaml:"circle"`
	ConductCap    float64 `yaml:"conduct_cap"`
	Stage         float64 `yaml:"stage"`
	Speed         float64 `yaml:"speed"`
	SpeedDays     float64 `yaml:"speed_days"`
	ActorShare    float64 `yaml:"actor_share"`
	ActorCap      float64 `yaml:"actor_cap"`
	ActorDays     float64 `yaml:"actor_days"`
	Quoted        float64 `yaml:"quoted"`
	QuotedSevere  float64 `yaml:"quoted_severe"`
	Doubted       float64 `yaml:"doubted"`
	Unseconded    float64 `yaml:"unseconded"`
	Hidden        float64 `yaml:"hidden"`
	Company       float64 `yaml:"company"`
	Occasion      float64 `yaml:"occasion"`
	ProtectionCap float64 `yaml:"protection_cap"`
	Levels        struct {
		Watch    float64 `yaml:"watch"`
		Elevated float64 `yaml:"elevated"`
		High     float64 `yaml:"high"`
		Critical float64 `yaml:"critical"`
	} `yaml:"levels"`
	Margin  float64 `yaml:"margin"`
	Hold    float64 `yaml:"hold"`
	Signals int     `yaml:"signals"`
	Stages  int     `yaml:"stages"`
	// Said is how many of the signals must have been said where messages are read,
	// counting those of severity SaidSeverity or more.
	// From the weight of High on, SaidHigh suffice.
	Said         int   `yaml:"said"`
	SaidHigh     int   `yaml:"said_high"`
	SaidSeverity uint8 `yaml:"said_severity"`
	// Severe is the weight from which a signal of severity 5 is variety enough, Alone
	// that from which it is an alert, whatever the sum.
	Severe float64 `yaml:"severe"`
	Alone  float64 `yaml:"alone"`
	// Cases is what was learned from reviewers' decisions; nil: nothing.
	Cases *Cases `yaml:"cases,omitempty"`
}

//go:embed model.yaml
var defaults []byte

// Defaults returns the text of the built-in model file.
func Defaults() (name string, source []byte) { return "model.yaml", defaults }

// Load reads a model file.
func Load(file string, source []byte) (*Model, error) {
	var m Model
	doc, err := datafile.Parse(file, source, &m)
	if err != nil {
		return nil, err
	}
	l := m.Levels
	switch {
	case m.Version == "" || m.Date == "" || m.Source == "":
		return nil, doc.Errorf(nil, "version, date and source are needed")
	case !(l.Watch < l.Elevated && l.Elevated < l.High && l.High < l.Critical):
		return nil, doc.Errorf([]any{"levels"}, "levels must rise: watch < elevated < high < critical")
	case m.Margin < 0 || m.Hold < 0:
		return nil, doc.Errorf([]any{"margin"}, "margin and hold must not be negative")
	case m.Circle.From >= 18 || m.Circle.To < 18 || m.Circle.To > 120 || m.Circle.Minors < 1 || m.Circle.Minors > 60:
		return nil, doc.Errorf([]any{"circle"}, "from lies below 18, to from 18 to 120, and minors from 1 to 60")
	case m.SpeedDays <= 0 || m.ActorDays <= 0:
		return nil, doc.Errorf([]any{"speed_days"}, "speed_days and actor_days must be over 0")
	case m.Signals < 1 || m.Stages < 1:
		return nil, doc.Errorf([]any{"signals"}, "signals and stages must be at least 1")
	case m.SaidHigh < 0 || m.SaidHigh > m.Said || m.Said > m.Signals || m.SaidSeverity > 5:
		return nil, doc.Errorf([]any{"said"}, "said is from 0 to signals, said_high from 0 to said, and said_severity from 0 to 5")
	case m.Severe <= 0 || m.Alone < m.Severe:
		return nil, doc.Errorf([]any{"severe"}, "severe is over 0, and alone at least as much")
	case m.Doubted < 0 || m.Doubted > 1 || m.Unseconded <= 0 || m.Unseconded > 1:
		return nil, doc.Errorf([]any{"doubted"}, "doubted lies between 0 and 1, unseconded over 0 and up to 1")
	case m.Company <= 0 || m.Company > 1 || m.Occasion <= 0 || m.Occasion > 1:
		return nil, doc.Errorf([]any{"company"}, "company and occasion are over 0 and up to 1")
	case m.Quoted < 0 || m.Quoted > 1 || m.QuotedSevere <= 0 || m.QuotedSevere > 1:
		return nil, doc.Errorf([]any{"quoted"}, "quoted lies between 0 and 1, quoted_severe over 0 and up to 1")
	}
	if err := m.Cases.check(doc); err != nil {
		return nil, err
	}
	return &m, nil
}

// threshold is the sum from which a level holds.
func (m *Model) threshold(l response.Level) float64 {
	switch l {
	case response.Watch:
		return m.Levels.Watch
	case response.Elevated:
		return m.Levels.Elevated
	case response.High:
		return m.Levels.High
	case response.Critical:
		return m.Levels.Critical
	}
	return math.Inf(-1)
}

// Threshold is the sum from which a level holds, in log-odds.
func (m *Model) Threshold(l response.Level) float64 { return m.threshold(l) }

// Level is the level of a sum, given what the pair's evidence is made of: an
// alert needs variety, not only weight, unless something of severity 5 is one by
// itself.
func (m *Model) Level(sum float64, t Tally) response.Level {
	level := response.None
	for l := response.Critical; l > response.None; l-- {
		if sum >= m.threshold(l) {
			level = l
			break
		}
	}
	if level >= response.Elevated && !m.enough(level, t) {
		level = response.Watch
	}
	if t.Alone {
		level = max(level, response.Elevated)
	}
	return level
}

// enough reports whether the evidence has the variety that an alert of the level
// needs.
func (m *Model) enough(l response.Level, t Tally) bool {
	said := m.Said
	if l >= response.High {
		said = m.SaidHigh
	}
	return t.Severe || t.Signals >= m.Signals && t.Stages >= m.Stages && (!t.Read || t.Said >= said)
}

// Keep is hysteresis: the level that holds after one of `was`, reached or
// confirmed `since` seconds ago. It rises at once and falls by one step.
func (m *Model) Keep(was, now response.Level, sum float64, since uint32) response.Level {
	if now >= was {
		return now
	}
	if float64(since) < m.Hold*3600 || sum >= m.threshold(was)-m.Margin {
		return was
	}
	return max(now, was-1)
}
