package site_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rowan/oversight/register"
	"rowan/rulebook"
)

// judged is a risk assessment that speaks of every kind of content.
func judged(c *register.Contents) *register.Assessment {
	a := &register.Assessment{Version: "1", Date: 20500, Reason: register.FirstAssessment, Guidance: "v2", Covers: map[string]string{}}
	for i, k := range c.Kinds {
		level := rulebook.Risk(1 + i%4)
		a.Rows = append(a.Rows, register.Row{Kind: k.ID, Likelihood: level, Impact: level, Level: level, Why: "as the board found"})
	}
	return a
}

// fill puts services with a risk assessment and five years of monthly figures on the
// register.
func fill(b *testing.B, o *regulator, services, months int) {
	b.Helper()
	a := judged(o.office.Contents())
	for i := range services {
		id := fmt.Sprint("service-", i)
		entries := []register.Entry{
			{At: o.now, By: "p", From: 18000, Subject: register.AboutProvider(id), Kind: register.OfProvider, Provider: &register.Provider{ID: id, Name: "Provider " + id, Simulated: true}},
			{At: o.now, By: "p", From: 18000, Subject: register.AboutService(id), Kind: register.OfService, Service: &register.Service{ID: id, Name: "Service " + id, Provider: id, Kind: "user_to_user", Features: []string{"dm"}, Simulated: true}},
		}
		entries = append(entries, register.Entry{At: o.now, By: "p", From: 20500, Subject: register.AboutService(id), Kind: register.OfAssessment, Key: a.Version, Assessment: a})
		for m := range months {
			month := time.Date(2021, 6, 1, 0, 0, 0, 0, time.UTC).AddDate(0, m, 0).Format("2006-01")
			entries = append(entries, register.Entry{At: o.now, By: "p", From: 18000, Subject: register.AboutService(id), Kind: register.OfSize, Key: month, Size: &register.Size{Month: month, Users: int64(1000*i + m)}})
		}
		ok(o.office.Enter(context.Background(), "p", entries...))(b)
	}
}

// Every page with 5,000 services of five years under 200 ms.
func BenchmarkPagesOfFiveThousandServices(b *testing.B) {
	o := newOffice(b)
	fill(b, o, 5000, 60)
	enterPrecedents(b, o)
	stranger := &visitor{regulator: o}
	for _, path := range []string{"/services", "/services?name=service-49", "/services/service-4999", "/services/service-4999/measures?users=7000001", "/services/service-4999/assessment", "/measures", "/open/measures.json", "/penalties", "/open/services.json", "/open/services.csv", "/open/penalties.json", "/open/feed.xml"} {
		b.Run(path[1:], func(b *testing.B) {
			for b.Loop() {
				stranger.get(path)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/page")
		})
	}
}
