package conduct

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/account"
)

const start = 1_777_647_600 // 1 May 2026, 15:00 UTC, seconds

// A window holds, for each span, the events of the current slot and the share
// of the slot before that still lies within the span. Late events count as if
// they came at the latest time seen.
func TestWindowCountsWhatItsApproximationSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		var times []uint32 // as counted
		latest, at := uint32(0), uint32(start)
		for range rapid.IntRange(1, 200).Draw(t, "events") {
			at += rapid.SampledFrom([]uint32{0, 1, 500, 4000, 50_000, 90_000, 700_000, 3_000_000}).Draw(t, "pause")
			when := at - rapid.SampledFrom([]uint32{0, 0, 0, 60, 100_000}).Draw(t, "late")
			if when > latest {
				if latest != 0 {
					w.roll(latest, when)
				}
				latest = when
			}
			w.add()
			times = append(times, latest)
		}
		for i, span := range spans {
			now, before, within := 0.0, 0.0, 0.0
			for _, at := range times {
				switch latest/span - at/span {
				case 0:
					now++
				case 1:
					before++
				}
				if latest-at < span {
					within++
				}
			}
			got := float64(w.sum(i, latest))
			want := now + before*(1-float64(latest%span)/float64(span))
			if math.Abs(got-want) > 1e-3*(1+want) {
				t.Fatalf("span %d s: %v, want %v", span, got, want)
			}
			if math.Abs(got-within) > before+1e-3 {
				t.Fatalf("span %d s: %v, exactly %v: off by more than the slot before, %v", span, got, within, before)
			}
		}
	})
}

func TestWindowStopsAtItsGreatestCount(t *testing.T) {
	var w window
	for range 70_000 {
		w.add()
	}
	if got := w.sum(Month, 0); got != 1<<16-1 {
		t.Errorf("%v, want 65,535", got)
	}
}

// meet is what an actor learns of a new child.
func meet(minor uint64, at uint32, change func(*Contact)) *Contact {
	c := &Contact{At: at, Minor: minor, First: true, Facts: &account.Facts{Registered: start - 1000*3600}}
	if change != nil {
		change(c)
	}
	return c
}

func (a *Actor) at(at uint32) Values {
	var v Values
	v.Unset()
	a.Fill(&v, at)
	return v
}

func known(v float32) bool { return v == v }

func TestNewChildrenInADay(t *testing.T) {
	var a Actor
	for i := range uint64(9) {
		a.Note(meet(i+1, start+uint32(i)*60, nil))
		a.Note(&Contact{At: start + uint32(i)*60, Minor: i + 1, Message: true, Facts: &account.Facts{}}) // an old contact is none
	}
	if got := a.at(start + 600)[1]; got != 9 {
		t.Errorf("M01 is %v, want 9", got)
	}
	later := uint32(start + 3*86400)
	a.Note(meet(99, later, nil))
	if got := a.at(later)[1]; got != 1 {
		t.Errorf("M01 three days later is %v, want 1", got)
	}
}

func TestSharesNeedEnoughContacts(t *testing.T) {
	var a Actor
	note := func(n int, stranger bool) {
		for range n {
			a.Note(meet(7, start, func(c *Contact) { c.Stranger = stranger }))
		}
	}
	note(9, true)
	if v := a.at(start); known(v[2]) || known(v[3]) {
		t.Errorf("shares of nine contacts: M02 %v, M03 %v", v[2], v[3])
	}
	note(1, true)
	note(10, false)
	if v := a.at(start); v[3] != 0.5 {
		t.Errorf("M03 is %v, want 0.5", v[3])
	}
	alone := a.at(start)[2]
	for i := range 100 {
		a.NoteOther(uint8(i), start)
		a.NoteOther(uint8(i), start) // the same contact again
	}
	if mixed := a.at(start)[2]; mixed >= alone/2 || mixed <= 0 {
		t.Errorf("M02 is %v among children alone and %v among 100 adults", alone, mixed)
	}
	// What is kept of adults is a sketch that starts anew.
	if a.NoteOther(3, start+29*86400); a.others != [sketch]byte{1 << 3} {
		t.Errorf("after 29 days the sketch is %v", a.others)
	}
}

func TestOtherBitStaysInTheSketch(t *testing.T) {
	used := map[uint8]bool{}
	for i := range uint64(100_000) {
		bit := OtherBit(i * 0x9e3779b97f4a7c15)
		if int(bit) >= 8*sketch {
			t.Fatalf("bit %d of %d", bit, 8*sketch)
		}
		used[bit] = true
	}
	if len(used) != 8*sketch {
		t.Errorf("%d bits are used, want %d", len(used), 8*sketch)
	}
}

func TestRequestsAndRefusals(t *testing.T) {
	var a Actor
	for i := range 10 {
		a.Note(meet(1, start, func(c *Contact) { c.Request, c.Accept = true, i == 0 }))
	}
	if got := a.at(start)[6]; got != float32(2)/12 {
		t.Errorf("M06 is %v, want one of ten, shrunk: 2/12", got)
	}
	if v := (&Actor{}).at(start); known(v[6]) || known(v[8]) && v[8] < 0 {
		t.Errorf("M06 without requests is %v", v[6])
	}
	for range 3 {
		a.Note(meet(1, start, func(c *Contact) { c.Block = true }))
	}
	if got := a.at(start)[7]; got != 3 {
		t.Errorf("M07 is %v, want 3", got)
	}
}

func TestAgeOfTheAccountAtTheFirstContact(t *testing.T) {
	for registered, want := range map[uint32]float32{start - 2*3600: 2, start + 50: 0} {
		var a Actor
		a.Note(meet(1, start, func(c *Contact) { c.Facts = &account.Facts{Registered: registered} }))
		a.Note(meet(2, start+9*3600, nil)) // later contacts do not change it
		if got := a.at(start)[8]; got != want {
			t.Errorf("M08 is %v, want %v hours", got, want)
		}
	}
	var a Actor
	a.Note(meet(1, start, func(c *Contact) { c.Facts = &account.Facts{} }))
	if got := a.at(start)[8]; known(got) {
		t.Errorf("M08 is %v without a time of registration", got)
	}
}

func TestABurstStandsOutAgainstTheActorsOwnHours(t *testing.T) {
	var a Actor
	at := uint32(start)
	send := func(n int) {
		for range n {
			a.Note(&Contact{At: at, Minor: 1, Message: true, Facts: &account.Facts{}})
		}
	}
	for i := range 40 {
		send(2 + i%2)
		at += 3600
	}
	if quiet := a.at(at)[11]; known(quiet) {
		t.Errorf("M11 of an ordinary hour is %v", quiet)
	}
	send(40)
	if got := a.at(at)[11]; !(got > 4) {
		t.Errorf("M11 of forty messages after hours of three is %v", got)
	}
}

func TestFromOneChildToTheNext(t *testing.T) {
	var a Actor
	step := func(minor, via uint64) float32 {
		a.Note(meet(minor, start, func(c *Contact) { c.Via = via }))
		return a.at(start)[13]
	}
	for i, tc := range []struct {
		minor, via uint64
		want       float32
	}{
		{1, 50, 0}, // the first, through room 50
		{2, 50, 1}, // through the same room
		{3, 2, 2},  // through the child before
		{4, 0, 0},  // by no way that is known
		{5, 3, 1},  // through a child some steps before
		{6, 77, 0},
	} {
		if got := step(tc.minor, tc.via); got != tc.want {
			t.Errorf("step %d: M13 is %v, want %v", i, got, tc.want)
		}
	}
}

// Openings that differ in a few bits of their SimHash are one script.
func TestTheSameOpening(t *testing.T) {
	var a Actor
	sendTo := func(child uint64, hash uint64, at uint32) float32 {
		a.Note(&Contact{At: at, Minor: child << 16, Message: true, Opening: hash, Facts: &account.Facts{}})
		return a.at(at)[20]
	}
	child := uint64(0)
	send := func(hash uint64, at uint32) float32 {
		child++
		return sendTo(child, hash, at)
	}
	const script = 0x0123456789abcdef
	for i := range 5 {
		if got := send(script^0xff>>uint(8-i), start); got != float32(i+1) {
			t.Errorf("copy %d, %d bits off: M20 is %v", i, i, got)
		}
	}
	if got := sendTo(child, script, start); got != 5 {
		t.Errorf("the same opening to the same child again: M20 is %v, want still 5", got)
	}
	if got := send(^uint64(script), start); got != 5 {
		t.Errorf("another opening: M20 is %v, want still 5", got)
	}
	// Any number of other openings does not push out the one that is used most.
	for i := range uint64(50) {
		send(i*0x9e3779b97f4a7c15, start)
	}
	if got := send(script, start); got < 6 {
		t.Errorf("after others: M20 is %v, want at least 6", got)
	}
	if got := (&Actor{}).at(start)[20]; got != 0 {
		t.Errorf("without openings M20 is %v", got)
	}
	late := uint32(start + 29*86400)
	a.openings = [len(a.openings)]opening{{hash: script, at: start, count: 9}}
	if got := send(script, late); got != 1 {
		t.Errorf("29 days later M20 is %v, want 1", got)
	}
}

func TestActiveWithSeveralAtOnce(t *testing.T) {
	var a Actor
	for i := range uint64(6) {
		a.Note(&Contact{At: start, Minor: i, Message: true, Active: true, Facts: &account.Facts{}})
		a.Note(&Contact{At: start, Minor: i, Message: true, Facts: &account.Facts{}})
	}
	if got := a.at(start)[21]; got != 6 {
		t.Errorf("M21 is %v, want 6", got)
	}
}

// An actor's record never leaves its bounds, whatever the order of times.
func TestActorsStayWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Actor
		for range rapid.IntRange(1, 100).Draw(t, "events") {
			at := rapid.Uint32().Draw(t, "at")
			a.Note(&Contact{
				At: at, Minor: rapid.Uint64().Draw(t, "minor"), Via: rapid.Uint64Range(0, 3).Draw(t, "via"),
				First: rapid.Bool().Draw(t, "first"), Stranger: rapid.Bool().Draw(t, "stranger"), Request: rapid.Bool().Draw(t, "request"),
				Accept: rapid.Bool().Draw(t, "accept"), Block: rapid.Bool().Draw(t, "block"), Message: true,
				Active: rapid.Bool().Draw(t, "active"), Opening: rapid.Uint64().Draw(t, "opening"), Facts: &account.Facts{Registered: rapid.Uint32().Draw(t, "registered")},
			})
			a.NoteOther(rapid.Uint8Range(0, 127).Draw(t, "bit"), at)
			v := a.at(at)
			for n := 1; n <= Count; n++ {
				if x := float64(v[n]); math.IsInf(x, 0) || x < 0 && n != 11 {
					t.Fatalf("%s is %v", Code(n), x)
				}
			}
			if v[2] > 1 {
				t.Fatalf("M02 is the share %v", v[2])
			}
		}
	})
}

// talk is a pair whose events come a minute apart.
type talk struct {
	Pair
	at uint32
}

func newTalk() *talk {
	p := &talk{at: start}
	p.Begin(p.at)
	return p
}

func (p *talk) say(fromActor bool, change func(*event.Event)) *talk {
	e := &event.Event{Type: event.MessageSent, Time: int64(p.at) * 1000, Channel: event.Direct}
	if change != nil {
		change(e)
	}
	p.Message(e, fromActor, 5, -1)
	p.Touch(p.at)
	p.at += 60
	return p
}

func (p *talk) values() Values {
	var v Values
	v.Unset()
	p.Fill(&v)
	return v
}

func TestFriendsInCommon(t *testing.T) {
	p := newTalk()
	if v := p.values(); known(v[5]) {
		t.Errorf("M05 is %v, but nobody said", v[5])
	}
	p.Mutual = 1
	if v := p.values(); v[5] != 0 {
		t.Errorf("M05 is %v, want 0", v[5])
	}
	p.Flags |= Connected
	if v := p.values(); known(v[5]) {
		t.Errorf("M05 is %v, but the two are connected", v[5])
	}
}

func TestWhoOpensTheSessions(t *testing.T) {
	p := newTalk()
	for i := range 8 {
		p.say(i != 3, nil).say(false, nil)
		p.at += sessionGap + 1
	}
	if p.OpenedA != 7 || p.OpenedM != 1 {
		t.Errorf("the actor opened %d sessions and the child %d, want 7 and 1", p.OpenedA, p.OpenedM)
	}
	if got := p.values()[9]; got != 7.0/8 {
		t.Errorf("M09 is %v, want 7/8", got)
	}
}

func TestMessagesForEachReply(t *testing.T) {
	p := newTalk()
	for range 11 {
		p.say(true, nil)
	}
	if v := p.values(); known(v[10]) {
		t.Errorf("M10 of eleven messages is %v", v[10])
	}
	p.say(true, nil).say(false, nil)
	if got := p.values()[10]; got != 6 {
		t.Errorf("M10 is %v, want 12 for one reply, shrunk: 6", got)
	}
}

func TestNight(t *testing.T) {
	p := newTalk()
	for i := range 10 {
		p.Message(&event.Event{Type: event.MessageSent, Time: int64(p.at) * 1000, Channel: event.Direct}, true, 0, []int{23, 2, 5, 6, 22}[i%5])
	}
	if got := p.values()[12]; got != 0.6 {
		t.Errorf("M12 is %v, want 0.6", got)
	}
}

func TestFollowing(t *testing.T) {
	p := newTalk()
	for i := range uint32(4) {
		p.Follow(start + i*86400)
	}
	if got := p.values()[14]; got != 4 {
		t.Errorf("M14 is %v, want 4", got)
	}
	if p.Follow(start + 11*86400); p.values()[14] != 1 {
		t.Errorf("M14 after more than a week is %v, want 1", p.values()[14])
	}
}

func TestFromPublicToPrivate(t *testing.T) {
	public := func(e *event.Event) { e.Channel = event.Public }
	p := newTalk().say(true, public).say(false, nil)
	if p.Has(Moved) {
		t.Error("the child's private message moved the pair")
	}
	p.at = start + 300
	if p.say(true, nil); p.values()[15] != 5 || !p.Has(Moved) {
		t.Errorf("M15 is %v, want 5 minutes", p.values()[15])
	}
	p.at += 9000
	if p.say(true, nil); p.values()[15] != 5 {
		t.Error("a later private message changed M15")
	}
	if v := newTalk().say(true, nil).values(); known(v[15]) {
		t.Errorf("M15 of a pair that was never public is %v", v[15])
	}
}

func TestEscalationWithinADay(t *testing.T) {
	media := func(kind string) func(*event.Event) {
		return func(e *event.Event) { e.Media = []string{kind} }
	}
	p := newTalk().say(true, nil).say(true, media("image")).say(true, media("audio")).say(true, media("video")).say(true, media("link"))
	if got := p.values()[16]; got != 4 {
		t.Errorf("M16 is %v, want 4 steps", got)
	}
	if p.say(true, media("image")); p.values()[16] != 4 {
		t.Error("a step down counts")
	}
	p.at += 2 * 86400
	if p.say(true, media("video")); p.values()[16] != 0 {
		t.Errorf("M16 two days later is %v, want 0", p.values()[16])
	}
	p = newTalk().say(true, nil)
	p.Call(&event.Event{Type: event.CallStarted, Time: int64(p.at) * 1000})
	p.Call(&event.Event{Type: event.CallStarted, Time: int64(p.at) * 1000, Video: true})
	if got := p.values()[16]; got != 2 {
		t.Errorf("M16 from text over a call to video is %v, want 2", got)
	}
	if p := newTalk().say(true, func(e *event.Event) { e.Channel = event.Voice }); p.Ladder != stepVoice {
		t.Errorf("a voice channel is step %d", p.Ladder)
	}
}

func TestGiftsAndTies(t *testing.T) {
	p := newTalk()
	for range 3 {
		p.Gift()
	}
	if got := p.values()[19]; got != 3 {
		t.Errorf("M19 is %v, want 3", got)
	}
	for _, r := range []event.Relation{event.GuardianOf, event.Family} {
		p.Relation = r
		if v := p.values(); known(v[19]) || !p.Related() {
			t.Errorf("%s: M19 is %v", r, v[19])
		}
	}
	p.Relation = event.School
	if p.Related() {
		t.Error("a school is a relation")
	}
}

func TestVanishingMessagesEarlyOn(t *testing.T) {
	ephemeral := func(e *event.Event) { e.Ephemeral = true }
	if v := newTalk().say(true, ephemeral).values(); v[22] != 1 {
		t.Errorf("M22 is %v, want 1", v[22])
	}
	if v := newTalk().say(false, ephemeral).values(); known(v[22]) {
		t.Errorf("M22 is %v, but the child did it", v[22])
	}
	p := newTalk()
	for range earlyMessages {
		p.say(true, nil)
	}
	if v := p.say(true, ephemeral).values(); known(v[22]) {
		t.Errorf("M22 is %v after many messages", v[22])
	}
}

// A child who answers later and shorter while the other goes on.
func TestDisengaging(t *testing.T) {
	p := newTalk()
	reply := func(delay uint32, words int) {
		p.say(true, nil).say(true, nil)
		p.at += delay
		p.Message(&event.Event{Type: event.MessageSent, Time: int64(p.at) * 1000, Channel: event.Direct}, false, words, -1)
		p.at += 60
	}
	for range 12 {
		reply(60, 12)
	}
	if p.Disengaging() {
		t.Fatal("a lively exchange is taken for one that ends")
	}
	for range 6 {
		reply(4*3600, 1)
	}
	if !p.Disengaging() {
		t.Errorf("later and shorter answers are not seen: delay %v, was %v; words %v, were %v", p.DelayFast, p.DelaySlow, p.WordsFast, p.WordsSlow)
	}
}

func TestMonthsOfBalancedContact(t *testing.T) {
	p := newTalk()
	for i := range 30 {
		p.say(i%2 == 0, nil).say(i%2 == 1, nil)
		p.at += 4 * 86400
	}
	if !p.LongReciprocal() {
		t.Errorf("%d and %d sessions over %d days", p.OpenedA, p.OpenedM, (p.Last-p.First)/86400)
	}
	p.OpenedA = 100
	if p.LongReciprocal() {
		t.Error("a one-sided contact is balanced")
	}
}

// Counts of a pair stop at their greatest value, and late messages do not move
// its times back.
func TestPairsStayWithinBounds(t *testing.T) {
	p := newTalk()
	for range 300 {
		p.Gift()
		p.Refuse()
	}
	if p.Gifts != 255 || p.Refusals != 255 {
		t.Errorf("%d gifts, %d refusals; want 255", p.Gifts, p.Refusals)
	}
	p.say(true, nil)
	last, actor := p.Last, p.ActorAt
	p.at -= 5000
	if p.say(true, nil); p.Last != last || p.ActorAt != actor {
		t.Errorf("a late message moved the times from %d, %d to %d, %d", last, actor, p.Last, p.ActorAt)
	}
}

func TestScoreRisesFromStartToFull(t *testing.T) {
	name, source := Defaults()
	f, err := Load(name, source)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= Count; n++ {
		item := f.Feature(n)
		if item.ID != Code(n) || item.InStage() == 0 {
			t.Errorf("feature %d is %s in stage %s", n, item.ID, item.InStage())
		}
		at := func(share float64) float64 { return item.Score(float32(item.Start + share*(item.Full-item.Start))) }
		if got := item.Score(float32(math.NaN())); got != 0 {
			t.Errorf("%s unknown scores %v", item.ID, got)
		}
		if at(-1) != 0 || at(0) != 0 || math.Abs(at(0.5)-item.Weight/2) > 1e-5 || math.Abs(at(1)-item.Weight) > 1e-5 || at(3) != item.Weight {
			t.Errorf("%s scores %v, %v, %v, %v", item.ID, at(-1), at(0.5), at(1), at(3))
		}
	}
}

func TestAFeatureFileIsCheckedStrictly(t *testing.T) {
	name, source := Defaults()
	for what, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":    {`context: true}`, `context: true, colour: red}`, "unknown key colour"},
		"a missing one":     {`(?m)^  - \{id: M22,.*$`, ``, "21 features"},
		"a wrong order":     {`id: M02,`, `id: M03,`, `"M03" stands where M02 must stand`},
		"start equals full": {`start: [\d.]+, full: [\d.]+`, `start: 4, full: 4`, "full must differ from start"},
		"a weight too high": {`weight: [\d.]+`, `weight: 60`, "between 0 and 5"},
		"an unknown stage":  {`stage: \w+`, `stage: nowhere`, `no stage is called "nowhere"`},
	} {
		where := regexp.MustCompile(tc.old).FindIndex(source)
		if where == nil {
			t.Errorf("%s: nothing in the file matches %s", what, tc.old)
			continue
		}
		changed := string(source[:where[0]]) + tc.new + string(source[where[1]:])
		if _, err := Load(name, []byte(changed)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s: %v, want %q with file and line", what, err, tc.want)
		}
	}
}
