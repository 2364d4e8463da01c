package console

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/metric"
	"rowan/page"
	"rowan/people"
	"rowan/wing"
)

//go:embed templates
var templates embed.FS

// pages renders the console's pages.
type pages struct {
	*wing.Wing
	console *Console
}

func newPages(c *Console, o *Options) (*pages, error) {
	p := &pages{console: c}
	bodies, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	menu := []wing.Item{
		{Path: "/queue", Label: "Queue", Key: "q", Permission: SeeQueue}, {Path: "/decisions", Label: "Decisions", Key: "d", Permission: SeeQueue},
		{Path: "/appeals", Label: "Appeals", Key: "a", Permission: DecideAppeals}, {Path: "/rules", Label: "Rules", Key: "r", Permission: SeeRules},
		{Path: "/quality", Label: "Quality", Key: "u", Permission: SeeQuality}, {Path: "/conformance", Label: "Conformance", Key: "c", Permission: SeeConformance},
		{Path: "/deliveries", Label: "Deliveries", Key: "v", Permission: SeeDeliveries},
		{Path: "/audit", Label: "Audit", Key: "l", Permission: SeeAudit}, {Path: "/people", Label: "People", Key: "p", Permission: ManagePeople},
	}
	if c.bureau != nil {
		menu = slices.Insert(menu, 3, wing.Item{Path: "/reports", Label: "Reports", Key: "o", Permission: SeeReports})
	}
	note := ""
	if o.Simulated {
		menu = append(menu, wing.Item{Path: "/board", Label: "Board", Key: "b", Permission: SeeQueue})
		note = "Everything here is simulated: no account and no message is anybody's."
	}
	p.Wing, err = wing.New(wing.Options{
		Name: "Casework", Templates: bodies, Funcs: p.funcs(), Menu: menu, Table: Table(), Roles: roleOrder, Directory: o.Directory, Sessions: o.Sessions,
		Door: o.Door, Log: o.Log, Now: c.desk.Now, Note: note, Within: within, Audit: SeeAudit, People: ManagePeople, Live: true,
	})
	return p, err
}

var roleOrder = []people.Role{people.Moderator, people.Senior, people.SafeguardingLead, people.PolicyManager, people.Auditor, people.Administrator}

// within is the menu's entry that pages of cases belong to.
func within(path string) string {
	if strings.HasPrefix(path, "/cases/") || strings.HasPrefix(path, "/accounts/") {
		return "/queue"
	}
	return ""
}

func (p *pages) funcs() template.FuncMap {
	return template.FuncMap{
		"risk":     func(v int64) string { return engine.Milli(v).Signed() },
		"kindMark": func(kind string) string { return kindMarks[kind] },
		"levels": func() []response.Level {
			return []response.Level{response.Critical, response.High, response.Elevated, response.Watch}
		},
		"states": casework.States,
		"plot":   p.plot,
		"graph":  graph,
		"strip": func(k, n int, i metric.Interval) template.HTML {
			return page.Interval(float64(k)/float64(n), i.Low, i.High)
		},
		"interval":  func(i metric.Interval) string { return fmt.Sprintf("%.0f to %.0f %%", 100*i.Low, 100*i.High) },
		"counted":   func(counts map[delivery.State]int, s string) int { return counts[delivery.State(s)] },
		"until":     func(t time.Time) bool { return !t.IsZero() },
		"late":      func(t time.Time) bool { return !t.IsZero() && t.Before(p.console.desk.Now()) },
		"met":       func(c casework.Child, n casework.Need) bool { return slices.Contains(c.Met, n) },
		"authority": authority,
		"reported": func(c casework.Case) bool {
			return p.console.bureau != nil && c.Judgement.Has(casework.ReportToAuthority)
		},
		"rulesOf": func(rules []ruleView, shadow bool) any {
			return struct {
				Rules  []ruleView
				Shadow bool
			}{rules, shadow}
		},
	}
}

var kindMarks = map[string]string{"alert": "▲", "signal": "●", "contact": "→", "setting": "⚙", "decision": "✓", "case": "·"}

// share is k of n with its interval.
func share(k, n int) interval { return interval{k, n, metric.Wilson(k, n)} }

type interval struct {
	K, N int
	metric.Interval
}

func (p *pages) plot(id string, points []riskPoint) template.HTML {
	out := make([]page.Point, len(points))
	for i, r := range points {
		out[i] = page.Point{At: r.At, Risk: r.Risk}
		for _, s := range r.Signals {
			out[i].Signals = append(out[i].Signals, s.Title)
			if out[i].Stage == "" {
				out[i].Stage = s.Stage
			}
		}
	}
	model := p.console.guard.Config().Model
	var levels []page.Threshold
	for l := response.Watch; l <= response.Critical; l++ {
		levels = append(levels, page.Threshold{Label: l.String(), Risk: model.Threshold(l)})
	}
	return page.Plot(id, out, levels)
}

func graph(v accountView) template.HTML {
	nodes := make([]page.Node, len(v.Contacts))
	for i, c := range v.Contacts {
		nodes[i] = page.Node{Label: c.Account, Young: c.Young, Mark: c.Level.Mark(), Weight: c.Events}
	}
	return page.Contacts("contacts", v.ID, nodes)
}
