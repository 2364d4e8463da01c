package journal

import (
	"fmt"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/ledger"
)

// settingOf is what the ledger says of a young person's setting that was changed,
// that was refused a change, or that a platform changed against the rules; false
// where there is no such thing. The account, and a guardian who asked, stand in
// the record of the decision that it names: what breaks their link there breaks
// it here.
func settingOf(config *engine.Config, ev *event.Event, o *engine.Outcome) (ledger.Record, bool) {
	r := &o.Safe.Change
	if o.Safe.Has&engine.HasChange == 0 || r.Place < 0 || config.Rules == nil {
		return ledger.Record{}, false
	}
	setting := config.Rules.Catalogue().Setting(r.Place)
	leaf := ledger.Record{Kind: ledger.Setting, By: "account", Of: fmt.Sprintf("decision/%d", o.Sequence), Facts: map[string]string{
		"band": r.Band.String(), "before": setting.Value(r.Before), "reason": r.Reason.String(), "setting": setting.ID,
	}}
	switch {
	case r.Reason == account.Unchanged, r.Reason == account.UnknownSetting, r.Reason == account.UnknownValue:
		return ledger.Record{}, false
	case r.Reason == account.AdultFree: // an adult's choices are kept nowhere
		return ledger.Record{}, false
	case r.Reason.Accepted():
		leaf.What, leaf.Facts["after"] = "changed", setting.Value(r.After)
	case ev.Type == event.SettingChanged:
		leaf.What, leaf.Facts["after"] = "deviated", setting.Value(r.Asked)
	default:
		leaf.What, leaf.Facts["asked"] = "refused", setting.Value(r.Asked)
	}
	switch {
	case ev.Type == event.SettingChanged:
		leaf.By = "platform"
	case len(ev.To) > 0:
		leaf.By = "guardian"
	}
	if o.Safe.Has&engine.Observed != 0 {
		leaf.Facts["observed"] = "yes" // shadow mode: it was noted and not carried out
	}
	return leaf, true
}
