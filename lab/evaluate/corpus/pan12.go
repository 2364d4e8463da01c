package corpus

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/lab/scan"
)

// Skipped counts what a PAN-2012 file has that cannot be used.
type Skipped struct {
	Messages      int // without author, text or time
	Conversations int // without a message that can be used
}

type panConversation struct {
	ID       string       `xml:"id,attr"`
	Messages []panMessage `xml:"message"`
}

type panMessage struct {
	Line   string  `xml:"line,attr"`
	Author *string `xml:"author"`
	Time   *string `xml:"time"`
	Text   *string `xml:"text"`
}

// Authors reads a list of author ids, one a line.
func Authors(name string, r io.Reader) ([]string, error) {
	s := bufio.NewScanner(r)
	var out []string
	n := 0
	for s.Scan() {
		n++
		id := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		switch {
		case id == "":
		case strings.ContainsAny(id, " \t<>"):
			return nil, &Error{name, n, errors.New("not an author id; want one a line")}
		default:
			out = append(out, id)
		}
	}
	if err := s.Err(); err != nil {
		return nil, &Error{name, n + 1, err}
	}
	if len(out) == 0 {
		return nil, &Error{File: name, Err: errors.New("names no author")}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// PAN12 reads conversations in the XML of PAN-2012, with the ids of those who
// do harm. The files have times of the day alone: a time that goes back is
// taken for the next day. What lacks an author, a text or a time is skipped and
// counted, as the corpus is known to have such.
func PAN12(name string, r io.Reader, offenders []string, skipped *Skipped) iter.Seq2[*Conversation, error] {
	return func(yield func(*Conversation, error) bool) {
		in, err := open(r)
		if err != nil {
			yield(nil, &Error{File: name, Err: err})
			return
		}
		d := xml.NewDecoder(in)
		d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
			return nil, errors.New("the encoding is not UTF-8")
		}
		fail := func(err error) {
			line, _ := d.InputPos()
			yield(nil, &Error{name, line, err})
		}
		inside, ended := false, false
		for {
			token, err := d.Token()
			switch {
			case errors.Is(err, io.EOF) && ended:
				return
			case errors.Is(err, io.EOF):
				fail(errors.New("the file has no conversations element, or is not whole"))
				return
			case err != nil:
				fail(plainXML(err))
				return
			}
			switch e := token.(type) {
			case xml.Directive:
				fail(errors.New("a document type is not read"))
				return
			case xml.EndElement:
				ended = true // only the outermost is seen here
			case xml.StartElement:
				switch {
				case !inside && e.Name.Local == "conversations":
					inside = true
					continue
				case !inside || ended || e.Name.Local != "conversation":
					fail(errors.New("an element that does not belong there; want conversations of conversation"))
					return
				}
				in.record(d.InputOffset())
				var raw panConversation
				if err := d.DecodeElement(&raw, &e); err != nil {
					fail(plainXML(err))
					return
				}
				c, err := raw.conversation(offenders, skipped)
				if err != nil {
					fail(err)
					return
				}
				if c != nil && !yield(c, nil) {
					return
				}
			}
		}
	}
}

func (p *panConversation) conversation(offenders []string, skipped *Skipped) (*Conversation, error) {
	if p.ID == "" {
		return nil, errors.New("a conversation has no id")
	}
	if len(p.Messages) > maxTurns {
		return nil, errTooLarge
	}
	c := &Conversation{}
	c.Conversation, c.Family = p.ID, "pan12"
	start := undated()
	last := time.Duration(-1)
	for _, m := range p.Messages {
		if m.Author == nil || m.Text == nil || m.Time == nil {
			skipped.Messages++
			continue
		}
		author, text := strings.TrimSpace(*m.Author), tidy(html.UnescapeString(*m.Text))
		clock, err := time.Parse("15:04", strings.TrimSpace(*m.Time))
		line, errLine := strconv.Atoi(m.Line)
		if err != nil || errLine != nil || author == "" || text == "" {
			skipped.Messages++
			continue
		}
		if len(text) > maxText {
			return nil, fmt.Errorf("a message is longer than %d bytes", maxText)
		}
		of := time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute
		if of < last {
			start = start.AddDate(0, 0, 1) // past midnight
		}
		last = of
		if !slices.ContainsFunc(c.Participants, func(p scan.Participant) bool { return p.ID == author }) {
			c.Participants = append(c.Participants, scan.Participant{ID: author})
			if _, found := slices.BinarySearch(offenders, author); found {
				c.Positive, c.Offenders = true, append(c.Offenders, author)
			}
		}
		c.Turns = append(c.Turns, scan.Turn{At: start.Add(of), From: author, Text: text})
		c.Lines = append(c.Lines, line)
	}
	if len(c.Turns) == 0 {
		skipped.Conversations++
		return nil, nil
	}
	c.Label = label(c.Positive)
	return c, nil
}

func label(positive bool) string {
	if positive {
		return "harm"
	}
	return "benign"
}

// plainXML says what is wrong with XML without its contents.
func plainXML(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return errors.New("not well-formed XML")
	case errors.Is(err, errTooLarge):
		return err
	}
	return errors.New("cannot be read as XML")
}
