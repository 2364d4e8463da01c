package site_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"rowan/oversight"
	"rowan/oversight/register"
	inboxes "rowan/oversight/returns/sqlite"
	"rowan/oversight/site"
)

// BenchmarkReturnsOfManyServices asks for the pages of returns with five thousand
// services and five years of monthly returns. The bound is 200 ms a page.
func BenchmarkReturnsOfManyServices(b *testing.B) {
	o := newOffice(b)
	ctx, dir := context.Background(), b.TempDir()
	store := ok(inboxes.OpenInbox(ctx, dir))(b)
	b.Cleanup(func() { store.Close() })
	fill := ok(sql.Open("sqlite", filepath.Join(dir, inboxes.InboxFile)))(b)
	tx := ok(fill.Begin())(b)
	key := newPlatform(b, o.now).key.Verifier()
	document := newPlatform(b, o.now).document(nil)
	var entries []register.Entry
	for n := range 5000 {
		id := fmt.Sprintf("service-%d", n)
		entries = append(entries, register.Entry{Subject: register.AboutService(id), Kind: register.OfService, Service: &register.Service{ID: id, Name: id, Simulated: true}})
		ok(tx.Exec(`INSERT INTO duty (service, template, body) VALUES (?, 'ofcom', ?)`, id, fmt.Sprintf(`{"service":%q,"template":"ofcom","key":%q,"from":"2021-01-01T00:00:00Z","at":"2021-01-01T00:00:00Z"}`, id, key)))(b)
		for m := range 60 {
			period := fmt.Sprintf("%d-%02d", 2021+m/12, 1+m%12)
			ok(tx.Exec(`INSERT INTO share VALUES ('measures.met', 'gb.icu-f1-e', ?, ?, 'ofcom', '1', 1, ?, 1000, 'word')`, period, id, 500+(n+m)%500))(b)
			ok(tx.Exec(`INSERT OR IGNORE INTO stated VALUES ('measures.met', 'gb.icu-f1-e', ?, 'ofcom')`, period))(b)
			at := time.Date(2021, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC)
			body := []byte{}
			if n == 0 {
				body = document
			}
			ok(tx.Exec(`INSERT INTO received VALUES (?, ?, 'ofcom', ?, 1, ?, 0, '{}', ?)`, fmt.Appendf(make([]byte, 0, 32), "%016d%016d", n, m), id, at.Format("2006-01"), at.UnixMilli(), body))(b)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	fill.Close()
	ok(o.store.Enter(ctx, entries, nil))(b)
	o.office = ok(oversight.NewOffice(ctx, oversight.Options{Store: o.store, Now: func() time.Time { return o.now }}))(b)
	s := ok(site.New(site.Options{Office: o.office, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return o.now }, Returns: store}))(b)
	o.site = s
	v := &visitor{regulator: o}
	for _, path := range []string{"/returns", "/returns?name=service-77", "/services/service-0", "/open/returns.json", "/open/returns.csv", "/league", "/league?period=2023-04", "/open/league.json", "/open/league.csv", "/returns/" + fmt.Sprintf("%x", fmt.Sprintf("%016d%016d", 0, 0))} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				v.get(path)
			}
		})
	}
}
