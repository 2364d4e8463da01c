package report_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rowan/casework/report"
	"rowan/casework/report/reporttest"
)

func TestTwoDifferentPeopleMustSignTheSameDocument(t *testing.T) {
	now := reporttest.At(100)
	digest := report.Digest([]byte("a document"))
	sign := func(by string, at int, of string) report.SignOff {
		return report.SignOff{By: by, At: reporttest.At(at), Digest: of}
	}
	blocks := []report.Missing{{Field: "x", Blocks: true}}
	for name, c := range map[string]struct {
		signs   []report.SignOff
		missing []report.Missing
		want    error
	}{
		"two people":               {signs: []report.SignOff{sign("p-2", 5, digest), sign("p-1", 1, digest)}},
		"of the decision":          {signs: []report.SignOff{sign("p-1", 1, ""), sign("p-2", 5, "")}},
		"nobody":                   {want: report.ErrUnsigned},
		"one":                      {signs: []report.SignOff{sign("p-1", 1, digest)}, want: report.ErrUnsigned},
		"one, twice":               {signs: []report.SignOff{sign("p-1", 1, digest), sign("p-1", 2, digest)}, want: report.ErrUnsigned},
		"one without a name":       {signs: []report.SignOff{sign("p-1", 1, digest), sign("", 2, digest)}, want: report.ErrUnsigned},
		"one from the future":      {signs: []report.SignOff{sign("p-1", 1, digest), sign("p-2", 101, digest)}, want: report.ErrUnsigned},
		"one without a time":       {signs: []report.SignOff{sign("p-1", 1, digest), {By: "p-2", Digest: digest}}, want: report.ErrUnsigned},
		"one of another document":  {signs: []report.SignOff{sign("p-1", 1, digest), sign("p-2", 2, report.Digest(nil))}, want: report.ErrChanged},
		"two, but it is not whole": {signs: []report.SignOff{sign("p-1", 1, digest), sign("p-2", 5, digest)}, missing: blocks, want: &report.IncompleteError{}},
		"two, and something would help": {
			signs: []report.SignOff{sign("p-1", 1, digest), sign("p-2", 5, digest)}, missing: []report.Missing{{Field: "x"}},
		},
	} {
		a, err := report.Authorise(digest, c.missing, c.signs, now)
		incomplete := (*report.IncompleteError)(nil)
		switch {
		case errors.As(c.want, &incomplete):
			if !errors.As(err, &incomplete) || !strings.Contains(err.Error(), "x") {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.Is(err, c.want):
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if a.Valid() != (c.want == nil) {
			t.Errorf("%s: valid is %v", name, a.Valid())
		}
		if by := a.By(); a.Valid() && (by[0].By != "p-1" || by[1].By != "p-2" || a.Digest() != digest) {
			t.Errorf("%s: %+v", name, by)
		}
	}
	if (report.Authority{}).Valid() {
		t.Error("an authority that nobody made is valid")
	}
	if _, err := report.Authorise("", nil, reporttest.Signs(""), now); err == nil {
		t.Error("no document, but an authority")
	}
}

func TestDigestKeepsPartsApart(t *testing.T) {
	if report.Digest([]byte("ab"), []byte("c")) == report.Digest([]byte("a"), []byte("bc")) {
		t.Error("parts run together")
	}
}

func TestAFileCountsAsReadOnlyIfPeopleReadAllOfIt(t *testing.T) {
	f := reporttest.Facts()
	if !f.ReadThrough() {
		t.Error("every line with text was looked at")
	}
	f.Views = f.Views[:2]
	if f.ReadThrough() {
		t.Error("one line was not looked at")
	}
	f.Views = append(f.Views, report.View{By: "", What: "m-103", At: time.Now()})
	if f.ReadThrough() || f.Viewed("m-103") {
		t.Error("nobody is not a person")
	}
	if (&report.Facts{}).ReadThrough() {
		t.Error("where there is nothing, nothing was read")
	}
}
