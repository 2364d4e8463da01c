package corpus

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rowan/lab/scan"
)

// espdChat is one chat of a datapack. Members that Rowan has no use for are
// ignored.
type espdChat struct {
	ClassName string      `json:"className"`
	Content   []*espdItem `json:"content"`
}

// espdItem is a message or a separator; null stands for a line that was lost.
type espdItem struct {
	Type         string   `json:"type"`
	Author       string   `json:"author"`
	Body         string   `json:"body"`
	Time         *float64 `json:"time"` // Unix milliseconds
	FromPredator bool     `json:"isFromPredator"`
	Labels       []string `json:"labels"`
	Line         int      `json:"lineNum"`
}

// The names of the classes of eSPD, as its files write them.
const (
	espdPositive = "predator"
	espdNegative = "non-predator"
)

// Datapack reads the chats of an eSPD datapack, in the order of the file.
func Datapack(name string, r io.Reader) iter.Seq2[*Conversation, error] {
	return func(yield func(*Conversation, error) bool) {
		in, err := open(r)
		if err != nil {
			yield(nil, &Error{File: name, Err: err})
			return
		}
		d := jsontext.NewDecoder(in)
		fail := func(err error) {
			if in.left <= 0 {
				err = errTooLarge
			}
			yield(nil, &Error{name, in.line(d.InputOffset()), plain(err)})
		}
		say := func(text string) { yield(nil, &Error{name, in.line(d.InputOffset()), errors.New(text)}) }
		if token, err := d.ReadToken(); err != nil {
			fail(err)
			return
		} else if token.Kind() != '{' {
			say("not a datapack: want an object")
			return
		}
		found := false
		for d.PeekKind() == '"' {
			member, err := d.ReadToken()
			if err != nil {
				fail(err)
				return
			}
			if member.String() != "chats" {
				if err := d.SkipValue(); err != nil {
					fail(err)
					return
				}
				continue
			}
			found = true
			if token, err := d.ReadToken(); err != nil {
				fail(err)
				return
			} else if token.Kind() != '{' {
				say("chats is not an object")
				return
			}
			for d.PeekKind() == '"' {
				key, err := d.ReadToken()
				if err != nil {
					fail(err)
					return
				}
				id := key.String()
				in.record(d.InputOffset())
				value, err := d.ReadValue()
				if err != nil {
					fail(err)
					return
				}
				c, err := datapackChat(id, value)
				if err != nil {
					yield(nil, &Error{name, in.line(d.InputOffset()), err})
					return
				}
				if c != nil && !yield(c, nil) {
					return
				}
			}
			if _, err := d.ReadToken(); err != nil {
				fail(err)
				return
			}
		}
		if _, err := d.ReadToken(); err != nil {
			fail(err)
			return
		}
		if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
			say("there is more behind the datapack")
			return
		}
		if !found {
			say("not a datapack: chats is missing")
		}
	}
}

// datapackChat is nil for a chat without a non-empty message.
func datapackChat(id string, value jsontext.Value) (*Conversation, error) {
	var raw espdChat
	if err := json.Unmarshal(value, &raw); err != nil {
		return nil, plain(err)
	}
	c := &Conversation{}
	c.Conversation, c.Family = id, "espd"
	switch raw.ClassName {
	case espdPositive:
		c.Positive = true
	case espdNegative:
	default:
		return nil, errors.New("className is neither predator nor non-predator")
	}
	at := undated()
	firstLabel, firstWord := 0, 0
	for _, item := range raw.Content {
		switch {
		case item == nil || item.Type == "separator":
			continue
		case item.Type != "message":
			return nil, errors.New("type is neither message nor separator")
		case item.Author == "":
			return nil, errors.New("a message has no author")
		case len(item.Body) > maxText:
			return nil, fmt.Errorf("a message is longer than %d bytes", maxText)
		}
		text := tidy(item.Body)
		if text == "" {
			continue
		}
		if at = at.Add(time.Minute); item.Time != nil {
			if *item.Time < 0 || *item.Time > 4e12 {
				return nil, errors.New("time is not in milliseconds since 1970")
			}
			at = time.UnixMilli(int64(*item.Time)).UTC()
		}
		if !slices.ContainsFunc(c.Participants, func(p scan.Participant) bool { return p.ID == item.Author }) {
			c.Participants = append(c.Participants, scan.Participant{ID: item.Author})
		}
		c.Turns = append(c.Turns, scan.Turn{At: at, From: item.Author, Text: text})
		c.Lines = append(c.Lines, item.Line)
		if item.FromPredator {
			if !slices.Contains(c.Offenders, item.Author) {
				c.Offenders = append(c.Offenders, item.Author)
			}
			if firstWord == 0 {
				firstWord = len(c.Turns)
			}
		}
		if len(item.Labels) > 0 && firstLabel == 0 {
			firstLabel = len(c.Turns)
		}
	}
	if len(c.Turns) == 0 {
		return nil, nil
	}
	if c.Positive {
		c.Risk = firstLabel
		if c.Risk == 0 {
			c.Risk = max(1, firstWord)
		}
	}
	c.Label = label(c.Positive)
	return c, nil
}

// SegmentAuthor is who is taken to have written a segment of an eSPD table: it
// does not say who wrote what.
const SegmentAuthor = "both"

// Segments reads an eSPD table: label, chatName, segment. A segment is the text
// of both authors in one piece, and becomes one turn.
func Segments(name string, r io.Reader) iter.Seq2[*Conversation, error] {
	return func(yield func(*Conversation, error) bool) {
		in, err := open(r)
		if err != nil {
			yield(nil, &Error{File: name, Err: err})
			return
		}
		rows := csv.NewReader(in)
		rows.FieldsPerRecord = 3
		rows.ReuseRecord = true
		head, err := rows.Read()
		if err == nil {
			head[0] = strings.TrimPrefix(head[0], "\ufeff")
		}
		if err != nil || !slices.Equal(head, []string{"label", "chatName", "segment"}) {
			yield(nil, &Error{name, 1, errors.New("not an eSPD table; want the columns label, chatName, segment")})
			return
		}
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				line := in.line(rows.InputOffset())
				var wrong *csv.ParseError
				if errors.As(err, &wrong) {
					line, err = wrong.Line, wrong.Err
				}
				yield(nil, &Error{name, line, err})
				return
			}
			line, _ := rows.FieldPos(0)
			in.record(rows.InputOffset())
			c := &Conversation{Positive: row[0] == espdPositive}
			text := tidy(row[2])
			switch {
			case !c.Positive && row[0] != espdNegative:
				yield(nil, &Error{name, line, errors.New("label is neither predator nor non-predator")})
				return
			case row[1] == "":
				yield(nil, &Error{name, line, errors.New("chatName is empty")})
				return
			case len(text) > maxText:
				yield(nil, &Error{name, line, fmt.Errorf("a segment is longer than %d bytes", maxText)})
				return
			case text == "":
				continue
			}
			c.Conversation, c.Family, c.Label = strings.Clone(row[1]), "espd", label(c.Positive)
			c.Participants = []scan.Participant{{ID: SegmentAuthor}, {ID: "reader"}}
			c.Turns = []scan.Turn{{At: undated(), From: SegmentAuthor, Text: text}}
			if !yield(c, nil) {
				return
			}
		}
	}
}
