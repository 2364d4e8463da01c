package witness

import (
	"context"
	"log/slog"
	"time"

	"rowan/ledger"
)

// Keep has a log's checkpoints cosigned until ctx ends, every so often while it
// grows, and keeps the cosignatures with the log.
func Keep(ctx context.Context, log *ledger.Log, c *Client, every time.Duration, say *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var done int64
	failing := false
	for {
		err := cosignOnce(ctx, log, c, &done)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			say.Warn("the ledger was not cosigned by every witness; it will be tried again", "error", err)
		case err == nil && failing:
			say.Info("the ledger is cosigned again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// cosignOnce asks the witnesses once, unless they have all cosigned this size.
func cosignOnce(ctx context.Context, log *ledger.Log, c *Client, done *int64) error {
	signed, err := log.Sign(ctx)
	if err != nil {
		return err
	}
	size, err := ledger.SizeOf(signed)
	if err != nil || size == *done {
		return err
	}
	cosigned, n, err := c.Cosign(ctx, log, signed)
	if n > 0 {
		if err := log.Cosigned(ctx, size, cosigned); err != nil {
			return err
		}
	}
	if err == nil {
		*done = size
	}
	return err
}
