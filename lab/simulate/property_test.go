package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"rowan/event"
)

func TestAnySimulationIsInOrderAndItsTruthIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Accounts:   rapid.IntRange(MinAccounts, 220).Draw(t, "accounts"),
			Days:       rapid.IntRange(1, 2).Draw(t, "days"),
			Seed:       rapid.Uint64().Draw(t, "seed"),
			Prevalence: rapid.SampledFrom([]float64{0, 0.001, 0.01}).Draw(t, "prevalence"),
			Balanced:   rapid.Bool().Draw(t, "balanced"),
			Start:      DefaultStart().AddDate(0, 0, rapid.IntRange(-300, 3000).Draw(t, "start")),
		}
		p, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		d := event.NewDecoder(event.DefaultLimits())
		var e event.Event
		ids := map[string]bool{}
		previous, messages := int64(0), int64(0)
		for {
			b, more, err := p.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			for i := range b.Len() {
				// Decoding all would take long; the order and the ids are of all.
				line, at := b.Line(i), b.At(i).UnixMilli()
				if i%10 == 0 {
					if problem := d.Decode(line, b.End(), &e); problem != nil || e.Time != at {
						t.Fatalf("%v: %s", problem, line)
					}
				}
				if at < previous || at < o.Start.UnixMilli() || at >= p.end {
					t.Fatalf("out of order: %s", line)
				}
				previous = at
				_, id, _ := bytes.Cut(line, []byte(`"id":"`))
				id, _, _ = bytes.Cut(id, []byte(`"`))
				ids[string(id)] = true
				if bytes.Contains(line, []byte(`"type":"rowan.message.sent"`)) {
					messages++
				}
			}
		}
		var order truthOrder
		for _, truth := range p.Truth() {
			if err := order.check(truth); err != nil {
				t.Fatal(err)
			}
			if pair := truth.Pair; pair != nil {
				if err := pair.check(); err != nil {
					t.Fatalf("%+v: %v", pair, err)
				}
				missing := !ids[pair.FirstEvent] || pair.HarmEvent != "" && !ids[pair.HarmEvent]
				for _, s := range pair.Signals {
					missing = missing || !ids[s.Event]
				}
				if missing {
					t.Fatalf("%+v: an event of the pair was not sent", pair)
				}
			}
			if totals := truth.Totals; totals != nil && (totals.check() != nil || totals.Events != int64(len(ids)) || totals.Messages != messages) {
				t.Fatalf("totals say %d events and %d messages; there were %d and %d", totals.Events, totals.Messages, len(ids), messages)
			}
		}
	})
}

func TestPackedEventsAreThePlainOnes(t *testing.T) {
	o := Options{Accounts: 300, Days: 2, Seed: 1}
	write := func(packed bool) []byte {
		p, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		steps := 0
		if err := p.Write(t.Context(), &b, packed, func(_, done, all int64) {
			steps++
			if done > all {
				t.Errorf("%d of %d done", done, all)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if steps == 0 {
			t.Error("no progress was told")
		}
		return b.Bytes()
	}
	z, err := gzip.NewReader(bytes.NewReader(write(true)))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unpacked, write(false)) {
		t.Error("unpacked, the packed events are not the plain ones")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWritingStopsWhenItCannotGoOn(t *testing.T) {
	p, err := New(Options{Accounts: 300, Days: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(t.Context(), fullDisk{}, true, nil); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
	if p, err = New(Options{Accounts: 300, Days: 2}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Write(ctx, io.Discard, false, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Accounts = 10 }, "accounts is 10"},
		{func(o *Options) { o.Days = 0 }, "days is 0"},
		{func(o *Options) { o.Prevalence = 0.5 }, "prevalence is 0.5"},
		{func(o *Options) { o.Prevalence = -1 }, "prevalence is -1"},
		{func(o *Options) { o.Start = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC) }, "start is too long ago"},
		{func(o *Options) { o.Start = DefaultStart().Add(time.Nanosecond) }, "start has parts"},
		{func(o *Options) { o.Policies = []string{"nobody"} }, `there is no policy "nobody"; there are slow_trust`},
		{func(o *Options) { o.Policies, o.Balanced = []string{"coach"}, true }, "a balanced simulation"},
	} {
		o := Options{Accounts: 500, Days: 2}
		c.change(&o)
		if _, err := New(o); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s...", err, c.want)
		}
	}
}

func TestOnlyTheNamedPoliciesAreSimulated(t *testing.T) {
	p := run(t, Options{Accounts: 600, Days: 5, Prevalence: 0.02, Policies: []string{"slow_trust", "tutor"}}, func(*Batch) {})
	seen := map[string]int{}
	for _, truth := range p.Truth() {
		if truth.Pair != nil {
			seen[truth.Pair.Policy]++
		}
	}
	if len(seen) != 3 || seen["slow_trust"] == 0 || seen["tutor"] == 0 || seen[""] == 0 {
		t.Errorf("pairs by policy: %v", seen)
	}
}
