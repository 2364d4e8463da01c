package returns_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"rowan/oversight/returns"
)

func TestAReturnHasOneForm(t *testing.T) {
	s := newService(t, t.TempDir(), "a").quarter()
	src, err := s.sign(s.compile(), s.log).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]byte{
		"nothing":              nil,
		"cut off":              src[:len(src)/2],
		"more after it":        append(bytes.Clone(src), '{', '}'),
		"other white space":    bytes.ReplaceAll(src, []byte("\n "), []byte("\n\t")),
		"an unknown key":       bytes.Replace(src, []byte(`"format": 1,`), []byte("\"format\": 1,\n  \"colour\": 1,"), 1),
		"a key twice":          bytes.Replace(src, []byte(`"service": "chat",`), []byte("\"service\": \"chat\",\n  \"service\": \"chat\","), 1),
		"another format":       bytes.Replace(src, []byte(`"format": 1,`), []byte(`"format": 2,`), 1),
		"no service":           bytes.Replace(src, []byte(`"service": "chat"`), []byte(`"service": ""`), 1),
		"a period of its own":  bytes.Replace(src, []byte(`"period": "2026-Q3"`), []byte(`"period": "2026-Q7"`), 1),
		"a value below zero":   bytes.Replace(src, []byte(`"n": 1200`), []byte(`"n": -200`), 1),
		"more than there are":  bytes.Replace(src, []byte(`"n": 298`), []byte(`"n": 301`), 1),
		"no word why":          bytes.Replace(src, []byte(`"why": "the service does not keep it"`), []byte(`"why": ""`), 1),
		"a span outside":       bytes.Replace(src, []byte(`"end": 23`), []byte(`"end": 99`), 1),
		"a period not over":    bytes.Replace(src, []byte(`"made": "2026-10-20T12:00:00Z"`), []byte(`"made": "2026-09-20T12:00:00Z"`), 1),
		"an unknown query":     bytes.Replace(src, []byte(`"over": "commits"`), []byte(`"over": "people"`), 1),
		"the same figure":      bytes.Replace(src, []byte(`"metric": "contacts.asked"`), []byte(`"metric": "contacts.refused"`), 1),
		"too long to be true":  append(bytes.Clone(src), make([]byte, returns.MostBytes)...),
		"no digits of a digit": bytes.Replace(src, []byte(`"n": 6`), []byte(`"n": 6.5`), 1),
	} {
		if bytes.Equal(other, src) {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := returns.Parse(other); !errors.Is(err, returns.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	s := newService(f, f.TempDir(), "a").quarter()
	small := &returns.Template{ID: "small", Version: "1", Parts: []returns.Asked{{Metric: "alerts"}, {Metric: "reports"}, {Question: "unmet"}}}
	src, err := s.sign(s.compile(func(d *returns.Draft) { d.Template = small }), s.log).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte(`{"return":{"format":1}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		signed, err := returns.Parse(src)
		if err != nil {
			return
		}
		again, err := signed.Encode()
		if err != nil || !bytes.Equal(again, src) {
			t.Fatalf("%v: %s", err, again)
		}
		v, err := returns.Verify(t.Context(), signed, returns.Keys{Log: s.verifier}, returns.Evidence{Log: s.log, Records: s})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	})
}
