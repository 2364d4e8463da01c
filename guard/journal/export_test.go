package journal

import (
	"context"

	"rowan/guard/engine"
)

// Fingerprint is that of the engine's state.
func (j *Journal) Fingerprint(ctx context.Context) (sum uint64, err error) {
	err = j.inspect(ctx, func(e *engine.Engine) { sum = e.Fingerprint() })
	return sum, err
}

// Runs is how many runs of the idempotency index are in use.
func (j *Journal) Runs(ctx context.Context) (n int, err error) {
	err = j.inspect(ctx, func(*engine.Engine) { n = len(j.seen.runs) })
	return n, err
}

// Plain calls each for every text that an entry's row holds.
func (v *Vault) Plain(row *Text, each func(text string)) error {
	plain, err := v.open(row)
	if err != nil {
		return err
	}
	return eachText(plain, func(k kept) { each(k.text) })
}

// SealRow seals a row as a commit does.
func (v *Vault) SealRow(first uint64, text string) (*Text, error) {
	sealed, key, err := v.seal(nil, first, appendText(nil, 0, 1, 1, text))
	return &Text{First: first, Key: key, Sealed: sealed}, err
}

// UnderWay is how many batches are being folded, committed or answered.
func (j *Journal) UnderWay() int { return inFlight - len(j.free) }

// Keys calls each for the key of every event of an entry.
func Keys(e *Entry, each func(Key)) error {
	return records(e, func(rec *Record) error { each(rec.Key); return nil })
}
