package event

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// read decodes a whole stream: the id of each event, or "line: slug" of its problem.
func read(s Stream, limits Limits) []string {
	d := NewDecoder(limits)
	var found []string
	var e Event
	for {
		item, ok := s.Next()
		if !ok {
			return found
		}
		if p := d.DecodeItem(item, testNow, &e); p != nil {
			found = append(found, fmt.Sprintf("%d: %s", p.Line, p.Slug()))
			continue
		}
		found = append(found, e.ID)
	}
}

func good(id string) string {
	return strings.Replace(talk(`"text":"a]},{[b\"",`), `"e1"`, `"`+id+`"`, 1)
}

func TestLines(t *testing.T) {
	long := `{"x":"` + strings.Repeat("x", 600<<10) + `"}`
	tests := []struct {
		name, body string
		want       []string
	}{
		{"empty", "", nil},
		{"only blank lines", "\n \r\n\t\n", nil},
		{"two", good("1") + "\n" + good("2") + "\n", []string{"1", "2"}},
		{"no last line break", good("1") + "\n" + good("2"), []string{"1", "2"}},
		{"CRLF", good("1") + "\r\n" + good("2") + "\r\n", []string{"1", "2"}},
		{"blank lines count but are skipped", "\n" + good("1") + "\n\n{}\n", []string{"1", "4: missing-field"}},
		{"bad lines between good ones", good("1") + "\nnonsense\n" + good("2") + "\n{\"a\":\xff}\n" + good("3"), []string{"1", "2: malformed", "2", "4: malformed", "3"}},
		{"two events on a line", good("1") + good("2") + "\n" + good("3"), []string{"1: malformed", "3"}},
		{"cut short", good("1") + "\n" + good("2")[:50], []string{"1", "2: malformed"}},
		{"too long", good("1") + "\n" + long + "\n" + good("2"), []string{"1", "2: too-large", "2"}},
		{"too long at the end", good("1") + "\n" + long, []string{"1", "2: too-large"}},
		{"longer than the buffer", strings.Replace(good("1"), `"text"`, `"x":"`+strings.Repeat("x", 300<<10)+`","text"`, 1) + "\n" + good("2"), []string{"1", "2"}},
	}
	limits := Limits{Line: 500 << 10}
	lines := NewLines(nil, limits)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, r := range readers(test.body) {
				lines.Reset(r, limits)
				if got := read(lines, limits); !same(got, test.want) {
					t.Errorf("%s: got %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

func readers(body string) map[string]io.Reader {
	readers := map[string]io.Reader{"at once": strings.NewReader(body)}
	if len(body) < 10_000 {
		readers["byte by byte"] = iotest.OneByteReader(strings.NewReader(body))
		readers["with the error in the last read"] = iotest.DataErrReader(strings.NewReader(body))
	}
	return readers
}

func same(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }

func TestBatch(t *testing.T) {
	long := `{"x":"` + strings.Repeat("x", 600<<10) + `"}`
	tests := []struct {
		name, body string
		want       []string
	}{
		{"empty array", " [ \n] ", nil},
		{"two", "[" + good("1") + "," + good("2") + "]", []string{"1", "2"}},
		{"over several lines", "[\n" + good("1") + "\n,\n\n" + good("2") + ",{}\n]\n", []string{"1", "2", "5: missing-field"}},
		{"indented", "[{\n \"id\":\"e\",\n \"id\":\"e\"}]", []string{"3: duplicate-key"}},
		{"bad element between good ones", "[" + good("1") + `,{"a":},` + good("2") + `,7,` + good("3") + "]", []string{"1", "1: malformed", "2", "1: wrong-type", "3"}},
		{"invalid UTF-8 and duplicates in an element", "[" + good("1") + ",{\"a\":\"\xff\"}," + `{"a":1,"a":2},` + good("2") + "]", []string{"1", "1: malformed", "1: duplicate-key", "2"}},
		{"mismatched brackets in an element", "[" + good("1") + `,{"a":]},` + good("2") + "]", []string{"1", "1: malformed", "2"}},
		{"a quote is missing", "[" + good("1") + ",{\"a\":\"x},\n" + good("2") + ",\n" + good("3") + "]", []string{"1", "1: malformed", "3: truncated"}},
		{"missing elements", "[," + good("1") + ",,\n" + good("2") + ",]", []string{"1: malformed", "1", "1: malformed", "2", "2: malformed"}},
		{"too long", "[" + good("1") + "," + long + "," + good("2") + "]", []string{"1", "1: too-large", "2"}},
		{"cut in an element", "[" + good("1") + ",\n" + good("2")[:60], []string{"1", "2: truncated"}},
		{"cut after an element", "[" + good("1") + ",\n" + good("2"), []string{"1", "2", "2: truncated"}},
		{"cut after a comma", "[" + good("1") + ",", []string{"1", "1: truncated"}},
		{"cut after the bracket", "[", []string{"1: truncated"}},
		{"more behind", "[" + good("1") + "]\n]", []string{"1", "2: malformed"}},
		{"one event", good("1"), []string{"1: wrong-type"}},
		{"nothing", "", []string{"1: wrong-type"}},
		{"array in the array", "[[" + good("1") + "]," + good("2") + "]", []string{"1: wrong-type", "2"}},
		{"nested bomb", "[" + good("1") + "," + strings.Repeat("[", 1000), []string{"1", "1: truncated"}},
	}
	limits := Limits{Line: 500 << 10}
	batch := NewBatch(nil, limits)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, r := range readers(test.body) {
				batch.Reset(r, limits)
				if got := read(batch, limits); !same(got, test.want) {
					t.Errorf("%s: got %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

func TestBatchProblemsNameTheItem(t *testing.T) {
	b, d := NewBatch(strings.NewReader("["+good("1")+",{},,5]"), Limits{}), NewDecoder(Limits{})
	var got []int
	var e Event
	for item, ok := b.Next(); ok; item, ok = b.Next() {
		if p := d.DecodeItem(item, testNow, &e); p != nil {
			got = append(got, p.Item)
		}
	}
	if fmt.Sprint(got) != "[2 3 4]" {
		t.Errorf("items %v, want [2 3 4]", got)
	}
}

func TestStreamBeyondTheBodyLimit(t *testing.T) {
	one := good("1") + "\n"
	limits := Limits{Body: 2*len(one) + 10}
	if got := read(NewLines(strings.NewReader(strings.Repeat(one, 5)), limits), limits); !same(got, []string{"1", "1", "3: too-large"}) {
		t.Errorf("lines: %q", got)
	}
	if got := read(NewBatch(strings.NewReader("["+strings.Repeat(one+",", 5)+one+"]"), limits), limits); !same(got, []string{"1", "1", "3: too-large"}) {
		t.Errorf("batch: %q", got)
	}
	limits.Body = 3 * len(one)
	if got := read(NewLines(strings.NewReader(strings.Repeat(one, 3)), limits), limits); !same(got, []string{"1", "1", "1"}) {
		t.Errorf("a body of exactly the limit: %q", got)
	}
}

func TestStreamThatBreaksOff(t *testing.T) {
	failing := func(body string) io.Reader {
		return io.MultiReader(strings.NewReader(body), iotest.ErrReader(errors.New("reset by peer")))
	}
	if got := read(NewLines(failing(good("1")+"\n"+good("2")+"\n"+good("3")[:20]), Limits{}), Limits{}); !same(got, []string{"1", "2", "3: truncated"}) {
		t.Errorf("lines: %q", got)
	}
	if got := read(NewBatch(failing("["+good("1")+","+good("2")[:20]), Limits{}), Limits{}); !same(got, []string{"1", "1: truncated"}) {
		t.Errorf("batch: %q", got)
	}
}

func TestLinesAreReadyWhileOneLiesInTheBuffer(t *testing.T) {
	l := NewLines(strings.NewReader(good("1")+"\n"+good("2")+"\n"+good("3")), Limits{})
	for i, want := range []bool{true, false, false} {
		if _, ok := l.Next(); !ok || l.Ready() != want {
			t.Errorf("after line %d: ready %v, want %v", i+1, l.Ready(), want)
		}
	}
}

// However the good lines are mixed with bad ones, all good ones come out, in
// order, and each bad one is named by its line.
func TestGoodEventsSurviveTheirNeighbours(t *testing.T) {
	bad := rapid.SampledFrom([]string{`{`, `}`, `"`, `[[`, `{"a":1,"a":2}`, "\xff", `nul`, `{"specversion":"1.0"}`, `{"id":"\ud800"}`})
	rapid.Check(t, func(t *rapid.T) {
		var body strings.Builder
		var want []string
		for i := range rapid.IntRange(0, 20).Draw(t, "lines") {
			if rapid.Bool().Draw(t, "good") {
				id := fmt.Sprint(i)
				body.WriteString(good(id) + "\n")
				want = append(want, id)
				continue
			}
			body.WriteString(bad.Draw(t, "bad") + "\n")
			want = append(want, fmt.Sprintf("%d", i+1))
		}
		got := read(NewLines(strings.NewReader(body.String()), Limits{}), Limits{})
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], ":")
		}
		if !same(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func FuzzStreams(f *testing.F) {
	f.Add([]byte("[" + good("1") + ",{}]"))
	f.Add([]byte(good("1") + "\n{}\n"))
	f.Add([]byte("[{\"a\":\"\\\"]"))
	limits := Limits{Body: 4096, Line: 1024}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := string(body)
		for _, s := range []func(io.Reader) Stream{
			func(r io.Reader) Stream { return NewLines(r, limits) },
			func(r io.Reader) Stream { return NewBatch(r, limits) },
		} {
			whole := read(s(strings.NewReader(text)), limits)
			if parts := read(s(iotest.OneByteReader(strings.NewReader(text))), limits); !same(whole, parts) {
				t.Fatalf("read at once %q, byte by byte %q", whole, parts)
			}
			if len(whole) > len(body)+2 {
				t.Fatalf("%d items in %d bytes", len(whole), len(body))
			}
		}
	})
}
