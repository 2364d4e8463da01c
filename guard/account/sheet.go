package account

import (
	"rowan/guard/account/support"
	"rowan/rulebook"
)

// Sheet is the settings of an account in words, for a platform to show.
type Sheet struct {
	Account       string        `json:"account,omitempty"`
	Band          string        `json:"band"`    // unknown, under_13, 13-15, 16-17, 18+
	Profile       string        `json:"profile"` // the band whose defaults apply
	Jurisdictions []string      `json:"jurisdictions"`
	Date          string        `json:"date"`
	Rulebook      string        `json:"rulebook"` // versions of the packs
	Mode          string        `json:"mode"`     // enforce or shadow
	Settings      []SettingView `json:"settings"`
}

// SettingView is one setting as it holds.
type SettingView struct {
	Setting string   `json:"setting"`
	Title   string   `json:"title"`
	Value   string   `json:"value"`
	Default string   `json:"default"`
	Values  []string `json:"values"` // all there are, the strictest first
	Locked  bool     `json:"locked"` // the young person cannot relax it
	// RelaxableBy are those who may relax it: child, guardian; and how far.
	RelaxableBy []string          `json:"relaxable_by"`
	UpTo        map[string]string `json:"up_to,omitempty"`
	Reverts     []string          `json:"reverts"` // what ends a relaxation: session_end, update, age_change, age_doubt, days
	RevertDays  int               `json:"revert_days,omitempty"`
	RevertsAt   uint32            `json:"reverts_at,omitempty"` // Unix seconds, of a relaxation that holds
	Chosen      bool              `json:"chosen"`               // not the default
	Rules       []Cited           `json:"rules"`                // all that speak of it, the strictest first
	// Recommended is what Rowan's own pack says where no rule of the
	// jurisdictions speaks of the setting.
	Recommended string `json:"recommended,omitempty"`
	// Reason is why, in plain words for the young person; "" where nothing is
	// held back.
	Reason string `json:"reason"`
}

// Cited is a rule that an answer rests on.
type Cited struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Source   string `json:"source"`
	Kind     string `json:"kind"`     // law, code, guidance, ...
	Duty     string `json:"duty"`     // required or recommended
	Evidence string `json:"evidence"` // how well its content is known
	Value    string `json:"value,omitempty"`
}

// Cite puts citations of a setting into words.
func Cite(s *rulebook.Setting, citations []rulebook.Citation) []Cited {
	out := make([]Cited, len(citations))
	for i, c := range citations {
		m := c.Measure
		out[i] = Cited{
			ID: m.ID, Title: m.Title, Source: m.Source.Title, Kind: string(m.Source.Kind),
			Duty: c.Duty.String(), Evidence: string(m.Evidence), Value: s.Value(c.Cell.Value),
		}
	}
	return out
}

// Sheet puts the settings of an account at a moment (Unix seconds) into words.
func (r *Rules) Sheet(p Party, at uint32, texts *support.Catalogue, locale string) Sheet {
	e := r.Edition(p.Region, at)
	out := Sheet{
		Band: p.Band.String(), Profile: p.Band.Profile().String(), Jurisdictions: e.Question().Jurisdictions,
		Date: rulebook.Date(at / 86400).String(), Rulebook: r.version, Mode: r.scope.Mode.String(), Settings: []SettingView{},
	}
	if len(out.Jurisdictions) == 0 {
		out.Jurisdictions = []string{rulebook.Strictest}
	}
	for _, h := range r.Holdings(p, at) {
		out.Settings = append(out.Settings, r.view(e, p, h, at, texts, locale))
	}
	return out
}

// View is one setting of an account in words; false if the service has none.
func (r *Rules) View(p Party, setting string, at uint32, texts *support.Catalogue, locale string) (SettingView, bool) {
	e := r.Edition(p.Region, at)
	place, ok := r.catalogue.Place(setting)
	if !ok || !e.Has(place) {
		return SettingView{}, false
	}
	return r.view(e, p, holding(e, &p, place, at), at, texts, locale), true
}

func (r *Rules) view(e *rulebook.Edition, p Party, h Holding, at uint32, texts *support.Catalogue, locale string) SettingView {
	s := r.catalogue.Setting(h.Place)
	v := SettingView{
		Setting: s.ID, Title: s.Title, Value: s.Value(h.Value), Default: s.Value(h.Cell.Value), Values: s.Values,
		Locked: h.Cell.Locked(), RelaxableBy: []string{}, Reverts: []string{}, RevertDays: int(h.Cell.Reset.Days),
		RevertsAt: h.Reverts, Chosen: h.Chosen, Rules: Cite(s, e.Citations(p.Band, h.Place)),
	}
	for _, who := range [...]struct {
		name string
		most uint8
	}{{"child", h.Cell.Child}, {"guardian", h.Cell.Guardian}} {
		if who.most > h.Cell.Value {
			v.RelaxableBy = append(v.RelaxableBy, who.name)
			if v.UpTo == nil {
				v.UpTo = map[string]string{}
			}
			v.UpTo[who.name] = s.Value(who.most)
		}
	}
	if s.Loosest() == h.Cell.Value {
		v.Locked = false // there is nothing to relax
	}
	if len(v.RelaxableBy) > 0 {
		v.Reverts = h.Cell.Reset.Words()
	} else {
		v.RevertDays = 0
	}
	if len(v.Rules) == 0 && r.own != nil {
		if cell := r.own.On(rulebook.Date(at/86400)).Cell(p.Band, h.Place); cell.Value < h.Value {
			v.Recommended = s.Value(cell.Value)
		}
	}
	if h.Value < s.Loosest() { // else there is nothing to give a reason for
		v.Reason, _ = texts.Find(support.Setting, s.ID, p.Band.Profile().String(), locale)
	}
	return v
}
