package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Comparison is what the ledger costs, by two guards in one process that take
// turns: what else the machine does falls on both.
type Comparison struct {
	With    Side `json:"with"`
	Without Side `json:"without"`
	// CPU and Slower are by how many per cent of what it is without the ledger the
	// processor time of a message, and the time of a message, grow with it: in the
	// middle one of the rounds, with the quarters below and above which the
	// others lie.
	CPU    Spread `json:"cpu_percent"`
	Slower Spread `json:"slower_percent"`
	Rounds int    `json:"rounds"`
}

// Side is a guard with or without its ledger, over all its turns.
type Side struct {
	Messages          int     `json:"messages"`
	MessagesPerSecond float64 `json:"messages_per_second"`
	CPU               float64 `json:"cpu_us"` // microseconds of processor time a message, of the whole process
	seconds, cpu      float64
}

// Spread is a median and the quartiles.
type Spread struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
}

// Compare measures what the ledger costs. In each round each guard has two turns of
// a quarter of o.Duration: with, without, without, with.
func Compare(ctx context.Context, o Options, rounds int) (c *Comparison, err error) {
	var guards [2]*guard // with, without
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	for i := range guards {
		var dir string
		if dir, err = os.MkdirTemp(o.Dir, "rowan-bench-*"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		options := o.Journal
		options.NoLedger = i == 1
		if guards[i], err = open(ctx, filepath.Join(dir, "data"), options, !o.NoGate); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, guards[i].close()) }()
		if err = fill(ctx, guards[i], o, start); err != nil {
			return nil, err
		}
	}
	c = &Comparison{Rounds: rounds}
	sides := [2]*Side{&c.With, &c.Without}
	turn := o
	turn.Duration, turn.Step = o.Duration/4, nil
	var cpus, times []float64
	for round := range rounds {
		var now [2]Side
		for n, i := range [...]int{0, 1, 1, 0} {
			number := 4*round + n
			if err := now[i].take(ctx, guards[i], turn, start.Add(time.Hour+time.Duration(number)*turn.Duration), number*o.Writers); err != nil {
				return nil, err
			}
			if o.Step != nil {
				o.Step("compare", number+1, 4*rounds)
			}
		}
		for i := range now {
			sides[i].add(&now[i])
			now[i].settle()
		}
		cpus = append(cpus, 100*(now[0].CPU/now[1].CPU-1))
		times = append(times, 100*(now[1].MessagesPerSecond/now[0].MessagesPerSecond-1))
	}
	c.With.settle()
	c.Without.settle()
	c.CPU, c.Slower = spread(cpus), spread(times)
	if c.With.cpu == 0 {
		return nil, errors.New("this system does not tell how much processor time was used")
	}
	return c, nil
}

// take is one turn.
func (s *Side) take(ctx context.Context, g *guard, o Options, start time.Time, first int) error {
	var r Result
	before := cpuSeconds()
	if err := r.sustain(ctx, g, o, start, first); err != nil {
		return err
	}
	s.add(&Side{Messages: r.Messages, seconds: r.Seconds, cpu: cpuSeconds() - before})
	return nil
}

func (s *Side) add(other *Side) {
	s.Messages += other.Messages
	s.seconds += other.seconds
	s.cpu += other.cpu
}

func (s *Side) settle() {
	s.MessagesPerSecond, s.CPU = float64(s.Messages)/s.seconds, 1e6*s.cpu/float64(s.Messages)
}

func spread(values []float64) Spread {
	slices.Sort(values)
	at := func(q float64) float64 { return values[int(q*float64(len(values)-1)+0.5)] }
	return Spread{at(0.25), at(0.5), at(0.75)}
}

// ticks a second of the processor times in /proc; Linux has the same for all.
const ticks = 100

// cpuSeconds is the processor time that this process has used, 0 where the system
// does not tell.
func cpuSeconds() float64 {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	// The name, in brackets, may hold anything; the times are the 12th and 13th
	// field after it.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var user, system float64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0
	}
	return (user + system) / ticks
}
