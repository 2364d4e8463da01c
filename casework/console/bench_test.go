package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/response"
	"rowan/people"
	base "rowan/sqlite"
)

// fill opens n cases.
func (o *office) fill(n int) {
	o.t.Helper()
	const batch = 5000
	for at := 0; at < n; at += batch {
		t := casework.Taken{At: o.clock.now()}
		for i := at; i < min(n, at+batch); i++ {
			a := storetest.Alert(fmt.Sprint("u-", i), fmt.Sprint("y-", i%1000), response.Level(1+i%4))
			t.Alerts = append(t.Alerts, a)
		}
		o.upTo++
		t.UpTo = o.upTo
		ok(o.store.Take(context.Background(), t))(o.t)
	}
}

// fillFast opens n cases by copying a thousand in the file, each under a number
// and about an account of its own.
func (o *office) fillFast(n int) {
	o.t.Helper()
	const few = 1000
	o.fill(few)
	ctx := context.Background()
	db := ok(base.Connect(ctx, filepath.Join(o.dir, sqlite.CasesFile)))(o.t)
	defer db.Close()
	const copies = `WITH RECURSIVE copy (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copy WHERE i < ?) INSERT INTO `
	for _, text := range []string{
		copies + `matter SELECT id + 1000 * i, actor || '-' || i, purpose, state, waits, level, priority, opened, due, holder, until, number,
			json_set(body, '$.id', id + 1000 * i, '$.actor', actor || '-' || i) FROM copy, matter WHERE id <= 1000`,
		copies + `event SELECT matter + 1000 * i, number, json_set(body, '$.case', matter + 1000 * i, '$.alert.actor', json_extract(body, '$.alert.actor') || '-' || i)
			FROM copy, event WHERE matter <= 1000`,
	} {
		ok(db.ExecContext(ctx, text, n/few-1))(o.t)
	}
	if have := ok(o.store.Count(ctx, casework.Filter{}))(o.t); have != n {
		o.t.Fatalf("%d cases, want %d", have, n)
	}
}

// With many open cases the queue's page comes fast, and fifty reviewers at once
// get fifty cases each held by one of them. ROWAN_CASES sets how many cases.
func TestFiftyReviewersNeverHoldOneCaseTwice(t *testing.T) {
	o := newOffice(t)
	o.fill(2000)
	load(t, o, 50, 6, 0)
}

// load lets reviewers look at the queue and take a case over HTTP, each as often
// as every says, or without a pause. It returns how long the page and the claim
// took.
func load(t testing.TB, o *office, reviewers, rounds int, every time.Duration) (pages, claims []time.Duration) {
	t.Helper()
	server := httptest.NewServer(o.console)
	defer server.Close()
	var mu sync.Mutex
	held := map[string]string{}
	var wait sync.WaitGroup
	visitors := make([]*visitor, reviewers)
	for i := range visitors {
		visitors[i] = o.visitor(fmt.Sprint("reviewer-", o.round, "-", i), people.Moderator)
	}
	for i, v := range visitors {
		wait.Go(func() {
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			ask := func(method, path string) (*http.Response, time.Duration) {
				r, err := http.NewRequest(method, server.URL+path, http.NoBody)
				if err != nil {
					t.Error(err)
					return nil, 0
				}
				r.AddCookie(people.Cookie(r, v.token))
				r.Header.Set("Accept", "text/html")
				began := time.Now()
				answer, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return nil, 0
				}
				_, err = io.Copy(io.Discard, answer.Body)
				took := time.Since(began)
				if err = errors.Join(err, answer.Body.Close()); err != nil {
					t.Error(err)
				}
				return answer, took
			}
			if every > 0 { // not all at the same moment
				time.Sleep(every * time.Duration(i) / time.Duration(reviewers))
			}
			for range rounds {
				pause := time.After(every)
				answer, page := ask("GET", "/queue")
				if answer == nil || answer.StatusCode != http.StatusOK {
					t.Errorf("the queue answered %v", answer)
					return
				}
				answer, claim := ask("POST", "/queue/next")
				if answer == nil || answer.StatusCode != http.StatusSeeOther {
					t.Errorf("a claim answered %v", answer)
					return
				}
				at := answer.Header.Get("Location")
				mu.Lock()
				if other, taken := held[at]; taken {
					t.Errorf("%s is held by reviewer %d and by %s", at, i, other)
				}
				held[at] = v.person.Login
				pages, claims = append(pages, page), append(claims, claim)
				mu.Unlock()
				<-pause
			}
		})
	}
	wait.Wait()
	if len(held) != reviewers*rounds {
		t.Errorf("%d cases are held, want %d", len(held), reviewers*rounds)
	}
	// Nobody holds hundreds of cases: what was taken is decided before the next load.
	for at, login := range held {
		var id casework.ID
		ok(fmt.Sscanf(at, "/cases/%d", &id))(t)
		by := ok(o.people.ByLogin(context.Background(), login))(t).ID
		ok(o.desk.Decide(context.Background(), id, by, casework.Judgement{Measures: []casework.Measure{casework.Monitor}, Reason: casework.Grooming}))(t)
	}
	return pages, claims
}

func quantile(all []time.Duration, q float64) time.Duration {
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))]
}

// The bounds with 100,000 open cases: the queue's page under 100 ms, a claim
// under 20 ms, alone and with fifty reviewers who each take a case every second,
// far more than people can. Fifty who hammer without a pause fill every core with
// pages, and everything waits for those: that is measured too, and has no bound.
func BenchmarkHundredThousandCases(b *testing.B) {
	o := newOffice(b)
	o.fillFast(100_000)
	ms := func(all []time.Duration, q float64) float64 {
		return float64(quantile(all, q).Microseconds()) / 1000
	}
	for b.Loop() {
		for name, l := range map[string]struct {
			reviewers int
			every     time.Duration
		}{"one": {1, 0}, "50": {50, time.Second}, "hammer": {50, 0}} {
			pages, claims := load(b, newVisitors(o), l.reviewers, 5, l.every)
			b.ReportMetric(ms(pages, 0.5), name+"-page-ms")
			b.ReportMetric(ms(claims, 0.5), name+"-claim-ms")
			b.ReportMetric(ms(claims, 0.99), name+"-claim-p99-ms")
		}
	}
}

// How many alerts a minute are taken in.
func BenchmarkAlerts(b *testing.B) {
	o := newOffice(b)
	const all = 20_000
	for b.Loop() {
		began := time.Now()
		o.fill(all)
		b.ReportMetric(all/time.Since(began).Minutes(), "alerts/min")
	}
}

// newVisitors lets log-ins be made again.
func newVisitors(o *office) *office {
	o.round++
	return o
}
