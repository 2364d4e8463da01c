package response

import "rowan/guard/signal"

// classifier maps the scores of a classifier of the platform's own to a
// signal.
type classifier struct {
	signal signal.ID
	at     float32
}

type classifierFile struct {
	Name   string  `yaml:"name"`
	Signal string  `yaml:"signal"`
	At     float32 `yaml:"at"`
}

// Classify gives the signal that a classifier's score, 0 to 1, stands for, if
// the policy names the classifier and the score is high enough. The strength,
// 1 to 255, rises from half at the policy's threshold to full at 1.
func (p *Policy) Classify(name string, score float32) (id signal.ID, strength uint8, ok bool) {
	c, ok := p.classifiers[name]
	if !ok || !(score >= c.at) {
		return 0, 0, false
	}
	share := float32(1)
	if c.at < 1 {
		share = (min(score, 1) - c.at) / (1 - c.at)
	}
	return c.signal, uint8(128 + 127*share), true
}

func (l *loader) classifiers(list []classifierFile, signals Signals) map[string]classifier {
	out := map[string]classifier{}
	for i, c := range list {
		path := []any{"classifiers", i}
		id, ok := signals.Lookup(c.Signal)
		switch {
		case c.Name == "":
			l.fail(path, "a classifier needs the name that the platform sends")
		case !ok:
			l.fail(append(path, "signal"), "the taxonomy has no signal %q", c.Signal)
		case !(c.At > 0 && c.At <= 1):
			l.fail(append(path, "at"), "at %v; a threshold lies over 0 and up to 1", c.At)
		}
		if _, twice := out[c.Name]; twice {
			l.fail(append(path, "name"), "classifier %q stands here twice", c.Name)
		}
		out[c.Name] = classifier{signal: id, at: c.At}
	}
	return out
}
