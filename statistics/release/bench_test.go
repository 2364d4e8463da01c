package release_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/release"
	"rowan/statistics/returns/batch"
)

// returnsOfAll writes 43 constructed returns of eight financial years, each a
// workbook with offences, ages and methods, and the plan of a release of them.
func returnsOfAll(t testing.TB) (plan string) {
	t.Helper()
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var periods string
	for i, force := range ref.Forces() {
		f := excelize.NewFile()
		sheet := func(name, corner string, rows []string, cell func(row, year int) int) {
			_, err := f.NewSheet(name)
			must(err)
			must(f.SetSheetRow(name, "A1", &[]any{force.Name(period.NewDate(2019, 4, 2))}))
			head := []any{corner}
			for y := 2017; y < 2025; y++ {
				head = append(head, fmt.Sprintf("%d/%02d", y, (y+1)%100))
			}
			must(f.SetSheetRow(name, "A2", &head))
			for r, label := range rows {
				line := []any{label}
				for y := range 8 {
					line = append(line, cell(r, y))
				}
				must(f.SetSheetRow(name, fmt.Sprintf("A%d", r+3), &line))
			}
		}
		must(f.SetSheetName("Sheet1", "Offences"))
		sheet("Offences", "", []string{"Offences"}, func(_, y int) int { return 60 + 5*i + 9*y })
		sheet("Ages", "Age of victim", []string{"11 and under", "12-15", "Unknown"}, func(r, y int) int { return []int{12 + i%5, 40 + 4*i + 8*y, 8 + i%3 + y}[r] })
		sheet("Methods", "Method", []string{"Instagram", "Facebook", "Snapchat", "WhatsApp", "Kik", "Text message", "Unknown"}, func(r, y int) int { return 6 + (i*r+3*y+r)%23 })
		must(f.SaveAs(filepath.Join(dir, force.ID+".xlsx")))
		must(f.Close())
	}
	for y := 2017; y < 2025; y++ {
		periods += fmt.Sprintf("  - {start: %d-04-01, end: %d-03-31}\n", y, y+1)
	}
	plan = filepath.Join(dir, "release.yaml")
	must(os.WriteFile(plan, []byte(`version: 1
title: Constructed returns of 43 forces
published: 2025-11-13
publisher: {name: Rowan tests, owner: statistics lead, contact: statistics@example.org}
series: constructed-2025
offence: scc-15a
returns: ["*.xlsx"]
areas: [england-and-wales, wales, ons-north-east, ons-north-west, ons-yorkshire-and-the-humber, ons-east-midlands, ons-west-midlands, ons-east, ons-london, ons-south-east, ons-south-west]
groups: [facebook_owned_plus_snap, facebook_owned]
constructed: true
periods:
`+periods), 0o600))
	return plan
}

// BenchmarkFortyThreeReturns compiles the full release (bound: 20 s on two cores)
// and says how long the figures alone take (bound: 1 s).
func BenchmarkFortyThreeReturns(b *testing.B) {
	path := returnsOfAll(b)
	plan, err := release.ReadPlan(path)
	if err != nil {
		b.Fatal(err)
	}
	ref, err := reference.Default()
	if err != nil {
		b.Fatal(err)
	}
	files, err := plan.Files()
	if err != nil {
		b.Fatal(err)
	}
	read, err := batch.Read(context.Background(), files, batch.Options{Reference: ref, Series: plan.Series})
	if err != nil || len(read.Questions) > 0 {
		b.Fatal(err, read.Questions)
	}
	start := time.Now()
	set, err := figures.Compile(read.Observations, ref, figures.Options{Title: plan.Title, Published: plan.Published, Series: plan.Series, Offence: plan.Offence, Periods: plan.Periods, Areas: plan.Areas, Groups: plan.Groups})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	for b.Loop() {
		if _, err := release.Compile(context.Background(), plan, filepath.Join(b.TempDir(), "out"), release.Options{Reference: ref}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(took.Milliseconds()), "figures-ms")
	b.ReportMetric(float64(len(set.Figures)), "figures")
}
