package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rowan/statistics/reference"
	"rowan/statistics/release/chart"
)

// All values in this file are constructed.
func samples(t *testing.T) map[string]chart.Drawing {
	t.Helper()
	frame := func(id string) chart.Frame {
		return chart.Frame{
			ID: id, Title: "Offences recorded by Example Police rose from 73 to 122 (+67%)",
			Subtitle: "Offences of sexual communication with a child recorded, years from 3 April", Says: "Two points: 73 & 122.",
			Note: "Constructed. Bars show natural variation (95%). Counts are of offences recorded, not committed, and a rise may come from recording, from reporting or from policing.",
		}
	}
	trend := []chart.Point{
		{Label: "2017/18", Value: 73, Low: 57, High: 92, Spread: true, Text: "73"},
		{Label: "2018/19", Value: 122, Low: 101, High: 146, Spread: true, Text: "122", Joined: true},
		{Label: "2019/20", Missing: true, Text: "not provided"},
		{Label: "2020/21", Value: 18, Low: 10, High: 28, Spread: true, Text: "18", Joined: true},
	}
	grid, err := chart.Grid()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	m := chart.Map{Frame: frame("map"), Classes: [4]string{"up to 30", "31 to 60", "61 to 120", "more"}}
	var multiples chart.Multiples
	multiples.Frame = frame("multiples")
	for i, g := range grid {
		f, ok := ref.Body(g.Force)
		if !ok {
			t.Fatalf("%s is no force", g.Force)
		}
		m.Squares = append(m.Squares, chart.Square{Tile: g, Label: f.Short, Text: fmt.Sprint(i * 9), Class: i % 5})
		multiples.Panels = append(multiples.Panels, chart.Panel{Label: f.Short, Points: trend[:2+i%3]})
	}
	var funnel chart.Funnel
	funnel.Frame, funnel.Mean, funnel.XLabel = frame("funnel"), 40, "Children under 16"
	for i := range 20 {
		x := float64(i+1) * 40000
		funnel.Limits = append(funnel.Limits, chart.Limit{X: x, Low95: 40 - 8000/(x/100), High95: 40 + 8000/(x/100), Low998: 40 - 13000/(x/100), High998: 40 + 13000/(x/100)})
		funnel.Dots = append(funnel.Dots, chart.Dot{Label: fmt.Sprint("Force ", i), X: x, Y: 30 + float64(i*7%23), Out: i == 12})
	}
	return map[string]chart.Drawing{
		"trend": chart.Trend{Frame: frame("trend"), Points: trend},
		"empty": chart.Trend{Frame: frame("empty")},
		"bars": chart.Bars{Frame: frame("bars"), Bars: []chart.Bar{
			{Label: "11 and under", Value: 20, Low: 15, High: 26, Spread: true, Text: "20%"}, {Label: "12 to 15", Value: 62, Low: 54, High: 69, Spread: true, Text: "62%"}, {Label: "16 and over", Text: "[c]"},
		}},
		"lines": chart.Lines{Frame: frame("lines"), Unit: "%", Series: []chart.Series{
			{Label: "Instagram", Points: []chart.Point{{Label: "2017/18", Value: 20, Low: 18, High: 22, Spread: true, Text: "20%"}, {Label: "2018/19", Value: 34, Low: 32, High: 36, Spread: true, Text: "34%", Joined: true}}},
			{Label: "Facebook", Points: []chart.Point{{Label: "2017/18", Value: 29, Text: "29%"}, {Label: "2018/19", Value: 20, Text: "20%", Joined: true}}},
			{Label: "Snapchat", Points: []chart.Point{{Label: "2017/18", Value: 20, Text: "20%"}, {Label: "2018/19", Value: 19, Text: "19%"}}},
		}},
		"multiples": multiples, "map": m, "funnel": funnel,
	}
}

func TestEveryChartIsWellFormedNamedAndFitsItsPage(t *testing.T) {
	artist := chart.NewArtist()
	for name, d := range samples(t) {
		img, err := artist.Draw(d, 3)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if dir := os.Getenv("CHARTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".png"), img.PNG, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+".svg"), img.SVG, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		text := string(img.SVG)
		for _, want := range []string{`role="img"`, "<title id=", "<desc id=", "Two points: 73 &amp; 122."} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %s", name, want)
			}
		}
		for _, bad := range []string{"NaN", "Inf", "<script", "http://www.w3.org/1999/xlink"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		x := xml.NewDecoder(bytes.NewReader(img.SVG))
		for {
			if _, err := x.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		size, err := png.DecodeConfig(bytes.NewReader(img.PNG))
		if err != nil || size.Width != 1443 || size.Height < 2*img.Height-2 || size.Height > 2*img.Height+2 {
			t.Errorf("%s: a PNG of %d x %d, the chart has %d x %d; %v", name, size.Width, size.Height, img.Width, img.Height, err)
		}
	}
}

func TestSeveralGoroutinesDrawTheSameBytes(t *testing.T) {
	artist := chart.NewArtist()
	d := samples(t)["lines"]
	want, err := artist.Draw(d, 3)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got, err := artist.Draw(d, 3)
			if err != nil || !bytes.Equal(got.SVG, want.SVG) || !bytes.Equal(got.PNG, want.PNG) {
				t.Errorf("another drawing: %v", err)
			}
		})
	}
	all.Wait()
}

func TestTheTileMapHasEveryForceOnce(t *testing.T) {
	grid, err := chart.Grid()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]int{}
	for _, g := range grid {
		has[g.Force]++
	}
	for _, f := range ref.Forces() {
		if has[f.ID] != 1 {
			t.Errorf("%s stands there %d times", f.ID, has[f.ID])
		}
	}
	if len(grid) != len(ref.Forces()) {
		t.Errorf("%d tiles", len(grid))
	}
}
