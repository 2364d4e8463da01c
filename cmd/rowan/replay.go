package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rowan/guard/engine"
	"rowan/guard/journal"
)

func replay() *cobra.Command {
	var data, config, policy, lexicons, since, out string
	var most int
	c := &cobra.Command{
		Use:   "replay",
		Short: "Decide the whole journal again, and say what would have changed",
		Long: `Decides the whole journal again. Without --policy or --lexicons it checks that
every decision comes out the same to the byte. With another policy it prints what
would have changed, as counts and as a list. With private lexicons it reads
afresh the text that is still held; where it is gone, what was extracted counts.`,
		Example: "  rowan replay --data ./data\n  rowan replay --data ./data --policy new.yaml --since 30d",
		Args:    exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := openStore(c, data)
			if err != nil {
				return err
			}
			defer store.Close()
			o := journal.ReplayOptions{}
			if since != "" {
				ago, err := parseAgo(since)
				if err != nil {
					return &usageError{err}
				}
				o.Since = time.Now().Add(-ago).UnixMilli()
			}
			s, err := readSettings(config, data)
			if err != nil {
				return err
			}
			o.Retain = s.journal().Retain
			if policy != "" || lexicons != "" {
				if o.Config, err = otherConfig(c, store, policy, lexicons); err != nil {
					return err
				}
				o.Read = lexicons != ""
			}
			vault, err := journal.OpenVault(data, time.Now())
			if err != nil {
				return err
			}
			bar := newBar(c.ErrOrStderr(), "replay", "events")
			o.Progress = func(done, all uint64) { bar.set(int64(done), int64(all)) }
			var changes []*journal.Change
			more := 0
			found, err := journal.Replay(c.Context(), store, vault, o, func(change *journal.Change) error {
				if most > 0 && len(changes) >= most {
					more++
					return nil
				}
				changes = append(changes, change)
				return nil
			})
			bar.end()
			if err != nil {
				return err
			}
			if err := printReplay(c, out, found, changes, more); err != nil {
				return err
			}
			if o.Config == nil && found.Same != found.Compared {
				return fmt.Errorf("%d of %d decisions came out otherwise: the journal or this Rowan is not what it was", found.Compared-found.Same, found.Compared)
			}
			return nil
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&config, "config", "", "the settings file of 'rowan serve' (default: rowan.yaml in the data directory)")
	c.Flags().StringVar(&policy, "policy", "", "another policy")
	c.Flags().StringVar(&lexicons, "lexicons", "", "a directory of lexicons to use besides the built-in ones")
	c.Flags().StringVar(&since, "since", "", "compare from this long ago on: 30d, 12h")
	c.Flags().StringVar(&out, "json", "", "write JSON to a file, - for the output")
	c.Flags().IntVar(&most, "most", 50, "list at most this many changes (0: all)")
	return c
}

// otherConfig is what was last in force, with another policy or lexicons.
func otherConfig(c *cobra.Command, store journal.Store, policy, lexicons string) (*engine.Config, error) {
	latest, err := journal.NewArchive(store).Latest(c.Context())
	if err != nil {
		return nil, err
	}
	sources := engine.Sources{}
	if latest != nil {
		sources = *latest
	}
	if policy != "" {
		if sources.Policy, err = readFile(policy); err != nil {
			return nil, err
		}
	}
	if lexicons != "" {
		if sources, err = withLexicons(sources, lexicons); err != nil {
			return nil, err
		}
	}
	return engine.LoadConfig(sources)
}

// parseAgo reads a duration that may be in days.
func parseAgo(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("--since %q: say how long ago, such as 30d or 12h", s)
	}
	return d, nil
}

func printReplay(c *cobra.Command, out string, found *journal.Replayed, changes []*journal.Change, more int) error {
	if out != "" {
		return writeTo(c.OutOrStdout(), out, func(e *json.Encoder) error {
			return e.Encode(struct {
				*journal.Replayed
				Changes []*journal.Change `json:"changes"`
			}{found, append([]*journal.Change{}, changes...)})
		})
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Events\t%d, compared %d\n", found.Events, found.Compared)
	fmt.Fprintf(w, "The same\t%d\n", found.Same)
	fmt.Fprintf(w, "Changed\t%d (and %d only in numbers, reasons or rules)\n", found.Changed, found.Nuanced)
	if found.Reread > 0 {
		fmt.Fprintf(w, "Read afresh\t%d texts\n", found.Reread)
	}
	for _, counts := range []map[string]uint64{found.Actions, found.Levels} {
		for _, change := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(w, "  %s\t%d\n", change, counts[change])
		}
	}
	if len(changes) > 0 {
		fmt.Fprintf(w, "\nDECISION\tEVENT\tWAS\tNOW\n")
		for _, ch := range changes {
			fmt.Fprintf(w, "%s\t%s\t%s, %s\t%s, %s\n", ch.Decision, strings.TrimPrefix(ch.Type, "rowan."), ch.Was.Action, ch.Was.Level, ch.Now.Action, ch.Now.Level)
		}
		if more > 0 {
			fmt.Fprintf(w, "and %d more; --most 0 lists all\n", more)
		}
	}
	return w.Flush()
}
