package journal_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"rowan/event"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/signal"
	"rowan/ledger"
)

// settingLeaves are the records of settings in the ledger, each with the place
// of the commit that holds its decision.
func (s *site) settingLeaves() (out []ledger.Record) {
	s.t.Helper()
	var commit *ledger.Batch
	err := s.Ledger().Read(s.t.Context(), 0, s.Ledger().Size(), func(at int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err != nil {
			return err
		}
		if r.Commit != nil {
			commit = r.Commit
		}
		if r.Kind != ledger.Setting {
			return nil
		}
		var n uint64
		if _, err := fmt.Sscanf(r.Of, "decision/%d", &n); err != nil || commit == nil || n < commit.First || n > commit.Last {
			s.t.Errorf("leaf %d is of %s, which is not in the commit before it", at, r.Of)
		}
		if len(r.Subjects) > 0 || strings.Contains(string(leaf), "kid") || strings.Contains(string(leaf), "parent") {
			s.t.Errorf("leaf %d names somebody: %s", at, leaf)
		}
		out = append(out, *r)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// december is a day on which every shipped pack speaks: 1 December 2026, 16:00 UTC.
const december = 1796140800000

// guarded is a site with rules for young people's accounts, a kid of fourteen, a
// grown-up and a parent.
func guarded(t *testing.T, accounts string) *site {
	s := newSite(t)
	s.sources.Accounts = signal.File{Name: "accounts", Source: []byte(accounts)}
	s.open()
	tie := enginetest.Event(event.RelationshipVerified, december, "parent", "kid")
	tie.Relation = event.GuardianOf
	s.tell(enginetest.Age(december, "kid", 14, 14), enginetest.Age(december, "grown", 30, 40), tie)
	return s
}

// tell decides events that have no id yet.
func (s *site) tell(events ...*event.Event) {
	s.t.Helper()
	for _, e := range events {
		e.Source, e.ID = "told", fmt.Sprint(s.last(), e.Type, e.From, e.Setting, e.Value)
	}
	s.decide(events...)
}

func setting(kind event.Type, who, name, value string, guardian ...string) *event.Event {
	e := enginetest.Event(kind, december+1000, who, guardian...)
	e.Setting, e.Value = name, value
	return e
}

func TestWhatBecomesOfASettingIsInTheLedger(t *testing.T) {
	const asked, done = event.SettingRequested, event.SettingChanged
	for _, c := range []struct {
		name     string
		accounts string
		event    *event.Event
		by, what string // "": no leaf
		facts    map[string]string
	}{
		{"tightened by the young person", "", setting(asked, "kid", "dm_from", "nobody"), "account", "changed",
			map[string]string{"band": "13-15", "setting": "dm_from", "before": "connections", "after": "nobody", "reason": "tightened"}},
		{"relaxed by a guardian", "", setting(asked, "kid", "profile", "public", "parent"), "guardian", "changed",
			map[string]string{"band": "13-15", "setting": "profile", "before": "private", "after": "public", "reason": "relaxed"}},
		{"refused", "", setting(asked, "kid", "location", "everyone"), "account", "refused",
			map[string]string{"band": "13-15", "setting": "location", "before": "off", "asked": "everyone", "reason": "locked"}},
		{"changed by the platform against the rules", "", setting(done, "kid", "location", "everyone"), "platform", "deviated",
			map[string]string{"band": "13-15", "setting": "location", "before": "off", "after": "everyone", "reason": "locked"}},
		{"in shadow mode", "mode: shadow\n", setting(asked, "kid", "location", "everyone"), "account", "refused",
			map[string]string{"band": "13-15", "setting": "location", "before": "off", "asked": "everyone", "reason": "locked", "observed": "yes"}},
		{"as it was", "", setting(asked, "kid", "location", "off"), "", "", nil},
		{"a grown-up's own", "", setting(asked, "grown", "location", "everyone"), "", "", nil},
		{"a setting of the platform's own", "", setting(done, "kid", "kid's theme", "dark"), "", "", nil},
		{"a value that is none", "", setting(asked, "kid", "location", "to kid"), "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := guarded(t, "jurisdictions: [rowan]\n"+c.accounts)
			s.tell(c.event)
			got := s.settingLeaves()
			if c.what == "" {
				if len(got) != 0 {
					t.Errorf("the ledger says %+v", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d leaves: %+v", len(got), got)
			}
			if r := got[0]; r.By != c.by || r.What != c.what || r.Of != "decision/4" || !maps.Equal(r.Facts, c.facts) {
				t.Errorf("by %s: %s, %v of %s; want by %s: %s, %v", r.By, r.What, r.Facts, r.Of, c.by, c.what, c.facts)
			}
			// The holder shows whose setting it was by the decision's record, until
			// the account is forgotten.
			if o, err := s.proven(4)[0].Open(ledger.FromSlot, ""); err != nil || o.Value != "account/kid" {
				t.Errorf("the decision is of %q, %v", o.Value, err)
			}
			if _, err := s.Forget(t.Context(), "kid"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.proven(4)[0].Open(ledger.FromSlot, ""); err == nil {
				t.Error("the account can still be shown")
			}
		})
	}
}

// Leaves of settings lie between commits: the journal opens with them, at any
// place, and says the same of every decision.
func TestSettingsAmongOtherTraffic(t *testing.T) {
	s := newSite(t).tight()
	s.sources.Accounts = signal.File{Name: "accounts", Source: []byte("jurisdictions: [rowan]\n")}
	s.open()
	s.decide(traffic(11, "a", 300)...)
	n := len(s.settingLeaves())
	s.tell(enginetest.Age(december, "kid", 14, 14), setting(event.SettingRequested, "kid", "dm_from", "nobody"))
	s.withoutCheckpoints().open() // the last leaf is of a setting
	s.decide(traffic(12, "b", 300)...)
	if got := len(s.settingLeaves()); got <= n {
		t.Errorf("%d leaves of settings, then %d", n, got)
	}
	if proven, err := journal.NewArchive(s.store).Audit(t.Context(), 0); proven != 602 || err != nil {
		t.Errorf("Audit: %d, %v", proven, err)
	}
	wantLeaves(t, s.store, 602)
}
