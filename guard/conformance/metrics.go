package conformance

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// WriteMetrics writes the report to a file in the text format of Prometheus, for
// the textfile collector. The file appears whole or not at all. It has counts
// only.
func (r *Report) WriteMetrics(path string, now time.Time) error {
	reg := prometheus.NewRegistry()
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rowan_conformance_" + name, Help: help}, labels)
		reg.MustRegister(g)
		return g
	}
	gauge("last_run_timestamp_seconds", "When the check was made.").WithLabelValues().Set(float64(now.Unix()))
	gauge("accounts", "Accounts that were read.").WithLabelValues().Set(float64(r.Accounts))
	gauge("bad_lines", "Lines that could not be read.").WithLabelValues().Set(float64(r.BadLines))
	checked := gauge("accounts_checked", "Accounts that were checked, by measure in force.", "measure", "duty")
	deviating := gauge("accounts_deviating", "Accounts that deviate, by measure in force.", "measure", "duty")
	found := gauge("deviations", "Deviations, by measure in force and kind.", "measure", "duty", "kind")
	for _, m := range r.Measures {
		if !m.Checkable {
			continue
		}
		checked.WithLabelValues(m.ID, m.Duty).Set(float64(m.Accounts))
		deviating.WithLabelValues(m.ID, m.Duty).Set(float64(m.Deviating))
		for k, n := range m.Kinds {
			found.WithLabelValues(m.ID, m.Duty, k).Set(float64(n))
		}
	}
	weaker := gauge("setting_weaker_accounts", "Accounts with a setting weaker than its default and not validly relaxed.", "setting", "band")
	stated := gauge("setting_accounts", "Accounts whose setting is known.", "setting", "band")
	drift := gauge("setting_drift", "1 if a setting is weaker than its default and was not in the report before.", "setting", "band")
	for _, s := range r.Settings {
		weaker.WithLabelValues(s.Setting, s.Band).Set(float64(s.Weaker))
		stated.WithLabelValues(s.Setting, s.Band).Set(float64(s.Stated))
		drift.WithLabelValues(s.Setting, s.Band).Set(0)
	}
	for _, d := range r.Drift {
		drift.WithLabelValues(d.Setting, d.Band).Set(1)
	}
	return prometheus.WriteToTextfile(path, reg)
}
