package release_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium, and the source of axe-core. Where they are not
// installed the test is skipped, but never in CI.
func browser(t *testing.T) (context.Context, string) {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing; .ci/test installs it", what)
		}
		t.Skipf("%s is missing; .ci/test installs it", what)
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		missing("chromium")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", ".ci", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing("axe-core")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	// The first call starts the browser, which lives as long as its context.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	return ctx, string(axe)
}

func TestPagesAreAccessibleInARealBrowser(t *testing.T) {
	ctx, axe := browser(t)
	demo, constructed := made(t, "demo"), made(t, "west-mercia")
	shots := os.Getenv("SHOTS")
	for _, page := range []string{
		filepath.Join(demo, "site", "index.html"), filepath.Join(demo, "site", "west-mercia.html"), filepath.Join(demo, "site", "england-and-wales.html"), filepath.Join(demo, "site", "quality-and-methods.html"),
		filepath.Join(demo, "release", "lancashire.html"), filepath.Join(constructed, "site", "west-mercia.html"),
	} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range map[string][]int64{"light": {1200}, "dark": {375}}[scheme] {
				name := fmt.Sprintf("%s-%s-%s-%d", filepath.Base(filepath.Dir(filepath.Dir(page))), filepath.Base(page), scheme, width)
				t.Run(name, func(t *testing.T) {
					dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
					media := func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
						_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, dark)
						return chromedp.Void{}, err
					}
					if err := chromedp.Do(ctx, media, chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+page),
						chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d, i) => { d.open = i < 3 })`),
						chromedp.Evaluate[chromedp.Void](axe)); err != nil {
						t.Fatal(err)
					}
					found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, where: v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
					if err != nil {
						t.Fatal(err)
					}
					wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
					if err != nil || wide > width {
						t.Errorf("the page is %d wide, %v", wide, err)
					}
					if shots != "" {
						shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
						if err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(filepath.Join(shots, name+".png"), shot, 0o600); err != nil {
							t.Fatal(err)
						}
					}
					var violations []json.RawMessage
					if err := json.Unmarshal([]byte(found), &violations); err != nil {
						t.Fatal(err)
					}
					for _, v := range violations {
						t.Errorf("%s", v)
					}
				})
			}
		}
	}
}
