package bench

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// traffic writes messages between the pairs of a made-up platform: every pair
// is an adult and a child who are not connected, so each message is eligible
// and read. Pair p is the adult p/5 and a child of its own choice.
type traffic struct {
	rng    *rand.Rand
	pairs  int
	texts  []string
	start  time.Time
	at     time.Duration
	step   time.Duration // event time between two messages
	writer int
	n      int
}

// childrenOfAdult is how many pairs an adult has.
const childrenOfAdult = 5

func newTraffic(seed uint64, writer, pairs int, texts []string, start time.Time) *traffic {
	return &traffic{
		rng: rand.New(rand.NewPCG(seed, uint64(writer))), pairs: pairs, texts: texts,
		start: start, step: 50 * time.Microsecond, writer: writer,
	}
}

// adult and child are the accounts of a pair.
func adult(pair int) int { return pair / childrenOfAdult }
func child(pair, pairs int) int {
	return int(uint64(pair) * 2654435761 % uint64(max(1, pairs/4)))
}

// message appends one event as a line of NDJSON, about 420 bytes, of a pair
// chosen by chance.
func (t *traffic) message(b []byte) []byte {
	return t.messageOf(b, t.rng.IntN(t.pairs))
}

func (t *traffic) messageOf(b []byte, pair int) []byte {
	t.n++
	t.at += t.step
	b = append(b, `{"specversion":"1.0","type":"rowan.message.sent","source":"bench/`...)
	b = strconv.AppendInt(b, int64(t.writer), 10)
	b = append(b, `","id":"m`...)
	b = strconv.AppendInt(b, int64(t.n), 10)
	b = append(b, `","time":"`...)
	b = t.start.Add(t.at).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, `","datacontenttype":"application/json","data":{"conversation":"c`...)
	b = strconv.AppendInt(b, int64(pair), 10)
	from, to := adultID, childID
	a, c := adult(pair), child(pair, t.pairs)
	if t.rng.IntN(2) == 0 {
		from, to = to, from
		a, c = c, a
	}
	b = strconv.AppendInt(append(append(b, `","from":"`...), from...), int64(a), 10)
	b = strconv.AppendInt(append(append(b, `","to":["`...), to...), int64(c), 10)
	b = append(b, `"],"channel":"direct","text":"`...)
	text := t.texts[t.rng.IntN(len(t.texts))]
	b = append(b, text...)
	return append(b, "\"}}\n"...)
}

const (
	adultID = "account-a-"
	childID = "account-c-"
)

// age appends an event that tells an account's age.
func age(b []byte, id string, n, lower, upper int, at time.Time) []byte {
	b = append(b, `{"specversion":"1.0","type":"rowan.account.age_signal","source":"bench/ages","id":"`...)
	b = strconv.AppendInt(append(b, id...), int64(n), 10)
	b = append(b, `","time":"`...)
	b = at.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","data":{"account":"`...)
	b = strconv.AppendInt(append(b, id...), int64(n), 10)
	b = append(b, `","age":{"method":"estimation","lower":`...)
	b = strconv.AppendInt(b, int64(lower), 10)
	b = strconv.AppendInt(append(b, `,"upper":`...), int64(upper), 10)
	return append(b, "}}}\n"...)
}

// texts makes sentences of ordinary talk of about 60 bytes. They are for
// speed, not for accuracy: measuring false alarms is the scan's business.
func texts(n int, disguise bool) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(words string) string {
		list := strings.Split(words, "|")
		return list[rng.IntN(len(list))]
	}
	out := make([]string, n)
	for i := range out {
		s := pick("the match|our project|that film|the new level|homework|the bus|lunch|the song") + " " +
			pick("was|is going to be|looks|sounds|turned out") + " " +
			pick("really good|quite long|a bit strange|better than last time|fine I think") + ", " +
			pick("did you see it|what do you think|see you there|can't wait|thanks for asking|have you finished yours") +
			pick("?|!|.| :)")
		if disguise {
			s = disguised(s, rng)
		}
		out[i] = s
	}
	return out
}

// disguised writes a text with look-alikes, zero-width characters, digits for
// letters and letter spacing: the worst case of normalisation.
func disguised(s string, rng *rand.Rand) string {
	swap := map[rune]string{'a': "а", 'e': "3", 'o': "0", 'i': "і", 's': "$", 't': "t\u200b", 'l': "ⅼ", 'n': "n\u0301"}
	var b strings.Builder
	for i, r := range s {
		if to, ok := swap[r]; ok && rng.IntN(2) == 0 {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
		if i < 12 && r != ' ' {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
