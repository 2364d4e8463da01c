package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rowan/ledger"
	"rowan/ledger/sqlite"
	"rowan/oversight/returns"
)

// Past is a quarter in the life of a simulated service, with a ledger of its
// own, so that there is something to make a return of. No event behind it ever
// was: its decisions and cases are drawn at random.
type Past struct {
	Service string
	Period  returns.Period

	store   *sqlite.Store
	log     *ledger.Log
	key     *ledger.Key
	at      time.Time
	next    uint64
	missed  int64               // accounts that do not meet a measure, of each; the first service has none
	records map[uint64][][]byte // by the first of a commit
}

// NewPast makes one up in a directory.
func NewPast(ctx context.Context, dir, service string, p returns.Period, seed uint64) (_ *Past, err error) {
	s := &Past{Service: service, Period: p, at: p.From().AddDate(0, 0, -3), next: 1, missed: int64(seed-1) * 140, records: map[uint64][][]byte{}}
	clock := func() time.Time { return s.at }
	if s.key, err = ledger.OpenKey(filepath.Join(dir, "simulated-"+service+".key"), service+".simulated/rowan", ledger.LogKey, clock); err != nil {
		return nil, err
	}
	if s.store, err = sqlite.Open(ctx, filepath.Join(dir, "simulated-"+service+".db")); err != nil {
		return nil, err
	}
	s.log, err = ledger.Open(ctx, s.store, ledger.Options{Signer: s.key, Now: clock})
	if err == nil {
		err = s.live(ctx, rand.New(rand.NewPCG(seed, 1)))
	}
	if err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	return s, nil
}

// Close closes its files.
func (s *Past) Close() error { return s.store.Close() }

// Key is the public key of its ledger.
func (s *Past) Key() string { return s.key.Verifier() }

// live fills the ledger: some commits and cases a day.
func (s *Past) live(ctx context.Context, chance *rand.Rand) error {
	type moment struct {
		at     time.Time
		record ledger.Record
	}
	all := []moment{{s.at, ledger.Record{Kind: ledger.Start, By: "rowan", What: "begun", Facts: map[string]string{"after": "0"}}}}
	number := map[int]int{}
	step := func(at time.Time, id int, what string, facts map[string]string) {
		number[id]++
		facts["number"] = strconv.Itoa(number[id])
		kind := ledger.Case
		if what == "reported" {
			kind = ledger.Report
		}
		all = append(all, moment{at, ledger.Record{Kind: kind, By: "reviewer", Of: fmt.Sprintf("case/%d", id), What: what, Facts: facts}})
	}
	for day, id := s.at.AddDate(0, 0, 1), 0; day.Before(s.Period.To()); day = day.AddDate(0, 0, 1) {
		at := day.Add(9 * time.Hour)
		all = append(all, moment{at, s.commit(at, chance)})
		if chance.IntN(3) > 0 {
			continue
		}
		id++
		wait := time.Duration(1+chance.IntN(9)) * time.Hour
		step(at, id, "alerted", map[string]string{"level": "high"})
		step(at.Add(wait-time.Hour), id, "claimed", map[string]string{"level": "high"})
		step(at.Add(wait-time.Hour/2), id, "revealed", map[string]string{"count": strconv.Itoa(5 + chance.IntN(30))})
		facts := map[string]string{"waited": strconv.FormatInt(wait.Milliseconds(), 10), "harmful": "yes", "measures": "restrict_contact,inform", "rules": "moves-on,first-contact"}
		switch chance.IntN(4) {
		case 0:
			facts["harmful"], facts["measures"], facts["rules"] = "no", "no_action", "first-contact"
		case 1:
			facts["measures"] = "suspend,report"
		}
		step(at.Add(wait), id, "decided", facts)
		if facts["measures"] == "suspend,report" {
			step(at.Add(wait+time.Hour), id, "reported", map[string]string{"report": "nca"})
		}
		if chance.IntN(6) == 0 {
			step(at.Add(wait+2*time.Hour), id, "appealed", map[string]string{})
			step(at.Add(wait+5*time.Hour), id, "appeal_decided", map[string]string{"outcome": "upheld"})
		}
	}
	for _, m := range all {
		s.at = m.at
		if _, err := s.log.Append(ctx, m.at, m.record); err != nil {
			return err
		}
	}
	return nil
}

// commit makes up the decisions of one.
func (s *Past) commit(at time.Time, chance *rand.Rand) ledger.Record {
	var hashes []tlog.Hash
	first := s.next
	for range 20 + chance.IntN(40) {
		d := ledger.Decided{Kind: ledger.Decision, V: ledger.Version, Sequence: s.next, At: at.UnixMilli(), Type: "rowan.message.sent", Action: "allow", Level: "none"}
		switch n := chance.IntN(100); {
		case n < 10:
			d.Type, d.Action = "rowan.contact.proposed", []string{"allow", "ask", "block"}[n%3]
		case n < 13:
			d.Action, d.Level = "inform", "watch"
		case n < 14:
			d.Action, d.Level, d.Case = "hold", "high", true
		}
		record := d.Append(nil)
		s.records[first] = append(s.records[first], record)
		hashes = append(hashes, tlog.RecordHash(record))
		s.next++
	}
	return ledger.Record{Kind: ledger.Commit, Commit: &ledger.Batch{Count: int64(len(hashes)), First: first, Last: s.next - 1, Root: ledger.BatchRoot(hashes)}}
}

// Read reads the ledger.
func (s *Past) Read(ctx context.Context, from, to int64, each func(at int64, leaf ledger.Leaf) error) error {
	return s.log.Read(ctx, from, to, each)
}

// Decisions are the records of a commit.
func (s *Past) Decisions(ctx context.Context, b *ledger.Batch, each func(record []byte) error) error {
	for _, r := range s.records[b.First] {
		if err := each(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Figures is what the service says of its accounts.
func (s *Past) Figures(_ context.Context, m *returns.Metric, _ returns.Period) ([]returns.Figure, error) {
	figure := func(c returns.Cohort, v *returns.Value) returns.Figure {
		return returns.Figure{Key: returns.Key{Cohort: c}, Value: v}
	}
	switch m.ID {
	case "accounts":
		return []returns.Figure{
			figure(returns.Cohort{}, returns.Whole(48_200)), figure(returns.Cohort{Age: returns.Child, Band: "13-15"}, returns.Whole(9_100)),
			figure(returns.Cohort{Age: returns.Adult}, returns.Whole(31_700)), figure(returns.Cohort{Age: returns.UnknownAge}, returns.Whole(7_400)),
		}, nil
	case "measures.met":
		return []returns.Figure{
			figure(returns.Cohort{Item: "gb.f1-e"}, returns.Part(16_500-s.missed, 16_500)), figure(returns.Cohort{Item: "gb.f1-g"}, returns.Part(16_312-s.missed, 16_500)),
		}, nil
	}
	return nil, nil
}

// Return is its signed return, made at a moment. change, if not nil, is what is
// done to it before it is signed.
func (s *Past) Return(ctx context.Context, now time.Time, change func(*returns.Return)) ([]byte, error) {
	c, err := returns.DefaultCatalogue()
	if err != nil {
		return nil, err
	}
	t, err := returns.DefaultTemplate("ofcom", c)
	if err != nil {
		return nil, err
	}
	d := returns.Draft{
		Service: s.Service, Template: t, Catalogue: c, Period: s.Period, Now: now, Log: s.log, Records: s, Word: s,
		Answers: map[string]string{"changes": "SIMULATED: none."},
	}
	r, err := d.Compile(ctx)
	if err != nil {
		return nil, err
	}
	if change != nil {
		change(r)
	}
	signed, err := returns.Sign(ctx, r, s.log, s.key, nil)
	if err != nil {
		return nil, err
	}
	return signed.Encode()
}

// Fewer makes a figure of a return smaller than it is.
func Fewer(metric string) func(*returns.Return) {
	return func(r *returns.Return) {
		for i := range r.Figures {
			if f := &r.Figures[i]; f.Metric == metric && f.Cohort == (returns.Cohort{}) && f.Value != nil {
				f.Value = returns.Whole(f.Value.N / 2)
			}
		}
	}
}
