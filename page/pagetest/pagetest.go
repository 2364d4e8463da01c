// Package pagetest tries pages in a real headless Chromium, with axe-core as
// the judge of accessibility.
package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Browser is a headless Chromium with one page.
type Browser struct {
	t   testing.TB
	ctx context.Context
	axe string
}

// patience is how long a test may keep a browser.
const patience = 8 * time.Minute

// problems gathers what a page does wrong before anybody looks.
const problems = `window.__problems = [];
addEventListener('securitypolicyviolation', e => __problems.push('refused by the security policy: ' + e.violatedDirective + ' ' + e.blockedURI));
addEventListener('error', e => __problems.push('error: ' + e.message));
addEventListener('unhandledrejection', e => __problems.push('rejection: ' + e.reason));`

// Open starts a browser. Where Chromium or axe-core is not installed the test is
// skipped, but never in CI.
func Open(t testing.TB) *Browser {
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
	axe, err := os.ReadFile(filepath.Join(root(t), ".ci", "node_modules", "axe-core", "axe.min.js"))
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
	ctx, stop = context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	b := &Browser{t, ctx, string(axe)}
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: problems})
	return b
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test does not run within the module")
		}
	}
}

// call gives the browser a command of its protocol.
func call[P, R any](b *Browser, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}

func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func eval[T any](b *Browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// Look sets the colour scheme, light or dark, and the width of the window.
func (b *Browser) Look(scheme string, width int) {
	b.t.Helper()
	b.media("", width, "prefers-color-scheme", scheme)
}

// Print shows pages as on paper that is so many pixels wide.
func (b *Browser) Print(width int) {
	b.t.Helper()
	b.media("print", width, "prefers-color-scheme", "dark")
}

// Forced shows pages in the few colours that a reader has chosen.
func (b *Browser) Forced(width int) {
	b.t.Helper()
	b.media("", width, "forced-colors", "active")
}

func (b *Browser) media(media string, width int, feature, value string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
	b.do("the width", chromedp.EmulateViewport(int64(width), 900))
}

// WithoutScript turns the pages' own scripts off, or on again.
func (b *Browser) WithoutScript(off bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
}

// Cookie gives the browser a cookie for an address.
func (b *Browser) Cookie(address string, c *http.Cookie) {
	b.t.Helper()
	only := c.HttpOnly
	call(b, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: address, Path: c.Path, HTTPOnly: &only})
}

// Visit opens a page.
func (b *Browser) Visit(address string) {
	b.t.Helper()
	b.do(address, chromedp.Navigate(address), chromedp.WaitReady("main"))
}

// Press presses keys, as a person at the page does.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.do("pressing "+keys, chromedp.KeyEvent(keys))
}

// Click clicks on what a selector finds first.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.do("clicking "+selector, chromedp.ScrollIntoView(selector), chromedp.Click(selector))
}

// Fill writes into a field, or chooses a value of a list.
func (b *Browser) Fill(selector, value string) {
	b.t.Helper()
	b.do("filling "+selector, chromedp.WaitVisible(selector), chromedp.SetValue(selector, value))
}

// Choose chooses a file for a field of files.
func (b *Browser) Choose(selector, file string) {
	b.t.Helper()
	b.do("choosing a file for "+selector, chromedp.SetUploadFiles(selector, []string{file}))
}

// Await waits until the page's text holds words; the page may change meanwhile.
func (b *Browser) Await(text string) {
	b.t.Helper()
	if shown, found := b.until(`document.body ? document.body.innerText : ""`, func(shown string) bool { return strings.Contains(shown, text) }); !found {
		b.t.Fatalf("the page never says %q:\n%s", text, shown)
	}
}

// Arrive waits until the page at a path, with its query, is open.
func (b *Browser) Arrive(path string) {
	b.t.Helper()
	if shown, found := b.until(`document.readyState === "complete" ? location.pathname + location.search : ""`, func(shown string) bool { return shown == path }); !found {
		b.t.Fatalf("%s is never opened, but %s", path, shown)
	}
}

// until evaluates a script until what it returns is right, and says what it was.
func (b *Browser) until(script string, right func(string) bool) (string, bool) {
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		shown, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
		if err == nil && right(shown) {
			return shown, true
		}
		select {
		case <-late.C:
			return fmt.Sprint(shown, " (", err, ")"), false
		case <-look.C:
		}
	}
}

// Says reports whether the page's text holds words now.
func (b *Browser) Says(text string) bool {
	b.t.Helper()
	return strings.Contains(eval[string](b, `document.body.innerText`), text)
}

// Eval evaluates a script that returns text.
func (b *Browser) Eval(script string) string {
	b.t.Helper()
	return eval[string](b, script)
}

// Shot keeps a picture of the window, height high, under docs/ or wherever SHOTS
// says; without SHOTS it does nothing.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// widest names what sticks out of the window most.
const widest = `[...document.querySelectorAll("main *, header *, footer *")].map(e => [e.getBoundingClientRect().right, e.tagName + "." + e.className]).sort((a, b) => b[0] - a[0])[0].join(" ")`

// Check holds the page that is open to what every page must keep: no violation
// that axe-core finds (WCAG 2.2 A and AA and its best practices), no wider than
// the window, nothing refused by the security policy, no error of a script.
func (b *Browser) Check(name string) {
	b.t.Helper()
	b.do("axe-core", chromedp.Evaluate[chromedp.Void](b.axe))
	found := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary).join("; "))))`)
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		violations = append(violations, fmt.Sprintf("%d px wider than the window, by %s", over, eval[string](b, widest)))
	}
	var own []string
	if err := json.Unmarshal([]byte(eval[string](b, `JSON.stringify(window.__problems || [])`)), &own); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range append(violations, own...) {
		b.t.Errorf("%s: %s", name, v)
	}
	b.Shot(name)
}

// Weight is how many bytes the page and all that it loaded took over the line,
// and FirstPaint how long its first paint took.
func (b *Browser) Weight() int {
	b.t.Helper()
	return eval[int](b, `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource")).reduce((n, e) => n + e.encodedBodySize, 0)`)
}

// FirstPaint is how long it took until something of the page was painted.
func (b *Browser) FirstPaint() time.Duration {
	b.t.Helper()
	ms := eval[float64](b, `new Promise(done => { const look = () => { const p = performance.getEntriesByName("first-contentful-paint")[0]; if (p) done(p.startTime); else setTimeout(look, 10) }; look() })`)
	return time.Duration(ms * float64(time.Millisecond))
}
