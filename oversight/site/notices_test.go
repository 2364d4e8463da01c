package site_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"rowan/oversight/docket"
	"rowan/oversight/precedent"
	"rowan/oversight/sqlite"
)

// noticed is an office with a case in which an information notice was served.
func noticed(t *testing.T) (*regulator, *visitor, *visitor) {
	t.Helper()
	o, _, inspector, _ := registered(t)
	inspector.post("/cases", form("service", "rivergram", "title", "Safety defaults for children"))
	inspector.step(form("kind", "drafted", "paper", "information_notice", "asks", "the risk assessment", "why", "Nothing is known yet", "due", "2026-06-30"))
	return o, inspector, &visitor{regulator: o}
}

func TestAPaperIsADocumentThatIsFixedWhenItIsIssued(t *testing.T) {
	o, inspector, stranger := noticed(t)
	has(t, inspector.get("/cases/1/papers/n2"), "This is a draft", "Rivergram Ltd", "the provider of Rivergram", "s.102", "Its words are fixed when it is issued")
	inspector.step(form("kind", "issued", "paper", "information_notice"))
	inspector.step(form("kind", "served", "paper", "information_notice"))
	page := inspector.get("/cases/1/papers/n2")
	_, text, header := inspector.ask("GET", "/cases/1/papers/n2/document.txt", nil)
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
	has(t, page, digest, "What is wanted", "The risk assessment.")
	if strings.Contains(page, "This is a draft") || strings.Contains(page, "read differently") {
		t.Error("an issued paper is shown as a draft, or as if it differed")
	}
	if header.Get("Content-Disposition") != `attachment; filename="case-1-n2.txt"` || !strings.Contains(text, "INFORMATION NOTICE") {
		t.Errorf("the text: %v\n%s", header, text)
	}
	_, html, _ := inspector.ask("GET", "/cases/1/papers/n2/document.html", nil)
	has(t, html, "size: A4", "<h1>Information notice</h1>", "The risk assessment.")
	if !strings.Contains(page, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(html)))) {
		t.Error("the page does not name the digest of the HTML")
	}
	for _, path := range []string{"/notices/1/n2", "/notices/1/n2/document.txt", "/notices/1/n9", "/notices/99/n2", "/notices/1/n2/else"} {
		if code, _, _ := stranger.ask("GET", path, nil); code != http.StatusNotFound {
			t.Errorf("what was not published answers %d at %s", code, path)
		}
	}

	// The office opened anew reads what was issued, and finds what was changed since.
	if err := change(t, o, `UPDATE event SET body = replace(body, 'Rivergram Ltd', 'Otherwise Ltd') WHERE json_extract(body, '$.kind') = 'issued'`); err != nil {
		t.Fatal(err)
	}
	has(t, inspector.get("/cases/1/papers/n2"), "This is not what was issued", "Otherwise Ltd")
	if code, body, _ := inspector.ask("GET", "/cases/1/papers/n2/document.txt", nil); code != http.StatusInternalServerError || strings.Contains(body, "Otherwise") {
		t.Errorf("a file that was changed is sent: %d %s", code, body)
	}
	inspector.step(form("kind", "published", "of", "n2"))
	page = stranger.get("/notices/1/n2")
	has(t, page, "This is not what was issued")
	if strings.Contains(page, "Otherwise") {
		t.Error("the public sees what was not issued")
	}
}

// change alters the store behind the office's back.
func change(t *testing.T, o *regulator, statement string) error {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(o.dir, sqlite.OversightFile))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}

func TestOnlyPublishedPapersArePublicAndWithdrawnOnesAreEmpty(t *testing.T) {
	o, inspector, stranger := noticed(t)
	inspector.step(form("kind", "issued", "paper", "information_notice"))
	inspector.step(form("kind", "served", "paper", "information_notice"))
	has(t, stranger.get("/notices"), "No notice has been published")
	inspector.step(form("kind", "published", "of", "n2"))

	has(t, stranger.get("/notices"), "Information notice", "Rivergram Ltd", "/notices/1/n2", "Safety defaults")
	page := stranger.get("/notices/1/n2")
	has(t, page, "The risk assessment.", "sha256:", "/notices/1/n2/document.txt")
	if strings.Contains(page, "/cases/") || strings.Contains(page, inspector.person.Name) {
		t.Error("the public sees the inside of the case")
	}
	_, text, _ := stranger.ask("GET", "/notices/1/n2/document.txt", nil)
	var open []struct {
		State, About, Address, Withdrawn string
		Digest                           string `json:"text_digest"`
	}
	read := func() {
		t.Helper()
		open = nil
		if err := json.Unmarshal([]byte(stranger.get("/open/notices.json")), &open); err != nil || len(open) != 1 {
			t.Fatalf("open data: %+v, %v", open, err)
		}
	}
	read()
	if open[0].State != "published" || open[0].Address != "/notices/1/n2" || open[0].Digest != fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) {
		t.Errorf("open data: %+v", open)
	}
	rows := ok(csv.NewReader(strings.NewReader(stranger.get("/open/notices.csv"))).ReadAll())(t)
	if len(rows) != 2 || rows[1][4] != "published" || rows[1][8] != "Safety defaults for children" || rows[1][11] != "" {
		t.Errorf("open data as CSV: %v", rows)
	}
	has(t, stranger.get("/open/feed.xml"), "Rivergram Ltd: Information notice", "/notices/1/n2")

	inspector.step(form("kind", "withdrawn", "of", "n2", "text", "it asked for too much"))
	page = stranger.get("/notices/1/n2")
	has(t, page, "was withdrawn on 1 June 2026")
	for what, body := range map[string]string{"the page": page, "the list": stranger.get("/notices"), "the feed": stranger.get("/open/feed.xml"), "JSON": stranger.get("/open/notices.json")} {
		for _, said := range []string{"isk assessment", "Nothing is known", "Safety defaults", "too much", "sha256"} {
			if strings.Contains(body, said) {
				t.Errorf("%s still says %q of a withdrawn paper", what, said)
			}
		}
	}
	read()
	if open[0].State != "withdrawn" || open[0].Withdrawn != "2026-06-01" {
		t.Errorf("open data: %+v", open)
	}
	if code, body, _ := stranger.ask("GET", "/notices/1/n2/document.txt", nil); code != http.StatusGone || strings.Contains(body, "isk assessment") {
		t.Errorf("a withdrawn paper's text: %d", code)
	}
	has(t, inspector.get("/cases/1/papers/n2"), "The risk assessment.")
	has(t, stranger.get("/notices?name=nobody"), "No published notice is about that")
	o.reopen()
	has(t, stranger.get("/notices"), "withdrawn 1 June 2026")
}

// The published decisions of the precedents are papers that one can read.
func TestPrecedentsHaveTheirPapers(t *testing.T) {
	o := newOffice(t)
	enterPrecedents(t, o)
	stranger := &visitor{regulator: o}
	all := ok(precedent.Default())(t)
	page, n := stranger.get("/notices"), 0
	for i := range all.Cases {
		at := fmt.Sprintf("/notices/%d/decision", i+1)
		c := ok(o.office.Case(context.Background(), docket.ID(i+1)))(t)
		if c.Paper("decision").Published == 0 {
			continue
		}
		n++
		has(t, page, at)
		has(t, stranger.get(at), "Confirmation decision", "Penalties", all.Cases[i].Provider.Name)
	}
	if n < 6 {
		t.Errorf("%d decisions are published", n)
	}
}
