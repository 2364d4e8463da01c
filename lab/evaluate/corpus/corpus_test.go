package corpus_test

import (
	"bytes"
	"compress/gzip"
	"iter"
	"strings"
	"testing"
	"time"

	"rowan/lab/evaluate/corpus"
)

// gather reads everything and returns the text of the error that ended it.
func gather(seq iter.Seq2[*corpus.Conversation, error]) (out []*corpus.Conversation, failure string) {
	for c, err := range seq {
		if err != nil {
			return out, err.Error()
		}
		out = append(out, c)
	}
	return out, ""
}

const transcripts = `{"conversation":"a","label":"harm","family":"f","harm_turn":1,"participants":[{"id":"x","age":40},{"id":"y","age":12}],"turns":[{"at":"2026-01-01T10:00:00Z","from":"x","text":"hello"},{"at":"2026-01-01T10:01:00Z","from":"x","text":"see you"}]}

{"conversation":"b","label":"benign","participants":[{"id":"x"}],"turns":[{"at":"2026-01-01T10:00:00Z","from":"x","text":"hello"}]}
`

func TestTranscriptsHaveTheirTruth(t *testing.T) {
	got, failure := gather(corpus.Transcripts("f", strings.NewReader(transcripts)))
	if failure != "" || len(got) != 2 {
		t.Fatal(len(got), failure)
	}
	if a := got[0]; !a.Positive || a.Harm != 2 || a.Offenders[0] != "x" || a.Family != "f" {
		t.Errorf("%+v", a)
	}
	if b := got[1]; b.Positive || b.Harm != 0 || b.Offenders != nil {
		t.Errorf("%+v", b)
	}
}

const turn = `"participants":[{"id":"x"}],"turns":[{"at":"2026-01-01T10:00:00Z","from":"x","text":"SECRET"}]}`

func TestTranscriptsWithoutAPlainTruthAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"conversation":"a",` + turn:                                "label is neither",
		`{"conversation":"a","label":"SECRET",` + turn:               "label is neither",
		`{"conversation":"a","label":"benign","harm_turn":0,` + turn: "benign conversation",
		`{"conversation":"a","label":"harm","harm_turn":1,` + turn:   "not one of the 1 turns",
		"{}\n": "f:1: conversation is missing",
		`{"conversation":"a","label":"benign",` + turn + "\n" + `{"conversation": `: "f:2: not valid JSON",
	} {
		if _, failure := gather(corpus.Transcripts("f", strings.NewReader(text))); !strings.Contains(failure, want) || strings.Contains(failure, "SECRET") {
			t.Errorf("%q, want %q without the contents", failure, want)
		}
	}
}

func TestRisksAreTheFirstTurnWithASignal(t *testing.T) {
	got, err := corpus.Risks("f", strings.NewReader(`{"conversation":"a","signals":[{"turn":6,"ids":["A01"]},{"turn":3,"ids":["B01"]}]}`+"\n"+`{"conversation":"b","signals":[]}`))
	if err != nil || got["a"] != 4 || got["b"] != 0 {
		t.Error(got, err)
	}
	for _, bad := range []string{`{"conversation":"a","signals":[{"turn":-1,"ids":["A01"]}]}`, `{"signals":[]}`, `{"x":1}`, `{`} {
		if _, err := corpus.Risks("f", strings.NewReader(bad)); err == nil || !strings.HasPrefix(err.Error(), "f:1: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

const pan = `<?xml version="1.0" encoding="UTF-8"?>
<conversations>
  <conversation id="c1">
    <message line="1"><author> a1 </author><time>23:58</time><text>do you play &amp;quot;chess&amp;quot;
 at   school</text></message>
    <message line="2"><author>b2</author><time>00:03</time><text>yes</text></message>
    <message line="3"><author>b2</author><time>00:04</time><text></text></message>
    <message line="4"><time>00:04</time><text>nobody</text></message>
    <message line="5"><author>b2</author><time>late</time><text>when</text></message>
  </conversation>
  <conversation id="c2">
    <message line="1"><author>c3</author><time>10:00</time><text>hello</text></message>
  </conversation>
  <conversation id="c3">
    <message line="1"><author>c3</author><time>10:00</time><text> </text></message>
  </conversation>
</conversations>
`

func TestPAN12IsReadAsItsAuthorsDo(t *testing.T) {
	ids, err := corpus.Authors("ids", strings.NewReader("zz\r\na1\r\na1\n\n"))
	if err != nil || len(ids) != 2 {
		t.Fatal(ids, err)
	}
	var skipped corpus.Skipped
	got, failure := gather(corpus.PAN12("f", strings.NewReader(pan), ids, &skipped))
	if failure != "" || len(got) != 2 {
		t.Fatal(len(got), failure)
	}
	c := got[0]
	if !c.Positive || len(c.Offenders) != 1 || c.Offenders[0] != "a1" || len(c.Turns) != 2 || c.Lines[1] != 2 || len(c.Participants) != 2 {
		t.Errorf("%+v", c)
	}
	if c.Turns[0].Text != `do you play "chess" at school` || c.Turns[0].From != "a1" {
		t.Errorf("%+v", c.Turns[0])
	}
	if pause := c.Turns[1].At.Sub(c.Turns[0].At); pause != 5*time.Minute {
		t.Errorf("past midnight %v go by, want 5 minutes", pause)
	}
	if got[1].Positive || skipped != (corpus.Skipped{Messages: 4, Conversations: 1}) {
		t.Errorf("%+v %+v", got[1], skipped)
	}
}

func TestPAN12SaysWhereAFileIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "f:1: the file has no conversations",
		"<conversations>\n":                "f:2: not well-formed",
		"<conversations>\n<b/>":            "f:2: an element that does not belong",
		"<SECRET/>":                        "f:1: an element that does not belong",
		"<conversations/><conversations/>": "does not belong",
		"<conversations>\n\n<conversation/></conversations>":       "f:3: a conversation has no id",
		"<!DOCTYPE x><conversations/>":                             "document type",
		`<?xml version="1.0" encoding="latin-9"?><conversations/>`: "cannot be read as XML",
		"<conversations>&SECRET;</conversations>":                  "not well-formed",
	} {
		if _, failure := gather(corpus.PAN12("f", strings.NewReader(text), nil, &corpus.Skipped{})); !strings.Contains(failure, want) || strings.Contains(failure, "SECRET") {
			t.Errorf("%s: %q, want %q", text, failure, want)
		}
	}
	for _, bad := range []string{"", "\n", "two words", "<xml>"} {
		if _, err := corpus.Authors("f", strings.NewReader(bad)); err == nil {
			t.Errorf("%q is taken for a list of ids", bad)
		}
	}
}

const pack = `{"datapackID":"d","description":{"x":[1,2]},"generatedAtTime":1,
"chats":{
 "one":{"className":"predator","isLabelled":true,"authors":["a","b"],"content":[
  {"type":"message","author":"b","body":" hello\r\n you ","time":1600000000000,"isFromPredator":false,"labels":[],"lineNum":1},
  {"type":"separator"}, null,
  {"type":"message","author":"a","body":"","time":1600000001000,"isFromPredator":true,"lineNum":2},
  {"type":"message","author":"a","body":"how old","time":1600000060000,"isFromPredator":true,"labels":["PI"],"lineNum":3}]},
 "two":{"className":"non-predator","content":[{"type":"message","author":"c","body":"hi"},{"type":"message","author":"d","body":"hi"}]},
 "three":{"className":"non-predator","content":[]}
}}`

func TestDatapacksGiveChatsWithTheTurnOfRisk(t *testing.T) {
	got, failure := gather(corpus.Datapack("f", strings.NewReader(pack)))
	if failure != "" || len(got) != 2 {
		t.Fatal(len(got), failure)
	}
	one := got[0]
	if !one.Positive || one.Risk != 2 || len(one.Turns) != 2 || one.Turns[0].Text != "hello you" || one.Offenders[0] != "a" || one.Lines[1] != 3 {
		t.Errorf("%+v", one)
	}
	if pause := one.Turns[1].At.Sub(one.Turns[0].At); pause != time.Minute {
		t.Errorf("%v go by", pause)
	}
	if two := got[1]; two.Positive || two.Risk != 0 || len(two.Turns) != 2 {
		t.Errorf("%+v", two)
	}
}

func TestDatapacksSayWhereTheyAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"[]":                              "want an object",
		`{"x":1}`:                         "chats is missing",
		`{"chats":[]}`:                    "chats is not an object",
		"{\"chats\":{\n\n\"SECRET\":{}}}": "f:3: className",
		`{"chats":{}} {}`:                 "more behind",
		`{"chats":{"a":{"className":"predator","content":[{"type":"SECRET"}]}}}`:                                    "type is neither",
		`{"chats":{"a":{"className":"predator","content":[{"type":"message","body":"SECRET"}]}}}`:                   "no author",
		`{"chats":{"a":{"className":"predator","content":[{"type":"message","author":"a","body":"x","time":-1}]}}}`: "milliseconds",
		`{"chats":{"a":{"className":"predator","content":"SECRET"}}}`:                                               "wrong type",
		"{\n\"chats\":": "f:2: ",
	} {
		if _, failure := gather(corpus.Datapack("f", strings.NewReader(text))); !strings.Contains(failure, want) || strings.Contains(failure, "SECRET") {
			t.Errorf("%s: %q, want %q", text, failure, want)
		}
	}
}

func TestSegmentsBecomeTurns(t *testing.T) {
	const table = "\"label\",\"chatName\",\"segment\"\n\"predator\",\"x-1\",\"hello\nyou\"\n\"non-predator\",\"y\",\"good day\"\n\"non-predator\",\"z\",\" \"\n"
	got, failure := gather(corpus.Segments("f", strings.NewReader(table)))
	if failure != "" || len(got) != 2 || !got[0].Positive || got[1].Positive || got[0].Turns[0].Text != "hello you" || got[1].Conversation != "y" {
		t.Error(got, failure)
	}
	for text, want := range map[string]string{
		"":                                     "f:1: not an eSPD table",
		"label,chatName,text\n":                "f:1: not an eSPD table",
		"label,chatName,segment\nSECRET,a,b\n": "f:2: label",
		"label,chatName,segment\npredator,a,b\npredator,,b\n":                       "f:3: chatName",
		"label,chatName,segment\npredator,a\n":                                      "f:2: ",
		"label,chatName,segment\n\n\npredator,\"a\"SECRET\",b\n":                    "f:4: ",
		"label,chatName,segment\npredator,a," + strings.Repeat("a", 1<<20+1) + "\n": "longer than",
	} {
		if _, failure := gather(corpus.Segments("f", strings.NewReader(text))); !strings.Contains(failure, want) || strings.Contains(failure, "SECRET") {
			t.Errorf("%.40q: %q, want %q", text, failure, want)
		}
	}
}

func TestCompressedFilesAreRead(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(pan)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got, failure := gather(corpus.PAN12("f", bytes.NewReader(packed.Bytes()), nil, &corpus.Skipped{}))
	if failure != "" || len(got) != 2 {
		t.Error(len(got), failure)
	}
	if _, failure := gather(corpus.PAN12("f", bytes.NewReader(packed.Bytes()[:40]), nil, &corpus.Skipped{})); failure == "" {
		t.Error("half a file is taken for a whole one")
	}
}

// endless is a file whose one record never ends.
type endless struct{ head *strings.Reader }

func (e *endless) Read(p []byte) (int, error) {
	if e.head.Len() > 0 {
		return e.head.Read(p)
	}
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestARecordWithoutEndIsRefused(t *testing.T) {
	for name, read := range map[string]func() iter.Seq2[*corpus.Conversation, error]{
		"PAN-2012": func() iter.Seq2[*corpus.Conversation, error] {
			return corpus.PAN12("f", &endless{strings.NewReader(`<conversations><conversation id="a"><message line="1"><text>`)}, nil, &corpus.Skipped{})
		},
		"datapack": func() iter.Seq2[*corpus.Conversation, error] {
			return corpus.Datapack("f", &endless{strings.NewReader(`{"chats":{"a":{"className":"`)})
		},
		"table": func() iter.Seq2[*corpus.Conversation, error] {
			return corpus.Segments("f", &endless{strings.NewReader("label,chatName,segment\npredator,a,\"")})
		},
	} {
		if _, failure := gather(read()); !strings.Contains(failure, "larger than is read") {
			t.Errorf("%s: %q", name, failure)
		}
	}
}

// Whatever a file holds: no panic, no conversation without turns or
// participants, and no turn of nobody.
func fuzz(f *testing.F, seeds []string, read func(string) iter.Seq2[*corpus.Conversation, error]) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for c, err := range read(text) {
			if err != nil {
				return
			}
			known := map[string]bool{}
			for _, p := range c.Participants {
				known[p.ID] = true
			}
			for _, turn := range c.Turns {
				if !known[turn.From] || turn.At.IsZero() {
					t.Fatalf("a turn without an author or a time: %+v", turn)
				}
			}
			if len(c.Turns) == 0 || c.Risk > len(c.Turns) || c.Harm > len(c.Turns) || c.Lines != nil && len(c.Lines) != len(c.Turns) {
				t.Fatalf("%d turns, risk %d, harm %d, lines %d", len(c.Turns), c.Risk, c.Harm, len(c.Lines))
			}
		}
	})
}

func FuzzTranscripts(f *testing.F) {
	fuzz(f, []string{transcripts, "{}"}, func(s string) iter.Seq2[*corpus.Conversation, error] {
		return corpus.Transcripts("f", strings.NewReader(s))
	})
}

func FuzzPAN12(f *testing.F) {
	fuzz(f, []string{pan, "<conversations>"}, func(s string) iter.Seq2[*corpus.Conversation, error] {
		return corpus.PAN12("f", strings.NewReader(s), []string{"a1"}, &corpus.Skipped{})
	})
}

func FuzzDatapack(f *testing.F) {
	fuzz(f, []string{pack, "{}"}, func(s string) iter.Seq2[*corpus.Conversation, error] {
		return corpus.Datapack("f", strings.NewReader(s))
	})
}

func FuzzSegments(f *testing.F) {
	fuzz(f, []string{"label,chatName,segment\npredator,a,b\n"}, func(s string) iter.Seq2[*corpus.Conversation, error] {
		return corpus.Segments("f", strings.NewReader(s))
	})
}
