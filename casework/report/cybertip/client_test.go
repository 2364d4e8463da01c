package cybertip_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rowan/casework/report/cybertip"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/reporttest"
)

func newClient(t *testing.T) (*cybertip.Client, *cybertiptest.Server, *time.Time) {
	now := reporttest.At(0)
	s := cybertiptest.New(func() time.Time { return now })
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	credentials, err := cybertip.NewCredentials(cybertiptest.User, cybertiptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cybertip.NewClient(h.URL+"/ispws", credentials, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, s, &now
}

func code(err error) cybertip.Code {
	var of *cybertip.CallError
	if errors.As(err, &of) {
		return of.Code
	}
	return 0
}

func TestAReportIsOpenedFilledAndFinished(t *testing.T) {
	c, s, _ := newClient(t)
	ctx := t.Context()
	body := documents(t, reporttest.Facts())[0]
	if _, err := c.Status(ctx); err != nil {
		t.Fatal(err)
	}
	opened, err := c.Submit(ctx, body)
	if err != nil || opened.ReportID == 0 || opened.RequestID == "" {
		t.Fatalf("%+v, %v", opened, err)
	}
	d, _, err := cybertip.Build(reporttest.Facts())
	if err != nil {
		t.Fatal(err)
	}
	up, err := c.Upload(ctx, opened.ReportID, cybertip.TranscriptName, d.Files[0].Body)
	if err != nil || up.FileID == "" || up.MD5 != d.Files[0].Details.Hashes[0].Value {
		t.Fatalf("%+v, %v", up, err)
	}
	d.Files[0].Details.ReportID, d.Files[0].Details.FileID = opened.ReportID, up.FileID
	about, err := d.Files[0].Details.XML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Describe(ctx, about); err != nil {
		t.Fatal(err)
	}
	done, err := c.Finish(ctx, opened.ReportID)
	if err != nil || !slices.Equal(done.Files, []string{up.FileID}) || done.ReportID != opened.ReportID {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := s.Finished(); len(got) != 1 || !bytes.Equal(got[0].Body, body) || !bytes.Equal(got[0].Files[0].Body, d.Files[0].Body) || got[0].Files[0].Name != cybertip.TranscriptName {
		t.Errorf("%+v", got)
	}
	if _, err := c.Finish(ctx, opened.ReportID); code(err) != cybertip.Finished {
		t.Error(err)
	}
	if _, err := c.Retract(ctx, opened.ReportID); code(err) != cybertip.Finished {
		t.Error(err)
	}
}

func TestWhatTheServerRefuses(t *testing.T) {
	c, _, now := newClient(t)
	ctx := t.Context()
	body := documents(t, reporttest.Facts())[0]
	open := func() int64 {
		r, err := c.Submit(ctx, body)
		if err != nil {
			t.Fatal(err)
		}
		return r.ReportID
	}
	withdrawn, old, kept := open(), open(), open()
	if _, err := c.Retract(ctx, withdrawn); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Retract(ctx, withdrawn); code(err) != cybertip.Retracted {
		t.Error(err)
	}
	*now = now.Add(23*time.Hour + 30*time.Minute)
	if _, err := c.Upload(ctx, kept, "a.csv", []byte("a")); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(45 * time.Minute) // a day and 15 minutes after opening, 45 after the last change
	if _, err := c.Finish(ctx, old); code(err) != cybertip.NoReport {
		t.Error("an old report without a change is gone:", err)
	}
	if _, err := c.Finish(ctx, kept); err != nil {
		t.Error("a change keeps a report for an hour:", err)
	}
	swapped := bytes.Replace(body, []byte("<reporter>"), []byte("<personOrUserReported/><reporter>"), 1)
	_, err := c.Submit(ctx, swapped)
	var of *cybertip.CallError
	if !errors.As(err, &of) || of.Code != cybertip.Validation || of.Unsure || of.RequestID == "" {
		t.Errorf("%v", err)
	}
}

func TestAnErrorNamesElementsAndRepeatsNoText(t *testing.T) {
	r, err := cybertip.ParseReply(strings.NewReader(`<reportResponse><responseCode>4100</responseCode>
		<responseDescription>cvc-type: the value 'north@example.invalid' of element 'espIdentifier' in personOrUserReported is not valid</responseDescription></reportResponse>`))
	if err != nil || !slices.Equal(r.Fields, []string{"espIdentifier", "personOrUserReported"}) {
		t.Errorf("%+v, %v", r, err)
	}
	for name, body := range map[string]string{
		"no XML": "hello", "another root": "<html/>", "no code": "<reportResponse/>", "half": "<reportResponse><responseCode>0",
		"a code that is none": "<reportResponse><responseCode>x</responseCode></reportResponse>",
	} {
		if _, err := cybertip.ParseReply(strings.NewReader(body)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestItIsKnownWhetherACallMayHaveBeenCarriedOut(t *testing.T) {
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		unsure bool
	}{
		"broken off":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
		"bad gateway":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, true},
		"page":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html/>")) }, true},
		"not authorised": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, false},
		"too many":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, false},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}, false},
	} {
		h := httptest.NewServer(c.handle)
		credentials, err := cybertip.NewCredentials("somebody", "a password")
		if err != nil {
			t.Fatal(err)
		}
		client, err := cybertip.NewClient(h.URL, credentials, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Submit(t.Context(), nil)
		var of *cybertip.CallError
		if !errors.As(err, &of) || of.Unsure != c.unsure {
			t.Errorf("%s: %+v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "a password") || strings.Contains(err.Error(), "192.0.2.1")) {
			t.Errorf("%s: %v says too much", name, err)
		}
		h.Close()
		if _, err = client.Submit(t.Context(), nil); !errors.As(err, &of) || of.Unsure {
			t.Errorf("%s: where nobody answers, nothing was done: %+v", name, err)
		}
	}
}

func TestNoAddressIsTakenForGranted(t *testing.T) {
	good, err := cybertip.NewCredentials("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "example.invalid", "http://example.invalid/ispws", "ftp://127.0.0.1/", "https://a:b@example.invalid/", "https://example.invalid/?a=b", "https://"} {
		if _, err := cybertip.NewClient(address, good, nil); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
	if _, err := cybertip.NewClient("https://example.invalid/ispws", cybertip.Credentials{}, nil); err == nil {
		t.Error("no credentials, but a client")
	}
}

func TestCredentialsAreTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ncmec")
	write := func(body string, mode os.FileMode) error {
		if err := errors.Join(os.WriteFile(path, []byte(body), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		c, err := cybertip.ReadCredentials(path)
		if strings.Contains(c.String(), "secret") {
			t.Error("credentials are shown")
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
		return err
	}
	if err := write("name\nsecret\n", 0o600); err != nil {
		t.Error(err)
	}
	for body, mode := range map[string]os.FileMode{"name\nsecret": 0o640, "namesecret\n": 0o600, "na:me\nsecret\n": 0o400, "name\nsecret\nmore\n": 0o600, "": 0o600, "name\n\n": 0o600} {
		if err := write(body, mode); err == nil {
			t.Errorf("%q with mode %o is taken", body, mode)
		}
	}
	if _, err := cybertip.ReadCredentials(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // that nobody serves
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	credentials, err := cybertip.NewCredentials("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	c, err := cybertip.NewClient("http://"+l.Addr().String(), credentials, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte(`<reportResponse><responseCode>0</responseCode><responseDescription/><reportId>4</reportId><fileId> a </fileId><hash>AB</hash></reportResponse>`))
	f.Add([]byte(`<reportDoneResponse><responseCode>0</responseCode><reportId>4</reportId><files><fileId>a</fileId><fileId>b</fileId></files></reportDoneResponse>`))
	f.Add([]byte(`<reportResponse><responseCode>4100</responseCode><responseDescription>'espService'</responseDescription></reportResponse>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := cybertip.ParseReply(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(r.Fields) > 20 || r.Code == cybertip.OK && len(r.Fields) > 0 {
			t.Errorf("%+v", r)
		}
	})
}
