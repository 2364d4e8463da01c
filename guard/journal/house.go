package journal

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rowan/guard/engine"
	"rowan/ledger"
)

// keepHouse removes text whose time is over, and moves text to the newest key,
// a few rows at a time.
func (j *Journal) keepHouse() {
	defer j.done.Done()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var s Sweep
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
		}
		if err := j.SweepText(context.Background(), &s, sweepRows); err != nil {
			j.log.Warn("old text was not removed; it will be tried again", "error", err)
		}
	}
}

const (
	sweepEvery = 5 * time.Second
	sweepRows  = 256
)

// Sweep is how far a round over the kept text has come. The zero value begins
// one.
type Sweep struct {
	after  uint64
	key    uint32 // the newest when the round began
	before uint32 // and when the round before it began
	unread bool   // a row of this round could not be read or written

	emptied, thinned int // rows of this round that lost all or some of their text
}

// SweepText looks at up to limit more rows of text. Of each it removes the
// messages that are too old or no longer among the newest of their pair, and
// it seals the rest with the newest key. After two whole rounds it forgets the
// keys that nothing is sealed with any more: after one, a commit under way may
// still use them.
func (j *Journal) SweepText(ctx context.Context, s *Sweep, limit int) error {
	if err := j.vault.Refresh(); err != nil {
		return err
	}
	if s.after == 0 {
		s.key = j.vault.Current()
	}
	var rows []*Text
	if err := j.store.Texts(ctx, s.after, limit, func(t *Text) error {
		rows = append(rows, t)
		return nil
	}); err != nil {
		return err
	}
	oldest := j.options.Now().AddDate(0, 0, -j.options.TextDays).UnixMilli()
	var changed []*Text
	var unread error // a row that cannot be read must not keep the others
	for _, row := range rows {
		again, err := j.prune(ctx, row, oldest)
		unread = errors.Join(unread, err)
		if again != nil {
			changed = append(changed, again)
		}
	}
	if len(changed) > 0 {
		if err := j.store.Rewrite(ctx, changed); err != nil {
			unread = errors.Join(unread, err)
		} else {
			s.count(rows, changed)
		}
	}
	s.unread = s.unread || unread != nil
	if len(rows) == limit {
		s.after = rows[len(rows)-1].First
		return unread
	}
	unread = errors.Join(unread, j.tellRemoved(ctx, s))
	switch {
	case s.unread: // what could not be sealed again still needs its key
		*s = Sweep{}
		return unread
	}
	drop := s.before
	*s = Sweep{before: s.key}
	return j.vault.Drop(drop)
}

// count counts the rows that lost text; others were only sealed again.
func (s *Sweep) count(rows, changed []*Text) {
	was := map[uint64]int{}
	for _, row := range rows {
		was[row.First] = len(row.Sealed)
	}
	for _, row := range changed {
		switch {
		case len(row.Sealed) == 0:
			s.emptied++
		case len(row.Sealed) < was[row.First]:
			s.thinned++
		}
	}
}

// tellRemoved has the ledger say what a round removed.
func (j *Journal) tellRemoved(ctx context.Context, s *Sweep) error {
	if s.emptied == 0 && s.thinned == 0 || j.options.NoLedger {
		return nil
	}
	_, err := j.ledger.Record(ctx, ledger.Statement{Kind: ledger.Retention, By: "rowan", What: "text removed", Facts: map[string]string{
		"commits_emptied": strconv.Itoa(s.emptied), "commits_thinned": strconv.Itoa(s.thinned),
		"kept_days": strconv.Itoa(j.options.TextDays), "kept_messages": strconv.Itoa(j.options.TextMessages),
	}})
	s.emptied, s.thinned = 0, 0
	return err
}

// prune returns the row as it should be, nil if that is as it is.
func (j *Journal) prune(ctx context.Context, row *Text, oldest int64) (*Text, error) {
	if row.At < oldest {
		return &Text{First: row.First}, nil
	}
	plain, err := j.vault.open(row)
	if err != nil {
		return nil, err
	}
	var all []kept
	if err := eachText(plain, func(k kept) { all = append(all, k) }); err != nil {
		return nil, err
	}
	newest := make([]uint32, len(all))
	if err := j.inspect(ctx, func(e *engine.Engine) {
		for i := range all {
			newest[i] = e.Ordinal(all[i].pair)
		}
	}); err != nil {
		return nil, err
	}
	var left []byte
	removed := false
	for i, k := range all {
		if newest[i] >= k.ordinal+uint32(max(0, j.options.TextMessages)) {
			removed = true
			continue
		}
		left = appendText(left, k.offset, k.pair, k.ordinal, k.text)
	}
	if !removed && row.Key == j.vault.Current() {
		return nil, nil
	}
	out := &Text{First: row.First, At: row.At}
	if len(left) == 0 {
		return out, nil
	}
	out.Sealed, out.Key, err = j.vault.seal(nil, row.First, left)
	return out, err
}
